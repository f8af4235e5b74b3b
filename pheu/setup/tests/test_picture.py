"""The picture beside one's name: one's own to choose, shown to colleagues alone, initials without it."""

import struct
import zlib

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from playwright.sync_api import expect

from pheu.conftest import nothing_changes
from pheu.core.tests.looking import settled
from pheu.leads.services import create_lead
from pheu.people.models import User
from pheu.setup.housekeeping import PICTURE_LIMIT


def png(width: int = 1, height: int = 1) -> bytes:
    """A whole picture, black."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    lines = zlib.compress((b"\0" + b"\0\0\0" * width) * height)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", lines) + chunk(b"IEND", b"")


def upload(content: bytes, name: str = "anh.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def files(settings):
    return list(settings.MEDIA_ROOT.rglob("person/*"))


def test_a_picture_is_shown_wherever_the_person_is(client, an, binh, settings):
    client.force_login(an)
    assert client.post("/account/picture/", {"upload": upload(png())}).status_code == 302
    person = User.objects.get(pk=an.pk)
    address = f"/people/picture/{person.picture_key}/"
    create_lead({"company_name": "Xi măng Hòn Đá", "owner": an}, by=an)
    for path in ("/account/", "/leads/?tab=all", "/leads/board/?tab=all"):
        assert f'<img src="{address}"' in client.get(path).text, path
    client.force_login(binh)
    answer = client.get(address)
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/png")
    assert answer["X-Content-Type-Options"] == "nosniff" and "immutable" in answer["Cache-Control"]
    assert b"".join(answer.streaming_content) == png()
    assert Client().get(address).status_code == 302
    client.force_login(an)


@pytest.mark.django_db(transaction=True)
def test_another_picture_takes_the_place_of_the_first_and_is_taken_down(client, settings, transactional_db):
    from pheu.conftest import make_cast

    an = make_cast().an
    client.force_login(an)
    client.post("/account/picture/", {"upload": upload(png())})
    [first] = files(settings)
    client.post("/account/picture/", {"upload": upload(png(2, 2))})
    [second] = files(settings)
    assert first != second
    client.post("/account/picture/", {"remove": "1"})
    assert files(settings) == []
    assert ">NA</span>" in client.get("/account/").text.replace("\n", "")


@pytest.mark.parametrize(
    "content",
    [b"<svg onload=alert(1)>", b"GIF89a", b"x", png() + b"\0" * PICTURE_LIMIT],
    ids=["svg", "gif", "x", "big"],
)
def test_what_is_no_small_picture_is_refused(client, an, content):
    client.force_login(an)
    with nothing_changes():
        assert client.post("/account/picture/", {"upload": upload(content)}).status_code == 409
        assert client.post("/account/picture/").status_code == 409


@pytest.mark.django_db(transaction=True)
def test_a_large_picture_is_made_small_before_it_is_sent(world, settings):
    page = world.enter(world.cast.an, "/account/")
    settled(page)
    picture = {"name": "anh.png", "mimeType": "image/png", "buffer": png(900, 600)}
    with page.expect_navigation():
        page.locator("[name=upload]").set_input_files(picture)
    expect(page.locator(".account-who .avatar img")).to_be_visible()
    side = page.locator(".account-who .avatar img").evaluate("async (img) => (await img.decode(), img.naturalWidth)")
    assert side == 256
    [kept] = files(settings)
    assert kept.read_bytes().startswith(b"\xff\xd8\xff")
    page.get_by_role("button", name="Gỡ xuống").click()
    expect(page.locator(".account-who .avatar")).to_have_text("NA")
