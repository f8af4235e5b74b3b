"""The directory of everything (`Record`), the base of every domain row (`Row`), and what all kinds share."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from pheu.core.errors import DomainError
from pheu.core.loading import Loaded
from pheu.core.vietnamese.text import marked_text, search_text, sort_key
from pheu.people.models import Department, Team
from pheu.records import kinds
from pheu.records.queries import (
    Past,
    PipelineQuerySet,
    RecordQuerySet,
    RowQuerySet,
    SavedViewQuerySet,
    StageQuerySet,
)
from pheu.records.sections import joined
from pheu.records.shipped import shown


class Operation(models.Model):
    """One act or job: what its events belong to, and under which the journal keeps what it changed.

    `act` is the name of the function that a person's click, an import or another program called. `about` is the
    record that it was mainly about, where there is one. One that was undone and done again is told in the journal of
    `redone_by`, which is what undoing it once more reads.
    """

    stays_with_its_record = True  # it tells what was: see `quality/repointing.py`
    act = models.CharField(max_length=60)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    via = models.CharField(max_length=20, default="page")
    at = models.DateTimeField(default=timezone.now, db_index=True)
    about = models.ForeignKey("Record", models.SET_NULL, null=True, related_name="+", db_constraint=False)
    undone_by = models.OneToOneField("self", models.SET_NULL, null=True, related_name="undoes")
    redone_by = models.ForeignKey("self", models.SET_NULL, null=True, related_name="+")

    def __str__(self) -> str:
        return f"{self.act} {self.at:%Y-%m-%d %H:%M}"

    @property
    def standing(self) -> "Operation":
        """Whose journal tells what is in effect of it."""
        return self.redone_by or self


class JournalEntry(models.Model):
    """What an operation changed of one row of one table: only the columns that changed, as JSON.

    `before` is null for a row that was made, `after` for one that was taken away. Written by the doors of
    `records/writing.py`, read by undo, pruned by age.
    """

    operation = models.ForeignKey(Operation, models.CASCADE, related_name="entries")
    table = models.CharField(max_length=60)
    key = models.BigIntegerField()
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)

    class Meta:
        indexes = [models.Index(fields=["table", "key"], name="journal_of_row")]

    def __str__(self) -> str:
        return f"{self.table} {self.key}"


class Record(Loaded):
    """One slim row for each prospect, company, contact, lead, deal...: every engine points here and knows no domain.

    A domain row shares this primary key, so an id is unique across kinds and `/r/<id>/` opens anything.
    What lists sort and scopes filter by is copied to the domain row; the doors of `records/writing.py` are the only
    places that write both.
    """

    class State(models.TextChoices):
        LIVE = "live", _("In use")
        ARCHIVED = "archived", _("Archived")
        MERGED = "merged", _("Merged into another")
        UNDONE = "undone", _("Taken back")

    kind = models.CharField(max_length=20)
    number = models.CharField(max_length=20)
    title = models.CharField(max_length=300)
    # Folded words, each after a space: LIKE '% word%' finds beginnings of words through the trigram index.
    search = models.TextField(default="")
    digits = models.TextField(default="", help_text="every phone as digits, national and international")
    # By which records of the same customer are found (`records/alike.py`); null until somebody has looked.
    keys = ArrayField(models.TextField(), null=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    team = models.ForeignKey(Team, models.PROTECT, null=True, related_name="+", db_index=False)
    department = models.ForeignKey(Department, models.PROTECT, null=True, related_name="+")
    version = models.PositiveIntegerField(default=1)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    next_activity_at = models.DateTimeField(null=True)
    continues = models.ForeignKey("self", models.PROTECT, null=True, related_name="continued_by", db_index=False)
    state = models.CharField(max_length=10, choices=State.choices, default=State.LIVE)
    # Nearly every row is merged into nothing, and an index that says so of all of them only misleads the planner.
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, related_name="+", db_index=False)
    archived_at = models.DateTimeField(null=True)
    archived_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    tags: "models.ManyToManyField[Tag, RecordTag]" = models.ManyToManyField(
        "Tag", through="RecordTag", related_name="records"
    )

    # Of one that is being made: a rule has said whose it is, which an event of its own tells.
    comes_by_rule = False

    objects = RecordQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["-updated_at", "-id"], name="record_newest"),
            models.Index(fields=["owner", "-updated_at", "-id"], name="record_owner_newest"),
            models.Index(fields=["team", "-updated_at", "-id"], name="record_team_newest"),
            models.Index(fields=["merged_into"], name="record_merged", condition=models.Q(merged_into__isnull=False)),
            models.Index(fields=["continues"], name="record_continues", condition=models.Q(continues__isnull=False)),
            models.Index(
                fields=["-archived_at", "-id"], name="record_archived", condition=models.Q(archived_at__isnull=False)
            ),
            GinIndex(OpClass("search", name="gin_trgm_ops"), name="record_search"),
            GinIndex(OpClass("digits", name="gin_trgm_ops"), name="record_digits"),
            GinIndex(fields=["keys"], name="record_keys", fastupdate=False),
            models.Index(fields=["id"], name="record_without_keys", condition=models.Q(keys=None)),
        ]
        # Not `unique`, which brings a second index for beginnings that nobody looks for.
        constraints = [models.UniqueConstraint(fields=["number"], name="record_number")]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"

    def get_absolute_url(self) -> str:
        return kinds.get(self.kind).url_of(self.pk)

    @property
    def is_live(self) -> bool:
        """In lists and counts; archived, merged and undone records can only be looked up."""
        return self.state == self.State.LIVE

    @property
    def is_archived(self) -> bool:
        return self.state == self.State.ARCHIVED

    @cached_property
    def past_ids(self) -> list[int]:
        """Ids whose past is this record's: itself, what it continues, what was merged into any of these, and so on."""
        return list(Record.objects.filter(pk=self.pk).values_list(Past("pk"), flat=True)[0])

    @property
    def survivor(self) -> "Record":
        """Where this record lives on: the end of the chain of merges, or what an undone one had continued."""
        record = self
        for _step in range(100):
            on = record.merged_into if record.state == self.State.MERGED else None
            if record.state == self.State.UNDONE:
                on = record.continues
            if on is None:
                return record
            record = on
        return record


