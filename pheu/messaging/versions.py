"""Earlier versions of a template, as the log of the configuration tells them (R1.36): letters keep what they said."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pheu.messaging.channels.email.safe import words_of
from pheu.messaging.models import EmailTemplate
from pheu.messaging.templates_page import TEMPLATES
from pheu.setup.events import ITEM_ADDED, ITEM_CHANGED
from pheu.timeline.models import Event

TOLD = ("name", "subject", "html", "purpose", "moment")
MOST = 50


@dataclass(frozen=True)
class Version:
    """What a template said from an event on, and what was different from before."""

    event: Event
    values: dict[str, Any]
    changed: Sequence[str]

    @property
    def is_first(self) -> bool:
        return self.event.kind == ITEM_ADDED.code

    @property
    def labels(self) -> str:
        return ", ".join(str(TEMPLATES.column(name).label) for name in self.changed)

    @property
    def words(self) -> str:
        return words_of(self.values["html"])


def versions_of(template: EmailTemplate) -> list[Version]:
    """All of a template that the log knows, the one of now first; events are read backwards from what it says today."""
    told = Event.objects.filter(about=None, kind__in=[ITEM_ADDED.code, ITEM_CHANGED.code])
    told = told.filter(facts__list=TEMPLATES.code, facts__item__id=template.pk).select_related("by")
    values, found = {name: getattr(template, name) for name in TOLD}, []
    for event in told.order_by("-pk")[:MOST]:
        changes = [one for one in event.facts.get("changes", ()) if one["column"] in TOLD]
        if changes or event.kind == ITEM_ADDED.code:
            found.append(Version(event, dict(values), [one["column"] for one in changes]))
        values |= {one["column"]: one["was"] for one in changes}
    return found
