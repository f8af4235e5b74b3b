"""Form fields: what is typed, what is kept, what is shown again."""

import unicodedata
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django import forms
from django.utils.translation import override

from pheu.core.vietnamese.dates import ZONE
from pheu.core.vietnamese.fields import (
    CleanCharField,
    EmailField,
    MoneyField,
    PhoneField,
    TaxCodeField,
    VnDateField,
    VnDateTimeField,
)


class CompanyForm(forms.Form):
    name = CleanCharField(max_length=12)
    note = CleanCharField(required=False, lines=True, widget=forms.Textarea)
    phone = PhoneField(required=False)
    value = MoneyField(required=False)
    closes_on = VnDateField(required=False)
    due_at = VnDateTimeField(required=False)
    tax_code = TaxCodeField(required=False)
    email = EmailField(required=False)


@pytest.fixture(autouse=True)
def in_english():
    with override("en"):
        yield


def filled(**typed):
    form = CompanyForm({"name": "Sông Hồng", **typed})
    assert form.is_valid(), form.errors
    return form.cleaned_data


def refused(name, typed):
    form = CompanyForm({"name": "Sông Hồng", name: typed})
    (message,) = form.errors[name]
    assert typed in str(form[name]) or name == "note"  # what was typed stays in the input
    return message


def test_every_field_reads_the_vietnamese_way():
    assert filled(
        name=unicodedata.normalize("NFD", " Sông\u200b  Hồng "),
        note="một \r\n\r\nhai",
        phone="0903.123.456",
        value="1,5 tỷ",
        closes_on="31-12-26",
        due_at="24/11/2026 17:00",
        tax_code="0314409058002",
        email=" Mailto:An.Nguyen@Example.com;",
    ) == {
        "name": "Sông Hồng",
        "note": "một\n\nhai",
        "phone": "+84903123456",
        "value": Decimal(1_500_000_000),
        "closes_on": date(2026, 12, 31),
        "due_at": datetime(2026, 11, 24, 17, tzinfo=ZONE),
        "tax_code": "0314409058-002",
        "email": "an.nguyen@example.com",
    }


def test_an_empty_field_is_empty():
    empty = filled(phone=" ", value="", closes_on="\u200b", due_at="", tax_code=" ", email="")
    assert (empty["phone"], empty["tax_code"], empty["email"], empty["note"]) == ("", "", "", "")
    assert (empty["value"], empty["closes_on"], empty["due_at"]) == (None, None, None)
    assert not CompanyForm({"name": "\u200b "}).is_valid()


@pytest.mark.parametrize(
    ("name", "typed", "message"),
    [
        ("name", "Sông Hồng và Cửu Long", "At most 12 characters; this has 21."),
        ("value", "nhiều", "“nhiều” is not an amount. Write for example 1.500.000 or 1,5 tỷ."),
        ("value", "-5.000", "At least 0."),
        ("closes_on", "31/02/2026", "Month 2 of 2026 has no day 31."),
        ("due_at", "24/11 25:00", "“25:00” is not a time of day. Write for example 17:00."),
        ("tax_code", "0100233480", "The check digit does not fit: one of the digits is mistyped."),
        ("phone", "0912345678 / 0987654321", "Write one number here; each further one has a place of its own."),
        ("phone", "9" * 201, "This is too long for a phone number."),
    ],
)
def test_an_error_says_what_is_wrong_and_keeps_what_was_typed(name, typed, message):
    assert refused(name, typed) == message


def test_errors_are_vietnamese_in_vietnamese():
    with override("vi"):
        assert refused("closes_on", "31/02/2026") == "Tháng 2 năm 2026 không có ngày 31."
        assert refused("name", "Sông Hồng và Cửu Long") == "Nhiều nhất 12 ký tự; đang có 21."


def test_a_phone_that_cannot_be_read_is_kept_as_typed():
    assert filled(phone="hỏi anh  Nam")["phone"] == "hỏi anh Nam"
    assert filled(phone="38251234")["phone"] == "38251234"
    assert filled(phone="0373750928")["phone"] == "+84373750928"
    assert PhoneField(area_code="028").clean("38251234") == "+842838251234"


def test_a_strict_phone_refuses_rubbish_only():
    strict = PhoneField(strict=True)
    assert strict.clean("38251234") == "38251234"
    assert strict.clean("0903123456") == "+84903123456"
    for rubbish in ["hỏi anh Nam", "O912345678", "-"]:
        with pytest.raises(forms.ValidationError, match="not a phone number"):
            strict.clean(rubbish)


def test_stored_values_are_shown_the_vietnamese_way():
    stored = {
        "phone": "+84903123456",
        "value": Decimal("1500000000.00"),
        "closes_on": date(2026, 12, 31),
        "due_at": datetime(2026, 11, 24, 10, 0, 12, 345, tzinfo=UTC),
        "tax_code": "0100233488",
    }
    form = CompanyForm(initial=stored)
    shown = ["0903 123 456", "1.500.000.000", "31/12/2026", "24/11/2026 17:00", "0100233488"]
    for name, words in zip(stored, shown, strict=True):
        assert f'value="{words}"' in str(form[name])
        assert 'inputmode="' in str(form[name])
    sent_back = CompanyForm({"name": "Sông Hồng", **dict(zip(stored, shown, strict=True))}, initial=stored)
    assert sent_back.changed_data == ["name"]


def test_an_unchanged_form_with_hidden_initial_values_has_not_changed():
    class Edited(forms.Form):
        value = MoneyField(show_hidden_initial=True)
        due_at = VnDateTimeField(show_hidden_initial=True)
        closes_on = VnDateField(show_hidden_initial=True)
        phone = PhoneField(show_hidden_initial=True)

    stored = {
        "value": Decimal("1500000000.00"),
        "due_at": datetime(2026, 11, 24, 10, 0, 12, 345, tzinfo=UTC),
        "closes_on": date(2026, 12, 31),
        "phone": "+84903123456",
    }
    shown = Edited(initial=stored)
    hidden = {f"initial-{name}": _value(shown[name].as_hidden(only_initial=True)) for name in stored}
    visible = {
        "value": "1.500.000.000",
        "due_at": "24/11/2026 17:00",
        "closes_on": "31/12/2026",
        "phone": "0903 123 456",
    }
    assert Edited(hidden | visible).changed_data == []
    later = visible | {"due_at": "24/11/2026 17:01"}
    assert Edited(hidden | later).changed_data == ["due_at"]


def _value(html):
    return html.split('value="')[1].split('"')[0]


def test_an_amount_may_be_negative_where_the_field_says_so():
    assert MoneyField(min_value=None).clean("-5.000") == -5000
    with pytest.raises(forms.ValidationError, match=r"At most 1\.000\."):
        MoneyField(max_value=1000).clean("1.001")


def test_two_digits_of_a_year_follow_the_day_it_is():
    soon = datetime.now(ZONE).date() + timedelta(days=30)
    assert VnDateField().clean(f"{soon:%d/%m/%y}") == soon
