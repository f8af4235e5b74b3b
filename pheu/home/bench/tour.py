"""Everything that a person may do, as probes: every page, order, tab, filter, board head and act."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import cycle, pairwise
from random import Random
from typing import Any
from urllib.parse import urlencode

from django.core.cache import cache
from django.db import transaction
from django.http import QueryDict
from django.utils import timezone

from pheu.deals.conversion import Handover, convert_leads
from pheu.home.bench.customers import RARE_BRAND
from pheu.home.bench.figures import Probe
from pheu.home.bench.server import Answer, Browser
from pheu.leads.models import Lead
from pheu.parties.models import Prospect
from pheu.people.models import User
from pheu.people.scopes import ASSIGN, CHANGE, CONVERT, CREATE, MOVE, VIEW, Action
from pheu.records import counting, kinds
from pheu.records.boards import Board
from pheu.records.conditions import compile_tree
from pheu.records.fields import Date, Field, Number, RowPick
from pheu.records.grouping import fields_of_columns, fields_to_group
from pheu.records.kinds import Kind
from pheu.records.lists import Listing
from pheu.records.models import Category, Operation, Record
from pheu.records.places import write_place

SAMPLE = 25  # different records that a probe opens in turn
MOST_OF_BULK = 5
SEARCHES = {
    "a rare word": RARE_BRAND.lower(),
    "exact marks": RARE_BRAND,
    "common words that never meet": "xi măng dệt nhuộm",
    "a common word": "nguyễn",
    "two common words": "công ty bắc ninh",
    "two letters": "ng",
    "a miss": "khongcogiday",
}

FURTHER = {"empty": "1", "filled": "1", "contains": "hà nội", "starts": "cong ty", "within": "week"}


@dataclass
class Tour:
    """The probes of one person."""

    browser: Browser
    samples: dict[str, list[int]] = field(default_factory=dict)

    @property
    def user(self) -> User:
        return self.browser.user

    def probes(self) -> Iterator[Probe]:
        for kind in kinds.every():
            if self.user.may(kind.code, VIEW) or kind.windows:
                yield from self.lists(kind)
                yield from self.pages(kind)
                if kind.has_board:
                    yield from self.board(kind)
        yield from self.searches()
        yield from self.other_pages()
        yield from self.typing()
        yield from self.acts()
        yield from self.bulk_acts()

    # -- lists -------------------------------------------------------------------------------------------------------

    def lists(self, kind: Kind) -> Iterator[Probe]:
        address, schema = kind.url("list"), kind.schema_for(self.user)
        views = [view.code for view in kind.views(self.user)]
        every = "all" if "all" in views else views[0]
        yield self._page(f"{kind.code} list", f"{address}?tab={every}", gate="list", seconds=5)
        for code in views:
            yield self._page(f"{kind.code} tab {code}", f"{address}?tab={code}", gate="order")
        for one in schema:
            for sort in (one.name, f"-{one.name}") if one.sortable else ():
                yield self._page(f"{kind.code} by {sort}", f"{address}?tab={every}&sort={sort}", gate="order")
                yield from self._deep(kind, every, sort)
        for one in schema.filters():
            if asked := asked_of(kind, one, self.user):
                query = urlencode({"tab": every, **asked})
                yield self._page(f"{kind.code} filter {one.name}", f"{address}?{query}", gate="order")
        yield Probe(f"{kind.code} counts", self._counting(kind), seconds=5)
        yield from self._further(kind, f"{address}?tab={every}")

    def _further(self, kind: Kind, address: str) -> Iterator[Probe]:
        """What has no gate: groups, two keys of an order, other operators, what is asked of related rows."""
        schema = kind.schema_for(self.user)
        groups = fields_to_group(schema)
        for one in groups:
            yield self._page(f"{kind.code} in groups by {one.name}", f"{address}&group={one.name}")
        for first, second in pairwise(one for one in groups if one.sortable):
            sort = f"{first.name},-{second.name}"
            yield self._page(f"{kind.code} by {sort}", f"{address}&{urlencode({'sort': sort})}")
        for one in schema.filters():
            for code, value in FURTHER.items():
                if code in one.operators:
                    query = urlencode({f"{one.name}.{code}": value})
                    yield self._page(f"{kind.code} where {one.name} {code}", f"{address}&{query}")
            if (tree := _of_related(self.user, one)) is not None:
                query = urlencode({"where": json.dumps(tree)})
                yield self._page(f"{kind.code} where {one.name} where", f"{address}&{query}")

    def _deep(self, kind: Kind, tab: str, sort: str) -> Iterator[Probe]:
        """A page in the middle, as «show more» asks for it."""
        at = self._middle(kind, sort)
        if at is not None:
            query = urlencode({"tab": tab, "sort": sort, "after": write_place(sort, at)})
            address = f"{kind.url('list')}?{query}"
            yield Probe(f"{kind.code} by {sort}, deep", lambda _nth: self._more(address), gate="order")

    def _more(self, address: str) -> Answer:
        return self.browser.get(address, HX_Request="true", HX_Target="more")

    def _middle(self, kind: Kind, sort: str) -> tuple[Any, int] | None:
        """(value, id) of a row in the middle of those that were drawn and have a value."""
        column = kind.schema[sort.removeprefix("-")].sort_expression()
        rows = kind.model.objects.filter(pk__in=self._sample(kind.code)).annotate(sort_value=column)
        found = sorted((value, pk) for value, pk in rows.values_list("sort_value", "pk") if value is not None)
        return found[len(found) // 2] if found else None

    def _counting(self, kind: Kind) -> Callable[[int], Answer]:
        def ask(_nth: int) -> Answer:
            cache.delete(counting._key(self.user.pk))  # or all but the first would read what is kept for a minute
            return self.browser.get(kind.url("counts"))

        return ask

    # -- pages of one kind -------------------------------------------------------------------------------------------

    def pages(self, kind: Kind) -> Iterator[Probe]:
        yield self._turns(f"{kind.code} page", kind, lambda pk: kind.url_of(pk), gate="record", seconds=5)
        yield self._turns(f"{kind.code} timeline", kind, lambda pk: f"/r/{pk}/timeline/", gate="record")
        yield self._page(f"{kind.code} pick", f"{kind.url('pick')}?q=ngu", gate="search")
        if self.user.may(kind.code, CREATE):
            yield self._page(f"{kind.code} form", kind.url("new"))

    def board(self, kind: Kind) -> Iterator[Probe]:
        address = kind.url("board")
        for view in kind.views(self.user):
            gate, seconds = ("board", 5.0) if view.code == "all" else ("order", 1.5)
            yield self._page(f"{kind.code} board {view.code}", f"{address}?tab={view.code}", gate=gate, seconds=seconds)
        for one in fields_of_columns(kind.schema_for(self.user)):
            yield self._page(f"{kind.code} board by {one.name}", f"{address}?tab=all&by={one.name}")
            yield self._page(f"{kind.code} board with lanes by {one.name}", f"{address}?tab=all&lanes={one.name}")
        board = Board(kind, self.user, QueryDict("tab=all"))
        stage = board.pipeline.first_stage
        below = sorted(self._sample(kind.code))[-3:-2]
        if below:
            query = f"tab=all&of={stage.pk}&below={below[0]}"
            yield Probe(f"{kind.code} board, more of a column", lambda _nth: self._more(f"{address}?{query}"), "order")

    def searches(self) -> Iterator[Probe]:
        for name, text in self._texts().items():
            query = urlencode({"q": text})
            yield self._page(f"search {name}", f"/search/?{query}", gate="search", seconds=3)

    def _texts(self) -> dict[str, str]:
        record = Record.objects.filter(pk__in=self._sample("lead")).exclude(digits="").order_by("pk").first()
        if record is None:
            return SEARCHES
        return SEARCHES | {"a phone": f"0{record.digits.split()[0].removeprefix('84')}", "a number": record.number}

    def other_pages(self) -> Iterator[Probe]:
        yield self._page("home", "/", gate="home", seconds=5)
        for days in (30, 90, 365):
            yield self._page(f"reports, {days} days", f"/reports/?days={days}")
        for report in ("people", "teams", "forecast", "stages", "work"):
            yield self._page(f"report {report}", f"/reports/?report={report}&days=365")
        yield self._page("conversion counts", "/deals/conversions/")
        yield self._page("calendar", "/calendar/")
        yield self._page("calendar of my team", "/calendar/?whose=team&view=month")
        yield self._page("calendar as a list", "/calendar/?view=list")
        yield self._page("calendar count", "/calendar/count/")

    def typing(self) -> Iterator[Probe]:
        """Who else has what somebody types into a new lead: what is there, and what nobody has."""
        address = kinds.get("lead").url("same")
        rows = list(Lead.objects.filter(pk__in=self._sample("lead")))
        for name in ("phone", "email", "company_name"):
            held = [value for row in rows if (value := str(getattr(row, name)))]
            for how, typed in (("", held), (" of nobody", [f"9{one}9" for one in held])):
                asked = [f"{address}?{urlencode({'of': name, name: one})}" for one in typed]
                yield self._in_turn(f"typing a {name}{how}", asked, "typing")

    def _in_turn(self, name: str, addresses: list[str], gate: str) -> Probe:
        def ask(nth: int) -> Answer | None:
            return self.browser.get(addresses[nth % len(addresses)]) if addresses else None

        return Probe(name, ask, gate)

    # -- acts --------------------------------------------------------------------------------------------------------

    def acts(self) -> Iterator[Probe]:
        user, browser = self.user, self.browser
        if not user.may("lead", CREATE):
            return
        names = {"company_name": "Bench", "owner": user.pk, "phone": "0903 123 456", "need": "Đo SO₂"}
        yield Probe("create a lead", lambda _nth: browser.post("/leads/new/", names), "create", 5)
        changed = self._rows("lead", CHANGE)

        def change(nth: int) -> Answer | None:
            row = next(changed, None)
            if row is None:
                return None
            row.refresh_from_db(fields=["priority"])
            values = {"initial-priority": row.priority, "priority": (row.priority + 1) % 4}
            return browser.post(f"/leads/{row.pk}/fields/", values)

        yield Probe("change a field", change, "create", 5)
        yield from self._moves("lead", [Category.NEW, Category.WORKING])
        yield from self._moves("deal", [Category.OPEN])
        yield from self._conversions()
        yield from self._with_undo(
            "merge three leads",
            "merge",
            lambda: self._bulk(Lead, CHANGE, 3, closed_at=None),
            lambda ids: self.browser.post("/merging/", {"ids": ids, "sure": "1"}),
            "merge",
        )

    def _moves(self, code: str, categories: list[str]) -> Iterator[Probe]:
        """Between two open stages, by the page's stage bar and by a card of the board."""
        kind = kinds.get(code)
        stages = [one for one in Board(kind, self.user, QueryDict()).pipeline.stages.all() if not one.is_closing]
        rows = self._rows(code, MOVE, stage__category__in=categories)

        def move(nth: int, **headers: str) -> Answer | None:
            row = next(rows, None)
            if row is None:
                return None
            row.refresh_from_db(fields=["stage"])
            to = next(one for one in stages if one.pk != row.stage_id)
            if headers:
                headers["HX_Target"] = f"{code}-{row.pk}"
            return self.browser.post(f"{kind.url_of(row.pk)}stage/", {"to": to.pk, "left": row.stage_id}, **headers)

        yield Probe(f"{code} to another stage", move, "stage", 5)
        by_board = {"HX_Request": "true", "HX_Current_URL": f"http://localhost{kind.url('board')}?tab=all"}
        yield Probe(f"{code} to another stage by board", lambda nth: move(nth, **by_board), "stage", 5)

    def _conversions(self) -> Iterator[Probe]:
        user, browser = self.user, self.browser
        ready = {"stage__category__in": [Category.NEW, Category.WORKING], "request_type__isnull": False}
        leads = list(self._rows("lead", CONVERT, once=True, **ready))
        if not leads:
            return
        yield Probe(
            "convert dialog", lambda nth: browser.get(f"/leads/{leads[nth % len(leads)].pk}/conversion/"), seconds=3
        )
        waiting, done = iter(leads), list[Lead]()

        def convert(_nth: int) -> Answer | None:
            lead = next(waiting, None)
            if lead is None:
                return None
            done.append(lead)
            asked = {"owner": user.pk, "pipeline": self._deals_pipeline, "customer": Handover.CREATE}
            return browser.post(f"/leads/{lead.pk}/conversion/", asked)

        def undo(_nth: int) -> Answer | None:
            return browser.post(f"/leads/{done.pop().pk}/conversion/undo/", {}) if done else None

        yield Probe("convert one", convert, "convert", 5)
        yield Probe("undo a conversion", undo, "convert", 5)

    @property
    def _deals_pipeline(self) -> int:
        return int(Board(kinds.get("deal"), self.user, QueryDict()).pipeline.pk)

    def bulk_acts(self) -> Iterator[Probe]:
        if not self.user.may("lead", ASSIGN):
            return
        owners = cycle(User.objects.who_may("lead", CHANGE).order_by("pk").values_list("pk", flat=True)[:2])
        yield from self._with_undo(
            "hand out 500",
            "assign",
            lambda: self._bulk(Lead, ASSIGN, 500),
            lambda ids: self.browser.post("/leads/assignment/", {"ids": ids, "owner": next(owners)}),
        )
        yield from self._with_undo(
            "convert 80 prospects",
            "convert_prospects",
            lambda: self._bulk(Prospect, CONVERT, 80, became=None),
            lambda ids: self.browser.post("/prospects/conversion/", {"ids": ids}),
        )
        yield Probe("convert 80 leads (the act, not committed)", self._convert_many, "bulk", 10, MOST_OF_BULK)

    def _with_undo(
        self, name: str, act: str, draw: Callable[[], list[int]], ask: Callable[[list[int]], Answer], gate: str = "bulk"
    ) -> Iterator[Probe]:
        done: list[int] = []

        def do(_nth: int) -> Answer | None:
            ids = draw()
            if len(ids) < 2:  # several are asked for, and the scope of a seller gives few of what is drawn
                return None
            answer = ask(ids)
            last = Operation.objects.filter(act=act, by=self.user.pk).order_by("-pk").first()
            done.extend([last.pk] if last is not None and answer.status < 400 else [])
            return answer

        def undo(_nth: int) -> Answer | None:
            return self.browser.post(f"/operations/{done.pop()}/undo/", {}) if done else None

        yield Probe(name, do, gate, 10, MOST_OF_BULK)
        yield Probe(f"undo: {name}", undo, gate, 10, MOST_OF_BULK)

    def _bulk(self, model: Any, action: Action, many: int, **where: Any) -> list[int]:
        """Ids of so many open rows that have not had their turn, from all over the table."""
        rows = model.objects.within(self.user, action).filter(**where)
        if model is not Prospect:
            rows = rows.exclude(stage__category__in=[Category.CONVERTED, Category.UNQUALIFIED])
        drawn = rows.filter(pk__in=_draw(model, 100 * many)).order_by("pk").values_list("pk", flat=True)
        return list(drawn[:many])

    def _convert_many(self, _nth: int) -> Answer | None:
        known = self._bulk(Lead, CONVERT, 80, request_type__isnull=False)
        leads = list(Lead.objects.filter(pk__in=known).order_by("pk"))
        if not leads:
            return None
        began = timezone.now()
        with transaction.atomic():
            convert_leads(leads, Handover(owner=self.user), by=self.user)
            ms = 1000 * (timezone.now() - began).total_seconds()
            transaction.set_rollback(True)
        return Answer(200, ms, 0, 0, 0, 0, {}, b"")

    # -- how probes are made -----------------------------------------------------------------------------------------

    def _page(self, name: str, address: str, *, gate: str = "", seconds: float = 1.5) -> Probe:
        return Probe(name, lambda _nth: self.browser.get(address), gate, seconds)

    def _turns(self, name: str, kind: Kind, address: Callable[[int], str], **how: Any) -> Probe:
        """Another record each time."""
        ids = cycle(self._sample(kind.code) or [None])

        def ask(_nth: int) -> Answer | None:
            pk = next(ids)
            return None if pk is None else self.browser.get(address(pk))

        return Probe(name, ask, **how)

    def _sample(self, code: str) -> list[int]:
        """Ids of records of a kind that the person sees, from all over the table."""
        if code not in self.samples:
            model = kinds.get(code).model
            rows = model.objects.visible_to(self.user).live().filter(pk__in=_draw(model, 100 * SAMPLE))
            self.samples[code] = list(rows.order_by("pk").values_list("pk", flat=True)[: 40 * SAMPLE])[::40] or list(
                rows.values_list("pk", flat=True)[:SAMPLE]
            )
        return self.samples[code]

    def _rows(self, code: str, action: Action, *, once: bool = False, **where: Any) -> Iterator[Any]:
        """Rows with which the person may do `action`, one after another; round and round unless only `once`."""
        model = kinds.get(code).model
        rows = model.objects.within(self.user, action).filter(**where, pk__in=_draw(model, 20_000))
        found = list(rows.select_related("stage").order_by("pk")[: 2 * SAMPLE])
        return iter(found) if once or not found else cycle(found)


