"""«Tài khoản của tôi»: who I am here, how pages look to me, and where I am signed in."""

from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from pheu.core.errors import tell
from pheu.people import sessions
from pheu.people.devices import device
from pheu.people.forms import OwnForm
from pheu.people.requests import Request
from pheu.people.second_step import second_step


@require_safe
def account(request: Request) -> HttpResponse:
    """What the company keeps of the person is shown; what is theirs to choose can be chosen."""
    return render(request, "people/account.html", _context(request))


def _context(request: Request) -> dict[str, Any]:
    return {
        "form": OwnForm(user=request.user),
        "languages": settings.LANGUAGES,
        "teams": list(request.user.teams.all()),
        "times_off": list(request.user.times_off.from_now()),
        "second_step": second_step(request.user),
        "sessions": sessions.standing(request, request.user),
    }


@require_POST
def account_own(request: Request) -> HttpResponse:
    """Keep what the person has chosen for themselves; it is nobody else's, so nothing is told of it."""
    form = OwnForm(request.POST, user=request.user)
    if not form.is_valid():
        return render(request, "people/account.html", _context(request) | {"form": form}, status=422)
    for name, value in form.cleaned_data.items():
        setattr(request.user, name, value)
    request.user.save(update_fields=list(form.cleaned_data))
    tell(request, _("Your settings were saved."))
    return redirect("account")


@require_POST
def session_end(request: Request, pk: int) -> HttpResponse:
    """Sign out in another browser of one's own; this one has «Đăng xuất»."""
    one = get_object_or_404(sessions.others(request, request.user), pk=pk)
    sessions.end([one])
    tell(request, _("Signed out: %(device)s.") % {"device": device(one.user_agent)})
    return redirect("account")


@require_POST
def sessions_end(request: Request) -> HttpResponse:
    """Sign out everywhere else."""
    sessions.end(sessions.others(request, request.user))
    tell(request, _("You are signed in only here now."))
    return redirect("account")
