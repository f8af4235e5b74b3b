"""Whom letters go to and come from, among the records that a person may see."""

from collections.abc import Collection, Iterator
from typing import Any

from pheu.core.vietnamese.identity import email_key
from pheu.core.vietnamese.text import clean, search_words
from pheu.messaging.channels.email.letters import Address
from pheu.people.models import User
from pheu.records import kinds
from pheu.records.fields import RowPick
from pheu.records.kinds import Kind
from pheu.records.locking import hold
from pheu.records.models import Record
from pheu.records.search import found_by

MOST = 20


def addresses_of(about: Record, user: User) -> list[Address]:
    """Where whom a record is about is written to: by the record's own addresses, else by those of what it names."""
    row = row_for(about, user)
    if row is None:
        return []
    kind = kinds.get(about.kind)
    own = list(of_row(kind, row, user))
    return own or [one for named in _named_by(kind, row, user) for one in of_row(kinds.get(named.kind), named, user)]


def own_addresses(about: Record, user: User) -> list[Address]:
    """Those that stand on the record itself."""
    row = row_for(about, user)
    return list(of_row(kinds.get(about.kind), row, user)) if row is not None else []


def row_for(about: Record, user: User) -> Any:
    """The row of a record with what it names, as far as the person may see it; else None."""
    return kinds.get(about.kind).model.objects.visible_to(user).with_words().filter(pk=about.pk).first()


def _named_by(kind: Kind, row: Any, user: User) -> Iterator[Any]:
    for field in kind.schema_for(user):
        named = field.value(row) if isinstance(field, RowPick) else None
        if named is not None and (seen := row_for(named.record, user)) is not None:
            yield seen


def of_row(kind: Kind, row: Any, user: User) -> Iterator[Address]:
    """The addresses of a row, as far as the person sees them."""
    schema = kind.schema_for(user)
    for field in schema:
        if field.criterion == "email" and (address := field.value(row)):
            yield Address(_called(schema, row), address)


def _called(schema: Any, row: Any) -> str:
    """The person where the row has one, else what it is called; no sign that a header would stumble over."""
    name = next((schema[one].value(row) for one in ("person_name", "full_name") if schema.get(one)), "")
    return (name or row.title or "").translate(NO_SIGNS).strip()


NO_SIGNS = str.maketrans("", "", '<>"\r\n')


def known(text: str, user: User) -> list[Address]:
    """Contacts, companies, leads and colleagues that `text` finds, who have an address; those found first."""
    if not search_words(text):
        return []
    found: dict[str, Address] = {}
    for kind in kinds.every():
        schema = kind.schema_for(user)
        if not any(field.criterion == "email" for field in schema):
            continue
        rows = kind.model.objects.visible_to(user).live().filter(found_by(text, kind, user, "record__"))
        for row in rows.select_related("record").order_by("-pk")[:MOST]:
            for one in of_row(kind, row, user):
                found.setdefault(one.address.lower(), one)
    for person in User.objects.active().filter(full_name__icontains=clean(text))[:MOST]:
        found.setdefault(person.email.lower(), Address(person.full_name, person.email))
    return list(found.values())[:MOST]


# Whose letter it is ---------------------------------------------------------------------------------------------------


def record_of(addresses: Collection[str], user: User) -> Record | None:
    """What a letter from or to these is most likely about, among what `user` may see.

    What is being worked on comes first, the one that changed last; then the person, the company, a raw customer.
    """
    keys = [f"email:{key}" for one in addresses if (key := email_key(one))]
    if not keys:
        return None
    mine = Record.objects.visible_to(user).filter(state=Record.State.LIVE)
    held = list(mine.filter(keys__overlap=keys).order_by("-updated_at")[:MOST])
    if not held:
        return None
    return _worked_on(held, user) or min(
        held, key=lambda one: ORDER.index(one.kind) if one.kind in ORDER else len(ORDER)
    )


ORDER = ("contact", "lead", "company", "prospect")


def _worked_on(held: list[Record], user: User) -> Record | None:
    """The open lead or deal among these, or of these, that changed last."""
    ids = [one.pk for one in held]
    found: list[Record] = []
    for kind in kinds.every():
        if not kind.has_stages:
            continue
        rows = kind.model.objects.visible_to(user).live().filter(closed_at=None).select_related("record")
        asks = [rows.filter(pk__in=ids)]
        asks += [rows.filter(**{f"{field.name}__in": ids}) for field in kind.schema if _is_column(field)]
        found += [row.record for one in asks for row in one.order_by("-record__updated_at")[:1]]
    return max(found, key=lambda one: one.updated_at, default=None)


def _is_column(field: Any) -> bool:
    return isinstance(field, RowPick) and not field.own


def held_today(record_id: int | None) -> Record | None:
    """The record of an id, held, where it lives on today."""
    if record_id is None:
        return None
    about = Record.objects.select_related("merged_into", "continues").get(pk=record_id).survivor
    hold(about.pk)
    return about
