"""A session opens as long as its row stands and has not run out."""

from datetime import timedelta

from django.contrib.sessions.models import Session
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from pheu.people.session_store import SessionStore


def test_what_is_kept_is_found_again_in_one_question(db):
    kept = SessionStore()
    kept["word"] = "sen"
    kept.save()
    found = SessionStore(kept.session_key)
    with CaptureQueriesContext(connection) as asked:
        assert found["word"] == "sen"
    assert len(asked) == 1


def test_what_has_run_out_is_forgotten(db):
    kept = SessionStore()
    kept["word"] = "sen"
    kept.save()
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    found = SessionStore(kept.session_key)
    assert (found.load(), found.session_key) == ({}, None)


def test_of_a_key_that_nobody_gave_nothing_is_kept(db):
    found = SessionStore("k" * 32)
    assert (found.load(), found.session_key) == ({}, None)


def test_whose_session_has_run_out_signs_in_anew(client, an):
    client.force_login(an)
    assert client.get("/leads/").status_code == 200
    Session.objects.update(expire_date=timezone.now())
    assert client.get("/leads/").status_code == 302
