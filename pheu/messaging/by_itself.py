"""Letters that go out by themselves: an introduction to a new lead, a confirmation once it is converted (R0.32, R0.37).

Each goes once: its `Message-ID` begins with the moment and the record. What cannot be sent is told on the timeline
with the reason, and can be sent from there later (D2).
"""

from dataclasses import asdict
from functools import lru_cache

from django.utils import timezone
from liquid.exceptions import LiquidError

from pheu.core import shape
from pheu.core.errors import Refused
from pheu.messaging import advertising, events
from pheu.messaging.channels.email.letters import Address
from pheu.messaging.channels.email.safe import words_of
from pheu.messaging.drafting import drafted
from pheu.messaging.models import EmailTemplate, Mailbox, Message, Privacy, Purpose
from pheu.messaging.people import addresses_of
from pheu.messaging.sending import ask_for, signature
from pheu.notifications.letters import named
from pheu.people.models import User
from pheu.records.acts import act
from pheu.records.locking import hold
from pheu.records.models import Record
from pheu.setup.staff import mail_is_set_up
from pheu.timeline.models import Event
from pheu.timeline.services import record, writable

Moment = EmailTemplate.Moment


def goes_out(moment: str) -> bool:
    """Whether the company has a template for a moment, as this request or job has seen it first."""
    return moment in _moments(shape.stamp())


@lru_cache(maxsize=4)
def _moments(stamp: str) -> frozenset[str]:
    return frozenset(EmailTemplate.objects.filter(is_active=True).exclude(moment="").values_list("moment", flat=True))


def template_of(moment: str) -> EmailTemplate | None:
    """The template that goes out at a moment; the first, where an administrator has chosen several."""
    return EmailTemplate.objects.filter(moment=moment, is_active=True).first()


@act
def send_first(about: Record, moment: str, *, by: User, via: str, cause: Event | None = None) -> None:
    """Write the letter of a moment about a record as something has happened to it, whatever `by` may do there.

    It comes from whoever has the record, with a copy to them (R0.38), once. Without a template nothing happens: the
    company does not want it.
    """
    hold(about.pk)
    _write(about, moment, by=by, via=via, cause=cause)


@act
def send_first_now(about: Record, moment: str, *, by: User, via: str = "page") -> None:
    """«Gửi lại»: the same by hand, once what stood in its way is mended (D2)."""
    if moment not in Moment.values:
        raise Refused
    _write(writable(about, by), moment, by=by, via=via)


def _write(about: Record, moment: str, *, by: User, via: str, cause: Event | None = None) -> None:
    about = Record.objects.select_related("owner").get(pk=about.pk)
    template = template_of(moment)
    name = f"{moment.replace('_', '-')}-{about.pk}"
    is_written = Message.objects.filter(record=about, message_id__startswith=f"<{name}@").exists()
    if template is None or about.state != Record.State.LIVE or is_written:
        return
    sender = about.owner or by
    mailbox = Mailbox.objects.select_related("user").filter(user=sender, user__is_active=True).first()
    to = addresses_of(about, sender)[:1]
    copies = moment == Moment.CONVERTED and template.purpose != Purpose.ADVERTISING
    copied = [Address(sender.full_name, sender.email)] if copies else []
    why = "no_address" if not to else "" if mailbox or mail_is_set_up() else "no_server"
    why = why or advertising.why_not(template.purpose, to)
    try:
        subject, html = drafted(template, about, sender) if not why else ("", "")
    except LiquidError:
        why = "template"
    if why:
        record(events.NOT_SENT, about=about, by=None, via=via, cause=cause, why=why, moment=moment)
        return
    html += signature(sender)
    message = Message.objects.create(
        mailbox=mailbox,
        by_house=mailbox is None,
        user=sender,
        record=about,
        state=Message.State.WAITING,
        privacy=Privacy.WHOLE,
        message_id=f"<{named(name)}>",
        sender=asdict(mailbox.sender if mailbox else Address(sender.full_name, sender.email)),
        to=[asdict(one) for one in to],
        cc=[asdict(one) for one in copied],
        text=words_of(html),
        html=html,
        automatic="auto-generated",
        **advertising.columns(template.purpose, subject, to, timezone.now()),
    )
    ask_for(message)
