"""The component kit: one tag for one idea. Every component is shown with its states on /ui/.

Small things that lists repeat (icon, avatar, pill, tag, stars) are built here; larger ones are templates in `ui/`.
"""

import re
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import accumulate
from typing import Any

from django import forms, template
from django.forms.boundfield import BoundField
from django.forms.widgets import DateTimeBaseInput
from django.http import HttpRequest
from django.template.context import Context
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils.html import json_script
from django.utils.safestring import SafeString
from django.utils.text import slugify
from django.utils.translation import gettext as _

from pheu.core import registries
from pheu.core.markup import attributes, drawn_once, html, together
from pheu.core.vietnamese import initials
from pheu.core.vietnamese.fields import MoneyInput, VnDateInput, VnDateTimeInput

register = template.Library()

TONES = ("jade", "blue", "violet", "amber", "rose", "red", "slate")
AVATAR_TONES = ("jade", "blue", "violet", "amber", "rose", "slate")


def tone_class(tone: str | None) -> str:
    """A known tone, or slate: a tone may come from what an administrator typed."""
    return tone if tone in TONES else "slate"


# Small parts -----------------------------------------------------------------------------------


SILENT = SafeString('aria-hidden="true"')


def _voice(label: Any) -> SafeString:
    """How those who hear the page are told of a drawing: by its label, or not at all."""
    return html('role="img" aria-label="{}"', label) if label else SILENT


@register.simple_tag
@drawn_once
def icon(name: str, label: str = "", size: str = "") -> SafeString:
    """A Tabler icon of `icons.txt`. Silent unless it stands alone and `label` says what it means."""
    classes = f"icon icon-{size}" if size else "icon"
    return html('<svg class="{}" {}><use href="{}#{}"/></svg>', classes, _voice(label), _sprite(), name)


_icon = icon  # for tags that take an argument called so


@cache
def _sprite() -> str:
    return static("vendor/icons.svg")


def name_of(person: Any) -> str:
    """What a person is called on the screen."""
    full = getattr(person, "name", "") or getattr(person, "full_name", "")
    return str(full or person)


register.filter("initials", initials)


@register.simple_tag
def avatar(person: Any, size: str = "", silent: bool = False) -> SafeString:
    """A circle with initials, its colour chosen by the person's id. `silent` where the name is written beside it."""
    if not person:
        return _nobody()
    return _avatar(name_of(person), (getattr(person, "pk", 0) or 0) % len(AVATAR_TONES), size, silent)


@drawn_once
def _nobody() -> SafeString:
    return html('<span class="avatar slate" role="img" aria-label="{}">–</span>', _("No owner"))


@drawn_once
def _avatar(name: str, tone: int, size: str, silent: bool) -> SafeString:
    voice = SILENT if silent else html('role="img" aria-label="{0}" title="{0}"', name)
    classes = f"avatar {AVATAR_TONES[tone]} avatar-{size}" if size else f"avatar {AVATAR_TONES[tone]}"
    return html('<span class="{}" {}>{}</span>', classes, voice, initials(name))


@register.simple_tag
def pill(text: Any, tone: str = "slate") -> SafeString:
    """A state in a word: a dot and a text in a tone."""
    return html('<span class="pill {}">{}</span>', tone_class(tone), text)


@register.simple_tag
def tag(text: Any, tone: str = "slate") -> SafeString:
    """A label or a keyword."""
    return html('<span class="tag {}">{}</span>', tone_class(tone), text)


@register.simple_tag
def dot(name: str, tone: str = "slate") -> SafeString:
    """An icon in a tinted circle."""
    return html('<span class="dot {}">{}</span>', tone_class(tone), icon(name))


@register.simple_tag
def stars(count: int | None, out_of: int = 3) -> SafeString:
    """A priority, read only."""
    return _stars(min(max(int(count or 0), 0), out_of), out_of)


