"""What the start page counts and lists: conditions, each of which also opens the list of exactly its rows."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, F, Max, OuterRef, Q, QuerySet, Subquery, Sum, Value, Window
from django.utils.translation import gettext as _

from pheu.activities.calendar import tonight
from pheu.activities.models import Activity
from pheu.automation.policies import returns_of
from pheu.deals.kinds import CLOSING_THIS_MONTH, DEAL, STILL
from pheu.deals.kinds import OPEN as OPEN_DEALS
from pheu.deals.models import Deal
from pheu.leads.kinds import LEAD, MINE
from pheu.leads.models import Lead
from pheu.people.models import User
from pheu.people.scopes import VIEW, Scope, may_take
from pheu.records import counters, kinds
from pheu.records.conditions import Tree, can_be_asked, compile_tree, list_url, rows_where
from pheu.records.counting import kept
from pheu.records.kinds import Kind
from pheu.records.models import CLOSED, Category, Record, Stage
from pheu.records.moments import read_day
from pheu.records.places import place_of
from pheu.records.rotting import limits_of
from pheu.records.shipped import shown

FUNNEL = 90  # days
NOTHING_BESIDE: Mapping[str, Any] = {}
MOST_WORK, MOST_ROWS = 8, 5
MOST_SHOWN = 99  # of how many a panel says exactly how many they are
# A deal is quoted from the first stage that is likelier than not: the company may call and cut its stages as it likes.
QUOTED_FROM = 50


def _made(op: str, **moment: Any) -> Tree:
    return {"field": "created_at", "op": op, "value": moment}


def _both(*parts: Tree) -> Tree:
    return {"all": [*parts]}


def _status(op: str, *categories: str) -> Tree:
    return {"field": "status", "op": op, "value": list(categories)}


def _counts(
    kind: Kind, user: User, among: Tree, beside: Mapping[str, Any] = NOTHING_BESIDE, **conditions: Tree
) -> dict[str, Any]:
    """How many of the rows `among` fulfil each condition, and what is asked `beside` that, in one query."""
    counted = {name: Count("pk", filter=compile_tree(kind, user, tree)) for name, tree in conditions.items()}
    return rows_where(kind, user, among).aggregate(**counted, **beside)


def sees(kind: Kind, user: User, conditions: dict[str, Tree]) -> bool:
    """Whether a person's role gives them everything that these conditions ask about."""
    return user.may(kind.code, VIEW) and all(can_be_asked(kind, user, tree) for tree in conditions.values())


# Leads ---------------------------------------------------------------------------------------------

MADE = _made("from", start="day", days=1 - FUNNEL)  # today is one of them
LEADS: dict[str, Tree] = {
    "this_week": _made("from", start="week"),
    # The same stretch of last week.
    "last_week": _both(_made("from", start="week", weeks=-1), _made("before", weeks=-1)),
    "made": MADE,
    "worked": _both(MADE, _status("not_in", Category.NEW)),
    "converted": _both(MADE, _status("in", Category.CONVERTED)),
}


def lead_figures(user: User) -> dict[str, int]:
    """Visible leads made this week, in the same stretch of last week, and in 90 days by how far they came.

    Whole days are kept as counters; only the stretch of last week is counted.
    """
    last_week = rows_where(LEAD, user, LEADS["last_week"])
    found = counters.made_since(LEAD, user, read_day(MADE["value"]), beside=last_week)
    made = {(day, category): n for (day, category), n in found.items() if day is not None}
    week = read_day(LEADS["this_week"]["value"])
    return {
        "this_week": sum(n for (day, _category), n in made.items() if day >= week),
        "last_week": sum(n for (day, _category), n in found.items() if day is None),
        "made": sum(made.values()),
        "worked": sum(n for (_day, category), n in made.items() if category != Category.NEW),
        "converted": sum(n for (_day, category), n in made.items() if category == Category.CONVERTED),
    }


NEW: Tree = _status("in", Category.NEW)


def nobodys_leads(user: User) -> Tree:
    """Leads that nobody has worked on or taken yet, in my teams or, without a team, in my department."""
    nobodys: Tree = {"field": "owner", "op": "empty"}
    no_teams: Tree = {"field": "team", "op": "empty"}
    of_teams: Tree = {"field": "team", "op": "in", "value": list(user.team_ids)}
    mine = [user.department_id] if user.department_id else []
    here: Tree = {"field": "department", "op": "in", "value": mine}
    return _both(NEW, nobodys, {"any": [of_teams, _both(no_teams, here)]})


MY_LEADS = _both(NEW, MINE)


def untouched_leads(user: User) -> Tree:
    """Leads that nobody has worked on yet and that are mine, or nobody's in my teams."""
    return {"any": [MY_LEADS, nobodys_leads(user)]}


