"""Where a person is signed in: each browser with its address and when it was first and last seen."""

import time
from collections.abc import Callable, Iterable, Mapping

from allauth.account.adapter import get_adapter
from allauth.usersessions.models import UserSession
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.signals import user_logged_in
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from pheu.people.devices import device, is_phone
from pheu.people.models import User

SEEN_EVERY = 300  # seconds between two notes that a session is in use
MOST_KEPT = 10_000  # sessions that a process remembers to have seen
SIGNED_IN_AT = "signed_in_at"
_seen: dict[str, float] = {}


class SeenMiddleware:
    """Notes when and from where a session is used, each process at most once in `SEEN_EVERY`: other requests ask
    nothing of the database for it. The page is answered first; who is not signed in leaves no trace.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        # Asking for `request.user` would load the person for pages that do without.
        if getattr(request, "_cached_user", None) is not None and request.session.session_key:
            _note(request, request.session.session_key)
        return response


def _note(request: HttpRequest, key: str) -> None:
    now = time.time()
    if now - _seen.get(key, request.session.get(SIGNED_IN_AT, 0)) < SEEN_EVERY:
        return
    if len(_seen) >= MOST_KEPT:
        _seen.clear()
    _seen[key] = now
    address = get_adapter().get_client_ip(request)
    UserSession.objects.filter(session_key=key).update(last_seen_at=timezone.now(), ip=address)


def _remember_the_moment(request: HttpRequest, **_told: object) -> None:
    request.session[SIGNED_IN_AT] = int(time.time())


user_logged_in.connect(_remember_the_moment, dispatch_uid="pheu.people.sessions")


class Standing:
    """One session as its owner sees it. `is_this`: the one that asks."""

    def __init__(self, row: UserSession, *, is_this: bool) -> None:
        self.row, self.is_this = row, is_this
        self.device, self.icon = device(row.user_agent), "phone" if is_phone(row.user_agent) else "device-desktop"


def standing(request: HttpRequest, user: User) -> list[Standing]:
    """All in which the person is signed in now: this one first, then as they were last seen. Two queries."""
    this = request.session.session_key
    rows = list(of(user).order_by("-last_seen_at", "-pk"))
    known = Session.objects.filter(session_key__in=[row.session_key for row in rows], expire_date__gt=timezone.now())
    opening = {one.session_key for one in known if _opens_for(one, user)}
    others = [row for row in rows if row.session_key in opening and row.session_key != this]
    mine = next((row for row in rows if row.session_key == this), None) or _unkept(request, user)
    return [Standing(mine, is_this=True), *(Standing(row, is_this=False) for row in others)]


def _unkept(request: HttpRequest, user: User) -> UserSession:
    """A session from before they were kept count of."""
    words = request.META.get("HTTP_USER_AGENT", "")
    return UserSession(user=user, user_agent=words, ip=get_adapter().get_client_ip(request))


def still_open(keys: Mapping[str, User | None]) -> set[str]:
    """Which of these sessions still sign in the person who opened them; None: somebody who has left. One query."""
    known = Session.objects.filter(session_key__in=[key for key in keys if keys[key]], expire_date__gt=timezone.now())
    return {one.session_key for one in known if (user := keys[one.session_key]) and _opens_for(one, user)}


def _opens_for(session: Session, user: User) -> bool:
    """Whether it still signs the person in: a changed password ends the others."""
    kept = session.get_decoded()
    is_theirs = kept.get(SESSION_KEY) == str(user.pk)
    return is_theirs and constant_time_compare(kept.get(HASH_SESSION_KEY, ""), user.get_session_auth_hash())


def of(user: User) -> QuerySet[UserSession]:
    return UserSession.objects.filter(user=user)


def others(request: HttpRequest, user: User) -> QuerySet[UserSession]:
    return of(user).exclude(session_key=request.session.session_key)


def end(rows: Iterable[UserSession]) -> int:
    """Sign out there; how many that were."""
    keys = [row.session_key for row in rows]
    with transaction.atomic():
        Session.objects.filter(session_key__in=keys).delete()
        UserSession.objects.filter(session_key__in=keys).delete()
    return len(keys)
