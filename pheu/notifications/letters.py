"""Letters of the house's own to its people: news of the day, reminders."""

from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db.models import Q

from pheu.notifications.models import Choice
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
