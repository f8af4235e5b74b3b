"""Work to do at a time, on a record or on none: calls, meetings, mails, visits."""

from datetime import date

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from pheu.activities import repeating, spans
from pheu.activities.queries import ActivityQuerySet
from pheu.records.models import ListItem, Record

# «Danh mục» of a type (R3.15): kept as the icon that stands for it.
CATEGORIES = [
    ("phone", _("Call")), ("users", _("Meeting")), ("video", _("Online meeting")), ("mail", _("Email")),
    ("map-pin", _("Visit")), ("file-text", _("Document")), ("checkbox", _("Other work")),
]  # fmt: skip


class ActivityType(ListItem):
    """«Kiểu hoạt động» (R3.14-3.16). When one is done, work of `next_type` is planned `next_days` after that day."""

    icon = models.CharField(_("kind of work"), max_length=30, choices=CATEGORIES, default="checkbox")
    next_type = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("plan next")
    )
    next_days = models.PositiveSmallIntegerField(
        _("days after it is done"), null=True, blank=True, validators=[MaxValueValidator(366)]
    )

    @property
    def is_call(self) -> bool:
        """The icon is what tells a call from other work: its name is the company's own."""
        return self.icon == "phone"


class WorkPlan(ListItem):
    """«Kịch bản việc»: work that is planned at once on records of a kind. Its steps: see `plans.STEP`."""

    kind = models.CharField(_("on"), max_length=20)
    steps = models.JSONField(_("what to do"), default=list)

    class Meta(ListItem.Meta):
        abstract = False


class Series(models.Model):
    """«Lặp lại»: what is still to come of work that comes again, by an RRULE that counts from `begins_at`.

    `guests` are those of each time: [{"user": id} or {"address", "name"}, with "answer"]; a time may have others.

    Each time is an `Activity` of its own, made some weeks ahead, up to the day `made_to` (`recurring`).
    """

    record = models.ForeignKey(Record, models.CASCADE, null=True, related_name="series")
    rule = models.CharField(max_length=200)
    begins_at = models.DateTimeField()
    type = models.ForeignKey(ActivityType, models.PROTECT, related_name="+")
    title = models.CharField(max_length=300, blank=True)
    lasts = models.PositiveIntegerField(default=0)
    remind = models.JSONField(default=dict)  # {"minutes": [15], "by": ["popup"]}, or nothing
    assignee = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    made_to = models.DateField()
    skips = models.JSONField(default=list)  # days without it, as ISO dates
    is_over = models.BooleanField(default=False)
    stopped_on = models.DateField(null=True)  # somebody ended it, or it goes on as another: no time of it from then on
    guests = models.JSONField(default=list)

    class Meta:
        indexes = [models.Index(fields=["made_to"], name="series_to_fill", condition=models.Q(is_over=False))]

    def __str__(self) -> str:
        return repeating.show_rule(self.rule)

    @property
    def first(self) -> date:
        return timezone.localtime(self.begins_at).date()


