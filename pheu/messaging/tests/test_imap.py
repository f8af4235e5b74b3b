"""Mailboxes are read from a real Dovecot, which notices nothing, and from servers that lie (R1.39-1.42)."""

from dataclasses import replace

import pytest

from pheu.core.hosts import Refused
from pheu.messaging.channels.email import imap
from pheu.messaging.channels.email.imap import Box, Folder
from pheu.messaging.channels.email.parsing import read

from .servers import TOKEN, answering


def letter(number: int, size: int = 0) -> bytes:
    return f"Message-ID: <{number}@khach.vn>\r\nSubject: Thu {number}\r\n\r\nChào {'a' * size}\r\n".encode()


def refused(login, timeout: float = 5) -> Refused:
    with pytest.raises(Refused) as caught:
        with Box(login, timeout=timeout) as box:
            box.folders()
    return caught.value


def test_a_mailbox_is_read_without_leaving_a_trace(mailbox):
    mailbox.deliver(letter(1), letter(2), b"Subject: khong so\r\n\r\nx\r\n")
    with Box(mailbox.login) as box:
        state = box.open("INBOX")
        uids = box.uids_from(1)
        assert state.exists == 3 and len(uids) == 3 and state.uidnext == uids[-1] + 1 and state.uidvalidity > 0
        assert box.uids_from(uids[-1]) == uids[-1:] and box.uids_from(uids[-1] + 1) == []
        assert sorted(box.headers(uids).values()) == ["", "<1@khach.vn>", "<2@khach.vn>"]
        raws = {uid: box.raw(uid) for uid in uids}
        assert {uid: len(raw) for uid, raw in raws.items()} == box.sizes(uids)
        assert {read(raw).subject for raw in raws.values()} == {"Thu 1", "Thu 2", "khong so"}
        assert box.find("<2@khach.vn>") and not box.find("<3@khach.vn>")
        with pytest.raises(Refused):
            box.raw(uids[-1] + 9)
        box._client.add_flags(uids, [b"\\Seen"])  # which nothing here does, and the server does not let happen
    assert not mailbox.is_seen()


def test_folders_are_named_and_known_by_what_they_are_for(mailbox):
    mailbox.deliver(letter(1), folder="Khách hàng".encode("utf-7").decode().replace("+", "&"))
    with Box(mailbox.login) as box:
        folders = box.folders()
        assert {Folder("INBOX", "inbox"), Folder("Sent", "sent"), Folder("Thùng rác", "trash")} <= set(folders)
        [own] = [folder for folder in folders if folder.name.startswith("Kh")]
        assert own == Folder("Khách hàng", "") and box.open(own.name).exists == 1


def test_what_was_sent_is_put_into_the_folder_of_what_was_sent(mailbox):
    with Box(mailbox.login) as box:
        box.append("Sent", letter(7))
        assert box.open("Sent").exists == 1 and box.find("<7@khach.vn>")
        assert box.raw(box.uids_from(1)[0]) == letter(7)
    assert mailbox.is_seen()


def test_numbers_that_changed_are_noticed(mailbox):
    mailbox.deliver(letter(1), letter(2))
    with Box(mailbox.login) as box:
        before = box.open("INBOX")
        ids = set(box.headers(box.uids_from(1)).values())
    mailbox.renumber()
    with Box(mailbox.login) as box:
        after = box.open("INBOX")
        assert after.uidvalidity != before.uidvalidity
        assert set(box.headers(box.uids_from(1)).values()) == ids


def test_ten_thousand_messages_are_counted_and_named(mailbox, monkeypatch):
    monkeypatch.setattr(imap, "_SEARCHED", 3_000)
    mailbox.deliver(*map(letter, range(10_000)))
    with Box(mailbox.login) as box:
        assert box.open("INBOX").exists == 10_000
        uids = box.uids_from(1)
        assert len(uids) == 10_000 and uids == sorted(uids)
        assert len(set(box.headers(uids).values())) == 10_000


def test_a_message_of_thirty_megabytes_is_fetched_whole(mailbox):
    raw = letter(1) + b"".join(b"%076d\r\n" % number for number in range(390_000))
    mailbox.deliver(raw)
    with Box(mailbox.login) as box:
        box.open("INBOX")
        [uid] = box.uids_from(1)
        assert box.sizes([uid]) == {uid: len(raw)} and len(raw) > 30_000_000
        assert box.raw(uid) == raw


