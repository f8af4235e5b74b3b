"""Every act at once with itself and with each act that touches the same rows, the interleaving forced (races.py)."""

import os
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core.files.storage import default_storage
from django.db import connection
from django.utils import timezone

from pheu.activities import services as activities
from pheu.activities.models import Activity
from pheu.conftest import make_cast, stage_of
from pheu.core.again import in_one_go
from pheu.core.errors import Conflict, DomainError, Invalid
from pheu.deals import conversion, undoing
from pheu.deals import services as deals
from pheu.deals.conversion import Handover
from pheu.deals.models import Deal
from pheu.leads import services as leads
from pheu.leads.models import Lead
from pheu.messaging.tests.test_letter_races import ON_LETTERS
from pheu.parties import services as parties
from pheu.parties.models import Company, Prospect
from pheu.people.models import Role, User
from pheu.people.tests.test_access_acts import PARTS, THIS_YEAR, a_logo, a_new_order, acts_of_the_house
from pheu.quality import running, sweep, taking_back
from pheu.quality import services as quality
from pheu.quality.models import DuplicateRule, Import
from pheu.records import keeping, kinds
from pheu.records.acts import current, operation
from pheu.records.locking import hold
from pheu.records.models import FieldGroup, Pipeline, Record, SavedView, Stage
from pheu.records.tests.desk import (
    GROUPS,
    Act,
    Desk,
    Work,
    a_done_one,
    a_later_stage,
    lead_of,
    once,
    schedule,
)
from pheu.records.tests.races import BEFORE_LOCK, BEFORE_WRITE, BOUND, Outcome, Somebody, disagreements, race
from pheu.setup import configuring, housekeeping, lists, pipelines, shaping, staffing
from pheu.setup import events as of_setup
from pheu.setup import services as setup
from pheu.setup.definitions import groups_of
from pheu.setup.tests.test_fields import standing_field
from pheu.setup.tests.test_jobs_page import parked_job
from pheu.timeline import services as timeline
from pheu.timeline import stages, undo
from pheu.timeline.models import Event


@pytest.fixture
def cast(transactional_db: None, settings: Any, tmp_path: Any) -> Any:
    """Rows that other connections see."""
    settings.MEDIA_ROOT = tmp_path
    return make_cast()


@pytest.fixture
def desk(cast: Any) -> Desk:
    return Desk(cast)


def both_ways(desks: Iterator[Desk], one: Act, other: Act) -> Iterator[tuple[str, Outcome, Counter]]:
    """Each of both held at each point while the other comes by, on a desk of their own; and what the two have told.

    Who waited at its first lock for one that was held later need not be held there again: it reads, the other does
    all that it does, it goes on. (PHEU_EXPLORE=1 holds it there all the same.)
    """
    ways = [(one, other), (other, one)][: 1 if one is other else 2]
    seen: list[Act] = []
    for first, second in ways:
        outcome, told = _raced(next(desks), first, second, BEFORE_WRITE)
        seen += [second] if outcome.shows_second_held else []
        yield f"{'second' if first is other else 'first'} held {BEFORE_WRITE}", outcome, told
    for first, second in ways:
        if not any(first is act for act in seen) or os.environ.get("PHEU_EXPLORE"):
            yield (
                f"{'second' if first is other else 'first'} held {BEFORE_LOCK}",
                *_raced(next(desks), first, second, BEFORE_LOCK),
            )


def _raced(desk: Desk, first: Act, second: Act, point: str) -> tuple[Outcome, Counter]:
    works = first.of(desk), second.of(desk)
    last = Event.objects.latest("pk").pk
    outcome = race(*works, at=point)
    told = Event.objects.filter(pk__gt=last).values_list("kind", "operation")
    return outcome, Counter(kind for kind, _act in set(told))


