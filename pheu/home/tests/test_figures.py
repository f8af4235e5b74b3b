"""Every number on the first page and in the reports opens exactly the rows that it counts or adds up."""

import html
import re
from copy import deepcopy
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from pheu.activities.models import ActivityType
from pheu.activities.services import finish_activity, schedule_activity
from pheu.conftest import given, make_cast, stage_of
from pheu.core.vietnamese import show_number, show_short
from pheu.deals.conversion import Handover, convert_leads
from pheu.deals.kinds import DEAL
from pheu.deals.models import Deal
from pheu.deals.services import close_deal, create_deal, move_deal
from pheu.leads.models import Lead, SalesRow
from pheu.leads.services import close_lead, create_lead
from pheu.parties.models import Source
from pheu.records.chips import chips_of
from pheu.records.conditions import rows_where
from pheu.records.models import ClosingReason, Record

pytestmark = pytest.mark.one_worker


class Company:
    """A quarter of selling, of three people who see different parts of it."""

    def __init__(self, cast) -> None:
        self.cast, self.nth = cast, 0
        for owner in (cast.an, cast.binh, cast.chi, None):
            self._of(owner)
        what = ActivityType.objects.all()[0]
        for nth, lead in enumerate(Lead.objects.filter(owner=cast.an)):
            at = timezone.now() + timedelta(days=nth - 1)
            schedule_activity(lead.record, what=what, due_at=at, assignee=cast.an, by=cast.dung)

    def _of(self, owner) -> None:
        made = [self._lead(owner, days) for days in (0, 0, 1, 6, 8, 20, 40, 89, 91, 200)]
        worked = made[1:]
        for lead in worked:
            given(lead, stage=stage_of("lead", "Đang xử lý"))
        reasons = ClosingReason.objects.filter(kind="lead")
        for nth, lead in enumerate(worked[:2]):
            close_lead(lead, to=stage_of("lead", "Không phù hợp"), reason=reasons[nth], by=self.cast.dung)
        handover = Handover(owner=owner or self.cast.an)
        deals = convert_leads(worked[2:], handover, by=self.cast.dung)
        deals.append(self._deal(owner or self.cast.an))
        for deal, stage in zip(deals, ["Báo giá", "Thành công", "Đàm phán", "Báo giá", "Báo giá"], strict=False):
            deal = Deal.objects.get(pk=deal.pk)
            move_deal(deal, to=stage_of("deal", stage), left=deal.stage, by=self.cast.dung)
        for deal, category in ((deals[3], "lost"), (deals[4], "unqualified"), (deals[5], "lost")):
            deal = Deal.objects.with_stage().get(pk=deal.pk)
            reason = ClosingReason.objects.filter(kind="deal", category=category)[0]
            close_deal(deal, to=deal.stage.pipeline.stages.get(category=category), reason=reason, by=self.cast.dung)
        given(Deal.objects.get(pk=deals[3].pk), closed_at=timezone.now() - timedelta(days=50))
        given(Deal.objects.get(pk=deals[0].pk), stage_entered_at=timezone.now() - timedelta(days=15))

    def _lead(self, owner, days: int):
        self.nth += 1
        sources = [None, *Source.objects.all()[:3]]
        lead = create_lead(
            {"company_name": f"Khách {self.nth}", "phone": "+84903412887", "need": "Đo bụi", "owner": owner,
             "source": sources[self.nth % 4], "expected_amount": Decimal(self.nth) * 1_000_000,
             "expected_close_on": timezone.localdate() + timedelta(days=(self.nth % 3) * 20)},
            by=self.cast.dung,
        )  # fmt: skip
        if owner is None:
            given(lead, team=self.cast.an.teams.get())
        for model in (Lead, Record):
            model.objects.filter(pk=lead.pk).update(created_at=lead.created_at - timedelta(days=days, minutes=1))
        return Lead.objects.select_related("record", "stage").get(pk=lead.pk)

    def _deal(self, owner):
        return create_deal({"name": "Không từ tiềm năng nào", "expected_amount": Decimal(7), "owner": owner}, by=owner)


@pytest.fixture(scope="module")
def whole_company(rows_for_all):
    return rows_for_all(lambda: Company(make_cast()))


@pytest.fixture
def company(whole_company, db):
    return deepcopy(whole_company)  # a test may hold what it has changed


@pytest.fixture
def cast(company):
    return company.cast


