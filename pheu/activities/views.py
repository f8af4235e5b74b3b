"""Scheduling, finishing and moving work, and the calendar of a person's work by day."""

import hashlib
from datetime import timedelta
from typing import Any

from allauth.core.internal import ratelimit
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST, require_safe

from pheu.activities import inviting, services
from pheu.activities.busy import AHEAD, first_free, taken
from pheu.activities.calendar import MOST, VIEWS, Look, colleagues, days_of, grid_of, overdue_count, tonight
from pheu.activities.events import alone_subject
from pheu.activities.feeds import calendar_of, close_feed, digest, open_feed, owner_of
from pheu.activities.forms import (
    ApplyForm,
    BusyForm,
    DoneForm,
    EndForm,
    GuestsForm,
    GuestsOfSeriesForm,
    LinkForm,
    LogForm,
    MoveForm,
    MoveOneForm,
    NextForm,
    PlanForm,
    RecordForm,
    as_chosen,
    quick_times,
)  # fmt: skip
from pheu.activities.guests import MOST as MOST_GUESTS
from pheu.activities.guests import Guests
from pheu.activities.guests import of_work as guests_of
from pheu.activities.models import Activity, ActivityType, CalendarFeed, Guest, Reminder
from pheu.activities.planning import apply_plan, drafts
from pheu.activities.recurring import left_of
from pheu.activities.reminding import AGAIN, POPUP, coming, of_work, see, snooze
from pheu.activities.repeating import Repeat
from pheu.activities.series import Reach, change_guests_of_series, end_series, move_series
from pheu.activities.spans import show_length
from pheu.core.errors import tell
from pheu.core.ids import read_id
from pheu.core.once import once
from pheu.notifications.letters import language_of, site
from pheu.people.models import User
from pheu.people.requests import Request
from pheu.records import kinds
from pheu.records.act_views import changed_here, undo_url
from pheu.records.answers import done
from pheu.records.models import Record
from pheu.records.moments import read_moment
from pheu.records.search import find
from pheu.timeline.events import told_by
from pheu.timeline.models import Event

MOST_FOUND = 20


def _sent(request: Request) -> Any:
    return request.POST if request.method == "POST" else None


def _done(request: Request, activity: Activity, text: str, *, undo: str = "") -> HttpResponse:
    about = activity.record_id if not request.htmx else None
    seen = Record.objects.visible_to(request.user).filter(pk=about).first() if about else None
    news = ("record-changed", "counts-changed")
    return changed_here(request, seen or reverse("calendar"), text, undo=undo, news=news)


def _usual(request: Request) -> dict[str, Any]:
    """What a new piece of work is unless somebody says otherwise: of the first type, and mine."""
    first = ActivityType.objects.filter(is_active=True).first()
    return {"what": first, "assignee": request.user.pk, "remind": [15], "remind_by": [POPUP]}


def _visible_record(request: Request, pk: int) -> Record:
    return get_object_or_404(Record.objects.visible_to(request.user), pk=pk)


def _activity(request: Request, pk: int) -> Activity:
    """One activity that I may work on: mine, or on a record that I may see and change; on none, also what I made."""
    activity = get_object_or_404(Activity.objects.select_related("record", "type", "assignee", "series"), pk=pk)
    if activity.record_id is None and not services.is_theirs(activity, request.user):
        raise Http404
    if activity.record_id is not None and activity.assignee_id != request.user.pk:
        _visible_record(request, activity.record_id)
    services.must_be_theirs(activity, request.user)
    return activity


@once
def activity_new(request: Request, pk: int) -> HttpResponse:
    """«Tạo công việc» on a record."""
    about = _visible_record(request, pk)
    services.must_change(about, request.user)
    form = PlanForm(_sent(request), initial=_usual(request))
    if form.is_valid():
        return _scheduled(request, about, form.cleaned_data)
    context = {"record": about, "form": form, "quick_times": quick_times(timezone.now())}
    return render(request, "activities/new.html", context, status=422 if form.is_bound else 200)


def _scheduled(request: Request, about: Record | None, given: dict[str, Any]) -> HttpResponse:
    activity = services.schedule_activity(about, **given, by=request.user)
    words = _("“%(title)s” was scheduled.") % {"title": activity}
    if activity.series is not None:
        told = {"title": activity, "first": activity.span, "rule": activity.series}
        words = _("“%(title)s” was scheduled: %(rule)s; first %(first)s.") % told
    return _done(request, activity, words, undo=undo_url())


