"""What happened to a record: events, and the notes and files that people put on it."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from pheu.records.models import Record


class Event(models.Model):
    """One thing that happened, in the past tense; append-only. `facts` holds ids and the names of that day."""

    kind = models.CharField(max_length=50)
    # Without an index of its own: the newest-first one below begins with it.
    about = models.ForeignKey(Record, models.CASCADE, null=True, related_name="events", db_index=False)
    subject = models.CharField(max_length=200, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    via = models.CharField(max_length=20, default="page")
    at = models.DateTimeField(default=timezone.now)
    facts = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["about", "-at", "-id"], name="event_about_newest")]

    def __str__(self) -> str:
        return f"{self.kind} {self.at:%Y-%m-%d %H:%M}"

    @property
    def changed_fields(self) -> set[str]:
        """Names of the fields that a change touched."""
        return {one["field"] for one in self.facts.get("changes", ())}


class Note(models.Model):
    record = models.ForeignKey(Record, models.CASCADE, related_name="notes")
    body = models.TextField(_("note"), max_length=20_000)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.body[:80]


def stored_name(file: "File", name: str) -> str:
    """A name of our own on disk: what a visitor typed never becomes a path."""
    return f"{timezone.now():%Y/%m}/{uuid.uuid4().hex}"


class File(models.Model):
    record = models.ForeignKey(Record, models.CASCADE, related_name="files")
    content = models.FileField(upload_to=stored_name)
    name = models.CharField(max_length=255)
    size = models.PositiveBigIntegerField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return self.name
