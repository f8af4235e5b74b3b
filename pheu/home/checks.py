"""What must hold before the public reaches us; `bin/pheu serve` and `bin/run` ask the checks with the tag «serve»."""

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, register
from django.db import connection

from pheu.core import environment
from pheu.core.processes import both
from pheu.home.demo.signins import with_demo_password
from pheu.people.models import User


@register("serve")
def no_demo_password_in_public(
    app_configs: Any = None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Nobody may sign in to a public installation with the password that every demo has (design.md 7)."""
    if not databases or not environment.is_public() or not _has_users():
        return []
    people = with_demo_password()
    return [Error(_sentence([person.email for person in people]), id="pheu.E001")] if people else []


def _has_users() -> bool:
    return User._meta.db_table in connection.introspection.table_names()


def _sentence(addresses: list[str]) -> str:
    named = ", ".join(addresses[:3]) + (", …" if len(addresses) > 3 else "")
    return both(
        f"{len(addresses)} tài khoản còn dùng mật khẩu mẫu mà ai cũng biết ({named}), trong khi PHEU_BASE_URL là "
        "địa chỉ https. Hãy đổi mật khẩu của họ (bin/pheu user) hoặc bắt đầu với một PHEU_HOME mới và PHEU_DEMO=0.",
        f"{len(addresses)} accounts still have the demo password that everybody knows ({named}), and PHEU_BASE_URL is "
        "an https address. Change their passwords (bin/pheu user), or start with a fresh PHEU_HOME and PHEU_DEMO=0.",
    )
