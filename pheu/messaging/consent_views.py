"""Consents as pages: noted on a record by us, ended through the link at the end of a letter by whoever got it."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.core.internal import ratelimit
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from pheu.core.errors import DomainError
from pheu.core.once import once
from pheu.messaging import consents
from pheu.messaging.forms import ConsentForm
from pheu.messaging.models import Consent
from pheu.messaging.people import own_addresses
from pheu.people.profile import profile
from pheu.people.requests import Request
from pheu.people.scopes import CHANGE
from pheu.records import kinds
from pheu.records.act_views import changed_here
from pheu.records.models import Record


@once
def consent(request: Request, pk: int) -> HttpResponse:
    """«Ghi nhận đồng ý»."""
    return _note(request, pk, given=True)


@once
def withdrawal(request: Request, pk: int) -> HttpResponse:
    """«Ghi nhận rút lại»."""
    return _note(request, pk, given=False)


def _note(request: Request, pk: int, *, given: bool) -> HttpResponse:
    about = get_object_or_404(Record.objects.visible_to(request.user), pk=pk)
    kinds.get(about.kind).model.objects.within(request.user, CHANGE).get_or_refuse(pk)
    addresses = [one.address for one in own_addresses(about, request.user)]
    if not addresses:
        raise DomainError(_("There is no e-mail address yet: put one on the record first."))
    form = ConsentForm(request.POST if request.method == "POST" else None, given=given)
    if form.is_valid():
        consents.note_consent(about, address=addresses[0], given=given, **form.cleaned_data, by=request.user)
        return changed_here(request, about, _("It stands in the ledger of consents."))
    context = {
        "form": form,
        "about": about,
        "given": given,
        "address": addresses[0],
        "lines": consents.lines_of(addresses[0], request.user),
        "action": reverse("consent" if given else "withdrawal", args=[pk]),
    }
    return render(request, "messaging/consent.html", context, status=422 if form.is_bound else 200)


# Of whoever has the link ----------------------------------------------------------------------------------------------

# A page that only one person should find, and whose address tells nobody where they came from.
ALONE = {"X-Robots-Tag": "noindex, nofollow", "Referrer-Policy": "no-referrer"}


@csrf_exempt  # RFC 8058: mail programs send it by themselves; the token alone says who asks
@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """What one may end, and ends with a POST: scanners that follow links in letters change nothing."""
    link = consents.consent_of(token)
    if link is None:
        raise Http404
    if request.method == "POST":
        limited = ratelimit.consume_or_429(request, app="allauth.account", action="unsubscribe", key=str(link.pk))
        if limited is not None:
            return limited
        ip = get_adapter().get_client_ip(request)
        if "back" in request.POST:
            consents.restore(link, ip=ip)
        else:
            consents.withdraw(link, _wanted(request, link), ip=ip)
    answer = render(request, "messaging/unsubscribe.html", _context(request, link))
    for name, value in ALONE.items():
        answer[name] = value
    return answer


def _wanted(request: HttpRequest, link: Consent) -> list[str]:
    """The purposes that a POST ends: what was pressed, or with one click what the letter was sent for."""
    pressed = request.POST.get("purpose", "")
    return list(consents.ASKED) if pressed == "all" else [pressed if pressed in consents.ASKED else link.purpose]


def _context(request: HttpRequest, link: Consent) -> dict[str, Any]:
    held = consents.standing_of([link.subject], link.channel)
    lines = [(one, held.get((link.subject, one))) for one in consents.ASKED]
    purposes = [(one, one.label, consents.allows(line, one)) for one, line in lines]
    return {
        "ours": profile(),
        "address": consents.masked(link.subject),
        "purposes": purposes,
        "goes_on": sum(on for _purpose, _label, on in purposes),
        "is_done": request.method == "POST",
        "may_regret": bool(consents.regretted(link)),
    }
