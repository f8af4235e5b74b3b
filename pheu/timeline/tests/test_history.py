"""The values of a record as of any date, and a field's whole history (issue 9)."""

import html
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from pheu.conftest import given as given_without_telling
from pheu.conftest import stage_of
from pheu.core.vietnamese.dates import ZONE
from pheu.deals.conversion import Handover, convert_leads
from pheu.leads.models import Lead
from pheu.people.models import Role, User
from pheu.records.acts import last_operation
from pheu.records.models import Operation
from pheu.timeline import stages
from pheu.timeline.history import UNKNOWN, Change, changes_in, value_at, value_at_first, values_at
from pheu.timeline.reading import PAGE
from pheu.timeline.services import assign, change, change_each, change_many
from pheu.timeline.undo import undo

BEGAN = datetime(2026, 11, 1, tzinfo=UTC)
VALUES = st.sampled_from(["", "a", "b", 7, {"id": 3, "name": "Bán lẻ"}, [{"id": 4, "name": "Gấp"}]])


def day(n):
    return BEGAN + timedelta(days=n)


def walked(values):
    """The changes, the newest first, of a field that held each of these for a day."""
    pairs = pairwise(values)
    return [Change("need", was, now, day(n)) for n, (was, now) in enumerate(pairs, 1)][::-1]


@given(st.lists(VALUES, min_size=1, max_size=12))
def test_a_field_held_at_every_moment_what_the_changes_lead_back_to(values):
    changes = walked(values)
    for n, held in enumerate(values):
        for hours in (0, 13, 23):
            assert value_at(day(n) + timedelta(hours=hours), values[-1], changes) == held
    assert value_at_first(values[-1], changes) == values[0]


def test_between_two_changes_that_do_not_meet_the_value_is_unknown():
    """Nobody guesses: something was never told."""
    changes = [Change("need", "c", "d", day(3)), Change("need", "a", "b", day(1))]
    assert [value_at(day(n), "d", changes) for n in range(5)] == ["a", UNKNOWN, UNKNOWN, "d", "d"]
    assert value_at(day(3), "other", changes) is UNKNOWN


def test_a_name_of_another_day_is_no_other_value():
    then, now = {"id": 3, "name": "Hội chợ"}, {"id": 3, "name": "Hội thảo"}
    changes = [Change("source", None, then, day(1))]
    assert values_at(day(2), {"source": now, "need": ""}, changes) == {"source": now, "need": ""}


def test_what_came_beside_a_value_left_it_as_it_was():
    """A further phone of a file."""
    changes = [Change("phone", "", "+84903112233", day(2), is_beside=True), Change("phone", "a", "b", day(1))]
    assert [value_at(day(n), "b", changes) for n in range(4)] == ["a", "b", "b", "b"]


def test_a_stage_is_read_from_moves():
    moved = {"left": {"id": 1, "name": "Mới"}, "entered": {"id": 2, "name": "Đang xử lý"}}
    [move] = changes_in(day(1), moved)
    assert (move.field, move.was, move.now) == ("stage", moved["left"], moved["entered"])


# Over HTTP ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def lead(an, lead):
    """One that somebody has begun to work on, so that a change moves it no more."""
    written(lead, an, short_name="Hòn Đá")
    return Lead.objects.get(pk=lead.pk)


def history_of(client, row, field, **more):
    return client.get(f"/r/{row.pk}/history/", {"field": field} | more)


def past_of(client, row, at, **more):
    return client.get(f"/r/{row.pk}/past/", {"at": at.isoformat() if isinstance(at, datetime) else at} | more)


def written(row, by, **values):
    fresh = type(row).objects.get(pk=row.pk)
    return change(fresh, {name: (getattr(fresh, name), new) for name, new in values.items()}, by=by)


def test_a_fields_history_says_from_what_to_what_who_and_through_what_newest_first(client, an, binh, lead):
    """Issue 9: by hand, of many at once, by a file, by handing out, and with what it began."""
    client.force_login(an)
    written(lead, an, need="Đo bụi")
    change_many([lead], "need", "Đo khí", by=binh)
    change_each([Lead.objects.get(pk=lead.pk)], [{"need": "Đo nước"}], by=an, via="import")
    told = history_of(client, lead, "need").text
    steps = [
        "<b>Đo nước</b>",
        "qua nhập dữ liệu",
        "<b>Đo khí</b>",
        "Trần Thanh Bình",
        "nhiều bản ghi một lượt",
        "<b>Đo bụi</b>",
        "Lúc đầu:",
    ]
    assert sorted(steps, key=told.index) == steps
    assert "Đo SO₂, NOₓ ở hai ống khói" in told[told.index("Lúc đầu:") :]
    assert "Lúc đầu:" in history_of(client, lead, "expected_amount").text  # nobody has changed it


def test_handing_out_moving_and_undoing_stand_in_the_history_of_their_fields(client, an, binh, chi, lead):
    client.force_login(binh)
    assign([lead], owner=chi, by=binh)
    undo(Operation.objects.get(pk=last_operation()), by=binh)
    told = history_of(client, lead, "owner").text
    assert told.index("hoàn tác:") < told.index("giao cho")
    assert told.count("Lê Kim Chi") >= 2
    with_stage = Lead.objects.with_stage().get(pk=lead.pk)
    stages.move(with_stage, to=stage_of("lead", "Đang xử lý"), left=with_stage.stage, by=binh)
    assert "Đang xử lý" in history_of(client, lead, "stage").text
    assert "Lê Kim Chi" not in history_of(client, lead, "stage").text


