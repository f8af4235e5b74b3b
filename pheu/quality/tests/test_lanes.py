"""A large import is worked off by several processes at once, and ends as if one had done it (R1.31, issue 9)."""

import subprocess
import sys
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pheu.core import health
from pheu.core.again import in_one_go
from pheu.core.tests.test_jobs import url_of_test_database
from pheu.parties import services as parties
from pheu.parties.models import Prospect
from pheu.quality import lanes, running, services
from pheu.quality.existing import Known
from pheu.quality.models import DuplicateRule, Import, ImportLine
from pheu.quality.rules import first_rule_for
from pheu.quality.tests.amid_an_import import REPEATED, line, tax_code
from pheu.quality.tests.importing import checked, csv
from pheu.records.alike import CRITERIA
from pheu.records.tests.races import BEFORE_LOCK, BEFORE_WRITE, race
from pheu.timeline import services as timeline

LINES = 60
REPEATS = LINES // REPEATED
together = pytest.mark.django_db(transaction=True)
Policy, State = Import.Policy, Import.State


@pytest.fixture
def started(client: Any, an: Any, settings: Any, tmp_path: Any, monkeypatch: Any) -> Any:
    """Makes an import that is to run in two lanes; the first of its lines stands there already."""
    settings.MEDIA_ROOT, settings.IMPORT_LANES = tmp_path / "files", 2
    monkeypatch.setattr(lanes, "FEWEST", 10)
    monkeypatch.setattr(running, "CHUNK", 7)
    monkeypatch.setenv("DATABASE_URL", url_of_test_database())

    def start(policy: str = Policy.FILL, lines: int = LINES, name: str = "khach.csv") -> Import:
        client.force_login(an)
        told = ["Tên công ty,Mã số thuế,Điện thoại,Ghi chú", *(line(nth) for nth in range(lines))]
        one = checked(client, csv(*told), name)
        in_one_go(partial(running.start_import, one, by=an, policy=policy))
        one.refresh_from_db()
        return one

    return start


def waiting(one: Import) -> list[int]:
    """The lines that wait, counted from 0 below the header."""
    return [told.line - 2 for told in one.lines.filter(waits=True).order_by("line")]


def ends_as_if_one_had_done_it(one: Import) -> None:
    one.refresh_from_db()
    assert (one.state, one.done, one.created, one.updated) == (State.DONE, LINES, LINES - REPEATS, REPEATS)
    remarks = Prospect.objects.live().values_list("remark", flat=True)
    assert sorted(word for remark in remarks for word in remark.split("\n")) == [f"Dòng {n:06}" for n in range(LINES)]
    assert len(remarks) == LINES - REPEATS
    made = one.lines.exclude(record=None).values_list("record__keys", flat=True)
    assert len(made) == LINES
    assert not any(found for found in health.examine().values())


# Which lines wait -----------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_lines_wait_that_may_be_the_same_as_another(started, an):
    parties.create_prospect({"company_name": "Khác", "tax_code": tax_code(2), "owner": an}, by=an)
    one = started()
    assert lanes.begin(one.pk) == lanes.begin(one.pk) == 2
    repeated = [nth for n in range(REPEATS) for nth in ((n + 1) * REPEATED - 2, (n + 1) * REPEATED - 1)]
    assert waiting(one) == sorted([2, *repeated])


@pytest.mark.django_db
def test_what_is_left_out_anyway_need_not_wait_for_what_is_there(started, an):
    parties.create_prospect({"company_name": "Khác", "tax_code": tax_code(2), "owner": an}, by=an)
    one = started(Policy.SKIP)
    assert lanes.begin(one.pk) == 2
    assert 2 not in waiting(one)


@pytest.mark.django_db
def test_none_waits_where_every_line_makes_a_row(started):
    one = started(Policy.CREATE)
    assert lanes.begin(one.pk) == 2
    assert waiting(one) == []


@pytest.mark.django_db
def test_a_rule_that_blocks_lets_them_wait_all_the_same(started):
    DuplicateRule.objects.create(kind="prospect", name="Trùng mã số thuế", criteria=["tax"], blocks=True)
    one = started(Policy.CREATE)
    assert lanes.begin(one.pk) == 2
    assert len(waiting(one)) == 2 * REPEATS


