"""Any sequence of acts and their undos, by several people (quality.md: nothing lost, everything taken back).

After each step accounts add up, D6 holds, and Records say what their rows say: their search, the keys by which they are
found, and the counts that are kept. An undo that comes right after its act leaves every table as it was, and doing it
again as the act had left it. `PHEU_WALKS=500` walks longer than the suite does.
"""

import os
from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any, ClassVar

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import models, transaction
from hypothesis import HealthCheck, event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from pheu.core import health
from pheu.core.errors import DomainError
from pheu.deals.conversion import Handover, convert_leads
from pheu.deals.counts import conversion_counts
from pheu.deals.undoing import redo_conversion, undo_conversion
from pheu.leads.services import convert_prospects
from pheu.people.models import User
from pheu.quality import lanes, running, taking_back
from pheu.quality import services as quality
from pheu.quality.merging import merge
from pheu.quality.models import Import, ImportLine
from pheu.records import kinds
from pheu.records.acts import last_operation
from pheu.records.models import Follower, JournalEntry, Operation, Record, RecordTag, Row
from pheu.timeline.archiving import archive, restore
from pheu.timeline.models import Event
from pheu.timeline.services import add_note, assign, change, change_many, create
from pheu.timeline.undo import redo, rule_of, undo

pytestmark = pytest.mark.django_db

KINDS = ("prospect", "lead", "deal", "company", "contact")
NAMED = {
    "prospect": "company_name", "lead": "company_name", "deal": "name", "company": "name", "contact": "full_name",
}  # fmt: skip
# What tells of the acts themselves, and what is counted and folded from the rest.
TELLING = {Event, JournalEntry, Operation}
APPS = {"records", "leads", "deals", "parties", "activities", "timeline"}
# What every write moves on.
MOVES = {"version", "updated_at", "last", "worked_at"}
Tables = dict[type[models.Model], dict[Any, dict[str, Any]]]


class Office:
    """Some people, what they have made, and the operations that can still be taken back."""

    def __init__(self, cast: Any) -> None:
        self.people, self.admin = [cast.an, cast.binh], cast.dung
        self.made = 0
        self.rows: list[int] = []
        self.operations: list[tuple[int, User]] = []
        self.imports: list[int] = []
        self.before: Tables | None = None  # as it was before the last act, if that can be taken back

    def word(self) -> str:
        self.made += 1
        return f"Thép số {self.made}"

    def values(self, code: str, name: str, owner: User) -> dict[str, Any]:
        """Enough for any act on it: a lead that can be converted."""
        more = {"phone": f"+8490312{self.made:04}", "need": "Đo bụi"} if code == "lead" else {}
        return {NAMED[code]: name, "owner": owner, **more}

    def live(self, *codes: str) -> list[Any]:
        found = Record.objects.filter(kind__in=codes, state=Record.State.LIVE).order_by("pk")
        return [kinds.get(one.kind).model.objects.with_words().get(pk=one.pk) for one in found]


Draw = Callable[[Any], Any]


class NothingThere(Exception):
    """The act has nothing to work on."""


def some(draw: Draw, rows: list[Any], most: int = 1, least: int = 1) -> list[Any]:
    if len(rows) < least:
        raise NothingThere
    picked = draw(st.permutations(range(len(rows))))
    return [rows[at] for at in picked[: draw(st.integers(least, max(least, most)))]]


def make(office: Office, draw: Draw, by: User) -> None:
    code = draw(st.sampled_from(KINDS))
    same = [row.title for row in office.live(code)]
    name = draw(st.sampled_from(same)) if same and draw(st.booleans()) else office.word()
    create(code, office.values(code, name, by), by=by)


def edit(office: Office, draw: Draw, by: User) -> None:
    [row] = some(draw, office.live(*KINDS))
    name = NAMED[row.kind]
    change(row, {name: (getattr(row, name), office.word())}, by=by)


def edit_many(office: Office, draw: Draw, by: User) -> None:
    """Where an address leads on to province, ward and a key."""
    code = draw(st.sampled_from(["prospect", "lead", "company", "contact"]))
    change_many(some(draw, office.live(code), 3), "address", draw(st.sampled_from(ADDRESSES)), by=by)


