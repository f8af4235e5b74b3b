"""Money and numbers the Vietnamese way: 1.234.567 ₫, 16,03 tỷ, 1tr2 (vietnam.md 7.6). Decimal, never float."""

import re
from decimal import ROUND_HALF_UP, Decimal

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from pheu.core.vietnamese.text import clean, fold

LIMIT = Decimal(10) ** 15  # amounts are stored with fifteen digits before the point
_MOST_CHARACTERS = 40

_THOUSAND, _MILLION, _BILLION = Decimal(1_000), Decimal(1_000_000), Decimal(1_000_000_000)
_UNITS = {
    "ty": _BILLION, "ti": _BILLION, "trieu": _MILLION, "tr": _MILLION,
    "nghin": _THOUSAND, "ngan": _THOUSAND, "ng": _THOUSAND, "k": _THOUSAND,
}  # fmt: skip
_CURRENCY = re.compile(r"₫|\b(?:vnd|dong|d)\b|(?<=\d)(?:vnd|dong|d)\b|^(?:vnd|dong|d)(?=\d)")
_PLAIN = re.compile(r"\d+")
_GROUPED = re.compile(r"[1-9]\d{0,2}(?:([., '])\d{3})(?:\1\d{3})*")
_FRACTION = re.compile(r"(\d+|\d{1,3}(?:\.\d{3})+|\d{1,3}(?:,\d{3})+|\d{1,3}(?: \d{3})+)([.,])(\d+)")
_SCIENTIFIC = re.compile(r"\d(?:\.\d+)?e\+?\d{1,2}")
_DOUBTFUL = re.compile(r"[1-9]\d{0,2},\d{3}")  # before a unit: English thousands, or Vietnamese decimals?
_PART = re.compile(r"([\d., ]*\d) ?(ty|ti|trieu|tr|nghin|ngan|ng|k)(?![a-z]) ?")

# Said rather than written: «hai tỷ rưỡi», «nửa tỷ», «ba trăm năm mươi triệu», «mười lăm triệu».
_DIGITS = {
    word: str(digit)
    for digit, words in enumerate(("khong", "mot", "hai", "ba", "bon tu", "nam lam", "sau", "bay", "tam", "chin"))
    for word in words.split()
}
_DIGIT = re.compile(rf"\b(?:{'|'.join(_DIGITS)})\b")
_UNIT = r"(?:ty|ti|trieu|tr|nghin|ngan)\b"
_HALF = re.compile(rf"\bnua (?={_UNIT})")
_TENS = re.compile(r"\b(?:(\d) )?muoi(?: (\d))?\b")
_HUNDREDS = re.compile(r"\b(\d) ?tram(?: (ruoi)|(?: (?:linh|le))? (\d{1,2}))?\b")
_HALF_MORE = re.compile(rf"({_UNIT}) ruoi$")


def read_money(text: str | int | float | Decimal) -> Decimal:
    """An amount in whole đồng out of what people type or Excel holds.

    «1.234.567», «1,234,567 đ», «1tr2», «1,5 tỷ», «2 tỷ 350 triệu», «2 tỷ rưỡi», «ba trăm triệu», «500k», «-200.000». A
    fraction of a đồng is rounded half up. ValueError says in words what is wrong.
    """
    typed = clean(str(text))
    if len(typed) > _MOST_CHARACTERS:
        raise ValueError(_("This is too long for an amount."))
    folded = re.sub("[−–—]", "-", fold(typed))
    bracketed = folded.startswith("(") and folded.endswith(")")
    sign = -1 if bracketed or folded.startswith("-") else 1
    written = _said(_CURRENCY.sub("", folded.strip("()").removeprefix("-")).strip())
    amount = _in_words(written) if _PART.match(written) else _plain_amount(written)
    if amount is None:
        raise ValueError(_("“%(text)s” is not an amount. Write for example 1.500.000 or 1,5 tỷ.") % {"text": typed})
    if amount >= LIMIT:
        raise ValueError(_("The amount is too large: at most 15 digits."))
    rounded = amount.quantize(Decimal(1), ROUND_HALF_UP)
    return sign * rounded if rounded else rounded


def _said(written: str) -> str:
    """Numbers in words as digits; without a unit behind them they stay what they are, and are no amount."""
    if not re.search(rf"\b{_UNIT}", written):
        return written
    digits = _DIGIT.sub(lambda found: _DIGITS[found[0]], _HALF.sub("0,5 ", written))
    tens = _TENS.sub(lambda found: str(10 * int(found[1] or 1) + int(found[2] or 0)), digits)
    hundreds = _HUNDREDS.sub(lambda found: str(100 * int(found[1]) + int("50" if found[2] else found[3] or 0)), tens)
    return _HALF_MORE.sub(r"\1 5", hundreds)


