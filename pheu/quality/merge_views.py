"""«Trộn»: records beside each other, a value chosen of each field, and one record of them all."""

from collections.abc import Callable, Iterable, Sequence
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
from pheu.quality.sidebyside import BESIDE, MOST, Line, Shared, SideBySide, shared
from pheu.records import kinds
from pheu.records.act_views import all_ticked, asked_ids
from pheu.records.answers import done, undo_url
from pheu.records.fields import PickInput
from pheu.records.models import Record


@once
@require_http_methods(["GET", "HEAD", "POST"])
def merging(request: Request) -> HttpResponse:
    """Ticked records (`ids`, one to `add`, one to go `without`) beside each other, and the answer: the one that stays,
    with a toast that takes it back. Of more than `BESIDE` records every value stands once, with how many have it.

    A list posts what is ticked there; the page that shows it has an address of its own.
    """
    asked = asked_ids(request)
    if asked.get("whole"):
        raise DomainError(_("At most %(most)s records are merged at once. Tick those that are the same."), most=MOST)
    records, problem = _records(request.user, asked), ""
    if request.method == "POST" and "sure" not in request.POST:
        address = _address(all_to_merge(records, request.user))
        return HttpResponseClientRedirect(address) if request.htmx else redirect(address)
    if request.method == "POST":
        try:
            stays = merge(records, choices=_choices(request.POST), seen=_seen(request.POST), by=request.user)
        except Refused:
            raise
        except DomainError as error:
            problem = str(error)
        else:
            words = _("%(n)s records are one now: %(title)s.") % {"n": len(records), "title": stays}
            tell(request, words, undo=undo_url())
            return done(request, stays)
    beside = SideBySide(all_to_merge(records, request.user))
    problem = problem or _in_the_way(beside, request.user)
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


def _records(user: User, asked: QueryDict) -> list[Record]:
    """What is to become one, all of it in the person's sight; whether they may change it the act asks."""
    named = asked.copy()
    for pk in asked.getlist("add"):
        named.appendlist("ids", pk)
    if left := asked.getlist("without"):
        named.setlist("ids", [pk for pk in named.getlist("ids") if pk not in left])
    records = all_ticked(Record.objects.visible_to(user), named)
    if len(records) > MOST:
        raise DomainError(_("At most %(most)s records are merged at once. Tick those that are the same."), most=MOST)
    return records


def _choices(sent: QueryDict) -> dict[str, int]:
    """{field: id of the record whose value it takes}, also where that is what was proposed."""
    told = {name.removeprefix("of-"): read_id(sent[name]) for name in sent if name.startswith("of-")}
    return {name: pk for name, pk in told.items() if pk is not None}


def _seen(sent: QueryDict) -> dict[int, int]:
    """{id: the version that the person looked at}, sent as «id:version» with spaces between."""
    told = (one.partition(":") for one in " ".join(sent.getlist("seen")).split())
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


@dataclass(frozen=True)
class Option:
    """One value of a field: what it is chosen by, how many records have it, and which; of one alone its number."""

    pk: int
    words: str
    is_chosen: bool
    n: int
    of: str
    number: str


@dataclass(frozen=True)
class Grouped:
    """One field to choose of many records: the values that most have, and all further ones."""

    name: str
    label: str
    options: Sequence[Option]
    further: Sequence[Option]


def _page(request: Request, beside: SideBySide, problem: str) -> dict[str, Any]:
    user, sent, is_grouped = request.user, request.POST, len(beside.rows) > BESIDE
    choices: list[Choice | Grouped] = [*_owners(beside, user, read_id(sent.get(f"of-{OWNER}")))]
    numbers = _numbers(beside)
    for line in _choosable(beside, user):
        chosen = read_id(sent.get(f"of-{line.field.name}")) or line.winner
        name, label = f"of-{line.field.name}", str(line.field.label)
        if is_grouped:
            choices.append(_grouped(name, label, line.each, line.field.show, chosen, numbers))
        else:
            options = [(pk, line.field.show(value), pk == chosen) for pk, value in line.values.items()]
            choices.append(Choice(name, label, options))
    seen = beside.kind.schema_for(user)
    alike = [
        (line.field.label, line.field.show(line.values[beside.stays.pk]))
        for line in beside.lines
        if not line.differs and line.filled and seen.get(line.field.name) is not None
    ]
    return {
        "beside": beside,
        "is_grouped": is_grouped,
        "seen": " ".join(f"{row.pk}:{row.record.version}" for row in beside.rows),
        "choices": choices,
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


def _numbers(beside: SideBySide) -> dict[int, str]:
    return {row.pk: row.record.number for row in beside.rows}


SHOWN = 6  # values of a field that stand there at once


def _grouped(
    name: str, label: str, each: Sequence[Shared], show: Callable[[Any], str], chosen: int, numbers: dict[int, str]
) -> Grouped:
    options = [
        Option(
            pk=one.pk,
            words="" if one.is_empty else show(one.value),
            is_chosen=chosen in one.of,
            n=len(one.of),
            of=" ".join(map(str, one.of)),
            number=numbers[one.pk] if len(one.of) == 1 else "",
        )
        for one in each
    ]
    near = sorted(options, key=lambda one: not one.is_chosen)  # what was chosen is seen
    return Grouped(name, label, near[:SHOWN], near[SHOWN:])


def _owners(beside: SideBySide, user: User, sent: int | None) -> list[Choice | Grouped]:
    """Whose the result is, where there are several and the person may hand out."""
    if len({row.owner_id for row in beside.rows}) < 2 or not user.may(beside.kind.code, ASSIGN):
        return []
    chosen = sent or beside.owned_by.pk
    if len(beside.rows) > BESIDE:
        owners = {row.pk: row.owner for row in beside.rows}
        each = shared(owners, lambda owner: owner and owner.pk, beside.owned_by.pk)
        return [_grouped(f"of-{OWNER}", str(_("Owner")), each, str, chosen, _numbers(beside))]
    options = [(row.pk, str(row.owner or ""), row.pk == chosen) for row in beside.rows]
    return [Choice(f"of-{OWNER}", str(_("Owner")), options)]
