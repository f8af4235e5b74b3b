"""«Báo cáo»: statuses, origins and reasons, within what one sees and in the period asked for."""

import io
import re
import zipfile
from datetime import date, timedelta
from decimal import Decimal
from xml.etree import ElementTree

import pytest
from django.http import QueryDict
from django.utils import timezone
from python_calamine import CalamineWorkbook

from pheu.activities.models import ActivityType
from pheu.activities.services import log_activity
from pheu.conftest import given, nothing_changes, stage_of
from pheu.deals.conversion import Handover, convert_leads
from pheu.deals.services import close_deal, create_deal, move_deal
from pheu.leads.kinds import LEAD
from pheu.leads.models import Lead
from pheu.leads.services import close_lead, create_lead
from pheu.parties.models import Source
from pheu.records.models import ClosingReason, Record
from pheu.reports import periods, queries
from pheu.reports.periods import Period, of_days


def new_lead(owner, source="Hotline", amount=100):
    values = {
        "company_name": "Thép Phú Gia",
        "phone": "+84903412887",
        "need": "Đo bụi",
        "expected_amount": Decimal(amount),
    }
    return create_lead(values | {"source": Source.objects.filter(name=source).first(), "owner": owner}, by=owner)


@pytest.fixture
def since(db):
    return of_days(90)


def end(deal, category, by):
    reason = ClosingReason.objects.filter(kind="deal", category=category)[0]
    return close_deal(deal, to=deal.stage.pipeline.stages.get(category=category), reason=reason, by=by)


def figures(table):
    return [(line.label, line.count, int(line.amount)) for line in table.lines]


@pytest.mark.parametrize("who", ["an", "binh", "hanh", "dung", "giang"])
def test_an_empty_company_has_reports(client, cast, who):
    client.force_login(getattr(cast, who))
    for address in ("/reports/", "/reports/?days=30", "/reports/?days=365", "/reports/?days=x"):
        assert "Không có cơ hội nào thất bại trong thời gian này." in client.get(address).text


def test_leads_are_counted_by_their_source_and_its_channel(client, an, chi, since):
    """R0.30: marketing and customers who came by themselves; the other team's leads are not counted."""
    marketing = new_lead(an, "Website")
    new_lead(an, "Hotline")
    new_lead(an, "Khách tự tìm đến")
    new_lead(an, "không có")
    new_lead(chi, "Website")
    convert_leads([marketing], Handover(owner=an), by=an)
    tables = queries.overview(an, since)
    assert figures(tables["channels"]) == [
        ("Marketing", 1, 100),
        ("Khách tự tìm đến", 2, 200),
        ("Chưa rõ nguồn", 1, 100),
    ]
    assert {line.label: line.rate for line in tables["sources"].lines}["Website"] == 100
    assert tables["sources"].count == 4
    client.force_login(an)
    page = client.get("/reports/").text
    assert "Hotline" in page
    assert "100 % chuyển đổi" in page


def test_a_lost_lead_is_counted_with_its_reason(client, an, chi, since):
    """R0.19: not deleted, and in the statistics of failures and of statuses."""
    reason = ClosingReason.objects.get(kind="lead", name="Không liên hệ được")
    for owner, amount in ((an, 300), (an, 500), (chi, 700)):
        close_lead(new_lead(owner, amount=amount), to=stage_of("lead", "Không phù hợp"), reason=reason, by=owner)
    tables = queries.overview(an, since)
    assert figures(tables["lost_leads"]) == [("Không liên hệ được", 2, 800)]
    assert ("Không phù hợp", 2, 800) in figures(tables["statuses"])
    client.force_login(an)
    assert "Không liên hệ được" in client.get("/reports/").text


def test_lost_deals_and_those_put_aside_are_counted_by_reason(client, an, chi, since):
    """R3.30: the reason of a loss can be analysed."""
    for owner in (an, chi):
        for category in ("lost", "lost", "unqualified"):
            end(
                create_deal({"name": "Trạm nước", "expected_amount": Decimal(400), "owner": owner}, by=owner),
                category,
                owner,
            )
    tables = queries.overview(an, since)
    lost, paused = tables["lost_deals"], tables["paused_deals"]
    assert figures(lost) == [("Giá cao hơn đối thủ", 2, 800)]
    assert figures(paused) == [("Chưa duyệt ngân sách", 1, 400)]
    client.force_login(an)
    page = client.get("/reports/").text
    assert "Giá cao hơn đối thủ" in page
    assert "Chưa duyệt ngân sách" in page


def test_the_period_narrows_what_is_counted(client, an):
    old = new_lead(an, "Website")
    for model in (Lead, Record):
        model.objects.filter(pk=old.pk).update(created_at=old.created_at - timedelta(days=80))
    client.force_login(an)
    assert "Website" not in client.get("/reports/?days=30").text
    assert "Website" in client.get("/reports/?days=90").text
    page = client.get("/reports/?days=365").text
    assert "Website" in page
    assert '<a href="?days=365" aria-current="true">' in page


