"""The fields of deals; what they share with leads is described in `leads.schema`."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from pheu.deals.models import Deal
from pheu.leads import schema as leads
from pheu.parties.schema import TAGS
from pheu.records.fields import Percent, RowPick, Title, common, staged
from pheu.records.schema import Group, Schema, responsible


class Probability(Percent):
    """Typed by hand it stays; emptied it follows the stage (D18)."""

    cell = "probability"

    def drawn_from(self) -> tuple[list[str], list[str]]:
        return [], [self.name, "probability_is_typed"]

    def put(self, row: Any, value: int | None) -> None:
        row.type_probability(value)


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
                    searched=True,
                    filterable=True,
                    comes_from={"contact": "company"},
                ),
                RowPick(name="contact", label=_("Contact"), kind="contact", searched=True, filterable=True),
            ),
        ),
        Group(
            "deal",
            _("Deal information"),
            (
                Title(name="name", label=_("Deal name"), required=True, sortable=True),
                leads.AMOUNT,
                Probability(name="probability", label=_("Probability"), hint=_("Empty: by stage"), on_create=False),
                leads.CLOSE_ON,
                leads.LABEL,
                TAGS,
                leads.PRIORITY,
                leads.SOURCE,
                leads.DUE,
            ),
        ),
        Group("requirements", _("Customer requirements"), (leads.REQUEST_TYPE, leads.NEED, leads.RATING)),
        responsible("deal"),
    ),
    title=("name",),
    amount="expected_amount",
    card=("expected_amount", "label", "tags", "owner", "next_activity", "priority"),
    columns=(
        "name",
        "number",
        "company",
        "stage",
        "expected_amount",
        "probability",
        "expected_close_on",
        "next_activity",
        "label",
        "owner",
        "updated_at",
    ),
    shown=(*staged("deal"), *common()),
    phone_columns=("name", "stage", "expected_amount", "next_activity", "owner"),
)
