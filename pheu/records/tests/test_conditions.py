"""Conditions against plain Python: every operator of every field of every kind, alone, negated and nested; and what
nobody can ask is refused in words.
"""

import json
import random
from copy import deepcopy
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pheu.activities.models import ActivityType
from pheu.activities.services import schedule_activity
from pheu.conftest import make_cast, standing
from pheu.core.vietnamese.text import fold
from pheu.records import kinds, moments
from pheu.records.conditions import compile_tree, rows_where
from pheu.records.fields import (
    Choice,
    Date,
    Field,
    Moment,
    MultiChoice,
    Number,
    Phone,
    Pick,
    RowPick,
    Stars,
    Tags,
    Text,
    WardPick,
    YesNo,
)
from pheu.records.models import CLOSED, ClosingReason, Pipeline, Row, Tag
from pheu.records.tests.made_up import HERE, every_kind_has_them
from pheu.records.tests.test_toy import plant_toys
from pheu.timeline.services import put

pytestmark = pytest.mark.one_worker

KINDS = [kind.code for kind in kinds.every()]
every_kind = pytest.mark.parametrize("code", KINDS)
ROWS = 14
some = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])

# The rows -----------------------------------------------------------------------------------------

TEXTS = ["", "Xi măng Hòn Đá", "xi mang hon da", "Đúc 100% _a", "a"]
DAYS = [date(2026, 2, 28), date(2026, 3, 1), date(2028, 2, 29)]
TIMES = [datetime(2026, 2, 28, hour, 30, tzinfo=HERE) for hour in (0, 12, 23)] + [datetime(2026, 3, 1, tzinfo=HERE)]


def contents(field: Field, world: "World") -> list[Any]:
    """Values that a row may hold in a field: the empty one, and a few."""
    match field:
        case Phone():
            return ["", "+842438637747", "hỏi anh Nam"]
        case WardPick():
            return ["", "00004", "26740"]
        case MultiChoice():
            codes = [value for value, _label in field.options]
            return [[], codes[:1], codes[:2], codes[1:3]]
        case Choice():
            return [field.empty, *(value for value, _label in field.options)]
        case YesNo():
            return [None, True, False]
        case Number():
            least = (
                [Decimal(0), Decimal(5), field.most]
                if field.most < 1000
                else [Decimal(0), Decimal(5), Decimal(10) ** 14]
            )
            return [None, *least] + ([Decimal("2.5")] if field.places else [])
        case Moment():
            return [None, *TIMES]
        case Date():
            return [None, *DAYS]
        case Text():
            return TEXTS
        case Tags():
            return [[], world.tags[:1], world.tags[:2], world.tags[1:]]
        case RowPick():
            return [None, *world.rows.get(field.kind, [])[:3]]
    return [None, *field.references(world.people[0])[:2]]  # type: ignore[index]


