"""Carrying letters with a calendar for apps that do not know of mail (`timeline/post.py`)."""

from dataclasses import asdict

from django.utils import timezone

from pheu.messaging.channels.email.letters import Address, Attached
from pheu.messaging.channels.email.safe import words_of
from pheu.messaging.models import Mailbox, Message, Purpose
from pheu.messaging.sending import ask_for, enclose
from pheu.notifications.letters import named
from pheu.people.models import User
from pheu.timeline import post

AS_A_FILE = "application/ics"  # for programs that know no text/calendar; others would show the same twice


def address_of(user: User) -> str:
    return Mailbox.objects.filter(user=user, user__is_active=True).values_list("address", flat=True).first() or ""


def send(parcel: post.Parcel) -> None:
    """Keep the letter with its job; one of the same name is there already."""
    mailbox = Mailbox.objects.select_related("user").get(user=parcel.sender)
    message_id = f"<{named(parcel.name)}>"
    if Message.objects.filter(message_id=message_id).exists():
        return
    message = Message.objects.create(
        mailbox=mailbox,
        user=mailbox.user,
        record=parcel.about,
        state=Message.State.WAITING,
        privacy=mailbox.privacy,
        message_id=message_id,
        subject=parcel.subject[:500],
        sender=asdict(mailbox.sender),
        to=[asdict(Address(parcel.to_name, parcel.to_address))],
        text=words_of(parcel.html),
        html=parcel.html,
        purpose=Purpose.TRANSACTION,
        automatic="auto-generated",
        calendar=parcel.method,
        due_at=timezone.now(),
    )
    enclose(message, [Attached("invite.ics", AS_A_FILE, parcel.calendar)])
    ask_for(message)


post.use(address_of=address_of, send=send)
