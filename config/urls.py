"""Every address of the site. An app's own addresses are in its urls.py."""

from allauth.mfa.webauthn.views import EditWebAuthnView
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import include, path
from django.views.generic import RedirectView

from pheu.core.health import health
from pheu.people import passkeys


def no_page(request: HttpRequest) -> HttpResponse:
    """Shut a page of a package that we do not offer."""
    raise Http404


handler400 = "pheu.core.errors.bad_request"

urlpatterns = [
    path("healthz", health, name="health"),
    path("accounts/email/", no_page, name="account_email"),  # whoever made the account vouches for its address
    path("accounts/sessions/", no_page, name="usersessions_list"),  # «Tài khoản của tôi» has them
    path("accounts/2fa/", RedirectView.as_view(pattern_name="account"), name="mfa_index"),
    path("accounts/2fa/reauthenticate/", no_page, name="mfa_reauthenticate"),  # the password is asked for instead
    path("accounts/2fa/recovery-codes/download/", no_page, name="mfa_download_recovery_codes"),
    path("accounts/2fa/authenticate/", passkeys.SecondStepView.as_view(), name="mfa_authenticate"),
    path("accounts/2fa/webauthn/", RedirectView.as_view(pattern_name="account"), name="mfa_list_webauthn"),
    path("accounts/2fa/webauthn/reauthenticate/", no_page, name="mfa_reauthenticate_webauthn"),
    path("accounts/2fa/webauthn/add/", passkeys.AddView.as_view(), name="mfa_add_webauthn"),
    path("accounts/2fa/webauthn/login/", passkeys.AloneView.as_view(), name="mfa_login_webauthn"),
    path("accounts/2fa/webauthn/keys/<id:pk>/remove/", passkeys.RemoveView.as_view(), name="mfa_remove_webauthn"),
    path("accounts/2fa/webauthn/keys/<id:pk>/edit/", EditWebAuthnView.as_view(), name="mfa_edit_webauthn"),
    # All of allauth but its passkeys, which take whatever number stands in the address: those are above.
    path("accounts/", include("allauth.account.urls")),
    path("accounts/2fa/", include("allauth.mfa.base.urls")),
    path("accounts/2fa/totp/", include("allauth.mfa.totp.urls")),
    path("accounts/2fa/recovery-codes/", include("allauth.mfa.recovery_codes.urls")),
    path("accounts/sessions/", include("allauth.usersessions.urls")),
    path("ui/", include("pheu.core.views")),
    path("language/", include("pheu.core.language")),
    path("reading/", include("pheu.core.readings")),
    path("", include("pheu.people.urls")),
    path("", include("pheu.activities.urls")),
    path("", include("pheu.messaging.urls")),
    path("", include("pheu.leads.urls")),
    path("", include("pheu.deals.urls")),
    path("", include("pheu.quality.urls")),
    path("", include("pheu.automation.urls")),
    path("", include("pheu.setup.urls")),
    path("", include("pheu.records.urls")),
    path("", include("pheu.timeline.urls")),
    path("", include("pheu.notifications.urls")),
    path("", include("pheu.reports.urls")),
    path("", include("pheu.home.urls")),
]