@once
def activity_plan(request: Request, pk: int) -> HttpResponse:
    """«Áp dụng kịch bản»: which, from when on, and what would be planned then (`?look`)."""
    about = _visible_record(request, pk)
    services.must_change(about, request.user)
    is_look = "look" in request.GET
    form = ApplyForm(request.GET if is_look else _sent(request), kind=about.kind)
    if request.method == "POST" and form.is_valid():
        planned = apply_plan(about, **form.cleaned_data, by=request.user)
        words = ngettext("%(n)d piece of work was scheduled.", "%(n)d pieces of work were scheduled.", len(planned))
        return _done(request, planned[0], words % {"n": len(planned)}, undo=undo_url())
    chosen = form.cleaned_data if form.is_valid() else {} if form.is_bound else form.initial
    shown = drafts(about=about, by=request.user, **chosen) if chosen.get("plan") else []
    context = {"record": about, "form": form, "drafts": shown}
    if is_look:
        return render(request, "activities/_drafts.html", context)
    return render(request, "activities/plan.html", context, status=422 if form.is_bound else 200)


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
    """What is to be done, or was: mine, or on a record that I may see; with what may be done with it.

    Of what stands on no record also what happened to it, which is told of a record on its timeline.
    """
    rows = Activity.objects.with_guests().select_related("record", "type", "assignee", "done_by", "series")
    activity = get_object_or_404(rows, pk=pk)
    seen = Record.objects.visible_to(request.user).filter(pk=activity.record_id)
    about = seen.first() if activity.record_id else None
    mine = next((one for one in activity.guest_list if one["user"] == request.user.pk), None)
    made = activity.record_id is None and activity.created_by_id == request.user.pk
    if about is None and activity.assignee_id != request.user.pk and mine is None and not made:
        raise Http404
    context = {
        "activity": activity,
        "about": about,
        "mine": mine,
        "told": _told_alone(activity, request.user) if activity.record_id is None else [],
        "answers": [one for one in Guest.Answer.choices if one[0]],
        "may_work": activity.is_open and services.is_theirs(activity, request.user),
    }
    return render(request, "activities/activity.html", context)


MOST_TOLD = 20


def _told_alone(activity: Activity, user: User) -> list[dict[str, Any]]:
    """What happened to work that stands on no record, the latest first."""
    events = Event.objects.filter(about=None, subject=alone_subject(activity.pk)).select_related("by").order_by("-pk")
    return [{"event": one, "sentence": told_by(one).say(one, user)} for one in events[:MOST_TOLD]]


def activity_link(request: Request, pk: int) -> HttpResponse:
    """«Gắn vào phiếu»: to which record work goes that stands on none."""
    activity = _activity(request, pk)
    form = LinkForm(_sent(request), user=request.user)
    if form.is_valid():
        about = form.cleaned_data["record"]
        if services.may_change(about, request.user):
            linked = services.link_activity(activity, about=about, by=request.user)
            words = _("“%(title)s” is about %(record)s now.") % {"title": activity, "record": about.title}
            return _done(request, linked, words, undo=undo_url())
        form.add_error("record", _("You may see this record, but not plan work on it."))
    context = {"activity": activity, "form": form}
    return render(request, "activities/link.html", context, status=422 if form.is_bound else 200)


def activity_guests(request: Request, pk: int) -> HttpResponse:
    """«Khách mời» of open work: who is asked to come, and what they have said."""
    activity = _activity(request, pk)
    asked = GuestsOfSeriesForm if activity.series_id else GuestsForm
    form = asked(_sent(request), initial=as_chosen(guests_of(activity)))
    if form.is_valid():
        if (chosen := form.cleaned_data["guests"]) is not None:
            activity = _invited(activity, chosen, form.cleaned_data.get("reach", ""), request.user)
        words = _("The guests of “%(title)s” are as you said.") % {"title": activity}
        return _done(request, activity, words, undo=undo_url())
    told = Activity.objects.with_guests().get(pk=pk).guest_list
    context = {"activity": activity, "form": form, "guests": told}
    return render(request, "activities/guests.html", context, status=422 if form.is_bound else 200)


