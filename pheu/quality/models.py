"""One import from the chosen file to the accounts, and every line of the file with what became of it."""

import uuid
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from pheu.core.loading import Loaded
from pheu.people.models import Department, Team
from pheu.quality import marks
from pheu.quality.importers import Importer, Place, importer_of
from pheu.quality.marks import Mark
from pheu.quality.queries import ImportLineQuerySet, ImportQuerySet
from pheu.quality.reading import FileRefused
from pheu.records.models import Record
from pheu.records.ownership import is_left_open


def stored_name(imported: "Import", name: str) -> str:
    """A name of our own on disk: what somebody typed never becomes a path."""
    return f"imports/{timezone.now():%Y/%m}/{uuid.uuid4().hex}"


class Import(models.Model):
    """«Nhập dữ liệu»: one file, its settings and accounts (R1.31).

    At the end `rows` = `created` + `updated` + `merged` + `skipped` + `rejected`.
    """

    class State(models.TextChoices):
        READING = "reading", _("being read")
        REFUSED = "refused", _("not readable")
        DRAFT = "draft", _("being prepared")
        CHECKING = "checking", _("being checked")
        CHECKED = "checked", _("checked")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        STOPPED = "stopped", _("stopped")
        TAKING_BACK = "taking_back", _("being taken back")
        TAKEN_BACK = "taken_back", _("taken back")
        DOING_AGAIN = "doing_again", _("being done again")

    NOT_LOOKED_THROUGH = (State.READING, State.REFUSED, State.DRAFT)
    BUSY = (State.READING, State.CHECKING, State.RUNNING, State.TAKING_BACK, State.DOING_AGAIN)

    class Policy(models.TextChoices):
        """What becomes of a line that is the same as a record."""

        FILL = "fill", _("Fill in what is empty there")
        OVERWRITE = "overwrite", _("Overwrite what is there")
        MERGE = "merge", _("Merge the line into it")
        SKIP = "skip", _("Leave the line out")
        CREATE = "create", _("Create another record all the same")

    kind = models.CharField(max_length=20)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="imports")
    at = models.DateTimeField(default=timezone.now)
    name = models.CharField(max_length=255)
    file = models.FileField(upload_to=stored_name)  # empty again when it was refused
    # What the reading on its way asks for: {"sheet", "encoding"}. What was read is in the three columns below.
    wanted = models.JSONField(default=dict)
    sheets = models.JSONField(default=list)
    sheet = models.CharField(max_length=255, blank=True)
    encoding = models.CharField(max_length=20, blank=True)
    # 0: the file has no header. Null: none was found, and nobody has said where it stands.
    header_line = models.PositiveIntegerField(null=True)
    columns = models.JSONField(default=dict, help_text="number of the column -> field")
    readings = models.JSONField(default=dict, help_text="number of the column -> how it writes: `quality.ways`")
    # What the columns are called, for comparing: another file of the same source is known by them.
    headings = ArrayField(models.TextField(), default=list)
    # The criteria of each rule by which the check has said what lines share (`ImportLine.same_by`).
    same_rules = models.JSONField(default=list, db_default=[])
    like = models.ForeignKey("self", models.SET_NULL, null=True, related_name="+", help_text="its columns are taken")
    area_code = models.CharField(max_length=4, blank=True)
    team = models.ForeignKey(Team, models.PROTECT, null=True, related_name="+")
    department = models.ForeignKey(Department, models.PROTECT, null=True, related_name="+")
    origin = models.CharField(max_length=200, blank=True)
    given = models.JSONField(default=dict, help_text="field -> value as JSON, for all lines")
    policy = models.CharField(max_length=10, choices=Policy.choices, default=Policy.CREATE)
    overwrites = ArrayField(models.CharField(max_length=100), default=list, help_text="fields that take the new value")
    without_automation = models.BooleanField(default=False, help_text="no rule says whose the new rows are")
    state = models.CharField(max_length=12, choices=State.choices, default=State.READING)
    # Each reading and each check has a number, so that one that was overtaken knows it and stops.
    round = models.PositiveIntegerField(default=0)
    rows = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    to_do = models.PositiveIntegerField(default=0, help_text="lines that the run works off")
    created = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    merged = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    rejected = models.PositiveIntegerField(default=0)
    mark_counts = models.JSONField(default=dict)
    problem = models.CharField(max_length=500, blank=True)
    refusal = models.CharField(max_length=20, blank=True, help_text="why the wanted sheet was not read: `REFUSALS`")
    touched_at = models.DateTimeField(auto_now=True)  # drafts that nobody touches any more are swept
    finished_at = models.DateTimeField(null=True)
    # Each chunk of a run is one operation: those that stand, in order.
    operations = ArrayField(models.BigIntegerField(), default=list)
    # Operations that stood when taking back began, or had been taken back when doing again began.
    to_take_back = models.PositiveIntegerField(default=0)
    taken_back_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    taken_away = models.PositiveIntegerField(default=0, help_text="rows that taking back took out of use")
    kept = models.PositiveIntegerField(default=0, help_text="rows that it left, as somebody has used or changed them")
    # Those that were taken back, the last one first: doing the import again begins at the end.
    taken_operations = ArrayField(models.BigIntegerField(), default=list, db_default=[])
    done_again_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    brought_back = models.PositiveIntegerField(default=0, db_default=0, help_text="lines that doing it again redid")
    # Those that were refused as a whole on the way, in the order in which they were tried, and why the last of them.
    refused_operations = ArrayField(models.BigIntegerField(), default=list, db_default=[])
    refused_because = models.CharField(max_length=500, blank=True, default="", db_default="")

    objects = ImportQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["by", "-at", "-id"], name="import_newest")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("import-page", args=[self.pk])

    @property
    def importer(self) -> Importer:
        importer = importer_of(self.kind)
        if importer is None:
            raise LookupError(self.kind)
        return importer.as_for(self.by)

    @property
    def place(self) -> Place:
        fields = self.importer.of_list()
        given = {name: one.from_json(self.given.get(name)) for name, one in fields.items()}
        return Place(self.team, self.department, self.origin, given)

    @property
    def starts_automation(self) -> bool:
        """Whether rules would say whose its new rows are: those of a team stay with the team."""
        return self.team is None and is_left_open(self.kind)

    @property
    def is_busy(self) -> bool:
        return self.state in self.BUSY

    @property
    def can_be_stopped(self) -> bool:
        return self.state in (self.State.READING, self.State.CHECKING, self.State.RUNNING)

    @property
    def is_over(self) -> bool:
        return self.state in (
            self.State.DONE,
            self.State.TAKING_BACK,
            self.State.TAKEN_BACK,
            self.State.DOING_AGAIN,
        )

    @property
    def can_be_taken_back(self) -> bool:
        """Also the rest of it, where parts were refused the last time."""
        return self.state in (self.State.DONE, self.State.STOPPED, self.State.TAKEN_BACK) and bool(self.operations)

    @property
    def can_be_done_again(self) -> bool:
        """Also the rest of it, where parts were refused the last time."""
        ends = (self.State.DONE, self.State.STOPPED, self.State.TAKEN_BACK)
        return self.state in ends and bool(self.taken_operations)

    @property
    def is_opening(self) -> bool:
        """No line has been read yet; `rows` may still be those of another sheet."""
        return self.state == self.State.READING and not self.done

    @property
    def percent(self) -> int | None:
        """How far the work is that keeps it busy; None as long as nobody knows how much there is."""
        if self.is_opening:
            return None
        done, whole = {
            self.State.RUNNING: (self.done, self.to_do),
            self.State.TAKING_BACK: (self.to_take_back - len(self.operations), self.to_take_back),
            self.State.DOING_AGAIN: (self.to_take_back - len(self.taken_operations), self.to_take_back),
        }.get(self.State(self.state), (self.done, self.rows))
        return min(100 * done // whole, 100) if whole else None

    @property
    def size(self) -> int:
        """Bytes of the file; 0 once it is gone."""
        try:
            return self.file.size
        except (OSError, ValueError):
            return 0

    @property
    def waited(self) -> int:
        """Seconds since anything moved."""
        return max(int((timezone.now() - self.touched_at).total_seconds()), 0)

    @property
    def is_open(self) -> bool:
        """It was read and nothing has been written yet: columns and settings can still be changed."""
        return self.state in (self.State.DRAFT, self.State.CHECKING, self.State.CHECKED)

    @property
    def has_lines(self) -> bool:
        """Whether a sheet was read to its end: a sheet of a workbook has a name, plain text an encoding."""
        return bool(self.sheet or self.encoding)

    @property
    def refusal_text(self) -> str:
        return str(FileRefused(self.refusal)) if self.refusal else ""

    @property
    def to_create(self) -> int:
        return self.rows - self.skipped - self.rejected

    @property
    def left(self) -> int:
        """Lines that a run has yet to work off."""
        return max(self.to_do - self.done, 0)

    @property
    def lines_of_customers(self) -> Any:
        """The lines that count: everything below the header."""
        return self.lines.filter(line__gt=self.header_line or 0)


class ImportLine(Loaded):
    """One line of the file that is not empty: its cells, how they are read, and what became of it."""

    stays_with_its_record = True  # it made that one

    class State(models.TextChoices):
        READ = "read", _("not yet checked")
        READY = "ready", _("ready")
        CREATED = "created", _("created")
        UPDATED = "updated", _("updated")
        MERGED = "merged", _("merged")
        SKIPPED = "skipped", _("skipped")
        REJECTED = "rejected", _("rejected")
        TAKEN_BACK = "taken_back", _("taken back")

    imported = models.ForeignKey(Import, models.CASCADE, related_name="lines", db_index=False)
    line = models.PositiveIntegerField()
    cells = ArrayField(models.TextField(blank=True))
    state = models.CharField(max_length=10, choices=State.choices, default=State.READ)
    reason = models.CharField(max_length=20, blank=True)
    detail = models.CharField(max_length=300, blank=True, help_text="the reason in words, where only the act knew it")
    marks = ArrayField(models.CharField(max_length=20), default=list)
    has_problem = models.BooleanField(default=False)
    values = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    phones = ArrayField(models.TextField(), default=list, help_text="every number of the line, to find repeats")
    # What it has in common with every line and record that it is the same as, each a hash (`Known.same_by`).
    same_by = ArrayField(models.BigIntegerField(), default=list, db_default=[])
    waits = models.BooleanField(default=False, db_default=False, help_text="for the others: it may be the same as one")
    # Of one that was taken back: what had become of it.
    was = models.CharField(max_length=10, choices=State.choices, blank=True, default="", db_default="")
    # Before the run: which one it is the same as. After it: which one it made, or met.
    record = models.ForeignKey(Record, models.SET_NULL, null=True, related_name="+")

    objects = ImportLineQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["imported", "line"], name="import_line_once")]
        indexes = [
            models.Index(fields=["imported", "state", "line"], name="import_line_state"),
            models.Index(fields=["imported", "line"], name="import_line_problem", condition=models.Q(has_problem=True)),
        ]

    @property
    def key(self) -> str:
        """What the created row remembers, so that no line can make two."""
        return f"{self.imported_id}:{self.line}"

    def title(self) -> str:
        """What to call the line: what its row would be called, else its first cells."""
        named = (self.values.get(name) for name in self.imported.importer.needs)
        return next((text for text in named if text), " · ".join([cell for cell in self.cells if cell][:3]))

    def known_marks(self) -> list[Mark]:
        return marks.known(self.marks)

    def reason_text(self) -> str:
        if not self.reason or self.detail:
            return self.detail
        importer = self.imported.importer
        named = importer.required() if self.reason == marks.INCOMPLETE else importer.needs
        fields = ", ".join(str(importer.schema[name].label) for name in named if importer.schema.get(name)).lower()
        return str(marks.REASONS[self.reason]) % {"fields": fields}