# What a change of a row writes to its Record; the next activity is written by activities alone.
WRITTEN = (
    "title", "search", "digits", "keys", "owner", "team", "department", "updated_at", "version", "state", "merged_into",
    "archived_at", "archived_by", "created_at",
)  # fmt: skip


class Row(Loaded):
    """A domain row: shares its key with its Record and carries copies of what lists sort and scopes filter by.

    The Record's own columns are held against the tables that they name; to look there for each copy as well would be a
    twentieth of what a new row costs.
    """

    record = models.OneToOneField(Record, models.CASCADE, primary_key=True, related_name="+")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        db_constraint=False,
        verbose_name=_("Owner"),
    )
    team = models.ForeignKey(
        Team,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        db_constraint=False,
        verbose_name=_("Sales team"),
    )
    department = models.ForeignKey(
        Department,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        db_constraint=False,
        verbose_name=_("Department"),
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        db_constraint=False,
        verbose_name=_("Creator"),
    )
    created_at = models.DateTimeField(_("Created"), default=timezone.now)
    updated_at = models.DateTimeField(_("Updated"), default=timezone.now)
    title_key = models.BinaryField(default=b"", editable=False)
    # Copies of the Record, so that lists of a million rows read one table.
    is_live = models.BooleanField(default=True, editable=False)
    next_activity_at = models.DateTimeField(null=True, editable=False)
    # Values of a company's own fields by their name: see `records/fields`, `own`.
    own = models.JSONField(default=dict, blank=True, editable=False)

    objects: ClassVar[Any] = RowQuerySet.as_manager()
    kind: ClassVar[str]
    # For a row not saved yet: the Record whose past it goes on with.
    continues: Record | None = None
    # Which column says since when, or from when on, an open row is overdue.
    late_column: ClassVar[str] = "next_activity_at"
    copied: ClassVar[tuple[str, ...]] = (
        "owner_id",
        "team_id",
        "department_id",
        "created_by_id",
        "created_at",
        "updated_at",
        "next_activity_at",
    )

    class Meta:
        abstract = True
        base_manager_name = "objects"

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse(f"{self.kind}-page", args=[self.pk])

    # -- what every engine may ask of a row, whatever its kind -----------------------------------------------------

    @property
    def title(self) -> str:
        """What the row is called everywhere: the first filled field of the schema's `title`."""
        return kinds.get(self.kind).schema.title_of(self)

    @property
    def number(self) -> str:
        return self.record.number

    # Whom it is about, as far as whoever looks may know it; said by pages (`Schema.customer_of`).
    customer_name: str = ""

    @property
    def amount(self) -> Any:
        """What it is worth in đồng, where the schema says by which field; boards add it up."""
        name = kinds.get(self.kind).schema.amount
        return getattr(self, name) if name else None

    @property
    def label(self) -> Any:
        """Its coloured word; kinds with labels have a column of this name."""
        return None

    @property
    def is_closed(self) -> bool:
        return False

    @property
    def should_go_on(self) -> bool:
        """Whether something should always be planned on it."""
        return False

    @property
    def goes_on_in(self) -> Record | None:
        """The Record in which work on this row goes on: that of the lead made of it, or the deal."""
        return None

    # Columns that `is_over` asks for besides the stage.
    is_over_by: ClassVar[tuple[str, ...]] = ()

    @property
    def is_over(self) -> bool:
        """Closed, or work goes on elsewhere: nobody takes it on any more."""
        return self.is_closed or self.goes_on_in is not None

    @classmethod
    def put_back(cls, column: str, was: Any) -> Any:
        """What a column gets when undoing gives it back the value that it had."""
        return was

    def derive(self) -> None:
        """Fill columns that follow from others; called before the row is written."""

    def describe_record(self) -> Record:
        """Bring the Record's copies up to this row, and this row's up to the Record; the one place that lists them."""
        self.derive()
        record, schema = self.record, kinds.get(self.kind).schema
        title = schema.title_of(self)
        record.title = title[:300]
        called = search_text(record.number, title) + marked_text(title)
        record.search = joined(schema.words_of(self), called)
        record.digits = joined(schema.digits_of(self))
        record.keys = schema.keys_of(self)
        self.title_key = self.make_title_key(title)
        return self.place_record()

    def place_record(self) -> Record:
        """The same without what the row is called and found by."""
        record = self.record
        for name in self.copied:
            if getattr(record, name) != (value := getattr(self, name)):
                setattr(record, name, value)
        self.is_live = record.is_live
        return record

    def make_title_key(self, title: str) -> bytes:
        return sort_key(title)


