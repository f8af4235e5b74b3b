"""Conditions against plain Python: every operator of every field of every kind, alone, negated and nested; and what
nobody can ask is refused in words.
"""

import contextlib
import json
import random
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import quote_plus

import pytest
from django.http import QueryDict
from django.utils import timezone
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pheu.activities.models import ActivityType
from pheu.activities.services import schedule_activity
from pheu.conftest import standing
from pheu.core.vietnamese.text import fold
from pheu.records import kinds, moments, schema
from pheu.records.chips import chips_of
from pheu.records.conditions import (
    DEEPEST,
    MOST_PARTS,
    MOST_VALUES,
    BadCondition,
    list_url,
    parts_of_address,
    rows_where,
    tree_of,
)
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
    YesNo,
)
from pheu.records.models import CLOSED, ClosingReason, Pipeline, Row, Tag
from pheu.records.tests.made_up import FIELDS, HERE, OURS
from pheu.records.tests.test_toy import plant_toys
from pheu.timeline.services import put

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


@pytest.fixture
def world(cast, monkeypatch):
    monkeypatch.setattr(schema, "_sources", [])
    schema.add_source(lambda code, pipeline: OWN)
    return World(cast)


# Every kind gets the made-up fields, the same objects each time.
OWN = tuple((OURS, one) for one in FIELDS)


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


# What cannot be asked -----------------------------------------------------------------------------


def deep(depth: int, tree: Any) -> Any:
    for _level in range(depth):
        tree = {"not": tree}
    return tree


EMPTY = {"field": "owner", "op": "empty"}


def asks(field: str, op: str, *values: Any) -> list[dict[str, Any]]:
    """The same comparison with each of these values."""
    return [{"field": field, "op": op, "value": value} for value in values]


def asks_in(field: str, *values: Any) -> list[dict[str, Any]]:
    return asks(field, "in", *([value] for value in values))


NAN = float("nan")
HOSTILE = {
    "no object": [None, [], 0, 1, True, "", "all", 1.5, NAN, [EMPTY], [[]]],
    "no such word": [{"none": []}, {"all": [], "any": []}, {"ALL": []}, {"": []}, {"field2": 1}],
    "no list": [{"all": {}}, {"any": None}, {"all": "x"}, {"any": 5}, {"not": []}, {"not": None}, {"not": [EMPTY]}],
    "no such field": [
        {"field": name, "op": "empty"}
        for name in ("", "x", "pk", "record__search", "own", "__class__", None, 5, [], {})
    ],
    "no such operator": [
        {"field": "owner"},
        *({"field": "owner", "op": op} for op in ("", "exact", "is", None, 5, [], {}, "where__x")),
    ],
    "more than asked": [EMPTY | {"x": 1}, EMPTY | {"not": {}}, {"field": "owner", "op": "empty", "all": []}],
    "no list of values": [{"field": "owner", "op": "in"}, *asks("owner", "in", None, 5, "5", {"5": 1}, True)],
    "no id": asks_in("owner", None, True, 1.5, -1, "x", "٣", 10**30, "1" * 30, [], {}, NAN, "\0", [[1]]),
    "too many": [{"field": "owner", "op": "in", "value": [1] * (MOST_VALUES + 1)}, {"all": [EMPTY] * (MOST_PARTS + 1)}],
    "too deep": [deep(DEEPEST + 2, EMPTY), deep(2000, EMPTY), {"all": [deep(DEEPEST + 1, EMPTY)]}],
    "no number": [
        *asks("expected_amount", "from", None, True, 1.5, [], {}, 10**19, "1" * 25, "12.5", "x", "\0"),
        *asks("expected_amount", "is", "NaN", "sNaN", "Infinity", "-Infinity", "1E+30", "1E+999999", "-1E-999999"),
    ],
    "no day": [
        *asks("expected_close_on", "is", None, 5, "", "x", "\0", [], "2026-02-30", "2026-13-01", "2026-11-30T09:00"),
        *asks("expected_close_on", "before", "0001-01-01", "9999-12-31", {"start": "x"}, {"start": []}, {"x": 1}),
        *asks("expected_close_on", "from", {"days": "1"}, {"days": 1.5}, {"days": True}, {"days": 10**9}),
        *asks("expected_close_on", "from", {"months": 4800}, {"weeks": -4801}),
    ],
    "no moment": [
        *asks("created_at", "before", None, 5, "", "hôm qua", "2026-11-30T25:00", ["2026-11-30"]),
        *asks("created_at", "before", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00+23:59"),
        *asks("created_at", "from", {"start": None}, {"days": None}, {"days": NAN}),
    ],
    "no text": asks("name", "contains", None, 5, True, [], {}, "x" * 301, "a\0b", "\ud800"),
    "not in the list": [*asks_in("status", "x", 1, None, [], {}, ["new"]), *asks_in("priority", "9", -1, None)],
    "not yes or no": asks_in("is_urgent", "x", 2, None, [], {}, NAN),
    "no condition": [
        {"field": "company", "op": "where"},
        {"field": "source", "op": "where", "value": {}},
        {"field": "owner", "op": "where", "value": {}},
        {"field": "stage", "op": "where", "value": {}},
        *asks("company", "where", None, 5, [], "x", {"field": "need", "op": "empty"}, {"not": 5}),
    ],
}


@pytest.mark.parametrize("what", HOSTILE)
def test_what_cannot_be_asked_is_refused_in_words(an, monkeypatch, what):
    monkeypatch.setattr(schema, "_sources", [])
    schema.add_source(lambda code, pipeline: OWN)
    for tree in HOSTILE[what]:
        for asked in (tree, {"all": [tree]}, {"not": {"any": [EMPTY, tree]}}):
            with pytest.raises(BadCondition) as refused:
                list(rows_where(kinds.get("lead"), an, asked))
            assert str(refused.value).strip()
            assert refused.value.status == 422


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
    | st.sampled_from(["field", "op", "value", "all", "any", "not", "owner", "in", "me", "where", "company", "start"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["field", "op", "value", "all", "any", "not", "x", "days", "start"]), inner, max_size=3
    ),
    max_leaves=8,
)  # fmt: skip