def _invited(activity: Activity, chosen: Guests, reach: str, user: User) -> Activity:
    if activity.series_id is None or reach not in (Reach.FOLLOWING, Reach.ALL):
        return inviting.change_guests(activity, guests=chosen, by=user)
    return change_guests_of_series(activity, guests=chosen, reach=Reach(reach), by=user)


@require_POST
def activity_answer(request: Request, pk: int) -> HttpResponse:
    """Whether I come to what I am a guest of."""
    activity = get_object_or_404(Activity.objects.filter(guests__user=request.user), pk=pk)
    guest = inviting.answer_invitation(
        activity, answer=request.POST.get("answer", "")[:20], to_all="all" in request.POST, by=request.user
    )
    told = {"title": activity, "answer": guest.get_answer_display()}
    return _done(request, activity, _("“%(title)s”: %(answer)s.") % told)


@require_safe
def activity_busy(request: Request) -> HttpResponse:
    """Who of the chosen colleagues is busy at the chosen time, and when next all are free: times alone."""
    form = BusyForm(request.GET)
    given = form.cleaned_data if form.is_valid() else {}
    people = {one.pk: one for one in given.get("people", ())}
    if not people or len(people) > MOST_GUESTS:
        return render(request, "activities/_busy.html", {})
    if given["assignee"]:
        people[given["assignee"].pk] = given["assignee"]
    due, lasts, now = given["due_at"], given["lasts"] or 0, timezone.now()
    since = max(due or now, now)
    times = taken(people, min(since, due or now), since + AHEAD, but=read_id(given["of"]))
    ends = due and due + (timedelta(minutes=lasts) or timedelta(minutes=1))
    clashes = [(people[one.user_id], one) for one in times if due and one.meets(due, ends)]
    free = first_free(times, since, lasts) if clashes or not due else None
    return render(request, "activities/_busy.html", {"asked": due, "clashes": clashes, "free": free, "lasts": lasts})


@once
def activity_at(request: Request) -> HttpResponse:
    """«Tạo công việc» at a time of the calendar, `?at=2026-11-25T09:00`, perhaps `&lasts=60`."""
    asked = {"due_at": _asked_moment(request.GET.get("at", "")), "lasts": request.GET.get("lasts", "")}
    initial = _usual(request) | asked
    form = RecordForm(_sent(request), initial=initial, user=request.user)
    if form.is_valid():
        given = dict(form.cleaned_data)
        about = given.pop("record")
        if about is None or services.may_change(about, request.user):
            return _scheduled(request, about, given)
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
    if activity.record is not None and not services.may_change(activity.record, request.user):
        return None
    return NextForm(_sent(request), initial=_usual(request) | {"what": activity.type})


def activity_move(request: Request, pk: int) -> HttpResponse:
    """Another time: of what comes again for this one, for those after it too, or for all."""
    activity = _activity(request, pk)
    remind = of_work(activity)
    there = {"due_at": activity.due_at, "lasts": activity.lasts, "remind": remind.minutes, "remind_by": remind.by}
    so_far = left_of(activity.series, activity.occurs_on) if activity.series and activity.occurs_on else None
    more = {"repeat": so_far} if so_far else as_chosen(guests_of(activity))
    form = (MoveForm if so_far else MoveOneForm)(_sent(request), initial=there | more)
    if form.is_valid():
        moved = _moved(activity, dict(form.cleaned_data), so_far, request.user)
        is_other = (moved.pk, moved.due_at, moved.lasts) != (activity.pk, activity.due_at, activity.lasts)
        words = _("“%(title)s” was moved.") % {"title": activity}
        return _done(request, moved, words, undo=undo_url() if is_other else "")
    context = {"activity": activity, "form": form, "quick_times": quick_times(timezone.now())}
    return render(request, "activities/move.html", context, status=422 if form.is_bound else 200)


def _moved(activity: Activity, given: dict[str, Any], so_far: Repeat | None, user: User) -> Activity:
    reach, repeat = given.pop("reach", ""), given.pop("repeat", None)
    if reach not in (Reach.FOLLOWING, Reach.ALL):
        return services.reschedule_activity(activity, **given, by=user)
    changed = repeat if repeat != so_far else None
    return move_series(activity, reach=Reach(reach), repeat=changed, **given, by=user)


@require_safe
def reminders(request: Request) -> HttpResponse:
    """What the person is reminded of in the browser: now, and in a moment, each with the seconds until then."""
    return _reminders(request)


