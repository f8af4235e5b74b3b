"""What people outside are told of work to which they are invited, and what their programs answer (RFC 5545, 5546).

A letter has one guest: nobody outside learns the address of another. It tells the work's title, type and time, and who
does it; never its record.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from icalendar import Calendar, Event, vCalAddress, vRecur, vText

from pheu.activities.feeds import between
from pheu.activities.models import Activity, Guest, Invitation, Series
from pheu.activities.repeating import Repeat, coming, show_rule
from pheu.activities.spans import end_of, show_span
from pheu.people.profile import profile
from pheu.timeline.events import MOMENT

REQUEST, CANCEL = "REQUEST", "CANCEL"
SAID = {"ACCEPTED": Guest.Answer.ACCEPTED, "DECLINED": Guest.Answer.DECLINED, "TENTATIVE": Guest.Answer.TENTATIVE}
STANDING = {answer: word for word, answer in SAID.items()}


def told_of(work: Activity, address: str) -> dict[str, Any]:
    """What a letter tells of work from this mailbox, as `Invitation.told` keeps it."""
    return {
        "title": " ".join(str(work).split()),
        "type": str(work.type),
        "due": MOMENT.to_json(work.due_at),
        "lasts": work.lasts,
        "organizer": address,
    }


def told_of_series(series: Series, address: str) -> dict[str, Any]:
    """The same of all times of work that comes again, and by which rule; `skips` are days without it."""
    return {
        "title": " ".join((series.title or str(series.type)).split()),
        "type": str(series.type),
        "due": MOMENT.to_json(series.begins_at),
        "lasts": series.lasts,
        "organizer": address,
        "rule": series.rule,
        "skips": sorted(series.skips),
    }


def told_on(told: dict[str, Any], day: date) -> dict[str, Any]:
    """What that says of its time on a day; `recurs` is as which of them a calendar knows it (RFC 5545, 3.8.4.4)."""
    begins = timezone.localtime(_due(told))
    due = MOMENT.to_json(begins + (day - begins.date()))
    once = {name: told[name] for name in ("title", "type", "lasts", "organizer")}
    return {**once, "due": due, "recurs": {"due": due, "lasts": told["lasts"]}}


def comes_on(told: dict[str, Any], days: Collection[date]) -> set[date]:
    """Those of these days on which it comes by its rule."""
    if not days:
        return set()
    first, past = timezone.localtime(_due(told)).date(), min(days) - timedelta(days=1)
    until = (max(days) - past).days  # no rule comes more often than once a day
    skipped = {date.fromisoformat(one) for one in told["skips"]}
    return (set(coming(told["rule"], first, after=past, most=until)) & set(days)) - skipped


def is_over(told: dict[str, Any]) -> bool:
    """Whether nobody needs to be told of it any more."""
    if "rule" in told:
        first, lately = timezone.localtime(_due(told)).date(), timezone.localdate() - timedelta(days=1)
        return not coming(told["rule"], first, after=lately, most=1)
    return end_of(_due(told), told["lasts"]) < timezone.now()


def _due(told: dict[str, Any]) -> datetime:
    due: datetime = MOMENT.from_json(told["due"])
    return due.astimezone(UTC)


def calendar(invitation: Invitation, method: str, answer: str = "") -> bytes:
    """The iCalendar object of a letter; `answer` is what the guest has said so far."""
    told, event, whole = invitation.told, Event(), Calendar()
    for name, value in {"prodid": "-//Phễu//Khách mời//VI", "version": "2.0", "method": method}.items():
        whole.add(name, value)
    event.add("uid", invitation.uid)
    event.add("sequence", invitation.sequence)
    event.add("dtstamp", timezone.now().astimezone(UTC).replace(microsecond=0))
    event.add("summary", vText(_plain(told["title"])))
    event.add("description", vText(_plain(told["type"])))
    event.add("status", "CANCELLED" if method == CANCEL else "CONFIRMED")
    for name, value in _span_of(told).items():
        event.add(name, value)
    event.add("organizer", _person(told["organizer"], invitation.organizer.full_name))
    guest = _person(invitation.address, invitation.name)
    guest.params |= {"CUTYPE": "INDIVIDUAL", "ROLE": "REQ-PARTICIPANT"}
    if method == REQUEST:
        guest.params |= {"PARTSTAT": STANDING.get(answer, "NEEDS-ACTION"), "RSVP": "TRUE"}  # type: ignore[call-overload]
    event.add("attendee", guest)
    whole.add_component(event)
    whole.add_missing_timezones()
    return whole.to_ical()


def _span_of(told: dict[str, Any]) -> dict[str, Any]:
    """When it is. What comes again does so by our clock: a day of the week in UTC is another one."""
    if "rule" not in told and "recurs" not in told:
        return between(_due(told), told["lasts"])
    span = {name: _by_our_clock(value) for name, value in between(_due(told), told["lasts"]).items()}
    if "recurs" in told:
        recurs = told["recurs"]
        return {**span, "recurrence-id": _by_our_clock(between(_due(recurs), recurs["lasts"])["dtstart"])}
    begins = span["dtstart"]
    off = sorted({date.fromisoformat(one) for one in (*told["skips"], *told.get("off", ()))})
    left_out = [datetime.combine(one, begins.timetz()) if isinstance(begins, datetime) else one for one in off]
    return {**span, "rrule": vRecur.from_ical(_rule_of(told["rule"], begins)), **({"exdate": left_out} if off else {})}


def _by_our_clock(value: Any) -> Any:
    return timezone.localtime(value) if isinstance(value, datetime) else value


def _rule_of(rule: str, begins: date) -> str:
    """With its last day as a moment, where it begins at one (RFC 5545, 3.3.10)."""
    until = Repeat.read(rule).until
    if until is None or not isinstance(begins, datetime):
        return rule
    last = datetime.combine(until, begins.timetz()).astimezone(UTC)
    return rule.replace(f"UNTIL={until:%Y%m%d}", f"UNTIL={last:%Y%m%dT%H%M%SZ}")


def _person(address: str, name: str) -> Any:
    person = vCalAddress(f"mailto:{address}")
    if called := _plain(name).replace('"', "'"):
        person.params["CN"] = called
    return person


def _plain(text: str) -> str:
    """On one line, and nothing that ends one (RFC 5545 3.1)."""
    return " ".join(_NOT_TEXT.sub(" ", text).split())


_NOT_TEXT = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")


def subject(invitation: Invitation, method: str) -> str:
    told = {"work": _plain(invitation.told["title"]), "span": _span(invitation)}
    with translation.override("vi"):
        if method == CANCEL:
            return _("Called off: %(work)s, %(span)s") % told
        if invitation.sequence:
            return _("Changed invitation: %(work)s, %(span)s") % told
        return _("Invitation: %(work)s, %(span)s") % told


def body(invitation: Invitation, method: str) -> str:
    """The words of the letter, for whoever's program knows no calendars."""
    told = {
        "told": invitation.told, "span": _span(invitation), "person": invitation.organizer, "company": profile().name,
        "is_off": method == CANCEL, "is_changed": bool(invitation.sequence), "name": invitation.name,
    }  # fmt: skip
    with translation.override("vi"):
        return render_to_string("activities/invitation.html", told)


