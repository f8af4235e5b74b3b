"""Scheduling, finishing and moving work, and the calendar of a person's work by day."""

from typing import Any

from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST, require_safe

from pheu.activities import services
from pheu.activities.calendar import MOST, VIEWS, Look, colleagues, days_of, grid_of, overdue_count, tonight
from pheu.activities.forms import DoneForm, LogForm, NextForm, RecordForm, ScheduleForm, WhenForm, quick_times
from pheu.activities.models import Activity, ActivityType
from pheu.core.once import once
from pheu.people.models import User
from pheu.people.requests import Request
from pheu.people.scopes import CHANGE
from pheu.records import kinds
from pheu.records.act_views import changed_here, undo_url
from pheu.records.models import Record
from pheu.records.moments import read_moment
from pheu.records.search import find

MOST_FOUND = 20


def _sent(request: Request) -> Any:
    return request.POST if request.method == "POST" else None


def _done(request: Request, activity: Activity, text: str, *, undo: str = "") -> HttpResponse:
    seen = Record.objects.visible_to(request.user).filter(pk=activity.record_id).first() if not request.htmx else None
    news = ("record-changed", "counts-changed")
    return changed_here(request, seen or reverse("calendar"), text, undo=undo, news=news)


def _usual(request: Request) -> dict[str, Any]:
    """What a new piece of work is unless somebody says otherwise: of the first type, and mine."""
    return {"what": ActivityType.objects.filter(is_active=True).first(), "assignee": request.user.pk}


def _visible_record(request: Request, pk: int) -> Record:
    return get_object_or_404(Record.objects.visible_to(request.user), pk=pk)


def _activity(request: Request, pk: int) -> Activity:
    """One activity that I may work on: mine, or on a record that I may see and change."""
    activity = get_object_or_404(Activity.objects.select_related("record", "type", "assignee"), pk=pk)
    if activity.assignee_id != request.user.pk:
        _visible_record(request, activity.record_id)
    services.must_be_theirs(activity, request.user)
    return activity


@once
def activity_new(request: Request, pk: int) -> HttpResponse:
    """«Tạo công việc» on a record."""
    about = _visible_record(request, pk)
    services.must_change(about, request.user)
    form = ScheduleForm(_sent(request), initial=_usual(request))
    if form.is_valid():
        activity = services.schedule_activity(about, **form.cleaned_data, by=request.user)
        return _done(request, activity, _("“%(title)s” was scheduled.") % {"title": activity})
    context = {"record": about, "form": form, "quick_times": quick_times(timezone.now())}
    return render(request, "activities/new.html", context, status=422 if form.is_bound else 200)


@once
def activity_log(request: Request, pk: int) -> HttpResponse:
    """A call or meeting that just took place."""
    about = _visible_record(request, pk)
    services.must_change(about, request.user)
    usual = _usual(request)
    form, plan = LogForm(_sent(request), initial=usual), NextForm(_sent(request), initial=usual)
    if form.is_valid() and plan.is_valid():
        activity = services.log_activity(about, **form.cleaned_data, then=_planned(plan), by=request.user)
        return _done(request, activity, _("“%(title)s” was noted.") % {"title": activity}, undo=undo_url())
    context = {"record": about, "form": form, "plan": plan, "quick_times": quick_times(timezone.now())}
    return render(request, "activities/log.html", context, status=422 if form.is_bound else 200)


def _planned(plan: NextForm | None) -> services.Plan | None:
    return services.Plan(**plan.cleaned_data) if plan and plan.has_changed() else None


@require_safe
def activity_page(request: Request, pk: int) -> HttpResponse:
    """What is to be done, or was: mine, or on a record that I may see; with what may be done with it."""
    activity = get_object_or_404(Activity.objects.select_related("record", "type", "assignee", "done_by"), pk=pk)
    about = Record.objects.visible_to(request.user).filter(pk=activity.record_id).first()
    if about is None and activity.assignee_id != request.user.pk:
        raise Http404
    may_work = activity.is_open and services.is_theirs(activity, request.user)
    return render(request, "activities/activity.html", {"activity": activity, "about": about, "may_work": may_work})


@once
def activity_at(request: Request) -> HttpResponse:
    """«Tạo công việc» at a time of the calendar, `?at=2026-11-25T09:00`."""
    initial = _usual(request) | {"due_at": _asked_moment(request.GET.get("at", ""))}
    form = RecordForm(_sent(request), initial=initial, user=request.user)
    if form.is_valid():
        given = dict(form.cleaned_data)
        about = given.pop("record")
        if services.may_change(about, request.user):
            activity = services.schedule_activity(about, **given, by=request.user)
            return _done(request, activity, _("“%(title)s” was scheduled.") % {"title": activity})
        form.add_error("record", _("You may see this record, but not plan work on it."))
    context = {"form": form, "quick_times": quick_times(timezone.now())}
    return render(request, "activities/at.html", context, status=422 if form.is_bound else 200)


