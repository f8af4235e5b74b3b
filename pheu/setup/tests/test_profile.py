"""«Hồ sơ công ty» and «Ngày nghỉ»: who we are, when we work, what stands in the menu (R2.01)."""

import base64
from datetime import date

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from playwright.sync_api import expect

from pheu.conftest import nothing_changes
from pheu.core.errors import Conflict, Invalid, Refused
from pheu.core.tests.looking import walked
from pheu.core.vietnamese import today_here
from pheu.leads.services import create_lead
from pheu.people.models import Holiday, Profile, Role
from pheu.people.profile import hours_of, profile
from pheu.setup.configuring import add_item, change_item
from pheu.setup.housekeeping import LOGO_LIMIT, add_holidays, change_logo, remove_logo
from pheu.setup.portable import exported, import_config
from pheu.setup.profile import COMPANY, HOLIDAYS, proposed

PAGE, DAYS = "/setup/company/", "/setup/holidays/"
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPj/HwADBwIAMCbHYQAAAABJRU5ErkJggg=="
)
YEAR = today_here().year


def logo(content=PIXEL, name="logo.png"):
    return SimpleUploadedFile(name, content)


def drawn(client):
    """What the page's form would send, unchanged."""
    form = client.get(PAGE).context["form"]
    values = {name: form[name].value() for name in form.fields}
    told = {name: "on" if value is True else value for name, value in values.items() if value is not False}
    seen = {f"initial-{name}": value for name, value in values.items()}
    return {name: value or "" for name, value in (told | seen).items()}


def say(by, **changes):
    held = Profile.objects.get()
    return change_item(COMPANY, held.pk, {name: (getattr(held, name), new) for name, new in changes.items()}, by=by)


