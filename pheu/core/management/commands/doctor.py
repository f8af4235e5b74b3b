"""`bin/pheu doctor`: is everything well? For people; `GET /healthz` is for machines."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from pheu.core.environment import STATEMENT_TIMEOUTS
from pheu.core.health import WELL, checkup, examine
from pheu.core.timeouts import fault_of

SHOWN = 20


class Command(BaseCommand):
    help = "Check the database, its migrations, the worker, its limits, and that what is kept twice agrees."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        parts = checkup()
        for part, state in parts.items():
            self.stdout.write(f"{part}: {state}")
        # No worker runs while an installation is stopped, and that is no illness of its data.
        ill = [part for part, state in parts.items() if state != WELL and part != "worker"]
        if ill or (ill := [*self.timeouts(), *self.examine()]):
            raise CommandError(f"not well: {', '.join(ill)}")

    def timeouts(self) -> list[str]:
        """Print whether statements of the web and the worker have their limit; gives the names of those without."""
        found = {f"statement_timeout of {process}": fault_of(process) for process in STATEMENT_TIMEOUTS}
        for name, fault in found.items():
            self.stdout.write(f"{name}: {fault or WELL}")
        return [name for name, fault in found.items() if fault]

    def examine(self) -> list[str]:
        """Print what the examinations found; gives the names of those that found something."""
        found = examine()
        for name, lines in found.items():
            self.stdout.write(f"{name}: {len(lines)} differ" if lines else f"{name}: {WELL}")
            for line in lines[:SHOWN]:
                self.stdout.write(f"  {line}")
        return [name for name, lines in found.items() if lines]
