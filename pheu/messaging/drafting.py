"""Templates of letters (R1.36, R1.41): Liquid, with what the sender may see of a record, within bounds.

`{{ record.company_name }}` and the like are fields of the record by their names, shown as on its page; `me`, `company`,
`greeting` and `today` stand beside them. Nothing else can be reached: values are texts, files are not read, loops and
output are bounded, and what people typed is escaped in HTML.
"""

import re
from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from liquid import Environment
from liquid.exceptions import (
    FilterArgumentError,
    FilterError,
    LiquidError,
    LiquidSyntaxError,
    ResourceLimitError,
    UnknownFilterError,
)

from pheu.core.vietnamese import today_here
from pheu.core.vietnamese.dates import show_date
from pheu.core.vietnamese.names import given_name
from pheu.core.vietnamese.text import clean
from pheu.messaging.channels.email.safe import simple
from pheu.messaging.models import EmailTemplate
from pheu.messaging.people import row_for
from pheu.people.models import User
from pheu.people.profile import profile
from pheu.records import kinds
from pheu.records.fields import RowPick
from pheu.records.models import Record

REFUSED_TAGS = ("include", "render", "import", "extends", "block", "macro", "call")


class _Bounded(Environment):
    loop_iteration_limit = 1000
    output_stream_limit = 200_000
    local_namespace_limit = 100_000
    context_depth_limit = 20


def _environment(*, escapes: bool) -> Environment:
    made = _Bounded(autoescape=escapes)
    for name in REFUSED_TAGS:
        made.tags.pop(name, None)
    return made


TEXT, HTML = _environment(escapes=False), _environment(escapes=True)
BESIDE = {
    "greeting": gettext_lazy("How one is greeted: Anh Minh, Chị Lan"),
    "me.name": gettext_lazy("My name"),
    "me.job_title": gettext_lazy("My job title"),
    "me.email": gettext_lazy("My e-mail address"),
    "company.name": gettext_lazy("Our company"),
    "company.phone": gettext_lazy("Our phone"),
    "company.website": gettext_lazy("Our website"),
    "today": gettext_lazy("Today"),
}


def drafted(template: EmailTemplate, about: Record | None, sender: User) -> tuple[str, str]:
    """(subject, HTML) of a letter about a record; `LiquidError` for a template that cannot be read any more."""
    given = values_for(about, sender)
    return subject_of(template, given), html_of(template, given)


def subject_of(template: EmailTemplate, given: dict[str, Any]) -> str:
    return clean(TEXT.from_string(template.subject).render(**given))[:500]


def html_of(template: EmailTemplate, given: dict[str, Any]) -> str:
    return simple(HTML.from_string(template.html).render(**given))


def wrong_with(text: str) -> str:
    """Why a template cannot be used, in words; empty where it can."""
    try:
        HTML.from_string(text).render(**{name: {} for name in ("record", "me", "company")}, greeting="", today="")
    except LiquidError as error:
        return cannot_be_read(error)
    return ""


def cannot_be_read(error: LiquidError) -> str:
    """Where and why, in words: what the engine says itself is English for programmers, and may stumble over its end."""
    why, near = _why(error), _near(error)
    if near:
        return _("This cannot be read near “%(near)s”: %(why)s") % {"near": near, "why": why}
    return _("This cannot be read: %(why)s") % {"why": why}


def _why(error: LiquidError) -> str:
    said = str(error.message or "")
    name = (QUOTED.search(said) or [""])[0].strip("'\"")
    match error:
        case UnknownFilterError():
            return _("there is no filter “%(name)s”.") % {"name": name}
        case FilterError() | FilterArgumentError():
            return _("a filter is used with what it cannot take.")
        case ResourceLimitError():
            return _("it is too long, or never ends.")
        case LiquidSyntaxError() if said.startswith("unexpected tag"):
            return _("there is no tag “%(name)s”, or not here.") % {"name": name}
        case LiquidSyntaxError() if end := ENDS.match(said):
            return _("“%(end)s” is missing.") % {"end": f"{{% {end[1]} %}}"}
        case LiquidSyntaxError() if "delimiter" in said or "'}}'" in said or "'%}'" in said:
            return _("what begins with “{{” or “{%” is not closed.")
    return _("something is missing, or stands where it cannot.")


QUOTED = re.compile(r"""'[^']+'|"[^"]+\"""")
ENDS = re.compile(r"expected tag (end\w+)")
NEAR = 40  # characters


def _near(error: LiquidError) -> str:
    """What is written there, from the brace on."""
    if error.token is None or error.token.start_index < 0:
        return ""
    source, at = error.token.source, error.token.start_index
    begins = max(source.rfind("{{", 0, at + 2), source.rfind("{%", 0, at + 2), 0)
    ends = next((end + 2 for end in map(source[begins:].find, ("}}", "%}")) if end >= 0), NEAR)
    return clean(source[begins : begins + min(ends, NEAR)])


def values_for(about: Record | None, sender: User) -> dict[str, Any]:
    ours = profile()
    row = row_for(about, sender) if about is not None else None
    return {
        "record": dict(_shown(about, row, sender)) if about is not None and row is not None else {},
        "me": {"name": sender.full_name, "job_title": sender.job_title, "email": sender.email},
        "company": {"name": ours.name, "phone": ours.phone, "website": ours.website},
        "greeting": greeting(about, row, sender),
        "today": show_date(today_here()),
    }


def _shown(about: Record, row: Any, sender: User) -> Iterator[tuple[str, str]]:
    yield "number", about.number
    yield "title", row.title
    for field in kinds.get(about.kind).schema_for(sender):
        yield field.name, field.show(field.value(row)) or ""


def greeting(about: Record | None, row: Any, sender: User) -> str:
    """«Anh Minh», «Chị Lan» by how the contact is addressed; a name alone where that is unknown; else «Quý khách»."""
    person = _person(about, row, sender)
    if person is None:
        return _("Dear customer")
    name, said = person
    return f"{said[:1].upper()}{said[1:]} {given_name(name)}" if said else name


SAID = {"anh": "anh", "chi": "chị", "em": "em", "ong": "ông", "ba": "bà"}


def _person(about: Record | None, row: Any, sender: User) -> tuple[str, str] | None:
    """(full name, how they are addressed) of whom a record is about, as far as the sender may see it."""
    if about is None or row is None:
        return None
    schema = kinds.get(about.kind).schema_for(sender)
    for name in ("full_name", "person_name"):
        if (field := schema.get(name)) is not None and (called := field.value(row)):
            salutation = schema.get("salutation")
            return called, SAID.get(salutation.value(row) if salutation else "", "")
    for field in schema:
        named = field.value(row) if isinstance(field, RowPick) and field.kind == "contact" else None
        if named is not None and (seen := row_for(named.record, sender)) is not None:
            return _person(named.record, seen, sender)
    return None


def offered(kind: str, sender: User) -> list[tuple[str, str]]:
    """(what is written, what it stands for) of everything that a template about `kind` may name."""
    fields = [(f"record.{one.name}", str(one.label)) for one in kinds.get(kind).schema_for(sender)] if kind else []
    return [*((name, str(words)) for name, words in BESIDE.items()), ("record.number", str(_("Number"))), *fields]
