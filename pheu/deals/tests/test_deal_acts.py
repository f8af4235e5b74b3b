"""Deals: the pipeline, probability, ends and reopening, several deals of one customer."""

import pytest

from pheu.conftest import nothing_changes, stage_of, told
from pheu.core.errors import Conflict, DomainError
from pheu.deals import events
from pheu.deals.conversion import Handover, convert_leads
from pheu.deals.models import Deal
from pheu.deals.services import close_deal, create_deal, move_deal, reopen_deal
from pheu.parties.models import Company
from pheu.parties.services import create_company, create_contact
from pheu.records.models import Category, ClosingReason, Pipeline, Stage
from pheu.timeline.events import PIPELINE_CHANGED
from pheu.timeline.stages import change_pipeline

HTMX = {"HX-Request": "true"}


def reason_for(category):
    return ClosingReason.objects.filter(kind="deal", category=category)[0]


def test_the_pipeline_has_its_stages_in_order(db):
    """R4.11-R4.12: Prospecting, Qualified, Quote, Closure, then the three ends; each says what it is for."""
    stages = Pipeline.objects.default("deal").stages.all()
    assert [stage.name for stage in stages] == [
        "Tiếp cận",
        "Xác định nhu cầu",
        "Báo giá",
        "Đàm phán",
        "Thành công",
        "Thất bại",
        "Tạm dừng",
    ]
    assert [stage.category for stage in stages][4:] == ["won", "lost", "unqualified"]
    assert all(stage.purpose for stage in stages[:4])


def test_dropping_a_card_moves_the_deal_and_tells_the_timeline(client, an, deal):
    """R3.21: the answer is the card and the heads of both columns."""
    client.force_login(an)
    quote = stage_of("deal", "Báo giá")
    answer = client.post(
        f"/deals/{deal.pk}/stage/",
        {"to": quote.pk, "left": deal.stage_id},
        headers=HTMX | {"HX-Target": f"deal-{deal.pk}"},
    )
    assert f'id="deal-{deal.pk}"' in answer.text
    for stage in (quote, deal.stage):
        assert f'id="stage-{stage.pk}-head" hx-swap-oob="true"' in answer.text
    assert told(events.STAGE_CHANGED, about=deal).facts["entered"]["name"] == "Báo giá"


def test_a_card_moves_without_scripts_too(client, an, deal):
    client.force_login(an)
    answer = client.post(f"/deals/{deal.pk}/stage/", {"to": stage_of("deal", "Báo giá").pk, "left": deal.stage_id})
    assert answer.url == deal.get_absolute_url()


def test_a_stage_that_sets_probability_sets_it(an, deal):
    """R3.19-R3.20: ticked, the deal takes the stage's figure."""
    assert deal.probability == 20
    deal = move_deal(deal, to=stage_of("deal", "Báo giá"), left=deal.stage, by=an)
    assert (deal.probability, deal.probability_is_typed) == (60, False)


def test_a_stage_that_does_not_set_it_leaves_it(an, deal):
    """R3.19: unticked, the probability stays."""
    Stage.objects.filter(name="Báo giá").update(sets_probability=False)
    assert move_deal(deal, to=stage_of("deal", "Báo giá"), left=deal.stage, by=an).probability == 20


def test_a_typed_probability_stays_until_a_stage_sets_it(client, an, deal):
    """D18: and emptying the field takes the stage's back."""
    client.force_login(an)
    client.post(
        f"/deals/{deal.pk}/fields/",
        {"name": deal.name, "initial-name": deal.name, "probability": "35", "initial-probability": "20"},
    )
    deal.refresh_from_db()
    assert (deal.probability, deal.probability_is_typed) == (35, True)
    client.post(
        f"/deals/{deal.pk}/fields/",
        {"name": deal.name, "initial-name": deal.name, "probability": "", "initial-probability": "35"},
    )
    deal.refresh_from_db()
    assert (deal.probability, deal.probability_is_typed) == (20, False)


def test_ends_are_folded_on_the_board_with_their_counts(client, an, deal):
    """R3.22: a folded stage stands among the others and unfolds."""
    close_deal(deal, to=stage_of("deal", "Thành công"), by=an)
    client.force_login(an)
    page = client.get("/deals/board/").text
    assert page.count("column-folded") == 3
    assert deal.title not in page
    won = stage_of("deal", "Thành công")
    assert deal.title in client.get(f"/deals/board/?unfold={won.pk}").text


def test_the_board_counts_and_sums_its_columns(client, an, deal):
    create_deal({"name": "Hợp đồng bảo trì", "expected_amount": 480_000_000, "owner": an}, by=an)
    client.force_login(an)
    page = client.get("/deals/board/").text
    assert "1,33 tỷ" in page  # 850 + 480 million in the first stage


