"""The mail servers that tests may ask for."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .servers import Certificates, Dovecot, Mailbox, Recorder, make_certificates, running_dovecot, running_recorder


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(autouse=True)
def _files_of_their_own(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def trusted(certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> None:
    """This machine trusts the authority of the tests."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates.authority))


@pytest.fixture(scope="session")
def dovecot(certificates: Certificates) -> Iterator[Dovecot]:
    with running_dovecot(certificates) as server:
        yield server


@pytest.fixture
def mailbox(dovecot: Dovecot, trusted: None) -> Mailbox:
    """Somebody's empty mailbox on a real server."""
    return dovecot.mailbox()


@pytest.fixture(scope="session")
def only_recorder(certificates: Certificates) -> Iterator[Recorder]:
    with running_recorder(certificates) as recorder:
        yield recorder


@pytest.fixture
def recorder(only_recorder: Recorder, trusted: None) -> Recorder:
    """A server that keeps what it is sent, and has no faults yet."""
    only_recorder.forget()
    return only_recorder
