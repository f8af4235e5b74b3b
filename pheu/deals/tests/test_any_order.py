"""Any sequence of acts and their undos, by several people (quality.md: nothing lost, everything taken back).

After each step accounts add up, D6 holds, and Records say what their rows say; an undo that comes right after its act
leaves every table as it was.
"""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import models, transaction
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from pheu.activities.consistency import differing_next_activities
from pheu.core.errors import DomainError
from pheu.deals.conversion import Handover, convert_leads
from pheu.deals.counts import conversion_counts
from pheu.leads.services import convert_prospects
from pheu.people.models import User
from pheu.quality import running, taking_back
from pheu.quality import services as quality
from pheu.quality.merging import merge
from pheu.quality.models import Import
from pheu.records import kinds
from pheu.records.acts import last_operation
from pheu.records.consistency import differing_copies
from pheu.records.models import JournalEntry, Operation, Record, Row
from pheu.timeline.archiving import archive, restore
from pheu.timeline.models import Event
from pheu.timeline.services import add_note, assign, change, create
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
    quality.check_lines(one, one.round)
    one.refresh_from_db()
    running.start_import(one, by=by, policy=draw(st.sampled_from(Import.Policy.values)))
    while running.import_chunk(one.pk):
        pass
    office.imports.append(one.pk)


def take_in_back(office: Office, draw: Draw, by: User) -> None:
    [one] = some(draw, list(Import.objects.filter(pk__in=office.imports).order_by("pk")))
    if taking_back.take_back_import(one, by=one.by):
        while taking_back.take_back_chunk(one.pk):
            pass


def do_again(office: Office, draw: Draw, by: User) -> None:
    undone = Operation.objects.exclude(undone_by=None).filter(act__in=OFFERED).order_by("pk")
    [operation] = some(draw, list(undone.select_related("undone_by__by")))
    redo(operation, by=operation.undone_by.by)


def take_back(office: Office, draw: Draw, by: User) -> None:
    [operation] = some(
        draw, list(Operation.objects.filter(pk__in=[pk for pk, _by in office.operations]).order_by("pk"))
    )
    undo(operation, by=dict(office.operations)[operation.pk])


OFFERED = ("assign", "convert_prospects", "merge", "archive", "restore")
ACTS = (
    make, edit, note, hand_over, screen, convert, convert, merge_some, merge_some, put_away, bring_back, bring_in,
    take_in_back, take_back, do_again,
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


def must_hold(office: Office, events: int, records: int) -> tuple[int, int]:
    """What is true after every step; how many events and Records there are now."""
    assert list(differing_copies()) == []
    assert list(differing_next_activities()) == []
    for one in Import.objects.filter(pk__in=office.imports):
        assert one.rows == one.created + one.updated + one.merged + one.skipped + one.rejected
    assert conversion_counts(office.admin).is_equal
    merged = Record.objects.filter(state=Record.State.MERGED)
    assert all(one.survivor.state != Record.State.MERGED for one in merged)
    now = Event.objects.count(), Record.objects.count()
    assert now[0] >= events and now[1] >= records  # nothing is ever taken out of either
    return now


@pytest.fixture
def office(cast):
    """Two of everything, one of it the first one's and one the other's, some of them alike."""
    there = Office(cast)
    for code in KINDS:
        for by in there.people:
            name = "Gạch Tân" if code == "company" else there.word()
            create(code, there.values(code, name, by), by=by)
    return there


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_order_of_acts_and_undos_loses_nothing(office, data, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "files"
    with transaction.atomic():
        walk(deepcopy(office), data.draw)
        transaction.set_rollback(True)


def walk(office: Office, draw: Draw) -> None:
    there = (0, 0)
    for _step in range(draw(st.integers(6, 14))):
        by = draw(st.sampled_from(office.people))
        if office.before is not None and draw(st.booleans()):
            operation, maker = office.operations.pop()
            done = tables()
            undo(Operation.objects.get(pk=operation), by=maker)
            event("taken back at once")
            must_be_as_before(office.before, tables())
            if draw(st.booleans()):
                redo(Operation.objects.get(pk=operation), by=maker)
                event("done again at once")
                assert tables() == done
                office.operations.append((operation, maker))
            else:
                office.before = None
        else:
            act = draw(st.sampled_from(ACTS))
            step(office, draw, act, by)
        there = must_hold(office, *there)


def step(office: Office, draw: Draw, act: Callable[[Office, Draw, User], None], by: User) -> None:
    """Try one act. What it refuses in words has changed nothing."""
    before = tables()
    try:
        with transaction.atomic():
            act(office, draw, by)
    except NothingThere:
        return
    except DomainError as refused:
        event(f"{act.__name__}: {refused}")
        assert tables() == before
        return
    event(f"{act.__name__}: done")
    office.before = None
    made = Operation.objects.filter(pk=last_operation() or 0, by=by).first()
    if act not in (bring_in, take_in_back, take_back, do_again) and made is not None and rule_of(made) is not None:
        office.operations.append((made.pk, by))
        office.before = before