def _draw(model: Any, many: int) -> list[int]:
    """Ids from all over a table, the same ones every time."""
    first, last = (model.objects.order_by(order).values_list("pk", flat=True).first() or 0 for order in ("pk", "-pk"))
    span = range(first, last + 1)
    return Random(7).sample(span, min(many, len(span)))  # noqa: S311


def _of_related(user: User, one: Field) -> dict[str, Any] | None:
    """A condition on the row that a field refers to: one of its own fields has what some rows have."""
    if "where" not in one.operators:
        return None
    other = kinds.get(one.kind)  # type: ignore[attr-defined]
    for inner in other.schema_for(user).filters():
        if inner.usual_operator == "in" and (asked := asked_of(other, inner, user)):
            inside = {"field": inner.name, "op": "in", "value": list(asked.values())}
            return {"field": one.name, "op": "where", "value": inside}
    return None


def asked_of(kind: Kind, one: Field, user: User) -> dict[str, str]:
    """A value to filter a field by that some rows have, as an address names it; nothing where there is none."""
    rows = kind.model.objects.visible_to(user).live()
    if isinstance(one, RowPick):
        pk = rows.exclude(**{one.name: None}).order_by("-pk").values_list(one.column, flat=True).first()
        return {one.name: str(pk)} if pk else {}
    if isinstance(one, Date):
        return {f"{one.name}.from": (timezone.localdate() - timedelta(days=30)).isoformat()}
    if isinstance(one, Number) and one.own:
        return {f"{one.name}.from": "1000", f"{one.name}.to": "2000"}
    if isinstance(one, Number):
        return {f"{one.name}.from": "1000000000"}
    values = list(Listing(kind, user, QueryDict()).choices.get(one, ()))
    for value in values[len(values) // 2 :] + values[: len(values) // 2]:
        tree = {"field": one.name, "op": one.usual_operator, "value": [value]}
        if rows.filter(compile_tree(kind, user, tree)).exists():
            return {one.name: value}
    return {}
