"""Who agreed to what, noted on a record and ended through the link of a letter (issue 10, item 7; vietnam.md 9.1)."""

import re
from datetime import timedelta

import pytest
from django.core import signing
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone

from pheu.conftest import nothing_changes, rewriting_history, told
from pheu.core.errors import DomainError, Refused
from pheu.leads.services import change_lead, create_lead
from pheu.messaging import consents, events
from pheu.messaging.models import Consent, Purpose
from pheu.parties.services import create_contact, create_prospect
from pheu.people import throttling
from pheu.records import writing
from pheu.records.acts import operation
from pheu.timeline.models import Event

pytestmark = pytest.mark.django_db
VAN = "van.dt@hondacement.example"
YES = "Tôi đồng ý nhận tin khuyến mại qua email, mỗi tháng một lần"
NOTED = {"purpose": "advertising", "source": "form", "wording": YES, "proof": "Phiếu số 12"}


def agreed(lead, by, *, purpose="advertising", given=True, **more):
    told = {"address": VAN, "purpose": purpose, "given": given, "source": "form", "wording": YES if given else ""}
    return consents.note_consent(lead.record, **{**told, **more}, by=by)


def linked(consent):
    return f"/unsubscribe/{consents.token_of(consent)}/"


def holds(purpose="advertising", address=VAN):
    """Whether it is agreed; None where nothing was ever said."""
    line = consents.standing(address, purpose)
    return line.given if line else None


# Noting ---------------------------------------------------------------------------------------------------------------


def test_a_consent_and_its_end_are_noted_on_the_record(client, an, lead):
    """Who, when, in which words, how it is proved; the end is another line, and the page says what holds."""
    client.force_login(an)
    page = client.get(lead.get_absolute_url()).text
    assert f'href="/r/{lead.pk}/consent/"' in page and "chưa hỏi" in page
    asked = client.get(f"/r/{lead.pk}/consent/").text
    assert (
        not re.search(r'name="purpose"[^>]*checked', asked) and asked.count('name="purpose"') == 2 and VAN in asked
    )  # silence is no consent
    assert client.post(f"/r/{lead.pk}/consent/", NOTED, headers={"HX-Request": "true"}).status_code == 204
    line = Consent.objects.get()
    assert (line.subject, line.record_id, line.purpose, line.channel, line.given) == (
        VAN, lead.pk, "advertising", "email", True,
    )  # fmt: skip
    assert (line.source, line.wording, line.proof, line.by, line.ip) == ("form", YES, "Phiếu số 12", an, None)
    assert told(events.CONSENT[True], about=lead).facts == {
        "consent": line.pk, "purpose": "advertising", "source": "form",
    }  # fmt: skip
    assert "đồng ý" in client.get(lead.get_absolute_url()).text
    ended = client.post(f"/r/{lead.pk}/withdrawal/", {"purpose": "advertising", "source": "call"})
    assert ended.status_code == 302 and holds() is False
    assert Consent.objects.count() == 2 and told(events.CONSENT[False], about=lead)
    history = client.get(f"/r/{lead.pk}/consent/").text
    assert YES in history and "Phiếu số 12" in history and "đã rút lại" in client.get(lead.get_absolute_url()).text


@pytest.mark.parametrize("missing", ["purpose", "source", "wording"])
def test_a_consent_that_cannot_be_proved_is_not_noted(client, an, lead, missing):
    client.force_login(an)
    with nothing_changes():
        assert client.post(f"/r/{lead.pk}/consent/", NOTED | {missing: ""}).status_code == 422


@pytest.mark.parametrize(
    "wrong", [{"wording": " "}, {"purpose": "transaction"}, {"purpose": "x"}, {"source": "link"}, {"source": "x"},
              {"address": "ai.do@khac.example"}, {"address": ""}]
)  # fmt: skip
def test_the_act_refuses_what_the_page_does_not_offer(an, lead, wrong):
    with nothing_changes(), pytest.raises(DomainError):
        agreed(lead, an, **wrong)


