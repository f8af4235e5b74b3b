"""What the stories reach for: colleagues, stages, reasons and lists by the names of the seeds, and raw lists."""

from dataclasses import dataclass, field
from typing import Any

from pheu.activities.models import ActivityType
from pheu.home.demo.customers import Customer
from pheu.home.demo.staff import Staff, hire
from pheu.home.demo.words import TAGS
from pheu.leads.models import RequestType
from pheu.parties.models import Prospect, Source
from pheu.records.models import Category, ClosingReason, Label, Pipeline, Stage, Tag


@dataclass(frozen=True)
class Office:
    """Everything is looked up once; stories only read it, except for `raw`, the prospects by their customer."""

    staff: Staff
    types: dict[str, ActivityType]
    sources: dict[str, Source]
    request_types: dict[str, RequestType]
    labels: list[Label]
    tags: list[Tag]
    deal_stages: list[Stage]
    reasons: dict[tuple[str, str], list[ClosingReason]]
    raw: dict[Customer, Prospect] = field(default_factory=dict)

    @property
    def open_stages(self) -> list[Stage]:
        return [stage for stage in self.deal_stages if stage.category == Category.OPEN]

    def ending(self, category: str, kind: str = "deal") -> Stage:
        """The stage in which a deal, or a lead, ends as `category`."""
        return Pipeline.objects.default(kind).stage_for(category)


def move_in() -> Office:
    """Hire the staff and lay out the lists; the tags are the company's own, the rest was seeded."""
    tags = [Tag(name=name, colour=colour, position=n) for n, (name, colour) in enumerate(TAGS.items())]
    reasons: dict[tuple[str, str], list[ClosingReason]] = {}
    for reason in ClosingReason.objects.all():
        reasons.setdefault((reason.kind, reason.category), []).append(reason)
    return Office(
        staff=hire(),
        types=_by_name(ActivityType),
        sources=_by_name(Source),
        request_types=_by_name(RequestType),
        labels=list(Label.objects.all()),
        tags=Tag.objects.bulk_create(tags),
        deal_stages=list(Pipeline.objects.default("deal").stages.all()),
        reasons=reasons,
    )


def _by_name(model: Any) -> dict[str, Any]:
    return {row.name: row for row in model.objects.all()}
