"""The cache that all processes share: the table `core_cache`, one statement for each question or change.

Django's own DatabaseCache counts the table on every set, and throws entries away that are still good once there are
300 of them: a rate limit would be forgotten as soon as enough people are limited. Here an entry stays until its time
is over; `core.jobs` then sweeps it. Values are JSON, because what is read from a table must not run as a pickle does.
"""

import json
import math
import time
from collections.abc import Collection, Iterable
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.db import connection

# An entry whose time is over counts for nothing: `add` takes its place in the same statement.
ADD = """
    insert into core_cache (cache_key, value, expires) values (%(key)s, %(value)s, to_timestamp(%(expires)s))
    on conflict (cache_key) do update set value = excluded.value, expires = excluded.expires
    where core_cache.expires <= to_timestamp(%(now)s)
"""
SET = """
    insert into core_cache (cache_key, value, expires) values (%(key)s, %(value)s, to_timestamp(%(expires)s))
    on conflict (cache_key) do update set value = excluded.value, expires = excluded.expires
"""
TOUCH = """
    update core_cache set expires = to_timestamp(%(expires)s)
    where cache_key = %(key)s and expires > to_timestamp(%(now)s)
"""
GET = "select cache_key, value from core_cache where cache_key = any(%(keys)s) and expires > to_timestamp(%(now)s)"
DELETE = "delete from core_cache where cache_key = any(%(keys)s)"
CLEAR = "delete from core_cache"


class TableCache(BaseCache):
    def __init__(self, _location: str, params: dict[str, Any]) -> None:
        super().__init__(params)

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        return self.get_many([key], version).get(key, default)

    def get_many(self, keys: Iterable[str], version: int | None = None) -> dict[str, Any]:
        wanted = {self.make_and_validate_key(key, version): key for key in keys}
        with connection.cursor() as cursor:
            cursor.execute(GET, {"keys": list(wanted), "now": time.time()})
            return {wanted[key]: json.loads(value) for key, value in cursor.fetchall()}

    def set(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        self._write(SET, key, timeout, version, value=json.dumps(value))

    def add(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        return self._write(ADD, key, timeout, version, value=json.dumps(value))

    def touch(self, key: str, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        return self._write(TOUCH, key, timeout, version)

    def _write(self, statement: str, key: str, timeout: Any, version: int | None, **more: Any) -> bool:
        expires = self.get_backend_timeout(timeout)
        times = {"now": time.time(), "expires": math.inf if expires is None else expires}
        names = {"key": self.make_and_validate_key(key, version), **times, **more}
        with connection.cursor() as cursor:
            cursor.execute(statement, names)
            return cursor.rowcount > 0

    def delete(self, key: str, version: int | None = None) -> bool:
        return self._delete([key], version) > 0

    def delete_many(self, keys: Iterable[str], version: int | None = None) -> None:
        self._delete(list(keys), version)

    def _delete(self, keys: Collection[str], version: int | None) -> int:
        with connection.cursor() as cursor:
            made = [self.make_and_validate_key(key, version) for key in keys]
            cursor.execute(DELETE, {"keys": made})
            return cursor.rowcount

    def clear(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(CLEAR)
