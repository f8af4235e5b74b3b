"""What can be said about a line of a file: kept as codes, said in the language of whoever looks."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from pheu.core.vietnamese import phone

Words = str | Promise


@dataclass(frozen=True)
class Mark:
    """`is_problem`: somebody should look at the line. The others say what the import put right by itself."""

    code: str
    label: Words
    tone: str = "slate"
    is_problem: bool = False


REPEATED, KNOWN, NO_PHONE, THERE = "repeated", "known", "no_phone", "there"
TOO_LONG, BAD_EMAIL, BAD_TAX_CODE, BAD_VALUE = "too_long", "bad_email", "bad_tax_code", "bad_value"
NO_COLLEAGUE = "no_colleague"

# Not shown: a number of this line stands in an earlier line of the file, or in the system.
AGAIN = "again"

MARKS = {
    mark.code: mark
    for mark in (
        Mark(phone.UNREADABLE, _("phone cannot be read, kept as typed"), "red", is_problem=True),
        Mark(phone.AMBIGUOUS, _("phone can be read in two ways, kept as typed"), "red", is_problem=True),
        Mark(REPEATED, _("phone repeated in the file"), "amber", is_problem=True),
        Mark(KNOWN, _("phone already in the system"), "amber", is_problem=True),
        Mark(THERE, _("is there already"), "amber", is_problem=True),
        Mark(BAD_EMAIL, _("no valid e-mail address, kept in the remark"), "amber", is_problem=True),
        Mark(BAD_TAX_CODE, _("no valid tax code, kept in the remark"), "amber", is_problem=True),
        Mark(BAD_VALUE, _("does not fit the field, kept in the remark"), "amber", is_problem=True),
        Mark(NO_COLLEAGUE, _("no colleague of yours is called so, kept in the remark"), "amber", is_problem=True),
        Mark(TOO_LONG, _("too long: shortened, in full in the remark"), "amber", is_problem=True),
        Mark(phone.COMPLETED, _("area code added"), "jade"),
        Mark(phone.OF_LINE, _("area code added as the line tells it"), "jade"),
        Mark(phone.ZERO_RESTORED, _("leading zero put back"), "jade"),
        Mark(phone.OLD_MOBILE, _("old eleven-digit mobile converted"), "jade"),
        Mark(phone.OLD_AREA, _("old area code converted"), "jade"),
        Mark(phone.WORDS, _("words beside the phone, kept with it"), "blue"),
        Mark(phone.EXTENSION, _("extension, kept with the phone"), "blue"),
        Mark(NO_PHONE, _("without a phone")),
    )
}

# Why a line makes no row: nothing to reach or name somebody by, or more text than any field holds | no customer at all.
NOTHING_IN_IT, INCOMPLETE, NO_ROOM = "nothing_in_it", "incomplete", "no_room"
HEADER_AGAIN, COLUMN_NUMBERS, LEFT_OUT = "header_again", "column_numbers", "left_out"
# What the run found: the record that a line is the same as, or what refused it.
IS_THERE, NOT_YOURS, BLOCKED, REFUSED = "is_there", "not_yours", "blocked", "refused"

REASONS: dict[str, Words] = {
    NOTHING_IN_IT: _("Nothing to call or reach it by: %(fields)s are all empty"),
    INCOMPLETE: _("Without one of these it cannot be kept: %(fields)s"),
    NO_ROOM: _("More text than a remark can hold"),
    HEADER_AGAIN: _("The header again"),
    COLUMN_NUMBERS: _("Only the numbers of the columns"),
    LEFT_OUT: _("Its phone is there already: left out, as was chosen"),
    IS_THERE: _("There already: left out, as was chosen"),
    NOT_YOURS: _("There already, and not yours to change"),
    BLOCKED: _("There already: a duplicate rule lets no second one be saved"),
    REFUSED: _("Refused"),
}


def known(codes: Iterable[str]) -> list[Mark]:
    """The marks of these codes, problems first."""
    return [mark for code, mark in MARKS.items() if code in set(codes)]


def has_problem(codes: Iterable[str]) -> bool:
    return any(mark.is_problem for mark in known(codes))
