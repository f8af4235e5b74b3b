"""«Khách mời»: who is asked to come to a piece of work, colleagues and people outside."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from pheu.activities.models import Activity, Guest, Series
from pheu.core.errors import DomainError
from pheu.core.vietnamese.text import clean
from pheu.people.models import User
from pheu.records import writing
from pheu.records.models import Operation

MOST = 30
NAME_LIMIT = 200


@dataclass(frozen=True)
class Guests:
    """Colleagues, and (name, address) of people outside; a name may be empty."""

    people: tuple[User, ...] = ()
    outside: tuple[tuple[str, str], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.people or self.outside)


def set_guests(activity: Activity, wanted: Guests) -> tuple[list[Guest], list[Guest]]:
    """Let held work have these guests: (who is new, who is one no more). The answers of those who stay stay.

    Whoever does the work is no guest of it; an address of a colleague is that colleague.
    """
    people, outside = _checked(activity, wanted)
    there = list(activity.guests.select_related("user"))
    by_user, by_address = {one.user_id: one for one in there}, {one.address: one for one in there if one.address}
    gone = [one for one in there if (one.user_id or one.address) not in (people if one.user_id else outside)]
    if any(not person.is_active for pk, person in people.items() if pk not in by_user):
        raise DomainError(_("Somebody among the guests has left."))
    fresh = [Guest(activity=activity, user=person) for pk, person in people.items() if pk not in by_user]
    fresh += [
        Guest(activity=activity, address=one, name=name) for one, name in outside.items() if one not in by_address
    ]
    writing.remove(Guest.objects.filter(pk__in=[one.pk for one in gone]))
    writing.make(fresh)
    return fresh, gone


def set_guests_of_series(series: Series, wanted: Guests, times: Sequence[Activity]) -> tuple[list[Guest], list[Guest]]:
    """Let a held series have these guests, and so those of its times that are still to come: (who is new, who is one
    no more), each once. Whom one time has or lacks by itself stays there.
    """
    was, kept = {key_of(one): one for one in series.guests}, guests_kept(series, wanted)
    if was.keys() == {key_of(one) for one in kept}:
        return [], []
    series.guests = kept
    now = {key_of(one): one for one in series.guests}
    came = [guest_of(one) for key, one in now.items() if key not in was]
    gone = [guest_of(one) for key, one in was.items() if key not in now]
    if any(one.user is not None and not one.user.is_active for one in came):
        raise DomainError(_("Somebody among the guests has left."))
    writing.change([series], "guests")
    there = list(Guest.objects.filter(activity__in=times))
    left = {key_of(one) for one in was.values()} - now.keys()
    writing.remove(Guest.objects.filter(pk__in=[one.pk for one in there if (one.user_id or one.address) in left]))
    have = {(one.activity_id, one.user_id or one.address) for one in there}
    added = [one for key, one in now.items() if key not in was]
    writing.make([guest_of(one, at) for at in times for one in added if (at.pk, key_of(one)) not in have])
    return came, gone


def guests_kept(series: Series, wanted: Guests) -> list[dict[str, Any]]:
    """As a series keeps them; the answers of those who stay stay."""
    people, outside = _checked(series, wanted)
    was = {key_of(one): one for one in series.guests}
    told: dict[int | str, dict[str, Any]] = {pk: {"user": pk, "answer": ""} for pk in people}
    told |= {address: {"address": address, "name": name, "answer": ""} for address, name in outside.items()}
    return [was.get(key, one) for key, one in told.items()]


def invite_to_new(series: Series, times: Sequence[Activity]) -> None:
    """Let times that are new have the guests of their series; whoever has left is asked no more."""
    ids = [one["user"] for one in series.guests if "user" in one]
    here = set(User.objects.active().filter(pk__in=ids).values_list("pk", flat=True))
    asked = [one for one in series.guests if one.get("user") in here or "address" in one]
    writing.make([guest_of(one, at) for at in times for one in asked])


def key_of(kept: dict[str, Any]) -> int | str:
    """By which a guest of a series is known: the id of a colleague, or an address."""
    key: int | str = kept.get("user") or kept["address"]
    return key


def guest_of(kept: dict[str, Any], activity: Activity | None = None) -> Guest:
    who = {"user_id": kept["user"]} if "user" in kept else {"address": kept["address"], "name": kept["name"]}
    said = {"answer": kept["answer"], "answered_at": timezone.now() if kept["answer"] else None}
    return Guest(activity=activity, **who, **said)


def _checked(activity: Activity | Series, wanted: Guests) -> tuple[dict[int, User], dict[str, str]]:
    """({id: colleague}, {address: name}), each once; `DomainError` where that cannot be."""
    outside: dict[str, str] = {}
    for name, address in wanted.outside:
        outside.setdefault(address.strip().lower(), clean(name)[:NAME_LIMIT])
    people = {one.pk: one for one in wanted.people}
    if len(people) + len(outside) > MOST:
        raise DomainError(_("At most %(most)s guests."), most=MOST)
    for address in outside:
        if not is_address(address):
            raise DomainError(_("“%(text)s” is not an e-mail address."), text=address[:100])
    for colleague in User.objects.active().filter(email__in=outside) if outside else ():
        people[colleague.pk] = colleague
        outside.pop(colleague.email.lower(), None)
    people.pop(activity.assignee_id, None)
    return people, outside


def is_address(text: str) -> bool:
    """Whether letters can go there: in ASCII before its domain, on one line."""
    try:
        validate_email(text)
    except ValidationError:
        return False
    return len(text) <= 254 and text.rpartition("@")[0].isascii()


def forget_answers(activity: Activity) -> list[Guest]:
    """Held work has another time: everybody is asked anew. All its guests."""
    guests = list(activity.guests.select_related("user"))
    answered = [one for one in guests if one.answer]
    for one in answered:
        one.answer, one.answered_at = Guest.Answer.NONE, None
    writing.change(answered, "answer", "answered_at")
    return guests


def note_answer(guest: Guest, answer: str, at: Any = None) -> bool:
    """Keep what a guest of held work said, `at` a moment or now; whether that is news."""
    if answer not in Guest.Answer.values or not answer:
        raise DomainError(_("This cannot be chosen."))
    is_new = guest.answer != answer
    if not is_new and at is None:
        return False
    guest.answer, guest.answered_at = answer, at or timezone.now()
    writing.change([guest], "answer", "answered_at")
    return is_new


def note_answer_to_all(series: Series, guest: Guest, times: Iterable[Activity]) -> None:
    """What a guest said of one time of a held series they say of all of these, and of those that are made later."""
    series.guests = [
        {**one, "answer": guest.answer} if key_of(one) == (guest.user_id or guest.address) else one
        for one in series.guests
    ]
    writing.change([series], "guests")
    rows = Guest.objects.filter(activity__in=times, user=guest.user_id, address=guest.address)
    others = list(rows.exclude(pk=guest.pk).exclude(answered_at__gt=guest.answered_at))
    for one in others:
        one.answer, one.answered_at = guest.answer, guest.answered_at
    writing.change(others, "answer", "answered_at")


def must_be_unanswered(operation: Operation, by: User) -> None:
    """`DomainError` where somebody whom an act invited has answered since: that would go unseen."""
    made = operation.entries.filter(table=Guest._meta.db_table, before__isnull=True).values("key")
    if Guest.objects.filter(pk__in=made, answered_at__gt=operation.at).exists():
        raise DomainError(_("Somebody who was invited then has answered since."))


def of_work(activity: Activity) -> Guests:
    """Whom it has."""
    there = list(activity.guests.select_related("user"))
    people = tuple(one.user for one in there if one.user is not None)
    return Guests(people, tuple((one.name, one.address) for one in there if one.address))


def named(guests: Iterable[Guest]) -> list[dict[str, Any]]:
    """As facts of events tell them: ids of colleagues, with the names of that day."""
    return [{"id": one.user_id, "name": str(one)} for one in guests]


def colleagues_among(guests: Iterable[Guest]) -> dict[str, Any]:
    """The fact of who hears of what happens to the work; nothing where nobody does."""
    ids = [one.user_id for one in guests if one.user_id is not None and one.answer != Guest.Answer.DECLINED]
    return {"guests": ids} if ids else {}
