"""The second step of signing in: a code of six digits from the person's telephone, a passkey, or a recovery code."""

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import qrcode
from allauth.core.internal.cryptokit import normalize_user_code
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django import forms
from django.conf import settings
from django.core.cache import cache
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _
from qrcode.image.svg import SvgPathFillImage

from pheu.core.errors import DomainError
from pheu.people.models import User
from pheu.people.profile import profile
from pheu.people.scopes import CHANGE

SALT = "pheu.people.second_step"
WRONG = _("This code is not correct, or was used already. Wait for the next one and try again.")
WAIT = _("Too many tries. Wait a few minutes and try again.")
LOST = _("The second step of this account cannot be read any more. An administrator can take it away.")
KEPT = _("The company asks it of administrators: it stays on.")
VALID_FOR = 120  # seconds; longer than any code of the telephone is taken (MFA_TOTP_TOLERANCE)
TOTP, PASSKEY, RECOVERY = Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN, Authenticator.Type.RECOVERY_CODES
STEPS = (TOTP, PASSKEY)  # recovery codes are there for when these are not


class SecondStepAdapter(DefaultMFAAdapter):
    """Secrets lie encrypted in the database; their key comes from SECRET_KEY, which lies beside it."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": WRONG,
        "cannot_delete_authenticator": KEPT,
    }

    def encrypt(self, text: str) -> str:
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        try:
            return _cipher().decrypt(encrypted_text.encode()).decode()
        except InvalidToken as error:
            raise DomainError(LOST) from error

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        others = Authenticator.objects.filter(user=authenticator.user, type__in=STEPS).exclude(pk=authenticator.pk)
        return not is_asked_for(authenticator.user) or others.exists()

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Who asks for a passkey, as the device shows it."""
        return super().get_public_key_credential_rp_entity() | {"name": self.get_totp_issuer()}

    def get_public_key_credential_user_entity(self, user: Any) -> dict[str, Any]:
        return super().get_public_key_credential_user_entity(user) | {"display_name": user.full_name}

    def get_totp_issuer(self) -> str:
        return profile().short_name or profile().name or "Phễu"

    def build_totp_svg(self, url: str) -> str:
        """On white whatever the theme: cameras read dark on light."""
        drawn = BytesIO()
        qrcode.make(url, image_factory=SvgPathFillImage, border=2).save(drawn)
        return drawn.getvalue().decode()


def _cipher() -> MultiFernet:
    """The first key writes, all of them read: as Django does with SECRET_KEY_FALLBACKS."""
    return MultiFernet([Fernet(_key(secret)) for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])


def _key(secret: str | bytes) -> bytes:
    return base64.urlsafe_b64encode(salted_hmac(SALT, "", secret=secret, algorithm="sha256").digest())


# Forms ----------------------------------------------------------------------------------------------------------------


def _code_field() -> forms.CharField:
    return forms.CharField(max_length=20, widget=forms.TextInput({"autocomplete": "one-time-code"}))


class CodeForm(AuthenticateForm):
    """At the sign-in. A code opens once, also while it would still be valid."""

    code = _code_field()

    def clean_code(self) -> str:
        used = _used_key(self.user, self.cleaned_data["code"])
        if cache.get(used):
            raise forms.ValidationError(WRONG, code="incorrect_code")
        try:
            code = super().clean_code()
        except forms.ValidationError as error:
            if error.code != LIMIT:
                raise
            # The words of a password's limit speak of known browsers, which count for nothing here.
            raise forms.ValidationError(WAIT, code=error.code) from error
        cache.set(used, 1, VALID_FOR)
        return code


LIMIT = "too_many_login_attempts"


def _used_key(user: User, code: str) -> str:
    return f"{SALT}:{user.pk}:{hashlib.sha256(normalize_user_code(code).encode()).hexdigest()}"


class SwitchOnForm(ActivateTOTPForm):
    """Shows the secret, and asks for a code that was made with it."""

    code = _code_field()

    @property
    def spoken_secret(self) -> str:
        """The secret in groups of four, for those who type it."""
        return " ".join(self.secret[at : at + 4] for at in range(0, len(self.secret), 4))


# What somebody has ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SecondStep:
    """`app`: whether codes of an app are asked for; `codes_left`: recovery codes that were not used."""

    app: bool
    passkeys: tuple[Authenticator, ...]
    codes_left: int

    @property
    def is_on(self) -> bool:
        return self.app or bool(self.passkeys)


def second_step(user: User) -> SecondStep:
    """One query."""
    held = list(Authenticator.objects.filter(user=user).order_by("pk"))
    passkeys = tuple(one for one in held if one.type == PASSKEY)
    codes: list[Any] = [one.wrap() for one in held if one.type == RECOVERY]
    return SecondStep(
        any(one.type == TOTP for one in held), passkeys, sum(len(one.get_unused_codes()) for one in codes)
    )


def with_second_step(people: QuerySet[User]) -> QuerySet[User]:
    """Bring along whether each of them `has_second_step`."""
    return people.annotate(has_second_step=Exists(Authenticator.objects.filter(user=OuterRef("pk"), type__in=STEPS)))


def take_away(user: User) -> bool:
    """Leave only the password; whether there was more."""
    deleted, _each = Authenticator.objects.filter(user=user).delete()
    return bool(deleted)


# What the company asks for --------------------------------------------------------------------------------------------

HELD = "second_step_is_on"  # in a session: it need not be looked up again
ON_THE_WAY = {
    "mfa_activate_totp", "mfa_add_webauthn", "mfa_view_recovery_codes", "account_reauthenticate", "account_logout",
}  # fmt: skip


def is_asked_for(user: User) -> bool:
    """Whether the company asks a second step of this person: of those who may change the setup."""
    return profile().admins_need_second_step and user.may("system", CHANGE)


class SecondStepDueMiddleware:
    """Who must have a second step and has none is led to switch it on, and sees nothing else before."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: Any, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        if not getattr(view, "login_required", True) or not request.user.is_authenticated or not _is_due(request):
            return None
        request.second_step_is_due = True
        if request.resolver_match.url_name in ON_THE_WAY:
            return None
        if request.htmx:
            return _lead_on(request)
        return redirect("mfa_activate_totp")


def _is_due(request: Any) -> bool:
    if not is_asked_for(request.user) or request.session.get(HELD):
        return False
    request.session[HELD] = second_step(request.user).is_on
    return not request.session[HELD]


def _lead_on(request: Any) -> HttpResponse:
    """A page that stands open goes there; pieces of the page itself stay empty."""
    there = reverse("mfa_activate_totp")
    stays = request.htmx.current_url_abs_path and request.htmx.current_url_abs_path.startswith("/accounts/")
    return HttpResponse(status=204, headers={} if stays else {"HX-Redirect": there})
