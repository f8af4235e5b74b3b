"""`bin/pheu demo_signins`: who may sign in to the demo company, and with which password."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.core.management.base import BaseCommand

from pheu.home.demo.signins import COMPANY, PASSWORD, demo_people


class Command(BaseCommand):
    help = "Print the sign-ins of the demo company; nothing where there is none."

    def handle(self, *args: Any, **options: Any) -> None:
        people = list(demo_people())
        if not people:
            return
        self.stdout.write(f"\nCông ty mẫu «{COMPANY}», mật khẩu chung / password: {PASSWORD}\n")
        rows = [(one.email, one.full_name, one.role.name, str(one.department or "")) for one in people]
        self.stdout.write("\n".join(table([("Địa chỉ", "Họ tên", "Vai trò", "Phòng ban"), *rows])))


def table(rows: Sequence[Sequence[str]]) -> Iterable[str]:
    """Lines of a table whose columns stand below each other, the first row being its head."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    head, *body = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
    return [f"  {head}", "  " + "  ".join("─" * width for width in widths), *(f"  {line}" for line in body)]
