"""Questions of a role that menus ask."""

from collections.abc import Callable

from pheu.people.models import User
from pheu.people.scopes import CREATE, VIEW


def opens(kind: str) -> Callable[[User], bool]:
    return lambda user: user.may(kind, VIEW)


def creates(kind: str) -> Callable[[User], bool]:
    return lambda user: user.may(kind, CREATE)
