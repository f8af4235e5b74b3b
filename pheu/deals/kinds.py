"""Deals, as the engines know them."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from pheu.deals import events, schema, seeds, services
from pheu.people.models import User
from pheu.people.scopes import VIEW, Scope
from pheu.records.conditions import Tree, View
from pheu.records.kinds import Kind, Window, add_window, register
from pheu.records.models import Category
from pheu.records.shipped import ship

MINE: Tree = {"field": "owner", "op": "in", "value": ["me"]}
ENDED: Tree = {"field": "status", "op": "in", "value": [Category.WON, Category.LOST, Category.UNQUALIFIED]}
OPEN: Tree = {"field": "status", "op": "in", "value": [Category.OPEN]}
# Open deals that have not changed stage for two weeks. Open ones are not closed: said again, their index is of those.
STILL: Tree = {
    "all": [
        OPEN,
        {"field": "closed_at", "op": "empty"},
        {"field": "stage_entered_at", "op": "before", "value": {"days": -14}},
    ]
}
CLOSING_THIS_MONTH: Tree = {
    "all": [
        OPEN,
        {"field": "expected_close_on", "op": "from", "value": {"start": "month"}},
        {"field": "expected_close_on", "op": "before", "value": {"start": "month", "months": 1}},
    ]
}


def _views(user: User) -> list[View]:
    """Whoever looks after more than their team begins with everything."""
    views = [
        View("mine", _("Mine"), {"all": [MINE, OPEN]}),
        View("month", _("Closing this month"), CLOSING_THIS_MONTH),
        View("still", _("Still for 14 days"), STILL),
        View("closed", _("Closed"), ENDED),
        View("all", _("All"), {}),
    ]
    sees_more = user.scope_of("deal", VIEW) in (Scope.ALL, Scope.DEPARTMENT)
    return views[-1:] + views[:-1] if sees_more else views


ship(
    {
        "Tiếp cận": _("First contact"),
        "Xác định nhu cầu": _("Needs defined"),
        "Báo giá": _("Quoted"),
        "Đàm phán": _("Negotiation"),
        "Thành công": _("Won"),
        "Thất bại": _("Lost"),
        "Tạm dừng": _("On hold"),
        "Xác nhận cơ hội": _("Deal confirmed"),
        "Đề xuất": _("Proposal"),
        "Kết thúc hợp đồng": _("Contract signed"),
    }
)


def _on_page(rows: Any) -> Any:
    """With whom to call: the numbers and addresses of its customer."""
    return rows.with_facts(*(f"{who}__{column}" for who in ("company", "contact") for column in ("phone", "email")))


DEAL = register(
    Kind(
        code="deal",
        prefix="CH",
        label=_("Deal"),
        plural=_("Deals"),
        icon="filter",
        fields=schema.DEAL,
        family="work",
        served_by="serves_deals",
        entered=services.note_wins,
        stage_events=events.OF_STAGES,
        needs=(Category.OPEN, Category.WON, Category.LOST),
        templates={seeds.NAME: seeds.STAGES, seeds.OTHER_NAME: seeds.OTHER_STAGES},
        views=_views,
        on_page=_on_page,
        empty=_("Chances to sell. Convert a lead, or make one for a customer who came back."),
    )
)


add_window("company", Window("deal", "company"))
add_window("contact", Window("deal", "contact"))
