"""«Vai trò»: what the people of a role may do with which rows, and which fields they see."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import uuid4

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from pheu.core.errors import Conflict, DomainError
from pheu.core.vietnamese import fold
from pheu.people.models import Role, User
from pheu.people.scopes import CHANGE, VIEW, Action, Scope
from pheu.records import kinds
from pheu.records.models import Stage
from pheu.records.schema import HIDDEN, READ_ONLY
from pheu.setup.columns import MEANWHILE, Column
from pheu.setup.company import CompanyPage

SYSTEM = "system"
OF_FIELDS = {HIDDEN: gettext_lazy("Hidden"), READ_ONLY: gettext_lazy("Read only")}
OF_LISTS = {
    "columns": gettext_lazy("Columns"),
    "is_locked": gettext_lazy("Columns are fixed"),
    "tab": gettext_lazy("The list begins with"),
}
# Where an own row of a kind begins: without it the family's counts.
OWN = ""
Cells = dict[tuple[str, str], str]


def families() -> dict[str, str]:
    """What grants are given for: {family: what it holds}."""
    held: dict[str, list[str]] = {}
    for kind in kinds.every():
        held.setdefault(kind.family, []).append(str(kind.plural))
    return {family: ", ".join(names) for family, names in held.items()} | {SYSTEM: _("The setup of the system")}


def actions_of(row: str) -> list[Action]:
    """What can be done with the rows of a family or kind; the system is only looked at and changed."""
    return [VIEW, CHANGE] if row == SYSTEM else list(Action)


def scopes_of(row: str) -> list[Scope]:
    return [Scope.NONE, Scope.ALL] if row == SYSTEM else list(Scope)


def name_of(row: str) -> str:
    return families().get(row) or str(kinds.get(row).plural)


class _Table(Column):
    """A column of JSON that is edited cell by cell: {row: {cell: value}}. Two admins who change others both do."""

    def cells(self, value: Mapping[str, Mapping[str, str]]) -> Cells:
        return {(row, cell): told for row, given in value.items() for cell, told in given.items()}

    def table(self, cells: Cells) -> dict[str, dict[str, str]]:
        table: dict[str, dict[str, str]] = {}
        for (row, cell), told in sorted(cells.items()):
            table.setdefault(row, {})[cell] = told
        return table

    def merged(self, now: Any, saw: Any, new: Any) -> Any:
        held, seen, wanted = map(self.cells, (now, saw, new))
        for cell in {*seen, *wanted}:
            if seen.get(cell) == wanted.get(cell):
                continue
            if held.get(cell) not in (seen.get(cell), wanted.get(cell)):
                raise Conflict(MEANWHILE)
            held[cell] = wanted.get(cell, "")
        return self.table({cell: told for cell, told in held.items() if told})

    def changes(self, was: Any, now: Any) -> list[dict[str, Any]]:
        held, wanted = self.cells(was), self.cells(now)
        return [
            {"column": self.name, "row": cell[0], "cell": cell[1], "was": held.get(cell), "now": wanted.get(cell)}
            for cell in sorted({*held, *wanted})
            if held.get(cell) != wanted.get(cell)
        ]

    def words(self, change: dict[str, Any]) -> str:
        row, cell = change["row"], change["cell"]
        return f"{self.named(row, cell)}: {self.said(change['was'])} → {self.said(change['now'])}"

    def named(self, row: str, cell: str) -> str:
        raise NotImplementedError

    def said(self, told: Any) -> str:
        raise NotImplementedError


class Grants(_Table):
    """A kind with an own row keeps that it has one, though it grants nothing."""

    label = gettext_lazy("Rights")

    def cells(self, value: Mapping[str, Mapping[str, str]]) -> Cells:
        cells = {cell: told for cell, told in super().cells(value).items() if told != Scope.NONE}
        return cells | {(row, OWN): "own" for row in value if row not in families()}

    def table(self, cells: Cells) -> dict[str, dict[str, str]]:
        rows = {row for row, cell in cells if cell == OWN} | set(families())
        table = super().table({one: told for one, told in cells.items() if one[1] != OWN and one[0] in rows})
        return {row: {} for row in sorted(rows - set(families()))} | table

    def named(self, row: str, cell: str) -> str:
        known = row in families() or any(kind.code == row for kind in kinds.every())
        what = Action(cell).label if cell else _("Rights of its own")
        return f"{name_of(row) if known else row} · {what}"

    def said(self, told: Any) -> str:
        return _("yes") if told == "own" else str(Scope(told or Scope.NONE).label)


class FieldRights(_Table):
    label = gettext_lazy("Fields")

    def named(self, row: str, cell: str) -> str:
        kind = next((one for one in kinds.every() if one.code == row), None)
        field = kind and kind.schema.get(cell)
        return f"{kind.label if kind else row} · {field.label if field else cell}"

    def said(self, told: Any) -> str:
        return str(OF_FIELDS.get(told, _("as the row")))


class ListLooks(_Table):
    """How lists begin for the people of a role (R4.58)."""

    label = gettext_lazy("Lists of records")

    def named(self, row: str, cell: str) -> str:
        kind = next((one for one in kinds.every() if one.code == row), None)
        return f"{kind.plural if kind else row} · {OF_LISTS.get(cell, cell)}"

    def said(self, told: Any) -> str:
        return str(told or _("as usual"))


class Roles(CompanyPage):
    """«Vai trò»: kinds x actions x scopes, field rights, how lists begin. In force at everybody's next request."""

    code, order = "roles", 4
    label, one = gettext_lazy("Roles"), gettext_lazy("role")
    hint = gettext_lazy("What people may see and do. A change is in force at their next click.")
    model = Role
    icon = "lock"
    line = "setup/_role_line.html"
    form_page = "setup/role.html"
    columns = ("name", "grants", "fields", "lists")
    is_ordered = is_removable = True

    @property
    def items_with_uses(self) -> QuerySet[Any]:
        return self.items.annotate(in_it=Count("users", filter=Q(users__is_active=True)))

    def column(self, name: str) -> Column:
        made: Any = {"grants": Grants, "fields": FieldRights, "lists": ListLooks}.get(name, Column)
        return made(super().column(name).field)

    def new(self, held: Sequence[Any]) -> Role:
        position = max((one.position for one in held), default=-1) + 1
        return Role(code=f"role-{uuid4().hex[:12]}", position=position)

    def errors(self, item: Any, others: Sequence[Any]) -> dict[str, Any]:
        errors = {
            "grants": _wrong_grants(item.grants),
            "fields": _wrong_fields(item.fields),
            "lists": _wrong_lists(item.lists),
        }
        return {name: [words] for name, words in errors.items() if words}

    def after(self, item: Any) -> None:
        must_stay_looked_after()

    def must_be_free(self, item: Any) -> None:
        people = item.users.count()
        if people:
            words = ngettext(
                "%(n)s person has this role. Give them another one first.",
                "%(n)s people have this role. Give them another one first.",
                people,
            )
            raise DomainError(words, n=people)
        stage = Stage.objects.filter(Q(entered_by__contains=item.pk) | Q(left_by__contains=item.pk)).first()
        if stage is not None:
            raise DomainError(_("The stage “%(stage)s” names this role. Take it off there first."), stage=stage)


