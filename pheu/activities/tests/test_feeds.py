"""«Lịch trên điện thoại»: a person's work as a calendar that phones read under a secret address (issue 10)."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from icalendar import Calendar

from pheu.activities.feeds import AHEAD, BACK, digest, open_feed
from pheu.activities.models import Activity, ActivityType, CalendarFeed
from pheu.activities.reminding import Remind
from pheu.activities.repeating import Repeat
from pheu.activities.services import call_off_activity, finish_activity, reschedule_activity, schedule_activity
from pheu.conftest import nothing_changes
from pheu.core.vietnamese import today_here
from pheu.leads.services import create_lead
from pheu.notifications.models import Choice
from pheu.people import throttling
from pheu.records.moments import midnight
from pheu.timeline.archiving import archive

pytestmark = pytest.mark.django_db


def work(lead, an, *, due=timedelta(days=1), title="Gọi lại", **more):
    what = ActivityType.objects.get(name="Gọi điện")
    given = {"what": what, "due_at": timezone.now() + due, "assignee": an, "title": title, **more}
    return schedule_activity(lead.record, **given, by=an)


def url_of(user):
    return reverse("calendar-feed", args=[open_feed(user)])


def without_tokens(answer):
    return re.sub(r"\b\w{64}\b", "", answer.text)


def read(client, url):
    answer = client.get(url)
    assert answer.status_code == 200
    return Calendar.from_ical(answer.content)


def titles(client, url):
    return [str(one["summary"]) for one in read(client, url).walk("VEVENT")]


# The address ----------------------------------------------------------------------------------------------------------


def test_the_address_is_told_once_and_only_its_digest_is_kept(client, an):
    client.force_login(an)
    assert "Đang tắt" in client.get("/account/").text
    answer = client.post("/account/calendar/")
    secret = answer.text.split("/calendar/feed/")[1].split(".ics")[0]
    assert len(secret) >= 22  # of 64 signs: more than 128 bits
    assert answer["Cache-Control"] == "no-store"
    assert CalendarFeed.objects.get().digest == digest(secret) != secret
    for page in ("/account/", "/account/calendar/"):
        assert secret not in client.get(page).text
    assert "Đang bật" in client.get("/account/").text
    client.logout()
    assert client.get(f"/calendar/feed/{secret}.ics").status_code == 200


def test_a_new_address_ends_the_one_before_and_switching_off_ends_both(client, an):
    before, after = url_of(an), url_of(an)
    assert [client.get(one).status_code for one in (before, after)] == [404, 200]
    client.force_login(an)
    client.post("/account/calendar/", {"wants": "off"})
    assert client.get(after).status_code == 404
    assert not CalendarFeed.objects.exists()


def test_whoever_has_left_has_no_calendar_and_a_wrong_address_looks_the_same(client, an):
    url = url_of(an)
    an.is_active = False
    an.save()
    gone, wrong = client.get(url), client.get(reverse("calendar-feed", args=["x" * 32]))
    assert (gone.status_code, wrong.status_code) == (404, 404)
    assert without_tokens(gone) == without_tokens(wrong)


def test_reading_it_changes_nothing_and_signs_nobody_in(client, an, lead):
    url = url_of(an)
    work(lead, an)
    with nothing_changes():
        answer = client.get(url)
        assert client.post(url).status_code == 405
    assert not answer.cookies
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer["Cache-Control"] == "private, no-cache"
    assert answer["Referrer-Policy"] == "no-referrer"
    assert answer["X-Robots-Tag"] == "noindex"


def test_a_phone_that_has_it_gets_it_again_only_once_it_changed(client, an, lead):
    url, planned = url_of(an), work(lead, an)
    etag = client.get(url)["ETag"]
    same = client.get(url, headers={"If-None-Match": etag})
    assert (same.status_code, same.content) == (304, b"")
    reschedule_activity(planned, due_at=timezone.now() + timedelta(days=2), by=an)
    assert client.get(url, headers={"If-None-Match": etag}).status_code == 200


def test_a_phone_that_asks_too_often_waits_and_nobody_else_does(client, an, binh, settings):
    settings.ACCOUNT_RATE_LIMITS = throttling.RATE_LIMITS
    url, other = url_of(an), url_of(binh)
    answers = [client.get(url).status_code for _nth in range(31)]
    assert answers == [200] * 30 + [429]
    assert client.get(url)["Retry-After"]
    assert client.get(other).status_code == 200


# What stands in it ----------------------------------------------------------------------------------------------------


def test_work_to_be_done_has_its_time_its_record_and_its_reminders(client, an, lead, settings):
    url = url_of(an)
    planned = work(lead, an, lasts=90, remind=Remind((15, 1440), ("popup",)))
    (event,) = read(client, url).walk("VEVENT")
    assert str(event["uid"]) == f"work-{planned.pk}@{settings.PHEU_BASE_URL.split('//')[1].split(':')[0]}"
    assert str(event["summary"]) == f"Gọi lại · {lead.title}"
    assert str(event["description"]) == f"Gọi điện · {lead.record.number}"
    assert str(event["url"]).endswith(reverse("record", args=[lead.pk]))
    moment = planned.due_at.replace(microsecond=0)
    assert (event["dtstart"].dt, event["dtend"].dt) == (moment, moment + timedelta(minutes=90))
    assert event["dtstart"].to_ical().endswith(b"Z")
    alarms = [one["trigger"].dt for one in event.walk("VALARM")]
    assert sorted(alarms) == [timedelta(days=-1), timedelta(minutes=-15)]


def test_whole_days_are_days_and_a_moment_has_no_end(client, an, lead):
    url, day = url_of(an), today_here() + timedelta(days=3)
    for lasts, last in ((0, day), (1440, day), (3 * 1440, day + timedelta(days=2))):
        Activity.objects.all().delete()
        lead.record.refresh_from_db()
        what = ActivityType.objects.all()[0]
        schedule_activity(lead.record, what=what, due_at=midnight(day), lasts=lasts, assignee=an, by=an)
        (event,) = read(client, url).walk("VEVENT")
        assert (event["dtstart"].dt, event["dtend"].dt) == (day, last + timedelta(days=1))
        assert b"DTSTART;VALUE=DATE:" in client.get(url).content
    Activity.objects.all().delete()
    work(lead, an)
    (event,) = read(client, url).walk("VEVENT")
    assert "dtend" not in event


def test_it_has_what_is_mine_sixty_days_back_and_a_year_ahead(client, an, binh, lead):
    url = url_of(an)
    now = timedelta(minutes=5)
    work(lead, an, title="Sắp tới", due=AHEAD - now)
    work(lead, an, title="Quá xa", due=AHEAD + now)
    work(lead, an, title="Gần đây", due=now - BACK)
    work(lead, an, title="Quá lâu", due=-BACK - now)
    finish_activity(work(lead, an, title="Xong rồi", remind=Remind((15,), ("popup",))), by=an)
    call_off_activity(work(lead, an, title="Đã hủy"), by=an)
    schedule_activity(
        lead.record, what=ActivityType.objects.all()[0], due_at=timezone.now(), assignee=binh, title="Của Bình", by=an
    )
    found = [one.split(" · ")[0] for one in titles(client, url)]
    assert found == ["Sắp tới", "Xong: Xong rồi", "Gần đây"]
    assert b"VALARM" not in client.get(url).content


def test_what_is_archived_waits(client, an, dung, lead):
    url = url_of(an)
    work(lead, an)
    archive([lead], by=dung)
    assert titles(client, url) == []


def test_of_a_record_out_of_reach_nothing_is_told(client, an, chi):
    """My own work is mine to read; the record is not."""
    lead = create_lead({"company_name": "Xi măng Hòn Đá", "name": "Trạm bí mật", "owner": chi}, by=chi)
    given = {"what": ActivityType.objects.all()[0], "due_at": timezone.now(), "assignee": an, "title": "Gọi lại"}
    url, planned = url_of(an), schedule_activity(lead.record, **given, by=chi)
    content = client.get(url).content.decode()
    assert "Trạm bí mật" not in content and lead.record.number not in content
    assert f"/activities/{planned.pk}/" in content
    assert titles(client, url) == ["Gọi lại"]


def test_every_time_of_repeated_work_is_one_event(client, an, lead):
    url = url_of(an)
    work(lead, an, repeat=Repeat("day", times=3))
    events = read(client, url).walk("VEVENT")
    assert len({str(one["uid"]) for one in events}) == 3
    assert not [one for one in events if "rrule" in one]


def test_words_that_could_break_a_line_do_not(client, an, lead):
    """RFC 5545: signs are escaped, lines are folded at 75 octets, and no letter is cut."""
    url = url_of(an)
    title = "Gọi, hỏi; xem \\ và\nBEGIN:VEVENT\r\nSUMMARY:giả " + "ưỡng đường khướu " * 12
    planned = work(lead, an)
    Activity.objects.filter(pk=planned.pk).update(title=title)
    content = client.get(url).content
    lines = content.split(b"\r\n")
    assert max(map(len, lines)) <= 75
    assert [line.decode() for line in lines]  # each by itself
    (event,) = read(client, url).walk("VEVENT")
    assert str(event["summary"]).startswith("Gọi, hỏi; xem \\ và\nBEGIN:VEVENT\nSUMMARY:giả ưỡng đường khướu")
    assert len(read(client, url).walk("VEVENT")) == 1


def test_it_speaks_the_language_of_the_person(client, an, lead):
    url = url_of(an)
    finish_activity(work(lead, an), by=an)
    Choice.objects.create(user=an, language="en")
    assert titles(client, url)[0].startswith("Done: ")


def test_it_costs_as_many_statements_for_sixty_as_for_one(client, an, lead, django_assert_num_queries):
    url = url_of(an)
    work(lead, an, repeat=Repeat("day", times=1), remind=Remind((15,), ("popup",)))
    client.get(url)
    for _nth in range(2):
        with django_assert_num_queries(QUERIES):
            client.get(url)
        work(lead, an, repeat=Repeat("day"), remind=Remind((15,), ("popup",)))


QUERIES = 6  # whose it is, their teams, their language, work, reminders, which records they see
