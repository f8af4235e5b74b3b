"""Which line is the header, which column is which field: on lines of text, without a database."""

import pytest
from django.utils import translation

from pheu.quality.importers import NOTE, importer_of
from pheu.quality.mapping import Headers, guess_area_code, is_column_numbers, is_header_again
from pheu.quality.reading import Line
from pheu.records.fields import Email, Link, LongText, Phone, TaxCode, Text

FIELDS = {
    one.name: one
    for one in (
        Text(name="company_name", label="Company name", synonyms=("tên công ty", "công ty", "tên doanh nghiệp")),
        Text(name="person_name", label="Contact person", synonyms=("người liên hệ", "họ và tên", "tên")),
        Phone(name="phone", label="Phone", synonyms=("điện thoại", "sđt", "đt", "tel")),
        Email(name="email", label="Email", synonyms=("email", "mail")),
        TaxCode(name="tax_code", label="Tax code", synonyms=("mã số thuế", "mst")),
        Text(name="address", label="Address", synonyms=("địa chỉ",)),
        Link(name="website", label="Website", synonyms=("website",)),
        LongText(name="remark", label="Remark", synonyms=("ghi chú", "tên dự án")),
    )
}
HEADERS = Headers(FIELDS, joined=("phone", "remark"))


def lines(*rows: list[str]) -> list[Line]:
    return [Line(number, row) for number, row in enumerate(rows, 1) if row]


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("Tên doanh nghiệp", "company_name"),
        ("TEN CONG TY (*)", "company_name"),
        ("Công ty", "company_name"),
        ("Số ĐT", "phone"),
        ("Điện thoại di động", "phone"),
        ("SĐT công ty", "phone"),
        ("Tel/Fax", "phone"),
        ("Email công ty", "email"),
        ("Địa chỉ email", "email"),
        ("Địa chỉ trong khu", "address"),
        ("Địa chỉ công ty", "address"),
        ("Tên dự án", "remark"),
        ("MST", "tax_code"),
        ("Tên sản phẩm", None),
        ("Loại hình công ty", None),
        ("Số fax", None),
        ("STT", None),
        ("TT", None),
        ("", None),
    ],
)
def test_headers_of_real_lists_are_recognised(header, field):
    match = HEADERS.match(header)
    assert (match and match.field) == field


OF_ANY_KIND = {
    "Phone": "phone", "Phone number": "phone", "Work phone": "phone", "Email address": "email", "Street": "address",
    "Job title": "job_title", "Tags": "tags", "Owner": "owner", "Sales phụ trách": "owner", "Province": "province",
}  # fmt: skip
OF_A_KIND = {
    "lead": {
        **OF_ANY_KIND, "Company": "company_name", "Account name": "company_name", "Khách hàng": "company_name",
        "Contact name": "person_name", "First name": "person_name", "Last name": "family_name", "Tên": "person_name",
        "Họ và tên đệm": "family_name", "Expected revenue": "expected_amount", "Số tiền dự kiến": "expected_amount",
        "Ngân sách": "expected_amount", "Ngày chốt dự kiến": "expected_close_on", "Close date": "expected_close_on",
        "Opportunity": "name", "Lead source": "source", "Notes": NOTE, "Ghi chú": NOTE, "Nhu cầu": "need",
        "Industry": "industry",
    },
    "deal": {
        "Deal name": "name", "Tên cơ hội": "name", "Tên": "name", "Company name": "company", "Khách hàng": "company",
        "Người liên hệ": "contact", "Amount": "expected_amount", "Deal owner": "owner", "Description": NOTE,
    },
    "company": {
        **OF_ANY_KIND, "Company name": "name", "Name": "name", "Khách hàng": "name", "Tax ID": "tax_code",
        "Website URL": "website", "Mô tả": NOTE, "Job title": None,
    },
    "contact": {
        **OF_ANY_KIND, "Full name": "full_name", "Họ": "family_name", "Tên": "full_name", "Công ty": "company",
        "Account name": "company", "Tên khách hàng": "full_name", "Comments": NOTE,
    },
    "prospect": {
        **OF_ANY_KIND, "Organization": "company_name", "Đơn vị": "company_name", "Surname": "family_name",
        "Notes": "remark", "Ghi chú": "remark",
    },
}  # fmt: skip


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("kind", OF_A_KIND)
def test_lists_of_other_systems_are_recognised_in_both_languages(kind, language):
    """R1.31: whatever language the person who brings them works in."""
    importer = importer_of(kind)
    with translation.override(language):
        headers = Headers(importer.columns(), importer.joined, [one for one in importer.schema if not one.importable])
        found = {header: headers.match(header) for header in OF_A_KIND[kind]}
    assert {header: one and one.field for header, one in found.items()} == OF_A_KIND[kind]


