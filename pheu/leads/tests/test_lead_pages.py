"""Leads over HTTP: making, reading, editing, the board."""

import re

from pheu.conftest import nothing_changes, stage_of, told
from pheu.leads import events
from pheu.leads.models import Lead, RequestType
from pheu.parties.models import Source
from pheu.parties.services import create_company
from pheu.records.models import Label, Tag
from pheu.timeline.events import CHANGED, CREATED


def form_of(text):
    """The hidden values that a drawn form carries, as a browser would send them back."""
    pairs = re.findall(r'<input[^>]*type="hidden"[^>]*name="([^"]+)"[^>]*value="([^"]*)"', text)
    pairs += re.findall(r'<input[^>]*name="(initial-[^"]+)"[^>]*value="([^"]*)"', text)
    return {
        name: value.replace("&#x27;", "'") for name, value in pairs if name.startswith("initial-") or name == "once"
    }


def test_the_menu_leads_to_the_list(client, an, lead):
    """R0.01, R1.02: «Tiềm năng» in the menu opens the list."""
    client.force_login(an)
    assert re.search(r'href="/leads/"[^>]*>.*?Tiềm năng', client.get("/search/").text, re.S)
    text = client.get("/leads/").text
    assert lead.title in text and lead.record.number in text


def test_list_and_board_switch(client, an, lead):
    """R0.02: both views, with the same tab and filters."""
    client.force_login(an)
    page = client.get("/leads/?tab=mine&priority=3").text
    assert "/leads/board/?tab=mine&amp;priority=3" in page
    assert lead.title in client.get("/leads/board/?tab=mine&priority=3").text
    assert lead.title not in client.get("/leads/board/?tab=mine&priority=1").text


def test_create_stands_first_on_the_toolbar(client, an):
    """R0.03: «Tạo», top left, opens a blank form."""
    client.force_login(an)
    toolbar = client.get("/leads/").text.split('class="toolbar"')[1]
    assert toolbar.index("Tạo") < toolbar.index("Lọc")
    assert client.get("/leads/new/").status_code == 200


def test_basic_information_and_needs_are_enough(client, an):
    """R0.05, R1.07-R1.08: an inquiry by phone becomes a lead with name, phone, e-mail and job title; New, untouched."""
    client.force_login(an)
    answer = client.post(
        "/leads/new/",
        {
            "person_name": "Nguyễn Văn A",
            "phone": "0903.412.887",
            "email": "a@khach.example",
            "job_title": "Giám đốc",
            "need": "Hỏi thăm giá trạm nước thải",
            "owner": an.pk,
        },
    )
    lead = Lead.objects.get()
    assert answer.url == lead.get_absolute_url()
    assert (lead.title, lead.phone, lead.status, lead.team.name) == ("Nguyễn Văn A", "+84903412887", "new", "Miền Bắc")
    assert told(CREATED, about=lead).by == an
    assert lead.record.number in client.get(answer.url).text  # R4.38


def test_priority_source_rating_label_tags_and_deadline(client, an):
    """R0.08-R0.09, R0.30, R1.15, R1.19, R4.44-R4.45, R4.47: everything that area 1 and 2 ask."""
    client.force_login(an)
    tag = Tag.objects.create(name="Dự án nhà nước")
    hot = Label.objects.get(name="Nóng")
    kind_of_request = RequestType.objects.all()[2]
    client.post(
        "/leads/new/",
        {
            "company_name": "Cấp nước Thạch Bàn", "priority": "2", "source": Source.objects.get(name="Hotline").pk,
            "rating": "3", "label": hot.pk, "tags": [tag.pk], "request_type": kind_of_request.pk, "need": "Đo pH",
            "expected_amount": "1,5 tỷ", "expected_close_on": "31/12/2026", "due_at": "24/11/2026 17:00",
        },
    )  # fmt: skip
    lead = Lead.objects.get()
    assert (lead.priority, lead.rating, lead.label, lead.request_type) == (2, 3, hot, kind_of_request)
    assert (lead.expected_amount, f"{lead.expected_close_on:%d/%m/%Y}") == (1_500_000_000, "31/12/2026")
    assert list(lead.record.tags.all()) == [tag]
    page = client.get(lead.get_absolute_url()).text
    for shown in ("1.500.000.000", "31/12/2026", "24/11/2026 17:00", "Dự án nhà nước", "Nóng"):
        assert shown in page


def test_the_sources_are_there_from_the_start(db):
    """R1.15, R0.30, D13: the seven channels, told apart by marketing and customers who come by themselves."""
    named = dict(Source.objects.values_list("name", "channel"))
    for name in ("Facebook comment", "Facebook inbox", "Website", "Landing Page", "Email", "Hotline", "Hội thảo"):
        assert name in named
    assert set(named.values()) == {"marketing", "inbound"}


