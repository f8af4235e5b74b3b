"""How the suite runs: who gets which test, and how the database is emptied between those with real transactions."""

from collections.abc import Iterator
from datetime import date
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from psycopg import sql
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

from pheu.core.again import in_one_go


class Shares(LoadScopeScheduling):
    """Tests go to whichever worker is free; a module marked `one_worker` goes to one, as making its rows takes longest.

    `--dist loadgroup` would do, but does nothing with pytest 9.2: pytest-xdist issue 1386.
    """

    def _split_scope(self, nodeid: str) -> str:
        module = nodeid.partition("::")[0]
        return module if asks_for_one_worker(self.config.rootpath / module) else nodeid


@cache
def asks_for_one_worker(module: Path) -> bool:
    return "mark.one_worker" in module.read_text("utf-8")


MADE = "pheu_made_"
DRAWN = {"static", "templates", "__pycache__"}  # what no database is made of


def made_once() -> str:
    """The name of a database that all migrations have been through, which those of all workers are copied from.

    To go through them takes twenty seconds. It is kept, with its server, until anything that it may be made of changes.
    """
    name = MADE + _made_of()
    with connection._nodb_cursor() as cursor:
        cursor.execute("select pg_advisory_lock(hashtext(%s))", [MADE])  # one worker makes it, the others wait
        cursor.execute("select datname from pg_database where starts_with(datname, %s)", [MADE])
        there = {row[0] for row in cursor.fetchall()}
        if name not in there:
            for one in there:
                cursor.execute(sql.SQL("drop database {}").format(sql.Identifier(one)))
            draft = _made()
            cursor.execute(
                sql.SQL("alter database {} rename to {}").format(sql.Identifier(draft), sql.Identifier(name))
            )
    return name


def _made() -> str:
    """A database of another name than the tests', made as Django makes theirs, that nobody is in any more."""
    of_tests, usual = connection.settings_dict["TEST"]["NAME"], connection.settings_dict["NAME"]
    connection.settings_dict["TEST"]["NAME"] = draft = f"draft_{of_tests}"
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    connection.close()
    connection.close_pool()
    connection.settings_dict["TEST"]["NAME"] = of_tests
    connection.settings_dict["NAME"] = settings.DATABASES["default"]["NAME"] = usual
    return draft


def _made_of() -> str:
    """A figure for all that a new database may be made of: code, migrations, lists; and the day, which seeds know."""
    figure = blake2b(str(date.today()).encode(), digest_size=8)  # noqa: DTZ011 (any day will do)
    for path in _sources():
        figure.update(str(path).encode() + path.read_bytes())
    return figure.hexdigest()


def _sources() -> Iterator[Path]:
    yield settings.BASE_DIR / "requirements.txt"
    for place in ("config", "pheu"):
        for path in sorted((settings.BASE_DIR / place).rglob("*")):
            if path.is_file() and not path.name.startswith("test_") and not DRAWN & {*path.parts}:
                yield path


def empty_by_rows() -> None:
    """From now on `flush` deletes rows, of which a test leaves few, and truncates no tables, of which there are many.

    Only a superuser may leave triggers out; for others it stays as Django has it.
    """
    with connection.cursor() as cursor:
        cursor.execute("select current_setting('is_superuser') = 'on'")
        if cursor.fetchone() == (True,):
            # Of every connection: Playwright's loop brings another one.
            setattr(type(connection.ops), "sql_flush", emptied)  # noqa: B010 (mypy knows it as a method)
            setattr(type(connection.ops), "execute_sql_flush", patiently)  # noqa: B010


def emptied(_ops: Any, _style: Any, tables: list[str], **_how: Any) -> list[sql.Composable]:
    names = [sql.Identifier(table) for table in (*tables, "core_cache")]  # of which no model knows
    unasked = sql.SQL("set local session_replication_role = replica")  # foreign keys, and events that may not go
    waits_for_writers = sql.SQL("lock table {} in exclusive mode").format(sql.SQL(", ").join(names))
    return [unasked, waits_for_writers, *(sql.SQL("delete from {}").format(name) for name in names)]


def patiently(ops: Any, statements: list[sql.Composable]) -> None:
    """A browser that was left may still be answered: of a request and a flush that wait for each other, both go on."""

    def run() -> None:
        with ops.connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)

    in_one_go(run)
