"""What stood in somebody's way is done once more at the door, and told once; a second time it is said in words."""

import pytest
from django.db import OperationalError, connection, transaction
from psycopg.errors import DeadlockDetected, LockNotAvailable, SerializationFailure

from pheu.conftest import nothing_changes
from pheu.core.again import TryAgain, in_one_go, needed, once_more
from pheu.core.jobs import job
from pheu.records.acts import operation
from pheu.records.locking import hold, must_hold
from pheu.timeline.models import Event, Note

HTMX = {"HX-Request": "true"}
SORRY = "Người khác đang sửa đúng các bản ghi này"


class InTheWay:
    """Fails at the last moment of a transaction, as often as it is told to: whatever was done is done for nothing."""

    def __init__(self, *errors):
        self.errors, self.tries = list(errors), 0

    def __call__(self, execute, statement, params, many, context):
        done = execute(statement, params, many, context)
        if isinstance(statement, str) and statement.startswith('INSERT INTO "timeline_event"'):
            self.tries += 1
            if self.errors:
                raise self.errors.pop(0)
        return done


def of_the_database(cause):
    error = OperationalError(str(cause))
    error.__cause__ = cause
    return error


DEADLOCK, SERIALIZATION = DeadlockDetected("deadlock detected"), SerializationFailure("could not serialize")
ONCE = {
    "a deadlock": lambda: of_the_database(DEADLOCK),
    "a serialization failure": lambda: of_the_database(SERIALIZATION),
    "an act that gives up": TryAgain,
}


def post_note(client, lead, **headers):
    return client.post(f"/r/{lead.pk}/notes/", {"body": "Gọi lại"}, headers=headers)


@pytest.mark.parametrize("what", ONCE)
def test_a_page_does_it_once_more_and_tells_it_once(client, an, lead, what):
    client.force_login(an)
    way = InTheWay(ONCE[what]())
    with connection.execute_wrapper(way):
        assert post_note(client, lead).status_code == 302
    assert way.tries == 3  # the note and the move to Working that follows it, after one try that failed at the note
    assert Event.objects.filter(kind="note.added", about=lead.pk).count() == Note.objects.count() == 1


@pytest.mark.parametrize("what", ONCE)
def test_a_second_time_is_said_in_words_and_nothing_was_written(client, an, lead, what):
    client.force_login(an)
    way = InTheWay(ONCE[what](), ONCE[what]())
    with nothing_changes(), connection.execute_wrapper(way):
        answer = post_note(client, lead)
    assert (answer.status_code, way.tries) == (409, 2)
    assert SORRY in answer.text


def test_by_htmx_the_words_are_a_toast(client, an, lead):
    client.force_login(an)
    with connection.execute_wrapper(InTheWay(TryAgain(), TryAgain())):
        answer = post_note(client, lead, **HTMX)
    assert answer.status_code == 409
    assert "toast" in answer.headers["HX-Trigger"]


def test_a_click_that_was_done_once_more_counts_as_one(client, an, lead):
    """The token of a form is taken back with the try that failed, or the second would find it used."""
    client.force_login(an)
    sent = {"body": "Gọi lại", "once": "6f1b7c1e-6ad0-4a0e-9d5a-0f7f0c1d2e3f"}
    with connection.execute_wrapper(InTheWay(TryAgain())):
        client.post(f"/r/{lead.pk}/notes/", sent)
    client.post(f"/r/{lead.pk}/notes/", sent)
    assert Note.objects.count() == 1


def test_what_is_no_ones_way_is_an_error_at_once(client, an, lead):
    client.force_login(an)
    way = InTheWay(of_the_database(LockNotAvailable("timeout")), None)
    with nothing_changes(), connection.execute_wrapper(way), pytest.raises(OperationalError):
        post_note(client, lead)
    assert way.tries == 1


def failing(*errors):
    left, tries = list(errors), []

    def work():
        tries.append(needed())
        if left:
            raise left.pop(0)
        return "done"

    return work, tries


def test_the_second_try_knows_what_the_first_lacked():
    work, tries = failing(TryAgain([3, 7]))
    assert once_more(work) == "done"
    assert tries == [frozenset(), {3, 7}]
    assert needed() == frozenset()


def test_two_tries_are_all():
    work, tries = failing(TryAgain([3]), TryAgain([4]))
    with pytest.raises(TryAgain):
        once_more(work)
    assert (len(tries), needed()) == (2, frozenset())


@pytest.mark.django_db
def test_nothing_of_a_first_try_is_left(an, lead):
    def work():
        Note.objects.create(record=lead.record, body="x", by=an)
        if Note.objects.count() == 1 and not tried:
            tried.append(1)
            raise TryAgain

    tried: list[int] = []
    in_one_go(work)
    assert (tried, Note.objects.count()) == ([1], 1)


def test_a_job_is_begun_once_more_too():
    work, tries = failing(of_the_database(DEADLOCK))
    assert job(name="again-for-tests")(lambda: work())() == "done"
    assert len(tries) == 2


# What an act lacks ----------------------------------------------------------------------------------------------------


def test_an_act_that_lacks_a_lock_says_which(an, lead, deal):
    with operation("test", by=an):
        hold(deal.pk)
        with pytest.raises(TryAgain) as gave_up:
            must_hold(lead.pk, deal.pk, None)
    assert gave_up.value.needs == {lead.pk, deal.pk}


def test_the_second_try_holds_all_of_it_in_order(an, lead, deal, django_assert_num_queries):
    def work():
        with operation("test", by=an):
            with django_assert_num_queries(1):
                hold(deal.pk)
            if not needed():
                raise TryAgain([lead.pk, deal.pk])
            with django_assert_num_queries(0):
                hold(lead.pk)
                must_hold(lead.pk, deal.pk)
            return True

    with transaction.atomic():
        assert once_more(work)


def test_an_earlier_record_that_nobody_has_is_taken_at_once(an, lead, deal):
    with operation("test", by=an):
        hold(deal.pk)
        hold(lead.pk, None)
        must_hold(lead.pk, deal.pk)


def test_nothing_is_held_outside_of_an_act(lead):
    with pytest.raises(RuntimeError, match="outside of an act"):
        hold(lead.pk)