def test_titles_above_the_header_are_passed_over():
    table = lines(
        ["DANH SÁCH CÔNG TY"],
        ["(Nguồn: công khai)"],
        [],
        ["TT", "Tên công ty", "Điện thoại"],
        ["1", "Sông Hồng", "0903"],
    )
    assert HEADERS.find(table) == 4


def test_one_known_name_is_enough_where_all_of_the_line_is_words():
    assert HEADERS.find(lines(["Đối tác", "Điện thoại"], ["Sông Hồng", "0903 123 456"])) == 1


def test_without_a_header_none_is_guessed():
    assert HEADERS.find(lines(["Sông Hồng", "0903 123 456"], ["Hải Nam", "0904 123 456"])) is None
    assert HEADERS.find([]) is None


@pytest.mark.parametrize(
    "row",
    [
        ["Công ty TNHH Điện thoại ABC", "0912345678", "a@abc.example", "Địa chỉ: 5 Láng"],
        ["Công ty TNHH Điện thoại ABC", "Công ty CP Email Việt", "Hà Nội"],
        ["Công ty Điện thoại ABC", "Nguyễn Văn A", "Hà Nội"],
        ["CTY CP Website Việt", "Tên", "0100109106"],
        ["Tổng công ty Email", "Địa chỉ công ty ở Láng"],
        ["Công ty Mail Nhanh", "Ghi chú", "www.mail.example"],
    ],
)
def test_a_row_of_a_list_without_a_header_is_no_header_whatever_the_company_is_called(row):
    """R1.31."""
    assert HEADERS.find(lines(row, ["Sông Hồng", "0903 123 456"], ["Hải Nam", "0904 123 456"])) is None


def test_headers_of_which_none_is_a_name_in_full_are_recognised_if_they_are_several():
    """R1.31."""
    table = lines(["Email công ty", "Điện thoại di động", "Địa chỉ trong khu"], ["a@b.example", "0903 123 456", "Lô 1"])
    assert HEADERS.find(table) == 1


def test_an_exact_header_wins_over_a_likely_one_and_joined_fields_take_several_columns():
    proposed = HEADERS.propose(["Địa chỉ cũ", "Địa chỉ", "Di động (sđt)", "Điện thoại", "Fax"])
    assert proposed == {1: "address", 2: "phone", 3: "phone"}


def test_a_file_without_a_header_is_mapped_by_what_looks_like_nothing_else():
    table = lines(
        ["Sông Hồng", "0903 123 456", "a@songhong.example", "www.songhong.example"], ["Hải Nam", "0904 123 456", "", ""]
    )
    assert HEADERS.propose_by_content(table) == {1: "phone", 2: "email", 3: "website"}


def test_a_header_printed_again_and_a_line_of_column_numbers_are_no_customers():
    assert is_header_again(["TT", "Tên công ty"], ["TT", "Tên  CÔNG TY", ""])
    assert not is_header_again(["1", "Tên công ty"], ["TT", "Tên công ty"])
    assert is_column_numbers(["(1)", "(2)", "(3)"])
    assert is_column_numbers(["A", "B", "C"])
    assert not is_column_numbers(["1", "Sông Hồng", "3"])
    assert not is_column_numbers(["1", "2"])


@pytest.mark.parametrize(
    ("phones", "titles", "addresses", "code"),
    [
        (["38450000"], ["KHU CÔNG NGHỆ CAO TP. HỒ CHÍ MINH"], [], "028"),
        (["38450000"], ["ds-khu-cong-nghe-cao-tphcm.xlsx"], [], "028"),
        (["38450000", "024 3863 7747"], [], [], "024"),
        (["3555120"], ["Doanh nghiệp Bình Dương"], [], "0274"),
        (["3555120"], ["TP. HỒ CHÍ MINH"], [], ""),  # seven digits do not fit there
        (["38450000"], [], ["Lô 1, Hà Nội", "Lô 2, Hà Nội", "Quận 9, TP. Hồ Chí Minh"], "024"),
        (["0903 123 456"], ["TP. HỒ CHÍ MINH"], [], ""),  # nothing to complete
        (["38450000"], [], [], ""),
    ],
)
def test_an_area_code_is_proposed_only_on_evidence(phones, titles, addresses, code):
    assert guess_area_code(phones, titles, addresses) == code
