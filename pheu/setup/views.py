"""Pages of those who look after the installation."""

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import trigger_client_event

from pheu.core.errors import Invalid, say_beside, tell
from pheu.core.ids import read_id, read_ids
from pheu.core.vietnamese import fold
from pheu.people.models import TimeOff, User
from pheu.people.requests import Request
from pheu.people.scopes import CHANGE, VIEW
from pheu.records import kinds
from pheu.records.act_views import changed_here
from pheu.setup import configuring, jobs, lists, services, staffing
from pheu.setup.events import OF_CONFIGURATION
from pheu.setup.forms import LeavingForm, RoleListForm, TimeOffForm, form_of
from pheu.setup.lists import MOST_COUNTED, Page
from pheu.setup.queries import LINES, log_lines, parked_jobs, with_words
from pheu.setup.roles import ROLES
from pheu.setup.staff import PEOPLE, invitation_link, mail_is_set_up, rows_of, work_of
from pheu.timeline.events import KINDS

PAGE = 50  # jobs
COUNTED = 100  # jobs for the sidebar; more are «99+»


def _must_look_after_it(request: Request) -> None:
    if not request.user.may("system", VIEW):
        raise Http404


@require_safe
def parked(request: Request) -> HttpResponse:
    """Jobs that failed for good, until somebody runs them again or drops them."""
    _must_look_after_it(request)
    waiting = parked_jobs()
    if before := read_id(request.GET.get("before")):
        waiting = waiting.filter(pk__lt=before)
    page = list(waiting[: PAGE + 1])
    more = page[PAGE - 1].pk if len(page) > PAGE else None
    return render(request, "setup/jobs.html", {"jobs": with_words(page[:PAGE]), "more": more})


@require_safe
def jobs_count(request: Request) -> HttpResponse:
    """How many there are, for the sidebar."""
    _must_look_after_it(request)
    count = parked_jobs()[:COUNTED].count()
    shown = f"{COUNTED - 1}+" if count == COUNTED else str(count or "")
    return HttpResponse(shown, content_type="text/plain")


@require_POST
def job_run(request: Request, pk: int) -> HttpResponse:
    return _act(request, pk, services.run_job_again, _("The job runs again."))


@require_POST
def job_drop(request: Request, pk: int) -> HttpResponse:
    return _act(request, pk, services.drop_job, _("The job was dropped."))


def _act(request: Request, pk: int, act: Callable[..., bool], words: str) -> HttpResponse:
    _must_look_after_it(request)
    user: User = request.user
    if act(pk, by=user):
        tell(request, words)
    return redirect("jobs")


# Cấu hình --------------------------------------------------------------------------------------------------------


@require_safe
def setup(request: Request) -> HttpResponse:
    """«Cấu hình» begins with its first page."""
    _must_look_after_it(request)
    return redirect(lists.every()[0].url("page"))


def _page(request: Request, code: str) -> Page:
    _must_look_after_it(request)
    chosen = lists.get(code)
    if chosen is None or not chosen.is_list:
        raise Http404
    return chosen


@require_safe
def company_list(request: Request, code: str) -> HttpResponse:
    """The entries of a page in their order, with how many records use each."""
    chosen = _page(request, code)
    text = request.GET.get("q", "")[:100].strip()
    items = [one for one in chosen.items_with_uses if fold(text) in fold(chosen.words(one))]
    context = {
        "pages": lists.every(),
        "chosen": chosen,
        "items": items,
        "text": text,
        "most": MOST_COUNTED,
        "may_change": request.user.may("system", CHANGE),
    }
    return render(request, chosen.list_page, context)


def item_new(request: Request, code: str) -> HttpResponse:
    return _item_form(request, _page(request, code), None)


def item_change(request: Request, code: str, pk: int) -> HttpResponse:
    chosen = _page(request, code)
    return _item_form(request, chosen, get_object_or_404(chosen.items, pk=pk))


def _item_form(request: Request, chosen: Page, item: Any) -> HttpResponse:
    request.user.must("system", CHANGE)
    sent = request.POST if request.method == "POST" else None
    form = form_of(chosen)(sent, of=chosen, item=item, asked=request.GET)
    if sent is not None and form.is_valid():
        try:
            if item is None and chosen is PEOPLE:
                return _invited(request, jobs.invite_person(form.cleaned_data, by=request.user))
            if item is None:
                item = configuring.add_item(chosen, form.cleaned_data, by=request.user)
            else:
                item = configuring.change_item(chosen, item.pk, form.changes(), by=request.user)
            return _changed(request, chosen, _("“%(name)s” was saved.") % {"name": item})
        except Invalid as error:
            say_beside(form, error)
    action = chosen.url("change", item.pk) if item else chosen.url("new")
    context = {"chosen": chosen, "item": item, "form": form, "action": action}
    if not chosen.is_dialog:
        context["pages"] = lists.every()
    return render(request, chosen.form_page, context, status=200 if sent is None else 422)


def _changed(request: Request, chosen: Page, words: str) -> HttpResponse:
    return changed_here(request, chosen.url("page"), words, news=["list-changed"])


def _invited(request: Request, person: User) -> HttpResponse:
    """The mail is on its way; where none can be sent, the link is shown this once, to be handed on."""
    if mail_is_set_up():
        return _changed(request, PEOPLE, _("%(name)s gets a mail with a link.") % {"name": person})
    answer = render(request, "setup/invited.html", {"person": person, "link": invitation_link(person)})
    return trigger_client_event(answer, "list-changed")


