"""Phone numbers as they stand in lists and are typed in forms (vietnam.md 7.2)."""

from collections import Counter
from itertools import chain
from pathlib import Path

import phonenumbers
import pytest
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from pheu.core.vietnamese.phone import (
    AREA_CODES,
    LABELS,
    OLD_AREA_CODES,
    OLD_MOBILES,
    PHONE_NOTES,
    each_once,
    phone_digits,
    read_phones,
    readings,
    show_phone,
)
from pheu.core.vietnamese.text import clean, fold

# The tables as they stand in vietnam.md 7.2, a second time, so that a slip in the first is seen.
MOBILES_OF_2018 = """
0120→070 0121→079 0122→077 0126→076 0128→078 | 0123→083 0124→084 0125→085 0127→081 0129→082 | 0162→032 0163→033 0164→034
0165→035 0166→036 0167→037 0168→038 0169→039 | 0186→056 0188→058 | 0199→059
"""
AREAS_OF_2017 = """
022->0212 0231->0213 020->0214 0230->0215 029->0216 052->0232 053->0233 054->0234 0510->0235 0511->0236 037->0237
038->0238 039->0239 | 033->0203 0240->0204 025->0205 026->0206 027->0207 0280->0208 0281->0209 0320->0220 0321->0221
0241->0222 031->0225 0351->0226 036->0227 0350->0228 030->0229 0780->0290 0781->0291 0710->0292 0711->0293 074->0294
076->0296 077->0297 079->0299 | 04->024 08->028 061->0251 062->0252 064->0254 055->0255 056->0256 057->0257 058->0258
068->0259 060->0260 0501->0261 0500->0262 063->0263 059->0269 070->0270 0651->0271 072->0272 073->0273 0650->0274
075->0275 066->0276 067->0277
"""


def pairs(table, arrow):
    return [tuple(word.split(arrow)) for word in table.split() if arrow in word]


def read(text, **how):
    return [(phone.e164, phone.note) for phone in read_phones(text, **how)]


@pytest.mark.parametrize(
    ("typed", "e164", "note"),
    [
        ("0912 345 678", "+84912345678", ""),
        ("0912.345.678", "+84912345678", ""),
        ("+84912345678", "+84912345678", ""),
        ("84912345678", "+84912345678", ""),
        ("0084912345678", "+84912345678", ""),
        ("+84 (0)912 345 678", "+84912345678", ""),
        ("0912,345,678", "+84912345678", ""),
        ("0912-345-678", "+84912345678", ""),
        ("'0912345678", "+84912345678", ""),
        ("０９１２３４５６７８", "+84912345678", ""),
        ("0912\u200b345\xa0678", "+84912345678", ""),
        ("02438251234", "+842438251234", ""),
        ("02838251234", "+842838251234", ""),
        ("(028) 3825 1234", "+842838251234", ""),
        ("+84 24 3825 1234", "+842438251234", ""),
        ("19001234", "+8419001234", ""),
        ("1900 545 415", "+841900545415", ""),
        ("18001234", "+8418001234", ""),
        ("01234567890", "+84834567890", "old_mobile"),
        ("+84 123 456 7890", "+84834567890", "old_mobile"),
        ("912345678", "+84912345678", "zero_restored"),
        ("2438251234", "+842438251234", "zero_restored"),
        ("1283668386", "+84783668386", "old_mobile"),
        ("912345678.0", "+84912345678", "zero_restored"),
        (912345678.0, "+84912345678", "zero_restored"),
        (912345678, "+84912345678", "zero_restored"),
        ("9.12345678E8", "+84912345678", "zero_restored"),
        ("9,12345678E+08", "+84912345678", "zero_restored"),
        ("9.12E+08", "", "unreadable"),  # rounded by a narrow column: the digits are gone
        ("9.12346E+08", "", "unreadable"),
        ("O912345678", "", "unreadable"),
        ("09l2345678", "", "unreadable"),
        ("hỏi anh Nam", "", "unreadable"),
        ("N/A", "", "unreadable"),
        ("113", "", "unreadable"),
        ("0912 345 67", "", "unreadable"),
        ("09123456789", "", "unreadable"),
        ("04 35766238", "+842435766238", "old_area"),
        ("(84-4) 3576 6238", "+842435766238", "old_area"),
        ("4.62757018", "+842462757018", "old_area"),
        ("0313.826867", "+842253826867", "old_area"),
        ("0650 3551 651", "+842743551651", "old_area"),
        ("ĐT: 0912 345 678", "+84912345678", ""),
        ("Zalo 0912345678", "+84912345678", ""),
        ("0912345678 (anh Nam)", "+84912345678", "words"),
        ("028 3825 1234 máy lẻ 12", "+842838251234", "extension"),
        ("028 3825 1234 (ext: 12)", "+842838251234", "extension"),
        ("+1 650-253-0000", "+16502530000", ""),
        ("0082 2 312 3456", "+8223123456", ""),
        ("+999 12345", "", "unreadable"),
        ("2264777", "", "ambiguous"),
        ("38251234", "", "ambiguous"),
    ],
)
def test_one_number(typed, e164, note):
    [phone] = read_phones(typed)
    assert (phone.e164, phone.typed, phone.note) == (e164, clean(str(typed)), note)


