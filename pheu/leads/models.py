"""Leads, and what leads and deals share."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from pheu.core.errors import DomainError
from pheu.parties.models import Company, Contact, Reachable
from pheu.records.models import Category, ClosingReason, Label, ListItem, Row, Stage


class Source(ListItem):
    """Where a lead came from; the channel tells marketing from customers who come by themselves (R0.30, R1.15)."""

    class Channel(models.TextChoices):
        MARKETING = "marketing", _("Marketing")
        INBOUND = "inbound", _("Customer came to us")

    channel = models.CharField(max_length=20, choices=Channel.choices, default=Channel.MARKETING)


class RequestType(ListItem):
    """«Loại yêu cầu» (R0.20)."""


class Rating(models.IntegerChoices):
    """«Mức độ tiềm năng»: how likely, set by people (R1.19)."""

    LOW = 1, _("Low")
    MEDIUM = 2, _("Medium")
    HIGH = 3, _("High")


PRIORITIES = [(0, _("None")), (1, _("Low")), (2, _("Medium")), (3, _("High"))]


class SalesRow(Row):
    """What leads and deals share: a stage, what the customer wants, and how we plan to work it (R0.04)."""

    name = models.CharField(_("Name"), max_length=300, blank=True)
    company = models.ForeignKey(
        Company, models.PROTECT, null=True, blank=True, related_name="%(class)ss", verbose_name=_("Company")
    )
    contact = models.ForeignKey(
        Contact, models.PROTECT, null=True, blank=True, related_name="%(class)ss", verbose_name=_("Contact")
    )
    stage = models.ForeignKey(Stage, models.PROTECT, related_name="+", verbose_name=_("Stage"))
    stage_entered_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    reason = models.ForeignKey(ClosingReason, models.PROTECT, null=True, blank=True, related_name="+")
    reason_note = models.CharField(max_length=500, blank=True)
    priority = models.PositiveSmallIntegerField(_("Priority"), choices=PRIORITIES, default=0)
    rating = models.PositiveSmallIntegerField(_("Rating"), choices=Rating.choices, null=True, blank=True)
    source = models.ForeignKey(Source, models.PROTECT, null=True, blank=True, related_name="+")
    request_type = models.ForeignKey(RequestType, models.PROTECT, null=True, blank=True, related_name="+")
    need = models.TextField(_("Need"), blank=True, max_length=20_000)
    expected_amount = models.DecimalField(_("Expected value"), max_digits=18, decimal_places=0, null=True, blank=True)
    expected_close_on = models.DateField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    label = models.ForeignKey(Label, models.PROTECT, null=True, blank=True, related_name="+")

    amount_field = "expected_amount"

    class Meta:
        abstract = True

    @property
    def status(self) -> str:
        return self.stage.category

    @property
    def is_closed(self) -> bool:
        return self.stage.is_closing

    @property
    def days_in_stage(self) -> int:
        return (timezone.now() - self.stage_entered_at).days

    @property
    def needs_reason(self) -> bool:
        return self.status in (Category.LOST, Category.UNQUALIFIED)

    def enter(self, stage: Stage, *, by: Any, reason: ClosingReason | None = None, reason_note: str = "") -> None:
        """Stand in `stage` of the row's own pipeline. A failed end needs a reason of its own list (D9)."""
        if stage.pipeline_id != self.stage.pipeline_id:
            raise DomainError(_("That stage belongs to another pipeline."))
        self.stage = stage
        self.stage_entered_at = timezone.now()
        if self.needs_reason and (reason is None or (reason.kind, reason.category) != (self.kind, stage.category)):
            raise DomainError(_("Choose a reason first."))
        self.closed_at, self.closed_by = (timezone.now(), by) if stage.is_closing else (None, None)
        self.reason, self.reason_note = (reason, reason_note) if self.needs_reason else (None, "")


class Lead(Reachable, SalesRow):
    """Screened: has interacted, or has a need (R1.02). Customer data is typed here until conversion makes records."""

    kind = "lead"
    company_name = models.CharField(_("Company name"), max_length=300, blank=True)
    person_name = models.CharField(_("Contact person"), max_length=300, blank=True)
    job_title = models.CharField(_("Job title"), max_length=200, blank=True)
    tax_code = models.CharField(_("Tax code"), max_length=20, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["-updated_at", "-record"], name="lead_newest"),
            models.Index(fields=["owner", "-updated_at", "-record"], name="lead_owner_newest"),
            models.Index(fields=["team", "-updated_at", "-record"], name="lead_team_newest"),
            models.Index(fields=["stage", "-record"], name="lead_stage"),
            models.Index(fields=["email"], name="lead_email", condition=~models.Q(email="")),
        ]

    @property
    def title(self) -> str:
        return self.name or self.company_name or self.person_name or self.phone or self.email

    @property
    def customer_name(self) -> str:
        """The customer, where the title does not say it already."""
        customer = self.company_name or self.person_name
        return customer if customer != self.title else (self.person_name if self.person_name != self.title else "")

    @property
    def pick_hint(self) -> str:
        return self.customer_name or self.phone

    def words(self) -> Iterable[str]:
        return (self.company_name, self.person_name, self.email, self.tax_code)

    def fills(self) -> dict[str, str]:
        return {}

    def completeness(self, *, has_activity: bool) -> list[tuple[str, bool]]:
        """The three areas that should be full before assessment: (area, is full) (R0.11)."""
        customer = bool((self.company_name or self.person_name) and (self.phone or self.email))
        requirements = bool(self.need and self.request_type_id and self.expected_amount is not None)
        return [
            (str(_("Customer")), customer),
            (str(_("Customer requirements")), requirements),
            (str(_("Work done")), has_activity),
        ]

    def missing_for_conversion(self) -> list[str]:
        """What conversion expects and this lead lacks (R0.35)."""
        missing = []
        if not (self.company_name or self.person_name):
            missing.append(str(_("Company name or contact person")))
        if not (self.phone or self.email):
            missing.append(str(_("Phone or email")))
        if not (self.need or self.request_type_id):
            missing.append(str(_("Need or request type")))
        return missing
