"""Sessions as Django keeps them in the database; every request reads one, so its SQL is written once and not made."""

from typing import Any

from django.contrib.sessions.backends import db
from django.db import connection
from django.utils import timezone


class SessionStore(db.SessionStore):
    def load(self) -> dict[str, Any]:
        """What is kept under the key; of a key that is unknown or has run out nothing, and it is forgotten."""
        with connection.cursor() as cursor:
            cursor.execute(
                'select session_data from "django_session" where session_key = %s and expire_date > %s',
                [self.session_key, timezone.now()],
            )
            found = cursor.fetchone()
        if found is None:
            self._session_key = None
            return {}
        return self.decode(found[0])
