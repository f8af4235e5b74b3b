"""Days off: everybody puts down their own, who looks after the setup those of others (R1.17)."""

from datetime import timedelta

import pytest

from pheu.conftest import nothing_changes
from pheu.core.errors import Refused
from pheu.core.vietnamese import show_date, today_here
from pheu.people.models import TimeOff
from pheu.setup.events import TIME_OFF_ADDED, TIME_OFF_REMOVED
from pheu.setup.staffing import add_time_off, remove_time_off
from pheu.timeline.models import Event

TODAY = today_here()


def days(begins=0, ends=2, **more):
    told = {"begins_on": TODAY + timedelta(days=begins), "ends_on": TODAY + timedelta(days=ends)}
    return {name: f"{day:%d/%m/%Y}" for name, day in told.items()} | more


def test_everybody_puts_down_their_own(client, an, dung):
    client.force_login(an)
    answer = client.post(f"/people/{an.pk}/time-off/", days(reason="Về quê"))
    assert (answer.status_code, answer.url) == (302, "/account/")
    off = TimeOff.objects.get()
    assert (off.user, off.reason) == (an, "Về quê")
    page = client.get("/account/").text
    assert "Về quê" in page and show_date(off.ends_on) in page
    client.force_login(dung)
    assert f"nghỉ {off}" in client.get("/setup/people/").text
    assert "Ghi ngày nghỉ của «Nguyễn Hoài An»" in client.get("/setup/log/").text
    client.force_login(an)
    client.post(f"/people/time-off/{off.pk}/removal/")
    assert not TimeOff.objects.exists()
    assert list(Event.objects.order_by("pk").values_list("kind", flat=True)) == [
        TIME_OFF_ADDED.code,
        TIME_OFF_REMOVED.code,
    ]


def test_who_looks_after_the_setup_puts_down_those_of_others(client, an, dung):
    client.force_login(dung)
    assert client.post(f"/people/{an.pk}/time-off/", days()).url == "/setup/people/"
    assert show_date(TODAY) in client.get(f"/people/{an.pk}/time-off/").text


def test_nobody_else_does(client, an, binh):
    off = add_time_off(an, begins_on=TODAY, ends_on=TODAY, by=an)
    client.force_login(binh)
    with nothing_changes():
        assert client.get(f"/people/{an.pk}/time-off/").status_code == 404
        assert client.post(f"/people/{an.pk}/time-off/", days()).status_code == 404
        assert client.post(f"/people/time-off/{off.pk}/removal/").status_code == 404
        with pytest.raises(Refused):
            add_time_off(an, begins_on=TODAY, ends_on=TODAY, by=binh)
        with pytest.raises(Refused):
            remove_time_off(off, by=binh)


@pytest.mark.parametrize("told", [days(2, 1), days(0, 400), days() | {"ends_on": ""}, days() | {"begins_on": "x"}])
def test_days_that_cannot_be_are_refused_in_the_dialog(client, an, told):
    client.force_login(an)
    with nothing_changes():
        assert client.post(f"/people/{an.pk}/time-off/", told).status_code == 422


def test_what_is_over_is_shown_no_more(client, an):
    TimeOff.objects.create(user=an, begins_on=TODAY - timedelta(9), ends_on=TODAY - timedelta(1), reason="Ốm")
    client.force_login(an)
    assert "Ốm" not in client.get("/account/").text
