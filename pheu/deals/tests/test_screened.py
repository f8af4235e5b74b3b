"""What a list and its screening say of a customer goes on to lead and company, and reports know the source."""

import pytest
from playwright.sync_api import expect

from pheu.conftest import nothing_changes
from pheu.core.errors import Invalid
from pheu.deals.conversion import Handover, convert_leads
from pheu.deals.undoing import undo_conversion
from pheu.leads.models import Lead
from pheu.leads.services import convert_prospects
from pheu.parties.models import Company, Prospect, Source
from pheu.parties.services import create_company, create_prospect
from pheu.quality import services
from pheu.quality.models import Import
from pheu.quality.tests.importing import mapped, opened, work, xlsx
from pheu.records import kinds

LIST = xlsx(
    [
        ["Tên công ty", "Viết tắt", "Điện thoại", "Lĩnh vực", "Quốc gia", "Nguồn"],
        ["Công ty TNHH Dệt nhuộm Hòn Đá", "HODATEX", "0903412887", "Dệt nhuộm", "Việt Nam", ""],
        ["Công ty CP Xi măng Bến Lụa", "BLC", "0903412888", "Xi măng", "Nhật Bản", "website"],
    ]
)
KNOWN = ("short_name", "industry", "country", "origin")


@pytest.fixture(autouse=True)
def kept_files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "files"


def named(name: str) -> Source:
    return Source.objects.get(name=name)


def imported_list(client, **answers) -> list[Prospect]:
    imported = opened(client, LIST, "Hội chợ Vietwater.xlsx")
    client.post(f"/imports/{imported.pk}/columns/", mapped(imported, **answers))
    work()
    client.post(f"/imports/{imported.pk}/run/")
    work()
    return list(Prospect.objects.select_related("source").order_by("pk"))


def test_a_company_picked_for_a_lead_fills_in_what_is_known_of_it(client, an):
    """R0.06: and so do the further fields of screening."""
    company = create_company({"name": "Hòn Đá", "industry": "Dệt nhuộm", "country": "Lào", "owner": an}, by=an)
    fills = kinds.get("company").fields.fills_for(company, an)
    assert (fills["industry"], fills["country"]) == ("Dệt nhuộm", "Lào")


@pytest.fixture
def prospect(an):
    known = {"short_name": "HODATEX", "industry": "Dệt nhuộm", "country": "Việt Nam", "origin": "Hội chợ Vietwater"}
    here = {"company_name": "Dệt nhuộm Hòn Đá", "phone": "+84903412887", "remark": "Cần trạm nước thải"}
    return create_prospect(known | here | {"source": named("Hội thảo"), "owner": an}, by=an)


def known_of(row):
    return [getattr(row, name) for name in KNOWN]


def test_what_screening_knows_reaches_lead_and_company(an, prospect):
    """R1.16, R1.09, R0.30."""
    lead = convert_prospects([prospect], by=an)[0]
    deal = convert_leads([lead], Handover(owner=an), by=an)[0]
    assert known_of(lead) == known_of(deal.company) == ["HODATEX", "Dệt nhuộm", "Việt Nam", "Hội chợ Vietwater"]
    assert lead.source == deal.source == named("Hội thảo")


def test_taken_back_the_lead_is_as_it_was(an, prospect):
    """D9: the lead is as it was before its conversion, and the company that came with it is gone."""
    lead = convert_prospects([prospect], by=an)[0]
    convert_leads([lead], Handover(owner=an), by=an)
    undo_conversion(lead, by=an)
    lead.refresh_from_db()
    assert not Company.objects.live().exists()
    assert (lead.source, lead.company, known_of(lead)) == (prospect.source, None, known_of(prospect))


def test_the_source_chosen_for_a_list_is_that_of_its_lines_unless_they_say_another(client, binh):
    """R0.30: «Danh sách mua» is proposed, an admin says which; a list of a fair is of the fair."""
    client.force_login(binh)
    first = opened(client, LIST)
    assert first.given["source"]["name"] == "Danh sách mua"
    rows = imported_list(client, all_source=named("Hội thảo").pk)
    assert [row.source.name for row in rows] == ["Hội thảo", "Website"]
    assert [row.origin for row in rows] == ["Hội chợ Vietwater"] * 2


def test_the_reports_know_where_screened_leads_came_from(client, binh):
    """R0.30."""
    client.force_login(binh)
    rows = imported_list(client, all_source=named("Danh sách mua").pk)
    client.post("/prospects/conversion/", {"ids": [row.pk for row in rows]})
    assert {lead.source.name for lead in Lead.objects.all()} == {"Danh sách mua", "Website"}
    page = client.get("/reports/").text
    assert "Danh sách mua" in page
    assert "Chưa rõ nguồn" not in page


def test_nobody_gives_a_list_a_source_that_is_not_offered(client, binh):
    client.force_login(binh)
    imported = opened(client, LIST)
    Source.objects.filter(name="Hội thảo").update(is_active=False)
    settings = {name: getattr(imported, name) for name in ("team", "department", "origin", "area_code", "columns")}
    with nothing_changes(), pytest.raises(Invalid):
        services.begin_check(imported, settings | {"given": {"source": named("Hội thảo")}}, by=binh)


@pytest.mark.django_db(transaction=True)
def test_a_manager_chooses_the_source_while_importing(world):
    page = world.enter(world.cast.binh, "/imports/new/?kind=prospect")
    page.locator("[name=file]").set_input_files({"name": "Hội chợ.xlsx", "mimeType": "text/plain", "buffer": LIST})
    page.get_by_role("button", name="Tiếp tục").click()
    expect(page.locator("#content")).to_contain_text("Đang mở tệp")
    work()
    source = page.locator("[name=all_source]")
    expect(source.locator("option:checked")).to_have_text("Danh sách mua")
    source.select_option("Hội thảo")
    page.locator(".app .btn-primary[type=submit]").last.click()
    expect(page.locator("#content")).to_contain_text("Đang kiểm tra")
    work()
    page.locator(".app .btn-primary[type=submit]").last.click()
    expect(page.locator("#content")).to_contain_text("Đang nhập")
    work()
    expect(page.locator(".import-accounts")).to_contain_text("đã tạo", timeout=15_000)
    assert Import.objects.get().given["source"]["name"] == "Hội thảo"
    assert set(Prospect.objects.values_list("source__name", flat=True)) == {"Hội thảo", "Website"}