@drawn_once
def _stars(lit: int, out_of: int) -> SafeString:
    label = _("Priority %(lit)d of %(all)d") % {"lit": lit, "all": out_of}
    drawn = together(
        html(
            '<svg class="icon{}" aria-hidden="true"><use href="{}#star"/></svg>', "" if at < lit else " off", _sprite()
        )
        for at in range(out_of)
    )
    return html('<span class="stars" role="img" aria-label="{}">{}</span>', label, drawn)


@register.simple_tag
def ring(percent: float, label: str = "") -> SafeString:
    """A share of a whole as a ring, 0 to 100. Drawn with attributes, since styles inside a page are forbidden."""
    share = min(max(round(percent), 0), 100)
    return html(
        '<svg class="ring" viewBox="0 0 34 34" role="img" aria-label="{}">'
        '<circle cx="17" cy="17" r="14.5"/>{}<text x="17" y="17.5">{}</text></svg>',
        label or f"{share} %",
        _arc(share),
        share,
    )


def _arc(share: int) -> SafeString | str:
    if not share:
        return ""  # A round line cap would leave a dot.
    return html(
        '<circle class="done" cx="17" cy="17" r="14.5" pathLength="100" stroke-dasharray="{} 100"'
        ' transform="rotate(-90 17 17)"/>',
        share,
    )


@register.simple_tag
def meter(parts: Iterable[tuple[float, str]], label: str = "") -> SafeString:
    """A thin bar cut in proportion: [(3, "jade"), (2, "amber"), (1, "red")]."""
    parts = [(float(size), tone) for size, tone in parts if size]
    whole = sum(size for size, _tone in parts) or 1
    starts = accumulate((size for size, _tone in parts), initial=0.0)
    cuts = together(
        html(
            '<rect class="{}-fill" x="{}%" width="{}%" height="4"/>',
            tone_class(tone),
            f"{100 * start / whole:.2f}",
            f"{100 * size / whole:.2f}",
        )
        for start, (size, tone) in zip(starts, parts, strict=False)
    )
    return html('<svg class="meter" {}>{}</svg>', _voice(label), cuts)


@register.simple_tag
def bar(percent: float) -> SafeString:
    """A wide bar of a chart, 0 to 100."""
    width = min(max(float(percent), 0.5), 100)
    return html(
        '<svg class="bar" aria-hidden="true"><rect width="{}%" height="26" rx="6" fill="url(#shade)"/></svg>',
        f"{width:.1f}",
    )


@register.simple_tag
def progress(value: int | None, most: int = 100, label: str = "") -> SafeString:
    """How far a long work is; without a value it only says that it runs."""
    named = attributes({"max": most, "value": value, "aria-label": label or _("Progress")})
    return html("<progress{}></progress>", named)


@register.simple_tag
def skeleton(lines: int = 6) -> SafeString:
    """Grey lines that stand where rows will be."""
    drawn = together([SafeString("<i></i>")] * int(lines))
    return html('<div class="skeleton" role="status" aria-label="{}">{}</div>', _("Loading"), drawn)


# Fields ----------------------------------------------------------------------------------------

KINDS: list[tuple[type[forms.Widget], str]] = [
    # Sub-classes stand before their parents.
    (forms.CheckboxSelectMultiple, "checks"),
    (forms.RadioSelect, "options"),
    (forms.CheckboxInput, "check"),
    (forms.FileInput, "file"),
    (MoneyInput, "money"),
    (VnDateTimeInput, "datetime"),
    (VnDateInput, "date"),
    (forms.DateTimeInput, "datetime"),
    (forms.DateInput, "date"),
]
SHOWN_DATES = {"date": "%d/%m/%Y", "datetime": "%d/%m/%Y %H:%M"}


