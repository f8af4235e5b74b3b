"""Write fold_table.py: which letters the fold reads as one.

Run `python -m pheu.core.vietnamese.make_fold_table > new.py` and replace the file only together with a migration that
creates `pheu_fold` anew and reindexes what is built on it: stored words and the SQL function must come from one table.
"""

import re
import sys
import unicodedata
from collections import defaultdict
from collections.abc import Iterator

LIGATURES = {"æ": "ae", "œ": "oe", "ß": "ss", "þ": "th"}
# Letters that Unicode does not take apart, but whose name says what they are built on.
BUILT_ON = re.compile(
    r"LATIN (?:SMALL|CAPITAL) LETTER (?:AFRICAN |DOTLESS )?([A-Z])(?: WITH .+)?|LATIN LETTER SMALL CAPITAL ([A-Z])"
)
MARKS = range(0x300, 0x370)


def letters() -> Iterator[str]:
    """Every assigned character that may hide a plain letter or digit, or has a small form."""
    for code in range(0x80, 0x110000):
        character = chr(code)
        if code not in MARKS and unicodedata.category(character)[0] in "LN":
            yield character


def base(character: str) -> str:
    """The plain lower-case form of one character; itself when it has none."""
    if character in "ÐðƉɖ":  # typed for Đ in many old lists
        return "d"
    if character == "ẞ":
        return "ß"
    small = character.lower()
    if len(small) == 1 and small != character and len(several_letters(small)) > 1:
        return small  # the small form is the one that is then read as several
    plain = several_letters(character) or unicodedata.normalize("NFD", character)[0]
    if plain.isascii():
        return plain.lower()
    if plain != character and unicodedata.name(plain, "").startswith("LATIN"):
        return base(plain)  # ẛ is a marked ſ, and that an s
    built = BUILT_ON.fullmatch(unicodedata.name(character, ""))
    if built:
        return (built[1] or built[2]).lower()
    small = character.lower()
    return base(small) if len(small) == 1 and small != character else character


def several_letters(character: str) -> str:
    """The ASCII letters or digits behind a raised, lowered, wide or joined form; empty when it is none."""
    if unicodedata.decomposition(character).partition(" ")[0] not in ("<super>", "<sub>", "<wide>", "<compat>"):
        return ""
    plain = "".join(mark for mark in unicodedata.normalize("NFKD", character) if ord(mark) not in MARKS)
    return plain if plain.isascii() and plain.isalnum() else ""


def table() -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
    """(plain letter or digit -> all its forms, other capital -> its small letter, one letter -> several)."""
    latin: dict[str, str] = defaultdict(str)
    small: dict[str, str] = {}
    several = dict(LIGATURES)
    for character in letters():
        plain = base(character)
        if plain == character or unicodedata.normalize("NFC", character) != character:
            continue  # NFC comes before the table: it never meets a form that NFC replaces.
        if len(plain) > 1:
            several[character] = plain
        elif plain.isascii():
            latin[plain] += character
        else:
            small[character] = plain
    return dict(sorted(latin.items())), small, several


def source() -> str:
    """The text of fold_table.py."""
    latin, small, several = table()
    lines = [
        f'"""Made by make_fold_table.py from Unicode {unicodedata.unidata_version}. Do not edit."""',
        "",
        "# ruff: noqa: E501",
        "",
        "# Plain letter or digit: the characters that are read as it.",
        "LATIN = {",
        *(f'    "{plain}": "{forms}",' for plain, forms in latin.items()),
        "}",
        "",
        "# Capitals outside plain Latin, and their small letters, in the same order.",
        f'CAPITALS = "{"".join(small)}"',
        f'SMALL = "{"".join(small.values())}"',
        "",
        "# One letter that is read as several.",
        "SEVERAL = {",
        *(f'    "{one}": "{many}",' for one, many in several.items()),
        "}",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write(source() + "\n")
