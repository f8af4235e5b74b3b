"""Letters of the house's own to its people: news of the day and what apps above add to it, reminders."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db.models import Q
from django.utils.functional import Promise

from pheu.notifications.models import Choice, Reason
from pheu.people.models import User

NOWHERE = (".example", ".invalid", ".test")  # addresses of a demo company: nobody is there


def to_nobody(field: str) -> Q:
    """Rows whose e-mail address, in this field, is nobody's."""
    return Q(*((f"{field}__iendswith", end) for end in NOWHERE), _connector=Q.OR)


def language_of(person: User) -> str:
    """That in which they chose to get letters."""
    chosen = Choice.objects.filter(user=person).first()
    return chosen.language if chosen else "vi"


def site() -> str:
    """The address of the house, without a slash at the end."""
    return settings.PHEU_BASE_URL.rstrip("/")


def named(what: str) -> str:
    """A name in the world of something of ours: «reminder-7-2@crm.example.vn»."""
    return f"{what}@{urlsplit(site()).hostname}"


def letter(to: User, subject: str, body: str, *, name: str) -> EmailMultiAlternatives:
    """One that `name` tells from all others: should it be sent twice all the same, mail programs show it once."""
    headers = {"Message-ID": f"<{named(name)}>", "Auto-Submitted": "auto-generated"}
    return EmailMultiAlternatives(subject, body, to=[to.email], headers=headers)


# What the mail of the day holds besides news --------------------------------------------------------------------------


@dataclass(frozen=True)
class Item:
    """One line of a section: what it says, what stands below it, and where it leads (absolute)."""

    words: str
    below: str
    url: str


@dataclass(frozen=True)
class Section:
    """A headed list in the mail; `counted` tells of it in the subject, `more` what there is besides."""

    title: str
    counted: str
    items: Sequence[Item]
    more: str = ""


@dataclass(frozen=True)
class Daily:
    """What an app above adds to the mail of the day for those who choose it.

    `gather` gives what a person has on that day, nothing where they have nothing. News of the reason `covers` say the
    same, and are left out of that mail.
    """

    code: str
    label: str | Promise
    gather: Callable[[User], Sequence[Section]]
    covers: Reason | None = None


DAILY: dict[str, Daily] = {}


def add_daily(daily: Daily) -> None:
    DAILY[daily.code] = daily
