"""Letters are handed over to a real server, with whatever goes wrong at servers (R1.39-1.42, quality.md 2)."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from pheu.core.hosts import Refused
from pheu.messaging.channels.email import smtp
from pheu.messaging.channels.email.letters import Address
from pheu.messaging.channels.email.parsing import read
from pheu.messaging.channels.email.writing import written

from .servers import TOKEN, answering

AN, AI, CO = "an@pheu.vn", "ai@khach.vn", "co@khach.vn"
RAW = written(
    message_id="<a@pheu.vn>", sender=Address("An", AN), to=[Address("", AI)], subject="Báo giá", html="<p>Chào</p>",
    text="Chào\n.\n.. hết", sent_at=datetime(2026, 3, 3, tzinfo=UTC),
)  # fmt: skip


def send(login, *recipients: str, raw: bytes = RAW, timeout: float = 5) -> dict[str, str]:
    return smtp.send(login, raw, sender=AN, recipients=recipients or [AI], timeout=timeout)


def refused(login, *recipients: str, **given) -> Refused:
    with pytest.raises(Refused) as caught:
        send(login, *recipients, **given)
    return caught.value


@pytest.mark.parametrize("security", ["tls", "starttls", "none"])
def test_a_letter_is_handed_over_as_it_was_written(recorder, security):
    assert send(recorder.login(security), AI, CO) == {}
    [taken] = recorder.taken
    assert (taken.sender, taken.recipients, taken.user) == (AN, [AI, CO], AN)
    assert taken.encrypted == (security != "none")
    assert read(taken.raw).text == read(RAW).text and read(taken.raw).message_id == "<a@pheu.vn>"


def test_a_token_signs_in_and_one_that_ran_out_is_told(recorder):
    assert send(recorder.login(password="", token=TOKEN)) == {}
    wrong = refused(recorder.login(password="", token="het-han"))
    assert wrong.code == "token" and wrong.permanent and len(recorder.taken) == 1


def test_a_login_is_checked_without_sending(recorder):
    smtp.check(recorder.login())
    smtp.check(replace(recorder.login("none"), password=""))
    recorder.faults.password = True
    with pytest.raises(Refused) as caught:
        smtp.check(recorder.login())
    assert caught.value.code == "password" and caught.value.permanent and "535" in caught.value.reply
    assert recorder.taken == []


def test_whoever_is_unknown_is_told_and_the_others_get_the_letter(recorder):
    recorder.faults.unknown = {CO}
    assert send(recorder.login(), AI, CO) == {CO: "550 5.1.1 No such user here"}
    assert recorder.taken[0].recipients == [AI]
    nobody = refused(recorder.login(), CO)
    assert (nobody.code, nobody.permanent, dict(nobody.recipients)) == (
        "address",
        True,
        {CO: "550 5.1.1 No such user here"},
    )


def test_a_greylisted_letter_is_for_later_and_then_taken(recorder):
    recorder.faults.greylisted = {AI}
    later = refused(recorder.login(), AI)
    assert later.code == "later" and not later.permanent and not later.uncertain and later.reply.startswith("451")
    assert send(recorder.login(), AI) == {}


def test_one_of_several_may_be_for_later(recorder):
    recorder.faults.greylisted, recorder.faults.unknown = {AI}, {CO}
    assert refused(recorder.login(), AI, CO).code == "later"


@pytest.mark.parametrize(
    ("said", "code", "permanent"),
    [
        ("552 5.3.4 Message too big", "too_big", True),
        ("552 too big", "too_big", True),
        ("554 5.7.1 Spam", "refused", True),
        ("450 4.2.0 Later", "later", False),
        ("421 4.3.2 Going down", "later", False),
    ],
)
def test_a_letter_may_be_refused_as_a_whole(recorder, said, code, permanent):
    recorder.faults.data = said
    got = refused(recorder.login())
    assert (got.code, got.permanent, got.reply, got.uncertain) == (code, permanent, said, False)


def test_a_sender_may_be_refused(recorder):
    recorder.faults.sender = "550 5.1.8 Not you"
    assert refused(recorder.login()).code == "address"
    recorder.faults.sender = "553 5.7.1 Not you"
    assert refused(recorder.login()).code == "refused"


def test_what_the_server_says_is_too_big_is_not_sent(recorder):
    raw = RAW + b"a" * 76 * 0 + b"\r\n".join([b"a" * 76] * 450_000)
    too_big = refused(recorder.login(), raw=raw)
    assert len(raw) > 33_554_432 and too_big.code == "too_big" and too_big.permanent and recorder.taken == []


def test_a_letter_of_thirty_megabytes_is_handed_over(recorder):
    raw = RAW + b"\r\n".join([b"a" * 76] * 385_000)
    assert send(recorder.login("none"), raw=raw, timeout=60) == {}
    assert len(recorder.taken[0].raw) > 30_000_000


@pytest.mark.parametrize(
    ("fault", "where", "code", "uncertain"),
    [
        ("drops", "greeting", "dropped", False),
        ("drops", "rcpt", "dropped", False),
        ("drops", "data", "dropped", True),
        ("drops", "reply", "dropped", True),
        ("hangs", "greeting", "slow", False),
        ("hangs", "rcpt", "slow", False),
        ("hangs", "data", "slow", True),
        ("hangs", "reply", "slow", True),
    ],
)
def test_a_line_that_breaks_or_is_silent_is_told_with_what_is_certain(recorder, fault, where, code, uncertain):
    setattr(recorder.faults, fault, where)
    got = refused(recorder.login("none"), timeout=0.4)
    assert (got.code, got.uncertain, got.permanent) == (code, uncertain, False)
    assert len(recorder.taken) == (where == "reply")


def test_encryption_is_not_given_up(recorder):
    recorder.faults.no_starttls = True
    got = refused(recorder.login("starttls"))
    assert got.code == "encryption" and got.permanent and recorder.tried == 0
    assert refused(replace(recorder.login("tls"), port=recorder.ports["plain"])).code == "encryption"
    said = [b"220 hi\r\n", b"250-hi\r\n250 STARTTLS\r\n", b"454 not now\r\n"]
    with answering(*said) as port:
        assert refused(replace(recorder.login("starttls"), port=port)).code == "later"


def test_a_certificate_must_be_of_that_name_and_of_somebody_trusted(recorder, monkeypatch):
    for security in ("tls", "starttls"):
        assert refused(replace(recorder.login(security), host="127.0.0.1")).code == "certificate"
    monkeypatch.delenv("SSL_CERT_FILE")
    for security in ("tls", "starttls"):
        assert refused(recorder.login(security)).code == "certificate"
    assert recorder.tried == 0


def test_a_password_is_not_said_where_others_hear_it(recorder, monkeypatch):
    monkeypatch.setattr("pheu.core.hosts.may_be_reached", lambda _address, _allowed: True)
    monkeypatch.setattr("pheu.messaging.channels.email.hosts.is_ours", lambda _address: False)
    got = refused(recorder.login("none"))
    assert got.code == "encryption" and got.permanent and recorder.tried == 0


def test_a_server_that_knows_no_way_to_sign_in_is_told(recorder):
    recorder.faults.no_auth = True
    assert refused(recorder.login()).code == "protocol"


def test_passwords_are_said_by_the_older_way_where_that_is_the_only_one():
    said = [
        b"220 hi\r\n",
        b"250-hi\r\n250 AUTH LOGIN\r\n",
        b"334 VXNlcm5hbWU6\r\n",
        b"334 UGFzc3dvcmQ6\r\n",
        b"535 no\r\n",
    ]
    with answering(*said) as port:
        got = refused(smtp.Login("127.0.0.1", port, "none", "an", "x"))
    assert got.code == "password" and got.reply == "535 no"


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n", "protocol"),
        (b"554 go away\r\n", "refused"),
        (b"421 busy\r\n", "later"),
        (b"2" * 99_999, "protocol"),
        (b"", "dropped"),
    ],
)
def test_a_server_that_is_none_is_refused(said, code):
    with answering(said, then="hang up") as port:
        assert refused(smtp.Login("127.0.0.1", port, "none")).code == code


@pytest.mark.parametrize("address", ["ai@khach.vn\r\nRCPT TO:<x@y.vn>", "ai@khach.vn> SIZE=1", "", "a b@x.vn"])
def test_no_address_says_a_command(recorder, address):
    with pytest.raises(ValueError):
        send(recorder.login(), address)
    with pytest.raises(ValueError):
        smtp.send(recorder.login(), RAW, sender=address, recipients=[AI])
    assert recorder.taken == []


def test_domains_with_marks_are_told_by_the_name_that_was_given(recorder):
    recorder.faults.unknown = {"ai@xn--quantrc-mq4c.vn"}
    assert send(recorder.login(), AI, "ai@quantrắc.vn") == {"ai@quantrắc.vn": "550 5.1.1 No such user here"}