@pytest.mark.parametrize("nothing", [None, "", " \u200b", "-", "..."])
def test_an_empty_cell_holds_no_number(nothing):
    assert read_phones(nothing) == []


@pytest.mark.parametrize(
    ("typed", "numbers"),
    [
        ("0912345678 - 0987654321", ["+84912345678", "+84987654321"]),
        ("0912345678-0987654321", ["+84912345678", "+84987654321"]),
        ("0912 345 678 0987 654 321", ["+84912345678", "+84987654321"]),
        ("09123456780987654321", ["+84912345678", "+84987654321"]),
        ("0912.345.678; 0987.654.321\n024 3825 1234", ["+84912345678", "+84987654321", "+842438251234"]),
        ("0912345678 hoặc 0987654321", ["+84912345678", "+84987654321"]),
        ("(028) 38251234 (028) 38251235", ["+842838251234", "+842838251235"]),
        ("+84912345678+84987654321", ["+84912345678", "+84987654321"]),
        ("4.62757018/04.62938048", ["+842462757018", "+842462938048"]),
        ("(+84.4) 37100 382/375 86114", ["+842437100382", "+842437586114"]),
        ("024 3825 1234, 3825 1235", ["+842438251234", "+842438251235"]),
        ("0313.826867,0313.551652", ["+842253826867", "+842253551652"]),
        ("ĐT: 0274 3555 120 - Fax: 0274 3555 121", ["+842743555120", "+842743555121"]),
        ("0912345678 / anh Nam", ["+84912345678"]),
        ("Tel/Fax: 0274 3555 120", ["+842743555120"]),
        ("0912345678 anh Nam 0987654321 chị Lan", ["+84912345678", "+84987654321"]),
        ("028 3825 1234/35", ["+842838251234", ""]),
    ],
)
def test_several_numbers_in_one_cell(typed, numbers):
    phones = read_phones(typed)
    assert [phone.e164 for phone in phones] == numbers
    kept = "".join(phone.typed for phone in phones)
    assert [mark for mark in kept if mark.isalnum()] == [mark for mark in typed.replace("hoặc", "") if mark.isalnum()]


def test_a_second_number_takes_the_area_code_of_the_first():
    assert read("(+84.4) 37100 382/375 86114", area_code="028") == [
        ("+842437100382", "old_area"),
        ("+842437586114", "completed_of_line"),
    ]
    assert read("0912345678/3825 1234", area_code="028")[1] == ("+842838251234", "completed")


