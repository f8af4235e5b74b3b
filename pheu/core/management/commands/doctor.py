"""`bin/pheu doctor`: is everything well? For people; `GET /healthz` is for machines."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from pheu.core.health import WELL, checkup


class Command(BaseCommand):
    help = "Check the database, its migrations and the worker."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        parts = checkup()
        for part, state in parts.items():
            self.stdout.write(f"{part}: {state}")
        # No worker runs while an installation is stopped, and that is no illness of its data.
        if ill := [part for part, state in parts.items() if state != WELL and part != "worker"]:
            raise CommandError(f"not well: {', '.join(ill)}")
