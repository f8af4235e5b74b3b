"""The gate of a stage (R3.23, D5): what is missing is asked in the dialog of the move, refused in words elsewhere."""

import re

import pytest
from playwright.sync_api import expect

from pheu.activities.models import ActivityType
from pheu.activities.services import log_activity
from pheu.conftest import given, nothing_changes, stage_of, told
from pheu.core.errors import DomainError
from pheu.deals.conversion import Handover, convert_leads
from pheu.deals.models import Deal
from pheu.deals.services import close_deal, create_deal, move_deal
from pheu.leads.models import Lead
from pheu.leads.services import create_lead
from pheu.parties.services import create_contact
from pheu.people.models import Role
from pheu.records import kinds
from pheu.records.gates import NotYet
from pheu.records.models import Category, ClosingReason, Pipeline
from pheu.setup import pipelines
from pheu.setup.tests.test_pipelines import form_of
from pheu.timeline.events import CHANGED, GATE_OVERRIDDEN
from pheu.timeline.models import Event
from pheu.timeline.services import add_note
from pheu.timeline.stages import change_pipeline


def ask(name, kind="deal", *, by, **gate):
    """Have a stage ask for something."""
    stage = stage_of(kind, name)
    return pipelines.change_stage(stage, {key: (getattr(stage, key), new) for key, new in gate.items()}, by=by)


@pytest.fixture
def deal(an):
    return create_deal({"name": "Trạm nước", "owner": an}, by=an)


def now(deal):
    return Deal.objects.with_stage().get(pk=deal.pk)


def move(deal, to="Báo giá", *, by, **more):
    return move_deal(deal, to=stage_of("deal", to), left=deal.stage, by=by, **more)


def test_an_admin_says_on_the_screen_what_a_stage_asks_for(client, dung):
    stage = stage_of("deal", "Báo giá")
    client.force_login(dung)
    page = client.get(f"/setup/stages/{stage.pk}/").text
    assert "Bắt buộc có" in page
    assert "một công việc đã hoàn thành" in page
    gate = {
        "requirement": "Đã gặp khách <b>hai</b> lần", "needs_fields": ["need", "expected_close_on"],
        "needs_checks": ["done_activity"], "least_amount": "100 triệu",
    }  # fmt: skip
    assert client.post(f"/setup/stages/{stage.pk}/", form_of(stage, **gate)).status_code == 302
    stage = stage_of("deal", "Báo giá")
    assert (stage.requirement, stage.needs_fields) == (gate["requirement"], gate["needs_fields"])
    assert (stage.needs_checks, stage.least_amount) == (["done_activity"], 100_000_000)
    with nothing_changes():
        client.post(f"/setup/stages/{stage.pk}/", form_of(stage))
    assert "Đã gặp khách &lt;b&gt;hai&lt;/b&gt; lần" in client.get("/setup/log/").text


@pytest.mark.parametrize(
    "gate", [{"needs_fields": ["x"]}, {"needs_fields": ["number"]}, {"needs_checks": ["x"]}, {"requirement": "x" * 501}]
)
def test_a_gate_asks_only_for_what_there_is(dung, gate):
    with nothing_changes(), pytest.raises(DomainError):
        ask("Báo giá", by=dung, **gate)


def test_the_first_stage_asks_for_nothing(dung):
    with nothing_changes(), pytest.raises(DomainError):
        ask("Tiếp cận", by=dung, needs_fields=["need"])


def test_who_moves_is_asked_for_exactly_what_is_missing_and_it_is_saved_with_the_move(client, dung, an, deal):
    """R3.23: one form, one act."""
    ask("Báo giá", by=dung, requirement="Đã khảo sát", needs_fields=["need", "rating", "name"])
    to = stage_of("deal", "Báo giá")
    client.force_login(an)
    sent = {"to": to.pk, "left": deal.stage_id}
    with nothing_changes():
        answer = client.post(f"/deals/{deal.pk}/stage/", sent, headers={"HX-Request": "true"})
        assert client.post(f"/deals/{deal.pk}/stage/", sent)["Location"] == f"/deals/{deal.pk}/entry/?to={to.pk}"
    assert answer.status_code == 409
    assert f"/deals/{deal.pk}/entry/?to={to.pk}" in answer["HX-Trigger"]
    page = client.get(f"/deals/{deal.pk}/entry/?to={to.pk}")
    assert list(page.context["entry"].form.fields) == ["need", "rating"]
    assert "Đã khảo sát" in page.text
    with nothing_changes():
        assert client.post(f"/deals/{deal.pk}/entry/", sent | {"need": "Đo bụi"}).status_code == 422
    client.post(f"/deals/{deal.pk}/entry/", sent | {"need": "Đo bụi", "rating": "2"})
    assert (now(deal).stage, now(deal).need, now(deal).rating) == (to, "Đo bụi", 2)
    changed, moved = told(CHANGED, about=deal), Event.objects.get(kind="deal.stage_changed", about=deal.pk)
    assert changed.operation_id == moved.operation_id


