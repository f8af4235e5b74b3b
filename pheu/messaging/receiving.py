"""Reading mailboxes: every letter once, with the record that it is about.

Of a folder each UID after the last one that was read is fetched, kept and counted in one transaction; a worker that is
killed goes on after the last letter that it kept. A letter is known by its `Message-ID`: what came twice, or comes
again since the server has numbered anew (UIDVALIDITY), is one.
"""

import logging
from collections.abc import Iterable
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from pheu.core.errors import DomainError
from pheu.core.hosts import Refused
from pheu.core.turns import take_turn
from pheu.messaging import aliases, events
from pheu.messaging.channels.email.imap import Box
from pheu.messaging.channels.email.letters import Letter
from pheu.messaging.channels.email.parsing import read
from pheu.messaging.channels.email.safe import words_of
from pheu.messaging.models import Copy, Folder, Mailbox, Message, Privacy, Undeliverable
from pheu.messaging.people import record_of
from pheu.messaging.sending import enclose, note_trouble
from pheu.messaging.signing_in import with_access
from pheu.people.models import User
from pheu.records import kinds
from pheu.records.acts import act, operation
from pheu.records.locking import hold
from pheu.records.models import Record
from pheu.timeline import post
from pheu.timeline.events import Outsider
from pheu.timeline.services import create, record, writable

ROLES = ("inbox", "sent")
BEFORE = timedelta(days=30)  # so far back a mailbox is read when it is connected
LARGEST = 30 * 1024 * 1024  # bytes of a letter
AT_ONCE = 50

log = logging.getLogger(__name__)


# Fetching -------------------------------------------------------------------------------------------------------------


def fetch(mailbox_id: int) -> int:
    """Read what is new in a mailbox; how many letters came. What stands in the way is kept with the mailbox."""
    mailbox = Mailbox.objects.select_related("user").filter(pk=mailbox_id, user__is_active=True).first()
    if mailbox is None:
        return 0
    try:
        came = _fetched(mailbox)
    except Refused as error:
        _note_trouble(mailbox, error)
        return 0
    Mailbox.objects.filter(pk=mailbox_id).update(checked_at=timezone.now(), problem="", problem_words="")
    return came


def _note_trouble(mailbox: Mailbox, error: Refused) -> None:
    Mailbox.objects.filter(pk=mailbox.pk).update(checked_at=timezone.now())
    if error.permanent:
        note_trouble(mailbox.pk, error)


def _fetched(mailbox: Mailbox) -> int:
    came = 0
    with Box(with_access(mailbox).to_read) as box:
        for there in box.folders():
            if there.role in ROLES:
                came += _read_folder(box, mailbox, there.name, there.role)
    return came


def _read_folder(box: Box, mailbox: Mailbox, name: str, role: str) -> int:
    folder, _is_new = Folder.objects.get_or_create(mailbox=mailbox, name=name, defaults={"role": role})
    state = box.open(name)
    if folder.uidvalidity != state.uidvalidity:
        begin = box.first_uid_since((mailbox.connected_at - BEFORE).date()) or state.uidnext
        folder.copies.all().delete()  # numbers of another count
        folder.uidvalidity, folder.read_from, folder.read_up_to = state.uidvalidity, begin, begin - 1
        folder.save()
    uids = box.uids_from(folder.read_up_to + 1)
    if uids or folder.exists != state.exists:
        folder.exists, folder.on_server = state.exists, len(box.uids_from(folder.read_from))
        folder.save(update_fields=["exists", "on_server"])
    for start in range(0, len(uids), AT_ONCE):
        chosen = uids[start : start + AT_ONCE]
        sizes = box.sizes(chosen)
        for uid in chosen:
            if uid in sizes:  # else it was deleted meanwhile
                raw = box.raw(uid) if sizes[uid] <= LARGEST else None
                _keep(folder, uid, raw)
    return len(uids)


@transaction.atomic
def _keep(folder: Folder, uid: int, raw: bytes | None) -> None:
    message = receive(folder.mailbox, read(raw), folder.role) if raw is not None else None
    Copy.objects.get_or_create(
        folder=folder, uid=uid, defaults={"message": message, "left_out": "" if raw is not None else "too_big"}
    )
    folder.read_up_to = uid
    folder.save(update_fields=["read_up_to"])


# One letter -----------------------------------------------------------------------------------------------------------


