from django.utils.translation import gettext_lazy as _

from pheu.core import navigation
from pheu.core.navigation import NavItem

navigation.register(
    NavItem(_("Calendar"), "calendar", "calendar", "", 2, phone=4, key="w", count_url_name="calendar-count")
)
