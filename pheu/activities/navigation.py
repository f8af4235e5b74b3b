from django.utils.translation import gettext_lazy as _

from pheu.activities import plans  # noqa: F401  (its page registers itself)
from pheu.activities.models import ActivityType
from pheu.core import navigation
from pheu.core.navigation import NavItem
from pheu.setup.lists import CompanyList

navigation.register(
    NavItem(_("Calendar"), "calendar", "calendar", "", 2, phone=4, key="w", count_url_name="calendar-count")
)
CompanyList(
    "activity-types",
    ActivityType,
    _("Activity types"),
    _("activity type"),
    70,
    _("What people plan and do."),
    more=("icon", "next_type", "next_days"),
)
