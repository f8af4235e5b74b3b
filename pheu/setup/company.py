"""The pages of «Cấu hình» about the company itself: its sales teams, branches, departments, roles and people."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import Count, IntegerField, Q, QuerySet, Value
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pheu.core.vietnamese import fold
from pheu.people.models import Branch, Department, Team
from pheu.records import kinds
from pheu.setup.lists import Page, uses_in

LOCAL_PART = re.compile(r"[a-z0-9]([a-z0-9._+-]{0,62}[a-z0-9])?")


class CompanyPage(Page):
    """Entries whose form and line are their own."""

    group = gettext_lazy("Company")
    tells_all = True
    lock = "company"  # they refer to each other: nobody is put into a department that goes out of use

    def __init__(self) -> None:
        self.join()


def uses_on_records(model: Any) -> Any:
    """How many rows of all kinds name an entry."""
    of_kinds = {kind.model for kind in kinds.every()}
    relations = [one for one in model._meta.get_fields(include_hidden=True) if one.one_to_many and one.auto_created]
    rows = (uses_in(one) for one in relations if one.related_model in of_kinds and one.field.name != "created_by")
    return sum(rows, start=Value(0, IntegerField()))


class Teams(CompanyPage):
    """«Đội bán hàng» (R3.01-3.13)."""

    code, order = "teams", 1
    label, one = gettext_lazy("Sales teams"), gettext_lazy("sales team")
    hint = gettext_lazy("Who sells together. A team is offered for what it works on, and for nothing else.")
    model = Team
    columns = (
        "name", "serves_quotes", "serves_deals", "serves_leads", "alias", "alias_makes", "leader", "branch", "members",
        "is_active",
    )  # fmt: skip
    icon = "users"
    body, line = "setup/_team_fields.html", "setup/_team_line.html"

    @property
    def items_with_uses(self) -> QuerySet[Any]:
        people = Count("members", distinct=True)
        return self.items.select_related("leader", "branch").annotate(uses=uses_on_records(Team), people=people)

    def words(self, item: Any) -> str:
        """D12: also by what it is called elsewhere, and by whoever leads it."""
        return f"{item} {item.leader or ''} {item.branch or ''} {item.alias}"

    def errors(self, item: Any, others: Sequence[Any]) -> dict[str, Any]:
        if item.alias_makes == Team.Makes.LEAD and not item.serves_leads:
            return {"alias_makes": [_("Only a team that works on leads gets leads by mail.")]}
        if not item.alias:
            return {}
        if not item.serves_deals:
            return {"alias": [_("Only a team that works on deals has an alias.")]}
        if not _is_address(item.alias):
            return {"alias": [_("Write the part of an e-mail address before the @, or all of it.")]}
        if any(one.alias == item.alias for one in others):
            return {"alias": [_("Another team has this alias.")]}
        return {}


def _is_address(alias: str) -> bool:
    """Whether mail could come to it; in small letters, so that it is one address however it is written."""
    if alias != alias.lower():
        return False
    if "@" not in alias:
        return LOCAL_PART.fullmatch(alias) is not None and ".." not in alias
    try:
        validate_email(alias)
    except ValidationError:
        return False
    return True


class Branches(CompanyPage):
    """«Chi nhánh»: our own legal entities (D16)."""

    code, order = "branches", 3
    label, one = gettext_lazy("Branches"), gettext_lazy("branch")
    hint = gettext_lazy("Our own companies. Each sales team belongs to one.")
    model = Branch
    columns = ("name", "is_active")
    icon = "building"
    body, line = "setup/_name_field.html", "setup/_branch_line.html"

    @property
    def items_with_uses(self) -> QuerySet[Any]:
        return self.items.annotate(in_it=Count("teams"))


MOST_DEEP = 12


class Departments(CompanyPage):
    """«Phòng ban», a tree; whoever looks after one sees what lies below it."""

    code, order = "departments", 2
    label, one = gettext_lazy("Departments"), gettext_lazy("department")
    hint = gettext_lazy("Who may see a department's records sees those of the departments below it too.")
    model = Department
    columns = ("name", "parent", "is_active")
    icon = "building"
    body, line = "setup/_department_fields.html", "setup/_department_line.html"

    @property
    def items_with_uses(self) -> list[Any]:
        people = Count("people", filter=Q(people__is_active=True))
        return in_tree(self.items.annotate(in_it=people, uses=uses_on_records(Department)))

    def is_same(self, one: Any, item: Any) -> bool:
        """Two may have one name where they are parts of different ones."""
        return one.parent_id == item.parent_id and super().is_same(one, item)

    def errors(self, item: Any, others: Sequence[Any]) -> dict[str, Any]:
        below = [one for one in others if item.pk and one.path.startswith(item.path)]
        if item.parent_id and item.parent_id in {item.pk, *(one.pk for one in below)}:
            return {"parent": [_("A department cannot be a part of one that is below it.")]}
        item.parent = next((one for one in others if one.pk == item.parent_id), None)  # as it is now
        if item.parent and not item.parent.is_active and item.is_active:
            return {"parent": [_("“%(name)s” is in use no more.") % {"name": item.parent}]}
        height = max((depth_of(one) - depth_of(item) for one in below), default=0)
        if item.parent and depth_of(item.parent) + 1 + height >= MOST_DEEP:
            return {"parent": [_("Departments lie at most %(most)s deep.") % {"most": MOST_DEEP}]}
        if not item.is_active and (item.people.filter(is_active=True).exists() or any(one.is_active for one in below)):
            return {"is_active": [_("Move its people and the departments below it elsewhere first.")]}
        return {}


def depth_of(department: Any) -> int:
    """0 at the top; that of one not kept yet is not known."""
    return department.path.count("/") - 2 if department.path else 0


def in_tree(departments: Iterable[Any]) -> list[Any]:
    """Every department after the one that it is a part of, else by name, each with its `depth`."""
    below: dict[int | None, list[Any]] = {}
    for one in sorted(departments, key=lambda one: fold(one.name)):
        below.setdefault(one.parent_id, []).append(one)

    def walk(parent: int | None, depth: int) -> Iterator[Any]:
        for one in below.get(parent, ()):
            one.depth = depth
            yield one
            yield from walk(one.pk, depth + 1)

    return list(walk(None, 0))


TEAMS, BRANCHES, DEPARTMENTS = Teams(), Branches(), Departments()
