"""The directory of everything (`Record`), the base of every domain row (`Row`), and what all kinds share."""

from collections.abc import Iterable
from functools import cached_property
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from pheu.core.vietnamese.text import search_text, sort_key
from pheu.people.models import Department, Team
from pheu.records import kinds
from pheu.records.queries import PipelineQuerySet, RecordQuerySet, RowQuerySet


class Record(models.Model):
    """One slim row for each prospect, company, contact, lead, deal...: every engine points here and knows no domain.

    A domain row shares this primary key, so an id is unique across kinds and `/r/<id>/` opens anything.
    Owner, team, department, creator and the two moments are copied to the domain row; `Row.save_changed` and
    `writing.create_rows` are the only places that write both.
    """

    kind = models.CharField(max_length=20)
    number = models.CharField(max_length=20, unique=True)
    title = models.CharField(max_length=300)
    # Folded words, each after a space: LIKE '% word%' finds beginnings of words through the trigram index.
    search = models.TextField(default="")
    digits = models.TextField(default="", help_text="every phone as digits, national and international")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    team = models.ForeignKey(Team, models.PROTECT, null=True, related_name="+")
    department = models.ForeignKey(Department, models.PROTECT, null=True, related_name="+")
    version = models.PositiveIntegerField(default=1)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    next_activity_at = models.DateTimeField(null=True)
    continues = models.ForeignKey("self", models.PROTECT, null=True, related_name="continued_by")
    # Nearly every row is merged into nothing, and an index that says so of all of them only misleads the planner.
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, related_name="+", db_index=False)
    tags: "models.ManyToManyField[Tag, RecordTag]" = models.ManyToManyField(
        "Tag", through="RecordTag", related_name="records"
    )

    objects = RecordQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["-updated_at", "-id"], name="record_newest"),
            models.Index(fields=["owner", "-updated_at", "-id"], name="record_owner_newest"),
            models.Index(fields=["team", "-updated_at", "-id"], name="record_team_newest"),
            models.Index(fields=["merged_into"], name="record_merged", condition=models.Q(merged_into__isnull=False)),
            GinIndex(OpClass("search", name="gin_trgm_ops"), name="record_search"),
            GinIndex(OpClass("digits", name="gin_trgm_ops"), name="record_digits"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"

    def get_absolute_url(self) -> str:
        return kinds.get(self.kind).url_of(self.pk)

    @cached_property
    def past_ids(self) -> list[int]:
        """Ids whose past is this record's: itself, what it continues, and records merged into any of these."""
        ids, record = [self.pk], self
        while record.continues is not None:
            record = record.continues
            ids.append(record.pk)
        return ids + list(Record.objects.filter(merged_into__in=ids).values_list("pk", flat=True))


# What a change of a row writes to its Record; the next activity is written by activities alone.
WRITTEN = ("title", "search", "digits", "owner", "team", "department", "updated_at", "version", "merged_into")


class Row(models.Model):
    """A domain row: shares its key with its Record and carries copies of what lists sort and scopes filter by."""

    record = models.OneToOneField(Record, models.CASCADE, primary_key=True, related_name="+")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("Owner")
    )
    team = models.ForeignKey(
        Team, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("Sales team")
    )
    department = models.ForeignKey(
        Department, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("Department")
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("Creator")
    )
    created_at = models.DateTimeField(_("Created"), default=timezone.now)
    updated_at = models.DateTimeField(_("Updated"), default=timezone.now)
    title_key = models.BinaryField(default=b"", editable=False)

    objects: ClassVar[Any] = RowQuerySet.as_manager()
    kind: ClassVar[str]
    # For a row not saved yet: the Record whose past it goes on with.
    continues: Record | None = None
    copied: ClassVar[tuple[str, ...]] = (
        "owner_id",
        "team_id",
        "department_id",
        "created_by_id",
        "created_at",
        "updated_at",
    )

    class Meta:
        abstract = True
        base_manager_name = "objects"

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse(f"{self.kind}-page", args=[self.pk])

    @property
    def title(self) -> str:
        """What the row is called everywhere; the domain decides."""
        raise NotImplementedError(type(self))

    @property
    def number(self) -> str:
        return self.record.number

    @property
    def customer_name(self) -> str:
        return ""

    def words(self) -> Iterable[str]:
        """Texts by which a search finds this row, besides number and title."""
        return ()

    def phone_words(self) -> Iterable[str]:
        """Digits by which a search finds this row."""
        return ()

    def describe_record(self) -> Record:
        """Bring the Record's copies up to this row; the one place that lists them."""
        record = self.record
        record.title = self.title[:300]
        record.search = search_text(record.number, self.title, *self.words())
        record.digits = " ".join(digits for digits in self.phone_words() if digits)
        for name in self.copied:
            setattr(record, name, getattr(self, name))
        self.title_key = sort_key(self.title)
        return record

    def save_changed(self) -> None:
        """Save this row and its Record together, one version further."""
        self.updated_at = timezone.now()
        record = self.describe_record()
        record.version += 1
        record.save(update_fields=WRITTEN)
        self.save(force_update=True)


