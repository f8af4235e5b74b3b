"""Acts on guests: who is asked to come, what they answer, and letters to those outside.

What somebody outside knows is a row (`Invitation`). After anything that may have changed what they should know,
`bring_up` compares the two and writes the letters that make them one: a new time, a hand-over, calling off, undo and
archiving need no case of their own (ADR 29).
"""

import secrets
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from pheu.activities import events, letters, recurring
from pheu.activities.events import alone_subject, stands_on
from pheu.activities.guests import Guests, must_be_unanswered, named, note_answer, note_answer_to_all
from pheu.activities.letters import CANCEL, REQUEST, Replied
from pheu.activities.models import Activity, Guest, Invitation, Series
from pheu.activities.services import facts_of, held, hold_work, hold_work_of, invite, must_hold_work
from pheu.activities.spans import LONGEST
from pheu.core.errors import DomainError, Refused
from pheu.notifications.letters import named as named_here
from pheu.people.models import User
from pheu.people.scopes import CHANGE
from pheu.records.acts import act
from pheu.records.locking import hold
from pheu.records.models import Record
from pheu.timeline import post
from pheu.timeline.events import Outsider
from pheu.timeline.models import Event
from pheu.timeline.services import record
from pheu.timeline.undo import Undoable, can_undo

OF_GUESTS = ("activity__type", "activity__assignee", "user")


@act
def change_guests(activity: Activity, *, guests: Guests, by: User, via: str = "page") -> Activity:
    """«Khách mời»: let open work have these guests, by whoever may work on it."""
    activity = held(activity, by)
    if not activity.is_open:
        raise DomainError(_("This activity is finished already."))
    invite(activity, guests, by=by, via=via)
    return activity


can_undo(
    "change_guests",
    Undoable(
        event=events.GUESTS_CHANGED.code,
        action=CHANGE,
        what=_("changing guests"),
        refuse=must_be_unanswered,
        of_fields=False,
        hold=hold_work_of,
    ),
)


@act
def answer_invitation(activity: Activity, *, answer: str, to_all: bool = False, by: User, via: str = "page") -> Guest:
    """Say whether one comes to what one is a guest of, whatever one may do with its record; the same twice is told
    once. `to_all` says the same of all times to come of what comes again.
    """
    rows = Guest.objects.filter(activity=activity.pk, user=by)
    hold_work(Activity.objects.filter(pk__in=rows.values("activity")))
    guest = rows.select_related("activity__record", "activity__series", *OF_GUESTS).first()
    if guest is None or not by.is_active:
        raise Refused
    must_hold_work([guest.activity])
    if not guest.activity.is_open:
        raise DomainError(_("This activity is finished already."))
    is_new = note_answer(guest, answer)
    if to_all and guest.activity.series is not None:
        _note_to_all(guest, guest.activity.series)
    if is_new:
        _tell_answer(guest, by=by, via=via)
    return guest


def _note_to_all(guest: Guest, series: Series) -> None:
    note_answer_to_all(series, guest, recurring.to_come(series, timezone.localdate()))


def _tell_answer(guest: Guest, *, by: User | Outsider, via: str, **facts: Any) -> None:
    told = {"guest": named([guest])[0], "answer": guest.answer, **facts}
    record(events.ANSWERED, **stands_on(guest.activity), by=by, via=via, **facts_of(guest.activity), **told)


# Letters to those outside ---------------------------------------------------------------------------------------------


def concerned(told: Sequence[Event]) -> list[Event]:
    """The events about records on which somebody outside is a guest of work, or was told to be one, and those about
    work on no record of people who have such work: two statements.
    """
    ids = {one.about_id for one in told} - {None}
    guests = Guest.objects.filter(activity__record__in=ids, user=None).order_by().values_list("activity__record")
    invited = Invitation.objects.filter(record__in=ids, called_off=False).order_by().values_list("record")
    found = {pk for (pk,) in guests.union(invited)}
    doers = {one.pk: people_of(one) for one in told if one.about_id is None}
    alone = _with_outside({pk for people in doers.values() for pk in people})
    return [one for one in told if one.about_id in found or doers.get(one.pk, set()) & alone]


