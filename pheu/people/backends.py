from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.db.models import QuerySet

from pheu.core import shape
from pheu.core.prepared import prepared
from pheu.people.models import User


class Backend(AuthenticationBackend):
    """Loads a signed-in person with rights, teams and departments in one query; a disabled one is out at once."""

    def get_user(self, user_id: Any) -> User | None:
        user = next(iter(_with_rights(user_id)), None)
        if user is not None:
            shape.see(user.loaded_shape or "")
        return user


@prepared
def _with_rights(user_id: int) -> QuerySet[User]:
    return User.objects.active().with_rights().filter(pk=user_id).order_by()