def test_reports_only_read_and_lead_to_the_conversion_counts(client, an, lead, django_assert_max_num_queries):
    client.force_login(an)
    with nothing_changes():
        assert 'href="/deals/conversions/"' in client.get("/reports/").text
    with django_assert_max_num_queries(3):  # what the first visit found is kept for a minute
        client.get("/reports/")
    with django_assert_max_num_queries(9):
        client.get("/reports/?days=30")


def test_who_sees_neither_leads_nor_deals_has_no_reports(client, an):
    an.role.grants = {}
    an.role.save()
    client.force_login(an)
    assert client.get("/reports/").status_code == 403
    assert "/reports/" not in client.get("/accounts/password/change/").text


def test_a_role_without_deals_reports_leads_only(client, an, lead):
    an.role.grants = an.role.grants | {"deal": {}}
    an.role.save()
    client.force_login(an)
    page = client.get("/reports/").text
    assert "Tiềm năng theo trạng thái" in page
    assert "Cơ hội thất bại theo lý do" not in page


# Periods ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "last", "before"),
    [
        (date(2026, 11, 1), date(2026, 11, 30), (date(2026, 10, 1), date(2026, 10, 31))),
        (date(2026, 1, 1), date(2026, 3, 31), (date(2025, 10, 1), date(2025, 12, 31))),
        (date(2026, 11, 1), date(2026, 11, 25), (date(2026, 10, 7), date(2026, 10, 31))),
        (date(2026, 11, 25), date(2026, 11, 25), (date(2026, 11, 24), date(2026, 11, 24))),
    ],
)
def test_the_period_before_is_as_long_and_of_whole_months_as_many_months(first, last, before):
    found = Period(first, last).before
    assert (found.first, found.last) == before


@pytest.mark.parametrize(
    ("asked_for", "first", "last"),
    [
        ("from=01/09/2026&to=30/09/2026", date(2026, 9, 1), date(2026, 9, 30)),
        ("from=2026-09-30&to=2026-09-01", date(2026, 9, 1), date(2026, 9, 30)),
        ("from=1/1/1950&to=30/09/2026", date(2021, 9, 26), date(2026, 9, 30)),
    ],
)
def test_a_period_of_ones_own_choice(asked_for, first, last):
    found = periods.asked(QueryDict(asked_for))
    assert (found.first, found.last) == (first, last)
    assert periods.asked(QueryDict(found.query)) == found


@pytest.mark.parametrize("days", [30, 90, 365])
def test_so_many_days_are_so_many_with_today(days):
    found = periods.asked(QueryDict(f"days={days}"))
    assert ((found.last - found.first).days + 1, found.last) == (days, timezone.localdate())


@pytest.mark.parametrize("nonsense", ["from=hôm nào&to=x", "days=7", "period=x", "days=٣", ""])
def test_what_is_no_period_is_the_usual_one(nonsense):
    assert periods.asked(QueryDict(nonsense)) == of_days(90)


@pytest.mark.parametrize("name", [*periods.NAMED])
def test_every_named_period_lies_in_order_and_before_today(name):
    found = periods.asked(QueryDict(f"period={name}"))
    assert found.first <= found.last <= timezone.localdate()
    assert found.before.last < found.first


# Files ------------------------------------------------------------------------------------------------------------

CODES = ("overview", "people", "teams", "forecast", "stages", "work")


@pytest.mark.parametrize("code", CODES)
def test_a_report_is_an_excel_file_in_which_no_name_is_a_formula(client, an, lead, deal, code):
    an.full_name = "=HYPERLINK(1)"
    an.save()
    client.force_login(an)
    answer = client.get(f"/reports/xlsx/?report={code}")
    assert ".xlsx" in answer.headers["Content-Disposition"]
    book = CalamineWorkbook.from_filelike(io.BytesIO(b"".join(answer)))
    cells = [cell for name in book.sheet_names for row in book.get_sheet_by_name(name).to_python() for cell in row]
    assert cells
    with zipfile.ZipFile(io.BytesIO(b"".join(client.get(f"/reports/xlsx/?report={code}")))) as parts:
        assert not [name for name in parts.namelist() if b"<f>" in parts.read(name)]
    if code == "people":
        assert "'=HYPERLINK(1)" in cells
        assert 850_000_000 not in cells  # of what is won, and nothing is
    if code == "forecast":
        assert 850_000_000 in cells


@pytest.mark.parametrize("code", CODES)
def test_a_report_is_a_picture_that_any_program_draws(client, an, lead, deal, code):
    """Colours are attributes: no stylesheet of ours is needed, and a name that somebody typed is never markup."""
    an.full_name = "<b>An & Bình</b>"
    an.save()
    client.force_login(an)
    answer = client.get(f"/reports/svg/?report={code}")
    assert answer.headers["Content-Type"] == "image/svg+xml"
    assert "attachment" in answer.headers["Content-Disposition"]
    drawn = ElementTree.fromstring(answer.content)  # noqa: S314  (we drew it)
    assert not [one for one in drawn.iter() if "style" in one.attrib or one.tag.endswith("}b")]
    words = ["".join(one.itertext()) for one in drawn.iter("{http://www.w3.org/2000/svg}text")]
    assert words
    assert ("<b>An & Bình</b>" in words) == (code == "people")