def people_of(event: Event) -> set[int]:
    """Who does, or did, what an event about work on no record tells of: it may be gone."""
    if event.about_id is not None or not event.subject.startswith(alone_subject(0)[:-1]):
        return set()
    told = Event.objects.filter(about=None, subject=event.subject).values_list("facts__assignee__id", flat=True)
    return {pk for pk in told if isinstance(pk, int)}


def _with_outside(people: set[int]) -> set[int]:
    """Who of these people has invited somebody outside to work on no record, or is to."""
    if not people:
        return set()
    guests = Guest.objects.filter(activity__record=None, activity__assignee__in=people, user=None).order_by()
    invited = Invitation.objects.filter(record=None, organizer__in=people, called_off=False).order_by()
    return {pk for (pk,) in guests.values_list("activity__assignee").union(invited.values_list("organizer"))}


# Calendars know a time of what comes again as long as it is of use: it ends so long after its day at the latest.
LONGEST_AGO = timedelta(minutes=LONGEST)


@act
def bring_up(about: Record, *, by: None = None, via: str = "automation", cause: Event | None = None) -> None:
    """Write to everybody outside who knows something else of the work on a record than what is planned now.

    What is over is let be, and so is work that is done.
    """
    invited = Invitation.objects.filter(record=about)
    rows = _works_of(Guest.objects.filter(activity__record=about, user=None), invited)
    hold(about.pk, *rows.values_list("record_id", flat=True))
    _bring_up(rows, invited, via=via, cause=cause)


@act
def bring_up_alone(
    people: Collection[int], *, by: None = None, via: str = "automation", cause: Event | None = None
) -> None:
    """The same of all work on no record that these people do."""
    invited = Invitation.objects.filter(record=None, organizer__in=people, called_off=False)
    guests = Guest.objects.filter(activity__record=None, activity__assignee__in=people, user=None)
    rows = _works_of(guests, invited).filter(due_at__gte=timezone.now() - LONGEST_AGO)  # earlier ones are over
    hold_work(rows)
    _bring_up(rows, invited, via=via, cause=cause)


def _works_of(guests: QuerySet[Guest], invited: QuerySet[Invitation]) -> QuerySet[Activity]:
    since = timezone.localdate() - LONGEST_AGO
    times = Q(series__in=invited.filter(work=None).values("series"), occurs_on__gte=since)
    known = Q(pk__in=invited.exclude(work=None).values("work"))
    return Activity.objects.filter(Q(pk__in=guests.values("activity")) | times | known)


def _bring_up(rows: QuerySet[Activity], invited: QuerySet[Invitation], *, via: str, cause: Event | None) -> None:
    """Of held work, and of what was told of work that may be gone."""
    works = {one.pk: one for one in rows.select_related("record", "type", "assignee")}
    must_hold_work(works.values())
    again = {one.series_id for one in works.values() if one.series_id is not None}
    about = Q(pk__in=invited.values("pk")) | Q(work__in=works) | Q(series__in=again)
    theirs = Invitation.objects.select_for_update(of=("self",)).filter(about).order_by("pk")
    standing: dict[int, dict[str, Invitation]] = defaultdict(dict)
    to_series: dict[int, dict[tuple[str, int | None], Invitation]] = defaultdict(dict)
    for one in theirs.select_related("organizer", "record"):
        if one.series is not None:
            to_series[one.series][one.address, one.work] = one
        elif one.work is not None:
            standing[one.work][one.address] = one
    guests: dict[int, dict[str, Guest]] = defaultdict(dict)
    for guest in Guest.objects.filter(activity__in=works, user=None):
        guests[guest.activity_id][guest.address] = guest
    series = Series.objects.filter(pk__in=again | to_series.keys()).select_related("record", "type", "assignee")
    found = series.in_bulk()
    for pk in sorted(again | to_series.keys()):
        of_it = [one for one in works.values() if one.series_id == pk]
        told = _bring_up_series(found.get(pk), of_it, guests, to_series[pk], via=via, cause=cause)
        for work, address in told:
            guests[work].pop(address, None)
    for pk in sorted(standing.keys() | works.keys()):
        _bring_up_work(works.get(pk), guests[pk], standing[pk], via=via, cause=cause)


