"""Reminders on devices where no page is open (R1.35): sealed for one browser, for as long as its session lasts."""

import json
import os
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from allauth.usersessions.models import UserSession
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.test import Client
from django.utils import timezone
from playwright.sync_api import expect
from procrastinate.contrib.django.models import ProcrastinateJob

from pheu.activities.jobs import ask_for_pushes, push_reminder
from pheu.activities.models import ActivityType, Reminder
from pheu.activities.reminding import Remind, see, snooze
from pheu.activities.services import finish_activity, reschedule_activity, schedule_activity
from pheu.core.hosts import Refused
from pheu.messaging.tests.servers import make_certificates
from pheu.notifications import devices, webpush
from pheu.notifications.models import PushDevice
from pheu.notifications.webpush import as_text
from pheu.people import sessions
from pheu.records.acts import operation

pytestmark = pytest.mark.django_db
SECRET = b"sixteen bytes ok"
KEY = ec.generate_private_key(webpush.CURVE)
POINT = webpush._point(KEY)


@dataclass
class Service:
    """A push service: what it was sent, and what it answers."""

    port: int = 0
    answer: int = 201
    sent: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    @property
    def endpoint(self) -> str:
        return f"https://localhost:{self.port}/send/abc?d=1"

    def shown(self) -> list[dict[str, str]]:
        """What the browser reads of it."""
        return [json.loads(opened(body)) for _path, _head, body in self.sent]


def opened(body: bytes) -> bytes:
    """As RFC 8188 and 8291 tell a browser to."""
    salt, size, length = body[:16], int.from_bytes(body[16:20]), body[20]
    theirs, sealed = body[21 : 21 + length], body[21 + length :]
    assert len(body) <= size
    shared = KEY.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(webpush.CURVE, theirs))
    derive = lambda key, salt, info, n: HKDF(SHA256(), length=n, salt=salt, info=info).derive(key)  # noqa: E731
    secret = derive(shared, SECRET, b"WebPush: info\0" + POINT + theirs, 32)
    key = derive(secret, salt, b"Content-Encoding: aes128gcm\0", 16)
    nonce = derive(secret, salt, b"Content-Encoding: nonce\0", 12)
    return AESGCM(key).decrypt(nonce, sealed, None).removesuffix(b"\2")


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return make_certificates(tmp_path_factory.mktemp("push"))


@pytest.fixture
def service(authority, monkeypatch) -> Iterator[Service]:
    told = Service()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            told.sent.append((self.path, dict(self.headers), body))
            self.send_response(told.answer)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_told):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.certificate, authority.key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    told.port = server.server_address[1]
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.authority))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield told
    server.shutdown()
    thread.join()
    server.server_close()


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    UserSession.objects.create(
        user=user, session_key=client.session.session_key, ip="203.0.113.7", user_agent="Firefox"
    )
    return client


def says(service, who, **other):
    keys = {"point": as_text(POINT), "secret": as_text(SECRET)}
    return {"endpoint": service.endpoint, **keys, "who": who.pk} | other


def switched_on(user, service) -> PushDevice:
    assert signed_in(user).post("/notifications/device/", says(service, user)).status_code == 204
    return PushDevice.objects.get()


def reminder(lead, an, minutes=15) -> Reminder:
    what = ActivityType.objects.get(name="Gọi điện")
    given = {"what": what, "due_at": timezone.now() + timedelta(minutes=minutes), "assignee": an, "title": "Gọi lại"}
    return schedule_activity(lead.record, **given, remind=Remind((15,), ("popup",)), by=an).reminders.get()


def asked() -> list[ProcrastinateJob]:
    ask_for_pushes(0)
    return list(ProcrastinateJob.objects.filter(task_name=push_reminder.name).order_by("id"))


def work_off() -> None:
    for one in asked():
        push_reminder(**one.args)


# The way of one -------------------------------------------------------------------------------------------------------


def test_a_reminder_reaches_a_browser_in_which_no_page_is_open(an, lead, service):
    """R1.35: what, when and where it leads to, at its moment and once; nobody on the way can read it."""
    switched_on(an, service)
    one = reminder(lead, an)
    [job] = asked()
    assert abs(job.scheduled_at - one.at) < timedelta(seconds=1)
    assert job.priority > 0  # whatever else waits
    assert asked() == [job]
    push_reminder(**job.args)
    assert service.shown() == [
        {
            "title": "Gọi lại", "body": f"Gọi điện · {one.activity.span}", "url": f"/activities/{one.activity_id}/",
            "tag": f"reminder-{one.pk}",
        }
    ]  # fmt: skip
    [(path, head, body)] = service.sent
    assert path == "/send/abc?d=1"
    assert (head["TTL"], head["Urgency"], head["Content-Encoding"]) == ("3600", "high", "aes128gcm")
    assert head["Authorization"].startswith("vapid t=") and "Gọi lại".encode() not in body


