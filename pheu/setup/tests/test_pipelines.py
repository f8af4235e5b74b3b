"""«Cấu hình → Tiến trình»: pipelines and their stages, changed by an admin and in force at everybody's next click."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from pheu.conftest import given, nothing_changes, stage_of
from pheu.core.errors import Conflict, DomainError, Invalid, Refused
from pheu.core.health import examine
from pheu.core.tests.looking import walked
from pheu.deals.models import Deal
from pheu.deals.services import close_deal, create_deal, move_deal, reopen_deal
from pheu.leads.services import create_lead
from pheu.records import kinds
from pheu.records.acts import last_operation
from pheu.records.models import Category, ClosingReason, Operation, Pipeline, Stage
from pheu.setup import pipelines
from pheu.setup.events import PIPELINE_ADDED, STAGE_CHANGED, STAGE_REMOVED
from pheu.setup.pipeline_forms import StageForm
from pheu.timeline.models import Event
from pheu.timeline.services import assign
from pheu.timeline.stages import change_pipeline
from pheu.timeline.undo import undo

DEAL = kinds.get("deal")


def usual(kind="deal"):
    return Pipeline.objects.default(kind)


def names(pipeline):
    return [one.name for one in pipeline.stages.all()]


def a_pipeline(by, name="Dịch vụ", template="Bán hàng qua bốn bước"):
    return pipelines.add_pipeline(DEAL, name=name, stages=DEAL.templates[template], by=by)


def a_deal(by, name="Trạm nước"):
    return create_deal({"name": name, "owner": by}, by=by)


def fresh(deal):
    return Deal.objects.with_stage().get(pk=deal.pk)


def saw(stage, **new):
    return {name: (getattr(stage, name), value) for name, value in new.items()}


def form_of(stage, **new):
    """What the form of a stage sends when nothing but `new` was changed."""
    held = {name: getattr(stage, name) for name in StageForm.kept}
    sent = {f"initial-{name}": value for name, value in held.items()} | held | new
    return {name: value for name, value in sent.items() if value is not False and value is not None}


@pytest.mark.parametrize(
    ("kind", "nth", "stages"),
    [
        ("lead", 1, ["Liên hệ lần đầu", "Đánh giá nhu cầu", "Thương lượng", "Chuyển đổi thành cơ hội"]),
        ("deal", 1, ["Xác nhận cơ hội", "Đàm phán", "Đề xuất", "Kết thúc hợp đồng"]),
    ],
)
def test_a_pipeline_is_made_of_the_example_of_source_3(client, dung, kind, nth, stages):
    """R4.16-4.19, R4.21."""
    client.force_login(dung)
    assert stages[0] in client.get(f"/setup/pipelines/new/{kind}/").text
    client.post(f"/setup/pipelines/new/{kind}/", {"name": "Theo mẫu", "like": f"template-{nth}"})
    made = Pipeline.objects.get(name="Theo mẫu")
    assert names(made)[: len(stages)] == stages
    assert {one.category for one in made.stages.all()} >= set(kinds.get(kind).needs)
    assert "Theo mẫu" in client.get("/setup/pipelines/").text
    assert [one.facts["pipeline"]["name"] for one in Event.objects.filter(kind=PIPELINE_ADDED.code)] == ["Theo mẫu"]


def test_a_pipeline_begins_with_the_fewest_stages_or_as_a_copy(client, dung):
    client.force_login(dung)
    client.post("/setup/pipelines/new/lead/", {"name": "Ít nhất", "like": "least"})
    assert [one.category for one in Pipeline.objects.get(name="Ít nhất").stages.all()] == [*kinds.get("lead").needs]
    client.post("/setup/pipelines/new/deal/", {"name": "Bản sao", "like": f"copy-{usual().pk}"})
    copy = Pipeline.objects.get(name="Bản sao")
    assert names(copy) == names(usual())
    assert [one.probability for one in copy.stages.all()] == [one.probability for one in usual().stages.all()]


def test_a_stage_is_added_before_the_ends_and_records_enter_it_at_once(client, dung, an):
    """R3.17-3.20: with its own probability."""
    client.force_login(dung)
    sent = {"name": "Khảo sát hiện trường", "category": "open", "sets_probability": "on", "probability": "30"}
    assert client.post(f"/setup/pipelines/{usual().pk}/stages/new/", sent).status_code == 302
    assert names(usual())[4] == "Khảo sát hiện trường"
    deal = a_deal(an)
    client.force_login(an)
    assert "Khảo sát hiện trường" in client.get("/deals/board/").text
    client.post(f"/deals/{deal.pk}/stage/", {"to": stage_of("deal", sent["name"]).pk, "left": deal.stage_id})
    assert (fresh(deal).stage.name, fresh(deal).probability) == ("Khảo sát hiện trường", 30)


def test_a_stage_without_the_tick_leaves_the_probability(dung, an):
    """R3.19, D18."""
    stage = stage_of("deal", "Báo giá")
    pipelines.change_stage(stage, saw(stage, sets_probability=False), by=dung)
    deal = a_deal(an)
    move_deal(deal, to=stage_of("deal", "Báo giá"), left=deal.stage, by=an)
    assert fresh(deal).probability == 20


def test_a_folded_stage_is_folded_on_the_board(client, dung):
    """R3.22."""
    stage = stage_of("deal", "Đàm phán")
    client.force_login(dung)
    client.post(f"/setup/stages/{stage.pk}/", form_of(stage, is_folded="on"))
    columns = {one.stage.name: one.folded for one in client.get("/deals/board/").context["board"].heads}
    assert columns["Đàm phán"]
    assert not columns["Báo giá"]


def test_a_stage_has_a_colour_of_the_companys_own(client, dung, an):
    stage, deal = stage_of("deal", "Tiếp cận"), a_deal(an)
    client.force_login(dung)
    client.post(f"/setup/stages/{stage.pk}/", form_of(stage, colour="violet"))
    assert '<span class="pill violet">Tiếp cận</span>' in client.get(f"/deals/?q={deal.number}").text


def test_a_shipped_name_is_translated_until_it_is_renamed(client, dung):
    client.force_login(dung)
    client.cookies["django_language"] = "en"
    page = f"/setup/pipelines/{usual().pk}/"
    assert "Quoted" in client.get(page).text
    stage = stage_of("deal", "Báo giá")
    pipelines.change_stage(stage, saw(stage, name="Chào giá"), by=dung)
    text = client.get(page).text
    assert "Quoted" not in text
    assert "Chào giá" in text


def test_the_form_of_a_stage_that_nobody_touched_changes_nothing(client, dung):
    client.force_login(dung)
    for stage in usual().stages.all():
        with nothing_changes():
            assert client.post(f"/setup/stages/{stage.pk}/", form_of(stage)).status_code == 302


def test_stages_are_put_in_another_order(client, dung):
    pks = [one.pk for one in usual().stages.all()]
    pks[1], pks[2] = pks[2], pks[1]
    client.force_login(dung)
    client.post(f"/setup/pipelines/{usual().pk}/order/", {"ids": pks})
    assert names(usual())[1:3] == ["Báo giá", "Xác định nhu cầu"]


@pytest.mark.parametrize("category", [Category.WON, Category.LOST])
def test_a_pipeline_keeps_a_stage_of_each_category_that_it_needs(dung, category):
    """D10."""
    stage = usual().stage_for(category)
    with nothing_changes(), pytest.raises(DomainError):
        pipelines.remove_stage(stage, by=dung)
    with nothing_changes(), pytest.raises(DomainError):
        pipelines.change_stage(stage, saw(stage, category="open"), by=dung)


def test_a_pipeline_begins_with_a_stage_of_the_first_category(dung):
    """D14: a new lead is New."""
    first, *rest = [one.pk for one in usual("lead").stages.all()]
    with nothing_changes(), pytest.raises(DomainError):
        pipelines.order_stages(usual("lead"), [*rest, first], by=dung)


@pytest.mark.parametrize(
    ("values", "column"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 10_000}, "name"),
        ({"name": "báo GIÁ"}, "name"),
        ({"purpose": "x" * 10_000}, "purpose"),
        ({"category": "new"}, "category"),
        ({"category": "x"}, "category"),
        ({"probability": 101}, "probability"),
        ({"colour": "url(x)"}, "colour"),
    ],
)
def test_what_a_stage_cannot_be_is_refused_beside_its_field(client, dung, values, column):
    """R3.18."""
    whole = {"name": "Mới", "category": "open", "probability": 1} | values
    with nothing_changes(), pytest.raises(Invalid) as refused:
        pipelines.add_stage(usual(), whole, by=dung)
    assert list(refused.value.errors) == [column]
    client.force_login(dung)
    with nothing_changes():
        answer = client.post(f"/setup/pipelines/{usual().pk}/stages/new/", whole)
    assert answer.status_code == 422
    assert column in answer.context["form"].errors


def test_names_are_text_wherever_they_stand(client, dung, an):
    evil = "<script>alert(1)</script>"
    made = a_pipeline(dung, evil)
    stage = pipelines.add_stage(made, {"name": evil, "category": "open", "purpose": evil}, by=dung)
    deal = change_pipeline(a_deal(an), to=stage, by=an)
    client.force_login(dung)
    pages = ["/setup/pipelines/", f"/setup/pipelines/{made.pk}/", f"/setup/stages/{stage.pk}/", "/setup/log/"]
    for page in [*pages, deal.get_absolute_url(), f"/deals/board/?pipeline={made.pk}", "/deals/"]:
        text = client.get(page).text
        assert evil not in text
        assert "&lt;script&gt;" in text


# Records of a stage that goes ----------------------------------------------------------------------------------------


def test_a_stage_with_records_asks_where_they_go_and_moves_them_all(client, dung, an):
    """A mistake that is survived: history tells it, counters and copies stay right."""
    stage, to = stage_of("deal", "Báo giá"), stage_of("deal", "Đàm phán")
    deals = [move_deal(deal, to=stage, left=deal.stage, by=an) for deal in (a_deal(an, f"Trạm {n}") for n in range(3))]
    client.force_login(dung)
    page = client.get(f"/setup/stages/{stage.pk}/removal/")
    assert "3 bản ghi" in page.text
    offered = [one.name for one in page.context["places"]]
    assert offered == ["Tiếp cận", "Xác định nhu cầu", "Đàm phán"]
    with nothing_changes():
        assert client.post(f"/setup/stages/{stage.pk}/removal/").status_code == 422
    client.post(f"/setup/stages/{stage.pk}/removal/", {"to": to.pk})
    assert {(fresh(one).stage, fresh(one).probability) for one in deals} == {(to, 80)}
    told = Event.objects.filter(about=deals[0].pk).order_by("-pk")[0]
    assert (told.facts["left"]["name"], told.facts["entered"]["name"], told.by) == ("Báo giá", "Đàm phán", dung)
    assert told.since is not None
    assert Event.objects.get(kind=STAGE_REMOVED.code).facts["moved"] == 3
    assert "Báo giá" not in [one.stage.name for one in client.get("/deals/board/").context["board"].heads]
    assert client.get(deals[0].get_absolute_url()).status_code == 200
    assert not [line for lines in examine().values() for line in lines]


def test_ended_records_go_to_an_end_of_the_same_sort_and_stay_as_they_ended(dung, an):
    won = close_deal(a_deal(an), to=stage_of("deal", "Thành công"), by=an)
    stage = stage_of("deal", "Thành công")
    other = pipelines.add_stage(usual(), {"name": "Đã ký", "category": "won"}, by=dung)
    with nothing_changes(), pytest.raises(DomainError):
        pipelines.remove_stage(stage, to=stage_of("deal", "Thất bại"), by=dung)
    assert pipelines.remove_stage(stage, to=other, by=dung) == 1
    after = fresh(won)
    assert (after.stage, after.won_at, after.closed_at, after.closed_by) == (other, won.won_at, won.closed_at, an)


def test_an_end_that_nothing_could_replace_stays_while_records_have_ended_there(dung, an):
    stage = stage_of("deal", "Tạm dừng")
    reason = ClosingReason.objects.filter(kind="deal", category=Category.UNQUALIFIED)[0]
    deal = close_deal(a_deal(an), to=stage, reason=reason, by=an)
    with nothing_changes(), pytest.raises(DomainError):
        pipelines.remove_stage(stage, by=dung)
    reopen_deal(deal, by=an)
    assert pipelines.remove_stage(stage, by=dung) == 0
    assert not Stage.every.filter(pk=stage.pk).exists()


def test_a_category_that_is_wrong_for_its_records_asks_where_they_go(client, dung, an):
    stage, deal = stage_of("deal", "Tiếp cận"), a_deal(an)
    other = stage_of("deal", "Báo giá")
    pipelines.order_stages(usual(), [other.pk, *[one.pk for one in usual().stages.exclude(pk=other.pk)]], by=dung)
    client.force_login(dung)
    with nothing_changes():
        asked = client.post(f"/setup/stages/{stage.pk}/", form_of(stage, category="lost"))
    assert asked.status_code == 422
    assert asked.context["n"] == 1
    client.post(f"/setup/stages/{stage.pk}/", form_of(stage, category="lost", to=other.pk))
    assert Stage.objects.get(pk=stage.pk).category == "lost"
    assert fresh(deal).stage == other
    assert Event.objects.get(kind=STAGE_CHANGED.code).facts["moved"] == 1


def test_an_open_category_keeps_its_records(dung, an):
    lead = create_lead({"company_name": "Hòn Đá", "owner": an}, by=an)
    made = pipelines.add_stage(usual("lead"), {"name": "Vừa nhận", "category": "working"}, by=dung)
    pks = [one.pk for one in usual("lead").stages.exclude(pk=made.pk)]
    pipelines.change_stage(made, saw(made, category="new"), by=dung)
    pipelines.order_stages(usual("lead"), [made.pk, *pks], by=dung)
    stage = stage_of("lead", "Mới")
    pipelines.change_stage(stage, saw(stage, category="working"), by=dung)
    lead.refresh_from_db()
    assert (lead.stage_id, lead.stage.category) == (stage.pk, "working")


def test_undoing_and_reopening_lead_to_where_the_records_of_a_stage_went(dung, binh, an):
    stage, to = stage_of("deal", "Báo giá"), stage_of("deal", "Đàm phán")
    closed = move_deal(a_deal(an), to=stage, left=stage_of("deal", "Tiếp cận"), by=an)
    closed = close_deal(closed, to=stage_of("deal", "Thành công"), by=an)
    pipelines.remove_stage(stage, to=to, by=dung)
    assert reopen_deal(closed, by=an).stage == to


def test_what_undoing_puts_back_never_stands_in_a_stage_that_is_gone(dung, an):
    stage, to = stage_of("deal", "Báo giá"), stage_of("deal", "Đàm phán")
    pipelines.remove_stage(stage, to=to, by=dung)
    assert Deal.put_back("stage_id", stage.pk) == to.pk
    assert Deal.put_back("open_stage_id", None) is None
    assert Deal.put_back("owner_id", an.pk) == an.pk


def test_handing_out_is_undone_after_a_stage_went(dung, binh, an):
    deal = a_deal(an)
    assign([deal], owner=binh, by=dung)
    handed = Operation.objects.get(pk=last_operation())
    pipelines.remove_stage(stage_of("deal", "Báo giá"), by=dung)
    undo(handed, by=dung)
    assert fresh(deal).owner == an


def test_whoever_moves_into_a_stage_that_is_gone_is_told(client, dung, an):
    deal, gone = a_deal(an), stage_of("deal", "Báo giá")
    pipelines.remove_stage(gone, by=dung)
    with nothing_changes(), pytest.raises(Conflict):
        move_deal(deal, to=gone, left=deal.stage, by=an)
    with nothing_changes(), pytest.raises(Conflict):
        create_deals_in(gone, an)


def create_deals_in(stage, by):
    return DEAL.create({"name": "Trạm", "owner": by}, by=by, begins_in=stage)


# Pipelines that go ---------------------------------------------------------------------------------------------------


def test_a_pipeline_out_of_use_says_where_its_open_records_go(client, dung, an):
    made = a_pipeline(dung)
    first = made.first_stage
    still, ended = (change_pipeline(a_deal(an, name), to=first, by=an) for name in ("Trạm một", "Trạm hai"))
    ended = close_deal(ended, to=made.stage_for(Category.WON), by=an)
    client.force_login(dung)
    asked = client.get(f"/setup/pipelines/{made.pk}/retiring/")
    assert asked.context["n"] == 1
    with nothing_changes():
        assert client.post(f"/setup/pipelines/{made.pk}/retiring/").status_code == 422
    to = stage_of("deal", "Báo giá")
    client.post(f"/setup/pipelines/{made.pk}/retiring/", {"to": to.pk})
    assert fresh(still).stage == to
    assert fresh(ended).stage.pipeline == made
    told = Event.objects.filter(about=still.pk).order_by("-pk")[0]
    assert (told.kind, told.facts["pipeline"]["name"]) == ("record.pipeline_changed", "Bán hàng")
    client.force_login(an)
    assert made.first_stage not in offered_to(client, still)
    assert client.get(ended.get_absolute_url()).status_code == 200
    pipelines.resume_pipeline(made, by=dung)
    assert made.first_stage in offered_to(client, still)


def offered_to(client, deal):
    """The stages of other pipelines in which a deal could go on."""
    return client.get(f"/deals/{deal.pk}/pipeline/").context["form"].fields["to"].queryset


def test_the_usual_pipeline_stays_until_another_one_is_that(client, dung, an):
    made, was = a_pipeline(dung), usual()
    for act in (lambda: pipelines.retire_pipeline(was, to=made.first_stage, by=dung),
                lambda: pipelines.delete_pipeline(was, by=dung)):  # fmt: skip
        with nothing_changes(), pytest.raises(DomainError):
            act()
    client.force_login(dung)
    client.post(f"/setup/pipelines/{made.pk}/default/")
    assert usual() == made
    assert Pipeline.objects.filter(kind="deal", is_default=True).count() == 1
    assert a_deal(an).stage == made.first_stage


def test_only_a_pipeline_that_nothing_ever_stood_in_is_deleted(client, dung, an):
    made = a_pipeline(dung)
    deal = change_pipeline(a_deal(an), to=made.first_stage, by=an)
    with nothing_changes(), pytest.raises(DomainError):
        pipelines.delete_pipeline(made, by=dung)
    change_pipeline(deal, to=stage_of("deal", "Báo giá"), by=an)
    pipelines.remove_stage(made.stages.all()[1], by=dung)
    client.force_login(dung)
    client.post(f"/setup/pipelines/{made.pk}/deletion/")
    assert not Pipeline.objects.filter(pk=made.pk).exists()
    assert "Dịch vụ" in client.get("/setup/log/").text


# Several pipelines ---------------------------------------------------------------------------------------------------


def test_a_record_that_changes_its_pipeline_asks_for_the_stage(client, dung, an):
    """R4.17."""
    made, deal = a_pipeline(dung), a_deal(an)
    client.force_login(an)
    asked = client.get(f"/deals/{deal.pk}/pipeline/")
    assert "Dịch vụ · Đề xuất" in asked.text
    assert "Dịch vụ · Kết thúc hợp đồng" not in asked.text
    with nothing_changes():
        assert client.post(f"/deals/{deal.pk}/pipeline/").status_code == 422
    client.post(f"/deals/{deal.pk}/pipeline/", {"to": made.stages.get(name="Đề xuất").pk})
    assert (fresh(deal).stage.name, fresh(deal).probability) == ("Đề xuất", 80)


def test_board_and_list_show_one_pipeline_of_several(client, dung, an):
    """R4.17: one switches on the board, and what it shows the list is narrowed to."""
    made, _here, there = a_pipeline(dung), a_deal(an, "Trạm ở đây"), a_deal(an, "Trạm ở kia")
    change_pipeline(there, to=made.first_stage, by=an)
    client.force_login(an)
    usual_board = client.get("/deals/board/")
    ways = {one.name: url for one, url in usual_board.context["board"].ways}
    assert list(ways) == ["Bán hàng", "Dịch vụ"]
    shown = {
        path: [name for name in ("Trạm ở đây", "Trạm ở kia") if name in client.get(path).text]
        for path in ("/deals/board/", "/deals/", *(page + ways["Dịch vụ"] for page in ("/deals/board/", "/deals/")))
    }
    assert list(shown.values()) == [
        ["Trạm ở đây"], ["Trạm ở đây", "Trạm ở kia"], ["Trạm ở kia"], ["Trạm ở kia"],
    ]  # fmt: skip
    board = client.get("/deals/board/" + ways["Dịch vụ"]).context["board"]
    assert (board.is_counted, board.heads[0].count) == (True, 1)


def test_a_board_of_one_pipeline_has_no_switch(client, an):
    client.force_login(an)
    assert client.get("/deals/board/").context["board"].ways == []


# Two admins, rights, many --------------------------------------------------------------------------------------------


def test_two_admins_who_edit_one_stage_see_it(client, dung):
    stage = stage_of("deal", "Báo giá")
    pipelines.change_stage(stage, saw(stage, name="Chào giá"), by=dung)
    client.force_login(dung)
    with nothing_changes():
        assert client.post(f"/setup/stages/{stage.pk}/", form_of(stage, name="Gửi giá")).status_code == 409
        pks = [one.pk for one in usual().stages.all()]
        assert client.post(f"/setup/pipelines/{usual().pk}/order/", {"ids": pks[1:]}).status_code == 409
    pipelines.remove_stage(Stage.objects.get(pk=stage.pk), by=dung)
    with nothing_changes(), pytest.raises(DomainError):
        pipelines.change_stage(stage, saw(stage, name="Gửi giá"), by=dung)
    assert client.get(f"/setup/stages/{stage.pk}/").status_code == 404


def test_only_whoever_looks_after_the_system_may(client, binh, an, dung):
    made, stage = a_pipeline(dung), stage_of("deal", "Báo giá")
    for person in (binh, an):
        for act in (
            lambda by: a_pipeline(by, "Khác"),
            lambda by: pipelines.change_pipeline(made, saw(made, name="Khác"), by=by),
            lambda by: pipelines.retire_pipeline(made, to=None, by=by),
            lambda by: pipelines.resume_pipeline(made, by=by),
            lambda by: pipelines.delete_pipeline(made, by=by),
            lambda by: pipelines.add_stage(made, {"name": "Khác", "category": "open"}, by=by),
            lambda by: pipelines.change_stage(stage, saw(stage, name="Khác"), by=by),
            lambda by: pipelines.remove_stage(stage, by=by),
            lambda by: pipelines.order_stages(made, [], by=by),
        ):
            with nothing_changes(), pytest.raises(Refused):
                act(person)
        client.force_login(person)
        assert client.get("/setup/pipelines/").status_code == 404


def test_sixty_stages_hold(client, dung, an, django_assert_max_num_queries):
    made = a_pipeline(dung)
    for n in range(60):
        pipelines.add_stage(made, {"name": f"Bước {n}", "category": "open"}, by=dung)
    deal = change_pipeline(a_deal(an), to=made.stages.get(name="Bước 59"), by=an)
    client.force_login(dung)
    pages = [
        "/setup/pipelines/",
        f"/setup/pipelines/{made.pk}/",
        f"/deals/board/?pipeline={made.pk}",
        f"/deals/{deal.pk}/",
    ]
    for page in pages:
        client.get(page)
        with django_assert_max_num_queries(20):
            assert "Bước 59" in client.get(page).text


def test_there_is_an_end_to_stages_and_pipelines(dung, monkeypatch):
    monkeypatch.setattr(pipelines, "MOST_STAGES", usual().stages.count())
    monkeypatch.setattr(pipelines, "MOST_PIPELINES", 1)
    with nothing_changes(), pytest.raises(DomainError):
        pipelines.add_stage(usual(), {"name": "Khác", "category": "open"}, by=dung)
    with nothing_changes(), pytest.raises(DomainError):
        a_pipeline(dung)


def test_more_records_than_one_act_moves_are_refused_in_words(dung, an, monkeypatch):
    """But for a stage that is taken out: see test_emptying."""
    a_deal(an), a_deal(an)
    monkeypatch.setattr(pipelines, "MOST_MOVED", 1)
    pks = [one.pk for one in usual().stages.all()]
    pipelines.order_stages(usual(), [pks[1], pks[0], *pks[2:]], by=dung)
    stage, to = stage_of("deal", "Tiếp cận"), stage_of("deal", "Báo giá")
    with nothing_changes(), pytest.raises(DomainError, match="1"):
        pipelines.change_stage(stage, saw(stage, category="lost"), to=to, by=dung)


def test_records_are_moved_by_as_many_statements_for_many_as_for_one(dung, an, django_assert_max_num_queries):
    for n in range(25):
        a_deal(an, f"Trạm {n}")
    pks = [one.pk for one in usual().stages.all()]
    pipelines.order_stages(usual(), [pks[1], pks[0], *pks[2:]], by=dung)
    with django_assert_max_num_queries(26):  # the last one tells open screens
        pipelines.remove_stage(stage_of("deal", "Tiếp cận"), to=stage_of("deal", "Báo giá"), by=dung)


def test_every_change_is_told_with_what_was_and_what_is(client, dung):
    stage = stage_of("deal", "Báo giá")
    pipelines.change_stage(stage, saw(stage, name="Chào giá", probability=65), by=dung)
    pipelines.change_pipeline(usual(), saw(usual(), name="Bán trạm"), by=dung)
    client.force_login(dung)
    page = client.get("/setup/log/").text
    for words in ("Báo giá → Chào giá", "60 → 65", "Bán hàng → Bán trạm", "Cơ hội: Bán hàng", str(dung)):
        assert words in page


# In the browser ------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_an_admin_shapes_a_pipeline_on_the_screen(world):
    """R3.17-3.22: made, put in order by keyboard, taken out with its records."""
    deal = a_deal(world.cast.an)
    page = world.enter(world.cast.dung, "/setup/pipelines/")
    page.get_by_role("link", name="Bán hàng", exact=True).click()
    page.get_by_role("link", name="Thêm giai đoạn").click()
    dialog = page.locator("#dialog[open]")
    dialog.get_by_label("Tên giai đoạn").fill("Khảo sát <b>kỹ</b>")
    dialog.get_by_label("Tím").check(force=True)
    page.keyboard.press("Control+Enter")
    row = page.locator(".setup-item", has_text="Khảo sát <b>kỹ</b>")
    expect(row).to_have_count(1)
    expect(dialog).to_be_hidden()

    with page.expect_response("**/order/"):
        row.locator("[data-grip]").press("ArrowUp")
    assert names(usual())[3] == "Khảo sát <b>kỹ</b>"

    with page.expect_response("**/order/"):
        page.locator(".setup-item", has_text="Tiếp cận").locator("[data-grip]").press("ArrowDown")
    expect(page.locator(".setup-item").nth(1)).to_contain_text("Tiếp cận")

    with page.expect_response("**/order/"):  # refused: a pipeline begins with an open stage
        for _n in range(6):
            page.locator(".setup-item", has_text="Thành công").locator("[data-grip]").press("ArrowUp")
    expect(page.locator("#toasts")).to_contain_text("phải bắt đầu bằng giai đoạn")
    page.reload()
    page.get_by_role("link", name="Bỏ «Tiếp cận»").click()
    expect(dialog).to_contain_text("1 bản ghi")
    dialog.get_by_text("Khảo sát <b>kỹ</b>").click()
    dialog.get_by_role("button", name="Bỏ giai đoạn").click()
    expect(page.locator(".setup-item", has_text="Tiếp cận")).to_have_count(0)
    expect(row).to_contain_text("1 bản ghi")
    assert fresh(deal).stage.name == "Khảo sát <b>kỹ</b>"


@pytest.mark.django_db(transaction=True)
def test_a_seller_finds_at_the_next_click_what_an_admin_changed(world):
    """Live for everybody: nothing of a pipeline is kept by a process."""
    deal = a_deal(world.cast.an)
    seller = world.enter(world.cast.an, deal.get_absolute_url())
    expect(seller.locator("[data-stages]")).to_contain_text("Báo giá")
    stage = stage_of("deal", "Báo giá")
    pipelines.change_stage(stage, saw(stage, name="Chào giá"), by=world.cast.dung)
    pipelines.add_stage(usual(), {"name": "Duyệt giá", "category": "open"}, by=world.cast.dung)
    seller.reload()
    expect(seller.locator("[data-stages]")).to_contain_text("Chào giá")
    expect(seller.locator("[data-stages]")).to_contain_text("Duyệt giá")


def test_the_process_is_drawn_as_it_is_configured(client, dung, an):
    """R4.60: its stages in order with what they ask for, how many stand there and how long they stay."""
    deal = a_deal(an)
    given(deal, stage_entered_at=deal.stage_entered_at - timedelta(days=4))
    move_deal(deal, to=stage_of("deal", "Báo giá"), left=deal.stage, by=an)
    stage = stage_of("deal", "Đàm phán")
    gate = saw(stage, requirement="Đã báo giá <i>hai</i> lần", needs_fields=["need"], least_amount=5_000_000)
    pipelines.change_stage(stage, gate, by=dung)
    client.force_login(dung)
    page = client.get(f"/setup/pipelines/{usual().pk}/map/")
    steps = {one.stage.name: one for one in (*page.context["steps"], *page.context["ends"])}
    assert list(steps) == names(usual())
    assert (steps["Báo giá"].count, round(steps["Tiếp cận"].days)) == (1, 4)
    assert steps["Đàm phán"].asks == ["Nhu cầu", "Giá trị dự kiến ít nhất 5.000.000 ₫"]
    for words in ("trung bình 4,0 ngày", "Đã báo giá &lt;i&gt;hai&lt;/i&gt; lần", "Giá trị dự kiến ít nhất"):
        assert words in page.text
    assert "style=" not in page.text.split("<main")[1]


@pytest.mark.django_db(transaction=True)
def test_every_screen_of_pipelines_is_accessible_and_fits(world):
    dung, deal = world.cast.dung, a_deal(world.cast.an)
    made = a_pipeline(dung, "Dịch vụ bảo trì và hiệu chuẩn trạm quan trắc khí thải của các nhà máy xi măng")
    stage = stage_of("deal", "Báo giá")
    gate = saw(stage, requirement="Đã khảo sát", needs_fields=["need", "rating"], needs_checks=["done_activity"])
    pipelines.change_stage(stage, gate, by=dung)
    addresses = [
        "/setup/pipelines/", "/setup/pipelines/new/deal/", f"/setup/pipelines/{made.pk}/",
        f"/setup/pipelines/{usual().pk}/map/", f"/setup/pipelines/{made.pk}/retiring/", f"/setup/stages/{stage.pk}/",
        f"/setup/stages/{deal.stage_id}/removal/", f"/deals/{deal.pk}/entry/?to={stage.pk}",
        f"/deals/{deal.pk}/pipeline/", "/deals/board/",
    ]  # fmt: skip
    assert walked(world.enter(dung), addresses) == {}