def role_called(who: str) -> Role | None:
    """The role of a name, or else of a code: of those that come with the product, which a company may rename."""
    roles = list(Role.objects.all())
    by_name = next((one for one in roles if fold(one.name) == fold(who)), None)
    return by_name or next((one for one in roles if one.code == who), None)


def must_stay_looked_after() -> None:
    """`DomainError` where nobody could change the setup any more."""
    if not User.objects.who_may(SYSTEM, CHANGE).exists():
        raise DomainError(_("Somebody must still be able to change the setup: give that right to another one first."))


def _wrong_grants(grants: Any) -> str:
    rows = {*families(), *(kind.code for kind in kinds.every())}
    for row, given in grants.items():
        if row not in rows:
            return _("This cannot be chosen.")
        for action, scope in given.items():
            if action not in actions_of(row) or scope not in scopes_of(row):
                return _("This cannot be chosen.")
    return ""


def _wrong_fields(fields: Any) -> str:
    known = {kind.code: kind.schema for kind in kinds.every()}
    for code, rights in fields.items():
        for name, right in rights.items():
            # A field that is no more is left as it is: its right is in nobody's way.
            if code not in known or right not in OF_FIELDS:
                return _("This cannot be chosen.")
            if right == HIDDEN and name in known[code].title:
                label = known[code][name].label
                return _("“%(field)s” cannot be hidden: records are called by it.") % {"field": label}
    return ""


def _wrong_lists(lists: Any) -> str:
    known = {kind.code for kind in kinds.every()}
    right = all(code in known and looks.keys() <= OF_LISTS.keys() for code, looks in lists.items())
    return "" if right else _("This cannot be chosen.")


def ruled_fields() -> Iterator[tuple[Any, list[Any]]]:
    """(kind, the fields that a role may be kept from)."""
    for kind in kinds.every():
        yield kind, list(kind.schema)


ROLES = Roles()
