"""Leads, as the engines know them."""

from typing import Any

from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from pheu.activities.models import Activity
from pheu.leads import schema, services
from pheu.leads.models import Lead
from pheu.people.models import User
from pheu.records.kinds import Kind, add_window, register
from pheu.records.lists import Tab
from pheu.records.models import CLOSED, Category, Stage

OPEN = (Category.NEW, Category.WORKING)


def _tabs(user: User) -> list[Tab]:
    tabs = [
        Tab("mine", _("Mine"), lambda rows: rows.filter(owner=user.pk, stage__category__in=OPEN)),
        Tab("free", _("Nobody's yet"), lambda rows: rows.filter(owner=None, stage__category__in=OPEN)),
        Tab(
            "overdue",
            _("Overdue"),
            lambda rows: rows.filter(record__next_activity_at__lt=timezone.now()).exclude(stage__category__in=CLOSED),
        ),
        Tab("all", _("All")),
    ]
    return tabs[-1:] + tabs[:-1] if user.role.code in ("viewer", "admin") else tabs


def _closing_url(lead: Lead, stage: Stage) -> str:
    if stage.category == Category.CONVERTED:
        return reverse("lead-conversion", args=[lead.pk])
    return reverse("lead-closing", args=[lead.pk]) if stage.category == Category.UNQUALIFIED else ""


def _prefetch(rows: Any) -> Any:
    return rows.select_related("stage", "label", "source", "request_type").prefetch_related("record__tags")


def with_stages(rows: Any) -> Any:
    """What the stage bar and the closing buttons of a record page draw."""
    return rows.select_related("stage__pipeline", "reason", "closed_by").prefetch_related("stage__pipeline__stages")


def _on_page(rows: Any) -> Any:
    return (
        with_stages(rows)
        .select_related("company", "contact")
        .annotate(has_activity=Exists(Activity.objects.done().filter(record=OuterRef("pk"))))
    )


LEAD = register(
    Kind(
        code="lead",
        prefix="TN",
        label=_("Lead"),
        plural=_("Leads"),
        icon="star",
        schema=schema.LEAD,
        create=services.create_lead,
        change=services.change_lead,
        move=services.move_lead,
        closing_url=_closing_url,
        tabs=_tabs,
        prefetch=_prefetch,
        on_page=_on_page,
        empty=_("People and companies with a need. Make one when somebody calls, or convert raw prospects."),
    )
)


def _through_leads(column: str) -> Any:
    return lambda user: Lead.objects.visible_to(user).exclude(**{column: None}).order_by().values(column)


# A company or contact is visible to whoever may see one of its leads (design.md 3).
add_window("company", _through_leads("company"))
add_window("contact", _through_leads("contact"))
