"""The sign-ins of the demo company, and whether somebody left their doors open."""

from pheu.people.models import User
from pheu.people.queries import UserQuerySet

COMPANY = "Quan Trắc Sen Việt"
DOMAIN = "quantrac.example"
PASSWORD = "hoa-sen-trang-2026"  # noqa: S105  (said aloud on the sign-in page of every demo)


def demo_people() -> UserQuerySet:
    """Everybody of the demo company who may sign in, in the order of their accounts."""
    return (
        User.objects.active().filter(email__endswith=f"@{DOMAIN}").select_related("role", "department").order_by("pk")
    )


def with_demo_password() -> list[User]:
    """Those whose password is still the one that everybody knows."""
    return [person for person in demo_people() if person.check_password(PASSWORD)]
