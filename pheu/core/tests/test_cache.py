import threading

import pytest
from django.core.cache import cache
from django.db import connection

from pheu.core import cache as core_cache
from pheu.core import jobs

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "change",
    [
        lambda: cache.set("a", [1.5, "đ"], 60),
        lambda: cache.add("b", True, 60),
        lambda: cache.touch("a", 60),
        lambda: cache.get_many(["a", "b"]),
        lambda: cache.delete_many(["a", "b"]),
    ],
    ids=["set", "add", "touch", "get_many", "delete_many"],
)
def test_everything_is_one_statement_that_counts_nothing(change, django_assert_num_queries):
    cache.set("a", 1, 60)
    with django_assert_num_queries(1) as asked:
        change()
    assert "count" not in asked[0]["sql"].lower()


def test_what_was_put_in_comes_out_again():
    cache.set("a", {"x": [1, 2.25, None, "đèn"]}, 60)
    cache.set("a", {"x": [1, 2.25, None, "đỏ"]}, 60)
    cache.set("b", False)
    assert cache.get_many(["a", "b", "c"]) == {"a": {"x": [1, 2.25, None, "đỏ"]}, "b": False}
    assert cache.get("c", "none") == "none"
    assert cache.delete("a") and not cache.delete("a")
    cache.clear()
    assert cache.get("b") is None


def test_what_is_no_json_is_refused():
    with pytest.raises(TypeError):
        cache.set("a", object(), 60)


def test_an_entry_ends_with_its_time(monkeypatch):
    now = 1_800_000_000.0
    monkeypatch.setattr(core_cache.time, "time", lambda: now)
    cache.set("short", 1, 10)
    cache.set("long", 1, 100)
    cache.set("forever", 1, None)
    cache.set("at-once", 1, 0)
    assert cache.get("at-once") is None
    assert not cache.add("short", 2, 10)
    now += 11
    assert (cache.get("short"), cache.get("long"), cache.get("forever")) == (None, 1, 1)
    assert not cache.touch("short", 10) and cache.touch("long", 500)
    assert cache.add("short", 2, 10)
    now += 200
    assert (cache.get("short"), cache.get("long")) == (None, 1)


def test_a_rate_limit_outlives_ten_thousand_others():
    """Django's backend throws a third away as soon as there are 300."""
    cache.set("rl:an", [1.0], 600)
    cache.set("rl:cu", [1.0], 0)
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into core_cache select 'x' || n, '1', now() + interval '1 hour' from generate_series(1, 10000) n"
        )
    cache.set("rl:binh", [2.0], 600)
    jobs.forget_expired(timestamp=0)
    assert cache.get_many(["rl:an", "rl:binh"]) == {"rl:an": [1.0], "rl:binh": [2.0]}
    assert rows() == 10_002


def rows() -> int:
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from core_cache")
        [(count,)] = cursor.fetchall()
    return count


def test_what_is_over_is_swept_in_batches(monkeypatch, django_assert_num_queries):
    monkeypatch.setattr(jobs, "SWEPT_AT_ONCE", 4)
    for number in range(10):
        cache.set(f"old:{number}", 1, 0)
    with django_assert_num_queries(3):
        assert jobs.delete_in_batches(jobs.EXPIRED_ENTRIES) == 10
    assert rows() == 0


@pytest.mark.django_db(transaction=True)
def test_of_twenty_who_add_at_once_one_succeeds():
    cache.set("lock", 0, 0)
    added, start = [], threading.Barrier(20)

    def add() -> None:
        start.wait()
        added.append(cache.add("lock", 1, 60))
        connection.close()

    people = [threading.Thread(target=add) for _each in range(20)]
    for one in people:
        one.start()
    for one in people:
        one.join()
    assert sorted(added) == [False] * 19 + [True]
    cache.clear()