class Follower(models.Model):
    """Someone who reads a record that is not theirs. Lives here, because scope asks for it (docs/adr/0003)."""

    record = models.ForeignKey(Record, models.CASCADE, related_name="followers")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="following")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["record", "user"], name="follower_once")]
        indexes = [models.Index(fields=["user", "record"], name="follower_user")]


class ListItem(models.Model):
    """One entry of a list that an admin edits. Its name is one text in the company's language, not translated."""

    name = models.CharField(_("name"), max_length=100)
    colour = models.CharField(_("colour"), max_length=10, default="slate")
    position = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        abstract = True
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.name


class Label(ListItem):
    """«Nhãn»: one coloured word (D15)."""


class Tag(ListItem):
    """«Từ khóa»: any number of them on a record (D15)."""

    class Meta(ListItem.Meta):
        abstract = False
        constraints = [models.UniqueConstraint(fields=["name"], name="tag_name_once")]


class RecordTag(models.Model):
    record = models.ForeignKey(Record, models.CASCADE)
    tag = models.ForeignKey(Tag, models.CASCADE)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["record", "tag"], name="record_tag_once")]


class Pipeline(models.Model):
    """«Tiến trình»: ordered stages for one kind (D10)."""

    kind = models.CharField(max_length=20)
    name = models.CharField(_("name"), max_length=100)
    is_default = models.BooleanField(default=False)
    position = models.PositiveSmallIntegerField(default=0)

    objects = PipelineQuerySet.as_manager()

    class Meta:
        ordering = ["kind", "position", "pk"]

    def __str__(self) -> str:
        return self.name

    @property
    def first_stage(self) -> "Stage":
        return self.stages.all()[0]


class Category(models.TextChoices):
    """What the system understands of a stage, whatever the company calls it (D10)."""

    NEW = "new", _("New")
    WORKING = "working", _("Working")
    CONVERTED = "converted", _("Converted")
    OPEN = "open", _("Open")
    WON = "won", _("Won")
    LOST = "lost", _("Lost")
    UNQUALIFIED = "unqualified", _("Unqualified")


CLOSED = (Category.CONVERTED, Category.WON, Category.LOST, Category.UNQUALIFIED)


class Stage(models.Model):
    pipeline = models.ForeignKey(Pipeline, models.CASCADE, related_name="stages")
    name = models.CharField(_("name"), max_length=100)
    category = models.CharField(_("category"), max_length=20, choices=Category.choices)
    position = models.PositiveSmallIntegerField(default=0)
    purpose = models.CharField(_("purpose"), max_length=200, blank=True)
    sets_probability = models.BooleanField(_("change probability automatically"), default=False)
    probability = models.PositiveSmallIntegerField(_("probability"), default=0)
    is_folded = models.BooleanField(_("folded in pipeline"), default=False)

    class Meta:
        ordering = ["pipeline", "position", "pk"]
        constraints = [
            models.CheckConstraint(condition=models.Q(probability__lte=100), name="stage_probability_percent"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_closing(self) -> bool:
        return self.category in CLOSED

    @property
    def tone(self) -> str:
        """The tint of its pill."""
        return TONES[Category(self.category)]


TONES = {
    Category.NEW: "blue", Category.WORKING: "amber", Category.CONVERTED: "jade", Category.OPEN: "blue",
    Category.WON: "jade", Category.LOST: "red", Category.UNQUALIFIED: "slate",
}  # fmt: skip


class ClosingReason(ListItem):
    """Why a record of `kind` ended in `category`: each failure has its own list (D9)."""

    kind = models.CharField(max_length=20)
    category = models.CharField(max_length=20, choices=Category.choices)


def id_and_name(thing: models.Model | None) -> dict[str, Any] | None:
    """How an event keeps something named: its id and the name of that day."""
    return None if thing is None else {"id": thing.pk, "name": str(thing)}
