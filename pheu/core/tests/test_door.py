"""What comes around the values: headers, cookies, encodings, parts of a form, names of files."""

import io
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.handlers.wsgi import WSGIHandler
from django.urls import URLPattern, get_resolver
from django.urls.converters import IntConverter

from pheu.core.door import readable
from pheu.core.ids import LARGEST, IdConverter, read_id, read_ids
from pheu.timeline.models import File

FORM = "application/x-www-form-urlencoded"
UNREAD = "Không đọc được nội dung vừa gửi."
HTMX = {"HX-Request": "true"}


# --- ids --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("7", 7), (7, 7), ("007", 7), ("0", 0), (str(LARGEST), LARGEST), (str(LARGEST + 1), None), ("9" * 30, None),
        ("9" * 5000, None), ("٣", None), ("²", None), ("-1", None), ("+1", None), (" 1", None), ("1_0", None),
        ("1.0", None), ("1\n", None), ("", None), (None, None), (True, None), ([1], None), ("\x00", None),
    ],
)  # fmt: skip
def test_an_id_is_ascii_digits_that_a_column_can_hold(text, number):
    assert read_id(text) == number


def test_what_is_no_id_is_passed_over_among_many():
    assert read_ids(["3", "x", "9" * 30, "٣", "1"]) == [3, 1]


def test_addresses_and_forms_read_ids_in_one_way():
    """A plain `<int:pk>` or ModelChoiceField asks the database for numbers that no column can hold."""

    def converters(patterns: Any) -> list[Any]:
        found = []
        for one in patterns:
            below = [] if isinstance(one, URLPattern) else converters(one.url_patterns)
            found += [*getattr(one.pattern, "converters", {}).values(), *below]
        return found

    used = converters(get_resolver().url_patterns)
    assert any(isinstance(one, IdConverter) for one in used)
    assert not any(isinstance(one, IntConverter) for one in used)
    ours = [Path(app.path) for app in apps.get_app_configs() if app.name.startswith("pheu.")]
    sources = [path for place in ours for path in place.rglob("*.py") if "tests" not in path.parts]
    plain = [path.name for path in sources if ".ModelChoiceField" in path.read_text() and path.name != "ids.py"]
    assert plain == []


# --- encodings and content types --------------------------------------------------------------------------------------


@pytest.mark.parametrize("charset", ["nosuch", "base64", "zlib", "rot13", "idna", "utf-16", "utf-7", "unicode_escape"])
@pytest.mark.parametrize("content_type", [FORM, "multipart/form-data; boundary=x", "text/plain"])
def test_text_in_an_encoding_that_no_browser_sends_is_refused_in_words(content_type, charset, client, an, lead):
    client.force_login(an)
    for path in (f"/r/{lead.pk}/notes/", "/leads/new/", "/accounts/login/"):
        answer = client.generic("POST", path, b"body=x", f"{content_type}; charset={charset}")
        assert answer.status_code == 400
        assert "UTF-8" in answer.text
    assert client.get("/leads/", content_type=f"text/plain; charset={charset}").status_code in (200, 400)


@pytest.mark.parametrize("charset", ["utf-8", "UTF-8", '"utf-8"'])
def test_what_browsers_send_is_read(charset, client, an, lead):
    client.force_login(an)
    answer = client.post(f"/r/{lead.pk}/notes/", b"body=xin+ch%C3%A0o", content_type=f"{FORM}; charset={charset}")
    assert answer.status_code == 302


@pytest.mark.parametrize(
    "content_type",
    ["multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=" + "x" * 500],
)
def test_a_form_in_parts_without_a_boundary_is_refused_in_words(content_type, client, an, lead):
    client.force_login(an)
    answer = client.post(f"/r/{lead.pk}/files/", b"--x\r\n\r\n", content_type=content_type)
    assert answer.status_code == 400
    assert UNREAD in answer.text
    toast = client.post(f"/r/{lead.pk}/files/", b"--x\r\n\r\n", content_type=content_type, headers=HTMX)
    assert toast.status_code == 400
    assert "toast" in toast.headers["HX-Trigger"]


@pytest.mark.parametrize(
    "content_type", [f"{FORM}; charset*=nosuch''x", f"{FORM}; charset=\x00", "a; b*=x''y", "; charset=ü", ";" * 9000]
)
def test_a_content_type_that_cannot_be_taken_apart_ends_no_server(content_type, db):
    said = []
    environ = {
        "REQUEST_METHOD": "POST", "PATH_INFO": "/accounts/login/", "SERVER_NAME": "localhost", "SERVER_PORT": "80",
        "CONTENT_TYPE": content_type, "CONTENT_LENGTH": "3",
        "wsgi.input": io.BytesIO(b"a=b"), "wsgi.url_scheme": "http",
    }  # fmt: skip
    readable(WSGIHandler())(environ, lambda status, headers: said.append(status))
    assert said[0][:3] in ("400", "403")


def test_bytes_that_are_no_utf_8_are_read_as_well_as_can_be(client, an, lead):
    client.force_login(an)
    assert client.get("/search/?q=%ff%fe%c3").status_code == 200
    assert client.get("/leads/?q=%ff&owner=%c3%28&tab=%00").status_code == 200
    assert client.post(f"/r/{lead.pk}/notes/", b"body=%ff\xff", content_type=FORM).status_code == 302


