"""«Cấu hình thuộc tính»: fields of a company's own, their groups and the layout of each kind (R4.22-4.33)."""

import contextlib
from typing import Any

from django import forms
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe
from procrastinate.exceptions import AlreadyEnqueued

from pheu.core.errors import Invalid, say_beside, tell
from pheu.core.vietnamese import fold
from pheu.people.requests import Request
from pheu.people.scopes import CHANGE, VIEW
from pheu.records import custom, field_indexes, kinds
from pheu.records.act_views import changed_here
from pheu.records.jobs import mend_field_indexes
from pheu.records.models import CustomField, FieldGroup
from pheu.records.schema import Group
from pheu.setup import lists, shaping
from pheu.setup.definitions import CLASSES
from pheu.setup.field_forms import FieldForm, GroupForm


def _kind(request: Request, code: str = "") -> str:
    if not request.user.may("system", VIEW):
        raise Http404
    if code not in CLASSES:
        raise Http404
    return code


def _context(request: Request, **more: Any) -> dict[str, Any]:
    return {"pages": lists.every(), "area": "fields", "may_change": request.user.may("system", CHANGE), **more}


def _tabs(page: str, here: str) -> list[dict[str, Any]]:
    counts: dict[str, int] = {}
    for kind in CustomField.objects.filter(is_active=True).values_list("kind", flat=True):
        counts[kind] = counts.get(kind, 0) + 1
    return [
        {"label": label, "url": f"{reverse(page)}?kind={code}", "current": code == here, "count": counts.get(code)}
        for code, label in CLASSES.items()
    ]


@require_safe
def fields(request: Request) -> HttpResponse:
    """Fields of one kind, tickets first (R4.33), those out of use last."""
    kind = _kind(request, request.GET.get("kind", "ticket"))
    text = request.GET.get("q", "")[:100].strip()
    groups = {one.name: one.label for one in shaping.groups_of(kind)}
    waiting = field_indexes.waiting()
    rows = [
        {
            "is_waiting": one.pk in waiting,
            "field": one,
            "type": custom.TYPES[one.type],
            "group": groups.get(one.group, ""),
            "seen": shaping.digest(one),
        }
        for one in CustomField.objects.filter(kind=kind).order_by("-is_active", "position", "pk")
        if fold(text) in fold(one.label)
    ]
    used, most = shaping.room()
    more = {"kind": kind, "kind_label": CLASSES[kind], "rows": rows, "text": text, "used": used, "most": most}
    return render(request, "setup/fields.html", _context(request, tabs=_tabs("setup-fields", kind), **more))


def field_new(request: Request) -> HttpResponse:
    """Loại dữ liệu, kiểu dữ liệu, what belongs to it, rights, «Thêm mới»: in that order (R4.32)."""
    return _field_form(request, _kind(request, request.GET.get("kind", "ticket")), None)


def field_change(request: Request, pk: int) -> HttpResponse:
    _kind(request, "ticket")
    item = get_object_or_404(CustomField, pk=pk)
    return _field_form(request, item.kind, item)


def _field_form(request: Request, kind: str, item: CustomField | None) -> HttpResponse:
    request.user.must("system", CHANGE)
    sent = request.POST if request.method == "POST" else None
    form = FieldForm(sent, kind=kind, item=item)
    if sent is not None and form.is_valid() and (saved := _saved(request, form)) is not None:
        _index_soon()
        tell(request, _("“%(name)s” was saved.") % {"name": saved.label})
        return redirect(f"{reverse('setup-fields')}?kind={kind}")
    seen = request.POST.get("seen") or (shaping.digest(item) if item else "")
    label = custom.TYPES[item.type].label if item else ""
    more = {"kind": kind, "kind_label": CLASSES[kind], "type_label": label, "item": item, "form": form, "seen": seen}
    context = _context(request, tabs=_tabs("setup-field-new", kind), **more)
    return render(request, "setup/field.html", context, status=200 if sent is None else 422)


def _saved(request: Request, form: FieldForm) -> CustomField | None:
    """The field as it is now, None where it was refused; its indexes come by a job."""
    try:
        values = form.values()
        if form.item is None:
            return shaping.add_field(form.kind, form.of_type, values, by=request.user)
        return shaping.change_field(form.item.pk, values, seen=request.POST.get("seen", ""), by=request.user)
    except Invalid as error:
        say_beside(form, error)
    except forms.ValidationError as error:
        form.add_error("default", error)
    return None


@require_POST
def field_switch(request: Request, pk: int) -> HttpResponse:
    """Take a field out of use, or back."""
    _kind(request, "ticket")
    item = get_object_or_404(CustomField, pk=pk)
    wanted = {"is_active": request.POST.get("was") != "1"}
    item = shaping.change_field(pk, wanted, seen=request.POST.get("seen", ""), by=request.user)
    words = _("“%(name)s” is in use again.") if item.is_active else _("“%(name)s” is out of use; what was typed stays.")
    here = f"{reverse('setup-fields')}?kind={item.kind}"
    return changed_here(request, here, words % {"name": item.label}, news=("list-changed",))


