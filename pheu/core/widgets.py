"""Form controls drawn in Python: a form has twenty, and Django draws each by several templates.

`FORM_RENDERER` of the settings. A control whose template is not named here is drawn by that template, as ever.
"""

from collections.abc import Callable, Iterable
from typing import Any

from django.forms.renderers import DjangoTemplates
from django.utils.safestring import SafeString

from pheu.core.markup import attributes, html, together

Parts = dict[str, Any]  # what a widget gives its template: its `get_context()["widget"]`


def _input(widget: Parts) -> SafeString:
    value = {} if widget["value"] is None else {"value": str(widget["value"])}
    return html("<input{}>", attributes({"type": widget["type"], "name": widget["name"], **value, **widget["attrs"]}))


def _labelled(widget: Parts) -> SafeString:
    """One tick or radio of several."""
    if not widget.get("wrap_label"):
        return _input(widget)
    named = attributes({"for": widget["attrs"]["id"]} if widget["attrs"].get("id") else {})
    return html("<label{}>{} {}</label>", named, _input(widget), widget["label"])


def _several(widget: Parts) -> SafeString:
    return together(_input(one) for one in widget["subwidgets"])


def _textarea(widget: Parts) -> SafeString:
    named = attributes({"name": widget["name"], **widget["attrs"]})
    # The first line break after the tag is not part of the text: a text that begins with one keeps its own.
    return html("<textarea{}>\n{}</textarea>", named, widget["value"] or "")


def _select(widget: Parts) -> SafeString:
    named = attributes({"name": widget["name"], **widget["attrs"]})
    return html("<select{}>{}</select>", named, options(widget))


def options(widget: Parts) -> SafeString:
    """What stands inside a select."""
    return together(_group(name, options) for name, options, _index in widget["optgroups"])


def _group(name: str | None, options: Iterable[Parts]) -> SafeString:
    drawn = together(
        html("<option{}>{}</option>", attributes({"value": str(one["value"]), **one["attrs"]}), one["label"])
        for one in options
    )
    return html('<optgroup label="{}">{}</optgroup>', name, drawn) if name else drawn


DRAWN: dict[str, Callable[[Parts], SafeString]] = {
    **dict.fromkeys(
        [
            f"django/forms/widgets/{name}.html"
            for name in ("text", "number", "email", "url", "password", "hidden", "date", "datetime", "checkbox", "file")
        ],
        _input,
    ),
    "django/forms/widgets/input.html": _input,
    "django/forms/widgets/radio_option.html": _labelled,
    "django/forms/widgets/checkbox_option.html": _labelled,
    "django/forms/widgets/multiple_hidden.html": _several,
    "django/forms/widgets/textarea.html": _textarea,
    "django/forms/widgets/select.html": _select,
}


def draws(template_name: str) -> Callable[[Callable[[Parts], SafeString]], Callable[[Parts], SafeString]]:
    """Register how a widget of an app above is drawn; `template_name` is the widget's."""

    def keep(draw: Callable[[Parts], SafeString]) -> Callable[[Parts], SafeString]:
        DRAWN[template_name] = draw
        return draw

    return keep


class Renderer(DjangoTemplates):
    def render(self, template_name: str, context: dict[str, Any], request: Any = None) -> str:
        draw = DRAWN.get(template_name)
        return draw(context["widget"]) if draw else super().render(template_name, context, request)
