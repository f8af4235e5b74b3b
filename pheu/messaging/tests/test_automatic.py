"""Mail that no person wrote, and what did not arrive (RFC 3464, 3834, 5965; R3.09-3.10, R1.39-1.42)."""

import pytest

from pheu.messaging.channels.email.letters import Bounce
from pheu.messaging.channels.email.parsing import read


@pytest.mark.parametrize(
    ("head", "why"),
    [
        ("From: An <an@x.vn>", ""),
        ("Auto-Submitted: no", ""),
        ("From: noreply-an@x.vn", "no-reply"),
        ("From: an.noreply@x.vn", "no-reply"),
        ("From: norepl@x.vn", ""),
        ("From: bounce@x.vn", "no-reply"),
        ("From: MAILER-DAEMON@x.vn", "no-reply"),
        ("From: postmaster@x.vn", "no-reply"),
        ("From: do-not-reply@x.vn", "no-reply"),
        ("Auto-Submitted: auto-replied; owner-email=a@b", "auto-submitted"),
        ("Auto-Submitted: auto-generated", "auto-submitted"),
        ("X-Auto-Response-Suppress: All", "auto-submitted"),
        ("X-Autoreply: yes", "auto-submitted"),
        ("Precedence: auto_reply", "auto-submitted"),
        ("Content-Type: multipart/report; boundary=b", "auto-submitted"),
        ("Precedence: bulk", "bulk"),
        ("Precedence: junk", "bulk"),
        ("List-Unsubscribe: <https://x>", "bulk"),
        ("Precedence: List", "list"),
        ("List-Id: <a.b>", "list"),
        ("Return-Path: <>", "no-return-path"),
        ("Return-Path: <an@x.vn>", ""),
        ("X-Loop: pheu\nAuto-Submitted: auto-generated", "own"),
    ],
)
def test_it_is_said_why_no_person_wrote_it(head, why):
    assert read(f"{head}\n\nxin chào".encode()).automatic == why


def report(status: str, *, action: str = "failed", diagnostic: str = "", more: str = "") -> bytes:
    return f"""Return-Path: <>
From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>
Auto-Submitted: auto-replied
Content-Type: multipart/report; boundary=b; report-type=delivery-status

--b
Content-Type: text/plain

Address not found
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; googlemail.com

{more}Final-Recipient: rfc822; Ai@khach.vn
Action: {action}
Status: {status}
Diagnostic-Code: smtp; {diagnostic}

--b
Content-Type: message/rfc822

From: an@pheu.vn
Message-ID: <goc@pheu.vn>
Subject: cu

x
--b--
""".encode()


@pytest.mark.parametrize(
    ("status", "diagnostic", "hard", "meant"),
    [
        ("5.1.1", "550-5.1.1 The email account\n    that you tried to reach does not exist", True, "5.1.1"),
        ("5.2.2", "552 mailbox full", False, "5.2.2"),
        ("5.7.1", "550 policy", False, "5.7.1"),
        ("5.4.1", "550 domain", True, "5.4.1"),
        ("4.4.7", "expired", False, "4.4.7"),
        ("5.0.0", "550 5.2.2 full", False, "5.2.2"),
        ("5.0.0", "550 no such user", True, "5.0.0"),
        ("", "550 no such user", True, ""),
        ("", "450 later", False, ""),
    ],
)
def test_a_report_names_who_was_not_reached_and_of_which_letter(status, diagnostic, hard, meant):
    got = read(report(status, diagnostic=diagnostic)).bounce
    assert got == Bounce("Ai@khach.vn", meant, hard, "<goc@pheu.vn>", " ".join(diagnostic.split()))


def test_the_address_that_we_wrote_to_bounced_not_where_it_was_forwarded():
    assert read(report("5.1.1", more="Original-Recipient: rfc822;ta@khach.vn\n")).bounce.address == "ta@khach.vn"


@pytest.mark.parametrize("action", ["delayed", "delivered", "relayed", "expanded"])
def test_what_is_late_or_arrived_did_not_bounce(action):
    assert read(report("4.4.1", action=action)).bounce is None


def test_the_second_of_two_may_be_the_one_that_was_not_reached():
    more = "Final-Recipient: rfc822; co@khach.vn\nAction: delivered\nStatus: 2.0.0\n\n"
    assert read(report("5.1.1", more=more)).bounce.address == "Ai@khach.vn"


QMAIL = """Return-Path: <>
From: MAILER-DAEMON@mail.khach.vn
Subject: failure notice

Hi. This is the qmail-send program at mail.khach.vn.
I'm afraid I wasn't able to deliver your message to the following addresses.

<ai@khach.vn>:
Remote host said: 550 5.1.1 User unknown
Giving up on 10.0.0.1.

--- Below this line is a copy of the message.

Return-Path: <an@pheu.vn>
Message-ID: <goc@pheu.vn>
"""
POSTFIX = """From: MAILER-DAEMON@relay.vn (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
In-Reply-To: <goc@pheu.vn>

This is the mail system at host relay.vn.

I'm sorry to have to inform you that your message could not be delivered.

<ai@khach.vn>: host mx.khach.vn[10.0.0.1] said: 552 5.2.2 Mailbox
    full (in reply to RCPT TO command)

"""
EXIM = """Return-Path: <>
X-Failed-Recipients: ai@khach.vn
From: Mail Delivery System <Mailer-Daemon@mx.vn>
References: <truoc@pheu.vn> <goc@pheu.vn>

This message was created automatically by mail delivery software.

  ai@khach.vn
    SMTP error from remote mail server after RCPT TO:<ai@khach.vn>:
    550 no such user

"""


@pytest.mark.parametrize(
    ("raw", "status", "hard"), [(QMAIL, "5.1.1", True), (POSTFIX, "5.2.2", False), (EXIM, "", True)]
)
def test_mailers_that_write_no_report_are_understood_where_they_are_clear(raw, status, hard):
    got = read(raw.encode()).bounce
    assert (got.address, got.status, got.hard, got.of) == ("ai@khach.vn", status, hard, "<goc@pheu.vn>")
    assert "550" in got.words or "552" in got.words


@pytest.mark.parametrize(
    "raw",
    [
        QMAIL.replace("Return-Path: <>\nFrom: MAILER-DAEMON@mail", "From: an@mail"),  # somebody forwards one
        QMAIL.replace("550 5.1.1 User unknown", "xin lỗi"),
        QMAIL.replace("<ai@khach.vn>:", ""),
        "Return-Path: <>\nFrom: mailer-daemon@x\n\nchào\nai@khach.vn: 550 5.1.1 gì đó",
        "Content-Type: multipart/report; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\nx\n--b--",
    ],
)
def test_what_is_not_clear_is_no_bounce(raw):
    assert read(raw.encode()).bounce is None


def complaint(of: str) -> bytes:
    return f"""From: fbl@provider.example
Content-Type: multipart/report; report-type=feedback-report; boundary=b

--b

spam
--b
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: x/1
{of}
--b
Content-Type: text/rfc822-headers

Message-ID: <goc@pheu.vn>
--b--
""".encode()


def test_a_complaint_names_who_complains_or_of_what():
    assert read(complaint("Original-Rcpt-To: <ai@khach.vn>\n")).complaint == "ai@khach.vn"
    assert read(complaint("")).complaint == "<goc@pheu.vn>"
    assert read(b"From: a@b\n\nspam").complaint == ""
