"""Hand-out rules and rules of return travel with the configuration, by words instead of ids."""

import json
from typing import Any

import pytest

from pheu.automation.models import HandOutRule, Patience
from pheu.automation.rules import DuplicateRules
from pheu.conftest import nothing_changes
from pheu.core import shape
from pheu.core.errors import DomainError, Refused
from pheu.parties.models import Source
from pheu.quality.models import DuplicateRule
from pheu.records.models import Pipeline
from pheu.setup import lists
from pheu.setup.configuring import add_item
from pheu.setup.portable import exported, import_config


@pytest.fixture
def out(cast: Any) -> dict[str, Any]:
    rules, by = lists.get("lead-rules"), cast.dung
    north, source = cast.an.teams.get(), Source.objects.get(name="Hội thảo")
    condition = {
        "all": [
            {"field": "source", "op": "in", "value": [str(source.pk)]},
            {
                "any": [
                    {"field": "company_name", "op": "contains", "value": "xi măng"},
                    {"field": "need", "op": "empty"},
                ]
            },
        ]
    }
    values = {"team": north, "condition": condition, "way": "least", "on_new": False}
    add_item(rules, {"name": "Hội thảo", **values, "people": [cast.an]}, by=by)
    add_item(rules, {"name": "Chỉ của Bình", "people": [cast.binh]}, by=by)
    mine = {"field": "created_by", "op": "in", "value": [cast.an.pk]}
    add_item(rules, {"name": "Của An tạo", "team": north, "condition": mine}, by=by)
    pipeline = Pipeline.objects.default("lead")
    for about, days in ((pipeline, 20), (None, 30)):
        add_item(lists.get("returns"), {"pipeline": about, "days": days, "warn_days": 3}, by=by)
    return json.loads(json.dumps(exported()))


def forget() -> None:
    HandOutRule.objects.all().delete()
    Patience.objects.all().delete()
    shape.changed()


def test_they_come_to_another_company_as_they_were(out, cast):
    """People do not travel: a rule goes by the members of its team there."""
    assert "@" not in json.dumps(out) and str(cast.an) not in json.dumps(out, ensure_ascii=False)
    assert [one["name"] for one in out["hand_out_rules"]["lead"]] == ["Hội thảo", "Của An tạo"]
    assert import_config(out, by=cast.dung) == []
    forget()
    lines = import_config(out, by=cast.dung)
    assert any("Hội thảo" in line for line in lines)
    rule = HandOutRule.objects.get(name="Hội thảo")
    source = Source.objects.get(name="Hội thảo")
    assert rule.condition["all"][0] == {"field": "source", "op": "in", "value": [source.pk]}
    assert (rule.team, rule.way, rule.on_new, rule.people.count()) == (cast.an.teams.get(), "least", False, 0)
    assert HandOutRule.objects.get(name="Của An tạo").condition["value"] == []
    found = [(one.pipeline, one.days, one.warn_days) for one in Patience.objects.order_by("days")]
    assert found == [(Pipeline.objects.default("lead"), 20, 3), (None, 30, 3)]
    assert exported() == out


@pytest.mark.parametrize(
    ("part", "told"),
    [
        ("hand_out_rules", {"nothing": []}),
        ("hand_out_rules", {"lead": [{"name": "x", "team": "Không có"}]}),
        ("hand_out_rules", {"lead": [{"name": "x", "team": "Miền Bắc", "condition": {"field": "gone", "op": "in"}}]}),
        ("hand_out_rules", {"lead": [{"name": "x", "team": "Miền Bắc", "condition": "all"}]}),
        ("hand_out_rules", {"lead": "x"}),
        ("returns", [{"kind": "lead", "pipeline": "Không có"}]),
        ("duplicate_rules", {"nothing": []}),
        ("duplicate_rules", {"lead": [{"name": "x", "criteria": ["khong_co"]}]}),
        ("duplicate_rules", {"lead": [{"name": "x", "criteria": []}]}),
        ("duplicate_rules", {"contact": [{"name": "x", "criteria": ["tax"]}]}),
        ("duplicate_rules", {"lead": [{"name": "x", "criteria": "tax"}]}),
        ("duplicate_rules", {"lead": [{"name": "x"}]}),
        ("duplicate_rules", {"lead": [{"name": "x", "criteria": ["tax"], "kind": "deal"}]}),
        ("returns", [{"kind": "lead", "pipeline": "Tiềm năng", "days": 0, "warn_days": 0, "is_active": True}]),
    ],
)
def test_what_cannot_be_is_refused_in_words(cast, part, told):
    with nothing_changes(), pytest.raises(DomainError):
        import_config({"pheu": 1, part: told}, by=cast.dung)


def test_duplicate_rules_come_with_their_order_and_whether_they_block(cast):
    """R1.32: what is there under another name is not made once more; one that the file does not name stays."""
    leads, by = DuplicateRules.of("lead"), cast.dung
    add_item(leads, {"name": "Tên + Email", "criteria": ["company", "email"], "blocks": True}, by=by)
    add_item(leads, {"name": "Điện thoại", "criteria": ["phone"], "is_active": False}, by=by)
    add_item(DuplicateRules.of("company"), {"name": "MST", "criteria": ["tax"]}, by=by)
    told = json.loads(json.dumps(exported()))
    assert import_config(told, by=by) == []
    DuplicateRule.objects.all().delete()
    add_item(leads, {"name": "Website", "criteria": ["website"]}, by=by)
    add_item(leads, {"name": "Số máy", "criteria": ["phone"], "blocks": True}, by=by)
    lines = import_config(told, by=by)
    assert any("Tên + Email" in line for line in lines)
    assert [(one.name, one.criteria, one.blocks, one.is_active) for one in leads.items] == [
        ("Website", ["website"], False, True),
        ("Tên + Email", ["company", "email"], True, True),
        ("Điện thoại", ["phone"], False, False),
    ]
    assert exported()["duplicate_rules"]["company"] == told["duplicate_rules"]["company"]


def test_nobody_else_brings_duplicate_rules_in(cast):
    told = {"pheu": 1, "duplicate_rules": {"lead": [{"name": "x", "criteria": ["tax"]}]}}
    with nothing_changes(), pytest.raises(Refused):
        import_config(told, by=cast.an)