def test_choosing_a_company_brings_its_data_along(client, an):
    """R0.06: the picker gives what the form fills itself with."""
    create_company({"name": "Thép Phú Gia", "tax_code": "0100109106", "phone": "+842543924771", "owner": an}, by=an)
    client.force_login(an)
    (item,) = client.get("/companies/pick/?q=thep phu").json()
    assert item["text"] == "Thép Phú Gia"
    assert item["fills"]["phone"] == "0254 3924 771"
    assert 'data-url="/companies/pick/"' in client.get("/leads/new/").text


def test_a_contact_is_made_from_inside_the_lead_form(client, an):
    """R0.07: the dialog answers with the new contact for the field that asked."""
    client.force_login(an)
    assert "/contacts/new/?pick=1" in client.get("/leads/new/").text
    answer = client.post("/contacts/new/?pick=1", {"full_name": "Đỗ Thị Vân"}, headers={"HX-Request": "true"})
    assert "record-made" in answer.headers["HX-Trigger"]
    assert "V\\u00e2n" in answer.headers["HX-Trigger"] or "Vân" in answer.headers["HX-Trigger"]


def test_lead_and_deal_forms_share_their_layout(client, an, lead, deal):
    """R0.04: the same groups; a lead asks only for what defines the customer."""
    client.force_login(an)
    for row in (lead, deal):
        page = client.get(row.get_absolute_url()).text
        for group in ("Khách hàng", "Yêu cầu từ khách hàng", "Phụ trách"):
            assert group in page
    assert (
        "required" not in re.sub(r"<select.*?</select>", "", client.get("/leads/new/").text).split("<form class=")[-1]
    )


def test_the_page_shows_who_took_it_in_and_its_customer(client, an, lead):
    """R4.37-R4.38, R4.41, R4.46: customer, organisation, number, status, creator, handler."""
    client.force_login(an)
    page = client.get(lead.get_absolute_url()).text
    for shown in (
        lead.record.number,
        "Xi măng Hòn Đá",
        "Đỗ Thị Vân",
        "Mới",
        "Người tạo",
        "Người phụ trách",
        an.full_name,
    ):
        assert shown in page


def test_two_outcomes_are_offered_on_an_open_lead(client, an, lead):
    """R0.12, R2.02, R4.39: convert, or not suitable."""
    client.force_login(an)
    acts = client.get(lead.get_absolute_url()).text.split('class="record-acts"')[1].split("</header>")[0]
    assert "Chuyển thành cơ hội" in acts and "Không phù hợp" in acts
    assert "Mở lại" not in acts


def test_completeness_of_the_three_areas_is_visible(client, an, lead):
    """R0.11."""
    client.force_login(an)
    page = client.get(lead.get_absolute_url()).text
    assert "Mức đầy đủ" in page and "67" in page


def edit(client, lead, **changed):
    drawn = form_of(client.get(lead.get_absolute_url()).text)
    now = {name.removeprefix("initial-"): value for name, value in drawn.items()}
    return client.post(f"/leads/{lead.pk}/fields/", drawn | now | changed)


def test_a_save_changes_and_tells_only_what_was_changed(client, an, lead):
    client.force_login(an)
    answer = edit(client, lead, need="Ba ống khói", phone="024 3863 7748")
    assert answer.status_code == 302
    lead.refresh_from_db()
    assert (lead.need, lead.phone) == ("Ba ống khói", "+842438637748")
    changes = told(CHANGED, about=lead).facts["changes"]
    assert [(one["field"], one["was"], one["now"]) for one in changes] == [
        ("phone", "+842438637747", "+842438637748"),
        ("need", "Đo SO₂, NOₓ ở hai ống khói", "Ba ống khói"),
    ]


def test_saving_without_a_change_tells_nothing(client, an, lead):
    client.force_login(an)
    with nothing_changes():
        assert edit(client, lead).status_code == 302


def test_two_people_editing_different_fields_merge(client, an, binh, lead):
    """quality.md 2: a stale save of other fields merges."""
    client.force_login(an)
    drawn = form_of(client.get(lead.get_absolute_url()).text)
    now = {name.removeprefix("initial-"): value for name, value in drawn.items()}
    client.force_login(binh)
    edit(client, lead, job_title="Giám đốc nhà máy")
    client.force_login(an)
    assert client.post(f"/leads/{lead.pk}/fields/", drawn | now | {"need": "Bốn ống khói"}).status_code == 302
    lead.refresh_from_db()
    assert (lead.job_title, lead.need) == ("Giám đốc nhà máy", "Bốn ống khói")