@pytest.mark.django_db
def test_one_lane_where_there_is_little_to_do_or_somebody_else_is_at_it(started, settings, monkeypatch):
    """Beside another import of the same kind; with rules that the check did not know, or that would lock more than a
    server can; where a company wants no more."""
    one = started()
    assert lanes.begin(one.pk) == 2
    Import.objects.filter(pk=one.pk).update(done=LINES - 19)
    assert lanes.begin(one.pk) == 1
    Import.objects.filter(pk=one.pk).update(done=0)
    other = started(name="khac.csv")
    assert lanes.begin(one.pk) == lanes.begin(other.pk) == 1
    Import.objects.filter(pk=other.pk).update(state=State.DONE)
    assert lanes.begin(one.pk) == 2
    rule = DuplicateRule.objects.create(kind="prospect", name="Trùng địa chỉ", criteria=["address"])
    assert lanes.begin(one.pk) == 1
    rule.delete()
    DuplicateRule.objects.create(kind="prospect", name="Trùng mã số thuế", criteria=["tax"], blocks=True)
    one = started(name="chan.csv")
    Import.objects.exclude(pk=one.pk).update(state=State.DONE)
    assert lanes.begin(one.pk) == 2
    with monkeypatch.context() as small:
        small.setattr(lanes, "LOCKS", f"select {4 * services.CHUNK - 1}")  # too few to lock all keys of two portions
        assert lanes.begin(one.pk) == 1
    settings.IMPORT_LANES = 1
    assert lanes.begin(one.pk) == 1


@pytest.mark.django_db
def test_a_mended_line_says_anew_what_it_shares(started, client, an):
    client.force_login(an)
    one = checked(client, csv("Tên công ty,Mã số thuế", f"Một,{tax_code(0)}", f"Hai,{tax_code(1)}"), "hai.csv")
    first, second = one.lines_of_customers.order_by("line")
    assert not set(first.same_by) & set(second.same_by)
    services.mend_line(second, {1: tax_code(0)}, by=an)
    second.refresh_from_db()
    assert set(first.same_by) & set(second.same_by)


@given(st.lists(st.lists(st.sampled_from([*CRITERIA]), min_size=1, max_size=3, unique=True), max_size=4), st.data())
def test_two_lines_share_something_exactly_where_a_rule_finds_them_the_same(many, data):
    """R1.32-1.33: whatever the rules compare, alone or together."""
    known = Known.__new__(Known)
    rules = [DuplicateRule(kind="lead", criteria=criteria) for criteria in many]
    known.__dict__["rules"] = rules
    key = st.builds("{}:{}".format, st.sampled_from([*CRITERIA]), st.sampled_from("ab"))
    one, other = data.draw(st.sets(key, max_size=8)), data.draw(st.sets(key, max_size=8))
    blank: Any = SimpleNamespace(values={})
    shared = set(known.same_by(blank, one)) & set(known.same_by(blank, other))
    assert bool(shared) == (first_rule_for(rules, one, other) is not None)


# Side by side ---------------------------------------------------------------------------------------------------------


@together
def test_another_process_works_off_whatever_need_not_wait(started, monkeypatch):
    one = started()
    left = []
    chunk = running.import_chunk

    def alone(import_id: int) -> bool:
        left.append(one.lines.filter(state="ready").count())
        return chunk(import_id)

    monkeypatch.setattr(running, "import_chunk", alone)
    monkeypatch.setattr(lanes, "work_beside", lambda import_id: None)
    lanes.work_off(one.pk)
    assert left[0] == 2 * REPEATS  # those that wait
    ends_as_if_one_had_done_it(one)


@together
def test_both_at_once_make_every_row_once(started):
    one = started()
    lanes.work_off(one.pk)
    ends_as_if_one_had_done_it(one)


@together
@pytest.mark.parametrize("at", [BEFORE_LOCK, BEFORE_WRITE])
def test_two_lanes_take_different_lines(started, at):
    one = started()
    assert lanes.begin(one.pk) == 2
    outcome = race(*[partial(running.import_chunk, one.pk, beside=True)] * 2, at=at)
    assert (outcome.results, outcome.deadlocks) == ([True, True], 0)
    assert not outcome.both[1].waited_at_first_lock
    one.refresh_from_db()
    assert (one.done, one.created, len(one.operations)) == (14, 14, 2)
    assert Prospect.objects.count() == 14
    running.import_chunk(one.pk)
    while running.import_chunk(one.pk):
        pass
    ends_as_if_one_had_done_it(one)


@together
def test_whoever_stops_it_waits_for_the_lanes_and_nothing_follows(started, an):
    one = started()
    assert lanes.begin(one.pk) == 2
    chunk = partial(running.import_chunk, one.pk, beside=True)

    def stop() -> tuple[bool, int]:
        return running.stop_import(one, by=an), Import.objects.get(pk=one.pk).done

    assert race(chunk, stop, at=BEFORE_WRITE).results == [True, (True, 7)]
    assert not chunk() and not running.import_chunk(one.pk)
    one.refresh_from_db()
    assert (one.state, one.done, Prospect.objects.count()) == (State.STOPPED, 7, 7)


