"""How many statements a page takes, as query_counts.json has it: the same for one row and thirty (quality.md 1)."""

import json
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.template.base import Node
from django.test.utils import CaptureQueriesContext
from django.urls import URLResolver
from django.utils import timezone

from pheu.activities.models import ActivityType
from pheu.activities.services import finish_activity, schedule_activity
from pheu.conftest import Cast, stage_of
from pheu.core import navigation
from pheu.deals.conversion import Handover, convert_leads
from pheu.deals.services import create_deal
from pheu.leads.models import RequestType
from pheu.leads.services import convert_prospects, create_lead
from pheu.parties.models import Source
from pheu.parties.services import create_company, create_contact, create_prospect
from pheu.people.models import Role, User
from pheu.records import kinds
from pheu.records.models import Label, RecordTag, Tag
from pheu.timeline.services import add_file, add_note, change, follow

pytestmark = pytest.mark.one_worker

COUNTS = json.loads((Path(__file__).parent / "query_counts.json").read_text())
MOST = 12
# The start page is many panels: each is one statement that an index answers, rather than fewer that read rows.
MOST_AT = {"/": 14}
PAGES = ["list", "board", "new", "pick", "counts", "page"]
KINDS = ["prospect", "lead", "deal", "company", "contact"]


@dataclass
class Firm:
    """A company that grows: `rows` holds of each kind the one whose page is looked at, the others stand around it."""

    cast: Cast
    rows: dict[str, Any]
    size: int = 0

    def grow(self, to: int) -> None:
        while self.size < to:
            self.size += 1
            self._grow_by_one()

    def _grow_by_one(self) -> None:
        by, n = self.cast.binh, self.size
        seller = User.objects.create_user(
            f"nv{n}@quantrac.example", "x", full_name=f"Lý Nhân {n}", role=Role.objects.get(code="sales"),
            department=by.department,
        )  # fmt: skip
        seller.teams.add(*by.teams.all())
        tag, label = Tag.objects.create(name=f"Khóa {n}"), Label.objects.create(name=f"Nhãn {n}")
        owned = {"owner": seller, "tags": [tag]}
        own = {"source": Source.objects.all()[0], "request_type": RequestType.objects.all()[0], "label": label} | owned
        company = create_company({"name": f"Công ty {n}", "type": "prospect"} | owned, by=by)
        first = self.rows.get("company", company)
        contact = create_contact({"full_name": f"Trần Văn {n}", "company": first} | owned, by=by)
        of_first = {"company": first, "contact": self.rows.get("contact", contact)}
        made = {
            "company": company,
            "contact": contact,
            "prospect": create_prospect({"company_name": f"Danh sách {n}"} | owned, by=by),
            "lead": create_lead({"company_name": f"Tiềm năng {n}"} | of_first | own, by=by),
            "deal": create_deal({"name": f"Cơ hội {n}"} | of_first | own, by=by),
        }
        self.rows = made | self.rows
        for row in self.rows.values():
            self._live(row, seller, tag)
        # What nobody has: is it theirs to take?
        free = {"owner": None, "team": by.teams.all()[0]}
        create_company({"name": f"Công ty tự do {n}", "type": "prospect"} | free, by=by)
        create_contact({"full_name": f"Lê Văn {n}"} | free, by=by)
        create_prospect({"company_name": f"Danh sách tự do {n}"} | free, by=by)
        create_lead({"company_name": f"Tiềm năng tự do {n}"} | free, by=by)
        create_deal({"name": f"Cơ hội tự do {n}"} | free, by=by)

    def _live(self, row: Any, seller: User, tag: Tag) -> None:
        """One more of everything that a record's page shows."""
        by, record = self.cast.binh, row.record
        row.refresh_from_db()
        add_note(record, body=f"Ghi chú {self.size}", by=by)
        add_file(record, upload=SimpleUploadedFile(f"{self.size}.txt", b"x"), by=by)
        follow(record, user=seller, by=by)
        RecordTag.objects.get_or_create(record=record, tag=tag)
        # The first is today, so that it is in the calendar on any day of the week.
        what, at = ActivityType.objects.all()[0], timezone.now() + timedelta(days=self.size - 1)
        activity = schedule_activity(record, what=what, due_at=at, assignee=by, by=by)
        if self.size % 2 == 0:
            finish_activity(activity, by=by)