@pytest.mark.parametrize(
    ("typed", "near", "area_code", "expected"),
    [
        ("3888999", ["0236"], "028", ("+842363888999", "completed_of_line")),
        ("3888999", ["0236"], "0274", ("+842363888999", "completed_of_line")),
        ("3888999", ["0236"], None, ("+842363888999", "completed_of_line")),
        ("3888999", ["0236"], "0236", ("+842363888999", "completed")),
        ("3888999", ["0235", "0236"], None, ("", "ambiguous")),  # the new Đà Nẵng and no more
        ("3888999", ["0235", "0236"], "0236", ("+842363888999", "completed")),
        ("3888999", ["0235", "0236"], "0274", ("", "ambiguous")),  # but surely not Bình Dương
        ("38251234", ["0254", "0274", "028"], None, ("+842838251234", "completed_of_line")),  # eight digits
        ("3825123", ["0254", "0274", "028"], "0274", ("+842743825123", "completed")),
        ("3825123", ["028"], "0274", ("", "ambiguous")),  # Sài Gòn has eight digits
        ("3888999", [], "0274", ("+842743888999", "completed")),
        ("0274 3888 999", ["0236"], "028", ("+842743888999", "")),  # one that has its code keeps it
        ("19001234", ["0236"], None, ("+8419001234", "")),
        ("0373750928", ["0237"], None, ("+84373750928", "")),  # ten digits of a mobile are a mobile, always
        ("0373 750 928", ["0237"], None, ("+84373750928", "")),
        ("037.3750928", ["0237"], None, ("+842373750928", "old_area")),
        ("(037) 375 0928", ["0237"], None, ("+842373750928", "old_area")),
        ("Fax 0373750928", ["0237"], None, ("+842373750928", "old_area")),
        ("037.3750928", ["0236", "0237"], None, ("+842373750928", "old_area")),
        ("037.3750928", ["0236"], None, ("", "ambiguous")),
        ("Fax 0373750928", ["0236"], "0237", ("", "ambiguous")),
        ("0321.997151", ["0221"], None, ("", "ambiguous")),  # six digits are no landline anywhere
        ("+84373750928", ["0237"], None, ("+84373750928", "")),
    ],
)
def test_the_place_of_a_number_is_a_clue(typed, near, area_code, expected):
    """R4.02: it completes and settles; it makes no mobile doubtful, and what it contradicts is not guessed."""
    assert read(typed, near=near, area_code=area_code) == [expected]


@pytest.mark.parametrize(("old", "new"), pairs(MOBILES_OF_2018, "→"))
def test_mobiles_of_before_2018(old, new):
    number = f"+84{new[1:]}4567890"
    assert OLD_MOBILES[old] == new
    assert (
        read(f"{old}4567890") == read(f"{old[1:]}4567890") == read(f"+84{old[1:]} 456 7890") == [(number, "old_mobile")]
    )


@pytest.mark.parametrize(("old", "new"), pairs(AREAS_OF_2017, "->"))
def test_area_codes_of_before_2017(old, new):
    local = "3825123" + "4" * (len(new) == 3)
    number = f"+84{new[1:]}{local}"
    assert OLD_AREA_CODES[old] == new
    for written in (f"({old}) {local}", f"{old}.{local}"):
        [(e164, note)] = read(written)
        assert (e164, note) in ((number, "old_area"), ("", "ambiguous"))
        assert number in readings(written)
        assert number in readings(f"ĐT bàn {old}{local}")


def test_the_tables_are_whole():
    assert dict(pairs(MOBILES_OF_2018, "→")) == OLD_MOBILES
    assert dict(pairs(AREAS_OF_2017, "->")) == OLD_AREA_CODES
    unchanged = {"0210", "0211", "0218", "0219"}
    assert len(AREA_CODES) == 63 == len(set(AREA_CODES.values()))
    assert set(AREA_CODES) == set(OLD_AREA_CODES.values()) | unchanged


@pytest.mark.parametrize("code", AREA_CODES)
def test_numbers_of_today_in_every_province(code):
    local = "3825123" + "4" * (len(code) == 3)
    number = f"+84{code[1:]}{local}"
    assert read(f"{code}{local}") == read(f"{code} {local[:4]} {local[4:]}") == [(number, "")]
    assert read(local, area_code=code) == read(local, area_code=code[1:]) == [(number, "completed")]
    assert read(show_phone(number)) == [(number, "")]


