"""Letters of ours are written so that everybody reads what was meant, and nobody writes a header into them (R1.39)."""

from datetime import UTC, datetime
from email import message_from_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pheu.messaging.channels.email import mime, safe, writing
from pheu.messaging.channels.email.letters import Address, Attached
from pheu.messaging.channels.email.parsing import read

NOW = datetime(2026, 3, 3, 9, 15, tzinfo=UTC)
AN, BINH = Address("Nguyễn, An", "an@pheu.vn"), Address('Bình "B"', "binh@khach.vn")


def written(**given) -> bytes:
    plain = {"message_id": "<a@pheu.vn>", "sender": AN, "to": [BINH], "subject": "Báo giá", "html": "<p>Chào</p>"}
    return writing.written(**{**plain, "sent_at": NOW, **given})


def test_a_letter_has_no_more_containers_than_it_needs():
    logo, file = (
        Attached("logo.png", "image/png", b"png", "logo", inline=True),
        Attached("Giá.pdf", "application/pdf", b"%"),
    )

    def shape(**given):
        return [part.get_content_type() for part in message_from_bytes(written(**given)).walk()]

    both = ["multipart/alternative", "text/plain", "text/html"]
    assert shape(html="", text="a") == ["text/plain"]
    assert shape() == both
    assert shape(files=[file]) == ["multipart/mixed", *both, "application/pdf"]
    page = "<img src='cid:logo'>"
    assert shape(html=page, files=[logo]) == ["multipart/related", *both, "image/png"]
    whole = ["multipart/mixed", "multipart/related", *both, "image/png", "application/pdf"]
    assert shape(html=page, files=[file, logo]) == whole
    assert shape(files=[logo]) == ["multipart/mixed", *both, "image/png"]  # which the page does not show


def test_a_letter_is_plain_ascii_in_short_lines():
    raw = written(
        subject="Báo giá " * 40,
        to=[BINH] * 60,
        html="<p>" + "dài " * 5000,
        references=[f"<{n}@x.vn>" for n in range(99)],
    )
    assert raw.isascii() and max(map(len, raw.split(b"\r\n"))) <= 998 and raw.count(b"\n") == raw.count(b"\r\n")


def test_a_message_that_is_sent_along_stays_what_it_was():
    file = Attached("thu.eml", "message/rfc822", "Subject: cũ\n\nx".encode())
    raw = written(files=[file])
    [got] = read(raw).files
    assert got.content == file.content and raw.count(b"MIME-Version") == 1


def test_what_others_need_is_said_in_headers():
    raw = written(
        bcc=[Address("Kín", "kin@khach.vn")], cc=[AN], reply_to=AN, in_reply_to="<m@x>",
        references=[f"<{n}@x>" for n in range(40)], automatic="auto-replied", unsubscribe="https://pheu.vn/u/x",
    )  # fmt: skip
    assert b"kin@khach.vn" not in raw
    message = message_from_bytes(raw)
    references = message["References"].split()
    assert len(references) == 20 and references[0] == "<0@x>" and references[1:] == [f"<{n}@x>" for n in range(21, 40)]
    assert message["In-Reply-To"] == "<m@x>" and message["Date"] == "Tue, 03 Mar 2026 09:15:00 +0000"
    assert message["Auto-Submitted"] == "auto-replied" and message["X-Auto-Response-Suppress"] == "All"
    assert message["List-Unsubscribe"] == "<https://pheu.vn/u/x>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert read(raw).automatic == "own" and read(written()).automatic == ""
    assert "Auto-Submitted" not in message_from_bytes(written()) and "Bcc" not in message


def test_a_domain_with_marks_is_written_as_servers_know_it():
    assert writing.mailbox(Address("", "an@quantrắc.vn")) == "an@xn--quantrc-mq4c.vn"
    assert writing.new_message_id("quantrắc.vn").endswith("@xn--quantrc-mq4c.vn>")
    assert writing.new_message_id("a.vn") != writing.new_message_id("a.vn")


BREAKS = ["\n", "\r", "\r\n", "\r\n ", "\n\t", "\u2028", "\u2029", "\x85", "\0", "\x0b", "\x0c", "%0a\n"]
INJECTED = "Bcc: kin@khach.vn"
FILE = Attached("a", "text/plain", b"")


@pytest.mark.parametrize("line_break", BREAKS)
@pytest.mark.parametrize(
    "place",
    [
        lambda bad: {"subject": bad},
        lambda bad: {"sender": Address(bad, "a@x.vn")},
        lambda bad: {"sender": Address("", f"a@x.vn{bad}")},
        lambda bad: {"to": [Address(bad, "a@x.vn")]},
        lambda bad: {"to": [Address("A", f"a{bad}@x.vn")]},
        lambda bad: {"cc": [Address("A", f"a@{bad}x.vn")]},
        lambda bad: {"bcc": [Address("A", f"a@x.vn{bad}")]},
        lambda bad: {"reply_to": Address(bad, "a@x.vn")},
        lambda bad: {"message_id": f"<a{bad}@x>"},
        lambda bad: {"in_reply_to": f"<a@x>{bad}"},
        lambda bad: {"references": [f"<a@x>{bad}"]},
        lambda bad: {"unsubscribe": f"https://x.vn/{bad}"},
        lambda bad: {"automatic": f"auto-replied{bad}"},
        lambda bad: {"files": [Attached(bad, "text/plain", b"")]},
        lambda bad: {"files": [Attached("a", f"text/{bad}", b"")]},
        lambda bad: {"files": [Attached("a", "text/plain", b"", bad)]},
    ],
)
def test_no_value_ends_a_header(place, line_break):
    with pytest.raises(ValueError):
        written(**place(f"x{line_break}{INJECTED}"))


@pytest.mark.parametrize(
    "address",
    [
        "",
        "a",
        "@x.vn",
        "a@",
        "a b@x.vn",
        "a@x.vn>,<b@x.vn",
        "a,b@x.vn",
        '"a"@x.vn',
        "á@x.vn",
        "a@x@y.vn",
        "a@x..vn",
        "a@[127.0.0.1]",
    ],
)
def test_what_is_no_mailbox_is_refused(address):
    with pytest.raises(ValueError):
        written(to=[Address("", address)])


WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cf", "Zl", "Zp", "Cn", "Co"]), max_size=60
).map(lambda text: " ".join(mime.nfc(text).split()))
NAMES = WORDS.filter(lambda name: not set(name) & set("\"'<>/\\") and name == name.strip(" ."))
ADDRESSES = st.builds(Address, NAMES, st.from_regex(r"[a-zA-Z0-9.+_-]{1,20}@[a-z][a-z0-9]{0,10}\.vn", fullmatch=True))
FILES = st.builds(
    Attached, NAMES.filter(bool), st.sampled_from(["application/pdf", "text/csv", "image/png"]), st.binary(max_size=99)
)


@given(
    WORDS,
    ADDRESSES,
    st.lists(ADDRESSES, min_size=1, max_size=3, unique=True),
    WORDS,
    st.lists(FILES, max_size=2),
    st.booleans(),
)
def test_what_is_written_is_read_back(subject, sender, to, text, files, page):
    html = f"<p>{safe.simple(text).strip()}</p>" if page and text else ""
    got = read(written(subject=subject, sender=sender, to=to, text=text, html=html, files=files))
    assert got.subject == subject and got.sender == sender and got.to == tuple(to)
    assert got.text.split() == text.split() and got.html == html and got.sent_at == NOW
    assert got.files == tuple(files) and got.message_id == "<a@pheu.vn>"