def test_a_stale_save_of_the_same_field_is_refused_and_shown(client, an, binh, lead):
    """quality.md 2: no lost update; what was typed stays, and saving again is a decision."""
    client.force_login(an)
    drawn = form_of(client.get(lead.get_absolute_url()).text)
    now = {name.removeprefix("initial-"): value for name, value in drawn.items()}
    client.force_login(binh)
    edit(client, lead, need="Hai ống khói, thêm bụi")
    client.force_login(an)
    with nothing_changes():
        answer = client.post(f"/leads/{lead.pk}/fields/", drawn | now | {"need": "Bốn ống khói"})
    assert answer.status_code == 409
    assert "Hai ống khói, thêm bụi" in answer.text and "Bốn ống khói" in answer.text
    again = form_of(answer.text)
    assert client.post(f"/leads/{lead.pk}/fields/", drawn | now | again | {"need": "Bốn ống khói"}).status_code == 302
    lead.refresh_from_db()
    assert lead.need == "Bốn ống khói"


def test_bad_input_is_said_beside_the_field_and_keeps_what_was_typed(client, an):
    client.force_login(an)
    with nothing_changes():
        answer = client.post(
            "/leads/new/",
            {
                "company_name": "A" * 10_000,
                "expected_close_on": "31/02/2026",
                "expected_amount": "10" + "0" * 15,
                "email": "không phải email",
            },
        )
    assert answer.status_code == 422
    assert answer.text.count("data-invalid") == 4
    assert "31/02/2026" in answer.text


def test_nfd_text_and_emoji_are_kept_right(client, an):
    import unicodedata

    client.force_login(an)
    client.post("/leads/new/", {"company_name": unicodedata.normalize("NFD", "Nhà máy giấy 🌱"), "owner": an.pk})
    assert Lead.objects.get().company_name == "Nhà máy giấy 🌱"


def test_an_empty_form_makes_nothing(client, an):
    client.force_login(an)
    with nothing_changes():
        assert client.post("/leads/new/", {}).status_code == 422


def test_a_double_click_makes_one_lead(client, an):
    client.force_login(an)
    once = form_of(client.get("/leads/new/").text)["once"]
    answers = [client.post("/leads/new/", {"company_name": "Bia Hà Thành", "once": once}) for _click in range(2)]
    assert Lead.objects.count() == 1
    assert answers[0].url == answers[1].url


def test_dropping_a_card_moves_the_lead(client, an, lead):
    """R4.04: Working is the next status; the answer is the card and two heads."""
    client.force_login(an)
    working = stage_of("lead", "Đang xử lý")
    answer = client.post(
        f"/leads/{lead.pk}/stage/",
        {"to": working.pk, "left": lead.stage_id},
        headers={"HX-Request": "true", "HX-Target": f"lead-{lead.pk}"},
    )
    assert f'id="lead-{lead.pk}"' in answer.text and f'id="stage-{working.pk}-head"' in answer.text
    assert told(events.STAGE_CHANGED, about=lead).facts["entered"]["name"] == "Đang xử lý"


def test_dropping_on_a_closing_stage_asks_first(client, an, lead):
    client.force_login(an)
    for name, dialog in (("Đã chuyển đổi", "conversion"), ("Không phù hợp", "closing")):
        with nothing_changes():
            answer = client.post(
                f"/leads/{lead.pk}/stage/",
                {"to": stage_of("lead", name).pk, "left": lead.stage_id},
                headers={"HX-Request": "true"},
            )
        assert answer.status_code == 409
        assert f"/leads/{lead.pk}/{dialog}/" in answer.headers["HX-Trigger"]


def test_someone_outside_cannot_tell_the_lead_exists(client, chi, lead):
    client.force_login(chi)
    with nothing_changes():
        assert client.get(lead.get_absolute_url()).status_code == 404
        assert client.post(f"/leads/{lead.pk}/fields/", {"need": "x", "initial-need": ""}).status_code == 404
    assert lead.title not in client.get("/leads/?tab=all").text
    assert lead.title not in client.get("/search/?q=tram").text


def test_the_status_filter_offers_what_a_lead_can_be(client, an):
    """R0.02: never the ends of deals, which no lead has."""
    client.force_login(an)

    def offered(path):
        return set(re.findall(r'name="status" value="(\w+)"', client.get(path).text))

    assert offered("/leads/filters/") == {"new", "working", "converted", "unqualified"}
    assert offered("/deals/filters/") == {"open", "won", "lost", "unqualified"}
