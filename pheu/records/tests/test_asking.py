"""What a list is asked by an address or a program: what cannot be asked is refused in words, the rest narrows."""

import contextlib
import json
from datetime import date
from typing import Any
from urllib.parse import quote_plus

import pytest
from django.http import QueryDict
from hypothesis import given, settings
from hypothesis import strategies as st

from pheu.records import kinds
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
from pheu.records.tests.made_up import every_kind_has_them

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
    every_kind_has_them(monkeypatch)
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
