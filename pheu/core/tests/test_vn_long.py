"""A hundred thousand characters of any class, through every reader: the work grows with the text, not with its square.

What cannot be read is kept as it was typed, with a remark, or refused in words; it never holds up the others.
"""

import io
import time
import unicodedata
from collections.abc import Callable
from typing import Any

import pytest

from pheu.core.vietnamese import (
    canonical_tone,
    clean,
    clean_lines,
    fold,
    initials,
    marked_text,
    name_sort_key,
    phone_digits,
    read_date,
    read_datetime,
    read_money,
    read_phones,
    read_tax_code,
    search_text,
    show_phone,
    show_tax_code,
    sort_key,
)
from pheu.core.vietnamese.address import recognise
from pheu.core.vietnamese.legacy import convert, looks_like
from pheu.core.vietnamese.phone import UNREADABLE, Phone
from pheu.parties.schema import COMPANY, CONTACT, PROSPECT
from pheu.quality.importers import importer_of
from pheu.quality.lines import LineReader
from pheu.quality.mapping import Headers, guess_area_code, is_column_numbers, is_header_again
from pheu.quality.marks import BAD_EMAIL
from pheu.quality.parser import cell_text, csv_lines, unprintable

# What is repeated; a number may stand before it, because many patterns begin to look at a digit.
CLASSES = {
    "digits": "0", "phones": "0903123456", "dots": ".", "spaces": " ", "tabs": "\t ", "line ends": "\r\n",
    "one mark": "\u0301", "marks in the wrong order": "\u0301\u0323", "marks of other scripts": "\u05b0\u05bc\u0591",
    "letters with marks": "ậ", "letters taken apart": "a\u0302\u0323", "letters": "Ab", "jamo": "\u1100\u1161\u11a8",
    "zero-width": "\u200b", "joiners": "\u200d", "emoji": "👩‍👩", "at signs": "@", "addresses": "a@b.vn ",
    "opening brackets": "(", "closing brackets": ")", "brackets": "(0)",
    "dashes": " - ", "slashes": "/1", "commas": "1,",
    "titles": "Ông ", "labels": "tel. ", "extensions": "ext 1 ", "hashes": "#1 ", "plus": "+84", "zeros": ".0",
    "units": "1 tr ", "moments": "2026-11-24T", "hours": "17:00 ", "apostrophes": "'", "lines": "━",
    "separators": ";\t",
    "mixed": "0903.(@ậ\u0301\u200b /-",
}  # fmt: skip
SMALL, LARGE = 10_000, 100_000
HEADERS = Headers({one.name: one for one in PROSPECT if one.importable})


def line_of_a_file(text: str, *fields: str) -> Any:
    importer = importer_of("prospect")
    assert importer is not None
    columns = dict(enumerate(fields or ("company_name", "phone", "email", "tax_code", "website", "remark")))
    return LineReader(importer, columns, [""] * len(columns), "").read([text] * len(columns))


READERS: dict[str, Callable[[str], Any]] = {
    **{
        reader.__name__: reader
        for reader in (
            clean, clean_lines, fold, canonical_tone, search_text, marked_text, sort_key, name_sort_key, initials,
            read_phones, phone_digits, show_phone, show_tax_code, read_money, read_date, read_datetime, read_tax_code,
            cell_text, unprintable, line_of_a_file, recognise,
        )
    },
    "old fonts": lambda text: looks_like([text, f"ñ{text}"]),
    "letters of TCVN3": lambda text: convert(f"«{text}", "tcvn3"),
    "letters of VNI": lambda text: convert(f"ñ{text}", "vni"),
    "the header finder": HEADERS.match,
    "a line of numbers": lambda text: is_column_numbers([text] * 3),
    "a header again": lambda text: is_header_again([text], [text]),
    "the area code": lambda text: guess_area_code([text, "3812345"], [text], [text]),
    "the lines of a CSV": lambda text: list(csv_lines(io.StringIO(text, newline=""))),
    **{
        f"{type(one).__name__} {one.name}": one.read
        for schema in (COMPANY, CONTACT, PROSPECT)
        for one in schema
        if one.importable and one.table is type(one).table and type(one).__name__ not in ("RowPick", "Tags")
    },
}  # fmt: skip


def reads_or_refuses(reader: Callable[[str], Any], text: str) -> None:
    try:
        reader(text)
    except ValueError as refusal:
        assert 0 < len(str(refusal)) < 300  # noqa: PT017 (a refusal is one of two right answers, not a must)


def work(reader: Callable[[str], Any], text: str, tries: int) -> float:
    """Processor time in milliseconds, the least of some tries: of the reader, not of what else the machine does."""
    took = []
    for _try in range(tries):
        began = time.process_time()
        reads_or_refuses(reader, text)
        took.append(1000 * (time.process_time() - began))
    return min(took)


@pytest.mark.parametrize("name", READERS)
def test_work_grows_with_the_text_and_not_with_its_square(name):
    """Ten times the text is ten times the work, with room for four; a square would be a hundred times."""
    reader, slow = READERS[name], []
    for called, unit in CLASSES.items():
        small, large = ((f"0903{unit * size}")[:size] for size in (SMALL, LARGE))
        took = work(reader, large, 1)
        # Tried again only where it seems to be slow.
        if took > 30 and took > (most := 40 * work(reader, small, 3)) and work(reader, large, 3) > most:
            slow.append(called)
    assert not slow


@pytest.mark.parametrize("unit", CLASSES.values(), ids=CLASSES)
def test_a_cell_that_is_no_list_of_numbers_is_kept_as_typed_and_marked(unit):
    text = ("0903" + unit * LARGE)[:LARGE]
    typed = clean(text)
    if len(typed) > 1000:
        assert read_phones(text) == [Phone("", typed, UNREADABLE)]


def test_a_line_of_a_file_loses_nothing_of_a_cell_that_is_too_long():
    text = "0903" + "." * 5000
    draft = line_of_a_file(text, "phone", "email")
    assert draft.values["phone"] == text[:300]
    assert draft.values["remark"].count(text) == 2
    assert draft.marks == [UNREADABLE, BAD_EMAIL]


def test_no_mark_of_a_long_run_is_lost_and_cleaning_twice_changes_nothing():
    text = "a" + "\u0301\u0323" * 8000
    cleaned = clean(text)
    assert sum(unicodedata.combining(one) > 0 for one in cleaned) >= 15_998
    assert clean(cleaned) == cleaned
    assert fold(text) == fold(cleaned) == "a"
