"""Letters are read from whatever bytes arrive (R1.39-1.42): MIME that lies, that is broken, that means harm."""

import base64
import unicodedata
from datetime import UTC, datetime
from email.header import Header

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pheu.messaging.channels.email import mime, parsing
from pheu.messaging.channels.email.letters import Address, Attached
from pheu.messaging.channels.email.parsing import read


def letter(head: str = "", body: str | bytes = "", **headers: str):
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    raw = "\n".join([*head.strip("\n").split("\n"), *lines]).strip("\n").encode()
    return read(raw + b"\n\n" + (body if isinstance(body, bytes) else body.encode()))


def test_a_letter_of_two_ways_with_a_picture_and_a_file():
    got = read(b"""Message-ID: <a@khach.vn>
In-Reply-To: <chung-toi@pheu.vn>
References: <goc@pheu.vn>
 <chung-toi@pheu.vn>
From: =?UTF-8?B?Tmd1eeG7hW4gQW4=?= <An@KHACH.vn>
To: "Tran, Binh" <binh@pheu.vn>, chi@pheu.vn (Chi)
Cc: undisclosed-recipients:;
Delivered-To: sales@pheu.vn
Date: Mon, 3 Mar 2025 09:15:00 +0700
Subject: =?utf-8?Q?B=C3=A1o_gi?=
 =?utf-8?Q?=C3=A1?= 3/2025
Thread-Index: AdrEzlPKDnBUm2FCQ0GkU2vu7fCZ2gAAAAAAAAAA
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=m

--m
Content-Type: multipart/related; boundary=r

--r
Content-Type: multipart/alternative; boundary=a

--a
Content-Type: text/plain; charset=utf-8

Ch\xc3\xa0o
--a
Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: quoted-printable

<p>Ch=C3=A0o <img src=3D"cid:logo@x"></p>
--a--
--r
Content-Type: image/png
Content-ID: <logo@x>
Content-Transfer-Encoding: base64

cG5n
--r--
--m
Content-Type: application/pdf
Content-Disposition: attachment;
 filename*0*=utf-8''B%C3%A1o%20;
 filename*1*=gi%C3%A1.pdf

%PDF
--m--
""")
    assert got.message_id == "<a@khach.vn>" and got.in_reply_to == "<chung-toi@pheu.vn>"
    assert got.references == ("<goc@pheu.vn>", "<chung-toi@pheu.vn>")
    assert got.sender == Address("Nguyễn An", "An@khach.vn") and got.sender.shown == "Nguyễn An <An@khach.vn>"
    assert got.to == (Address("Tran, Binh", "binh@pheu.vn"), Address("Chi", "chi@pheu.vn")) and got.cc == ()
    assert got.delivered_to == ("sales@pheu.vn",)
    assert got.subject == "Báo giá 3/2025"
    assert got.sent_at == datetime(2025, 3, 3, 2, 15, tzinfo=UTC)
    assert len(got.thread_index) == 44 and got.thread_index.startswith("01dac4ce")
    assert got.text == "Chào" and got.html == '<p>Chào <img src="cid:logo@x"></p>'
    assert got.files == (
        Attached("file", "image/png", b"png", "logo@x", inline=True),
        Attached("Báo giá.pdf", "application/pdf", b"%PDF"),
    )
    assert got.automatic == "" and got.bounce is None and got.complaint == ""


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("=?utf-8?B?xJDGoW4gaMOgbmc=?=", "Đơn hàng"),
        ("=?utf-8?B?xJDGoW4gaMOgbmc?=", "Đơn hàng"),  # without its padding
        ("=?UTF-8?Q?B=C3=A1o_gi=C3?= =?UTF-8?Q?=A1?=", "Báo giá"),  # cut within a letter
        ("=?utf-8?q?a?==?utf-8?q?b?=", "ab"),  # nothing between
        ("Re: =?utf-8?q?Gi=C3=A1?= 5", "Re: Giá 5"),
        ("=?utf-8?Q?Bao nhieu??=", "Bao nhieu?"),  # spaces and a question mark, as some do
        ("=?utf-8*vi?Q?gi=C3=A1?=", "giá"),
        ("=?iso-8859-1?Q?gi=C3=A1?=", "giá"),  # lies
        ("=?windows-1258?Q?gi=E1?=", "giá"),
        ("=?khong-co?Q?gi=C3=A1?=", "giá"),
        ("=?punycode?Q?a?=", "a"),
        ("=?utf-8?X?a?=", "=?utf-8?X?a?="),
        ("=?utf-8?B?w?= a", "a"),
        ("Báo giá thô", "Báo giá thô"),
        (unicodedata.normalize("NFD", "Báo giá"), "Báo giá"),
        ("a\n\tb\x00\x07c", "a bc"),
    ],
)
def test_a_subject_is_read_however_it_was_written(written, meant):
    assert letter(f"Subject: {written}").subject == meant


