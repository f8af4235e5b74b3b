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


def test_words_beside_a_phone_move_to_the_remark():
    draft = read("Sông Hồng", "gặp chị Lan 0903 123 456")
    assert draft.values["phone"] == "+84903123456"
    assert draft.values["remark"] == "Điện thoại: gặp chị Lan 0903 123 456"


def test_several_columns_of_phones_become_one_list_of_numbers():
    reader = LineReader(PROSPECTS, {0: "phone", 1: "phone"}, ["Di động", "Máy bàn"], "024")
    assert reader.read(["0903 123 456", "38637747"]).values == {
        "phone": "+84903123456",
        "other_phones": ["+842438637747"],
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
