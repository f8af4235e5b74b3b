"""A mailbox is opened by signing in at its provider (R1.39): a real provider, a real mailbox, and what goes wrong."""

import json
import re
from datetime import timedelta
from html import unescape
from threading import Thread
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.utils import timezone

from pheu.conftest import make_cast, nothing_changes
from pheu.core.hosts import Refused, post_form
from pheu.core.sealed import seal
from pheu.messaging import mailboxes, receiving, sending, signing_in
from pheu.messaging.channels.email import oauth
from pheu.messaging.models import HOUSES, Mailbox, MailProvider
from pheu.messaging.tests.provider import CLIENT, SECRET, running_provider
from pheu.messaging.tests.servers import TOKEN
from pheu.messaging.tests.test_sending_letters import due
from pheu.messaging.tests.test_writing_letters import letter
from pheu.notifications.models import Notification
from pheu.setup import portable
from pheu.setup.queries import columns_of
from pheu.timeline.models import Event

pytestmark = pytest.mark.django_db
NEW = "/setup/mail-providers/new/"


@pytest.fixture
def provider(certificates, trusted, mailbox):
    """At which whoever signs in has the mailbox of the tests."""
    with running_provider(certificates) as running:
        running.address = mailbox.login.user
        yield running


def values(provider, mailbox, recorder, **given):
    """What an admin types."""
    return {
        "name": "Google của công ty", "house": "other", "client_id": CLIENT, "secret": SECRET, "scope": "mail",
        "authorize_url": f"{provider.url}/authorize", "token_url": f"{provider.url}/token",
        "imap_host": mailbox.login.host, "imap_port": mailbox.login.port, "imap_security": "tls",
        "smtp_host": "localhost", "smtp_port": recorder.ports["tls"], "smtp_security": "tls", **given,
    }  # fmt: skip


@pytest.fixture
def google(provider, mailbox, recorder):
    """The application as an admin has set it up."""
    given = values(provider, mailbox, recorder)
    return MailProvider.objects.create(**given | {"secret": seal(given["secret"])})


def set_off(client, google, **typed):
    """The address of the provider's page, which the page on the way leads to by itself and by a link."""
    page = client.post(f"/mail/mailbox/sign-in/{google.pk}/", {"address": "", "privacy": "subject", **typed})
    leads = unescape(re.search(r'http-equiv="refresh" content="0; url=([^"]+)"', page.text)[1])
    assert page.status_code == 200 and f'href="{leads}"' in unescape(page.text)
    return leads


def comes_back(client, provider, google, **typed):
    return client.get(provider.agree(set_off(client, google, **typed)))


@pytest.fixture
def ours(client, an, provider, google):
    """An's own mailbox, opened by signing in."""
    client.force_login(an)
    assert comes_back(client, provider, google).status_code == 302
    return Mailbox.objects.get()


def run_out(mailbox):
    Mailbox.objects.filter(pk=mailbox.pk).update(access_until=timezone.now())


# The way there and back -----------------------------------------------------------------------------------------------


def test_who_signs_in_has_a_mailbox_that_reads_and_sends(client, an, lead, provider, google, mailbox, recorder):
    client.force_login(an)
    assert "Google của công ty" in client.get("/mail/mailbox/").text
    answer = comes_back(client, provider, google)
    assert answer.status_code == 302 and "Hộp thư đã kết nối" in client.get("/account/").text
    kept = Mailbox.objects.get()
    assert (kept.user, kept.address, kept.privacy, kept.password) == (an, mailbox.login.user, "subject", "")
    for sealed in (kept.access, kept.refresh):
        assert TOKEN.encode() not in bytes(sealed) and bytes(sealed) != kept.refresh_token.encode()
    mailbox.deliver(b"From: Van <van@hd.example>\r\nMessage-ID: <1@hd.example>\r\nSubject: Xin gia\r\n\r\nChao")
    assert receiving.fetch(kept.pk) == 1
    sending.deliver(due(letter(lead.record, an)).pk)
    assert recorder.taken[0].user == mailbox.login.user
    assert Event.objects.filter(kind="mailbox.connected").count() == 1
    page = client.get("/mail/mailbox/").text
    assert "Google của công ty" in page and TOKEN not in page and kept.refresh_token not in page