@pytest.mark.parametrize(
    ("charset", "raw", "meant"),
    [
        ("us-ascii", "Chào chị".encode(), "Chào chị"),
        ("iso-8859-1", "Chào chị".encode(), "Chào chị"),
        ("utf-8", "giá".encode("cp1258"), "giá"),
        ("windows-1258", "Chào".encode("cp1258"), "Chào"),
        ("windows-1252", b"caf\xe9", "café"),
        ("utf-16", "Chào".encode("utf-16"), "Chào"),
        ("utf-16", b"plain", "plain"),
        ("utf-7", b"Ch+AOA-o", "Chào"),
        ("iso-2022-jp", "日本".encode("iso-2022-jp"), "日本"),
        ("gb18030", "报价".encode("gb18030"), "报价"),
        ("hex", b"6162\xe1", "6162á"),
        ("unicode_escape", b"\\u0041", "\\u0041"),
        ("punycode", b"gi-\xe1", "gi-á"),
        ('"utf-8', "Chào".encode(), "Chào"),
        (
            "utf-8",
            "Chào chị, giá".encode() + b" \xff",
            "Chào chị, giá \ufffd",
        ),  # one wrong byte does not spoil the rest
        ("utf-7", b"+2AA-x", "x"),  # half of a pair, which no database takes
    ],
)
def test_a_text_is_of_another_charset_than_it_says(charset, raw, meant):
    assert letter(f"Content-Type: text/plain; charset={charset}", raw).text == meant


def test_broken_base64_and_quoted_printable_give_what_they_can():
    packed = base64.b64encode("Chào chị".encode()).decode().rstrip("=")
    assert letter("Content-Transfer-Encoding: BASE64", f"{packed[:5]}\n!{packed[5:]}").text == "Chào chị"
    assert letter("Content-Transfer-Encoding: base64", "QUJDR").text == "ABC"
    assert letter("Content-Transfer-Encoding: quoted-printable", "a=C3=A1=ZZ=").text.startswith("aá")
    assert letter("Content-Transfer-Encoding: khong-ro", "a=3D").text == "a=3D"


@pytest.mark.parametrize(
    ("header", "meant"),
    [
        ('attachment; filename="../../etc/passwd"', "passwd"),
        ('attachment; filename="C:\\\\Users\\\\An\\\\gia.xlsx"', "gia.xlsx"),
        ('attachment; filename="=?utf-8?B?R2nDoS54bHN4?="', "Giá.xlsx"),
        ("attachment; filename*=utf-8''Gi%C3%A1.xlsx; filename=gia.xlsx", "Giá.xlsx"),
        ("attachment; filename*=punycode''a-b", "a-b"),
        ("attachment; filename*99999999999999999999999=a", "a"),
        ('attachment; filename="gia\u202excod.exe"', "giaxcod.exe"),
        ("attachment; filename=...", "file"),
        ("attachment", "file"),
        (f'attachment; filename="{"a" * 300}.pdf"', f"{'a' * 180}.pdf"),
    ],
)
def test_a_file_is_called_what_it_may_be_called(header, meant):
    [file] = letter(f"Content-Type: application/pdf\nContent-Disposition: {header}").files
    assert file.name == meant


