"""Deals, and the conversions that made them of leads."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from pheu.leads.models import FILTERED, SORTED, Lead, SalesRow
from pheu.records.models import Category, Operation, Stage, list_indexes, stage_indexes


class Deal(SalesRow):
    """A chance to sell to one customer; several run side by side, each won or lost on its own (R1.12-1.13)."""

    kind = "deal"
    follow_its_stage = ("probability", "reason")
    probability = models.PositiveSmallIntegerField(_("Probability"), default=0)
    # Typed by hand: stays until the deal enters a stage that sets it (D18).
    probability_is_typed = models.BooleanField(default=False)
    # When it was won, while it is: the first of these makes the company a customer (D3).
    won_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            *list_indexes("deal", *SORTED, filters=(*FILTERED, "request_type"), beside=("stage",)),
            *stage_indexes("deal", "expected_amount", "probability"),
        ]
        constraints = [
            models.CheckConstraint(condition=models.Q(probability__lte=100), name="deal_probability_percent"),
        ]

    @property
    def is_won(self) -> bool:
        return self.status == Category.WON

    @property
    def weighted_amount(self) -> Any:
        return (self.expected_amount or 0) * self.probability / 100

    def held_with(self) -> Iterable[int | None]:
        return (self.company_id,)

    def entering(self, stage: Stage) -> None:
        """Where the stage says so, its probability becomes the deal's (R3.19)."""
        if stage.sets_probability:
            self.follow_stage_probability()
        self.won_at = timezone.now() if stage.category == Category.WON else None

    def follow_stage_probability(self) -> None:
        """«Theo giai đoạn»: take the stage's probability instead of a typed one (D18)."""
        self.probability, self.probability_is_typed = self.stage.probability, False

    def type_probability(self, percent: int | None) -> None:
        """A typed probability stays; an emptied one follows the stage again (D18)."""
        if percent is None:
            self.follow_stage_probability()
        else:
            self.probability, self.probability_is_typed = percent, True


class Conversion(models.Model):
    """One lead became one deal. Append-only: decision D6 counts these rows, whatever happens to the records later."""

    class Outcome(models.TextChoices):
        NEW = "new", _("New deal")
        MERGED = "merged", _("Merged into an existing deal")

    lead = models.ForeignKey(Lead, models.PROTECT, related_name="conversions")
    deal = models.ForeignKey(Deal, models.PROTECT, related_name="conversions")
    outcome = models.CharField(max_length=10, choices=Outcome.choices, default=Outcome.NEW)
    stage = models.ForeignKey(Stage, models.PROTECT, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    operation = models.ForeignKey(Operation, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["lead"], name="conversion_lead_once", condition=models.Q(undone_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.lead.number} -> {self.deal.number}"