@register.simple_tag
def field(bound: BoundField, label: str = "", hint: str | bool = "", options: str = "", **attrs: Any) -> SafeString:
    """A form field: label, required mark, control, hint, and what is wrong beside it.

    The control follows the widget: `data-money` groups thousands, `data-stars` clicks stars, `data-pick-url` searches,
    `data-switch` turns a tick into a switch. Without `hint` it is the form's own; `hint=False` leaves it out.
    Further arguments become attributes (`_` turns into `-`).
    """
    widget = bound.field.widget
    kind = _kind(widget)
    hint = str(bound.help_text if hint == "" else hint or "")
    _show_vietnamese_dates(widget, kind)
    given = {name.replace("_", "-"): value for name, value in attrs.items()}
    spoken = _spoken(bound, hint)
    label = label or str(bound.label)
    if kind in ("options", "checks", "stars"):
        return _choices_field(bound, kind, label, _words(bound, hint), spoken, options)
    control = bound.as_widget(attrs={**spoken, **_behaviour(kind), **given})
    if kind == "check":
        switch = " switch" if "data-switch" in widget.attrs else ""
        named = html('<label class="check{}">{}<span>{}</span></label>', switch, control, _marked(bound, label))
        return html(FIELD, _state(bound), named, _words(bound, hint))
    named = html('<label class="field-label" for="{}">{}</label>', bound.id_for_label, _marked(bound, label))
    return html(FIELD, _state(bound), together([named, _framed(control, kind)]), _words(bound, hint))


FIELD = '<div class="field"{}>{}{}</div>'


def _state(bound: BoundField) -> SafeString:
    return attributes({"data-invalid": bool(bound.errors), "data-field": bound.html_name})


def _marked(bound: BoundField, label: Any, kind: str = "") -> SafeString:
    required = bound.field.required and kind != "stars"
    return html('{}<span class="required" aria-hidden="true">*</span>', label) if required else html("{}", label)


def _framed(control: SafeString, kind: str) -> SafeString:
    """The control with what its kind puts around it."""
    if kind == "file":
        return _drop(control)
    if kind == "date":
        return html(
            '<div class="inset" data-date-box>{}'
            '<button type="button" class="inset-end" tabindex="-1" aria-label="{}">{}</button></div>',
            control,
            _("Open the calendar"),
            icon("calendar"),
        )
    if kind == "money":
        return html('<div class="inset">{}<span class="inset-end" aria-hidden="true">₫</span></div>', control)
    return control


def _drop(control: SafeString, hint: SafeString | str = "") -> SafeString:
    """A place to drop a file on, around its input."""
    return html(
        '<label class="drop" data-drop>{}<span data-drop-name>{}</span>{}{}</label>',
        icon("upload", size="large"),
        _("Drop a file here, or click to choose one"),
        hint,
        control,
    )


def _choices_field(
    bound: BoundField, kind: str, label: Any, words: SafeString, spoken: dict[str, str], options: str
) -> SafeString:
    """Radios and ticks: a group of controls under one label."""
    legend = f"{bound.auto_id}_legend"
    role = {"role": "group" if kind == "checks" else "radiogroup", "aria-labelledby": legend}
    named = html('<span class="field-label" id="{}">{}</span>', legend, _marked(bound, label, kind))
    if kind == "stars":
        drawn = _stars_input(bound)
    elif kind == "checks":
        drawn = html('<div class="checks">{}</div>', _choices(bound, "check"))
    else:
        frame = f"options options-{options}" if options else "options"
        drawn = html('<div class="{}">{}</div>', frame, _choices(bound, "option"))
    return html(FIELD, attributes({**role, **spoken}) + _state(bound), together([named, drawn]), words)


def _choices(bound: BoundField, each: str) -> SafeString:
    drawn = '<label class="{}">{}<span>{}</span></label>'
    return together(html(drawn, each, choice.tag(), choice.choice_label) for choice in bound)


def _stars_input(bound: BoundField) -> SafeString:
    """Radios drawn as stars; the first one means none."""
    held = str(bound.value() or 0)
    choices = [("0", "x", _("No priority"))]
    choices += [(star, "star", _("Priority %(star)s of 3") % {"star": star}) for star in "123"]
    drawn = together(
        html(
            '<label{}><input{}>{}<span class="sr-only">{}</span></label>',
            attributes({"class": "none", "title": words} if value == "0" else {}),
            attributes(
                {
                    "type": "radio",
                    "name": bound.html_name,
                    "value": value,
                    "id": f"{bound.auto_id}_{value}",
                    "checked": value == held,
                }
            ),
            icon(drawing),
            words,
        )
        for value, drawing, words in choices
    )
    return html('<div class="stars-input">{}</div>', drawn)