def test_a_message_inside_and_a_calendar_are_files():
    got = letter(
        "Content-Type: multipart/mixed; boundary=b",
        "--b\nContent-Type: message/rfc822\n\nSubject: trong\n\nx\n"
        "--b\nContent-Type: text/calendar; method=REPLY\n\nBEGIN:VCALENDAR\n"
        "--b\nContent-Type: application/ms-tnef; name=winmail.dat\n\ntnef\n--b--",
    )
    assert [(file.name, file.mime) for file in got.files] == [
        ("message.eml", "message/rfc822"), ("invite.ics", "text/calendar"), ("winmail.dat", "application/ms-tnef"),
    ]  # fmt: skip
    assert got.files[0].content == b"Subject: trong\n\nx" and got.text == ""


def test_pages_and_texts_beside_each_other_are_all_read():
    page = "--b\nContent-Type: text/html\n\n<p>{}</p>\n"
    mixed = letter(
        "Content-Type: multipart/mixed; boundary=b",
        page.format("một") + "--b\nContent-Type: text/plain\n\n<hai>\n" + page.format("ba") + "--b--",
    )
    assert mixed.html == "<p>một</p>\n<pre>&lt;hai&gt;</pre>\n<p>ba</p>"
    assert mixed.text == "một\n<hai>\nba"
    apple = letter(
        "Content-Type: multipart/alternative; boundary=a",
        "--a\nContent-Type: text/plain\n\ntất cả\n--a\nContent-Type: multipart/mixed; boundary=b\n\n"
        + page.format("trước") + page.format("sau") + "--b--\n--a--",
    )  # fmt: skip
    assert apple.text == "tất cả" and apple.html == "<p>trước</p>\n<p>sau</p>"


def test_a_date_without_a_zone_was_written_in_vietnam():
    assert letter("Date: Mon, 3 Mar 2025 09:15:00").sent_at == datetime(2025, 3, 3, 2, 15, tzinfo=UTC)
    assert letter("Date: Mon, 3 Mar 2025 09:15:00 -0000").sent_at == datetime(2025, 3, 3, 9, 15, tzinfo=UTC)
    for wrong in ("hôm qua", "Mon, 99 Mar 2025 09:15:00 +0700", "Mon, 3 Mar 0001 00:00:00 +9999", "1" * 5000, ""):
        assert letter(f"Date: {wrong}").sent_at is None


def test_without_a_message_id_the_bytes_are_it():
    first, again, other = letter("Subject: a"), letter("Subject: a"), letter("Subject: b")
    assert first.message_id == again.message_id != other.message_id
    assert first.message_id.endswith("@missing.invalid>")
    assert letter("Message-ID: khong-ngoac@x").message_id == "<khong-ngoac@x>"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Nguyễn, An <an@x.vn>", ["An <an@x.vn>"]),
        ('"Nguyễn, An" <an@x.vn>; b@x.vn', ["Nguyễn, An <an@x.vn>", "b@x.vn"]),
        ("=?utf-8?Q?Nguyen, An?= <an@x.vn>", ["Nguyen, An <an@x.vn>"]),
        ("nhóm: a@x.vn, b@x.vn;", ["a@x.vn", "b@x.vn"]),
        ('"chưa đóng <a@x.vn>', ["chưa đóng <a@x.vn>"]),
        ("<<a@x.vn>>", ["a@x.vn"]),
        ("a@x.vn, a@x.vn", ["a@x.vn"]),
        ("khong-phai, @, a@, <>", []),
        ("a@x.vn\n <b@x.vn>", ["a@x.vn <b@x.vn>"]),
    ],
)
def test_addresses_are_read_however_they_were_written(written, meant):
    assert [one.shown for one in letter(f"To: {written}").to] == meant


def test_nothing_is_longer_than_it_may_be():
    nested = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(2000))
    [deep] = read(nested).files  # what is too deep is a file
    assert deep.content.count(b"boundary=") == 2000 - mime.DEEPEST - 1
    parts = mime.parse(b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 3000)
    assert len(list(mime.leaves(parts))) == mime.MOST_PARTS
    assert len(mime.parse(b"X-A: b\n" * 3000)) == mime.MOST_HEADERS
    files = "--b\nContent-Type: image/png\n\nx\n" * 3000
    assert len(letter("Content-Type: multipart/mixed; boundary=b", files).files) == parsing.MOST_FILES
    assert len(letter(f"Subject: {'a' * 5000}").subject) == parsing.LONGEST_SUBJECT
    assert len(letter("", "a" * 600_000).text) == parsing.LONGEST_TEXT
    assert len(letter("Content-Type: text/html", "a" * 3_000_000).html) == parsing.LONGEST_HTML
    assert len(letter(f"References: {'<a@b> ' * 10} {' '.join(f'<{n}@x>' for n in range(500))}").references) == 100


