"""Which roles may put records into a stage and take them out: refused on every door, not offered on any page: R4.21."""

import pytest
from playwright.sync_api import expect

from pheu.conftest import nothing_changes, stage_of
from pheu.core.errors import DomainError, Invalid, Refused
from pheu.deals.conversion import Handover, convert_leads
from pheu.deals.models import Deal
from pheu.deals.services import close_deal, create_deal, move_deal, reopen_deal
from pheu.deals.undoing import undo_conversion
from pheu.leads.models import Lead
from pheu.leads.services import create_lead
from pheu.people.models import Role
from pheu.records import kinds
from pheu.records.acts import last_operation
from pheu.records.models import Operation, Stage
from pheu.setup import configuring, pipelines
from pheu.setup.events import STAGE_CHANGED
from pheu.setup.roles import ROLES
from pheu.setup.tests.test_pipelines import form_of
from pheu.timeline.models import Event
from pheu.timeline.services import add_note
from pheu.timeline.stages import change_pipeline, move_many
from pheu.timeline.undo import undo


def only(name, *roles, way="entered_by", kind="deal", by):
    """Let only these roles move records into a stage, or out of it."""
    stage = stage_of(kind, name)
    ids = sorted(Role.objects.filter(code__in=roles).values_list("pk", flat=True))
    return pipelines.change_stage(stage, {way: (getattr(stage, way), ids)}, by=by)


@pytest.fixture
def deal(an):
    return create_deal({"name": "Trạm nước", "owner": an}, by=an)


@pytest.fixture
def lead(an):
    values = {"company_name": "Hòn Đá", "phone": "+842438637747", "need": "Đo", "owner": an}
    return create_lead(values, by=an)


def now(row):
    return type(row).objects.with_stage().get(pk=row.pk)


def move(deal, to="Báo giá", *, by, **more):
    deal = now(deal)
    return move_deal(deal, to=stage_of("deal", to), left=deal.stage, by=by, **more)


def test_an_admin_says_on_the_screen_who_may(client, dung, an, deal):
    stage, role = stage_of("deal", "Báo giá"), Role.objects.get(code="manager")
    client.force_login(dung)
    assert "Ai được chuyển vào" in client.get(f"/setup/stages/{stage.pk}/").text
    sent = form_of(stage, entered_by=[role.pk], left_by=[role.pk])
    assert client.post(f"/setup/stages/{stage.pk}/", sent).status_code == 302
    stage = stage_of("deal", "Báo giá")
    assert (stage.entered_by, stage.left_by) == ([role.pk], [role.pk])
    with nothing_changes():
        client.post(f"/setup/stages/{stage.pk}/", form_of(stage))  # nothing was touched
    assert "giới hạn vai trò" in client.get(f"/setup/pipelines/{stage.pipeline_id}/").text
    assert role.name in client.get(f"/setup/pipelines/{stage.pipeline_id}/map/").text
    Role.objects.filter(pk=role.pk).update(name="Trưởng bộ phận")
    assert f"— → {role.name}" in client.get("/setup/log/").text  # the name of that day
    with nothing_changes(), pytest.raises(Refused):
        move(deal, by=an)


@pytest.mark.parametrize("wrong", [[0], ["x"], "x", [10**12]])
def test_only_roles_can_be_named(dung, wrong):
    stage = stage_of("deal", "Báo giá")
    with nothing_changes(), pytest.raises(Invalid):
        pipelines.change_stage(stage, {"entered_by": ([], wrong)}, by=dung)


def test_who_may_not_is_refused_in_words_on_every_door(dung, an, binh, deal, lead):
    only("Báo giá", "manager", by=dung)
    only("Thành công", "manager", by=dung)
    only("Đã chuyển đổi", "manager", kind="lead", by=dung)
    stages = kinds.get("deal").templates["Bán hàng qua bốn bước"]
    other = pipelines.add_pipeline(kinds.get("deal"), name="Dịch vụ", stages=stages, by=dung).stages.all()[1]
    manager = Role.objects.get(code="manager").pk
    other = pipelines.change_stage(other, {"entered_by": ([], [manager])}, by=dung)
    for act in (
        lambda: move(deal, by=an),
        lambda: move(deal, override=True, by=an),
        lambda: move(deal, "Thành công", by=an),
        lambda: close_deal(deal, to=stage_of("deal", "Thành công"), by=an),
        lambda: move_many([deal], to=stage_of("deal", "Báo giá"), by=an),
        lambda: change_pipeline(deal, to=other, by=an),
        lambda: convert_leads([lead], Handover(owner=an), by=an),
        lambda: kinds.get("deal").create({"name": "A", "owner": an}, by=an, begins_in=stage_of("deal", "Báo giá")),
    ):
        with nothing_changes(), pytest.raises(Refused, match="vào «"):
            act()
    assert move(deal, by=binh).stage.name == "Báo giá"