# --- headers and cookies ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cookie", ["sessionid", settings.LANGUAGE_COOKIE_NAME, "csrftoken", "messages"])
@pytest.mark.parametrize("value", ['"aaaaaaaaaaaa\\000"', "x" * 5000, "a:b:c", '"\\342\\202"', "{}", "é" * 40])
def test_a_cookie_that_we_never_wrote_is_no_cookie(cookie, value, client, an):
    answer = client.get("/", headers={"Cookie": f"{cookie}={value}"})
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")
    client.force_login(an)
    session = client.cookies["sessionid"].value
    client.cookies.clear()
    beside = f"sessionid={session}; {cookie}={value}" if cookie != "sessionid" else f"x={value}; sessionid={session}"
    assert client.get("/", headers={"Cookie": beside}).status_code == 200


HEADERS = ("HX-Current-URL", "HX-Target", "HX-Trigger", "Referer", "Accept", "Accept-Language", "Range", "Origin")


@pytest.mark.parametrize("value", ["http://[::1", "x" * 7000, "//", "/leads/?a=%00", "?" + "a&" * 2000, "é"])
def test_headers_of_rubbish_break_no_page(value, client, an, lead):
    client.force_login(an)
    headers = HTMX | {name: value for header in HEADERS for name in (header, f"{header}-URI-AutoEncoded")}
    for path in ("/leads/", "/leads/board/", f"/leads/{lead.pk}/", "/search/?q=a", "/"):
        assert client.get(path, headers=headers).status_code == 200


@pytest.mark.parametrize("value", ["http://[::1", "/leads/board/?" + "a=1&" * 2000, "/leads/board/?owner=%00&q=%ff"])
def test_a_card_is_moved_whatever_page_says_it_comes_from(value, client, an, lead):
    client.force_login(an)
    left, to = lead.stage, lead.stage.pipeline.stages.exclude(pk=lead.stage_id)[0]
    headers = HTMX | {"HX-Current-URL": value, "HX-Target": f"lead-{lead.pk}"}
    answer = client.post(f"/leads/{lead.pk}/stage/", {"to": to.pk, "left": left.pk}, headers=headers)
    assert answer.status_code == 200
    lead.refresh_from_db()
    assert lead.stage == to


def test_a_request_for_another_host_is_refused_in_words(client, an):
    client.force_login(an)
    for host in ("evil.example", "[::1", "a b", "é"):
        answer = client.get("/", headers={"Host": host})
        assert answer.status_code == 400
        assert UNREAD in answer.text


# --- how much ---------------------------------------------------------------------------------------------------------


def test_more_fields_and_ids_than_a_form_has_are_refused_in_words(client, dung):
    client.force_login(dung)
    many = "&".join(["ids=1"] * 7000)
    for answer in (
        client.get(f"/leads/assignment/?{many}"),
        client.post("/leads/assignment/", many, content_type=FORM),
    ):
        assert answer.status_code == 400
        assert UNREAD in answer.text


def test_a_body_that_is_too_long_is_refused_in_words(client, dung):
    client.force_login(dung)
    answer = client.post("/leads/new/", "name=" + "x" * 6_000_000, content_type=FORM)
    assert answer.status_code == 400
    assert UNREAD in answer.text


def test_an_address_of_a_hundred_thousand_characters_is_answered(client, an):
    client.force_login(an)
    assert client.get("/" + "x" * 100_000).status_code == 404
    assert client.get("/leads/?sort=" + "x" * 100_000 + "&after=" + ":" * 100_000).status_code == 200


# --- files ------------------------------------------------------------------------------------------------------------

NAMES = [
    "..",
    "a\x00b.pdf",
    "a\r\nX: y.pdf",
    "../../etc/passwd",
    "x" * 5000 + ".pdf",
    "\u202egpj.exe",
    '"; x="',
    "é" * 300,
]


@pytest.mark.parametrize("name", NAMES)
def test_a_file_of_any_name_is_kept_or_refused_in_words(name, client, an, lead, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    client.force_login(an)
    body = f'--x\r\nContent-Disposition: form-data; name="upload"; filename="{name}"\r\n\r\nSO2\r\n--x--\r\n'
    answer = client.post(
        f"/r/{lead.pk}/files/", body.encode(), content_type="multipart/form-data; boundary=x", follow=True
    )
    assert answer.status_code in (200, 400, 409)
    for file in File.objects.all():
        got = client.get(f"/files/{file.pk}/")
        assert b"".join(got) == b"SO2"
        assert "\n" not in got.headers["Content-Disposition"]


@pytest.mark.parametrize("name", NAMES)
def test_a_list_of_any_name_is_imported_or_refused_in_words(name, client, dung, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    client.force_login(dung)
    upload = SimpleUploadedFile("a.csv", "Công ty,Điện thoại\nHòn Đá,0903123456\n".encode())
    upload._name = name  # as a browser of our own making would send it
    answer = client.post("/imports/new/", {"kind": "prospect", "file": upload}, follow=True)
    assert answer.status_code in (200, 400, 422)
