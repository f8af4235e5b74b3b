"""After any acts, the values as of each moment are those that stood then (issue 9)."""

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pheu.conftest import stage_of
from pheu.core import shape
from pheu.core.errors import DomainError
from pheu.deals.conversion import Handover, convert_leads
from pheu.deals.undoing import undo_conversion
from pheu.leads.models import Lead
from pheu.leads.services import create_lead
from pheu.quality.merging import merge
from pheu.records import kinds
from pheu.records.acts import last_operation
from pheu.records.models import Category, ClosingReason, CustomField, Operation, Tag
from pheu.timeline import stages
from pheu.timeline.history import values_at
from pheu.timeline.reading import changes_of
from pheu.timeline.services import assign, change, change_each, change_many
from pheu.timeline.undo import undo

KIND = kinds.get("lead")
LEVELS = [{"value": "a", "label": "Cấp A"}, {"value": "b", "label": "Cấp B"}]


@pytest.fixture
def own_fields(db):
    for key, of_type, more in (
        ("x_so_ca", "text", {}),
        ("x_cap", "choice", {"options": LEVELS}),
    ):
        CustomField.objects.create(kind="lead", key=key, type=of_type, label=key, group="requirements", settings=more)
    shape.changed()


def fresh(pk):
    return Lead.objects.with_facts().get(pk=pk)


class Office:
    """A lead, and whoever does what to it; `remembered` is [(moment, what stood then)]."""

    def __init__(self, an, binh, chi, dung):
        self.people = {"an": an, "binh": binh, "chi": chi}
        self.by = dung
        self.tags = [Tag.objects.create(name=name) for name in ("Gấp", "Nhà nước")]
        self.lead = create_lead(
            {"company_name": "Xi măng", "name": "Trạm khí thải", "phone": "+842438637747", "owner": an}, by=dung
        )
        self.operations = []
        self.remembered = []
        self.remember()

    def remember(self):
        self.remembered.append((timezone.now(), KIND.schema.told_of(fresh(self.lead.pk))))

    def do(self, act, *given):
        try:
            with transaction.atomic():
                getattr(self, act)(*given)
        except DomainError:
            return  # the business says no: nothing happened, and that is remembered too
        finally:
            self.remember()
        if act != "take_back" and (done := last_operation()):
            self.operations.append(done)

    def write(self, name, value):
        row = fresh(self.lead.pk)
        change(row, {name: (KIND.schema[name].value(row), value)}, by=self.by)

    def many(self, name, value):
        change_many([fresh(self.lead.pk)], name, value, by=self.by)

    def tag(self, how, which):
        change_many([fresh(self.lead.pk)], "tags", [self.tags[one] for one in which], how=how, by=self.by)

    def by_file(self, phone):
        given = {"phone": phone, "other_phones": ["+84903112233"]}
        change_each([fresh(self.lead.pk)], [given], by=self.by, via="import")

    def hand(self, to):
        assign([fresh(self.lead.pk)], owner=self.people[to], by=self.by)

    def move(self, name):
        row = Lead.objects.with_stage().get(pk=self.lead.pk)
        stages.move(row, to=stage_of("lead", name), left=row.stage, by=self.by)

    def give_up(self):
        to = Lead.objects.with_stage().get(pk=self.lead.pk).stage.pipeline.stage_for(Category.UNQUALIFIED)
        reason = ClosingReason.objects.filter(kind="lead", category=to.category)[0]
        stages.close(fresh(self.lead.pk), to=to, reason=reason, by=self.by)

    def reopen(self):
        stages.reopen(fresh(self.lead.pk), by=self.by)

    def fold(self, name):
        values = {"company_name": name, "need": "Đo bụi", "tags": self.tags, "owner": self.people["chi"]}
        merge([fresh(self.lead.pk), create_lead(values, by=self.by)], by=self.by)

    def convert(self):
        convert_leads([fresh(self.lead.pk)], Handover(owner=self.people["binh"]), by=self.by)

    def unconvert(self):
        undo_conversion(fresh(self.lead.pk), by=self.by)

    def take_back(self, nth):
        if self.operations:
            undo(Operation.objects.get(pk=self.operations[nth % len(self.operations)]), by=self.by)


TEXTS = st.sampled_from(["", "Đo SO₂", "Đo bụi", "Thay cảm biến"])
WRITTEN = (
    st.tuples(st.just("need"), TEXTS)
    | st.tuples(st.just("name"), st.sampled_from(["Trạm A", "Trạm B"]))
    | st.tuples(st.just("priority"), st.integers(0, 3))
    | st.tuples(st.just("x_so_ca"), TEXTS)
    | st.tuples(st.just("x_cap"), st.sampled_from(["", "a", "b"]))
)
ACTS = (
    WRITTEN.map(lambda one: ("write", *one))
    | WRITTEN.filter(lambda one: one[0] != "name").map(lambda one: ("many", *one))
    | st.tuples(st.just("tag"), st.sampled_from(["set", "add", "take"]), st.sampled_from([(0,), (1,), (0, 1)]))
    | st.tuples(st.just("by_file"), st.sampled_from(["+842438637747", "+84912345678"]))
    | st.tuples(st.just("hand"), st.sampled_from(["an", "binh", "chi"]))
    | st.tuples(st.just("move"), st.sampled_from(["Mới", "Đang xử lý"]))
    | st.sampled_from([("give_up",), ("reopen",), ("convert",), ("unconvert",)])
    | st.tuples(st.just("fold"), st.sampled_from(["Xi măng", "Xi măng Hòn Đá"]))
    | st.tuples(st.just("take_back"), st.integers(0, 9))
)


def test_whatever_was_done_every_moment_reads_as_it_stood(an, binh, chi, dung, own_fields):
    @settings(max_examples=15)
    @example(acts=[("convert",), ("unconvert",), ("move", "Đang xử lý"), ("give_up",), ("reopen",), ("take_back", 1)])
    @example(acts=[("fold", "Xi măng"), ("write", "need", "Đo bụi"), ("take_back", 0), ("by_file", "+84912345678")])
    @example(acts=[("tag", "set", (0,)), ("tag", "add", (1,)), ("fold", "Xi măng"), ("take_back", 1), ("take_back", 0)])
    @given(acts=st.lists(ACTS, min_size=1, max_size=8))
    def any_acts(acts):
        with transaction.atomic():
            office = Office(an, binh, chi, dung)
            for act, *given_to_it in acts:
                office.do(act, *given_to_it)
            present, changes = KIND.schema.told_of(fresh(office.lead.pk)), changes_of(office.lead.pk)
            for moment, stood in office.remembered:
                assert names_apart(values_at(moment, present, changes)) == names_apart(stood)
            transaction.set_rollback(True)

    any_acts()


def names_apart(told):
    """Without the names of that day."""
    return {name: KIND.schema[name].identity(KIND.schema[name].from_json(one)) for name, one in told.items()}
