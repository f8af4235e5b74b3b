"""The bench's rows are the product's own, and what it says of its figures is right."""

from urllib.parse import urlencode

import pytest
from django.db import connection
from django.http import QueryDict

from pheu.core import health
from pheu.deals.models import Conversion, Deal
from pheu.deals.services import create_deal
from pheu.home.bench import figures
from pheu.home.bench.figures import Figure, Probe
from pheu.home.bench.hands import long_record, waits
from pheu.home.bench.population import fill
from pheu.home.bench.server import Answer
from pheu.home.bench.server import Browser as Visitor
from pheu.home.bench.shape import FIELDS, shape, values_of
from pheu.home.bench.tour import asked_of
from pheu.leads.models import Lead
from pheu.leads.services import create_lead
from pheu.parties.models import Company, Prospect
from pheu.records import kinds
from pheu.records.lists import Listing
from pheu.records.models import Category, Record
from pheu.timeline.models import Event

LEADS = 2000


def schema_of_tables() -> set[tuple[str, str]]:
    """Every index and constraint of the database."""
    with connection.cursor() as cursor:
        cursor.execute("select indexname, indexdef from pg_indexes where schemaname = 'public'")
        indexes = cursor.fetchall()
        cursor.execute("select conname, pg_get_constraintdef(oid) from pg_constraint where contype in ('f', 'c', 'p')")
        return {*indexes, *cursor.fetchall()}


def test_loaded_rows_are_as_the_doors_would_have_written_them(cast):
    before = schema_of_tables()
    fill(LEADS)
    assert not [line for lines in health.examine().values() for line in lines]
    assert schema_of_tables() == before
    connection.check_constraints()
    assert Lead.objects.count() == LEADS
    assert Record.objects.count() == sum(model.objects.count() for model in (Lead, Deal, Company, Prospect)) + 160
    assert 2.9 < Event.objects.count() / Record.objects.count() < 3.1


def test_loaded_rows_are_spread_as_in_a_company_of_two_years(cast):
    fill(LEADS)
    leads = Lead.objects.all()
    assert 0.15 < leads.filter(owner=None).count() / LEADS < 0.25
    assert leads.filter(stage__category__in=[Category.CONVERTED, Category.UNQUALIFIED]).count() > LEADS / 2
    assert leads.filter(owner=None, team=None, department=None).count() == 0
    converted = leads.filter(stage__category=Category.CONVERTED)
    assert Conversion.objects.filter(lead__in=converted).count() == converted.count()
    assert set(Deal.objects.filter(record__continues__kind="lead").values_list("record__continues", flat=True)) == set(
        converted.values_list("pk", flat=True)
    )
    won = Deal.objects.filter(stage__category=Category.WON, company__isnull=False)
    assert set(won.values_list("company", flat=True)) == set(
        Company.objects.exclude(first_won_at=None).values_list("pk", flat=True)
    )


def test_a_second_load_adds_to_the_first(cast):
    fill(300)
    fill(200)
    assert Lead.objects.count() == 500
    assert not [line for lines in health.examine().values() for line in lines]


@pytest.mark.django_db(transaction=True)
def test_own_fields_of_each_sortable_type_are_asked(cast):
    shape(cast.dung)
    fill(200, own=values_of)
    assert not [line for lines in health.examine().values() for line in lines]
    for name, (_type, values) in FIELDS.items():
        one = kinds.get("lead").schema[name]
        assert one.sortable, name
        asked = asked_of(kinds.get("lead"), one, cast.dung)
        rows = Listing(kinds.get("lead"), cast.dung, QueryDict(urlencode({"tab": "all", "sort": name, **asked}))).rows
        assert rows == sorted(rows, key=lambda row: (one.value(row) is None, one.value(row), row.pk))
        assert rows, values["label"]


def answer(ms: float, status: int = 200) -> Answer:
    return Answer(status, ms, 1000, 5, 2.0, 3.0, {}, b"")


def test_a_probe_ends_after_its_times_or_its_seconds():
    asked: list[int] = []

    def ask(nth: int) -> Answer:
        asked.append(nth)
        return answer(nth)

    figure = figures.measure(Probe("quick", ask, "list"), times=20)
    assert figure is not None
    assert (figure.p50, figure.failed, len(asked)) == (10.5, 0, 21)
    asked.clear()
    figures.measure(Probe("slow", ask, seconds=0), times=20)
    assert len(asked) == 1 + figures.AT_LEAST
    assert figures.measure(Probe("nothing to do", lambda _nth: None), times=20) is None


def test_a_gate_fails_by_its_own_measure_or_by_an_error():
    assert not figures.figure_of([answer(19)] * 19 + [answer(500)], "list").is_over
    assert figures.figure_of([answer(19)] * 18 + [answer(500)] * 2, "order").is_over
    assert figures.figure_of([answer(1), answer(1, 500)], "list").is_over
    assert not figures.figure_of([answer(9999)], "").is_over


def test_figures_are_kept_and_compared(tmp_path):
    kept, found = tmp_path / "bench.json", {"seller": {"home": figures.figure_of([answer(70)], "home")}}
    assert figures.kept(kept) == {}
    figures.keep(kept, 1000, found)
    first = kept.read_text()
    figures.keep(kept, 1000, found)
    assert kept.read_text() == first
    assert figures.kept(kept) == found
    slower = {"seller": {"home": Figure(140, 150, 5, 2, 3, 1000, "home")}}
    line = figures.line("home", slower["seller"]["home"], found["seller"]["home"])
    assert line.split()[-2:] == ["2.00", "over"]
    [verdict] = figures.verdicts(slower)
    assert verdict.startswith("FAIL 1 of 1") and "140.0 ms: home, seller" in verdict
    head, worst = figures.growth(slower, found)
    assert head.startswith("FAIL 1 of 1") and "2.0 times: home, seller" in worst


@pytest.mark.django_db(transaction=True)
def test_hands_are_heard_on_a_list_a_board_and_a_long_record(world, browser):
    """What `bin/bench --hands` does; how long it takes is the bench's to judge."""
    dung = world.cast.dung
    create_deal({"name": "Trạm khí thải", "owner": dung}, by=dung)
    create_lead({"company_name": "Xi măng Hòn Đá", "owner": dung}, by=dung)
    on_list, on_board, on_record = waits(
        browser, Visitor(dung, int(world.url.rpartition(":")[2])), long_record(dung, 40)
    )
    assert on_list.startswith("list of 1:")
    assert on_board.startswith("board of 1:")
    assert on_record.startswith("record of 40 events:")
