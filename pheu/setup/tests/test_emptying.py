"""Taking out a stage in which very many records stand: a job moves them portion by portion, and nothing comes in."""

from functools import partial

import pytest
from django.db import transaction
from playwright.sync_api import expect
from procrastinate.contrib.django.models import ProcrastinateJob

from pheu.conftest import nothing_changes, stage_of
from pheu.core.errors import Conflict, DomainError, Refused
from pheu.core.health import examine
from pheu.deals.models import Deal
from pheu.deals.services import close_deal, create_deal, move_deal, reopen_deal
from pheu.records import kinds
from pheu.records.acts import last_operation, operation
from pheu.records.locking import hold
from pheu.records.models import Operation, Stage
from pheu.records.tests.races import BEFORE_WRITE, race
from pheu.setup import jobs, pipelines
from pheu.setup.events import STAGE_CHANGED, STAGE_REMOVAL_BEGUN, STAGE_REMOVED
from pheu.setup.tests.test_pipelines import form_of
from pheu.timeline.models import Event
from pheu.timeline.stages import enter
from pheu.timeline.undo import undo

LEAST = [{"name": "Mở", "category": "open"}, {"name": "Xong", "category": "won"}, {"name": "Hỏng", "category": "lost"},
         {"name": "Dừng", "category": "unqualified"}]  # fmt: skip


@pytest.fixture
def few(monkeypatch):
    """More than three records are too many for one act, and a portion is two."""
    monkeypatch.setattr(pipelines, "MOST_MOVED", 3)
    monkeypatch.setattr(pipelines, "AT_ONCE", 2)


@pytest.fixture
def stage(db):
    return stage_of("deal", "Báo giá")


@pytest.fixture
def to(db):
    return stage_of("deal", "Đàm phán")


@pytest.fixture
def deals(an, stage):
    made = [create_deal({"name": f"Trạm {n}", "owner": an}, by=an) for n in range(5)]
    return [move_deal(deal, to=stage, left=deal.stage, by=an) for deal in made]


@pytest.fixture
def leaving(few, deals, stage, to, dung):
    """The stage, being taken out."""
    assert jobs.remove_stage(stage, to=to, by=dung) == 0
    return Stage.objects.select_related("pipeline").get(pk=stage.pk)


def standing(deals):
    return [Deal.objects.select_related("stage").get(pk=deal.pk).stage.name for deal in deals]


def work(stage, by):
    jobs.empty_stage(stage_id=stage.pk, user_id=by.pk)


def test_the_page_begins_it_and_the_job_ends_it(client, few, deals, stage, to, dung):
    client.force_login(dung)
    url = f"/setup/stages/{stage.pk}/removal/"
    with nothing_changes():
        assert client.post(url).status_code == 422  # where they go is asked as ever
    client.post(url, {"to": to.pk})
    [job] = ProcrastinateJob.objects.filter(task_name="pheu.setup.jobs.empty_stage", args__stage_id=stage.pk)
    page = client.get(f"/setup/pipelines/{stage.pipeline_id}/").text
    assert "Đã chuyển 0 trên 5 bản ghi sang «Đàm phán»" in page
    assert url not in page
    assert standing(deals) == ["Báo giá"] * 5
    jobs.empty_stage(**job.args)
    assert standing(deals) == ["Đàm phán"] * 5
    gone = Stage.every.get(pk=stage.pk)
    assert (gone.gone_to, gone.empties_into, gone.to_empty) == (to, None, None)
    begun, removed = (Event.objects.get(kind=kind.code) for kind in (STAGE_REMOVAL_BEGUN, STAGE_REMOVED))
    assert (begun.facts["many"], removed.facts["moved"], removed.by) == (5, 5, dung)
    assert {one.facts["entered"]["name"] for one in Event.objects.filter(about=deals[0].pk).order_by("-pk")[:1]} == {
        "Đàm phán"
    }
    assert "5 bản ghi chuyển sang «Đàm phán»" in client.get("/setup/log/").text
    assert not [line for lines in examine().values() for line in lines]


def test_progress_is_shown_until_it_is_gone(client, leaving, deals, dung):
    client.force_login(dung)
    url = f"/setup/stages/{leaving.pk}/leaving/"
    assert not pipelines.empty_some(leaving, by=dung)
    assert "Đã chuyển 2 trên 5" in client.get(url).text
    work(leaving, dung)
    answer = client.get(url)
    assert "list-changed" in answer["HX-Trigger"]
    assert not answer.content


def test_a_worker_that_is_killed_leaves_the_rest_for_the_next_one(leaving, deals, dung):
    pipelines.empty_some(leaving, by=dung)
    with transaction.atomic():  # killed in the middle of the second portion: it never was
        pipelines.empty_some(leaving, by=dung)
        transaction.set_rollback(True)
    assert sorted(standing(deals)) == ["Báo giá"] * 3 + ["Đàm phán"] * 2
    work(leaving, dung)
    assert standing(deals) == ["Đàm phán"] * 5
    with nothing_changes():
        work(leaving, dung)  # the job of a worker that only seemed dead comes twice