# What scopes ask of a row: a filter beside them reads an index alone, even where it must go far for few rows.
PLACES = ("owner", "team", "department", "created_by")


def list_indexes(
    table: str,
    *columns: str,
    filters: tuple[str, ...] = (),
    rare: tuple[str, ...] = (),
    beside: tuple[str, ...] = (),
) -> list[models.Index]:
    """What lists of `table` are read along: every sort column, the newest of each filter, and the newest of an owner, a
    team, a department, and of what is nobody's. Both directions are one index, read forwards or backwards.

    What an order ends with are the columns by which people see rows: they are compared in the index itself, and of what
    somebody may not see no row is read (ADR 28). `rare` are filters of which few rows have a value: the others are in
    no index of it. `beside` are further columns that the indexes of the newest hold.
    """
    live = models.Q(is_live=True)
    indexes = [
        models.Index(fields=[column, "record", *PLACES], name=f"{table}_{column}"[:30].rstrip("_"), condition=live)
        for column in columns
    ]
    indexes.append(models.Index(fields=["updated_at", "record", *PLACES], name=f"{table}_newest", condition=live))
    for place in ("owner", "team", "department"):
        fields, held = [place, "updated_at", "record"], [one for one in (*PLACES, *beside) if one != place]
        indexes.append(models.Index(fields=fields, include=held, name=f"{table}_{place}_newest", condition=live))
    for column in (*filters, *rare):
        fields, name = [column, "updated_at", "record", *PLACES], f"{table}_by_{column}"[:30]
        there = live & ~models.Q(**{column: ""}) if column in rare else live
        indexes.append(models.Index(fields=list(dict.fromkeys(fields)), name=name, condition=there))
    for place, nobodys in (("team", live), ("department", live & models.Q(team=None))):
        fields, name = [place, "updated_at", "record"], f"{table}_{place}_nobodys"
        indexes.append(models.Index(fields=fields, name=name, condition=nobodys & models.Q(owner=None)))
    return indexes


