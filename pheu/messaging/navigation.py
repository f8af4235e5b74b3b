from django.utils.translation import gettext_lazy as _

from pheu.core import navigation
from pheu.core.navigation import NavItem

navigation.register(NavItem(_("Inbox"), "inbox", "mail", "", 4, key="e", count_url_name="inbox-count"))
