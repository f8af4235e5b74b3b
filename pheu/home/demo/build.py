"""Filling an empty database with the demo company, all of it or nothing."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from django.db import transaction
from django.utils import timezone

from pheu.deals.models import Deal
from pheu.home.demo import chapters
from pheu.home.demo.bygone import weeks
from pheu.home.demo.clock import Clock, play
from pheu.home.demo.customers import Inventor
from pheu.home.demo.office import move_in
from pheu.home.demo.rules import lay_down_rules, tidy_up
from pheu.home.demo.scripts import DAYS, write_lists, write_scripts
from pheu.home.demo.stories import Tale
from pheu.leads.models import Lead
from pheu.parties.models import Company, Prospect
from pheu.setup.portable import EXAMPLES, import_config

SEED, LEADS = 2026, 2000


@dataclass(frozen=True)
class Built:
    """How much there is now."""

    prospects: int
    leads: int
    deals: int
    companies: int


@transaction.atomic
def build(*, leads: int = LEADS, days: int = DAYS, now: datetime | None = None, files: bool = True) -> Built:
    """Make the demo company with about `leads` leads of the last `days` and what follows from them, as of `now`.

    `files`: whether people keep two of them, which are no rows and outlive a transaction.
    The same `now` gives the same company. Nothing but plans lies after it. Ends in one transaction: a build that is
    killed leaves an empty database.
    """
    now = now or timezone.now()
    rng = Random(SEED)  # noqa: S311
    inventor, clock = Inventor(rng), Clock()
    clock.turn_to(now - timedelta(days=days + 30))
    office = move_in()
    survey = json.loads(EXAMPLES.joinpath("quan-trac.json").read_text("utf-8"))
    import_config(survey, by=office.staff["dung"])
    lists = write_lists(now=now, days=days, rng=rng)
    scripts = write_scripts(leads, lists, now=now, days=days, inventor=inventor, rng=rng)
    tales = [Tale(office, script, Random(f"{SEED}-{script.number}")) for script in scripts]  # noqa: S311
    bygone = [tale for tale in tales if tale.script.in_short and tale.script.list is None]
    told = [tale.play() for tale in tales if not (tale.script.in_short and tale.script.list is None)]
    size = round(leads * 0.3 / len(lists))
    beside = [
        *(chapters.raw_list(office, bought, inventor, rng, size=size) for bought in lists),
        chapters.forgotten(office, now=now, rng=Random(SEED + 1)),  # noqa: S311
        chapters.today(office, now=now, rng=Random(SEED + 2)),  # noqa: S311
        *([chapters.files(now=now)] if files else []),
    ]
    play([*beside, *weeks(bygone), *told], until=now - timedelta(minutes=3), clock=clock)
    lay_down_rules(office, today=timezone.localdate(now))
    tidy_up(office)
    clock.tell()
    return count()


def count() -> Built:
    """What is in the database."""
    return Built(
        prospects=Prospect.objects.count(),
        leads=Lead.objects.count(),
        deals=Deal.objects.live().count(),
        companies=Company.objects.count(),
    )
