"""Pictures inside of a letter: pasted ones leave its text and go along as files; received ones come back into it."""

import base64
import binascii
import re
import uuid
from collections.abc import Iterable
from typing import TYPE_CHECKING

from pheu.messaging.channels.email.letters import Attached
from pheu.timeline.previews import LARGEST_PICTURE, STARTS

if TYPE_CHECKING:
    from pheu.messaging.models import Enclosure

PASTED = re.compile(r"""(<img\b[^>]*?\bsrc=)(["'])data:image/[a-z+.-]+;base64,([A-Za-z0-9+/=\s]*)\2""", re.IGNORECASE)


def drawn_in(html: str) -> tuple[str, list[Attached]]:
    """The text with `cid:` addresses in place of pasted pictures, and these as files; what is no picture is dropped."""
    found: list[Attached] = []

    def take(match: re.Match[str]) -> str:
        picture = _picture(match[3], len(found) + 1)
        if picture is None:
            return f"{match[1]}{match[2]}{match[2]}"
        found.append(picture)
        return f"{match[1]}{match[2]}cid:{picture.content_id}{match[2]}"

    return PASTED.sub(take, html), found


def _picture(text: str, number: int) -> Attached | None:
    try:
        content = base64.b64decode(text, validate=False)
    except binascii.Error:
        return None
    kind = media_type(content)
    if not kind or len(content) > LARGEST_PICTURE:
        return None
    name = f"{number}.{kind.rpartition('/')[2]}"
    return Attached(name, kind, content, content_id=f"{uuid.uuid4().hex}@pheu", inline=True)


def media_type(content: bytes) -> str:
    """`image/...` of bytes that a browser may show as a picture; empty for any others."""
    return next((kind for start, kind in STARTS.items() if content.startswith(start) and kind.startswith("image/")), "")


def as_data(enclosures: "Iterable[Enclosure]") -> dict[str, str]:
    """{content id: a `data:` address} of the pictures among the files of a letter, within reason."""
    found: dict[str, str] = {}
    left = LARGEST_PICTURE
    for one in enclosures:
        if not one.content_id or one.size > left:
            continue
        content = one.bytes()
        if kind := media_type(content):
            left -= len(content)
            found[one.content_id] = f"data:{kind};base64,{base64.b64encode(content).decode()}"
    return found
