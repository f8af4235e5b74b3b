"""Vietnamese text, names, phones, money, days and tax codes: read the way people write them, shown the way they expect.

Form fields stand in `pheu.core.vietnamese.fields`.
"""

from pheu.core.vietnamese.dates import (
    read_date,
    read_datetime,
    show_date,
    show_datetime,
    show_overdue,
    show_relative_day,
    show_time,
    today_here,
)
from pheu.core.vietnamese.money import read_money, show_money, show_number, show_short, show_total
from pheu.core.vietnamese.names import given_name, initials, name_sort_key
from pheu.core.vietnamese.phone import AREA_CODES, PHONE_NOTES, Phone, phone_digits, read_phones, show_phone
from pheu.core.vietnamese.taxcode import read_tax_code, show_tax_code
from pheu.core.vietnamese.text import (
    canonical_tone,
    clean,
    clean_lines,
    fold,
    marked_text,
    marked_words,
    search_text,
    search_words,
    sort_key,
)

__all__ = [
    "AREA_CODES",
    "PHONE_NOTES",
    "Phone",
    "canonical_tone",
    "clean",
    "clean_lines",
    "fold",
    "given_name",
    "initials",
    "marked_text",
    "marked_words",
    "name_sort_key",
    "phone_digits",
    "read_date",
    "read_datetime",
    "read_money",
    "read_phones",
    "read_tax_code",
    "search_text",
    "search_words",
    "show_date",
    "show_datetime",
    "show_money",
    "show_number",
    "show_overdue",
    "show_phone",
    "show_relative_day",
    "show_short",
    "show_tax_code",
    "show_time",
    "show_total",
    "sort_key",
    "today_here",
]
