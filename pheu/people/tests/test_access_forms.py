"""Mass assignment: whatever a request carries, only the fields that a form declares reach the database (quality.md 3).

Every column of every model is sent along with an ordinary answer; it must end as it does without them.
"""

from typing import Any

import pytest
from django import forms
from django.apps import apps
from django.db import models, transaction
from django.urls import reverse

from pheu.activities.forms import ScheduleForm
from pheu.activities.models import Activity, ActivityType
from pheu.conftest import fingerprint, nothing_changes, stage_of
from pheu.deals.forms import ConversionForm
from pheu.deals.models import Conversion, Deal
from pheu.leads.models import Lead
from pheu.parties.models import Prospect
from pheu.parties.services import create_company, create_contact, create_prospect
from pheu.people.models import User
from pheu.records import kinds
from pheu.records.forms import AssignForm, MoveForm, ReasonForm
from pheu.records.models import Category, ClosingReason, Follower, Pipeline, Record, RecordTag, Stage, Tag
from pheu.timeline.forms import NoteForm
from pheu.timeline.models import Event, Note

KINDS = ("prospect", "company", "contact", "lead", "deal")
TITLE = {"prospect": "company_name", "company": "name", "contact": "full_name", "lead": "name", "deal": "name"}


def every_column(*, but: set[str]) -> dict[str, Any]:
    """A value that would be taken for each column of our models, under the field's name and the column's."""
    sent = {}
    for model in apps.get_models():
        if model.__module__.startswith("pheu."):
            for field in model._meta.concrete_fields:
                sent |= dict.fromkeys({field.name, field.attname}, _value_of(field))
    return {name: value for name, value in sent.items() if name not in but}


def _value_of(field: models.Field) -> Any:
    if isinstance(field, models.ForeignKey):
        return field.related_model._base_manager.order_by("-pk").values_list("pk", flat=True).first() or 1
    if isinstance(field, models.DateTimeField | models.DateField):
        return "2020-01-01"
    if isinstance(field, models.BooleanField):
        return "on"
    if isinstance(field, models.IntegerField | models.DecimalField):
        return "1"
    return "khác"


@pytest.fixture
def rows(cast):
    """One row of each kind, An's own."""
    an = cast.an
    Tag.objects.create(name="Bảo trì")
    contents = {"name": "Trạm", "company_name": "Hòn Đá", "phone": "+842438637747", "need": "Đo bụi", "owner": an}
    return {
        "prospect": create_prospect({"company_name": "Hòn Đá", "owner": an}, by=an),
        "company": create_company({"name": "Hòn Đá", "owner": an}, by=an),
        "contact": create_contact({"full_name": "Đỗ Thị Vân", "owner": an}, by=an),
        "lead": kinds.get("lead").create(contents, by=an),
        "deal": kinds.get("deal").create({"name": "Trạm", "owner": an}, by=an),
    }


def as_seen(row: Any) -> dict[str, Any]:
    """What a browser sends of an untouched record page."""
    sent = {}
    for bound in kinds.get(row.kind).schema.form(row.owner, row=row):
        value = bound.value()
        sent[bound.name] = sent[bound.html_initial_name] = "" if value is None else value
    return sent


@pytest.mark.parametrize("kind", KINDS)
def test_saving_a_record_changes_only_fields_of_its_form(client, rows, an, dung, kind):
    row = rows[kind]
    client.force_login(dung)  # who may do everything; still it is not this form's to do
    seen = as_seen(row)
    more = every_column(but=set(seen))
    with nothing_changes():
        answer = client.post(
            reverse(f"{kind}-save", args=[row.pk]), seen | more | {f"initial-{name}": "" for name in more}
        )
        assert answer.status_code == 302
    client.post(reverse(f"{kind}-save", args=[row.pk]), seen | more | {TITLE[kind]: "Đổi tên"})
    row.refresh_from_db()
    assert row.title == "Đổi tên"
    assert row.owner == an


