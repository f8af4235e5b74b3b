"""What one line of a raw list becomes: nothing that stood in it is lost. No database."""

import pytest

from pheu.parties.importing import PROSPECTS, build_prospect
from pheu.parties.models import Prospect
from pheu.quality import marks
from pheu.quality.importers import Place
from pheu.quality.lines import LineReader

COLUMNS = {0: "company_name", 1: "phone", 2: "email", 3: "tax_code", 4: "remark", 5: "website"}
HEADERS = ["Tên công ty", "Điện thoại", "Email", "MST", "Ghi chú", "Web"]


def read(*cells: str, area_code: str = "028"):
    return LineReader(PROSPECTS, COLUMNS, HEADERS, area_code).read(cells)


@pytest.mark.parametrize(
    ("typed", "phone", "others", "noted"),
    [
        ("38450000", "+842838450000", [], ["completed"]),
        ("1283668386", "+84783668386", [], ["old_mobile"]),
        ("0903 123 456 / 0904 123 456", "+84903123456", ["+84904123456"], []),
        ("gọi chị Lan", "gọi chị Lan", [], ["unreadable"]),
        ("123", "123", [], ["unreadable"]),
        ("-", None, None, ["no_phone"]),
        ("0903123456; 0903 123 456", "+84903123456", [], []),
    ],
)
def test_phones_are_read_or_kept_as_typed_and_noted(typed, phone, others, noted):
    """R1.01, R4.02."""
    draft = read("Sông Hồng", typed)
    assert (draft.values.get("phone"), draft.values.get("other_phones"), draft.marks) == (phone, others, noted)
    assert not draft.reason


def test_words_beside_a_phone_stay_with_it():
    """R4.02: the file's own repeats go by the number alone."""
    draft = read("Sông Hồng", "gặp chị Lan 0903 123 456; 0236 3888 999 máy lẻ 12; Fax: 0236 3888 999; 0903123456")
    assert [draft.values["phone"], *draft.values["other_phones"]] == [
        "+84903123456;note=gặp chị Lan",
        "+842363888999;ext=12",
        "+842363888999;label=fax",
    ]
    assert draft.phones == ["+84903123456", "+842363888999"]
    assert "remark" not in draft.values and draft.marks == ["words", "extension"]


def test_words_that_find_no_room_beside_a_phone_move_to_the_remark():
    words = "gặp chị Lan " * 30
    draft = read("Sông Hồng", f"0903 123 456 {words}")
    assert draft.values["phone"] == "+84903123456"
    assert draft.values["remark"] == f"Điện thoại: 0903 123 456 {words}".strip()


def test_several_columns_of_phones_become_one_list_of_numbers():
    reader = LineReader(PROSPECTS, {0: "phone", 1: "phone"}, ["Di động", "Máy bàn"], "024")
    assert reader.read(["0903 123 456", "38637747"]).values == {
        "phone": "+84903123456",
        "other_phones": ["+842438637747"],
    }


@pytest.mark.parametrize(
    ("address", "province", "typed", "phone", "noted"),
    [
        ("12 Bạch Đằng, Q. Hải Châu, Đà Nẵng", "", "3888999", "+842363888999", ["completed_of_line"]),
        ("", "Quảng Nam", "3888999", "+842353888999", ["completed_of_line"]),
        ("", "Bình Dương", "3888999", "+842743888999", ["completed"]),
        ("", "", "3888999", "+842743888999", ["completed"]),  # no place: the default of the list
        ("KCN Sóng Thần", "", "3888999", "+842743888999", ["completed"]),
        ("", "Đà Nẵng", "3888999", "3888999", ["ambiguous"]),  # has 0235 and 0236 today
        ("12 Bạch Đằng, Q. Hải Châu, Đà Nẵng", "Đà Nẵng", "3888999", "+842363888999", ["completed_of_line"]),
        ("Q. Hải Châu, Đà Nẵng", "Hà Nội", "3888999", "+842743888999", ["completed"]),  # says two places: none
        ("", "Thanh Hóa", "037.3750928", "+842373750928", ["old_area"]),
        ("", "Nghệ An", "037.3750928", "037.3750928", ["ambiguous"]),
        ("", "Thanh Hóa", "0373750928", "+84373750928", []),
    ],
)
def test_the_place_of_a_line_goes_before_the_default_area_code(address, province, typed, phone, noted):
    """R1.31, R4.02."""
    columns = {0: "company_name", 1: "phone", 2: "address", 3: "province"}
    reader = LineReader(PROSPECTS, columns, ["Tên", "ĐT", "Địa chỉ", "Tỉnh"], "0274")
    draft = reader.read(["Sông Hồng", typed, address, province])
    assert (draft.values["phone"], draft.marks) == (phone, noted)
    alone = LineReader(PROSPECTS, {0: "phone", 1: "address"}, ["ĐT", "Địa chỉ"], "0274")
    if not province:
        assert alone.read([typed, address]).values == {
            "phone": phone,
            "other_phones": [],
            **({"address": address} if address else {}),
        }


def test_what_is_no_address_or_tax_code_is_kept_in_the_remark_and_noted():
    """R4.02."""
    draft = read("Sông Hồng", "", "info@@songhong; a@songhong.example; b@songhong.example", "0123", "Quan tâm")
    assert draft.values["email"] == "a@songhong.example"
    assert "tax_code" not in draft.values
    assert draft.values["remark"] == "Quan tâm\nEmail: info@@songhong\nEmail: b@songhong.example\nMST: 0123"
    assert draft.marks == [marks.BAD_EMAIL, marks.BAD_TAX_CODE, marks.NO_PHONE]