def _span(invitation: Invitation) -> str:
    told = invitation.told
    span = show_span(_due(told), told["lasts"])
    return f"{span}, {show_rule(told['rule'])}" if "rule" in told else span


# What comes back ------------------------------------------------------------------------------------------------------

LARGEST = 100_000  # bytes of a calendar that answers
MOST_LINES = 2_000
LONGEST_LINE = 4_000
COMMENT_LIMIT = 500


@dataclass(frozen=True)
class Replied:
    """The answer of one guest, as their program wrote it: nothing else of its file is believed."""

    uid: str
    sequence: int
    at: datetime
    answer: str
    comment: str
    day: date | None = None  # of one time of what comes again


def read_reply(content: bytes, sender: str) -> Replied | None:
    """What `sender` answers in a calendar whose METHOD is REPLY, about one event; None for anything else.

    Read line by line, in linear time: no rule of repetition is looked at, nothing that anybody sends makes it raise.
    """
    if len(content) > LARGEST:
        return None
    lines = list(_lines(content))
    method = [value for path, name, _params, value in lines if path == ("VCALENDAR",) and name == "METHOD"]
    events = sum(name == "BEGIN" and value.upper() == "VEVENT" for _path, name, _params, value in lines)
    if [one.strip().upper() for one in method] != ["REPLY"] or events != 1:
        return None
    of_event = [(name, params, value) for path, name, params, value in lines if path == ("VCALENDAR", "VEVENT")]
    held = {name: value.strip() for name, _params, value in reversed(of_event)}
    mine = [
        params for name, params, value in of_event if name == "ATTENDEE" and _address(value) == sender.strip().lower()
    ]
    answer = SAID.get(mine[0].get("PARTSTAT", "").upper()) if len(mine) == 1 else None
    day = _day(held["RECURRENCE-ID"]) if "RECURRENCE-ID" in held else None
    if not answer or not held.get("UID") or (day is None and "RECURRENCE-ID" in held):
        return None
    said = answer, _said(held.get("COMMENT", "")), day
    return Replied(held["UID"], _number(held.get("SEQUENCE", "")), _moment(held.get("DTSTAMP", "")), *said)


