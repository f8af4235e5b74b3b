from collections.abc import Iterable
from typing import Any

from django import template
from django.template.loader import render_to_string
from django.utils.html import escape
from django.utils.safestring import SafeString

from pheu.messaging.channels.email.letters import Address
from pheu.messaging.forms import TryForm
from pheu.messaging.saying import words_of
from pheu.messaging.trying import proposed
from pheu.messaging.versions import Version, versions_of

register = template.Library()


@register.simple_tag
def why(thing: Any) -> str:
    """What went wrong with a letter or a mailbox, in words."""
    return words_of(thing.problem, thing.problem_words)


@register.simple_tag
def addresses(people: Iterable[Address]) -> str:
    return ", ".join(one.shown for one in people)


@register.simple_tag(takes_context=True)
def trying(context: Any, form: Any) -> TryForm:
    """On what the template in `form` is tried: what was chosen, else what is proposed."""
    user = context["request"].user
    return context.get("tried") or TryForm(user=user, initial={"about": proposed(form["moment"].value() or "", user)})


@register.simple_tag
def versions(item: Any) -> list[Version]:
    """Of a template, the one of now first; none of one that is being made."""
    return versions_of(item) if item else []


@register.simple_tag
def in_frame(letter: str) -> SafeString:
    """A page around the cleaned HTML of a letter, as an attribute holds it: escaped, though it is safe as it is."""
    return escape(render_to_string("messaging/mail/draft.html", {"body": letter}))
