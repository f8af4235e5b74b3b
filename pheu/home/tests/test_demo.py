"""The demo company: built once, small, through the acts; then asked in many ways whether it holds together."""

import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from io import StringIO

import phonenumbers
import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import models
from django.db.models import Count, Exists, F, Max, Min, OuterRef, Q, Subquery
from stdnum.vn import mst

from pheu.activities.models import Activity
from pheu.core import cli, shape
from pheu.core.environment import WrongSetting
from pheu.core.vietnamese.taxcode import read_tax_code
from pheu.deals.counts import conversion_counts
from pheu.deals.models import Conversion, Deal
from pheu.home.demo.build import build
from pheu.home.demo.signins import DOMAIN, PASSWORD
from pheu.home.demo.staff import PEOPLE
from pheu.leads.models import Lead
from pheu.parties.models import Company, Contact, Prospect
from pheu.people.models import User
from pheu.records.consistency import differing_copies
from pheu.records.models import Category, Record
from pheu.timeline.models import Event, File, Note

LEADS = 30
NOW = datetime(2025, 11, 19, 10, 0, tzinfo=UTC)  # a Wednesday in the afternoon; the same company in every run
pytestmark = [pytest.mark.django_db, pytest.mark.one_worker]  # each test inside the transaction that holds the company


@pytest.fixture(autouse=True)
def its_own_fields(nothing_shaped, demo):
    """The company has fields of its own: let the first question ask."""
    shape.see(None)


@pytest.fixture(scope="module")
def demo(rows_for_all):
    """The moment at which the demo company stands."""
    rows_for_all(build, leads=LEADS, days=91, now=NOW)
    return NOW


@pytest.fixture
def dung(demo):
    return User.objects.get(email=f"dung@{DOMAIN}")


def test_there_is_about_as_much_as_was_asked_for(demo):
    assert LEADS - 3 <= Lead.objects.count() <= LEADS
    assert Deal.objects.live().count() >= LEADS // 5
    assert Prospect.objects.count() >= LEADS // 5
    assert User.objects.count() == len(PEOPLE)


def test_leads_and_deals_stand_in_every_state(demo):
    states = set(Lead.objects.values_list("stage__category", flat=True))
    assert states == {Category.NEW, Category.WORKING, Category.CONVERTED, Category.UNQUALIFIED}
    ended = set(Deal.objects.live().values_list("stage__category", flat=True))
    assert {Category.OPEN, Category.WON} <= ended
    assert Lead.objects.filter(owner=None).exists()
    assert Contact.objects.exists()
    assert Note.objects.exists()
    assert File.objects.count() == 2
    assert Record.objects.exclude(tags=None).exists()
    assert not Lead.objects.filter(stage__category=Category.UNQUALIFIED, reason=None).exists()


def test_every_copy_in_the_directory_equals_its_row(demo):
    assert list(differing_copies()) == []


def test_next_activities_are_the_earliest_open_ones(demo):
    first = Activity.objects.open().filter(record=OuterRef("pk")).order_by("due_at").values("due_at")[:1]
    wrong = Record.objects.annotate(first=Subquery(first)).exclude(next_activity_at=F("first"))
    assert not wrong.exclude(next_activity_at=None, first=None).exists()


def test_there_is_work_overdue_and_work_for_today(demo):
    assert Activity.objects.open().filter(due_at__lt=demo).exists()
    assert Activity.objects.open().filter(due_at__gt=demo).exists()
    assert Activity.objects.open().filter(due_at__date=demo.date()).exists()
    assert Activity.objects.done().exclude(result="").exists()


def test_the_counts_of_conversions_agree(demo, dung):
    counts = conversion_counts(dung)
    assert counts.is_equal
    assert counts.undone == 1
    assert counts.converted_leads == Conversion.objects.filter(undone_at=None).count()


def test_nothing_but_plans_lies_in_the_future(demo):
    for model in apps.get_models():
        if not model.__module__.startswith("pheu."):
            continue
        for field in model._meta.local_concrete_fields:
            if isinstance(field, models.DateTimeField) and field.name not in ("due_at", "next_activity_at"):
                assert not model.objects.filter(**{f"{field.name}__gt": demo}).exists(), (model, field.name)


def test_three_months_are_told_in_order(demo):
    told = Event.objects.exclude(about=None).aggregate(first=Min("at"), last=Max("at"))
    assert timedelta(days=70) < demo - told["first"] < timedelta(days=95)
    assert list(Event.objects.order_by("at", "pk").values_list("pk", flat=True)) == sorted(
        Event.objects.values_list("pk", flat=True)
    )
    assert not Event.objects.filter(at__lt=F("about__created_at")).exists()
    assert not Event.objects.exclude(about=None).filter(by__created_at__gt=F("at")).exists()
    assert not Activity.objects.filter(done_at__lt=F("created_at")).exists()
    assert not Record.objects.filter(updated_at__lt=F("created_at")).exists()
    for model in (Lead, Deal):
        # A new row gets its stage an instant before it is told of.
        assert not model.objects.filter(stage_entered_at__lt=F("created_at") - timedelta(seconds=1)).exists()
        assert not model.objects.filter(closed_at__isnull=False, closed_at__lt=F("stage_entered_at")).exists()
    assert not Deal.objects.filter(record__continues__created_at__gte=F("created_at")).exists()


