"""Acts on guests: who is asked to come, what they answer, and letters to those outside.

What somebody outside knows is a row (`Invitation`). After anything that may have changed what they should know,
`bring_up` compares the two and writes the letters that make them one: a new time, a hand-over, calling off, undo and
archiving need no case of their own (ADR 29).
"""

import secrets
from collections import defaultdict
from collections.abc import Collection, Sequence
from functools import partial
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from pheu.activities import events, letters
from pheu.activities.events import stands_on
from pheu.activities.guests import Guests, named, note_answer
from pheu.activities.letters import CANCEL, REQUEST, Replied
from pheu.activities.models import Activity, Guest, Invitation
from pheu.activities.services import facts_of, held, hold_work, invite, must_hold_work
from pheu.core.errors import DomainError, Refused
from pheu.notifications.letters import named as named_here
from pheu.people.models import User
from pheu.records.acts import act
from pheu.records.locking import hold, must_hold
from pheu.records.models import Record
from pheu.timeline import post
from pheu.timeline.events import Outsider
from pheu.timeline.models import Event
from pheu.timeline.services import record


@act
def change_guests(activity: Activity, *, guests: Guests, by: User, via: str = "page") -> Activity:
    """«Khách mời»: let open work have these guests, by whoever may work on it."""
    activity = held(activity, by)
    if not activity.is_open:
        raise DomainError(_("This activity is finished already."))
    invite(activity, guests, by=by, via=via)
    return activity


@act
def answer_invitation(activity: Activity, *, answer: str, by: User, via: str = "page") -> Guest:
    """Say whether one comes to what one is a guest of, whatever one may do with its record; the same twice is told
    once."""
    rows = Guest.objects.filter(activity=activity.pk, user=by)
    hold_work(Activity.objects.filter(pk__in=rows.values("activity")))
    guest = rows.select_related("activity__record", "activity__type", "activity__assignee", "user").first()
    if guest is None or not by.is_active:
        raise Refused
    must_hold_work([guest.activity])
    if not guest.activity.is_open:
        raise DomainError(_("This activity is finished already."))
    if note_answer(guest, answer):
        _tell_answer(guest, by=by, via=via)
    return guest


def _tell_answer(guest: Guest, *, by: User | Outsider, via: str, **facts: Any) -> None:
    told = {"guest": named([guest])[0], "answer": guest.answer, **facts}
    record(events.ANSWERED, **stands_on(guest.activity), by=by, via=via, **facts_of(guest.activity), **told)


# Letters to those outside ---------------------------------------------------------------------------------------------


def concerned(told: Sequence[Event]) -> list[Event]:
    """The events about records on which somebody outside is a guest of work, or was told to be one: one statement."""
    ids = {one.about_id for one in told}
    guests = Guest.objects.filter(activity__record__in=ids, user=None).order_by().values_list("activity__record")
    invited = Invitation.objects.filter(record__in=ids, called_off=False).order_by().values_list("record")
    found = {pk for (pk,) in guests.union(invited)}
    return [one for one in told if one.about_id in found]


@act
def bring_up(about: Record, *, by: None = None, via: str = "automation", cause: Event | None = None) -> None:
    """Write to everybody outside who knows something else of the work on a record than what is planned now.

    What is over is let be, and so is work that is done.
    """
    asked = Q(pk__in=Guest.objects.filter(activity__record=about, user=None).values("activity"))
    rows = Activity.objects.filter(asked | Q(pk__in=Invitation.objects.filter(record=about).values("work")))
    hold(about.pk, *rows.values_list("record_id", flat=True))
    works = {one.pk: one for one in rows.select_related("record", "type", "assignee")}
    must_hold(*(one.record_id for one in works.values()))
    standing: dict[int, dict[str, Invitation]] = defaultdict(dict)
    theirs = Invitation.objects.filter(Q(record=about) | Q(work__in=works)).select_related("organizer", "record")
    for one in theirs:
        standing[one.work][one.address] = one
    guests: dict[int, dict[str, Guest]] = defaultdict(dict)
    for guest in Guest.objects.filter(activity__in=works, user=None):
        guests[guest.activity_id][guest.address] = guest
    for pk in sorted(standing.keys() | works.keys()):
        _bring_up_work(works.get(pk), guests[pk], standing[pk], via=via, cause=cause)