def test_a_long_history_comes_by_pages_with_as_many_statements(client, an, lead):
    client.force_login(an)
    history_of(client, lead, "need")

    def statements():
        found = []
        for ask in (lambda: history_of(client, lead, "need"), lambda: past_of(client, lead, lead.created_at)):
            with CaptureQueriesContext(connection) as asked:
                ask()
            found.append(len(asked))
        return found

    for n in range(3):
        written(lead, an, need=f"Việc {n}")
    history, past = statements()
    for n in range(3, PAGE + 5):
        written(lead, an, need=f"Việc {n}")
    assert statements() == [history - 1, past]  # how the record was made stands on the last page
    first = history_of(client, lead, "need").text
    [below] = re.findall(r"below=(\d+)\"", first[first.index("hx-get") :])[:1]
    assert "Lúc đầu:" not in first
    rest = client.get(f"/r/{lead.pk}/history/?field=need&below={below}", headers={"HX-Request": "true"}).text
    assert "Lúc đầu:" in rest and "<h2" not in rest
    assert f"Việc {PAGE + 4}" in first and "Việc 4</b>" in rest


@pytest.mark.parametrize("field", ["", "updated_at", "password", "nothing"])
def test_what_has_no_history_is_not_there(client, an, lead, field):
    client.force_login(an)
    assert history_of(client, lead, field).status_code == 404


def test_what_a_role_hides_has_neither_history_nor_past(client, an, lead):
    """R4.18: nor does it count among what differs."""
    began = timezone.now()
    written(lead, an, expected_amount=Decimal(77_000_000))
    Role.objects.filter(pk=an.role_id).update(fields={"lead": {"expected_amount": "hidden"}})
    client.force_login(User.objects.get(pk=an.pk))
    assert history_of(client, lead, "expected_amount").status_code == 404
    then = past_of(client, lead, began)
    assert (then.status_code, then.context["differing"]) == (200, 0)
    assert "1.980.000.000" not in then.text
    assert "77.000.000" not in then.text
    assert then.context["later"] is None


def test_somebody_elses_record_has_no_past_to_see(client, chi, lead):
    client.force_login(chi)
    assert history_of(client, lead, "need").status_code == 404
    assert past_of(client, lead, lead.created_at).status_code == 404


def test_the_past_shows_what_stood_then_and_beside_it_what_differs_today(client, an, lead):
    client.force_login(an)
    began = timezone.now()
    written(lead, an, need="Đo bụi", expected_amount=Decimal(2_000_000_000))
    then = past_of(client, lead, began)
    assert then.context["differing"] == 2
    assert "Đo SO₂, NOₓ ở hai ống khói" in then.text
    assert "1.980.000.000" in then.text and "2.000.000.000" in then.text
    assert then.text.count("Hôm nay:") == 2
    assert past_of(client, lead, timezone.now()).context["differing"] == 0
    assert client.get(f"/r/{lead.pk}/past/").context["differing"] == 0


def test_the_way_leads_from_change_to_change(client, an, lead):
    client.force_login(an)
    written(lead, an, need="Đo bụi")
    written(lead, an, need="Đo khí")
    now = client.get(f"/r/{lead.pk}/past/")
    before_last = past_of(client, lead, now.context["earlier"])
    assert "Đo bụi" in before_last.text
    first = past_of(client, lead, before_last.context["earlier"])
    assert first.context["differing"] == 1
    assert "Đo bụi" in past_of(client, lead, first.context["later"]).text
    assert now.context["later"] is None


def test_from_an_event_one_sees_the_record_as_it_was_then(client, an, lead):
    client.force_login(an)
    written(lead, an, need="Đo bụi")
    written(lead, an, need="Đo khí")
    page = client.get(f"/r/{lead.pk}/timeline/").text
    links = [html.unescape(one) for one in re.findall(rf'href="(/r/{lead.pk}/past/[^"]+)"', page)]
    then = client.get(links[1])  # below the latest
    assert then.context["differing"] == 1
    assert "Đo bụi" in then.text


def test_what_is_typed_means_the_whole_minute_or_day_and_later_is_now(client, an, lead):
    client.force_login(an)
    for typed, last in (
        ("24/11/2026 9:30", datetime(2026, 11, 24, 9, 30, 59, 999_999, tzinfo=ZONE)),
        ("24/11/2026", datetime(2026, 11, 24, 23, 59, 59, 999_999, tzinfo=ZONE)),
    ):
        assert past_of(client, lead, typed).context["moment"] == last
    asked = past_of(client, lead, "1/1/2031")
    assert asked.context["moment"] <= timezone.now()
    for wrong in ("hôm nao", "0001-01-01T00:00:00+14:00", "9" * 400, ""):
        asked = past_of(client, lead, wrong)
        assert (asked.status_code, asked.context["moment"]) == (200, None)


def test_before_it_was_made_a_record_says_so_and_names_what_it_goes_on_with(client, an, binh, lead):
    client.force_login(an)
    before = lead.created_at - timedelta(minutes=1)
    then = past_of(client, lead, before)
    assert f"Lúc đó chưa có {lead.record.number}" in then.text
    [deal] = convert_leads([lead], Handover(owner=an), by=binh)
    then = past_of(client, deal, lead.created_at)
    assert f"/r/{lead.pk}/past/" in then.text


def test_what_was_never_told_is_said_to_be_unknown(client, an, lead):
    """Data of another day: nobody guesses."""
    client.force_login(an)
    written(lead, an, need="Đo bụi")
    told_at = timezone.now()
    given_without_telling(Lead.objects.get(pk=lead.pk), need="Không ai kể")
    then = past_of(client, lead, told_at).text
    assert "không rõ" in then
    assert "Không ai kể" in then
