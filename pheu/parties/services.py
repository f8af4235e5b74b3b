"""Acts on prospects, companies and contacts: the usual ones, by the name of what they are done to."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from pheu.parties.models import Prospect
from pheu.people.models import User
from pheu.records.acts import act
from pheu.timeline import services as timeline

create_company = partial(timeline.create, "company")
create_contact = partial(timeline.create, "contact")
create_prospect = partial(timeline.create, "prospect")
change_company = change_contact = change_prospect = timeline.change


@act
def create_prospects(rows: Sequence[Prospect], *, by: User, via: str, **facts: Any) -> Sequence[Prospect]:
    """Put many unsaved prospects into the directory: what an import ends with."""
    return timeline.put(rows, by=by, via=via, **facts)
