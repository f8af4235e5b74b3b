"""Provinces and wards for forms: what an address says of them, and wards to choose from (vietnam.md 7.1)."""

from functools import cache

from django.http import HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.views.decorators.http import require_GET
from django_htmx.http import trigger_client_event

from pheu.core.vietnamese.text import search_text, search_words
from pheu.core.vietnamese.units import Ward, atlas
from pheu.people.requests import Request
from pheu.records import drawing
from pheu.records.fields import PlaceText
from pheu.records.views import open_kind, same_as_typed

MOST = 50  # wards at once


@require_GET
def wards(request: Request) -> JsonResponse:
    """Wards for a combobox, below a province if one is chosen; what was a ward before finds those that it is in now."""
    sought = [f" {word}" for word in search_words(request.GET.get("q", "")[:100])]
    below = request.GET.get("province", "")
    found = [one for one in atlas().wards.values() if below in ("", one.province)]
    now = [one for one in found if _has(_called()[one.code], sought)]
    there = {one.code for one in now}
    before = [one for one in found if one.code not in there and _has(_was()[one.code], sought)]
    told = [_option(one, is_former=one.code not in there) for one in [*now, *before][:MOST]]
    return JsonResponse(told, safe=False)


def _has(text: str, words: list[str]) -> bool:
    return all(word in text for word in words)


@cache
def _called() -> dict[str, str]:
    return {code: search_text(one.name) for code, one in atlas().wards.items()}


@cache
def _was() -> dict[str, str]:
    return {code: search_text(one.name, *one.former) for code, one in atlas().wards.items()}


def _option(one: Ward, *, is_former: bool) -> dict[str, object]:
    """With its province, which is filled with it; of one that older names have found, these."""
    told = [atlas().provinces[one.province].called, *([", ".join(one.former[:4])] if is_former else [])]
    above = {"under": one.province, "fills": {"province": one.province}}
    return {"id": one.code, "text": one.name, "sub": " · ".join(told), **above}


@require_GET
def record_place(request: Request, kind: str) -> HttpResponse:
    """What an address that somebody types says of its place: it fills the fields that follow it, or is offered. And who
    else has that address, as below any other field."""
    opened = open_kind(request, kind)
    schema = opened.schema_for(request.user)
    field = next((one for one in schema if isinstance(one, PlaceText) and one.name in request.GET), None)
    if field is None:
        return HttpResponse()
    row = opened.model(**{field.name: request.GET[field.name][: field.max_length]})
    opened.schema.follow(row, opened.schema.begun_with(row))
    fills = {one.name: one.filling(one.value(row)) for one in schema if field.name in one.follows and one.on_create}
    same = render_to_string("records/_same.html", same_as_typed(request, opened), request).strip()
    answer = HttpResponse(drawing.offered_wards(field, row, schema) + same)
    return trigger_client_event(answer, "told", {"fills": fills})
