"""Acts on prospects, companies and contacts."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction

from pheu.parties.models import Company, Contact, Prospect
from pheu.people.models import User
from pheu.people.scopes import CREATE
from pheu.records.ownership import place_with_owner
from pheu.records.writing import AnyRow
from pheu.timeline import services as timeline

change_company = change_contact = change_prospect = timeline.change


def create_company(values: dict[str, Any], *, by: User, via: str = "page") -> Company:
    """Make one company of `values` by field name of the schema."""
    by.must("company", CREATE)
    return add(Company, values, by=by, via=via)


def create_contact(values: dict[str, Any], *, by: User, via: str = "page") -> Contact:
    by.must("contact", CREATE)
    return add(Contact, values, by=by, via=via)


def create_prospect(values: dict[str, Any], *, by: User, via: str = "page") -> Prospect:
    by.must("prospect", CREATE)
    return add(Prospect, values, by=by, via=via)


@transaction.atomic
def add(model: type[AnyRow], values: dict[str, Any], *, by: User, via: str) -> AnyRow:
    """Make a row without asking for the right to create: whoever may convert a lead gets its customer with it."""
    tags = values.pop("tags", [])
    row = model(**values)
    place_with_owner([row], by=by)
    timeline.create([row], by=by, via=via)
    row.record.tags.set(tags)
    return row


@transaction.atomic
def create_prospects(rows: Sequence[Prospect], *, by: User, via: str, **facts: Any) -> Sequence[Prospect]:
    """Put many unsaved prospects into the directory: what an import ends with."""
    return timeline.create(rows, by=by, via=via, **facts)