@together
@pytest.mark.parametrize("first", [True, False])
def test_a_lane_waits_for_another_import_into_the_kind(started, first):
    """R1.43: what one has made the other finds."""
    one, other = started(Policy.SKIP), started(Policy.SKIP, name="khac.csv")
    acts = [partial(running.import_chunk, one.pk, beside=True), partial(running.import_chunk, other.pk)]
    race(*(acts if first else acts[::-1]), at=BEFORE_WRITE)
    assert Prospect.objects.count() == 7
    assert ImportLine.objects.filter(state="skipped").exclude(record=None).count() == 7


@together
def test_what_somebody_fills_in_while_a_line_is_at_it_stays(started, an):
    """A line fills in what is empty once nobody else is at the record, not what was empty when it looked."""
    row = parties.create_prospect({"company_name": "Khác", "tax_code": tax_code(0), "owner": an}, by=an)
    one = started()
    fill = partial(timeline.change, row, {"phone": ("", "+842438637747")}, by=an)
    outcome = race(partial(running.import_chunk, one.pk), fill, at=BEFORE_LOCK)
    assert outcome.errors == []
    row.refresh_from_db()
    assert (row.phone, row.other_phones) == ("+842438637747", [f"+84910{0:06}"])


@together
def test_what_a_lane_does_not_do_is_done_by_the_worker(started, monkeypatch):
    """A process that cannot be had, or dies, is not missed."""
    one = started()
    monkeypatch.setattr(lanes.sys, "executable", "/bin/false")
    lanes.work_off(one.pk)
    ends_as_if_one_had_done_it(one)


@together
def test_where_ours_fails_the_others_end_with_it(started, monkeypatch, tmp_path):
    one = started()
    idle = tmp_path / "idle"
    idle.write_text("#!/bin/sh\nexec sleep 60\n")
    idle.chmod(0o755)
    begun = []

    def begin(command: Any, **how: Any) -> Any:
        begun.append(popen([str(idle)], **how))
        return begun[-1]

    def fail(import_id: int) -> None:
        raise LookupError

    popen = subprocess.Popen
    monkeypatch.setattr(lanes.subprocess, "Popen", begin)
    monkeypatch.setattr(lanes, "work_beside", fail)
    with pytest.raises(LookupError):
        lanes.work_off(one.pk)
    assert [process.returncode for process in begun] == [-15]


@together
@pytest.mark.parametrize("dies", [False, True])
def test_a_check_is_shared_out_and_ends_as_if_one_had_done_it(started, monkeypatch, dies):
    """Also where the other process cannot be had."""
    one, shares = started(), []

    def told() -> list[tuple[Any, ...]]:
        columns = ("line", "state", "reason", "marks", "values", "phones", "record", "same_by")
        return list(one.lines.order_by("line").values_list(*columns))

    alone, read = told(), services.read_share

    def share(imported: Import, round_: int, *lines: int) -> bool:
        shares.append(lines)
        return read(imported, round_, *lines)

    ImportLine.objects.update(state="read", values={}, marks=[], phones=[], same_by=[])
    Import.objects.update(state=State.CHECKING)
    one.refresh_from_db()
    monkeypatch.setattr(services, "CHUNK", 7)
    monkeypatch.setattr(services, "read_share", share)
    monkeypatch.setattr(lanes.sys, "executable", "/bin/false" if dies else sys.executable)
    lanes.check_lines(one, one.round)
    assert shares == [(1, 31), (31, 61)][: 1 + dies]
    assert told() == alone
    one.refresh_from_db()
    assert (one.state, one.rows, one.same_rules != []) == (State.CHECKED, LINES, True)


@pytest.mark.django_db
def test_rules_that_change_during_a_check_leave_one_lane(started, monkeypatch):
    one, read = started(), services.read_share

    def changed(*share: Any) -> bool:
        DuplicateRule.objects.create(kind="prospect", name="Trùng email", criteria=["email"])
        return read(*share)

    Import.objects.update(state=State.CHECKING)
    monkeypatch.setattr(services, "read_share", changed)
    monkeypatch.setattr(lanes, "FEWEST", 1000)
    lanes.check_lines(one, one.round)
    one.refresh_from_db()
    assert (one.state, one.same_rules) == (State.CHECKED, [])


@together
def test_a_lane_without_an_import_to_work_at_does_nothing(started):
    """It is a process of its own, which nobody but the worker begins."""
    one = started()
    Import.objects.filter(pk=one.pk).update(state=State.STOPPED)
    done = subprocess.run([sys.executable, "-m", "pheu.quality.lane", "run", str(one.pk)])
    assert done.returncode == 0
    assert not Prospect.objects.exists()
