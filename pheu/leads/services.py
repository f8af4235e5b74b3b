"""Acts on leads: make, screen from prospects, move, find not suitable, reopen."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from pheu.activities.services import bring_along
from pheu.leads import events
from pheu.leads.models import Lead
from pheu.parties.models import Prospect
from pheu.people.models import User
from pheu.people.scopes import CONVERT
from pheu.records import kinds, writing
from pheu.records.acts import act, current
from pheu.records.gates import lacking, lets
from pheu.records.locking import hold
from pheu.records.models import Category, Stage, id_and_name
from pheu.records.schema import carried
from pheu.timeline import services as timeline
from pheu.timeline import stages
from pheu.timeline.events import Author
from pheu.timeline.services import record_many

create_lead = partial(timeline.create, "lead")
create_leads = partial(timeline.create_many, "lead")
change_lead = timeline.change
assign_leads = timeline.assign
move_lead = stages.move
close_lead = stages.close
reopen_lead = stages.reopen


@act
def convert_prospects(prospects: Sequence[Prospect], *, by: User, via: str = "page") -> list[Lead]:
    """Make a lead of each prospect (R1.16); one converted before answers with the lead it became.

    The lead continues the prospect: its past, tags, followers and open activities come along. Set-based.
    """
    hold(*(prospect.pk for prospect in prospects))
    rows = Prospect.objects.within(by, CONVERT).select_related("record", "owner", "team", "department")
    held = rows.all_or_refuse(prospects)
    fresh = [prospect for prospect in held if not prospect.is_converted]
    leads = timeline.put([_lead_of(prospect) for prospect in fresh], by=by, via=via)
    for prospect, lead in zip(fresh, leads, strict=True):
        prospect.became = lead.record
    writing.save_many(fresh, "became")
    bring_along([(prospect.record, lead.record) for prospect, lead in zip(fresh, leads, strict=True)])
    if len(fresh) == 1:
        current().about = fresh[0].pk
    told = [(one.record, {"lead": id_and_name(one.became)}) for one in fresh]
    record_many(events.SCREENED, told, by=by, via=via)
    by_id = Lead.objects.select_related("record").in_bulk([prospect.became_id for prospect in held])
    return [by_id[prospect.became_id] for prospect in held]


def _lead_of(prospect: Prospect) -> Lead:
    place: dict[str, Any] = {"owner": prospect.owner, "team": prospect.team, "department": prospect.department}
    values = carried(prospect, kinds.get("lead").schema)
    lead = Lead(**values | place)
    lead.continues = prospect.record
    return lead


def start_working(leads: Iterable[Lead], *, by: Author, via: str, causes: Mapping[int, Any]) -> None:
    """Move untouched leads on: New means that nobody has done anything yet (D14, R4.03-4.04).

    One that the gate of Working would not let in, or that this person may not put there, stays; whoever moves it is
    asked. `causes`: by the lead's id.
    """
    ready: dict[Stage, list[Lead]] = {}
    for lead in leads:
        working = next((one for one in lead.stage.pipeline.stages.all() if one.category == Category.WORKING), None)
        if lead.status != Category.NEW or working is None:
            continue
        if lets(by, lead.stage, working) and not lacking(lead, working):
            ready.setdefault(working, []).append(lead)
    for stage, those in ready.items():
        stages.enter_many(those, stage, by=by, via=via, causes=causes)
