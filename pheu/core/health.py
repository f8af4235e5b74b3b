"""`GET /healthz`: are the database, its migrations and a worker well?

Other apps add an examination of what they keep, which `bin/pheu doctor` and the end of every database test make:

    @examination("copies")
    def differing_copies() -> Iterator[str]: ...
"""

from collections.abc import Callable, Iterable

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

WORKER_SILENCE = 30  # seconds; three missed heartbeats
WELL, ILL, UNKNOWN = "ok", "failed", "unknown"
# Gives a line for each thing that is not as it should be.
Examination = Callable[[], Iterable[str]]
_examinations: dict[str, Examination] = {}


@require_safe
@never_cache
@login_not_required
def health(request: HttpRequest) -> JsonResponse:
    """200 when all is well, else 503; each part is `ok`, `failed` or, without a database, `unknown`."""
    parts = checkup()
    return JsonResponse(parts, status=200 if set(parts.values()) == {WELL} else 503)


def checkup() -> dict[str, str]:
    """The state of database, migrations and worker."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("select 1")
        return {"database": WELL, "migrations": _migrations(), "worker": _worker()}
    except DatabaseError:
        return {"database": ILL, "migrations": UNKNOWN, "worker": UNKNOWN}


def _migrations() -> str:
    executor = MigrationExecutor(connection)
    return ILL if executor.migration_plan(executor.loader.graph.leaf_nodes()) else WELL


def _worker() -> str:
    """A worker is well when it wrote its heartbeat lately."""
    if "procrastinate_workers" not in connection.introspection.table_names():
        return ILL
    with connection.cursor() as cursor:
        cursor.execute(
            "select exists(select from procrastinate_workers where last_heartbeat > now() - make_interval(secs => %s))",
            [WORKER_SILENCE],
        )
        [(alive,)] = cursor.fetchall()
    return WELL if alive else ILL


def examination(name: str) -> Callable[[Examination], Examination]:
    """Add a thorough look at data, which may read every row."""

    def add(look: Examination) -> Examination:
        _examinations[name] = look
        return look

    return add


def examine() -> dict[str, list[str]]:
    """What every examination found; an empty list is good."""
    return {name: list(look()) for name, look in _examinations.items()}