def test_a_name_of_ten_thousand_characters_is_shortened_and_kept_whole_in_the_remark():
    draft = read("Ế" * 10_000, "0903 123 456")
    assert len(draft.values["company_name"]) == 300
    assert draft.values["remark"] == f"Tên công ty: {'Ế' * 10_000}"
    assert draft.marks == [marks.TOO_LONG]


def test_more_text_than_a_remark_holds_is_rejected_rather_than_cut():
    assert read("Sông Hồng", "", "", "", "ă" * 20_001).reason == marks.NO_ROOM


@pytest.mark.parametrize("cells", [("", "", "", "0100109106"), ("", "", "no address", "", "Ghi chú"), ()])
def test_a_line_without_name_phone_and_mail_address_is_rejected(cells):
    assert read(*cells).reason == marks.NOTHING_IN_IT


def test_emoji_and_other_words_stay():
    draft = read("Công ty 🚀 Đổi mới", "0903 123 456", "", "", "=1+1")
    assert (draft.values["company_name"], draft.values["remark"]) == ("Công ty 🚀 Đổi mới", "=1+1")


def test_a_number_that_the_system_knows_marks_the_prospect_as_repeated():
    place = Place(None, None, "Khu công nghệ cao")
    prospect = build_prospect(
        PROSPECTS, {"company_name": "Sông Hồng"}, {"completed", marks.KNOWN, marks.NO_PHONE}, place, "7:5"
    )
    assert prospect.flags == [Prospect.Flag.COMPLETED, Prospect.Flag.REPEATED]
    assert (prospect.origin, prospect.import_key, prospect.owner) == ("Khu công nghệ cao", "7:5", None)


PLACES = {0: "company_name", 1: "address", 2: "ward", 3: "district", 4: "province"}


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        # Of today: each is what its column says.
        (("12 Lê Lợi", "Phường Sài Gòn", "", "TP Hồ Chí Minh"), ("12 Lê Lợi", "79", "26740")),
        (("12 Lê Lợi", "", "", "Hà Nội"), ("12 Lê Lợi", "01", None)),
        # Of before: read together, and kept in the address.
        (
            ("12 Lê Lợi", "P. Bến Nghé", "Quận 1", "HCM"),
            ("12 Lê Lợi, P. Bến Nghé, Quận 1, HCM", "79", "26740"),
        ),
        (("12 Lê Lợi", "Đa Kao", "Q1", "TPHCM"), ("12 Lê Lợi, Đa Kao, Q1, TPHCM", "79", None)),
        (("KCN Sóng Thần", "", "Dĩ An", "Bình Dương"), ("KCN Sóng Thần, Dĩ An, Bình Dương", "79", None)),
        (("", "", "", "Bình Dương"), ("Bình Dương", "79", None)),
        # What the address says itself is not said twice.
        (
            ("12 Lê Lợi, P. Bến Nghé, Quận 1, TP.HCM", "Bến Nghé", "Q.1", "Hồ Chí Minh"),
            ("12 Lê Lợi, P. Bến Nghé, Quận 1, TP.HCM", "79", "26740"),
        ),
        (("12 Lê Lợi, P. Bến Nghé, Q1", "", "", "TP.HCM"), ("12 Lê Lợi, P. Bến Nghé, Q1, TP.HCM", "79", "26740")),
        (("12 Lê Lợi, TP.HCM", "Phường Sài Gòn", "", ""), ("12 Lê Lợi, TP.HCM", "79", "26740")),
        # Nothing that cannot be read is lost.
        (("12 Lê Lợi", "xã Không Có", "huyện Nào", "tỉnh Khác"), ("12 Lê Lợi, xã Không Có, huyện Nào, tỉnh Khác",)),
    ],
)
def test_columns_of_a_place_are_read_together(cells, expected):
    """vietnam.md 7.1: ward, district and province in columns of their own, of today or of before."""
    reader = LineReader(PROSPECTS, PLACES, ["Tên", "Địa chỉ", "Phường/Xã", "Quận/Huyện", "Tỉnh/TP"], "")
    values = reader.read(["Sông Hồng", *cells]).values
    told = (values.get("address"), values.get("province"), values.get("ward"))
    assert told == (*expected, None, None)[:3]
    assert "remark" not in values


@pytest.mark.parametrize(
    ("columns", "cells", "name"),
    [
        ({0: "person_name", 1: "family_name"}, ("An", "Nguyễn Hoài"), "Nguyễn Hoài An"),
        ({0: "family_name", 1: "person_name"}, ("Nguyễn  Hoài ", " An"), "Nguyễn Hoài An"),
        ({0: "family_name", 1: "person_name"}, ("Nguyễn", ""), "Nguyễn"),
        # Of a system that has the whole name as well.
        ({0: "family_name", 1: "person_name"}, ("nguyễn", "Nguyễn Hoài An"), "Nguyễn Hoài An"),
        ({0: "family_name", 1: "person_name"}, ("Lê", "Lệ Hằng"), "Lê Lệ Hằng"),
        ({0: "family_name", 1: "person_name"}, ("", "An"), "An"),
        ({0: "person_name"}, ("Nguyễn Hoài An", ""), "Nguyễn Hoài An"),
    ],
)
def test_a_name_in_two_columns_is_one_name_the_family_first(columns, cells, name):
    """R1.31: wherever the two stand."""
    assert LineReader(PROSPECTS, columns, ["A", "B"], "").read([*cells]).values == {"person_name": name}
