"""«Người dùng»: people are invited, changed, and leave with everything handed over in one act."""

import re
from datetime import timedelta

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core import mail
from django.test import Client
from django.utils import timezone
from playwright.sync_api import expect

from pheu.activities.models import Activity, ActivityType
from pheu.activities.services import schedule_activity
from pheu.conftest import PASSWORD, nothing_changes, stage_of, told
from pheu.core.errors import Conflict, DomainError, Invalid, Refused
from pheu.deals.models import Deal
from pheu.deals.services import close_deal, create_deal
from pheu.leads.models import Lead
from pheu.leads.services import create_lead
from pheu.people.models import Department, Role, Team, User
from pheu.records.models import Operation
from pheu.setup import jobs
from pheu.setup.configuring import change_item
from pheu.setup.events import PERSON_LEFT, SECOND_STEP_TAKEN_AWAY
from pheu.setup.staff import PEOPLE, invitation_link
from pheu.setup.staffing import come_back, invite_again, invite_person, leave, take_second_step_away
from pheu.timeline.events import ASSIGNED
from pheu.timeline.models import Event

LINK = re.compile(r"https?://\S+")


@pytest.fixture
def with_mail(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


@pytest.fixture
def without_mail(settings, tmp_path):
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = tmp_path


def form_of(**more):
    return {
        "full_name": "Đinh Thu Hà",
        "email": "ha@quantrac.example",
        "role": Role.objects.get(code="sales").pk,
    } | more


def values(**more):
    return {
        "full_name": "Đinh Thu Hà", "email": "ha@quantrac.example", "role": Role.objects.get(code="sales"),
    } | more  # fmt: skip


def work(record, assignee, by):
    what, due = ActivityType.objects.all()[0], timezone.now() + timedelta(days=1)
    return schedule_activity(record, what=what, due_at=due, assignee=assignee, by=by)


def test_somebody_is_invited_chooses_a_password_and_works(client, dung, an, with_mail):
    client.force_login(dung)
    team, place = Team.objects.get(name="Miền Bắc"), Department.objects.get(name="Phòng dự án")
    sent = form_of(department=place.pk, teams=[team.pk], job_title="Kỹ sư bán hàng", capacity=40)
    assert client.post("/setup/people/new/", sent).status_code == 302
    made = User.objects.get(email="ha@quantrac.example")
    assert (made.department, list(made.teams.all()), made.capacity, made.given_name) == (place, [team], 40, "Hà")
    assert not made.has_usable_password()
    assert "đã mời" in client.get("/setup/people/").text
    log = client.get("/setup/log/").text
    assert "— → Kinh doanh" in log
    assert "+ Miền Bắc" in log
    jobs.send_invitation(user_id=made.pk)
    [letter] = mail.outbox
    assert letter.to == ["ha@quantrac.example"]
    assert "Đinh Thu Hà" in letter.body
    [link] = LINK.findall(letter.body)
    theirs = Client()
    form = theirs.get(link, follow=True)
    path = form.request["PATH_INFO"]
    theirs.post(path, {"password1": "hoa-cuc-vang-2026", "password2": "hoa-cuc-vang-2026"})
    signed_in = Client()
    assert signed_in.post("/accounts/login/", {"login": made.email, "password": "hoa-cuc-vang-2026"}).status_code == 302
    assert signed_in.get("/leads/").status_code == 200
    # The link has done its work.
    again = Client().get(link, follow=True)
    assert "password1" not in again.text
    mail.outbox.clear()
    jobs.send_invitation(user_id=made.pk)
    assert mail.outbox == []
    with nothing_changes(), pytest.raises(DomainError):
        invite_again(made.pk, by=dung)


def test_without_mail_the_link_is_shown_once_to_hand_on(client, dung, without_mail):
    client.force_login(dung)
    page = client.post("/setup/people/new/", form_of())
    made = User.objects.get(email="ha@quantrac.example")
    assert page.status_code == 200
    assert "/accounts/password/reset/key/" in page.text
    for path in ("/setup/people/", f"/setup/people/{made.pk}/", "/setup/log/"):
        assert "password/reset/key" not in client.get(path).text
    assert not Event.objects.filter(facts__icontains="reset/key").exists()
    assert "password/reset/key" in client.post(f"/setup/people/{made.pk}/invitation/").text


@pytest.mark.parametrize(
    ("more", "column"),
    [
        ({"email": "an@quantrac.example"}, "email"),
        ({"email": "AN@quantrac.example"}, "email"),
        ({"email": "khong"}, "email"),
        ({"full_name": " "}, "full_name"),
        ({"full_name": "x" * 10_000}, "full_name"),
        ({"capacity": -1}, "capacity"),
        ({"capacity": 10**9}, "capacity"),
    ],
)
def test_what_is_no_account_is_refused_by_form_and_act(client, dung, an, more, column):
    client.force_login(dung)
    with nothing_changes():
        assert client.post("/setup/people/new/", form_of(**more)).status_code == 422
        with pytest.raises(Invalid) as refused:
            invite_person(values(**more), by=dung)
    assert list(refused.value.errors) == [column]


def test_a_person_is_changed_and_the_change_counts_at_once(client, dung, an, chi):
    lead = create_lead({"name": "Của Chi", "owner": chi}, by=chi)
    theirs = Client()
    theirs.force_login(an)
    assert theirs.get(f"/leads/{lead.pk}/").status_code == 404
    client.force_login(dung)
    page = client.get(f"/setup/people/{an.pk}/").context["form"]
    sent = {"full_name": "Nguyễn Hoài Ân", "initial-full_name": an.full_name, "email": an.email}
    sent |= {"role": Role.objects.get(code="admin").pk, "initial-role": an.role_id, "department": an.department_id}
    sent |= {"teams": page["teams"].value(), "initial-teams": page["teams"].value()}
    assert client.post(f"/setup/people/{an.pk}/", sent).status_code == 302
    an = User.objects.get(pk=an.pk)
    assert (an.full_name, an.given_name, an.role.code, an.teams.count()) == ("Nguyễn Hoài Ân", "Ân", "admin", 1)
    assert theirs.get(f"/leads/{lead.pk}/").status_code == 200
    log = client.get("/setup/log/").text
    assert "Kinh doanh → Quản trị" in log
    assert "Nguyễn Hoài An → Nguyễn Hoài Ân" in log


def test_two_admins_who_edit_one_person_see_it(dung, an):
    change_item(PEOPLE, an.pk, {"job_title": ("", "Kỹ sư")}, by=dung)
    with nothing_changes(), pytest.raises(Conflict):
        change_item(PEOPLE, an.pk, {"job_title": ("", "Trưởng nhóm")}, by=dung)
    change_item(PEOPLE, an.pk, {"capacity": (None, 30)}, by=dung)
    assert User.objects.get(pk=an.pk).capacity == 30


@pytest.mark.parametrize("name", ["password", "is_active", "last_login", "name_key"])
def test_no_act_writes_what_the_page_does_not_keep(dung, an, name):
    with nothing_changes(), pytest.raises(Refused):
        change_item(PEOPLE, an.pk, {name: (getattr(an, name), True)}, by=dung)


def test_all_that_somebody_has_open_goes_to_their_heir_in_one_act(client, dung, an, binh):
    leads = [create_lead({"name": f"Trạm {nth}", "owner": an}, by=an) for nth in range(3)]
    deal, won = (create_deal({"name": name, "owner": an}, by=an) for name in ("Trạm nước", "Đã thắng"))
    close_deal(won, to=stage_of("deal", "Thành công"), by=an)
    mine = work(deal.record, an, an)
    elsewhere = work(create_lead({"name": "Của Bình", "owner": binh}, by=binh).record, an, binh)
    theirs = Client()
    theirs.force_login(an)
    assert theirs.get("/leads/").status_code == 200
    client.force_login(dung)
    page = client.get(f"/setup/people/{an.pk}/leaving/").text
    assert "Tiềm năng: <b" in page
    acts = Operation.objects.count()
    assert client.post(f"/setup/people/{an.pk}/leaving/", {"heir": binh.pk}).status_code == 302
    assert Operation.objects.count() == acts + 1
    assert set(Lead.objects.filter(pk__in=[one.pk for one in leads]).values_list("owner", flat=True)) == {binh.pk}
    assert {one.name: one.owner for one in Deal.objects.all()} == {"Trạm nước": binh, "Đã thắng": an}
    assert set(Activity.objects.open().values_list("assignee", flat=True)) == {binh.pk}
    assert told(ASSIGNED, about=deal).facts["owner"]["id"] == binh.pk
    assert {one.record_id for one in (mine, elsewhere)} == set(
        Event.objects.filter(kind="activity.handed_over").values_list("about", flat=True)
    )
    an = User.objects.get(pk=an.pk)
    assert (an.is_active, an.teams.count(), an.has_usable_password()) == (False, 0, False)
    assert theirs.get("/leads/").status_code == 302  # signed out
    assert "Nguyễn Hoài An" in client.get("/setup/log/").text
    assert "đã nghỉ" in client.get("/setup/people/").text
    with nothing_changes():
        leave(an.pk, heir=binh, by=dung)  # once more is harmless


def test_an_old_session_stays_ended_when_somebody_comes_back(client, dung, an, with_mail):
    theirs = Client()
    theirs.force_login(an)
    leave(an.pk, heir=None, by=dung)
    client.force_login(dung)
    assert client.post(f"/setup/people/{an.pk}/return/").status_code == 302
    assert User.objects.get(pk=an.pk).is_active
    assert theirs.get("/leads/").status_code == 302
    jobs.send_invitation(user_id=an.pk)
    assert "password/reset/key" in mail.outbox[0].body
    with nothing_changes():
        come_back(an.pk, by=dung)


def test_somebody_is_asked_who_takes_over(client, dung, an, giang, chi):
    create_lead({"name": "Trạm", "owner": an}, by=an)
    client.force_login(dung)
    with nothing_changes():
        assert client.post(f"/setup/people/{an.pk}/leaving/", {}).status_code == 422
        for heir in (None, an, giang, User(pk=999_999)):  # giang only looks
            with pytest.raises(DomainError):
                leave(an.pk, heir=heir, by=dung)
    leave(chi.pk, heir=None, by=dung)  # has nothing
    with nothing_changes(), pytest.raises(DomainError):
        leave(an.pk, heir=chi, by=dung)


def test_the_last_who_may_change_the_setup_does_not_leave(dung, an):
    with nothing_changes():
        with pytest.raises(DomainError):
            leave(dung.pk, heir=None, by=dung)
        with pytest.raises(DomainError):
            change_item(PEOPLE, dung.pk, {"role": (dung.role, an.role)}, by=dung)
    change_item(PEOPLE, an.pk, {"role": (an.role, dung.role)}, by=dung)
    leave(dung.pk, heir=None, by=dung)
    assert not Event.objects.filter(kind=PERSON_LEFT.code).exclude(by=dung).exists()
    with nothing_changes(), pytest.raises(Refused):
        come_back(dung.pk, by=User.objects.get(pk=dung.pk))


def test_only_whoever_looks_after_the_system_may(client, an, binh, chi):
    for person in (an, binh):
        with nothing_changes():
            for act in (
                lambda by: invite_person(values(), by=by),
                lambda by: invite_again(chi.pk, by=by),
                lambda by: leave(chi.pk, heir=None, by=by),
                lambda by: come_back(chi.pk, by=by),
            ):
                with pytest.raises(Refused):
                    act(person)
        client.force_login(person)
        assert client.get("/setup/people/").status_code == 404


def test_a_link_for_another_address_works_no_more(dung, an, client):
    """An address that was mistyped is mended, and who got the first mail cannot come in."""
    made = invite_person(values(), by=dung)
    link = invitation_link(made)
    change_item(PEOPLE, made.pk, {"email": (made.email, "thu.ha@quantrac.example")}, by=dung)
    assert "password1" not in client.get(link, follow=True).text


def test_three_hundred_people_are_listed_and_searched(client, dung, an, django_assert_max_num_queries):
    client.force_login(dung)
    client.get("/setup/people/")
    for nth in range(300):
        User.objects.create(email=f"nv{nth}@quantrac.example", full_name=f"Lý Nhân {nth}", role=an.role, password="!")
    with django_assert_max_num_queries(4):
        assert len(client.get("/setup/people/").context["items"]) == 306
    assert [str(one) for one in client.get("/setup/people/?q=nhan 299").context["items"]] == ["Lý Nhân 299"]
    with django_assert_max_num_queries(12):
        client.get(f"/setup/people/{an.pk}/")
    with django_assert_max_num_queries(16):
        client.get(f"/setup/people/{an.pk}/leaving/")


def test_a_name_is_text_wherever_it_stands(client, dung):
    invite_person(values(full_name="<img src=x onerror=alert(1)>", job_title="<b>x"), by=dung)
    made = User.objects.get(email="ha@quantrac.example")
    client.force_login(dung)
    for path in ("/setup/people/", f"/setup/people/{made.pk}/", f"/setup/people/{made.pk}/leaving/", "/setup/log/"):
        page = client.get(path).text
        assert "<img src=x" not in page
        assert "<b>x" not in page


@pytest.mark.django_db(transaction=True)
def test_somebody_leaves_on_the_screen_and_is_out_at_once(world):
    cast = world.cast
    lead = create_lead({"name": "Trạm khí", "owner": cast.an}, by=cast.an)
    theirs = world.enter(cast.an, "/leads/")
    page = world.enter(cast.dung, "/setup/people/")
    line = page.locator(".setup-item", has_text="Nguyễn Hoài An")
    line.get_by_role("link", name="Nghỉ việc").click()
    dialog = page.locator("#dialog[open]")
    expect(dialog).to_contain_text("Tiềm năng: 1")
    dialog.locator(".ts-control").wait_for()
    dialog.get_by_role("combobox", name="Người tiếp nhận").fill("thanh bình")
    page.get_by_role("option", name="Trần Thanh Bình").click()
    dialog.get_by_role("button", name="Bàn giao").click()
    expect(line).to_contain_text("đã nghỉ")
    assert Lead.objects.get(pk=lead.pk).owner == cast.binh
    theirs.goto("/leads/")
    expect(theirs.get_by_label("Mật khẩu")).to_be_visible()


def signed_in(person) -> Client:
    client = Client()
    assert client.post("/accounts/login/", {"login": person.email, "password": PASSWORD}).status_code == 302
    return client


def test_whoever_lost_the_second_step_is_let_in_by_an_administrator(client, dung, an):
    """A lost phone costs no account: the page of people takes the second step away, and says so in the log."""
    before = signed_in(an)
    TOTP.activate(an, generate_totp_secret())
    client.force_login(dung)
    taking = f"/setup/people/{an.pk}/second-step/"
    assert taking in client.get("/setup/people/").text
    assert client.post(taking).status_code == 302
    assert Event.objects.get(kind=SECOND_STEP_TAKEN_AWAY.code).facts["item"]["name"] == an.full_name
    assert before.get("/account/").status_code == 302  # whoever has the phone is out
    assert signed_in(an).get("/account/").status_code == 200
    assert taking not in client.get("/setup/people/").text


def test_it_is_taken_away_from_others_only_and_told_once(dung, an):
    for person in (an, dung):
        TOTP.activate(person, generate_totp_secret())
    with pytest.raises(DomainError), nothing_changes():
        take_second_step_away(dung.pk, by=dung)
    take_second_step_away(an.pk, by=dung)
    with nothing_changes():
        take_second_step_away(an.pk, by=dung)


def test_only_who_looks_after_the_system_takes_it_away(client, binh, an):
    TOTP.activate(an, generate_totp_secret())
    with pytest.raises(Refused), nothing_changes():
        take_second_step_away(an.pk, by=binh)