class Worked(models.Model):
    """What rows have that people call through one by one: when somebody last worked on one; null: nobody yet.

    The database writes it, for every event that tells of a person's work (`writing.IS_WORK`).
    """

    worked_at = models.DateTimeField(_("Last worked on"), null=True, editable=False)

    class Meta:
        abstract = True


def work_indexes(table: str) -> list[models.Index]:
    """What the records of one owner, and what nobody of a team or department has, are called through along."""
    free, live = models.Q(owner=None), models.Q(is_live=True)
    of = {"owner": live, "team": live & free, "department": live & free & models.Q(team=None)}
    return [
        models.Index(fields=[place, "worked_at", "record"], name=f"{table}_{place}_worked", condition=condition)
        for place, condition in of.items()
    ]


def stage_indexes(table: str, *worth: str) -> list[models.Index]:
    """What boards are read along: cards of a stage newest first, those that are overdue and those that stand still,
    with what their heads add up (`worth`)."""
    live = models.Q(is_live=True)
    return [
        models.Index(fields=["stage", "record", *PLACES], name=f"{table}_cards", condition=live),
        # Boards by person: where nothing of somebody's is seen, the newest of all would be walked to the end.
        models.Index(fields=["owner", "record", *PLACES[1:]], name=f"{table}_owner_cards", condition=live),
        models.Index(
            fields=["late_at", "stage"],
            include=[*PLACES, *worth, "record", "next_activity_at"],
            name=f"{table}_overdue",
            condition=models.Q(is_live=True, closed_at=None),
        ),
        models.Index(
            fields=["stage_entered_at", "record"],
            include=[*PLACES, "stage", *worth, "next_activity_at"],
            name=f"{table}_still",
            condition=models.Q(is_live=True, closed_at=None),
        ),
    ]


