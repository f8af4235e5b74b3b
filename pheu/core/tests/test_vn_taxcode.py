"""Tax codes (vietnam.md 7.3)."""

import pytest
from django.utils.translation import override

from pheu.core.vietnamese.taxcode import read_tax_code, show_tax_code


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("0100233488", "0100233488"),
        ("0100 233 488", "0100233488"),
        ("MST: 0100233488\u200b", "0100233488"),
        ("0314409058-002", "0314409058-002"),
        ("0314409058002", "0314409058-002"),
        ("0314409058 - 002", "0314409058-002"),
        ("100233488", "0100233488"),  # Excel ate the zero
        ("100233488.0", "0100233488"),
        (100233488.0, "0100233488"),
        ("314409058002", "0314409058-002"),
        ("079190001234", "079190001234"),  # a citizen id, the tax code of a person since 1 July 2025
        ("79190001234", "079190001234"),
    ],
)
def test_tax_codes(typed, code):
    assert read_tax_code(typed) == code
    assert read_tax_code(show_tax_code(code)) == code


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("", "digits only"),
        ("không có", "digits only"),
        ("O100233488", "digits only"),
        ("0100233480", "check digit"),
        ("0100233488-00a", "digits only"),
        ("0314409059-002", "check digit"),
        ("01002334", "not 8"),
        ("01002334881234", "not 14"),
        ("999190001234", "not a citizen id"),
        ("0100109106-1", "not 11"),  # slips, and nobody's citizen id
        ("01001091061", "not 11"),
        ("0100109106-12", "three digits behind the dash"),
    ],
)
def test_what_is_no_tax_code_is_refused_with_a_reason(typed, reason):
    with override("en"), pytest.raises(ValueError, match=reason):
        read_tax_code(typed)


def test_tax_codes_are_shown_in_groups():
    assert show_tax_code("0100233488") == "0100 233 488"
    assert show_tax_code("0314409058-002") == "0314 409 058-002"
    assert show_tax_code("079190001234") == "079 190 001 234"
    assert show_tax_code("") == ""
    assert show_tax_code("chưa có") == "chưa có"
