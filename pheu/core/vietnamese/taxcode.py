"""Tax codes (mã số thuế): 10 digits, 13 of a branch, or the 12-digit citizen id since 1 July 2025 (vietnam.md 7.3)."""

import re

from django.utils.translation import gettext as _
from stdnum.exceptions import ValidationError
from stdnum.vn import mst

from pheu.core.vietnamese.text import clean

_PROVINCES_OF_CITIZEN_IDS = range(1, 97)
_MOST_CHARACTERS = 60


def read_tax_code(text: str | float) -> str:
    """«0100233488», «0314409058-002» or a 12-digit citizen id; a zero that Excel ate is put back.

    ValueError says in words what is wrong.
    """
    typed = clean(str(text)).removeprefix("'")
    if len(typed) > _MOST_CHARACTERS:
        raise ValueError(_("A tax code has digits only: 10, 12 or 13 of them."))
    typed = re.sub(r"\.0+$", "", typed)
    digits = re.sub(r"[\s.\-–—]", "", re.sub(r"^(?:MST|Mã số thuế)\s*:?\s*", "", typed, flags=re.IGNORECASE))
    if not re.fullmatch("[0-9]+", digits):
        raise ValueError(_("A tax code has digits only: 10, 12 or 13 of them."))
    is_branch = bool(re.search(r"[-–—]\s*\d{3}$", typed))
    # Eleven digits behind a zero, or two behind a dash, are a slip and nobody's citizen id.
    if len(digits) == 9 or (len(digits) == 11 and digits[0] != "0"):
        digits = "0" + digits
    if len(digits) == 12 and re.search("[-–—]", typed) and not is_branch:
        raise ValueError(_("A branch has three digits behind the dash: %(sample)s.") % {"sample": "0314409058-002"})
    if len(digits) == 12 and _is_citizen_id(digits):
        return digits
    if len(digits) == 12 and not mst.is_valid("0" + digits):
        raise ValueError(_("These 12 digits are not a citizen id."))
    return _checked(digits if len(digits) != 12 else "0" + digits)


def _is_citizen_id(digits: str) -> bool:
    """Three digits of the province, one of century and sex, two of the year, six at random."""
    return int(digits[:3]) in _PROVINCES_OF_CITIZEN_IDS


def _checked(digits: str) -> str:
    if len(digits) not in (10, 13):
        raise ValueError(_("A tax code has 10, 12 or 13 digits, not %(count)s.") % {"count": len(digits)})
    try:
        return mst.format(mst.validate(digits))
    except ValidationError:
        raise ValueError(_("The check digit does not fit: one of the digits is mistyped.")) from None


def show_tax_code(code: str) -> str:
    """«0101 234 567», «0101 234 567-001», «079 190 001 234»; anything else unchanged."""
    if found := re.fullmatch(r"(\d{4})(\d{3})(\d{3})(-\d{3})?", code):
        return f"{found[1]} {found[2]} {found[3]}{found[4] or ''}"
    if found := re.fullmatch(r"(\d{3})(\d{3})(\d{3})(\d{3})", code):
        return " ".join(found.groups())
    return code