def _words(bound: BoundField, hint: str) -> SafeString:
    """What is wrong, and the hint, below the control."""
    drawn = []
    if bound.errors:
        pattern = '<p class="error" id="{}_error">{}<span>{}</span></p>'
        drawn.append(html(pattern, bound.auto_id, icon("alert-circle"), together(bound.errors, " ")))
    if hint:
        drawn.append(html('<p class="hint" id="{}_hint">{}</p>', bound.auto_id, hint))
    return together(drawn)


def _kind(widget: forms.Widget) -> str:
    for name in ("stars", "money"):
        if f"data-{name}" in widget.attrs:
            return name
    return next((kind for cls, kind in KINDS if isinstance(widget, cls)), "plain")


def _show_vietnamese_dates(widget: Any, kind: str) -> None:
    # Without a format of its own Django shows 2026-12-31.
    if kind in SHOWN_DATES and isinstance(widget, DateTimeBaseInput) and not widget.format:
        widget.format = SHOWN_DATES[kind]


def _spoken(bound: BoundField, hint: Any) -> dict[str, str]:
    """Tie the hint and the error to the control for those who hear the page."""
    ids = [f"{bound.auto_id}_hint"] if hint else []
    ids += [f"{bound.auto_id}_error"] if bound.errors else []
    return {"aria-describedby": " ".join(ids)} if ids else {}


def _behaviour(kind: str) -> dict[str, str]:
    return {
        "date": {"data-date": "", "placeholder": _("dd/mm/yyyy"), "autocomplete": "off"},
        "datetime": {"placeholder": _("dd/mm/yyyy hh:mm"), "autocomplete": "off"},
        "money": {"data-money": "", "autocomplete": "off"},
    }.get(kind, {})


@register.simple_tag
def fields(form: forms.BaseForm) -> SafeString:
    """Every visible field of a form, one under the other, after its general errors and hidden fields."""
    return together([form_errors(form), *form.hidden_fields(), *map(field, form.visible_fields())])


@register.simple_tag
def form_errors(form: forms.BaseForm) -> SafeString:
    """What is wrong with the form as a whole."""
    errors = form.non_field_errors()
    return _note(together(html("<p>{}</p>", error) for error in errors), "red") if errors else SafeString("")


# Blocks ----------------------------------------------------------------------------------------


def _inside(context: Context, name: str, **more: Any) -> SafeString:
    """Render a `ui/` template that may need the token and the request of the page around it."""
    around = {key: context.get(key) for key in ("csrf_token", "request")}
    return SafeString(render_to_string(f"ui/{name}.html", {**around, **more}))


@register.simple_block_tag(takes_context=True)
def dialog(
    context: Context,
    content: str,
    title: str = "",
    action: str = "",
    submit: str = "",
    number: str = "",
    method: str = "post",
    note: str = "",
    tone: str = "",
    cancel: str = "",
    multipart: bool = False,
    once: str = "",
) -> SafeString:
    """The form inside the shared dialog. Without `action` it only tells: there is no form and one button closes it."""
    around = {"content": content, "title": title, "action": action, "submit": submit, "number": number, "note": note}
    more = {"method": method, "tone": tone, "cancel": cancel, "multipart": multipart, "once": once}
    return _inside(context, "dialog_form", **around, **more)


@register.simple_block_tag
def empty(content: str, icon: str = "inbox", title: str = "", small: bool = False) -> SafeString:
    """Nothing here yet: what this place is for, and the first act."""
    size, drawing = (" empty-small", "") if small else ("", dot(icon, "jade"))
    heading = html("<h2>{}</h2>", title) if title else ""
    return html('<div class="empty{}">{}{}{}</div>', size, drawing, heading, content)


@register.simple_block_tag
def note(content: str, tone: str = "blue", icon: str = "") -> SafeString:
    """A few words that must be seen before going on."""
    return _note(content, tone, icon)


NOTE_ICONS = {"red": "alert-circle", "amber": "alert-triangle", "jade": "circle-check"}


