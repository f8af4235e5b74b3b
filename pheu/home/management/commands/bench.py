import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from pheu.home.bench.measure import run
from pheu.home.bench.population import fill
from pheu.leads.models import Lead
from pheu.people.models import User

EMAILS = ["dung@quantrac.example", "binh@quantrac.example", "an@quantrac.example"]


class Command(BaseCommand):
    help = "Fill the demo company with many leads and deals and time the pages. Never on a database that matters."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--leads", type=int, default=100_000)
        parser.add_argument("--times", type=int, default=20)
        parser.add_argument("--json", type=Path)

    def handle(self, **options: Any) -> None:
        if User.objects.exclude(email__endswith=".example").exists():
            raise CommandError("There are real people here: the bench works on the demo company only.")
        missing = options["leads"] - Lead.objects.count()
        if missing > 0:
            fill(missing, missing * 3 // 10)
        figures = run(EMAILS, times=options["times"])
        for figure in figures:
            self.stdout.write(
                "{who:8} {operation:28} p50 {p50:8} ms  p95 {p95:8} ms  {queries:3} queries  {size:8} bytes".format(
                    **figure
                )
            )
        if options["json"]:
            options["json"].write_text(
                json.dumps({"leads": Lead.objects.count(), "figures": figures}, indent=1), "utf-8"
            )
