"""The pages of «Cấu hình» about what happens by itself: hand-out rules of each kind, and when records go back."""

from collections.abc import Iterable, Sequence
from typing import Any, Self

from django.db.models import QuerySet
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pheu.automation.models import HandOutRule, Patience
from pheu.automation.queries import company, kinds_with_rules, wrong_with
from pheu.core.errors import DomainError
from pheu.core.vietnamese import today_here
from pheu.people.models import TimeOff, User
from pheu.quality.models import DuplicateRule
from pheu.records import kinds
from pheu.records.alike import CRITERIA
from pheu.records.conditions import BadCondition
from pheu.records.kinds import Kind
from pheu.records.sharing import Load, loads_of
from pheu.records.wording import words_of, words_of_each
from pheu.setup.columns import Column
from pheu.setup.lists import CompanyList, Page, add_for_kinds, get

ORDER = 100  # after all lists


class Condition(Column):
    """A condition as people read it."""

    def __init__(self, column: Any, kind: Kind) -> None:
        super().__init__(column)
        self.kind = kind

    def _shown(self, told: Any) -> str:
        return said(self.kind, told or {})


def said(kind: Kind, tree: Any) -> str:
    """A rule's condition in words; one that cannot be asked any more says so."""
    if not tree:
        return _("every record")
    try:
        return words_of(kind, company(), tree)
    except (BadCondition, KeyError, TypeError, ValueError):
        return wrong_with(kind, tree) or _("cannot be asked")


class RulesOfKind(Page):
    """The rules of one kind, in their order; each page of them is called as its group and the kind."""

    ending: str  # of its code
    is_ordered = tells_all = True
    url = CompanyList.url

    def __init__(self, kind: Kind, nth: int) -> None:
        self.kind, self.code, self.order = kind, f"{kind.code}-{self.ending}", self.order + nth
        self.short = kind.plural
        self.label = format_lazy("{}: {}", self.group, kind.plural)

    @property
    def items(self) -> QuerySet[Any]:
        found: QuerySet[Any] = self.model.objects.filter(kind=self.kind.code)
        return found

    def new(self, held: Sequence[Any]) -> Any:
        return self.model(kind=self.kind.code, position=max((one.position for one in held), default=-1) + 1)

    @classmethod
    def of(cls, kind: str) -> Self:
        """The page of one kind."""
        found = get(f"{kind}-{cls.ending}")
        assert isinstance(found, cls)
        return found


class HandOutRules(RulesOfKind):
    """«Quy tắc phân công» of one kind: the first that takes a record decides (R1.17)."""

    ending, order = "rules", ORDER

    one = gettext_lazy("hand-out rule")
    hint = gettext_lazy(
        "The first rule whose condition a record fulfils decides who gets it. Drag the rules into their order."
    )
    group = gettext_lazy("Hand-out rules")
    model = HandOutRule
    columns = ("name", "condition", "team", "people", "way", "on_new", "is_active")
    icon = "users"
    body, line = "automation/_rule_fields.html", "automation/_rule_line.html"
    list_page = "automation/rules.html"
    in_shape = True
    most = 100

    @property
    def items_with_uses(self) -> list[Any]:
        """Each with its condition in words, and with what is wrong with it."""
        rules = list(self.items.select_related("team", "last").prefetch_related("people"))
        for one in rules:
            one.wrong = wrong_with(self.kind, one.condition)
        right = [one for one in rules if not one.wrong]
        words = words_of_each([(self.kind, one.condition) for one in right], company())
        for one, told in zip(right, words, strict=True):
            one.words = told or _("every record")
        return rules

    def column(self, name: str) -> Column:
        column = super().column(name)
        return Condition(column.field, self.kind) if name == "condition" else column

    def errors(self, item: Any, others: Sequence[Any]) -> dict[str, Any]:
        errors = {}
        if words := wrong_with(self.kind, item.condition):
            errors["condition"] = [words]
        if item.way == HandOutRule.Way.TEAM and item.team is None:
            errors["team"] = [_("Choose the team that takes them.")]
        return errors

    def after(self, item: Any) -> None:
        if item.team is None and not item.people.exists():
            raise DomainError(_("Say who gets them: a team, people, or both."))

    def shares(self) -> list[tuple[User, Load, TimeOff | None]]:
        """(person, what they have of what they take on, whether they are away) of all whom rules in use name."""
        rules = self.items.filter(is_active=True)
        named = User.objects.active().filter(pk__in=rules.values("people"))
        of_teams = User.objects.active().filter(teams__in=rules.filter(people=None).values("team"))
        people = list((named | of_teams).distinct())
        loads = loads_of(self.kind.code, people)
        away = {one.user_id: one for one in TimeOff.objects.on(today_here()).filter(user__in=people)}
        return [(one, loads[one.pk], away.get(one.pk)) for one in people]