def test_a_letter_of_thirty_megabytes_keeps_its_file():
    content = bytes(range(256)) * 90_000
    packed = base64.encodebytes(content)
    got = letter(
        "Content-Type: multipart/mixed; boundary=b",
        b"--b\n\nxem file\n--b\nContent-Type: application/zip; name=a.zip\nContent-Transfer-Encoding: base64\n\n"
        + packed + b"\n--b--",
    )  # fmt: skip
    assert len(packed) > 30_000_000 and got.text == "xem file" and got.files[0].content == content


HOSTILE = {
    "accents": lambda n: b"Subject: a\n\na" + "\u0315\u0316".encode() * n,
    "encoded words": lambda n: b"Subject: " + b"=?a?q?" * n,
    "quotes": lambda n: b"To: " + b'"\\' * n,
    "comments": lambda n: b"To: " + b"(" * n,
    "commas": lambda n: b"To: " + b"a@b," * n,
    "parameters": lambda n: b"Content-Type: multipart/mixed" + b';a="' * n,
    "parts": lambda n: b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\n" * n,
    "headers": lambda n: b"X-A: b\n" * n,
    "continued": lambda n: b"Subject: a\n" + b" b\n" * n,
    "deep": lambda n: b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (k, k) for k in range(n // 20)
    ),
    "report": lambda n: b"Content-Type: message/delivery-status\n\n" + b"Final-Recipient: a\nStatus:\n\n" * n,
    "blocks": lambda n: b"Content-Type: text/html\n\n" + b"<div>" * n,
    "angles": lambda n: b"Content-Type: text/html\n\n" + b"<" * n,
    "spaces": lambda n: b"Return-Path: <>\n\nundeliverable\n" + b" " * n,
    "base64": lambda n: b"Content-Transfer-Encoding: base64\n\n" + b"=\n" * n,
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_bytes_are_read_before_long(kind):
    """Anything here that took the square of the length would take minutes."""
    assert read(HOSTILE[kind](50_000)).message_id


TEXTS = st.text(st.characters(codec="utf-8"), max_size=60)


@given(st.binary(max_size=400))
def test_nothing_makes_reading_raise(raw):
    assert read(raw).message_id


PIECES = [
    "",
    "Content-Type: multipart/mixed; boundary=b",
    "Content-Type: multipart/report; report-type=delivery-status; boundary=b",
    "Content-Type: message/delivery-status",
    "Content-Type: text/html; charset=",
    "Content-Type: text/plain; charset*0*=",
    "Content-Type: message/feedback-report",
    "Content-Disposition: attachment; filename*=",
    "Return-Path: <>",
    "Content-Transfer-Encoding: base64",
    "Content-Transfer-Encoding: quoted-printable",
    "Final-Recipient: rfc822;a@b",
    "Content-Transfer-Encoding: x-uuencode",
    "Action: failed",
    "From: mailer-daemon@x",
    "--b",
    "--b--",
    "=?utf-8?B?",
    "To:",
    "Date:",
    "Subject: =?",
    "Thread-Index: AA",
    "Message-ID: <",
    "undeliverable",
    "<a@b>: 550 5.1.1",
    "<p",
    "begin 644 a",
    "",
]


@given(st.lists(st.sampled_from(PIECES) | TEXTS, max_size=25))
def test_no_pieces_of_letters_make_reading_raise(lines):
    got = read("\n".join(lines).encode("utf-8", "surrogatepass"))
    everything = [got.subject, got.text, got.html, *(file.name for file in got.files)]
    assert not any("\0" in one or any("\ud800" <= letter <= "\udfff" for letter in one) for one in everything)


@given(TEXTS)
def test_what_others_encode_is_read_back(text):
    meant = " ".join(mime.readable(text).split())
    assert " ".join(mime.decoded(Header(meant, "utf-8").encode()).split()) == meant
