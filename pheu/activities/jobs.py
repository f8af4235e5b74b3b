from datetime import timedelta

from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pheu.activities.models import Reminder
from pheu.activities.reminding import awaiting_mail, awaiting_push, note_mailed, note_pushed
from pheu.activities.series import fill_series, to_fill
from pheu.activities.services import TOLD_AT_ONCE, tell_overdue
from pheu.core.again import once_more
from pheu.core.jobs import AWAITED, app, job, titled
from pheu.notifications import devices
from pheu.notifications.letters import language_of, letter, site
from pheu.notifications.models import PushDevice


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="activities.tell_overdue")
def tell_overdue_work(timestamp: int) -> None:
    """Let people hear of their work whose time has passed."""
    while once_more(tell_overdue) == TOLD_AT_ONCE:
        pass


@app.periodic(cron="25 0 * * *")
@app.task(queueing_lock="activities.make_repeated_work")
def make_repeated_work(timestamp: int) -> None:
    """Ask for what comes next of work that comes again."""
    for pk in to_fill().values_list("pk", flat=True).iterator():
        make_next_of_series.defer(series_id=pk)


@titled(gettext_lazy("Making repeated work"))
@job
def make_next_of_series(series_id: int) -> None:
    """Twice is once: each day of a series is made one time."""
    fill_series(series_id)


MAILED_AT_ONCE = 200


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="activities.ask_for_reminders")
def ask_for_reminders(timestamp: int) -> None:
    """Ask for the mails of reminders whose moment has come."""
    while _ask() == MAILED_AT_ONCE:
        pass


@transaction.atomic
def _ask() -> int:
    """What is asked for is noted as mailed together with its job: a worker that dies leaves both or neither."""
    found = awaiting_mail(MAILED_AT_ONCE)
    for one in found:
        send_reminder.configure(priority=AWAITED).defer(reminder_id=one.pk, of=one.at.isoformat())
    note_mailed(found)
    return len(found)


@titled(gettext_lazy("Sending a reminder"))
@job
def send_reminder(reminder_id: int, of: str) -> None:
    """Unless the work is done or called off by now. A second try has the same name, and is shown once."""
    reminder = _standing(reminder_id)
    if reminder is not None:
        with translation.override(language_of(reminder.activity.assignee)):
            _letter(reminder, of).send()


def _standing(reminder_id: int) -> Reminder | None:
    """One of work that is still to be done by somebody who is still here."""
    rows = Reminder.objects.select_related("activity__record", "activity__type", "activity__assignee")
    reminder = rows.filter(pk=reminder_id).first()
    if reminder is None or not reminder.activity.is_open or not reminder.activity.assignee.is_active:
        return None
    return reminder


def _letter(reminder: Reminder, of: str) -> EmailMessage:
    work = reminder.activity
    subject = _("Reminder: %(work)s, %(span)s") % {"work": " ".join(str(work).split()), "span": work.span}
    told = {"work": work, "person": work.assignee, "url": site() + reverse("activity", args=[work.pk])}
    name = f"reminder-{reminder.pk}-{of.translate(NO_SIGNS)}"
    return letter(work.assignee, subject, render_to_string("activities/reminder.txt", told), name=name)


# To devices -----------------------------------------------------------------------------------------------------------

PUSHED_AT_ONCE = 500
MINUTE = timedelta(minutes=1)


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="activities.ask_for_pushes")
def ask_for_pushes(timestamp: int) -> None:
    """Ask for what devices are to show within the next minute, each at its moment."""
    while _ask_for_pushes() == PUSHED_AT_ONCE:
        pass


@transaction.atomic
def _ask_for_pushes() -> int:
    found = awaiting_push(PUSHED_AT_ONCE, MINUTE)
    for one, where in found:
        for pk in where:
            push_reminder.configure(schedule_at=one.at, priority=AWAITED).defer(
                reminder_id=one.pk, of=one.at.isoformat(), device_id=pk
            )
    note_pushed([one for one, _where in found])
    return len(found)


@titled(gettext_lazy("Showing a reminder on a device"))
@job
def push_reminder(reminder_id: int, of: str, device_id: int) -> None:
    """Unless it was seen, snoozed or moved meanwhile. A second try takes the place of the first on the device."""
    reminder = _standing(reminder_id)
    device = PushDevice.objects.select_related("user", "session").filter(pk=device_id).first()
    if reminder is None or device is None or reminder.seen_at or reminder.at.isoformat() != of:
        return
    work = reminder.activity
    if device.user_id != work.assignee_id:
        return
    with translation.override(language_of(device.user)):
        below, address = f"{work.type} · {work.span}", reverse("activity", args=[work.pk])
        devices.push(device, devices.Message(str(work), below, address, f"reminder-{reminder.pk}"))


NO_SIGNS = str.maketrans("", "", ":+-.")