def test_a_won_customer_was_told_of_and_dated_like_its_deal(demo):
    won = Deal.objects.filter(stage__category=Category.WON, company=OuterRef("pk"))
    customers = Company.objects.filter(type=Company.Type.CUSTOMER)
    assert customers.exists()
    assert not customers.exclude(Exists(won)).exists()
    assert not Company.objects.filter(Exists(won)).exclude(type=Company.Type.CUSTOMER).exists()
    assert not customers.filter(first_won_at=None).exists()


def test_nobody_can_be_reached_in_earnest(demo):
    people = set(User.objects.values_list("email", flat=True))
    assert all(re.fullmatch(rf"[a-z]+@{re.escape(DOMAIN)}", address) for address in people)
    for model in (Prospect, Company, Contact, Lead):
        for row in model.objects.all():
            assert row.email == "" or row.email.endswith(".example"), row
            assert row.website == "" or row.website.endswith(".example"), row
            for phone in row.phones:
                number = phonenumbers.parse(phone)
                assert phonenumbers.is_valid_number(number), (row, phone)
                assert phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) == phone
            tax_code = getattr(row, "tax_code", "")
            assert tax_code == "" or (mst.is_valid(tax_code) and read_tax_code(tax_code) == tax_code), row


def test_companies_and_people_are_known_in_full(demo):
    companies = Company.objects.live()
    assert companies.count() > 3
    assert not companies.filter(Q(phone="") | Q(email="") | Q(industry="") | Q(address="")).exists()
    assert not Contact.objects.filter(Q(phone="") | Q(address="")).exists()
    assert not Contact.objects.exclude(company=None).filter(email="").exists()
    assert Lead.objects.exclude(origin="").exists()
    assert not Lead.objects.filter(source=None).exists()


def test_everybody_works_within_their_own_rights(demo):
    """The acts ask; here once more of who told what: people who only look did nothing."""
    told = Counter(Event.objects.exclude(about=None).values_list("by__role__code", flat=True))
    assert told["viewer"] == told["admin"] == 0
    assert set(Event.objects.filter(about=None).values_list("by__role__code", flat=True)) == {"admin"}  # the survey
    assert {"sales", "care", "manager"} <= set(told)
    handed_over = Deal.objects.filter(created_by__role__code="care")
    assert handed_over.exists()
    assert not handed_over.filter(owner__role__code="care").exists()


def test_one_customer_has_deals_in_two_departments(demo):
    """R1.12: and each of them ends on its own."""
    customers = Deal.objects.live().order_by().values("company").exclude(company=None)
    assert customers.annotate(departments=Count("department", distinct=True)).filter(departments__gte=2).exists()


def test_a_database_with_people_in_it_is_refused_with_words(demo):
    with pytest.raises(CommandError, match="đã có người dùng"):
        call_command("demo")


def test_the_sign_ins_are_printed_as_a_table(demo):
    said = StringIO()
    call_command("demo_signins", stdout=said)
    assert PASSWORD in said.getvalue()
    assert re.search(
        r"^  an@quantrac\.example +Nguyễn Hoài An +Kinh doanh +Phòng dự án$", said.getvalue(), re.MULTILINE
    )


def test_the_sign_in_page_offers_the_people_of_the_demo(demo, client):
    text = client.get("/accounts/login/").text
    assert f'data-sign-in-as="hanh@{DOMAIN}"' in text
    assert text.count("data-sign-in-as") == len(PEOPLE)
    assert "js/demo" in text


def test_whoever_is_named_there_gets_in(demo, client):
    client.post("/accounts/login/", {"login": f"an@{DOMAIN}", "password": PASSWORD})
    assert client.get("/leads/").status_code == 200


def test_a_public_site_neither_offers_them_nor_starts(demo, client, monkeypatch):
    monkeypatch.setenv("PHEU_BASE_URL", "https://crm.quantrac.example")
    assert "data-sign-in-as" not in client.get("/accounts/login/").text
    with pytest.raises(WrongSetting, match="mật khẩu mẫu"):
        cli.refuse_open_doors()


def test_a_public_site_starts_once_the_passwords_are_other_ones(demo, monkeypatch):
    monkeypatch.setenv("PHEU_BASE_URL", "https://crm.quantrac.example")
    User.objects.update(password="!")
    cli.refuse_open_doors()