@pytest.mark.parametrize("make", [create_prospect, create_contact, create_lead])
def test_each_kind_of_person_has_the_panel_where_there_is_an_address(client, an, make):
    client.force_login(an)
    named = {"full_name" if make is create_contact else "company_name": "Hòa Phát", "owner": an}
    if make is create_lead:
        named |= {"phone": "+842438637747", "need": "Đo bụi"}
    without, with_one = make(named, by=an), make(named | {"email": "x@hp.example"}, by=an)
    assert "/consent/" not in client.get(without.get_absolute_url()).text
    assert client.get(f"/r/{without.pk}/consent/").status_code == 409
    assert f"/r/{with_one.pk}/consent/" in client.get(with_one.get_absolute_url()).text


def test_who_may_not_change_the_record_notes_nothing(client, giang, chi, lead):
    for who, status in ((giang, 403), (chi, 404)):
        client.force_login(who)
        with nothing_changes():
            assert client.post(f"/r/{lead.pk}/consent/", NOTED).status_code == status
            with pytest.raises(Refused):
                agreed(lead, who)
    client.force_login(giang)
    page = client.get(lead.get_absolute_url()).text
    assert "Đồng ý nhận thư" in page and "/consent/" not in page


def test_what_was_noted_where_somebody_may_not_look_is_not_read_to_them(client, an, chi, dung, lead):
    """The standing is the person's, whose address it is; the proof stays with its record."""
    agreed(lead, an)
    theirs = create_lead({"company_name": "Hòn Đá", "email": VAN, "owner": chi}, by=dung)
    client.force_login(chi)
    assert "đồng ý" in client.get(theirs.get_absolute_url()).text
    assert YES not in client.get(f"/r/{theirs.pk}/consent/").text


def test_the_same_said_twice_is_one_line(an, lead):
    first = agreed(lead, an)
    assert agreed(lead, an) == first
    assert agreed(lead, an, wording="Đồng ý, mỗi tuần") != first  # other words are another consent
    ended = agreed(lead, an, given=False)
    assert agreed(lead, an, given=False, source="call") == ended
    assert Consent.objects.count() == Event.objects.filter(kind__startswith="consent.").count() == 3


def test_an_address_written_otherwise_is_the_same_person(an, lead):
    agreed(lead, an)
    assert holds(address=" Van.DT+tin@HonDaCement.example") is True


def test_what_holds_for_many_is_one_statement(an, lead, django_assert_num_queries):
    agreed(lead, an)
    agreed(lead, an, purpose="care", given=False)
    everybody = [VAN, *(f"a{n}@b.example" for n in range(40))]
    with django_assert_num_queries(1):
        assert consents.unwilling(everybody, Purpose.ADVERTISING) == everybody[1:]
    with django_assert_num_queries(1):
        assert consents.unwilling(everybody, Purpose.CARE) == [VAN]
    with django_assert_num_queries(0):
        assert consents.unwilling(everybody, Purpose.TRANSACTION) == []


def test_the_ledger_is_append_only_and_outlives_its_record(an, dung, lead):
    line = agreed(lead, an)
    for statement in ("update messaging_consent set given = false", "delete from messaging_consent"):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    with pytest.raises(IntegrityError), transaction.atomic():
        Consent.objects.create(subject=VAN, purpose="care", given=True, source="form")  # in which words?
    with operation("destroy", by=dung):
        writing.destroy(lead.record)
    line.refresh_from_db()
    assert line.record_id is None and holds() is True


def test_an_address_that_was_changed_meanwhile_is_not_agreed_to(an, lead):
    change_lead(lead, {"email": (VAN, "khac@hondacement.example")}, by=an)
    with nothing_changes(), pytest.raises(DomainError, match="địa chỉ khác"):
        agreed(lead, an)


# The link at the end of a letter --------------------------------------------------------------------------------------


@pytest.fixture
def link(an, lead):
    return linked(agreed(lead, an))


@pytest.fixture
def outside():
    """Somebody's browser or mail server: no session, and Django's own check of tokens is on."""
    return Client(enforce_csrf_checks=True)


