"""Signing in at a mail provider, on the wire: OAuth 2.0 by a code (RFC 6749) that only its asker can use (RFC 7636).

The provider says in the end whose mailbox it is; what it says there is hearsay until the mail servers take the token.
"""

import base64
import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from pheu.core.hosts import Refused, post_form, said

WITHIN = 20.0  # seconds that a provider may take to answer
LONGEST = 8000  # characters of a token
SHORTEST, LASTING = 60, 24 * 3600  # seconds: what a provider says beyond is not believed
# What a refusal means (RFC 6749, 4.1.2.1 and 5.2); any other is "denied".
REFUSALS = {
    "invalid_grant": "signed_out",
    "interaction_required": "signed_out",
    "invalid_client": "application",
    "unauthorized_client": "application",
    "invalid_scope": "application",
    "temporarily_unavailable": "later",
    "server_error": "later",
}


@dataclass(frozen=True)
class Application:
    """Phễu as a provider knows it."""

    client_id: str
    secret: str = field(repr=False)
    authorize_url: str
    token_url: str
    scope: str


@dataclass(frozen=True)
class Granted:
    """What a provider lets us do, for so many seconds; `refresh` asks for more. `address`: whose it is, if it said."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    lasts: int
    address: str = ""


def new_secret() -> str:
    """Of 64 characters, as a verifier may be written (RFC 7636, 4.1)."""
    return secrets.token_urlsafe(48)


def asking(app: Application, *, state: str, verifier: str, back: str, hint: str) -> str:
    """Where whoever has the mailbox says that we may use it; the provider sends them `back` with a code."""
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    given = {
        "response_type": "code",
        "client_id": app.client_id,
        "redirect_uri": back,
        "scope": app.scope,
        "state": state,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
        # Without these Google lets in for an hour only; others leave alone what they do not know.
        "access_type": "offline",
        "prompt": "consent",
        **({"login_hint": hint} if hint else {}),
    }
    return f"{app.authorize_url}{'&' if urlsplit(app.authorize_url).query else '?'}{urlencode(given)}"


def exchanged(app: Application, code: str, *, verifier: str, back: str) -> Granted:
    """What a code is worth, once. `Refused`, also "no_lasting" where it would end within the hour."""
    asked = {"grant_type": "authorization_code", "code": code, "redirect_uri": back, "code_verifier": verifier}
    granted = _granted(app, asked)
    if not granted.refresh:
        raise Refused("no_lasting", permanent=True)
    return granted


def refreshed(app: Application, refresh: str) -> Granted:
    """A new token. The one that asks for it may be new too (RFC 6749, 6); "signed_out": only a person can ask anew."""
    if not refresh:
        raise Refused("signed_out", permanent=True)
    granted = _granted(app, {"grant_type": "refresh_token", "refresh_token": refresh})
    return Granted(granted.access, granted.refresh or refresh, granted.lasts)


def refusal(error: str, words: str = "") -> Refused:
    code = REFUSALS.get(error, "denied")
    return Refused(code, permanent=code != "later", reply=said(words or error))


def _granted(app: Application, asked: Mapping[str, str]) -> Granted:
    ours = {"client_id": app.client_id, "client_secret": app.secret}
    status, body = post_form(app.token_url, {**asked, **ours}, within=WITHIN, allowed=settings.MAIL_NETWORKS)
    told = _told(body)
    if isinstance(error := told.get("error"), str) and error:
        words = told.get("error_description")
        raise refusal(error, words if isinstance(words, str) else "")
    if status == 429 or status >= 500:
        raise Refused("later")
    access, refresh = _token(told, "access_token"), _token(told, "refresh_token")
    if status != 200 or not access:
        raise Refused("protocol", permanent=True)
    return Granted(access, refresh, _seconds(told.get("expires_in")), _address(told.get("id_token")))


def _told(body: bytes) -> dict[str, Any]:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _token(told: Mapping[str, Any], name: str) -> str:
    """Signs of addresses only (RFC 6750, 2.1 and RFC 6749, A.12): it stands in a line that servers take apart."""
    token = told.get(name)
    is_one = isinstance(token, str) and len(token) <= LONGEST and all("!" <= sign <= "~" for sign in token)
    return token if is_one and isinstance(token, str) else ""


def _seconds(told: Any) -> int:
    """A number, or one as text; an hour where it says nothing."""
    try:
        return min(max(int(told), SHORTEST), LASTING)
    except (TypeError, ValueError, OverflowError):
        return 3600


def _address(token: Any) -> str:
    """Of the claims that came from the provider itself over its own line, so that nobody else could have written them
    (OpenID Connect Core, 3.1.3.7, 6)."""
    try:
        middle = str(token).split(".")[1]
        claims = _told(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
    except (IndexError, ValueError):
        return ""
    for name in ("email", "preferred_username"):
        with_it = claims.get(name)
        try:
            validate_email(with_it)
        except ValidationError:
            continue
        return str(with_it)[:254]
    return ""
