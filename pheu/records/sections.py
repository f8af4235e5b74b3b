"""The texts by which a search finds a row, each with the field that it is of.

All stand in one column with one index; behind those of a field stands its mark, a character that no text holds. So a
search can leave out what is hidden from whoever searches.
"""

from collections.abc import Collection, Iterable
from functools import cache
from zlib import crc32

# Of a private area of Unicode: no word of ours and no trigram has one.
FIRST, LAST = 0xF0001, 0xFFFFD
ANY = f"{chr(FIRST - 1)}-{chr(LAST)}"
# Behind number and title, which are hidden from nobody.
TITLE = chr(FIRST - 1)
Parts = Iterable[tuple[str, str]]


@cache
def mark(name: str) -> str:
    return chr(FIRST + crc32(name.encode()) % (LAST - FIRST))


def joined(parts: Parts, head: str = "") -> str:
    """The texts of fields [(name, text)] one behind the other, those of the title first."""
    marked = "".join(f"{text} {mark(name)}" for name, text in parts if text)
    return f"{head} {TITLE}{marked}" if head else marked


def pattern_of(names: Collection[str]) -> str:
    """A regular expression for what is of these fields."""
    return f"[^{ANY}]*[{''.join(sorted(map(mark, names)))}]"
