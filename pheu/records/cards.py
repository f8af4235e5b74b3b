"""Drawing the cards of a board."""

from collections.abc import Iterable
from itertools import accumulate
from typing import Any

from django.utils.safestring import SafeString

from pheu.core.markup import drawn_once, html, together
from pheu.core.templatetags.signs import avatar, icon, stars, tag
from pheu.core.templatetags.vn import NOTHING
from pheu.records.drawing import can_be_taken, cell, next_of, take_button, url_of
from pheu.records.fields import Field
from pheu.records.kinds import Kind


def cards(kind: Kind, rows: Iterable[Any]) -> SafeString:
    return together(card(kind, row) for row in rows)


def card(kind: Kind, row: Any) -> SafeString:
    """One card: title, customer, and what the schema's `card` names, as far as the person may see it.

    `row` is brought by `to_draw`, with `card_fields`, and where it may be moved with `move_url` (see `Board`).
    """
    moved = html(' data-move-url="{}"', row.move_url) if row.may_move else ""
    return html(
        '<article class="card" id="{}-{}" tabindex="0"{} aria-label="{}">'
        '<h3><a href="{}{}">{}</a></h3>{}{}{}{}{}</article>\n',
        kind.code,
        row.pk,
        moved,
        row.title,
        url_of(row),
        getattr(row, "place", ""),
        row.title,
        _card_customer(row),
        _card_facts(row),
        _card_value(row),
        _card_next(row),
        _card_menu(row.move_words) if row.may_move else "",
    )


def _card_customer(row: Any) -> SafeString | str:
    """Whom it is about, and at the end of the line how long it stands too long where it stands."""
    about = html('<div class="sub cut">{}</div>', row.customer_name) if row.customer_name else ""
    marks = [mark for field, _value in _on_card(row, "rotting") if (mark := cell(field, row)) is not NOTHING]
    return html('<div class="card-about">{}{}</div>', about, together(marks)) if marks else about


def _on_card(row: Any, *cells: str) -> list[tuple[Field, Any]]:
    return [(field, field.value(row)) for field in row.card_fields if field.cell in cells]


# Cells that have a place of their own on a card; any other is a line with its name.
PLACED = {"money", "number", "label", "tags", "person", "stars", "activity", "rotting"}


def _card_facts(row: Any) -> SafeString:
    drawn = [(field.label, cell(field, row)) for field in row.card_fields if field.cell not in PLACED]
    line = '<div class="sub cut">{}: {}</div>'
    return together(html(line, label, value) for label, value in drawn if value is not NOTHING)


def _card_value(row: Any) -> SafeString:
    worth = [_worth(field, value) for field, value in _on_card(row, "money", "number")]
    marks = [mark for _field, value in _on_card(row, "label", "tags") for mark in _as_list(value)]
    people = [
        take_button(row, "card") if value is None and can_be_taken(row) else avatar(value)
        for _field, value in _on_card(row, "person")
    ]
    line = '<div class="card-row card-worth">{}<span class="card-marks">{}</span><span class="push">{}</span></div>'
    told = sum(len(field.show(value) or "") for field, value in _on_card(row, "money", "number"))
    return html(line, together(worth), _marks(marks, ROOM - told), together(people))


ROOM = 27  # letters of value and marks
FRAME = 3  # what a mark takes besides its own


def _marks(marks: list[Any], room: int) -> SafeString:
    """As many marks as there is room for, the first always; how many more there are, and which."""
    ends = list(accumulate(len(str(one)) + FRAME for one in marks))
    if ends and ends[-1] > room:
        room -= FRAME + 1  # for how many more there are
    shown = max(1, sum(end <= room for end in ends))
    drawn, more = [tag(one, one.colour) for one in marks[:shown]], marks[shown:]
    if more:
        names = ", ".join(map(str, more))
        drawn.append(
            html('<span class="tag slate" title="{0}" aria-label="{0}" role="note">+{1}</span>', names, len(more))
        )
    return together(drawn)


def _worth(field: Field, value: Any) -> SafeString:
    shown = SafeString('<span class="faint">—</span>') if value is None else field.show(value)
    return html('<span class="num">{}</span>', shown)


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value] if value else []


def _card_next(row: Any) -> SafeString:
    priority = [html('<span class="push">{}</span>', stars(value)) for _field, value in _on_card(row, "stars") if value]
    drawn = [next_of(field, row).on_card() for field, _value in _on_card(row, "activity")]
    line = [*(one for one in drawn if one is not NOTHING), *priority]
    return html('<div class="card-row">{}</div>', together(line)) if line else SafeString("")


@drawn_once
def _card_menu(words: str) -> SafeString:
    button = '<button type="button" class="card-menu" data-move-menu aria-label="{}">{}</button>'
    return html(button, words, icon("dots"))
