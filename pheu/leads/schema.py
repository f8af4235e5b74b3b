"""The fields of leads, and those that deals share with them (R0.04)."""

from dataclasses import replace

from django.utils.translation import gettext_lazy as _

from pheu.automation.schema import returning
from pheu.leads.models import PRIORITIES, Lead, Rating, RequestType
from pheu.parties import schema as parties
from pheu.quality.fields import from_list
from pheu.records.fields import (
    Choice,
    Date,
    Field,
    LabelPick,
    LongText,
    Moment,
    Money,
    PersonName,
    Pick,
    RowPick,
    Stars,
    Text,
    Title,
    common,
    staged,
    worked_at,
)
from pheu.records.models import Category, Label
from pheu.records.schema import Group, Schema, responsible

STATES = (Category.NEW, Category.WORKING, Category.CONVERTED, Category.UNQUALIFIED)
PRIORITY = Stars(name="priority", label=_("Priority"), options=PRIORITIES, filterable=True, sortable=True)
RATING = Choice(name="rating", label=_("Rating"), options=Rating.choices, filterable=True)
REQUEST_TYPE = Pick(
    name="request_type", label=_("Request type"), model=RequestType, filterable=True, synonyms=("loại yêu cầu",)
)
NEED = LongText(
    name="need", label=_("Need"), synonyms=("nhu cầu", "yêu cầu", "requirements"), comes_from={"prospect": "remark"}
)
AMOUNT = Money(
    name="expected_amount",
    label=_("Expected value"),
    sortable=True,
    filterable=True,
    synonyms=(
        "giá trị", "giá trị dự kiến", "giá trị cơ hội", "doanh thu", "doanh số", "số tiền", "số tiền dự kiến",
        "ngân sách", "amount", "deal value", "value", "expected revenue", "revenue", "budget",
    ),
)  # fmt: skip
LABEL = LabelPick(name="label", label=_("Label"), model=Label, filterable=True)
DUE = Moment(
    name="due_at",
    label=_("Due"),
    sortable=True,
    filterable=True,
    synonyms=("hạn xử lý", "deadline", "due date"),
)
CLOSE_ON = Date(
    name="expected_close_on",
    label=_("Expected close"),
    sortable=True,
    filterable=True,
    synonyms=("ngày chốt", "ngày chốt dự kiến", "ngày dự kiến chốt", "close date", "expected close date"),
)
COMPANY = RowPick(
    name="company", label=_("Existing company"), kind="company", filterable=True, comes_from={"contact": "company"}
)
CONTACT = RowPick(name="contact", label=_("Existing contact"), kind="contact", filterable=True)


def filled(field: Field, **kinds: str) -> Field:
    """A field of parties as leads have it: it fills itself from a picked company or contact (R0.06)."""
    return replace(field, comes_from=kinds, tells_apart=field in (parties.PHONE, parties.EMAIL, parties.TAX_CODE))


LEAD = Schema(
    model=Lead,
    groups=(
        Group(
            "customer",
            _("Customer"),
            (
                COMPANY,
                Text(
                    name="company_name",
                    label=_("Company name"),
                    names="company",
                    searched=True,
                    proposes="company",
                    synonyms=parties.COMPANY_NAMES,
                    comes_from={"company": "name"},
                ),
                CONTACT,
                PersonName(
                    name="person_name",
                    label=_("Contact person"),
                    searched=True,
                    proposes="contact",
                    synonyms=(*parties.PERSON_NAMES, *parties.GIVEN_NAMES),
                    comes_from={"contact": "full_name"},
                ),
                replace(filled(parties.SHORT_NAME, company="short_name"), asked=False),
                filled(parties.JOB_TITLE, contact="job_title"),
                filled(parties.PHONE, company="phone", contact="phone"),
                filled(parties.EMAIL, company="email", contact="email"),
                filled(parties.TAX_CODE, company="tax_code"),
                filled(parties.WEBSITE, company="website"),
                filled(parties.ADDRESS, company="address", contact="address"),
                filled(parties.PROVINCE, company="province", contact="province"),
                filled(parties.WARD, company="ward", contact="ward"),
                replace(filled(parties.INDUSTRY, company="industry"), asked=False),
                filled(parties.COUNTRY, company="country"),
            ),
        ),
        Group(
            "lead",
            _("Lead information"),
            (
                Title(
                    name="name",
                    label=_("Lead name"),
                    hint=_("Empty: the customer's name"),
                    sortable=True,
                    synonyms=("opportunity", "opportunity name"),
                ),
                PRIORITY,
                parties.SOURCE,
                filled(parties.ORIGIN, company="origin"),
                RATING,
                LABEL,
                parties.TAGS,
                replace(CLOSE_ON, label=_("Expected completion")),
                DUE,
            ),
        ),
        Group("requirements", _("Customer requirements"), (REQUEST_TYPE, NEED, AMOUNT)),
        responsible("lead"),
    ),
    title=("name", "company_name", "person_name", "phone", "email"),
    amount="expected_amount",
    card=("expected_amount", "label", "tags", "owner", "next_activity", "rotting", "priority"),
    customer=("company_name", "person_name"),
    hint=(("company_name", "person_name", "phone"),),
    key=("phone", "email", "expected_amount", "expected_close_on", "owner"),
    columns=(
        "name",
        "number",
        "stage",
        "phone",
        "next_activity",
        "owner",
        "request_type",
        "priority",
        "label",
        "source",
        "updated_at",
    ),
    shown=(*staged("lead", STATES), returning("lead"), worked_at(), *common(), from_list("lead", goes_on=True)),
    phone_columns=("name", "stage", "phone", "next_activity", "owner"),
)