def test_who_may_not_take_records_out_is_refused_too(dung, an, binh, deal, lead):
    only("Tiếp cận", "manager", way="left_by", by=dung)
    only("Mới", "manager", way="left_by", kind="lead", by=dung)
    stages = kinds.get("deal").templates["Bán hàng qua bốn bước"]
    other = pipelines.add_pipeline(kinds.get("deal"), name="Dịch vụ", stages=stages, by=dung).stages.all()[1]
    for act in (
        lambda: move(deal, by=an),
        lambda: close_deal(deal, to=stage_of("deal", "Thành công"), by=an),
        lambda: move_many([deal], to=stage_of("deal", "Báo giá"), by=an),
        lambda: change_pipeline(deal, to=other, by=an),
        lambda: convert_leads([lead], Handover(owner=an), by=an),
    ):
        with nothing_changes(), pytest.raises(Refused, match="ra khỏi «"):
            act()
    assert change_pipeline(deal, to=other, by=binh).stage == other


def test_whoever_overrides_requirements_does_not_override_this(client, dung, binh, deal):
    """D5 is about what a record lacks, not about who moves it."""
    quoted = only("Báo giá", "admin", by=dung)
    pipelines.change_stage(quoted, {"needs_fields": ([], ["need"])}, by=dung)
    client.force_login(binh)
    sent = {"to": quoted.pk, "left": deal.stage_id, "override": "on"}
    with nothing_changes(), pytest.raises(Refused, match="vào «"):
        move(deal, override=True, by=binh)
    with nothing_changes():
        assert client.post(f"{deal.get_absolute_url()}entry/", sent).status_code == 403
        assert client.post(f"{deal.get_absolute_url()}stage/", sent).status_code == 403
        assert "không được chuyển bản ghi vào «Báo giá»" in client.post(f"{deal.get_absolute_url()}stage/", sent).text


def test_reopening_into_a_stage_is_entering_it(dung, an, binh, deal):
    move(deal, by=an)
    close_deal(now(deal), to=stage_of("deal", "Thành công"), by=an)
    only("Báo giá", "manager", by=dung)
    with nothing_changes(), pytest.raises(Refused, match="Báo giá"):
        reopen_deal(now(deal), by=an)
    assert reopen_deal(now(deal), by=binh).stage.name == "Báo giá"


def test_undoing_is_allowed_and_new_records_begin_where_they_begin(dung, an, deal, lead):
    """What was allowed when it was done may be taken back; nobody moves a record by making it."""
    move(deal, by=an)
    moved = Operation.objects.get(pk=last_operation())
    only("Tiếp cận", "manager", by=dung)
    only("Báo giá", "manager", way="left_by", by=dung)
    undo(moved, by=an)
    assert now(deal).stage.name == "Tiếp cận"
    create_deal({"name": "Trạm khí", "owner": an}, by=an)
    kinds.get("deal").create({"name": "Bảng", "owner": an}, by=an, begins_in=stage_of("deal", "Tiếp cận"))
    [made] = convert_leads([lead], Handover(owner=an), by=an)
    assert made.stage.name == "Tiếp cận"
    only("Mới", "manager", kind="lead", by=dung)
    undo_conversion(Lead.objects.get(pk=lead.pk), by=an)
    assert now(lead).status != "converted"


def test_what_happens_by_itself_stays_out_of_a_stage_that_this_person_may_not_enter(dung, an, binh, lead):
    only("Đang xử lý", "manager", kind="lead", by=dung)
    add_note(lead.record, body="Đã gọi", by=an)
    assert now(lead).stage.name == "Mới"
    add_note(lead.record, body="Đã gặp", by=binh)
    assert now(lead).stage.name == "Đang xử lý"


