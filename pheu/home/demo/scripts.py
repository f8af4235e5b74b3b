"""Who comes when and how it ends: the parts are dealt out before the stories play them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from random import Random

from django.utils import timezone

from pheu.home.demo.clock import at_work
from pheu.home.demo.customers import Customer, Inventor
from pheu.home.demo.seasons import days_of
from pheu.home.demo.staff import PEOPLE, SKILLS
from pheu.home.demo.words import WANTS, Want
from pheu.records.models import Category

DAYS = 548  # of the past that is told
FULL, RECENT = 75, 30  # days of which every call and note is told; and of what has ended meanwhile
FRESH, FREE, WORKING, UNQUALIFIED, CONVERTED = "fresh", "free", "working", "unqualified", "converted"
CARE, MARKETING, SALES, LIST = "care", "marketing", "sales", "list"
UNDONE = "undone"
TEAMS, TEAM_WEIGHTS = ["Miền Bắc", "Miền Nam", "Miền Trung"], [45, 30, 25]
SOURCES = {
    CARE: ["Hotline", "Hotline", "Website", "Email", "Facebook inbox", "Facebook comment", "Khách tự tìm đến"],
    MARKETING: ["Landing Page", "Hội thảo", "Website", "Facebook inbox"],
    SALES: ["Giới thiệu", "Giới thiệu", "Hội thảo", "Khách tự tìm đến", "Hotline"],
}
# How readily those who come from there buy; others as anybody.
READY = {"Giới thiệu": 2.2, "Khách tự tìm đến": 1.5, "Hotline": 1.2, "Facebook comment": 0.4, "Facebook inbox": 0.6,
         "Landing Page": 0.7}  # fmt: skip


@dataclass
class Script:
    """One lead: when it comes, who asks for what through which desk and who sells, how the lead ends and its deal.

    `reopens`: what was closed is taken up again; `needs_service`: another department sells to the won customer too;
    `in_short`: so long ago, or over for so long, that only the turns of the tale are told.
    """

    number: int
    begins: datetime
    customer: Customer
    want: Want
    seller: str
    desk: str = SALES
    source: str = ""
    ending: str = WORKING
    deal_ending: str = Category.OPEN
    reopens: bool = False
    needs_service: bool = False
    in_short: bool = False
    list: "BoughtList | None" = None

    @property
    def ease(self) -> float:
        """How likely it goes well, beside others."""
        return SKILLS[self.seller] * READY.get(self.source, 1)


@dataclass(eq=False)
class BoughtList:
    """Raw prospects that came together: when, where from, and the customers whom a tale takes up."""

    at: datetime
    origin: str
    source: str
    wanted: list[Customer] = field(default_factory=list)


# Days ago -> (where it came from, its source).
LISTS = {
    44: ("Danh bạ doanh nghiệp trong khu công nghiệp", "Danh sách mua"),
    135: ("Khách ghé gian hàng Vietwater", "Hội thảo"),
    226: ("Danh bạ doanh nghiệp ngành giấy và bao bì", "Danh sách mua"),
    318: ("Đăng ký hội thảo quan trắc khí thải", "Hội thảo"),
    410: ("Danh bạ trạm xử lý nước thải miền Bắc", "Danh sách mua"),
    500: ("Danh bạ doanh nghiệp trong khu công nghiệp (bản cũ)", "Danh sách mua"),
}


def write_lists(*, now: datetime, days: int, rng: Random) -> list[BoughtList]:
    """Every list that came within these days, oldest first."""
    ago = sorted((one for one in LISTS if one < days), reverse=True)
    return [BoughtList(at_work(now - timedelta(days=one), rng), *LISTS[one]) for one in ago]


def write_scripts(
    count: int, lists: Sequence[BoughtList], *, now: datetime, days: int, inventor: Inventor, rng: Random
) -> list[Script]:
    """`count` scripts in the order of their beginnings, of which about three in ten become deals."""
    scripts: list[Script] = []
    until = timezone.localtime(now).date() + timedelta(days=1)
    for number, day in enumerate(days_of(count, until=until, days=days, rng=rng)):
        customer = _customer(scripts, inventor, rng)
        desk = rng.choices([CARE, MARKETING, SALES], [45, 30, 25])[0]
        moment = timezone.make_aware(datetime.combine(day, time(rng.randrange(8, 17), rng.randrange(60))))
        script = Script(
            number,
            min(at_work(moment, rng), now - timedelta(minutes=rng.randrange(5, 90))),
            customer,
            rng.choice(WANTS[customer.measures]),
            seller=_seller(customer.team, rng),
            desk=desk,
            source=rng.choice(SOURCES[desk]),
        )
        scripts.append(script)
    scripts.sort(key=lambda script: script.begins)
    _deal_out_endings(scripts, now=now, rng=rng)
    _take_from_lists(scripts, lists, rng)
    return scripts


def _seller(team: str, rng: Random) -> str:
    """Whoever sells more gets more."""
    sellers = [address for address, _, role, _, _, place in PEOPLE if (role, place) == ("sales", team)]
    return rng.choices(sellers, [0.5 + SKILLS[address] for address in sellers])[0]


def _customer(before: list[Script], inventor: Inventor, rng: Random) -> Customer:
    """Mostly somebody new, sometimes a household, and one in nine comes back with something else."""
    if before and rng.random() < 0.11:
        return rng.choice(before).customer
    team = rng.choices(TEAMS, TEAM_WEIGHTS)[0]
    return inventor.private(team) if rng.random() < 0.07 else inventor.company(team)


def _easily(scripts: Sequence[Script], share: float, rng: Random) -> list[Script]:
    """A share of them, at least one, that it goes well with: mostly those with whom it is easy."""
    by_luck = {script.number: rng.random() ** (1 / script.ease) for script in scripts}
    ordered = sorted(scripts, key=lambda script: by_luck[script.number], reverse=True)
    return sorted(ordered[: max(1, round(len(scripts) * share))], key=lambda script: script.begins)


def _deal_out_endings(scripts: list[Script], *, now: datetime, rng: Random) -> None:
    """The older a lead is, the further it may have come."""

    def older(days: float) -> Callable[[Script], bool]:
        return lambda script: now - script.begins > timedelta(days=days)

    aged = list(filter(older(17), scripts))
    converted = _easily(aged, 0.27 * len(scripts) / len(aged), rng)
    for script in converted:
        script.ending = CONVERTED
    _end_deals(converted, list(filter(older(48), converted)), rng)
    others = [script for script in scripts if script.ending == WORKING]
    for script in others:
        if not older(3)(script):
            script.ending = FRESH if rng.random() < 0.7 else WORKING
        elif older(8)(script) and rng.random() < min(0.97, (now - script.begins).days / 60):
            script.ending = UNQUALIFIED
    _leave_unowned([script for script in scripts if not older(16)(script)], rng)
    for script in scripts:
        is_over = script.ending == UNQUALIFIED or (script.ending == CONVERTED and script.deal_ending != Category.OPEN)
        script.in_short = older(RECENT if is_over else FULL)(script)
    for script in [script for script in others if script.ending == UNQUALIFIED][-2:]:
        script.reopens = True


def _end_deals(converted: list[Script], old: list[Script], rng: Random) -> None:
    """Of the old ones half are won, a third is lost, some wait, a few stand still; one newer one is taken back."""
    for script in _easily(old, 0.5, rng):
        script.deal_ending = Category.WON
    others = [script for script in old if script.deal_ending == Category.OPEN]
    rng.shuffle(others)
    paused, still = max(1, round(len(others) * 0.26)), round(len(others) * 0.05)
    for nth, script in enumerate(others[: len(others) - still]):
        script.deal_ending = Category.UNQUALIFIED if nth < paused else Category.LOST
    for script in [script for script in converted if script.deal_ending == Category.LOST][-1:]:
        script.reopens = True
    for script in [script for script in converted if script not in old][:1]:
        script.deal_ending = UNDONE
    won = [one for one in converted if one.deal_ending == Category.WON and one.customer.company_name]
    for script in won[::4]:
        script.needs_service = True


def _leave_unowned(recent: list[Script], rng: Random) -> None:
    """«Chưa ai nhận»: marketing brought them to a team, and nobody took them yet."""
    able = [script for script in recent if script.ending in (FRESH, WORKING)]
    for script in rng.sample(able, min(len(able), max(1, len(able) // 5))):
        script.ending, script.desk = FREE, MARKETING
        script.source = rng.choice(SOURCES[MARKETING])


def _take_from_lists(scripts: list[Script], lists: Sequence[BoughtList], rng: Random) -> None:
    """Some leads were raw prospects first: about a third of those who asked for the first time soon after a list."""
    times = dict[Customer, int]()
    for script in scripts:
        times[script.customer] = times.get(script.customer, 0) + 1
    for bought in lists:
        since, until = bought.at + timedelta(days=4), bought.at + timedelta(days=40)
        able = [
            script
            for script in scripts
            if script.ending not in (FREE, FRESH)
            and script.customer.company_name
            and since < script.begins < until
            and times[script.customer] == 1
        ]
        for script in rng.sample(able, min(len(able), max(1, len(able) // 5))):
            script.desk, script.list, script.source = LIST, bought, bought.source
            bought.wanted.append(script.customer)
