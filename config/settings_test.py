"""Settings of the test suite: the same product, with fast passwords, no manifest and no limits to trip over."""

from ipaddress import ip_network

from config.settings import *  # noqa: F403
from config.settings import INSTALLED_APPS, STORAGES
from pheu.core import environment

SECRET_KEY = "the-same-for-every-test"  # noqa: S105
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = True
ACCOUNT_RATE_LIMITS = False
MAIL_NETWORKS = [ip_network("127.0.0.0/8")]  # where the mail servers of the tests are
PUSH_NETWORKS = MAIL_NETWORKS
IMPORT_LANES = environment.number("PHEU_IMPORT_LANES", 1)  # another process does not see what a test has not committed
# A kind that only the tests know: it has nothing but a schema, a model and a `Kind`.
INSTALLED_APPS = [*INSTALLED_APPS, "pheu.records.tests.toy"]
