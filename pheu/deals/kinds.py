"""Deals, as the engines know them."""

from datetime import timedelta
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from pheu.deals import schema, services
from pheu.deals.models import Deal
from pheu.leads.kinds import with_stages
from pheu.people.models import User
from pheu.records.kinds import Kind, add_window, register
from pheu.records.lists import Tab
from pheu.records.models import Category, Stage

STILL_AFTER = timedelta(days=14)


def open_deals(rows: Any) -> Any:
    return rows.filter(stage__category=Category.OPEN)


def standing_still(rows: Any) -> Any:
    """Open deals that have not changed stage for two weeks."""
    return open_deals(rows).filter(stage_entered_at__lt=timezone.now() - STILL_AFTER)


def _closing_this_month(rows: Any) -> Any:
    today = timezone.localdate()
    return open_deals(rows).filter(expected_close_on__year=today.year, expected_close_on__month=today.month)


def _tabs(user: User) -> list[Tab]:
    everything = [Tab("all", _("All"))]
    mine = [
        Tab("mine", _("Mine"), lambda rows: rows.filter(owner=user.pk)),
        Tab("month", _("Closing this month"), _closing_this_month),
        Tab("still", _("Still for 14 days"), standing_still),
    ]
    return everything + mine if user.role.code in ("viewer", "admin", "manager") else mine + everything


def _closing_url(deal: Deal, stage: Stage) -> str:
    if stage.category in (Category.LOST, Category.UNQUALIFIED):
        return f"{reverse('deal-closing', args=[deal.pk])}?to={stage.pk}"
    return ""


def _prefetch(rows: Any) -> Any:
    return rows.select_related("stage", "label", "source", "request_type", "company", "contact").prefetch_related(
        "record__tags"
    )


DEAL = register(
    Kind(
        code="deal",
        prefix="CH",
        label=_("Deal"),
        plural=_("Deals"),
        icon="filter",
        schema=schema.DEAL,
        create=services.create_deal,
        change=services.change_deal,
        move=services.move_deal,
        closing_url=_closing_url,
        tabs=_tabs,
        prefetch=_prefetch,
        on_page=with_stages,
        empty=_("Chances to sell. Convert a lead, or make one for a customer who came back."),
    )
)


def _through_deals(column: str) -> Any:
    return lambda user: Deal.objects.visible_to(user).exclude(**{column: None}).order_by().values(column)


add_window("company", _through_deals("company"))
add_window("contact", _through_deals("contact"))