@pytest.mark.parametrize(
    ("typed", "area_code", "expected"),
    [
        ("0373750928", None, ("+84373750928", "")),  # a mobile of today, whatever it was before 2017
        ("373750928", None, ("+84373750928", "zero_restored")),
        ("0373 750 928", None, ("+84373750928", "")),
        ("037 375 0928", None, ("+84373750928", "")),
        ("037 375 09 28", None, ("+84373750928", "")),
        ("0371750928", None, ("+84371750928", "")),
        ("+84373750928", None, ("+84373750928", "")),
        ("037.3750928", None, ("", "ambiguous")),  # set apart behind an old area code
        ("(037) 375 0928", None, ("", "ambiguous")),
        ("(037) 3750 928", None, ("", "ambiguous")),
        ("037.3750 928", None, ("", "ambiguous")),
        ("037 3750 928", None, ("", "ambiguous")),
        ("ĐT bàn: 0373750928", None, ("", "ambiguous")),  # called a landline
        ("Fax 0373750928", None, ("", "ambiguous")),
        ("0321.997151", None, ("", "ambiguous")),  # six digits behind an old area code
        ("0321 997 151", None, ("+84321997151", "")),
        ("0373750928", "0237", ("+84373750928", "")),  # an area code is for numbers that have none
        ("0838251234", "028", ("+84838251234", "")),
        ("0832840213", "028", ("+84832840213", "")),
        ("0862345678", "028", ("+84862345678", "")),
        ("0888123456", "028", ("+84888123456", "")),
        ("037.3750928", "028", ("", "ambiguous")),
        ("08.38251234", None, ("", "ambiguous")),
        ("04.38251234", None, ("+842438251234", "old_area")),  # no mobile of today begins so
        ("2264777", "028", ("", "ambiguous")),  # seven digits: from before 2008
        ("2264777", "0274", ("+842742264777", "completed")),
        ("22264777", "028", ("+842822264777", "completed")),
        ("22264777", "0274", ("", "ambiguous")),
        ("11111111", "028", ("", "unreadable")),
    ],
)
def test_ten_digits_are_a_mobile_unless_a_clue_speaks_against_it(typed, area_code, expected):
    (phone,) = read_phones(typed, area_code=area_code)
    assert (phone.e164, phone.note) == expected
    assert phone.typed == typed


def test_a_number_typed_today_is_a_number_of_today():
    for typed in ["0373750928", "037 3750928", "373750928", "0862345678"]:
        ((e164, _note),) = read(typed, current=True, area_code="0237")
        assert e164.startswith(("+84373750928", "+84862345678"))


@pytest.mark.parametrize(
    ("kept", "numbers"),
    [
        ("037.3750928", ["+84373750928", "+842373750928"]),
        ("0321.997151", ["+84321997151"]),
        ("+842438637747", ["+842438637747"]),
        ("04 35766238", ["+842435766238"]),
        ("2264777", []),
        ("hỏi anh Nam", []),
        ("", []),
    ],
)
def test_a_doubtful_number_keeps_both_readings(kept, numbers):
    assert readings(kept) == numbers


MOBILE_PLAN = ["32", "33", "34", "35", "36", "37", "38", "39", "52", "56", "58", "59", "70", "76", "77", "78", "79",
    "81", "82", "83", "84", "85", "86", "88", "89", "90", "91", "92", "93", "94", "96", "97", "98", "99"]  # fmt: skip
WAYS = ["{0}{1}", "0{0}{1}", "+84{0}{1}", "84{0}{1}", "0084{0}{1}", "+84 {0}{1}", "0{0} {1}", "{0}{1}.0", "'0{0}{1}",
    "(+84) {0}{1}", "SĐT 0{0}{1}", "Zalo: 0{0}{1}"]  # fmt: skip