def _index_soon() -> None:
    """One job builds what is missing; if it waits to be run already, it finds this as well."""
    with contextlib.suppress(AlreadyEnqueued), transaction.atomic():
        mend_field_indexes.defer()


def field_move(request: Request, pk: int) -> HttpResponse:
    """The dialog that moves a field to another kind, with what goes along (R4.29)."""
    _kind(request, "ticket")
    request.user.must("system", CHANGE)
    item = get_object_or_404(CustomField, pk=pk)
    if request.method == "POST":
        to = request.POST.get("to", "")
        followed = shaping.move_field(pk, to, seen=request.POST.get("seen", ""), by=request.user)
        words = ngettext("%(n)d value went along.", "%(n)d values went along.", followed) % {"n": followed}
        tell(request, f"{_('“%(name)s” was moved.') % {'name': item.label}} {words}")
        return redirect(f"{reverse('setup-fields')}?kind={to}")
    offers = [
        {"code": code, "label": label, "linked": len(shaping.linked(item.key, item.kind, code))}
        for code, label in CLASSES.items()
        if code != item.kind
    ]
    context = {"item": item, "kind_label": CLASSES[item.kind], "offers": offers, "seen": shaping.digest(item)}
    return render(request, "setup/field_move.html", context)


# Layout ---------------------------------------------------------------------------------------------------------------


@require_safe
def layout(request: Request, kind: str) -> HttpResponse:
    """«Bố cục»: groups and their fields as pages show them, put in order by dragging."""
    _kind(request, kind)
    there = {one.code for one in kinds.every()}
    own = {one.name: one for one in FieldGroup.objects.filter(kind=kind)}
    held: list[Group] = shaping.groups_of(kind)
    mine = set(CustomField.objects.filter(kind=kind, is_active=True).values_list("key", flat=True))
    groups = [{"group": one, "own": own.get(one.name), "fields": one.fields} for one in held]
    more = {"kind": kind, "kind_label": CLASSES[kind], "groups": groups, "mine": mine, "is_there": kind in there}
    tabs = [
        {"label": label, "url": reverse("setup-layout", args=[code]), "current": code == kind}
        for code, label in CLASSES.items()
        if code in there
    ]
    return render(request, "setup/layout.html", _context(request, tabs=tabs, **more) | {"area": "layout"})


def _arranged(request: Request, kind: str) -> HttpResponse:
    return changed_here(request, reverse("setup-layout", args=[kind]), _("The order was saved."))


@require_POST
def groups_order(request: Request, kind: str) -> HttpResponse:
    """All groups of a kind, in their new order."""
    shaping.arrange_groups(_kind_there(request, kind), request.POST.getlist("ids"), by=request.user)
    return _arranged(request, kind)


@require_POST
def fields_order(request: Request, kind: str, group: str) -> HttpResponse:
    """The fields of one group, in their new order, those that came from other groups too."""
    shaping.arrange(_kind_there(request, kind), group, request.POST.getlist("ids"), by=request.user)
    return _arranged(request, kind)


def _kind_there(request: Request, kind: str) -> str:
    if _kind(request, kind) not in {one.code for one in kinds.every()}:
        raise Http404
    return kind


def group_new(request: Request, kind: str) -> HttpResponse:
    return _group_form(request, _kind(request, kind), None)


def group_change(request: Request, pk: int) -> HttpResponse:
    _kind(request, "ticket")
    item = get_object_or_404(FieldGroup, pk=pk)
    return _group_form(request, item.kind, item)


def _group_form(request: Request, kind: str, item: FieldGroup | None) -> HttpResponse:
    request.user.must("system", CHANGE)
    sent = request.POST if request.method == "POST" else None
    form = GroupForm(sent, kind=kind, item=item)
    if sent is not None and form.is_valid():
        try:
            label, when = form.cleaned_data["label"], form.when()
            if item is None:
                shaping.add_group(kind, label, when, by=request.user)
            else:
                shaping.change_group(item.pk, label, when, by=request.user)
            told = _("“%(name)s” was saved.") % {"name": label}
            return changed_here(request, reverse("setup-layout", args=[kind]), told, news=("list-changed",))
        except Invalid as error:
            say_beside(form, error)
    context = {"kind": kind, "item": item, "form": form}
    return render(request, "setup/group.html", context, status=200 if sent is None else 422)


@require_POST
def group_drop(request: Request, pk: int) -> HttpResponse:
    _kind(request, "ticket")
    item = get_object_or_404(FieldGroup, pk=pk)
    shaping.drop_group(pk, by=request.user)
    here = reverse("setup-layout", args=[item.kind])
    return changed_here(request, here, _("“%(name)s” was taken away.") % {"name": item.label}, news=("list-changed",))
