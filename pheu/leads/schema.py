"""The fields of leads, and those that deals share with them (R0.04)."""

from operator import attrgetter

from django.utils.translation import gettext_lazy as _

from pheu.leads.models import PRIORITIES, Lead, Rating, RequestType, Source
from pheu.parties import schema as parties
from pheu.records.fields import (
    Choice,
    Date,
    Field,
    LabelPick,
    LongText,
    Moment,
    Money,
    Pick,
    RowPick,
    ShownMoment,
    StagePick,
    Stars,
    Text,
    Title,
    common,
)
from pheu.records.models import Label, Stage
from pheu.records.schema import RESPONSIBLE, Group, Schema

PRIORITY = Stars(name="priority", label=_("Priority"), options=PRIORITIES, filterable=True, sortable=True)
SOURCE = Pick(name="source", label=_("Source"), model=Source, filterable=True, synonyms=("nguồn", "nguồn khách"))
RATING = Choice(name="rating", label=_("Rating"), options=Rating.choices, filterable=True)
REQUEST_TYPE = Pick(
    name="request_type", label=_("Request type"), model=RequestType, filterable=True, synonyms=("loại yêu cầu",)
)
NEED = LongText(name="need", label=_("Need"), synonyms=("nhu cầu", "yêu cầu"))
AMOUNT = Money(
    name="expected_amount",
    label=_("Expected value"),
    sortable=True,
    synonyms=("giá trị", "giá trị dự kiến", "doanh thu"),
)
LABEL = LabelPick(name="label", label=_("Label"), model=Label, filterable=True)
DUE = Moment(name="due_at", label=_("Due"), sortable=True)
COMPANY = RowPick(name="company", label=_("Existing company"), kind="company")
CONTACT = RowPick(name="contact", label=_("Existing contact"), kind="contact")


def stage(kind: str) -> Field:
    return StagePick(
        name="stage",
        label=_("Stage"),
        model=Stage,
        hint=kind,
        filterable=True,
        editable=False,
        importable=False,
        on_create=False,
    )


def next_activity() -> Field:
    return ShownMoment(
        name="next_activity",
        label=_("Next activity"),
        reads=attrgetter("record.next_activity_at"),
        cell="activity",
        order_by="record__next_activity_at",
    )


LEAD = Schema(
    model=Lead,
    groups=(
        Group(
            "customer",
            _("Customer"),
            (
                COMPANY,
                Text(name="company_name", label=_("Company name"), sortable=False, synonyms=("tên công ty", "công ty")),
                CONTACT,
                Text(name="person_name", label=_("Contact person"), synonyms=("người liên hệ", "họ tên")),
                parties.JOB_TITLE,
                parties.PHONE,
                parties.EMAIL,
                parties.TAX_CODE,
                parties.ADDRESS,
            ),
        ),
        Group(
            "lead",
            _("Lead information"),
            (
                Title(name="name", label=_("Lead name"), hint=_("Empty: the customer's name"), sortable=True),
                PRIORITY,
                SOURCE,
                RATING,
                LABEL,
                parties.TAGS,
                Date(name="expected_close_on", label=_("Expected completion"), sortable=True),
                DUE,
            ),
        ),
        Group("requirements", _("Customer requirements"), (REQUEST_TYPE, NEED, AMOUNT)),
        RESPONSIBLE,
    ),
    columns=(
        "name",
        "number",
        "stage",
        "request_type",
        "priority",
        "phone",
        "next_activity",
        "label",
        "source",
        "owner",
        "updated_at",
    ),
    shown=(stage("lead"), *common(), next_activity()),
    phone_columns=("name", "stage", "phone", "next_activity", "owner"),
)
