"""A double click makes one record: each drawn form carries a token, and a token makes one thing."""

import functools
import uuid
from collections.abc import Callable
from typing import Any, cast

from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django_htmx.http import HttpResponseClientRedirect, trigger_client_event

from pheu.core.errors import Conflict
from pheu.core.models import FormToken


class _Undo(Exception):
    """Carries an answer that made nothing out of the transaction, so that the token stays free."""

    def __init__(self, answer: HttpResponse) -> None:
        self.answer = answer


def once(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Let a POST with the same `once` token happen one time; the second gets the first one's answer.

    The token's row and what the view makes stand in one transaction: the second click waits at the unique index until
    the first has committed, and a form that was refused (4xx) can be sent again.
    """

    @functools.wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        token = _token(request)
        if token is None:
            return view(request, *args, **kwargs)
        try:
            with transaction.atomic():
                mark = FormToken.objects.create(token=token, user_id=cast(int, request.user.pk))
                answer = view(request, *args, **kwargs)
                if answer.status_code >= 400:
                    raise _Undo(answer)
                mark.answer = answer.headers.get("Location") or answer.headers.get("HX-Redirect", "")
                mark.save(update_fields=["answer"])
                return answer
        except _Undo as undo:
            return undo.answer
        except IntegrityError:
            first = FormToken.objects.filter(token=token).first()
            if first is None:
                raise  # another rule of the database said no
            if first.user_id != request.user.pk:
                raise Conflict(_("This form was sent by somebody else already. Please open it anew.")) from None
            return _same_answer(request, first.answer)

    return guarded


def _same_answer(request: HttpRequest, address: str) -> HttpResponse:
    """Where the first click led; a dialog that led nowhere has told the page all it needs, so this one only closes."""
    if request.headers.get("HX-Request") != "true":
        return HttpResponseRedirect(address or "/")
    if address:
        return HttpResponseClientRedirect(address)
    return trigger_client_event(HttpResponse(status=204), "dialog-close")


def _token(request: HttpRequest) -> uuid.UUID | None:
    try:
        return uuid.UUID(request.POST.get("once", "")) if request.method == "POST" else None
    except ValueError:
        return None


def once_input() -> SafeString:
    """The hidden input; drawn anew with every form."""
    return format_html('<input type="hidden" name="once" value="{}">', uuid.uuid4())
