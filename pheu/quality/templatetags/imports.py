"""What the pages of an import ask for."""

from typing import Any

from django import template
from django.utils.translation import gettext as _

from pheu.quality.models import Import, ImportLine
from pheu.records import conditions, kinds

register = template.Library()

TONES: dict[str, str] = {
    Import.State.READING: "blue", Import.State.REFUSED: "red",
    Import.State.DRAFT: "slate", Import.State.CHECKING: "blue", Import.State.CHECKED: "blue",
    Import.State.RUNNING: "blue", Import.State.DONE: "jade", Import.State.STOPPED: "red",
    Import.State.TAKING_BACK: "amber", Import.State.TAKEN_BACK: "slate",
    Import.State.DOING_AGAIN: "amber",
    ImportLine.State.READY: "jade", ImportLine.State.CREATED: "jade", ImportLine.State.SKIPPED: "slate",
    ImportLine.State.UPDATED: "blue", ImportLine.State.MERGED: "violet", ImportLine.State.REJECTED: "red",
}  # fmt: skip


@register.inclusion_tag("quality/_steps.html")
def import_steps(current: int, imported: Import | None = None) -> dict[str, Any]:
    """The four steps, and the file that is on its way."""
    return {
        "steps": [_("Choose a file"), _("Map columns"), _("Check"), _("Import now")],
        "current": current,
        "imported": imported,
    }


@register.filter
def tone(state: str) -> str:
    """The tint of the pill of an import's or a line's state."""
    return TONES.get(state, "slate")


@register.filter
def list_url(kind: Any) -> str:
    """The list of a kind, every row of it, the newest first."""
    return f"{kind.url('list')}?tab=all&sort=-created_at"


@register.simple_tag
def rows_url(imported: Import) -> str:
    """The list of exactly the rows that an import made."""
    return conditions.list_url(kinds.get(imported.kind), {"field": "from_list", "op": "in", "value": [imported.pk]})


@register.filter
def phones_of(line: ImportLine) -> list[str]:
    """Every number that a line would bring."""
    values = line.values
    phone = line.imported.importer.schema.get("phone")
    if phone is None:
        return []
    further = [number for column in phone.companions for number in values.get(column, ())]
    return [number for number in (values.get(phone.name), *further) if number]
