"""«Chia đều»: rows dealt out to several people, each as many as the others and none more than they have room for."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from pheu.core.errors import DomainError
from pheu.people.models import User
from pheu.people.scopes import ASSIGN, CHANGE
from pheu.records.acts import act
from pheu.records.locking import hold
from pheu.records.sharing import dealt, loads_of
from pheu.timeline import events
from pheu.timeline.services import Handing, give_each

MOST_PEOPLE = 50


@act
def share_out(rows: Sequence[Any], *, people: Sequence[User], by: User, via: str = "page") -> dict[User, int]:
    """Hand rows of one kind to these people by turns; how many each of them got (R1.17).

    As `timeline.assign` for each of them: all rows or none. What they have already counts as in hand.
    """
    if not rows:
        return {}
    kind = rows[0].kind
    hold(*(row.pk for row in rows))
    held = type(rows[0]).objects.within(by, ASSIGN).with_words().all_or_refuse(rows)
    chosen = _who_may_work(kind, people)
    turns = dealt(len(held), loads_of(kind, list(chosen.values())))
    to = {pk: Handing(person, None, person.department) for pk, person in chosen.items()}
    handings = [(row, to[turn]) for row, turn in zip(held, turns, strict=True)]
    give_each(handings, events.ASSIGNED, by=by, via=via)
    return {person: turns.count(pk) for pk, person in chosen.items()}


def _who_may_work(kind: str, people: Sequence[User]) -> dict[int, User]:
    """Those people as they are now, each once; `DomainError` for somebody to whom these rows cannot be given."""
    wanted = {one.pk: one for one in people}
    if not 0 < len(wanted) <= MOST_PEOPLE:
        raise DomainError(_("Choose between 1 and %(most)s people."), most=MOST_PEOPLE)
    found = User.objects.who_may(kind, CHANGE).select_related("department").in_bulk(list(wanted))
    for pk, one in wanted.items():
        if pk not in found:
            raise DomainError(_("%(name)s may not work on these records."), name=one)
    return {pk: found[pk] for pk in wanted}