@pytest.mark.parametrize(
    ("rows", "name"), [(rows, name) for rows, (_made, acts) in GROUPS.items() for name in acts], ids=lambda one: one
)
def test_an_act_beside_itself_and_each_act_of_the_same_rows(cast, rows, name):
    """R0.10, R1.16, R3.21, R4.07, D3, D6, D14: whoever comes second finds what the first has left, or words."""
    made, acts = GROUPS[rows]
    others = [one for one in list(acts)[list(acts).index(name) :] if acts[name].meets(acts[one])]
    desks = Desk.as_asked(2 * len(others), cast, *made)
    for other in others:
        for held, outcome, told in both_ways(desks, acts[name], acts[other]):
            what = f"{name} beside {other}, the {held}"
            assert [error for error in outcome.errors if not isinstance(error, DomainError)] == [], what
            assert outcome.deadlocks == 0, what
            assert outcome.results, what
            if other == name:
                assert told[acts[name].tells] == (2 if acts[name].many else 1), what
    assert list(disagreements()) == []  # of all pairs: each had rows of its own


# Acts on what is no record, two at once: how often each may do what it does.
ON_FILES: dict[str, tuple[Callable[[Desk], Work], Callable[[Outcome], Any], Any]] = {
    "quality.choose_sheet": (
        lambda d: partial(
            quality.choose_sheet, once(d, "file", d.read), sheet="", encoding="cp1258", header_line=1, by=d.an
        ),
        lambda outcome: [one and one.state for one in outcome.results],
        ["reading", None],
    ),
    "quality.begin_check": (
        lambda d: partial(quality.begin_check, once(d, "file", d.read), d.settings(once(d, "file", d.read)), by=d.an),
        lambda outcome: [one.round for one in outcome.results],
        [2, 3],
    ),
    "quality.mend_line": (
        lambda d: partial(quality.mend_line, once(d, "line", d.line), {0: "Sứ Hải Hà"}, by=d.an),
        lambda outcome: [one.cells[0] for one in outcome.results],
        ["Sứ Hải Hà", "Sứ Hải Hà"],
    ),
    "running.start_import": (
        lambda d: partial(running.start_import, once(d, "file", d.checked), by=d.an),
        lambda outcome: outcome.results,
        [True, False],
    ),
    "running.stop_import": (
        lambda d: partial(running.stop_import, once(d, "file", d.running), by=d.an),
        lambda outcome: outcome.results,
        [True, False],
    ),
    "taking_back.take_back_import": (
        lambda d: partial(taking_back.take_back_import, once(d, "file", d.imported), by=d.an),
        lambda outcome: outcome.results,
        [True, False],
    ),
    "taking_back.do_import_again": (
        lambda d: partial(taking_back.do_import_again, once(d, "file", d.taken_back), by=d.an),
        lambda outcome: outcome.results,
        [True, False],
    ),
    "running.try_again": (
        lambda d: partial(running.try_again, once(d, "file", d.failed), by=d.an),
        lambda outcome: [one and one.round for one in outcome.results],
        [1, None],
    ),
    "sweep.begin": (
        lambda d: partial(sweep.begin, kinds.get("lead"), by=d.an),
        lambda outcome: sorted(one is not None for one in outcome.results),
        [False, True],
    ),
    "setup.run_job_again": (
        lambda d: partial(setup.run_job_again, once(d, "job", parked_job).pk, by=d.cast.dung),
        lambda outcome: outcome.results,
        [True, False],
    ),
    "staffing.invite_again": (
        lambda d: partial(staffing.invite_again, once(d, "new", _an_invited).pk, by=d.cast.dung),
        lambda outcome: len(outcome.results),
        2,
    ),
    "staffing.leave": (
        lambda d: partial(staffing.leave, d.cast.hanh.pk, heir=d.cast.binh, by=d.cast.dung),
        lambda outcome: Event.objects.filter(kind="person.left").count(),
        1,
    ),
    "staffing.come_back": (
        lambda d: partial(staffing.come_back, once(d, "gone", lambda: _a_leaver(d)).pk, by=d.cast.dung),
        lambda outcome: Event.objects.filter(kind="person.returned").count(),
        1,
    ),
    "staffing.take_second_step_away": (
        lambda d: partial(
            staffing.take_second_step_away, once(d, "two-steps", lambda: _with_second_step(d)).pk, by=d.cast.dung
        ),
        lambda outcome: Event.objects.filter(kind="person.second_step_taken_away").count(),
        1,
    ),
    "housekeeping.change_logo": (
        lambda d: partial(housekeeping.change_logo, a_logo(), by=d.cast.dung),
        lambda outcome: len(default_storage.listdir("logo")[1]),
        1,  # the second takes the place of the first
    ),
    "housekeeping.change_picture": (
        lambda d: partial(housekeeping.change_picture, a_logo(), by=d.an),
        lambda outcome: len(default_storage.listdir("person")[1]),
        1,
    ),
    "housekeeping.remove_logo": (
        lambda d: partial(housekeeping.remove_logo, by=once(d, "logo", lambda: _with_a_logo(d)).cast.dung),
        lambda outcome: Event.objects.filter(kind="profile.logo_removed").count(),
        1,
    ),
    "setup.drop_job": (
        lambda d: partial(setup.drop_job, once(d, "job", parked_job).pk, by=d.cast.dung),
        lambda outcome: outcome.results,
        [True, False],
    ),
}
# Two admins who do the same to a list at once: it is done and told once, the second hears of it or finds it done.
REASONS, ROLES = lists.get("deal-lost-reasons"), lists.get("roles")
ON_LISTS: dict[str, tuple[Callable[[Any], Work], list[type[Exception]]]] = {
    "configuring.add_item": (
        lambda by: partial(configuring.add_item, REASONS, {"name": "Khác hẳn", "colour": "red"}, by=by),
        [Invalid],
    ),
    "configuring.change_item": (
        lambda by: partial(configuring.change_item, REASONS, REASONS.items[0].pk, {"is_active": (True, False)}, by=by),
        [],
    ),
    "configuring.order_items": (
        lambda by: partial(configuring.order_items, REASONS, [one.pk for one in reversed(REASONS.items)], by=by),
        [],
    ),
    "staffing.invite_person": (
        lambda by: partial(
            staffing.invite_person, {"full_name": "Hà", "email": "ha@x.example", "role": by.role}, by=by
        ),
        [Invalid],
    ),
    "housekeeping.add_holidays": (
        lambda by: partial(housekeeping.add_holidays, THIS_YEAR, [date(THIS_YEAR, 9, 2)], by=by),
        [],
    ),
    "configuring.remove_item": (
        lambda by: partial(configuring.remove_item, ROLES, _a_spare_role().pk, by=by),
        [DomainError],
    ),
}
# The same of the fields of a company's own: (the work of one of them, what the second hears).
ON_FIELDS: dict[str, tuple[Callable[[Any, Any, Any], Work], list[type[Exception]]]] = {
    "shaping.add_field": (
        lambda by, one, group: partial(shaping.add_field, "lead", "text", {"label": "Ca", "group": "lead"}, by=by),
        [Invalid],
    ),
    "shaping.change_field": (
        lambda by, one, group: partial(shaping.change_field, one.pk, {"label": "Ca"}, seen=shaping.digest(one), by=by),
        [Conflict],
    ),
    "shaping.move_field": (
        lambda by, one, group: partial(shaping.move_field, one.pk, "deal", seen=shaping.digest(one), by=by),
        [Conflict],
    ),
    "shaping.add_group": (lambda by, one, group: partial(shaping.add_group, "lead", "Đo đạc", by=by), [Invalid]),
    "shaping.change_group": (lambda by, one, group: partial(shaping.change_group, group.pk, "Đo đạc", by=by), []),
    "shaping.drop_group": (lambda by, one, group: partial(shaping.drop_group, group.pk, by=by), [DomainError]),
    "shaping.arrange": (
        lambda by, one, group: partial(shaping.arrange, "lead", "requirements", ["need"], by=by),
        [],
    ),
    "shaping.arrange_groups": (
        lambda by, one, group: partial(
            shaping.arrange_groups, "lead", [one.name for one in reversed(groups_of("lead"))], by=by
        ),
        [],
    ),
}
# Two admins who do the same to a pipeline at once.
DEAL = kinds.get("deal")
ON_PIPELINES: dict[str, tuple[Callable[[Any], Work], list[type[Exception]], Any]] = {
    "pipelines.add_pipeline": (
        lambda by: partial(pipelines.add_pipeline, DEAL, name="Dự án", stages=DEAL.templates["Bán hàng"], by=by),
        [Invalid],
        of_setup.PIPELINE_ADDED,
    ),
    "pipelines.change_pipeline": (
        lambda by: partial(pipelines.change_pipeline, a_pipeline(), {"name": ("Dịch vụ", "Bảo trì")}, by=by),
        [],
        of_setup.PIPELINE_CHANGED,
    ),
    "pipelines.retire_pipeline": (
        lambda by: partial(pipelines.retire_pipeline, a_pipeline(), to=None, by=by),
        [],
        of_setup.PIPELINE_RETIRED,
    ),
    "pipelines.resume_pipeline": (
        lambda by: partial(pipelines.resume_pipeline, a_pipeline(is_active=False), by=by),
        [],
        of_setup.PIPELINE_RESUMED,
    ),
    "pipelines.delete_pipeline": (
        lambda by: partial(pipelines.delete_pipeline, a_pipeline(), by=by),
        [DomainError],
        of_setup.PIPELINE_DELETED,
    ),
    "pipelines.add_stage": (
        lambda by: partial(pipelines.add_stage, a_pipeline(), {"name": "Lắp đặt", "category": "open"}, by=by),
        [Invalid],
        of_setup.STAGE_ADDED,
    ),
    "pipelines.change_stage": (
        lambda by: partial(pipelines.change_stage, stage_of("deal", "Báo giá"), {"name": ("Báo giá", "X")}, by=by),
        [],
        of_setup.STAGE_CHANGED,
    ),
    "pipelines.remove_stage": (
        lambda by: partial(pipelines.remove_stage, stage_of("deal", "Báo giá"), by=by),
        [DomainError],
        of_setup.STAGE_REMOVED,
    ),
    "pipelines.empty_some": (
        lambda by: partial(pipelines.empty_some, an_empty_stage_that_leaves(), by=by),
        [],
        of_setup.STAGE_REMOVED,
    ),
    "pipelines.order_stages": (
        lambda by: partial(pipelines.order_stages, Pipeline.objects.default("deal"), a_new_order(), by=by),
        [],
        of_setup.STAGES_ORDERED,
    ),
}


