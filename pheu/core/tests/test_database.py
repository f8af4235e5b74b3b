"""Moments as the database gives them, whichever way they are asked for."""

from datetime import UTC, datetime

import pytest
from django.db import connection

from pheu.people.models import User

pytestmark = pytest.mark.django_db


def test_every_way_to_read_gives_moments_in_utc(cast):
    noon = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
    User.objects.update(created_at=noon)
    with connection.cursor() as cursor:
        cursor.execute("select created_at, array[created_at], null::timestamptz from people_user limit 1")
        told = cursor.fetchone()
    held = next(iter(User.objects.iterator(chunk_size=1))).created_at
    assert told == (noon, [noon], None)
    assert [one.tzinfo for one in (told[0], told[1][0], held, User.objects.all()[0].created_at)] == [UTC] * 4
    assert held == noon


def test_a_moment_beyond_what_python_knows_is_refused_and_the_next_one_read():
    with connection.cursor() as cursor:
        cursor.execute("select 'infinity'::timestamptz")
        with pytest.raises(Exception, match="timestamp too large"):
            cursor.fetchone()
        cursor.execute("select '2026-03-01 12:00+07'::timestamptz")
        assert cursor.fetchone() == (datetime(2026, 3, 1, 5, tzinfo=UTC),)