def test_the_stage_bar_marks_where_the_deal_stands(client, an, deal):
    """R4.56, R1.22: steps, expected close, expected value."""
    client.force_login(an)
    bar = client.get(deal.get_absolute_url()).text.split('class="stage-bar"')[1].split("</ol>")[0]
    assert [name in bar for name in ("Tiếp cận", "Xác định nhu cầu", "Báo giá", "Đàm phán")] == [True] * 4
    assert bar.index("aria-current") < bar.index("Xác định nhu cầu")
    page = client.get(deal.get_absolute_url()).text
    for shown in ("Giá trị dự kiến", "850.000.000", "Ngày dự kiến chốt", "Xác suất"):
        assert shown in page


def test_the_toolbar_has_three_ends_and_on_a_closed_deal_reopen(client, an, deal):
    """R4.53: deal number, closing buttons; «Mở lại» when closed."""
    client.force_login(an)
    acts = client.get(deal.get_absolute_url()).text.split('class="record-acts"')[1].split("</header>")[0]
    assert [end in acts for end in ("Thành công", "Thất bại", "Tạm dừng", "Mở lại")] == [True, True, True, False]
    close_deal(deal, to=stage_of("deal", "Thành công"), by=an)
    acts = client.get(deal.get_absolute_url()).text.split('class="record-acts"')[1].split("</header>")[0]
    assert "Mở lại" in acts and "Thất bại" not in acts
    assert deal.record.number in client.get(deal.get_absolute_url()).text


def test_winning_makes_the_company_a_customer_once(client, an, lead):
    """R1.03, R1.11, R1.20, R4.15, D3: at the first won deal, whose date is kept."""
    deal = convert_leads([lead], Handover(owner=an), by=an)[0]
    client.force_login(an)
    client.post(f"/deals/{deal.pk}/closing/", {"to": stage_of("deal", "Thành công").pk})
    company = Company.objects.get()
    assert (company.type, company.first_won_at is not None) == (Company.Type.CUSTOMER, True)
    assert told(events.WON, about=deal)
    assert told(events.BECAME_CUSTOMER, about=company)
    second = create_deal({"name": "Bảo trì 24 tháng", "company": company, "owner": an}, by=an)
    close_deal(second, to=stage_of("deal", "Thành công"), by=an)
    again = Company.objects.get()
    assert again.first_won_at == company.first_won_at
    assert told(events.BECAME_CUSTOMER, about=company)


@pytest.mark.parametrize(
    ("end", "category", "kind"), [("Thất bại", "lost", events.LOST), ("Tạm dừng", "unqualified", events.UNQUALIFIED)]
)
def test_lost_and_on_hold_have_their_own_reasons(client, an, deal, end, category, kind):
    """R4.13-R4.14, R4.54, D9: from any stage, each with its own list; who, when and why are shown."""
    client.force_login(an)
    to, reason = stage_of("deal", end), reason_for(category)
    wrong = reason_for("lost" if category == "unqualified" else "unqualified")
    with nothing_changes():
        assert client.post(f"/deals/{deal.pk}/closing/", {"to": to.pk}).status_code == 422
        assert client.post(f"/deals/{deal.pk}/closing/", {"to": to.pk, "reason": wrong.pk}).status_code == 422
    client.post(f"/deals/{deal.pk}/closing/", {"to": to.pk, "reason": reason.pk, "reason_note": "Đợi quý I"})
    page = client.get(deal.get_absolute_url()).text
    assert told(kind, about=deal).facts["reason"]["name"] == reason.name
    for shown in (reason.name, "Đợi quý I", an.full_name, end):
        assert shown in page


def test_reopening_puts_the_deal_back_where_it_stood(client, an, deal):
    """R4.14, R4.53, D9: revived, and the history stays."""
    deal = move_deal(deal, to=stage_of("deal", "Báo giá"), left=deal.stage, by=an)
    deal = close_deal(deal, to=stage_of("deal", "Tạm dừng"), reason=reason_for("unqualified"), by=an)
    client.force_login(an)
    client.post(f"/deals/{deal.pk}/reopening/")
    deal.refresh_from_db()
    assert (deal.stage.name, deal.closed_at, deal.reason, deal.probability) == ("Báo giá", None, None, 60)
    assert told(events.UNQUALIFIED, about=deal)


def test_dropping_on_lost_asks_for_the_reason(client, an, deal):
    client.force_login(an)
    lost = stage_of("deal", "Thất bại")
    with nothing_changes():
        answer = client.post(f"/deals/{deal.pk}/stage/", {"to": lost.pk, "left": deal.stage_id}, headers=HTMX)
    assert f"/deals/{deal.pk}/closing/?to={lost.pk}" in answer.headers["HX-Trigger"]