def test_what_comes_later_and_what_nobody_listens_for_is_not_asked_of(an, binh, lead, service):
    reminder(lead, an)
    assert asked() == []
    switched_on(binh, service)
    assert asked() == []
    switched_on(an, service)
    for minutes in (2, -61):  # of what is long over nobody hears who has just switched a device on
        Reminder.objects.update(at=timezone.now() + timedelta(minutes=minutes))
        assert asked() == []
    Reminder.objects.update(at=timezone.now() - timedelta(minutes=59))
    assert len(asked()) == 1


@pytest.mark.parametrize("change", ["seen", "snoozed", "moved", "done", "handed over"])
def test_what_is_over_or_elsewhere_by_then_is_not_shown(an, binh, lead, service, change):
    switched_on(an, service)
    one = reminder(lead, an)
    [job] = asked()
    if change == "seen":
        see(one, by=an)
    elif change == "snoozed":
        snooze(one, 5, by=an)
    elif change == "moved":
        reschedule_activity(one.activity, due_at=timezone.now() + timedelta(hours=1), by=an)
    elif change == "done":
        finish_activity(one.activity, result="Xong", by=an)
    else:
        Reminder.objects.filter(pk=one.pk).update(seen_at=None)
        type(one.activity).objects.filter(pk=one.activity_id).update(assignee=binh)
    push_reminder(**job.args)
    assert service.sent == []
    if change in ("snoozed", "moved"):
        Reminder.objects.update(at=timezone.now())
        assert len(asked()) == 2


def test_who_has_signed_out_or_has_another_password_hears_nothing(an, lead, service):
    switched_on(an, service)
    reminder(lead, an)
    an.set_password("hoa-sen-xanh-2026")
    an.save()
    work_off()
    assert service.sent == [] and not PushDevice.objects.exists()
    switched_on(an, service)
    sessions.end(UserSession.objects.filter(user=an))
    assert not PushDevice.objects.exists()


@pytest.mark.parametrize("answer", [404, 410, 403])
def test_a_browser_that_has_left_is_forgotten(an, lead, service, answer):
    switched_on(an, service)
    reminder(lead, an)
    service.answer = answer
    work_off()
    assert len(service.sent) == 1 and not PushDevice.objects.exists()


@pytest.mark.parametrize("answer", [429, 500, 503])
def test_a_service_that_is_busy_is_asked_again(an, lead, service, answer):
    device = switched_on(an, service)
    service.answer = answer
    with pytest.raises(Refused, match="later"):
        devices.push(device, devices.Message("a", "b", "/", "c"))
    assert PushDevice.objects.exists()


def test_what_a_service_does_not_take_is_left_at_that(an, service, caplog):
    device = switched_on(an, service)
    service.answer = 413
    devices.push(device, devices.Message("Đ" * 9000, "b" * 9000, "/", "c"))
    assert PushDevice.objects.exists() and "413" in caplog.text
    assert service.shown()[0]["title"] == "Đ" * 200


def test_a_service_in_our_own_network_is_never_asked(an, service, settings):
    """SSRF (quality.md 3): a browser names the address."""
    device = switched_on(an, service)
    settings.PUSH_NETWORKS = []
    devices.push(device, devices.Message("a", "b", "/", "c"))
    assert service.sent == [] and not PushDevice.objects.exists()


# Switching on and off -------------------------------------------------------------------------------------------------


def test_a_browser_is_somebody_s_and_one_person_has_so_many(an, binh, service, monkeypatch):
    monkeypatch.setattr(devices, "MOST", 2)
    office = signed_in(an)
    for nth in range(3):
        sent = says(service, an, endpoint=f"{service.endpoint}&nth={nth}")
        assert office.post("/notifications/device/", sent).status_code == 204
        assert office.post("/notifications/device/", sent).status_code == 204
    assert [one.endpoint[-1] for one in PushDevice.objects.order_by("pk")] == ["1", "2"]
    other = signed_in(binh)
    other.post("/notifications/device/forget/", {"endpoint": PushDevice.objects.first().endpoint})
    assert PushDevice.objects.count() == 2
    # Whoever signs in there later has not asked for it; if they do, it is theirs.
    other.post("/notifications/device/", says(service, an, endpoint=sent["endpoint"]))
    assert PushDevice.objects.filter(user=an).count() == 2
    other.post("/notifications/device/", says(service, binh, endpoint=sent["endpoint"]))
    assert PushDevice.objects.get(endpoint=sent["endpoint"]).user == binh
    other.post("/notifications/device/forget/", {"endpoint": sent["endpoint"]})
    assert not PushDevice.objects.filter(user=binh).exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"endpoint": ""},
        {"endpoint": "http://push.example/a"},
        {"endpoint": f"https://push.example/{'a' * 1000}"},
        {"point": ""},
        {"secret": "\0"},
        {"point": as_text(SECRET)},
    ],
)
def test_what_is_no_browser_is_refused_in_words(an, service, wrong):
    answer = signed_in(an).post("/notifications/device/", says(service, an, **wrong), headers={"HX-Request": "true"})
    assert answer.status_code == 409 and not PushDevice.objects.exists()