def _note(content: str, tone: str, drawing: str = "") -> SafeString:
    role = "alert" if tone == "red" else "note"
    sign = icon(drawing or NOTE_ICONS.get(tone, "info-circle"))
    return html('<div class="note {}" role="{}">{}<div>{}</div></div>', tone, role, sign, content)


@register.simple_block_tag
def menu(content: str, name: str, label: str = "", icon: str = "", classes: str = "btn", title: str = "") -> SafeString:
    """A button that opens a list of links and buttons. `name` is unique on the page."""
    opens = attributes({"popovertarget": f"menu-{slugify(name)}", "aria-haspopup": "menu"})
    told = attributes({"aria-label": title, "title": title} if title else {})
    words = together([label, _icon("chevron-down", size="small")]) if label else ""
    return html(
        '<button type="button" class="{}"{}{}>{}{}</button>\n<div class="menu" popover id="menu-{}">{}</div>',
        classes,
        opens,
        told,
        _icon(icon) if icon else "",
        words,
        slugify(name),
        content,
    )


@register.simple_block_tag
def panel(
    content: str,
    title: str = "",
    count: Any = None,
    href: str = "",
    link: str = "",
    body: bool = False,
    counted: str = "",
) -> SafeString:
    """A framed part of a page: a title, a count, a link to more. `body` pads what is not a list of lines.

    `counted` is the address of exactly what `count` counts.
    """
    head = html('<header class="panel-head"><h2>{}</h2>{}{}</header>', title, _count(count, counted), _more(href, link))
    inside = html('<div class="panel-body">{}</div>', content) if body else content
    return html('<section class="panel">{}{}</section>', head if title else "", inside)


def _count(count: Any, href: str = "") -> SafeString:
    if count is None:
        return SafeString("")
    return html('<span class="count num">{}</span>', html('<a href="{}">{}</a>', href, count) if href else count)


def _more(href: str, words: str) -> SafeString:
    return html('<a class="push" href="{}">{}</a>', href, words) if href else SafeString("")


@register.simple_block_tag
def group(content: str, title: str = "", add_url: str = "", add_label: str = "", dialog: bool = True) -> SafeString:
    """A titled group in a side column of a record page, with an optional + button."""
    add = _add(add_url, add_label, dialog) if add_url else ""
    head = html('<header class="group-head"><h2>{}</h2>{}</header>', title, add)
    return html('<section class="group">{}{}</section>', head, content)


def _add(url: str, label: str, dialog: bool) -> SafeString:
    named = attributes({"href": url, "data-dialog": dialog, "aria-label": label, "title": label})
    return html('<a class="btn btn-ghost btn-small btn-square"{}>{}</a>', named, icon("plus"))


@register.simple_block_tag
def timeline_item(content: str, icon: str = "circle-dot", tone: str = "slate", id: str = "") -> SafeString:  # noqa: A002
    """One thing that happened; `content` is the sentence and, if any, a `.timeline-box`."""
    return line_of_time(content, icon, tone, id)


def line_of_time(content: str, drawing: str, tone: str, name: str = "") -> SafeString:
    named = attributes({"id": name or None})
    return html('<li{}>{}<div class="timeline-text">{}</div></li>', named, dot(drawing, tone), content)


@register.simple_block_tag
def save_bar(content: str, submit: str = "") -> SafeString:
    """The bar of a `<form data-dirty-bar>`: hidden until something was changed. `content` stands before the button."""
    return SafeString(render_to_string("ui/save_bar.html", {"content": content, "submit": submit}))


@register.simple_block_tag
def bulk_bar(content: str) -> SafeString:
    """The bar of a form with `ids` to tick: stands last in that form and appears with the first tick."""
    return SafeString(render_to_string("ui/bulk_bar.html", {"content": content}))


# Rows of choices ---------------------------------------------------------------------------------


@register.simple_tag
def tabs(items: Iterable[dict[str, Any]], label: str = "") -> SafeString:
    """Views of one thing: [{"label", "url", "count", "current"}]."""
    return SafeString(render_to_string("ui/tabs.html", {"items": items, "label": label}))