def _in_words(written: str) -> Decimal | None:
    """«1 ty 200 trieu», «1tr2»: parts with falling units; digits after the last unit are its decimals."""
    total, smallest, place = Decimal(0), LIMIT, 0
    while part := _PART.match(written, place):
        if _DOUBTFUL.fullmatch(part[1]):
            raise ValueError(
                _("“%(text)s” can be read in two ways. Write 1,25 tỷ or 1.250 tỷ.") % {"text": part[0].strip()}
            )
        number, unit = _number(part[1]), _UNITS[part[2]]
        if number is None or unit >= smallest:
            return None
        total, smallest, place = total + number * unit, unit, part.end()
    rest = written[place:]
    if not rest:
        return total
    if re.fullmatch(r"\d{1,3}", rest):
        return total + Decimal(f"0.{rest}") * smallest
    more = _number(rest)
    return total + more if more is not None and more < smallest else None


def _plain_amount(written: str) -> Decimal | None:
    """Digits only. «1,5» alone is refused: somebody who means one and a half billion would get two đồng."""
    if _SCIENTIFIC.fullmatch(written):
        return Decimal(written)
    number = _number(written)
    if number is not None and number < _THOUSAND and number != int(number):
        raise ValueError(_("Đồng has no decimals. For a larger amount write for example 1,5 tỷ or 1,5 triệu."))
    return number


def _number(written: str) -> Decimal | None:
    """A number with Vietnamese or English separators, else None. Three digits after a dot are thousands."""
    if not written.isascii():
        return None
    if _PLAIN.fullmatch(written):
        return Decimal(written)
    if _GROUPED.fullmatch(written):
        return Decimal(re.sub("[., ']", "", written))
    if (parts := _FRACTION.fullmatch(written)) and parts[2] not in parts[1]:
        return Decimal(re.sub("[., ]", "", parts[1]) + "." + parts[3])
    return None


def show_money(amount: Decimal | int, currency: str = "VND") -> str:
    """«1.234.567 ₫»; other currencies with two decimals and their code: «1.234,50 USD»."""
    if currency == "VND":
        return f"{show_number(_rounded(Decimal(amount), 0))} ₫"
    return f"{show_number(_rounded(Decimal(amount), 2), places=2)} {currency}"


def show_short(amount: Decimal | int) -> str:
    """For cards and totals: «16,03 tỷ», «850 tr», «1,5 tr», «500 nghìn», «0 ₫». The unit is chosen after rounding.

    Who reads English reads “16.03 bn”, “850 m”, “500 k”.
    """
    value = Decimal(amount)
    size = abs(value)
    if _rounded(size / _MILLION, 0) >= 1000:
        billions = value / _BILLION
        places = 0 if _rounded(abs(billions), 2) >= 1000 else 2
        return _with_unit(show_number(_rounded(billions, places), places=places), "tỷ")
    if _rounded(size / _THOUSAND, 0) >= 1000:
        millions = value / _MILLION
        return _with_unit(show_number(_rounded(millions, 1 if size < 10 * _MILLION else 0)), "tr")
    if _rounded(size, 0) >= 1000:
        return _with_unit(show_number(_rounded(value / _THOUSAND, 0)), "nghìn")
    return show_money(value)


def show_total(amount: Decimal | int) -> str:
    """A short amount that stands alone: «16,03 tỷ ₫», «0 ₫»."""
    return f"{show_short(amount).removesuffix(' ₫')} ₫"


# Units that are written after a number, and how they are written elsewhere.
_UNITS_ELSEWHERE = {"tỷ": "bn", "tr": "m", "nghìn": "k"}
_SEPARATORS_ELSEWHERE = str.maketrans(".,", ",.")


def _with_unit(number: str, unit: str) -> str:
    if (get_language() or "vi").startswith("vi"):
        return f"{number} {unit}"
    return f"{number.translate(_SEPARATORS_ELSEWHERE)} {_UNITS_ELSEWHERE[unit]}"


def show_number(value: Decimal | int | float, places: int | None = None) -> str:
    """«4.210», «1.234,5»: dots between thousands, a decimal comma; `places` decimals, else as many as needed."""
    number = Decimal(str(value))
    if places is not None:
        number = _rounded(number, places)
    whole, _dot, decimals = f"{number:,f}".partition(".")
    if places is None:
        decimals = decimals.rstrip("0")
    whole = "0" if whole == "-0" and not decimals.strip("0") else whole
    return whole.replace(",", ".") + (f",{decimals}" if decimals else "")


def _rounded(value: Decimal, places: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
