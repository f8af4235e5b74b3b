"""What an act says when it cannot be done. One middleware turns it into words for the person."""

import logging
from typing import Any, cast

from django.contrib import messages
from django.db import DataError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django_htmx.http import trigger_client_event

from pheu.core.again import in_one_go, is_worth_again

logger = logging.getLogger(__name__)
NOT_YOURS = _("You may not do this with this record.")
UNREADABLE = _("What was sent cannot be read.")
IN_THE_WAY = _("Somebody else is changing the same records just now. Nothing was changed: please try again.")


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


def say_beside(form: Any, error: DomainError) -> None:
    """Say beside each field of a form what an act found wrong with it, and the rest at the head of the form."""
    for name, words in getattr(error, "errors", {"": [str(error)]}).items():
        form.add_error(name if name in form.fields else None, words)


class Conflict(DomainError):
    """Somebody changed the same thing meanwhile. `clashes` lists (label, theirs, mine) to show side by side."""

    def __init__(self, message: Any, *, clashes: list[dict[str, Any]] | None = None, **facts: Any) -> None:
        super().__init__(message, **facts)
        self.clashes = clashes or []


class Unreadable(DomainError):
    """What was sent cannot be read or kept, whoever sent it."""

    status = 400

    def __init__(self, message: Any = UNREADABLE, **facts: Any) -> None:
        super().__init__(message, **facts)


class DomainErrorMiddleware:
    """Answers a DomainError with its words: a toast for htmx, a page otherwise. The transaction has rolled back."""

    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        """What a page of ours writes is one transaction, begun once more where somebody was in the way."""
        if request.method in ("GET", "HEAD", "OPTIONS") or not view.__module__.startswith("pheu."):
            return None

        def answer() -> HttpResponse:
            for _name, uploads in cast(Any, request.FILES).lists():
                for upload in uploads:
                    upload.seek(0)
            return view(request, *args, **kwargs)

        try:
            return in_one_go(answer)
        except Exception as error:
            said = self.process_exception(request, error)
            if said is None:
                raise
            return said

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, DataError):
            # A value that no column can hold should have been refused before. It is our fault, and no broken page.
            logger.error("The database refused a value at %s", request.path, exc_info=error)
            return say(request, Unreadable())
        if is_worth_again(error):
            return say(request, Conflict(IN_THE_WAY))
        return say(request, error) if isinstance(error, DomainError) else None


def say(request: HttpRequest, error: DomainError) -> HttpResponse:
    """The words of `error`: a toast for htmx, a page otherwise."""
    if request.headers.get("HX-Request") == "true":
        answer = HttpResponse(status=error.status, headers={"HX-Reswap": "none"})
        return trigger_client_event(answer, "toast", {"text": str(error), "level": "error"})
    return render(request, "refused.html", {"error": error}, status=error.status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """`handler400`: Django could not read the request (its length, its parts, its host)."""
    request.GET = QueryDict()  # which may be what cannot be read, and the page around the words looks into it
    return say(request, exception if isinstance(exception, Unreadable) else Unreadable())


def tell(request: HttpRequest, text: Any, *, undo: str = "", redo: str = "", level: int = messages.SUCCESS) -> None:
    """Show `text` as a toast on the next page; with «Hoàn tác» or «Làm lại», which post to `undo` and `redo`."""
    ways = (f"{name}:{url}" for name, url in (("undo", undo), ("redo", redo)) if url)
    messages.add_message(request, level, text, extra_tags=" ".join(ways))
