from django.utils.translation import gettext_lazy as _

from pheu.core import navigation
from pheu.core.navigation import NavItem
from pheu.people.models import User
from pheu.people.scopes import VIEW


def reads_sales(user: User) -> bool:
    return user.may("lead", VIEW) or user.may("deal", VIEW)


navigation.register(NavItem(_("Reports"), "reports", "chart-bar", "admin", 10, reads_sales))
