"""Notes and files that their authors edit and withdraw, and files that a browser shows (issue 6, 9)."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from pheu.conftest import nothing_changes, rewriting_history, told
from pheu.core.errors import Conflict, DomainError
from pheu.people.models import User
from pheu.records.acts import last_operation
from pheu.records.models import Operation
from pheu.timeline import services
from pheu.timeline.events import FILE_RENAMED, FILE_WITHDRAWN, NOTE_ADDED, NOTE_EDITED, NOTE_WITHDRAWN
from pheu.timeline.models import Event, File, Note
from pheu.timeline.undo import undo

PNG, PDF = b"\x89PNG\r\n\x1a\n" + b"\0" * 32, b"%PDF-1.7 "


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def note(an, lead):
    return services.add_note(lead.record, body="Giá 1,2 tỷ", by=an)


@pytest.fixture
def file(an, lead):
    return services.add_file(lead.record, upload=SimpleUploadedFile("ảnh trạm.png", PNG), by=an)


def grown_old(thing):
    """A day and a minute later."""
    at = timezone.now() - timedelta(hours=24, minutes=1)
    type(thing).objects.filter(pk=thing.pk).update(at=at)
    with rewriting_history():
        Event.objects.filter(about=thing.record_id).update(at=at)


def test_an_edited_note_says_so_and_its_first_text_stays_in_the_history(client, an, lead, note):
    client.force_login(an)
    assert 'name="initial-body" value="Giá 1,2 tỷ"' in client.get(f"/notes/{note.pk}/").text
    answer = client.post(f"/notes/{note.pk}/", {"body": "Giá 1,3 tỷ", "initial-body": "Giá 1,2 tỷ"})
    assert answer.url == lead.get_absolute_url()
    assert Note.objects.get().body == "Giá 1,3 tỷ"
    assert told(NOTE_EDITED, about=lead).facts == {"note": note.pk, "was": "Giá 1,2 tỷ"}
    page = client.get(lead.get_absolute_url()).text
    assert 'noted">Giá 1,3 tỷ</div>' in page
    assert "đã sửa" in page
    assert page.partition("Nội dung trước khi sửa")[2].count("Giá 1,2 tỷ") == 1


def test_nothing_is_told_where_nothing_was_changed(client, an, note):
    client.force_login(an)
    with nothing_changes():
        client.post(f"/notes/{note.pk}/", {"body": "Giá 1,2 tỷ", "initial-body": "Giá 1,2 tỷ"})


def test_who_edits_in_two_tabs_sees_both_texts_and_decides(client, an, note):
    client.force_login(an)
    services.edit_note(note, body="Ở thẻ kia", saw="Giá 1,2 tỷ", by=an)
    form = {"body": "Ở thẻ này", "initial-body": "Giá 1,2 tỷ"}
    with nothing_changes():
        answer = client.post(f"/notes/{note.pk}/", form)
    assert answer.status_code == 409
    assert "Ở thẻ kia" in answer.text and "Ở thẻ này" in answer.text
    assert 'name="initial-body" value="Ở thẻ kia"' in answer.text
    assert client.post(f"/notes/{note.pk}/", form | {"initial-body": "Ở thẻ kia"}).status_code == 302
    assert Note.objects.get().body == "Ở thẻ này"
    with pytest.raises(Conflict) as both:
        services.edit_note(note, body="Khác", saw="Ở thẻ kia", by=an)
    assert both.value.clashes == [{"label": "Ghi chú", "theirs": "Ở thẻ này", "mine": "Khác"}]


@pytest.mark.parametrize("body", ["", " \u200b ", "x" * 20_001])
def test_a_note_is_not_edited_to_nothing_or_too_much(client, an, note, body):
    client.force_login(an)
    with nothing_changes():
        assert client.post(f"/notes/{note.pk}/", {"body": body, "initial-body": note.body}).status_code == 422
        with pytest.raises(DomainError):
            services.edit_note(note, body=body.replace("\u200b", ""), saw=note.body, by=an)


def test_a_withdrawn_note_stands_as_such_and_nobody_reads_what_it_said(client, an, binh, lead, note):
    services.edit_note(note, body="Giá 1,3 tỷ", saw="Giá 1,2 tỷ", by=an)
    client.force_login(an)
    for _twice in (1, 2):
        assert client.post(f"/notes/{note.pk}/withdrawal/").url == lead.get_absolute_url()
    assert told(NOTE_WITHDRAWN, about=lead).by == an
    client.force_login(binh)
    page = client.get(lead.get_absolute_url()).text
    assert "Đã thu hồi · Nguyễn Hoài An · " in page
    assert "Giá 1," not in page
    with pytest.raises(DomainError):
        services.edit_note(note, body="Lại nói", saw="Giá 1,3 tỷ", by=an)


def test_withdrawing_can_be_taken_back(client, an, lead, note, file):
    for act, thing in ((services.withdraw_note, note), (services.withdraw_file, file)):
        act(thing, by=an)
        undo(Operation.objects.get(pk=last_operation()), by=an)
    client.force_login(an)
    page = client.get(lead.get_absolute_url()).text
    assert 'noted">Giá 1,2 tỷ</div>' in page
    assert "ảnh trạm.png" in page
    assert b"".join(client.get(f"/files/{file.pk}/")) == PNG


def test_after_a_day_it_stands_as_it_was_written(client, an, lead, note, file):
    client.force_login(an)
    assert f"/notes/{note.pk}/" in client.get(lead.get_absolute_url()).text
    grown_old(note)
    grown_old(file)
    page = client.get(lead.get_absolute_url()).text
    assert f"/notes/{note.pk}/" not in page and f"/files/{file.pk}/name/" not in page
    with nothing_changes():
        assert client.post(f"/notes/{note.pk}/", {"body": "Khác", "initial-body": note.body}).status_code == 409
        for where in (f"/notes/{note.pk}/withdrawal/", f"/files/{file.pk}/withdrawal/"):
            assert client.post(where).status_code == 409
        assert client.post(f"/files/{file.pk}/name/", {"name": "b.png"}).status_code == 409


def test_a_colleague_finds_no_button_and_no_door(client, binh, chi, lead, note, file):
    client.force_login(binh)
    assert "own-acts" not in client.get(lead.get_absolute_url()).text
    for user, status in ((binh, 403), (chi, 404)):
        client.force_login(user)
        with nothing_changes():
            assert client.get(f"/notes/{note.pk}/").status_code == status
            assert client.post(f"/notes/{note.pk}/", {"body": "x", "initial-body": note.body}).status_code == status
            assert client.post(f"/notes/{note.pk}/withdrawal/").status_code == status
            assert client.post(f"/files/{file.pk}/withdrawal/").status_code == status


# Files ----------------------------------------------------------------------------------------------------------------


def test_a_file_is_renamed_and_withdrawn(client, an, lead, file):
    client.force_login(an)
    assert client.post(f"/files/{file.pk}/name/", {"name": "../ống khói số 2.png"}).status_code == 302
    facts = {"file": file.pk, "was": "ảnh trạm.png", "now": "..ống khói số 2.png"}
    assert told(FILE_RENAMED, about=lead).facts == facts
    with nothing_changes():
        assert client.post(f"/files/{file.pk}/name/", {"name": "/"}).status_code == 409
    client.post(f"/files/{file.pk}/withdrawal/")
    assert told(FILE_WITHDRAWN, about=lead).by == an
    for where in ("", "preview/"):
        assert client.get(f"/files/{file.pk}/{where}").status_code == 404
    page = client.get(lead.get_absolute_url()).text
    assert f"/files/{file.pk}/" not in page
    assert "Đã thu hồi · Nguyễn Hoài An" in page


SHOWN = [(PNG, "image/png"), (b"\xff\xd8\xff\xe0" + b"\0" * 9, "image/jpeg"), (b"GIF89a" + b"\0" * 9, "image/gif"),
         (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"), (PDF, "application/pdf")]  # fmt: skip


@pytest.mark.parametrize(("content", "media_type"), SHOWN)
def test_a_browser_shows_what_the_bytes_are_and_may_run_nothing(client, an, lead, content, media_type):
    """Whatever it is called: a page that calls itself a picture is sent as a picture, and nobody guesses."""
    client.force_login(an)
    client.post(f"/r/{lead.pk}/files/", {"upload": SimpleUploadedFile("trang.html", content, "text/html")})
    answer = client.get(f"/files/{File.objects.get().pk}/preview/")
    assert b"".join(answer) == content
    assert answer["Content-Type"] == media_type
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Disposition"].startswith("inline;")
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
    policy = answer["Content-Security-Policy"].split("; ")
    assert "default-src 'none'" in policy
    assert "sandbox" in policy


SVG = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"


@pytest.mark.parametrize("content", [SVG, b"<html>", b"GIF8", b" %PDF-1.7"])
def test_anything_else_has_no_preview_whatever_it_is_called(client, an, lead, content):
    client.force_login(an)
    client.post(f"/r/{lead.pk}/files/", {"upload": SimpleUploadedFile("anh.png", content, "image/png")})
    file = File.objects.get()
    assert client.get(f"/files/{file.pk}/preview/").status_code == 404
    assert f"/files/{file.pk}/preview/" not in client.get(lead.get_absolute_url()).text
    answer = client.get(f"/files/{file.pk}/")
    assert b"".join(answer) == content
    assert answer["Content-Type"] == "application/octet-stream"


PROGRAMS = [
    ("anh.png", b"MZ\x90\0"),
    ("cai-dat.exe", b"x"),
    ("chay.sh", b"x"),
    ("bao-gia.PDF.Exe", b"x"),
    ("a", b"#!/bin/sh"),
]


@pytest.mark.parametrize(("name", "content"), [*PROGRAMS, ("trống.pdf", b"")])
def test_programs_and_empty_files_are_refused_by_name_and_none_of_the_others_is_kept(client, an, lead, name, content):
    client.force_login(an)
    sent = [SimpleUploadedFile("hồ sơ.txt", b"SO2"), SimpleUploadedFile(name, content)]
    with nothing_changes():
        answer = client.post(f"/r/{lead.pk}/files/", {"upload": sent})
        with pytest.raises(DomainError):
            services.add_file(lead.record, upload=sent[1], by=an)
    assert answer.status_code == 409
    assert f"«{name}»" in answer.text and "hồ sơ.txt" not in answer.text


def test_several_files_are_kept_at_once_but_not_too_many(client, an, lead):
    client.force_login(an)
    address = f"/r/{lead.pk}/files/"
    with nothing_changes():
        assert client.post(address).status_code == 409
        many = [SimpleUploadedFile(f"{nth}.txt", b"SO2") for nth in range(21)]
        assert client.post(address, {"upload": many}).status_code == 409
    some = [SimpleUploadedFile(f"{nth}.txt", b"SO2") for nth in range(3)]
    assert client.post(address, {"upload": some}).status_code == 302
    assert File.objects.count() == 3


def test_a_preview_is_seen_by_those_who_see_the_record(client, giang, chi, file):
    client.force_login(giang)
    assert b"".join(client.get(f"/files/{file.pk}/preview/")) == PNG
    client.force_login(chi)
    assert client.get(f"/files/{file.pk}/preview/").status_code == 404


# Mentions -------------------------------------------------------------------------------------------------------------


def test_who_may_see_the_record_is_proposed_by_any_part_of_their_name_marks_or_none(client, cast, lead):
    client.force_login(cast.an)
    asked = {typed: [one["text"] for one in client.get(f"/r/{lead.pk}/colleagues/", {"q": typed}).json()]
             for typed in ("binh", "TRẦN bình", "le", "chi", "x", "' or 1=1", "%", "\u0301")}  # fmt: skip
    assert asked["binh"] == asked["TRẦN bình"] == ["Trần Thanh Bình"]
    assert asked["chi"] == asked["x"] == asked["' or 1=1"] == asked["%"] == []  # Lê Kim Chi sells elsewhere
    seers = [cast.an, cast.binh, cast.dung, cast.giang]
    assert sorted(one["id"] for one in client.get(f"/r/{lead.pk}/colleagues/").json()) == sorted(u.pk for u in seers)
    services.follow(lead.record, user=cast.chi, by=cast.an)
    assert [one["text"] for one in client.get(f"/r/{lead.pk}/colleagues/", {"q": "le"}).json()] == ["Lê Kim Chi"]
    User.objects.filter(pk=cast.chi.pk).update(is_active=False)
    assert client.get(f"/r/{lead.pk}/colleagues/", {"q": "le"}).json() == []


def test_whom_a_note_names_is_kept_told_and_shown(client, an, binh, giang, lead):
    client.force_login(an)
    body = "@Trần Thanh Bình xem giúp <b>nhé</b>, @vũ trường giang. mail@Phạm Tiến Dũng @Vũ Trường Giangx"
    client.post(f"/r/{lead.pk}/notes/", {"body": body})
    people = [{"id": one.pk, "name": one.full_name} for one in (binh, giang)]
    assert Note.objects.get().mentions == people
    assert told(NOTE_ADDED, about=lead).facts["mentions"] == people
    page = client.get(lead.get_absolute_url()).text
    assert '<span class="mention">@Trần Thanh Bình</span> xem giúp &lt;b&gt;nhé&lt;/b&gt;' in page
    assert page.count('class="mention"') == 2


def test_the_name_of_somebody_who_may_not_see_the_record_is_text(client, an, chi, lead):
    note = services.add_note(lead.record, body="@Lê Kim Chi đã báo giá bên ấy", by=an)
    assert note.mentions == []
    client.force_login(an)
    page = client.get(lead.get_absolute_url()).text
    assert "@Lê Kim Chi đã báo giá" in page and 'class="mention"' not in page


def test_an_edit_tells_only_of_those_whom_it_newly_names(an, binh, dung, lead):
    note = services.add_note(lead.record, body="@Trần Thanh Bình ơi", by=an)
    services.edit_note(note, body="@Trần Thanh Bình và @Phạm Tiến Dũng", saw=note.body, by=an)
    assert told(NOTE_EDITED, about=lead).facts["mentions"] == [{"id": dung.pk, "name": "Phạm Tiến Dũng"}]
    assert [one["id"] for one in Note.objects.get().mentions] == [binh.pk, dung.pk]


def test_the_longer_name_is_meant_and_who_has_left_is_not(an, chi, lead):
    services.follow(lead.record, user=chi, by=an)
    longer = User.objects.create_user("x@quantrac.example", full_name="Lê Kim Chi Mai", role=an.role)
    services.follow(lead.record, user=longer, by=an)
    assert [one["id"] for one in services.add_note(lead.record, body="@Lê Kim Chi Mai!", by=an).mentions] == [longer.pk]
    User.objects.filter(pk=chi.pk).update(is_active=False)
    assert services.add_note(lead.record, body="@Lê Kim Chi!", by=an).mentions == []