def test_a_session_that_is_not_kept_count_of_is_told_to_sign_in_again(client, an, service):
    client.force_login(an)
    UserSession.objects.all().delete()
    answer = client.post("/notifications/device/", says(service, an), headers={"HX-Request": "true"})
    assert answer.status_code == 409 and not PushDevice.objects.exists()


ANSWERED = """
const named = {
  endpoint: told.endpoint, toJSON: () => told, unsubscribe: async () => !sessionStorage.removeItem("there"),
};
PushManager.prototype.subscribe = async () => sessionStorage.setItem("there", "1") ?? named;
PushManager.prototype.getSubscription = async () => sessionStorage.getItem("there") && named;
"""


@pytest.fixture
def context(browser_type, browser_type_launch_args):
    """Of a whole Chromium: one without windows shows no notifications."""
    with browser_type.launch(
        **browser_type_launch_args | {"executable_path": os.environ["PHEU_WHOLE_CHROMIUM"]}
    ) as one:
        yield one.new_context()


# The worker shows it in its own time: so many pictures of the page are waited for.
SHOWN = """async () => {
    const worker = await navigator.serviceWorker.ready;
    for (let picture = 0; picture < 900; picture++) {
        const found = await worker.getNotifications();
        if (found.length) return found.map((one) => one.title);
        await new Promise(requestAnimationFrame);
    }
    return [];
}"""


@pytest.mark.django_db(transaction=True)
def test_a_browser_is_switched_on_shows_a_reminder_and_is_switched_off(world, service):
    """What the browser's maker does (its push service) is answered here; the rest is a real Chromium's."""
    an = world.cast.an
    page = world.enter(an)
    kept = page.context.cookies()[0]["value"]
    UserSession.objects.get_or_create(user=an, session_key=kept, defaults={"ip": "203.0.113.7"})
    page.context.grant_permissions(["notifications"], origin=world.url)
    told = {"endpoint": service.endpoint, "keys": {"p256dh": as_text(POINT), "auth": as_text(SECRET)}}
    page.context.add_init_script(f"const told = {json.dumps(told)};{ANSWERED}")
    page.goto("/account/")
    page.get_by_role("button", name="Bật ở đây").click()
    expect(page.get_by_role("button", name="Tắt ở đây")).to_be_visible()
    assert PushDevice.objects.get().user == an
    devtools = page.context.new_cdp_session(page)
    found: list[dict] = []
    devtools.on("ServiceWorker.workerRegistrationUpdated", lambda told: found.extend(told["registrations"]))
    devtools.send("ServiceWorker.enable")
    page.goto("about:blank")
    told = {"title": "Gọi lại", "body": "Gọi điện · 10:00", "url": "/calendar/", "tag": "reminder-7"}
    devtools.send(
        "ServiceWorker.deliverPushMessage",
        {"origin": f"{world.url}/", "registrationId": found[0]["registrationId"], "data": json.dumps(told)},
    )
    page.goto("/account/")
    assert page.evaluate(SHOWN) == ["Gọi lại"]
    page.get_by_role("button", name="Tắt ở đây").click()
    expect(page.get_by_role("button", name="Bật ở đây")).to_be_visible()
    assert not PushDevice.objects.exists()


def test_moving_work_by_undo_brings_its_reminder_again(an, lead, service):
    switched_on(an, service)
    one = reminder(lead, an)
    work_off()
    with operation("test", by=an):
        reschedule_activity(one.activity, due_at=timezone.now() + timedelta(hours=2), by=an)
    one.refresh_from_db()
    assert one.pushed_at is None


def test_an_address_that_no_column_can_hold_is_nobodys(client, an, caplog):
    client.force_login(an)
    assert client.post("/notifications/device/forget/", {"endpoint": "https://push.example/\x00"}).status_code == 204
    assert "refused a value" not in caplog.text
