"""Companies, contacts and prospects, as the engines know them."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from pheu.parties import schema, services
from pheu.parties.models import Company
from pheu.people.models import User
from pheu.records.kinds import Kind, register
from pheu.records.lists import Tab


def _own(user: User) -> Tab:
    return Tab("mine", _("Mine"), lambda rows: rows.filter(owner=user.pk))


def _company_tabs(user: User) -> list[Tab]:
    return [
        Tab("all", _("All")),
        _own(user),
        Tab("customers", _("Customers"), lambda rows: rows.filter(type=Company.Type.CUSTOMER)),
        Tab("potential", _("Potential"), lambda rows: rows.filter(type=Company.Type.PROSPECT)),
    ]


def _contact_tabs(user: User) -> list[Tab]:
    return [
        Tab("all", _("All")),
        _own(user),
        Tab("private", _("Private customers"), lambda rows: rows.filter(company=None)),
    ]


def _prospect_tabs(user: User) -> list[Tab]:
    return [
        Tab("open", _("To screen"), lambda rows: rows.filter(became=None)),
        _own(user),
        Tab("free", _("Nobody's yet"), lambda rows: rows.filter(owner=None, became=None)),
        Tab("marked", _("With remarks"), lambda rows: rows.exclude(flags=[])),
        Tab("converted", _("Converted"), lambda rows: rows.exclude(became=None)),
        Tab("all", _("All")),
    ]


def _with_tags(rows: Any) -> Any:
    return rows.prefetch_related("record__tags")


COMPANY = register(
    Kind(
        code="company",
        prefix="CT",
        label=_("Company"),
        plural=_("Companies"),
        icon="building",
        schema=schema.COMPANY,
        create=services.create_company,
        change=services.change_company,
        tabs=_company_tabs,
        prefetch=_with_tags,
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
        schema=schema.CONTACT,
        create=services.create_contact,
        change=services.change_contact,
        tabs=_contact_tabs,
        prefetch=lambda rows: _with_tags(rows.select_related("company")),
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
        schema=schema.PROSPECT,
        create=services.create_prospect,
        change=services.change_prospect,
        tabs=_prospect_tabs,
        prefetch=lambda rows: _with_tags(rows.select_related("became")),
        empty=_("Raw lists that nobody has screened yet. Import one from Excel to begin."),
    )
)