def test_a_text_alone_is_shown_before_the_move(client, dung, an, deal):
    ask("Báo giá", by=dung, requirement="Đã gửi hồ sơ năng lực")
    to = stage_of("deal", "Báo giá")
    client.force_login(an)
    sent = {"to": to.pk, "left": deal.stage_id}
    assert client.post(f"/deals/{deal.pk}/stage/", sent)["Location"] == f"/deals/{deal.pk}/entry/?to={to.pk}"
    assert "Đã gửi hồ sơ năng lực" in client.get(f"/deals/{deal.pk}/entry/?to={to.pk}").text
    client.post(f"/deals/{deal.pk}/entry/", sent)
    assert now(deal).stage == to


def test_whoever_saw_another_stage_is_told(client, dung, an, deal):
    ask("Báo giá", by=dung, needs_fields=["need"])
    sent = {"to": stage_of("deal", "Báo giá").pk, "left": deal.stage_id, "need": "Đo bụi"}
    move(deal, "Đàm phán", by=an)
    client.force_login(an)
    with nothing_changes():
        assert client.post(f"/deals/{deal.pk}/entry/", sent).status_code == 409


@pytest.mark.parametrize("what", ["done_activity", "contact_phone", "amount"])
def test_checks_hold_once_it_is_so(dung, an, deal, what):
    gate = {"least_amount": 100_000_000} if what == "amount" else {"needs_checks": [what]}
    ask("Báo giá", by=dung, **gate)
    with nothing_changes(), pytest.raises(NotYet):
        move(deal, by=an)
    if what == "done_activity":
        log_activity(deal.record, what=ActivityType.objects.all()[0], result="Đã gọi", by=an)
    changes = {}
    if what == "contact_phone":
        contact = create_contact({"full_name": "Đỗ Vân", "phone": "+842438637747", "owner": an}, by=an)
        changes = {"contact": (None, contact)}
    if what == "amount":
        with nothing_changes(), pytest.raises(NotYet, match=r"100\.000\.000"):
            move(deal, changes={"expected_amount": (None, 99_999_999)}, by=an)
        changes = {"expected_amount": (None, 100_000_000)}
    assert move(deal, changes=changes, by=an).stage == stage_of("deal", "Báo giá")


def test_too_little_is_said_beside_the_field(client, dung, an, deal):
    ask("Báo giá", by=dung, least_amount=100_000_000)
    to = stage_of("deal", "Báo giá")
    client.force_login(an)
    assert "Ít nhất 100.000.000 ₫" in client.get(f"/deals/{deal.pk}/entry/?to={to.pk}").text
    with nothing_changes():
        sent = {"to": to.pk, "left": deal.stage_id, "expected_amount": "99 triệu"}
        answer = client.post(f"/deals/{deal.pk}/entry/", sent)
    assert "expected_amount" in answer.context["entry"].form.errors


def test_what_no_field_can_mend_is_said(client, dung, an, deal):
    ask("Báo giá", by=dung, needs_checks=["done_activity"], needs_fields=["need"])
    client.force_login(an)
    sent = {"to": stage_of("deal", "Báo giá").pk, "left": deal.stage_id, "need": "Đo bụi"}
    with nothing_changes():
        answer = client.post(f"/deals/{deal.pk}/entry/", sent)
    assert answer.status_code == 422
    assert answer.context["entry"].wanting == ["một công việc đã hoàn thành"]
    assert not answer.context["entry"].may_override


def test_an_end_asks_for_its_gate_and_its_reason_in_one_form(client, dung, an, deal):
    ask("Thất bại", by=dung, needs_fields=["need"])
    to = stage_of("deal", "Thất bại")
    client.force_login(an)
    page = client.get(f"/deals/{deal.pk}/closing/?to={to.pk}", follow=True)
    assert page.redirect_chain[-1][0] == f"/deals/{deal.pk}/entry/?to={to.pk}"
    reason = ClosingReason.objects.filter(kind="deal", category=Category.LOST)[0]
    sent = {"to": to.pk, "left": deal.stage_id, "need": "Đo bụi"}
    with nothing_changes():
        assert client.post(f"/deals/{deal.pk}/entry/", sent).status_code == 422
    client.post(f"/deals/{deal.pk}/entry/", sent | {"reason": reason.pk})
    assert (now(deal).stage, now(deal).reason, now(deal).need) == (to, reason, "Đo bụi")