def test_what_is_asked_of_the_provider_is_asked_of_this_session_only(client, an, provider, google):
    client.force_login(an)
    asked = parse_qs(urlsplit(set_off(client, google, address="an@congty.example")).query)
    assert asked["login_hint"] == ["an@congty.example"] and asked["scope"] == ["mail"]
    assert asked["code_challenge_method"] == ["S256"] and len(asked["code_challenge"][0]) == 43
    assert asked["redirect_uri"][0].endswith("/mail/mailbox/signed-in/")
    again = parse_qs(urlsplit(set_off(client, google)).query)
    assert asked["state"] != again["state"] and asked["code_challenge"] != again["code_challenge"]


@pytest.mark.parametrize("state", ["", "khac", "%s" * 9, "ă"])
def test_an_answer_that_this_session_did_not_ask_for_opens_nothing(client, an, provider, google, state):
    client.force_login(an)
    back = provider.agree(set_off(client, google))
    other = re.sub(r"state=[^&]+", f"state={state}", back)
    with nothing_changes():
        answer = client.get(other)
    assert answer.status_code == 409 and "bắt đầu lại" in answer.text and provider.asked == []
    assert client.get(back).status_code == 409  # one try is all that a state has


def test_somebody_elses_answer_is_not_taken(client, an, binh, provider, google):
    """Else a colleague is led to connect a mailbox that is not theirs, and writes from it."""
    client.force_login(an)
    back = provider.agree(set_off(client, google))
    client.logout()
    client.force_login(binh)
    assert client.get(back).status_code == 409 and not Mailbox.objects.exists()


def test_a_code_is_used_once(client, ours, provider, google):
    [code] = [one["code"] for one in provider.asked]
    used = f"/mail/mailbox/signed-in/?code={code}"
    assert client.get(used).status_code == 409
    url = set_off(client, google)
    state = parse_qs(urlsplit(url).query)["state"][0]
    answer = client.get(f"{used}&state={state}")
    assert answer.status_code == 422 and "đăng nhập lại" in answer.text and Mailbox.objects.get().token == ours.token


def test_a_sign_in_runs_out(client, an, provider, google):
    client.force_login(an)
    back = provider.agree(set_off(client, google))
    session = client.session
    session["mailbox_sign_in"] |= {"at": (timezone.now() - signing_in.LASTS).timestamp() - 1}
    session.save()
    assert client.get(back).status_code == 409 and provider.asked == []


def test_who_says_no_reads_it_in_words(client, an, provider, google):
    client.force_login(an)
    state = parse_qs(urlsplit(set_off(client, google)).query)["state"][0]
    answer = client.get(f"/mail/mailbox/signed-in/?error=access_denied&state={state}")
    assert answer.status_code == 422 and "không cho phép" in answer.text and "access_denied" in answer.text


@pytest.mark.parametrize(
    ("instead", "words"),
    [
        ((401, b'{"error": "invalid_client"}'), "quản trị viên"),
        ((400, b'{"error": "invalid_grant", "error_description": "Bad Request"}'), "Bad Request"),
        ((500, b"<h1>Oops</h1>"), "hẹn thử lại sau"),
        ((200, b"<h1>Hello</h1>"), "không đúng giao thức"),
        ((200, b"[" * 9999), "không đúng giao thức"),
        ((200, b'{"access_token": 7, "refresh_token": []}'), "không đúng giao thức"),
        ((200, b'{"access_token": "a\\u0001b", "refresh_token": "x"}'), "không đúng giao thức"),
        ((302, b""), "không đúng giao thức"),
        ((200, b'{"access_token": "x"}'), "ngắn hạn"),
        ((200, b'{"access_token": "sai/x", "refresh_token": "y", "expires_in": "mai"}'), "kết nối lại"),
    ],
)
def test_a_provider_that_does_not_do_its_part_is_told_of_in_words(client, an, provider, google, instead, words):
    client.force_login(an)
    provider.instead = instead
    answer = comes_back(client, provider, google, address="an@congty.example")
    assert answer.status_code == 422 and words in answer.text and not Mailbox.objects.exists()


