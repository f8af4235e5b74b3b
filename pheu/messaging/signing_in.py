"""Signing in at a mail provider in place of a password (R1.39): begun in a session, ended there, renewed by itself."""

import hmac
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from pheu.core.errors import DomainError
from pheu.core.hosts import Refused
from pheu.messaging.channels.email import oauth
from pheu.messaging.channels.email.oauth import Granted
from pheu.messaging.models import Mailbox, MailProvider
from pheu.notifications.letters import site

LASTS = timedelta(minutes=15)  # from the way there to the way back
EARLY = timedelta(minutes=2)  # so long may pass between getting a token and showing it
KEPT = ("access", "access_until", "refresh", "token_url")  # columns of a mailbox


@dataclass(frozen=True)
class Begun:
    """What a session remembers of a sign-in until its person comes back from the provider."""

    provider: int
    state: str
    verifier: str
    address: str
    privacy: str
    at: float  # seconds since 1970


def back() -> str:
    """Where the provider sends people back to, as its console has to know it."""
    return f"{site()}{reverse('mailbox-signed-in')}"


def begin(provider: MailProvider, *, address: str, privacy: str) -> tuple[Begun, str]:
    """What to remember, and the page of the provider to go to."""
    begun = Begun(provider.pk, oauth.new_secret(), oauth.new_secret(), address, privacy, at=timezone.now().timestamp())
    url = oauth.asking(provider.application, state=begun.state, verifier=begun.verifier, back=back(), hint=address)
    return begun, url


def remembered(begun: Begun) -> dict[str, object]:
    return asdict(begun)


def answered(kept: Mapping[str, object] | None, given: Mapping[str, str]) -> Begun:
    """The sign-in that this answer of a provider belongs to; `DomainError` where it belongs to none of this session."""
    begun = Begun(**kept) if kept else None  # type: ignore[arg-type]  # it is what `remembered` gave
    fits = begun is not None and hmac.compare_digest(begun.state.encode(), given.get("state", "").encode())
    if begun is None or not fits or timezone.now().timestamp() - begun.at > LASTS.total_seconds():
        raise DomainError(_("This sign-in was used already or has run out. Please begin again."))
    return begun


def granted(begun: Begun, provider: MailProvider, given: Mapping[str, str]) -> Granted:
    """What the provider lets us do after its person said yes; `Refused` where they, or it, said no."""
    if error := given.get("error"):
        raise oauth.refusal(error, given.get("error_description", ""))
    return oauth.exchanged(provider.application, given.get("code", ""), verifier=begun.verifier, back=back())


def whose(granted: Granted, begun: Begun) -> str:
    """The address that was signed in with: as the provider says, else as was typed. The mail servers have the word."""
    address = granted.address or begun.address
    try:
        validate_email(address)
    except ValidationError as error:
        raise DomainError(
            _("The provider does not say whose mailbox it is: type its address, then sign in.")
        ) from error
    return address


def with_access(mailbox: Mailbox) -> Mailbox:
    """The mailbox, with a token that holds for a while yet; one with a password is as it is. `Refused`: "signed_out"
    where only its person can get another one, else what the provider or the way to it says.

    Of several who need a new token at once the first one gets it, and it is kept before anybody uses it: a provider may
    give each but once.
    """
    if mailbox.provider_id is None or _holds(mailbox):
        return mailbox
    with transaction.atomic():
        rows = Mailbox.objects.select_related("provider").select_for_update(no_key=True, of=("self",))
        held = rows.filter(pk=mailbox.pk).first()
        if held is None or held.provider is None:
            raise Refused("signed_out", permanent=True)
        if not _holds(held):
            app = held.provider.application
            if app.token_url != held.token_url:  # what was given there is not handed to somebody else
                raise Refused("signed_out", permanent=True)
            held.keep_granted(oauth.refreshed(app, held.refresh_token), held.provider)
            held.save(update_fields=KEPT)
    for name in KEPT:
        setattr(mailbox, name, getattr(held, name))
    return mailbox


def _holds(mailbox: Mailbox) -> bool:
    until = mailbox.access_until
    return until is not None and until > timezone.now() + EARLY and bool(mailbox.token)
