"""What many rows hold now in a field that all of them are about to get alike: whoever decides sees what goes."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from pheu.core.vietnamese.money import show_number
from pheu.core.vietnamese.text import sort_key
from pheu.records.fields import Field
from pheu.records.grouping import can_group, groups_of, is_by_month
from pheu.records.lists import Listing

TOLD = 5  # values, those of most rows


def held_now(rows: Sequence[Any], field: Field | None) -> str:
    """«Hiện có: Website 12 · Hội thảo 3 · (trống) 5 · 2 giá trị khác»; of what holds several, each value."""
    if field is None or not rows:
        return ""
    found = rows[0].__class__.objects.filter(pk__in=[row.pk for row in rows]).to_draw([field])
    drawn = list(found)
    field.bring(drawn)
    counts = Counter(words for row in drawn for words in _values(field, field.value(row)))
    return _told(counts)


def held_in_list(listing: Listing, field: Field | None) -> str:
    """The same of everything that a list has, where its groups can be counted; else nothing."""
    if field is None or not can_group(listing.schema, field) or is_by_month(field):
        return ""
    return _told(Counter({one.label: one.count for one in groups_of(listing, field)}))


def _values(field: Field, value: Any) -> list[str]:
    each = [field.show([one]) for one in value or ()] if field.holds_several else [field.show(value)]
    return [words or _("(empty)") for words in each or [""]]


def _told(counts: Counter[str]) -> str:
    """What most rows hold comes first; of as many what a dictionary has first, and nothing last."""
    nothing, others = _("(empty)"), len(counts) - TOLD
    most = sorted(counts.items(), key=lambda one: (-one[1], one[0] == nothing, sort_key(one[0])))
    parts = [f"{words} {show_number(n)}" for words, n in most[:TOLD]]
    if others > 0:
        parts.append(ngettext("%(n)d more value", "%(n)d more values", others) % {"n": others})
    return _("Now: %(values)s") % {"values": " · ".join(parts)} if parts else ""
