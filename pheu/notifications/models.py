"""What somebody should hear of: one row for each person and event, read or not yet."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from pheu.notifications.queries import NotificationQuerySet
from pheu.records.models import Operation, Record
from pheu.timeline.models import Event


class Reason(models.TextChoices):
    """Why somebody is told; each person chooses for which of these the bell rings, and what comes by mail."""

    ASSIGNED = "assigned", _("A record is handed to me")
    RETURNED = "returned", _("A record is taken off me")
    MENTION = "mention", _("A note names me")
    WATCHED = "watched", _("A record that I own or follow changes its stage")
    WORK = "work", _("Somebody plans work for me, or moves it")
    ASKED = "asked", _("Somebody asks to see a record of mine")
    OVERDUE = "overdue", _("My work is overdue")
    MAIL = "mail", _("A customer writes, or an e-mail of mine does not arrive")


class Notification(models.Model):
    """One person is told of one event, whose sentence is made when it is read and by whom.

    Of the event it keeps what lists of these ask for, so that they read one table: its record and its operation.
    Of what stands on no record only those are told who may know of it, as whoever tells them says.
    Where it does not ring it waits for the day's mail only.
    """

    receiver = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    # Nothing holds on to events (design.md 6): they go with their record, and so does this.
    event = models.ForeignKey(Event, models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False)
    record = models.ForeignKey(Record, models.CASCADE, null=True, related_name="+")
    operation = models.ForeignKey(Operation, models.PROTECT, related_name="+", db_index=False)
    reason = models.CharField(max_length=10, choices=Reason.choices)
    made_at = models.DateTimeField(default=timezone.now, db_index=True)
    read_at = models.DateTimeField(null=True)
    rings = models.BooleanField(default=True)
    mailed_at = models.DateTimeField(null=True)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["receiver", "event"], name="notification_once")]
        indexes = [
            models.Index(fields=["receiver", "-operation"], name="notification_newest"),
            models.Index(
                fields=["receiver", "-operation"], name="notification_unread", condition=models.Q(read_at=None)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.receiver_id}: {self.event_id}"


class Choice(models.Model):
    """For which reasons somebody does not want the bell to ring, and for which they want a mail a day.

    Among `mailed` stand, beside reasons, the codes of what apps above add to that mail (`letters.DAILY`).

    Who has no row hears of all by the bell, and gets no mail.
    """

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="+")
    silent = models.JSONField(default=list)
    mailed = models.JSONField(default=list)
    # Of the mails: that of the pages is each browser's own.
    language = models.CharField(max_length=10, default="vi")
    # The day whose mail was asked for last, and the one whose mail told last of what is no news (`letters.Daily`).
    mailed_on = models.DateField(null=True)
    told_on = models.DateField(null=True)


class PushDevice(models.Model):
    """A browser that is told of reminders while no page is open there, in the session in which that was asked for.

    `endpoint` is where its push service is; `point` and `secret` are what seals for it (`webpush.Browser`).
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    session = models.ForeignKey("usersessions.UserSession", models.CASCADE, related_name="+")
    endpoint = models.CharField(max_length=1000, unique=True)
    point = models.BinaryField()
    secret = models.BinaryField()
    made_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.user_id}: {self.pk}"


class Reader(models.Model):
    """Somebody who looks at a record just now. Its table is unlogged: after a crash nobody looks at anything."""

    stays_with_its_record = True  # see `quality/repointing.py`
    record = models.ForeignKey(Record, models.CASCADE, related_name="+", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    seen_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["record", "user"], name="reader_once")]
