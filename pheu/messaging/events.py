"""What happened to letters. Facts name the letter only: what it says is read with the reader's rights."""

from collections.abc import Sequence
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pheu.core.markup import address, html, together
from pheu.core.templatetags.signs import icon
from pheu.messaging.channels.email.letters import Address
from pheu.messaging.channels.email.quotes import split_text
from pheu.messaging.models import Consent, Message, Privacy, Purpose
from pheu.messaging.saying import words_of
from pheu.people.models import User
from pheu.timeline.events import EventKind, a_moment

EXCERPT = 400  # characters of what a letter says, on the timeline


class LetterKind(EventKind):
    """About the letter in `facts["message"]`."""

    def enclosed(self, events: Sequence[Any], reader: User) -> list[str]:
        keys = [event.facts.get("message") for event in events]
        found = Message.objects.without_html().in_bulk([pk for pk in keys if pk])
        return [drawn(found.get(pk), reader) if pk else "" for pk in keys]


def drawn(message: Any, reader: User) -> str:
    """A letter on the timeline: as much as its owner lets others see; whoever reads this sees its record."""
    if message is None:
        return ""
    mine = message.user_id == reader.pk
    if message.privacy == Privacy.PRIVATE and not mine:
        return html(
            '<div class="timeline-box sub">{}</div>',
            _("%(owner)s keeps this e-mail private.") % {"owner": message.user},
        )
    people = html('<div class="sub cut">{} → {}</div>', _of(message.sender), _all_of(message.to))
    if message.privacy == Privacy.SUBJECT and not mine:
        return html('<div class="timeline-box letter"><b>{}</b>{}</div>', message, people)
    files = (
        html(' <span class="sub letter-files">{}{}</span>', icon("paperclip", size="small"), message.files)
        if message.files
        else ""
    )
    link = '<a class="btn btn-ghost btn-small" href="{}" data-dialog>{}{}</a>'
    acts = [html(link, address("message", message.pk), icon("mail-opened"), _("Read it"))]
    if message.state in (Message.State.RECEIVED, Message.State.SENT):
        acts.append(html(link, address("message-answer", message.pk), icon("arrow-back-up"), _("Reply")))
    elif mine and not message.is_on_its_way:
        acts.append(html(link, address("message-unsent", message.pk), icon("pencil"), message.get_state_display()))
    said, _quoted = split_text(message.text)
    return html(
        '<div class="timeline-box letter"><b>{}</b>{}{}<p>{}</p><div class="row">{}</div></div>',
        message,
        files,
        people,
        said[:EXCERPT] + ("…" if len(said) > EXCERPT else ""),
        together(acts),
    )


def _of(told: dict[str, str]) -> str:
    return Address(**told).name or told["address"] if told else ""


def _all_of(told: list[dict[str, str]]) -> str:
    return ", ".join(map(_of, told))


class NotSentKind(LetterKind):
    """Of one that was to go out by itself: with a way to send it now."""

    def enclosed(self, events: Sequence[Any], reader: User) -> list[str]:
        drawn = super().enclosed(events, reader)
        return [self._again(one) if one.facts.get("moment") else box for one, box in zip(events, drawn, strict=True)]

    @staticmethod
    def _again(event: Any) -> str:
        url = reverse("message-first", args=[event.facts["moment"], event.about_id])
        link = '<a class="btn btn-ghost btn-small" href="{}" data-dialog>{}{}</a>'
        return html('<div class="event-acts">{}</div>', html(link, url, icon("send"), _("Send it now")))


SENT = LetterKind("email.sent", gettext_lazy("sent an e-mail"), "send", "blue")
RECEIVED = LetterKind("email.received", gettext_lazy("wrote an e-mail"), "mail", "violet")
SCHEDULED = LetterKind(
    "email.scheduled", gettext_lazy("wrote an e-mail that goes out %(due)s"), "clock", "blue", shows={"due": a_moment}
)
NOT_SENT = NotSentKind(
    "email.not_sent",
    gettext_lazy("could not send an e-mail: %(why)s"),
    "alert-triangle",
    "amber",
    shows={"why": lambda code: words_of(code) if code else ""},
)
BOUNCED = LetterKind(
    "email.bounced", gettext_lazy("found that an e-mail did not arrive at %(address)s"), "alert-triangle", "red"
)
_OF_CONSENT = {
    "purpose": lambda code: str(Purpose(code).label) if code else "",
    "source": lambda code: str(Consent.Source(code).label) if code else "",
}
# By whether it was given.
CONSENT = {
    True: EventKind(
        "consent.given",
        gettext_lazy("noted that the customer agrees to be written to. %(purpose)s (%(source)s)"),
        "thumb-up",
        "jade",
        shows=_OF_CONSENT,
    ),
    False: EventKind(
        "consent.withdrawn",
        gettext_lazy("noted that the customer wants no more e-mails. %(purpose)s (%(source)s)"),
        "thumb-down",
        "amber",
        shows=_OF_CONSENT,
    ),
}
MAILBOX_CONNECTED = EventKind(
    "mailbox.connected", gettext_lazy("connected the mailbox %(address)s"), "mail", "jade", in_log=gettext_lazy("Mail")
)


class MailboxKind(EventKind):
    """Of somebody's mailbox; looked at where it is mended."""

    def url(self, event: Any) -> str:
        return reverse("mailbox")


MAILBOX_STOPPED = MailboxKind(
    "mailbox.stopped",
    gettext_lazy("cannot open the mailbox %(address)s any more: %(why)s"),
    "alert-triangle",
    "red",
    shows={"why": lambda code: words_of(code) if code else ""},
    in_log=gettext_lazy("Mail"),
)
MAILBOX_DISCONNECTED = EventKind(
    "mailbox.disconnected", gettext_lazy("disconnected the mailbox %(address)s"), "mail", in_log=gettext_lazy("Mail")
)