Line = tuple[tuple[str, ...], str, dict[str, str], str]


def _lines(content: bytes) -> Iterator[Line]:
    """(components that it stands in, name, parameters, value) of each line."""
    text = content.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
    path: list[str] = []
    for line in re.sub(r"\n[ \t]", "", text).split("\n")[:MOST_LINES]:
        name, params, value = _parts(line[:LONGEST_LINE])
        if name == "END" and path:
            path.pop()
        yield tuple(path), name, params, value
        if name == "BEGIN":
            path.append(value.strip().upper())


def _parts(line: str) -> tuple[str, dict[str, str], str]:
    """The value begins after the first colon outside of quotation marks."""
    pieces, piece, quoted = [], "", False
    for at, sign in enumerate(line):
        if sign == '"':
            quoted = not quoted
        elif sign in ":;" and not quoted:
            pieces.append(piece)
            piece = ""
            if sign == ":":
                name, *params = pieces
                return name.upper(), dict(map(_parameter, params)), line[at + 1 :]
        else:
            piece += sign
    return "", {}, ""


def _parameter(text: str) -> tuple[str, str]:
    name, _is, value = text.partition("=")
    return name.upper(), value.strip()


def _address(value: str) -> str:
    scheme, _colon, address = value.strip().partition(":")
    return address.lower() if scheme.lower() == "mailto" else ""


def _number(text: str) -> int:
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else 0


def _moment(text: str) -> datetime:
    """In UTC, now at the latest: whoever's clock is ahead can answer once more."""
    now = timezone.now()
    try:
        return min(datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC), now)
    except ValueError:
        return now


def _day(text: str) -> date | None:
    """By our clock; of what is written by another one, whatever that is, the day that stands there."""
    try:
        if text.endswith("Z"):
            return timezone.localtime(datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)).date()
        return datetime.strptime(text[:8], "%Y%m%d").replace(tzinfo=UTC).date()
    except (ValueError, OverflowError):
        return None


def _said(text: str) -> str:
    words = re.sub(r"\\(.)", lambda found: "\n" if found[1] in "nN" else found[1], text)
    return re.sub(r"[\x00-\x09\x0b-\x1f\x7f]", "", words).strip()[:COMMENT_LIMIT]
