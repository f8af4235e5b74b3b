"""Drawing what happened: a page of the timeline has thirty events, so each is drawn by functions (core/markup.py)."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django import template
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pheu.core.markup import address, attributes, html, together
from pheu.core.templatetags.blocks import line_of_time
from pheu.core.templatetags.signs import icon as drawn_icon
from pheu.core.templatetags.vn import moment, show_datetime
from pheu.records.drawing import history_link
from pheu.timeline.events import FILE_ADDED, NOTE_ADDED, NOTE_EDITED, told_by
from pheu.timeline.history import changes_in
from pheu.timeline.mentions import drawn
from pheu.timeline.previews import LARGEST_PICTURE, PICTURES

register = template.Library()


@register.simple_tag(takes_context=True)
def events(context: Any, items: Iterable[dict[str, Any]]) -> SafeString:
    """The events of one day; each item is an event with its sentence, icon and tone."""
    token = str(context.get("csrf_token", ""))
    return html('<ul class="timeline">{}</ul>', together(_event(**item, token=token) for item in items))


def _event(
    event: Any,
    sentence: str,
    icon: str,
    tone: str,
    enclosed: str,
    changes: Any,
    values: Any,
    conflicts: Any,
    undo: str,
    redo: str,
    asker: int | None,
    mine: bool,
    token: str,
) -> SafeString:
    beside = (moment(event.at), _through(event), _edited(event))
    told = html('<div><b>{}</b> {} <span class="faint">· {}{}{}</span></div>', _author(event), sentence, *beside)
    acts = _own_acts(event, token) if mine else _as_it_was(event)
    details = (*_boxes(event), enclosed, *_changes(changes), *_values(values), *_conflicts(event, conflicts, token))
    ways = (*_undo(undo, token), *_redo(redo, token), *_letting_see(event, asker, token))
    return line_of_time(together([told, *acts, *details, *ways]), icon, tone)


def _boxes(event: Any) -> Iterable[SafeString]:
    """What came with it: a note, a result, a file, a reason."""
    facts = event.facts
    if event.now is not None:
        yield from _contribution(event)
    if facts.get("result"):
        yield html(BOX, "", facts["result"])
    if facts.get("note") and not event.note:
        yield html(BOX, "", facts["note"])


BOX = '<div class="timeline-box{}">{}</div>'


def _contribution(event: Any) -> Iterable[SafeString]:
    """A note or file as it is now, or that it was withdrawn; what a note said before it was edited."""
    now, is_first = event.now, event.kind in (NOTE_ADDED.code, FILE_ADDED.code)
    if now["withdrawn"]:
        if is_first:
            told = _("Withdrawn by %(who)s, %(at)s") % {
                "who": event.author_name,
                "at": _when(now["withdrawn"], event.at),
            }
            yield html(BOX, " withdrawn", told)
    elif event.kind == NOTE_ADDED.code:
        yield html(BOX, " noted", drawn(now["body"], now["mentions"]))
    elif event.kind == NOTE_EDITED.code:
        closed = '<details class="changes"><summary class="sub">{}</summary>{}</details>'
        yield html(closed, _("What it said before"), html(BOX, "", event.facts["was"]))
    elif event.kind == FILE_ADDED.code:
        yield html(BOX, "", _file(event.file, now))


def _file(pk: int, now: dict[str, Any]) -> SafeString:
    """A file's name, and the picture that it is."""
    name = html('<a class="link" href="{}">{}</a>', address("file", pk), now["name"])
    if not now["media_type"]:
        return name
    seen = address("file-preview", pk)
    if now["media_type"] in PICTURES and now["size"] <= LARGEST_PICTURE:
        picture = html('<img class="preview" src="{}" alt="{}" loading="lazy">', seen, now["name"])
        return together([name, html(OPENS, seen, "picture", picture)])
    return together([name, html(OPENS, seen, "btn btn-small", together([drawn_icon("eye"), _("View")]))])


OPENS = '<a href="{}" target="_blank" rel="noopener" class="{}">{}</a>'


