"""The acts on what a company keeps about itself: lists (R3.14-3.15, R3.24-3.30), teams, branches, departments, roles.

Each is told with what was and what is now. An entry that is offered no more keeps its place on the records that name
it; only what nothing names can be deleted.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from pheu.core import shape
from pheu.core.errors import Conflict, DomainError, Invalid, Refused
from pheu.core.turns import take_turn
from pheu.people.models import User
from pheu.people.scopes import CHANGE
from pheu.records.acts import act
from pheu.records.models import id_and_name
from pheu.setup import events
from pheu.setup.lists import Page
from pheu.timeline.services import record

Changes = Mapping[str, tuple[Any, Any]]


@act
def add_item(of: Page, values: Mapping[str, Any], *, by: User, via: str = "page") -> Any:
    """A new entry; at the end of its list, where that has an order."""
    held = hold_entries(of, by=by)
    if len(held) >= of.most:
        raise DomainError(_("A list has at most %(most)s entries."), most=of.most)
    item, columns = of.new(held), [of.column(name) for name in values]
    for column in columns:
        if column.is_of_row:
            column.put(item, values[column.name])
    _check(of, item, held)
    of.save(item, None)
    for column in columns:
        if not column.is_of_row:
            column.put(item, values[column.name])
    of.after(item)
    _tell(events.ITEM_ADDED, of, item, by, via, **_difference(of, of.new(held), item))
    return item


@act
def change_item(of: Page, pk: int, changes: Changes, *, by: User, via: str = "page") -> Any:
    """Change columns of one entry: {name: (what the person saw, the new value)}.

    What somebody else has changed meanwhile raises `Conflict`. Records that name the entry show its new name; what
    history says of it stays.
    """
    held = hold_entries(of, by=by)
    item = _among(held, pk)
    told, names = [], []
    for name, (saw, new) in changes.items():
        column = of.column(name)
        was = column.value(item)
        now = column.merged(was, saw, new)
        if now == was:
            continue
        told += column.changes(was, now)
        column.put(item, now)
        names += [name] if column.is_of_row else []
    if told:
        _check(of, item, [one for one in held if one.pk != pk])
        of.save(item, names)
        of.after(item)
        _tell(events.ITEM_CHANGED, of, item, by, via, changes=told)
    return item


@act
def remove_item(of: Page, pk: int, *, by: User, via: str = "page") -> None:
    """Delete an entry that nothing names; only of pages that have such entries."""
    item = _among(hold_entries(of, by=by), pk)
    if not of.is_removable:
        raise Refused
    of.must_be_free(item)
    _tell(events.ITEM_REMOVED, of, item, by, via, **_difference(of, item, of.new(())))
    item.delete()


@act
def order_items(of: Page, pks: Sequence[int], *, by: User, via: str = "page") -> None:
    """Put the entries in this order; `pks` are all of them."""
    if not of.is_ordered:
        raise Refused
    held = {one.pk: one for one in hold_entries(of, by=by)}
    if sorted(held) != sorted(pks):
        raise Conflict(_("The list was changed meanwhile. Please look at it again."))
    moved = [(held[pk], place) for place, pk in enumerate(pks) if held[pk].position != place]
    for item, place in moved:
        item.position = place
    of.model._default_manager.bulk_update([item for item, _place in moved], ["position"])
    if moved:
        record(events.LIST_ORDERED, about=None, by=by, via=via, subject=str(of.label), list=of.code)


def _difference(of: Page, was: Any, now: Any) -> dict[str, Any]:
    """What a new entry began with, or one had that goes, besides its name; of pages about people and rights."""
    if not of.tells_all:
        return {}
    values = [(column, column.value(was), column.value(now)) for column in map(of.column, of.columns[1:])]
    return {"changes": [one for column, left, right in values if left != right for one in column.changes(left, right)]}


def hold_entry(of: Page, pk: int, *, by: User) -> Any:
    """One entry, for a part of an act of its own, while nobody else changes the page."""
    return _among(hold_entries(of, by=by), pk)


def hold_entries(of: Page, *, by: User) -> list[Any]:
    """The entries, which nobody else changes until we are done: not even by adding the first."""
    by.must("system", CHANGE)
    take_turn(f"list {of.lock or of.code}")
    return list(of.items)


def _among(held: Sequence[Any], pk: int) -> Any:
    found = next((one for one in held if one.pk == pk), None)
    if found is None:
        raise DomainError(_("This is no entry of the list any more."))
    return found


def _check(of: Page, item: Any, others: Sequence[Any]) -> None:
    """`Invalid` with words beside the column: a name that is there already, a text too long, an unknown colour."""
    errors: dict[str, list[str]] = {}
    try:
        item.clean_fields()
    except ValidationError as error:
        errors = {name: list(words) for name, words in error.message_dict.items()}
    if any(of.is_same(one, item) for one in others):
        errors["name"] = [str(_("“%(name)s” is in the list already.") % {"name": item})]
    errors |= of.errors(item, others)
    if errors:
        raise Invalid(errors, {name: str(of.column(name).label) for name in errors})


def _tell(kind: Any, of: Page, item: Any, by: User, via: str, **facts: Any) -> None:
    record(kind, about=None, by=by, via=via, subject=str(of.label), list=of.code, item=id_and_name(item), **facts)
    if of.in_shape:
        shape.changed()