@pytest.fixture
def firm(cast, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return Firm(cast, {})


def asked(client, address: str) -> int:
    """How many statements a GET takes once the session stands."""
    cache.clear()
    with CaptureQueriesContext(connection) as statements:
        answer = client.get(address, follow=False)
    assert answer.status_code == 200, address
    return len(statements)


def figures(client, firm: Firm) -> dict[str, dict[str, int]]:
    client.get("/search/")
    found: dict[str, dict[str, int]] = {}
    for code in KINDS:
        kind = kinds.get(code)
        addresses = {name: kind.url(name) for name in PAGES if name not in {"page", "board"}}
        addresses |= {"board": kind.url("board")} if kind.has_board else {}
        addresses["page"] = firm.rows[code].get_absolute_url()
        found[code] = {name: asked(client, address) for name, address in addresses.items()}
    found["search"] = {"one": asked(client, "/search/?q=nhan"), "phone": asked(client, "/search/?q=0903")}
    return found


def test_pages_take_the_recorded_statements_for_one_row_and_for_thirty(client, firm):
    client.force_login(firm.cast.binh)
    firm.grow(1)
    few = figures(client, firm)
    firm.grow(30)
    many = figures(client, firm)
    assert few == many
    assert many == COUNTS


def test_no_page_takes_more_than_twelve():
    """The counts of tabs load after the page and are kept for a minute; they stand apart (quality.md 1)."""
    pages = [(kind, page, count) for kind, pages in COUNTS.items() for page, count in pages.items() if page != "counts"]
    assert [one for one in pages if one[2] > MOST] == []


def test_every_area_takes_the_same_few_statements_for_any_number_of_rows(client, firm):
    client.force_login(firm.cast.binh)
    firm.grow(1)
    areas = [item.url for item in navigation.items_for(firm.cast.binh)]
    few = {address: asked(client, address) for address in areas for _twice in (1, 2)}
    firm.grow(12)
    assert {address: asked(client, address) for address in areas} == few
    assert {address: count for address, count in few.items() if count > MOST_AT.get(address, MOST)} == {}


@pytest.fixture
def work(monkeypatch):
    """How often a template drew a node and an address was looked up: what a page costs beside its statements."""
    done: Counter[str] = Counter()

    def counted(owner: Any, name: str) -> None:
        function = getattr(owner, name)

        def wrapper(*args: Any, **kwargs: Any) -> Any:
            done[name] += 1
            return function(*args, **kwargs)

        monkeypatch.setattr(owner, name, wrapper)

    counted(Node, "render_annotated")
    counted(URLResolver, "_reverse_with_prefix")
    return done


@pytest.mark.parametrize("page", ["list", "board"])
def test_rows_and_cards_are_drawn_without_templates(client, firm, work, page):
    """What a page has by the dozen is drawn by functions (core/markup.py): fifty rows draw no more nodes than two."""
    client.force_login(firm.cast.binh)

    def drawn() -> dict[str, int]:
        client.get(kinds.get("deal").url(page))
        work.clear()
        client.get(kinds.get("deal").url(page))
        return dict(work)

    firm.grow(2)
    few = drawn()
    firm.grow(8)
    assert drawn() == few
    assert few["render_annotated"] > 50


def test_ended_and_converted_records_take_no_more(client, firm):
    """A closed row shows its reason, a converted one its deal, a deal what it comes from."""
    client.force_login(firm.cast.binh)
    firm.grow(2)
    prospect, by = firm.rows["prospect"], firm.cast.binh
    lead = convert_prospects([prospect], by=by)[0]
    change(lead, {"phone": ("", "+84903123456"), "need": ("", "Trạm")}, by=by)
    deal = convert_leads([lead], Handover(owner=by), by=by)[0]
    for row in (prospect, lead, deal):
        client.get(row.get_absolute_url())
        assert asked(client, row.get_absolute_url()) <= MOST
    page = client.get(deal.get_absolute_url()).text
    assert prospect.title in page
    assert f"{lead.number}" in page


def test_a_deal_shows_what_happened_to_its_lead_and_to_its_raw_prospect(client, firm):
    """Three generations: the deal continues the lead, the lead the prospect (design.md 3)."""
    client.force_login(firm.cast.binh)
    firm.grow(1)
    by = firm.cast.binh
    lead = convert_prospects([firm.rows["prospect"]], by=by)[0]
    add_note(lead.record, body="Gọi lại sau Tết", by=by)
    change(lead, {"phone": (lead.phone, "+84903123456"), "need": ("", "Trạm")}, by=by)
    deal = convert_leads([lead], Handover(owner=by), by=by)[0]
    page = client.get(deal.get_absolute_url()).text
    assert "Ghi chú 1" in page
    assert "Gọi lại sau Tết" in page
    assert set(deal.record.past_ids) == {deal.pk, lead.pk, firm.rows["prospect"].pk}


def test_stages_are_loaded_once(client, firm):
    client.force_login(firm.cast.binh)
    firm.grow(1)
    with CaptureQueriesContext(connection) as statements:
        client.get(firm.rows["deal"].get_absolute_url())
    assert sum('FROM "records_stage"' in one["sql"] for one in statements.captured_queries) == 1
    assert stage_of("deal", "Tiếp cận").name in client.get(firm.rows["deal"].get_absolute_url()).text
