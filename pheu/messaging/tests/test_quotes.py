"""What was said stands apart from what was quoted; Vietnamese heads of letters too (channels.md 4.3, R1.39-1.42)."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pheu.messaging.channels.email import mime, quotes

QUOTED = [
    "Vào Th 2, 3 thg 3, 2025 vào lúc 09:15 Nguyễn An <a@b.vn> đã viết:\n\n> cũ\n> nữa",
    "Vào Th 2, 3 thg 3, 2025 vào lúc 09:15 Nguyễn An\n<a@b.vn> đã viết:\n\n> cũ",
    "Vào Th 2, 3 thg 3, 2025 vào\nlúc 09:15 Nguyễn An\n<a@b.vn> đã viết:\ncũ",
    "Vào 09:15, Th 2, 3 thg 3, 2025 Nguyễn An <a@b.vn> đã viết:\ncũ",
    "> Vào 3 thg 3, 2025, lúc 09:15, Nguyễn An <a@b.vn> đã viết:\n>\n> cũ",
    "On Mon, Mar 3, 2025 at 9:15 AM Nguyen An <a@b.vn> wrote:\n> cũ",
    "On 3/3/25 09:15, Nguyen An wrote:\n> cũ",
    "Nguyễn An <a@b.vn> đã viết vào 3/3/2025:\ncũ",
    "Từ: Nguyễn An <a@b.vn>\nĐã gửi: Thứ Hai, 3 Tháng Ba 2025 09:15\nĐến: Bình\nChủ đề: Báo giá\n\ncũ",
    "Từ: Nguyễn An\nNgày: 3/3/2025\nTới: Bình\nCc: Chi\nTiêu đề: Báo giá\ncũ",
    "*From:* Nguyen An <a@b.vn>\n*Sent:* Monday, March 3, 2025\n*To:* Binh\n*Subject:* Gia\n\ncũ",
    "________________________________\nFrom: An\nSent: B\nTo: C\nSubject: D\n\ncũ",
    "-----Thư gốc-----\ncũ",
    "-----Original Message-----\ncũ",
    "---------- Forwarded message ---------\nTừ: An",
    "---------- Thư đã chuyển tiếp ----------\nTừ: An",
    "Begin forwarded message:\n\ncũ",
    "Gửi từ iPhone của tôi",
    "Gửi từ Outlook cho iOS\n\nVào Th 2, 3 thg 3, 2025 vào lúc 09:15 An <a@b.vn> đã viết:\ncũ",
    "Đã gửi từ thiết bị Samsung của tôi",
    "Sent from my iPhone",
    "-- \nNguyễn An\n0912 345 678\n\n> cũ",
    "> cũ\n> nữa",
]


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("quoted", QUOTED)
def test_what_is_answered_to_stands_apart(quoted, form):
    said = "Chào anh,\nem gửi báo giá ạ: 5.000.000"
    assert quotes.split_text(unicodedata.normalize(form, f"{said}\n\n{quoted}\n")) == (said, quoted)


@pytest.mark.parametrize("quoted", [one for one in QUOTED if not one.startswith("-- \n")])
def test_it_is_never_said_that_nothing_was_said(quoted):
    assert quotes.split_text(f"\n{quoted}\n") == (quoted, "")


@pytest.mark.parametrize(
    "text",
    [
        "Từ: tôi chỉ nói thế\nvà thế",
        "Hôm qua anh Nam đã viết:\n1. giá",
        "Anh viết: thế này",
        "on time\nwe wrote: 5",
        "Vào lúc nào thì được?\n\nEm gửi từ Hà Nội nhé.\nAn",
        "a -- b",
        "Ngày: mai\nĐến: Hà Nội",
        "",
        "   ",
    ],
)
def test_what_only_looks_like_a_head_stays(text):
    assert quotes.split_text(text) == (text, "")


def test_an_answer_below_is_read_and_one_among_what_is_quoted_is_shown_with_it():
    assert quotes.split_text("> cũ\n> nữa\n\ntrả lời dưới") == ("trả lời dưới", "> cũ\n> nữa")
    head = "On Mon, Mar 3, 2025 at 9:15 AM An wrote:\n> một?\n"
    assert quotes.split_text(head + "trả lời") == ("trả lời", head.strip())
    among = head + "vâng\n> hai?\nkhông"
    assert quotes.split_text(among) == (among, "")


@given(st.lists(st.sampled_from([*"\n".join(QUOTED).split("\n"), "", "chào", "> a", "-- "]), max_size=12))
def test_nothing_is_lost_and_nothing_is_made_up(lines):
    text = "\n".join(lines)
    said, quoted = quotes.split_text(text)
    assert sorted(f"{said}\n{quoted}".split()) == sorted(text.split())
    assert said.strip() or not text.strip()


@pytest.mark.parametrize(
    "line", ["<div ", "> ", "vào ", "-", "- -", "Từ: a\n", "\n", "_", "vào 1 viết\n", "gửi từ x\n", "@", "a@b wrote "]
)
def test_long_texts_are_split_before_long(line):
    """Anything here that took the square of the length would take minutes."""
    text = line * (mime.LONGEST_HEADER * 4 // len(line))
    said, quoted = quotes.split_text(text)
    assert len(said) + len(quoted) <= len(text)
    assert quotes.split_html(text) == (text, "")


@pytest.mark.parametrize(
    ("subject", "bare"),
    [
        ("Re: RE: Fwd: TL: Trả lời: Báo giá", "Báo giá"),
        ("Chuyển tiếp: FW: [kho] Báo  giá", "[kho] Báo giá"),
        ("Re[2]: AW: giá", "giá"),
        ("RE : giá", "giá"),
        ("回复：giá", "giá"),
        (unicodedata.normalize("NFD", "Trả lời: giá"), "giá"),
        ("Tự chọn: giá", "Tự chọn: giá"),
        ("Report: giá", "Report: giá"),
        ("Re:", ""),
        ("re:" * 1000, ""),
    ],
)
def test_a_subject_without_what_programs_put_before_it(subject, bare):
    assert quotes.bare_subject(subject) == bare


@pytest.mark.parametrize(
    "mark",
    [
        '<div class="gmail_quote gmail_quote_container">', '<blockquote type="cite">',
        '<div id="divRplyFwdMsg" dir="ltr">',
        '<div id=appendonsend>', '<div class="yahoo_quoted">', '<div class="moz-cite-prefix">',
        "<BLOCKQUOTE TYPE=CITE>",
        '<div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt">',
    ],
)  # fmt: skip
def test_pages_are_cut_where_programs_begin_to_quote(mark):
    quoted = f"{mark}<p>cũ</p></div>"
    assert quotes.split_html(f"<p>Chào</p>{quoted}") == ("<p>Chào</p>", quoted)
    assert quotes.split_html(f"<p> <br></p>{quoted}") == (f"<p> <br></p>{quoted}", "")
    assert quotes.split_html(f"<img src=cid:a>{quoted}") == ("<img src=cid:a>", quoted)
    assert quotes.split_html("<p>Chào</p>") == ("<p>Chào</p>", "")
