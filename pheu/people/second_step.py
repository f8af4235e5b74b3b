"""The second step of signing in: a code of six digits from the person's telephone, or a recovery code."""

import base64
import hashlib
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
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _
from qrcode.image.svg import SvgPathFillImage

from pheu.core.errors import DomainError
from pheu.people.models import User
from pheu.people.profile import profile

SALT = "pheu.people.second_step"
WRONG = _("This code is not correct, or was used already. Wait for the next one and try again.")
WAIT = _("Too many tries. Wait a few minutes and try again.")
LOST = _("The second step of this account cannot be read any more. An administrator can take it away.")
VALID_FOR = 120  # seconds; longer than any code of the telephone is taken (MFA_TOTP_TOLERANCE)
TOTP, RECOVERY = Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES


class SecondStepAdapter(DefaultMFAAdapter):
    """Secrets lie encrypted in the database; their key comes from SECRET_KEY, which lies beside it."""

    error_messages = DefaultMFAAdapter.error_messages | {"incorrect_code": WRONG}

    def encrypt(self, text: str) -> str:
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        try:
            return _cipher().decrypt(encrypted_text.encode()).decode()
        except InvalidToken as error:
            raise DomainError(LOST) from error

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
    """`codes_left`: recovery codes that were not used."""

    is_on: bool
    codes_left: int


def second_step(user: User) -> SecondStep:
    """One query."""
    held = {one.type: one for one in Authenticator.objects.filter(user=user)}
    codes: Any = held[RECOVERY].wrap() if RECOVERY in held else None
    return SecondStep(TOTP in held, len(codes.get_unused_codes()) if codes else 0)


def with_second_step(people: QuerySet[User]) -> QuerySet[User]:
    """Bring along whether each of them `has_second_step`."""
    return people.annotate(has_second_step=Exists(Authenticator.objects.filter(user=OuterRef("pk"), type=TOTP)))


def take_away(user: User) -> bool:
    """Leave only the password; whether there was more."""
    deleted, _each = Authenticator.objects.filter(user=user).delete()
    return bool(deleted)