def test_every_door_asks(client, dung, an, deal):
    """Page, board, bulk and API call the same acts."""
    ask("Báo giá", by=dung, needs_fields=["need"])
    ask("Thành công", by=dung, needs_checks=["done_activity"])
    ask("Đã chuyển đổi", "lead", by=dung, needs_fields=["rating"])
    stages = kinds.get("deal").templates["Bán hàng qua bốn bước"]
    other = pipelines.add_pipeline(kinds.get("deal"), name="Dịch vụ", stages=stages, by=dung)
    elsewhere = pipelines.change_stage(other.stages.all()[1], {"needs_fields": ([], ["need"])}, by=dung)
    lead = create_lead({"company_name": "Hòn Đá", "phone": "+842438637747", "need": "Đo", "owner": an}, by=an)
    for act in (
        lambda: move(deal, by=an),
        lambda: move(deal, "Thành công", by=an),
        lambda: close_deal(deal, to=stage_of("deal", "Thành công"), by=an),
        lambda: change_pipeline(deal, to=elsewhere, by=an),
        lambda: create_deal_in(stage_of("deal", "Báo giá"), an),
        lambda: convert_leads([lead], Handover(owner=an), by=an),
    ):
        with nothing_changes(), pytest.raises(NotYet):
            act()
    client.force_login(an)
    with nothing_changes():
        won = client.post(f"/deals/{deal.pk}/closing/", {"to": stage_of("deal", "Thành công").pk})
    assert "/entry/" in won["Location"]


def create_deal_in(stage, by):
    return kinds.get("deal").create({"name": "Trạm", "owner": by}, by=by, begins_in=stage)


def test_a_manager_overrides_and_the_record_tells_it(client, dung, binh, an, deal):
    """D5."""
    ask("Báo giá", by=dung, needs_fields=["need"], needs_checks=["done_activity"])
    to = stage_of("deal", "Báo giá")
    with nothing_changes(), pytest.raises(NotYet):
        move(deal, override=True, by=an)
    sent = {"to": to.pk, "left": deal.stage_id, "override": "on"}
    client.force_login(an)
    assert "override" not in client.get(f"/deals/{deal.pk}/entry/?to={to.pk}").text
    with nothing_changes():
        assert client.post(f"/deals/{deal.pk}/entry/", sent).status_code == 422
    client.force_login(binh)
    assert "override" in client.get(f"/deals/{deal.pk}/entry/?to={to.pk}").text
    client.post(f"/deals/{deal.pk}/entry/", sent)
    assert now(deal).stage == to
    event = told(GATE_OVERRIDDEN, about=deal)
    assert event.by == binh
    assert event.facts["checks"] == ["done_activity"]
    page = client.get(deal.get_absolute_url()).text
    assert "dù còn thiếu: Nhu cầu, một công việc đã hoàn thành" in page


def test_a_field_that_somebody_may_not_see_is_not_named(dung, an, binh, deal):
    ask("Báo giá", by=dung, needs_fields=["need"])
    Role.objects.filter(code="sales").update(fields={"deal": {"need": "hidden"}})
    an.refresh_from_db()
    with nothing_changes(), pytest.raises(NotYet) as refused:
        move(deal, by=an)
    assert "Nhu cầu" not in str(refused.value)
    assert "không được xem" in str(refused.value)
    move(deal, override=True, by=binh)
    event = told(GATE_OVERRIDDEN, about=deal)
    assert "Nhu cầu" not in GATE_OVERRIDDEN.say(event, an)
    assert "Nhu cầu" in GATE_OVERRIDDEN.say(event, binh)


def test_a_gate_of_working_keeps_a_lead_new_until_somebody_moves_it(dung, an):
    """D14: what happens by itself is stopped in silence, not refused."""
    ask("Đang xử lý", "lead", by=dung, needs_fields=["rating"])
    lead = create_lead({"company_name": "Hòn Đá", "owner": an}, by=an)
    add_note(lead.record, body="Đã gọi", by=an)
    assert Lead.objects.get(pk=lead.pk).stage == stage_of("lead", "Mới")


# In the dialogs of the conversion and of another pipeline ------------------------------------------------------------


@pytest.fixture
def lead(an):
    values = {"company_name": "Hòn Đá", "phone": "+842438637747", "need": "Đo bụi", "owner": an}
    return create_lead(values, by=an)