class Returns(Page):
    """«Trả về kho»: which pipelines take records off an owner who leaves them alone; none until somebody says so."""

    code, order = "returns", ORDER + 50
    label, one = gettext_lazy("Back to the pool"), gettext_lazy("rule of return")
    hint = gettext_lazy(
        "Open records that nobody has touched for so long lose their owner and wait in the team for another one. "
        "The owner is told before. Records with something planned ahead stay."
    )
    group = gettext_lazy("Hand-out rules")
    model = Patience
    columns = ("pipeline", "days", "warn_days", "is_active")
    icon = "clock"
    body, line = "automation/_return_fields.html", "automation/_return_line.html"
    tells_all = in_shape = True
    url = CompanyList.url

    @property
    def items(self) -> QuerySet[Any]:
        return Patience.objects.select_related("pipeline")

    def is_same(self, one: Any, item: Any) -> bool:
        return False

    def errors(self, item: Any, others: Sequence[Any]) -> dict[str, Any]:
        errors = {}
        if any(one.pipeline_id == item.pipeline_id for one in others):
            errors["pipeline"] = [_("This pipeline is in the list already.")]
        if not 1 <= item.days <= 3650:
            errors["days"] = [_("Between 1 day and ten years.")]
        if item.warn_days >= item.days:
            errors["warn_days"] = [_("Fewer than the days without a touch.")]
        return errors


class Criteria(Column):
    """In what two records are the same, as people read it."""

    def _shown(self, told: Any) -> str:
        return in_words(told or ()) or "—"


def in_words(criteria: Iterable[str]) -> str:
    """«Tên công ty + Email»."""
    return " + ".join(str(CRITERIA[one][0]) for one in criteria if one in CRITERIA)


class DuplicateRules(RulesOfKind):
    """«Quy tắc trùng» of one kind: any of them is enough (R1.32-1.34)."""

    ending, order = "duplicates", ORDER + 60

    one = gettext_lazy("duplicate rule")
    hint = gettext_lazy(
        "Two records are the same where a rule finds all of its fields alike, however they are written: names without "
        "marks and forms of companies, phones in any of their fields. A rule tells whoever types, or lets nobody save."
    )
    group = gettext_lazy("Duplicate rules")
    model = DuplicateRule
    columns = ("name", "criteria", "blocks", "is_active")
    icon = "copy"
    body, line = "automation/_duplicate_fields.html", "automation/_duplicate_line.html"
    most = 50

    @property
    def items_with_uses(self) -> list[Any]:
        rules = list(self.items)
        for one in rules:
            one.words = in_words(one.criteria)
        return rules

    def column(self, name: str) -> Column:
        column = super().column(name)
        return Criteria(column.field) if name == "criteria" else column

    @property
    def possible(self) -> list[str]:
        """In what records of the kind can be compared."""
        there = {one.criterion for one in self.kind.schema}
        return [code for code in CRITERIA if code in there]

    def errors(self, item: Any, others: Sequence[Any]) -> dict[str, Any]:
        if not item.criteria or not set(item.criteria) <= set(self.possible):
            return {"criteria": [_("Choose in what they are the same.")]}
        if any(sorted(one.criteria) == sorted(item.criteria) for one in others):
            return {"criteria": [_("There is a rule for these already.")]}
        return {}


RETURNS = Returns()


@add_for_kinds
def _pages() -> Iterable[Page]:
    rules = [HandOutRules(kind, nth) for nth, kind in enumerate(kinds_with_rules())]
    compared = [kind for kind in kinds.every() if any(one.criterion for one in kind.schema)]
    return [*rules, RETURNS, *(DuplicateRules(kind, nth) for nth, kind in enumerate(compared))]