ADDRESSES = (
    "",
    "12 Lê Lợi, P. Bến Nghé, Quận 1, TP.HCM",
    "Phường Hải Châu, Đà Nẵng",
    "KCN Sóng Thần 2, Dĩ An, Bình Dương",
)


def note(office: Office, draw: Draw, by: User) -> None:
    [row] = some(draw, office.live(*KINDS))
    add_note(row.record, body=office.word(), by=by)


def hand_over(office: Office, draw: Draw, by: User) -> None:
    code = draw(st.sampled_from(KINDS))
    assign(some(draw, office.live(code), 3), owner=draw(st.sampled_from(office.people)), by=by)


def screen(office: Office, draw: Draw, by: User) -> None:
    convert_prospects(some(draw, office.live("prospect"), 3), by=by)


def convert(office: Office, draw: Draw, by: User) -> None:
    convert_leads(some(draw, office.live("lead"), 2), Handover(owner=by), by=by)


def converted(office: Office) -> list[Any]:
    return [lead for lead in office.live("lead") if lead.status == "converted"]


def unconvert(office: Office, draw: Draw, by: User) -> None:
    [lead] = some(draw, converted(office))
    undo_conversion(lead, by=by)


def convert_again(office: Office, draw: Draw, by: User) -> None:
    told = Event.objects.filter(kind="lead.conversion_undone", about__state=Record.State.LIVE).order_by("about")
    leads = kinds.get("lead").model.objects.with_words().filter(pk__in=set(told.values_list("about", flat=True)))
    [lead] = some(draw, list(leads.order_by("pk")))
    redo_conversion(lead, by=by)


def convert_back_and_forth(office: Office, draw: Draw, by: User) -> None:
    """Followers and tags that have come to the lead since go along to the deal when that is done again."""
    [lead] = some(draw, converted(office))
    before = tables()
    undo_conversion(lead, by=by)
    redo_conversion(kinds.get("lead").model.objects.with_words().get(pk=lead.pk), by=by)
    now = tables()
    assert {model for model in before if now[model] != before[model]} <= {Follower, RecordTag}


def merge_some(office: Office, draw: Draw, by: User) -> None:
    codes = draw(st.sampled_from([("lead",), ("deal",), ("lead", "deal"), ("company",), ("contact",), ("prospect",)]))
    merge(some(draw, office.live(*codes), 3, 2), by=by)


def put_away(office: Office, draw: Draw, by: User) -> None:
    code = draw(st.sampled_from(KINDS))
    archive(some(draw, office.live(code), 2), by=by)


def bring_back(office: Office, draw: Draw, by: User) -> None:
    gone = list(Record.objects.filter(state=Record.State.ARCHIVED).order_by("pk"))
    restore(some(draw, gone, 2), by=by)


def bring_in(office: Office, draw: Draw, by: User) -> None:
    """A list of three lines, some of them about one another or about somebody who is there; of whoever may."""
    by = office.admin
    code = draw(st.sampled_from(["prospect", "lead", "company"]))
    same = [row.title for row in office.live(code)] or ["Gạch Tân"]
    names = [draw(st.sampled_from([office.word(), same[0], "Gạch Tân"])) for _line in range(3)]
    text = "\n".join(["Tên công ty,Email", *(f"{name},a{names.index(name)}@thep.example" for name in names)])
    one = quality.open_file(SimpleUploadedFile("d.csv", text.encode()), kind=code, by=by)
    quality.read_file(one, one.round)
    one.refresh_from_db()
    places = {"area_code": "", "team": None, "department": office.people[0].department, "origin": "d"}
    quality.begin_check(one, {"columns": one.columns, **places}, by=by)
    one.refresh_from_db()
    lanes.check_lines(one, one.round)
    one.refresh_from_db()
    running.start_import(one, by=by, policy=draw(st.sampled_from(Import.Policy.values)))
    while running.import_chunk(one.pk):
        pass
    office.imports.append(one.pk)


def take_in_back(office: Office, draw: Draw, by: User) -> None:
    [one] = some(draw, list(Import.objects.filter(pk__in=office.imports).order_by("pk")))
    taken_back(one)


def taken_back(one: Import) -> Import:
    if taking_back.take_back_import(one, by=one.by):
        while taking_back.take_back_chunk(one.pk):
            pass
    return Import.objects.get(pk=one.pk)


