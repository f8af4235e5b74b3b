"""How numbers, money, dates and phones are shown. The words are made in `pheu.core.vietnamese`."""

from datetime import date, datetime
from typing import Any

from django import template
from django.utils.safestring import SafeString

from pheu.core import vietnamese
from pheu.core.markup import html
from pheu.core.vietnamese.dates import in_vietnam

register = template.Library()

NOTHING = "—"


@register.filter
def money(amount: Any, currency: str = "VND") -> str:
    """1980000000 -> 1.980.000.000 ₫."""
    return NOTHING if amount in (None, "") else vietnamese.show_money(amount, currency)


@register.filter
def money_short(amount: Any) -> str:
    """5920000000 -> 5,92 tỷ."""
    return NOTHING if amount in (None, "") else vietnamese.show_short(amount)


@register.filter
def money_total(amount: Any) -> str:
    """5920000000 -> 5,92 tỷ ₫."""
    return NOTHING if amount in (None, "") else vietnamese.show_total(amount)


@register.filter
def number(value: Any) -> str:
    """4210 -> 4.210."""
    return NOTHING if value in (None, "") else vietnamese.show_number(value)


@register.filter
def percent(value: Any) -> str:
    """60 -> 60 %."""
    return NOTHING if value in (None, "") else f"{vietnamese.show_number(value)} %"


@register.filter
def phone(value: str | None) -> str:
    """+84903123456 -> 0903 123 456; what cannot be read stays as typed."""
    return vietnamese.show_phone(value) if value else NOTHING


@register.filter(name="date")
def show_date(value: date | None) -> str:
    """31/12/2026. Takes the place of Django's `date` where `vn` is loaded; a moment is shown as its day here."""
    return vietnamese.show_date(_local(value)) if value else NOTHING


@register.filter(name="datetime")
def show_datetime(value: datetime | None) -> str:
    """31/12/2026 09:05."""
    return vietnamese.show_datetime(_local(value)) if value else NOTHING


@register.filter
def relative_day(value: date | None) -> str:
    """hôm nay, ngày mai, quá hạn 2 ngày, 25/11."""
    return vietnamese.show_relative_day(_local(value)) if value else NOTHING


@register.filter
def moment(value: datetime | None) -> SafeString | str:
    """A `<time>` that says the hour and, when pointed at, the whole date."""
    if not value:
        return NOTHING
    local = _local(value)
    told = local.isoformat(), vietnamese.show_datetime(local), vietnamese.show_time(local)
    return html('<time datetime="{}" title="{}">{}</time>', *told)


def _local(value: Any) -> Any:
    """Moments are stored in UTC and read in the company's time; days are days."""
    return in_vietnam(value) if isinstance(value, datetime) else value