@pytest.mark.parametrize("asked_for", ["report=x", "report=people&nth=7", "nth=x"])
def test_a_picture_that_is_none_is_not_there(client, an, asked_for):
    client.force_login(an)
    assert client.get(f"/reports/svg/?{asked_for}").status_code == 404


# Time in stages ---------------------------------------------------------------------------------------------------


def test_the_time_in_a_stage_is_that_of_the_stays_that_ended(client, an, chi, deal):
    """R4.20: the history of stages is kept, and its time is known; an outsider's deals are not counted."""
    theirs = create_deal({"name": "Của Chi", "owner": chi}, by=chi)
    first = deal.stage
    for one, days in ((deal, 4), (theirs, 9)):
        given(one, stage_entered_at=timezone.now() - timedelta(days=days))
        move_deal(one, to=stage_of("deal", "Báo giá"), left=one.stage, by=one.owner)
    client.force_login(an)
    sheet = client.get("/reports/?report=stages").context["sheets"][0][0]
    cells = {line.label: line.cells for line in sheet.lines}
    assert (cells[first.name][3].value, round(cells[first.name][4].value, 1)) == (1, 4.0)
    assert cells["Báo giá"][0].value == 1
    page = client.get(cells[first.name][3].url).text
    assert "Trạm nước thải" in page
    assert "Của Chi" not in page


def test_the_time_in_the_stages_of_leads_is_told_as_well(client, django_assert_max_num_queries, an, chi, lead):
    """R4.20: of those that the person sees; how many left, how long it took, and which ones."""
    theirs = create_lead({"company_name": "Của Chi", "owner": chi}, by=chi)
    first = lead.stage
    for one, days in ((lead, 2), (theirs, 9)):
        given(one, stage_entered_at=timezone.now() - timedelta(days=days))
        LEAD.move(one, to=stage_of("lead", "Đang xử lý"), left=one.stage, by=one.owner)
    client.force_login(an)
    client.get("/")
    with django_assert_max_num_queries(12):
        sheets = client.get("/reports/?report=stages").context["sheets"]
    sheet = sheets[1][0]
    cells = {line.label: line.cells for line in sheet.lines}
    assert list(cells) == ["Mới", "Đang xử lý"]
    assert (cells[first.name][3].value, round(cells[first.name][4].value, 1)) == (1, 2.0)
    assert cells["Đang xử lý"][0].value == 1
    assert lead.title in client.get(cells["Đang xử lý"][0].url).text
    page = client.get(cells[first.name][3].url).text
    assert lead.title in page
    assert "Của Chi" not in page


def test_failures_are_not_drawn_in_the_colour_of_success(client, an):
    new_lead(an)
    reason = ClosingReason.objects.filter(kind="lead")[0]
    lost = new_lead(an)
    close_lead(lost, to=stage_of("lead", "Không phù hợp"), reason=reason, by=an)
    client.force_login(an)
    page = client.get("/reports/").text
    bar_of = {
        label: re.search(rf'<th scope="row">{label}</th>\s*<td[^>]*><svg class="([^"]+)"', page)
        for label in ("Mới", "Không phù hợp", reason.name)
    }
    drawn = {label: found and found[1] for label, found in bar_of.items()}
    assert drawn == {"Mới": "bar", "Không phù hợp": "bar slate-bar", reason.name: "bar slate-bar"}


@pytest.mark.parametrize("code", ["forecast", "stages"])
def test_stages_are_named_in_the_readers_language(client, an, deal, code):
    """The shipped ones; and figures that were kept for a reader of another language are no exception."""
    client.force_login(an)
    assert "Tiếp cận" in client.get(f"/reports/?report={code}").text
    client.post("/language/", {"language": "en"})
    page = client.get(f"/reports/?report={code}").text
    assert "Tiếp cận" not in page
    assert "First contact" in page


def test_whose_role_sees_no_leads_reads_of_deals_alone(client, an, deal, lead):
    an.role.grants = {"deal": {"view": "own"}}
    an.role.save()
    client.force_login(an)
    assert len(client.get("/reports/?report=stages").context["sheets"]) == 1
    assert client.get(f"/reports/stays/?stage={lead.stage_id}").context["rows"] == []


def test_work_done_is_counted_for_whoever_did_it(client, an, binh, chi, lead):
    call = ActivityType.objects.get(name="Gọi điện")
    for _nth in range(60):
        log_activity(lead.record, what=call, result="Đã gọi", by=an)
    theirs = create_lead({"company_name": "Của Chi", "owner": chi}, by=chi)
    log_activity(theirs.record, what=call, result="Đã gọi", by=chi)
    client.force_login(binh)
    [(sheet, _picture)] = client.get("/reports/?report=work").context["sheets"]
    assert [(line.label, line.cells[0].value) for line in sheet.lines] == [("Nguyễn Hoài An", 60)]
    page = client.get(sheet.lines[0].cells[0].url)
    assert len(page.context["rows"]) == 50
    assert len(client.get(f"/reports/work/{page.context['next_url']}").context["rows"]) == 10