class World:
    """Some rows of every kind, with whatever their fields may hold, some of them empty."""

    def __init__(self, cast: Any) -> None:
        self.dice = random.Random(7)
        self.cast, self.people = cast, [cast.dung, cast.an]
        self.tags = [Tag.objects.create(name=name) for name in ("Bảo trì", "Đấu thầu", "Gấp")]
        self.rows: dict[str, list[Row]] = {}
        plant_toys()
        for code in KINDS:
            ClosingReason.objects.get_or_create(kind=code, category="lost", name="Đắt")
            self.rows[code] = [self._row(code, nth) for nth in range(ROWS)]
        self._give_work()

    def _row(self, code: str, nth: int) -> Row:
        kind = kinds.get(code)
        values = {one.name: self.dice.choice(contents(one, self)) for one in kind.schema if one.on_create}
        values[kind.schema.title[0]] = values[kind.schema.title[0]] or f"Tên {nth}"
        if "type" in values:
            values["type"] = values["type"] or "customer"
        who = [None, self.cast.an, self.cast.binh, self.cast.chi][nth % 4]
        values |= {"owner": who, "team": who and who.teams.get(), "department": self.cast.an.department}
        row = kind.schema.new_row(values)
        if kind.has_stages:
            stages = list(Pipeline.objects.default(code).stages.all())
            row.stage, row.open_stage = stages[nth % len(stages)], self.dice.choice([None, *stages])
            if row.stage.category in CLOSED:
                row.closed_at, row.closed_by = TIMES[nth % 4], self.cast.an
                row.reason = ClosingReason.objects.filter(kind=code).first() if nth % 2 else None
        if code == "prospect":
            row.flags = self.dice.choice([[], ["completed"], ["completed", "repeated"]])
        return put([row], by=self.cast.chi if nth % 5 == 0 else self.cast.dung)[0]

    def _give_work(self) -> None:
        what = ActivityType.objects.all()[0]
        for rows in self.rows.values():
            for nth, row in enumerate(rows[::3]):
                at = timezone.now() + timedelta(days=nth - 2)
                schedule_activity(row.record, what=what, due_at=at, assignee=self.cast.an, by=self.cast.dung)


@pytest.fixture(scope="module")
def whole_world(rows_for_all):
    with pytest.MonkeyPatch.context() as monkeypatch:
        every_kind_has_them(monkeypatch)
        return rows_for_all(lambda: World(make_cast()))


@pytest.fixture
def world(whole_world, db, monkeypatch):
    every_kind_has_them(monkeypatch)
    return deepcopy(whole_world)  # a test may hold what it has changed


# What they should answer --------------------------------------------------------------------------


def is_empty(field: Field, value: Any) -> bool:
    return value in (None, "", []) or (isinstance(field, Stars) and value == 0)


def day_of(field: Field, told: Any) -> date:
    if isinstance(field, Moment):
        return timezone.localtime(moments.read_moment(told)).date()
    return moments.read_day(told)


def said_of(field: Field, told: Any, user: Any) -> Any:
    """An operand of a condition as a Python value that compares with a row's."""
    if told == "me":
        return user.pk
    if isinstance(field, Moment):
        return moments.read_moment(told)
    if isinstance(field, Date):
        return moments.read_day(told)
    if isinstance(field, Number):
        return Decimal(str(told))
    if isinstance(field, YesNo):
        return told in (True, "true")
    if isinstance(field, Choice):
        return type(field.options[0][0])(told)
    return told


def key(value: Any) -> Any:
    return getattr(value, "pk", value)


def holds(tree: Any, kind: kinds.Kind, row: Any, user: Any, seen: dict[str, set[int]]) -> bool:
    """Whether a condition is true of a row, without a database."""
    if not tree:
        return True
    if "field" not in tree:
        [(word, inner)] = tree.items()
        if word == "not":
            return not holds(inner, kind, row, user, seen)
        return (all if word == "all" else any)(holds(one, kind, row, user, seen) for one in inner)
    field = kind.schema[tree["field"]]
    value, op = field.value(row), tree["op"]
    if op in ("empty", "filled"):
        return is_empty(field, value) == (op == "empty")
    if op == "where":
        return (
            value is not None
            and value.pk in seen[field.kind]
            and holds(tree["value"], kinds.get(field.kind), value, user, seen)
        )
    told = tree["value"]
    if op in ("within", "month") or (op == "between" and isinstance(field, Date)):
        there = timezone.localtime(value).date() if isinstance(value, datetime) else value
        return there is not None and falls(there, op, told, field)
    if op == "between":
        edges = [said_of(field, edge, user) for edge in told]
        return value is not None and min(edges) <= value <= max(edges)
    many = [said_of(field, one, user) for one in told] if isinstance(told, list) else []
    one = said_of(field, told, user) if not isinstance(told, list) else None
    keys = {key(item) for item in value} if isinstance(value, list) else set()
    if op in ("any", "all", "none"):
        return {"any": bool(keys & set(many)), "all": set(many) <= keys, "none": not keys & set(many)}[op]
    if op in ("in", "not_in"):
        return (key(value) in many) == (op == "in")
    if op == "is" and isinstance(field, Date):
        there = timezone.localtime(value).date() if isinstance(value, datetime) else value
        return there == day_of(field, told)
    if op in ("contains", "not_contains"):
        return (fold(one) in fold(value or "")) == (op == "contains")
    if op == "starts":
        return fold(value or "").startswith(fold(one))
    if op in ("is", "is_not"):
        return (value == one) == (op == "is")
    if value is None:
        return False
    return {
        "from": value >= one, "to": value <= one, "above": value > one, "below": value < one, "before": value < one,
    }[op]  # fmt: skip