def _bring_up_series(
    series: Series | None,
    works: Sequence[Activity],
    guests: Mapping[int, dict[str, Guest]],
    standing: dict[tuple[str, int | None], Invitation],
    *,
    via: str,
    cause: Event | None,
) -> set[tuple[int, str]]:
    """The same for work that comes again: who is a guest of all of it is invited once, by its rule, and told of each
    time that is otherwise. Of which times (work, address) they know by that is returned.
    """
    is_on = series is not None and (series.record is None or series.record.archived_at is None)
    is_on = is_on and (series.stopped_on is None or series.stopped_on > series.first)  # type: ignore[union-attr]
    asked = {one["address"]: one for one in series.guests if "address" in one} if series and is_on else {}
    first = next(iter(works), None)
    tell = partial(_tell_not_invited, first, via=via, cause=cause)
    gone = [one for (address, work), one in standing.items() if work is None and address not in asked]
    tell(CANCEL, [str(one.name or one.address) for one in gone if not one.called_off and not _call_off(one)])
    known = set[tuple[int, str]]()
    if series is None or not asked:
        return known
    from_where = post.address_of(series.assignee)
    told = letters.told_of_series(series, from_where)
    days = letters.comes_on(told, {one.occurs_on for one in works if one.occurs_on is not None})
    on_rule = [one for one in works if one.occurs_on in days]
    known = {(one.pk, address) for one in on_rule for address in asked}
    if letters.is_over(told) and all(
        letters.is_over(one.told) for (_to, work), one in standing.items() if work is None
    ):
        return known
    whom = {address: standing.get((address, None)) for address in asked}
    if not from_where:
        tell(REQUEST, [one["name"] or address for address, one in asked.items() if not _knows(whom[address], told)])
        return known
    uid = next((one.uid for one in standing.values()), named_here(f"invite-series-{series.pk}-{secrets.token_hex(8)}"))
    for address, one in asked.items():
        guest = Guest(address=address, name=one["name"], answer=one["answer"])
        off = [work for work in on_rule if _is_off(work, guests[work.pk].get(address))]
        is_anew = not _knows(whom[address], told)
        if is_anew:
            whole = {**told, "off": sorted(work.occurs_on.isoformat() for work in off if work.occurs_on)}
            _ask(guest, series, whom[address] or Invitation(series=series.pk, address=address, uid=uid), whole)
        for work in on_rule:
            it = standing.get((address, work.pk)) or Invitation(
                series=series.pk, work=work.pk, address=address, uid=uid
            )
            _bring_up_time(work, guests[work.pk].get(address), it, told, is_off=work in off, is_anew=is_anew)
    return known


def _is_off(work: Activity, guest: Guest | None) -> bool:
    """Whether a guest of all times does not come to this one, as far as we know: it is called off, or without them."""
    return work.done_at is None and (not work.is_open or guest is None)


def _bring_up_time(
    work: Activity, guest: Guest | None, it: Invitation, of_all: dict[str, Any], *, is_off: bool, is_anew: bool
) -> None:
    """One time, for a guest of all of them; `is_anew` where they were just told of all, without those that are off."""
    assert work.occurs_on is not None
    usual = letters.told_on(of_all, work.occurs_on)
    if work.done_at is not None or letters.is_over(usual):
        return
    now = {**letters.told_of(work, of_all["organizer"]), "recurs": usual["recurs"]}
    if is_off:
        if it.pk is None or not it.called_off:
            it.told, it.record, it.organizer = it.told or usual, work.record, work.assignee
            it.called_off = True
            it.sequence += it.pk is not None or not is_anew
            it.save()
            if not is_anew:
                _send(it, CANCEL)
    elif guest is not None and (now != usual if it.pk is None else is_anew or not _knows(it, now)):
        _ask(guest, work, it, now)


