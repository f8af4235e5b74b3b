from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pheu.activities.models import Reminder
from pheu.activities.reminding import awaiting_mail, note_mailed
from pheu.activities.series import fill_series, to_fill
from pheu.activities.services import TOLD_AT_ONCE, tell_overdue
from pheu.core.again import once_more
from pheu.core.jobs import app, job, titled
from pheu.notifications.letters import language_of, letter, site


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
        send_reminder.defer(reminder_id=one.pk, of=one.at.isoformat())
    note_mailed(found)
    return len(found)


@titled(gettext_lazy("Sending a reminder"))
@job
def send_reminder(reminder_id: int, of: str) -> None:
    """Unless the work is done or called off by now. A second try has the same name, and is shown once."""
    rows = Reminder.objects.select_related("activity__record", "activity__type", "activity__assignee")
    reminder = rows.filter(pk=reminder_id).first()
    if reminder is None or not reminder.activity.is_open or not reminder.activity.assignee.is_active:
        return
    with translation.override(language_of(reminder.activity.assignee)):
        _letter(reminder, of).send()


def _letter(reminder: Reminder, of: str) -> EmailMessage:
    work = reminder.activity
    subject = _("Reminder: %(work)s, %(span)s") % {"work": " ".join(str(work).split()), "span": work.span}
    told = {"work": work, "person": work.assignee, "url": site() + reverse("activity", args=[work.pk])}
    name = f"reminder-{reminder.pk}-{of.translate(NO_SIGNS)}"
    return letter(work.assignee, subject, render_to_string("activities/reminder.txt", told), name=name)


NO_SIGNS = str.maketrans("", "", ":+-.")
