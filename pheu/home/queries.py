"""What the start page counts and lists: everything through `visible_to`, each question one query."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, F, Q, Sum
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from pheu.activities.models import Activity
from pheu.deals.kinds import DEAL, STILL
from pheu.deals.models import Conversion, Deal
from pheu.leads.models import Lead
from pheu.people.models import User
from pheu.people.scopes import VIEW, nobodys_q
from pheu.records.conditions import rows_where
from pheu.records.models import CLOSED, Category, Record, Stage

FUNNEL = timedelta(days=90)
WEEK = timedelta(days=7)
MOST_WORK, MOST_ROWS = 8, 5
# A deal is quoted from the first stage that is likelier than not: the company may call and cut its stages as it likes.
QUOTED_FROM = 50


# Leads ---------------------------------------------------------------------------------------------


def lead_figures(user: User, now: datetime) -> dict[str, int]:
    """Visible leads made this week, in the same stretch of last week, and in 90 days by how far they came."""
    today = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    monday = today - timedelta(days=today.weekday())
    recent = Lead.objects.visible_to(user).live().filter(created_at__gte=now - FUNNEL)
    return recent.aggregate(
        this_week=Count("pk", filter=Q(created_at__gte=monday)),
        last_week=Count("pk", filter=Q(created_at__gte=monday - WEEK, created_at__lt=now - WEEK)),
        made=Count("pk"),
        worked=Count("pk", filter=~Q(stage__category=Category.NEW)),
        converted=Count("pk", filter=Q(stage__category=Category.CONVERTED)),
    )


def new_leads(user: User) -> list[Lead]:
    """The newest untouched leads that are mine, or nobody's in my teams; one more than the page shows."""
    rows = Lead.objects.visible_to(user).live().filter(Q(owner=user.pk) | nobodys_q(user), stage__category=Category.NEW)
    return list(rows.select_related("record", "source").order_by("-created_at", "-pk")[: MOST_ROWS + 1])


# Deals ---------------------------------------------------------------------------------------------


def deal_figures(user: User, now: datetime) -> dict[str, Any]:
    """Open visible deals: how many, their value, and the weighted value of those that should close this month."""
    today = timezone.localtime(now).date()
    closing = Q(expected_close_on__year=today.year, expected_close_on__month=today.month)
    return (
        Deal.objects.visible_to(user)
        .live()
        .filter(stage__category=Category.OPEN)
        .aggregate(
            count=Count("pk"),
            amount=Sum("expected_amount", default=0),
            closing=Count("pk", filter=closing),
            forecast=Sum(F("expected_amount") * F("probability") / 100, filter=closing, default=0),
        )
    )


def still_deals(user: User) -> list[Deal]:
    """Mine and my teams' deals that have stood still the longest, one more than the page shows.

    Whoever is in no team looks after everything they may see.
    """
    ours = Q(owner=user.pk) | Q(team__in=user.team_ids) if user.team_ids else Q()
    rows = rows_where(DEAL, user, STILL).filter(ours).select_related("record", "stage")
    return list(rows.order_by("stage_entered_at", "pk")[: MOST_ROWS + 1])


# My work -------------------------------------------------------------------------------------------


def _due_by_tonight(user: User, now: datetime) -> Any:
    tonight = timezone.localtime(now).replace(hour=23, minute=59, second=59, microsecond=999_999)
    return Activity.objects.open().of(user).filter(due_at__lte=tonight)


def work_figures(user: User, now: datetime) -> dict[str, int]:
    """How much of the person's own work is due by tonight, and how much of it is overdue."""
    rows = _due_by_tonight(user, now)
    return rows.aggregate(count=Count("pk"), overdue=Count("pk", filter=Q(due_at__lt=now)))


def my_work(user: User, now: datetime) -> list[Activity]:
    """The first of it; `activity.opens` says whether its record is one that the person may see (design.md 3)."""
    rows = _due_by_tonight(user, now).select_related("type", "record").order_by("due_at", "pk")
    activities = list(rows[:MOST_WORK])
    asked = {one.record_id for one in activities}
    readable = set(Record.objects.visible_to(user).filter(pk__in=asked).values_list("pk", flat=True))
    for activity in activities:
        activity.opens = activity.record_id in readable
    return activities


# Funnel --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Step:
    """One row of the funnel. `width` is its share of the first row, `kept` that of the row before it, in per cent."""

    label: str
    count: int
    width: float
    kept: int | None
    url: str


def funnel(user: User, leads: dict[str, int], now: datetime) -> list[Step]:
    """The leads of 90 days and how many came how far: each row is part of the one above it.

    `leads` is what `lead_figures` counted. Where the person may not see deals it ends with the conversions.
    """
    stages = list(Stage.objects.filter(pipeline__kind__in=("lead", "deal")).select_related("pipeline"))
    of_leads = [one for one in stages if one.pipeline.kind == "lead"]
    of_deals = [one for one in stages if one.pipeline.kind == "deal"]
    quoted = [one for one in of_deals if one.category == Category.OPEN and one.probability >= QUOTED_FROM]
    won = [one for one in of_deals if one.category == Category.WON]
    worked = [one for one in of_leads if one.category != Category.NEW]
    converted = [one for one in of_leads if one.category == Category.CONVERTED]
    rows = [
        (_("Leads"), leads["made"], _list_url("lead")),
        (_("Worked on"), leads["worked"], _list_url("lead", worked)),
        (_("Conversion"), leads["converted"], _list_url("lead", converted)),
    ]
    if user.may("deal", VIEW):
        deals = _deals_of_leads(user, now)
        rows += [
            (quoted[0].name if quoted else _("Quoted"), deals["quoted"], _list_url("deal", [*quoted, *won])),
            (_("Won"), deals["won"], _list_url("deal", won)),
        ]
    return _steps(rows)


def _deals_of_leads(user: User, now: datetime) -> dict[str, int]:
    """Of the leads of 90 days: how many have a visible deal that was quoted, and how many one that was won.

    A lost deal counts as quoted when it was lost from there.
    """
    leads = Lead.objects.visible_to(user).live().filter(created_at__gte=now - FUNNEL)
    deals = Deal.objects.visible_to(user).live()
    won = Q(deal__stage__category=Category.WON)
    open_now = Q(deal__stage__category=Category.OPEN, deal__stage__probability__gte=QUOTED_FROM)
    before = Q(deal__stage__category__in=CLOSED, deal__open_stage__probability__gte=QUOTED_FROM)
    standing = Conversion.objects.filter(undone_at=None, lead__in=leads, deal__in=deals)
    return standing.aggregate(quoted=Count("pk", filter=won | open_now | before), won=Count("pk", filter=won))


def _steps(rows: list[tuple[str, int, str]]) -> list[Step]:
    first = rows[0][1]
    before = [None, *(count for _label, count, _url in rows)]
    return [
        Step(label, count, 100 * count / first if first else 0, round(100 * count / left) if left else None, url)
        for left, (label, count, url) in zip(before, rows, strict=False)
    ]


def _list_url(kind: str, stages: Iterable[Stage] = ()) -> str:
    return f"{reverse(f'{kind}-list')}?{urlencode([('tab', 'all'), *(('stage', one.pk) for one in stages)])}"
