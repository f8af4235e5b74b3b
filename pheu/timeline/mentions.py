"""@name in a note: whom it means, who is proposed while it is typed, and how it is drawn."""

import re
from collections.abc import Iterable
from typing import Any

from django.db.models import F, Func, QuerySet, TextField, Value
from django.db.models.functions import Concat
from django.utils.safestring import SafeString

from pheu.core.markup import escaped, html, together
from pheu.core.vietnamese import fold
from pheu.people.models import User
from pheu.records.access import who_sees
from pheu.records.models import Record

PROPOSED = 8


def proposed(typed: str, about: Record) -> QuerySet[User]:
    """Those who may see `about`, with a word of their name beginning with each word of `typed`, marks or none."""
    name = Func(F("full_name"), function="pheu_fold", output_field=TextField())
    found = who_sees(about).annotate(folded=Concat(Value(" ", TextField()), name)).select_related("department")
    for word in fold(typed[:100]).split():
        found = found.filter(folded__contains=f" {word}")
    return found.order_by("name_key", "pk")[:PROPOSED]


def mentioned(body: str, about: Record) -> list[dict[str, Any]]:
    """{"id", "name"} of those who may see `about` and whose whole names stand after an @ in `body`."""
    if "@" not in body:
        return []
    near = who_sees(about).annotate(body=Value(body, TextField()), at=Concat(Value("@"), F("full_name")))
    people = list(near.filter(body__icontains=F("at")).order_by("pk"))
    meant = {found.casefold() for found in _found(body, [one.full_name for one in people])}
    return [{"id": one.pk, "name": one.full_name} for one in people if one.full_name.casefold() in meant]


def _found(body: str, names: Iterable[str]) -> list[str]:
    pattern = _pattern(names)
    return pattern.findall(body) if pattern else []


def _pattern(names: Iterable[str]) -> re.Pattern[str] | None:
    """Longer names before shorter ones: @Lê An Nhiên is not @Lê An."""
    told = "|".join(re.escape(name) for name in sorted(set(names), key=len, reverse=True))
    return re.compile(rf"(?<!\w)@({told})(?!\w)", re.IGNORECASE) if told else None


def drawn(body: str, mentions: Iterable[dict[str, Any]]) -> SafeString:
    """The text of a note, with whom it names."""
    pattern = _pattern(one["name"] for one in mentions)
    if pattern is None:
        return SafeString(escaped(body))
    pieces = pattern.split(body)
    return together(
        html('<span class="mention">@{}</span>', piece) if nth % 2 else piece for nth, piece in enumerate(pieces)
    )
