"""Working hours of a day: up to two stretches, «08:00-12:00, 13:30-17:30»; a day off has none."""

import re
from datetime import time

from django.utils.translation import gettext as _

from pheu.core.vietnamese.text import clean

Stretch = tuple[time, time]
MOST = 2
_SAMPLE = "08:00-12:00, 13:30-17:30"
_MOST_CHARACTERS = 80
_AT = r"(\d{1,2})(?:\s*(?:[:.]\s*(\d{2})|(?:h|giờ)\s*(\d{2})?))?"
_STRETCH = re.compile(rf"{_AT}\s*(?:-|–|—|~|đến|tới|to)\s*{_AT}", re.IGNORECASE)
_OFF = {"nghỉ", "off", "-", "—"}


def read_hours(text: str) -> str:
    """«8-12, 13h30-17h30» as «08:00-12:00, 13:30-17:30»; «nghỉ» as nothing. ValueError says what is wrong."""
    typed = clean(str(text))
    if typed.lower() in _OFF:
        return ""
    if len(typed) > _MOST_CHARACTERS:
        raise ValueError(_unreadable(typed[:20]))
    read = [_read_stretch(part) for part in re.split(r"[,;]|\bvà\b|\band\b", typed) if part.strip()]
    if len(read) > MOST:
        raise ValueError(_("A day has at most two stretches: before and after noon."))
    ends = [at for stretch in read for at in stretch]
    if any(later <= earlier for earlier, later in zip(ends[::2], ends[1::2], strict=True)) or ends != sorted(ends):
        raise ValueError(_("Each time must come after the one before it."))
    return ", ".join(f"{begins:%H:%M}-{ends:%H:%M}" for begins, ends in read)


def stretches(hours: str) -> tuple[Stretch, ...]:
    """The stretches of what `read_hours` gave."""
    return tuple(_read_stretch(part.strip()) for part in hours.split(",") if part.strip())


def _read_stretch(text: str) -> Stretch:
    found = _STRETCH.fullmatch(text.strip())
    if found is None:
        raise ValueError(_unreadable(text.strip()))
    return _time(text, *found.groups()[:3]), _time(text, *found.groups()[3:])


def _time(text: str, hour: str, minute: str | None, after_h: str | None) -> time:
    try:
        return time(int(hour), int(minute or after_h or 0))
    except ValueError:
        raise ValueError(_unreadable(text.strip())) from None


def _unreadable(text: str) -> str:
    return _("“%(text)s” are no hours. Write for example %(sample)s.") % {"text": text, "sample": _SAMPLE}
