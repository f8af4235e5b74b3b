"""What happened is told in the transaction of the act, and goes with it when it rolls back."""

import pytest
from django.db import IntegrityError, transaction
from django.utils import translation

from pheu.conftest import nothing_changes, told
from pheu.core.errors import DomainError, Refused
from pheu.leads.models import Lead
from pheu.leads.services import create_lead
from pheu.parties.models import Prospect
from pheu.parties.services import create_company
from pheu.people.models import Team, User
from pheu.records.acts import operation
from pheu.records.models import Tag
from pheu.timeline import events
from pheu.timeline.events import (
    ASSIGNED,
    CHANGED,
    CREATED,
    FOLLOWED,
    KINDS,
    NOTE_ADDED,
    EventKind,
    Outsider,
    followers_of,
    follows,
)
from pheu.timeline.models import Event
from pheu.timeline.services import add_note, assign, change, follow, put, record, record_many


@pytest.fixture
def heard(monkeypatch):
    """What a follower of notes was given, batch by batch."""
    batches: list[list[Event]] = []
    monkeypatch.setattr(events, "_followers", {code: list(some) for code, some in events._followers.items()})
    follows(NOTE_ADDED)(lambda happened: batches.append(list(happened)))
    return batches


@pytest.fixture
def doing(db):
    """An act that is going on."""
    with operation("test", by=None) as going_on:
        yield going_on


def test_an_event_says_what_who_when_and_through_what(lead, an, doing):
    event = record(NOTE_ADDED, about=lead.record, by=an, via="import", note=7)
    event.refresh_from_db()
    assert (event.kind, event.about, event.by, event.via, event.facts) == (
        "note.added", lead.record, an, "import", {"note": 7},
    )  # fmt: skip
    assert event.at is not None


def test_what_is_made_says_through_what_and_whatever_else_is_told_of_it(an):
    lead = create_lead({"name": "Trạm", "owner": an}, by=an, via="import", list="Hội thảo")
    event = told(CREATED, about=lead)
    assert (event.via, event.facts) == ("import", {"number": lead.number, "list": "Hội thảo"})


def test_an_event_may_be_about_no_record(dung, doing):
    event = record(CHANGED, about=None, by=dung, subject="Vai trò Kinh doanh")
    assert (event.about, event.subject) == (None, "Vai trò Kinh doanh")


def test_somebody_from_outside_is_told_by_the_name_of_that_day_and_nobody_is_the_system(lead, doing):
    event = record(NOTE_ADDED, about=lead.record, by=Outsider("Đỗ Vân " * 100, lead.record), note=7)
    event.refresh_from_db()
    assert (event.author, event.by, event.outsider_record) == (Event.Author.OUTSIDER, None, lead.record)
    assert event.outsider == ("Đỗ Vân " * 100)[:300]
    event = record(NOTE_ADDED, about=lead.record, by=None, note=7)
    event.refresh_from_db()
    assert (event.author, event.by, event.outsider, event.outsider_record) == (Event.Author.SYSTEM, None, "", None)


def test_a_rollback_takes_the_events_with_it(lead, an):
    @transaction.atomic
    def act():
        add_note(lead.record, body="Ghi", by=an)
        raise ZeroDivisionError

    with nothing_changes(), pytest.raises(ZeroDivisionError):
        act()


def test_what_a_follower_cannot_do_undoes_the_act(lead, an, heard):
    def refuse(_happened):
        raise DomainError("Không được.")

    follows(NOTE_ADDED)(refuse)
    with nothing_changes(), pytest.raises(DomainError):
        add_note(lead.record, body="Ghi", by=an)
    assert len(heard) == 1  # it had been told, and then all of it went


def test_a_follower_hears_a_batch_at_once_and_only_its_kind(lead, deal, an, heard, doing):
    record_many(NOTE_ADDED, [(lead.record, {"note": 1}), (deal.record, {"note": 2})], by=an)
    record(CREATED, about=lead.record, by=an, number="x")
    assert [[event.about_id for event in batch] for batch in heard] == [[lead.pk, deal.pk]]


def test_followers_of_everything_hear_after_those_of_the_kind(heard):
    def everything(_happened): ...

    follows("*")(everything)
    assert followers_of(NOTE_ADDED.code)[-1] is everything
    assert followers_of("nothing.known")[-1] is everything


def test_telling_many_takes_one_statement(lead, an, doing, django_assert_num_queries):
    assert doing.operation
    with django_assert_num_queries(1):
        record_many(CREATED, [(lead.record, {"number": str(n)}) for n in range(500)], by=an)


def test_nothing_points_at_an_event():
    """So events can be partitioned by time later (design.md 6)."""
    assert list(Event._meta.related_objects) == []


def test_a_sentence_holds_names_of_that_day_and_a_dash_for_what_is_missing():
    kind = EventKind("test.said", "from %(left)s to %(entered)s")
    events.KINDS.pop("test.said")

    def said(**facts):
        return kind.say(Event(facts=facts), User())

    assert said(left={"id": 3, "name": "Báo giá"}, entered=None) == "from Báo giá to —"
    assert said(left="%(x)s") == "from %(x)s to —"
    assert said(left=[{"id": 1, "name": "Miền Bắc"}, {"id": 2, "name": "Miền Nam"}]) == "from Miền Bắc, Miền Nam to —"


