"""The acts on the people of the company: they are invited, leave, and come back."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _

from pheu.core.errors import DomainError, Invalid
from pheu.people import second_step, sessions
from pheu.people.models import TimeOff, User
from pheu.people.scopes import CHANGE
from pheu.records.acts import act
from pheu.records.locking import hold
from pheu.records.models import id_and_name
from pheu.setup import configuring, events
from pheu.setup.roles import must_stay_looked_after
from pheu.setup.staff import PEOPLE, has_come_in, rows_of, work_of
from pheu.timeline.services import record


@act
def invite_person(values: Mapping[str, Any], *, by: User, via: str = "page") -> User:
    """A new account, which is opened by a link in a mail."""
    person = configuring.add_item(PEOPLE, values, by=by, via=via)
    _tell(events.PERSON_INVITED, person, by, via)
    return person


@act
def invite_again(pk: int, *, by: User, via: str = "page") -> User:
    """Another link for somebody who has not come in yet; who has chosen a password asks for a new one alone."""
    person = _held(pk, by)
    if not person.is_active or has_come_in(person):
        raise DomainError(_("%(name)s has come in already."), name=person)
    _tell(events.PERSON_INVITED, person, by, via)
    return person


@act
def leave(pk: int, *, heir: User | None, by: User, via: str = "page") -> User:
    """Somebody leaves: all their open records and what they have to do come to `heir`, in this one act.

    They are signed out, and out of their teams. Once more is harmless. Refused where the heir may not work what there
    is, where nothing is said of it, and for the last who may change the setup.
    """
    person = _held(pk, by)
    if not person.is_active:
        return person
    rows, work = _all_held(person)
    if (rows or work) and heir is None:
        raise DomainError(_("Say who takes over what %(name)s has to do."), name=person)
    if heir is not None and (heir.pk == person.pk or not User.objects.active().filter(pk=heir.pk).exists()):
        raise DomainError(_("Choose a colleague who stays."))
    for kind, many in rows:
        kind.assign(many, owner=heir, by=by, via=via)
    counts = [{"name": str(kind.plural), "count": len(many)} for kind, many in rows]
    counts += [{"name": str(label), "count": len(records)} for label, records in work]
    _end(person)
    _tell(events.PERSON_LEFT, person, by, via, heir=id_and_name(heir), handed_over=counts)
    return person


@act
def come_back(pk: int, *, by: User, via: str = "page") -> User:
    """Somebody who had left has their account again, and is invited anew. Once more is harmless."""
    person = _held(pk, by)
    if not person.is_active:
        person.is_active = True
        person.save(update_fields=["is_active"])
        _tell(events.PERSON_RETURNED, person, by, via)
    return person


@act
def take_second_step_away(pk: int, *, by: User, via: str = "page") -> User:
    """Somebody who lost telephone and recovery codes signs in with the password alone again.

    They are signed out everywhere. Once more is harmless. One's own is switched off on the page of one's account, where
    the password is asked for.
    """
    person = _held(pk, by)
    if person.pk == by.pk:
        raise DomainError(_("Switch off your own second step in “My account”."))
    if second_step.take_away(person):
        sessions.end(sessions.of(person))
        _tell(events.SECOND_STEP_TAKEN_AWAY, person, by, via)
    return person


LONGEST_OFF = 366  # days


@act
def add_time_off(
    person: User, *, begins_on: date, ends_on: date, reason: str = "", by: User, via: str = "page"
) -> TimeOff:
    """Put down on which days somebody is not there: nothing new is handed to them by rules.

    Their own everybody puts down; those of others who looks after the setup.
    """
    _must_plan_for(person, by)
    if not 0 <= (ends_on - begins_on).days < LONGEST_OFF:
        words = str(_("The last day is not before the first, and at most a year after it."))
        raise Invalid({"ends_on": [words]}, {"ends_on": str(_("To"))})
    off = TimeOff.objects.create(user=person, begins_on=begins_on, ends_on=ends_on, reason=reason[:200])
    _tell_off(events.TIME_OFF_ADDED, off, by, via)
    return off


@act
def remove_time_off(off: TimeOff, *, by: User, via: str = "page") -> None:
    """They are there after all. Once more is harmless."""
    _must_plan_for(off.user, by)
    if TimeOff.objects.filter(pk=off.pk).delete()[0]:
        _tell_off(events.TIME_OFF_REMOVED, off, by, via)


def _must_plan_for(person: User, by: User) -> None:
    if by.pk != person.pk or not by.is_active:
        by.must("system", CHANGE)


def _tell_off(kind: Any, off: TimeOff, by: User, via: str) -> None:
    days = {"begins": off.begins_on.isoformat(), "ends": off.ends_on.isoformat()}
    _tell(kind, off.user, by, via, **days)


def _held(pk: int, by: User) -> User:
    return configuring.hold_entry(PEOPLE, pk, by=by)


def _all_held(person: User) -> tuple[list[Any], list[Any]]:
    """What the person has in hand, its Records held in one go: what came to them while we waited is there too."""
    before, after = None, _records_of(person)
    while before != after:
        hold(*after)
        before, after = after, _records_of(person)
    return rows_of(person), work_of(person)


def _records_of(person: User) -> set[int]:
    rows = {row.pk for _kind, many in rows_of(person) for row in many}
    return rows.union(*(records for _label, records in work_of(person)))


def _end(person: User) -> None:
    """No password opens the account, no session of it goes on, and no team counts on them."""
    person.is_active = False
    person.set_unusable_password()
    person.save(update_fields=["is_active", "password"])
    person.teams.clear()
    person.led_teams.update(leader=None)
    must_stay_looked_after()


def _tell(kind: Any, person: User, by: User, via: str, **facts: Any) -> None:
    subject = str(PEOPLE.label)
    record(kind, about=None, by=by, via=via, subject=subject, list=PEOPLE.code, item=id_and_name(person), **facts)