def _an_invited() -> User:
    return User.objects.create_user("moi@x.example", full_name="Mới", role=Role.objects.get(code="viewer"))


def _a_leaver(d: Desk) -> User:
    return staffing.leave(d.cast.hanh.pk, heir=d.cast.binh, by=d.cast.dung)


def _with_second_step(d: Desk) -> User:
    TOTP.activate(d.cast.hanh, generate_totp_secret())
    return d.cast.hanh


def _with_a_logo(d: Desk) -> Desk:
    housekeeping.change_logo(a_logo(), by=d.cast.dung)
    return d


def _a_spare_role() -> Role:
    return Role.objects.get_or_create(code="spare", defaults={"name": "Thừa"})[0]


def a_pipeline(**more: Any) -> Pipeline:
    """One that is not the usual one, and that nothing stands in; the same for both."""
    made, is_new = Pipeline.objects.get_or_create(kind="deal", name="Dịch vụ", defaults=more)
    if is_new:
        for category in DEAL.needs:
            made.stages.create(name=category, category=category)
    return made


def an_empty_stage_that_leaves() -> Stage:
    """One that is taken out and in which nothing stands any more; the same for both."""
    Stage.objects.filter(name="Báo giá").update(empties_into=stage_of("deal", "Đàm phán"), to_empty=0)
    return stage_of("deal", "Báo giá")


