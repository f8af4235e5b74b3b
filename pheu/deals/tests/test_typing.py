"""Amounts, days and hours as people type them, key by key: the page shows how they will be read, and changes none."""

import re
from itertools import product

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from pheu.core.tests.looking import settled
from pheu.core.vietnamese.dates import read_date
from pheu.core.vietnamese.money import read_money, show_money
from pheu.deals.models import Deal

pytestmark = pytest.mark.django_db(transaction=True)

NUMBERS = ["1.5", "1,5", "0.5", "0,5", "12.5", "12", "2", "300", "1.250", "1.234.567", "100.50", "1980"]
UNITS = [
    " tỷ",
    "tỷ",
    " ty",
    " triệu",
    "tr",
    " tr",
    " nghìn",
    "k",
    " trăm triệu",
    " tỷ rưỡi",
    "tr2",
    " tỷ 350 triệu",
    "",
]
SPELLINGS = [
    *(f"{number}{unit}" for number, unit in product(NUMBERS, UNITS)),
    *("nửa tỷ", "rưỡi", "3 trăm triệu", "ba trăm năm mươi triệu", "hai tỷ rưỡi", "mười lăm triệu"),
    *("một tỷ hai", "1980000000", "1.980.000.000", "1,980,000,000", "1 980 000 000", "1'980'000", "0", "007"),
    *("000", "-200000", "-1.5 tỷ", "(200.000)", "1.9800", "1.98", "1.", ".5", "1..5", "1.2.3", "12.34.567"),
    *("1.234,56", "1,234.56", "100.000đ", "500.000 ₫", "VND 2.000.000", "2e9", "1e", "abc", "5 tỷ 5"),
    *("2 triệu rưỡi", "1 tỷ 2 tỷ", "999999999999999", "9999999999999999"),
]  # fmt: skip


def meant(text):
    """The amount, or nothing where it is refused."""
    try:
        return read_money(text)
    except ValueError:
        return None


@pytest.fixture
def form(world):
    page = world.enter(world.cast.an, "/deals/new/")
    settled(page)
    return page


def test_no_amount_becomes_another_while_it_is_typed(form):
    """R4.23: over two hundred spellings; what the field holds in the end means what was typed."""
    assert len(set(SPELLINGS)) >= 190
    amount, changed = form.locator("[name=expected_amount]"), {}
    for text in SPELLINGS:
        amount.fill("")
        amount.press_sequentially(text)
        if meant(amount.input_value()) != meant(text):
            changed[text] = amount.input_value()
    assert changed == {}


@pytest.mark.parametrize("text", ["1.5 tỷ", "nửa tỷ", "3 trăm triệu", "2 triệu rưỡi", "1980000"])
def test_how_an_amount_is_read_stands_below_it(form, text):
    form.locator("[name=expected_amount]").press_sequentially(text)
    expect(form.locator("[data-field=expected_amount] [data-reading]")).to_have_text(show_money(read_money(text)))


def test_what_is_written_as_it_will_be_read_is_not_said_again(world):
    page = world.enter(world.cast.an, "/leads/new/")
    phone, said = page.locator("[name=phone]"), page.locator("[data-field=phone] [data-reading]")
    phone.press_sequentially("0903123456")
    expect(said).to_have_text("0903 123 456")
    phone.fill("0903 123 456")
    expect(said).to_have_text("")


def test_digits_are_grouped_and_edited_where_they_stand(form):
    amount = form.locator("[name=expected_amount]")
    amount.press_sequentially("1980000")
    expect(amount).to_have_value("1.980.000")
    amount.press("Backspace")
    expect(amount).to_have_value("198.000")
    amount.press("Home")
    amount.press("5")
    expect(amount).to_have_value("5.198.000")
    amount.press_sequentially(".")  # a dot of one's own
    expect(amount).to_have_value("5..198.000")


@pytest.mark.parametrize("text", ["15 tháng 3", "mốt", "1 / 2 / 2026", "20261124", "thứ 6", "3/12"])
def test_a_day_stays_as_it_is_typed_and_is_said(form, text):
    day = form.locator("[name=expected_close_on]")
    day.press_sequentially(text)
    said = form.locator("[data-field=expected_close_on] [data-reading]")
    expect(said).to_contain_text(read_date(text).strftime("%d/%m/%Y"))
    day.press("Tab")
    expect(day).to_have_value(text)


