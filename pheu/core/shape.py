"""Whether what a company has decided about itself has changed: own fields, layouts.

Definitions are cached in each process by a stamp; whoever changes one writes a new stamp in the same transaction. A
request learns today's stamp with its user, in the statement that reads the user anyway; a job asks once.
"""

import hashlib
import json
import uuid
from contextvars import ContextVar

from django.core.signals import request_started
from django.dispatch import receiver

from pheu.core.models import Shape

# None: not asked yet. The empty stamp: nothing was ever changed.
_seen: ContextVar[str | None] = ContextVar("shape", default=None)


def stamp() -> str:
    """Today's, as this request or job has seen it first."""
    seen = _seen.get()
    if seen is None:
        seen = Shape.objects.values_list("stamp", flat=True).first() or ""
        _seen.set(seen)
    return seen


def see(stamp: str | None) -> None:
    """Say what the stamp is; None: let the next question ask."""
    _seen.set(stamp)


def changed() -> None:
    """Give everybody a new stamp with this transaction; one that was rolled back never comes again."""
    fresh = uuid.uuid4().hex
    Shape.objects.update_or_create(pk=1, defaults={"stamp": fresh})
    _seen.set(fresh)


def digest(what: object) -> str:
    """A short name of some JSON: whether it is still what somebody saw."""
    return hashlib.sha256(json.dumps(what, sort_keys=True, default=str).encode()).hexdigest()[:16]


@receiver(request_started)
def forget(**_told: object) -> None:
    see(None)