class Staged(Row):
    """A row that walks a pipeline: where it stands, since when, and how it ended (D10)."""

    # Lists of what a company chooses from are short, and rows are found by them along `list_indexes`.
    stage = models.ForeignKey(
        "records.Stage", models.PROTECT, related_name="+", db_index=False, verbose_name=_("Stage")
    )
    stage_entered_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    reason = models.ForeignKey(
        "records.ClosingReason", models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    reason_note = models.CharField(max_length=500, blank=True)
    # Where the row stood when it was closed, so that reopening puts it back there.
    open_stage = models.ForeignKey(
        "records.Stage", models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )

    # Fields that may change as it enters another stage.
    follow_its_stage: ClassVar[tuple[str, ...]] = ("reason",)

    class Meta(Row.Meta):
        abstract = True

    @property
    def status(self) -> str:
        return self.stage.category

    @property
    def is_closed(self) -> bool:
        return self.stage.is_closing

    @property
    def should_go_on(self) -> bool:
        return not self.is_closed

    @property
    def is_overdue(self) -> bool:
        late = getattr(self, self.late_column)
        return not self.is_closed and late is not None and late < timezone.now()

    # Stages to which whoever looks may not move it, by their ids; said by pages (`gates.mark_barred`).
    barred: frozenset[int] = frozenset()

    @property
    def is_rotting(self) -> bool:
        """«Để lâu»: open, and longer in its stage than the company wants."""
        most = self.stage.rots_after
        return most is not None and not self.is_closed and timezone.now() - self.stage_entered_at > timedelta(days=most)

    @property
    def days_in_stage(self) -> int:
        return (timezone.now() - self.stage_entered_at).days

    def enter(self, stage: "Stage", *, by: Any, reason: "ClosingReason | None" = None, reason_note: str = "") -> None:
        """Stand in `stage` of the row's own pipeline; a closing stage closes it, any other opens it again.

        A failed end needs a reason of its own list (D9). The one place where a row changes its stage: gates and what
        a stage sets come here (`entering`).
        """
        if stage.pipeline_id != self.stage.pipeline_id:
            raise DomainError(_("That stage belongs to another pipeline."))
        if stage.needs_reason and (reason is None or (reason.kind, reason.category) != (self.kind, stage.category)):
            raise DomainError(_("Choose a reason."))
        if stage.is_closing and not self.is_closed:
            self.open_stage = self.stage
        self._stand_in(stage)
        self.closed_at, self.closed_by = (timezone.now(), by) if stage.is_closing else (None, None)
        self.reason, self.reason_note = (reason, reason_note) if stage.needs_reason else (None, "")

    def enter_pipeline(self, stage: "Stage") -> None:
        """Stand in an open stage of another pipeline."""
        self.open_stage = None
        self._stand_in_open(stage)

    def begin(self, pipeline: "Pipeline") -> None:
        """A new row stands in the first stage of its pipeline."""
        self._stand_in(pipeline.first_stage)

    def begin_in(self, stage: "Stage") -> None:
        """A new row stands in an open stage of its kind: that of the column in which it was made."""
        if stage.pipeline.kind != self.kind:
            raise DomainError(_("That stage belongs to another pipeline."))
        self._stand_in_open(stage)

    @classmethod
    def put_back(cls, column: str, was: Any) -> Any:
        """A stage that was taken out meanwhile leads to where its records went."""
        if column in ("stage_id", "open_stage_id") and was is not None:
            return Stage.every.get(pk=was).standing.pk
        return super().put_back(column, was)

    def follow_stage(self, stage: "Stage") -> None:
        """Stand in another stage because the company has rearranged its stages; how an end came about stays."""
        if stage.pipeline_id != self.stage.pipeline_id:
            self.open_stage = None
        if stage.is_closing:
            self.stage = stage
        else:
            self._stand_in(stage)

    def _stand_in_open(self, stage: "Stage") -> None:
        if stage.is_closing:
            raise DomainError(_("Choose an open stage."))
        self._stand_in(stage)

    def _stand_in(self, stage: "Stage") -> None:
        self.relate("stage", stage)
        self.stage_entered_at = timezone.now()
        self.entering(stage)

    def entering(self, stage: "Stage") -> None:
        """What standing in a stage changes of the row; a kind adds to it."""

    @property
    def resumes_in(self) -> "Stage":
        """Where a closed row goes on when it is reopened: where it stood."""
        return self.open_stage.standing if self.open_stage else self.stage.pipeline.first_stage

    def may_leave_for(self, stage: "Stage") -> None:
        """`DomainError` where this end is no stage to move to or from: a converted lead comes back by undoing."""

    def held_with(self) -> Iterable[int | None]:
        """Ids of Records that a move may change as well: the company that a won deal makes a customer."""
        return ()


class Follower(models.Model):
    """Someone who reads a record that is not theirs. Lives here, because scope asks for it (docs/adr/0003)."""

    record = models.ForeignKey(Record, models.CASCADE, related_name="followers")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="following")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["record", "user"], name="follower_once")]
        indexes = [models.Index(fields=["user", "record"], name="follower_user")]


class ListItem(Loaded):
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