@register.simple_tag
def segmented(items: Iterable[dict[str, Any]], label: str = "") -> SafeString:
    """A switch between a few ways to look: [{"label", "url", "icon", "current"}]."""
    return SafeString(render_to_string("ui/segmented.html", {"items": items, "label": label}))


@register.simple_tag
def chip(name: str, value: Any = "", remove_url: str = "") -> SafeString:
    """A filter that is on: its name, its value, and a cross that takes it away."""
    shown = html('<b class="cut">{}</b>', value) if value else ""
    words = _("Take the filter «%(name)s» away") % {"name": name}
    cross = html('<a class="chip-remove" href="{}" aria-label="{}">{}</a>', remove_url, words, icon("x"))
    return html('<span class="chip">{} {}{}</span>', name, shown, cross if remove_url else "")


@register.simple_tag
def wizard(steps: Sequence[str], current: int) -> SafeString:
    """The steps of a longer work; `current` counts from 1."""
    drawn = [
        {"label": label, "at": at, "done": at < current, "current": at == current} for at, label in enumerate(steps, 1)
    ]
    return SafeString(render_to_string("ui/wizard.html", {"steps": drawn}))


@register.simple_tag(takes_context=True)
def stage_bar(
    context: Context,
    stages: Iterable[Any],
    current: Any,
    url: str = "",
    target: str = "",
    note: str = "",
    field: str = "to",
) -> SafeString:
    """The stages of a record in order. With `url` each is a button that posts {field: stage, left: current stage}.

    `stages` have `pk` and `name`; those before `current` are done; `note` stands beside the current one ("3 days").
    """
    rows = list(stages)
    position = next((at for at, stage in enumerate(rows) if stage.pk == getattr(current, "pk", current)), -1)
    drawn = [{"stage": stage, "done": at < position, "current": at == position} for at, stage in enumerate(rows)]
    left = getattr(current, "pk", current)
    return _inside(context, "stage_bar", stages=drawn, url=url, target=target, note=note, field=field, left=left)


@register.simple_tag(takes_context=True)
def act_button(context: Context, button: Any, small: bool = False, item: bool = False) -> SafeString:
    """A `registries.Button`: a link, a dialog or a post; `item` draws it as a line of a menu."""
    classes = _button_classes(button, small=small, item=item)
    words = together([icon(button.icon) if button.icon else "", button.label])
    if not button.posts:
        named = attributes({"class": classes, "href": button.url, "data-dialog": button.dialog})
        return html("<a{}>{}</a>", named, words)
    asks = attributes({"hx-confirm": button.confirm or None})
    return html(
        '<form method="post" action="{0}" hx-post="{0}" hx-swap="none">{1}<button class="{2}"{3}>{4}</button></form>',
        button.url,
        token_input(context),
        classes,
        asks,
        words,
    )


def _button_classes(button: Any, *, small: bool, item: bool) -> str:
    danger = button.style == "danger"
    if item:
        return " ".join((["menu-item"] if button.posts else []) + (["danger"] if danger else []))
    return "btn" + (f" btn-{button.style}" if button.style else "") + (" btn-small" if small else "")


def token_input(context: Context) -> SafeString:
    """What `{% csrf_token %}` draws, in a tag that is given the page's context."""
    return html('<input type="hidden" name="csrfmiddlewaretoken" value="{}">', context.get("csrf_token"))


@register.simple_tag
def bulk_button(button: Any, item: bool = False) -> SafeString:
    """A `registries.Button` on a bulk bar: opens its dialog with, or posts, every ticked id.

    It submits the form around it, so it works without scripts too.
    """
    how = {"formmethod": "post"} if button.posts else {"formmethod": "get", "data-dialog": button.dialog}
    named = {"class": "menu-item" if item else "btn btn-small", "formaction": button.url, **how}
    sign = icon(button.icon) if button.icon else ""
    return html('<button type="submit"{}>{}{}</button>', attributes(named), sign, button.label)


