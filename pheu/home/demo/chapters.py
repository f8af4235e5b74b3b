"""What happens beside the single customers: bought lists, this week's plans, and files that people keep."""

from datetime import datetime, timedelta
from random import Random
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from pheu.activities.services import schedule_activity
from pheu.deals.models import Deal
from pheu.home.demo import words
from pheu.home.demo.clock import Story, at_work, later, on
from pheu.home.demo.customers import Customer, Inventor
from pheu.home.demo.office import Office
from pheu.home.demo.scripts import TEAMS, BoughtList
from pheu.leads.models import Lead
from pheu.parties.models import Prospect
from pheu.parties.services import create_prospects
from pheu.people.models import User
from pheu.people.scopes import CHANGE
from pheu.records.models import Category
from pheu.timeline.services import add_file, assign


def raw_list(office: Office, bought: BoughtList, inventor: Inventor, rng: Random, *, size: int) -> Story:
    """A list of `size` prospects for all teams; the leaders hand some out before anybody calls."""
    yield bought.at
    trang, rows_of = office.staff["trang"], dict[Customer, Prospect]()
    for team in TEAMS:
        chosen = [customer for customer in bought.wanted if customer.team == team]
        more = [inventor.company(team) for _ in range(max(0, size // len(TEAMS) - len(chosen)))]
        customers = chosen + more
        rows = [_prospect(office, customer, bought, rng) for customer in customers]
        create_prospects(rows, by=trang, via="import", list=bought.origin)
        rows_of.update(zip(customers, rows, strict=True))
    office.raw.update(rows_of)
    yield later(bought.at, rng, hours=20)
    for team in TEAMS:
        _hand_out(office, team, {one: row for one, row in rows_of.items() if one not in bought.wanted})


def _prospect(office: Office, customer: Customer, bought: BoughtList, rng: Random) -> Prospect:
    flags = [Prospect.Flag.COMPLETED] if rng.random() < 0.3 else []
    return Prospect(
        **customer.as_values(),
        remark=rng.choice(["", "", "Nhà máy xây mới", "Đang mở rộng giai đoạn 2", "Có ống khói trên 20 m"]),
        flags=flags,
        team=office.staff.teams[customer.team],
        origin=bought.origin,
        source=office.sources[bought.source],
    )


def _hand_out(office: Office, team: str, rows_of: dict[Customer, Prospect]) -> None:
    """Half of those that no story waits for go to the team's sellers; the others are nobody's yet."""
    ours = [row for customer, row in rows_of.items() if customer.team == team]
    sellers = office.staff.sellers(team)
    for n, seller in enumerate(sellers):
        picked = ours[: len(ours) // 2][n :: len(sellers)]
        assign(picked, owner=seller, team=office.staff.teams[team], by=office.staff.leader(team))


def forgotten(office: Office, *, now: datetime, rng: Random) -> Story:
    """Nobody is perfect: whom the demo signs in as has something overdue since yesterday."""
    yield at_work(now - timedelta(days=5), rng)
    yesterday = timezone.localtime(now).date() - timedelta(days=1)
    for address in ("an", "chi", "hanh", "binh"):
        _plan(office, office.staff[address], [on(yesterday, 15, 30)], rng)


def today(office: Office, *, now: datetime, rng: Random) -> Story:
    """What they planned yesterday for today and tomorrow."""
    yield now - timedelta(hours=20)
    day = timezone.localtime(now).date()
    for address in ("an", "chi", "hanh", "binh", "lan", "quan", "my", "phuc", "nhu"):
        moments = [on(day, 9, 30), on(day, 14), on(day, 16, 30), on(day + timedelta(days=1), 10)]
        _plan(office, office.staff[address], rng.sample(moments, 3), rng)


def _plan(office: Office, who: User, moments: list[datetime], rng: Random) -> None:
    """An activity at each moment, on records of the person's own that are open."""
    model, doing = (Deal, words.BY_STAGE[1]) if who.role.code != "care" else (Lead, words.DEEPER)
    going_on = [Category.OPEN, Category.NEW, Category.WORKING]
    mine = model.objects.within(who, CHANGE).live().filter(stage__category__in=going_on)
    rows: list[Any] = list(mine.select_related("record").order_by("pk"))
    for moment, row in zip(moments, rng.sample(rows, min(len(rows), len(moments))), strict=False):
        kind = rng.choice(doing)
        title = rng.choice(words.TALKS[kind][0])
        what, lasts = office.types[kind], words.LASTS.get(kind, 0)
        schedule_activity(row.record, what=what, title=title, due_at=moment, lasts=lasts, assignee=who, by=who)


def files(*, now: datetime) -> Story:
    """Two small files on the newest deals; last of all, because a file on disk is not undone with a transaction."""
    yield now - timedelta(minutes=4)
    deals = Deal.objects.live().filter(stage__category=Category.OPEN).select_related("owner", "record").order_by("-pk")
    for deal, (name, text) in zip(deals[: len(words.FILES)], words.FILES.items(), strict=False):
        upload = SimpleUploadedFile(name, text.encode(), content_type="text/plain")
        add_file(deal.record, upload=upload, by=deal.owner)
