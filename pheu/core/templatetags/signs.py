"""Small drawings that lists repeat: icons, avatars, pills, tags, stars, shares."""

from collections.abc import Iterable
from functools import cache
from itertools import accumulate
from typing import Any

from django import template
from django.templatetags.static import static
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from pheu.core.markup import attributes, drawn_once, html, together
from pheu.core.vietnamese import initials

register = template.Library()

TONES = ("jade", "blue", "violet", "amber", "rose", "red", "slate")
AVATAR_TONES = ("jade", "blue", "violet", "amber", "rose", "slate")


def tone_class(tone: str | None) -> str:
    """A known tone, or slate: a tone may come from what an administrator typed."""
    return tone if tone in TONES else "slate"


SILENT = SafeString('aria-hidden="true"')


# The address of a person's picture; the app that keeps them is above.
PICTURES = "person-picture"


def _voice(label: Any) -> SafeString:
    """How those who hear the page are told of a drawing: by its label, or not at all."""
    return html('role="img" aria-label="{}"', label) if label else SILENT


@register.simple_tag
@drawn_once
def icon(name: str, label: str = "", size: str = "") -> SafeString:
    """A Tabler icon of `icons.txt`. Silent unless it stands alone and `label` says what it means."""
    classes = f"icon icon-{size}" if size else "icon"
    return html('<svg class="{}" {}><use href="{}#{}"/></svg>', classes, _voice(label), _sprite(), name)


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
    """A circle with the person's picture, else with initials, its colour chosen by the id.

    `silent` where the name is written beside it.
    """
    if not person:
        return _nobody()
    picture = getattr(person, "picture_key", "")
    return _avatar(name_of(person), (getattr(person, "pk", 0) or 0) % len(AVATAR_TONES), size, silent, picture)


@drawn_once
def _nobody() -> SafeString:
    return html('<span class="avatar slate" role="img" aria-label="{}">–</span>', _("No owner"))


@drawn_once
def _avatar(name: str, tone: int, size: str, silent: bool, picture: str) -> SafeString:
    voice = SILENT if silent else html('role="img" aria-label="{0}" title="{0}"', name)
    classes = f"avatar {AVATAR_TONES[tone]} avatar-{size}" if size else f"avatar {AVATAR_TONES[tone]}"
    inside = html('<img src="{}" alt="" loading="lazy">', reverse(PICTURES, args=[picture])) if picture else ""
    return html('<span class="{}" {}>{}</span>', classes, voice, inside or initials(name))


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
def bar(percent: float, tone: str = "") -> SafeString:
    """A wide bar of a chart, 0 to 100; in the colour of success, or of `tone`."""
    width = min(max(float(percent), 0.5), 100)
    return html(
        '<svg class="{}" aria-hidden="true"><rect width="{}%" height="26" rx="6" fill="url(#shade)"/></svg>',
        f"bar {tone}-bar" if tone else "bar",
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