class Activity(models.Model):
    """«Công việc»: one thing to do by someone, open until it is done or called off.

    Without a `record` it is theirs alone (ADR 30): read by its assignee, its maker and its guests, for others a time
    that is taken. Work of a series stands where its series does.
    """

    record = models.ForeignKey(Record, models.CASCADE, null=True, related_name="activities")
    type = models.ForeignKey(ActivityType, models.PROTECT, related_name="+", verbose_name=_("Type"))
    title = models.CharField(_("What to do"), max_length=300, blank=True)
    due_at = models.DateTimeField(_("When"))
    lasts = models.PositiveIntegerField(_("How long"), default=0)  # minutes: see `spans`
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="activities", verbose_name=_("Assigned to")
    )
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    result = models.TextField(_("Result"), blank=True, max_length=5000)
    # For which moment it was told that nobody had done it by then.
    overdue_told = models.DateTimeField(null=True, editable=False)
    called_off_at = models.DateTimeField(null=True, blank=True)
    # Of work that comes again: for which day it was made, and whether it was changed by itself since.
    series = models.ForeignKey(
        Series, models.CASCADE, null=True, editable=False, related_name="activities", db_index=False
    )
    occurs_on = models.DateField(null=True, editable=False)
    is_apart = models.BooleanField(default=False, editable=False)

    is_work = True
    objects = ActivityQuerySet.as_manager()

    class Meta:
        ordering = ["due_at", "pk"]
        constraints = [
            models.CheckConstraint(condition=models.Q(lasts__lte=spans.LONGEST), name="activity_lasts"),
            models.UniqueConstraint(
                fields=["series", "occurs_on"], name="activity_once", condition=models.Q(series__isnull=False)
            ),
        ]
        indexes = [
            models.Index(
                fields=["assignee", "due_at"],
                name="activity_my_day",
                condition=models.Q(done_at=None, called_off_at=None),
            ),
            models.Index(
                fields=["record", "due_at"], name="activity_next", condition=models.Q(done_at=None, called_off_at=None)
            ),
            models.Index(
                fields=["due_at"],
                name="activity_untold",
                condition=models.Q(done_at=None, called_off_at=None, overdue_told=None),
            ),
            # What was done in a week or a year: calendars of a few people, reports of all.
            models.Index(
                fields=["done_at"],
                include=["assignee", "done_by", "type", "record"],
                name="activity_done",
                condition=models.Q(done_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.title or str(self.type)

    @property
    def number(self) -> str:
        """That of its record; empty where it stands on none."""
        return self.record.number if self.record is not None else ""

    @property
    def span(self) -> str:
        return spans.show_span(self.due_at, self.lasts)

    @property
    def is_open(self) -> bool:
        return self.done_at is None and self.called_off_at is None

    @property
    def is_overdue(self) -> bool:
        return self.is_open and self.due_at < timezone.now()


class Reminder(models.Model):
    """«Nhắc hẹn» (R1.35): at `at` whoever has to do the work then is reminded, in the browser, by mail, or both.

    `minutes` before the work is due; `at` follows when it is moved, and is later once somebody asks to be told again.
    """

    activity = models.ForeignKey(Activity, models.CASCADE, related_name="reminders")
    minutes = models.PositiveIntegerField()
    by_popup = models.BooleanField()
    by_mail = models.BooleanField()
    at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True)
    mailed_at = models.DateTimeField(null=True)
    pushed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["activity", "minutes"], name="reminder_once")]
        indexes = [
            models.Index(fields=["at"], name="reminder_unseen", condition=models.Q(by_popup=True, seen_at=None)),
            models.Index(fields=["at"], name="reminder_unmailed", condition=models.Q(by_mail=True, mailed_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.activity_id}: {self.minutes}"


class Guest(models.Model):
    """«Khách mời»: who is asked to come, a colleague or somebody outside by their address, and what they said.

    `answered_at` is when: of an answer that came by mail, what that says of itself (DTSTAMP).
    """

    class Answer(models.TextChoices):
        NONE = "", _("Not answered yet")
        ACCEPTED = "accepted", _("Comes")
        DECLINED = "declined", _("Does not come")
        TENTATIVE = "tentative", _("May come")

    activity = models.ForeignKey(Activity, models.CASCADE, related_name="guests", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    address = models.EmailField(max_length=254, blank=True)  # in small letters
    name = models.CharField(max_length=200, blank=True)
    answer = models.CharField(max_length=10, choices=Answer.choices, blank=True)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                name="guest_is_one_of_two",
                condition=models.Q(user__isnull=False, address="") | models.Q(user=None) & ~models.Q(address=""),
            ),
            models.UniqueConstraint(fields=["activity", "user", "address"], name="guest_once", nulls_distinct=False),
        ]

    def __str__(self) -> str:
        return str(self.user) if self.user_id else self.name or self.address


class Invitation(models.Model):
    """What somebody outside was told last, by a letter with a calendar in it: see `inviting.bring_up`.

    No key to the work: it may be gone, undone, while it still stands in their calendar. `told` is as `letters.told_of`
    tells it, `sequence` rises with each letter, `uid` is the same for all who are invited to one piece of work.

    To all times of a series there is one without `work`; one with both is of a time that is otherwise, under its uid.
    """

    record = models.ForeignKey(Record, models.CASCADE, null=True, related_name="+")
    work = models.BigIntegerField(null=True)
    series = models.BigIntegerField(null=True)
    address = models.EmailField(max_length=254)
    name = models.CharField(max_length=200, blank=True)
    organizer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    uid = models.CharField(max_length=200)
    sequence = models.PositiveIntegerField(default=0)
    told = models.JSONField(default=dict)
    called_off = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["work", "series", "address"], name="invitation_once", nulls_distinct=False)
        ]
        indexes = [models.Index(fields=["uid"], name="invitation_uid")]

    def __str__(self) -> str:
        return f"{self.work}: {self.address}"


class CalendarFeed(models.Model):
    """That a person's work can be read as a calendar under a secret address, of which only a digest is kept."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.user)
