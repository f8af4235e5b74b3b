"""Pages of those who look after the installation."""

from collections.abc import Callable

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from pheu.core.errors import tell
from pheu.people.models import User
from pheu.people.requests import Request
from pheu.people.scopes import VIEW
from pheu.setup import services
from pheu.setup.queries import parked_jobs, with_words

PAGE = 50
COUNTED = 100  # jobs for the sidebar; more are «99+»


def _must_look_after_it(request: Request) -> None:
    if not request.user.may("system", VIEW):
        raise Http404


@require_safe
def jobs(request: Request) -> HttpResponse:
    """Jobs that failed for good, until somebody runs them again or drops them."""
    _must_look_after_it(request)
    parked = parked_jobs()
    before = request.GET.get("before", "")[:18]
    if before.isdecimal():
        parked = parked.filter(pk__lt=int(before))
    page = list(parked[: PAGE + 1])
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
