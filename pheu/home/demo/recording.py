"""The demo company from a file: built once through the acts, kept as rows, and told again as of today.

`bin/pheu demo --record` builds it and writes the file; `restore` reads it in seconds into an empty database. The file
holds what `copy` gives of every table, seeds included. A restored company is as old as the recorded one was: every day
in it, in columns and in JSON alike, moves by as many days as have passed. It was recorded before the day's work began,
so nothing but plans lies after any hour of today; whoever restores it earlier than that gets yesterday.
"""

import json
import lzma
import re
from collections import deque
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from django.apps import apps
from django.contrib.auth.hashers import make_password
from django.contrib.postgres.fields import ArrayField
from django.db import connection, models, transaction
from django.utils import timezone
from psycopg import sql

from pheu.home.demo import chapters
from pheu.home.demo.appointments import fill_calendars
from pheu.home.demo.letters import give_templates, write_to_each_other
from pheu.home.demo.signins import DOMAIN, PASSWORD, demo_people
from pheu.people.models import User
from pheu.records import counter_triggers
from pheu.records.models import Counter, GroupCounter

FILE = Path(__file__).with_name("company.xz")
MORNING = time(6, 30)
# Kept by triggers; nothing of it is ours to write.
DERIVED = {Counter, GroupCounter}
DAY = re.compile(r"\b20\d\d-[01]\d-[0-3]\d(?=\b|T)")


@dataclass(frozen=True)
class Table:
    name: str
    columns: list[str]
    rows: str


def morning(of: datetime | None = None) -> datetime:
    """The moment as of which a company is recorded."""
    day = timezone.localtime(of or timezone.now()).date()
    return timezone.make_aware(datetime.combine(day, MORNING))


def last_morning(now: datetime) -> datetime:
    """The latest of those moments that has come."""
    return morning(now) if morning(now) <= now else morning(now - timedelta(days=1))


def write(at: datetime, file: Path = FILE) -> None:
    """Keep everything that is in the database, as of `at`."""
    with connection.cursor() as cursor:
        tables = [vars(_read(cursor, model)) for model in _models()]
        cursor.execute("select sequencename, last_value from pg_sequences where schemaname = current_schema()")
        numbers = {name: last for name, last in cursor.fetchall() if last is not None and _is_ours(name)}
    told = {"day": timezone.localtime(at).date().isoformat(), "sequences": numbers, "tables": tables}
    file.write_bytes(lzma.compress(json.dumps(told, ensure_ascii=False).encode(), preset=9 | lzma.PRESET_EXTREME))


@transaction.atomic
def restore(file: Path = FILE, *, now: datetime | None = None) -> None:
    """Fill an empty database with the recorded company as of today."""
    told = json.loads(lzma.decompress(file.read_bytes()))
    now = now or timezone.now()
    passed = timezone.localtime(last_morning(now)).date() - date.fromisoformat(told["day"])
    by_name = {model._meta.db_table: model for model in _models()}
    tables = [Table(**one) for one in told["tables"] if one["name"] in by_name]
    with connection.cursor() as cursor:
        for table in reversed(tables):  # what the migrations planted comes again
            cursor.execute(sql.SQL("delete from {}").format(sql.Identifier(table.name)))
        for table in tables:
            _put(cursor, by_name[table.name], table, passed)
        for name, last in told["sequences"].items():
            _count_on(cursor, name, last)
    counter_triggers.watch_all()  # by the fields that came with the rows
    demo_people().update(password=make_password(PASSWORD))  # as this product hashes it today
    deque(chapters.files(now=now), maxlen=0)
    fill_calendars()
    give_templates(User.objects.get(email=f"dung@{DOMAIN}"))
    write_to_each_other(User.objects.get(email=f"an@{DOMAIN}"))


def _count_on(cursor: Any, sequence: str, last: int) -> None:
    """Let a sequence go on after `last`, never back to numbers that are given out: no rollback would undo that."""
    cursor.execute("select to_regclass(%s) is not null", [sequence])
    if cursor.fetchone() == (True,):
        statement = sql.SQL("select setval(%s, greatest(%s, last_value)) from {}").format(sql.Identifier(sequence))
        cursor.execute(statement, [sequence, last])


def _models() -> list[Any]:
    ours = (model for model in apps.get_models(include_auto_created=True) if model.__module__.startswith("pheu."))
    return [model for model in ours if model not in DERIVED and not model._meta.proxy]


def _is_ours(sequence: str) -> bool:
    return not sequence.startswith(("django_", "auth_", "account_", "procrastinate_", "mfa_", "usersessions_"))


def _written(model: Any) -> dict[str, Any]:
    """The fields whose columns are written; a generated one is the database's."""
    return {str(one.column): one for one in model._meta.local_concrete_fields if not one.generated}


def _read(cursor: Any, model: Any) -> Table:
    columns = list(_written(model))
    given = sql.SQL("copy (select {} from {} order by {}) to stdout").format(
        sql.SQL(", ").join(map(sql.Identifier, columns)),
        sql.Identifier(model._meta.db_table),
        sql.Identifier(model._meta.pk.column),
    )
    with cursor.copy(given) as copy:
        return Table(model._meta.db_table, columns, b"".join(copy).decode())


def _put(cursor: Any, model: Any, table: Table, passed: timedelta) -> None:
    """The rows of a table, days moved; columns that came later have their defaults, those that went are left out."""
    fields = _written(model)
    kept = [at for at, column in enumerate(table.columns) if column in fields]
    later = [one for column, one in fields.items() if column not in table.columns]
    columns = [*(table.columns[at] for at in kept), *(str(one.column) for one in later)]
    more = "".join(f"\t{_default(one)}" for one in later)
    into = sql.SQL("copy {} ({}) from stdin").format(
        sql.Identifier(table.name), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with cursor.copy(into) as copy:
        for line in _moved(table.rows, passed).removesuffix("\n").split("\n") if table.rows else ():
            cells = line.split("\t") if len(kept) < len(table.columns) else [line]
            copy.write("\t".join(cells[at] for at in kept) + more + "\n" if len(cells) > 1 else f"{line}{more}\n")


def _moved(rows: str, passed: timedelta) -> str:
    seen: dict[str, str] = {}

    def later(found: re.Match[str]) -> str:
        day = found[0]
        if day not in seen:
            seen[day] = (date.fromisoformat(day) + passed).isoformat()
        return seen[day]

    return DAY.sub(later, rows)


def _default(field: models.Field) -> str:
    value: Any = field.get_default()
    if isinstance(field, ArrayField):
        return "{" + ",".join(map(str, value or ())) + "}"
    if isinstance(value, dict | list | bool):
        return json.dumps(value)
    return r"\N" if value is None else str(value)
