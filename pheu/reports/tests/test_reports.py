"""«Báo cáo»: statuses, origins and reasons, within what one sees and in the period asked for."""

from datetime import timedelta
from decimal import Decimal

import pytest

from pheu.conftest import nothing_changes, stage_of
from pheu.deals.conversion import Handover, convert_leads
from pheu.deals.services import close_deal, create_deal
from pheu.leads.models import Lead
from pheu.leads.services import close_lead, create_lead
from pheu.parties.models import Source
from pheu.records.models import ClosingReason, Record
from pheu.reports import queries


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
    return 90


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
    origins = queries.leads_by_origin(an, since)
    assert figures(origins.channels) == [("Marketing", 1, 100), ("Khách tự tìm đến", 2, 200), ("Chưa rõ nguồn", 1, 100)]
    assert {line.label: line.rate for line in origins.sources.lines}["Website"] == 100
    assert origins.sources.count == 4
    client.force_login(an)
    page = client.get("/reports/").text
    assert "Hotline" in page
    assert "100 % chuyển đổi" in page


def test_a_lost_lead_is_counted_with_its_reason(client, an, chi, since):
    """R0.19: not deleted, and in the statistics of failures and of statuses."""
    reason = ClosingReason.objects.get(kind="lead", name="Không liên hệ được")
    for owner, amount in ((an, 300), (an, 500), (chi, 700)):
        close_lead(new_lead(owner, amount=amount), to=stage_of("lead", "Không phù hợp"), reason=reason, by=owner)
    assert figures(queries.lost_leads(an, since)) == [("Không liên hệ được", 2, 800)]
    assert ("Không phù hợp", 2, 800) in figures(queries.leads_by_status(an, since))
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
    lost, paused = queries.failed_deals(an, since)
    assert figures(lost) == [("Giá cao hơn đối thủ", 2, 800)]
    assert figures(paused) == [("Chưa duyệt ngân sách", 1, 400)]
    client.force_login(an)
    page = client.get("/reports/").text
    assert "Giá cao hơn đối thủ" in page
    assert "Chưa duyệt ngân sách" in page


def test_the_period_narrows_what_is_counted(client, an):
    old = new_lead(an, "Website")
    for model in (Lead, Record):
        model.objects.filter(pk=old.pk).update(created_at=old.created_at - timedelta(days=60))
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
    with django_assert_max_num_queries(6):
        client.get("/reports/")


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
