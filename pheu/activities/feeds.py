"""«Lịch trên điện thoại»: a person's work as a calendar (RFC 5545) that phones read under a secret address."""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from icalendar import Alarm, Calendar, Event

from pheu.activities.models import Activity, CalendarFeed
from pheu.activities.spans import DAY, is_all_day
from pheu.notifications.letters import named, site
from pheu.people.models import User
from pheu.records.models import Record

BACK, AHEAD = timedelta(days=60), timedelta(days=366)
MOST = 2000  # pieces of work in one calendar, the latest
OFTEN = "PT15M"  # how often a phone may look


def open_feed(user: User) -> str:
    """A new secret for the person's calendar, told this once: only its digest is kept. The one before opens nothing."""
    secret = secrets.token_urlsafe(24)
    CalendarFeed.objects.update_or_create(user=user, defaults={"digest": digest(secret), "made_at": timezone.now()})
    return secret


def close_feed(user: User) -> None:
    CalendarFeed.objects.filter(user=user).delete()


def owner_of(secret: str) -> User | None:
    """Whose calendar it opens. Found by its digest: what a wrong one takes says nothing of a right one."""
    feed = CalendarFeed.objects.filter(digest=digest(secret), user__is_active=True).select_related("user__role").first()
    return feed.user if feed else None


def digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def calendar_of(user: User) -> bytes:
    """The person's own work, done or to be done, and what they are a guest of; its record is named and linked where
    they may see it."""
    rows = list(_work_of(user))
    seen = Record.objects.visible_to(user).in_bulk({one.record_id for one in rows} - {None})
    calendar = Calendar()
    for name, value in {
        "prodid": "-//Phễu//Lịch làm việc//VI", "version": "2.0", "method": "PUBLISH",
        "x-wr-calname": _("Phễu: my work"), "x-wr-timezone": "Asia/Ho_Chi_Minh", "x-published-ttl": OFTEN,
    }.items():  # fmt: skip
        calendar.add(name, value)
    for one in rows:
        calendar.add_component(_event(one, seen.get(one.record_id or 0), user))
    return calendar.to_ical()


def _work_of(user: User) -> QuerySet[Activity]:
    now = timezone.now()
    rows = Activity.objects.coming_to(user.pk).filter(called_off_at=None, record__archived_at=None)
    rows = rows.filter(due_at__gt=now - BACK, due_at__lt=now + AHEAD).select_related("type", "assignee")
    return rows.prefetch_related("reminders").order_by("-due_at", "-pk")[:MOST]


def _event(work: Activity, about: Record | None, user: User) -> Event:
    event = Event()
    address = reverse("record", args=[about.pk]) if about else reverse("activity", args=[work.pk])
    done = _("Done") + ": " if work.done_at else ""
    event.add("uid", named(f"work-{work.pk}"))
    event.add("dtstamp", work.created_at)
    event.add("summary", done + " · ".join(filter(None, [str(work), about.title if about else ""])))
    host = _("invited by %(name)s") % {"name": work.assignee} if work.assignee_id != user.pk else ""
    told = [str(work.type), host, about.number if about else ""]
    event.add("description", " · ".join(filter(None, told)))
    event.add("url", site() + address)
    for name, value in between(work.due_at, work.lasts).items():
        event.add(name, value)
    for reminder in work.reminders.all() if work.is_open else ():
        event.add_component(_alarm(str(work), reminder.minutes))
    return event


def between(at: datetime, lasts: int) -> dict[str, Any]:
    """Whole days as such; the rest in UTC, which every phone reads. What is a moment has no end."""
    begins: datetime = timezone.localtime(at)
    if is_all_day(at, lasts):
        days = timedelta(days=max(lasts // DAY, 1))
        return {"dtstart": begins.date(), "dtend": begins.date() + days, "transp": "TRANSPARENT"}
    ends = {"dtend": at + timedelta(minutes=lasts)} if lasts else {}
    return {"dtstart": at, **ends}


def _alarm(words: str, minutes: int) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", words)
    alarm.add("trigger", -timedelta(minutes=minutes))
    return alarm
