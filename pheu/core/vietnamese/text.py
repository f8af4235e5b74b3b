"""Vietnamese text: cleaned, folded for search, put in dictionary order (design.md section 5, vietnam.md 7.4).

The fold is one generated table with two readers: `fold()` here and `pheu_fold()` in the database, held equal by a test.
"""

import re
import unicodedata
from functools import lru_cache

from pheu.core.vietnamese.fold_table import CAPITALS, LATIN, SEVERAL, SMALL

# Characters that are seen as a space. The line ends among them are kept by `clean_lines`.
SPACES = "\t\n\v\f\r\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(
    map(chr, range(0x2000, 0x200B))
)
# Characters that are not seen at all: controls, soft hyphen, marks of direction, joiners, byte order marks.
_CONTROLS = "".join(map(chr, [*range(1, 9), *range(14, 28), *range(0x7F, 0x85), *range(0x86, 0xA0)]))
_DIRECTIONS = (
    "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u206a\u206b\u206c\u206d\u206e\u206f"
)
_ZERO_WIDTH = "\xad\u180e\u200b\u200c\u2060\u2061\u2062\u2063\u2064\ufeff\ufff9\ufffa\ufffb"
_JOINER = "\u200d"
_VARIATIONS = "".join(map(chr, range(0xFE00, 0xFE10)))
_MARKS = "".join(map(chr, range(0x300, 0x370)))

_UNSEEN = re.compile(f"[\x00\ud800-\udfff{re.escape(_CONTROLS + _DIRECTIONS + _ZERO_WIDTH)}]")
# A joiner holds a family of emoji together; anywhere else it is rubbish from a web page.
_STRAY_JOINER = re.compile(f"(?<![\u2190-\u2bff\ufe0f\U0001f000-\U0001faff]){_JOINER}")
_LINE_ENDS = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
_MOST_MARKS = 30  # that any language puts on one letter, by the «stream-safe text» of Unicode (UAX 15)
_MAYBE_MARKS = re.compile(f"[^\x00-\u02ff\\w\\s]{{{_MOST_MARKS + 1},}}")
_HOLDER = "\u034f"  # holds marks as a letter does, and is not seen


def clean(text: str) -> str:
    """The same words in NFC on one line: no unseen characters, single plain spaces.

    NUL and lone surrogates, which PostgreSQL cannot store, go too.
    """
    return " ".join(_seen(text).split())


def clean_lines(text: str) -> str:
    """`clean` for text of several lines: line breaks stay, as `\\n`, with at most one empty line between two."""
    lines = [" ".join(line.split()) for line in _LINE_ENDS.sub("\n", _seen(text)).split("\n")]
    return re.sub("\n{3,}", "\n\n", "\n".join(lines)).strip("\n")


def _seen(text: str) -> str:
    return _composed(_STRAY_JOINER.sub("", _UNSEEN.sub("", text)))


def _composed(text: str) -> str:
    """NFC. Putting marks in order takes time by the square of their run, so no run is longer than `_MOST_MARKS`."""
    held = text if len(text) <= _MOST_MARKS else _MAYBE_MARKS.sub(_held, text)
    return unicodedata.normalize("NFC", held)


def _held(found: re.Match[str]) -> str:
    """The same characters, with a holder before every 31st mark in a row."""
    held, run = [], 0
    for character in found[0]:
        run = run + 1 if unicodedata.combining(character) else 0
        if run > _MOST_MARKS:
            held.append(_HOLDER)
            run = 1
        held.append(character)
    return "".join(held)


# --- the fold ---------------------------------------------------------------------------------------------------------

_DROPPED = _MARKS + _CONTROLS + _DIRECTIONS + _ZERO_WIDTH + _JOINER + _VARIATIONS


