"""Secrets that people entrust to us, such as a mailbox's password: in the database sealed, the key outside of it.

The key follows from `SECRET_KEY` (kept in `PHEU_HOME` or given by the environment); what was sealed with one of
`SECRET_KEY_FALLBACKS` still opens. A copy of the database alone tells nothing.
"""

import base64

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.utils.encoding import force_bytes

PURPOSE = b"pheu: secrets of other systems"


def seal(secret: str) -> bytes:
    return _keys().encrypt(secret.encode())


def unseal(sealed: bytes) -> str | None:
    """None where no key of ours opens it: it came from another installation, or was changed."""
    try:
        return _keys().decrypt(bytes(sealed)).decode()
    except InvalidToken:
        return None


def _keys() -> MultiFernet:
    return MultiFernet([Fernet(_key(one)) for one in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])


def _key(secret_key: str | bytes) -> bytes:
    derived = HKDF(SHA256(), length=32, salt=None, info=PURPOSE).derive(force_bytes(secret_key))
    return base64.urlsafe_b64encode(derived)
