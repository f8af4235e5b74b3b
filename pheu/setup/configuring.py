"""The acts on the lists of a company (R3.14-3.15, R3.24-3.30). Each is told with what was and what is now.

Nothing is destroyed: an entry that is offered no more keeps its place on the records that name it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection
from django.utils.translation import gettext_lazy as _

from pheu.core.errors import Conflict, DomainError, Invalid
from pheu.core.templatetags.signs import TONES
from pheu.core.vietnamese import fold
from pheu.people.models import User
from pheu.people.scopes import CHANGE
from pheu.records.acts import act
from pheu.records.models import ListItem, id_and_name
from pheu.setup import events
from pheu.setup.lists import CompanyList
from pheu.timeline.services import record

MOST = 200  # entries of one list
Changes = Mapping[str, tuple[Any, Any]]


@act
def add_item(of: CompanyList, values: Mapping[str, Any], *, by: User, via: str = "page") -> ListItem:
    """A new entry at the end of its list."""
    held = _held(of, by)
    if len(held) >= MOST:
        raise DomainError(_("A list has at most %(most)s entries."), most=MOST)
    item = of.model(**of.fixed, **values, position=max((one.position for one in held), default=-1) + 1)
    _check(of, item, held)
    item.save()
    _tell(events.ITEM_ADDED, of, item, by, via)
    return item


@act
def change_item(of: CompanyList, pk: int, changes: Changes, *, by: User, via: str = "page") -> ListItem:
    """Change columns of one entry: {name: (what the person saw, the new value)}.

    What somebody else has changed meanwhile raises `Conflict`. Records that name the entry show its new name; what
    history says of it stays.
    """
    held = _held(of, by)
    item = _among(held, pk)
    told = []
    for name, (saw, new) in changes.items():
        now = getattr(item, name)
        if now == new:
            continue
        if now != saw:
            raise Conflict(_("Somebody else has changed this meanwhile. Please look at it again."))
        told.append({"column": name, "was": now, "now": new})
        setattr(item, name, new)
    if told:
        _check(of, item, [one for one in held if one.pk != pk])
        item.save(update_fields=[one["column"] for one in told])
        _tell(events.ITEM_CHANGED, of, item, by, via, changes=told)
    return item


@act
def order_items(of: CompanyList, pks: Sequence[int], *, by: User, via: str = "page") -> None:
    """Put the entries in this order; `pks` are all of them."""
    held = {one.pk: one for one in _held(of, by)}
    if sorted(held) != sorted(pks):
        raise Conflict(_("The list was changed meanwhile. Please look at it again."))
    moved = [(held[pk], place) for place, pk in enumerate(pks) if held[pk].position != place]
    for item, place in moved:
        item.position = place
    of.model._default_manager.bulk_update([item for item, _place in moved], ["position"])
    if moved:
        record(events.LIST_ORDERED, about=None, by=by, via=via, subject=str(of.label), list=of.code)


def _held(of: CompanyList, by: User) -> list[Any]:
    """The entries, which nobody else changes until we are done: not even by adding the first."""
    by.must("system", CHANGE)
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtext(%s))", [f"list {of.code}"])
    return list(of.items)


def _among(held: Sequence[Any], pk: int) -> Any:
    found = next((one for one in held if one.pk == pk), None)
    if found is None:
        raise DomainError(_("This is no entry of the list any more."))
    return found


def _check(of: CompanyList, item: ListItem, others: Sequence[ListItem]) -> None:
    """`Invalid` with words beside the column: a name that is there already, a text too long, an unknown colour."""
    errors: dict[str, list[str]] = {}
    try:
        item.clean_fields()
    except ValidationError as error:
        errors = {name: list(words) for name, words in error.message_dict.items()}
    if any(fold(one.name) == fold(item.name) for one in others):
        errors["name"] = [str(_("“%(name)s” is in the list already.") % {"name": item.name})]
    if item.colour not in TONES:
        errors["colour"] = [str(_("Choose one of these colours."))]
    if errors:
        raise Invalid(errors, {name: str(of.column(name).verbose_name) for name in errors})


def _tell(kind: Any, of: CompanyList, item: ListItem, by: User, via: str, **facts: Any) -> None:
    record(kind, about=None, by=by, via=via, subject=str(of.label), list=of.code, item=id_and_name(item), **facts)