def _edited(event: Any) -> SafeString | str:
    now = event.now or {}
    if event.kind != NOTE_ADDED.code or not now.get("edited") or now["withdrawn"]:
        return ""
    return html(" · {}", _("edited %(at)s") % {"at": _when(now["edited"], event.at)})


def _when(told: str, since: datetime) -> str:
    """The hour, and the day where it is another one than that of `since`."""
    shown = show_datetime(datetime.fromisoformat(told))
    day, _space, hour = shown.partition(" ")
    return hour if show_datetime(since).startswith(day) else shown


def _own_acts(event: Any, token: str) -> Iterable[SafeString]:
    """What the author of a note or file may do with it for a while."""
    name, pk = ("note", event.note) if event.kind == NOTE_ADDED.code else ("file", event.file)
    words = _("Edit the note") if name == "note" else _("Rename the file")
    link = '<a class="btn btn-ghost btn-small btn-square" href="{}" data-dialog aria-label="{}" title="{}">{}</a>'
    change = html(link, address(f"{name}-change", pk), words, words, drawn_icon("pencil"))
    words = _("Withdraw the note") if name == "note" else _("Withdraw the file")
    button = '<button class="btn btn-ghost btn-small btn-square" aria-label="{}" title="{}">{}</button>'
    withdraw = html(
        '<form method="post" action="{0}" hx-post="{0}" hx-swap="none">{1}{2}</form>',
        address(f"{name}-withdrawal", pk),
        _token(token),
        html(button, words, words, drawn_icon("trash")),
    )
    yield html('<div class="own-acts">{}{}</div>', change, withdraw)


def _as_it_was(event: Any) -> Iterable[SafeString]:
    """The way to what the record held once this had happened, where it changed something."""
    if event.about_id is not None and next(changes_in(event.at, event.facts), None) is not None:
        yield html('<div class="event-acts">{}</div>', past_link(event.about_id, event.at))


@register.simple_tag
def past_link(record_id: int, at: datetime) -> SafeString:
    """The way to what a record held at a moment."""
    words = _("As it was then")
    link = '<a class="btn btn-ghost btn-small btn-square" href="{}" aria-label="{}" title="{}">{}</a>'
    return html(link, past_url(record_id, at), words, words, drawn_icon("history"))


@register.simple_tag
def past_url(record_id: int, at: datetime) -> str:
    return f"{address('record-past', record_id)}?{urlencode({'at': at.isoformat()})}"


@register.simple_tag
def history(lines: Iterable[dict[str, Any]]) -> SafeString:
    """The events of one field; each item is an event with its sentence, icon, tone and pairs of values."""
    return together(_of_field(**line) for line in lines)


def _of_field(event: Any, sentence: str, icon: str, tone: str, pairs: list[tuple[str, str, bool]]) -> SafeString:
    values = together(_pair(*pair) for pair in pairs)
    said = '<div class="sub"><b>{}</b> {} <span class="faint">· {}{}</span></div>'
    told = html(said, _author(event), sentence, show_datetime(event.at), _through(event))
    return line_of_time(together([values, told, *_as_it_was(event)]), icon, tone)


def _pair(was: str, now: str, is_beside: bool) -> SafeString:
    if is_beside:
        return html('<div class="was-now">+ <b>{}</b></div>', now)
    return html('<div class="was-now"><span class="muted">{}</span> → <b>{}</b></div>', was or "—", now or "—")


@register.simple_tag
def history_began(first: dict[str, Any]) -> SafeString:
    """With what a field began, who made its record, when and through what."""
    made, at = first["event"], show_datetime(first["at"])
    by = html("<b>{}</b> {} ", _author(made), told_by(made).say(made, made.by)) if made else ""
    told = html('<div class="sub">{}<span class="faint">· {}{}</span></div>', by, at, _through(made) if made else "")
    words = first["value"] or _("Empty")
    began = html('<div class="was-now">{} <b>{}</b></div>', _("At first:"), words)
    return line_of_time(together([began, told]), "plus", "jade")


@register.simple_tag
def past_lines(lines: Iterable[dict[str, Any]], record: Any) -> SafeString:
    """Fields as they were, each with what it holds today where that differs."""
    return html('<dl class="facts">{}</dl>', together(_as_of(line, record) for line in lines))


