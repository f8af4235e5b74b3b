"""What typed text means, said while somebody types: by the rule that reads it on saving, so there is no second one."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, JsonResponse
from django.urls import path
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from pheu.core.vietnamese.dates import show_datetime
from pheu.core.vietnamese.fields import EmailField, MoneyField, PhoneField, TaxCodeField, VnDateField, VnDateTimeField
from pheu.core.vietnamese.money import show_money
from pheu.core.vietnamese.phone import show_phone
from pheu.core.vietnamese.taxcode import show_tax_code

LONGEST = 200  # characters; what is longer is not read while it is typed


def _day(value: Any) -> str:
    return formats.date_format(value, "l, d/m/Y")


def _moment(value: Any) -> str:
    return f"{formats.date_format(timezone.localtime(value), 'l')}, {show_datetime(value)}"


def _phone(value: Any) -> str:
    """One rule for every door: what is no number is kept as it is typed, and marked (R1.31)."""
    if not value.startswith("+"):
        words = _("“%(text)s” is no phone number that we can read. It is kept as it is.")
        raise ValidationError(words % {"text": value})
    return show_phone(value)


# By the kind of a control: how its text is read, and how what was read is said.
READINGS: dict[str, tuple[type[forms.Field], Callable[[Any], str]]] = {
    "money": (MoneyField, show_money),
    "date": (VnDateField, _day),
    "datetime": (VnDateTimeField, _moment),
    "phone": (PhoneField, _phone),
    "email": (EmailField, lambda _value: ""),  # only what is wrong is worth a word
    "tax": (TaxCodeField, show_tax_code),
}


@require_safe
def reading(request: HttpRequest) -> JsonResponse:
    """Of `?as=money&text=1.5 tỷ` `{"reads": "1.500.000.000 ₫"}`, or `{"wrong": "…"}` in words; of no text nothing."""
    if request.GET.get("as") not in READINGS:
        raise Http404
    read, say = READINGS[request.GET["as"]]
    try:
        value = read(required=False).clean(request.GET.get("text", "")[:LONGEST])
        return JsonResponse({"reads": say(value)} if value not in (None, "") else {})
    except ValidationError as error:
        return JsonResponse({"wrong": " ".join(error.messages)})


urlpatterns = [path("", reading, name="reading")]