def receive(mailbox: Mailbox, letter: Letter, role: str = "inbox") -> Message:
    """Keep a letter that stands in a mailbox, and tell the record that it is about; a known one is as it is."""
    with operation("receive_mail", by=None, via="mail"):
        take_turn(f"mail {letter.message_id}")  # it may come to two of us at once
        known = Message.objects.filter(user=mailbox.user_id, message_id=letter.message_id).first()
        if known is not None:
            return known
        reply = _reply_in(letter) if role == "inbox" else None
        answered = reply.about if reply else _answered_by(letter) or _of_conversation(mailbox, letter)
        made = _made_of(mailbox, letter) if answered is None and reply is None and role == "inbox" else None
        about = answered or made or (_by_address(mailbox, letter) if reply is None else None)
        if about is not None:
            hold(about.pk)
        message = _kept(mailbox, letter, about, role, made_record=made is not None)
        if letter.bounce is not None:
            _note_bounce(letter)
        if reply is not None:
            reply.take()  # which tells it: what the letter says besides is what its program wrote for people
            if about is None:  # of work on no record: nobody has to say any more what it is about
                message.ignored_at = timezone.now()
                message.save(update_fields=["ignored_at"])
        elif about is not None:
            _tell(message, about)
        return message


def _reply_in(letter: Letter) -> post.Reply | None:
    """What a calendar in the letter answers for whoever sent it."""
    calendars = [one.content for one in letter.files if one.mime in CALENDARS][:MOST_CALENDARS]
    sender = letter.sender.address if letter.sender else ""
    return next((found for one in calendars if (found := post.reply_in(one, sender)) is not None), None)


CALENDARS, MOST_CALENDARS = ("text/calendar", "application/ics"), 3


def _made_of(mailbox: Mailbox, letter: Letter) -> Record | None:
    """What a letter to a team's alias becomes: the record there is, if a colleague got the same letter."""
    team = aliases.team_of(letter, mailbox)
    if team is None:
        return None
    theirs = Message.objects.filter(message_id=letter.message_id, made_record=True).select_related("record").first()
    if theirs is not None and theirs.record is not None:
        return theirs.record
    return aliases.make_record(letter, team, by=mailbox.user, via="mail") if aliases.makes_a_record(letter) else None


def _kept(mailbox: Mailbox, letter: Letter, about: Record | None, role: str, *, made_record: bool = False) -> Message:
    ours = role == "sent" or (letter.sender is not None and letter.sender.address.lower() == mailbox.address.lower())
    message = Message.objects.create(
        mailbox=mailbox,
        user=mailbox.user,
        record=about,
        state=Message.State.SENT if ours else Message.State.RECEIVED,
        privacy=mailbox.privacy,
        message_id=letter.message_id[:998],
        in_reply_to=letter.in_reply_to[:998],
        references=[one[:998] for one in letter.references],
        thread_index=letter.thread_index[:44],
        subject=letter.subject,
        sender=asdict(letter.sender) if letter.sender else {},
        to=[asdict(one) for one in letter.to],
        cc=[asdict(one) for one in letter.cc],
        text=letter.text or words_of(letter.html),
        html=letter.html,
        automatic=letter.automatic,
        made_record=made_record,
        at=min(letter.sent_at or timezone.now(), timezone.now()),
    )
    enclose(message, letter.files)
    return message


def _tell(message: Message, about: Record) -> None:
    if message.is_received:
        sender = message.sender.get("name") or message.sender.get("address") or "?"
        record(events.RECEIVED, about=about, by=Outsider(sender), via="mail", message=message.pk)
    else:
        record(events.SENT, about=about, by=message.user, via="mail", message=message.pk)


def _answered_by(letter: Letter) -> Record | None:
    """What the letters are about that this one answers, or reports on."""
    asked = [one for one in (letter.in_reply_to, *reversed(letter.references)) if one]
    if letter.bounce is not None and letter.bounce.of:
        asked.append(letter.bounce.of)
    return _of_thread(asked) if asked else None


def _of_conversation(mailbox: Mailbox, letter: Letter) -> Record | None:
    """The same by Outlook's `Thread-Index`, where a program has lost whom it answers. Of one's own letters alone:
    anybody can write anything there.
    """
    if not letter.thread_index:
        return None
    found = Message.objects.filter(user=mailbox.user_id, thread_index=letter.thread_index[:44], record__isnull=False)
    return _record_of_newest(found)


