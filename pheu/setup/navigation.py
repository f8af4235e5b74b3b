from django.utils.translation import gettext_lazy as _

from pheu.core import navigation
from pheu.core.navigation import NavItem
from pheu.people.access import opens

navigation.register(
    NavItem(_("Background jobs"), "jobs", "robot", "admin", 80, opens("system"), count_url_name="jobs-count")
)
