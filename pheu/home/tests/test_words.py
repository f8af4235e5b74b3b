"""The words of the screens: as a salesperson would say them, in the reader's language."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone, translation
from django.utils.translation import gettext, ngettext

from pheu.activities.models import ActivityType
from pheu.activities.services import finish_activity, schedule_activity
from pheu.conftest import stage_of
from pheu.core.errors import Conflict
from pheu.core.vietnamese.money import show_short
from pheu.home import panels
from pheu.leads.services import change_lead, create_lead
from pheu.parties.services import create_prospect
from pheu.records.models import Category, ClosingReason, Stage
from pheu.records.shipped import shown

PAIRS = {
    "Schedule": "Lên lịch",
    "Schedule an activity": "Tạo công việc",
    "Do not link to a customer": "Không liên kết",
    "This is no valid email address.": "Email không hợp lệ.",
    "Choose a reason.": "Hãy chọn lý do.",
    "Created": "Ngày tạo",
    "Updated": "Cập nhật lúc",
    "Phone state": "Tình trạng số",
    "Numbers to check": "Số cần kiểm tra",
    "phone repeated in the file": "số lặp lại",
    "Other accounts": "Tài khoản khác",
    "Appearance": "Giao diện",
    "as many as last week so far": "bằng tuần trước",
}
NOBODY_SAYS = ["Ấn định", "Lên công việc", "Sáng hoặc tối", "Đồng nghiệp của họ", "Có nhận xét", "sẵn sàng"]


@pytest.fixture
def english():
    with translation.override("en"):
        yield


@pytest.mark.parametrize(("said", "vietnamese"), PAIRS.items())
def test_it_is_said_like_this(said, vietnamese):
    assert gettext(said) == vietnamese
    assert ngettext("%(n)d lead was created.", "%(n)d leads were created.", 3) % {"n": 3} == "Đã tạo 3 tiềm năng."


def dialog(client, address: str) -> str:
    return client.get(address, headers={"HX-Request": "true", "HX-Target": "dialog"}).text


def test_dialogs_say_what_their_buttons_do(client, an, lead):
    client.force_login(an)
    page = client.get(lead.get_absolute_url()).text
    assert "Tạo công việc" in page
    closing = dialog(client, f"/leads/{lead.pk}/closing/?to={stage_of('lead', 'Không phù hợp').pk}")
    assert "Đánh dấu không phù hợp" in closing
    for words in NOBODY_SAYS:
        assert words not in page + closing


def test_a_company_is_not_called_company_twice(client, an):
    """R2.10."""
    known = {"phone": "+84903412887", "need": "Trạm nước thải", "owner": an}
    lead = create_lead({"company_name": "Công ty TNHH Giấy Bến Lụa", "person_name": "Đỗ Thị Vân"} | known, by=an)
    client.force_login(an)
    text = dialog(client, f"/leads/{lead.pk}/conversion/")
    assert "Sẽ tạo mới Công ty TNHH Giấy Bến Lụa" in text
    assert "công ty Công ty" not in text


def test_work_without_a_title_of_its_own_is_named_once(client, an, lead):
    survey = ActivityType.objects.get(name="Khảo sát hiện trường")
    due = timezone.now() + timedelta(days=1)
    finish_activity(schedule_activity(lead.record, what=survey, due_at=due, assignee=an, by=an), by=an)
    schedule_activity(lead.record, what=survey, due_at=due, assignee=an, title="Đo lưu lượng", by=an)
    client.force_login(an)
    text = client.get(lead.get_absolute_url()).text
    assert "hoàn thành Khảo sát hiện trường" in text
    assert "Khảo sát hiện trường «Khảo sát hiện trường»" not in text
    assert "lên lịch Khảo sát hiện trường «Đo lưu lượng»" in text


def test_whom_work_is_for_is_said_where_it_is_somebody_else(client, an, binh, lead):
    call, due = ActivityType.objects.get(name="Gọi điện"), timezone.now() + timedelta(days=1)
    schedule_activity(lead.record, what=call, due_at=due, assignee=an, title="Gọi lần đầu", by=an)
    schedule_activity(lead.record, what=call, due_at=due, assignee=an, title="Gọi lại", by=binh)
    client.force_login(an)
    text = client.get(lead.get_absolute_url()).text
    assert re.search(r"lên lịch Gọi điện «Gọi lần đầu», \d", text)
    assert "lên lịch Gọi điện «Gọi lại» cho Nguyễn Hoài An, " in text


@pytest.mark.parametrize(
    ("last_week", "words"),
    [(3, "bằng tuần trước"), (1, "+2 so với cùng kỳ tuần trước"), (5, "−2 so với cùng kỳ tuần trước")],
)
def test_the_week_beside_the_last(last_week, words):
    assert panels._new_leads({"this_week": 3, "last_week": last_week}).change == words


def test_my_own_other_page_is_not_somebody_else(an, binh, lead):
    saw = lead.need
    change_lead(lead, {"need": (saw, "Ba ống khói")}, by=an)
    with pytest.raises(Conflict, match="Bạn vừa thay đổi"):
        change_lead(lead, {"need": (saw, "Bốn ống khói")}, by=an)
    with pytest.raises(Conflict, match="được người khác thay đổi"):
        change_lead(lead, {"need": (saw, "Bốn ống khói")}, by=binh)


def test_who_has_no_name_is_called_by_the_number_as_people_write_it(client, an):
    prospect = create_prospect({"phone": "+84903412887", "owner": an}, by=an)
    assert prospect.title == "0903 412 887"
    client.force_login(an)
    assert "0903 412 887" in client.get("/prospects/").text
    assert prospect.record.number in client.get("/search/?q=0903412887").text


def test_a_failure_without_a_reason_is_told_so(client, an, lead):
    client.force_login(an)
    answer = client.post(f"/leads/{lead.pk}/closing/?to={stage_of('lead', 'Không phù hợp').pk}", {})
    assert answer.status_code == 422
    assert "Hãy chọn lý do." in answer.text


def test_a_wrong_address_is_told_so(client, an, lead):
    client.force_login(an)
    answer = client.post("/leads/new/", {"company_name": "Hòn Đá", "email": "khong@phai"})
    assert "Email không hợp lệ." in answer.text


# English ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amount", "vietnamese", "words"),
    [
        (16_030_000_000, "16,03 tỷ", "16.03 bn"),
        (1_250_000_000_000, "1.250 tỷ", "1,250 bn"),
        (850_000_000, "850 tr", "850 m"),
        (1_500_000, "1,5 tr", "1.5 m"),
        (500_000, "500 nghìn", "500 k"),
    ],
)
def test_short_amounts_speak_the_readers_language(amount, vietnamese, words):
    assert show_short(amount) == vietnamese
    with translation.override("en"):
        assert show_short(amount) == words


@pytest.mark.django_db
def test_every_stage_that_came_with_the_product_has_english_words(english):
    assert {shown(stage.name) for stage in Stage.objects.all()} == {
        "New", "Working", "Converted", "Not suitable",
        "First contact", "Needs defined", "Quoted", "Negotiation", "Won", "Lost", "On hold",
    }  # fmt: skip


def test_stages_are_read_in_english_until_somebody_renames_them(client, an, deal):
    """D10: the lists are the company's own; what it has not touched is ours."""
    client.force_login(an)
    client.cookies["django_language"] = "en"
    page = client.get(deal.get_absolute_url()).text
    board = client.get("/deals/board/?tab=all").text
    for words in ("Negotiation", "Won", "On hold"):
        assert words in page
        assert words in board
    assert "Đàm phán" not in page + board
    Stage.objects.filter(name="Đàm phán").update(name="Thương thảo")
    renamed = client.get(deal.get_absolute_url()).text
    assert "Thương thảo" in renamed
    assert "Negotiation" not in renamed


