"""«Trộn»: records beside each other, a value chosen of each field, and one record of them all."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from pheu.core.errors import DomainError, Refused, tell
from pheu.core.ids import RowField, read_id
from pheu.core.once import once
from pheu.people.models import User
from pheu.people.requests import Request
from pheu.people.scopes import ASSIGN, CHANGE
from pheu.quality.merging import OWNER, all_to_merge, merge, must_fit
from pheu.quality.sidebyside import MOST, Line, SideBySide
from pheu.records import kinds
from pheu.records.act_views import all_ticked, asked_ids
from pheu.records.answers import done, undo_url
from pheu.records.fields import PickInput
from pheu.records.models import Record


@once
@require_http_methods(["GET", "HEAD", "POST"])
def merging(request: Request) -> HttpResponse:
    """Ticked records (`ids`, and one to `add`) beside each other, and the answer: the one that stays, with a toast that
    takes it back.

    A list posts what is ticked there; the page that shows it has an address of its own.
    """
    asked = asked_ids(request)
    if asked.get("whole"):
        raise DomainError(_("At most %(most)s records are merged at once. Tick those that are the same."), most=MOST)
    rows = _rows(request.user, asked)
    if request.method == "POST" and "sure" not in request.POST:
        address = _address(rows)
        return HttpResponseClientRedirect(address) if request.htmx else redirect(address)
    beside = SideBySide(rows)
    problem = _in_the_way(beside, request.user)
    if request.method == "POST":
        try:
            stays = merge(rows, choices=_choices(beside, request), seen=_seen(request.POST), by=request.user)
        except Refused:
            raise
        except DomainError as error:
            problem, beside = str(error), SideBySide(_rows(request.user, asked))
        else:
            words = _("%(n)s records are one now: %(title)s.") % {"n": len(rows), "title": stays}
            tell(request, words, undo=undo_url())
            return done(request, stays)
    return render(
        request,
        "quality/merge.html",
        _page(request, beside, problem),
        status=409 if problem and request.method == "POST" else 200,
    )


def _address(rows: Iterable[Any]) -> str:
    return f"{reverse('merging')}?{urlencode([('ids', str(row.pk)) for row in rows])}"


def _in_the_way(beside: SideBySide, user: User) -> str:
    """Why these cannot be merged, told before anybody chooses; empty where they can."""
    try:
        must_fit(beside, user)
    except DomainError as error:
        return str(error)
    return ""


def _rows(user: User, asked: QueryDict) -> list[Any]:
    """The records, if the person may change all of them."""
    named = asked.copy()
    for pk in asked.getlist("add"):
        named.appendlist("ids", pk)
    records = all_ticked(Record.objects.visible_to(user), named)
    if len(records) > MOST:
        raise DomainError(_("At most %(most)s records are merged at once. Tick those that are the same."), most=MOST)
    return all_to_merge(records, user)


def _choices(beside: SideBySide, request: Request) -> dict[str, int]:
    """What was chosen otherwise than proposed, of the fields that the person may write."""
    names = {line.field.name: line.winner for line in _choosable(beside, request.user)} | {OWNER: beside.owned_by.pk}
    told = {name: read_id(request.POST.get(f"of-{name}")) for name in names}
    return {name: pk for name, pk in told.items() if pk is not None and pk != names[name]}


def _seen(sent: QueryDict) -> dict[int, int]:
    """{id: the version that the person looked at}."""
    told = (one.partition(":") for one in sent.getlist("seen"))
    pairs = [(read_id(pk), read_id(version)) for pk, _colon, version in told]
    return {pk: version for pk, version in pairs if pk is not None and version is not None}


def _choosable(beside: SideBySide, user: User) -> Iterable[Line]:
    mine = beside.kind.schema_for(user)
    for line in beside.lines:
        one = mine.get(line.field.name)
        if one is not None and one.editable and line.differs:
            yield line


@dataclass(frozen=True)
class Choice:
    """One field to choose: for each record (id, its value in words, whether it is the one)."""

    name: str
    label: str
    options: Sequence[tuple[int, str, bool]]


def _page(request: Request, beside: SideBySide, problem: str) -> dict[str, Any]:
    user, sent = request.user, request.POST
    choices = []
    for line in _choosable(beside, user):
        chosen = read_id(sent.get(f"of-{line.field.name}")) or line.winner
        options = [(pk, line.field.show(value), pk == chosen) for pk, value in line.values.items()]
        choices.append(Choice(f"of-{line.field.name}", str(line.field.label), options))
    owners = _owners(beside, user, read_id(sent.get(f"of-{OWNER}")))
    seen = beside.kind.schema_for(user)
    alike = [
        (line.field.label, line.field.show(line.values[beside.stays.pk]))
        for line in beside.lines
        if not line.differs and line.filled and seen.get(line.field.name) is not None
    ]
    return {
        "beside": beside,
        "heads": [(row, _address(other for other in beside.rows if other is not row)) for row in beside.rows],
        "choices": [*owners, *choices],
        "alike": alike,
        "problem": problem,
        "kind": beside.kind,
        "back": kinds.get(beside.stays.kind).url("list"),
        "adding": AddForm(kind=beside.kind.code, user=user) if len(beside.rows) < MOST else None,
    }


class AddForm(forms.Form):
    """One more record that is the same."""

    add = RowField(Record.objects.none(), label=_("One more that is the same"), required=False)

    def __init__(self, *, kind: str, user: User) -> None:
        super().__init__()
        field: Any = self.fields["add"]
        field.queryset = kinds.get(kind).model.objects.within(user, CHANGE).select_related("record")
        field.widget = PickInput(kind=kind)
        field.widget.choices = field.choices


def _owners(beside: SideBySide, user: User, sent: int | None) -> list[Choice]:
    """Whose the result is, where there are several and the person may hand out."""
    if len({row.owner_id for row in beside.rows}) < 2 or not user.may(beside.kind.code, ASSIGN):
        return []
    chosen = sent or beside.owned_by.pk
    options = [(row.pk, str(row.owner or ""), row.pk == chosen) for row in beside.rows]
    return [Choice(f"of-{OWNER}", str(_("Owner")), options)]