class CustomField(models.Model):
    """«Trường động»: a field that the company has added to one kind (R4.22-4.28). `records.custom` makes a Field of it.

    `key` names it in the row's `own` and never changes. `settings` holds what its type asks for: options
    [{value, label, tone, is_active, under}], least, most, places, unit, parent. `shown_when` is [field, [values]];
    `rights` is [{to: role, department or person, id, how: hidden, read or edit}]. Out of use it keeps what was typed.
    """

    kind = models.CharField(_("record type"), max_length=20)
    key = models.CharField(max_length=60)
    type = models.CharField(_("data type"), max_length=20)
    label = models.CharField(_("name"), max_length=100)
    hint = models.CharField(_("hint"), max_length=300, blank=True)
    group = models.CharField(_("group"), max_length=60)
    is_required = models.BooleanField(_("required"), default=False)
    is_unique = models.BooleanField(_("no two alike"), default=False)
    is_needed = models.BooleanField(_("needed before the conversion"), default=False)
    is_filterable = models.BooleanField(_("filter and sort by it"), default=False)
    in_list = models.BooleanField(_("column in lists"), default=False)
    on_card = models.BooleanField(_("on cards of the board"), default=False)
    is_active = models.BooleanField(_("in use"), default=True)
    default = models.JSONField(_("begins with"), null=True, blank=True)
    settings = models.JSONField(_("details"), default=dict, blank=True)
    shown_when = models.JSONField(_("only shown when"), null=True, blank=True)
    rights = models.JSONField(_("rights"), default=list, blank=True)
    comes_from = models.CharField(_("taken over from the lead's"), max_length=60, blank=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["kind", "position", "pk"]
        constraints = [models.UniqueConstraint(fields=["kind", "key"], name="custom_field_key_once")]

    def __str__(self) -> str:
        return self.label


class FieldGroup(models.Model):
    """A heading of the company's own over fields of one kind, perhaps only shown for some choices."""

    kind = models.CharField(max_length=20)
    label = models.CharField(_("name"), max_length=100)
    shown_when = models.JSONField(_("only shown when"), null=True, blank=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["kind", "position", "pk"]

    def __str__(self) -> str:
        return self.label

    @property
    def name(self) -> str:
        """How fields and layouts name it; the groups of the product have words."""
        return f"g{self.pk}"


class Layout(models.Model):
    """«Bố cục»: the order of groups and their fields on the pages of one kind: [[group, [fields]]]."""

    kind = models.CharField(max_length=20, unique=True)
    groups = models.JSONField(default=list)

    def __str__(self) -> str:
        return self.kind


class SavedView(models.Model):
    """«Chế độ xem»: a condition and an order of one kind's list that somebody keeps, for themselves or others too.

    `where` is as `records.conditions` reads it, `sort`, `columns` and `group` as an address names them; `board`, where
    it was kept from one, as the address of a board does: {"by": "source", "lanes": "owner"}. It is shared with
    everybody, or with the people of these roles, of these departments and below, or teams. Taken away it waits for
    «Hoàn tác».
    """

    kind = models.CharField(max_length=20)
    name = models.CharField(_("name"), max_length=60)
    where = models.JSONField(default=dict)
    sort = models.CharField(max_length=300, blank=True)
    columns = models.TextField(blank=True)
    group = models.CharField(max_length=60, blank=True)
    board = models.JSONField(default=dict)
    owner = models.ForeignKey("people.User", on_delete=models.CASCADE, related_name="views")
    for_all = models.BooleanField(default=False)
    roles = ArrayField(models.BigIntegerField(), default=list)
    departments = ArrayField(models.BigIntegerField(), default=list)
    teams = ArrayField(models.BigIntegerField(), default=list)
    is_active = models.BooleanField(default=True)

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        indexes = [models.Index(fields=["kind", "owner"], name="saved_view_of_kind")]

    def __str__(self) -> str:
        return self.name

    @property
    def shared(self) -> str:
        """With whom, as the form names it."""
        ways = {"all": self.for_all, "role": self.roles, "department": self.departments, "team": self.teams}
        return next((way for way, is_so in ways.items() if is_so), "me")

    @property
    def is_of_all(self) -> bool:
        """Whether it is the company's, and not only of whoever keeps it: shared across departments and teams."""
        return self.for_all or bool(self.roles)


class Pipeline(models.Model):
    """«Tiến trình»: ordered stages for one kind (D10)."""

    kind = models.CharField(max_length=20)
    name = models.CharField(_("name"), max_length=100)
    is_default = models.BooleanField(_("usual one"), default=False)
    position = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField(_("active"), default=True)

    objects = PipelineQuerySet.as_manager()

    class Meta:
        ordering = ["kind", "position", "pk"]

    def __str__(self) -> str:
        return self.name

    @property
    def first_stage(self) -> "Stage":
        return next(one for one in self.stages.all() if not one.is_leaving)

    def stage_for(self, category: str) -> "Stage":
        """The first stage of a category, for acts that name an end and not a stage; says so where there is none."""
        there = (stage for stage in self.stages.all() if not stage.is_leaving)
        found = next((stage for stage in there if stage.category == category), None)
        if found is None:
            names = {"pipeline": self.name, "category": Category(category).label}
            raise DomainError(_("The pipeline “%(pipeline)s” has no stage of the kind “%(category)s”."), **names)
        return found


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
FAILED = (Category.LOST, Category.UNQUALIFIED)
OPEN = tuple(one for one in Category if one not in CLOSED)


class StageManager(models.Manager.from_queryset(StageQuerySet)):  # type: ignore[misc]
    """Stages that stand; `Stage.every` has those that were taken out too."""

    def get_queryset(self) -> StageQuerySet:
        return super().get_queryset().filter(gone_to=None)


class Stage(Loaded):
    """«Giai đoạn»: a step of a pipeline.

    One that a company takes out keeps its row, which history and undoing still name, and says where its records went
    (`gone_to`). Questions leave it out: they go through `objects`.
    """

    pipeline = models.ForeignKey(Pipeline, models.CASCADE, related_name="stages")
    name = models.CharField(_("name"), max_length=100)
    category = models.CharField(_("category"), max_length=20, choices=Category.choices)
    position = models.PositiveSmallIntegerField(default=0)
    purpose = models.CharField(_("purpose"), max_length=200, blank=True)
    sets_probability = models.BooleanField(_("change probability automatically"), default=False)
    probability = models.PositiveSmallIntegerField(_("probability"), default=0)
    is_folded = models.BooleanField(_("folded in pipeline"), default=False)
    colour = models.CharField(_("colour"), max_length=10, blank=True)
    # The gate: what a record must have that enters (R3.23, D5); see `records/gates.py`.
    requirement = models.CharField(_("requirements"), max_length=500, blank=True)
    needs_fields = models.JSONField(_("required fields"), default=list, blank=True)
    needs_checks = models.JSONField(_("checks"), default=list, blank=True)
    least_amount = models.BigIntegerField(_("worth at least"), null=True, blank=True)
    # Open records that stand here for more days are «để lâu»; none: as long as they like.
    rots_after = models.PositiveSmallIntegerField(_("too long after (days)"), null=True, blank=True)
    # Ids of the roles that may put records into it, and take them out of it; none named: everybody who may move them.
    entered_by = models.JSONField(_("who may move records into it"), default=list, blank=True)
    left_by = models.JSONField(_("who may move records out of it"), default=list, blank=True)
    gone_to = models.ForeignKey("self", models.RESTRICT, null=True, blank=True, related_name="+", db_index=False)
    # While it is taken out, portion by portion: where its records go, and how many stood in it then.
    empties_into = models.ForeignKey("self", models.RESTRICT, null=True, blank=True, related_name="+", db_index=False)
    to_empty = models.PositiveIntegerField(null=True, blank=True, editable=False)

    objects = StageManager()
    every = models.Manager()

    class Meta:
        ordering = ["pipeline", "position", "pk"]
        constraints = [
            models.CheckConstraint(condition=models.Q(probability__lte=100), name="stage_probability_percent"),
        ]

    def __str__(self) -> str:
        return shown(self.name)

    @property
    def is_closing(self) -> bool:
        return self.category in CLOSED

    @property
    def needs_reason(self) -> bool:
        return self.category in FAILED

    @property
    def has_gate(self) -> bool:
        return bool(self.requirement or self.needs_fields or self.needs_checks or self.least_amount is not None)

    @property
    def is_leaving(self) -> bool:
        """Being taken out: its records go, and none comes any more."""
        return self.empties_into_id is not None

    def lets_in(self, user: Any) -> bool:
        """Whether the company lets the person's role put records into it."""
        return not self.is_leaving and (not self.entered_by or user.role_id in self.entered_by)

    def lets_out(self, user: Any) -> bool:
        """Whether the company lets the person's role take records out of it."""
        return not self.left_by or user.role_id in self.left_by

    @property
    def tone(self) -> str:
        """The tint of its pill: the company's own, else that of its category."""
        return self.colour or TONES[Category(self.category)]

    @property
    def standing(self) -> "Stage":
        """The stage itself, or where its records went, or are going, as it was taken out."""
        stage = self
        while (on := stage.gone_to or stage.empties_into) is not None:  # to one that stood then, so there is no circle
            stage = on
        return stage


TONES = {
    Category.NEW: "blue", Category.WORKING: "amber", Category.CONVERTED: "jade", Category.OPEN: "blue",
    Category.WON: "jade", Category.LOST: "red", Category.UNQUALIFIED: "slate",
}  # fmt: skip


class Counted(models.Model):
    """How many rows in use of a kind stand where, and what they are worth: see `records/counters.py`.

    Deltas are added to the kept sums by a job.
    """

    kind = models.CharField(max_length=20)
    stage = models.ForeignKey(Stage, models.CASCADE, related_name="+", db_constraint=False, db_index=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+", db_constraint=False, db_index=False
    )
    team = models.ForeignKey(Team, models.CASCADE, null=True, related_name="+", db_constraint=False, db_index=False)
    department = models.ForeignKey(
        Department, models.CASCADE, null=True, related_name="+", db_constraint=False, db_index=False
    )
    count = models.BigIntegerField()
    amount = models.DecimalField(max_digits=30, decimal_places=2)
    is_delta = models.BooleanField()

    class Meta:
        abstract = True


class Counter(Counted):
    """All rows; with a `day`, those made on that day."""

    day = models.DateField(null=True)
    weighted = models.DecimalField(max_digits=30, decimal_places=2)
    planned = models.BigIntegerField()

    class Meta:
        indexes = [
            models.Index(fields=["is_delta"], name="counter_deltas", condition=models.Q(is_delta=True)),
            # Most rows are of a day: without these each board would read them all.
            models.Index(fields=["kind", "stage"], name="counter_now", condition=models.Q(day=None)),
            models.Index(
                fields=["kind", "day"],
                include=["stage", "owner", "team", "department", "count"],
                name="counter_days",
                condition=models.Q(day__isnull=False),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "stage", "owner", "team", "department", "day"],
                name="counter_once",
                condition=models.Q(is_delta=False),
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.stage_id} {self.count}"


class ClosingReason(ListItem):
    """Why a record of `kind` ended in `category`: each failure has its own list (D9)."""

    kind = models.CharField(max_length=20)
    category = models.CharField(max_length=20, choices=Category.choices)


def id_and_name(thing: models.Model | None) -> dict[str, Any] | None:
    """How an event keeps something named: its id and the name of that day."""
    return None if thing is None else {"id": thing.pk, "name": str(thing)}


class GroupCounter(Counted):
    """Those that have a `value` in a field of choices; the empty text where they have none."""

    field = models.CharField(max_length=60)
    value = models.TextField(blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["is_delta"], name="group_counter_deltas", condition=models.Q(is_delta=True)),
            models.Index(fields=["kind", "field"], name="group_counter_now"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "field", "value", "stage", "owner", "team", "department"],
                name="group_counter_once",
                condition=models.Q(is_delta=False),
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.field} {self.value} {self.count}"
