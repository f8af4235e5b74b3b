"""`bin/pheu demo`: fill an empty database with the demo company."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from pheu.core import environment
from pheu.core.processes import both
from pheu.home.demo import recording
from pheu.home.demo.build import LEADS, Built, build, count
from pheu.home.demo.scripts import DAYS, FULL
from pheu.home.demo.signins import COMPANY
from pheu.people.models import User


class Command(BaseCommand):
    help = "Fill an empty database with the demo company: people, customers and eighteen months of their work."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--leads", type=int, help="made anew, about how many leads (20 or more)")
        parser.add_argument("--days", type=int, default=DAYS, help="of how many days (75 or more)")
        parser.add_argument("--record", action="store_true", help="make it anew, write its file, leave nothing")
        parser.add_argument("--if-empty", action="store_true", help="leave a database that has people as it is")

    def handle(self, *args: Any, leads: int | None, days: int, record: bool, if_empty: bool, **options: Any) -> None:
        if if_empty and User.objects.exists():
            return
        if User.objects.exists():
            raise CommandError(_NOT_EMPTY)
        if environment.is_public():
            raise CommandError(_PUBLIC)
        if leads is not None and leads < 20:
            raise CommandError("--leads: 20 or more")
        if days < FULL:
            raise CommandError(f"--days: {FULL} or more")
        if record:
            self.stdout.write(said(_record()))
        elif leads is not None:
            self.stdout.write(said(build(leads=leads, days=days)))
        else:
            recording.restore()
            self.stdout.write(said(count()))


@transaction.atomic
def _record() -> Built:
    now = recording.morning()
    built = build(leads=LEADS, now=now, files=False)
    recording.write(now)
    transaction.set_rollback(True)
    return built


def said(built: Built) -> str:
    return both(
        f"Đã dựng công ty mẫu «{COMPANY}»: {built.prospects} KH thô, {built.leads} tiềm năng, {built.deals} cơ hội, "
        f"{built.companies} công ty.",
        f"Made the demo company: {built.prospects} prospects, {built.leads} leads, {built.deals} deals, "
        f"{built.companies} companies.",
    )


_NOT_EMPTY = both(
    "Cơ sở dữ liệu đã có người dùng, nên không dựng công ty mẫu vào đây. Hãy dùng một PHEU_HOME mới.",
    "The database has users already, so the demo company is not put into it. Use a fresh PHEU_HOME.",
)
_PUBLIC = both(
    "PHEU_BASE_URL là địa chỉ https mà người ngoài vào được: không dựng công ty mẫu, vì ai cũng biết mật khẩu của nó.",
    "PHEU_BASE_URL is an https address that others reach: no demo company here, because everybody knows its password.",
)