def _asked_moment(text: str) -> Any:
    try:
        return read_moment(text)
    except ValueError:
        return None


@require_GET
def activity_records(request: Request) -> JsonResponse:
    """Records for the combobox: what a search finds, else the newest that I may see."""
    text = request.GET.get("q", "").strip()[:100]
    newest = Record.objects.visible_to(request.user).filter(state=Record.State.LIVE).order_by("-updated_at", "-id")
    found = find(text, request.user, most=MOST_FOUND) if text else newest[:MOST_FOUND]
    shown = [{"id": one.pk, "text": one.title, "sub": f"{one.number} · {kinds.get(one.kind).label}"} for one in found]
    return JsonResponse(shown, safe=False)


def activity_done(request: Request, pk: int) -> HttpResponse:
    """«Xong»: the result, and beside it the next thing to do for whoever may change the record."""
    activity = _activity(request, pk)
    form, plan = DoneForm(_sent(request), what=activity.type), _next_form(request, activity)
    if form.is_valid() and (plan is None or plan.is_valid()):
        services.finish_activity(activity, **form.cleaned_data, then=_planned(plan), by=request.user)
        undo = reverse("activity-resume", args=[pk])
        return _done(request, activity, _("“%(title)s” is done.") % {"title": activity}, undo=undo)
    context = {"activity": activity, "form": form, "plan": plan, "quick_times": quick_times(timezone.now())}
    return render(request, "activities/done.html", context, status=422 if form.is_bound else 200)


def _next_form(request: Request, activity: Activity) -> NextForm | None:
    rows = kinds.get(activity.record.kind).model.objects.within(request.user, CHANGE)
    if not rows.filter(pk=activity.record_id).exists():
        return None
    return NextForm(_sent(request), initial=_usual(request) | {"what": activity.type})


def activity_move(request: Request, pk: int) -> HttpResponse:
    activity = _activity(request, pk)
    form = WhenForm(_sent(request), initial={"due_at": activity.due_at})
    if form.is_valid():
        services.reschedule_activity(activity, **form.cleaned_data, by=request.user)
        return _done(request, activity, _("“%(title)s” was moved.") % {"title": activity})
    context = {"activity": activity, "form": form, "quick_times": quick_times(timezone.now())}
    return render(request, "activities/move.html", context, status=422 if form.is_bound else 200)


@require_POST
def activity_off(request: Request, pk: int) -> HttpResponse:
    activity = services.call_off_activity(_activity(request, pk), by=request.user)
    undo = reverse("activity-resume", args=[pk])
    return _done(request, activity, _("“%(title)s” was called off.") % {"title": activity}, undo=undo)


@require_POST
def activity_resume(request: Request, pk: int) -> HttpResponse:
    activity = services.resume_activity(_activity(request, pk), by=request.user)
    return _done(request, activity, _("“%(title)s” is open again.") % {"title": activity})


@require_safe
def calendar(request: Request) -> HttpResponse:
    """«Lịch làm việc»: `?view=` week, month or list, mine or `?whose=team`, of one `?person=` of theirs."""
    look, user = Look.of(request.GET), request.user
    team = colleagues(user) if look.whose == "team" else None
    people = team if team is None or look.person is None else [one for one in team if one.pk == look.person]
    context = {
        "look": look,
        "team": team,
        "whose": look.whose,
        "overdue": overdue_count(user, people),
        "may_plan": any(user.may(kind.code, CHANGE) for kind in kinds.every()),
        **_pieces(look, user),
    }
    if look.view == "list":
        days = context["days"] = days_of(user, people, until=look.latest)
        shown = sum(len(day.activities) for day in days)
    else:
        grid = context["grid"] = grid_of(user, people, look)
        shown = grid.activities
        context |= {"before_url": look.url(on=grid.before), "after_url": look.url(on=grid.after)}
    return render(request, "activities/calendar.html", context | {"is_full": shown >= MOST})


def _pieces(look: Look, user: User) -> dict[str, Any]:
    """The switches around the calendar, each with its address; who is alone has no team to look at."""
    whose = {"mine": _("Mine")}
    if user.team_ids:
        whose["team"] = _("My teams'")
    elif user.department_ids:
        whose["team"] = _("My department's")
    return {
        "tabs": [
            {"label": label, "url": look.url(whose=code, person=None), "current": code == look.whose, "count": None}
            for code, label in whose.items()
        ],
        "views": [
            {"label": label, "url": look.url(view=code), "current": code == look.view} for code, label in VIEWS.items()
        ],
        "today_url": look.url(on=timezone.localdate()),
        "overdue_url": look.url(view="list", until="now"),
    }


@require_safe
def calendar_count(request: Request) -> HttpResponse:
    """How much of my work is due by tonight, for the sidebar."""
    count = Activity.objects.open().of(request.user).filter(due_at__lte=tonight()).count()
    return HttpResponse(str(count) if count else "", content_type="text/plain")