def test_people_sign_in_in_every_way(mailbox, dovecot):
    tokened = replace(mailbox.login, password="", token=f"{TOKEN}/{mailbox.login.user}")
    started = replace(mailbox.login, port=dovecot.port, security="starttls")
    plain = replace(started, security="none")  # within PHEU_MAIL_NETWORKS
    for login in (mailbox.login, tokened, started, plain):
        with Box(login) as box:
            assert box.open("INBOX").exists == 0


def test_a_wrong_password_and_a_token_that_ran_out_are_told_apart(mailbox):
    wrong = refused(replace(mailbox.login, password="sai"))
    assert wrong.code == "password" and wrong.permanent and "uthentication failed" in wrong.reply
    wrong = refused(replace(mailbox.login, password="", token="het-han"))
    assert wrong.code == "token" and wrong.permanent


def test_a_certificate_must_be_of_that_name_and_of_somebody_trusted(mailbox, dovecot, monkeypatch):
    assert refused(replace(mailbox.login, host="127.0.0.1")).code == "certificate"
    monkeypatch.delenv("SSL_CERT_FILE")
    assert refused(mailbox.login).code == "certificate"
    assert refused(replace(mailbox.login, port=dovecot.port, security="starttls")).code == "certificate"


def test_encryption_is_not_given_up(mailbox, dovecot, settings):
    assert refused(replace(mailbox.login, port=dovecot.port)).code == "encryption"  # no TLS there
    login = replace(mailbox.login, security="starttls")
    for said in (
        [b"* OK\r\n", b"* CAPABILITY IMAP4rev1\r\nTAG OK done\r\n"],  # stripped
        [b"* PREAUTH\r\n", b"* CAPABILITY IMAP4rev1 STARTTLS\r\nTAG OK done\r\n"],
    ):
        with answering(*said) as port:
            stripped = refused(replace(login, port=port))
        assert stripped.code == "encryption" and stripped.permanent
    with answering(b"* OK\r\n", b"* CAPABILITY IMAP4rev1 STARTTLS\r\nTAG OK done\r\n", b"TAG NO no\r\n") as port:
        assert refused(replace(login, port=port)).code == "refused"


def test_a_password_is_not_said_where_others_hear_it(mailbox, dovecot, monkeypatch):
    monkeypatch.setattr("pheu.core.hosts.may_be_reached", lambda _address, _allowed: True)
    monkeypatch.setattr("pheu.messaging.channels.email.hosts.is_ours", lambda _address: False)
    assert refused(replace(mailbox.login, port=dovecot.port, security="none")).code == "encryption"


CAPABLE = b"* CAPABILITY IMAP4rev1\r\nTAG OK done\r\n"


@pytest.mark.parametrize(
    ("said", "then", "code"),
    [
        ([], "hang", "slow"),
        ([], "hang up", "dropped"),
        ([b"HTTP/1.1 400 Bad Request\r\n"], "hang up", "protocol"),
        ([b"* BYE too many\r\n"], "hang up", "refused"),
        ([b"* OK\r\n", CAPABLE], "hang", "slow"),
        ([b"* OK\r\n", CAPABLE, b"* BYE\r\n"], "hang up", "dropped"),
        ([b"* OK\r\n", CAPABLE, b"TAG NO [UNAVAILABLE] later\r\n"], "hang up", "later"),
        ([b"* OK\r\n", CAPABLE, b"TAG OK done\r\n", b"* LIST (((\r\nTAG OK done\r\n"], "hang up", "protocol"),
        ([b"* OK\r\n", CAPABLE, b"TAG OK done\r\n", b"\xff\xfe" * 99 + b"\r\n"], "hang up", "protocol"),
    ],
)  # fmt: skip
def test_a_server_that_is_none_is_refused_in_time(said, then, code):
    with answering(*said, then=then) as port:
        got = refused(imap.Login("127.0.0.1", port, "none", "an", "x"), timeout=0.3)
    assert got.code == code


def test_secrets_are_not_told_with_a_login():
    login = imap.Login("a", 1, "tls", "an", "mat-khau", "the-token")
    assert "mat-khau" not in repr(login) and "the-token" not in repr(login)