def test_where_the_provider_does_not_say_whose_it_is_the_typed_address_counts(client, an, provider, google, mailbox):
    client.force_login(an)
    provider.says_whose = False
    answer = comes_back(client, provider, google)
    assert answer.status_code == 409 and "nhập địa chỉ" in answer.text
    assert comes_back(client, provider, google, address=mailbox.login.user).status_code == 302


def test_a_token_of_another_mailbox_opens_none(client, an, provider, google):
    """What the provider says of the address is hearsay until the mail server takes the token for it."""
    client.force_login(an)
    provider.says_whose = False
    answer = comes_back(client, provider, google, address="sep@khach.vn")
    assert answer.status_code == 422 and not Mailbox.objects.exists()


def test_providers_inside_our_own_network_are_not_asked(client, an, provider, google, settings):
    settings.MAIL_NETWORKS = []
    client.force_login(an)
    answer = comes_back(client, provider, google)
    assert answer.status_code == 422 and "quản trị viên có thể cho phép" in answer.text and provider.asked == []


def test_however_slowly_a_server_answers_it_is_not_waited_for(provider, settings):
    provider.instead = "drip"
    with pytest.raises(Refused) as refused:
        post_form(f"{provider.url}/token", {}, within=0.5, allowed=settings.MAIL_NETWORKS)
    assert (refused.value.code, refused.value.permanent) == ("slow", False)


# A token that runs out ------------------------------------------------------------------------------------------------


def test_a_token_is_renewed_before_it_runs_out_and_kept_before_it_is_used(ours, provider):
    assert receiving.fetch(ours.pk) == 0 and len(provider.asked) == 1  # it holds
    run_out(ours)
    receiving.fetch(ours.pk)
    renewed = Mailbox.objects.get()
    assert [one["grant_type"] for one in provider.asked] == ["authorization_code", "refresh_token"]
    assert renewed.refresh_token in provider.refreshing != {ours.refresh_token} and renewed.problem == ""
    assert renewed.access_until > timezone.now() + timedelta(minutes=50)
    provider.no_refresh = True  # as Google does: the one that there is goes on
    run_out(ours)
    receiving.fetch(ours.pk)
    assert Mailbox.objects.get().refresh_token == renewed.refresh_token


def test_a_refused_renewal_is_told_to_the_owner_once_and_mended_by_signing_in(client, an, lead, ours, provider, google):
    provider.refreshing.clear()
    run_out(ours)
    for _time in range(2):
        receiving.fetch(ours.pk)
    stopped = Mailbox.objects.get()
    assert stopped.problem == "signed_out" and "revoked" in stopped.problem_words
    [news] = Notification.objects.filter(receiver=an)
    assert news.event.kind == "mailbox.stopped" and news.event.facts["why"] == "signed_out"
    bell = client.get("/notifications/").text
    assert "không mở được hộp thư" in bell and "đăng nhập lại" in bell
    assert "đăng nhập lại" in client.get("/mail/").text and "đăng nhập lại" in client.get("/mail/mailbox/").text
    sent = due(letter(lead.record, an))
    sending.deliver(sent.pk)
    sent.refresh_from_db()
    assert (sent.state, sent.problem) == ("failed", "signed_out") and Notification.objects.count() == 1
    assert comes_back(client, provider, google).status_code == 302
    assert Mailbox.objects.get().problem == "" and receiving.fetch(ours.pk) == 0 and Mailbox.objects.get().problem == ""


