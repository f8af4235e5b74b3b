"""Nobody reaches into our own network by naming a mail server (quality.md 3, SSRF)."""

import socket
from ipaddress import ip_address, ip_network

import pytest

from pheu.core import hosts
from pheu.core.hosts import Refused

INSIDE = [
    "0.0.0.0",  # noqa: S104
    "127.0.0.1", "127.9.9.9", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254",
    "100.64.0.1", "0.1.2.3", "192.0.0.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.2.1",
    "::", "::1", "::ffff:127.0.0.1", "::ffff:a9fe:a9fe", "::127.0.0.1", "::a9fe:a9fe", "fe80::1", "fc00::1",
    "fd12::1", "fec0::1", "ff02::1", "2002:7f00:1::", "2002:a9fe:a9fe::1", "64:ff9b::7f00:1", "64:ff9b::10.0.0.1",
    "64:ff9b:1::1", "2001:db8::1", "2001:0:7f00:1::", "100::1", "4000::1",
]  # fmt: skip
OUTSIDE = ["8.8.8.8", "203.162.4.190", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::"]


@pytest.mark.parametrize("address", INSIDE)
def test_what_is_not_the_open_internet_is_not_reached(address):
    assert not hosts.may_be_reached(ip_address(address))


@pytest.mark.parametrize("address", OUTSIDE)
def test_the_open_internet_is(address):
    assert hosts.may_be_reached(ip_address(address))


def test_what_the_operator_allows_is_reached_in_every_form():
    allowed = [ip_network("10.0.0.0/8"), ip_network("fd00::/8")]
    for address in ("10.1.2.3", "::ffff:10.1.2.3", "64:ff9b::10.1.2.3", "fd12::1"):
        assert hosts.may_be_reached(ip_address(address), allowed)
    for address in ("11.0.0.1", "127.0.0.1", "::1", "192.168.1.1"):
        assert hosts.may_be_reached(ip_address(address), allowed) == (address == "11.0.0.1")


@pytest.fixture
def reached(monkeypatch):
    """Where connections were tried; every one fails."""
    tried: list[str] = []

    def create(where, _timeout):
        tried.append(where[0])
        raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.setattr(socket, "create_connection", create)
    return tried


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "LOCALHOST.",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "017700000001",
        "0",
        "::1",
        "::ffff:127.0.0.1",
    ],
)
def test_no_spelling_of_this_machine_is_connected_to(reached, host):
    with pytest.raises(Refused) as caught:
        hosts.connect(host, 993, timeout=1)
    assert caught.value.code == "forbidden" and caught.value.permanent and reached == []


def names(monkeypatch, *answers: list[str]) -> list[str]:
    """What each look-up of a name answers; the hosts that were asked for."""
    asked: list[str] = []

    def look_up(host, port, **_how):
        asked.append(host)
        return [(0, 0, 0, "", (address, port)) for address in answers[len(asked) - 1]]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return asked


def test_a_name_is_looked_up_once_and_only_good_addresses_are_tried(monkeypatch, reached):
    asked = names(monkeypatch, ["8.8.8.8", "127.0.0.1", "fe80::1%eth0", "8.8.8.8"], ["127.0.0.1"])
    with pytest.raises(Refused) as caught:
        hosts.connect("doi-dia-chi.example", 993, timeout=1)
    assert caught.value.code == "unreachable" and not caught.value.permanent
    assert asked == ["doi-dia-chi.example"] and reached == ["8.8.8.8"]


@pytest.mark.parametrize("host", ["", " ", "a" * 64 + ".vn", "a\0b", ".", "a..b", "khong-co.invalid"])
def test_what_is_no_host_is_said(host, monkeypatch):
    def look_up(name, port, **how):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    if host.endswith(".invalid"):
        monkeypatch.setattr(socket, "getaddrinfo", look_up)
    with pytest.raises(Refused) as caught:
        hosts.connect(host, 993, timeout=1)
    assert caught.value.code == "host" and caught.value.permanent


def test_a_server_that_does_not_answer_or_is_not_there_is_said(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(Refused) as caught:
        hosts.connect("127.0.0.1", port, timeout=1, allowed=[ip_network("127.0.0.0/8")])
    assert caught.value.code == "unreachable" and caught.value.reply == "Connection refused"

    def hang(_where, _timeout):
        raise TimeoutError

    monkeypatch.setattr(socket, "create_connection", hang)
    with pytest.raises(Refused) as caught:
        hosts.connect("127.0.0.1", port, timeout=1, allowed=[ip_network("127.0.0.0/8")])
    assert caught.value.code == "slow" and not caught.value.permanent


def test_what_servers_say_is_fit_to_be_shown():
    assert hosts.said(b"550 \xff no\r\n\x00\x1b[31m user\x00") == "550 \ufffd no [31m user"
    assert hosts.said("a\u202eb") == "a b" and len(hosts.said("a" * 9999)) == 500