def test_whatever_json_comes_is_answered_or_refused(an, monkeypatch):
    lead = kinds.get("lead")
    names = st.sampled_from([one.name for one in lead.schema])
    codes = st.sampled_from(sorted({code for one in lead.schema for code in one.operators}))

    @settings(max_examples=400)
    @given(tree=JSON | st.fixed_dictionaries({"field": names, "op": codes, "value": JSON}))
    def asked(tree):
        with contextlib.suppress(BadCondition):
            list(rows_where(lead, an, tree))

    asked()


# Addresses ----------------------------------------------------------------------------------------


def test_an_address_narrows_the_list_and_its_chips_say_how(client, an, binh):
    lead = kinds.get("lead")
    near = {"name": "Gần", "owner": an, "expected_close_on": date(2026, 10, 1)}
    rows = [
        lead.create(near, by=an),
        lead.create(near | {"name": "Xa", "expected_close_on": date(2027, 5, 1)}, by=an),
        lead.create(near | {"name": "Của Bình", "owner": binh}, by=binh),
    ]
    rows[0] = kinds.get("lead").change(rows[0], {"priority": (0, 2)}, by=an)
    client.force_login(an)
    address = "/leads/?tab=all&created_at.from=2026-09-01&expected_close_on.before=2026-12-31&status=working&owner=me"
    page = client.get(address)
    listing = page.context["listing"]
    assert listing.rows == [rows[0]]
    assert {(str(chip.field.label), chip.values) for chip in chips_of(listing)} == {
        ("Ngày tạo", "từ 01/09/2026 00:00"),
        ("Ngày dự kiến hoàn thành", "trước 31/12/2026"),
        ("Trạng thái", "Đang xử lý"),
        ("Người phụ trách", str(an)),
    }
    for chip in chips_of(listing):
        assert chip.values in page.text
        without = client.get(f"/leads/{chip.without}").context["listing"]
        assert len(chips_of(without)) == 3
        assert chip.field not in without.filtered_fields


@pytest.mark.parametrize(
    ("address", "asked"),
    [
        ("created_at.from=2026-09-01&created_at.from=2026-10-01", {"created_at.from": ("from", "2026-10-01")}),
        ('created_at.from={"days":-3}', {"created_at.from": ("from", {"days": -3})}),
        ("created_at.from={days", {}),  # no JSON, so a text, and that is no moment
        ("created_at.from=", {}),
        ("created_at.empty=1", {"created_at.empty": ("empty", "1")}),
        ("owner=me&owner=x&owner=&owner=3", {"owner": ("in", ["me", "3"])}),
        ("owner.not_in=x", {"owner.not_in": ("not_in", [])}),
        ("owner.empty=", {"owner.empty": ("empty", None)}),
        ("company.where={}", {}),
        ("owner.nothing=1&no_field=1&tab=all&=1", {}),
    ],
)
def test_of_an_address_only_what_can_be_asked_is_read(an, address, asked):
    parts = parts_of_address(kinds.get("lead"), an, QueryDict(address))
    assert {key: (part.name, part.value) for key, part in parts} == asked


