import pytest
from django.db import connection

pytestmark = pytest.mark.django_db


def a_worker_seen(ago: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("insert into procrastinate_workers (last_heartbeat) values (now() - %s::interval)", [ago])


def test_all_is_well_while_a_worker_gives_signs_of_life(client):
    a_worker_seen("2 seconds")
    response = client.get("/healthz")
    assert response.status_code == 200
    assert response.json() == {"database": "ok", "migrations": "ok", "worker": "ok"}


def test_a_silent_worker_is_not_well(client):
    a_worker_seen("2 minutes")
    response = client.get("/healthz")
    assert response.status_code == 503
    assert response.json()["worker"] == "failed"


def test_a_missing_migration_is_not_well(client):
    a_worker_seen("2 seconds")
    with connection.cursor() as cursor:
        cursor.execute("delete from django_migrations where app = 'core'")
    assert client.get("/healthz").json()["migrations"] == "failed"


def test_a_database_that_does_not_answer_is_not_well(client, monkeypatch):
    from django.db import OperationalError

    def refuse() -> None:
        raise OperationalError("gone")

    monkeypatch.setattr(connection, "cursor", refuse)
    response = client.get("/healthz")
    assert response.status_code == 503
    assert response.json() == {"database": "failed", "migrations": "unknown", "worker": "unknown"}


def test_the_answer_is_never_kept_and_needs_no_sign_in(client):
    assert "no-store" in client.get("/healthz").headers["Cache-Control"]


def test_every_answer_carries_the_rules_for_browsers(client):
    headers = client.get("/healthz").headers
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