@given(
    st.sampled_from(MOBILE_PLAN),
    st.integers(0, 9_999_999),
    st.sampled_from([*WAYS, "0{2} {3} {4}", "0{2}.{3}.{4}"]),
    st.sampled_from([None, "028", "024", "0237"]),
    st.sets(st.sampled_from(sorted(AREA_CODES)), max_size=3),
)
def test_no_mobile_of_today_is_read_wrongly(start, rest, way, area_code, near):
    """Written in any of these ways, whatever the default area code and the place: right, or said to be doubtful.

    Only what stands apart behind the old area code of its own place is that landline.
    """
    number = f"{start}{rest:07}"
    e164 = f"+84{number}"
    if not phonenumbers.is_valid_number(phonenumbers.parse(e164)):
        return
    typed = way.format(start, f"{rest:07}", number[:3], number[3:6], number[6:])
    [(found, note)] = read(typed, area_code=area_code, near=near)
    if note == "old_area":
        assert way == "0{0} {1}" and OLD_AREA_CODES[f"0{start}"] in near
        return
    assert found == e164 or (note == "ambiguous" and way == "0{0} {1}")
    assert e164 in readings(found or typed)


def test_an_unknown_area_code_is_refused():
    with pytest.raises(ValueError, match="099"):
        read_phones("22264777", area_code="099")


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("0236 3888 999 ext 12", ["+842363888999;ext=12"]),
        ("0236 3888 999 (ext: 12)", ["+842363888999;ext=12"]),
        ("(0236) 3888999, máy lẻ 105", ["+842363888999;ext=105"]),
        ("0236.3888999 may le 105 gặp chị Lan", ["+842363888999;ext=105;note=gặp chị Lan"]),
        ("0236 3888 999 gặp chị Lan, số nội bộ 7", ["+842363888999;ext=7;note=gặp chị Lan"]),
        ("+84 236 3888 999 #12", ["+842363888999;ext=12"]),
        ("gặp chị Lan 0903 123 456", ["+84903123456;note=gặp chị Lan"]),
        ("Chị Lan: 0903 123 456 (sau 17h, P. 302)", ["+84903123456;note=Chị Lan, sau 17h, P. 302"]),
        ("DĐ: 0912345678", ["+84912345678;label=mobile"]),
        ("ĐTDĐ 0912345678", ["+84912345678;label=mobile"]),
        ("0912 345 678 (di động)", ["+84912345678;label=mobile"]),
        ("0912 345 678 - DI DONG", ["+84912345678;label=mobile"]),
        ("ĐT bàn: 0236 3888 999", ["+842363888999;label=landline"]),
        ("CQ: 0236 3888 999 - NR: 0236 3777 888", ["+842363888999;label=office", "+842363777888;label=home"]),
        ("Cơ quan 0236 3888 999; nhà riêng 0236 3777 888", ["+842363888999;label=office", "+842363777888;label=home"]),
        ("Tel: 0274 3555 120 - Fax: 0274 3555 121", ["+842743555120", "+842743555121;label=fax"]),
        ("Fax: 0274 3555 120 DĐ: 0912 345 678", ["+842743555120;label=fax", "+84912345678;label=mobile"]),
        ("Tel/Fax: 0274 3555 120", ["+842743555120;label=fax"]),
        ("Fax02743555120", ["+842743555120;label=fax"]),
        ("Hotline 1900 1234", ["+8419001234;label=hotline"]),
        ("tổng đài: 1900 1234", ["+8419001234;label=hotline"]),
        ("Zalo 0912345678", ["+84912345678;label=zalo"]),
        ("0912345678 (Zalo, Viber)", ["+84912345678;label=zalo;note=Viber"]),
        ("0912345678 (không có Zalo)", ["+84912345678;note=không có Zalo"]),  # a label stands by itself
        ("0912345678 (bạn)", ["+84912345678;note=bạn"]),  # not «bàn»
        ("ĐD: 0912345678", ["+84912345678;note=ĐD"]),
        ("số fax 0236 3888 999", ["+842363888999;label=fax"]),
        ("Số anh Nam: 0912345678", ["+84912345678;note=Số anh Nam"]),
        ("SĐT: 0912345678", ["+84912345678"]),  # says no more than that it is a phone
        ("0912345678 (gặp Lan hoặc Nam; trước 8h)", ["+84912345678;note=gặp Lan hoặc Nam, trước 8h"]),
        ("0912345678 / anh Nam", ["+84912345678;note=anh Nam"]),
        ("0912345678 anh Nam 0987654321 chị Lan", ["+84912345678;note=anh Nam", "+84987654321;note=chị Lan"]),
        ("+1 650-253-0000 ext 5", ["+16502530000;ext=5"]),
        # What cannot be told apart for sure stays as it was typed, words and all.
        ("Line 1: 0236 3888 999", ["Line 1: 0236 3888 999"]),
        ("0236 3888 999 (12)", ["0236 3888 999 (12)"]),
        ("0236 3888 999 máy lẻ 12 13", ["0236 3888 999 máy lẻ 12 13"]),
        ("037.3750928 (gặp chị Lan, máy lẻ 5)", ["037.3750928 (gặp chị Lan, máy lẻ 5)"]),
    ],
)
def test_words_beside_a_number_are_kept_with_it(typed, kept):
    """R1.31, R4.02: extension and label are data, the rest is a remark."""
    assert [phone.kept for phone in read_phones(typed)] == kept