def bring_in_again(office: Office, draw: Draw, by: User) -> None:
    [one] = some(draw, list(Import.objects.filter(pk__in=office.imports).order_by("pk")))
    done_again(one)


def done_again(one: Import) -> Import:
    if taking_back.do_import_again(one, by=one.by):
        while taking_back.redo_chunk(one.pk):
            pass
    return Import.objects.get(pk=one.pk)


def bring_in_back_and_forth(office: Office, draw: Draw, by: User) -> None:
    """Where nothing stays behind on either way, everything is as it was."""
    [one] = some(draw, list(Import.objects.filter(pk__in=office.imports, state=Import.State.DONE).order_by("pk")))
    before = tables()
    back = taken_back(one)
    again = done_again(back)
    assert (again.state, again.problem) in [("done", ""), ("taken_back", "")]
    if not (back.kept or again.kept):
        assert tables() == before


def do_again(office: Office, draw: Draw, by: User) -> None:
    undone = Operation.objects.exclude(undone_by=None).filter(act__in=OFFERED).order_by("pk")
    [operation] = some(draw, list(undone.select_related("undone_by__by")))
    redo(operation, by=operation.undone_by.by)


def take_back(office: Office, draw: Draw, by: User) -> None:
    [operation] = some(
        draw, list(Operation.objects.filter(pk__in=[pk for pk, _by in office.operations]).order_by("pk"))
    )
    undo(operation, by=dict(office.operations)[operation.pk])


OFFERED = ("assign", "change_many", "convert_prospects", "merge", "archive", "restore")
ALONE = (
    bring_in, take_in_back, bring_in_again, bring_in_back_and_forth, take_back, do_again, unconvert, convert_again,
    convert_back_and_forth,
)  # fmt: skip


def tables() -> Tables:
    """Every row of every table in which acts leave something, but for what every write moves on."""
    found: Tables = {}
    for model in apps.get_models():
        if model._meta.app_label in APPS and model not in TELLING and "Count" not in model.__name__:
            columns = [one.attname for one in model._meta.local_concrete_fields if one.name not in MOVES]
            found[model] = {row["pk"]: row for row in model._default_manager.values(*columns, pk=models.F("pk"))}
    return found


def must_be_as_before(before: Tables, now: Tables) -> None:
    """What was there is there and says the same; rows that were made are not in use."""
    for model, rows in before.items():
        assert {pk: now[model].get(pk) for pk in rows} == rows, model
        made = [row for pk, row in now[model].items() if pk not in rows]
        if issubclass(model, Record):
            assert {row["state"] for row in made} <= {Record.State.UNDONE}
        elif issubclass(model, Row):
            assert not any(row["is_live"] for row in made)


def must_add_up(imported: Import) -> None:
    assert imported.rows == sum(getattr(imported, name) for name in ENDS)
    states = Counter(imported.lines_of_customers.values_list("state", flat=True))
    if not states[ImportLine.State.TAKEN_BACK]:
        assert {name: states[name] for name in ENDS} == {name: getattr(imported, name) for name in ENDS}


ENDS = ("created", "updated", "merged", "skipped", "rejected")


@pytest.fixture
def office(cast):
    """Two of everything, one of it the first one's and one the other's, some of them alike."""
    there = Office(cast)
    for code in KINDS:
        for by in there.people:
            name = "Gạch Tân" if code == "company" else there.word()
            create(code, there.values(code, name, by), by=by)
    return there


