"""Scheduling, finishing and moving work, and the calendar of a person's work by day."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import trigger_client_event

from pheu.activities import services
from pheu.activities.calendar import days_of, tonight
from pheu.activities.forms import LogForm, NextForm, ResultForm, ScheduleForm, WhenForm, quick_times
from pheu.activities.models import Activity, ActivityType
from pheu.core.once import once
from pheu.people.requests import Request
from pheu.people.scopes import CHANGE
from pheu.records import kinds
from pheu.records.models import Record


def _sent(request: Request) -> Any:
    return request.POST if request.method == "POST" else None


def _done(request: Request, activity: Activity, text: str, *, undo: str = "") -> HttpResponse:
    """Close the dialog and let the page fetch the pieces that changed; without htmx, go back to the record."""
    if not request.htmx:
        messages.success(request, text, extra_tags=f"undo:{undo}" if undo else "")
        seen = Record.objects.visible_to(request.user).filter(pk=activity.record_id).first()
        return redirect(seen or reverse("calendar"))
    answer = trigger_client_event(HttpResponse(status=204), "dialog-close")
    for news in ("record-changed", "counts-changed"):
        answer = trigger_client_event(answer, news)
    return trigger_client_event(answer, "toast", {"text": text, "level": "success", "undo": undo})


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
    form = LogForm(_sent(request), initial=_usual(request))
    if form.is_valid():
        activity = services.log_activity(about, **form.cleaned_data, by=request.user)
        return _done(request, activity, _("“%(title)s” was noted.") % {"title": activity})
    return render(request, "activities/log.html", {"record": about, "form": form}, status=422 if form.is_bound else 200)


def activity_done(request: Request, pk: int) -> HttpResponse:
    """«Xong»: the result, and beside it the next thing to do for whoever may change the record."""
    activity = _activity(request, pk)
    form, plan = ResultForm(_sent(request)), _next_form(request, activity)
    if form.is_valid() and (plan is None or plan.is_valid()):
        then = services.Plan(**plan.cleaned_data) if plan and plan.has_changed() else None
        services.finish_activity(activity, **form.cleaned_data, then=then, by=request.user)
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
    """«Lịch làm việc»: my open work by day; `?whose=team` shows my teams' work on records that I may see.

    `?until=tonight` is what the first page counts.
    """
    whose = "team" if request.GET.get("whose") == "team" else "mine"
    days = days_of(request.user, whose, until=tonight() if request.GET.get("until") == "tonight" else None)
    return render(request, "activities/calendar.html", {"days": days, "whose": whose})


@require_safe
def calendar_count(request: Request) -> HttpResponse:
    """How much of my work is due by tonight, for the sidebar."""
    count = Activity.objects.open().of(request.user).filter(due_at__lte=tonight()).count()
    return HttpResponse(str(count) if count else "", content_type="text/plain")
