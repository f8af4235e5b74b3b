"""Leads, and what leads and deals share."""

from django.db import models
from django.db.models.functions import Least, Upper
from django.utils.translation import gettext_lazy as _

from pheu.core.errors import DomainError
from pheu.parties.models import Company, Contact, Reachable, Screened, Source, phone_index
from pheu.people.models import User
from pheu.records import kinds
from pheu.records.models import (
    Category,
    Label,
    ListItem,
    Record,
    Stage,
    Staged,
    Worked,
    list_indexes,
    stage_indexes,
    work_indexes,
)


class RequestType(ListItem):
    """«Loại yêu cầu» (R0.20)."""


class Rating(models.IntegerChoices):
    """«Mức độ tiềm năng»: how likely, set by people (R1.19)."""

    LOW = 1, _("Low")
    MEDIUM = 2, _("Medium")
    HIGH = 3, _("High")


PRIORITIES = [(0, _("None")), (1, _("Low")), (2, _("Medium")), (3, _("High"))]


# By what lists of leads and deals are ordered and filtered, besides what every list is (`records.models`).
SORTED = (
    "title_key", "created_at", "next_activity_at", "expected_amount", "expected_close_on", "due_at", "priority",
)  # fmt: skip
FILTERED = ("stage", "source", "label", "rating", "company", "contact", "created_by", "closed_at", "reason")


class SalesRow(Staged):
    """What leads and deals share: a stage, what the customer wants, and how we plan to work it (R0.04)."""

    name = models.CharField(_("Name"), max_length=300, blank=True)
    company = models.ForeignKey(
        Company, models.PROTECT, null=True, blank=True, related_name="%(class)ss", verbose_name=_("Company")
    )
    contact = models.ForeignKey(
        Contact, models.PROTECT, null=True, blank=True, related_name="%(class)ss", verbose_name=_("Contact")
    )
    priority = models.PositiveSmallIntegerField(_("Priority"), choices=PRIORITIES, default=0)
    rating = models.PositiveSmallIntegerField(_("Rating"), choices=Rating.choices, null=True, blank=True)
    source = models.ForeignKey(Source, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    request_type = models.ForeignKey(
        RequestType, models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    need = models.TextField(_("Need"), blank=True, max_length=20_000)
    expected_amount = models.DecimalField(_("Expected value"), max_digits=18, decimal_places=0, null=True, blank=True)
    expected_close_on = models.DateField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    # The first of what is planned and what must be done by then; either alone where there is no other.
    late_at = models.GeneratedField(
        expression=Least("next_activity_at", "due_at"), output_field=models.DateTimeField(null=True), db_persist=True
    )
    label = models.ForeignKey(Label, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    late_column = "late_at"

    class Meta(Staged.Meta):
        abstract = True


class Lead(Reachable, Screened, Worked, SalesRow):
    """Screened: has interacted, or has a need (R1.02). Customer data is typed here until conversion makes records."""

    kind = "lead"
    company_name = models.CharField(_("Company name"), max_length=300, blank=True)
    person_name = models.CharField(_("Contact person"), max_length=300, blank=True)
    job_title = models.CharField(_("Job title"), max_length=200, blank=True)
    tax_code = models.CharField(_("Tax code"), max_length=20, blank=True)

    class Meta:
        indexes = [
            *list_indexes(
                "lead", *SORTED, filters=(*FILTERED, "request_type", "province"), rare=("ward",), beside=("stage",)
            ),
            *stage_indexes("lead", "expected_amount"),
            *work_indexes("lead"),
            phone_index("lead"),
            models.Index(Upper("email"), name="lead_email"),  # what `email__iexact` compares
            models.Index(fields=["tax_code"], name="lead_tax_code"),
        ]

    @property
    def goes_on_in(self) -> Record | None:
        """The deal's Record, while the conversion stands."""
        if self.status != Category.CONVERTED:  # as nearly every row of a list is
            return None
        return Record.objects.filter(continues=self.pk, state__in=[Record.State.LIVE, Record.State.ARCHIVED]).first()

    @property
    def resumes_in(self) -> Stage:
        """Somebody has worked on a reopened lead, so it is not New any more (D14)."""
        stage = super().resumes_in
        working = [one for one in self.stage.pipeline.stages.all() if one.category == Category.WORKING]
        return working[0] if stage.category == Category.NEW and working else stage

    def may_leave_for(self, stage: Stage) -> None:
        """Conversion makes a deal, and is undone: neither is a move between stages (D9)."""
        if stage.category == Category.CONVERTED:
            raise DomainError(_("Use “Convert to deal” to convert a lead."))
        if self.status == Category.CONVERTED:
            raise DomainError(_("Undo the conversion to reopen this lead."))

    def completeness(self, *, has_activity: bool) -> list[tuple[str, bool]]:
        """The three areas that should be full before assessment: (area, is full) (R0.11)."""
        customer = bool((self.company_name or self.person_name) and (self.phone or self.email))
        asked = self.need and self.request_type_id and self.expected_amount is not None
        requirements = bool(asked) and all(kinds.get(self.kind).schema.needed(self).values())
        return [
            (str(_("Customer")), customer),
            (str(_("Customer requirements")), requirements),
            (str(_("Work done")), has_activity),
        ]

    def missing_for_conversion(self, by: User) -> dict[str, tuple[str, ...]]:
        """What conversion expects and this lead lacks, with the fields of which one would do (R0.35).

        Of the company's own fields only those that `by` knows of.
        """
        expected = {
            str(_("Company name or contact person")): ("company_name", "person_name"),
            str(_("Phone or email")): ("phone", "email"),
            str(_("Need or request type")): ("need", "request_type"),
        }
        lacking = {words: names for words, names in expected.items() if not any(getattr(self, one) for one in names)}
        own = kinds.get(self.kind).schema_for(by).needed(self)
        return lacking | {str(one.label): (one.name,) for one, is_there in own.items() if not is_there}