def _reminders(request: Request) -> HttpResponse:
    now = timezone.now()
    lines = [(one, max(0, round((one.at - now).total_seconds()))) for one in coming(request.user)]
    again = [(minutes, show_length(minutes)) for minutes in AGAIN]
    return render(request, "activities/_reminders.html", {"lines": lines, "again": again})


@require_POST
def reminder_seen(request: Request, pk: int) -> HttpResponse:
    see(_reminder(request, pk), by=request.user)
    return _after_reminder(request)


@require_POST
def reminder_snooze(request: Request, pk: int) -> HttpResponse:
    """«Nhắc lại sau»."""
    snooze(_reminder(request, pk), read_id(request.POST.get("minutes")) or 0, by=request.user)
    return _after_reminder(request)


def _reminder(request: Request, pk: int) -> Reminder:
    return get_object_or_404(Reminder.objects.filter(activity__assignee=request.user), pk=pk)


def _after_reminder(request: Request) -> HttpResponse:
    return _reminders(request) if request.htmx else redirect("calendar")


@require_POST
def activity_off(request: Request, pk: int) -> HttpResponse:
    activity = services.call_off_activity(_activity(request, pk), by=request.user)
    undo = reverse("activity-resume", args=[pk])
    return _done(request, activity, _("“%(title)s” was called off.") % {"title": activity}, undo=undo)


def activity_ending(request: Request, pk: int) -> HttpResponse:
    """Calling off work that comes again: this one, those after it too, or all."""
    activity = _activity(request, pk)
    form = EndForm(_sent(request))
    if form.is_valid() and form.cleaned_data["reach"] != Reach.ONE:
        end_series(activity, reach=Reach(form.cleaned_data["reach"]), by=request.user)
        words = _("“%(title)s” was called off, and what follows.") % {"title": activity}
        return _done(request, activity, words, undo=undo_url())
    if form.is_valid():
        return activity_off(request, pk)
    context = {"activity": activity, "form": form}
    return render(request, "activities/ending.html", context, status=422 if form.is_bound else 200)


@require_POST
def activity_resume(request: Request, pk: int) -> HttpResponse:
    activity = services.resume_activity(_activity(request, pk), by=request.user)
    return _done(request, activity, _("“%(title)s” is open again.") % {"title": activity})


@require_safe
def calendar(request: Request) -> HttpResponse:
    """«Lịch làm việc»: `?view=` day, week, month or list, mine or `?whose=team`, of one `?person=` of theirs."""
    look, user = Look.of(request.GET), request.user
    team = colleagues(user) if look.whose == "team" else None
    people = team if team is None or look.person is None else [one for one in team if one.pk == look.person]
    context = {
        "look": look,
        "team": team,
        "whose": look.whose,
        "overdue": overdue_count(user, people),
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


@login_not_required
@require_safe
def calendar_feed(request: Request, secret: str) -> HttpResponseBase:
    """A person's work for their phone, which knows the address and nothing else."""
    asked = ratelimit.consume(
        request, app="allauth.account", action="calendar_feed", key=digest(secret), limit_get=True
    )
    if not asked:
        return HttpResponse(status=429, headers={"Retry-After": "600"})
    user = owner_of(secret)
    if user is None:
        raise Http404
    with translation.override(language_of(user)):
        content = calendar_of(user)
    etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    response = HttpResponse(content, content_type="text/calendar; charset=utf-8", headers=FEED_HEADERS | {"ETag": etag})
    return get_conditional_response(request, etag=etag, response=response) or response


# Nobody else keeps it, and a page behind a link in it does not learn the address.
FEED_HEADERS = {
    "Cache-Control": "private, no-cache",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
    "Content-Disposition": 'inline; filename="pheu.ics"',
}


def calendar_address(request: Request) -> HttpResponse:
    """«Lịch trên điện thoại»: a secret address, told once, made anew or switched off."""
    url = ""
    if request.POST.get("wants") == "off":
        close_feed(request.user)
        tell(request, _("The address of your calendar opens nothing any more."))
        return done(request, reverse("account"))
    if request.method == "POST":
        url = site() + reverse("calendar-feed", args=[open_feed(request.user)])
    feed = CalendarFeed.objects.filter(user=request.user).first()
    answer = render(request, "activities/feed.html", {"url": url, "feed": feed})
    answer["Cache-Control"] = "no-store"
    return answer