# Two clicks on what somebody keeps for themselves.
ON_VIEWS: dict[str, tuple[Callable[[Any], Work], list[type[Exception]]]] = {
    "keeping.keep_view": (lambda by: partial(keeping.keep_view, "lead", "Hội thảo", {}, by=by), [Invalid]),
    "keeping.choose_columns": (lambda by: partial(keeping.choose_columns, "lead", "name", by=by), []),
    "keeping.change_view": (lambda by: partial(keeping.change_view, a_view(by).pk, {"name": "Khác"}, by=by), []),
}


def a_view(by: User) -> SavedView:
    return SavedView.objects.get_or_create(kind="lead", name="Của tôi", owner=by)[0]


# Nobody else can reach what these make before it is there, or they only tell; moving is raced in test_emptying.
ALONE = {
    "quality.open_file", "pipelines.move_some", "outgoing.export_rows", "staffing.add_time_off",
    "staffing.remove_time_off",
}  # fmt: skip


@pytest.mark.parametrize("name", ON_FILES)
def test_two_at_once_on_files_and_jobs_do_it_once(cast, name):
    of, seen, expected = ON_FILES[name]
    desk = Desk(cast)
    outcome = race(of(desk), of(desk), at=BEFORE_WRITE)
    assert outcome.errors == []
    assert seen(outcome) == expected


