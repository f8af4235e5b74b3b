"""Web push on the wire: a message that only one browser can open (RFC 8291 over RFC 8188), signed by us (RFC 8292).

The signing key follows from `SECRET_KEY`, as what is sealed does (`core.sealed`): with another one browsers ask anew.
"""

import base64
import http.client
import json
import os
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from django.utils.encoding import force_bytes

from pheu.core import hosts

PURPOSE = b"pheu: signing of web push"
CURVE = ec.SECP256R1()
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256 (FIPS 186-5)
RECORD = 4096  # bytes of a sealed message at most, which every push service takes (RFC 8030, 7.2)
MOST = RECORD - 16 - 1 - 86  # bytes of the message itself: without seal, end mark and head
VALID = 12 * 3600  # seconds that a signature holds; more than a day is refused
TIMEOUT = 10.0


@dataclass(frozen=True)
class Browser:
    """Where a browser is told of messages, and what seals them for it: its public point and a secret of 16 bytes."""

    endpoint: str
    point: bytes
    secret: bytes


def as_text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def as_bytes(text: str) -> bytes:
    """`ValueError` for what is no base64 of addresses, padded or not."""
    bare = text.rstrip("=")
    return base64.b64decode(bare + "=" * (-len(bare) % 4), altchars=b"-_", validate=True)


def read_browser(endpoint: str, point: str, secret: str) -> Browser:
    """What a browser says of itself; `ValueError` for what no push service would name."""
    parts = urlsplit(endpoint)
    if parts.scheme != "https" or not parts.hostname or parts.username is not None or parts.fragment:
        raise ValueError(endpoint)
    if parts.port == 0 or not endpoint.isascii() or any(sign <= " " for sign in endpoint):
        raise ValueError(endpoint)
    told = Browser(endpoint, as_bytes(point), as_bytes(secret))
    if len(told.point) != 65 or len(told.secret) != 16:
        raise ValueError(point)
    ec.EllipticCurvePublicKey.from_encoded_point(CURVE, told.point)
    return told


def seal(
    message: bytes, browser: Browser, *, key: ec.EllipticCurvePrivateKey | None = None, salt: bytes = b""
) -> bytes:
    """The message as one record of aes128gcm; with a key and a salt that are new each time."""
    key, salt = key or ec.generate_private_key(CURVE), salt or os.urandom(16)
    own = _point(key)
    shared = key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(CURVE, browser.point))
    secret = _derived(shared, browser.secret, b"WebPush: info\0" + browser.point + own, 32)
    cipher = AESGCM(_derived(secret, salt, b"Content-Encoding: aes128gcm\0", 16))
    sealed = cipher.encrypt(_derived(secret, salt, b"Content-Encoding: nonce\0", 12), message + b"\2", None)
    return salt + RECORD.to_bytes(4) + len(own).to_bytes(1) + own + sealed


def public_key() -> str:
    """By which browsers know our messages, as their `applicationServerKey`."""
    return as_text(_point(_own_key()))


def signature(endpoint: str, site: str) -> str:
    """The `Authorization` of a message: whose it is, and that it is for this service and for some hours only."""
    parts = urlsplit(endpoint)
    told = {"aud": f"https://{parts.netloc}", "exp": int(time.time()) + VALID, "sub": site}
    signed = ".".join(as_text(json.dumps(one).encode()) for one in ({"typ": "JWT", "alg": "ES256"}, told))
    r, s = utils.decode_dss_signature(_own_key().sign(signed.encode(), ec.ECDSA(SHA256())))
    return f"vapid t={signed}.{as_text(r.to_bytes(32) + s.to_bytes(32))}, k={public_key()}"


def send(message: bytes, browser: Browser, *, site: str, lasts: int) -> int:
    """Hand the message over; the status that the service answers. It keeps it for `lasts` seconds at most.

    `core.hosts.Refused` where it is not reached, or stands where nobody but ourselves may go.
    """
    parts = urlsplit(browser.endpoint)
    port = parts.port or 443
    line = hosts.connect(str(parts.hostname), port, timeout=TIMEOUT, allowed=settings.PUSH_NETWORKS)
    way = http.client.HTTPSConnection(str(parts.hostname), port)
    with line, hosts.secured(line, str(parts.hostname)) as way.sock:
        try:
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            way.request("POST", path, seal(message, browser), _head(browser.endpoint, site, lasts))
            return way.getresponse().status
        except (OSError, http.client.HTTPException) as error:
            raise hosts.Refused("dropped") from error


def _head(endpoint: str, site: str, lasts: int) -> dict[str, Any]:
    return {
        "Authorization": signature(endpoint, site),
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(lasts),
        "Urgency": "high",
    }


def _own_key() -> ec.EllipticCurvePrivateKey:
    wide = _derived(force_bytes(settings.SECRET_KEY), None, PURPOSE, 48)  # so much wider that no number is likelier
    return ec.derive_private_key(int.from_bytes(wide) % (ORDER - 1) + 1, CURVE)


def _derived(key: bytes, salt: bytes | None, info: bytes, length: int) -> bytes:
    return HKDF(SHA256(), length=length, salt=salt, info=info).derive(key)


def _point(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
