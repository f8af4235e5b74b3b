"""Settings of every process: web, worker and commands. What an operator may choose comes from the environment."""

import os
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from pheu.core import environment
from pheu.people.throttling import RATE_LIMITS

BASE_DIR = environment.ROOT
PHEU_HOME = environment.home()
PHEU_BASE_URL = environment.base_url()
_base = urlsplit(PHEU_BASE_URL)
_https = _base.scheme == "https"

DEBUG = environment.flag("PHEU_DEBUG")
if DEBUG and _https:
    raise ImproperlyConfigured("PHEU_DEBUG shows the inside of errors: never together with an https PHEU_BASE_URL.")

SECRET_KEY = environment.secret_key(PHEU_HOME)
ALLOWED_HOSTS = [str(_base.hostname), "localhost", "127.0.0.1", "[::1]"]

INSTALLED_APPS = [
    # Ours first, so that our templates win over those of the packages below; lower apps are ready first.
    "pheu.core",
    "pheu.people",
    "pheu.records",
    "pheu.timeline",
    "pheu.notifications",
    "pheu.quality",
    "pheu.setup",
    "pheu.automation",
    "pheu.parties",
    "pheu.activities",
    "pheu.messaging",
    "pheu.leads",
    "pheu.deals",
    "pheu.reports",
    "pheu.home",
    "procrastinate.contrib.django",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "django_htmx",
    "template_partials",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    # Pages are lists of much the same: a tenth of their size on the way. Padded at random; tokens in pages are masked.
    "django.middleware.gzip.GZipMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "pheu.core.security.BrowserRulesMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "pheu.core.door.ReadableRequestMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "pheu.core.security.SignedInMiddleware",
    "pheu.people.sessions.SeenMiddleware",
    "pheu.core.language.ChosenLanguageMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "pheu.people.second_step.SecondStepDueMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "pheu.core.errors.DomainErrorMiddleware",
    "pheu.records.counting.ForgetCountsMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
APPEND_SLASH = True

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "pheu.core.navigation.shell",
            ],
        },
    },
]
FORM_RENDERER = "pheu.core.widgets.Renderer"

# Database: requests run in WEB_THREADS threads, each with at most one connection, so the pool is never exhausted.
WEB_THREADS = environment.number("PHEU_WEB_THREADS", 4)
DATABASES = {"default": environment.database(PHEU_HOME, pool_size=WEB_THREADS + 2)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {
    "default": {"BACKEND": "pheu.core.cache.TableCache", "LOCATION": "core_cache"},
    # Drawn pieces of the shell, in each process; their keys hold all that they are drawn from, so they never grow old.
    "pieces": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "OPTIONS": {"MAX_ENTRIES": 2000}},
}

# Jobs: every app's tasks are in its jobs.py.
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"

# People
AUTH_USER_MODEL = "people.User"
AUTHENTICATION_BACKENDS = ["pheu.people.backends.Backend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 8}},
    {"NAME": "pheu.core.security.MaximumLengthValidator", "OPTIONS": {"max_length": 128}},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "pheu.people.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"  # Nobody signs up: whoever makes the account vouches for the address.
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # A reset asked for an unknown address sends nothing and says the same.
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_DEFAULT_HTTP_PROTOCOL = _base.scheme
ACCOUNT_LOGOUT_REDIRECT_URL = LOGIN_URL
ACCOUNT_RATE_LIMITS: dict[str, str | None] | bool = RATE_LIMITS
MFA_ADAPTER = "pheu.people.second_step.SecondStepAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_FORMS = {
    "authenticate": "pheu.people.second_step.CodeForm",
    "activate_totp": "pheu.people.second_step.SwitchOnForm",
    "authenticate_webauthn": "pheu.people.passkeys.AfterPasswordForm",
    "login_webauthn": "pheu.people.passkeys.AloneForm",
    "add_webauthn": "pheu.people.passkeys.AddForm",
    "edit_webauthn": "pheu.people.passkeys.RenameForm",
}
MFA_ALLOW_UNVERIFIED_EMAIL = True  # as ACCOUNT_EMAIL_VERIFICATION
MFA_RATE_LIMITS = {"webauthn_login": "100/m/ip"}  # nothing can be guessed; a whole office may stand behind one address
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TOTP_TOLERANCE = 1  # half a minute to type, and clocks of telephones that go wrong by as much
ALLAUTH_TRUSTED_PROXY_COUNT = environment.number("PHEU_TRUSTED_PROXIES", 0)

# Browser
SESSION_ENGINE = "pheu.people.session_store"
SESSION_COOKIE_AGE = 14 * 24 * 3600
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = _https
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
CSRF_TRUSTED_ORIGINS = [PHEU_BASE_URL]
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if _https else 0
if _https:  # Then a proxy ends TLS in front of us, and only it can reach us.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 6000  # as many ticks as an act takes at once (records.act_views), and its dialog
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700

# Language and time
# How many fields of their own tickets, leads and deals may have together (R4.28, D8).
CUSTOM_FIELDS_MOST = int(os.environ.get("PHEU_CUSTOM_FIELDS") or 50)
# How many processes work off a large import side by side.
IMPORT_LANES = environment.number("PHEU_IMPORT_LANES", min(os.cpu_count() or 1, 8))

LANGUAGE_CODE = "vi"
LANGUAGES = [("vi", "Tiếng Việt"), ("en", "English")]
FORMAT_MODULE_PATH = ["pheu.core.formats"]
TIME_ZONE = "Asia/Ho_Chi_Minh"
USE_I18N = USE_TZ = True

# Files: what people upload is never served by address, only by a view that asks for the right first.
MEDIA_ROOT = PHEU_HOME / "files"
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
WHITENOISE_ALLOW_ALL_ORIGINS = False
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# Mail
locals().update(environment.mail(os.environ, PHEU_HOME))
DEFAULT_FROM_EMAIL = SERVER_EMAIL = os.environ.get("PHEU_MAIL_FROM") or f"Phễu <pheu@{_base.hostname}>"
# Where mailboxes of people may stand besides the open internet: their servers are asked for by name, by anybody.
MAIL_NETWORKS = environment.networks("PHEU_MAIL_NETWORKS")
# The same of push services, which are named by browsers.
PUSH_NETWORKS = environment.networks("PHEU_PUSH_NETWORKS")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {"pheu": {"level": "INFO"}},
}
