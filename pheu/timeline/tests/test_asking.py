"""«Xin quyền xem»: who is told that a record is there, and no more, asks those who have it (R1.33)."""

import re

import pytest

from pheu.conftest import nothing_changes, told
from pheu.core.errors import DomainError
from pheu.leads.services import create_lead
from pheu.notifications.models import Notification
from pheu.records.alike import Alike, record_of
from pheu.records.models import Record
from pheu.timeline.archiving import archive
from pheu.timeline.asking import ask_to_see
from pheu.timeline.events import ACCESS_ASKED
from pheu.timeline.services import follow

pytestmark = pytest.mark.django_db


@pytest.fixture
def hidden(chi, an):
    """A lead of somebody else's department with a phone that An will type."""
    lead = create_lead({"name": "Trạm Bá Thiện", "phone": "+84912345678", "owner": chi}, by=chi)
    assert not Record.objects.visible_to(an).filter(pk=lead.pk).exists()
    return lead


def page_of(lead):
    return f"/access/?ticket={Alike(lead.record, ()).ticket}"


def test_who_is_told_of_a_record_asks_and_is_let_in(client, an, chi, hidden):
    """From the list of those that are alike to the record itself; nothing of it is told before."""
    mine = create_lead({"name": "Nhà máy", "phone": "+84912345678", "owner": an}, by=an)
    client.force_login(an)
    shown = client.get(f"/r/{mine.pk}/alike/").text
    [href] = set(re.findall(r'href="(/access/\?ticket=[^"]+)"', shown))
    page = client.get(href).text
    assert "Bá Thiện" not in shown + page and hidden.number not in shown + page
    assert client.post(href, {"note": "Khách gọi cho em"}).status_code == 302
    event = told(ACCESS_ASKED, about=hidden)
    heard = Notification.objects.get(event=event)
    assert (heard.receiver, heard.reason, heard.rings) == (chi, "asked", True)
    client.force_login(chi)
    timeline = client.get(f"/r/{hidden.pk}/timeline/").text
    assert "Khách gọi cho em" in timeline
    assert f'name="person" value="{an.pk}"' in timeline
    client.post(f"/r/{hidden.pk}/following/", {"person": an.pk})
    assert 'name="person"' not in client.get(f"/r/{hidden.pk}/timeline/").text
    client.force_login(an)
    assert client.get(href).url == hidden.record.get_absolute_url()
    assert Record.objects.visible_to(an).filter(pk=hidden.pk).exists()
    assert Notification.objects.filter(receiver=an, record=hidden.pk, reason="watched").exists()


def test_where_nobody_has_it_those_are_asked_who_see_it_and_hand_out(an, binh, dung, hidden):
    for rows in (Record.objects.filter(pk=hidden.pk), type(hidden).objects.filter(pk=hidden.pk)):
        rows.update(owner=None)
    ask_to_see(hidden.record, by=an)
    assert [one.receiver for one in Notification.objects.filter(reason="asked")] == [dung]


def test_asking_once_more_says_nothing_new(client, an, hidden):
    client.force_login(an)
    for _time in range(2):
        assert client.post(page_of(hidden), {"note": ""}).status_code == 302
    assert Notification.objects.filter(reason="asked").count() == 1
    assert ask_to_see(hidden.record, by=an) is False


def test_only_who_was_told_can_ask(client, an, hidden):
    """A number alone opens nothing, nor does what somebody else has signed."""
    client.force_login(an)
    ticket = Alike(hidden.record, ()).ticket
    for wrong in ("", str(hidden.pk), ticket[:-1], f"{ticket}x", "a:b:c"):
        with nothing_changes():
            assert client.get("/access/", {"ticket": wrong}).status_code == 404
            assert client.post(f"/access/?ticket={wrong}").status_code == 404
    assert record_of(ticket) == hidden.record


def test_what_one_may_see_or_nobody_uses_is_not_asked_for(an, chi, hidden):
    follow(hidden.record, user=an, by=chi)
    with nothing_changes(), pytest.raises(DomainError):
        ask_to_see(hidden.record, by=an)
    other = create_lead({"name": "Trạm", "owner": chi}, by=chi)
    archive([other], by=chi)
    with nothing_changes(), pytest.raises(DomainError):
        ask_to_see(other.record, by=an)
    third = create_lead({"name": "Trạm 2", "owner": chi}, by=chi)
    with nothing_changes(), pytest.raises(DomainError):
        ask_to_see(third.record, note="x" * 501, by=an)


def test_who_may_not_change_a_record_lets_nobody_in(client, an, giang, hidden):
    """Who only reads has no button."""
    ask_to_see(hidden.record, by=an)
    client.force_login(giang)
    assert 'name="person"' not in client.get(f"/r/{hidden.pk}/timeline/").text
    with nothing_changes():
        assert client.post(f"/r/{hidden.pk}/following/", {"person": an.pk}).status_code == 403
        assert client.post(f"/r/{hidden.pk}/following/", {"person": "x"}).status_code == 404
