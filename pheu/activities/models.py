"""Work to do at a time, on a record: calls, meetings, mails, visits."""

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

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


class Activity(models.Model):
    """«Công việc»: one thing to do by someone, open until it is done or called off."""

    record = models.ForeignKey(Record, models.CASCADE, related_name="activities")
    type = models.ForeignKey(ActivityType, models.PROTECT, related_name="+", verbose_name=_("Type"))
    title = models.CharField(_("What to do"), max_length=300, blank=True)
    due_at = models.DateTimeField(_("When"))
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

    is_work = True
    objects = ActivityQuerySet.as_manager()

    class Meta:
        ordering = ["due_at", "pk"]
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
    def is_open(self) -> bool:
        return self.done_at is None and self.called_off_at is None

    @property
    def is_overdue(self) -> bool:
        return self.is_open and self.due_at < timezone.now()