def conversion(lead, by, **more):
    return {"owner": by.pk, "pipeline": Pipeline.objects.default("deal").pk, "customer": "none", **more}


def test_the_conversion_asks_in_its_own_dialog_for_what_the_gate_lacks(client, dung, an, lead):
    """R3.23, D5: beside what every conversion expects (R0.35)."""
    given(lead, need="")
    ask("Đã chuyển đổi", "lead", by=dung, requirement="Đã khảo sát", needs_fields=["rating"], least_amount=1_000_000)
    url = f"/leads/{lead.pk}/conversion/"
    client.force_login(an)
    page = client.get(url)
    assert {"rating", "expected_amount", "need", "request_type"} == set(page.context["form"].entry.form.fields)
    assert "Đã khảo sát" in page.text
    assert "amount" not in page.context["form"].fields  # it is asked for once
    sent = conversion(lead, an, **{"lead-need": "Đo bụi"})
    with nothing_changes():
        answer = client.post(url, sent)
        assert client.post(url, sent | {"lead-rating": "2", "lead-expected_amount": "999999"}).status_code == 422
    assert answer.status_code == 422
    assert set(answer.context["form"].entry.form.errors) == {"rating", "expected_amount"}
    assert client.post(url, sent | {"lead-rating": "2", "lead-expected_amount": "2 triệu"}).status_code == 302
    lead = Lead.objects.with_stage().get(pk=lead.pk)
    assert (lead.status, lead.rating, lead.expected_amount, lead.need) == ("converted", 2, 2_000_000, "Đo bụi")
    assert Deal.objects.get(record__continues=lead.pk).expected_amount == 2_000_000
    assert not Event.objects.filter(kind=GATE_OVERRIDDEN.code).exists()


def test_a_check_that_the_dialog_cannot_mend_is_said_and_overridden_by_who_may(client, dung, an, binh, lead):
    ask("Đã chuyển đổi", "lead", by=dung, needs_checks=["done_activity"], needs_fields=["rating"])
    url = f"/leads/{lead.pk}/conversion/"
    client.force_login(an)
    page = client.get(url)
    assert "một công việc đã hoàn thành" in page.text
    assert not page.context["form"].can_be_sent
    with nothing_changes():
        sent = conversion(lead, an, **{"lead-rating": "2", "override": "on"})
        assert client.post(url, sent).status_code == 409
    client.force_login(binh)
    assert client.get(url).context["form"].can_be_sent
    assert client.post(url, conversion(lead, an, override="on")).status_code == 302
    assert Lead.objects.with_stage().get(pk=lead.pk).status == "converted"
    event = told(GATE_OVERRIDDEN, about=lead)
    assert (event.by, event.facts["fields"], event.facts["checks"]) == (binh, ["rating"], ["done_activity"])


def test_nobody_overrides_what_every_conversion_expects(client, dung, binh, an, lead):
    """R0.35."""
    given(lead, need="")
    ask("Đã chuyển đổi", "lead", by=dung, needs_fields=["rating"])
    client.force_login(binh)
    with nothing_changes():
        answer = client.post(f"/leads/{lead.pk}/conversion/", conversion(lead, an, override="on"))
    assert answer.status_code == 422


@pytest.fixture
def elsewhere(dung):
    """A stage of another pipeline."""
    kind = kinds.get("deal")
    other = pipelines.add_pipeline(kind, name="Dịch vụ", stages=kind.templates["Bán hàng qua bốn bước"], by=dung)
    return other.stages.all()[1]


def test_changing_the_pipeline_asks_for_the_gate_of_the_chosen_stage(client, dung, an, binh, deal, elsewhere):
    gate = {"requirement": ("", "Đã gửi hồ sơ"), "needs_fields": ([], ["need"])}
    elsewhere = pipelines.change_stage(elsewhere, gate, by=dung)
    url, sent = f"/deals/{deal.pk}/pipeline/", {"to": elsewhere.pk}
    client.force_login(an)
    with nothing_changes():
        asked = client.post(url, sent)
    assert asked.status_code == 422
    assert "Đã gửi hồ sơ" in asked.text
    assert list(asked.context["entry"].form.fields) == ["need"]
    assert "Không được để trống" not in asked.text  # nobody has failed to fill what was not asked yet
    sent |= {"asked": elsewhere.pk}
    with nothing_changes():
        assert client.post(url, sent).status_code == 422
        assert client.post(url, sent | {"override": "on"}).status_code == 422
    assert client.post(url, sent | {"need": "Đo bụi"}).status_code == 302
    assert (now(deal).stage, now(deal).need) == (elsewhere, "Đo bụi")


