"""Drawing what happened: a page of the timeline has thirty events, so each is drawn by functions (core/markup.py)."""

from collections.abc import Iterable
from typing import Any

from django import template
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from pheu.core.markup import address, html, together
from pheu.core.templatetags.ui import line_of_time
from pheu.core.templatetags.vn import moment

register = template.Library()


@register.simple_tag
def events(items: Iterable[dict[str, Any]]) -> SafeString:
    """The events of one day; each item is an event with its sentence, icon and tone."""
    return html('<ul class="timeline">{}</ul>', together(_event(**item) for item in items))


def _event(event: Any, sentence: str, icon: str, tone: str) -> SafeString:
    imported = html(" · {}", _("by import")) if event.via == "import" else ""
    by, at = event.by or _("The system"), moment(event.at)
    told = html('<div><b>{}</b> {} <span class="faint">· {}{}</span></div>', by, sentence, at, imported)
    return line_of_time(together([told, *_boxes(event)]), icon, tone)


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
    if facts.get("changes"):
        yield _changes(facts["changes"])


def _changes(changes: Iterable[dict[str, Any]]) -> SafeString:
    line = "<div><dt>{}</dt><dd>{} → {}</dd></div>"
    drawn = together(html(line, one["label"], _value(one["was"]), _value(one["now"])) for one in changes)
    closed = '<details class="changes"><summary class="sub">{}</summary><dl class="facts">{}</dl></details>'
    return html(closed, _("What changed"), drawn)


def _value(value: Any) -> str:
    """A fact in words: the name that a row had that day, several names, or the value itself."""
    if isinstance(value, dict):
        return value.get("name") or "—"
    if isinstance(value, list):
        return ", ".join(str(_value(one)) for one in value) or "—"
    return value or "—"
