"""Every page in Chromium: no serious finding of axe-core, no sideways scroll, nothing refused by the CSP."""

import pytest

from pheu.activities.models import ActivityType
from pheu.activities.services import schedule_activity
from pheu.conftest import World
from pheu.core.tests.looking import findings, walked
from pheu.core.vietnamese.dates import today_here
from pheu.deals.conversion import Handover, convert_leads
from pheu.leads.services import create_lead
from pheu.parties.services import create_prospect
from pheu.setup.tests.test_jobs_page import parked_job
from pheu.timeline.services import add_note

pytestmark = pytest.mark.django_db(transaction=True)

LONG = "Công ty Cổ phần Đầu tư Xây dựng và Thương mại Xuất nhập khẩu Môi trường Xanh Đại Việt Miền Trung"
PAGES = [
    "/",
    "/prospects/",
    "/leads/?tab=all",
    "/leads/board/",
    "/deals/?tab=all",
    "/deals/board/",
    "/companies/",
    "/contacts/",
    "/leads/new/",
    "/deals/new/",
    "/companies/new/",
    "/contacts/new/",
    "/search/?q=cong",
    "/deals/conversions/",
    "/calendar/",
    "/calendar/?whose=team&view=month",
    "/calendar/?view=list",
    "/activities/new/",
    "/reports/",
    "/reports/?report=people",
    "/reports/?report=forecast",
    "/reports/?report=stages",
    "/reports/stays/",
    "/reports/work/",
    "/notifications/",
    "/imports/",
    "/system/jobs/",
    "/imports/new/?kind=prospect",
    "/leads/?tab=all&q=khongcogi",
    "/setup/tags/",
    "/setup/fields/",
    "/setup/fields/new/?kind=lead",
    "/setup/layout/lead/",
    "/setup/log/",
    "/leads/export/?list=tab%3Dall",
]


def fill(world: World) -> list[str]:
    """A few rows with long names; the addresses of one page of each kind."""
    an = world.cast.an
    prospect = create_prospect({"company_name": LONG, "phone": "không có số", "owner": an}, by=an)
    leads = [
        create_lead(
            {
                "company_name": LONG,
                "person_name": "Nguyễn Thị Phương Thảo",
                "phone": "+842438637747",
                "need": "Đo bụi",
                "owner": an,
            },
            by=an,
        )
        for _again in range(2)
    ]
    call = ActivityType.objects.all()[0]
    for lead in leads:
        schedule_activity(lead.record, what=call, due_at=lead.created_at, assignee=an, title="Gọi lại", by=an)
    parked_job("psycopg.errors.StringDataRightTruncation: value too long for type character varying(200)")
    add_note(leads[1].record, body="@Phạm Tiến Dũng " + LONG, by=an)
    deal = convert_leads(leads[:1], Handover(owner=an), by=an)[0]
    rows = [prospect, *leads, deal, deal.company, deal.contact]
    assert today_here()
    return [row.get_absolute_url() for row in rows]


def test_every_page_is_accessible_and_fits(world):
    assert walked(world.enter(world.cast.dung), [*PAGES, *fill(world)]) == {}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_dialog_is_accessible(world, theme):
    *_others, lead, deal, _company, _contact = fill(world)
    page = world.enter(world.cast.dung)
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    found = {}
    for address, name in ((lead, "Chuyển thành cơ hội"), (lead, "Không phù hợp"), (deal, "Thất bại"), (deal, "Giao")):
        page.goto(address)
        page.locator(".record-acts").get_by_role("link", name=name, exact=True).click()
        page.locator("#dialog[open] form").wait_for()
        problems = findings(page)
        if problems:
            found[f"{address} {name}"] = problems
    assert found == {}