@pytest.mark.parametrize("kind", KINDS)
def test_a_new_record_takes_only_fields_of_its_form(client, rows, dung, kind):
    client.force_login(dung)
    asked = {one.name for one in kinds.get(kind).schema if one.on_create and one.asked}
    typed = {TITLE[kind]: "Nhiệt điện Sông Con", "owner": dung.pk} | ({"type": "prospect"} if kind == "company" else {})

    def new(**more):
        return _what_comes_of(client, reverse(f"{kind}-new"), typed | more)

    assert new(**every_column(but=asked)) == new()


def _acts(rows: dict[str, Any], cast: Any) -> dict[str, tuple[str, set[str], dict[str, Any]]]:
    """{name: (address, what its form declares, an ordinary answer)}."""
    lead, deal = rows["lead"], rows["deal"]
    working, lost = stage_of("lead", "Đang xử lý"), stage_of("deal", "Thất bại")
    unsuitable = stage_of("lead", "Không phù hợp")
    handover = {"owner": cast.binh.pk, "pipeline": Pipeline.objects.get(kind="deal").pk, "customer": "create"}
    work = {"what": ActivityType.objects.all()[0].pk, "due_at": "31/12/2026 09:00", "assignee": cast.binh.pk}
    acts: dict[str, tuple[list[int], type[forms.Form], dict[str, Any]]] = {
        "lead-stage": ([lead.pk], MoveForm, {"to": working.pk, "left": lead.stage_id}),
        "lead-closing": ([lead.pk], ReasonForm, {"to": unsuitable.pk, "reason": _reason("lead", Category.UNQUALIFIED)}),
        "lead-conversion": ([lead.pk], ConversionForm, handover),
        "lead-assign": ([], AssignForm, {"ids": lead.pk, "owner": cast.binh.pk}),
        "prospect-conversion": ([], forms.Form, {"ids": rows["prospect"].pk}),
        "deal-closing": ([deal.pk], ReasonForm, {"to": lost.pk, "reason": _reason("deal", Category.LOST)}),
        "activity-new": ([deal.pk], ScheduleForm, work),
        "note-add": ([deal.pk], NoteForm, {"body": "Gọi lại"}),
        "following": ([deal.pk], forms.Form, {}),
    }
    return {
        name: (reverse(name, args=args), set(form.base_fields), typed) for name, (args, form, typed) in acts.items()
    }


def _reason(kind: str, category: str) -> int:
    return ClosingReason.objects.filter(kind=kind, category=category)[0].pk


def test_an_act_takes_only_fields_of_its_form(client, rows, cast):
    client.force_login(cast.dung)
    for name, (address, declared, typed) in _acts(rows, cast).items():
        plain = _what_comes_of(client, address, typed)
        more = every_column(but=declared | set(typed))
        assert _what_comes_of(client, address, typed | more) == plain, name
        assert plain["changed"], f"{name} did nothing, so this proves nothing"


def _what_comes_of(client: Any, address: str, sent: dict[str, Any]) -> dict[str, Any]:
    """Every row of the business after the request, without ids and moments, which differ each time; rolled back."""
    before = fingerprint()
    with transaction.atomic():
        answer = client.post(address, sent)
        assert answer.status_code == 302, (address, answer.status_code)
        came = {model._meta.label: sorted(_told(model), key=repr) for model in _BUSINESS}
        came["changed"] = fingerprint() != before
        transaction.set_rollback(True)
    return came


_BUSINESS: list[type[models.Model]] = [
    *(apps.get_model(label) for label in ("parties.Prospect", "parties.Company", "parties.Contact")),
    Lead, Deal, Conversion, Record, RecordTag, Follower, Note, Event, Activity, User, Stage, Pipeline, Prospect,
]  # fmt: skip
_EACH_TIME = {
    "id",
    "record",
    "number",
    "facts",
    "about",
    "deal",
    "lead",
    "search",
    "became",
    "continues",
    "company",
    "contact",
    "operation",
    "cause",
}


def _told(model: type[models.Model]) -> list[dict[str, Any]]:
    """Each row by field name: the value where it is the same every time, and whether it is empty."""
    fields = model._meta.concrete_fields
    same = [one for one in fields if not isinstance(one, models.DateTimeField) and one.name not in _EACH_TIME]
    return [
        {one.name: row[one.attname] for one in same}
        | {f"{one.name} is empty": row[one.attname] is None for one in fields if one.null}
        for row in model._base_manager.values()
    ]
