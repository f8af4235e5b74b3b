"""A portion of a file takes the same statements however many lines it has, and writes each row once."""

from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from pheu.leads.models import Lead
from pheu.parties.models import Source
from pheu.quality import running, taking_back
from pheu.quality.models import Import, ImportLine
from pheu.quality.tests.importing import checked, csv
from pheu.records.models import JournalEntry
from pheu.setup import lists
from pheu.setup.configuring import add_item
from pheu.timeline.events import ASSIGNED, CREATED, TOLD, UNDONE
from pheu.timeline.models import Event

pytestmark = pytest.mark.django_db
FEW, MANY = 50, 200


@pytest.fixture
def started(client: Any, cast: Any, settings: Any, tmp_path: Any) -> Any:
    """Makes an import of so many leads that is to run, with hand-out rules that ask something of each."""
    settings.MEDIA_ROOT = tmp_path / "files"
    seminar = {"field": "source", "op": "in", "value": [Source.objects.get(name="Hội thảo").pk]}
    usual = {"way": "turns", "on_new": True}
    rules = lists.get("lead-rules")
    add_item(rules, {"name": "Hội thảo", "condition": seminar, "people": [cast.an], **usual}, by=cast.dung)
    add_item(rules, {"name": "Còn lại", "people": [cast.binh, cast.chi], **usual}, by=cast.dung)
    client.force_login(cast.dung)

    def start(many: int) -> Import:
        told = ["Hội thảo", "Website"]
        lines = [f"Công ty {many} {nth},{900_000_000 + 1000 * many + nth},{told[nth % 2]}" for nth in range(many)]
        file = csv("Tên công ty,Điện thoại,Nguồn", *lines)
        one = checked(client, file, f"{many}.csv", kind="lead", team="", department=cast.an.department.pk)
        with transaction.atomic():
            running.start_import(one, by=cast.dung)
        return one

    return start


def statements(chunk: Any, one: Import) -> list[str]:
    with CaptureQueriesContext(connection) as asked:
        assert chunk(one.pk)
    return [query["sql"] for query in asked]


def test_a_portion_of_many_lines_takes_the_statements_of_one_of_few(started):
    statements(running.import_chunk, started(FEW + 1))  # what is asked once of rules and fields
    few, many = (statements(running.import_chunk, started(n)) for n in (FEW, MANY))
    assert len(few) == len(many) < 45
    assert Lead.objects.live().count() == 2 * FEW + 1 + MANY


def test_so_does_taking_it_back(started):
    taken = {}
    for n in (FEW, MANY):
        one = started(n)
        statements(running.import_chunk, one)
        assert not running.import_chunk(one.pk)
        one.refresh_from_db()
        with transaction.atomic():
            assert taking_back.take_back_import(one, by=one.by)
        taken[n] = statements(taking_back.take_back_chunk, one)
    assert len(taken[FEW]) == len(taken[MANY]) < 50
    assert not Lead.objects.live().exists()
    assert ImportLine.objects.filter(state="taken_back").count() == FEW + MANY


def test_a_row_is_written_once_where_a_rule_has_put_it(started, cast):
    """R1.17: who has it is told as before, and the journal says of it only that it was made."""
    one = started(FEW)
    statements(running.import_chunk, one)
    rows = Lead.objects.select_related("record", "source")
    assert {row.owner_id for row in rows if str(row.source) == "Hội thảo"} == {cast.an.pk}
    others = [row.owner_id for row in rows.order_by("pk") if str(row.source) != "Hội thảo"]
    assert len(others) == FEW // 2
    turns = sorted([cast.binh.pk, cast.chi.pk])
    assert others == [turns[nth % 2] for nth in range(FEW // 2)]
    assert {(row.record.version, row.record.owner_id == row.owner_id) for row in rows} == {(1, True)}
    entries = JournalEntry.objects.filter(key__in=[row.pk for row in rows], table="leads_lead")
    assert list(entries.values_list("before", "after")) == [(None, {})] * FEW
    for row in rows:
        made, handed = Event.objects.filter(about=row.pk).order_by("pk")
        assert (made.kind, handed.kind, handed.cause, handed.by) == (CREATED.code, ASSIGNED.code, made.pk, None)
        assert handed.facts["was"]["owner_id"] is None
        assert handed.facts["owner"]["id"] == row.owner_id
        assert {change["field"] for change in handed.facts["changes"]} >= {"owner"}


def test_an_undoing_of_many_names_the_first_of_them_in_each_event(started):
    """Else taking back n rows would write n times n names."""
    one = started(FEW)
    statements(running.import_chunk, one)
    assert not running.import_chunk(one.pk)
    one.refresh_from_db()
    with transaction.atomic():
        taking_back.take_back_import(one, by=one.by)
    statements(taking_back.take_back_chunk, one)
    told = Event.objects.filter(kind=UNDONE.code)
    assert {len(event.facts["gone"]) for event in told} == {TOLD}
    assert set(told.values_list("about", flat=True)) == set(Lead.objects.values_list("pk", flat=True))
    one.refresh_from_db()
    assert one.taken_away == FEW
