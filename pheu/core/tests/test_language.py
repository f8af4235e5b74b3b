import pytest
from django.conf import settings

pytestmark = pytest.mark.django_db
COOKIE = settings.LANGUAGE_COOKIE_NAME


def test_the_screens_speak_vietnamese_whatever_the_browser_prefers(client):
    response = client.get("/accounts/login/", headers={"Accept-Language": "en-US,en"})
    assert response.headers["Content-Language"] == "vi"


def test_a_chosen_language_stays_chosen(client):
    client.post("/language/", {"language": "en"})
    assert client.get("/accounts/login/").headers["Content-Language"] == "en"


def test_a_language_we_do_not_speak_is_passed_over(client):
    client.cookies[COOKIE] = "xx"
    assert client.get("/accounts/login/").headers["Content-Language"] == "vi"


def test_nobody_can_sign_up(client):
    assert client.get("/accounts/signup/").status_code == 200
    assert b"password1" not in client.get("/accounts/signup/").content


def test_a_page_asks_who_you_are_first(client):
    assert client.get("/r/1/").headers["Location"].startswith("/accounts/login/")