def test_a_stage_that_only_some_may_enter_is_offered_to_nobody_else(client, dung, an, binh, deal, lead):
    quoted, won = only("Báo giá", "manager", by=dung), only("Thành công", "manager", by=dung)
    only("Đã chuyển đổi", "manager", kind="lead", by=dung)
    url = deal.get_absolute_url()
    for who, may in ((an, False), (binh, True)):
        client.force_login(who)
        page = client.get(url).text
        assert (f'name="to" value="{quoted.pk}"' in page) is may
        assert (f"closing/?to={won.pk}" in page) is may
        assert f'name="to" value="{stage_of("deal", "Đàm phán").pk}"' in page
        assert ("Chuyển thành cơ hội" in client.get(lead.get_absolute_url()).text) is may
        board = {column.stage.name: column for column in client.get("/deals/board/?tab=all").context["board"].heads}
        assert (board["Báo giá"].lets_in, board["Báo giá"].takes_new) == (may, may)
        assert board["Tiếp cận"].takes_new
        assert (f'name="to" value="{quoted.pk}"' in client.get(f"/deals/stages/?ids={deal.pk}").text) is may
        for address in (f"closing/?to={won.pk}", f"entry/?to={quoted.pk}"):
            assert (client.get(f"{url}{address}").status_code == 403) is not may
        assert (client.get(f"{lead.get_absolute_url()}conversion/").status_code == 403) is not may


def test_who_may_not_take_a_record_out_is_offered_nowhere_to_put_it(client, dung, an, deal):
    only("Tiếp cận", "manager", way="left_by", by=dung)
    client.force_login(an)
    page = client.get(deal.get_absolute_url()).text
    assert f"/deals/{deal.pk}/stage/" not in page
    assert "closing/" not in page
    assert f"/deals/{deal.pk}/pipeline/" not in page
    [card] = [card for column in client.get("/deals/board/?tab=all").context["board"].columns_of_stages
              for card in column.cards]  # fmt: skip
    assert not card.may_move


def test_a_role_that_a_stage_names_is_not_deleted(dung, an):
    role = Role.objects.create(code="thu", name="Thử việc")
    stage = stage_of("deal", "Báo giá")
    stage = pipelines.change_stage(stage, {"left_by": ([], [role.pk])}, by=dung)
    with nothing_changes(), pytest.raises(DomainError, match="Báo giá"):
        configuring.remove_item(ROLES, role.pk, by=dung)
    pipelines.change_stage(stage, {"left_by": ([role.pk], [])}, by=dung)
    configuring.remove_item(ROLES, role.pk, by=dung)
    assert not Role.objects.filter(pk=role.pk).exists()


def test_the_log_names_fields_and_checks_as_they_were_called_that_day(client, dung):
    stage = stage_of("deal", "Báo giá")
    gate = {"needs_fields": ([], ["need"]), "needs_checks": ([], ["done_activity"])}
    pipelines.change_stage(stage, gate, by=dung)
    facts = Event.objects.get(kind=STAGE_CHANGED.code).facts["changes"]
    assert {"id": "need", "name": "Nhu cầu"} in next(one for one in facts if one["column"] == "needs_fields")["now"]
    client.force_login(dung)
    page = client.get("/setup/log/").text
    assert "— → Nhu cầu" in page
    assert "— → một công việc đã hoàn thành" in page
    assert "needs_fields" not in page
    assert "done_activity" not in page


@pytest.mark.django_db(transaction=True)
def test_the_board_offers_no_column_that_lets_nobody_in(world):
    """R3.21: neither the menu nor Alt with an arrow."""
    an, dung = world.cast.an, world.cast.dung
    only("Xác định nhu cầu", "manager", by=dung)
    deal = create_deal({"name": "Trạm nước", "owner": an}, by=an)
    page = world.enter(an, "/deals/board/?tab=all")
    card, barred = page.locator(f"#deal-{deal.pk}"), stage_of("deal", "Xác định nhu cầu")
    expect(page.locator(f'[data-stage="{barred.pk}"][data-barred]')).to_have_count(1)
    card.focus()
    page.keyboard.press("m")
    menu = page.locator("#stage-menu")
    expect(menu.get_by_text("Báo giá")).to_be_visible()
    expect(menu.get_by_text("Xác định nhu cầu")).to_have_count(0)
    page.keyboard.press("Escape")
    card.focus()
    page.keyboard.press("Alt+ArrowRight")
    quoted = Stage.objects.get(name="Báo giá", pipeline=deal.stage.pipeline)
    expect(page.locator(f'[data-stage="{quoted.pk}"] #deal-{deal.pk}:not([aria-busy])')).to_have_count(1)
    assert Deal.objects.get(pk=deal.pk).stage == quoted
