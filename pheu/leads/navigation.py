from django.utils.translation import gettext_lazy as _

from pheu.core import navigation
from pheu.core.navigation import CreateItem, NavItem
from pheu.leads.models import RequestType
from pheu.people.access import creates, opens
from pheu.setup.lists import CompanyList

navigation.register(NavItem(_("Leads"), "lead-list", "star", "sales", 20, opens("lead"), phone=2, key="l"))
navigation.register_create(CreateItem(_("Lead"), "lead-new", "star", 10, creates("lead")))
CompanyList("request-types", RequestType, _("Request types"), _("request type"), 60, _("What customers ask for."))