def test_nothing_comes_in_meanwhile(leaving, deals, an, binh):
    fresh = create_deal({"name": "Trạm mới", "owner": an}, by=an)
    with nothing_changes(), pytest.raises(Refused, match="đang được gỡ bỏ"):
        move_deal(fresh, to=leaving, left=fresh.stage, by=an)
    with nothing_changes(), pytest.raises(Conflict):  # past every check: the last door is shut too
        with transaction.atomic():
            _enter_unasked(fresh, leaving, binh)
    assert leaving.name not in [one.name for one in Stage.objects.letting_in(an)]


def _enter_unasked(deal, stage, by):
    with operation("drill", by=by):
        hold(deal.pk)
        enter(Deal.objects.with_stage().with_words().get(pk=deal.pk), stage, "moved", by=by, via="page")


def test_people_still_take_records_out_and_what_comes_back_goes_on_where_the_others_went(leaving, deals, an, to):
    lost = close_deal(deals[0], to=stage_of("deal", "Thành công"), by=an)
    assert reopen_deal(lost, by=an).stage == to
    move_deal(deals[1], to=stage_of("deal", "Tiếp cận"), left=leaving, by=an)
    undo(Operation.objects.get(pk=last_operation()), by=an)
    assert standing(deals[:2]) == ["Đàm phán", "Đàm phán"]


def test_neither_stage_is_taken_out_or_made_something_else_meanwhile(leaving, to, dung):
    for act in (
        lambda: pipelines.remove_stage(leaving, to=to, by=dung),
        lambda: pipelines.remove_stage(to, to=stage_of("deal", "Tiếp cận"), by=dung),
        lambda: pipelines.change_stage(to, {"category": ("open", "lost")}, to=stage_of("deal", "Tiếp cận"), by=dung),
        lambda: pipelines.change_stage(leaving, {"name": ("Báo giá", "Chào giá")}, by=dung),
    ):
        with nothing_changes(), pytest.raises(DomainError, match="đang được chuyển"):
            act()
    pipelines.change_stage(to, {"name": ("Đàm phán", "Thương thảo")}, by=dung)


def test_new_records_begin_in_the_next_stage_when_the_first_one_goes(few, an, dung, to):
    first = stage_of("deal", "Tiếp cận")
    deals = [create_deal({"name": f"Trạm {n}", "owner": an}, by=an) for n in range(4)]
    jobs.remove_stage(first, to=to, by=dung)
    assert create_deal({"name": "Mới", "owner": an}, by=an).stage.name == "Xác định nhu cầu"
    work(first, dung)
    assert standing(deals) == ["Đàm phán"] * 4


def test_whoever_began_it_may_have_left(leaving, deals, dung):
    dung.is_active = False
    dung.save()
    work(leaving, dung)
    assert standing(deals) == ["Đàm phán"] * 5


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("comes_first", [True, False], ids=["the record", "the admin"])
def test_who_enters_as_it_begins_goes_along_or_is_refused(cast, few, comes_first):
    """Nothing is left behind in a stage that is no more."""
    an, dung, stage, to = cast.an, cast.dung, stage_of("deal", "Báo giá"), stage_of("deal", "Đàm phán")
    deals = [create_deal({"name": f"Trạm {n}", "owner": an}, by=an) for n in range(5)]
    for deal in deals[:4]:
        move_deal(deal, to=stage, left=deal.stage, by=an)
    enters = partial(move_deal, deals[4], to=stage, left=deals[4].stage, by=an)
    leaves = partial(jobs.remove_stage, stage, to=to, by=dung)
    outcome = race(*([enters, leaves] if comes_first else [leaves, enters]), at=BEFORE_WRITE)
    assert [type(one) for one in outcome.errors] == ([] if comes_first else [Conflict])
    assert outcome.deadlocks == 0
    work(stage, dung)
    assert standing(deals) == [*["Đàm phán"] * 4, "Đàm phán" if comes_first else "Tiếp cận"]


@pytest.mark.django_db(transaction=True)
def test_an_admin_sees_it_go(world, few):
    an, dung = world.cast.an, world.cast.dung
    stage, to = stage_of("deal", "Báo giá"), stage_of("deal", "Đàm phán")
    for n in range(5):
        deal = create_deal({"name": f"Trạm {n}", "owner": an}, by=an)
        move_deal(deal, to=stage, left=deal.stage, by=an)
    page = world.enter(dung, f"/setup/pipelines/{stage.pipeline_id}/")
    page.get_by_role("link", name="Bỏ «Báo giá»").click()
    dialog = page.locator("#dialog[open]")
    dialog.get_by_label("Đàm phán").check()
    dialog.get_by_role("button", name="Bỏ giai đoạn").click()
    line = page.locator(f'[data-id="{stage.pk}"]')
    expect(line).to_contain_text("Đã chuyển 0 trên 5")
    pipelines.empty_some(stage, by=dung)
    expect(line).to_contain_text("Đã chuyển 2 trên 5")
    work(stage, dung)
    expect(line).to_have_count(0)
    assert Stage.every.get(pk=stage.pk).gone_to == to


