"""Phone numbers as people in Vietnam write them, read into E.164 (vietnam.md 7.2).

The numbering changed twice: area codes in 2017, eleven-digit mobiles in 2018, and lists go on holding the old forms.
Ten digits that are a mobile of today are one, unless a clue speaks against it: they stand apart behind an old area
code, or are called a landline. Such a number is not guessed: it comes back as typed, with the note «ambiguous», and
`readings` gives both; only where the place that it belongs to has that area code, too, it is that landline.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache, lru_cache

import phonenumbers
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from pheu.core.vietnamese.text import clean, fold

AREA_CODES = {
    "0203": "Quảng Ninh", "0204": "Bắc Giang", "0205": "Lạng Sơn", "0206": "Cao Bằng", "0207": "Tuyên Quang",
    "0208": "Thái Nguyên", "0209": "Bắc Kạn", "0210": "Phú Thọ", "0211": "Vĩnh Phúc", "0212": "Sơn La",
    "0213": "Lai Châu", "0214": "Lào Cai", "0215": "Điện Biên", "0216": "Yên Bái", "0218": "Hòa Bình",
    "0219": "Hà Giang", "0220": "Hải Dương", "0221": "Hưng Yên", "0222": "Bắc Ninh", "0225": "Hải Phòng",
    "0226": "Hà Nam", "0227": "Thái Bình", "0228": "Nam Định", "0229": "Ninh Bình", "0232": "Quảng Bình",
    "0233": "Quảng Trị", "0234": "Thừa Thiên Huế", "0235": "Quảng Nam", "0236": "Đà Nẵng", "0237": "Thanh Hóa",
    "0238": "Nghệ An", "0239": "Hà Tĩnh", "024": "Hà Nội", "0251": "Đồng Nai", "0252": "Bình Thuận",
    "0254": "Bà Rịa - Vũng Tàu", "0255": "Quảng Ngãi", "0256": "Bình Định", "0257": "Phú Yên", "0258": "Khánh Hòa",
    "0259": "Ninh Thuận", "0260": "Kon Tum", "0261": "Đắk Nông", "0262": "Đắk Lắk", "0263": "Lâm Đồng",
    "0269": "Gia Lai", "0270": "Vĩnh Long", "0271": "Bình Phước", "0272": "Long An", "0273": "Tiền Giang",
    "0274": "Bình Dương", "0275": "Bến Tre", "0276": "Tây Ninh", "0277": "Đồng Tháp", "028": "TP. Hồ Chí Minh",
    "0290": "Cà Mau", "0291": "Bạc Liêu", "0292": "Cần Thơ", "0293": "Hậu Giang", "0294": "Trà Vinh",
    "0296": "An Giang", "0297": "Kiên Giang", "0299": "Sóc Trăng",
}  # fmt: skip


def _pairs(text: str) -> dict[str, str]:
    return dict(pair.split(">") for pair in text.split())


# Before 2017 -> after; the number behind the code stayed.
OLD_AREA_CODES = _pairs("""
    022>0212 0231>0213 020>0214 0230>0215 029>0216 052>0232 053>0233 054>0234 0510>0235 0511>0236 037>0237 038>0238
    039>0239 033>0203 0240>0204 025>0205 026>0206 027>0207 0280>0208 0281>0209 0320>0220 0321>0221 0241>0222 031>0225
    0351>0226 036>0227 0350>0228 030>0229 0780>0290 0781>0291 0710>0292 0711>0293 074>0294 076>0296 077>0297 079>0299
    04>024 08>028 061>0251 062>0252 064>0254 055>0255 056>0256 057>0257 058>0258 068>0259 060>0260 0501>0261 0500>0262
    063>0263 059>0269 070>0270 0651>0271 072>0272 073>0273 0650>0274 075>0275 066>0276 067>0277
    """)

# Before September 2018 mobiles had eleven digits.
OLD_MOBILES = _pairs("""
    0120>070 0121>079 0122>077 0126>076 0128>078 0123>083 0124>084 0125>085 0127>081 0129>082
    0162>032 0163>033 0164>034 0165>035 0166>036 0167>037 0168>038 0169>039 0186>056 0188>058 0199>059
    """)

COMPLETED, OF_LINE, ZERO_RESTORED = "completed", "completed_of_line", "zero_restored"
OLD_MOBILE, OLD_AREA = "old_mobile", "old_area"
WORDS, EXTENSION, AMBIGUOUS, UNREADABLE = "words", "extension", "ambiguous", "unreadable"

PHONE_NOTES = {
    COMPLETED: _("area code added"),
    OF_LINE: _("area code added as the line tells it"),
    ZERO_RESTORED: _("leading zero put back"),
    OLD_MOBILE: _("old eleven-digit mobile converted"),
    OLD_AREA: _("old area code converted"),
    WORDS: _("words beside the number"),
    EXTENSION: _("extension beside the number"),
    AMBIGUOUS: _("can be read in two ways, kept as typed"),
    UNREADABLE: _("cannot be read, kept as typed"),
}


# What kind of number people say it is: {code: (words, how they are written, with marks or with none)}.
LABELS = {
    "mobile": (pgettext_lazy("phone", "mobile"), "mobile|mob|cell|cellphone|di động|dđ|đtdđ"),
    "landline": (pgettext_lazy("phone", "landline"), "landline|máy bàn|đt bàn|điện thoại bàn|số bàn|cố định|đtcđ"),
    "office": (pgettext_lazy("phone", "office"), "office|cơ quan|cq|văn phòng|vp"),
    "home": (pgettext_lazy("phone", "home"), "home|nhà riêng|nr"),
    "fax": (pgettext_lazy("phone", "fax"), "fax"),
    "hotline": (pgettext_lazy("phone", "hotline"), "hotline|hot line|tổng đài|đường dây nóng"),
    "zalo": ("Zalo", "zalo"),
    "viber": ("Viber", "viber"),
    "whatsapp": ("WhatsApp", "whatsapp"),
}


@dataclass(frozen=True)
class Phone:
    """One number out of a cell: `e164` is empty when it could not be read, `typed` always holds what stood there.

    What stood beside the number: its `extension`, a code of `LABELS`, and the rest of the words.
    """

    e164: str
    typed: str
    note: str = ""
    extension: str = ""
    label: str = ""
    remark: str = ""

    @property
    def kept(self) -> str:
        """How rows keep it: «+842363888999;ext=12;label=fax;note=gặp chị Lan» (RFC 3966), or as typed."""
        parts = {"ext": self.extension, "label": self.label, "note": self.remark}
        return self.e164 + "".join(f";{name}={told}" for name, told in parts.items() if told) or self.typed


@dataclass(frozen=True)
class _Reading:
    """How to read: the area code to complete with (empty: none), those of the place it belongs to, whether only today's
    numbering counts, and whether the number is called a landline."""

    area_code: str = ""
    near: tuple[str, ...] = ()
    current: bool = False
    of_landline: bool = False


def read_phones(
    text: object, *, area_code: str | None = None, near: Iterable[str] = (), current: bool = False
) -> list[Phone]:
    """Every number in a cell or field, in order; nothing that was typed is lost.

    `area_code` ("028") completes numbers that have none; `near` are the area codes of the place that they belong to and
    go before it: the only one that fits, or the default if it is one of several. `current` is for what a person types
    today: a number valid today is that number. An unknown area code is a ValueError.
    """
    typed = "" if text is None else clean(str(text))
    if not any(character.isalnum() for character in typed):
        return []
    if len(typed) > _MOST_CHARACTERS or not any(character.isdecimal() for character in typed):
        return [Phone("", typed, UNREADABLE)]
    written = _as_written(typed) or _undo_spreadsheet(typed)
    found: list[Phone] = []
    reading = _Reading(_known_area_code(area_code), tuple(map(_known_area_code, near)), current)
    for piece in _pieces(written, reading):
        # «(024) 37100382/37586114»: a local number takes the area code of the one before it.
        area = area_of(found[-1].e164) if found else ""
        found.append(_read(piece, replace(reading, near=(area,) if area else reading.near)))
    return found if len(found) > 1 else [replace(found[0], typed=typed)]


def readings(typed: str) -> list[str]:
    """Every number (E.164) that a phone as it is kept may be: itself, both ways to read a doubtful one, or none."""
    if number := number_of(typed):
        return [number]
    found = []
    for phone in read_phones(typed):
        digits = "".join(filter(str.isdecimal, _apart(phone.typed).number))
        digits = digits if digits.startswith("0") else f"0{digits}"
        if phone.note != AMBIGUOUS:
            found.append(phone.e164)
        elif len(digits) == _DIGITS_OF_MOBILE:
            old_code = _old_area_code(digits)
            found.append(_valid("+84" + digits[1:]))
            found.append("+84" + OLD_AREA_CODES[old_code][1:] + digits[len(old_code) :] if old_code else "")
    return [one for one in dict.fromkeys(found) if one]


def number_of(kept: str) -> str:
    """The number alone of what a row keeps, in E.164; empty where none could be read."""
    return kept.partition(";")[0] if kept.startswith("+") else ""


def dialled(kept: str) -> str:
    """«+842363888999;ext=12»: what a link to call by holds (RFC 3966)."""
    return re.split(";(?:label|note)=", kept, maxsplit=1)[0]


def each_once(phones: Iterable[str]) -> list[str]:
    """Numbers as rows keep them, none twice: one alone adds nothing where it stands with words, too."""
    every = dict.fromkeys(phones)
    with_words = {number_of(one) for one in every if number_of(one) != one}
    return [one for one in every if one not in with_words]


def area_of(e164: str) -> str:
    """The area code of a Vietnamese landline, "028"; empty for everything else."""
    return _area_in(_national(e164))


def _area_in(national: str) -> str:
    return next((national[:size] for size in (3, 4) if national[:size] in AREA_CODES), "")


def show_phone(kept: str) -> str:
    """As it is said in Vietnam, with what stands beside it: «0236 3888 999 máy lẻ 12 · fax (gặp chị Lan)».

    `read_phones` reads the same of it again. What is no number comes back unchanged.
    """
    if not (found := _KEPT.fullmatch(kept)):
        return _show_number(kept)
    number, extension, label, remark = found.groups()
    shown = _show_number(number)
    shown += " " + _("ext. %(number)s") % {"number": extension} if extension else ""
    shown += f" · {LABELS[label][0]}" if label in LABELS else ""
    return shown + (f" ({remark})" if remark else "")


def _show_number(e164: str) -> str:
    """0903 123 456, 024 3863 7747, 0274 3555 120, 1900 1234; foreign numbers with their +."""
    national = _national(e164)
    if not national:
        return _show_foreign(e164)
    if national.startswith(("1800", "1900")):
        return _spaced(national, 4, 4 if len(national) == 8 else 3)
    if area := _area_in(national):
        return _spaced(national, len(area), 4)
    return _spaced(national, 4, 3)


def phone_digits(kept: str) -> str:
    """Digits to search in, international and as said at home: "84903123456 0903123456"; digits alone of other text."""
    e164 = number_of(kept) or kept
    digits = "".join(character for character in e164 if character.isdecimal())
    national = _national(e164)
    return f"{digits} {national}" if national else digits


_KEPT = re.compile(r"(\+\d{6,15})(?:;ext=(\d{1,5}))?(?:;label=(\w+))?(?:;note=(.+))?")


def _as_written(kept: str) -> str:
    """What rows keep as a person would write it, so that there is one way to read it; empty for anything else."""
    if ";" not in kept or not (found := _KEPT.fullmatch(kept)):
        return ""
    number, extension, label, remark = found.groups()
    words = [f"ext {extension}" if extension else "", f"· {label}" if label else "", f"({remark})" if remark else ""]
    return " ".join([number, *filter(None, words)])


# --- a cell into pieces -----------------------------------------------------------------------------------------------

_WIDE = str.maketrans("＋（）", "+()")
_FLOAT = re.compile(r"\+?(\d+)[.,]0+")
_SCIENTIFIC = re.compile(r"(\d)(?:[.,](\d+))?E\+?(\d{1,2})", re.IGNORECASE)


def _undo_spreadsheet(text: str) -> str:
    """«912345678.0» and «9.12345678E8» are numbers that Excel took for amounts; rounded ones stay as they are."""
    text = "".join(str(int(mark)) if mark.isdecimal() else mark for mark in text.translate(_WIDE).removeprefix("'"))
    if (whole := _FLOAT.fullmatch(text)) and len(whole[1]) >= 7:
        return whole[1]
    if scientific := _SCIENTIFIC.fullmatch(text):
        # A narrow column shows five decimals at most: fewer than all but two digits is a rounded number.
        decimals, exponent = len(scientific[2] or ""), int(scientific[3])
        if exponent - 2 <= decimals <= exponent <= 14:
            return str(int(Decimal(text.replace(",", "."))))
    return text


_STRONG = re.compile(r"[/;|&\n]|\b(?:hoặc|hay|và|or|and)\b", re.IGNORECASE)
_WEAK = re.compile(r",|\s[-–—]+\s|[–—]")
_GAP = re.compile(r"(?<=\d)(?:[^\d(+]+(?=[\d(+])|(?=[(+]))")
_DIGITS_OF_MOBILE = 10
_MOST_CHARACTERS = 1000  # of a cell that lists numbers; what is longer is a text
_MOST_DIGITS, _LONGEST_PIECE = 45, 150  # of several numbers without a separator; every way of cutting them is tried
_FEWEST_OF_ONE, _MOST_OF_ONE = 6, 22  # digits of one number; an extension and 00 before it count


def _pieces(text: str, reading: _Reading) -> list[str]:
    """The parts of a cell that hold one number each, with the words around them."""
    pieces = []
    for strong in _split(_STRONG, text):
        weak = [strong] if _is_readable(strong, reading) else _split(_WEAK, strong)
        pieces += [part for piece in weak for part in _glued(piece, reading)]
    return pieces


def _split(separator: re.Pattern[str], text: str) -> list[str]:
    """The parts of a text, words with the number before them; what stands in brackets stays together."""
    kept = [one.span() for one in _BRACKETED.finditer(text)]
    cuts = [one for one in separator.finditer(text) if not any(start <= one.start() < end for start, end in kept)]
    edges = zip([0, *(cut.end() for cut in cuts)], [*(cut.start() for cut in cuts), len(text)], strict=True)
    parts: list[str] = []
    for part in (text[start:end].strip() for start, end in edges):
        if parts and not (_digit_count(part) and _digit_count(parts[-1])):
            parts[-1] += f", {part}" if any(map(str.isalnum, part)) else ""
        elif any(map(str.isalnum, part)):
            parts.append(part)
    return parts


def _glued(piece: str, reading: _Reading) -> list[str]:
    """Two or more whole numbers with only a space, a dash or nothing between them."""
    is_short = len(piece) <= _LONGEST_PIECE
    if not (is_short and 14 <= _digit_count(piece) <= _MOST_DIGITS) or _is_readable(piece, reading):
        return [piece]
    for left, right in _cuts(piece):
        if _FEWEST_OF_ONE <= _digit_count(left) <= _MOST_OF_ONE and _is_readable(left, reading):
            rest = _glued(right, reading)
            if all(_is_readable(part, reading) for part in rest):
                return [left, *rest]
    return [piece]


def _cuts(piece: str) -> Iterator[tuple[str, str]]:
    """Ways to cut in two: where digits stand apart, and before a zero. Words stay with the number before them, but for
    a label with a colon."""
    for cut in [*_GAP.finditer(piece), *re.finditer(r"(?<=\d)(?=0)", piece)]:
        label = _LABEL_BEFORE.search(cut[0])
        at = cut.start() + label.start() if label else cut.end()
        yield piece[:at].strip(" .,-"), piece[at:]


def _digit_count(text: str) -> int:
    return sum(character.isdecimal() for character in text)


def _is_readable(piece: str, reading: _Reading) -> bool:
    phone = _read(piece, reading)
    return bool(phone.e164) or phone.note == AMBIGUOUS


# --- one number -------------------------------------------------------------------------------------------------------

_LABEL = re.compile(
    r"(?<![^\W\d_])(?:điện thoại bàn|điện thoại|dien thoai|di động|di dong|cố định|co dinh|máy bàn|may ban|đt bàn|"
    r"dt ban|hotline|whatsapp|mobile|phone|viber|zalo|cell|fax|tel|đtdđ|dtdd|đtcđ|dtcd|sđt|sdt|mob|đt|dt|dđ|dd|số|so)"
    r"(?![^\W\d_])[\s.:]*",
    re.IGNORECASE,
)
_OF_LANDLINES = re.compile(
    r"(?<![^\W\d_])(?:điện thoại bàn|cố định|co dinh|máy bàn|may ban|đt bàn|dt ban|đtcđ|dtcd|fax)(?![^\W\d_])",
    re.IGNORECASE,
)
_LABEL_BEFORE = re.compile(r"(?<![^\W\d_])[^\W\d_]+(?: [^\W\d_]+)?[\s.]*:\s*$")
_EXTENSION = re.compile(
    r"(?:(?<![^\W\d_])(?:số máy lẻ|máy lẻ|may le|số nội bộ|nội bộ|noi bo|số lẻ|so le|lẻ|nhánh|nhanh|extension|ext|line)"
    r"|#)[\s.:=]*(\d{1,5})(?!\d)",
    re.IGNORECASE,
)
_BRACKETED = re.compile(r"\((?=[^()]*[^\W\d_])([^()\d]*(?:\d[^()\d]*){0,5})\)")  # words, and few digits among them
_BETWEEN_WORDS = re.compile(r"[,;:/|&·()\n]|(?:^|\s)[-–—]+(?=\s|$)")
_OF_DIGITS = re.compile(r"[+(]*\d(?:[\d\s.,()+-]*\d)?")
_SAYS_PHONE = re.compile(r"(?:số |so )?(?:điện thoại|dien thoai|sđt|sdt|đt|dt|số|so|telephone|tel|phone)? ?")
# «Bạn» is not «bàn», nor «ĐD» (who speaks for somebody) «DĐ»: with all marks, or with none.
_CODES = {
    form: code
    for code, (_words, written) in LABELS.items()
    for word in written.split("|")
    for form in (word, fold(word))
}
_LETTER_IN_NUMBER = re.compile(r"[^\W\d_]\d|\d[^\W\d_]")
_LETTER = re.compile(r"[^\W\d_]")
_IN_BRACKETS = re.compile(r"\(\s*0?\d{1,3}\s*\)")


@dataclass(frozen=True)
class _Apart:
    """A piece taken apart: the text that holds the digits of its number, and what stands beside them."""

    number: str
    extension: str
    label: str
    remark: str


@lru_cache(maxsize=256)  # the ways of cutting a piece ask for the same parts again, and who reads them at last
def _read(piece: str, reading: _Reading) -> Phone:
    """One piece that should hold one number."""
    typed = piece.strip()
    apart = _apart(typed)
    if _LETTER_IN_NUMBER.search(apart.number) or not _digit_count(apart.number) or not _can_be_said_again(apart.remark):
        return Phone("", typed, UNREADABLE)
    digits = "".join(character for character in apart.number if not character.isalpha()).strip(" ,.:;·-")
    e164, note = _read_digits(digits, replace(reading, of_landline=bool(_OF_LANDLINES.search(typed))))
    if not e164:
        return Phone("", typed, note)
    note = note or (WORDS if apart.remark else EXTENSION if apart.extension else "")
    return Phone(e164, typed, note, apart.extension, apart.label, apart.remark)


def _can_be_said_again(remark: str) -> bool:
    """Whether it stays words behind its number, in brackets."""
    return not remark or bool(_BRACKETED.fullmatch(f"({remark})"))


def _apart(piece: str) -> _Apart:
    """«0236 3888 999 máy lẻ 12 - Fax (gặp chị Lan)»: its digits stand outside of brackets that hold words."""
    number, extension, words = "", "", list[str]()
    for nth, part in enumerate(_BRACKETED.split(_LABEL.sub(_set_apart, piece))):
        is_inside = nth % 2 == 1
        if not extension and _digit_count(number) + (0 if is_inside else _digit_count(part)) >= _FEWEST_OF_ONE:
            part, extension = _without_extension(part, is_inside)
        number += "," if is_inside else part
        words += _BETWEEN_WORDS.split(part if is_inside else _OF_DIGITS.sub(",", part))
    label, remark = _labelled(filter(None, (" ".join(one.split()).strip(" .-–—") for one in words)))
    return _Apart(number, extension, label, remark)


def _set_apart(label: re.Match[str]) -> str:
    """«Fax0236...» is written so, and no letter among digits."""
    around = label.string[label.start() - 1 : label.start()] + label.string[label.end() : label.end() + 1]
    return f" {label[0]} " if any(map(str.isdecimal, around)) else label[0]


def _without_extension(part: str, is_inside: bool) -> tuple[str, str]:
    """The part without the extension in it, and that: right behind the number, or between commas by itself."""
    for found in _EXTENSION.finditer(part):
        before, behind = part[: found.start()], part[found.end() :].lstrip()
        is_next = not is_inside and before.rstrip(" ,.(-–—")[-1:].isdecimal()
        ends = not behind or not (behind[0].isalnum() or behind[0] == "+")
        begins = not is_inside or not before.strip() or before.rstrip()[-1] in ",;:/|&·"
        if is_next or (ends and begins and (is_inside or _digit_count(before) >= _FEWEST_OF_ONE)):
            return f"{before},{behind}", found[1]
    return part, ""


def _labelled(words: Iterable[str]) -> tuple[str, str]:
    """(the first label, everything else that says more than that this is a phone)."""
    label, remark = "", list[str]()
    for one in words:
        word = " ".join(one.lower().replace(".", " ").split())
        says = _CODES.get(word) or _CODES.get(_SAYS_PHONE.sub("", word, count=1), "")
        if says and not label:
            label = says
        elif says or not _SAYS_PHONE.fullmatch(word):
            remark.append(one)
    return label, ", ".join(remark)


def _read_digits(text: str, reading: _Reading) -> tuple[str, str]:
    """(E.164, note) of digits and punctuation."""
    if foreign := _foreign(text):
        return foreign
    groups, abroad = _groups(text)
    if _IN_BRACKETS.search(text) and "0" + groups[0].lstrip("0") in OLD_AREA_CODES:
        groups = [groups[0], "".join(groups[1:])]  # «(037) 375 0928» is set apart as «037 3750928» is
    digits = "".join(groups)
    if service := _service(digits):
        return service, ""
    if digits.startswith("0"):
        return _read_national(groups, reading, trusted=abroad and len(groups) == 1)
    if abroad or len(digits) in (9, 10):
        e164, note = _read_national(["0" + groups[0], *groups[1:]], reading, trusted=abroad and len(groups) == 1)
        return e164, note or ("" if abroad or not e164 else ZERO_RESTORED)
    return _complete(digits, reading)


def _foreign(text: str) -> tuple[str, str] | None:
    """Numbers of other countries, written with + or 00; None for numbers of Vietnam."""
    digits = "".join(re.findall(r"\d+", text))
    if digits.startswith("00"):
        digits = digits[2:]
    elif not text.lstrip("( ").startswith("+"):
        return None
    if digits.startswith("84"):
        return None
    try:
        number = phonenumbers.parse("+" + digits)
    except phonenumbers.NumberParseException:
        return "", UNREADABLE
    return (_e164(number), "") if phonenumbers.is_valid_number(number) else ("", UNREADABLE)


def _groups(text: str) -> tuple[list[str], bool]:
    """The runs of digits as they were set apart, and whether +84, 0084 or 84 stood before them (now gone).

    Without + or 00, a leading 84 is the country only before nine or ten more digits: 084... lost its zero otherwise.
    """
    groups = re.findall(r"\d+", text)
    digits = "".join(groups)
    marked = text.lstrip("( ").startswith("+") or digits.startswith("00")
    country = 4 if digits.startswith("00") else 2
    if not digits[:country].endswith("84") or (country == 2 and not marked and not 11 <= len(digits) <= 12):
        return groups, False
    groups = _without_first(groups, country)
    while groups and groups[0].startswith("0"):  # +84 (0)24...
        groups = _without_first(groups, 1)
    return (groups, True) if groups else (["0"], False)


def _without_first(groups: list[str], count: int) -> list[str]:
    """The groups without their first `count` digits."""
    while groups and count >= len(groups[0]):
        count -= len(groups[0])
        groups = groups[1:]
    return [groups[0][count:], *groups[1:]] if groups else []


def _service(digits: str) -> str:
    return _valid("+84" + digits) if re.fullmatch("1[89]00[0-9]{4,6}", digits) else ""


def _read_national(groups: list[str], reading: _Reading, *, trusted: bool) -> tuple[str, str]:
    """A number with its leading zero. `trusted`: written +84..., as machines write the numbers of today."""
    digits = "".join(groups)
    today = _valid("+84" + digits[1:])
    if digits[:4] in OLD_MOBILES and len(digits) == 11:
        e164 = _valid("+84" + OLD_MOBILES[digits[:4]][1:] + digits[4:])
        return e164, OLD_MOBILE if e164 else UNREADABLE
    old_code = _old_area_code(digits)
    if not old_code:
        is_odd = today and [len(group) for group in groups] == [4, 6] and groups[0] in OLD_AREA_CODES
        if is_odd and not (reading.current or trusted):
            return "", AMBIGUOUS  # «0321.997151»: a landline with a digit too few, or a mobile set apart as nobody does
        return today, "" if today else UNREADABLE
    landline = "+84" + OLD_AREA_CODES[old_code][1:] + digits[len(old_code) :]
    if not today or (digits[:3] in ("030", "031") and not reading.current and not trusted):
        return landline, OLD_AREA  # 030 and 031 are in the plan of mobiles, but none has been given out
    if reading.current or trusted:
        return today, ""
    if not (reading.of_landline or _stands_apart(groups, old_code)):
        return today, ""
    return (landline, OLD_AREA) if OLD_AREA_CODES[old_code] in reading.near else ("", AMBIGUOUS)


def _old_area_code(digits: str) -> str:
    """The area code of before 2017 that fits, if what follows it can be a landline; else empty."""
    for size in (2, 3, 4):
        code, local = digits[:size], digits[size:]
        new = OLD_AREA_CODES.get(code)
        if not new or len(local) != _local_length(new):
            continue
        # Landlines begin with 2, 3, 5, 6, in the two big cities with 4 and 7 too.
        if local[0] in ("234567" if size == 2 else "2356") and _valid("+84" + new[1:] + local):
            return code
    return ""


def _local_length(area_code: str) -> int:
    """Digits of a landline behind its area code: 8 in Hà Nội and TP. Hồ Chí Minh, 7 elsewhere."""
    return 11 - len(area_code)


def _stands_apart(groups: list[str], old_code: str) -> bool:
    """«037.3750928», «037 3750 928»: what was an area code until 2017 stands by itself, and no mobile is written so."""
    return groups[0] == old_code and [len(group) for group in groups] not in ([3, 3, 4], [3, 3, 2, 2])


def _complete(digits: str, reading: _Reading) -> tuple[str, str]:
    """A local number, without area code."""
    if not 6 <= len(digits) <= 8:
        return "", UNREADABLE
    area = _area_of_local(len(digits), reading)
    if not area:
        return "", AMBIGUOUS
    e164 = _valid("+84" + area[1:] + digits)
    return (e164, COMPLETED if area == reading.area_code else OF_LINE) if e164 else ("", UNREADABLE)


def _area_of_local(size: int, reading: _Reading) -> str:
    """The area code that a number of `size` digits lacks; empty where the place has several, or none for such a number.

    The default is not asked against the place: what lies in Đà Nẵng is not completed as a number of Bình Dương.
    """
    fitting = [code for code in reading.near or (reading.area_code,) if code and _local_length(code) == size]
    if reading.area_code in fitting:
        return reading.area_code
    return fitting[0] if len(fitting) == 1 else ""


def _known_area_code(area_code: str | None) -> str:
    code = "0" + (area_code or "").strip().lstrip("0") if area_code else ""
    if code and code not in AREA_CODES:
        raise ValueError(_("There is no area code %(code)s.") % {"code": area_code})
    return code


@cache
def _plan() -> re.Pattern[str]:
    """All numbers of Vietnam, from the tables of phonenumbers; its own check takes thirty times as long, per cell."""
    plan = phonenumbers.PhoneMetadata.metadata_for_region("VN")
    kinds = [plan.fixed_line, plan.mobile, plan.toll_free, plan.premium_rate] if plan else []
    return re.compile("|".join(str(kind.national_number_pattern) for kind in kinds if kind))


def _valid(e164: str) -> str:
    """A number of Vietnam itself when it is in the plan, else empty."""
    return e164 if _plan().fullmatch(e164.removeprefix("+84")) else ""


def _e164(number: phonenumbers.PhoneNumber) -> str:
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _national(e164: str) -> str:
    """0903123456 of +84903123456; empty for other countries and for text."""
    if not re.fullmatch(r"\+84\d{7,10}", e164):
        return ""
    return e164[3:] if e164.startswith(("+841800", "+841900")) else "0" + e164[3:]


def _show_foreign(e164: str) -> str:
    if not re.fullmatch(r"\+\d{6,15}", e164):
        return e164
    try:
        number = phonenumbers.parse(e164)
    except phonenumbers.NumberParseException:
        return e164
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def _spaced(digits: str, first: int, size: int) -> str:
    """`first` digits, then groups of `size`: the shorter group last."""
    rest = digits[first:]
    return " ".join([digits[:first], *(rest[at : at + size] for at in range(0, len(rest), size))])
