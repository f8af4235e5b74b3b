"""To whom the demo company hands leads: customer care has the new ones first (R0.39), rules deal them out; its bin."""

from datetime import date, timedelta
from typing import Any

from pheu.automation.rules import RETURNS, DuplicateRules, HandOutRules
from pheu.home.demo.office import Office
from pheu.leads.models import Lead
from pheu.people.models import Team, User
from pheu.people.scopes import ARCHIVE
from pheu.records.models import Category, Pipeline
from pheu.setup.configuring import add_item
from pheu.setup.staffing import add_time_off
from pheu.timeline.archiving import archive

CARE = "CSKH"
# When two records are the same: (kind, what the rule is called, in what, whether nobody saves the second one).
SAME = [
    ("company", "Trùng mã số thuế", ["tax"], True),
    ("company", "Trùng tên công ty", ["company"], False),
    ("contact", "Trùng email", ["email"], False),
    ("lead", "Trùng số điện thoại", ["phone"], False),
    ("lead", "Trùng tên và địa chỉ", ["company", "address"], False),
]
PUT_AWAY = 6  # leads in the recycle bin
# By hand, when customer care hands on: (what the rule is called, the request types, the team, how).
HANDED_ON = [
    ("Khí thải về Miền Bắc", "khí thải", "Miền Bắc", "turns"),
    ("Nước về Miền Nam", "nước", "Miền Nam", "least"),
]


def lay_down_rules(office: Office, *, today: date) -> None:
    """A team of customer care, the rules, when leads would go back, and who is away next week."""
    by, care = office.staff["dung"], [office.staff["hanh"], office.staff["nhu"]]
    team = Team.objects.create(name=CARE, leader=care[0], serves_deals=False)
    team.members.set(care)
    for name, word, place, way in HANDED_ON:
        types = [row.pk for called, row in office.request_types.items() if word in called]
        condition = {"all": [{"field": "request_type", "op": "in", "value": types}]}
        _rule(by, name, team=office.staff.teams[place], condition=condition, way=way, on_new=False)
    _rule(by, "Tiềm năng mới: CSKH xử lý trước", team=team, way="team", on_new=True)
    patience = {"pipeline": Pipeline.objects.default("lead"), "days": 30, "warn_days": 3, "is_active": False}
    add_item(RETURNS, patience, by=by)
    for kind, name, criteria, blocks in SAME:
        add_item(DuplicateRules.of(kind), {"name": name, "criteria": criteria, "blocks": blocks}, by=by)
    my, begins, ends = office.staff["my"], today + timedelta(days=3), today + timedelta(days=7)
    add_time_off(my, begins_on=begins, ends_on=ends, reason="Nghỉ phép năm", by=by)


def tidy_up(office: Office) -> None:
    """Some of what came to nothing long ago is in the recycle bin (D19)."""
    by = office.staff["binh"]
    gone = Lead.objects.within(by, ARCHIVE).filter(stage__category=Category.UNQUALIFIED).order_by("pk")
    archive(list(gone[:PUT_AWAY]), by=by)


def _rule(by: User, name: str, **values: Any) -> None:
    add_item(HandOutRules.of("lead"), {"name": name, **values}, by=by)