def test_an_hour_alone_is_told_what_it_lacks_when_it_is_left(form):
    due = form.locator("[name=due_at]")
    due.press_sequentially("15h")
    said = form.locator("[data-field=due_at] [data-reading]")
    due.press("Tab")
    expect(said).to_have_text("«15h» chưa có ngày. Ví dụ đúng: mai 15h hoặc 24/11/2026 15h.")
    due.fill("")
    due.press_sequentially("mai 15h")
    expect(said).to_contain_text("15:00")


def test_what_was_typed_is_what_is_saved(form):
    form.locator("[name=name]").fill("Trạm nước thải")
    form.locator("[name=expected_amount]").press_sequentially("1.5 tỷ")
    form.locator("[name=expected_close_on]").press_sequentially("mốt")
    form.locator("[name=name]").press("Control+Enter")
    form.wait_for_url(re.compile(r"/deals/\d+/$"))
    deal = Deal.objects.get()
    assert deal.expected_amount == 1_500_000_000
    assert (deal.expected_close_on - timezone.localdate()).days == 2


def test_only_who_is_signed_in_is_told(client):
    answer = client.get("/reading/?as=money&text=1.5 tỷ")
    assert answer.status_code == 302


@pytest.mark.parametrize(
    ("kind", "text", "said"),
    [
        ("money", "1.5 tỷ", {"reads": "1.500.000.000 ₫"}),
        ("money", "", {}),
        ("date", "20261124", {"reads": "Thứ 3, 24/11/2026"}),
        ("datetime", "24/11/2026 17h", {"reads": "Thứ 3, 24/11/2026 17:00"}),
        ("phone", "0903123456", {"reads": "0903 123 456"}),
        ("phone", "abc", {"wrong": "«abc» không phải số điện thoại đọc được. Vẫn giữ nguyên như đã gõ."}),
        ("money", "1" * 5000, {"wrong": "Dài quá, không phải một số tiền."}),
    ],
)
def test_the_server_says_how_text_is_read(client, an, kind, text, said):
    client.force_login(an)
    answer = client.get("/reading/", {"as": kind, "text": text}).json()
    assert list(answer) == list(said)
    assert "wrong" in said or answer == said
    assert client.get("/reading/?as=name").status_code == 404


@pytest.mark.parametrize(
    ("name", "typed", "told"),
    [
        ("email", "van@hondacement", "Email không hợp lệ"),
        ("tax_code", "0100109107", "Số kiểm tra không khớp"),
        ("phone", "hỏi anh Nam", "«hỏi anh Nam»"),
    ],
)
def test_what_cannot_be_right_is_told_on_leaving_the_field(world, name, typed, told):
    """By the server's own rule, before anything is sent; a right one is left alone."""
    page = world.enter(world.cast.an, "/leads/new/")
    settled(page)
    field = page.locator(f"[name={name}]")
    field.press_sequentially(typed)
    place = page.locator(f"[data-field={name}] [data-reading]")
    expect(place).not_to_contain_text("không")
    page.keyboard.press("Tab")
    expect(place).to_contain_text(told)
    field.fill({"email": "van@hd.example", "tax_code": "0100109106", "phone": "0903123456"}[name])
    page.keyboard.press("Tab")
    expect(place).not_to_have_attribute("data-wrong", "")


@pytest.mark.parametrize(
    ("typed", "hour"), [("mai 9h", "09:00"), ("chiều mai 2h", "14:00"), ("cuối tháng 17h", "17:00")]
)
def test_moments_are_said_in_words_and_shown_as_they_will_be_read(world, typed, hour):
    page = world.enter(world.cast.an, "/leads/new/")
    settled(page)
    expect(page.locator("[name=due_at]")).to_have_attribute("placeholder", "mai 9h, sáng thứ 2, 24/11 14h30")
    page.locator("[name=due_at]").press_sequentially(typed)
    expect(page.locator("[data-field=due_at] [data-reading]")).to_contain_text(hour)