def test_a_doubtful_number_keeps_both_readings_beside_its_words():
    assert readings("037.3750928 (gặp chị Lan, máy lẻ 5)") == ["+84373750928", "+842373750928"]
    assert readings("+842363888999;ext=12;note=gặp chị Lan") == ["+842363888999"]


def test_every_label_is_read_as_it_is_shown_and_written():
    for code, (_words, words) in LABELS.items():
        for written in (form for word in words.split("|") for form in (word, word.upper(), fold(word))):
            [phone] = read_phones(f"{written}: 0236 3888 999")
            assert (phone.label, phone.remark) == (code, "")
        for language in ("vi", "en"):
            with translation.override(language):
                assert [one.label for one in read_phones(show_phone(f"+842363888999;label={code}"))] == [code]


NUMBERS = st.sampled_from(
    ["0236 3888 999", "0903 123 456", "1900 1234", "+1 650-253-0000", "(028) 38251234", "37.3750928"]
)
WRITTEN = ["Fax", "DĐ:", "ĐT bàn", "Zalo", "CQ", "đt", "máy lẻ 12", "ext. 7", "#3", "(ext: 5)", "(sau 17h)", "P. 302",
    "x", "gặp chị Lan", "(anh Nam / chị Hoa)", "(Fax, 3)", "hoặc", *"/;,-()·:"]  # fmt: skip
BESIDE = st.one_of(
    st.sampled_from(WRITTEN),
    st.text(st.sampled_from("aăđLF 0159.,:;()/-–·#|&\n\\=+"), max_size=12),
    st.text(max_size=8),
)


@settings(deadline=None, max_examples=300)
@given(st.lists(st.one_of(NUMBERS, BESIDE), max_size=7), st.sampled_from(["vi", "en"]))
def test_what_is_shown_with_its_words_is_read_as_the_same(parts, language):
    """By itself, as rows keep it, and among others in the cell of an exported file."""
    phones = [phone for phone in read_phones(" ".join(parts), current=True) if phone.e164]
    with translation.override(language):
        for phone in phones:
            for again in (show_phone(phone.kept), phone.kept):
                [found] = read_phones(again, current=True)
                told = found.e164, found.extension, found.label, found.remark
                assert told == (phone.e164, phone.extension, phone.label, phone.remark)
        cell = "; ".join(show_phone(phone.kept) for phone in phones)
        assert [phone.kept for phone in read_phones(cell, current=True)] == [phone.kept for phone in phones]


def test_a_number_alone_adds_nothing_to_the_same_with_words():
    lan, desk, alone, other = "+84903123456;note=Lan", "+84903123456;ext=5", "+84903123456", "+84904123456"
    assert each_once([alone, lan, other, desk, lan, other, "hỏi"]) == [lan, other, desk, "hỏi"]


