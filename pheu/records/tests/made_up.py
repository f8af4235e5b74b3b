"""Fields that a company might add to leads, one of each type, and what a browser sends of a drawn form."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from pheu.records import schema
from pheu.records.fields import Choice, Date, Field, Moment, Money, MultiChoice, Number, Text, YesNo
from pheu.records.models import Record
from pheu.records.schema import Group

HERE = ZoneInfo("Asia/Ho_Chi_Minh")
SHOWN: dict[str, Any] = {"own": True, "filterable": True, "in_list": True, "on_card": True}
SORTED: dict[str, Any] = {"sortable": True, **SHOWN}
FIELDS: tuple[Field, ...] = (
    Text(name="hall", label="Nhà xưởng", **SORTED),
    Number(name="pipes", label="Số ống khói", places=1, **SORTED),
    Money(name="deposit", label="Tiền cọc", **SORTED),
    Date(name="visit_on", label="Ngày khảo sát", **SORTED),
    Moment(name="call_at", label="Giờ gọi", **SORTED),
    YesNo(name="is_urgent", label="Làm gấp", **SORTED),
    Choice(name="line", label="Dây chuyền", options=[("a", "Dây A"), ("b", "Dây B")], **SORTED),
    MultiChoice(name="gases", label="Khí cần đo", options=[("so2", "SO₂"), ("nox", "NOₓ"), ("co", "CO")], **SHOWN),
)
NAMES = [one.name for one in FIELDS]
# The same contents in every form that they take: {name: (typed, value, kept in `own`, shown)}.
CONTENTS: dict[str, tuple[Any, Any, Any, str]] = {
    "hall": ("Xưởng  Đúc", "Xưởng Đúc", "Xưởng Đúc", "Xưởng Đúc"),
    "pipes": ("2.5", Decimal("2.5"), "2.5", "2,5"),
    "deposit": ("1,5 triệu", Decimal(1_500_000), 1_500_000, "1.500.000"),
    "visit_on": ("30/11/2026", date(2026, 11, 30), "2026-11-30", "30/11/2026"),
    "call_at": (
        "30/11/2026 09:15",
        datetime(2026, 11, 30, 9, 15, tzinfo=HERE),
        "2026-11-30T09:15:00+07:00",
        "30/11/2026 09:15",
    ),
    "is_urgent": ("true", True, True, "Có"),
    "line": ("b", "b", "b", "Dây B"),
    "gases": (["so2", "co"], ["so2", "co"], ["so2", "co"], "SO₂, CO"),
}
KEPT = {name: kept for name, (_typed, _value, kept, _shown) in CONTENTS.items()}
VALUES = {name: value for name, (_typed, value, _kept, _shown) in CONTENTS.items()}
# Something else for each.
OTHERS: dict[str, tuple[Any, Any]] = {
    "hall": ("Xưởng Cán", "Xưởng Cán"),
    "pipes": ("4", 4),
    "deposit": ("2.000.000", 2_000_000),
    "visit_on": ("01/12/2026", "2026-12-01"),
    "call_at": ("01/12/2026 10:00", "2026-12-01T10:00:00+07:00"),
    "is_urgent": ("false", False),
    "line": ("a", "a"),
    "gases": (["nox"], ["nox"]),
}


OURS, THEIRS = Group("survey", "Khảo sát"), Group("requirements", "")


def of_leads(kind: str, pipeline: int | None) -> Iterable[tuple[Group, Field]]:
    """Some stand in a group of the product, some in one of their own."""
    return [(THEIRS if one.name == "hall" else OURS, one) for one in FIELDS] if kind == "lead" else []


class _Form(HTMLParser):
    def __init__(self, of: str) -> None:
        super().__init__()
        self.of, self.sent = of, dict[str, list[str]]()
        self.inside, self.select, self.area = False, "", ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name, value = given.get("name") or "", given.get("value") or ""
        if tag == "form":
            self.inside = self.of in (given.get("id"), given.get("class"))
        if not self.inside:
            return
        if tag == "select":
            self.select = name
        elif tag == "option" and "selected" in given:
            self.sent.setdefault(self.select, []).append(value)
        elif tag == "textarea":
            self.area, self.sent[name] = name, [""]
        elif tag == "input" and name and (given.get("type") not in ("checkbox", "radio") or "checked" in given):
            self.sent.setdefault(name, []).append(value)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False
        elif tag == "textarea" and self.area:
            self.sent[self.area] = [self.sent[self.area][0].removeprefix("\n")]
            self.area = ""

    def handle_data(self, data: str) -> None:
        if self.inside and self.area:
            self.sent[self.area] = [self.sent[self.area][0] + data]


def sent_by(page: str, form: str = "fields-form") -> dict[str, list[str]]:
    """What a browser sends of the form of this id or class, if nobody touches it."""
    reader = _Form(form)
    reader.feed(page)
    assert reader.sent, f"there is no form {form}"
    return reader.sent


def made_by(row: Any, user: Any) -> None:
    """Let a row have been made by somebody else: who made one keeps seeing it."""
    for model in (type(row), Record):
        model._default_manager.filter(pk=row.pk).update(created_by=user)


EVERYWHERE = tuple((OURS, one) for one in FIELDS)  # the same objects each time


def every_kind_has_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "_sources", [])
    schema.add_source(lambda code, pipeline: EVERYWHERE)
