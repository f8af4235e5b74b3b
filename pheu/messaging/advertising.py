"""What the law asks of letters by their purpose, at writing and once more at sending (Decree 91/2020, vietnam.md 9.2).

Advertising goes to one person, who has agreed; its subject begins with «[QC]», its end says who sends it and how to
stop it; it goes out by day, and nobody gets more than three in any 24 hours, whoever of us sends them.
"""

import re
from collections.abc import Sequence
from datetime import datetime, time, timedelta

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from pheu.core.vietnamese.dates import ZONE
from pheu.core.vietnamese.identity import email_key
from pheu.messaging.channels.email.letters import Address
from pheu.messaging.consents import standing, token_of, unwilling
from pheu.messaging.models import Message, Purpose
from pheu.notifications.letters import site
from pheu.people.profile import profile

LABEL = "[QC] "
LABELS = re.compile(r"(?:\s*\[\s*(?:QC|AD)\s*\])*\s*", re.IGNORECASE)
OPENS, CLOSES = time(7), time(22)  # where those are who get it, wherever the server is
WINDOW, MOST_IN_WINDOW = timedelta(hours=24), 3


def why_not(purpose: str, recipients: Sequence[Address]) -> str:
    """A code of `saying.WORDS` where these people may not be written to for a purpose; empty where they may."""
    if purpose == Purpose.ADVERTISING and len(recipients) > 1:
        return "several"  # its link ends the consent of one
    ours = profile()
    if purpose == Purpose.ADVERTISING and not (ours.name and ours.address and ours.phone):
        return "no_company"
    return "no_consent" if unwilling([one.address for one in recipients], purpose) else ""


def columns(purpose: str, subject: str, recipients: Sequence[Address], due_at: datetime) -> dict[str, object]:
    """What the purpose makes of a new letter."""
    if purpose != Purpose.ADVERTISING:
        return {"purpose": purpose, "subject": subject, "due_at": due_at}
    told = {"purpose": purpose, "subject": labelled(subject), "due_at": by_day(due_at)}
    return told | {"advertises_to": email_key(recipients[0].address)}


def labelled(subject: str) -> str:
    """«[QC] » before a subject, once, whatever label somebody has typed there."""
    return (LABEL + subject[LABELS.match(subject).end() :])[:500]  # type: ignore[union-attr]  # it matches nothing too


def by_day(at: datetime) -> datetime:
    """This moment if it lies between the hours, else the morning that comes."""
    here = at.astimezone(ZONE)
    if OPENS <= here.time() < CLOSES:
        return at
    day = here.date() if here.time() < OPENS else here.date() + timedelta(days=1)
    return datetime.combine(day, OPENS, ZONE)


def may_go_at(message: Message, now: datetime) -> datetime:
    """`now`, or the later moment until which an advertisement has to wait."""
    others = Message.objects.filter(advertises_to=message.advertises_to).exclude(pk=message.pk)
    on_its_way = others.filter(state=Message.State.SENDING).count()
    sent = others.filter(state=Message.State.SENT, at__gt=now - WINDOW).order_by("-at").values_list("at", flat=True)
    lately = [*[now] * on_its_way, *sent[:MOST_IN_WINDOW]]
    return by_day(now if len(lately) < MOST_IN_WINDOW else lately[MOST_IN_WINDOW - 1] + WINDOW)


def must_wait(message: Message) -> bool:
    """Whether an advertisement has to wait; it is due then, as far as one can say now."""
    now = timezone.now()
    later = may_go_at(message, now) if message.advertises_to else now
    if later > now:
        message.due_at = later
    return later > now


def way_out(message: Message) -> str:
    """The address that ends the consent on which an advertisement rests."""
    held = standing(message.advertises_to, Purpose.ADVERTISING) if message.advertises_to else None
    return site() + reverse("unsubscribe", args=[token_of(held)]) if held is not None else ""


def with_foot(html: str, way_out: str) -> str:
    """An advertisement with who sends it and how to end it; what has no such way stays as it is."""
    return html + render_to_string("messaging/mail/foot.html", {"ours": profile(), "url": way_out}) if way_out else html
