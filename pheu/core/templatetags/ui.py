"""The component kit: one tag for one idea. Every component is shown with its states on /ui/.

Small things that lists repeat (icon, avatar, pill, tag, stars) are built here; larger ones are templates in `ui/`.
"""

from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Any

from django import forms, template
from django.forms.boundfield import BoundField
from django.forms.widgets import DateTimeBaseInput
from django.http import HttpRequest
from django.template.context import Context
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify
from django.utils.translation import gettext as _

from pheu.core import registries
from pheu.core.vietnamese import initials
from pheu.core.vietnamese.fields import MoneyInput, VnDateInput, VnDateTimeInput

register = template.Library()

TONES = ("jade", "blue", "violet", "amber", "rose", "red", "slate")
AVATAR_TONES = ("jade", "blue", "violet", "amber", "rose", "slate")


def tone_class(tone: str | None) -> str:
    """A known tone, or slate: a tone may come from what an administrator typed."""
    return tone if tone in TONES else "slate"


# Small parts -----------------------------------------------------------------------------------


@register.simple_tag
def icon(name: str, label: str = "", size: str = "") -> SafeString:
    """A Tabler icon of `icons.txt`. Silent unless it stands alone and `label` says what it means."""
    voice = format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"')
    classes = f"icon icon-{size}" if size else "icon"
    return format_html('<svg class="{}" {}><use href="{}#{}"/></svg>', classes, voice, static("vendor/icons.svg"), name)


def name_of(person: Any) -> str:
    """What a person is called on the screen."""
    full = getattr(person, "name", "") or getattr(person, "full_name", "")
    return str(full or person)


register.filter("initials", initials)


@register.simple_tag
def avatar(person: Any, size: str = "", silent: bool = False) -> SafeString:
    """A circle with initials, its colour chosen by the person's id. `silent` where the name is written beside it."""
    if not person:
        return format_html('<span class="avatar slate" role="img" aria-label="{}">–</span>', _("No owner"))
    name = name_of(person)
    tone = AVATAR_TONES[(getattr(person, "pk", 0) or 0) % len(AVATAR_TONES)]
    voice = mark_safe('aria-hidden="true"') if silent else format_html('role="img" aria-label="{0}" title="{0}"', name)
    classes = f"avatar {tone} avatar-{size}" if size else f"avatar {tone}"
    return format_html('<span class="{}" {}>{}</span>', classes, voice, initials(name))


@register.simple_tag
def pill(text: Any, tone: str = "slate") -> SafeString:
    """A state in a word: a dot and a text in a tone."""
    return format_html('<span class="pill {}">{}</span>', tone_class(tone), text)


@register.simple_tag
def tag(text: Any, tone: str = "slate") -> SafeString:
    """A label or a keyword."""
    return format_html('<span class="tag {}">{}</span>', tone_class(tone), text)


@register.simple_tag
def dot(name: str, tone: str = "slate") -> SafeString:
    """An icon in a tinted circle."""
    return format_html('<span class="dot {}">{}</span>', tone_class(tone), icon(name))


@register.simple_tag
def stars(count: int | None, out_of: int = 3) -> SafeString:
    """A priority, read only."""
    lit = min(max(int(count or 0), 0), out_of)
    label = _("Priority %(lit)d of %(all)d") % {"lit": lit, "all": out_of}
    use = format_html('<use href="{}#star"/>', static("vendor/icons.svg"))
    drawn = format_html_join(
        "",
        '<svg class="icon{}" aria-hidden="true">{}</svg>',
        (("" if at < lit else " off", use) for at in range(out_of)),
    )
    return format_html('<span class="stars" role="img" aria-label="{}">{}</span>', label, drawn)


@register.simple_tag
def ring(percent: float, label: str = "") -> SafeString:
    """A share of a whole as a ring, 0 to 100. Drawn with attributes, since styles inside a page are forbidden."""
    share = min(max(round(percent), 0), 100)
    return format_html(
        '<svg class="ring" viewBox="0 0 34 34" role="img" aria-label="{}">'
        '<circle cx="17" cy="17" r="14.5"/>{}<text x="17" y="17.5">{}</text></svg>',
        label or f"{share} %",
        _arc(share),
        share,
    )


