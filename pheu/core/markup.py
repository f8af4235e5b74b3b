"""Small pieces of HTML, drawn in Python: for what a page has by the dozen (cells, cards, fields, events).

A template says best what stands once on a page. What is repeated costs there ten times what it costs in a function, so
cells, cards, form controls and lines of the timeline are functions here and in `templatetags/`,
`records/drawing.py` and `core/widgets.py`. `html` escapes whatever it is given, unless that is markup already.
"""

import html as standard
from collections.abc import Callable, Iterable, Mapping
from functools import cache, lru_cache, wraps
from typing import Any, TypeVar, cast

from django.urls import get_script_prefix, reverse
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import get_language

Draws = TypeVar("Draws", bound=Callable[..., SafeString])


def escaped(value: Any) -> str:
    """`value` as text of HTML: as it is where it is markup (`__html__`), escaped where it is anything else."""
    if type(value) is SafeString:  # most values are one of these two
        return value
    if type(value) is str:
        return standard.escape(value)
    if isinstance(value, Promise):
        value = str(value)
    drawn = getattr(value, "__html__", None)
    return drawn() if drawn is not None else standard.escape(str(value))


def html(pattern: str, *values: Any) -> SafeString:
    """`pattern` with every `{}` filled by an escaped value: Django's `format_html` at a fifth of its price."""
    return SafeString(pattern.format(*map(escaped, values)))


def together(parts: Iterable[Any], between: str = "") -> SafeString:
    """Pieces one after the other, each escaped unless it is markup; `between` is markup of ours."""
    return SafeString(between.join(map(escaped, parts)))


def attributes(given: Mapping[str, Any]) -> SafeString:
    """Attributes of an element, each with a space before it: True is its bare name, False and None are left out."""
    return SafeString(
        "".join(
            f" {escaped(name)}" if value is True else f' {escaped(name)}="{escaped(value)}"'
            for name, value in given.items()
            if value is not False and value is not None
        )
    )


def drawn_once(function: Draws) -> Draws:
    """Keep what `function` draws of small, hashable arguments, in each language.

    By type too: `<b>` that somebody typed and `<b>` that is markup are equal, and must not be taken for each other.
    """

    @lru_cache(maxsize=2048, typed=True)
    def kept(_language: str | None, *args: Any, **kwargs: Any) -> SafeString:
        return function(*args, **kwargs)

    @wraps(function)
    def drawn(*args: Any, **kwargs: Any) -> SafeString:
        return kept(get_language(), *args, **kwargs)

    return cast(Draws, drawn)


def address(name: str, pk: int) -> str:
    """`reverse(name, args=[pk])` for addresses that a page has by the dozen: looked up once, then only filled in."""
    return _address_of_any(name, get_script_prefix()).format(pk)


STAND_IN = 9_223_372_036_854_775_806


@cache
def _address_of_any(name: str, _prefix: str) -> str:
    return reverse(name, args=[STAND_IN]).replace(str(STAND_IN), "{}")