class Apart(models.Model):
    """Two records that look alike and are not the same, the older one first."""

    stays_with_its_record = True  # what was said of a record that is merged is not said of the other

    first = models.ForeignKey(Record, models.CASCADE, related_name="+", db_index=False)
    second = models.ForeignKey(Record, models.CASCADE, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["first", "second"], name="apart_once")]

    def __str__(self) -> str:
        return f"{self.first_id} / {self.second_id}"


class DuplicateRule(models.Model):
    """«Quy tắc trùng»: two records of a kind that share all of these `criteria` are the same; of several rules one is
    enough (R1.32-1.33). One that `blocks` lets nobody save the second, another one only tells (R1.34)."""

    kind = models.CharField(max_length=20)
    name = models.CharField(_("Name"), max_length=100)
    criteria = ArrayField(models.CharField(max_length=20), verbose_name=_("Same in all of"))
    blocks = models.BooleanField(_("Blocks saving"), default=False)
    is_active = models.BooleanField(_("active"), default=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.name


class Sweep(models.Model):
    """«Tìm trùng lặp» over a whole kind: who asked for it, and by which `rules` two records are the same.

    A rule is a list of criteria that they share, as in `DuplicateRule`. What the last one that is DONE found is looked
    through until the next one has ended, and goes with it.
    """

    class State(models.TextChoices):
        RUNNING = "running", _("running")
        DONE = "done", _("done")

    kind = models.CharField(max_length=20)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.RUNNING)
    rules = models.JSONField(default=list)
    problem = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind"], condition=models.Q(state="running"), name="sweep_runs_once")
        ]
        indexes = [models.Index(fields=["kind", "-id"], name="sweep_of_kind")]

    def __str__(self) -> str:
        return f"{self.kind} {self.at:%Y-%m-%d %H:%M}"

    @property
    def is_running(self) -> bool:
        return self.state == self.State.RUNNING


