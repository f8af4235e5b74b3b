"""«Báo cáo»: what became of leads and deals in a period, who did what, and what may come. Reads only."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from pheu.core.errors import Refused
from pheu.core.ids import read_id
from pheu.deals.kinds import DEAL
from pheu.leads.kinds import LEAD
from pheu.people.requests import Request
from pheu.records.models import Record, Stage
from pheu.reports import figures, files, periods, queries
from pheu.reports.navigation import reads_sales
from pheu.reports.periods import Period
from pheu.reports.sheets import Sheet

PAGE = 50


@dataclass(frozen=True)
class Named:
    """A report: what it is called, the tables that it has for a person, and whether a period narrows it."""

    label: Any
    sheets: figures.Report
    has_period: bool = True


def _overview(user: Any, period: Period) -> list[Sheet]:
    tables = queries.overview(user, period)
    rated = ("sources", "channels")
    return [tables[name].sheet(str(TITLES[name]), rates=name in rated) for name in TITLES if name in tables]


TITLES = {
    "statuses": gettext_lazy("Leads by status"),
    "sources": gettext_lazy("Leads by source"),
    "channels": gettext_lazy("Leads by channel"),
    "lost_leads": gettext_lazy("Unqualified leads by reason"),
    "lost_deals": gettext_lazy("Lost deals by reason"),
    "paused_deals": gettext_lazy("Deals put aside by reason"),
}
REPORTS = {
    "overview": Named(gettext_lazy("Overview"), _overview),
    "people": Named(gettext_lazy("By person"), figures.people),
    "teams": Named(gettext_lazy("By team"), figures.teams),
    "forecast": Named(gettext_lazy("Forecast"), figures.forecast, has_period=False),
    "stages": Named(gettext_lazy("Time in each stage"), figures.stages),
    "work": Named(gettext_lazy("Work done"), figures.work),
}


def _asked(request: Request) -> tuple[str, Period]:
    """`?report=`, the overview without one, and the period."""
    if not reads_sales(request.user):
        raise Refused(_("Your role may not do this."))
    code = request.GET.get("report", "overview")
    if code not in REPORTS:
        raise Http404
    return code, periods.asked(request.GET)


def _address(name: str, code: str, period: Period, **more: Any) -> str:
    asked = {"report": code, **more} if code != "overview" or more else {}
    return f"{reverse(name)}?{urlencode([*asked.items(), *parse_qsl(period.query)])}"


def _around(code: str, period: Period) -> dict[str, Any]:
    """The tabs, the switch of periods and the addresses of the files."""
    tabs = [
        {"label": one.label, "url": _address("reports", name, period), "current": name == code, "count": None}
        for name, one in REPORTS.items()
    ]
    return {
        "tabs": tabs,
        "code": code,
        "period": period,
        "has_period": REPORTS[code].has_period,
        "periods": [_choice(code, *one, period) for one in periods.lengths()],
        "names": [_choice(code, *one, period) for one in periods.names()],
        "file_url": _address("report-file", code, period),
    }


def _choice(code: str, label: Any, choice: Period, chosen: Period) -> dict[str, Any]:
    url = _address("reports", code, choice).removeprefix(reverse("reports"))
    return {"label": label, "url": url, "current": choice.query == chosen.query, "days": choice}


@require_safe
def reports(request: Request) -> HttpResponse:
    """What became of leads and deals beside the period before; with `?report=` another one as a picture and a table."""
    code, period = _asked(request)
    around = _around(code, period)
    if code == "overview":
        return render(request, "reports/reports.html", around | queries.overview(request.user, period))
    sheets = REPORTS[code].sheets(request.user, period)
    pictures = [_address("report-picture", code, period, nth=nth) for nth, _sheet in enumerate(sheets)]
    context = around | {"sheets": list(zip(sheets, pictures, strict=True)), "title": REPORTS[code].label}
    return render(request, "reports/report.html", context)


@require_safe
def report_file(request: Request) -> Any:
    code, period = _asked(request)
    return files.workbook(str(REPORTS[code].label), REPORTS[code].sheets(request.user, period), period)


@require_safe
def report_picture(request: Request) -> HttpResponse:
    code, period = _asked(request)
    sheets, nth = REPORTS[code].sheets(request.user, period), read_id(request.GET.get("nth", "0"))
    if nth is None or nth >= len(sheets):
        raise Http404
    return files.picture(sheets[nth], period)


# What a number counts where it is not rows of a list ---------------------------------------------------------------


@require_safe
def report_stays(request: Request) -> HttpResponse:
    """Stays in a `?stage=` that ended in the period: which row, how long, when, by whom."""
    _report, period = _asked(request)
    stage = Stage.objects.select_related("pipeline").filter(pk=read_id(request.GET.get("stage")) or 0).first()
    kind = LEAD if stage is not None and stage.pipeline.kind == LEAD.code else DEAL
    found = figures.stays(kind, request.user, stage, period) if figures.sees_stays(kind, request.user) else []
    rows, below = _page(found, request)
    told = [
        {"name": one.about.title, "number": one.about.number, "url": one.about.get_absolute_url(), "at": one.at,
         "by": one.author_name, "note": one.facts["entered"]["name"],
         "days": (one.at - one.since).total_seconds() / 86400}
        for one in rows
    ]  # fmt: skip
    return _rows(request, "stages", period, _("Left %(stage)s") % {"stage": stage or ""}, told, below)


@require_safe
def report_work(request: Request) -> HttpResponse:
    """Activities done in the period, of one `?person=` or of all, of one `?type=` or of all."""
    _report, period = _asked(request)
    which = (read_id(request.GET.get(name)) for name in ("person", "type"))
    rows, below = _page(figures.done_work(request.user, period, *which), request)
    seen = {one.record_id for one in rows}
    opens = set(Record.objects.visible_to(request.user).filter(pk__in=seen).values_list("pk", flat=True))
    told = [
        {"name": str(one), "number": one.record.number if one.record_id in opens else "", "at": one.done_at,
         "url": reverse("activity", args=[one.pk]), "dialog": True, "by": one.done_by, "note": one.result,
         "about": one.record.title if one.record_id in opens else ""}
        for one in rows
    ]  # fmt: skip
    return _rows(request, "work", period, _("Work done"), told, below)


def _page(found: Any, request: Request) -> tuple[list[Any], int | None]:
    """The newest rows, and below which the next page begins."""
    if found == []:
        return [], None
    below = read_id(request.GET.get("below"))
    related = (
        ("about", "by") if "about" in {one.name for one in found.model._meta.fields} else ("record", "type", "done_by")
    )
    rows = found.select_related(*related).order_by("-pk")
    rows = list(rows[: PAGE + 1] if below is None else rows.filter(pk__lt=below)[: PAGE + 1])
    return rows[:PAGE], rows[PAGE - 1].pk if len(rows) > PAGE else None


def _rows(
    request: Request, code: str, period: Period, title: str, rows: list[dict[str, Any]], below: int | None
) -> HttpResponse:
    params = request.GET.copy()
    params["below"] = str(below)
    context = {"rows": rows, "next_url": f"?{params.urlencode()}" if below else "", "title": title, "period": period}
    return render(request, "reports/rows.html", context | {"back": _address("reports", code, period)})