@pytest.mark.parametrize("instead", [(503, b""), (429, b"{}"), (400, b'{"error": "temporarily_unavailable"}')])
def test_a_provider_that_is_busy_is_asked_again_later(an, lead, ours, provider, instead):
    provider.instead = instead
    run_out(ours)
    receiving.fetch(ours.pk)
    assert Mailbox.objects.get().problem == "" and not Event.objects.filter(kind="mailbox.stopped").exists()
    with pytest.raises(sending.ToldLater):
        sending.deliver(due(letter(lead.record, an)).pk)


def test_a_token_that_was_taken_back_early_is_asked_for_anew(ours, provider):
    Mailbox.objects.update(access=seal("da-thu-hoi"))
    receiving.fetch(ours.pk)
    assert Mailbox.objects.get().problem == "token" and len(provider.asked) == 1
    receiving.fetch(ours.pk)
    assert Mailbox.objects.get().problem == "" and len(provider.asked) == 2


def test_what_was_given_at_one_address_is_not_shown_at_another(ours, google, provider):
    """An admin who names another server does not get there what people have given at the first."""
    MailProvider.objects.update(token_url=f"{provider.url}/elsewhere")
    run_out(ours)
    receiving.fetch(ours.pk)
    assert Mailbox.objects.get().problem == "signed_out" and len(provider.asked) == 1


def test_other_servers_or_a_password_are_another_matter(client, an, ours, mailbox, recorder):
    typed = {
        "address": mailbox.login.user, "login": "", "privacy": "private", "password": "",
        "imap_host": mailbox.login.host, "imap_port": mailbox.login.port, "imap_security": "tls",
        "smtp_host": "localhost", "smtp_port": recorder.ports["tls"], "smtp_security": "tls",
    }  # fmt: skip
    assert client.post("/mail/mailbox/", typed).status_code == 302
    assert Mailbox.objects.get().privacy == "private" and Mailbox.objects.get().refresh_token == ours.refresh_token
    other = client.post("/mail/mailbox/", typed | {"smtp_host": "127.0.0.1"})
    assert other.status_code == 422 and "đăng nhập lại" in other.text
    assert client.post("/mail/mailbox/", typed | {"password": mailbox.login.password}).status_code == 302
    kept = Mailbox.objects.get()
    assert (kept.provider, kept.token, kept.refresh_token) == (None, "", "") and kept.password


# The application ------------------------------------------------------------------------------------------------------


def test_an_admin_sets_up_a_provider_and_nobody_reads_its_secret_again(client, dung, provider, mailbox, recorder):
    client.force_login(dung)
    assert "/mail/mailbox/signed-in/" in client.get(NEW).text
    assert client.post(NEW, values(provider, mailbox, recorder)).status_code == 302
    made = MailProvider.objects.get()
    assert made.application.secret == SECRET and SECRET.encode() not in bytes(made.secret)
    here = f"/setup/mail-providers/{made.pk}/"
    log = Event.objects.filter(facts__list="mail-providers")
    assert SECRET not in client.get(here).text + client.get("/setup/log/").text + json.dumps(portable.exported())
    assert all(SECRET not in json.dumps(one.facts) for one in log)
    # Empty it stays; another one is told of, but not which.
    assert client.post(here, values(provider, mailbox, recorder, secret="", name="Google")).status_code == 302
    made.refresh_from_db()
    assert (made.name, made.application.secret) == ("Google", SECRET)
    assert client.post(here, values(provider, mailbox, recorder, secret="khac", name="Google")).status_code == 302
    made.refresh_from_db()
    assert made.application.secret == "khac"
    [(_label, words)] = columns_of(log.latest("pk"))
    assert words == "— → •••"


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"secret": ""}, "khóa bí mật"),
        ({"token_url": ""}, "phải khai"),
        ({"imap_host": ""}, "phải khai"),
        ({"token_url": "http://localhost/token"}, "https://"),
        ({"authorize_url": "https://a@localhost/x"}, "https://"),
        ({"authorize_url": "javascript:alert(1)"}, "https://"),
    ],
)
def test_an_application_that_cannot_work_is_not_kept(client, dung, provider, mailbox, recorder, wrong, words):
    client.force_login(dung)
    answer = client.post(NEW, values(provider, mailbox, recorder, **wrong))
    assert answer.status_code == 422 and words in answer.text and not MailProvider.objects.exists()