@register.simple_tag
def checks(name: str, choices: Iterable[tuple[str, str, bool]]) -> SafeString:
    """Ticks of a filter: (value, label, whether it is chosen)."""
    box = '<label class="check"><input{}><span>{}</span></label>'
    drawn = together(
        html(box, attributes({"type": "checkbox", "name": name, "value": value, "checked": chosen}), label)
        for value, label, chosen in choices
    )
    return html('<div class="checks">{}</div>', drawn)


@register.simple_tag
def kpi(label: str, value: Any, change: str = "", trend: str = "", href: str = "") -> SafeString:
    """One figure of a row of figures, which opens what it counts; `trend` is rising, falling or nothing."""
    value = html('<a href="{}">{}</a>', href, value) if href else value
    moved = html('<div class="{}">{}</div>', trend or "sub", change) if change else ""
    figure = '<div class="kpi"><div class="kpi-label">{}</div><div class="kpi-value">{}</div>{}</div>'
    return html(figure, label, value, moved)


@register.simple_tag
def drop(name: str, accept: str = "", multiple: bool = False, hint: str = "", id: str = "") -> SafeString:  # noqa: A002
    """A place to drop a file on, or to click and choose one."""
    given = {"type": "file", "name": name, "id": id or f"id_{name}", "accept": accept or None, "multiple": multiple}
    return _drop(html("<input{}>", attributes(given)), html('<span class="hint">{}</span>', hint) if hint else "")


@register.simple_tag
def undo_url(message: Any) -> str:
    """The address that takes back what a message tells, from its extra tag `undo:/address/`."""
    tags = (message.extra_tags or "").split()
    return next((word.removeprefix("undo:") for word in tags if word.startswith("undo:")), "")


@register.simple_tag(takes_context=True)
def sign_in_panels(context: Context) -> SafeString:
    """What apps add below the sign-in form."""
    request: HttpRequest = context["request"]
    return SafeString("".join(registries.render_panels({"": registries.sign_in_panels}, "*", request)[""]))


# Scripts -----------------------------------------------------------------------------------------

# What an element's attribute brings along, in the order in which the scripts run. That attribute is the only place
# where a template says what it needs: a page is written with the scripts of the attributes that it has, and
# js/behaviours.js fetches what a swap or a dialog brings besides.
BEHAVIOURS: dict[str, tuple[str, ...]] = {
    "rows": ("data-rows",),
    "board": ("data-board",),
    "pick": ("data-pick", "data-pick-url"),
    "fills": ("data-fills", "data-makes"),
    "when": ("data-when", "data-follows"),
    "times": ("data-fill-time",),
    "stages": ("data-stages",),
    "money": ("data-money",),
    "dates": ("data-date",),
    "files": ("data-drop",),
    "savebar": ("data-dirty-bar", "data-dirty-form"),  # last: it remembers what the others made of a form
}
EVERYWHERE = ("toasts", "guard")  # guard looks at forms after all others
SHELL = ("behaviours", "dialogs", "menus", "session", "shortcuts", "offline")  # of pages with `data-shell`
ATTRIBUTE = re.compile(r" (data-[a-z-]+)")


def scripts_for(content: str) -> list[str]:
    """The modules that a page with this content uses."""
    found = set(ATTRIBUTE.findall(content))
    shell = SHELL if "data-shell" in found else ()
    used = [name for name, attributes in BEHAVIOURS.items() if found.intersection(attributes)]
    first, last = EVERYWHERE
    return [first, *shell, *used, last]


@register.simple_block_tag
def scripted(content: str) -> SafeString:
    """The body of a page, followed by the scripts that it uses and no others."""
    names = scripts_for(content)
    return together([content, _htmx() if "behaviours" in names else "", *map(_module, names)])


@drawn_once
def _htmx() -> SafeString:
    """What answers bring in without a new page, and where the scripts are that they may need."""
    addresses = {one: static(f"js/{name}.js") for name, attributes in BEHAVIOURS.items() for one in attributes}
    return together(
        [html('<script src="{}" defer></script>\n', static("vendor/htmx.min.js")), json_script(addresses, "behaviours")]
    )


@drawn_once
def _module(name: str) -> SafeString:
    return html('\n<script type="module" src="{}"></script>', static(f"js/{name}.js"))
