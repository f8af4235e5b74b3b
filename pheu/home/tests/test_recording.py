"""The demo company from its file: as of today, whole, and of the product as it is now.

Where this fails because something of the product has changed: `bin/pheu demo --record` on an empty database.
"""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection, models
from django.db.models import Count, Q
from django.db.models.functions import TruncMonth
from django.utils import timezone

from pheu.activities.models import Activity, Guest, Series
from pheu.core import shape
from pheu.deals.models import Deal
from pheu.home.demo.clock import on
from pheu.home.demo.recording import last_morning
from pheu.home.demo.signins import DOMAIN, PASSWORD
from pheu.leads.models import Lead
from pheu.messaging.drafting import drafted
from pheu.messaging.models import EmailTemplate, Mailbox, Message
from pheu.parties.models import Company, Contact, Source
from pheu.people.models import Role, User
from pheu.records import counter_triggers
from pheu.records.consistency import differing_copies
from pheu.records.models import Category, ClosingReason, Label, Pipeline, Stage
from pheu.timeline.models import Event, File

pytestmark = [pytest.mark.django_db, pytest.mark.one_worker]
SEEDS = (Role, Pipeline, Stage, ClosingReason, Label, Source)


def planted(model: Any) -> list[dict[str, Any]]:
    """What the migrations plant in a list, whatever its ids: tests before this one may have planted it again."""
    ids = ["rots_after", *(one.name for one in model._meta.local_fields if one.primary_key or one.remote_field)]
    rows = model._default_manager.values()
    told = [{name: value for name, value in row.items() if name.removesuffix("_id") not in ids} for row in rows]
    return sorted(told, key=str)


GIVEN_OUT = 5000


