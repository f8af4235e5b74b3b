"""The fields of deals; what they share with leads is described in `leads.schema`."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from pheu.deals.models import Deal
from pheu.leads import schema as leads
from pheu.parties.schema import TAGS
from pheu.records.fields import Date, Percent, RowPick, Title, common
from pheu.records.schema import RESPONSIBLE, Group, Schema


class Probability(Percent):
    """Typed by hand it stays; emptied it follows the stage (D18)."""

    cell = "probability"

    def put(self, row: Any, value: int | None) -> None:
        row.type_probability(value)


DEAL = Schema(
    model=Deal,
    groups=(
        Group(
            "customer",
            _("Customer"),
            (
                RowPick(name="company", label=_("Company"), kind="company"),
                RowPick(name="contact", label=_("Contact"), kind="contact"),
            ),
        ),
        Group(
            "deal",
            _("Deal information"),
            (
                Title(name="name", label=_("Deal name"), required=True, sortable=True),
                leads.AMOUNT,
                Probability(name="probability", label=_("Probability"), hint=_("Empty: by stage"), on_create=False),
                Date(name="expected_close_on", label=_("Expected close"), sortable=True),
                leads.LABEL,
                TAGS,
                leads.PRIORITY,
                leads.SOURCE,
                leads.DUE,
            ),
        ),
        Group("requirements", _("Customer requirements"), (leads.REQUEST_TYPE, leads.NEED, leads.RATING)),
        RESPONSIBLE,
    ),
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
    shown=(leads.stage("deal"), *common(), leads.next_activity()),
    phone_columns=("name", "stage", "expected_amount", "next_activity", "owner"),
)