def falls(day: date, op: str, told: Any, field: Field) -> bool:
    if op == "month":
        return day.month == moments.read_month(told)
    if op == "within":
        first, after = moments.read_period(told)
        return first <= day < after
    edges = [day_of(field, edge) for edge in told]
    return min(edges) <= day <= max(edges)


# What can be asked --------------------------------------------------------------------------------


def operands(field: Field, world: World) -> list[Any]:
    """Values of conditions, as JSON, those of rows and strangers."""
    match field:
        case MultiChoice() | Choice():
            return [value for value, _label in field.options]
        case YesNo():
            return [True, False, "true"]
        case Number():
            return [0, 5, "5", 100, 10**14] + (["2.5", "2.4"] if field.places else [])
        case Moment():
            return [
                "2026-02-28",
                "2026-02-28T12:30+07:00",
                "2026-02-28T17:30Z",
                {"days": 0},
                {"start": "day", "days": 1},
            ]
        case Date():
            return ["2026-02-28", "2026-03-01", {"start": "month", "months": -3}, {"days": 400}]
        case Tags():
            return [tag.pk for tag in world.tags]
        case RowPick():
            return [row.pk for row in world.rows[field.kind][:4]]
        case Pick():
            mine = ["me"] if field.cell == "person" else []
            return [*mine, *(one.pk for one in field.model._default_manager.all()[:4])]
        case Text() | Phone():
            return [*TEXTS, "HON DA", "100%", "_", "+842438637747", "a@b", "không có"]
    return []


def conditions_on(kind: kinds.Kind, field: Field, world: World) -> list[dict[str, Any]]:
    """Each operator of a field with several operands."""
    given: list[dict[str, Any]] = []
    values = operands(field, world)
    for code, operator in field.operators.items():
        asked: list[Any] = {
            "nothing": [None],
            "one": values,
            "many": [[], values[:1], values[:2], values[1:3], values],
            "two": [[values[0], values[-1]], values[1::-1], [values[0], values[0]]] if values else [],
            "period": list(moments.PERIODS),
            "month": list(moments.MONTHS),
            "condition": [{}],
        }[operator.takes]
        if operator.takes == "condition":
            other = kinds.get(field.kind)  # type: ignore[attr-defined]
            name = other.schema.title[0]
            asked += [
                {"field": name, "op": "contains", "value": "hon"},
                {"not": {"field": "owner", "op": "empty"}},
                {"field": "pipes", "op": "above", "value": 1},
                {"field": "gases", "op": "none", "value": ["so2"]},
            ]
        base = {"field": field.name, "op": code}
        given += [base if operator.takes == "nothing" else base | {"value": value} for value in asked]
    return given


def answers(kind: kinds.Kind, user: Any, tree: Any) -> set[int]:
    return set(rows_where(kind, user, tree).values_list("pk", flat=True))


def visible(user: Any) -> dict[str, set[int]]:
    return {
        kind.code: set(kind.model.objects.visible_to(user).live().values_list("pk", flat=True))
        for kind in kinds.every()
    }


def fresh_rows(kind: kinds.Kind) -> list[Any]:
    rows = kind.model.objects.select_related("record__continues")
    return list(kind.on_page(rows))


