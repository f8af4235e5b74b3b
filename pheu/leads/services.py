"""Acts on leads: make, screen from prospects, move, find not suitable, reopen."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from pheu.activities.services import bring_along
from pheu.core.errors import Conflict, DomainError
from pheu.leads import events
from pheu.leads.models import Lead
from pheu.parties.models import Prospect
from pheu.people.models import User
from pheu.people.scopes import CONVERT, CREATE, MOVE
from pheu.records.models import Category, ClosingReason, Pipeline, Stage, id_and_name
from pheu.records.ownership import place_with_owner
from pheu.records.writing import save_many
from pheu.timeline import services as timeline
from pheu.timeline.services import record, record_many

change_lead = timeline.change
assign_leads = timeline.assign


@transaction.atomic
def create_lead(values: dict[str, Any], *, by: User, via: str = "page") -> Lead:
    """Make one lead of `values` by field name of the schema; it starts New, at the top of the funnel (R4.03)."""
    by.must("lead", CREATE)
    tags = values.pop("tags", [])
    lead = create_leads([Lead(**values)], by=by, via=via)[0]
    lead.record.tags.set(tags)
    return lead


@transaction.atomic
def create_leads(leads: Sequence[Lead], *, by: User, via: str = "page") -> Sequence[Lead]:
    """Put unsaved leads into the directory in the first stage of the default pipeline."""
    first = Pipeline.objects.default("lead").first_stage
    for lead in leads:
        if not lead.title:
            raise DomainError(_("A lead needs a company, a person, a phone or an email."))
        lead.stage = first
    place_with_owner(leads, by=by)
    return timeline.create(leads, by=by, via=via)


@transaction.atomic
def convert_prospects(prospects: Sequence[Prospect], *, by: User, via: str = "page") -> list[Lead]:
    """Make a lead of each prospect (R1.16); one converted before answers with the lead it became.

    The lead continues the prospect: its past, tags, followers and open activities come along.
    """
    locked = Prospect.objects.within(by, CONVERT).locked().all_or_refuse(prospects)
    fresh = [prospect for prospect in locked if not prospect.is_converted]
    leads = create_leads([_lead_of(prospect) for prospect in fresh], by=by, via=via)
    for prospect, lead in zip(fresh, leads, strict=True):
        prospect.became = lead.record
    save_many(fresh, "became")
    bring_along([(prospect.record, lead.record) for prospect, lead in zip(fresh, leads, strict=True)])
    told = [(one.record, {"lead": {"id": one.became_id, "name": str(one.became)}}) for one in fresh]
    record_many(events.SCREENED, told, by=by, via=via)
    by_id = Lead.objects.in_bulk([prospect.became_id for prospect in locked])
    return [by_id[prospect.became_id] for prospect in locked]


SAME_NAME = (
    "company_name",
    "person_name",
    "job_title",
    "tax_code",
    "phone",
    "other_phones",
    "email",
    "website",
    "address",
)


def _lead_of(prospect: Prospect) -> Lead:
    same = {name: getattr(prospect, name) for name in SAME_NAME}
    lead = Lead(**same, need=prospect.remark, owner=prospect.owner, team=prospect.team, department=prospect.department)
    lead.continues = prospect.record
    return lead


@transaction.atomic
def move_lead(lead: Lead, *, to: Stage, left: Stage, by: User, via: str = "page") -> Lead:
    """Put a lead in another stage. Conversion and «Không phù hợp» are acts of their own and ask for more.

    `left` is the stage the person saw: if someone moved the lead meanwhile, `Conflict` says so.
    """
    lead = Lead.objects.within(by, MOVE).locked().get_or_refuse(lead.pk)
    if lead.stage_id == to.pk:
        return lead
    if lead.stage_id != left.pk:
        raise Conflict(_("%(name)s was moved to %(stage)s meanwhile."), name=lead, stage=lead.stage)
    if to.category == Category.CONVERTED:
        raise DomainError(_("Use “Convert to deal” to convert a lead."))
    if lead.is_closed:
        raise DomainError(_("Reopen the lead first."))
    return _enter(lead, to, by=by, via=via)


def _enter(lead: Lead, stage: Stage, *, by: User, via: str) -> Lead:
    left = lead.stage
    lead.enter(stage, by=by)
    lead.save_changed()
    record(events.STAGE_CHANGED, about=lead.record, by=by, via=via, left=id_and_name(left), entered=id_and_name(stage))
    return lead


@transaction.atomic
def start_working(leads: Sequence[Lead], *, by: User | None, via: str) -> None:
    """Move untouched leads on: New means that nobody has done anything yet (D14, R4.03-4.04)."""
    for lead in leads:
        working = lead.stage.pipeline.stages.filter(category=Category.WORKING).first()
        if lead.status == Category.NEW and working is not None:
            _enter(lead, working, by=by, via=via)  # type: ignore[arg-type]


@transaction.atomic
def mark_unqualified(lead: Lead, *, reason: ClosingReason, reason_note: str = "", by: User, via: str = "page") -> Lead:
    """Close a lead as not suitable, with a reason; it stays and is counted (R0.19, R4.43)."""
    lead = Lead.objects.within(by, MOVE).locked().get_or_refuse(lead.pk)
    if lead.status == Category.UNQUALIFIED:
        return lead
    if lead.status == Category.CONVERTED:
        raise DomainError(_("The lead is converted already."))
    lead.enter(
        lead.stage.pipeline.stages.get(category=Category.UNQUALIFIED), by=by, reason=reason, reason_note=reason_note
    )
    lead.save_changed()
    record(events.UNQUALIFIED, about=lead.record, by=by, via=via, reason=id_and_name(reason), note=reason_note)
    return lead


@transaction.atomic
def reopen_lead(lead: Lead, *, by: User, via: str = "page") -> Lead:
    """Resume a lead that was not suitable (R4.40). A converted one is reopened by undoing its conversion, in deals."""
    lead = Lead.objects.within(by, MOVE).locked().get_or_refuse(lead.pk)
    if not lead.is_closed:
        return lead
    if lead.status == Category.CONVERTED:
        raise DomainError(_("Undo the conversion to reopen this lead."))
    return put_back(lead, by=by, via=via)


def put_back(lead: Lead, *, by: User, via: str) -> Lead:
    """Stand a closed, locked lead in Working again, and tell it."""
    lead.enter(lead.stage.pipeline.stages.filter(category=Category.WORKING)[0], by=by)
    lead.save_changed()
    record(events.REOPENED, about=lead.record, by=by, via=via)
    return lead