def test_the_secret_goes_to_no_other_address_unseen(client, dung, google, provider, mailbox, recorder):
    client.force_login(dung)
    moved = values(provider, mailbox, recorder, secret="", token_url=f"{provider.url}/khac")
    answer = client.post(f"/setup/mail-providers/{google.pk}/", moved)
    assert answer.status_code == 422 and "địa chỉ khác" in answer.text
    assert client.post(f"/setup/mail-providers/{google.pk}/", moved | {"secret": SECRET}).status_code == 302


def test_google_and_microsoft_need_nothing_but_id_and_secret(client, dung, an):
    client.force_login(dung)
    for house in ("google", "microsoft"):
        given = {"name": house, "house": house, "client_id": "x", "secret": "y"}
        ports = {"imap_port": 993, "imap_security": "tls", "smtp_port": 465, "smtp_security": "tls"}
        assert client.post(NEW, given | ports).status_code == 302
        made = MailProvider.objects.get(name=house)
        assert made.application.token_url == HOUSES[house].token_url and made.servers["smtp_port"] in (465, 587)
    MailProvider.objects.filter(name="microsoft").update(is_active=False)
    client.force_login(an)
    page = client.get("/mail/mailbox/").text
    assert "Đăng nhập bằng google" in page and "Đăng nhập bằng microsoft" not in page
    off = MailProvider.objects.get(name="microsoft")
    assert client.post(f"/mail/mailbox/sign-in/{off.pk}/", {}).status_code == 404
    asked = set_off(client, MailProvider.objects.get(name="google"))
    assert asked.startswith(HOUSES["google"].authorize_url + "?response_type=code")


@pytest.mark.parametrize(
    "token", ["", "x", "a.b.c", "e30.bnVsbA.x", "e30.eyJlbWFpbCI6Wzdd.x", "e30.eyJlbWFpbCI6ImtvIn0.x", "e30.ă.x"]
)
def test_an_identity_that_says_nothing_is_none(token):
    assert oauth._address(token) == ""


# Several at once ------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_two_jobs_ask_once_for_a_new_token(client, provider, google, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    client.force_login(make_cast().an)
    assert comes_back(client, provider, google).status_code == 302
    ours = Mailbox.objects.get()
    run_out(ours)
    provider.instead = "hold"
    got: list[str] = []

    def job() -> None:
        try:
            got.append(signing_in.with_access(Mailbox.objects.get()).refresh_token)
        finally:
            connection.close()

    first, second = Thread(target=job), Thread(target=job)
    first.start()
    assert provider.heard.wait(10)  # the first one has the row
    second.start()
    _until_somebody_waits()
    provider.go_on.set()
    for one in (first, second):
        one.join(20)
    assert len(provider.asked) == 2 and len(set(got)) == 1 and set(got) == provider.refreshing


def _until_somebody_waits() -> None:
    with connection.cursor() as cursor:
        while True:
            asked = (
                "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
            )
            cursor.execute(asked)
            if cursor.fetchone()[0]:
                return


def test_a_mailbox_that_is_gone_has_no_token(ours, provider):
    gone = Mailbox.objects.get()
    run_out(ours)
    gone.access_until = None
    mailboxes.disconnect(by=gone.user)
    with pytest.raises(Refused) as refused:
        signing_in.with_access(gone)
    assert refused.value.code == "signed_out" and len(provider.asked) == 1