def text_of(markup: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", markup)).split())


def links(page: str) -> list[tuple[str, str]]:
    """(address, number) of everything on the page that counts: figures, counts of panels, funnel, cells of tables."""
    found = re.findall(r'<div class="kpi-value"><a href="([^"]+)">(.*?)</a>', page)
    found += re.findall(r'<span class="count num"><a href="([^"]+)">(.*?)</a>', page)
    step = r'<li class="funnel-step">\s*<a class="muted" href="([^"]+)">.*?<span class="num">(.*?)</span>'
    found += re.findall(step, page, re.S)
    found += re.findall(r'<td class="num[^"]*">\s*<a href="([^"]+)">(.*?)</a>', page, re.S)
    return [(html.unescape(address), text_of(number)) for address, number in found]


def opened(client, address: str) -> list:
    """The rows of the page behind an address, every page of them."""
    page = client.get(address)
    assert page.status_code == 200, address
    if "days" in page.context:
        return [one for day in page.context["days"] for one in day.activities]
    if "rows" in page.context:  # what a report counts that is no row of a list
        following = page.context["next_url"]
        more = opened(client, address.partition("?")[0] + following) if following else []
        return page.context["rows"] + more
    listing, rows = page.context["listing"], []
    assert chips_of(listing), address
    while True:
        rows += listing.rows
        if not listing.next_url:
            return rows
        listing = client.get(address.partition("?")[0] + listing.next_url).context["listing"]


def worth(rows) -> tuple[Decimal, Decimal]:
    """What rows are worth, and what by their probability."""
    whole = [type(row).objects.get(pk=row.pk) for row in rows if isinstance(row, SalesRow)]
    amount = sum((row.expected_amount or 0 for row in whole), Decimal(0))
    return amount, sum((row.weighted_amount for row in whole if isinstance(row, Deal)), Decimal(0))


def says(number: str, rows: list) -> bool:
    """Whether a number is the count of these rows, or their value, as the page writes it."""
    first, *more = number.split(" · ")
    if number.endswith("chuyển đổi"):
        return True  # checked with the count of its line
    if first.endswith("+"):
        return len(rows) > int(first[:-1])
    amount, weighted = worth(rows)
    short = {f"{show_short(one).removesuffix(' ₫')} ₫" for one in (amount, weighted)} | {show_short(amount)}
    counts = {f"{show_number(len(rows))}{what}" for what in ("", " cơ hội", " quá hạn")}
    if more and not more[0].endswith("%"):
        return first in counts and more[0] in short
    return first in counts | short


def wrong_numbers(client, address: str) -> list[str]:
    """Numbers of a page that are not those of the rows which they open."""
    found = [(number, opened(client, url), url) for url, number in links(client.get(address).text)]
    return [f"{number}: {len(rows)} rows behind {url}" for number, rows, url in found if not says(number, rows)]


PAGES = ["/", "/reports/", "/reports/?days=30", "/reports/?days=365"]


def test_every_number_opens_exactly_its_rows(client, cast, company):
    """For a seller, a manager and an admin, who see different rows."""
    seen = {}
    for who in ("an", "binh", "dung"):
        client.force_login(getattr(cast, who))
        for address in PAGES:
            numbers = seen[who, address] = [number for _url, number in links(client.get(address).text)]
            assert len(numbers) > 9
            assert not wrong_numbers(client, address), f"{who} on {address}"
    assert len({tuple(seen[who, "/reports/"]) for who in ("an", "binh", "dung")}) > 1


REPORTS = ("people", "teams", "forecast", "stages", "work")


def differing(client, sheet) -> list[str]:
    """Numbers of a report, of the period and of that before, that are not those of the rows which they open."""
    wrong = []
    for line in [*sheet.lines, *([sheet.total] if sheet.total else [])]:
        for cell, column in zip(line.cells, sheet.columns, strict=True):
            for value, url in ((cell.value, cell.url), (cell.was, cell.was_url)):
                rows = opened(client, url) if url else []
                if url and value is not None and not _agrees(value, column.form, rows):
                    wrong.append(f"{line.label}, {column.label}: {value}, {len(rows)} rows behind {url}")
    return wrong


def _agrees(value, form: str, rows: list) -> bool:
    match form:
        case "money":
            return Decimal(str(value)) in worth(rows)
        case "days":
            days = [row["days"] if isinstance(row, dict) else _days_so_far(row) for row in rows]
            return abs(float(value) - sum(days) / len(days)) < 0.01
    return value == len(rows)


def _days_so_far(row) -> float:
    return (timezone.now() - type(row).objects.get(pk=row.pk).stage_entered_at).total_seconds() / 86400


@pytest.mark.parametrize("report", REPORTS)
def test_every_number_of_a_report_opens_exactly_its_rows(client, cast, company, report):
    """For a seller and a manager, in a period of one's own choice beside the one before."""
    for lead in Lead.objects.filter(owner=cast.an):
        for activity in lead.record.activities.filter(done_at=None):
            finish_activity(activity, result="Đã gọi", by=cast.an)
    today = timezone.localdate()
    period = f"from={today - timedelta(days=44):%d/%m/%Y}&to={today:%d/%m/%Y}"
    counted = {}
    for who in ("an", "dung"):
        client.force_login(getattr(cast, who))
        sheets = [sheet for sheet, _picture in client.get(f"/reports/?report={report}&{period}").context["sheets"]]
        assert [differing(client, sheet) for sheet in sheets] == [[] for _sheet in sheets], who
        counted[who] = [cell.value for sheet in sheets for line in sheet.lines for cell in line.cells]
        assert any(counted[who])
    assert counted["an"] != counted["dung"] or report == "work"


def test_who_may_not_see_amounts_sees_no_sums_in_reports(client, an, company):
    an.role.fields = {kind: {"expected_amount": "hidden"} for kind in ("lead", "deal")}
    an.role.save()
    client.force_login(an)
    for report in REPORTS:
        for sheet, picture in client.get(f"/reports/?report={report}").context["sheets"]:
            assert {column.form for column in sheet.columns} <= {"count", "days"}
            assert not differing(client, sheet)
            assert "tr<" not in client.get(picture).text


@pytest.mark.parametrize("hidden", ["owner", "team", "created_at", "closed_at", "status", "expected_close_on", "stage"])
def test_a_report_leaves_out_what_a_role_may_not_ask(client, an, lead, deal, hidden):
    an.role.fields = {kind: {hidden: "hidden"} for kind in ("lead", "deal")}
    an.role.save()
    client.force_login(an)
    for report in REPORTS:
        for sheet, _picture in client.get(f"/reports/?report={report}").context["sheets"]:
            assert not differing(client, replace(sheet, lines=sheet.lines[:1], total=None))


@pytest.mark.parametrize("report", REPORTS)
def test_a_report_asks_few_questions(client, dung, company, report, django_assert_max_num_queries):
    client.force_login(dung)
    with django_assert_max_num_queries(9):
        client.get(f"/reports/?report={report}")
    with django_assert_max_num_queries(3):  # kept for a minute
        client.get(f"/reports/?report={report}")


def test_rates_are_those_of_the_rows_behind_them(client, dung, company):
    client.force_login(dung)
    lines = re.findall(r"<tr>.*?</tr>", client.get("/reports/").text, re.S)
    seen = 0
    for line in lines:
        [*_others, (address, rate)] = links(line) or [("", "")]
        if rate.endswith("chuyển đổi"):
            [(of_all, count), _before, (address, rate)] = links(line)
            if count == "0":
                continue
            share = round(100 * len(opened(client, address)) / len(opened(client, of_all)))
            assert rate.startswith(f"{share} %")
            assert int(count)
            seen += 1
    assert seen > 4


def test_a_deal_merged_from_several_leads_and_one_from_none_are_told_apart(client, dung, company):
    came = rows_where(DEAL, dung, {"field": "lead", "op": "filled"})
    rest = rows_where(DEAL, dung, {"field": "lead", "op": "empty"})
    assert set(came) | set(rest) == set(Deal.objects.all())
    assert {deal.name for deal in rest} == {"Không từ tiềm năng nào"}
    assert came.count() == Deal.objects.exclude(record__continues=None).count() > 20


def test_who_may_not_see_amounts_sees_counts_only(client, an, company):
    an.role.fields = {kind: {"expected_amount": "hidden"} for kind in ("lead", "deal")}
    an.role.save()
    client.force_login(an)
    for address in ("/", "/reports/"):
        assert not re.search(r"\d (?:₫|tr\b|tỷ\b|N\b)", text_of(client.get(address).text)), address
        assert not wrong_numbers(client, address)


def test_a_page_leaves_out_what_a_role_may_not_ask(client, an, company):
    client.force_login(an)
    everything = sum(len(links(client.get(address).text)) for address in ("/", "/reports/"))
    for hidden in ("created_at", "status", "closed_at", "owner", "source", "stage", "reason"):
        an.role.fields = {kind: {hidden: "hidden"} for kind in ("lead", "deal")}
        an.role.save()
        assert not [line for address in ("/", "/reports/") for line in wrong_numbers(client, address)], hidden
        assert sum(len(links(client.get(address).text)) for address in ("/", "/reports/")) < everything, hidden
