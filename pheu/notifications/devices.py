"""Browsers that are told of reminders though no page of ours is open there (R1.35).

Each belongs to the session in which somebody asked for it, and goes with that: what was signed out hears nothing.
"""

import json
import logging
from dataclasses import asdict, dataclass

from allauth.usersessions.models import UserSession

from pheu.core import hosts
from pheu.notifications import webpush
from pheu.notifications.letters import site
from pheu.notifications.models import PushDevice
from pheu.people import sessions
from pheu.people.models import User

MOST = 10  # of one person, the latest
LASTS = 3600  # seconds for which a push service keeps what it cannot deliver: later it is no reminder any more
LONGEST = 200  # letters of a title or a text
GONE = {401, 403, 404, 410}  # the browser has left, or does not know us any more

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Message:
    """What a device shows; of two with one `tag` the later takes the place of the other. `url` is a path of ours."""

    title: str
    body: str
    url: str
    tag: str


def listen(user: User, session: str | None, browser: webpush.Browser) -> bool:
    """Tell this browser from now on, as long as that session lasts; False where nobody counts sessions of it."""
    row = UserSession.objects.filter(user=user, session_key=session or "").first()
    if row is None:
        return False
    told = {"session": row, "user": user, "point": browser.point, "secret": browser.secret}
    PushDevice.objects.update_or_create(endpoint=browser.endpoint, defaults=told)
    kept = PushDevice.objects.filter(user=user).order_by("-pk").values("pk")[:MOST]
    PushDevice.objects.filter(user=user).exclude(pk__in=list(kept.values_list("pk", flat=True))).delete()
    return True


def forget(user: User, endpoint: str) -> None:
    PushDevice.objects.filter(user=user, endpoint=endpoint).delete()


def push(device: PushDevice, message: Message) -> None:
    """Show a message there, unless the session has ended. `core.hosts.Refused`: to be tried again."""
    if not sessions.still_open({device.session.session_key: device.user}):
        device.delete()
        return
    browser = webpush.Browser(device.endpoint, bytes(device.point), bytes(device.secret))
    try:
        status = webpush.send(_told(message), browser, site=site(), lasts=LASTS)
    except hosts.Refused as refused:
        if refused.code != "forbidden":
            raise
        status = 404
    if status in GONE:
        device.delete()
    elif status == 429 or status >= 500:
        raise hosts.Refused("later", reply=str(status))
    elif status >= 300:
        log.warning("A push service answered %s", status)


def _told(message: Message) -> bytes:
    told = asdict(message) | {"title": message.title[:LONGEST], "body": message.body[:LONGEST]}
    return json.dumps(told, ensure_ascii=False).encode()
