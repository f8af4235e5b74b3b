"""How the suite runs: who gets which test, and how the database is emptied between those with real transactions."""

from functools import cache
from pathlib import Path
from typing import Any

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