class Walk(RuleBasedStateMachine):
    """Any sequence, each walk in a transaction of its own that is rolled back."""

    beginning: ClassVar[Office]

    def __init__(self) -> None:
        super().__init__()
        self.walking = transaction.atomic()
        self.walking.__enter__()
        self.office, self.there = deepcopy(self.beginning), (0, 0)
        self.undone: tuple[int, User, Tables] | None = None  # an act that was taken back at once, and what it had left

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.walking.__exit__(None, None, None)

    def does(self, act: Callable[[Office, Draw, User], None], data: Any) -> None:
        """Try one act. What it refuses in words has changed nothing."""
        office, by, before = self.office, data.draw(st.sampled_from(self.office.people)), tables()
        try:
            with transaction.atomic():
                act(office, data.draw, by)
        except NothingThere:
            return
        except DomainError as refused:
            event(f"{act.__name__}: {refused}")
            assert tables() == before
            return
        event(f"{act.__name__}: done")
        office.before, self.undone = None, None
        made = Operation.objects.filter(pk=last_operation() or 0, by=by).first()
        if act not in ALONE and made is not None and rule_of(made) is not None:
            office.operations.append((made.pk, by))
            office.before = before

    @precondition(lambda self: self.office.before is not None)
    @rule()
    def is_taken_back_at_once(self) -> None:
        operation, maker = self.office.operations.pop()
        self.undone = operation, maker, tables()
        undo(Operation.objects.get(pk=operation), by=maker)
        event("taken back at once")
        assert self.office.before is not None
        must_be_as_before(self.office.before, tables())
        self.office.before = None

    @precondition(lambda self: self.undone is not None)
    @rule()
    def is_done_again_at_once(self) -> None:
        assert self.undone is not None
        operation, maker, done = self.undone
        redo(Operation.objects.get(pk=operation), by=maker)
        event("done again at once")
        assert tables() == done
        self.office.operations.append((operation, maker))
        self.undone = None

    @invariant()
    def nothing_is_lost_and_all_agrees(self) -> None:
        assert not [line for lines in health.examine().values() for line in lines]
        for one in Import.objects.filter(pk__in=self.office.imports):
            must_add_up(one)
        assert conversion_counts(self.office.admin).is_equal
        merged = Record.objects.filter(state=Record.State.MERGED)
        assert all(one.survivor.state != Record.State.MERGED for one in merged)
        now = Event.objects.count(), Record.objects.count()
        assert now[0] >= self.there[0] and now[1] >= self.there[1]  # nothing is ever taken out of either
        self.there = now

    @rule(data=st.data())
    def make(self, data: Any) -> None:
        self.does(make, data)

    @rule(data=st.data())
    def edit(self, data: Any) -> None:
        self.does(edit, data)

    @rule(data=st.data())
    def edit_many(self, data: Any) -> None:
        self.does(edit_many, data)

    @rule(data=st.data())
    def note(self, data: Any) -> None:
        self.does(note, data)

    @rule(data=st.data())
    def hand_over(self, data: Any) -> None:
        self.does(hand_over, data)

    @rule(data=st.data())
    def screen(self, data: Any) -> None:
        self.does(screen, data)

    @rule(data=st.data())
    def convert(self, data: Any) -> None:
        self.does(convert, data)

    @rule(data=st.data())
    def merge_some(self, data: Any) -> None:
        self.does(merge_some, data)

    @rule(data=st.data())
    def put_away(self, data: Any) -> None:
        self.does(put_away, data)

    @rule(data=st.data())
    def bring_back(self, data: Any) -> None:
        self.does(bring_back, data)

    @rule(data=st.data())
    def bring_in(self, data: Any) -> None:
        self.does(bring_in, data)

    @rule(data=st.data())
    def take_in_back(self, data: Any) -> None:
        self.does(take_in_back, data)

    @rule(data=st.data())
    def bring_in_again(self, data: Any) -> None:
        self.does(bring_in_again, data)

    @rule(data=st.data())
    def bring_in_back_and_forth(self, data: Any) -> None:
        self.does(bring_in_back_and_forth, data)

    @rule(data=st.data())
    def take_back(self, data: Any) -> None:
        self.does(take_back, data)

    @rule(data=st.data())
    def do_again(self, data: Any) -> None:
        self.does(do_again, data)

    @rule(data=st.data())
    def unconvert(self, data: Any) -> None:
        self.does(unconvert, data)

    @rule(data=st.data())
    def convert_again(self, data: Any) -> None:
        self.does(convert_again, data)

    @rule(data=st.data())
    def convert_back_and_forth(self, data: Any) -> None:
        self.does(convert_back_and_forth, data)


WALKS = int(os.environ.get("PHEU_WALKS", "8"))


def test_any_order_of_acts_and_undos_loses_nothing(office: Office, settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "files"
    Walk.beginning = office
    run_state_machine_as_test(Walk, settings=HOW)


HOW = settings(
    max_examples=WALKS, stateful_step_count=14, deadline=None, suppress_health_check=list(HealthCheck), print_blob=False
)