class AlikeGroup(models.Model):
    """Records that a sweep found to be the same: those of its pairs, of which the strongest has this score.

    `begun_with` is the id of one of them; it only tells groups of a sweep apart.
    """

    sweep = models.ForeignKey(Sweep, models.CASCADE, related_name="groups", db_index=False)
    begun_with = models.BigIntegerField()
    score = models.PositiveSmallIntegerField()

    class Meta:
        indexes = [models.Index(fields=["sweep", "-score", "id"], name="alike_group_strongest")]

    def __str__(self) -> str:
        return f"{self.begun_with} ({self.score})"


class AlikePair(models.Model):
    """Two records of a group, the older one first, with all the criteria that they share.

    The database looks nothing up for them, and finds none by its records: of a million pairs that took half of the
    sweep, and locked every record. Both sides are read in the statement that keeps them; pairs of what is gone since
    are shown by nobody and go with the next sweep.
    """

    stays_with_its_record = True  # the next sweep sees what was merged; until then only those in use are shown

    group = models.ForeignKey(AlikeGroup, models.CASCADE, related_name="pairs", db_constraint=False)
    first = models.ForeignKey(Record, models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False)
    second = models.ForeignKey(Record, models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False)
    criteria = ArrayField(models.CharField(max_length=20))
    score = models.PositiveSmallIntegerField()

    def __str__(self) -> str:
        return f"{self.first_id} / {self.second_id}"
