"""What an act says when it cannot be done. One middleware turns it into words for the person."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django_htmx.http import trigger_client_event

NOT_YOURS = _("You may not do this with this record.")


class DomainError(Exception):
    """A rule of the business says no. `message` may hold %(name)s places, filled from `facts`."""

    status = 409

    def __init__(self, message: Any, **facts: Any) -> None:
        super().__init__(message, facts)
        self.message, self.facts = message, facts

    def __str__(self) -> str:
        return str(self.message) % self.facts if self.facts else str(self.message)


class Refused(DomainError):
    """The person may see the record but not do this with it."""

    status = 403

    def __init__(self, message: Any = NOT_YOURS, **facts: Any) -> None:
        super().__init__(message, **facts)


class Invalid(DomainError):
    """Values that cannot be kept: `errors` are the words by field, `labels` what these fields are called."""

    status = 422

    def __init__(self, errors: dict[str, list[str]], labels: dict[str, str]) -> None:
        said = "; ".join(f"{labels[name]}: {' '.join(words)}" for name, words in errors.items())
        super().__init__("%(said)s", said=said)
        self.errors = errors


class Conflict(DomainError):
    """Somebody changed the same thing meanwhile. `clashes` lists (label, theirs, mine) to show side by side."""

    def __init__(self, message: Any, *, clashes: list[dict[str, Any]] | None = None, **facts: Any) -> None:
        super().__init__(message, **facts)
        self.clashes = clashes or []


class DomainErrorMiddleware:
    """Answers a DomainError with its words: a toast for htmx, a page otherwise. The transaction has rolled back."""

    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, DomainError):
            return None
        if request.headers.get("HX-Request") == "true":
            answer = HttpResponse(status=error.status, headers={"HX-Reswap": "none"})
            return trigger_client_event(answer, "toast", {"text": str(error), "level": "error"})
        return render(request, "refused.html", {"error": error}, status=error.status)


def tell(request: HttpRequest, text: Any, *, undo: str = "") -> None:
    """Show `text` as a toast on the next page; with «Hoàn tác», which posts to the address `undo`."""
    messages.success(request, text, extra_tags=f"undo:{undo}" if undo else "")
