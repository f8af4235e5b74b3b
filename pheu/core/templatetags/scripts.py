"""Which scripts a page brings: those of the attributes that it has."""

import re

from django import template
from django.templatetags.static import static
from django.utils.html import json_script
from django.utils.safestring import SafeString

from pheu.core.markup import drawn_once, html, together

register = template.Library()

# What an element's attribute brings along, in the order in which the scripts run. That attribute is the only place
# where a template says what it needs: a page is written with the scripts of the attributes that it has, and
# js/behaviours.js fetches what a swap or a dialog brings besides.
BEHAVIOURS: dict[str, tuple[str, ...]] = {
    "rows": ("data-rows",),
    "split": ("data-split",),  # after the rows, whose keys it follows
    "columns": ("data-columns",),
    "cells": ("data-cells",),
    "board": ("data-board",),
    "order": ("data-order",),
    "lines": ("data-lines", "data-drop-line"),
    "search": ("data-search-now",),
    "pick": ("data-pick", "data-pick-url"),
    "fills": ("data-fills", "data-makes", "data-offers"),
    "when": ("data-when", "data-follows", "data-proposed-by", "data-opens", "data-under-of"),
    "times": ("data-fill-time",),
    "stages": ("data-stages",),
    "money": ("data-money",),
    "dates": ("data-date", "data-datetime"),
    "echo": ("data-echo",),
    "uploads": ("data-sending",),  # before what reads the names of the files that it hands on
    "files": ("data-drop",),
    "square": ("data-square",),
    "titles": ("data-title",),
    "downloads": ("data-download",),
    "fresh": ("data-fresh",),
    "readers": ("data-readers",),
    "calendar": ("data-calendar",),
    "reminders": ("data-remind-in",),
    "copy": ("data-copy", "data-copy-text"),
    "proposes": ("data-proposes",),
    "reads": ("data-reads",),
    "once": ("data-once",),  # before the others change what the browser has put back into a form
    "mentions": ("data-mentions",),
    "passkeys": ("data-passkey",),
    "rich": ("data-rich",),
    "letter": ("data-letter",),
    "mailbox": ("data-mailbox",),
    "merge": ("data-take-all", "data-adds"),
    "session": ("data-sign-out",),  # on the page of its own; pages with the shell have it anyway
    "savebar": ("data-dirty-bar", "data-dirty-form"),  # it remembers what the others made of a form
    "drafts": ("data-draft",),  # last: what it puts back is unsaved
}
EVERYWHERE = ("toasts", "guard")  # guard looks at forms after all others
# Of pages with `data-shell`.
SHELL = ("behaviours", "dialogs", "menus", "session", "shortcuts", "offline", "focus", "works", "bell", "live", "push")
# The record that comes into a place beside a list is worked on at once: a click is not to be there before its script.
COMES_INTO = {"data-split": {"data-reads", "data-dirty-bar"}}
ATTRIBUTE = re.compile(r" (data-[a-z-]+)")


def scripts_for(content: str) -> list[str]:
    """The modules that a page with this content uses."""
    found = set(ATTRIBUTE.findall(content))
    for place in COMES_INTO.keys() & found:
        found |= COMES_INTO[place]
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
