"""Is `statement_timeout` in force for the web and the worker? Asked of the server at start and by `bin/pheu doctor`.

A page that waits for a statement holds a thread and a connection; without a limit a few of them hold the whole site.
Why each process asks for its own is told in ADR 8.
"""

import psycopg

from pheu.core import environment
from pheu.core.environment import STATEMENT_TIMEOUTS
from pheu.core.processes import both

ASKED = "select setting::int from pg_settings where name = 'statement_timeout'"
PATIENCE = 10  # seconds to connect


def fault_of(process: str) -> str:
    """What the operator should mend so that no statement of this process lasts; empty when all is well.

    A server that cannot be reached is not told of here: the web waits for it, and `doctor` says so by itself.
    """
    wanted = STATEMENT_TIMEOUTS[process]
    parameters = {"connect_timeout": PATIENCE, **environment.connection(environment.home(), process)}
    try:
        with psycopg.connect(**parameters, autocommit=True) as connection:
            [(held,)] = connection.execute(ASKED).fetchall()
    except psycopg.OperationalError as error:
        return _pooler(process) if "startup parameter" in str(error) else ""
    if held == wanted or (process == "web" and 0 < held < wanted):
        return ""
    return _role(wanted) if process == "web" and "options" not in parameters else _pooler(process)


def _role(wanted: int) -> str:
    remedy = f"ALTER ROLE ... SET statement_timeout = '{wanted}ms'"
    return both(
        f"DATABASE_URL chưa giới hạn thời gian của một câu lệnh. Hãy chạy: {remedy} (rồi RECONNECT ở pgbouncer)",
        f"DATABASE_URL sets no limit on a statement's time. Run: {remedy} (then RECONNECT in pgbouncer)",
    )


def _pooler(process: str) -> str:
    return both(
        f"Máy chủ không nhận statement_timeout mà {process} yêu cầu: có lẽ DATABASE_URL đi qua pgbouncer. Hãy đặt "
        "PHEU_DIRECT_DATABASE_URL là địa chỉ trực tiếp của PostgreSQL.",
        f"The server does not take the statement_timeout that the {process} asks for: DATABASE_URL probably leads "
        "through a pooler. Set PHEU_DIRECT_DATABASE_URL to the address of PostgreSQL itself.",
    )
