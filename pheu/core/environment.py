"""What the operator says through the environment, read once by the settings.

Everything here is a pure reading of variables and of files in `PHEU_HOME`; nothing starts or stops.
The table of variables is in `docs/guide`.
"""

import os
import secrets
from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from psycopg.conninfo import conninfo_to_dict

from pheu.core import postgres

ROOT = Path(__file__).resolve().parents[2]
CONNECTION_KEYS = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
# Milliseconds that one statement may take (ADR 8). Commands take the time they need: a migration, a new index.
STATEMENT_TIMEOUTS = {"web": 5_000, "worker": 300_000}
MAIL_PORTS = {"smtp": 25, "smtp+tls": 587, "smtps": 465}


class WrongSetting(ValueError):
    """A variable holds something that cannot be meant; the text says which and what is expected."""


def home() -> Path:
    """The directory that holds everything this installation keeps (`PHEU_HOME`, default `./var`)."""
    return ROOT / os.environ.get("PHEU_HOME", "var")


def flag(name: str) -> bool:
    """Whether the variable is set to 1, true, yes or on."""
    return os.environ.get(name, "").lower() in {"1", "true", "yes", "on"}


def number(name: str, default: int) -> int:
    """A whole number from the environment; `WrongSetting` for anything else."""
    text = os.environ.get(name) or str(default)
    if not text.isascii() or not text.isdigit():
        raise WrongSetting(f"{name} must be a whole number, not {text!r}.")
    return int(text)


def networks(name: str) -> list[IPv4Network | IPv6Network]:
    """Networks (CIDR) with commas or spaces between them; `WrongSetting` for anything else."""
    given = os.environ.get(name, "").replace(",", " ").split()
    try:
        return [ip_network(one) for one in given]
    except ValueError as error:
        raise WrongSetting(f"{name} must be networks like 10.0.0.0/8: {error}.") from error


def base_url() -> str:
    """The address people type (`PHEU_BASE_URL`), without a slash at the end; by default this machine's."""
    url = os.environ.get("PHEU_BASE_URL") or f"http://localhost:{number('PORT', 8000)}"
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise WrongSetting(f"PHEU_BASE_URL must look like https://crm.example.vn, not {url!r}.")
    return url.rstrip("/")


def is_public() -> bool:
    """Whether people from outside reach this installation: an https address that is not this machine's own."""
    parts = urlsplit(base_url())
    return parts.scheme == "https" and parts.hostname not in {"localhost", "127.0.0.1", "::1"}


def secret_key(directory: Path) -> str:
    """`SECRET_KEY` from the environment, else the one kept in `directory`, made on first use."""
    if given := os.environ.get("SECRET_KEY"):
        return given
    kept = directory / "secret_key"
    if not kept.exists():
        _keep_new_secret(kept)
    return kept.read_text().strip()


def _keep_new_secret(kept: Path) -> None:
    postgres.make_home(kept.parent)
    draft = kept.with_name(f"{kept.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(secrets.token_urlsafe(50))
    try:
        # A link is made or refused in one step: of two processes that start together, both read the first one's key.
        os.link(draft, kept)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def process() -> str:
    """What this process does: a key of STATEMENT_TIMEOUTS, or nothing for a command."""
    return os.environ.get("PHEU_PROCESS", "")


def connection(directory: Path, process: str) -> dict[str, Any]:
    """libpq's parameters of a connection to `DATABASE_URL`, or to the embedded server of `directory`.

    With `PHEU_DIRECT_DATABASE_URL`, `DATABASE_URL` is a pooler that only the web uses. A pooler refuses or forgets what
    is asked for at the start of a connection, so there the timeout comes with the role.
    """
    pooled, direct = os.environ.get("DATABASE_URL"), os.environ.get("PHEU_DIRECT_DATABASE_URL")
    if pooled and direct and process == "web":
        return conninfo_to_dict(pooled)
    given = conninfo_to_dict(direct or pooled or postgres.conninfo(directory))
    options = f"{given.get('options', '')} -c statement_timeout={STATEMENT_TIMEOUTS.get(process, 0)}"
    return {**given, "options": options.strip()}


def database(directory: Path, pool_size: int) -> dict[str, object]:
    """Django's description of the database, as this process connects to it."""
    given = connection(directory, process())
    described: dict[str, object] = {name: given.pop(key, "") for key, name in CONNECTION_KEYS.items()}
    # Requests beyond the pool wait, and fail after 5 s instead of hanging.
    pool = {"min_size": 1, "max_size": pool_size, "timeout": 5, "max_lifetime": 1800}
    options = {**given, "pool": pool}
    return {"ENGINE": "pheu.core.database", "CONN_HEALTH_CHECKS": True, **described, "OPTIONS": options}


def mail(environ: Mapping[str, str], directory: Path) -> dict[str, object]:
    """Django's mail settings from `EMAIL_URL` (smtp, smtp+tls or smtps); without it, files in `directory`."""
    url = environ.get("EMAIL_URL")
    if not url:
        return {
            "EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend",
            "EMAIL_FILE_PATH": directory / "mail",
        }
    parts = urlsplit(url)
    if parts.scheme not in MAIL_PORTS or not parts.hostname:
        raise WrongSetting("EMAIL_URL must look like smtp+tls://user:password@mail.example.vn:587.")
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or MAIL_PORTS[parts.scheme],
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": parts.scheme == "smtp+tls",
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_TIMEOUT": 20,
    }
