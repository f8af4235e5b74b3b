"""«Nhắc hẹn»: who is reminded of which work, and when (R1.35, R4.20). What is moved takes its reminders along."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from pheu.activities.models import Activity, Reminder
from pheu.activities.spans import DAY, HOUR
from pheu.core.errors import DomainError
from pheu.notifications import devices, live
from pheu.notifications.letters import to_nobody
from pheu.notifications.models import PushDevice
from pheu.people.models import User
from pheu.records import writing

USUAL = (0, 5, 15, 30, HOUR, 2 * HOUR, DAY, 2 * DAY)  # minutes before
LONGEST = 31 * DAY
MOST = 5  # of one piece of work
AGAIN = (5, 15, HOUR)  # minutes until somebody is told again
POPUP, MAIL = "popup", "mail"
AHEAD = timedelta(minutes=15)  # a browser knows of what comes so soon, and shows it at its moment
LATEST_PUSH = timedelta(seconds=devices.LASTS)
STALE = timedelta(days=1)  # what nobody has looked at for so long is overdue work, of which the bell has told


@dataclass(frozen=True)
class Remind:
    """How many minutes before, and by which of POPUP and MAIL."""

    minutes: tuple[int, ...] = ()
    by: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.minutes and self.by)


def must_be_possible(remind: Remind) -> None:
    minutes = set(remind.minutes)
    if any(type(one) is not int or not 0 <= one <= LONGEST for one in minutes) or len(minutes) > MOST:
        raise DomainError(_("That cannot be reminded of."))
    if not set(remind.by) <= {POPUP, MAIL}:
        raise DomainError(_("That cannot be reminded of."))


def set_reminders(activity: Activity, remind: Remind) -> None:
    """Let the work have these reminders; those that it has already are told of no second time."""
    must_be_possible(remind)
    there = {one.minutes: one for one in activity.reminders.all()}
    wanted = sorted(set(remind.minutes)) if remind.by else []
    ways = {"by_popup": POPUP in remind.by, "by_mail": MAIL in remind.by}
    gone = [one.pk for minutes, one in there.items() if minutes not in wanted]
    writing.remove(Reminder.objects.filter(pk__in=gone))
    fresh = [
        Reminder(activity=activity, minutes=one, at=_moment(activity, one), **ways)
        for one in wanted
        if one not in there
    ]
    writing.make(fresh)
    kept = [one for minutes, one in there.items() if minutes in wanted]
    for one in kept:
        one.by_popup, one.by_mail = ways["by_popup"], ways["by_mail"]
    writing.change(kept, "by_popup", "by_mail")
    _tell_browsers(activity)


def remind_of_each(activities: Sequence[Activity], remind: Remind) -> None:
    """The same reminders of work that was just made."""
    if not remind:
        return
    must_be_possible(remind)
    ways = {"by_popup": POPUP in remind.by, "by_mail": MAIL in remind.by}
    moments = [(work, minutes) for work in activities for minutes in sorted(set(remind.minutes))]
    fresh = [Reminder(activity=work, minutes=one, at=_moment(work, one), **ways) for work, one in moments]
    writing.make(fresh)
    for work in activities[:1]:
        _tell_browsers(work)


def follow_the_work(activity: Activity) -> None:
    """It was moved: whoever was reminded of another moment is reminded of this one."""
    moved = [one for one in activity.reminders.all() if one.at != _moment(activity, one.minutes)]
    for one in moved:
        one.at = _moment(activity, one.minutes)
        if one.at > timezone.now():
            one.seen_at = one.mailed_at = one.pushed_at = None
    writing.change(moved, "at", "seen_at", "mailed_at", "pushed_at")
    if moved:
        _tell_browsers(activity)


def of_work(activity: Activity) -> Remind:
    """What it has."""
    there = list(activity.reminders.order_by("minutes"))
    ways = [POPUP] * any(one.by_popup for one in there) + [MAIL] * any(one.by_mail for one in there)
    return Remind(tuple(one.minutes for one in there), tuple(ways))


def _moment(activity: Activity, minutes: int) -> datetime:
    return activity.due_at - timedelta(minutes=minutes)


def _tell_browsers(activity: Activity) -> None:
    live.told().receivers.add(activity.assignee_id)


# In the browser -------------------------------------------------------------------------------------------------------


def coming(user: User) -> list[Reminder]:
    """What `user` is to be reminded of in the browser now or in a moment, the first first; each work once by now."""
    now = timezone.now()
    rows = _of_open_work().filter(activity__assignee=user, by_popup=True, seen_at=None)
    found = list(rows.filter(at__lte=now + AHEAD, at__gt=now - STALE).order_by("at", "pk"))
    latest = {one.activity_id: one.pk for one in found if one.at <= now}
    return [one for one in found if one.at > now or latest[one.activity_id] == one.pk]


def see(reminder: Reminder, *, by: User) -> None:
    """`by` has read it, and whatever told of the same work before; in every other tab it goes too."""
    now = timezone.now()
    told = Q(pk=reminder.pk) | Q(at__lte=now)
    rows = Reminder.objects.filter(told, activity=reminder.activity_id, activity__assignee=by, seen_at=None)
    rows.update(seen_at=now)
    live.send({"bell": [by.pk]})


def snooze(reminder: Reminder, minutes: int, *, by: User) -> None:
    """Tell `by` again in so many minutes, one of AGAIN."""
    if minutes not in AGAIN:
        raise DomainError(_("This cannot be chosen."))
    see(reminder, by=by)
    rows = Reminder.objects.filter(pk=reminder.pk, activity__assignee=by)
    rows.update(at=timezone.now() + timedelta(minutes=minutes), seen_at=None, pushed_at=None)


def _of_open_work() -> QuerySet[Reminder]:
    rows = Reminder.objects.filter(activity__done_at=None, activity__called_off_at=None)
    rows = rows.filter(activity__record__archived_at=None, activity__assignee__is_active=True)
    return rows.select_related("activity__record", "activity__type", "activity__assignee")


# By mail --------------------------------------------------------------------------------------------------------------


def awaiting_mail(most: int) -> list[Reminder]:
    """What has to go out by mail now; those are held that nobody else holds."""
    now = timezone.now()
    due = _of_open_work().filter(by_mail=True, mailed_at=None, at__lte=now, at__gt=now - STALE)
    due = due.exclude(to_nobody("activity__assignee__email"))
    return list(due.select_for_update(skip_locked=True, of=("self",)).order_by("at", "pk")[:most])


def note_mailed(reminders: Iterable[Reminder]) -> None:
    Reminder.objects.filter(pk__in=[one.pk for one in reminders]).update(mailed_at=timezone.now())


# To devices on which no page is open ----------------------------------------------------------------------------------


def awaiting_push(most: int, ahead: timedelta) -> list[tuple[Reminder, list[int]]]:
    """What has to be shown on devices within `ahead`, with the ids of these; those are held that nobody else holds.

    What is older than a push service would keep it is no reminder any more: whoever switches a device on hears no past.
    """
    now = timezone.now()
    due = _of_open_work().filter(
        by_popup=True, seen_at=None, pushed_at=None, at__lte=now + ahead, at__gt=now - LATEST_PUSH
    )
    due = due.filter(Exists(PushDevice.objects.filter(user=OuterRef("activity__assignee"))))
    held = list(due.select_for_update(skip_locked=True, of=("self",)).order_by("at", "pk")[:most])
    found: dict[int, list[int]] = defaultdict(list)
    theirs = PushDevice.objects.filter(user__in={one.activity.assignee_id for one in held})
    for pk, user in theirs.order_by("pk").values_list("pk", "user"):
        found[user].append(pk)
    return [(one, found[one.activity.assignee_id]) for one in held]


def note_pushed(reminders: Iterable[Reminder]) -> None:
    Reminder.objects.filter(pk__in=[one.pk for one in reminders]).update(pushed_at=timezone.now())