def expected(kind: kinds.Kind, rows: list[Any], user: Any, seen: dict[str, set[int]], tree: Any) -> set[int]:
    return {row.pk for row in rows if row.pk in seen[kind.code] and holds(tree, kind, row, user, seen)}


@every_kind
def test_every_operator_of_every_field_alone_and_negated(world, code):
    kind, user = kinds.get(code), world.cast.an
    seen, rows = visible(user), fresh_rows(kind)
    wrong, tried = [], 0
    for field in kind.schema:
        for tree in conditions_on(kind, field, world):
            for asked in (tree, {"not": tree}):
                found, wanted = answers(kind, user, asked), expected(kind, rows, user, seen, asked)
                tried += 1
                if found != wanted:
                    wrong.append(f"{json.dumps(asked, ensure_ascii=False)}: +{found - wanted} -{wanted - found}")
    assert tried > 100
    assert not wrong, "\n".join(wrong)


@every_kind
def test_conditions_nest_and_survive_json(world, code):
    kind, user = kinds.get(code), world.cast.an
    seen, rows = visible(user), fresh_rows(kind)
    leaves = st.sampled_from([tree for field in kind.schema for tree in conditions_on(kind, field, world)] + [{}])
    trees = st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.builds(lambda one: {"not": one}, inner),
            st.builds(lambda many: {"all": many}, st.lists(inner, max_size=3)),
            st.builds(lambda many: {"any": many}, st.lists(inner, max_size=3)),
        ),
        max_leaves=6,
    )

    @some
    @given(tree=trees)
    @example(tree={"not": {}})
    @example(tree={"any": []})
    @example(tree={"not": {"any": []}})
    @example(tree={"any": [{}, {"any": []}]})
    @example(tree={"not": {"all": [{}, {}]}})
    def nested(tree):
        wanted = expected(kind, rows, user, seen, tree)
        assert answers(kind, user, tree) == wanted
        assert answers(kind, user, json.loads(json.dumps(tree))) == wanted

    nested()


def test_where_looks_only_into_rows_that_the_person_sees(world):
    contact, an = kinds.get("contact"), world.cast.an
    hidden = standing("company", {"name": "Của Chi", "type": "customer", "owner": world.cast.chi}, by=world.cast.chi)
    with_it = standing("contact", {"full_name": "Vân", "company": hidden, "owner": an}, by=an)
    an.role.grants |= {"company": {"view": "own"}, "contact": {"view": "all"}}
    an.role.save()
    tree = {"field": "company", "op": "where", "value": {"field": "name", "op": "contains", "value": "chi"}}
    assert with_it.pk in answers(contact, world.cast.dung, tree)
    assert with_it.pk not in answers(contact, an, tree)
    assert with_it.pk in answers(contact, an, {"not": tree})


def test_me_is_whoever_looks(world):
    lead, mine = kinds.get("lead"), {"field": "owner", "op": "in", "value": ["me"]}
    for user in (world.cast.an, world.cast.binh):
        found = answers(lead, user, mine)
        assert found
        assert found == set(lead.model.objects.filter(owner=user).values_list("pk", flat=True))


def test_a_comparison_asks_for_a_value_beside_it_only_under_a_not(world):
    kind, user = kinds.get(KINDS[0]), world.cast.an
    own = next(one for one in kind.schema if one.own and isinstance(one, Number))
    least = {"field": own.name, "op": "from", "value": 1}
    range_of = {"all": [least, {"field": own.name, "op": "to", "value": 9}]}

    def asked(tree):
        return str(kind.model.objects.filter(compile_tree(kind, user, tree)).query).count("IS NOT NULL")

    assert asked(range_of) == 0
    assert asked({"any": [range_of, least]}) == 0
    assert asked({"not": least}) == 1
    assert asked({"all": [range_of, {"not": range_of}]}) == 2
