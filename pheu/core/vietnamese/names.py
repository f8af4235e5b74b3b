"""Vietnamese names: họ, đệm, tên. People are called and sorted by the last word (vietnam.md 7.4)."""

import re

from pheu.core.vietnamese.text import clean, joined_sort_key

# What is written after a name: a job in brackets, after a comma or after a dash.
_AFTER_NAME = re.compile(r"\s*(?:[(\[,;/]|\s[-–—]\s).*", re.DOTALL)
_HONORIFICS = frozenset(
    [
        "anh",
        "chị",
        "ông",
        "bà",
        "cô",
        "chú",
        "bác",
        "em",
        "mr",
        "mrs",
        "ms",
        "miss",
        "dr",
        "ts",
        "ths",
        "ks",
        "bs",
        "gs",
        "pgs",
    ]
)


def name_words(full_name: str) -> list[str]:
    """Family, middle and given words, without «Ông», «Mr.» before and «(kế toán)» after; all if none is left."""
    words = clean(full_name).split()
    kept = _AFTER_NAME.sub("", " ".join(words)).split()
    first = next((at for at, word in enumerate(kept) if word.rstrip(".").lower() not in _HONORIFICS), len(kept) - 1)
    return kept[first:] or words


def given_name(full_name: str) -> str:
    """«Nguyễn Thị Mai Trang» -> «Trang»; empty for an empty name."""
    return next(reversed(name_words(full_name)), "")


def name_sort_key(full_name: str) -> bytes:
    """Bytes that sort people by given name, then middle, then family, in Vietnamese letter and tone order."""
    family, middle, given = _parts(full_name)
    return joined_sort_key([given, middle, family])


def initials(full_name: str) -> str:
    """Two letters for an avatar, family and given: «Mai Trang» -> «MT»; a single word gives its first two."""
    family, _, given = _parts(full_name)
    return (family[:1] + given[:1] if family else given[:2]).upper()


def _parts(full_name: str) -> tuple[str, str, str]:
    words = name_words(full_name)
    family, given = (words[:-1] or [""])[0], (words or [""])[-1]
    return family, " ".join(words[1:-1]), given
