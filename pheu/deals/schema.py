"""The fields of deals; what they share with leads is described in `leads.schema`."""

from dataclasses import dataclass
from operator import attrgetter
from typing import Any, ClassVar

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from pheu.automation.schema import returning
from pheu.deals.models import Conversion, Deal
from pheu.leads import schema as leads
from pheu.parties.schema import COMPANY_NAMES, PERSON_NAMES, SOURCE, TAGS
from pheu.quality.fields import from_list
from pheu.records.fields import Percent, RowPick, Shown, Title, common, staged
from pheu.records.models import Category
from pheu.records.operators import EMPTY, OF_ROWS, Operator
from pheu.records.schema import Group, Schema, responsible

STATES = (Category.OPEN, Category.WON, Category.LOST, Category.UNQUALIFIED)


class Probability(Percent):
    """Typed by hand it stays; emptied it follows the stage (D18)."""

    cell = "probability"

    def drawn_from(self) -> tuple[list[str], list[str]]:
        return [], [self.name, "probability_is_typed"]

    def put(self, row: Any, value: int | None) -> None:
        row.type_probability(value)


@dataclass(frozen=True, kw_only=True, eq=False)
class ShownPercent(Shown, Percent):
    cell: str = "percent"  # type: ignore[misc]


@dataclass(frozen=True, kw_only=True, eq=False)
class CameFrom(Shown):
    """The leads that became the deal, merged ones too: conditions look into them."""

    kind: str = "lead"
    cell: str = "row"  # type: ignore[misc]
    empty: ClassVar[Any] = None
    operators: ClassVar[dict[str, Operator]] = {**EMPTY, "where": OF_ROWS["where"]}

    def q(self, lookup: str, value: Any) -> Q:
        # Asked of each row: "in all of those" would be a list too long to look into once it is denied.
        standing = Conversion.objects.filter(undone_at=None, deal=OuterRef("pk"))
        return Q(Exists(standing.filter(**{f"lead__{lookup}": value})))

    def is_empty_q(self) -> Q:
        return ~self.q("isnull", False)


def _left_probability(deal: Any) -> int | None:
    return deal.open_stage.probability if deal.open_stage else None


# What conditions ask and pages show otherwise: the stage's own probability, that of the stage where a closed deal
# stood, and the lead that it came from.
ASKED: dict[str, Any] = {"on_page": False, "filterable": True}
ASKED_ONLY = (
    ShownPercent(
        name="stage_probability",
        label=_("Probability of the stage"),
        reads=attrgetter("stage.probability"),
        kept_in="stage__probability",
        **ASKED,
    ),
    ShownPercent(
        name="left_probability",
        label=_("Probability of the stage before the end"),
        reads=_left_probability,
        kept_in="open_stage__probability",
        **ASKED,
    ),
    CameFrom(name="lead", label=_("Came from the lead"), reads=attrgetter("record.continues"), **ASKED),
)

DEAL = Schema(
    model=Deal,
    groups=(
        Group(
            "customer",
            _("Customer"),
            (
                RowPick(
                    name="company",
                    label=_("Company"),
                    kind="company",
                    synonyms=COMPANY_NAMES,
                    searched=True,
                    filterable=True,
                    comes_from={"contact": "company"},
                ),
                RowPick(
                    name="contact",
                    label=_("Contact"),
                    kind="contact",
                    searched=True,
                    filterable=True,
                    synonyms=PERSON_NAMES,
                ),
            ),
        ),
        Group(
            "deal",
            _("Deal information"),
            (
                Title(
                    name="name",
                    label=_("Deal name"),
                    required=True,
                    sortable=True,
                    synonyms=("tên", "tên dự án", "dự án", "name", "deal", "opportunity", "opportunity name"),
                ),
                leads.AMOUNT,
                Probability(name="probability", label=_("Probability"), hint=_("Empty: by stage"), on_create=False),
                leads.CLOSE_ON,
                leads.LABEL,
                TAGS,
                leads.PRIORITY,
                SOURCE,
                leads.DUE,
            ),
        ),
        Group("requirements", _("Customer requirements"), (leads.REQUEST_TYPE, leads.NEED, leads.RATING)),
        responsible("deal"),
    ),
    title=("name",),
    amount="expected_amount",
    card=("expected_amount", "label", "tags", "owner", "next_activity", "rotting", "priority"),
    customer=("company", "contact"),
    key=("company", "contact", "expected_amount", "expected_close_on", "owner"),
    columns=(
        "name",
        "number",
        "company",
        "stage",
        "expected_amount",
        "next_activity",
        "owner",
        "expected_close_on",
        "probability",
        "label",
        "updated_at",
    ),
    shown=(*staged("deal", STATES), returning("deal"), *common(), from_list("deal"), *ASKED_ONLY),
    phone_columns=("name", "stage", "expected_amount", "next_activity", "owner"),
)