def test_another_stage_than_the_one_asked_for_asks_anew(client, dung, an, deal, elsewhere):
    pipelines.change_stage(elsewhere, {"needs_fields": ([], ["need"])}, by=dung)
    next_one = elsewhere.pipeline.stages.all()[2]
    client.force_login(an)
    sent = {"to": next_one.pk, "asked": elsewhere.pk}
    pipelines.change_stage(next_one, {"requirement": ("", "Đã duyệt giá")}, by=dung)
    with nothing_changes():
        assert "Đã duyệt giá" in client.post(f"/deals/{deal.pk}/pipeline/", sent).text
    assert client.post(f"/deals/{deal.pk}/pipeline/", sent | {"asked": next_one.pk}).status_code == 302
    assert now(deal).stage == next_one


def test_a_manager_overrides_the_gate_of_another_pipeline(client, dung, binh, deal, elsewhere):
    """D5."""
    pipelines.change_stage(elsewhere, {"needs_checks": ([], ["done_activity"])}, by=dung)
    client.force_login(binh)
    url, sent = f"/deals/{deal.pk}/pipeline/", {"to": elsewhere.pk, "asked": elsewhere.pk}
    with nothing_changes():
        assert "một công việc đã hoàn thành" in client.post(url, sent).text
    assert client.post(url, sent | {"override": "on"}).status_code == 302
    assert now(deal).stage == elsewhere
    assert told(GATE_OVERRIDDEN, about=deal).by == binh


def test_what_an_overrider_typed_is_kept(client, dung, binh, deal):
    ask("Báo giá", by=dung, needs_fields=["need", "rating"])
    client.force_login(binh)
    sent = {"to": stage_of("deal", "Báo giá").pk, "left": deal.stage_id, "override": "on", "need": "Đo bụi"}
    client.post(f"/deals/{deal.pk}/entry/", sent)
    assert (now(deal).stage.name, now(deal).need) == ("Báo giá", "Đo bụi")
    assert told(GATE_OVERRIDDEN, about=deal).facts["fields"] == ["rating"]


@pytest.mark.django_db(transaction=True)
def test_the_conversion_dialog_is_filled_in_and_sent(world):
    an, dung = world.cast.an, world.cast.dung
    ask("Đã chuyển đổi", "lead", by=dung, requirement="Đã khảo sát tại chỗ", least_amount=1_000_000)
    lead = create_lead({"company_name": "Hòn Đá", "phone": "+842438637747", "need": "Đo", "owner": an}, by=an)
    page = world.enter(an, f"/leads/{lead.pk}/")
    page.get_by_role("link", name="Chuyển thành cơ hội").click()
    dialog = page.locator("#dialog[open]")
    expect(dialog).to_contain_text("Đã khảo sát tại chỗ")
    dialog.locator("[name=lead-expected_amount]").fill("2 triệu")
    dialog.get_by_role("button", name="Tạo cơ hội").click()
    expect(page).to_have_url(re.compile(r"/deals/\d+/"))
    assert Lead.objects.get(pk=lead.pk).expected_amount == 2_000_000


@pytest.mark.django_db(transaction=True)
def test_a_card_dropped_on_a_gate_asks_and_goes_in(world):
    """R3.21, R3.23."""
    an, dung = world.cast.an, world.cast.dung
    ask("Báo giá", by=dung, requirement="Đã khảo sát tại chỗ", needs_fields=["need"], least_amount=1_000_000)
    deal = create_deal({"name": "Trạm nước", "owner": an}, by=an)
    page = world.enter(an, "/deals/board/")
    card = page.locator(f"#deal-{deal.pk}")
    first = stage_of("deal", "Tiếp cận")
    card.focus()
    page.keyboard.press("m")
    page.locator("#stage-menu").get_by_text("Báo giá").click()
    dialog = page.locator("#dialog[open]")
    expect(dialog).to_contain_text("Đã khảo sát tại chỗ")
    expect(page.locator(f'[data-stage="{first.pk}"] #deal-{deal.pk}')).to_have_count(1)
    dialog.get_by_label("Nhu cầu").fill("Đo bụi")
    dialog.get_by_label("Giá trị dự kiến").fill("2 triệu")
    dialog.get_by_role("button", name="Lưu và chuyển").click()
    expect(page.locator(f'[data-stage="{stage_of("deal", "Báo giá").pk}"] #deal-{deal.pk}')).to_have_count(1)
    assert (now(deal).need, now(deal).expected_amount) == ("Đo bụi", 2_000_000)
