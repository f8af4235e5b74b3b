"""Writing letters and sending them (R1.39-1.42).

A letter is kept as `WAITING` in the act that writes it; a job sends it at its time. It is `SENDING` from before the
first word to the server until the answer is kept: whoever is killed in between sends it again, as the same letter
(`Message-ID`), which mail programs show once (promise 3).
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from smtplib import SMTPException, SMTPRecipientsRefused
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.utils import timezone
from django.utils.html import linebreaks
from django.utils.translation import gettext_lazy as _

from pheu.core.errors import DomainError
from pheu.core.hosts import Refused as NotTaken
from pheu.core.jobs import ATTEMPTS, AWAITED, FOLLOWING, app
from pheu.messaging import advertising, events
from pheu.messaging.channels.email import smtp, writing
from pheu.messaging.channels.email.imap import Box
from pheu.messaging.channels.email.letters import Address, Attached
from pheu.messaging.channels.email.safe import simple, words_of
from pheu.messaging.consents import one_at_a_time
from pheu.messaging.models import Enclosure, Mailbox, Message, Purpose
from pheu.messaging.people import held_today
from pheu.messaging.pictures import drawn_in
from pheu.messaging.saying import words_of as words_of_code
from pheu.messaging.signing_in import with_access
from pheu.people.models import User
from pheu.records.acts import act, operation
from pheu.records.models import Record, id_and_name
from pheu.timeline.events import MOMENT
from pheu.timeline.services import FILE_LIMIT, record, writable, wrong_with

DELIVER, KEEP_COPY = "pheu.messaging.jobs.deliver", "pheu.messaging.jobs.keep_copy"
TO_UNDO = timedelta(seconds=10)
LATEST = timedelta(days=366)
MOST_RECIPIENTS = 50
MOST_TEXT = 500_000  # characters of HTML, pictures apart
PENDING = (Message.State.WAITING, Message.State.SENDING)
OF_THE_MAILBOX = ("password", "token", "signed_out", "application", "denied")  # what stops every letter of it
DRAFTS = (Message.State.HELD, Message.State.FAILED)


class ToldLater(Exception):
    """The server could not take it now: the job tries again."""


def mailbox_of(user: User) -> Mailbox:
    """`DomainError` with the way there, for whoever has none (R1.42)."""
    mailbox = Mailbox.objects.select_related("user").filter(user=user).first()
    if mailbox is None:
        raise DomainError(_("Connect your mailbox first: “My account”, “Mailbox”. Then you can send e-mails."))
    return mailbox


@act
def write(
    about: Record | None,
    *,
    to: Sequence[Address],
    cc: Sequence[Address] = (),
    bcc: Sequence[Address] = (),
    subject: str,
    html: str,
    files: Sequence[UploadedFile] = (),
    answers: Message | None = None,
    instead_of: Message | None = None,
    kept: Collection[int] = (),
    at: datetime | None = None,
    purpose: str = "",
    by: User,
    via: str = "page",
) -> Message:
    """Keep a letter that goes out at `at`, or as soon as the seconds are over in which it can be taken back.

    What it is about may have been folded into another record meanwhile: then it is about that one.

    `instead_of` is a draft of theirs that goes; of its files those of the ids in `kept` go along, and its purpose where
    none is given. Advertising waits for the day (`advertising.py`).
    """
    _must_be_sendable(to, subject, html, files or kept)
    everybody, due = [*to, *cc, *bcc], max(at or timezone.now(), timezone.now() + TO_UNDO)
    purpose = purpose or (instead_of.purpose if instead_of else Purpose.TRANSACTION)
    if why := advertising.why_not(purpose, everybody):
        raise DomainError(words_of_code(why))
    sent = {"state": Message.State.WAITING, **advertising.columns(purpose, subject, everybody, due)}
    message = _kept(
        about, to, cc, bcc, html, files, sent, answers=answers, instead_of=instead_of, kept=kept, at=at, by=by
    )
    about = message.record
    ask_for(message)
    if (at is not None or message.due_at != due) and about is not None:
        record(events.SCHEDULED, about=about, by=by, via=via, message=message.pk, due=MOMENT.to_json(message.due_at))
    return message


@act
def keep_draft(
    about: Record | None,
    *,
    to: Sequence[Address] = (),
    cc: Sequence[Address] = (),
    bcc: Sequence[Address] = (),
    subject: str = "",
    html: str = "",
    files: Sequence[UploadedFile] = (),
    answers: Message | None = None,
    instead_of: Message | None = None,
    kept: Collection[int] = (),
    at: datetime | None = None,
    purpose: str = "",
    by: User,
    via: str = "page",
) -> Message:
    """«Lưu nháp»: a letter that is not ready, to whomever and of whatever is there already. Nobody else sees it.

    When it was to go out is asked anew with what sends it. `instead_of` as of `write`.
    """
    purpose = purpose or (instead_of.purpose if instead_of else Purpose.TRANSACTION)
    if purpose not in Purpose.values:
        raise DomainError(_("This cannot be chosen."))
    draft = {"state": Message.State.HELD, "subject": subject, "purpose": purpose}
    more: dict[str, Any] = {"answers": answers, "instead_of": instead_of, "kept": kept}
    return _kept(about, to, cc, bcc, html, files, draft, **more, at=None, by=by)


def _kept(
    about: Record | None,
    to: Sequence[Address],
    cc: Sequence[Address],
    bcc: Sequence[Address],
    html: str,
    files: Sequence[UploadedFile],
    columns: Mapping[str, Any],
    *,
    answers: Message | None,
    instead_of: Message | None,
    kept: Collection[int],
    at: datetime | None,
    by: User,
) -> Message:
    """The letter with its files; the draft that it is `instead_of` goes. An answer stays one through its drafts."""
    about = writable(about.survivor, by) if about is not None else None
    mailbox = mailbox_of(by)
    draft = Message.objects.held_of(by, instead_of.pk) if instead_of is not None else None
    if draft is not None and draft.state not in DRAFTS:
        raise DomainError(_("The e-mail has been sent already."))
    files_kept = list(draft.enclosures.filter(pk__in=kept, content_id="")) if draft else []
    _must_fit(to, cc, bcc, columns["subject"], html, [*files, *files_kept], at)
    html, pictures = drawn_in(html)
    html = simple(html)
    thread = {"in_reply_to": draft.in_reply_to, "references": draft.references} if draft else {}
    if answers is not None:
        thread = {"in_reply_to": answers.message_id, "references": [*answers.references, answers.message_id]}
    message = Message.objects.create(
        mailbox=mailbox,
        user=by,
        record=about,
        privacy=mailbox.privacy,
        message_id=writing.new_message_id(mailbox.address.rpartition("@")[2]),
        sender=asdict(mailbox.sender),
        to=[asdict(one) for one in to],
        cc=[asdict(one) for one in cc],
        bcc=[asdict(one) for one in bcc],
        text=words_of(html),
        html=html,
        **thread,
        **columns,
    )
    enclose(message, [*pictures, *(_enclosed(one) for one in files)])
    if draft is not None:
        draft.enclosures.filter(pk__in=[one.pk for one in files_kept]).update(message=message)
        draft.delete()
    return message


def ask_for(message: Message) -> None:
    """The job exists exactly when the letter waits; one that somebody wrote goes before those that go by themselves."""
    priority = 0 if message.automatic else AWAITED
    app.configure_task(DELIVER, schedule_at=message.due_at, priority=priority).defer(message_id=message.pk)


def _enclosed(upload: UploadedFile) -> Attached:
    upload.seek(0)
    return Attached(upload.name or "file", upload.content_type or "", upload.read())


def enclose(message: Message, files: Sequence[Attached]) -> None:
    """Keep files with a letter, each under a name of our own on disk."""
    for one in files:
        name = one.name[-255:] or "file"
        Enclosure.objects.create(
            message=message,
            content=ContentFile(one.content, name=name),
            name=name,
            size=len(one.content),
            media_type=one.mime[:100],
            content_id=one.content_id[:500],
        )


def _must_be_sendable(to: Sequence[Any], subject: str, html: str, files: Collection[Any]) -> None:
    if not to:
        raise DomainError(_("Say to whom the e-mail goes."))
    if not subject.strip():
        raise DomainError(_("A subject is one line of up to 500 characters."))
    if not words_of(html).strip() and "<img" not in html and not files:
        raise DomainError(_("Write something first."))


def _must_fit(
    to: Sequence[Address],
    cc: Sequence[Address],
    bcc: Sequence[Address],
    subject: str,
    html: str,
    files: Sequence[UploadedFile | Enclosure],
    at: datetime | None,
) -> None:
    if len(to) + len(cc) + len(bcc) > MOST_RECIPIENTS:
        raise DomainError(_("At most %(most)s people in one e-mail."), most=MOST_RECIPIENTS)
    if len(subject) > 500 or "\n" in subject or "\r" in subject:
        raise DomainError(_("A subject is one line of up to 500 characters."))
    if len(DRAWN.sub("", html)) > MOST_TEXT:
        raise DomainError(_("The e-mail is too long."))
    if wrong := [words for one in files if isinstance(one, UploadedFile) and (words := wrong_with(one))]:
        raise DomainError(" ".join(map(str, wrong)))
    if sum(one.size or 0 for one in files) + len(html) > FILE_LIMIT:
        raise DomainError(_("The files of one e-mail have 25 MB together at most."))
    if at is not None and at > timezone.now() + LATEST:
        raise DomainError(_("An e-mail can wait for a year at most."))


DRAWN = re.compile(r"data:image/[^\"']*")


@act
def take_back(message: Message, *, by: User, via: str = "page") -> Message:
    """«Hoàn tác» before it is sent: it becomes a draft again. Once it is on its way, nobody can."""
    message = Message.objects.held_of(by, message.pk)
    if message.state not in (Message.State.WAITING, Message.State.FAILED):
        raise DomainError(_("The e-mail has been sent already."))
    message.state = Message.State.HELD
    message.save(update_fields=["state"])
    return message


@act
def send_again(message: Message, *, by: User, via: str = "page") -> Message:
    """«Gửi lại» what could not be sent, as the same letter."""
    message = Message.objects.held_of(by, message.pk)
    if message.state not in DRAFTS:
        raise DomainError(_("The e-mail has been sent already."))
    _must_be_sendable(message.to, message.subject, message.html, message.enclosures.all())
    if message.state == Message.State.HELD and (why := advertising.why_not(message.purpose, message.recipients)):
        raise DomainError(words_of_code(why))
    message.mailbox, message.by_house = mailbox_of(by), False
    due = timezone.now() + TO_UNDO
    message.state = Message.State.WAITING
    for name, value in advertising.columns(message.purpose, message.subject, message.recipients, due).items():
        setattr(message, name, value)  # a draft was kept before anybody asked
    message.tries, message.problem, message.problem_words = 0, "", ""
    message.save()
    ask_for(message)
    return message


@act
def drop(message: Message, *, by: User, via: str = "page") -> None:
    """Throw a draft away, or what could not be sent."""
    message = Message.objects.held_of(by, message.pk)
    if message.state not in DRAFTS:
        raise DomainError(_("The e-mail has been sent already."))
    message.delete()


def ask_for_forgotten() -> int:
    """Ask once more for letters whose job has ended without an answer; how many there were.

    The pauses between five tries are over by then; what was tried so often is given up, and that is told.
    """
    late = Message.objects.filter(state__in=PENDING, due_at__lt=timezone.now() - FORGOTTEN)
    found = list(late.order_by("due_at")[:MOST_FORGOTTEN])
    for message in found:
        ask_for(message)
    return len(found)


FORGOTTEN, MOST_FORGOTTEN = timedelta(minutes=30), 500


# What the job does ----------------------------------------------------------------------------------------------------


def deliver(message_id: int) -> None:
    """Send one letter whose time has come; `ToldLater` where the server could not take it yet."""
    message = _begin(message_id)
    if message is None:
        return
    try:
        refused = _by_house(message) if message.by_house else _by_mailbox(message)
    except NotTaken as error:
        if _failed(message, error):
            raise ToldLater(error.code) from error
    else:
        _sent(message, refused)


def _by_mailbox(message: Message) -> dict[str, str]:
    assert message.mailbox is not None
    recipients = [one.address for one in message.recipients]
    login = with_access(message.mailbox).to_send
    return smtp.send(login, written(message), sender=message.sender["address"], recipients=recipients)


def _by_house(message: Message) -> dict[str, str]:
    """Through the server that the operator has set up (`EMAIL_URL`); answers go to the sender."""
    way_out = advertising.way_out(message)
    html = advertising.with_foot(message.html, way_out)
    mail = EmailMultiAlternatives(
        message.subject,
        words_of(html),
        to=[Address(**one).shown for one in message.to],
        cc=[Address(**one).shown for one in message.cc],
        reply_to=[Address(**message.sender).shown],
        headers={
            "Message-ID": message.message_id,
            "Auto-Submitted": "auto-generated",
            **writing.unsubscribing(way_out),
        },
    )
    mail.attach_alternative(html, "text/html")
    try:
        mail.send()
    except (OSError, SMTPException) as error:
        raise NotTaken("refused", permanent=isinstance(error, SMTPRecipientsRefused), reply=str(error)[:500]) from error
    return {}


@transaction.atomic
def _begin(message_id: int) -> Any:
    """The letter, marked as on its way; None where there is nothing to do (any more)."""
    message = Message.objects.select_for_update().filter(pk=message_id, state__in=PENDING).first()
    if message is None:
        return None
    if message.due_at and message.due_at > timezone.now():  # this clock is behind, or it was put off
        ask_for(message)
        return None
    if message.purpose != Purpose.TRANSACTION:
        one_at_a_time(*(one.address for one in message.recipients))
    if advertising.must_wait(message):
        message.save(update_fields=["due_at"])
        ask_for(message)
        return None
    message.tries += 1
    mailbox = Mailbox.objects.select_related("user").filter(messages=message, user__is_active=True).first()
    if mailbox is None and not message.by_house:
        _give_up(message, "no_mailbox")
        return None
    if message.tries > ATTEMPTS:  # workers were killed while it was on its way
        _give_up(message, "gave_up")
        return None
    if why := advertising.why_not(message.purpose, message.recipients):  # meanwhile somebody has said no
        _give_up(message, why)
        return None
    message.mailbox, message.state = mailbox, Message.State.SENDING
    message.save(update_fields=["tries", "state"])
    return message


def written(message: Message) -> bytes:
    """The letter as it goes over the wire: the same bytes whenever it is sent again, but for boundaries."""
    way_out = advertising.way_out(message)
    files = [
        Attached(one.name, one.media_type, one.bytes(), one.content_id, inline=bool(one.content_id))
        for one in message.enclosures.all()
    ]
    calendar = files[0].content if message.calendar and files else b""
    return writing.written(
        message_id=message.message_id,
        sender=Address(**message.sender),
        to=[Address(**one) for one in message.to],
        cc=[Address(**one) for one in message.cc],
        subject=message.subject,
        html=advertising.with_foot(message.html, way_out),
        in_reply_to=message.in_reply_to,
        references=message.references,
        files=files,
        calendar=(message.calendar, calendar) if calendar else None,
        automatic=message.automatic,
        unsubscribe=way_out,
        sent_at=message.due_at or message.at,
    )


def _sent(message: Message, refused: dict[str, str]) -> None:
    with operation("send_mail", by=_author(message), via="mail"):
        about = held_today(message.record_id)
        message.state, message.at = Message.State.SENT, timezone.now()
        message.problem = "address" if refused else ""
        message.problem_words = ", ".join(f"{one}: {why}" for one, why in refused.items())[:500]
        message.save(update_fields=["state", "at", "problem", "problem_words"])
        if about is not None:
            record(events.SENT, about=about, by=_author(message), via="mail", message=message.pk)
        if message.mailbox_id is not None:
            Mailbox.objects.filter(pk=message.mailbox_id).exclude(problem="").update(problem="", problem_words="")
            app.configure_task(KEEP_COPY, priority=FOLLOWING).defer(message_id=message.pk)


def _author(message: Message) -> User | None:
    """Whoever wrote it; of what goes out by itself, nobody did anything."""
    return None if message.automatic else message.user


def keep_copy(message_id: int) -> None:
    """Put what was sent into the mailbox's own folder, as other programs do; servers that did so themselves have it."""
    message = Message.objects.select_related("mailbox__user").filter(pk=message_id).exclude(mailbox=None).first()
    if message is None or message.mailbox is None:
        return
    with Box(with_access(message.mailbox).to_read) as box:
        sent = next((one.name for one in box.folders() if one.role == "sent"), None)
        if sent is not None:
            box.open(sent)
            if not box.find(message.message_id):
                box.append(sent, written(message))