@require_POST
def person_invitation(request: Request, pk: int) -> HttpResponse:
    _must_look_after_it(request)
    return _invited(request, jobs.invite_again(pk, by=request.user))


@require_POST
def person_return(request: Request, pk: int) -> HttpResponse:
    _must_look_after_it(request)
    return _invited(request, jobs.come_back(pk, by=request.user))


@require_POST
def person_second_step(request: Request, pk: int) -> HttpResponse:
    """Take the second step of signing in away from somebody who lost it."""
    _must_look_after_it(request)
    person = staffing.take_second_step_away(pk, by=request.user)
    return _changed(request, PEOPLE, _("%(name)s signs in with the password alone now.") % {"name": person})


def person_leaving(request: Request, pk: int) -> HttpResponse:
    """What somebody who leaves has in hand, and who takes it over."""
    chosen = _page(request, "people")
    request.user.must("system", CHANGE)
    person = get_object_or_404(User, pk=pk)
    rows, work = rows_of(person), work_of(person)
    sent = request.POST if request.method == "POST" else None
    form = LeavingForm(sent, person=person, must_hand_over=bool(rows or work))
    if sent is not None and form.is_valid():
        staffing.leave(person.pk, **form.cleaned_data, by=request.user)
        return _changed(request, chosen, _("%(name)s has left.") % {"name": person})
    action = reverse("setup-people-leaving", args=[pk])
    context = {"person": person, "form": form, "rows": rows, "work": work, "action": action}
    return render(request, "setup/leaving.html", context, status=200 if sent is None else 422)


def time_off(request: Request, pk: int) -> HttpResponse:
    """The days on which somebody is not there, and a form for more: one's own, or anybody's for who may."""
    person = get_object_or_404(User, pk=pk)
    if person != request.user:
        _must_look_after_it(request)
        request.user.must("system", CHANGE)
    form = TimeOffForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            off = staffing.add_time_off(person, **form.cleaned_data, by=request.user)
            return _off_changed(request, _("%(name)s is away: %(off)s.") % {"name": person, "off": off})
        except Invalid as error:
            say_beside(form, error)
    context = {"person": person, "form": form, "times_off": person.times_off.from_now()}
    return render(request, "setup/time_off.html", context, status=422 if form.is_bound else 200)


@require_POST
def time_off_remove(request: Request, pk: int) -> HttpResponse:
    off = get_object_or_404(TimeOff.objects.select_related("user"), pk=pk)
    if off.user != request.user:
        _must_look_after_it(request)
    staffing.remove_time_off(off, by=request.user)
    return _off_changed(request, _("%(name)s is there again: %(off)s.") % {"name": off.user, "off": off})


def _off_changed(request: Request, words: str) -> HttpResponse:
    back = PEOPLE.url("page") if request.user.may("system", VIEW) else "account"
    return changed_here(request, back, words, news=["list-changed"])


@require_POST
def item_switch(request: Request, code: str, pk: int) -> HttpResponse:
    """Offer an entry, or offer it no more; what it was said to be is sent along."""
    chosen = _page(request, code)
    is_on = request.POST.get("was") != "1"
    item = configuring.change_item(chosen, pk, {"is_active": (not is_on, is_on)}, by=request.user)
    words = _("“%(name)s” is offered again.") if is_on else _("“%(name)s” is offered no more; records keep it.")
    return _changed(request, chosen, words % {"name": item})


@require_POST
def item_remove(request: Request, code: str, pk: int) -> HttpResponse:
    chosen = _page(request, code)
    configuring.remove_item(chosen, pk, by=request.user)
    return _changed(request, chosen, _("It was deleted."))


@require_POST
def list_order(request: Request, code: str) -> HttpResponse:
    chosen = _page(request, code)
    configuring.order_items(chosen, read_ids(request.POST.getlist("ids")), by=request.user)
    return changed_here(request, chosen.url("page"), _("The order was saved."), news=())


def role_list(request: Request, kind: str, pk: int) -> HttpResponse:
    """With which view and columns the lists of a kind begin for the people of a role (R4.58)."""
    role = get_object_or_404(_page(request, "roles").items, pk=pk)
    request.user.must("system", CHANGE)
    chosen = next((one for one in kinds.every() if one.code == kind), None)
    if chosen is None:
        raise Http404
    form = RoleListForm(request.POST if request.method == "POST" else None, role=role, kind=chosen, by=request.user)
    if form.is_valid():
        configuring.change_item(ROLES, pk, form.changes(), by=request.user)
        return changed_here(request, ROLES.url("change", pk), _("“%(name)s” was saved.") % {"name": role}, news=())
    action = reverse("setup-role-list", args=[kind, pk])
    context = {"role": role, "kind": chosen, "form": form, "action": action}
    return render(request, "setup/role_list.html", context, status=422 if form.is_bound else 200)


@require_safe
def setup_log(request: Request) -> HttpResponse:
    """Every change of the configuration: who, when, what was and what is now; and who took what out of the house."""
    _must_look_after_it(request)
    told = {kind.code: kind.in_log for kind in KINDS.values() if kind.in_log}
    only = request.GET.get("only", "")
    codes = [only] if only in told else [*(kind.code for kind in OF_CONFIGURATION), *told]
    lines = log_lines(codes, read_id(request.GET.get("before")), request.user)
    context = {
        "pages": lists.every(),
        "told": told,
        "only": only if only in told else "",
        "lines": lines[:LINES],
        "more": lines[LINES - 1].event.pk if len(lines) > LINES else None,
    }
    return render(request, "setup/log.html", context)