def test_the_reader_of_english_is_told_of_moves_and_reasons_in_english(client, an, deal):
    to = Stage.objects.get(pipeline=deal.stage.pipeline, category=Category.LOST)
    client.force_login(an)
    client.cookies["django_language"] = "en"
    reason = ClosingReason.objects.filter(kind="deal", category=Category.LOST)[0]
    asked = dialog(client, f"/deals/{deal.pk}/closing/?to={to.pk}")
    assert "Mark as lost" in asked
    stage = Stage.objects.get(name="Báo giá")
    client.post(f"/deals/{deal.pk}/stage/", {"to": stage.pk, "left": deal.stage_id})
    assert "moved the deal from First contact to Quoted" in client.get(deal.get_absolute_url()).text
    client.post(f"/deals/{deal.pk}/closing/", {"to": to.pk, "reason": reason.pk})
    assert "Lost" in client.get("/deals/?tab=all").text


def test_one_day_is_one_day(client, an, lead, english):
    call = ActivityType.objects.get(name="Gọi điện")
    due = timezone.now() - timedelta(days=1)
    schedule_activity(lead.record, what=call, due_at=due, assignee=an, by=an)
    client.force_login(an)
    client.cookies["django_language"] = "en"
    page = client.get("/leads/?tab=all").text
    assert "1 day overdue" in page
    assert "1 days" not in page
