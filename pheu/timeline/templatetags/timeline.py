"""Drawing what happened: a page of the timeline has thirty events, so each is drawn by functions (core/markup.py)."""

from collections.abc import Iterable
from typing import Any

from django import template
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from pheu.core.markup import address, html, together
from pheu.core.templatetags.blocks import line_of_time
from pheu.core.templatetags.signs import icon as drawn_icon
from pheu.core.templatetags.vn import moment

register = template.Library()


@register.simple_tag(takes_context=True)
def events(context: Any, items: Iterable[dict[str, Any]]) -> SafeString:
    """The events of one day; each item is an event with its sentence, icon and tone."""
    token = str(context.get("csrf_token", ""))
    return html('<ul class="timeline">{}</ul>', together(_event(**item, token=token) for item in items))


def _event(event: Any, sentence: str, icon: str, tone: str, changes: Any, undo: int | None, token: str) -> SafeString:
    imported = html(" · {}", _("by import")) if event.via == "import" else ""
    by, at = event.author_name or _("The system"), moment(event.at)
    told = html('<div><b>{}</b> {} <span class="faint">· {}{}</span></div>', by, sentence, at, imported)
    return line_of_time(together([told, *_boxes(event), *_changes(changes), *_undo(undo, token)]), icon, tone)


def _boxes(event: Any) -> Iterable[SafeString]:
    """What came with it: a note, a result, a file, what was changed."""
    facts = event.facts
    if event.note_body:
        yield html('<div class="timeline-box noted">{}</div>', event.note_body)
    if facts.get("result"):
        yield html('<div class="timeline-box">{}</div>', facts["result"])
    if facts.get("note") and not event.note:
        yield html('<div class="timeline-box">{}</div>', facts["note"])
    if facts.get("file"):
        link = html('<a class="link" href="{}">{}</a>', address("file", facts["file"]), facts.get("name", ""))
        yield html('<div class="timeline-box">{}</div>', link)


def _changes(changes: list[dict[str, Any]]) -> Iterable[SafeString]:
    if not changes:
        return
    line = "<div><dt>{}</dt><dd>{} → {}</dd></div>"
    drawn = together(html(line, one["label"], one["was"] or "—", one["now"] or "—") for one in changes)
    closed = '<details class="changes"><summary class="sub">{}</summary><dl class="facts">{}</dl></details>'
    yield html(closed, _("What changed"), drawn)


def _undo(operation: int | None, token: str) -> Iterable[SafeString]:
    """«Hoàn tác» for whoever did it."""
    if operation is not None:
        hidden = html('<input type="hidden" name="csrfmiddlewaretoken" value="{}">', token)
        button = html('<button class="btn btn-ghost btn-small">{}{}</button>', drawn_icon("arrow-back-up"), _("Undo"))
        yield html('<form method="post" action="{}">{}{}</form>', address("operation-undo", operation), hidden, button)