@pytest.fixture(autouse=True)
def _apart(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


# The page ----------------------------------------------------------------------------------------------------------


def test_the_profile_is_the_first_page_of_the_setup_and_its_name_stands_on_every_page(client, dung, an):
    client.force_login(dung)
    assert client.get("/setup/")["Location"] == PAGE
    sent = drawn(client) | {
        "name": "Công ty CP Quan Trắc Sen Việt", "short_name": "Sen Việt", "tax_code": "0100 109 106",
        "phone": "024 3863 7747", "website": "senviet.example", "saturday": "8h-11h30", "sunday": "nghỉ",
    }  # fmt: skip
    assert client.post(PAGE, sent)["Location"] == PAGE
    held = Profile.objects.get()
    assert (held.tax_code, held.phone, held.website) == ("0100109106", "+842438637747", "https://senviet.example")
    assert (held.monday, held.saturday, held.sunday) == ("08:00-12:00, 13:30-17:30", "08:00-11:30", "")
    assert held.leads_in_menu
    client.force_login(an)
    assert "Sen Việt" in client.get("/").text  # at everybody's next click
    assert "Sen Việt" in Client().get("/accounts/login/").text


def test_what_changed_stands_in_the_log_and_what_did_not_is_not_told(client, dung):
    client.force_login(dung)
    client.post(PAGE, drawn(client) | {"name": "Sen Việt", "friday": "8-12"})
    client.post(PAGE, drawn(client))
    [line] = client.get("/setup/log/").context["lines"]
    assert [str(words) for _label, words in line.changes] == ["— → Sen Việt", "08:00-12:00, 13:30-17:30 → 08:00-12:00"]


def test_what_is_wrong_is_said_beside_its_field(client, dung):
    client.force_login(dung)
    wrong = {
        "name": "x" * 201, "short_name": "x" * 31, "tax_code": "0100109107", "phone": "hỏi anh Nam",
        "website": "javascript:alert(1)", "monday": "sáng", "tuesday": "12-8",
    }  # fmt: skip
    with nothing_changes():
        answer = client.post(PAGE, drawn(client) | wrong)
    assert (answer.status_code, set(answer.context["form"].errors)) == (422, set(wrong))
    closed = dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday", "saturday"), "")
    with nothing_changes():
        answer = client.post(PAGE, drawn(client) | closed)
    assert list(answer.context["form"].errors) == ["monday"]


def test_the_act_asks_what_the_page_asks(dung, an):
    """Whoever calls it: a name that is none, a tax code that does not check, a column that is not asked for."""
    for changes in ({"tax_code": "123"}, {"phone": "anh Nam"}, {"monday": "mai"}, {"website": "x"}):
        with nothing_changes(), pytest.raises(Invalid) as refused:
            say(dung, **changes)
        assert list(refused.value.errors) == list(changes)
    for changes in ({"logo": "../x"}, {"logo_type": "text/html"}):
        with nothing_changes(), pytest.raises(Refused):
            say(dung, **changes)
    with nothing_changes(), pytest.raises(Refused):
        add_item(COMPANY, {"name": "Thứ hai"}, by=an)
    assert say(dung, saturday="8-11").saturday == "08:00-11:00"


def test_two_admins_change_different_things_and_clash_over_the_same(client, dung):
    client.force_login(dung)
    old = drawn(client)
    client.post(PAGE, old | {"monday": "9-17"})
    client.post(PAGE, old | {"address": "Hà Nội"})
    held = Profile.objects.get()
    assert (held.monday, held.address) == ("09:00-17:00", "Hà Nội")
    assert client.post(PAGE, old | {"monday": "10-17"}).status_code == 409
    with pytest.raises(Conflict):
        change_item(COMPANY, held.pk, {"name": ("khác", "Sen Việt")}, by=dung)


def test_who_may_only_look_sees_it_closed(client, giang):
    role = Role.objects.create(code="looks", name="Xem cấu hình", grants={"system": {"view": "all"}})
    type(giang).objects.filter(pk=giang.pk).update(role=role)
    client.force_login(giang)
    page = client.get(PAGE)
    assert all(one.disabled for one in page.context["form"].fields.values())
    assert "data-save-bar" not in page.text
    for path, sent in ((PAGE, {"name": "x"}), (f"{PAGE}logo/", {"remove": "1"}), (f"{DAYS}{YEAR}/public/", {})):
        with nothing_changes():
            assert client.post(path, sent).status_code == 403


def test_there_is_one_profile_and_no_page_makes_another(client, dung):
    client.force_login(dung)
    pk = Profile.objects.get().pk
    for path in (f"{PAGE}new/", f"{PAGE}{pk}/", f"{PAGE}{pk}/switch/", f"{PAGE}order/"):
        with nothing_changes():
            assert client.post(path, {"name": "x"}).status_code == 404


def test_no_page_asks_for_it_anew(client, an, dung, django_assert_num_queries):
    client.force_login(an)
    client.get("/")
    client.get("/")
    with django_assert_num_queries(0):
        profile()
    say(dung, short_name="Sen Việt")
    client.get("/")
    with django_assert_num_queries(0):
        profile()
        hours_of(date(2031, 6, 13))


# The logo ----------------------------------------------------------------------------------------------------------


def test_a_logo_stands_beside_the_name_and_is_kept_by_browsers(client, dung, django_capture_on_commit_callbacks):
    client.force_login(dung)
    assert client.post(f"{PAGE}logo/", {"upload": logo()}).status_code == 302
    first = client.get("/").context["shell"].brand.logo
    shown = Client().get(first)  # on the sign-in page too
    assert (shown["Content-Type"], b"".join(shown)) == ("image/png", PIXEL)
    assert "immutable" in shown["Cache-Control"]
    assert "sandbox" in shown["Content-Security-Policy"]
    assert shown["X-Content-Type-Options"] == "nosniff"
    with django_capture_on_commit_callbacks(execute=True):
        change_logo(logo(b"\xff\xd8\xff\xe0jpeg"), by=dung)
    assert Client().get(first).status_code == 404
    assert len(default_storage.listdir("logo")[1]) == 1
    with django_capture_on_commit_callbacks(execute=True):
        client.post(f"{PAGE}logo/", {"remove": "1"})
    assert default_storage.listdir("logo")[1] == []
    assert client.get("/").context["shell"].brand.logo == ""
    assert [one.said for one in client.get("/setup/log/").context["lines"]] == [
        "gỡ logo", "đổi logo", "đổi logo",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "content",
    [b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", b"GIF89a", b"%PDF-1.7", b"", b"x"],
)
def test_only_pictures_that_run_nothing_are_logos(client, dung, content):
    client.force_login(dung)
    with nothing_changes():
        assert client.post(f"{PAGE}logo/", {"upload": logo(content, "logo.png")}).status_code in (400, 409, 422)


def test_a_large_or_missing_picture_is_refused_and_a_lost_one_is_not_found(client, dung):
    client.force_login(dung)
    with nothing_changes():
        assert client.post(f"{PAGE}logo/", {"upload": logo(PIXEL + b"x" * LOGO_LIMIT)}).status_code >= 400
        assert client.post(f"{PAGE}logo/").status_code >= 400
        remove_logo(by=dung)
    change_logo(logo(), by=dung)
    default_storage.delete(Profile.objects.get().logo.name)
    assert client.get(client.get("/").context["shell"].brand.logo).status_code == 404


# R2.01 -------------------------------------------------------------------------------------------------------------


def test_leads_leave_every_menu_and_come_back(client, dung, an):
    """R2.01: on, a Lead item stands in the menus; off, in none of them, while records stay and open by their links."""
    lead = create_lead({"name": "Trạm khí thải", "owner": an}, by=an)
    client.force_login(an)

    def offered():
        shell = client.get("/").context["shell"]
        return ["lead-list" in {one.url_name for one in some} for some in (shell.items, shell.phone)] + [
            "lead-new" in {one.url_name for one in shell.creates}
        ]

    assert offered() == [True, True, True]
    say(dung, leads_in_menu=False)
    assert offered() == [False, False, False]
    page = client.get("/deals/").text
    assert 'href="/leads/"' not in page
    assert 'href="/leads/new/"' not in page
    for path in (lead.get_absolute_url(), "/leads/", "/leads/new/"):
        assert client.get(path).status_code == 200
    assert "Trạm khí thải" in client.get("/search/?q=tram khi thai").text
    say(dung, leads_in_menu=True)
    assert offered() == [True, True, True]


# «Ngày nghỉ» -------------------------------------------------------------------------------------------------------


def test_a_day_is_added_changed_and_deleted_and_all_of_it_is_told(client, dung):
    client.force_login(dung)
    sent = {"day": "02/09/2031", "name": "Quốc khánh"}
    assert client.post(f"{DAYS}new/", sent).status_code == 302
    one = Holiday.objects.get()
    twice = client.post(f"{DAYS}new/", sent | {"name": "Khác"})
    assert (twice.status_code, list(twice.context["form"].errors)) == (422, ["day"])
    saw = {"initial-day": "2031-09-02", "initial-name": "Quốc khánh"}
    client.post(f"{DAYS}{one.pk}/", saw | {"day": "3/9/2031", "name": "Quốc khánh", "is_working": "on"})
    one.refresh_from_db()
    assert (one.day, one.is_working) == (date(2031, 9, 3), True)
    client.post(f"{DAYS}{one.pk}/removal/")
    assert not Holiday.objects.exists()
    _removed, changed, _added = client.get("/setup/log/").context["lines"]
    assert [words for _label, words in changed.changes] == ["02/09/2031 → 03/09/2031", "không → có"]


def test_days_stand_in_order_by_year_and_are_searched_in_all(client, dung):
    for day, name in ((date(2031, 9, 2), "Quốc khánh"), (date(2031, 4, 30), "Giải phóng"), (date(2029, 9, 2), "Cũ")):
        add_item(HOLIDAYS, {"day": day, "name": name}, by=dung)
    client.force_login(dung)
    page = client.get(f"{DAYS}?year=2031")
    assert [str(one) for one in page.context["items"]] == ["Giải phóng", "Quốc khánh"]
    assert [one["label"] for one in page.context["years"]] == sorted({YEAR, YEAR + 1, 2029, 2031})
    assert [str(one) for one in client.get(f"{DAYS}?q=quoc khanh").context["items"]] == ["Quốc khánh"]
    assert [str(one) for one in client.get(f"{DAYS}?q=02/09").context["items"]] == ["Cũ", "Quốc khánh"]


def test_public_holidays_are_proposed_and_never_twice(client, dung):
    add_item(HOLIDAYS, {"day": date(YEAR, 9, 2), "name": "Lễ của chúng tôi"}, by=dung)
    client.force_login(dung)
    offered = client.get(f"{DAYS}{YEAR}/public/").context["form"].fields["days"].choices
    days = [value for value, _label in offered]
    assert f"{YEAR}-09-02" not in days
    assert {f"{YEAR}-01-01", f"{YEAR}-04-30", f"{YEAR}-05-01"} <= set(days)
    assert client.post(f"{DAYS}{YEAR}/public/", {"days": days[1:]}).status_code == 302
    assert Holiday.objects.filter(day__year=YEAR).count() == len(days)
    assert [one.day.isoformat() for one in proposed(YEAR)] == days[:1]
    with nothing_changes():
        assert client.post(f"{DAYS}{YEAR}/public/", {"days": [f"{YEAR}-09-02"]}).status_code == 422
        assert client.get(f"{DAYS}{YEAR + 2}/public/").status_code == 404


def test_the_days_of_2026(dung):
    """vietnam.md 7.7: Tết, Giỗ Tổ, 30/4, 1/5, 2/9, days instead, and «Ngày Văn hóa Việt Nam» from 2026 on."""
    named = {one.day: one for one in proposed(2026)}
    for month, day in ((1, 1), (2, 16), (2, 17), (2, 20), (4, 26), (4, 27), (4, 30), (5, 1), (9, 1), (9, 2), (11, 24)):
        assert not named[date(2026, month, day)].is_working
    assert named[date(2026, 8, 22)].is_working  # worked instead of 31/8
    assert "Văn hóa" in named[date(2026, 11, 24)].name
    assert {one.day.year for one in named.values()} == {2026}


def test_added_days_are_in_force_at_once(dung):
    assert hours_of(date(YEAR, 1, 1)) or date(YEAR, 1, 1).weekday() == 6
    added = add_holidays(YEAR, [date(YEAR, 1, 1), date(YEAR, 1, 2)], by=dung)
    assert [one.day for one in added] == [date(YEAR, 1, 1)]
    assert hours_of(date(YEAR, 1, 1)) == ()


# It travels --------------------------------------------------------------------------------------------------------


def test_profile_hours_and_holidays_travel_without_the_logo(dung):
    change_logo(logo(), by=dung)
    say(dung, name="Sen Việt", saturday="", leads_in_menu=False)
    add_item(HOLIDAYS, {"day": date(2031, 9, 2), "name": "Quốc khánh"}, by=dung)
    told = exported()
    assert "logo" not in told["profile"]
    assert import_config(told, by=dung) == []
    say(dung, name="Khác", saturday="8-12", leads_in_menu=True)
    change_item(HOLIDAYS, Holiday.objects.get().pk, {"name": ("Quốc khánh", "Lễ")}, by=dung)
    with nothing_changes():
        assert len(import_config(told, by=dung, dry_run=True)) == 2
    import_config(told, by=dung)
    held = Profile.objects.get()
    assert (held.name, held.saturday, held.leads_in_menu, bool(held.logo)) == ("Sen Việt", "", False, True)
    assert [str(one) for one in Holiday.objects.all()] == ["Quốc khánh"]
    for bad in (
        {"profile": {"tax_code": "1"}},
        {"profile": {"logo": "x"}},
        {"holidays": [{"day": "mai", "name": "x"}]},
    ):
        with nothing_changes(), pytest.raises(Exception, match=r".+"):
            import_config({"pheu": 1} | bad, by=dung)


# In Chromium -------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_an_admin_names_the_company_and_shows_its_logo(world):
    """R2.01, walked: name, logo, hours, the switch of the menu; in force on the page that answers."""
    page = world.enter(world.cast.dung, "/setup/")
    brand, menu = page.locator(".sidebar .brand"), page.locator(".sidebar .nav-item", has_text="Tiềm năng")
    expect(menu).to_be_visible()
    page.locator("[name=short_name]").fill("Sen Việt")
    page.locator("[name=saturday]").fill("8h-11h30")
    page.locator("#profile-logo input[type=file]").set_input_files(
        {"name": "logo.png", "mimeType": "image/png", "buffer": PIXEL}
    )
    expect(brand.locator("img")).to_be_visible()
    expect(page.locator("[name=short_name]")).to_have_value("Sen Việt")  # typed words stay
    page.locator("label.check", has_text="Tiềm năng").click()
    bar, save = page.locator("[data-dirty-count]"), page.locator("[data-save-bar] .btn-primary")
    expect(bar).to_have_text("3 thay đổi chưa lưu")
    page.locator("[name=sunday]").fill("sáng")
    save.click()
    expect(page.locator("[data-field=sunday]")).to_contain_text("sáng")  # refused: what is wrong is said beside it
    expect(bar).to_have_text("Cần xem lại: 1 · 4 thay đổi chưa lưu")
    page.locator("[name=sunday]").fill("nghỉ")
    save.click()
    expect(brand).to_contain_text("Sen Việt")
    expect(menu).to_have_count(0)
    expect(page.locator("[name=saturday]")).to_have_value("08:00-11:30")


@pytest.mark.django_db(transaction=True)
def test_an_admin_adds_the_public_holidays_of_a_year(world):
    page = world.enter(world.cast.dung, f"{DAYS}?year={YEAR}")
    page.locator(f"a[href='{DAYS}{YEAR}/public/']").click()
    dialog = page.locator("#dialog")
    dialog.get_by_label("Quốc tế Lao động").first.uncheck()
    dialog.locator("button[type=submit]").click()
    expect(page.locator("#setup-items")).to_contain_text("Tết Dương lịch")
    expect(page.locator("#setup-items")).not_to_contain_text("Quốc tế Lao động")


@pytest.mark.django_db(transaction=True)
def test_its_pages_are_accessible_and_fit(world):
    dung = world.cast.dung
    say(dung, name="Công ty cổ phần " + "dài " * 40, short_name="Quan Trắc Môi Trường Sen Việt")
    change_logo(logo(), by=dung)
    add_holidays(YEAR, [one.day for one in proposed(YEAR)], by=dung)
    one = Holiday.objects.all()[0]
    pages = [PAGE, DAYS, f"{DAYS}{one.pk}/", f"{DAYS}{YEAR + 1}/public/", f"/calendar/?view=month&on={YEAR}-09-02"]
    pages += [f"/calendar/?on={YEAR}-09-02", "/accounts/login/"]
    assert walked(world.enter(world.cast.dung), pages) == {}
