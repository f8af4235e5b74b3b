"""Text typed for the Vietnamese fonts from before Unicode: each byte is a letter of that font, and looks like another
letter of Windows-1252 («C«ng ty» for «Công ty»).

TCVN3 («ABC», .VnTime; TCVN 5712:1993, VN3) has one byte for each small letter, but capitals only for the seven
letters without a tone. Its other capitals are small letters in a font of capitals (.VnTimeH), which the text does not
tell: they come out small. VNI (VNI-Times) writes a tone or a shape as a letter of its own behind the vowel.
"""

import re
import unicodedata
from collections.abc import Iterable

NAMES = {"tcvn3": "TCVN3 (ABC)", "vni": "VNI"}
ENOUGH = 3  # words that only an old encoding explains; fewer may be a foreign name

# --- the tables -------------------------------------------------------------------------------------------------------

_TCVN3_LETTERS = {
    0xA1: "ĂÂÊÔƠƯĐăâêôơưđ", 0xB5: "àảãáạ", 0xBB: "ằẳẵắ", 0xC6: "ặầẩẫấậè", 0xCE: "ẻẽéẹềểễếệìỉ", 0xDC: "ĩíịò",
    0xE1: "ỏõóọồổỗốộờởỡớợù", 0xF1: "ủũúụừửữứựỳỷỹýỵ",
}  # fmt: skip
_TCVN3 = {first + nth: letter for first, letters in _TCVN3_LETTERS.items() for nth, letter in enumerate(letters)}

_TONES = dict(zip("ùøûõï", "\u0301\u0300\u0309\u0303\u0323", strict=True))  # sắc, huyền, hỏi, ngã, nặng
_ROUND = dict(zip("âáàåãä", ["\u0302", *(f"\u0302{tone}" for tone in _TONES.values())], strict=True))
_BREVE = dict(zip("êéèúüë", ["\u0306", *(f"\u0306{tone}" for tone in _TONES.values())], strict=True))
_BEHIND = {"a": _TONES | _ROUND | _BREVE, "e": _TONES | _ROUND, "o": _TONES | _ROUND} | dict.fromkeys("uyôö", _TONES)
_ALONE = dict(zip("íìæóòîôöñ", "íìỉĩịỵơưđ", strict=True))


def _vni() -> dict[str, str]:
    """{one or two letters of VNI: letter}; the mark behind a capital may be small or a capital."""
    table = dict(_ALONE)
    for base, marks in _BEHIND.items():
        letter = _ALONE.get(base, base)
        table |= {base + mark: unicodedata.normalize("NFC", letter + told) for mark, told in marks.items()}
    capitals = {pair.upper(): letter.upper() for pair, letter in table.items()}
    mixed = {pair[0].upper() + pair[1:]: letter.upper() for pair, letter in table.items()}
    return mixed | capitals | table


_VNI = _vni()
_VNI_PART = re.compile("|".join(sorted(_VNI, key=len, reverse=True)))
_BEYOND = re.compile("[\u0100-\uffff]")  # letters that no old font has; signs of Windows-1252 are none
_SIGNS = dict.fromkeys(map(ord, bytes(range(0x80, 0xA0)).decode("cp1252", "ignore")))


def convert(text: str, code: str) -> str:
    """`text` in the letters of today, in NFC. A text with letters that no old font has is of today already."""
    if text.isascii() or _BEYOND.search(text.translate(_SIGNS)):
        return text
    if code == "tcvn3":
        return text.translate(_TCVN3)
    return _VNI_PART.sub(lambda found: _VNI[found[0]], text) if code == "vni" else text


# --- recognising ------------------------------------------------------------------------------------------------------

_WORD = re.compile(r"(?:[^\W\d_]|[\xa1-\xbf])+")
_TONE_MARKS = re.compile("[\u0301\u0300\u0309\u0303\u0323]")
# A syllable without its tone: what may begin it, its vowels, what may end it.
_SYLLABLE = re.compile(
    "(?:ngh|ng|nh|ch|gh|gi|kh|ph|qu|th|tr|[bcdđghklmnprstvx])?"
    "(?:"
    "(?:iê|yê|uyê|ươ|uô|oă|oa|oe|uâ|uê|uy|[aăâeêioôơuưy])(?:ch|nh|ng|[cmnpt])"
    "|i?êu|yêu|uây|uya|uyu|oai|oay|oao|oeo|uôi|ươi|ươu"
    "|ai|ao|au|ay|âu|ây|eo|ia|iu|oa|oe|oi|ôi|ơi|ua|uê|ui|uơ|uy|ưa|ưi|ưu|[aeêioôơuưy]"
    ")"
)


def looks_like(texts: Iterable[str]) -> str:
    """The old encoding of most words beyond ASCII: "tcvn3", "vni", or "" for none.

    A word speaks for one if it is a Vietnamese syllable once it is converted and is none before.
    """
    words = [word for text in texts if not text.isascii() for word in _WORD.findall(text) if not word.isascii()]
    there = [_is_syllable(word) for word in words]
    for code in NAMES:
        converted = [_is_syllable(convert(word, code)) for word in words]
        explained = sum(now and not before for now, before in zip(converted, there, strict=True))
        if explained >= ENOUGH and explained > sum(there) and 10 * sum(converted) >= 8 * len(words):
            return code
    return ""


def _is_syllable(word: str) -> bool:
    """Whether a word can be Vietnamese: letters in the order in which they may stand, with one tone at most."""
    apart = unicodedata.normalize("NFD", word.lower())
    plain, tones = _TONE_MARKS.subn("", apart)
    return tones < 2 and bool(_SYLLABLE.fullmatch(unicodedata.normalize("NFC", plain)))
