"""The bell: its count, its panel, the page of all, and reading one or all of them."""

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import trigger_client_event

from pheu.core.errors import DomainError, tell
from pheu.core.gateway import GATEWAY, TICKET, Ticket
from pheu.core.ids import read_id
from pheu.core.vietnamese import clean
from pheu.notifications import devices, presence, services, webpush
from pheu.notifications.models import Notification
from pheu.notifications.reading import IN_PANEL, PAGE, lines, lines_of, unread_count
from pheu.people.requests import Request
from pheu.records.counting import forgetting_nothing
from pheu.records.models import Record
from pheu.timeline.events import told_by
from pheu.timeline.models import Event

LONGEST_ENDPOINT = 1000


@require_safe
def count(request: Request) -> HttpResponse:
    """How many wait to be read; the page loads it after itself."""
    return HttpResponse(unread_count(request.user), content_type="text/plain")


def _told(found: list[Any], most: int) -> dict[str, Any]:
    shown = found[:most]
    newest = max((line.row.pk for line in shown), default=0)
    return {"lines": shown, "has_more": len(found) > most, "newest": newest}


@require_safe
def panel(request: Request) -> HttpResponse:
    """What the bell opens."""
    return _panel(request)


def _panel(request: Request) -> HttpResponse:
    return render(request, "notifications/_panel.html", _told(lines(request.user, most=IN_PANEL), IN_PANEL))


@require_safe
def notifications(request: Request) -> HttpResponse:
    """All of them, older ones below `?below=`; `?show=unread` those that wait, `?of=` what one operation brought."""
    below, of = read_id(request.GET.get("below")), read_id(request.GET.get("of"))
    unread = request.GET.get("show") == "unread"
    if of is not None:
        found = lines_of(request.user, of, below=below)
    else:
        found = lines(request.user, below=below, unread=unread)
    context = _told(found, PAGE) | {"unread": unread, "of": of}
    if context["has_more"]:
        last = context["lines"][-1].row
        edge = last.pk if of else last.operation_id
        context["older_url"] = _address(below=edge, of=of, show="unread" if unread else None)
    return render(request, "notifications/notifications.html", context)


def _address(**given: Any) -> str:
    parts = [f"{name}={value}" for name, value in given.items() if value is not None]
    return "?" + "&".join(parts)


@require_POST
def opening(request: Request, pk: int) -> HttpResponse:
    """Read one, and with it all of its operation; on to its record, or to the list of several."""
    one: Notification = get_object_or_404(Notification.objects.of(request.user).select_related("event"), pk=pk)
    services.read(one)
    if "all" in request.POST:
        return redirect(reverse("notifications") + _address(of=one.operation_id))
    return redirect(told_by(one.event).url(one.event) or "notifications")


@require_POST
def reading(request: Request) -> HttpResponse:
    """«Đánh dấu tất cả đã đọc»: all that the page showed, and what is older."""
    newest = read_id(request.POST.get("newest"))
    if newest is not None:
        services.read_all(request.user, up_to=newest)
    if not request.htmx:
        return redirect("notifications")
    return trigger_client_event(_panel(request), "bell-changed")


@require_safe
def live(request: Request) -> HttpResponse:
    """Whether the live stream may open for this person, asked by the gateway in front of us.

    `?since=` is when the page was drawn, in milliseconds: what has happened meanwhile is told first.
    204 where there is none: it ends a browser's trying.
    """
    ticket = request.META.get(TICKET)
    if not isinstance(ticket, Ticket):
        return HttpResponse(status=204 if request.META.get(GATEWAY) is None else 200)
    since = read_id(request.GET.get("since"))
    seconds = None if since is None else since / 1000
    ticket.admit(person=request.user.pk, session=request.session.session_key, since=seconds)
    return HttpResponse()


def _record(request: Request, pk: int) -> Record:
    record: Record = get_object_or_404(Record.objects.visible_to(request.user), pk=pk)
    return record


@require_POST
def readers(request: Request, pk: int) -> HttpResponse:
    """Note that the person looks at the record, or with `?leaving=1` no more; who else does."""
    record = _record(request, pk)
    if "leaving" in request.GET:
        presence.leave(record, request.user)
        return forgetting_nothing(HttpResponse(status=204))
    presence.come(record, request.user)
    people = presence.others(record, request.user)
    return forgetting_nothing(render(request, "notifications/_readers.html", {"people": people}))


@require_safe
def news(request: Request, pk: int) -> HttpResponse:
    """Who else has just changed a record that the person is typing in."""
    record = _record(request, pk)
    others = Event.objects.filter(about=record).exclude(by=request.user).select_related("by")
    last = others.order_by("-at", "-pk").first()
    return render(request, "notifications/_news.html", {"record": record, "event": last})


@require_POST
def choices(request: Request) -> HttpResponse:
    """For which reasons the bell rings and a mail comes; what is not ticked stays silent."""
    wanted, mailed = (request.POST.getlist(name) for name in ("reason", "mail"))
    services.choose(request.user, wanted, mailed, language=get_language() or settings.LANGUAGE_CODE)
    tell(request, _("Saved."))
    return redirect("account")


@require_POST
def device(request: Request) -> HttpResponse:
    """Tell the browser that asks of reminders while no page is open there; what it sends is its own word for that.

    `who` it was switched on by: whoever signs in there later has not asked for it.
    """
    sent = request.POST
    if read_id(sent.get("who")) != request.user.pk:
        return HttpResponse(status=204)
    try:
        browser = webpush.read_browser(*(sent.get(name, "") for name in ("endpoint", "point", "secret")))
    except ValueError:
        browser = None
    if browser is None or len(browser.endpoint) > LONGEST_ENDPOINT:
        raise DomainError(_("This browser cannot be told."))
    if not devices.listen(request.user, request.session.session_key, browser):
        raise DomainError(_("Please sign in again first."))
    return HttpResponse(status=204)


@require_POST
def device_forget(request: Request) -> HttpResponse:
    devices.forget(request.user, clean(request.POST.get("endpoint", ""))[:LONGEST_ENDPOINT])
    return HttpResponse(status=204)


@require_safe
@login_not_required
def manifest(request: HttpRequest) -> HttpResponse:
    """What a phone needs to keep Phễu among its applications; an iPhone shows reminders only of what stands there.

    Asked for without cookies, so it says the same to everybody.
    """
    sizes = [(192, "any"), (512, "any"), (512, "maskable")]
    told = {
        "id": "/",
        "name": "Phễu",
        "short_name": "Phễu",
        "lang": "vi",
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": "#ffffff",
        "theme_color": "#0b7a63",
        "icons": [
            {"src": static(f"img/pheu-{size}.png"), "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}
            for size, purpose in sizes
        ],
    }
    return JsonResponse(told, content_type="application/manifest+json")


@require_safe
@login_not_required
def push_worker(request: HttpRequest) -> HttpResponse:
    """The script by which a browser shows what it is told: at the root, for it serves all pages."""
    return render(request, "notifications/sw.js", content_type="text/javascript")
