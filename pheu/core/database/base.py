"""Django's PostgreSQL, with moments read by psycopg's C instead of by a class in Python.

Django gives each moment the connection's time zone in a loader of its own, five microseconds a value; a list of fifty
rows has two hundred and fifty. Our connections speak UTC, as psycopg's own loader finds out by itself.
"""

from typing import Any

from django.db.backends.postgresql import base
from django.utils.asyncio import async_unsafe
from psycopg.adapt import AdaptersMap
from psycopg.types.datetime import TimestamptzLoader


class DatabaseWrapper(base.DatabaseWrapper):
    def get_connection_params(self) -> dict[str, Any]:
        params = super().get_connection_params()
        context = AdaptersMap(params["context"])
        context.register_loader("timestamptz", TimestamptzLoader)
        return params | {"context": context}

    @async_unsafe
    def create_cursor(self, name: str | None = None) -> Any:
        """Django's without its look at the loader of moments, which knows only its own."""
        if name is None:
            return self.connection.cursor()
        held = self.connection.autocommit
        return base.ServerSideCursor(self.connection, name=name, scrollable=False, withhold=held)  # type: ignore[call-arg]
