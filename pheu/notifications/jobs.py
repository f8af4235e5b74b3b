"""What was told long ago goes; and once a day somebody hears by mail of what they have not read, and of their day."""

from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.db.models import Max
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy, ngettext

from pheu.core import shape
from pheu.core.jobs import app, job, titled
from pheu.notifications.letters import DAILY, Section, letter, site
from pheu.notifications.models import Choice, Notification, Reason
from pheu.notifications.presence import forget_gone
from pheu.notifications.reading import PAGE, Line, lines_among
from pheu.notifications.services import awaiting_mail, forget_old, take_for_mail
from pheu.people.models import User
from pheu.people.profile import hours_of


@app.periodic(cron="20 3 * * *")
@app.task(queueing_lock="notifications.forget_old")
def forget_old_notifications(timestamp: int) -> None:
    """What was told half a year ago goes."""
    while forget_old():
        pass


@app.periodic(cron="*/10 * * * *")
@app.task(queueing_lock="notifications.forget_readers")
def forget_readers(timestamp: int) -> None:
    """Those who left without a word."""
    forget_gone()


# The mail of the day --------------------------------------------------------------------------------------------------


@app.periodic(cron="*/5 * * * *")
@app.task(queueing_lock="notifications.ask_for_mails")
def ask_for_mails(timestamp: int) -> None:
    """On a day of work, from the hour at which the company begins."""
    shape.see(None)  # the hours as they are today
    now = timezone.localtime()
    hours = hours_of(now.date())
    if hours and now.time() >= hours[0][0]:
        _ask()


@transaction.atomic
def _ask() -> None:
    """The day is noted together with the job: a worker that dies leaves both or neither."""
    today = timezone.localdate()
    newest = Notification.objects.aggregate(newest=Max("pk"))["newest"] or 0
    for one in awaiting_mail(today):
        send_mail_of_day.defer(user_id=one.pk, up_to=newest, day=today.isoformat())
        one.mailed_on = today
        one.save(update_fields=["mailed_on"])


@titled(gettext_lazy("Sending what was not read yet"))
@job
@transaction.atomic
def send_mail_of_day(user_id: int, up_to: int, day: str = "") -> None:
    """What goes out is noted as mailed in the same transaction: a second try finds nothing left to send.

    `day`: that of which it was asked, ISO; what is to be done on another day than today is not told any more.
    """
    choice = Choice.objects.select_for_update().filter(user=user_id).first()
    user = User.objects.active().with_rights().filter(pk=user_id).first()
    if choice is None or user is None:
        return
    with translation.override(choice.language):
        sections, covered = _of_the_day(choice, user, day)
        ids = take_for_mail(user, choice.mailed, up_to=up_to, unsaid=covered)
        if ids or sections:
            _letter(user, ids, sections, f"news-{user.pk}-{up_to}{'-' * bool(day)}{day.replace('-', '')}").send()


def _of_the_day(choice: Choice, user: User, day: str) -> tuple[list[Section], list[Reason]]:
    """What apps add to the mail of this day, once; and the reasons of news that are said by that."""
    chosen = [one for code, one in DAILY.items() if code in choice.mailed]
    today = timezone.localdate()
    covered = [one.covers for one in chosen if one.covers is not None]
    if not chosen or day != today.isoformat() or choice.told_on == today:
        return [], covered
    choice.told_on = today
    choice.save(update_fields=["told_on"])
    return [section for one in chosen for section in one.gather(user)], covered


def _letter(user: User, ids: list[int], sections: list[Section], name: str) -> EmailMultiAlternatives:
    found = lines_among(ids, user) if ids else []
    home = site()
    context = {
        "person": user,
        "sections": sections,
        "news": [(line, home + _address_of(line)) for line in found[:PAGE]],
        "has_more": len(found) > PAGE,
        "all_url": home + reverse("notifications"),
        "choices_url": home + reverse("account"),
    }
    news = ngettext("%(many)s piece of news in Phễu", "%(many)s pieces of news in Phễu", len(ids)) % {"many": len(ids)}
    subject = ", ".join([*(one.counted for one in sections), *[news] * bool(ids)])
    made = letter(user, subject, render_to_string("notifications/mail.txt", context), name=name)
    made.attach_alternative(render_to_string("notifications/mail.html", context), "text/html")
    return made


def _address_of(line: Line) -> str:
    """The record; of several at once the page that lists them."""
    if line.others:
        return f"{reverse('notifications')}?of={line.row.operation_id}"
    return line.kind.url(line.event) or reverse("notifications")
