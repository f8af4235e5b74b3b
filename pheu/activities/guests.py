"""«Khách mời»: who is asked to come to a piece of work, colleagues and people outside."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from pheu.activities.models import Activity, Guest
from pheu.core.errors import DomainError
from pheu.core.vietnamese.text import clean
from pheu.people.models import User
from pheu.records import writing

MOST = 30
# Their answers and letters stand on a timeline.
OF_A_RECORD = _("People outside are invited to work on a record: choose one first.")
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


def _checked(activity: Activity, wanted: Guests) -> tuple[dict[int, User], dict[str, str]]:
    """({id: colleague}, {address: name}), each once; `DomainError` where that cannot be."""
    if wanted and activity.series_id is not None:
        raise DomainError(_("Work that comes again has no guests yet: invite to one piece of work."))
    if wanted.outside and activity.record_id is None:
        raise DomainError(OF_A_RECORD)
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
