"""The acts on «Chế độ xem» and «Cột»: what somebody looks at is kept, for themselves or for others too."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from pheu.core.errors import DomainError, Invalid, Refused
from pheu.core.vietnamese.text import clean, spelling
from pheu.people.models import Role, User
from pheu.people.scopes import CHANGE, VIEW
from pheu.records import kinds
from pheu.records.acts import act
from pheu.records.boards import read_board
from pheu.records.columns import of_role, read_columns, write_columns
from pheu.records.conditions import Tree, compile_tree
from pheu.records.grouping import can_group
from pheu.records.models import SavedView
from pheu.records.orders import USUAL, read_order

MOST_KEPT = 200  # views of one person
ME, TEAM, DEPARTMENT, ROLE, ALL = "me", "team", "department", "role", "all"
SHARED = [
    (ME, _("Only me")),
    (TEAM, _("My teams")),
    (DEPARTMENT, _("My department")),
    (ROLE, _("People of a role")),
    (ALL, _("Everybody")),
]


def shared_by(user: User) -> list[tuple[str, Any]]:
    """With whom a person may share: with everybody, or a role, only who looks after the installation."""
    looks_after_all = user.may("system", CHANGE)
    may = {
        ME: True,
        TEAM: bool(user.team_ids),
        DEPARTMENT: user.department is not None,
        ROLE: looks_after_all,
        ALL: looks_after_all,
    }
    return [(code, label) for code, label in SHARED if may[code]]


@act
def keep_view(
    kind: str,
    name: str,
    where: Tree,
    *,
    sort: str = "",
    columns: str = "",
    group: str = "",
    board: dict[str, str] | None = None,
    shared: str = ME,
    roles: Sequence[Role] = (),
    by: User,
    via: str = "page",
) -> SavedView:
    """Keep a condition, an order, columns, groups and board under a name; `BadCondition` for what `by` cannot ask.

    `roles` are those with which it is shared, where `shared` says so.
    """
    _must_look(by, kind)
    others = _own(by)
    if len(others) >= MOST_KEPT:
        raise DomainError(_("You have %(most)s views already."), most=MOST_KEPT)
    view = SavedView(kind=kind, owner=by)
    look = {"where": where, "sort": sort, "columns": columns, "group": group, "board": board or {}}
    _put(view, {"name": name, **look, "shared": shared, "roles": roles}, others, by)
    view.save()
    return view


@act
def change_view(pk: int, changes: dict[str, Any], *, by: User, via: str = "page") -> SavedView:
    """Let a view be called otherwise, show something else, be shared or not; `is_active` takes it away, or back.

    Whoever keeps it may; and what everybody or a role sees, whoever looks after the installation.
    """
    view = SavedView.objects.select_for_update(of=["self"]).select_related("owner").filter(pk=pk).first()
    if view is None or not is_theirs(view, by):
        raise Refused
    _must_look(by, view.kind)
    _put(view, changes, [one for one in _own(view.owner) if one.pk != pk], by)
    view.save()
    return view


@act
def choose_columns(kind: str, columns: str, *, by: User, via: str = "page") -> None:
    """Keep which columns a person's own lists of a kind have; an empty text gives them the usual ones again."""
    _must_look(by, kind)
    if of_role(by, kind).get("is_locked"):
        raise Refused(_("Your role has fixed the columns of this list."))
    chosen = read_columns(kinds.get(kind).schema_for(by), columns)
    if columns and not chosen:
        raise DomainError(_("Choose at least one column."))
    held = User.objects.select_for_update(no_key=True).get(pk=by.pk)
    held.lists = {**held.lists, kind: write_columns(chosen)}
    held.save(update_fields=["lists"])
    by.lists = held.lists


def is_theirs(view: SavedView, user: User) -> bool:
    """Whether a person may change a view: who keeps it, and of the company's who looks after the installation."""
    return view.owner_id == user.pk or (view.is_of_all and user.may("system", CHANGE))


def _must_look(by: User, kind: str) -> None:
    if not by.is_active or not (by.may(kind, VIEW) or kinds.get(kind).windows):
        raise Refused


def _own(user: User) -> list[SavedView]:
    """Theirs, which nobody else changes until the act ends: two clicks keep one view."""
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    return list(SavedView.objects.filter(owner=user, is_active=True))


def _put(view: SavedView, changes: dict[str, Any], others: list[SavedView], by: User) -> None:
    kind = kinds.get(view.kind)
    if "name" in changes:
        view.name = _named(changes["name"], view, others)
    if "where" in changes:
        compile_tree(kind, by, changes["where"])
        view.where = changes["where"]
    if "sort" in changes:
        order = read_order(kind, kind.schema_for(by), str(changes["sort"]))
        view.sort = "" if order.name == USUAL else order.name
    if "group" in changes:
        schema = kind.schema_for(by)
        field = schema.get(str(changes["group"]))
        view.group = field.name if field is not None and can_group(schema, field) else ""
    if "columns" in changes:
        view.columns = write_columns(read_columns(kind.schema_for(by), str(changes["columns"])))
    if "board" in changes:
        view.board = read_board(kind, by, changes["board"])
    if "shared" in changes:
        roles = sorted(one.pk for one in changes.get("roles", ())) if changes["shared"] == ROLE else []
        if (changes["shared"], roles) != (view.shared, view.roles):
            _share(view, changes["shared"], roles, by)
    if "is_active" in changes:
        view.is_active = bool(changes["is_active"])


def _named(name: Any, view: SavedView, others: list[SavedView]) -> str:
    called = clean(str(name))
    if not called or len(called) > 60:
        raise Invalid({"name": [str(_("A name has 1 to 60 characters."))]}, {"name": str(_("Name"))})
    if any(one.kind == view.kind and spelling(one.name) == spelling(called) for one in others):
        raise Invalid({"name": [str(_("You have a view of this name already."))]}, {"name": str(_("Name"))})
    return called


def _share(view: SavedView, shared: str, roles: list[int], by: User) -> None:
    """With the teams or the department of whoever shares, as they are now; or with these roles."""
    if shared not in dict(shared_by(by)):
        raise Refused
    if shared == ROLE and not roles:
        raise Invalid({"roles": [str(_("Choose at least one role."))]}, {"roles": str(_("Roles"))})
    view.roles = roles
    view.for_all = shared == ALL
    view.teams = by.team_ids if shared == TEAM else []
    view.departments = [by.department_id] if shared == DEPARTMENT and by.department_id else []
