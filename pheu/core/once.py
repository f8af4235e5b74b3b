"""A double click makes one record: each drawn form carries a token, and a token makes one thing."""

import functools
import hashlib
import uuid
from collections.abc import Callable
from typing import Any, cast

from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django_htmx.http import HttpResponseClientRedirect

from pheu.core.errors import Conflict
from pheu.core.models import FormToken

# Each looks at the address that a form led to, and raises words where the person can no longer go there.
Sight = Callable[[HttpRequest, str], None]
_sights: list[Sight] = []


def sight(function: Sight) -> Sight:
    """Let `function` look at where a form that is sent again would lead."""
    _sights.append(function)
    return function


class _Undo(Exception):
    """Carries an answer that made nothing out of the transaction, so that the token stays free."""

    def __init__(self, answer: HttpResponse) -> None:
        self.answer = answer


def once(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Let a POST with the same `once` token happen one time; the second gets the first one's answer.

    The token's row and what the view makes stand in one transaction: the second click waits at the unique index until
    the first has committed, and a form that was refused (4xx) can be sent again. Whoever goes back to a form that was
    saved, types something else and saves again is led to what it made, and told that the rest was not saved.
    """

    @functools.wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        token = _token(request)
        if token is None:
            return view(request, *args, **kwargs)
        try:
            with transaction.atomic():
                typed = _typed(request)
                mark = FormToken.objects.create(token=token, user_id=cast(int, request.user.pk), typed=typed)
                answer = view(request, *args, **kwargs)
                if answer.status_code >= 400:
                    raise _Undo(answer)
                mark.answer = answer.headers.get("Location") or answer.headers.get("HX-Redirect", "")
                mark.news = answer.headers.get("HX-Trigger", "")
                mark.save(update_fields=["answer", "news"])
                return answer
        except _Undo as undo:
            return undo.answer
        except IntegrityError:
            first = FormToken.objects.filter(token=token).first()
            if first is None:
                raise  # another rule of the database said no
            if first.user_id != request.user.pk:
                raise Conflict(_("This form was sent by somebody else already. Please open it anew.")) from None
            return _same_answer(request, first)

    return guarded


def _same_answer(request: HttpRequest, first: FormToken) -> HttpResponse:
    """Where the first click led; a dialog that led nowhere tells the page the same news and closes."""
    if first.answer:
        for look in _sights:
            look(request, first.answer)
    if first.typed != _typed(request):
        messages.warning(
            request, _("This form was saved before: here is what it made. What you typed now is not saved.")
        )
    if request.headers.get("HX-Request") != "true":
        return HttpResponseRedirect(first.answer or "/")
    if first.answer:
        return HttpResponseClientRedirect(first.answer)
    return HttpResponse(status=204, headers={"HX-Trigger": first.news} if first.news else {})


def _typed(request: HttpRequest) -> str:
    """A figure for what was typed into the form, the same whenever the same is sent."""
    drawn = {"csrfmiddlewaretoken", "once"}
    sent = [(name, *values) for name, values in request.POST.lists() if name not in drawn]
    files = [(name, *((one.name, one.size) for one in many)) for name, many in request.FILES.lists()]
    return hashlib.sha256(repr(sorted(map(repr, sent + files))).encode()).hexdigest()


def _token(request: HttpRequest) -> uuid.UUID | None:
    try:
        return uuid.UUID(request.POST.get("once", "")) if request.method == "POST" else None
    except ValueError:
        return None


def once_input() -> SafeString:
    """The hidden input; drawn anew with every form."""
    return format_html('<input type="hidden" name="once" value="{}">', uuid.uuid4())