def _first_of(kind: Kind, user: User, order: tuple[str, ...], mine: Tree, others: Tree) -> Any:
    """The first rows of both in this order, each with how many there are of mine and of both: no further than shown.

    One statement: of each so many as are counted are looked up along their index.
    """
    counted = [rows_where(kind, user, tree).order_by(*order).values("pk")[: MOST_SHOWN + 1] for tree in (mine, others)]
    own = Window(Count("pk", filter=Q(owner=user)))
    rows = kind.model.objects.filter(pk__in=counted[0].union(counted[1]))
    return rows.annotate(of_all=Window(Count("pk")), of_mine=own).order_by(*order)[:MOST_ROWS]


def place_at(row: Any, tree: Tree) -> None:
    """Let the page of a row lead along the list that one of the counts opens, in the usual order."""
    query = list_url(kinds.get(row.kind), tree).partition("?")[2]
    row.place = place_of(f"?{query}", "-updated_at", (row.updated_at, row.pk))


def how_many(rows: list[Any]) -> tuple[int, int]:
    """How many of the rows of a panel are mine, and how many others'."""
    return (rows[0].of_mine, rows[0].of_all - rows[0].of_mine) if rows else (0, 0)


def new_leads(user: User) -> list[Lead]:
    """The newest of them, each with whether the person may take it on."""
    newest = _first_of(LEAD, user, ("-created_at", "-pk"), MY_LEADS, nobodys_leads(user))
    leads = list(newest.select_related("record", "source"))
    for lead in leads:
        lead.may_take = may_take(user, lead)
        lead.customer_name = LEAD.schema_for(user).customer_of(lead)
        place_at(lead, MY_LEADS if lead.owner_id == user.pk else nobodys_leads(user))
    return leads


# Deals ---------------------------------------------------------------------------------------------

DEALS: dict[str, Tree] = {"open": OPEN_DEALS, "closing": CLOSING_THIS_MONTH}
OTHERS: Tree = {"field": "owner", "op": "not_in", "value": ["me"]}


def shares(kind: Kind, *counted: tuple[int, Tree, Any]) -> list[tuple[str, str, Any]]:
    """Counts with the list of exactly their rows and whose they are: [(count, address, words)]."""
    return [(as_shown(count), list_url(kind, tree), words) for count, tree, words in counted]


def as_shown(count: int) -> str:
    return f"{MOST_SHOWN}+" if count > MOST_SHOWN else str(count)


def of_others(user: User) -> Any:
    """What a person calls the deals that they may see and that are not theirs."""
    return _("of the team") if user.scope_of("deal", VIEW) in (Scope.TEAM, Scope.DEPARTMENT) else _("of others")


def deal_figures(user: User) -> dict[str, Any]:
    """Open visible deals: how many, their value, and the weighted value of those that should close this month.

    Of what the person may not see there is no sum.
    """
    shown = DEAL.schema_for(user)
    mine, others = counters.by_whose(DEAL, user, compile_tree(DEAL, user, OPEN_DEALS))
    figures: dict[str, Any] = {"count": mine.count + others.count, "count_mine": mine.count}
    forecast: dict[str, Any] = {}
    if shown.get("expected_amount") is not None:
        figures["amount"] = mine.amount + others.amount
        if shown.get("probability") is not None:
            forecast["forecast"] = Sum(F("expected_amount") * F("probability") / 100, default=0)
    counted = {"closing": Count("pk"), "closing_mine": Count("pk", filter=Q(owner=user))}
    return figures | rows_where(DEAL, user, CLOSING_THIS_MONTH).aggregate(**counted, **forecast)


MY_STILL: Tree = {"all": [*STILL["all"], MINE]}


def others_still(user: User) -> Tree:
    """My teams' deals that stand still. Whoever is in no team looks after everything they may see."""
    if not user.team_ids:
        return {"all": [*STILL["all"], OTHERS]}
    return {"all": [*STILL["all"], OTHERS, {"field": "team", "op": "in", "value": list(user.team_ids)}]}


def still_deals(user: User) -> list[Deal]:
    """Mine and others' that have stood still the longest."""
    longest = _first_of(DEAL, user, ("stage_entered_at", "pk"), MY_STILL, others_still(user))
    deals = list(longest.select_related("record", "stage"))
    for deal in deals:
        place_at(deal, MY_STILL if deal.owner_id == user.pk else others_still(user))
    return deals


# My work -------------------------------------------------------------------------------------------


def _due_by_tonight(user: User) -> Any:
    return Activity.objects.open().of(user).filter(due_at__lte=tonight())


@dataclass(frozen=True)
class Work:
    """The person's own work that is due by tonight: how much, how much of it is overdue, and the first of it.

    `activity.opens` says whether its record is one that the person may see (design.md 3).
    """

    count: int
    overdue: int
    first: list[Any]


def my_work(user: User, now: datetime) -> Work:
    """One statement: the rows carry the counts of all along."""
    rows = _due_by_tonight(user).select_related("type", "record").order_by("due_at", "pk")
    late = Count("pk", filter=Q(due_at__lt=now))
    opens = Exists(Record.objects.visible_to(user).filter(pk=OuterRef("record")))
    first = list(rows.annotate(of_all=Window(Count("pk")), of_late=Window(late), opens=opens)[:MOST_WORK])
    return Work(first[0].of_all, first[0].of_late, first) if first else Work(0, 0, [])