def test_several_deals_of_one_customer_go_their_own_ways(an, chi, binh):
    """R1.04, R1.12-R1.13: at once, in different departments, one won, one lost."""
    company = create_company({"name": "Viễn thông Phương Nam", "owner": binh}, by=binh)
    first = create_deal({"name": "Trạm nước", "company": company, "owner": an}, by=an)
    second = create_deal({"name": "Bảo trì", "company": company, "owner": chi}, by=chi)
    assert first.department != second.department
    close_deal(first, to=stage_of("deal", "Thành công"), by=an)
    close_deal(second, to=stage_of("deal", "Thất bại"), reason=reason_for("lost"), by=chi)
    assert [deal.stage.name for deal in Deal.objects.order_by("pk")] == ["Thành công", "Thất bại"]


def test_the_customers_page_shows_everything_about_it(client, dung, an):
    """R1.05-R1.06: many contacts, private customers, their deals and leads."""
    company = create_company({"name": "Bia Hà Thành", "owner": an}, by=an)
    for name in ("Đỗ Thị Vân", "Trần Quốc Duy"):
        create_contact({"full_name": name, "company": company, "owner": an}, by=an)
    private = create_contact({"full_name": "Nguyễn Văn Minh", "owner": an}, by=an)
    create_deal({"name": "Trạm nước thải", "company": company, "owner": an}, by=an)
    create_deal({"name": "Máy đo cầm tay", "contact": private, "owner": an}, by=an)
    client.force_login(dung)
    page = client.get(company.get_absolute_url()).text
    for shown in ("Đỗ Thị Vân", "Trần Quốc Duy", "Trạm nước thải"):
        assert shown in page
    assert "Máy đo cầm tay" in client.get(private.get_absolute_url()).text
    assert "Nguyễn Văn Minh" in client.get("/contacts/?tab=private").text


def test_someone_outside_the_team_cannot_tell_the_deal_exists(client, chi, deal):
    client.force_login(chi)
    with nothing_changes():
        posted = {"to": stage_of("deal", "Báo giá").pk, "left": deal.stage_id}
        assert client.post(f"/deals/{deal.pk}/stage/", posted).status_code == 404
        assert client.post(f"/deals/{deal.pk}/closing/", posted).status_code == 404


def test_a_colleague_who_only_sees_may_not_move(client, an, deal, giang):
    client.force_login(giang)
    with nothing_changes():
        posted = {"to": stage_of("deal", "Báo giá").pk, "left": deal.stage_id}
        assert client.post(f"/deals/{deal.pk}/stage/", posted).status_code == 403


def test_a_stale_move_is_a_conflict(an, binh, deal):
    first = deal.stage
    move_deal(deal, to=stage_of("deal", "Báo giá"), left=first, by=binh)
    with nothing_changes(), pytest.raises(Conflict):
        move_deal(deal, to=stage_of("deal", "Đàm phán"), left=first, by=an)


def test_moving_twice_is_harmless(an, deal):
    quote, first = stage_of("deal", "Báo giá"), deal.stage
    for _again in range(2):
        move_deal(deal, to=quote, left=first, by=an)
    assert told(events.STAGE_CHANGED, about=deal)


def test_closing_and_reopening_twice_is_harmless(an, deal):
    won = stage_of("deal", "Thành công")
    for _again in range(2):
        close_deal(deal, to=won, by=an)
    for _again in range(2):
        reopen_deal(deal, by=an)
    assert told(events.WON, about=deal) and told(events.REOPENED, about=deal)


def test_a_deal_goes_on_in_another_pipeline_and_says_from_where_to_where(an, deal):
    left, other = deal.stage, Pipeline.objects.create(kind="deal", name="Dịch vụ")
    to = other.stages.create(name="Khảo sát", category=Category.OPEN)
    deal = change_pipeline(deal, to=to, by=an)
    deal.refresh_from_db()
    assert (deal.stage, deal.is_closed) == (to, False)
    facts = told(PIPELINE_CHANGED, about=deal).facts
    assert {name: fact["name"] for name, fact in facts.items()} == {
        "left": left.name, "entered": "Khảo sát", "pipeline": "Dịch vụ",
    }  # fmt: skip
    closed = close_deal(create_deal({"name": "Xong", "owner": an}, by=an), to=stage_of("deal", "Thành công"), by=an)
    with nothing_changes(), pytest.raises(DomainError):
        change_pipeline(closed, to=to, by=an)


def test_reception_deadline_and_tags_are_shown(client, an, deal):
    """R4.55: creator, handler, deadline, tags, label as on a lead."""
    client.force_login(an)
    page = client.get(deal.get_absolute_url()).text
    for shown in ("Người tạo", "Người phụ trách", "Hạn xử lý", "Từ khóa", "Nhãn"):
        assert shown in page