def _arc(share: int) -> SafeString | str:
    if not share:
        return ""  # A round line cap would leave a dot.
    return format_html(
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
    cuts = format_html_join(
        "",
        '<rect class="{}-fill" x="{}%" width="{}%" height="4"/>',
        (
            (tone_class(tone), f"{100 * start / whole:.2f}", f"{100 * size / whole:.2f}")
            for start, (size, tone) in zip(starts, parts, strict=False)
        ),
    )
    voice = format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"')
    return format_html('<svg class="meter" {}>{}</svg>', voice, cuts)


@register.simple_tag
def bar(percent: float) -> SafeString:
    """A wide bar of a chart, 0 to 100."""
    width = min(max(float(percent), 0.5), 100)
    return format_html(
        '<svg class="bar" aria-hidden="true"><rect width="{}%" height="26" rx="6" fill="url(#shade)"/></svg>',
        f"{width:.1f}",
    )


@register.simple_tag
def progress(value: int | None, most: int = 100, label: str = "") -> SafeString:
    """How far a long work is; without a value it only says that it runs."""
    now = "" if value is None else format_html(' value="{}"', value)
    return format_html('<progress max="{}"{} aria-label="{}"></progress>', most, now, label or _("Progress"))


@register.simple_tag
def skeleton(lines: int = 6) -> SafeString:
    """Grey lines that stand where rows will be."""
    drawn = mark_safe("<i></i>" * int(lines))  # noqa: S308
    return format_html('<div class="skeleton" role="status" aria-label="{}">{}</div>', _("Loading"), drawn)


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
    control_attrs = {**spoken, **_behaviour(kind), **given}
    context = {
        "bound": bound,
        "kind": kind,
        "label": label or bound.label,
        "hint": hint,
        "spoken": spoken.get("aria-describedby", ""),
        "options_class": f"options-{options}" if options else "",
        "control": "" if kind in ("options", "checks", "stars") else bound.as_widget(attrs=control_attrs),
        "is_switch": "data-switch" in widget.attrs,
    }
    return SafeString(render_to_string("ui/field.html", context))


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
    return SafeString(render_to_string("ui/fields.html", {"form": form}))


@register.simple_tag
def form_errors(form: forms.BaseForm) -> SafeString:
    """What is wrong with the form as a whole."""
    return SafeString(render_to_string("ui/form_errors.html", {"form": form}))


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
    return SafeString(
        render_to_string("ui/empty.html", {"content": content, "icon": icon, "title": title, "small": small})
    )


@register.simple_block_tag
def note(content: str, tone: str = "blue", icon: str = "") -> SafeString:
    """A few words that must be seen before going on."""
    chosen = icon or {"red": "alert-circle", "amber": "alert-triangle", "jade": "circle-check"}.get(tone, "info-circle")
    role = "alert" if tone == "red" else "note"
    return SafeString(
        render_to_string("ui/note.html", {"content": content, "tone": tone, "icon": chosen, "role": role})
    )


@register.simple_block_tag
def menu(content: str, name: str, label: str = "", icon: str = "", classes: str = "btn", title: str = "") -> SafeString:
    """A button that opens a list of links and buttons. `name` is unique on the page."""
    context = {"content": content, "id": f"menu-{slugify(name)}", "label": label, "icon": icon, "classes": classes}
    return SafeString(render_to_string("ui/menu.html", {**context, "title": title}))


@register.simple_block_tag
def panel(
    content: str, title: str = "", count: Any = None, href: str = "", link: str = "", body: bool = False
) -> SafeString:
    """A framed part of a page: a title, a count, a link to more. `body` pads what is not a list of lines."""
    context = {"content": content, "title": title, "count": count, "href": href, "link": link, "body": body}
    return SafeString(render_to_string("ui/panel.html", context))


@register.simple_block_tag
def group(content: str, title: str = "", add_url: str = "", add_label: str = "", dialog: bool = True) -> SafeString:
    """A titled group in a side column of a record page, with an optional + button."""
    context = {"content": content, "title": title, "add_url": add_url, "add_label": add_label, "dialog": dialog}
    return SafeString(render_to_string("ui/group.html", context))


@register.simple_block_tag
def timeline_item(content: str, icon: str = "circle-dot", tone: str = "slate", id: str = "") -> SafeString:  # noqa: A002
    """One thing that happened; `content` is the sentence and, if any, a `.timeline-box`."""
    return SafeString(
        render_to_string("ui/timeline_item.html", {"content": content, "icon": icon, "tone": tone, "id": id})
    )


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
    return SafeString(render_to_string("ui/chip.html", {"name": name, "value": value, "remove_url": remove_url}))


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
    return _inside(context, "act_button", button=button, small=small, item=item)


@register.simple_tag
def bulk_button(button: Any, item: bool = False) -> SafeString:
    """A `registries.Button` on a bulk bar: opens its dialog with, or posts, every ticked id."""
    return SafeString(render_to_string("ui/bulk_button.html", {"button": button, "item": item}))


@register.simple_tag
def kpi(label: str, value: Any, change: str = "", trend: str = "") -> SafeString:
    """One figure of a row of figures; `trend` is rising, falling or nothing."""
    return SafeString(
        render_to_string("ui/kpi.html", {"label": label, "value": value, "change": change, "trend": trend})
    )


@register.simple_tag
def drop(name: str, accept: str = "", multiple: bool = False, hint: str = "", id: str = "") -> SafeString:  # noqa: A002
    """A place to drop a file on, or to click and choose one."""
    context = {"name": name, "accept": accept, "multiple": multiple, "hint": hint, "id": id or f"id_{name}"}
    return SafeString(render_to_string("ui/drop.html", context))


@register.simple_tag
def undo_url(message: Any) -> str:
    """The address that takes back what a message tells, from its extra tag `undo:/address/`."""
    tags = (message.extra_tags or "").split()
    return next((word.removeprefix("undo:") for word in tags if word.startswith("undo:")), "")


@register.simple_tag(takes_context=True)
def sign_in_panels(context: Context) -> SafeString:
    """What apps add below the sign-in form."""
    request: HttpRequest = context["request"]
    return SafeString("".join(registries.render_panels(registries.sign_in_panels, "*", request)))


@register.simple_tag
def page_scripts() -> list[str]:
    """Every script of the kit, in order."""
    return [f"js/{name}.js" for name in SCRIPTS]


SCRIPTS = [
    "toasts",
    "dialogs",
    "menus",
    "rows",
    "savebar",
    "board",
    "pick",
    "fills",
    "when",
    "times",
    "stages",
    "money",
    "dates",
    "files",
    "guard",
    "session",
    "shortcuts",
    "offline",
]