# The acts that every kind shares ------------------------------------------------------------------


def test_a_change_keeps_old_and_new_values_and_says_nothing_where_nothing_changed(lead, an):
    change(lead, {"need": (lead.need, "Đo bụi"), "email": (lead.email, lead.email)}, by=an)
    event = told(CHANGED, about=lead)
    assert [(one["field"], one["was"], one["now"]) for one in event.facts["changes"]] == [
        ("need", "Đo SO₂, NOₓ ở hai ống khói", "Đo bụi")
    ]
    with nothing_changes():
        change(lead, {"need": ("Đo bụi", "Đo bụi")}, by=an)


def test_a_change_of_tags_takes_off_those_that_are_left_out_and_no_others(lead, deal, an):
    one, two, three = tags = [Tag.objects.create(name=name) for name in ("Khí thải", "Đấu thầu", "Gấp")]
    deal.record.tags.set(tags)
    lead = change(lead, {"tags": ([], [one, two])}, by=an)
    lead = change(lead, {"tags": ([one, two], [two, three])}, by=an)
    assert set(Lead.objects.get(pk=lead.pk).record.tags.all()) == set(lead.record.tags.all()) == {two, three}
    assert deal.record.tags.count() == 3
    [said] = Event.objects.filter(kind=CHANGED.code, about=lead.pk).latest("pk").facts["changes"]
    assert [[tag["name"] for tag in said[side]] for side in ("was", "now")] == [
        ["Khí thải", "Đấu thầu"],
        ["Đấu thầu", "Gấp"],
    ]


def test_handing_out_tells_each_row_once_and_is_harmless_twice(lead, an, binh, chi):
    assign([lead], owner=an, by=binh)  # nothing moves: it was an's
    assert not Event.objects.filter(kind=ASSIGNED.code).exists()
    assign([lead], owner=binh, by=binh)
    assign([lead], owner=binh, by=binh)
    assert told(ASSIGNED, about=lead).facts["owner"] == {"id": binh.pk, "name": binh.full_name}


def test_a_place_without_a_person_is_told_alone(lead, an, binh):
    south = Team.objects.get(name="Miền Nam")
    assign([lead], owner=None, team=south, by=binh)
    event = told(ASSIGNED, about=lead)
    with translation.override("vi"):
        assert ASSIGNED.say(event, an) == "giao cho Miền Nam"


def test_one_row_out_of_scope_refuses_all(lead, an, binh, chi):
    other = create_company({"name": "Khác", "type": "prospect", "owner": chi}, by=chi)
    mine = create_company({"name": "Của tôi", "type": "prospect", "owner": an}, by=an)
    with nothing_changes(), pytest.raises(Refused):
        assign([mine, other], owner=binh, by=binh)


def test_of_several_teams_of_a_person_the_oldest_has_the_row(lead, binh, chi):
    chi.teams.add(Team.objects.create(name="An Giang"))  # the first by its name
    assert assign([lead], owner=chi, by=binh)[0].team.name == "Miền Nam"
    assert create_lead({"name": "Trạm", "owner": chi}, by=chi).team.name == "Miền Nam"


def test_who_only_sees_a_record_follows_it_and_lets_nobody_else(lead, giang, hanh):
    follow(lead.record, user=giang, by=giang)
    follow(lead.record, user=giang, by=giang)
    assert told(FOLLOWED, about=lead).facts["who"]["id"] == giang.pk
    with nothing_changes(), pytest.raises(Refused):
        follow(lead.record, user=hanh, by=giang)


def test_handing_out_nothing_is_nothing(binh, django_assert_num_queries):
    with django_assert_num_queries(2):  # the savepoint
        assert assign([], owner=binh, by=binh) == []


def test_a_row_cannot_be_made_over_another(lead, an):
    """Saving a row with a key that exists would overwrite it in silence (tried.md 5a)."""
    row = Lead(record=lead.record, stage=lead.stage, company_name="Khác")
    with nothing_changes(), pytest.raises(IntegrityError), transaction.atomic():
        Lead.objects.bulk_create([row])


def test_a_batch_is_made_or_nothing_is(an):
    rows = [Prospect(company_name="Một", import_key="1"), Prospect(company_name="Hai", import_key="1")]
    with nothing_changes(), pytest.raises(IntegrityError), transaction.atomic():
        put(rows, by=an)


def test_the_timeline_speaks_with_one_voice():
    """«An viết ghi chú», «Chi giao cho Miền Nam»: none says «đã», nor ends like a message."""
    with translation.override("vi"):
        said = {kind.code: str(kind.sentence) for kind in KINDS.values()}
    assert {code: words for code, words in said.items() if words.startswith("đã ") or words.endswith(".")} == {}
    assert len(said) > 30
