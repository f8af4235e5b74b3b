"""Rows that are about to be written are asked as though they stood there: every condition has the same answer."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from pheu.automation.queries import company
from pheu.leads.services import create_lead
from pheu.parties.models import Source
from pheu.records import kinds, unwritten
from pheu.records.acts import operation
from pheu.records.conditions import BadCondition, compile_tree
from pheu.records.models import Pipeline, Tag
from pheu.records.writing import begin_rows, create_rows
from pheu.timeline.services import _write_tags

pytestmark = pytest.mark.django_db
KIND = "lead"


@pytest.fixture
def new(cast: Any) -> list[Any]:
    """Three leads with Records that nobody has written: with much, with little, and late."""
    tag = Tag.objects.create(name="VIP")
    source = Source.objects.get(name="Hội thảo")
    schema = kinds.get(KIND).schema
    told = [
        {"company_name": "Xi măng Hòn Đá", "phone": "+84903123456", "source": source, "tags": [tag], "priority": 2},
        {"person_name": "Đào Thị Hoà", "department": cast.an.department, "team": cast.an.teams.get()},
        {"name": "Gấp", "due_at": timezone.now() - timedelta(days=3), "expected_amount": 5_000_000},
    ]
    rows = [schema.new_row(values) for values in told]
    for row in rows:
        row.begin(Pipeline.objects.default(KIND))
    create_lead({"company_name": "Xi măng Hòn Đá", "source": source, "tags": [tag], "owner": cast.an}, by=cast.an)
    return rows


def conditions() -> dict[str, Any]:
    """Of every field what it can be asked without a value, and some that reach into other tables."""
    schema = kinds.get(KIND).schema_for(company())
    without = {
        f"{one.name} {name}": {"field": one.name, "op": name}
        for one in schema.filters()
        for name, operator in one.operators.items()
        if operator.takes == "nothing"
    }
    return without | {
        "late": {"field": "overdue", "op": "in", "value": ["yes"]},
        "new": {"field": "status", "op": "in", "value": ["new"]},
        "tagged": {"field": "tags", "op": "any", "value": [Tag.objects.get().pk]},
        "from a seminar": {"field": "source", "op": "in", "value": [Source.objects.get(name="Hội thảo").pk]},
        "named": {"field": "company_name", "op": "contains", "value": "xi mang"},
        "worth": {"field": "expected_amount", "op": "gte", "value": "1000000"},
        "not so": {"not": {"field": "tags", "op": "any", "value": [Tag.objects.get().pk]}},
    }


def test_they_answer_as_they_do_once_they_are_written(cast, new):
    kind, found = kinds.get(KIND), {}
    with operation("test", by=cast.an):
        begin_rows(new, by=cast.an)
        ids = [row.pk for row in new]

        def answers(unwritten_ones: list[Any]) -> dict[str, set[int]]:
            told = {}
            for name, tree in conditions().items():
                try:
                    condition = compile_tree(kind, company(), tree)
                except BadCondition:
                    continue
                rows = kind.model.objects.filter(condition, pk__in=ids).order_by().values_list("pk")
                told[name] = {pk for (pk,) in unwritten.ask(rows, unwritten_ones)}
            return told

        found = answers(new)
        create_rows(new)
        _write_tags(new)
        assert answers([]) == found
    assert len(found) > 30
    by_name = {name: [row.pk in ids for row in new] for name, ids in found.items()}
    assert by_name["late"] == [False, False, True]
    assert by_name["tagged"] == by_name["from a seminar"] == [True, False, False]
    assert by_name["not so"] == [False, True, True]


def test_those_that_stand_there_count_too(cast, new):
    with operation("test", by=cast.an):
        begin_rows(new, by=cast.an)
        rows = kinds.get(KIND).model.objects.filter(company_name="Xi măng Hòn Đá").values_list("pk")
        with CaptureQueriesContext(connection) as asked:
            found = unwritten.ask(rows, new)
    assert len(found) == 2
    assert len(asked) == 1
