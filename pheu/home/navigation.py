from django.utils.translation import gettext_lazy as _

from pheu.core import navigation
from pheu.core.navigation import NavItem

navigation.register(NavItem(_("Home"), "home", "home", "", 1, phone=1, key="h"))
