"""What a company lets happen by itself: to whom records are handed, and when they are taken back."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from pheu.automation.queries import kind_without_stages
from pheu.people.models import Team
from pheu.records import kinds
from pheu.records.kinds import Kind
from pheu.records.models import Pipeline, Record


class HandOutRule(models.Model):
    """«Quy tắc phân công»: records of a kind that fulfil a condition go to a team, or to people by turns (R1.17).

    Of several rules the first that takes a record decides. `condition` is the JSON of `records.conditions`; `last` is
    who had the last turn. Without `people` it is the team's members who have turns.
    """

    class Way(models.TextChoices):
        TURNS = "turns", _("By turns")
        LEAST = "least", _("To whoever has the least in hand")
        TEAM = "team", _("To the team: whoever takes it first")

    kind = models.CharField(max_length=20)
    name = models.CharField(_("Name"), max_length=100)
    condition = models.JSONField(_("Condition"), default=dict, blank=True)
    team = models.ForeignKey(
        Team, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("Sales team")
    )
    people = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="+", blank=True, verbose_name=_("People"))
    way = models.CharField(_("Way"), max_length=10, choices=Way.choices, default=Way.TURNS)
    on_new = models.BooleanField(_("On new records"), default=True)
    is_active = models.BooleanField(_("active"), default=True)
    position = models.PositiveSmallIntegerField(default=0)
    last = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False, related_name="+", db_index=False
    )

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.name


class Patience(models.Model):
    """«Trả về kho»: open records of a pipeline that nobody touches for so many days are taken off their owner.

    Without a pipeline it is about those that walk none. The owner is told `warn_days` before.
    """

    pipeline = models.OneToOneField(
        Pipeline, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("Pipeline")
    )
    days = models.PositiveSmallIntegerField(_("Days without a touch"), default=14)
    warn_days = models.PositiveSmallIntegerField(_("Told so many days before"), default=2)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        ordering = ["pipeline__kind", "pipeline__position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["pipeline"], name="patience_once", nulls_distinct=False),
        ]

    def __str__(self) -> str:
        return str(self.pipeline or self.kind.plural)

    @property
    def kind(self) -> Kind:
        """Of which records it is."""
        return kinds.get(self.pipeline.kind) if self.pipeline else kind_without_stages()


class PoolWarning(models.Model):
    """An owner was told that a record goes back unless somebody touches it. Any touch makes it void (`queries`)."""

    record = models.OneToOneField(Record, models.CASCADE, primary_key=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)


class Turn(models.Model):
    """Whose turn a customer is: kept for who calls a list through, until they go on or some minutes have passed.

    Its table is unlogged, as that of who looks at a record is: after a crash nobody calls anybody.
    """

    stays_with_its_record = True  # see `quality/repointing.py`
    record = models.OneToOneField(Record, models.CASCADE, primary_key=True, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    until = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.user_id}: {self.record_id}"