@pytest.mark.parametrize("name", ON_LISTS)
def test_two_at_once_on_a_list_do_it_once(cast, name):
    of, errors = ON_LISTS[name]
    outcome = race(of(cast.dung), of(cast.dung), at=BEFORE_WRITE)
    assert [type(one) for one in outcome.errors] == errors
    assert Event.objects.filter(kind__startswith="list.").count() == 1


@pytest.mark.parametrize("name", ON_FIELDS)
def test_two_at_once_on_a_field_do_it_once(cast, name):
    of, errors = ON_FIELDS[name]
    one, group = standing_field(), FieldGroup.objects.create(kind="lead", label="Khảo sát")
    outcome = race(*(of(cast.dung, one, group) for _twice in range(2)), at=BEFORE_WRITE)
    assert [type(one) for one in outcome.errors] == errors
    assert Event.objects.filter(facts__list="fields").count() == 1


@pytest.mark.parametrize("name", ON_PIPELINES)
def test_two_at_once_on_a_pipeline_do_it_once(cast, name):
    of, errors, told = ON_PIPELINES[name]
    outcome = race(of(cast.dung), of(cast.dung), at=BEFORE_WRITE)
    assert [type(one) for one in outcome.errors] == errors
    assert outcome.deadlocks == 0
    assert Event.objects.filter(kind=told.code).count() == 1


@pytest.mark.parametrize("name", ON_VIEWS)
def test_two_clicks_on_a_view_do_it_once(cast, name):
    of, errors = ON_VIEWS[name]
    outcome = race(of(cast.an), of(cast.an), at=BEFORE_LOCK)
    assert [type(one) for one in outcome.errors] == errors
    assert outcome.deadlocks == 0
    assert SavedView.objects.count() == (name != "keeping.choose_columns")  # which a person keeps


def test_every_act_has_a_race():
    """A new act is put beside those of the same rows, or this fails."""
    house = acts_of_the_house()
    tables = {name for _made, acts in GROUPS.values() for name in acts} | ALONE | PARTS
    tables |= {*ON_FILES, *ON_LISTS, *ON_FIELDS, *ON_PIPELINES, *ON_VIEWS, *ON_LETTERS}
    raced = {_function(house[name]) for name in tables if name in house}
    assert [name for name, act in house.items() if _function(act) not in raced] == []


def _function(act: Any) -> Any:
    return act.func if isinstance(act, partial) else act


def _in_the_wrong_order(first: Record, then: Record) -> Work:
    """Lock one record after the other, whatever their ids; a race holds it between the two.

    Whoever begins once more lets the other end first: it could have the free row before the one who waits for it wakes.
    """

    def work() -> None:
        me = threading.current_thread()
        assert isinstance(me, Somebody)
        assert me.tries == 1 or me.rival.has_ended.wait(BOUND)
        with connection.cursor() as cursor:
            cursor.execute("select from records_record where id = %s for no key update", [first.pk])
        Record.objects.select_for_update(no_key=True).get(pk=then.pk)

    return work


def test_a_deadlock_is_ended_by_the_database_and_begun_once_more(desk):
    """What no act of ours does, so that the door is seen to answer it."""
    one, other = desk.lead.record, desk.deal.record
    outcome = race(_in_the_wrong_order(one, other), _in_the_wrong_order(other, one), at=BEFORE_LOCK)
    assert (outcome.errors, outcome.deadlocks, sum(who.tries for who in outcome.both)) == ([], 1, 3)


