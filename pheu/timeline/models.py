"""What happened to a record: events, and the notes and files that people put on it."""

import uuid
from datetime import timedelta

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from pheu.core.loading import Loaded
from pheu.records.models import Operation, Record
from pheu.timeline.previews import PICTURES


class Event(Loaded):
    """One thing that happened, in the past tense. Append-only: the database refuses to change or remove one.

    `facts` are JSON values: ids with the names of that day. Written by a person, by the system, or by somebody from
    outside; as a part of an operation, and perhaps caused by another event.
    """

    stays_with_its_record = True  # see `quality/repointing.py`

    class Author(models.TextChoices):
        PERSON = "person", _("Person")
        SYSTEM = "system", _("System")
        OUTSIDER = "outsider", _("Somebody from outside")

    kind = models.CharField(max_length=50)
    # Without an index of its own: the newest-first one below begins with it.
    about = models.ForeignKey(Record, models.CASCADE, null=True, related_name="events", db_index=False)
    subject = models.CharField(max_length=200, blank=True)
    author = models.CharField(max_length=10, choices=Author.choices, default=Author.PERSON)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    outsider = models.CharField(max_length=300, blank=True)
    outsider_record = models.ForeignKey(Record, models.SET_NULL, null=True, related_name="+", db_index=False)
    via = models.CharField(max_length=20, default="page")
    at = models.DateTimeField(default=timezone.now)
    # Since when what this ended had lasted: the stay in the stage that was left.
    since = models.DateTimeField(null=True)
    operation = models.ForeignKey(Operation, models.PROTECT, related_name="events")
    # The id of the event that made this one happen, if one did. No key: nothing points at an event (design.md 6).
    cause = models.BigIntegerField(null=True)
    facts = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["about", "-at", "-id"], name="event_about_newest"),
            models.Index(fields=["-id"], name="event_of_no_record", condition=models.Q(about=None)),
            models.Index(
                fields=["subject", "-id"],
                name="event_of_subject",
                condition=models.Q(about=None) & ~models.Q(subject=""),
            ),
            models.Index(
                fields=["at"],
                include=["about", "since"],
                name="event_stays",
                condition=models.Q(since__isnull=False),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="event_has_one_author",
                condition=models.Q(author="person", by__isnull=False, outsider="")
                | models.Q(author="system", by=None, outsider="")
                | models.Q(author="outsider", by=None) & ~models.Q(outsider=""),
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.at:%Y-%m-%d %H:%M}"

    @property
    def changed_fields(self) -> set[str]:
        """Names of the fields that a change touched."""
        return {one["field"] for one in self.facts.get("changes", ())}

    @property
    def author_name(self) -> str:
        """What the author is called; empty for the system."""
        return self.outsider or str(self.by or "")


class Reacted(models.Model):
    """A reaction (`timeline/reacting.py`) has happened to an event. No key: nothing points at one (design.md 6)."""

    event = models.BigIntegerField()
    reaction = models.CharField(max_length=200)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["event", "reaction"], name="reacted_once")]

    def __str__(self) -> str:
        return f"{self.event}: {self.reaction}"


class Contribution(models.Model):
    """What a person puts on a record: theirs to correct for a while, or to withdraw. Its row stays."""

    CORRECTED_WITHIN = timedelta(hours=24)

    is_work = True  # who puts one on a record uses it: it is not taken back with what made it
    record = models.ForeignKey(Record, models.CASCADE, related_name="%(class)ss")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True


class Note(Contribution):
    """`edited_at` says that it reads otherwise than at first; the events of its edits keep what it said before.

    `mentions` are {"id", "name"} of the colleagues whom it names.
    """

    body = models.TextField(_("note"), max_length=20_000)
    edited_at = models.DateTimeField(null=True)
    mentions = models.JSONField(default=list)

    def __str__(self) -> str:
        return self.body[:80]


def stored_name(file: "File", name: str) -> str:
    """A name of our own on disk: what a visitor typed never becomes a path."""
    return f"{timezone.now():%Y/%m}/{uuid.uuid4().hex}"


class File(Contribution):
    """`media_type` is that of a file which a browser may show, found in its bytes; empty for others."""

    content = models.FileField(upload_to=stored_name)
    name = models.CharField(max_length=255)
    size = models.PositiveBigIntegerField()
    media_type = models.CharField(max_length=40, default="")

    class Meta:
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return self.name

    @property
    def is_picture(self) -> bool:
        return self.media_type in PICTURES


class Batch(models.Model):
    """One act on everything that a list had: `ids` in that order, of which `done` are worked off.

    `sent` is the dialog as it was sent, `words` says what becomes of the records. `left_out` says of how many records
    it was not done, by reason; `operations` are the portions that stand, `kept` counts records that taking back left
    as somebody has changed or used them since.
    """

    class State(models.TextChoices):
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        STOPPED = "stopped", _("Stopped")
        TAKING_BACK = "taking_back", _("Being taken back")
        TAKEN_BACK = "taken_back", _("Taken back")

    act = models.CharField(max_length=20)
    kind = models.CharField(max_length=20)
    ids = ArrayField(models.BigIntegerField())
    sent = models.TextField(blank=True)
    words = models.CharField(max_length=300, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=12, choices=State.choices, default=State.RUNNING)
    done = models.PositiveIntegerField(default=0)
    left_out = models.JSONField(default=dict)
    operations = ArrayField(models.BigIntegerField(), default=list)
    to_take_back = models.PositiveIntegerField(default=0)
    kept = models.PositiveIntegerField(default=0)
    problem = models.CharField(max_length=500, blank=True)

    def __str__(self) -> str:
        return f"{self.act} {self.kind} {self.at:%Y-%m-%d %H:%M}"

    @property
    def is_busy(self) -> bool:
        return self.state in (self.State.RUNNING, self.State.TAKING_BACK)

    @property
    def can_be_taken_back(self) -> bool:
        return self.state in (self.State.DONE, self.State.STOPPED) and bool(self.operations)

    @property
    def many(self) -> int:
        return len(self.ids)

    @property
    def many_left_out(self) -> int:
        return sum(self.left_out.values())

    @property
    def many_changed(self) -> int:
        return self.done - self.many_left_out

    @property
    def percent(self) -> int:
        """How much of it is worked off, or taken back."""
        if self.state == self.State.TAKING_BACK:
            return 100 - round(100 * len(self.operations) / max(self.to_take_back, 1))
        return round(100 * self.done / max(self.many, 1))