def _as_of(line: dict[str, Any], record: Any) -> SafeString:
    then = (line["then"] or "—") if line["is_known"] else html('<i class="muted">{}</i>', _("unknown"))
    now = html('<div class="sub">{} {}</div>', _("Today:"), line["now"] or "—") if line["differs"] else ""
    marked = attributes({"data-differs": line["differs"]})
    pattern = '<div{}><dt>{}</dt><dd class="shown">{}{}{}</dd></div>'
    return html(pattern, marked, line["field"].label, then, now, history_link(line["field"], record))


BULK = ("change_many", "move_many", "follow_many")  # acts on many records at once


def _through(event: Any) -> SafeString | str:
    """By what it was done, where not by hand on the record's own page."""
    if event.via == "import":
        return html(" · {}", _("by import"))
    return html(" · {}", _("many records at once")) if event.operation.act in BULK else ""


def _author(event: Any) -> str:
    return event.author_name or _("The system")


def _changes(changes: list[dict[str, Any]]) -> Iterable[SafeString]:
    if not changes:
        return
    line = "<div><dt>{}</dt><dd>{} → {}</dd></div>"
    drawn = together(html(line, one["label"], one["was"] or "—", one["now"] or "—") for one in changes)
    yield html(CLOSED, _("What changed"), drawn)


CLOSED = '<details class="changes"><summary class="sub">{}</summary><dl class="facts">{}</dl></details>'


def _values(values: list[tuple[Any, str]]) -> Iterable[SafeString]:
    """What a record held that is no more."""
    if values:
        line = "<div><dt>{}</dt><dd>{}</dd></div>"
        yield html(CLOSED, _("What it held"), together(html(line, label, words) for label, words in values))


def _conflicts(event: Any, conflicts: list[tuple[Any, str, str]], token: str) -> Iterable[SafeString]:
    """What an undoing left as somebody had changed it, to be decided one by one."""
    if not conflicts:
        return
    line = '<div><dt>{}</dt><dd>{} <span class="faint">({})</span> {}</dd></div>'
    drawn = together(
        html(line, field.label, now or "—", _("before: %(was)s") % {"was": was or "—"}, _former(event, field, token))
        for field, was, now in conflicts
    )
    opened = CLOSED.replace("<details", "<details open", 1)
    yield html(opened, _("Kept as somebody has changed it since"), drawn)


def _former(event: Any, field: Any, token: str) -> SafeString:
    """A button that takes the former value all the same."""
    if not field.editable:
        return html("")
    button = html('<button class="btn btn-ghost btn-small" name="field" value="{}">{}</button>', field.name, FORMER)
    form = '<form class="inline" method="post" action="{0}" hx-post="{0}" hx-swap="none">{1}{2}</form>'
    return html(form, address("event-former", event.pk), _token(token), button)


FORMER = gettext_lazy("Take the former value")


def _undo(where: str, token: str) -> Iterable[SafeString]:
    """«Hoàn tác» for whoever did it."""
    if where:
        yield _posting(where, "arrow-back-up", _("Undo"), token)


def _redo(where: str, token: str) -> Iterable[SafeString]:
    """«Làm lại» for whoever took it back."""
    if where:
        yield _posting(where, "arrow-forward-up", _("Redo"), token)


def _letting_see(event: Any, asker: int | None, token: str) -> Iterable[SafeString]:
    """«Cho xem» for whoever may change the record that somebody asks to see."""
    if asker is not None:
        told = html('<input type="hidden" name="person" value="{}">', asker)
        yield _posting(address("following", event.about_id), "eye", _("Let them see it"), token, told)


def _posting(where: str, icon: str, words: str, token: str, more: str = "") -> SafeString:
    button = html('<button class="btn btn-ghost btn-small">{}{}</button>', drawn_icon(icon), words)
    form = '<form method="post" action="{0}" hx-post="{0}" hx-swap="none">{1}{2}{3}</form>'
    return html(form, where, _token(token), more, button)


def _token(token: str) -> SafeString:
    return html('<input type="hidden" name="csrfmiddlewaretoken" value="{}">', token)