def _by_address(mailbox: Mailbox, letter: Letter) -> Record | None:
    """By whom it is from or goes to, unless a machine wrote it. What is among colleagues is nobody's record."""
    if letter.automatic:
        return None
    people = [one.address for one in (*([letter.sender] if letter.sender else ()), *letter.to, *letter.cc)]
    return record_of(_outside(people), mailbox.user)


def _of_thread(message_ids: Iterable[str]) -> Record | None:
    """The record of the newest known letter among these, where it lives on today."""
    return _record_of_newest(Message.objects.filter(message_id__in=list(message_ids), record__isnull=False))


def _record_of_newest(found: QuerySet[Message]) -> Record | None:
    newest = found.select_related("record__merged_into", "record__continues").order_by("-at").first()
    return newest.record.survivor if newest is not None and newest.record is not None else None


def _outside(addresses: Iterable[str]) -> list[str]:
    """Those that are not our own people's."""
    wanted = {one.lower() for one in addresses}
    ours = Q(email__in=wanted) | Q(mailbox__address__in=wanted)
    colleagues = User.objects.filter(ours).values_list("email", "mailbox__address")
    return sorted(wanted - {one.lower() for pair in colleagues for one in pair if one})


def _note_bounce(letter: Letter) -> None:
    """An address that does not exist is remembered; the letter that did not arrive is told of on its record."""
    bounce = letter.bounce
    assert bounce is not None
    if bounce.address and bounce.hard:
        Undeliverable.objects.update_or_create(
            address=bounce.address.lower()[:254],
            defaults={"status": bounce.status[:20], "words": bounce.words[:500], "at": timezone.now()},
        )
    ours = Message.objects.filter(message_id=bounce.of).exclude(record=None).first() if bounce.of else None
    if ours is not None and ours.record is not None:
        about = ours.record.survivor
        hold(about.pk)
        record(events.BOUNCED, about=about, by=None, via="mail", message=ours.pk, address=bounce.address)


# By hand --------------------------------------------------------------------------------------------------------------


@act
def place(message: Message, about: Record, *, by: User, via: str = "page") -> Message:
    """Say what a letter of `by`'s mailbox is about; it is told there, and answers to it will be too."""
    about, message = writable(about, by), Message.objects.held_of(by, message.pk)
    if message.record_id is not None:
        raise DomainError(_("This e-mail is on a record already."))
    message.record, message.ignored_at = about, None
    message.save(update_fields=["record", "ignored_at"])
    _tell(message, about)
    return message


@act
def put_aside(message: Message, *, by: User, via: str = "page") -> Message:
    """«Bỏ qua»: it is nothing for Phễu. Once more is harmless; `take_up` brings it back."""
    message = Message.objects.held_of(by, message.pk)
    if message.ignored_at is None:
        message.ignored_at = timezone.now()
        message.save(update_fields=["ignored_at"])
    return message


@act
def show_as(message: Message, privacy: str, *, by: User, via: str = "page") -> Message:
    """Let colleagues see as much of a letter of `by`'s as `privacy` says."""
    if privacy not in Privacy.values:
        raise DomainError(_("This cannot be chosen."))
    message = Message.objects.held_of(by, message.pk)
    message.privacy = privacy
    message.save(update_fields=["privacy"])
    return message


@act
def take_up(message: Message, *, by: User, via: str = "page") -> Message:
    message = Message.objects.held_of(by, message.pk)
    message.ignored_at = None
    message.save(update_fields=["ignored_at"])
    return message


@act
def make_lead(message: Message, *, by: User, via: str = "page") -> Any:
    """A lead of a letter's sender, with the letter on it."""
    sender = message.sender or {}
    values = {"person_name": sender.get("name") or sender.get("address", ""), "email": sender.get("address", "")}
    schema = kinds.get("lead").schema_for(by)
    given = {name: value for name, value in values.items() if schema.get(name) is not None}
    lead = create("lead", given, by=by, via=via)
    place(message, lead.record, by=by, via=via)
    return lead


# How much is there ----------------------------------------------------------------------------------------------------


def missing(mailbox: Mailbox) -> int:
    """How many letters the server has (since the mailbox is read) that are not kept here, when last looked."""
    return sum(max(one.on_server - one.copies.count(), 0) for one in mailbox.folders.all())