def test_of_many_values_of_an_address_so_many_are_read_as_a_condition_takes(an):
    address = QueryDict("&".join(f"owner={number}" for number in range(1, MOST_VALUES + 10)))
    [(_key, part)] = parts_of_address(kinds.get("lead"), an, address)
    assert part.value == [str(number) for number in range(1, MOST_VALUES + 1)]
    list(rows_where(kinds.get("lead"), an, tree_of(part)))


def test_what_is_just_small_enough_is_asked(an):
    lead = kinds.get("lead")
    for tree in (
        deep(DEEPEST, EMPTY),
        {"all": [EMPTY] * (MOST_PARTS - 1)},
        {"field": "owner", "op": "in", "value": [1] * MOST_VALUES},
    ):
        list(rows_where(lead, an, tree))


def test_a_chip_calls_a_record_by_its_name(client, an):
    company = kinds.get("company").create({"name": "Xi măng Hòn Đá", "type": "customer", "owner": an}, by=an)
    client.force_login(an)
    [chip] = chips_of(client.get(f"/leads/?tab=all&company={company.pk}").context["listing"])
    assert chip.values == "Xi măng Hòn Đá"
    [chip] = chips_of(client.get("/leads/?tab=all&company=999999").context["listing"])
    assert chip.values == "999999"  # which nobody may see: no name, and no rows


# Conditions in addresses --------------------------------------------------------------------------


def test_a_condition_in_the_address_narrows_list_and_board_and_is_one_chip(client, an, lead):
    kind = kinds.get("lead")
    other = kind.create({"name": "Khác", "owner": an}, by=an)
    tree = {"any": [{"field": "name", "op": "is", "value": "Khác"}, {"not": {"field": "owner", "op": "filled"}}]}
    where = json.dumps(tree, ensure_ascii=False)
    client.force_login(an)
    page = client.get("/leads/", {"tab": "all", "where": where})
    assert page.context["listing"].rows == [other]
    [chip] = chips_of(page.context["listing"])
    assert str(chip.label) == "Điều kiện"
    assert chip.values == "Tên tiềm năng là Khác hoặc (không phải (Người phụ trách có giá trị))"
    assert "Điều kiện" in page.text
    assert len(client.get(f"/leads/{chip.without}").context["listing"].rows) == 2
    assert 'name="where"' in page.text  # a filter chosen from here keeps it
    board = client.get("/leads/board/", {"where": where}).text
    assert f'id="lead-{other.pk}"' in board
    assert f'id="lead-{lead.pk}"' not in board
    nothing = client.get("/leads/", {"tab": "all", "where": '{"any": []}'})
    assert nothing.context["listing"].rows == []


@pytest.mark.parametrize(
    "where",
    ["{", "null", "[]", "5", "NaN", '"x"', '{"field": "x", "op": "empty"}', "[" * 3000, '{"all": [' * 500, "x" * 5000,
     '{"all": ' + "[" + ",".join(['{"field": "owner", "op": "empty"}'] * 201) + "]}"],
    ids=lambda where: where[:20],
)  # fmt: skip
def test_a_condition_that_is_none_is_refused_in_words(client, an, where):
    client.force_login(an)
    for address in ("/leads/", "/leads/board/"):
        answer = client.get(address, {"where": where})
        assert answer.status_code == 422
        assert "refused.html" in [template.name for template in answer.templates]


def test_numbers_lead_to_readable_addresses_where_they_can(an):
    def url(tree):
        return list_url(kinds.get("lead"), tree)

    status = {"field": "status", "op": "in", "value": ["new", "working"]}
    made = {"field": "created_at", "op": "from", "value": "2026-09-01"}
    assert url(status) == "/leads/?tab=all&status=new&status=working"
    assert url({"all": [status, made]}) == "/leads/?tab=all&status=new&status=working&created_at.from=2026-09-01"
    assert url({"field": "owner", "op": "empty"}) == "/leads/?tab=all&owner.empty=1"
    relative = {"field": "created_at", "op": "from", "value": {"days": -7}}
    assert url(relative) == "/leads/?tab=all&created_at.from=" + quote_plus('{"days":-7}')
    named = {"any": [{"field": "name", "op": "is", "value": "Hòn Đá"}]}
    said = quote_plus('{"any":[{"field":"name","op":"is","value":"Hòn Đá"}]}')  # letters as they are: readable, short
    assert url(named) == f"/leads/?tab=all&where={said}"
    for tree in ({"any": [status, made]}, {"all": [status, status]}, {"field": "owner", "op": "in", "value": []},
                 {"field": "company", "op": "where", "value": {}}, {"not": status}):  # fmt: skip
        assert "where=" in url(tree)
