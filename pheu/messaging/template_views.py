"""A template tried while it is written: what it says about a record, a letter of it to oneself; and its versions."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import trigger_client_event

from pheu.core.errors import Invalid, say_beside, tell
from pheu.core.ids import read_id
from pheu.messaging.forms import TemplateForm, TryForm
from pheu.messaging.models import EmailTemplate
from pheu.messaging.templates_page import TEMPLATES
from pheu.messaging.trying import send_trial, try_out
from pheu.messaging.versions import Version, versions_of
from pheu.people.requests import Request
from pheu.people.scopes import CHANGE, VIEW


@require_POST
def template_preview(request: Request) -> HttpResponse:
    """«Xem trước»: the form as it was sent, and below it the letter; nothing is kept. `?of=` names a saved template."""
    return _tried(request, sends=False)


@require_POST
def template_trial(request: Request) -> HttpResponse:
    """«Gửi thử cho tôi»: the same, and the letter is on its way to whoever asks."""
    return _tried(request, sends=True)


@require_safe
def template_version(request: Request) -> HttpResponse:
    """«Dùng lại»: the form of the template `?of=` with what it said from the event `?event=` on; nothing is kept."""
    _must_look_after_them(request)
    item = _asked(request)
    context: dict[str, Any] = {"chosen": TEMPLATES, "item": item, "action": TEMPLATES.url("change", item.pk)}
    form = context["form"] = TemplateForm(of=TEMPLATES, item=item)
    if "event" in request.GET:
        found = context["again"] = _version(item, read_id(request.GET["event"]))
        # As if somebody had typed it: what they saw is what the template says now.
        seen = {form[name].html_initial_name: form[name].initial for name in form.fields}
        context["form"] = TemplateForm(found.values | seen, of=TEMPLATES, item=item)
    return render(request, TEMPLATES.form_page, context)


def _version(item: EmailTemplate, event: int | None) -> Version:
    found = next((one for one in versions_of(item) if one.event.pk == event), None)
    if found is None:
        raise Http404
    return found


def _must_look_after_them(request: Request) -> None:
    if not request.user.may("system", VIEW):
        raise Http404
    request.user.must("system", CHANGE)


def _asked(request: Request) -> Any:
    """The template that `?of=` names."""
    return get_object_or_404(TEMPLATES.items, pk=read_id(request.GET.get("of")))


def _tried(request: Request, *, sends: bool) -> HttpResponse:
    _must_look_after_them(request)
    item = _asked(request) if "of" in request.GET else None
    form, tried = TemplateForm(request.POST, of=TEMPLATES, item=item), TryForm(request.POST, user=request.user)
    context: dict[str, Any] = {"chosen": TEMPLATES, "item": item, "form": form, "tried": tried}
    context["action"] = TEMPLATES.url("change", item.pk) if item else TEMPLATES.url("new")
    if form.only("subject", "html", "purpose") and tried.is_valid():
        written = {name: form.cleaned_data[name] for name in ("subject", "html", "purpose")}
        _draft(request, context, EmailTemplate(**written), sends=sends)
    answer = render(request, TEMPLATES.form_page, context, status=200 if "draft" in context else 422)
    return trigger_client_event(answer, "toast", context["told"]) if "told" in context and request.htmx else answer


def _draft(request: Request, context: dict[str, Any], template: EmailTemplate, *, sends: bool) -> None:
    """Put the letter into the context; what cannot be read is said beside its field."""
    about = context["tried"].cleaned_data["about"]
    try:
        draft = try_out(template, about, request.user)
    except Invalid as error:
        return say_beside(context["form"], error)
    if sends:
        send_trial(template, about, by=request.user)
        words = _("It is on its way to %(address)s.") % {"address": request.user.email}
        context["told"] = {"text": words, "level": "success"}
        if not request.htmx:
            tell(request, words)
    context["draft"] = draft
    return None
