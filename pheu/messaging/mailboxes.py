"""A person's own mailbox: connected, looked at whether it works, taken away (R1.42)."""

from collections.abc import Callable
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from pheu.core.errors import DomainError
from pheu.core.errors import Refused as NotAllowed
from pheu.core.hosts import Refused
from pheu.core.turns import take_turn
from pheu.messaging import events
from pheu.messaging.channels.email import smtp
from pheu.messaging.channels.email.imap import Box
from pheu.messaging.channels.email.oauth import Granted
from pheu.messaging.models import Mailbox, MailProvider, Security
from pheu.messaging.signing_in import with_access
from pheu.people.models import User
from pheu.records.acts import act
from pheu.timeline.services import record

# Where mail of well-known houses is kept; of any other, `mail.` before the domain is the best guess.
KNOWN: dict[tuple[str, ...], tuple[str, str]] = {
    ("gmail.com", "googlemail.com"): ("imap.gmail.com", "smtp.gmail.com"),
    ("outlook.com", "hotmail.com", "live.com"): ("outlook.office365.com", "smtp.office365.com"),
    ("yahoo.com", "yahoo.com.vn"): ("imap.mail.yahoo.com", "smtp.mail.yahoo.com"),
    ("icloud.com", "me.com"): ("imap.mail.me.com", "smtp.mail.me.com"),
}
STARTTLS_ONLY = ("smtp.office365.com", "smtp.mail.me.com")
TAKEN = ("address", "login", "imap_host", "imap_port", "imap_security", "smtp_host", "smtp_port", "smtp_security")


def proposed(address: str) -> dict[str, Any]:
    """The servers of an address, as far as they can be guessed."""
    domain = address.rpartition("@")[2].lower()
    imap, smtp_host = next((both for domains, both in KNOWN.items() if domain in domains), (f"mail.{domain}",) * 2)
    starttls = smtp_host in STARTTLS_ONLY
    return {
        "imap_host": imap if domain else "",
        "imap_port": 993,
        "imap_security": Security.TLS,
        "smtp_host": smtp_host if domain else "",
        "smtp_port": 587 if starttls else 465,
        "smtp_security": Security.STARTTLS if starttls else Security.TLS,
    }


Key = str | tuple[Granted, MailProvider]  # a password, or what its provider lets us do; an empty one is what is kept


def unsaved(user: User, values: dict[str, Any], key: Key) -> Mailbox:
    """The person's mailbox with these values, not kept yet; without a key it has the one that is kept."""
    mailbox = Mailbox.objects.filter(user=user).first() or Mailbox()
    mailbox.user = user
    for name in (*TAKEN, "privacy"):
        setattr(mailbox, name, values[name])
    if isinstance(key, tuple):
        mailbox.keep_granted(*key)
    elif key:
        mailbox.keep_password(key)
    return mailbox


def lacks_password(there: Mailbox | None, values: dict[str, Any], key: Key) -> bool:
    """Another server, user or way of encryption asks for it again: it is not sent where it was not meant for."""
    return not key and (there is None or any(getattr(there, name) != values[name] for name in TAKEN))


LACKS_PASSWORD = _("Type the password, or sign in again: the server or the user name is another one.")


def problems(mailbox: Mailbox) -> dict[str, Refused]:
    """What is wrong with reading ("imap") and sending ("smtp"), as the servers answer just now; empty if nothing is."""
    asked: dict[str, Callable[[], Any]] = {
        "imap": lambda: _reads(mailbox),
        "smtp": lambda: smtp.check(with_access(mailbox).to_send),
    }
    found = {}
    for name, ask in asked.items():
        try:
            ask()
        except Refused as error:
            found[name] = error
    return found


def _reads(mailbox: Mailbox) -> None:
    with Box(with_access(mailbox).to_read) as box:
        box.folders()


@act
def connect(values: dict[str, Any], *, key: Key, by: User, via: str = "page") -> Mailbox:
    """Keep `by`'s mailbox, by `values` of its columns; an empty key keeps the one that is there."""
    _must_be_here(by)
    take_turn("mailboxes")  # of two at once with one address the second finds the first
    # Until we are done nobody gets it another token, which would be lost.
    there = Mailbox.objects.select_for_update(no_key=True).filter(user=by).first()
    mailbox = unsaved(by, values, key)
    if lacks_password(there, values, key):
        raise DomainError(LACKS_PASSWORD)
    if Mailbox.objects.exclude(user=by).filter(address__iexact=mailbox.address).exists():
        raise DomainError(_("A colleague has connected this mailbox already."))
    mailbox.problem, mailbox.problem_words, mailbox.checked_at = "", "", timezone.now()
    if there is None or there.imap_host != mailbox.imap_host or there.address != mailbox.address:
        mailbox.connected_at = timezone.now()
        mailbox.save()
        mailbox.folders.all().delete()
    else:
        mailbox.save()
    record(events.MAILBOX_CONNECTED, about=None, by=by, via=via, address=mailbox.address)
    return mailbox


def _must_be_here(user: User) -> None:
    if not user.is_active:
        raise NotAllowed


@act
def disconnect(*, by: User, via: str = "page") -> None:
    """Take `by`'s mailbox away with its password. Letters stay where they are."""
    _must_be_here(by)
    mailbox = Mailbox.objects.filter(user=by).first()
    if mailbox is not None:
        record(events.MAILBOX_DISCONNECTED, about=None, by=by, via=via, address=mailbox.address)
        mailbox.delete()
