"""Who comes when and how it ends: the parts are dealt out before the stories play them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from pheu.home.demo.clock import at_work
from pheu.home.demo.customers import Customer, Inventor
from pheu.home.demo.words import WANTS, Want
from pheu.records.models import Category

DAYS = 91  # of the past that is told
FRESH, FREE, WORKING, UNQUALIFIED, CONVERTED = "fresh", "free", "working", "unqualified", "converted"
CARE, MARKETING, SALES, LIST = "care", "marketing", "sales", "list"
UNDONE = "undone"
TEAMS, TEAM_WEIGHTS = ["Miền Bắc", "Miền Nam", "Miền Trung"], [45, 30, 25]


@dataclass
class Script:
    """One lead: when it comes, who asks for what through which desk, how the lead ends and then its deal.

    `reopens`: what was closed is taken up again; `needs_service`: another department sells to the won customer too.
    """

    number: int
    begins: datetime
    customer: Customer
    want: Want
    desk: str = SALES
    ending: str = WORKING
    deal_ending: str = Category.OPEN
    reopens: bool = False
    needs_service: bool = False


def write_scripts(count: int, *, now: datetime, inventor: Inventor, rng: Random) -> list[Script]:
    """`count` scripts in the order of their beginnings, of which about three in ten become deals."""
    scripts: list[Script] = []
    for number in range(count):
        age = timedelta(days=DAYS * (1 - (number + rng.random()) / count))
        customer = _customer(scripts, inventor, rng)
        want = rng.choice(WANTS[customer.measures])
        scripts.append(Script(number, at_work(now - age, rng), customer, want, _desk(rng)))
    _deal_out_endings(scripts, now=now, rng=rng)
    return scripts


def _customer(before: list[Script], inventor: Inventor, rng: Random) -> Customer:
    """Mostly somebody new, sometimes a household, and one in nine comes back with something else."""
    if before and rng.random() < 0.11:
        return rng.choice(before).customer
    team = rng.choices(TEAMS, TEAM_WEIGHTS)[0]
    return inventor.private(team) if rng.random() < 0.07 else inventor.company(team)


def _desk(rng: Random) -> str:
    return rng.choices([CARE, MARKETING, SALES], [45, 30, 25])[0]


def _deal_out_endings(scripts: list[Script], *, now: datetime, rng: Random) -> None:
    """The older a lead is, the further it may have come."""
    count = len(scripts)
    aged = [script for script in scripts if now - script.begins > timedelta(days=17)]
    converted = sorted(rng.sample(aged, round(count * 0.27)), key=lambda script: script.begins)
    for script in converted:
        script.ending = CONVERTED
    for script, ending in zip(converted, _deal_endings(len(converted), rng), strict=False):
        script.deal_ending = ending
    others = [script for script in scripts if script.ending == WORKING]
    for script in others:
        age = (now - script.begins).days
        if age < 3 and rng.random() < 0.7:
            script.ending = FRESH
        elif age > 8 and rng.random() < 0.32:
            script.ending = UNQUALIFIED
    _leave_unowned(others, rng)
    _take_from_lists(scripts, rng, now=now)
    next(script for script in converted if script.deal_ending == Category.LOST).reopens = True
    won = [one for one in converted if one.deal_ending == Category.WON and one.customer.company_name]
    for script in won[::2]:
        script.needs_service = True
    for script in [script for script in others if script.ending == UNQUALIFIED][:2]:
        script.reopens = True


def _deal_endings(count: int, rng: Random) -> Iterator[str]:
    """Endings of the earlier half of the deals; those after them are still open."""
    shares = {Category.WON: 0.28, Category.LOST: 0.17, Category.UNQUALIFIED: 0.08}
    endings: list[str] = [ending for ending, share in shares.items() for _ in range(max(1, round(count * share)))]
    rng.shuffle(endings)
    yield from [*endings, UNDONE]


def _leave_unowned(scripts: list[Script], rng: Random) -> None:
    """«Chưa ai nhận»: marketing brought them to a team, and nobody took them yet."""
    recent = [script for script in scripts if script.ending in (FRESH, WORKING)][-len(scripts) // 3 :]
    for script in rng.sample(recent, max(1, len(scripts) // 12)):
        script.ending, script.desk = FREE, MARKETING


def _take_from_lists(scripts: list[Script], rng: Random, *, now: datetime) -> None:
    """Some leads were raw prospects first: bought lists came three and seven weeks ago."""
    able = [
        script
        for script in scripts
        if script.ending not in (FREE, FRESH)
        and script.customer.company_name
        and now - timedelta(days=40) < script.begins < now - timedelta(days=4)
        and sum(other.customer is script.customer for other in scripts) == 1
    ]
    for script in rng.sample(able, min(len(able), max(1, len(scripts) // 16))):
        script.desk = LIST
