"""Leads, as the engines know them."""

from typing import Any

from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from pheu.activities.models import Activity
from pheu.leads import events, schema, seeds
from pheu.leads.models import Lead
from pheu.people.models import User
from pheu.people.scopes import VIEW, Scope
from pheu.records.conditions import LATE, Tree, View
from pheu.records.kinds import Kind, Window, add_window, register
from pheu.records.models import Category, Stage
from pheu.records.shipped import ship

OPEN: Tree = {"field": "status", "op": "in", "value": [Category.NEW, Category.WORKING]}
MINE: Tree = {"field": "owner", "op": "in", "value": ["me"]}


def _views(user: User) -> list[View]:
    """Whoever sees no more than their own and their team's begins with their own."""
    views = [
        View("mine", _("Mine"), {"all": [MINE, OPEN]}),
        View("free", _("Nobody's yet"), {"all": [{"field": "owner", "op": "empty"}, OPEN]}),
        View("overdue", _("Overdue"), LATE),
        View("all", _("All"), {}),
    ]
    return views[-1:] + views[:-1] if user.scope_of("lead", VIEW) == Scope.ALL else views


def _closing_url(lead: Lead, stage: Stage) -> str:
    """Whom a converted lead goes to is asked by the conversion."""
    return f"{reverse('lead-conversion', args=[lead.pk])}?to={stage.pk}" if stage.category == Category.CONVERTED else ""


def _on_page(rows: Any) -> Any:
    return rows.with_facts().annotate(has_activity=Exists(Activity.objects.done().filter(record=OuterRef("pk"))))


ship(
    {
        "Mới": _("New"),
        "Đang xử lý": _("Working"),
        "Đã chuyển đổi": _("Converted"),
        "Không phù hợp": _("Not suitable"),
        "Liên hệ lần đầu": _("First contact"),
        "Đánh giá nhu cầu": _("Needs assessed"),
        "Thương lượng": _("Bargaining"),
        "Chuyển đổi thành cơ hội": _("Converted to a deal"),
    }
)

# Whose new leads are New, and become Working by the first act (D14); each ends in one of two ways.
CATEGORIES = (Category.NEW, Category.WORKING, Category.CONVERTED, Category.UNQUALIFIED)

LEAD = register(
    Kind(
        code="lead",
        prefix="TN",
        label=_("Lead"),
        plural=_("Leads"),
        icon="star",
        fields=schema.LEAD,
        family="work",
        served_by="serves_leads",
        closing_url=_closing_url,
        stage_events=events.OF_STAGES,
        categories=CATEGORIES,
        needs=CATEGORIES,
        templates={seeds.NAME: seeds.STAGES, seeds.OTHER_NAME: seeds.OTHER_STAGES},
        views=_views,
        on_page=_on_page,
        empty=_("People and companies with a need. Make one when somebody calls, or convert raw prospects."),
    )
)


# A company or contact is visible to whoever may see one of its leads (design.md 3).
add_window("company", Window("lead", "company"))
add_window("contact", Window("lead", "contact"))