def test_looking_at_the_link_changes_nothing(outside, link):
    """Scanners follow links in letters. The page is nobody's but the reader's: not kept, not indexed, not passed on."""
    with nothing_changes():
        page = outside.get(link)
        outside.head(link)
    assert page.status_code == 200 and "v•••@hondacement.example" in page.text
    assert VAN not in page.text and VAN not in link
    assert "no-store" in page["Cache-Control"] and "noindex" in page["X-Robots-Tag"]
    assert page["Referrer-Policy"] == "no-referrer" and "sessionid" not in page.cookies


def test_one_click_ends_it_at_once(outside, link, lead):
    """RFC 8058: without cookies, tokens of forms or being sent elsewhere; once, however often it is sent."""
    for _twice in range(2):
        answer = outside.post(link, {"List-Unsubscribe": "One-Click"}, REMOTE_ADDR="203.0.113.9")
        assert answer.status_code == 200 and "sessionid" not in answer.cookies
    line = consents.standing(VAN, "advertising")
    assert (line.given, line.source, line.by, line.ip, line.record_id) == (False, "link", None, "203.0.113.9", lead.pk)
    event = told(events.CONSENT[False], about=lead)
    assert (event.by, event.outsider, event.via) == (None, "v•••@hondacement.example", "link")
    assert holds("care") is None and Consent.objects.count() == 2


@pytest.mark.parametrize(
    ("pressed", "ended"),
    [("advertising", {"advertising"}), ("care", {"care"}), ("all", {"advertising", "care"}),
     ("transaction", {"advertising"}), ("\x00", {"advertising"})],
)  # fmt: skip
def test_one_ends_what_one_presses(outside, link, pressed, ended):
    page = outside.post(link, {"purpose": pressed})
    assert {one for one in consents.ASKED if holds(one) is False} == ended
    assert "có hiệu lực ngay" in page.text


def test_what_was_ended_by_mistake_is_taken_back_for_a_while(outside, link, lead):
    outside.post(link, {"purpose": "all"})
    assert "Tôi đổi ý" in outside.get(link).text
    for _twice in range(2):
        outside.post(link, {"back": "1"})
    assert (holds(), holds("care"), Consent.objects.count()) == (True, True, 5)
    assert consents.standing(VAN, "advertising").wording == YES
    assert "Tôi đổi ý" not in outside.get(link).text


def test_an_hour_later_it_stays_ended(outside, link):
    outside.post(link, {"purpose": "all"})
    with rewriting_history():
        Consent.objects.filter(given=False).update(at=timezone.now() - timedelta(hours=1))
    with nothing_changes():
        assert "Tôi đổi ý" not in outside.post(link, {"back": "1"}).text


def test_nobody_agrees_to_advertising_by_taking_something_back(an, lead, outside):
    """Only what held before holds again; what we were told otherwise is no mistake of theirs."""
    link = linked(agreed(lead, an))
    agreed(lead, an, given=False)
    with nothing_changes():
        outside.post(link, {"back": "1"})
    outside.post(link, {"purpose": "all"})
    outside.post(link, {"back": "1"})
    assert (holds(), holds("care")) == (False, True)


@pytest.mark.parametrize("how", ["altered", "unsigned", "of something else", "nothing"])
def test_a_link_that_we_did_not_sign_leads_nowhere(outside, an, lead, how):
    line = agreed(lead, an)
    token = {
        "altered": str(line.pk + 1) + consents.token_of(line)[len(str(line.pk)) :],
        "unsigned": str(line.pk),
        "of something else": signing.Signer(salt="else").sign(str(line.pk)),
        "nothing": "x" * 5000,
    }[how]
    with nothing_changes():
        assert outside.get(f"/unsubscribe/{token}/").status_code == 404
        assert outside.post(f"/unsubscribe/{token}/", {"purpose": "all"}).status_code == 404


def test_a_link_is_pressed_so_often_and_no_more(outside, link, settings):
    settings.ACCOUNT_RATE_LIMITS = throttling.RATE_LIMITS | {"unsubscribe": "2/10m/key"}
    assert [outside.post(link).status_code for _nth in range(3)] == [200, 200, 429]
    assert holds() is False and outside.get(link).status_code == 200


def test_a_colleague_who_opens_the_link_sees_the_same_page(client, an, link):
    client.force_login(an)
    assert "v•••@hondacement.example" in client.get(link).text
