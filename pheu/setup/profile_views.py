"""«Hồ sơ công ty» and «Ngày nghỉ»: what «Cấu hình» says of the company as a whole."""

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from pheu.core.errors import DomainError, Invalid, say_beside, tell
from pheu.core.vietnamese import fold
from pheu.people.models import Holiday, Profile, User
from pheu.people.profile import profile
from pheu.people.requests import Request
from pheu.people.scopes import CHANGE, VIEW
from pheu.records.act_views import changed_here
from pheu.records.answers import done
from pheu.setup import configuring, housekeeping, lists
from pheu.setup.forms import HolidaysForm, ProfileForm
from pheu.setup.profile import COMPANY, HOLIDAYS, proposed, years_to_propose
from pheu.timeline.previews import HEADERS

YEAR = 365 * 24 * 3600  # seconds


def _must_look_after_it(request: Request) -> None:
    if not request.user.may("system", VIEW):
        raise Http404


def company(request: Request) -> HttpResponse:
    """Who we are, when we work, what the menu shows; who may only look is shown it, and no button."""
    _must_look_after_it(request)
    held = get_object_or_404(Profile)
    may_change = request.user.may("system", CHANGE)
    sent = request.POST if request.method == "POST" else None
    if sent is not None:
        request.user.must("system", CHANGE)
    form = ProfileForm(sent, of=COMPANY, item=held, may_change=may_change)
    if sent is not None and form.is_valid():
        try:
            configuring.change_item(COMPANY, held.pk, form.changes(), by=request.user)
            tell(request, _("The company profile was saved."))
            return done(request, COMPANY.url("page"))
        except Invalid as error:
            say_beside(form, error)
    context = {"pages": lists.every(), "chosen": COMPANY, "form": form, "item": held, "may_change": may_change}
    return render(request, COMPANY.form_page, context, status=200 if sent is None else 422)


@require_POST
def logo_change(request: Request) -> HttpResponse:
    _must_look_after_it(request)
    if "remove" in request.POST:
        housekeeping.remove_logo(by=request.user)
        tell(request, _("The logo was taken down."))
    elif upload := request.FILES.get("upload"):
        housekeeping.change_logo(upload, by=request.user)
        tell(request, _("The logo was changed."))
    else:
        raise DomainError(_("Choose a picture first."))
    return redirect(COMPANY.url("page"))


@login_not_required
@require_safe
def logo(request: Request, name: str) -> Any:
    """The picture beside the company's name, for everybody: it stands on the sign-in page."""
    held = profile()
    if held.logo_key != name:
        raise Http404
    try:
        content = default_storage.open(str(held.logo), "rb")  # never by the row, which threads share
    except FileNotFoundError:
        raise Http404 from None
    kept = {"Cache-Control": f"public, max-age={YEAR}, immutable"}
    return FileResponse(content, content_type=held.logo_type, headers=HEADERS | kept)


@require_POST
def picture_change(request: Request) -> HttpResponse:
    """One's own picture: another one, or none."""
    upload = None if "remove" in request.POST else request.FILES.get("upload")
    if upload is None and "remove" not in request.POST:
        raise DomainError(_("Choose a picture first."))
    housekeeping.change_picture(upload, by=request.user)
    tell(request, _("Your picture was changed.") if upload else _("Your picture was taken down."))
    return redirect("account")


@require_safe
def picture(request: Request, name: str) -> Any:
    """The picture of a colleague, for whoever is signed in. Another picture has another address."""
    person = get_object_or_404(User, picture=f"person/{name}")
    try:
        content = default_storage.open(str(person.picture), "rb")
    except FileNotFoundError:
        raise Http404 from None
    kept = {"Cache-Control": f"private, max-age={YEAR}, immutable"}
    return FileResponse(content, content_type=person.picture_type, headers=HEADERS | kept)


# «Ngày nghỉ» -------------------------------------------------------------------------------------------------------


@require_safe
def holidays(request: Request) -> HttpResponse:
    """The days of one year, `?year=`; a search looks in all of them."""
    _must_look_after_it(request)
    this, following = years_to_propose()
    kept = {day.year for day in Holiday.objects.dates("day", "year")}
    years = sorted({this, following, *kept})
    year = next((one for one in years if str(one) == request.GET.get("year")), this)
    text = request.GET.get("q", "")[:100].strip()
    items = Holiday.objects.all() if text else HOLIDAYS.of(year)
    here, may_change = HOLIDAYS.url("page"), request.user.may("system", CHANGE)
    context = {
        "pages": lists.every(),
        "chosen": HOLIDAYS,
        "items": [one for one in items if fold(text) in fold(HOLIDAYS.words(one))],
        "text": text,
        "year": year,
        "years": [{"label": one, "url": f"{here}?year={one}", "current": one == year} for one in years],
        "may_change": may_change,
        "may_propose": may_change and year in (this, following),
    }
    return render(request, "setup/holidays.html", context)


def holidays_propose(request: Request, year: int) -> HttpResponse:
    """The public holidays of a year that are not in the list: some of them, or all, come into it."""
    _must_look_after_it(request)
    request.user.must("system", CHANGE)
    if year not in years_to_propose():
        raise Http404
    form = HolidaysForm(request.POST if request.method == "POST" else None, days=proposed(year))
    if form.is_valid():
        added = len(housekeeping.add_holidays(year, form.cleaned_data["days"], by=request.user))
        words = ngettext("%(n)d day was added.", "%(n)d days were added.", added) % {"n": added}
        return changed_here(request, f"{HOLIDAYS.url('page')}?year={year}", words, news=["list-changed"])
    context = {"form": form, "year": year, "chosen": HOLIDAYS}
    return render(request, "setup/holidays_propose.html", context, status=422 if form.is_bound else 200)
