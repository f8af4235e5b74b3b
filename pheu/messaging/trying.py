"""A template as it is being written, tried on a record before anybody gets it (R1.36, R1.41)."""

import hashlib
from dataclasses import asdict, dataclass

from django.utils import timezone
from django.utils.translation import gettext as _
from liquid.exceptions import LiquidError

from pheu.core.errors import DomainError, Invalid
from pheu.messaging import advertising
from pheu.messaging.channels.email.letters import Address
from pheu.messaging.channels.email.safe import words_of
from pheu.messaging.drafting import cannot_be_read, html_of, subject_of, values_for
from pheu.messaging.models import EmailTemplate, Mailbox, Message, Privacy, Purpose
from pheu.messaging.sending import ask_for
from pheu.notifications.letters import named, site
from pheu.people.models import User
from pheu.people.scopes import CHANGE, VIEW
from pheu.records import kinds
from pheu.records.acts import act
from pheu.records.models import Record
from pheu.setup.staff import mail_is_set_up

MARK = "[Thử] "  # whoever gets it may not read Vietnamese, but whoever wrote the template does
# What a template that goes out by itself is about then.
ABOUT = {EmailTemplate.Moment.NEW_LEAD: "lead", EmailTemplate.Moment.CONVERTED: "deal"}


@dataclass(frozen=True)
class Draft:
    """What a letter would say."""

    subject: str
    html: str


def try_out(template: EmailTemplate, about: Record | None, sender: User) -> Draft:
    """The letter of a template, saved or not, as `sender` would send it about a record, or about none.

    `Invalid` says by column what of it cannot be read: some things go wrong with the words of a record only.
    """
    given, told, wrong = values_for(about, sender), {}, {}
    for name, draw in (("subject", subject_of), ("html", html_of)):
        try:
            told[name] = draw(template, given)
        except LiquidError as error:
            wrong[name] = [cannot_be_read(error)]
    if wrong:
        raise Invalid(wrong, {one.name: str(one.verbose_name) for one in EmailTemplate._meta.fields})
    if template.purpose == Purpose.ADVERTISING:
        # The way to end one's consent is of whom it goes to, who is nobody yet: here it leads to the house.
        return Draft(advertising.labelled(told["subject"]), advertising.with_foot(told["html"], site()))
    return Draft(**told)


def proposed(moment: str, user: User) -> Record | None:
    """What to try a template on: of the kind that it is about the record of theirs that changed last, else any."""
    rows = Record.objects.visible_to(user).filter(state=Record.State.LIVE).order_by("-updated_at", "-pk")
    if kind := ABOUT.get(moment):  # type: ignore[call-overload]  # a moment is its word
        rows = rows.filter(kind=kind)
    return rows.filter(owner=user).first() or rows.first()


@act
def send_trial(template: EmailTemplate, about: Record | None, *, by: User, via: str = "page") -> Message:
    """Send the letter of a template to whoever writes it, and to nobody else; no record tells of it.

    From their mailbox, or the house's where they have none. Asked for twice within a minute it is one letter.
    """
    by.must("system", CHANGE)
    if about is not None:
        about = (
            kinds.get(about.kind).model.objects.within(by, VIEW).select_related("record").get_or_refuse(about.pk).record
        )
    mailbox = Mailbox.objects.select_related("user").filter(user=by).first()
    if mailbox is None and not mail_is_set_up():
        raise DomainError(_("Connect your mailbox, or let the operator set up a mail server, to try it."))
    draft = try_out(template, about, by)
    me = Address(by.full_name, by.email)
    digest = hashlib.sha256(f"{draft.subject}\n{draft.html}".encode()).hexdigest()[:16]
    message, is_new = Message.objects.get_or_create(
        user=by,
        message_id=f"<{named(f'trial-{by.pk}-{digest}-{timezone.now():%Y%m%d%H%M}')}>",
        defaults={
            "mailbox": mailbox,
            "by_house": mailbox is None,
            "state": Message.State.WAITING,
            "privacy": Privacy.PRIVATE,
            "sender": asdict(mailbox.sender if mailbox else me),
            "to": [asdict(me)],
            "subject": f"{MARK}{draft.subject}"[:500],
            "text": words_of(draft.html),
            "html": draft.html,
            "due_at": timezone.now(),
        },
    )
    if is_new:
        ask_for(message)
    return message
