from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from pheu.core.vietnamese.money import show_number
from pheu.people.models import User
from pheu.records import kinds
from pheu.records.conditions import askable
from pheu.records.wording import words_of_each
from pheu.timeline.events import TOLD, ChangeKind, EventKind

IMPORT_FINISHED = EventKind("import.finished", _("imported %(created)s rows from %(name)s"), "table-import", "jade")

IMPORT_TAKEN_BACK = EventKind(
    "import.taken_back", _("took %(taken_away)s rows imported from %(name)s out of use"), "arrow-back-up", "amber"
)
IMPORT_REDONE = EventKind(
    "import.redone", _("did the import of %(name)s again: %(brought_back)s lines"), "arrow-forward-up", "jade"
)

# Which rows leave, as which kind of file.
TICKED, SHOWN, ALL = "ticked", "shown", "all"
ROWS = {TICKED: _("The ticked rows"), SHOWN: _("What the list shows now"), ALL: _("Everything")}
XLSX, CSV = "xlsx", "csv"
MOST_NAMED = 12  # columns in the log
FORMS = {XLSX: "Excel (xlsx)", CSV: "CSV (UTF-8)"}


class ExportKind(EventKind):
    """Personal data left as a file: `of` a kind, how many `rows` by which search and condition, with which fields."""

    def more(self, events: Sequence[Any], reader: User) -> list[list[tuple[Any, str]]]:
        told = [(kinds.get(one.facts["of"]), one.facts) for one in events]
        asked = words_of_each([(kind, askable(kind, reader, facts["where"])) for kind, facts in told], reader)
        return [_columns(kind, facts, words, reader) for (kind, facts), words in zip(told, asked, strict=True)]


def _columns(kind: kinds.Kind, facts: dict[str, Any], condition: str, reader: User) -> list[tuple[Any, str]]:
    schema = kind.schema_for(reader)
    found = [str(one.label) for name in facts["fields"] if (one := schema.get(name)) is not None]
    labels = ", ".join(found[:MOST_NAMED]) + (f", +{len(found) - MOST_NAMED}" if found[MOST_NAMED:] else "")
    told = [(_("Rows"), str(ROWS[facts["scope"]])), (_("Search"), facts["text"]), (_("Condition"), condition)]
    return [(label, words) for label, words in [*told, (_("Columns"), labels)] if words]


def _plural(code: Any) -> str:
    return str(kinds.get(code).plural) if code else ""


def _many(told: Any) -> str:
    return show_number(told) if told is not None else ""


EXPORTED = ExportKind(
    "rows.exported",
    _("exported %(rows)s rows of %(of)s as %(form)s"),
    "table-export",
    "amber",
    shows={"of": _plural, "rows": _many, "form": lambda told: FORMS.get(told, "")},
    in_log=_("Exports"),
)


def _first_of(merged: Any) -> str:
    """Of hundreds the first ones; each of them has told itself what it held."""
    names = [one["name"] for one in merged or ()]
    return ", ".join(names[:TOLD]) + (f" … (+{len(names) - TOLD})" if len(names) > TOLD else "")


MERGED = EventKind(
    "record.merged", _("merged %(merged)s into this"), "git-merge", "violet", shows={"merged": _first_of}
)
FOLDED = EventKind("record.folded", _("kept what %(row)s held, which is part of %(into)s now"), "archive")
REPOINTED = ChangeKind("record.repointed", _("changed %(fields)s, as records were merged"), "git-merge")
KEPT_APART = EventKind("record.kept_apart", _("said that this is not the same as %(other)s"), "x")
