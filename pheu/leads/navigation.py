from collections.abc import Callable

from django.utils.translation import gettext_lazy as _

from pheu.core import navigation
from pheu.core.navigation import CreateItem, NavItem
from pheu.leads.models import RequestType
from pheu.people.access import creates, opens
from pheu.people.models import User
from pheu.people.profile import profile
from pheu.setup.lists import CompanyList


def in_menu(allowed: Callable[[User], bool]) -> Callable[[User], bool]:
    """Only while the company has leads in its menu (R2.01); who has the address of one still opens it."""
    return lambda user: profile().leads_in_menu and allowed(user)


navigation.register(NavItem(_("Leads"), "lead-list", "star", "sales", 20, in_menu(opens("lead")), phone=2, key="l"))
navigation.register_create(CreateItem(_("Lead"), "lead-new", "star", 10, in_menu(creates("lead"))))
CompanyList("request-types", RequestType, _("Request types"), _("request type"), 60, _("What customers ask for."))