def _failed(message: Message, error: NotTaken) -> bool:
    """Keep why; whether it is worth another try."""
    with transaction.atomic():
        message = Message.objects.select_for_update().get(pk=message.pk)
        message.problem, message.problem_words = error.code, error.reply[:500]
        if not error.permanent and message.tries < ATTEMPTS:
            message.state = Message.State.WAITING
            message.save(update_fields=["state", "problem", "problem_words"])
            return True
        _give_up(message, error.code)
        if error.code in OF_THE_MAILBOX and message.mailbox_id is not None:
            note_trouble(message.mailbox_id, error)
        return False


def note_trouble(mailbox_id: int, error: NotTaken) -> None:
    """Keep why a mailbox cannot be opened. Its person hears of it once, until it works again or is something else."""
    with operation("stop_mailbox", by=None, via="mail"):
        rows = Mailbox.objects.select_related("user").select_for_update(no_key=True, of=("self",))
        mailbox = rows.filter(pk=mailbox_id).first()
        if mailbox is None:
            return
        known, mailbox.problem, mailbox.problem_words = mailbox.problem, error.code, error.reply[:500]
        if error.code == "token":
            mailbox.access_until = None  # another one may open it: this one was taken back before its time
        mailbox.save(update_fields=["problem", "problem_words", "access_until"])
        if known != error.code:
            told: dict[str, Any] = {"address": mailbox.address, "owner": id_and_name(mailbox.user), "why": error.code}
            record(events.MAILBOX_STOPPED, about=None, by=None, via="mail", **told)


def _give_up(message: Message, code: str) -> None:
    with operation("send_mail", by=_author(message), via="mail"):
        about = held_today(message.record_id)
        message.state, message.problem = Message.State.FAILED, code
        message.save(update_fields=["state", "problem", "problem_words", "tries"])
        if about is not None:
            record(events.NOT_SENT, about=about, by=_author(message), via="mail", message=message.pk, why=code)


# What a letter begins with --------------------------------------------------------------------------------------------


def signature(user: User) -> str:
    """An empty line and, below it, what `user` signs with."""
    return "<p><br></p>" + (linebreaks(user.signature, autoescape=True) if user.signature else "")


def answered_to(message: Message, own: Collection[str], *, everybody: bool) -> tuple[list[Address], list[Address]]:
    """(to, cc) of an answer: whoever wrote it, or had it from us; with everybody else, but not us."""
    sender = Address(**message.sender) if message.sender else None
    theirs = [Address(**one) for one in message.to]
    to = [sender] if sender is not None and sender.address.lower() not in own else theirs
    cc = [*theirs, *(Address(**one) for one in message.cc)] if everybody else []
    asked = {one.address.lower() for one in to} | set(own)
    return to, [one for one in cc if one.address.lower() not in asked]