def _my_neglected(user: User) -> dict[str, Tree]:
    """What asks for my records that stand too long in their stage, or go back to the pool if I leave them alone.

    By the mark and the kind, "rotting lead", of each kind of which the company has said so.
    """
    asked = {name: _both(MINE, {"field": name, "op": "in", "value": ["yes"]}) for name in ("returning", "rotting")}
    staged = [kind for kind in kinds.every() if kind.has_stages]
    said = [("returning", one) for one in kinds.every() if returns_of(one.code)]
    said += [("rotting", one) for one in staged if limits_of(one.code)]
    return {f"{name} {kind.code}": asked[name] for name, kind in said if sees(kind, user, {"asked": asked[name]})}


def my_neglected(user: User) -> dict[str, list[tuple[str, str, Any]]]:
    """How many of them there are, each with the list of exactly these: {mark: [(count, address, what they are)]}.

    One statement, and none where nothing of that is said.
    """
    asked = _my_neglected(user)
    each = [
        rows_where(_kind_in(key), user, tree).order_by().values_list(Value(key))[: MOST_SHOWN + 1]
        for key, tree in asked.items()
    ]
    found = Counter(key for (key,) in (each[0].union(*each[1:], all=True) if each[1:] else [*each, ()][0]))
    told: dict[str, list[tuple[str, str, Any]]] = {}
    for key, n in found.items():
        kind = _kind_in(key)
        told.setdefault(key.split()[0], []).extend(shares(kind, (n, asked[key], _named(kind.code, n))))
    return told


def _kind_in(key: str) -> Kind:
    return kinds.get(key.split()[1])


def _named(code: str, n: int) -> str:
    kind = kinds.get(code)
    return str(kind.label if n == 1 else kind.plural)


# Funnel --------------------------------------------------------------------------------------------

WON = _status("in", Category.WON)
# A lost deal counts as quoted when it was lost from there.
QUOTED: Tree = {
    "any": [
        WON,
        _both(OPEN_DEALS, {"field": "stage_probability", "op": "from", "value": QUOTED_FROM}),
        _both(_status("in", *CLOSED), {"field": "left_probability", "op": "from", "value": QUOTED_FROM}),
    ]
}
OF_LEADS: Tree = {"field": "lead", "op": "where", "value": MADE}
DEALS_OF_LEADS: dict[str, Tree] = {"quoted": _both(OF_LEADS, QUOTED), "won": _both(OF_LEADS, WON)}


def deals_of_leads(user: User) -> dict[str, Any]:
    """Visible deals that came from the visible leads of 90 days: how many were quoted, and how many won.

    Kept for a minute, as the counts of tabs are: no counter knows which lead a deal came from. `stage` is what the
    company calls a quoted one.
    """

    def count() -> dict[str, Any]:
        first = Max(Subquery(_quoted_stages().values("name")[:1]))
        return _counts(DEAL, user, OF_LEADS, {"stage": first}, quoted=QUOTED, won=WON)

    return kept("home.deals_of_leads", user, count)


@dataclass(frozen=True)
class Step:
    """One row of the funnel. `width` is its share of the first row, `kept` that of the row before it, in per cent."""

    label: str
    count: int
    width: float
    kept: int | None
    url: str


def funnel(user: User, leads: dict[str, int]) -> list[Step]:
    """The leads of 90 days and how many came how far.

    `leads` is what `lead_figures` counted. Where the person may not see deals it ends with the conversions.
    """
    labels = {"made": _("Leads"), "worked": _("Worked on"), "converted": _("Conversion")}
    rows = [(label, leads[name], list_url(LEAD, LEADS[name])) for name, label in labels.items()]
    if sees(DEAL, user, DEALS_OF_LEADS):
        deals = deals_of_leads(user)
        rows.append(
            (
                shown(deals["stage"]) if deals["stage"] else _("Quoted"),
                deals["quoted"],
                list_url(DEAL, DEALS_OF_LEADS["quoted"]),
            )
        )
        rows.append((_("Won"), deals["won"], list_url(DEAL, DEALS_OF_LEADS["won"])))
    return _steps(rows)


def _quoted_stages() -> QuerySet[Stage]:
    """The stages in which a deal is quoted, the first of them before all."""
    return Stage.objects.filter(pipeline__kind="deal", category=Category.OPEN, probability__gte=QUOTED_FROM)


def _steps(rows: list[tuple[str, int, str]]) -> list[Step]:
    first = rows[0][1]
    before = [None, *(count for _label, count, _url in rows)]
    return [
        Step(label, count, 100 * count / first if first else 0, round(100 * count / left) if left else None, url)
        for left, (label, count, url) in zip(before, rows, strict=False)
    ]
