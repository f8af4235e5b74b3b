"""Acts that apps add to toolbars and bulk bars (`registries.Button`)."""

from typing import Any

from django import template
from django.template.context import Context
from django.utils.safestring import SafeString

from pheu.core.markup import attributes, html, together
from pheu.core.templatetags.signs import icon

register = template.Library()


@register.simple_tag(takes_context=True)
def act_button(context: Context, button: Any, small: bool = False, item: bool = False) -> SafeString:
    """A `registries.Button`: a link, a dialog or a post; `item` draws it as a line of a menu."""
    classes = _button_classes(button, small=small, item=item)
    is_square = button.style == "square" and not item
    words = together([icon(button.icon) if button.icon else "", "" if is_square else button.label])
    named = {"aria-label": button.label, "title": button.label} if is_square else {}
    key = named | ({"data-press": button.key, "title": f"{button.label} ({button.key})"} if button.key else {})
    if not button.posts:
        link = attributes({"class": classes, "href": button.url, "data-dialog": button.dialog, **key})
        return html("<a{}>{}</a>", link, words)
    asks = attributes({"hx-confirm": button.confirm or None, **key})
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
