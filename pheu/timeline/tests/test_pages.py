"""Notes, files, followers and the timeline of any record, over HTTP."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from pheu.conftest import nothing_changes, rewriting_history, told
from pheu.records.acts import operation
from pheu.timeline import services
from pheu.timeline.events import CREATED, FILE_ADDED, FOLLOWED, KINDS, NOTE_ADDED, UNFOLLOWED, EventKind
from pheu.timeline.models import Event, File, Note
from pheu.timeline.reading import PAGE
from pheu.timeline.services import record, record_many


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def upload(name="báo giá.pdf", content=b"%PDF-1.7"):
    return {"upload": SimpleUploadedFile(name, content)}


# Notes --------------------------------------------------------------------------------------------


def test_a_note_is_kept_told_and_shown(client, an, lead):
    client.force_login(an)
    assert client.post(f"/r/{lead.pk}/notes/", {"body": "Gọi lại <b>sau Tết</b>\nanh Bình"}).status_code == 302
    assert Note.objects.get().body == "Gọi lại <b>sau Tết</b>\nanh Bình"
    assert told(NOTE_ADDED, about=lead).by == an
    page = client.get(lead.get_absolute_url()).text
    assert "Gọi lại &lt;b&gt;sau Tết&lt;/b&gt;" in page


@pytest.mark.parametrize("body", ["", " \n\u200b ", "x" * 20_001])
def test_a_note_of_nothing_or_too_much_is_refused_in_words(client, an, lead, body):
    client.force_login(an)
    with nothing_changes():
        answer = client.post(f"/r/{lead.pk}/notes/", {"body": body})
    assert answer.status_code == 409
    assert "refused.html" in [template.name for template in answer.templates]


def test_a_double_click_writes_one_note(client, an, lead):
    client.force_login(an)
    form = {"body": "Một", "once": "6f6a1c1e-4a43-4a1c-9a75-0d1d4f8f0c11"}
    for _twice in (1, 2):
        assert client.post(f"/r/{lead.pk}/notes/", form).url == lead.get_absolute_url()
    assert Note.objects.count() == 1


@pytest.mark.parametrize("where", ["notes/", "files/", "following/"])
def test_who_cannot_see_the_record_finds_nothing(client, chi, lead, where):
    client.force_login(chi)
    with nothing_changes():
        assert client.post(f"/r/{lead.pk}/{where}", {"body": "x"} | upload()).status_code == 404


@pytest.mark.parametrize("where", ["notes/", "files/"])
def test_who_only_looks_writes_nothing(client, giang, lead, media, where):
    client.force_login(giang)
    with nothing_changes():
        assert client.post(f"/r/{lead.pk}/{where}", {"body": "x"} | upload()).status_code == 403
    assert not [path for path in media.rglob("*") if path.is_file()]


# Files --------------------------------------------------------------------------------------------


def test_a_file_comes_back_as_an_attachment_that_no_browser_runs(client, an, lead):
    client.force_login(an)
    script = b"<script>alert(1)</script>"
    assert client.post(f"/r/{lead.pk}/files/", upload("trang.html", script)).status_code == 302
    file = File.objects.get()
    answer = client.get(f"/files/{file.pk}/")
    assert b"".join(answer) == script
    assert answer["Content-Disposition"].startswith("attachment;")
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert (file.size, told(FILE_ADDED, about=lead).facts) == (len(script), {"file": file.pk, "name": "trang.html"})
    assert f'href="/files/{file.pk}/"' in client.get(lead.get_absolute_url()).text


@pytest.mark.parametrize(
    "name",
    ["../../etc/passwd", "..\\..\\boot.ini", "/etc/passwd", "a/b/c.txt", "a\r\nSet-Cookie: x=1.txt", "\u202efdp.exe"],
)  # fmt: skip
def test_a_name_with_tricks_never_becomes_a_path_or_a_header(client, an, lead, media, name):
    client.force_login(an)
    client.post(f"/r/{lead.pk}/files/", upload(name))
    for file in File.objects.all():
        stored = media / file.content.name
        assert stored.is_file()
        assert media.resolve() in stored.resolve().parents
        assert stored.name.isalnum()  # a name of our own
        assert not {"/", "\\", "\r", "\n", "\u202e"} & set(file.name)
        answer = client.get(f"/files/{file.pk}/")
        assert b"".join(answer) == b"%PDF-1.7"
        assert not {"\r", "\n"} & set(answer["Content-Disposition"])
        assert "Set-Cookie" not in answer


def test_a_vietnamese_name_stays_readable(client, an, lead):
    client.force_login(an)
    client.post(f"/r/{lead.pk}/files/", upload("Báo giá trạm số 2.pdf"))
    assert File.objects.get().name == "Báo giá trạm số 2.pdf"


def test_a_file_too_large_or_missing_is_refused_and_nothing_is_kept(client, an, lead, media, monkeypatch):
    monkeypatch.setattr(services, "FILE_LIMIT", 10)
    client.force_login(an)
    with nothing_changes():
        assert client.post(f"/r/{lead.pk}/files/", upload(content=b"x" * 11)).status_code == 409
        assert client.post(f"/r/{lead.pk}/files/", {}).status_code == 409
        assert client.post(f"/r/{lead.pk}/files/", upload(content=b"")).status_code == 409
    assert not [path for path in media.rglob("*") if path.is_file()]
    assert client.post(f"/r/{lead.pk}/files/", upload(content=b"x" * 10)).status_code == 302


def test_a_file_is_read_by_those_who_see_its_record_and_by_nobody_else(client, an, chi, giang, lead):
    client.force_login(an)
    client.post(f"/r/{lead.pk}/files/", upload())
    address = f"/files/{File.objects.get().pk}/"
    client.force_login(giang)
    assert b"".join(client.get(address)) == b"%PDF-1.7"
    client.force_login(chi)
    assert client.get(address).status_code == 404
    client.logout()
    assert client.get(address).status_code == 302


# Followers ----------------------------------------------------------------------------------------


def test_following_and_no_longer_each_told_once(client, giang, lead):
    client.force_login(giang)
    for _twice in (1, 2):
        assert client.post(f"/r/{lead.pk}/following/").status_code == 302
    assert told(FOLLOWED, about=lead).by == giang
    assert "eye-off" in client.get(lead.get_absolute_url()).text
    for _twice in (1, 2):
        client.post(f"/r/{lead.pk}/following/", {"stop": "1"})
    assert told(UNFOLLOWED, about=lead).by == giang
    assert not lead.record.followers.exists()


def test_who_followed_to_see_and_stops_is_led_away(client, binh, chi, lead):
    services.follow(lead.record, user=chi, by=binh)
    client.force_login(chi)
    assert client.get(lead.get_absolute_url()).status_code == 200
    assert client.post(f"/r/{lead.pk}/following/", {"stop": "1"}).url == "/"
    assert client.get(lead.get_absolute_url()).status_code == 404


# Older pages --------------------------------------------------------------------------------------


def test_older_events_follow_page_by_page_each_once(client, an, lead):
    """Events of one batch share their moment, so the key tells them apart."""
    client.force_login(an)
    with rewriting_history(), operation("test", by=an):
        Event.objects.filter(about=lead.pk).delete()
        record_many(CREATED, [(lead.record, {"number": f"<{n:03}>"}) for n in range(2 * PAGE + 5)], by=an)
    address, seen = f"/r/{lead.pk}/timeline/", []
    while address:
        page = client.get(address).text
        seen += [int(piece[:3]) for piece in page.split("&lt;")[1:]]
        address = page.partition('hx-get="')[2].partition('"')[0]
    assert seen == sorted(range(2 * PAGE + 5), reverse=True)


@pytest.mark.parametrize("below", ["", "x", "0", "-1", "9" * 30, "٣", "1' or '1'='1"])
def test_an_edge_of_junk_is_the_first_page(client, an, lead, below):
    client.force_login(an)
    address = f"/r/{lead.pk}/timeline/"
    assert client.get(address, {"below": below}).text == client.get(address).text


def test_an_unknown_kind_of_event_is_shown_by_its_code(client, an, lead):
    """An app that was taken out again leaves its events behind."""
    with operation("test", by=None):
        record(EventKind("robot.danced", "danced"), about=lead.record, by=None)
    KINDS.pop("robot.danced")
    client.force_login(an)
    assert "robot.danced" in client.get(lead.get_absolute_url()).text
