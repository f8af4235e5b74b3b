"""What stands around other things, or in a row above them: dialogs, notes, panels, tabs.

With `signs`, `controls` and `buttons` the component kit: one tag for one idea. Every component is shown on /ui/.
Small things are built here; larger ones are templates in `ui/`.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from django import template
from django.http import HttpRequest
from django.template.context import Context
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.text import slugify
from django.utils.translation import gettext as _

from pheu.core import registries
from pheu.core.markup import attributes, html, together
from pheu.core.templatetags.signs import dot, icon

register = template.Library()
_icon = icon  # for tags that take an argument called so


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
    draft: bool = False,
    unsaved: Any = None,
    ready: bool = False,
    download: bool = False,
) -> SafeString:
    """The form inside the shared dialog. Without `action` it only tells: there is no form and one button closes it.

    With `draft`, what is typed into it waits in the browser until it is sent; `unsaved` where it came back with that.
    `ready` where nothing needs to be decided any more: the focus begins on the button that sends it. `download` where
    the answer is a file.
    """
    around = {"content": content, "title": title, "action": action, "submit": submit, "number": number, "note": note}
    more = {"method": method, "tone": tone, "cancel": cancel, "multipart": multipart, "once": once}
    return _inside(
        context, "dialog_form", **around, **more, draft=draft, unsaved=unsaved, ready=ready, download=download
    )


@register.simple_block_tag
def empty(content: str, icon: str = "inbox", title: str = "", small: bool = False) -> SafeString:
    """Nothing here yet: what this place is for, and the first act."""
    size, drawing = (" empty-small", "") if small else ("", dot(icon, "jade"))
    heading = html("<h2>{}</h2>", title) if title else ""
    return html('<div class="empty{}">{}{}{}</div>', size, drawing, heading, content)


@register.simple_block_tag
def note(content: str, tone: str = "blue", icon: str = "") -> SafeString:
    """A few words that must be seen before going on."""
    return drawn_note(content, tone, icon)


NOTE_ICONS = {"red": "alert-circle", "amber": "alert-triangle", "jade": "circle-check"}


def drawn_note(content: str, tone: str, drawing: str = "") -> SafeString:
    role = "alert" if tone == "red" else "note"
    sign = icon(drawing or NOTE_ICONS.get(tone, "info-circle"))
    return html('<div class="note {}" role="{}">{}<div>{}</div></div>', tone, role, sign, content)


@register.simple_block_tag
def menu(
    content: str,
    name: str,
    label: str = "",
    icon: str = "",
    classes: str = "btn",
    title: str = "",
    short: bool = False,
) -> SafeString:
    """A button that opens a list of links and buttons. `name` is unique on the page; `short`: an icon on phones."""
    opens = attributes({"popovertarget": f"menu-{slugify(name)}", "aria-haspopup": "menu"})
    told = attributes({"aria-label": title, "title": title} if title else {})
    if short:
        told, label = attributes({"aria-label": label}), html('<span class="hide-phone">{}</span>', label)
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
    shares: Iterable[tuple[Any, str, Any]] = (),
) -> SafeString:
    """A framed part of a page: a title, a count, a link to more. `body` pads what is not a list of lines.

    `counted` is the address of exactly what `count` counts; `shares` are several counts instead of one.
    """
    counts = drawn_shares(shares) or _count(count, counted)
    head = html('<header class="panel-head"><h2>{}</h2>{}{}</header>', title, counts, _more(href, link))
    inside = html('<div class="panel-body">{}</div>', content) if body else content
    return html('<section class="panel">{}{}</section>', head if title else "", inside)


def _count(count: Any, href: str = "") -> SafeString:
    if count is None:
        return SafeString("")
    return html('<span class="count num">{}</span>', html('<a href="{}">{}</a>', href, count) if href else count)


SHARES = SafeString('<span class="faint" aria-hidden="true"> · </span>')


def drawn_shares(shares: Iterable[tuple[Any, str, Any]]) -> SafeString:
    """Counts beside each other: (count, the address of exactly what it counts, whose they are)."""
    one = '<span class="count num"><a href="{}">{}</a> {}</span>'
    return together((html(one, href, count, words) for count, href, words in shares), SHARES)


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


@register.simple_tag
def tabs(items: Iterable[dict[str, Any]], label: str = "") -> SafeString:
    """Views of one thing: [{"label", "url", "count", "current"}]."""
    return SafeString(render_to_string("ui/tabs.html", {"items": items, "label": label}))


@register.simple_tag
def segmented(items: Iterable[dict[str, Any]], label: str = "") -> SafeString:
    """A switch between a few ways to look: [{"label", "url", "icon", "current"}]."""
    return SafeString(render_to_string("ui/segmented.html", {"items": items, "label": label}))


@register.simple_tag
def chip(name: str, value: Any = "", remove_url: str = "", editor: str = "", edit_url: str = "") -> SafeString:
    """A filter that is on: its name, its value, and a cross that takes it away.

    A press opens `editor`, or the dialog at `edit_url`.
    """
    shown = html('<b class="cut">{}</b>', value) if value else ""
    words = _("Take the filter «%(name)s» away") % {"name": name}
    cross = html('<a class="chip-remove" href="{}" aria-label="{}">{}</a>', remove_url, words, icon("x"))
    words = html("{} {}", name, shown)
    if edit_url:
        words = html('<a href="{}" data-dialog>{}</a>', edit_url, words)
    if editor:
        opens = "menu-chip-" + slugify(remove_url)
        words = html('<button type="button" popovertarget="{}" aria-haspopup="dialog">{}</button>', opens, words)
        editor = html('<div class="menu" popover id="{}" role="dialog" aria-label="{}">{}</div>', opens, name, editor)
    return html('<span class="chip">{}{}</span>{}', words, cross if remove_url else "", editor)


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
    barred: Collection[int] = (),
) -> SafeString:
    """The stages of a record in order. With `url` each is a button that posts {field: stage, left: current stage},
    but for those whose ids are `barred`.

    `stages` have `pk` and `name`; those before `current` are done; `note` stands beside the current one ("3 days").
    A stage with a `category` that is a failure is not drawn as a success, nor is what lies before it.
    """
    rows = list(stages)
    position = next((at for at, stage in enumerate(rows) if stage.pk == getattr(current, "pk", current)), -1)
    failure = FAILURES.get(getattr(rows[position], "category", "")) if position >= 0 else None
    drawn = [
        {
            "stage": stage,
            "state": _state_of(at - position, failure),
            "current": at == position,
            "opens": bool(url) and at != position and stage.pk not in barred,
        }
        for at, stage in enumerate(rows)
    ]
    left = getattr(current, "pk", current)
    return _inside(context, "stage_bar", stages=drawn, url=url, target=target, note=note, field=field, left=left)


FAILURES = {"lost": "lost", "unqualified": "dropped"}  # by category of the stage: the look of the current one


def _state_of(distance: int, failure: str | None) -> str:
    """How a stage looks, so far before or behind the current one."""
    if distance == 0:
        return failure or ""
    return "done" if distance < 0 and failure is None else ""


@register.simple_tag
def kpi(
    label: str,
    value: Any,
    change: str = "",
    trend: str = "",
    href: str = "",
    shares: Iterable[tuple[Any, str, Any]] = (),
) -> SafeString:
    """One figure of a row of figures, which opens what it counts; `trend` is rising, falling or nothing.

    `shares` are counts of what it is made of, in place of `change`.
    """
    change = change or drawn_shares(shares)
    value = html('<a href="{}">{}</a>', href, value) if href else value
    moved = html('<div class="{}">{}</div>', trend or "sub", change) if change else ""
    figure = '<div class="kpi"><div class="kpi-label">{}</div><div class="kpi-value">{}</div>{}</div>'
    return html(figure, label, value, moved)


@register.simple_tag
def way_of(message: Any, name: str) -> str:
    """The address that takes back what a message tells, from its extra tag `undo:/address/`, or does it again."""
    tags = (message.extra_tags or "").split()
    return next((word.removeprefix(f"{name}:") for word in tags if word.startswith(f"{name}:")), "")


@register.simple_tag(takes_context=True)
def sign_in_panels(context: Context) -> SafeString:
    """What apps add below the sign-in form."""
    return _panels_at(context, registries.sign_in_panels)


@register.simple_tag(takes_context=True)
def account_panels(context: Context) -> SafeString:
    """What apps add to «Tài khoản của tôi»."""
    return _panels_at(context, registries.account_panels)


def _panels_at(context: Context, place: registries.Registry) -> SafeString:
    request: HttpRequest = context["request"]
    return SafeString("".join(registries.render_panels({"": place}, "*", request)[""]))
