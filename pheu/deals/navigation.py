from django.utils.translation import gettext_lazy as _

from pheu.core import navigation
from pheu.core.navigation import CreateItem, NavItem
from pheu.people.access import creates, opens

navigation.register(NavItem(_("Deals"), "deal-list", "filter", "sales", 30, opens("deal"), phone=3, key="d"))
navigation.register_create(CreateItem(_("Deal"), "deal-new", "filter", 20, creates("deal")))