# What else sends very many records on ------------------------------------------------------------------


def waiting(task):
    return ProcrastinateJob.objects.get(task_name=f"pheu.setup.jobs.{task}")


def test_a_stage_with_very_many_records_becomes_an_end(client, few, deals, stage, to, an, dung):
    """The job moves them, with whoever came in meanwhile, and then the stage is what was asked for."""
    client.force_login(dung)
    url, sent = f"/setup/stages/{stage.pk}/", form_of(stage, category="won")
    assert client.post(url, sent).status_code == 422  # where they go is asked as ever
    assert client.post(url, sent | {"to": to.pk}).status_code == 302
    assert standing(deals) == ["Báo giá"] * 5
    late = create_deal({"name": "Trạm muộn", "owner": an}, by=an)
    move_deal(late, to=stage, left=late.stage, by=an)
    job = waiting("change_emptied_stage")
    jobs.change_emptied_stage(**job.args)
    assert standing([*deals, late]) == ["Đàm phán"] * 6
    stage.refresh_from_db()
    assert (stage.category, stage.empties_into) == ("won", None)
    assert Event.objects.get(kind=STAGE_CHANGED.code).by == dung
    with nothing_changes():
        jobs.change_emptied_stage(**job.args)  # comes twice: there is nothing left to change
    assert not [line for lines in examine().values() for line in lines]


def test_a_pipeline_with_very_many_records_is_used_no_more(client, few, deals, an, dung):
    other = pipelines.add_pipeline(kinds.get("deal"), name="Dịch vụ", stages=LEAST, by=dung)
    pipelines.change_pipeline(other, {"is_default": (False, True)}, by=dung)
    old, to = stage_of("deal", "Báo giá").pipeline, other.stages.first()
    won = close_deal(deals[0], to=stage_of("deal", "Thành công"), by=an)
    client.force_login(dung)
    url = f"/setup/pipelines/{old.pk}/retiring/"
    with nothing_changes():
        assert client.post(url).status_code == 422
    assert client.post(url, {"to": to.pk}).status_code == 302
    old.refresh_from_db()
    assert old.is_active
    job = waiting("retire_emptied_pipeline")
    jobs.retire_emptied_pipeline(**job.args)
    old.refresh_from_db()
    assert not old.is_active
    assert standing(deals) == ["Thành công", *["Mở"] * 4]
    assert Deal.objects.get(pk=won.pk).stage.pipeline_id == old.pk
    with nothing_changes():
        jobs.retire_emptied_pipeline(**job.args)
    assert not [line for lines in examine().values() for line in lines]


def test_a_worker_that_is_killed_while_a_pipeline_empties_begins_where_it_was(few, deals, stage, to, dung):
    assert not pipelines.move_some([stage], to, by=dung)
    assert sorted(standing(deals)) == ["Báo giá"] * 3 + ["Đàm phán"] * 2
    assert pipelines.move_some([stage], to, by=dung)  # the rest is for the act itself
    jobs.change_stage(stage, {"category": ("open", "won")}, to=to, by=dung)
    assert standing(deals) == ["Đàm phán"] * 5


def test_what_cannot_be_is_refused_before_anything_moves(few, deals, stage, to, dung, an):
    for act in (
        lambda: jobs.change_stage(stage, {"category": ("open", "won")}, to=None, by=dung),
        lambda: jobs.change_stage(stage, {"category": ("open", "converted")}, to=to, by=dung),
        lambda: jobs.retire_pipeline(stage.pipeline, to=to, by=dung),
        lambda: jobs.change_stage(stage, {"category": ("open", "won")}, to=to, by=an),
    ):
        with nothing_changes(), pytest.raises(DomainError):
            act()


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_move_each_record_once_and_a_seller_is_told(cast, few):
    an, dung, stage, to = cast.an, cast.dung, stage_of("deal", "Báo giá"), stage_of("deal", "Đàm phán")
    deals = [create_deal({"name": f"Trạm {n}", "owner": an}, by=an) for n in range(5)]
    deals = [move_deal(deal, to=stage, left=deal.stage, by=an) for deal in deals]
    moves = partial(pipelines.move_some, [stage], to, by=dung)
    outcome = race(moves, moves, at=BEFORE_WRITE)
    assert (outcome.errors, outcome.deadlocks) == ([], 0)
    assert sorted(standing(deals)) == ["Báo giá"] * 3 + ["Đàm phán"] * 2
    few_left = create_deal({"name": "Trạm 6", "owner": an}, by=an)
    move_deal(few_left, to=stage, left=few_left.stage, by=an)
    first = Deal.objects.with_stage().filter(stage=stage).order_by("pk").first()
    outcome = race(
        moves, partial(move_deal, first, to=stage_of("deal", "Tiếp cận"), left=stage, by=an), at=BEFORE_WRITE
    )
    assert [type(one) for one in outcome.errors] == [Conflict]
    assert outcome.deadlocks == 0
