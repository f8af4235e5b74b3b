"""Every address of the site. An app's own addresses are in its urls.py."""

from importlib.util import find_spec

from django.urls import include, path

from pheu.core.health import health

APPS = ["activities", "parties", "leads", "deals", "quality", "records", "timeline", "people", "home"]

urlpatterns = [
    path("healthz", health, name="health"),
    path("accounts/", include("allauth.urls")),
    path("ui/", include("pheu.core.views")),
    path("language/", include("pheu.core.language")),
    # TODO(lead): write these out, one line an app, once every app has its urls.py.
    *[path("", include(f"pheu.{app}.urls")) for app in APPS if find_spec(f"pheu.{app}.urls")],
]