def _fold_pairs() -> dict[str, str]:
    """One character -> one character, in the order in which `translate()` will look for them."""
    often = " nhtgicaomuyrlpvkbsdxqefwjz0123456789.,-/()@"  # first: translate() searches from the left
    pairs = {mark: mark for mark in often}
    pairs |= dict(zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz", strict=True))
    forms = [(form, plain) for plain, group in LATIN.items() for form in group]
    pairs |= dict(sorted(forms, key=lambda form: not _is_vietnamese(form[0])))
    pairs |= dict.fromkeys(SPACES, " ")
    return pairs | dict(zip(CAPITALS, SMALL, strict=True))


def _is_vietnamese(letter: str) -> bool:
    return "\u1ea0" <= letter <= "\u1ef9" or letter in "ÀÁÂÃÈÉÊÌÍÒÓÔÕÙÚÝàáâãèéêìíòóôõùúýĂăĐđĨĩŨũƠơƯư"


_PAIRS = _fold_pairs()
_FOLD: dict[int, str | None] = {
    **{ord(one): SEVERAL.get(other, other) for one, other in _PAIRS.items()},
    **{ord(one): many for one, many in SEVERAL.items()},
    **dict.fromkeys(map(ord, _DROPPED)),
    **dict.fromkeys([0, *range(0xD800, 0xE000)]),
}


def fold(text: str) -> str:
    """What a hurried person types: «Đào  Thị Hoà» -> «dao thi hoa». The same as `pheu_fold()` in the database."""
    return " ".join(_composed(text).translate(_FOLD).split())


def _literal(text: str) -> str:
    """An SQL string constant that survives any client encoding and any editor."""
    escapes = (
        letter
        if " " <= letter <= "~" and letter not in "'\\"
        else f"\\u{ord(letter):04X}"
        if ord(letter) < 0x10000
        else f"\\U{ord(letter):08X}"
        for letter in text
    )
    return f"E'{''.join(escapes)}'"


def _fold_sql() -> str:
    looked_for, put = "".join(_PAIRS) + _DROPPED, "".join(_PAIRS.values())
    body = f'pg_catalog.translate(normalize($1, NFC) COLLATE "C", {_literal(looked_for)}, {_literal(put)})'
    # Runs of spaces: the two control characters have just been dropped from the text, so nothing else can hold them.
    for old, new in [*SEVERAL.items(), (" ", "\x01\x02"), ("\x02\x01", ""), ("\x01\x02", " ")]:
        body = f"pg_catalog.replace({body}, {_literal(old)}, {_literal(new)})"
    head = "CREATE FUNCTION pheu_fold(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE"
    return f"{head}\nRETURN pg_catalog.btrim({body}, ' ')"


# The same fold inside PostgreSQL: no unaccent, lower() or collation, which differ from server to server.
FOLD_SQL = _fold_sql()

_NOT_WORD = re.compile(r"[\W_]+")


def search_words(text: str) -> list[str]:
    """The folded words of a query, cut where `search_text` cuts: «TN-000842» -> [«tn», «000842»]."""
    return _NOT_WORD.sub(" ", fold(text)).split()


def search_text(*parts: str | None) -> str:
    """Folded words with a leading space, so that `LIKE '% word%'` finds the beginnings of words; empty for no words."""
    text = " ".join(filter(None, parts))
    words = search_words(text) if text else ()
    return f" {' '.join(words)}" if words else ""


_VNI_MARKS = "\u0301\u0300\u0309\u0303\u0323\u0302\u031b\u0306"  # sắc is 1, huyền 2 ... trăng 8
_VNI = str.maketrans({mark: str(1 + place) for place, mark in enumerate(_VNI_MARKS)} | {"đ": "d9"})


def marked_words(text: str) -> list[str]:
    """The words that bear marks, spelt as VNI types them behind a «z»: «Đào Hoa» -> [«zd9a2o»].

    In letters and digits, so that a trigram index of any locale tells «Đào» from «Đạo». Beginnings stay beginnings, and
    nothing that people type begins so.
    """
    words = _NOT_WORD.sub(" ", canonical_tone(clean(text)).lower())
    spelt = unicodedata.normalize("NFD", words).translate(_VNI)
    return [f"z{told}" for word, told in zip(words.split(), spelt.split(), strict=True) if told != word]


def marked_text(text: str) -> str:
    """`marked_words` in the form of `search_text`."""
    return "".join(f" {word}" for word in marked_words(text))


# --- dictionary order -------------------------------------------------------------------------------------------------

_PUNCTUATION = " _-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$"
_ALPHABET = "0123456789aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
_WEIGHTS = {letter: bytes([2 + place]) for place, letter in enumerate(_PUNCTUATION)}
_WEIGHTS |= {letter: bytes([64 + place]) for place, letter in enumerate(_ALPHABET)}
_TONES = {"\u0300": 3, "\u0309": 4, "\u0303": 5, "\u0301": 6, "\u0323": 7}  # huyền, hỏi, ngã, sắc, nặng; 2 is ngang
_NO_TONE, _OTHER_MARK = 2, 8
_SHAPES = "\u0302\u0306\u031b"  # circumflex, breve, horn: other letters, not tones
_SEPARATOR = b"\x00"
_MOST_SORTED = 1000  # characters; longer texts that begin alike stand in any order


def sort_key(text: str) -> bytes:
    """Bytes in the order of a Vietnamese dictionary: letters first, then tones, then small before capital.

    Stored and compared as bytes (bytea, or text with COLLATE "C"), because the embedded server has no ICU.
    """
    return joined_sort_key([text])


def joined_sort_key(parts: list[str]) -> bytes:
    """The key of several texts compared one after another; capitals decide only when all else is equal."""
    levels = [_levels(clean(part)[:_MOST_SORTED]) for part in parts]
    keys = [letters + _SEPARATOR + tones for letters, tones, _ in levels]
    return _SEPARATOR.join([*keys, b"".join(cases for *_, cases in levels).rstrip(b"\x02")])


def _levels(text: str) -> tuple[bytes, bytes, bytes]:
    weights = [_weight(character) for character in text]
    letters, tones, cases = (b"".join(level) for level in zip(*weights, strict=True)) if weights else (b"", b"", b"")
    # «No tone» at the end says nothing: both sides of a tie have as many letters.
    return letters, tones.rstrip(bytes([_NO_TONE])), cases


@lru_cache(maxsize=4096)
def _weight(character: str) -> tuple[bytes, bytes, bytes]:
    """(letter, tone, capital or not) of one character in NFC."""
    small = character.lower()
    taken_apart = unicodedata.normalize("NFD", small)
    plain, marks = taken_apart[0], taken_apart[1:]
    letter = unicodedata.normalize("NFC", plain + "".join(mark for mark in marks if mark in _SHAPES))
    tones = [_TONES.get(mark, _OTHER_MARK) for mark in marks if mark not in _SHAPES]
    if letter not in _WEIGHTS:
        letter, tones = fold(character), [_OTHER_MARK]
    weight = b"".join(_WEIGHTS.get(part) or b"\xf0" + ord(part).to_bytes(3) for part in letter)
    return weight, bytes(tones or [_NO_TONE]), b"\x02" if character == small else b"\x03"


# --- where the tone stands --------------------------------------------------------------------------------------------

_TONE_ON_SECOND = re.compile(
    r"(?P<first>[oO])(?P<second>[àáảãạèéẻẽẹÀÁẢÃẠÈÉẺẼẸ])(?![^\W\d_])|(?<![qQ])(?P<u>[uU])(?P<y>[ỳýỷỹỵỲÝỶỸỴ])(?![^\W\d_])"
)


def canonical_tone(text: str) -> str:
    """One spelling for both habits of placing a tone: hoà -> hòa, thuý -> thúy, khoẻ -> khỏe; hoàn and quý stay.

    For comparing texts with their marks; folded texts need it not.
    """
    return _TONE_ON_SECOND.sub(_tone_on_first, _composed(text))


def spelling(text: str) -> str:
    """What two ways to write one word share, its marks included: «Xã Tân Hưng» is not «Xã Tân Hùng»."""
    return canonical_tone(clean(text)).casefold()


def _tone_on_first(found: re.Match[str]) -> str:
    first, second = (part for part in found.groups() if part)
    taken_apart = unicodedata.normalize("NFD", second)
    return unicodedata.normalize("NFC", first + taken_apart[1]) + taken_apart[0]
