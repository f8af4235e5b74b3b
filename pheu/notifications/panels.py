"""At the head of every record: who else looks at it, and room for words that it was changed meanwhile."""

from typing import Any

from pheu.core.registries import Panel, head_panels
from pheu.people.requests import Request


@head_panels.add("*", order=10)
def readers(request: Request, row: Any, may: set[str]) -> Panel:
    return Panel("notifications/_at_record.html", {"row": row})
