"""Every address of the site. An app's own addresses are in its urls.py."""

from importlib.util import find_spec

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import include, path

from pheu.core.health import health

APPS = ["activities", "parties", "leads", "deals", "quality", "records", "timeline", "people", "reports", "home"]


def no_page(request: HttpRequest) -> HttpResponse:
    """Shut a page of a package that we do not offer."""
    raise Http404


urlpatterns = [
    path("healthz", health, name="health"),
    path("accounts/email/", no_page, name="account_email"),  # whoever made the account vouches for its address
    path("accounts/", include("allauth.urls")),
    path("ui/", include("pheu.core.views")),
    path("language/", include("pheu.core.language")),
    # TODO(lead): write these out, one line an app, once every app has its urls.py.
    *[path("", include(f"pheu.{app}.urls")) for app in APPS if find_spec(f"pheu.{app}.urls")],
]