def test_who_holds_a_later_record_does_not_wait_for_an_earlier_one_but_begins_once_more(desk):
    """Waiting could never end, if whoever has it came to want ours. The second try takes both in order, and waits."""
    earlier, later = desk.lead.record, desk.deal.record

    def in_order() -> None:
        timeline.add_note(earlier, body="Gọi lại", by=desk.an)

    def out_of_order() -> set[int]:
        with operation("test", by=desk.an):
            hold(later.pk)
            hold(earlier.pk)
            return set(current().held)

    outcome = well(race(in_order, out_of_order, at=BEFORE_WRITE))
    assert [who.tries for who in outcome.both] == [1, 2]
    assert outcome.results[1] == {earlier.pk, later.pk}


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
    works = [schedule(desk, desk.lead, days=1), schedule(desk, desk.lead, days=5)][::order]
    results = well(race(*works, at=at)).results
    assert Record.objects.get(pk=desk.lead.pk).next_activity_at == min(one.due_at for one in results)


@at_each_point
@both_orders
def test_a_new_lead_is_moved_on_once_by_two_first_acts(desk, at, order):
    """D14, R4.03-4.04."""
    change = partial(timeline.change, desk.lead, {"need": ("Đo bụi", "Đo SO₂")}, by=desk.an)
    well(race(*[schedule(desk, desk.lead), change][::order], at=at))
    assert Lead.objects.get(pk=desk.lead.pk).status == "working"
    assert Event.objects.filter(kind="lead.stage_changed", about=desk.lead.pk).count() == 1


@at_each_point
@both_orders
def test_work_planned_during_a_conversion_is_planned_on_the_deal(desk, at, order):
    """R0.33, R4.07."""
    convert = partial(conversion.convert_leads, [desk.lead], Handover(owner=desk.an), by=desk.an)
    well(race(*[schedule(desk, desk.lead), convert][::order], at=at))
    assert Activity.objects.open().get().record == Deal.objects.get(record__continues=desk.lead.pk).record


@at_each_point
@both_orders
def test_work_taken_up_again_during_a_conversion_is_planned_on_the_deal(desk, at, order):
    convert = partial(conversion.convert_leads, [desk.lead], Handover(owner=desk.an), by=desk.an)
    resume = partial(activities.resume_activity, a_done_one(desk), by=desk.an)
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
    desk = Desk.many(1, cast, *GROUPS["company"][0])[0]
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
    move = partial(stages.move, deal, to=a_later_stage(deal), left=deal.stage, by=desk.an)
    back = partial(undoing.undo_conversion, desk.converted, by=desk.an)
    outcome = race(*[move, back][::order], at=at)
    assert len(outcome.errors) == 1 and isinstance(outcome.errors[0], DomainError)
    assert list(disagreements()) == []
    lead, deal = Lead.objects.get(pk=desk.converted.pk), Deal.objects.get(pk=deal.pk)
    assert (lead.status, deal.is_live, deal.stage == a_later_stage(deal)) in [
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
    well(race(*[schedule(desk, desk.prospect), convert][::order], at=at))
    assert Activity.objects.open().get().record == lead_of(desk).record


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
    monkeypatch.setattr(running, "CHUNK", 1)
    file = desk.checked()
    in_one_go(partial(running.start_import, file, by=desk.an))
    outcome = well(race(*[partial(running.import_chunk, file.pk)] * 2, at=at))
    assert outcome.results == [True, True]
    assert sorted(Prospect.objects.values_list("company_name", flat=True)) == ["Gạch Đông Á", "Sứ Hải Hà"]
    assert Import.objects.get(pk=file.pk).created == 2


@pytest.mark.parametrize("point", [BEFORE_LOCK, BEFORE_WRITE])
def test_of_two_who_save_the_same_at_once_one_is_let_in(cast, point):
    """R1.34: a rule that blocks holds for those too who cannot see each other yet."""
    DuplicateRule.objects.create(kind="lead", name="Trùng số", criteria=["phone"], blocks=True)
    values = {"company_name": "Hòn Đá", "phone": "+842438637747", "owner": cast.an}
    outcome = race(*(partial(leads.create_lead, dict(values), by=cast.an) for _nth in range(2)), at=point)
    assert [type(error) for error in outcome.errors] == [Invalid]
    assert Lead.objects.count() == 1