def _bring_up_work(
    work: Activity | None, guests: dict[str, Guest], standing: dict[str, Invitation], *, via: str, cause: Event | None
) -> None:
    if work is not None and work.done_at is not None:
        return
    is_on = work is not None and work.is_open and work.record is not None and work.record.archived_at is None
    comes = guests if is_on else {}
    tell = partial(_tell_not_invited, work, via=via, cause=cause)
    gone = [one for address, one in standing.items() if address not in comes and not one.called_off]
    tell(CANCEL, [one.name or one.address for one in gone if not _call_off(one)])
    if work is None or not comes:
        return
    from_where = post.address_of(work.assignee)
    told = letters.told_of(work, from_where)
    fresh = [one for one in comes.values() if not _knows(standing.get(one.address), told)]
    if letters.is_over(told):
        return
    if not from_where:
        tell(REQUEST, [str(one) for one in fresh])
        return
    uid = next((one.uid for one in standing.values()), named_here(f"invite-{work.pk}-{secrets.token_hex(8)}"))
    for guest in fresh:
        _ask(guest, work, standing.get(guest.address), uid, told)


def _knows(invitation: Invitation | None, told: dict[str, Any]) -> bool:
    return invitation is not None and not invitation.called_off and invitation.told == told


def _ask(guest: Guest, work: Activity, invitation: Invitation | None, uid: str, told: dict[str, Any]) -> None:
    """Invite somebody, or tell them what is different now."""
    if invitation is None:
        invitation = Invitation(work=work.pk, address=guest.address, uid=uid)
    else:
        invitation.sequence += 1
    about: Any = work.record  # people outside are invited to work on records alone (`guests.OF_A_RECORD`)
    invitation.record, invitation.organizer, invitation.name = about, work.assignee, guest.name
    invitation.told, invitation.called_off = told, False
    invitation.save()
    _send(invitation, REQUEST, guest.answer)


def _call_off(invitation: Invitation) -> bool:
    """Tell somebody that it does not take place for them; False where that cannot be told."""
    invitation.called_off = True
    invitation.sequence += 1
    invitation.save()
    if letters.is_over(invitation.told):
        return True
    if not post.address_of(invitation.organizer):
        return False
    _send(invitation, CANCEL)
    return True


def _send(invitation: Invitation, method: str, answer: str = "") -> None:
    post.send(
        post.Parcel(
            name=f"invitation-{invitation.pk}-{invitation.sequence}",
            about=invitation.record,
            sender=invitation.organizer,
            to_name=invitation.name,
            to_address=invitation.address,
            subject=letters.subject(invitation, method),
            html=letters.body(invitation, method),
            calendar=letters.calendar(invitation, method, answer),
            method=method,
        )
    )


def _tell_not_invited(
    work: Activity | None, method: str, names: Collection[str], *, via: str, cause: Event | None
) -> None:
    if names and work is not None:
        guests = [{"id": None, "name": one} for one in names]
        facts: dict[str, Any] = {"guests": guests, "method": method, "why": "no_mailbox"}
        record(events.NOT_INVITED, about=work.record, by=None, via=via, cause=cause, **facts_of(work), **facts)


# What they answer -----------------------------------------------------------------------------------------------------


@post.reads_replies
def reply_of(calendar: bytes, sender: str) -> post.Reply | None:
    """The answer of somebody who is invited, about the time that they were told last and that still holds.

    None for anybody else, and for what is older than what they said already: that is a letter like any other.
    """
    said = letters.read_reply(calendar, sender)
    invitation = said and Invitation.objects.filter(uid=said.uid, address=sender.lower(), called_off=False).first()
    if not said or not invitation or said.sequence < invitation.sequence:
        return None
    work = Activity.objects.planned().filter(pk=invitation.work).select_related("record").first()
    if work is None or _guest_for(invitation, said) is None:
        return None
    return post.Reply(work.record, partial(_take, invitation, said))


def _guest_for(invitation: Invitation, said: Replied) -> Guest | None:
    """Whose answer it is, if it is their newest, and about what is planned now."""
    rows = Guest.objects.filter(activity=invitation.work, address=invitation.address)
    guest = rows.select_related("activity__record", "activity__type", "activity__assignee").first()
    if guest is None or (guest.answered_at is not None and guest.answered_at > said.at):
        return None
    now = letters.told_of(guest.activity, invitation.told["organizer"])
    return guest if (now["due"], now["lasts"]) == (invitation.told["due"], invitation.told["lasts"]) else None


def _take(invitation: Invitation, said: Replied) -> None:
    """Its record is held; what was changed until then is not answered."""
    guest = _guest_for(invitation, said)
    if guest is not None and note_answer(guest, said.answer, said.at):
        _tell_answer(guest, by=Outsider(str(guest)), via="mail", comment=said.comment)