def test_every_note_has_words():
    notes = {
        "completed",
        "completed_of_line",
        "zero_restored",
        "old_mobile",
        "old_area",
        "words",
        "extension",
        "ambiguous",
        "unreadable",
    }
    assert set(PHONE_NOTES) == notes


@pytest.mark.parametrize(
    ("e164", "shown", "digits"),
    [
        ("+84903123456", "0903 123 456", "84903123456 0903123456"),
        ("+842438637747", "024 3863 7747", "842438637747 02438637747"),
        ("+842743555120", "0274 3555 120", "842743555120 02743555120"),
        ("+8419001234", "1900 1234", "8419001234 19001234"),
        ("+841900545415", "1900 545 415", "841900545415 1900545415"),
        ("+16502530000", "+1 650-253-0000", "16502530000"),
        ("+8223123456", "+82 2-312-3456", "8223123456"),
        ("+842363888999;ext=12", "0236 3888 999 máy lẻ 12", "842363888999 02363888999"),
        (
            "+842363888999;ext=12;label=office;note=gặp chị Lan",
            "0236 3888 999 máy lẻ 12 · cơ quan (gặp chị Lan)",
            "842363888999 02363888999",
        ),
        ("hỏi anh Nam", "hỏi anh Nam", ""),
        ("38 25", "38 25", "3825"),
        ("", "", ""),
    ],
)
def test_showing_and_searching(e164, shown, digits):
    assert show_phone(e164) == shown
    assert phone_digits(e164) == digits


MOBILE_STARTS = ["32", "39", "52", "56", "58", "59", "70", "76", "79", "81", "88", "90", "98"]


@settings(deadline=None)
@given(st.sampled_from(MOBILE_STARTS), st.integers(0, 9_999_999))
def test_what_is_shown_is_read_back(start, rest):
    e164 = f"+84{start}{rest:07}"
    if phonenumbers.is_valid_number(phonenumbers.parse(e164)):
        assert read(e164) == read(show_phone(e164)) == [(e164, "")]
        assert read(e164[1:]) == [(e164, "")]


@settings(deadline=None)
@given(st.text(st.sampled_from("0123456789 .,-/()+;ab\u200bđ"), max_size=80))
def test_nothing_typed_is_lost(text):
    phones = read_phones(text)
    kept = "".join(phone.typed for phone in phones)
    assert [mark for mark in kept if mark.isalnum()] == [mark for mark in clean(text) if mark.isalnum()]
    for phone in phones:
        assert not phone.e164 or phonenumbers.is_valid_number(phonenumbers.parse(phone.e164))
        assert phone.note in {"", *PHONE_NOTES}


@settings(deadline=None)
@given(st.text())
def test_any_text_at_all_is_answered(text):
    assert bool(read_phones(text)) == any(mark.isalnum() for mark in clean(text))


# --- a real list, where it is at hand, and look-alikes ----------------------------------------------------------------

DATA = Path(__file__).resolve().parents[4] / "shared" / "data"


def completed_with_028(cells):
    """How many rows; without a phone; completed; put right."""
    phones = [read_phones(cell, area_code="028") for cell in cells]
    notes = Counter(phone.note for phone in chain.from_iterable(phones))
    assert all(phone.e164 for phone in chain.from_iterable(phones))
    return len(cells), phones.count([]), notes["completed"], notes["old_mobile"], notes.total()


def test_a_real_list_of_companies():
    for path in DATA.glob("khu-cong-nghe-cao-*.xlsx"):  # none on most machines: the look-alike below always runs
        rows = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
        column = rows[3].index("Điện thoại")
        assert completed_with_028([row[column] for row in rows[4:]]) == (76, 26, 49, 1, 50)


def test_a_list_like_the_real_one():
    landlines = [f"{start}{number:06}" for start in (22, 37, 38, 54, 62) for number in range(10, 19)]
    cells = ["", *landlines, "1283668386", 38251234.0, "37361333\u200b", "", "38389868 "]
    assert completed_with_028(cells) == (51, 2, 48, 1, 49)
