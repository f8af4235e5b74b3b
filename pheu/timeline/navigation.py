from django.utils.translation import gettext_lazy as _

from pheu.core import navigation
from pheu.core.navigation import NavItem
from pheu.people.models import User
from pheu.people.scopes import ARCHIVE
from pheu.records import kinds


def may_archive(user: User) -> bool:
    """Whether the person may archive rows of any kind, and so has a recycle bin (D19)."""
    return any(user.may(kind.code, ARCHIVE) for kind in kinds.every())


navigation.register(NavItem(_("Can be taken back"), "undoables", "arrow-back-up", "admin", 55))
navigation.register(NavItem(_("Recycle bin"), "bin", "trash", "admin", 60, may_archive))
