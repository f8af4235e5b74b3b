"""What a domain tells the import engine about one of its kinds, in `<app>/importing.py`. The engine names no domain."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from pheu.core import registries
from pheu.people.scopes import IMPORT
from pheu.records import kinds

if TYPE_CHECKING:
    from pheu.people.models import Department, Team, User
    from pheu.records.models import Row


@dataclass(frozen=True)
class Place:
    """Where the rows of one import belong, and what the list is called."""

    team: "Team | None"
    department: "Department | None"
    origin: str


@dataclass(frozen=True, kw_only=True)
class Importer:
    """How lines of a file become rows of `kind`.

    `needs`: a line that fills none of these fields is no customer, and is rejected. `overflow`: the long text that
    takes in whatever finds no room elsewhere (a mail address that is none, the end of a name of 10,000 letters), so
    that nothing of a line is lost. `build(values, marks, place, key)` gives an unsaved row of values as JSON.
    """

    kind: str
    needs: tuple[str, ...]
    overflow: str
    build: Callable[["Importer", dict[str, Any], set[str], Place, str], "Row"] = lambda *given: build_row(*given)
    # Fields of which a file may have several columns: their contents are joined.
    joined: tuple[str, ...] = ("phone", "email")

    @property
    def schema(self) -> Any:
        return kinds.get(self.kind).schema

    def fields(self) -> dict[str, Any]:
        """The fields that a column may be mapped to, in the schema's order."""
        return {one.name: one for one in self.schema if one.importable}


def build_row(importer: Importer, values: dict[str, Any], noted: set[str], place: Place, key: str) -> Any:
    """An unsaved row that nobody owns yet, where the import belongs."""
    row = importer.schema.model(team=place.team, department=place.department)
    for name, told in values.items():
        one = importer.schema.get(name)
        if one is None:
            setattr(row, name, told)  # a companion of a field: further phones
        else:
            one.put(row, one.from_json(told))
    return row


_importers: dict[str, Importer] = {}


def register_importer(importer: Importer) -> Importer:
    """Make a kind importable: its list gets the button «Nhập dữ liệu» for those who may."""
    _importers[importer.kind] = importer

    @registries.list_buttons.add(importer.kind)
    def import_button(user: "User") -> list[registries.Button]:
        url = f"{reverse('import-new')}?kind={importer.kind}"
        return (
            [registries.Button(_("Import data"), url, icon="table-import")] if user.may(importer.kind, IMPORT) else []
        )

    return importer


def importer_of(kind: str) -> Importer | None:
    return _importers.get(kind)


def importable_kinds() -> list[str]:
    return list(_importers)
