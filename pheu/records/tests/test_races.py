"""Every act at once with itself and with each act that touches the same rows, the interleaving forced (races.py)."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property, partial
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.utils import timezone

from pheu.activities import services as activities
from pheu.activities.models import Activity, ActivityType
from pheu.conftest import make_cast, stage_of
from pheu.core.again import in_one_go
from pheu.core.errors import Conflict, DomainError
from pheu.deals import conversion, undoing
from pheu.deals import services as deals
from pheu.deals.conversion import Handover
from pheu.deals.models import Deal
from pheu.leads import services as leads
from pheu.leads.models import Lead
from pheu.parties import services as parties
from pheu.parties.models import Company, Contact, Prospect
from pheu.people.tests.test_access_acts import PARTS, acts_of_the_house
from pheu.quality import services as quality
from pheu.quality.models import Import
from pheu.records.acts import last_operation
from pheu.records.models import Category, ClosingReason, Operation, Pipeline, Record
from pheu.records.tests.races import BEFORE_LOCK, BEFORE_WRITE, Outcome, disagreements, race
from pheu.setup import services as setup
from pheu.setup.tests.test_jobs_page import parked_job
from pheu.timeline import services as timeline
from pheu.timeline import stages, undo
from pheu.timeline.models import Event


class Desk:
    """Rows that belong together, each made when it is first asked for; `rows` are made at once, in this order."""

    def __init__(self, cast: Any, *rows: str) -> None:
        self.cast, self.an = cast, cast.an
        for name in rows:
            getattr(self, name)

    @cached_property
    def call(self) -> ActivityType:
        return ActivityType.objects.all()[0]

    @cached_property
    def prospect(self) -> Prospect:
        return parties.create_prospect({"company_name": "Dệt Sông Trà", "owner": self.an}, by=self.an)

    @cached_property
    def company(self) -> Company:
        return parties.create_company({"name": "Xi măng Hòn Đá", "type": "prospect", "owner": self.an}, by=self.an)

    @cached_property
    def new_company(self) -> Company:
        return parties.create_company({"name": "Thép Sông Đà", "type": "prospect", "owner": self.an}, by=self.an)

    @cached_property
    def contact(self) -> Contact:
        return parties.create_contact({"full_name": "Đỗ Vân", "company": self.company, "owner": self.an}, by=self.an)

    @cached_property
    def deal(self) -> Deal:
        values = {"name": "Trạm", "company": self.company, "contact": self.contact, "owner": self.an}
        return deals.create_deal(values, by=self.an)

    @cached_property
    def lead(self) -> Lead:
        return leads.create_lead(self.asked(), by=self.an)

    @cached_property
    def converted(self) -> Lead:
        return leads.create_lead(self.asked(), by=self.an)

    @cached_property
    def new_deal(self) -> Deal:
        """The deal of the converted lead."""
        return conversion.convert_leads([self.converted], Handover(owner=self.an), by=self.an)[0]

    def asked(self) -> dict[str, Any]:
        return {
            "company_name": "Xi măng Hòn Đá", "person_name": "Đỗ Thị Vân", "phone": "+842438637747",
            "need": "Đo bụi", "owner": self.an,
        }  # fmt: skip

    def work(self, row: Any, *, days: int = 1) -> Activity:
        due = timezone.now() + timedelta(days=days)
        return activities.schedule_activity(row.record, what=self.call, due_at=due, assignee=self.an, by=self.an)

    def handed_out(self, row: Any) -> Operation:
        timeline.assign([row], owner=self.cast.binh, by=self.cast.binh)
        return Operation.objects.get(pk=last_operation())

    def screened(self) -> Operation:
        leads.convert_prospects([self.prospect], by=self.an)
        return Operation.objects.get(pk=last_operation())

    def closed(self, row: Any) -> Any:
        return stages.close(row, **self.failing(row), by=self.an)

    def failing(self, row: Any) -> dict[str, Any]:
        to = row.stage.pipeline.stage_for(Category.UNQUALIFIED)
        return {"to": to, "reason": ClosingReason.objects.filter(kind=row.kind, category=Category.UNQUALIFIED)[0]}

    def opened(self) -> Import:
        """A list of two lines that a job will read."""
        text = "Tên công ty,Điện thoại\nGạch Đông Á,02438637747\nSứ Hải Hà,02438637748\n".encode()
        return quality.open_file(SimpleUploadedFile("danh-sach.csv", text), kind="prospect", by=self.an)

    def read(self) -> Import:
        file = self.opened()
        quality.read_file(file, file.round)
        return Import.objects.get(pk=file.pk)

    def failed(self) -> Import:
        file = self.opened()
        quality.note_problem(file.pk, "Hỏng")
        return file

    def checked(self) -> Import:
        file = self.read()
        file = quality.begin_check(file, self.settings(file), by=self.an)
        quality.check_lines(file, file.round)
        return Import.objects.get(pk=file.pk)

    def settings(self, file: Import) -> dict[str, Any]:
        return {"columns": file.columns, "team": None, "department": self.an.department}


@pytest.fixture
def cast(transactional_db: None, settings: Any, tmp_path: Any) -> Any:
    """Rows that other connections see."""
    settings.MEDIA_ROOT = tmp_path
    return make_cast()


@pytest.fixture
def desk(cast: Any) -> Desk:
    return Desk(cast)


Work = Callable[[], Any]


@dataclass(frozen=True)
class Act:
    """`of(desk)` makes ready what one person does; two of them at once tell the event `once` exactly once.

    `many` where each of the two is told: two notes are two notes.
    """

    of: Callable[[Desk], Work]
    tells: str = ""
    many: bool = False


def _schedule(d: Desk, row: Any, days: int = 3) -> Work:
    due = timezone.now() + timedelta(days=days)
    return partial(activities.schedule_activity, row.record, what=d.call, due_at=due, assignee=d.an, by=d.an)


def _upload() -> SimpleUploadedFile:
    return SimpleUploadedFile("anh.txt", b"anh")


def _quote(row: Any) -> Any:
    return [one for one in row.stage.pipeline.stages.all() if one.category in ("working", "open")][-1]


# What two people may do at the same moment to rows of one desk: {act: {rows: what is done}}.
ON_LEAD = {
    "timeline.change": Act(
        lambda d: partial(timeline.change, d.lead, {"need": ("Đo bụi", "Đo SO₂")}, by=d.an), "record.changed"
    ),
    "timeline.assign": Act(
        lambda d: partial(timeline.assign, [d.lead], owner=d.cast.binh, by=d.cast.binh), "record.assigned"
    ),
    "timeline.add_note": Act(
        lambda d: partial(timeline.add_note, d.lead.record, body="Gọi lại", by=d.an), "note.added", many=True
    ),
    "timeline.add_file": Act(
        lambda d: partial(timeline.add_file, d.lead.record, upload=_upload(), by=d.an), "file.added", many=True
    ),
    "timeline.follow": Act(
        lambda d: partial(timeline.follow, d.lead.record, user=d.cast.hanh, by=d.an), "record.followed"
    ),
    "timeline.unfollow": Act(
        lambda d: timeline.follow(d.lead.record, user=d.cast.giang, by=d.an)
        or partial(timeline.unfollow, d.lead.record, user=d.cast.giang, by=d.an),
        "record.unfollowed",
    ),
    "stages.move": Act(
        lambda d: partial(stages.move, d.lead, to=_quote(d.lead), left=d.lead.stage, by=d.an), "lead.stage_changed"
    ),
    "stages.close": Act(lambda d: partial(stages.close, d.lead, **d.failing(d.lead), by=d.an), "lead.unqualified"),
    "conversion.convert_leads": Act(
        lambda d: partial(conversion.convert_leads, [d.lead], Handover(owner=d.an), by=d.an), "lead.converted"
    ),
    "activities.schedule_activity": Act(lambda d: _schedule(d, d.lead), "activity.scheduled", many=True),
    "activities.log_activity": Act(
        lambda d: partial(activities.log_activity, d.lead.record, what=d.call, result="Đã gọi", by=d.an),
        "activity.done",
        many=True,
    ),
    "activities.finish_activity": Act(
        lambda d: partial(activities.finish_activity, _work(d), result="Đã gọi", by=d.an), "activity.done"
    ),
    "activities.reschedule_activity": Act(
        lambda d: partial(activities.reschedule_activity, _work(d), due_at=timezone.now(), by=d.an),
        "activity.rescheduled",
        many=True,
    ),
    "activities.call_off_activity": Act(
        lambda d: partial(activities.call_off_activity, _work(d), by=d.an), "activity.called_off"
    ),
    "activities.resume_activity": Act(
        lambda d: partial(activities.resume_activity, _done(d), by=d.an),
        "activity.resumed",
    ),
}  # fmt: skip

# The same, of a deal that a conversion made, with its company and its lead.
ON_DEAL = {
    "timeline.change": Act(
        lambda d: partial(timeline.change, d.new_deal, {"need": ("Đo bụi", "Đo SO₂")}, by=d.an), "record.changed"
    ),
    "stages.move": Act(
        lambda d: partial(stages.move, d.new_deal, to=_quote(d.new_deal), left=d.new_deal.stage, by=d.an),
        "deal.stage_changed",
    ),
    "stages.close": Act(
        lambda d: partial(stages.close, d.new_deal, to=stage_of("deal", "Thành công"), by=d.an), "deal.won"
    ),
    "stages.change_pipeline": Act(
        lambda d: partial(stages.change_pipeline, d.new_deal, to=_other_pipeline(), by=d.an),
        "record.pipeline_changed",
    ),
    "undoing.undo_conversion": Act(
        lambda d: partial(undoing.undo_conversion, d.converted, by=d.an), "lead.conversion_undone"
    ),
    "timeline.assign": Act(
        lambda d: partial(timeline.assign, [d.new_deal], owner=d.cast.binh, by=d.cast.binh), "record.assigned"
    ),
    "timeline.add_note": Act(
        lambda d: partial(timeline.add_note, d.new_deal.record, body="Gọi lại", by=d.an), "note.added", many=True
    ),
    "activities.schedule_activity": Act(lambda d: _schedule(d, d.new_deal), "activity.scheduled", many=True),
    "a note on the company": Act(
        lambda d: partial(timeline.add_note, d.new_deal.company.record, body="Gọi lại", by=d.an),
        "note.added",
        many=True,
    ),
    "renaming the company": Act(
        lambda d: partial(timeline.change, d.new_deal.company, {"name": ("Xi măng Hòn Đá", "Hòn Đá Mới")}, by=d.an),
        "record.changed",
    ),
    "timeline.create": Act(
        lambda d: partial(
            timeline.create, "deal", {"name": "Bảo trì", "company": d.new_deal.company, "owner": d.an}, by=d.an
        ),
        "record.created", many=True,
    ),
}  # fmt: skip

# The same, of a company and what is named after it.
ON_COMPANY = {
    "timeline.change": Act(
        lambda d: partial(timeline.change, d.company, {"name": ("Xi măng Hòn Đá", "Hòn Đá Mới")}, by=d.an),
        "record.changed",
    ),
    "renaming the contact": Act(
        lambda d: partial(timeline.change, d.contact, {"full_name": ("Đỗ Vân", "Đỗ Vy")}, by=d.an), "record.changed"
    ),
    "timeline.create_many": Act(
        lambda d: partial(
            timeline.create_many, "contact", [{"full_name": "Lê Hà", "company": d.company, "owner": d.an}], by=d.an
        ),
        "record.created", many=True,
    ),
    "a new deal": Act(
        lambda d: partial(
            deals.create_deal, {"name": "Bảo trì", "company": d.company, "contact": d.contact, "owner": d.an}, by=d.an
        ),
        "record.created", many=True,
    ),
    "a deal goes to this company": Act(
        lambda d: partial(timeline.change, d.new_deal, {"company": (d.new_deal.company, d.company)}, by=d.an),
        "record.changed",
    ),
    "a deal leaves the company": Act(
        lambda d: partial(timeline.change, d.deal, {"company": (d.company, d.new_company)}, by=d.an), "record.changed"
    ),
    "winning": Act(lambda d: partial(stages.close, d.deal, to=stage_of("deal", "Thành công"), by=d.an), "deal.won"),
    "linking its contact in a conversion": Act(
        lambda d: partial(
            conversion.convert_leads,
            [d.lead], Handover(owner=d.an, customer=Handover.LINK, contact=d.contact), by=d.an,
        ),
        "lead.converted",
    ),
    "linking it in a conversion": Act(
        lambda d: partial(
            conversion.convert_leads,
            [d.lead], Handover(owner=d.an, customer=Handover.LINK, company=d.company), by=d.an,
        ),
        "lead.converted",
    ),
}  # fmt: skip

# The same, of a raw prospect; and of rows that were handed out, or closed.
ON_PROSPECT = {
    "timeline.change": Act(
        lambda d: partial(timeline.change, d.prospect, {"remark": ("", "Đo bụi")}, by=d.an), "record.changed"
    ),
    "leads.convert_prospects": Act(
        lambda d: partial(leads.convert_prospects, [d.prospect], by=d.an), "prospect.converted"
    ),
    "timeline.assign": Act(
        lambda d: partial(timeline.assign, [d.prospect], owner=d.cast.binh, by=d.cast.binh), "record.assigned"
    ),
    "activities.schedule_activity": Act(lambda d: _schedule(d, d.prospect), "activity.scheduled", many=True),
    "timeline.follow": Act(
        lambda d: partial(timeline.follow, d.prospect.record, user=d.cast.hanh, by=d.an), "record.followed"
    ),
}  # fmt: skip
ON_SCREENED = {
    "undo.undo": Act(lambda d: partial(undo.undo, _screened(d), by=d.an), "operation.undone"),
    "activities.schedule_activity": Act(
        lambda d: _screened(d) and _schedule(d, Lead.objects.get(record__continues=d.prospect.pk)),
        "activity.scheduled",
        many=True,
    ),
    "conversion.convert_leads": Act(
        lambda d: _screened(d)
        and partial(
            conversion.convert_leads,
            [timeline.change(_lead_of(d), {"phone": ("", "+842438637747"), "need": ("", "Đo")}, by=d.an)],
            Handover(owner=d.an), by=d.an,
        ),
        "lead.converted",
    ),
    "stages.move": Act(
        lambda d: _screened(d)
        and partial(stages.move, _lead_of(d), to=_quote(_lead_of(d)), left=_lead_of(d).stage, by=d.an),
        "lead.stage_changed",
    ),
    "timeline.change": Act(
        lambda d: _screened(d) and partial(timeline.change, _lead_of(d), {"website": ("", "hd.vn")}, by=d.an),
        "record.changed",
    ),
}  # fmt: skip
ON_HANDED_OUT = {
    "undo.undo": Act(lambda d: partial(undo.undo, _handed_out(d), by=d.cast.binh), "operation.undone"),
    "timeline.assign": Act(
        lambda d: _handed_out(d) and partial(timeline.assign, [d.lead], owner=d.cast.hanh, by=d.cast.dung),
        "record.assigned",
    ),
    "timeline.change": Act(
        lambda d: _handed_out(d)
        and partial(timeline.change, d.lead, {"need": ("Đo bụi", "Đo SO₂")}, by=d.cast.dung),
        "record.changed",
    ),
    "stages.close": Act(
        lambda d: _handed_out(d) and partial(stages.close, d.lead, **d.failing(d.lead), by=d.cast.dung),
        "lead.unqualified",
    ),
}  # fmt: skip
ON_CLOSED = {
    "stages.reopen": Act(lambda d: partial(stages.reopen, _closed(d), by=d.an), "deal.reopened"),
    "timeline.change": Act(
        lambda d: partial(timeline.change, _closed(d), {"need": ("", "Đo SO₂")}, by=d.an), "record.changed"
    ),
    "stages.close": Act(
        lambda d: partial(stages.close, _closed(d), to=stage_of("deal", "Thành công"), by=d.an), "deal.won"
    ),
    "stages.move": Act(
        lambda d: partial(stages.move, _closed(d), to=_quote(d.deal), left=_closed(d).stage, by=d.an),
        "deal.reopened",
    ),
}  # fmt: skip
# What stands on the desk, the oldest first, and what is done to it.
GROUPS = {
    "lead": (("lead",), ON_LEAD),
    "deal": (("converted", "new_deal"), ON_DEAL),
    "company": (("company", "contact", "deal", "lead", "new_company", "new_deal"), ON_COMPANY),
    "prospect": (("prospect",), ON_PROSPECT),
    "screened": (("prospect",), ON_SCREENED),
    "handed out": (("lead",), ON_HANDED_OUT),
    "closed": (("deal",), ON_CLOSED),
}


def _once(d: Desk, name: str, make: Callable[[], Any]) -> Any:
    """Make something of a desk once, though both acts ask for it."""
    if name not in d.__dict__:
        d.__dict__[name] = make()
    return d.__dict__[name]


def _work(d: Desk) -> Activity:
    return _once(d, "planned", lambda: d.work(d.lead))


def _done(d: Desk) -> Activity:
    return _once(d, "done", lambda: activities.finish_activity(d.work(d.lead), by=d.an))


def _screened(d: Desk) -> Operation:
    return _once(d, "screening", d.screened)


def _lead_of(d: Desk) -> Lead:
    return Lead.objects.with_stage().with_words().get(record__continues=d.prospect.pk)


def _handed_out(d: Desk) -> Operation:
    return _once(d, "handing", lambda: d.handed_out(d.lead))


def _closed(d: Desk) -> Deal:
    return _once(d, "closed_deal", lambda: d.closed(d.deal))


def _other_pipeline() -> Any:
    other, _made = Pipeline.objects.get_or_create(kind="deal", name="Dịch vụ")
    return other.stages.get_or_create(name="Khảo sát", category=Category.OPEN)[0]


def both_ways(cast: Any, rows: tuple[str, ...], one: Act, other: Act) -> Iterator[tuple[str, Outcome, Counter]]:
    """Each of both held at each point while the other comes by, on rows of their own; and what the two have told."""
    for first, second in [(one, other), (other, one)][: 1 if one is other else 2]:
        for point in (BEFORE_LOCK, BEFORE_WRITE):
            desk = Desk(cast, *rows)
            works = first.of(desk), second.of(desk)
            last = Event.objects.latest("pk").pk
            outcome = race(*works, at=point)
            told = Counter(Event.objects.filter(pk__gt=last).values_list("kind", flat=True))
            yield f"the {'second' if first is other else 'first'} held {point}", outcome, told


@pytest.mark.parametrize(
    ("rows", "name"), [(rows, name) for rows, (_made, acts) in GROUPS.items() for name in acts], ids=lambda one: one
)
def test_an_act_beside_itself_and_each_act_of_the_same_rows(cast, rows, name):
    """R0.10, R1.16, R3.21, R4.07, D3, D6, D14: whoever comes second finds what the first has left, or words."""
    made, acts = GROUPS[rows]
    for other in list(acts)[list(acts).index(name) :]:
        for held, outcome, told in both_ways(cast, made, acts[name], acts[other]):
            what = f"{name} beside {other}, {held}"
            assert [error for error in outcome.errors if not isinstance(error, DomainError)] == [], what
            assert outcome.deadlocks == 0, what
            assert outcome.results, what
            if other == name:
                assert told[acts[name].tells] == (2 if acts[name].many else 1), what
        assert list(disagreements()) == [], f"{name} beside {other}"


# Acts on what is no record, two at once: how often each may do what it does.
ON_FILES: dict[str, tuple[Callable[[Desk], Work], Callable[[Outcome], Any], Any]] = {
    "quality.choose_sheet": (
        lambda d: partial(
            quality.choose_sheet, _once(d, "file", d.read), sheet="", encoding="cp1258", header_line=1, by=d.an
        ),
        lambda outcome: [one and one.state for one in outcome.results],
        ["reading", None],
    ),
    "quality.begin_check": (
        lambda d: partial(quality.begin_check, _once(d, "file", d.read), d.settings(_once(d, "file", d.read)), by=d.an),
        lambda outcome: [one.round for one in outcome.results],
        [2, 3],
    ),
    "quality.start_import": (
        lambda d: partial(quality.start_import, _once(d, "file", d.checked), by=d.an),
        lambda outcome: outcome.results,
        [True, False],
    ),
    "quality.try_again": (
        lambda d: partial(quality.try_again, _once(d, "file", d.failed), by=d.an),
        lambda outcome: [one and one.round for one in outcome.results],
        [1, None],
    ),
    "setup.run_job_again": (
        lambda d: partial(setup.run_job_again, _once(d, "job", parked_job).pk, by=d.cast.dung),
        lambda outcome: outcome.results,
        [True, False],
    ),
    "setup.drop_job": (
        lambda d: partial(setup.drop_job, _once(d, "job", parked_job).pk, by=d.cast.dung),
        lambda outcome: outcome.results,
        [True, False],
    ),
}
# Nobody else can reach what these make before it is there.
ALONE = {"quality.open_file"}


@pytest.mark.parametrize("name", ON_FILES)
def test_two_at_once_on_files_and_jobs_do_it_once(cast, name):
    of, seen, expected = ON_FILES[name]
    desk = Desk(cast)
    outcome = race(of(desk), of(desk), at=BEFORE_WRITE)
    assert outcome.errors == []
    assert seen(outcome) == expected


def test_every_act_has_a_race():
    """A new act is put beside those of the same rows, or this fails."""
    house = acts_of_the_house()
    tables = {name for _made, acts in GROUPS.values() for name in acts} | set(ON_FILES) | ALONE | PARTS
    raced = {_function(house[name]) for name in tables if name in house}
    assert [name for name, act in house.items() if _function(act) not in raced] == []


def _function(act: Any) -> Any:
    return act.func if isinstance(act, partial) else act


def _in_the_wrong_order(first: Record, then: Record) -> Work:
    """Lock one record after the other, whatever their ids; a race holds it between the two."""

    def work() -> None:
        with connection.cursor() as cursor:
            cursor.execute("select from records_record where id = %s for no key update", [first.pk])
        Record.objects.select_for_update(no_key=True).get(pk=then.pk)

    return work


def test_a_deadlock_is_ended_by_the_database_and_begun_once_more(desk):
    """What no act of ours does, so that the door is seen to answer it."""
    one, other = desk.lead.record, desk.deal.record
    outcome = race(_in_the_wrong_order(one, other), _in_the_wrong_order(other, one), at=BEFORE_LOCK)
    assert (outcome.errors, outcome.deadlocks, sum(who.tries for who in outcome.both)) == ([], 1, 3)


# What is left where both had something to do ----------------------------------------------------------------------

both_orders = pytest.mark.parametrize("order", [1, -1], ids=["as named", "the other way round"])
at_each_point = pytest.mark.parametrize("at", [BEFORE_LOCK, BEFORE_WRITE])


def well(outcome: Outcome) -> Outcome:
    assert (outcome.errors, outcome.deadlocks, list(disagreements())) == ([], 0, [])
    return outcome


@at_each_point
@both_orders
def test_of_two_that_are_planned_the_earlier_is_next(desk, at, order):
    """R0.33: what is to be done next."""
    works = [_schedule(desk, desk.lead, days=1), _schedule(desk, desk.lead, days=5)][::order]
    results = well(race(*works, at=at)).results
    assert Record.objects.get(pk=desk.lead.pk).next_activity_at == min(one.due_at for one in results)


@at_each_point
@both_orders
def test_a_new_lead_is_moved_on_once_by_two_first_acts(desk, at, order):
    """D14, R4.03-4.04."""
    change = partial(timeline.change, desk.lead, {"need": ("Đo bụi", "Đo SO₂")}, by=desk.an)
    well(race(*[_schedule(desk, desk.lead), change][::order], at=at))
    assert Lead.objects.get(pk=desk.lead.pk).status == "working"
    assert Event.objects.filter(kind="lead.stage_changed", about=desk.lead.pk).count() == 1


@at_each_point
@both_orders
def test_work_planned_during_a_conversion_is_planned_on_the_deal(desk, at, order):
    """R0.33, R4.07."""
    convert = partial(conversion.convert_leads, [desk.lead], Handover(owner=desk.an), by=desk.an)
    well(race(*[_schedule(desk, desk.lead), convert][::order], at=at))
    assert Activity.objects.open().get().record == Deal.objects.get(record__continues=desk.lead.pk).record


@at_each_point
@both_orders
def test_work_taken_up_again_during_a_conversion_is_planned_on_the_deal(desk, at, order):
    convert = partial(conversion.convert_leads, [desk.lead], Handover(owner=desk.an), by=desk.an)
    resume = partial(activities.resume_activity, _done(desk), by=desk.an)
    well(race(*[resume, convert][::order], at=at))
    assert Activity.objects.open().get().record == Deal.objects.get(record__continues=desk.lead.pk).record


@at_each_point
def test_of_two_who_move_a_card_elsewhere_one_is_told_of_the_other(desk, at):
    """R3.21: a conflict in words, never a move that nobody saw."""
    _new, _need, quote, talk, *_ends = desk.deal.stage.pipeline.stages.all()
    works = [partial(stages.move, desk.deal, to=to, left=desk.deal.stage, by=desk.an) for to in (quote, talk)]
    outcome = race(*works, at=at)
    assert [type(error) for error in outcome.errors] == [Conflict]
    assert list(disagreements()) == []
    assert Event.objects.filter(kind="deal.stage_changed", about=desk.deal.pk).count() == 1


@at_each_point
@both_orders
def test_a_company_is_renamed_while_its_deal_is_won(desk, at, order):
    """D3, R1.11: both happen."""
    rename = partial(timeline.change, desk.company, {"name": ("Xi măng Hòn Đá", "Thép Sông Đà")}, by=desk.an)
    win = partial(stages.close, desk.deal, to=stage_of("deal", "Thành công"), by=desk.an)
    well(race(*[rename, win][::order], at=at))
    company = Company.objects.get(pk=desk.company.pk)
    assert (company.name, company.type) == ("Thép Sông Đà", "customer")
    assert " thep song da" in Record.objects.get(pk=desk.deal.pk).search


NAMED_AFTER = {
    "a new contact": lambda d: partial(
        parties.create_contact, {"full_name": "Lê Hà", "company": d.company, "owner": d.an}, by=d.an
    ),
    "a new deal": lambda d: partial(
        deals.create_deal, {"name": "Bảo trì", "company": d.company, "owner": d.an}, by=d.an
    ),
    "a deal that picks it": lambda d: partial(
        timeline.change, d.new_deal, {"company": (d.new_deal.company, d.company)}, by=d.an
    ),
    "a conversion": lambda d: _made_of(
        partial(
            conversion.convert_leads, [d.lead],
            Handover(owner=d.an, customer=Handover.LINK, company=Company.objects.get(pk=d.company.pk)), by=d.an,
        )
    ),
}  # fmt: skip


def _made_of(work: Work) -> Work:
    return lambda: work()[0]


@at_each_point
@both_orders
@pytest.mark.parametrize("what", NAMED_AFTER)
def test_whatever_comes_to_a_company_while_it_is_renamed_is_found_by_its_new_name(cast, at, order, what):
    desk = Desk(cast, *GROUPS["company"][0])
    rename = partial(timeline.change, desk.company, {"name": ("Xi măng Hòn Đá", "Gang Hồng Hà")}, by=desk.an)
    outcome = well(race(*[rename, NAMED_AFTER[what](desk)][::order], at=at))
    named = next(one for one in outcome.results if one.pk != desk.company.pk)
    assert " gang hong ha" in Record.objects.get(pk=named.pk).search


@at_each_point
@both_orders
def test_what_is_finished_during_a_conversion_is_done_once(desk, at, order):
    """R0.10."""
    planned = desk.work(desk.lead)
    finish = partial(activities.finish_activity, planned, result="Đã gọi", by=desk.an)
    convert = partial(conversion.convert_leads, [desk.lead], Handover(owner=desk.an), by=desk.an)
    well(race(*[finish, convert][::order], at=at))
    assert Event.objects.filter(kind="activity.done").count() == 1
    assert Activity.objects.get().done_at is not None


@at_each_point
def test_finishing_twice_plans_the_next_thing_once(desk, at):
    """R0.10, R0.33."""
    planned = desk.work(desk.lead)
    then = activities.Plan(desk.call, timezone.now() + timedelta(days=2), desk.an)
    works = [partial(activities.finish_activity, planned, result=one, then=then, by=desk.an) for one in ("a", "b")]
    well(race(*works, at=at))
    assert Event.objects.filter(kind="activity.done").count() == 1
    assert Activity.objects.open().count() == 1


@at_each_point
@both_orders
def test_a_conversion_is_undone_or_its_deal_moves_on_never_both(desk, at, order):
    """D9, R4.07."""
    deal = desk.new_deal
    move = partial(stages.move, deal, to=_quote(deal), left=deal.stage, by=desk.an)
    back = partial(undoing.undo_conversion, desk.converted, by=desk.an)
    outcome = race(*[move, back][::order], at=at)
    assert len(outcome.errors) == 1 and isinstance(outcome.errors[0], DomainError)
    assert list(disagreements()) == []
    lead, deal = Lead.objects.get(pk=desk.converted.pk), Deal.objects.get(pk=deal.pk)
    assert (lead.status, deal.is_live, deal.stage == _quote(deal)) in [
        ("converted", True, True),
        ("working", False, False),
    ]


@at_each_point
@both_orders
def test_who_hands_out_anew_is_not_overruled_by_an_undo(desk, at, order):
    done = desk.handed_out(desk.lead)
    again = partial(timeline.assign, [desk.lead], owner=desk.cast.hanh, by=desk.cast.dung)
    well(race(*[partial(undo.undo, done, by=desk.cast.binh), again][::order], at=at))
    assert Lead.objects.get(pk=desk.lead.pk).owner == desk.cast.hanh


@at_each_point
@both_orders
def test_handing_out_and_changing_at_once_keep_both(desk, at, order):
    """R1.17."""
    hand = partial(timeline.assign, [desk.lead], owner=desk.cast.binh, by=desk.cast.binh)
    change = partial(timeline.change, desk.lead, {"need": ("Đo bụi", "Đo SO₂")}, by=desk.cast.binh)
    well(race(*[hand, change][::order], at=at))
    lead = Lead.objects.get(pk=desk.lead.pk)
    assert (lead.owner, lead.need) == (desk.cast.binh, "Đo SO₂")


@at_each_point
@both_orders
def test_what_is_put_on_a_raw_prospect_while_it_becomes_a_lead_comes_along(desk, at, order):
    """R1.16: tags and followers go with it; work is planned on the lead."""
    convert = partial(leads.convert_prospects, [desk.prospect], by=desk.an)
    well(race(*[_schedule(desk, desk.prospect), convert][::order], at=at))
    assert Activity.objects.open().get().record == _lead_of(desk).record


@at_each_point
def test_two_batches_in_opposite_order_make_one_lead_of_each(desk, at):
    """R1.16."""
    rows = [parties.create_prospect({"company_name": f"Gạch {n}", "owner": desk.an}, by=desk.an) for n in range(3)]
    outcome = well(race(*(partial(leads.convert_prospects, some, by=desk.an) for some in (rows, rows[::-1])), at=at))
    assert Lead.objects.count() == 3
    assert [one.pk for one in outcome.results[0]] == [one.pk for one in outcome.results[1]]


@at_each_point
@both_orders
def test_the_last_word_on_following_stands(desk, at, order):
    follow = partial(timeline.follow, desk.lead.record, user=desk.cast.hanh, by=desk.an)
    stop = partial(timeline.unfollow, desk.lead.record, user=desk.cast.hanh, by=desk.an)
    well(race(*[follow, stop][::order], at=at))
    last = Event.objects.filter(about=desk.lead.pk, kind__startswith="record.").latest("pk")
    assert desk.lead.record.followers.exists() == (last.kind == "record.followed")


@at_each_point
def test_two_workers_on_one_import_make_each_row_once(desk, at, monkeypatch):
    """A worker that was held for dead is not."""
    monkeypatch.setattr(quality, "CHUNK", 1)
    file = desk.checked()
    in_one_go(partial(quality.start_import, file, by=desk.an))
    outcome = well(race(*[partial(quality.import_chunk, file.pk)] * 2, at=at))
    assert outcome.results == [True, True]
    assert sorted(Prospect.objects.values_list("company_name", flat=True)) == ["Gạch Đông Á", "Sứ Hải Hà"]
    assert Import.objects.get(pk=file.pk).created == 2
