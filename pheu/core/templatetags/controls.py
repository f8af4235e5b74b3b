"""Form fields: a label, the control that its widget asks for, a hint, and what is wrong beside it."""

from collections.abc import Iterable
from typing import Any

from django import forms, template
from django.forms.boundfield import BoundField
from django.forms.widgets import DateTimeBaseInput
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from pheu.core.markup import attributes, html, together
from pheu.core.templatetags.blocks import drawn_note
from pheu.core.templatetags.signs import icon
from pheu.core.vietnamese.fields import MoneyInput, PhoneInput, TaxCodeInput, VnDateInput, VnDateTimeInput, VnEmailInput

register = template.Library()

KINDS: list[tuple[type[forms.Widget], str]] = [
    # Sub-classes stand before their parents.
    (forms.CheckboxSelectMultiple, "checks"),
    (forms.RadioSelect, "options"),
    (forms.CheckboxInput, "check"),
    (forms.FileInput, "file"),
    (MoneyInput, "money"),
    (PhoneInput, "phone"),
    (VnEmailInput, "email"),
    (TaxCodeInput, "tax"),
    (VnDateTimeInput, "datetime"),
    (VnDateInput, "date"),
    (forms.DateTimeInput, "datetime"),
    (forms.DateInput, "date"),
]
SHOWN_DATES = {"date": "%d/%m/%Y", "datetime": "%d/%m/%Y %H:%M"}


@register.simple_tag
def field(
    bound: BoundField,
    label: str = "",
    hint: str | bool = "",
    options: str = "",
    read: SafeString | str = "",
    told: SafeString | str = "",
    **attrs: Any,
) -> SafeString:
    """A form field: label, required mark, control, hint, and what is wrong beside it.

    `read` is drawn beside the control: how the value reads as long as nobody edits it (js/reads.js). What a control
    asks the server by itself (`hx-get`) is answered below it, where `told` stands until then.

    The control follows the widget: `data-money` groups thousands, `data-echo` says how text will be read, `data-stars`
    clicks stars, `data-pick-url` searches, `data-switch` turns a tick into a switch. Without `hint` it is the form's
    own; `hint=False` leaves it out.
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
        return _choices_field(bound, kind, label, together([read, _words(bound, hint)]), spoken, options)
    control = bound.as_widget(attrs={**spoken, **_behaviour(kind), **given})
    beside = _beside(bound, told)
    if kind == "check":
        switch = " switch" if "data-switch" in widget.attrs else ""
        named = html('<label class="check{}">{}<span>{}</span></label>', switch, control, _marked(bound, label))
        return html(FIELD, _state(bound), together([named, read]), _words(bound, hint))
    named = html('<label class="field-label" for="{}">{}</label>', bound.id_for_label, _marked(bound, label))
    return html(FIELD, _state(bound), together([named, _framed(control, kind), read, beside]), _words(bound, hint))


FIELD = '<div class="field"{}>{}{}</div>'


def _beside(bound: BoundField, told: SafeString | str = "") -> SafeString | str:
    """What stands below a control: the answer to what it asks for by itself; the way to take a kept file away."""
    if "hx-get" in bound.field.widget.attrs:
        return html('<div class="same" aria-live="polite">{}</div>', told)
    if isinstance(bound.field.widget, forms.FileInput) and getattr(bound.field.widget, "held", None) is not None:
        tick = '<label class="check"><input type="checkbox" name="{}" value="clear"><span>{}</span></label>'
        return html(tick, bound.html_name, _("Leave it empty"))
    return ""


def _state(bound: BoundField) -> SafeString:
    shown = {"data-when": getattr(bound.field, "when", "") or None}
    return attributes({"data-invalid": bool(bound.errors), "data-field": bound.html_name} | shown)


def _marked(bound: BoundField, label: Any, kind: str = "") -> SafeString:
    required = (bound.field.required or getattr(bound.field, "is_marked", False)) and kind != "stars"
    return html('{}<span class="required" aria-hidden="true">*</span>', label) if required else html("{}", label)


def _framed(control: SafeString, kind: str) -> SafeString:
    """The control with what its kind puts around it."""
    if kind == "file":
        return _drop(control)
    if kind in SHOWN_DATES:
        return html(
            '<div class="inset" data-date-box>{}'
            '<button type="button" class="inset-end" tabindex="-1" aria-label="{}">{}</button></div>',
            control,
            _("Open the calendar"),
            icon("calendar"),
        )
    if kind == "proposes":  # its list opens below it
        return html('<div class="inset">{}</div>', control)
    if kind == "money":
        return html('<div class="inset">{}<span class="inset-end" aria-hidden="true">₫</span></div>', control)
    return control


def _drop(control: SafeString, hint: SafeString | str = "") -> SafeString:
    """A place to drop a file on, around its input."""
    return html(
        '<label class="drop" data-drop>{}<span data-drop-name>{}</span>{}{}</label>{}',
        icon("upload", size="large"),
        _("Drop a file here, or click to choose one"),
        hint,
        control,
        SafeString(render_to_string("ui/sending.html")),
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
        drawn = html(
            '<div class="{}">{}</div>', f"checks checks-{options}" if options else "checks", _choices(bound, "check")
        )
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
    for name in ("stars", "money", "proposes"):
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
    attrs: dict[str, dict[str, str]] = {
        "date": {"data-date": "", "placeholder": _("24/11/2026 or tomorrow"), "autocomplete": "off"},
        "datetime": {"data-datetime": "", "placeholder": _("24/11/2026 9:00 or tomorrow 9:00"), "autocomplete": "off"},
        "money": {"data-money": "", "autocomplete": "off"},
        **{each: {} for each in ("phone", "email", "tax")},
    }
    if kind not in attrs:
        return {}
    return {**attrs[kind], "data-echo": f"{reverse('reading')}?as={kind}"}


@register.simple_tag
def fields(form: forms.BaseForm) -> SafeString:
    """Every visible field of a form, one under the other, after its general errors and hidden fields."""
    return together([form_errors(form), *form.hidden_fields(), *map(field, form.visible_fields())])


@register.simple_tag
def form_errors(form: forms.BaseForm) -> SafeString:
    """What is wrong with the form as a whole."""
    errors = form.non_field_errors()
    return drawn_note(together(html("<p>{}</p>", error) for error in errors), "red") if errors else SafeString("")


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
def drop(name: str, accept: str = "", multiple: bool = False, hint: str = "", id: str = "") -> SafeString:  # noqa: A002
    """A place to drop a file on, or to click and choose one."""
    given = {"type": "file", "name": name, "id": id or f"id_{name}", "accept": accept or None, "multiple": multiple}
    return _drop(html("<input{}>", attributes(given)), html('<span class="hint">{}</span>', hint) if hint else "")
