"""Companies, contacts and prospects, as the engines know them."""

from django.utils.translation import gettext_lazy as _

from pheu.parties import schema
from pheu.people.models import User
from pheu.records.conditions import View
from pheu.records.kinds import Kind, register

MINE = View("mine", _("Mine"), {"field": "owner", "op": "in", "value": ["me"]})
ALL = View("all", _("All"), {})
TO_SCREEN = {"field": "became", "op": "empty"}


def _company_views(user: User) -> list[View]:
    return [
        ALL,
        MINE,
        View("customers", _("Customers"), {"field": "type", "op": "in", "value": ["customer"]}),
        View("potential", _("Potential"), {"field": "type", "op": "in", "value": ["prospect"]}),
    ]


def _contact_views(user: User) -> list[View]:
    return [ALL, MINE, View("private", _("Private customers"), {"field": "company", "op": "empty"})]


def _prospect_views(user: User) -> list[View]:
    return [
        View("open", _("To screen"), TO_SCREEN),
        MINE,
        View("free", _("Nobody's yet"), {"all": [{"field": "owner", "op": "empty"}, TO_SCREEN]}),
        View("marked", _("Numbers to check"), {"field": "flags", "op": "filled"}),
        View("converted", _("Converted"), {"field": "became", "op": "filled"}),
        ALL,
    ]


COMPANY = register(
    Kind(
        code="company",
        prefix="CT",
        label=_("Company"),
        plural=_("Companies"),
        icon="building",
        fields=schema.COMPANY,
        family="party",
        path="companies",
        views=_company_views,
        empty=_("Companies come here when a lead is converted, or make one yourself."),
    )
)
CONTACT = register(
    Kind(
        code="contact",
        prefix="LH",
        label=_("Contact"),
        plural=_("Contacts"),
        icon="user",
        fields=schema.CONTACT,
        family="party",
        views=_contact_views,
        empty=_("People you talk to: contacts of a company, and private customers."),
    )
)
PROSPECT = register(
    Kind(
        code="prospect",
        prefix="KT",
        label=_("Prospect"),
        plural=_("Prospects"),
        icon="list",
        fields=schema.PROSPECT,
        family="work",
        served_by="serves_leads",
        views=_prospect_views,
        empty=_("Raw lists that nobody has screened yet. Import one from Excel to begin."),
    )
)
