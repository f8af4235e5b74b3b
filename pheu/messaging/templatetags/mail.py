from collections.abc import Iterable
from typing import Any

from django import template

from pheu.messaging.channels.email.letters import Address
from pheu.messaging.saying import words_of

register = template.Library()


@register.simple_tag
def why(thing: Any) -> str:
    """What went wrong with a letter or a mailbox, in words."""
    return words_of(thing.problem, thing.problem_words)


@register.simple_tag
def addresses(people: Iterable[Address]) -> str:
    return ", ".join(one.shown for one in people)