def _bring_up_work(
    work: Activity | None, guests: dict[str, Guest], standing: dict[str, Invitation], *, via: str, cause: Event | None
) -> None:
    if work is not None and work.done_at is not None:
        return
    is_on = work is not None and work.is_open and (work.record is None or work.record.archived_at is None)
    comes: dict[str, Guest] = guests if is_on else {}
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
        _ask(guest, work, standing.get(guest.address) or Invitation(work=work.pk, address=guest.address, uid=uid), told)


def _knows(invitation: Invitation | None, told: dict[str, Any]) -> bool:
    if invitation is None or invitation.pk is None or invitation.called_off:
        return False
    return {name: value for name, value in invitation.told.items() if name != "off"} == told


def _ask(guest: Guest, work: Activity | Series, invitation: Invitation, told: dict[str, Any]) -> None:
    """Invite somebody, or tell them what is different now."""
    if invitation.pk is not None:
        invitation.sequence += 1
    invitation.record, invitation.organizer, invitation.name = work.record, work.assignee, guest.name
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
        record(events.NOT_INVITED, **stands_on(work), by=None, via=via, cause=cause, **facts_of(work), **facts)


# What they answer -----------------------------------------------------------------------------------------------------


@post.reads_replies
def reply_of(calendar: bytes, sender: str) -> post.Reply | None:
    """The answer of somebody who is invited, about the time that they were told last and that still holds.

    None for anybody else, and for what is older than what they said already: that is a letter like any other.
    """
    said = letters.read_reply(calendar, sender)
    invitation = _answered(said, sender.lower()) if said else None
    if said is None or invitation is None or said.sequence < invitation.sequence:
        return None
    guest = _guest_for(invitation, said)
    return post.Reply(guest.activity.record, partial(_take, invitation, said)) if guest else None


def _answered(said: Replied, address: str) -> Invitation | None:
    """What they answer: of one time of what comes again the invitation to that, if there is one, else to all."""
    rows = Invitation.objects.filter(uid=said.uid, address=address)
    if said.day is not None:
        times = Activity.objects.filter(occurs_on=said.day, series__in=rows.values("series"))
        apart = rows.filter(series__isnull=False, work__in=times.values("pk")).first()
        if apart is not None:
            return None if apart.called_off else apart
    to_what = Q(work=None) if said.day is not None else Q(series=None) | Q(work=None)
    return rows.filter(to_what, called_off=False).first()


def _guest_for(invitation: Invitation, said: Replied) -> Guest | None:
    """Whose answer it is, if it is their newest, and about what is planned now; to all times the next one's."""
    rows = Guest.objects.filter(address=invitation.address, activity__in=Activity.objects.planned())
    told = invitation.told
    if invitation.work is not None:
        rows = rows.filter(activity=invitation.work)
    elif said.day is not None:
        rows, told = (
            rows.filter(activity__series=invitation.series, activity__occurs_on=said.day),
            letters.told_on(told, said.day),
        )
    else:
        rows = rows.filter(activity__series=invitation.series, activity__is_apart=False)
        rows = rows.filter(activity__occurs_on__gte=timezone.localdate()).order_by("activity__occurs_on")
    guest = rows.select_related("activity__record", "activity__series", *OF_GUESTS).first()
    if guest is None or (guest.answered_at is not None and guest.answered_at > said.at):
        return None
    if "rule" in told and guest.activity.occurs_on is not None:
        told = letters.told_on(told, guest.activity.occurs_on)
    now = letters.told_of(guest.activity, told["organizer"])
    return guest if (now["due"], now["lasts"]) == (told["due"], told["lasts"]) else None


def _take(invitation: Invitation, said: Replied) -> None:
    """Its record is held, if it stands on one; what was changed until then is not answered."""
    guest = _guest_for(invitation, said)
    if guest is None:
        return
    if guest.activity.record_id is None:
        hold_work(Activity.objects.filter(pk=guest.activity_id))
        guest = _guest_for(invitation, said)
        if guest is None:
            return
    is_new, series = note_answer(guest, said.answer, said.at), guest.activity.series
    if invitation.work is None and said.day is None and series is not None:
        _note_to_all(guest, series)
    if is_new:
        _tell_answer(guest, by=Outsider(str(guest)), via="mail", comment=said.comment)
