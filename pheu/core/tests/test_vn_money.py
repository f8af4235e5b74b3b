"""Money and numbers, read and shown (vietnam.md 7.6)."""

from contextlib import suppress
from decimal import Decimal

import pytest
from django.utils.translation import override
from hypothesis import given, settings
from hypothesis import strategies as st

from pheu.core.vietnamese.money import LIMIT, read_money, show_money, show_number, show_short


@pytest.fixture(autouse=True)
def in_english():
    with override("en"):
        yield


@pytest.mark.parametrize(
    ("typed", "amount"),
    [
        ("1.234.567", 1234567),
        ("1,234,567", 1234567),
        ("1 234 567", 1234567),
        ("1234567", 1234567),
        ("1.234.567 ₫", 1234567),
        ("1.234.567₫", 1234567),
        ("1.234.567 đ", 1234567),
        ("1234567đ", 1234567),
        ("1.234.567 VND", 1234567),
        ("1.234.567 vnđ", 1234567),
        ("VND 1,234,567", 1234567),
        ("1.234.567 đồng", 1234567),
        ("1.234", 1234),
        ("1,234", 1234),
        ("0", 0),
        ("-0", 0),
        ("500", 500),
        ("-1.500.000", -1500000),
        ("−1.500.000 ₫", -1500000),
        ("(1.500.000)", -1500000),
        ("1tr2", 1_200_000),
        ("1tr25", 1_250_000),
        ("1tr250", 1_250_000),
        ("1tr05", 1_050_000),
        ("1 triệu 200 nghìn", 1_200_000),
        ("1,5 tỷ", 1_500_000_000),
        ("1.5 tỉ", 1_500_000_000),
        ("16,03 tỷ ₫", 16_030_000_000),
        ("1.250 tỷ", 1_250_000_000_000),
        ("0,125 tỷ", 125_000_000),
        ("2 tỷ 5", 2_500_000_000),
        ("2 tỷ 350 triệu", 2_350_000_000),
        ("2 tỷ 350 triệu 500k", 2_350_500_000),
        ("1 triệu 500.000", 1_500_000),
        ("850 tr", 850_000_000),
        ("500k", 500_000),
        ("500 nghìn đồng", 500_000),
        ("500 ngàn", 500_000),
        ("1.234.567,5", 1234568),
        ("1,234,567.49", 1234567),
        ("1234567.0", 1234567),
        ("100.00", 100),
        ("1.98E+09", 1_980_000_000),
        ("1.234.567\u200b\xa0₫", 1234567),
        (1980000000.0, 1_980_000_000),
        (1980000000, 1_980_000_000),
        (Decimal("1500.50"), 1501),
        ("999.999.999.999.999", 999_999_999_999_999),
    ],
)
def test_amounts_are_read_the_way_they_are_written(typed, amount):
    read = read_money(typed)
    assert read == amount
    assert isinstance(read, Decimal)
    assert str(read) == str(amount)  # whole đồng, no minus zero


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("", "not an amount"),
        ("nhiều", "not an amount"),
        ("12.34.567", "not an amount"),
        ("1.2345.678", "not an amount"),
        ("1..5", "not an amount"),
        ("100 USD", "not an amount"),
        ("$100", "not an amount"),
        ("1 tr 2 tỷ", "not an amount"),
        ("--5", "not an amount"),
        ("nan", "not an amount"),
        ("Infinity", "not an amount"),
        ("٣", "not an amount"),
        ("1,5", "no decimals"),
        ("0.5", "no decimals"),
        ("1,250 tỷ", "two ways"),
        ("1.000.000.000.000.000", "too large"),
        ("1000000 tỷ", "too large"),
        ("1e99", "too large"),
        (-1e15, "too large"),
        ("9" * 40, "too large"),
        ("9" * 41, "too long"),
    ],
)
def test_what_is_no_amount_is_refused_with_a_reason(typed, reason):
    with pytest.raises(ValueError, match=reason):
        read_money(typed)


@settings(deadline=None)
@given(st.integers(-int(LIMIT) + 1, int(LIMIT) - 1))
def test_what_is_shown_is_read_back(amount):
    assert read_money(show_money(amount)) == amount


@settings(deadline=None)
@given(st.text() | st.text(st.sampled_from("0123456789.,- trtykđ₫e()")))
def test_any_text_is_an_amount_or_a_reason(text):
    with suppress(ValueError):
        assert abs(read_money(text)) < LIMIT


def test_money_is_shown_with_dots():
    assert show_money(Decimal(1234567)) == "1.234.567 ₫"
    assert show_money(Decimal("1234567.5")) == "1.234.568 ₫"
    assert show_money(0) == "0 ₫"
    assert show_money(Decimal("-0.4")) == "0 ₫"
    assert show_money(-1500000) == "-1.500.000 ₫"
    assert show_money(Decimal("1234.5"), "USD") == "1.234,50 USD"


@pytest.mark.parametrize(
    ("amount", "short"),
    [
        (16_030_000_000, "16,03 tỷ"),
        (4_100_000_000, "4,10 tỷ"),
        (999_999_999, "1,00 tỷ"),
        (999_400_000, "999 tr"),
        (1_234_500_000_000, "1.235 tỷ"),
        (999_999_000_000, "1.000 tỷ"),
        (850_000_000, "850 tr"),
        (214_000_000, "214 tr"),
        (1_500_000, "1,5 tr"),
        (1_000_000, "1 tr"),
        (9_960_000, "10 tr"),
        (500_000, "500 nghìn"),
        (999_999, "1 tr"),
        (999, "999 ₫"),
        (0, "0 ₫"),
        (-850_000_000, "-850 tr"),
    ],
)
def test_money_in_short(amount, short):
    with override("vi"):
        assert show_short(Decimal(amount)) == short


def test_numbers_are_shown_with_a_decimal_comma():
    assert show_number(4210) == "4.210"
    assert show_number(Decimal("1234.50")) == "1.234,5"
    assert show_number(0.1) == "0,1"
    assert show_number(Decimal("1E+3")) == "1.000"
    assert show_number(Decimal("2.345"), places=2) == "2,35"
    assert show_number(Decimal("-0.001"), places=2) == "0,00"