@pytest.fixture(scope="module")
def seeds(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        with connection.cursor() as cursor:
            cursor.execute("select setval('records_pipeline_id_seq', %s)", [GIVEN_OUT])
        return {model: planted(model) for model in SEEDS}


@pytest.fixture(autouse=True)
def its_own_fields(nothing_shaped, demo):
    """The company has fields of its own: let the first question ask."""
    shape.see(None)


@pytest.fixture(scope="module")
def demo(seeds, rows_for_all):
    rows_for_all(call_command, "demo")
    return timezone.now()


def test_it_is_as_large_as_a_company_is(demo):
    assert Lead.objects.count() == 2000
    assert 550 < Deal.objects.live().count() < 650
    assert User.objects.get(email=f"an@{DOMAIN}").check_password(PASSWORD)
    assert File.objects.count() == 2


def test_its_lists_are_those_of_the_product(demo, seeds):
    """But for how long a record may stand in a stage, which the company says."""
    assert {model: planted(model) for model in SEEDS} == seeds
    assert Stage.objects.exclude(rots_after=None).exists()


def test_every_copy_and_every_count_agrees(demo):
    assert list(differing_copies()) == []
    assert list(counter_triggers.differing_counts()) == []


PLANS = ("due_at", "next_activity_at", "begins_at")


def test_its_calendars_have_work_that_comes_again_and_guests_who_have_answered(demo, client):
    """Made as of the day on which it is restored: a rule of repetition names weekdays."""
    again = {str(one.title): one for one in Series.objects.select_related("record", "assignee")}
    assert {one.record is None for one in again.values()} == {True, False}
    for series in again.values():
        days = {timezone.localtime(one.due_at).weekday() for one in series.activities.all()}
        assert series.activities.exists()
        assert "BYDAY" not in series.rule or len(days) == 1
    guests = list(Guest.objects.select_related("activity__record"))
    assert {one.answer for one in guests} == {Guest.Answer.ACCEPTED}
    assert {one.user is None for one in guests} == {True, False}
    assert all(one.address.endswith(".example") for one in guests if one.user is None)
    alone = Activity.objects.filter(record=None, series=None).get()
    assert alone.assignee.email == f"an@{DOMAIN}"
    assert not Message.objects.filter(state__in=[Message.State.WAITING, Message.State.SENDING]).exists()
    client.force_login(alone.assignee)
    page = client.get(f"/calendar/?on={timezone.localdate(alone.due_at).isoformat()}").text
    assert alone.title in page
    client.force_login(User.objects.get(email=f"binh@{DOMAIN}"))
    page = client.get(f"/calendar/?whose=team&on={timezone.localdate(alone.due_at).isoformat()}").text
    assert alone.title not in page
    assert "entry-busy" in page


def test_a_lead_has_a_conversation_by_mail_and_nothing_can_be_sent(demo, client):
    letters = list(Message.objects.order_by("at"))
    assert [one.state for one in letters] == ["received", "sent", "received"]
    assert len({one.record_id for one in letters}) == 1
    assert not Mailbox.objects.exists()
    people = [one["address"] for letter in letters for one in (letter.sender, *letter.to)]
    assert all(one.endswith(".example") for one in people)
    told = [one.kind for one in Event.objects.filter(kind__startswith="email.").order_by("pk")]
    assert told == ["email.received", "email.sent", "email.received"]
    client.force_login(letters[0].user)
    page = client.get(f"/r/{letters[0].record_id}/", follow=True).text
    assert "bảo trì 12 tháng" in page


def test_it_has_templates_that_say_something_of_any_lead(demo):
    """R1.41: each can be drafted as it stands, with the greeting and what it names filled in."""
    an, lead = User.objects.get(email__startswith="an@"), Lead.objects.order_by("pk").first()
    found = list(EmailTemplate.objects.all())
    assert len(found) == 3
    for one in found:
        subject, body = drafted(one, lead.record, an)
        assert "{{" not in subject + body
        assert "Kính gửi " in body
        assert "Kính gửi ," not in body


def test_it_is_as_of_today(demo):
    """Columns and the facts of events alike; nothing but plans lies after now."""
    for model in apps.get_models():
        for field in model._meta.local_concrete_fields if model.__module__.startswith("pheu.") else ():
            if isinstance(field, models.DateTimeField) and field.name not in PLANS:
                assert not model._default_manager.filter(**{f"{field.name}__gt": demo}).exists(), (model, field.name)
    assert Lead.objects.filter(created_at__gt=demo - timedelta(days=7)).exists()
    assert Activity.objects.open().filter(due_at__date=timezone.localdate(demo)).exists()
    planned = Event.objects.filter(kind="activity.scheduled").latest("pk")
    assert datetime.fromisoformat(planned.facts["due"]) == Activity.objects.get(pk=planned.facts["activity"]).due_at


@pytest.mark.parametrize(("hour", "minute", "ago"), [(0, 0, 1), (1, 3, 1), (6, 29, 1), (6, 30, 0), (23, 59, 0)])
def test_it_is_as_of_the_last_morning_that_has_come(hour, minute, ago):
    """Restored in the small hours, it would lie in the future."""
    now = on(date(2026, 11, 27), hour, minute)
    assert last_morning(now) == on(date(2026, 11, 27 - ago), 6, 30)


def test_it_has_seasons_and_people_of_different_skill(demo):
    months = Lead.objects.annotate(month=TruncMonth("created_at")).values("month").annotate(n=Count("pk"))
    counts = sorted(one["n"] for one in months.order_by("month"))
    assert len(counts) >= 18
    assert counts[-1] > 2 * counts[2]
    ended = Deal.objects.filter(stage__category__in=[Category.WON, Category.LOST]).values("owner")
    won = Count("pk", filter=Q(stage__category=Category.WON))
    rates = sorted(one["won"] / one["n"] for one in ended.annotate(won=won, n=Count("pk")))
    assert rates[-1] > 1.3 * rates[0]


def test_companies_and_people_can_be_reached(demo):
    assert not Company.objects.live().filter(Q(phone="") | Q(email="") | Q(industry="") | Q(address="")).exists()
    assert not Contact.objects.live().filter(phone="").exists()
    for model in (Company, Contact, Lead):
        assert not model.objects.exclude(email="").exclude(email__endswith=".example").exists()


def test_numbers_that_are_given_out_are_not_given_again(demo):
    """Not even after a rollback, which leaves a sequence where it was put: whoever comes next met rows of before."""
    with connection.cursor() as cursor:
        cursor.execute("select last_value from records_pipeline_id_seq")
        assert cursor.fetchone() >= (GIVEN_OUT,)
