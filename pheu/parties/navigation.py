"""KH thô, Công ty, Người liên hệ in the sidebar and the create menu."""

from django.utils.translation import gettext_lazy as _

from pheu.core import navigation
from pheu.core.navigation import CreateItem, NavItem
from pheu.parties.models import Source
from pheu.people.access import creates, opens
from pheu.setup.lists import CompanyList

navigation.register(NavItem(_("Prospects"), "prospect-list", "list", "sales", 10, opens("prospect"), key="k"))
navigation.register(NavItem(_("Companies"), "company-list", "building", "customers", 10, opens("company"), key="o"))
navigation.register(NavItem(_("Contacts"), "contact-list", "user", "customers", 20, opens("contact"), key="n"))
navigation.register_create(CreateItem(_("Company"), "company-new", "building", 30, creates("company")))
navigation.register_create(CreateItem(_("Contact"), "contact-new", "user", 40, creates("contact")))
CompanyList(
    "sources",
    Source,
    _("Sources"),
    _("source"),
    50,
    _("Where customers come from; reports count by it."),
    more=("channel",),
)
