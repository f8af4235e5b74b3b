"""`bin/pheu config export|import`: what a company has decided about itself, as one file."""

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import translation

from pheu.core.errors import DomainError
from pheu.people.models import User
from pheu.people.scopes import CHANGE
from pheu.setup.portable import exported, import_config


class Command(BaseCommand):
    help = "Write the configuration of this company to a file, or bring one in."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("what", choices=["export", "import"])
        parser.add_argument("file", nargs="?", default="-", help="the file; without one what comes in or goes out")
        parser.add_argument("--dry-run", action="store_true", help="only say what an import would change")
        parser.add_argument("--by", metavar="EMAIL", help="who imports; without it the first who may change the setup")

    def handle(self, *args: Any, **options: Any) -> None:
        with translation.override("vi"):
            if options["what"] == "export":
                self._export(options["file"])
            else:
                self._import(options)

    def _export(self, name: str) -> None:
        text = json.dumps(exported(), ensure_ascii=False, indent=2) + "\n"
        if name == "-":
            self.stdout.write(text, ending="")
        else:
            Path(name).write_text(text, "utf-8")

    def _import(self, options: dict[str, Any]) -> None:
        try:
            text = sys.stdin.read() if options["file"] == "-" else Path(options["file"]).read_text("utf-8")
            told = json.loads(text)
        except (OSError, RecursionError, ValueError) as error:
            raise CommandError(f"{options['file']}: {error}") from error
        try:
            lines = import_config(told, by=_who(options["by"]), dry_run=options["dry_run"])
        except DomainError as error:
            details = [f"{name}: {' '.join(words)}" for name, words in getattr(error, "errors", {}).items()]
            raise CommandError("\n".join([str(error), *details])) from error
        self.stdout.write("\n".join(lines) or "Không có gì thay đổi / nothing to change")


def _who(email: str | None) -> User:
    people = User.objects.active().select_related("role").order_by("pk")
    found = [one for one in (people.filter(email=email) if email else people) if one.may("system", CHANGE)]
    if not found:
        raise CommandError("Không có ai được phép / nobody may do this")
    return found[0]
