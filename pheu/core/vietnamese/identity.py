"""What tells whose something is, alike in every way of writing it: names without marks, order and forms of companies,
addresses of mail and web (vietnam.md 7.2-7.4).

Every function gives one text that equal things share, or an empty one where there is too little to tell by.
"""

import re
from difflib import SequenceMatcher
from functools import lru_cache
from urllib.parse import urlsplit

from pheu.core.vietnamese.names import name_words
from pheu.core.vietnamese.text import fold

# Longer ones first. What says how a company is made up, not which one it is.
_FORMS = re.compile(
    r"\b(?:trach nhiem huu han|trach nhien huu han|mot thanh vien|hai thanh vien(?: tro len)?|co phan|tnhh|ctcp|mtv|"
    r"cong ty|cty|c ty|dntn|doanh nghiep tu nhan|ho kinh doanh|hkd|joint stock|company|limited|corporation|corp|jsc|"
    r"co ltd|ltd|cp|inc)\b"  # «co» alone is cơ, cô, cổ...
)
_SHORT = {
    "tm": "thuong mai", "dv": "dich vu", "sx": "san xuat", "xd": "xay dung", "xnk": "xuat nhap khau",
    "vn": "viet nam", "tmdv": "thuong mai dich vu", "sxtm": "san xuat thuong mai",
    "kcn": "khu cong nghiep", "hcm": "ho chi minh", "hn": "ha noi", "tphcm": "ho chi minh",
}  # fmt: skip
_OF_ADDRESS = {"so", "duong", "pho", "phuong", "p", "quan", "q", "thanh", "tp", "tinh", "huyen", "h", "xa", "x", "thi",
    "tx", "tran", "tt", "viet", "nam"}  # fmt: skip
_FEWEST_LETTERS = 2
MOST_KEPT = 2000  # keys of names: a row of a file is asked for them before it is made, and as it is
_WITHOUT_DOTS = {"gmail.com", "googlemail.com"}


def _words(text: str) -> list[str]:
    words = re.findall(r"[a-z0-9]+", fold(text))
    return " ".join(_SHORT.get(word, word) for word in words).split()


@lru_cache(MOST_KEPT)
def company_key(name: str) -> str:
    """«CTCP Thép Hòa Phát» and «Công ty Cổ phần Thép Hoà Phát»: «hoa phat thep»."""
    words = " ".join(_words(name))
    left = _FORMS.sub(" ", words).replace(" va ", " ").split()
    key = " ".join(sorted(left)) or words
    return key if len(key) >= _FEWEST_LETTERS else ""


@lru_cache(MOST_KEPT)
def person_key(name: str) -> str:
    """«Chị Nguyễn Thị Lan» and «LAN NGUYEN THI»: «lan nguyen thi»; nothing of a single word, which many are called."""
    words = re.findall(r"[a-z0-9]+", fold(" ".join(name_words(name))))
    return " ".join(sorted(words)) if len(words) > 1 else ""


def email_key(address: str) -> str:
    """Without what a mail server does not look at: capitals, «+tag», the dots of Gmail."""
    local, at, domain = address.strip().lower().rpartition("@")
    local = local.partition("+")[0]
    if domain in _WITHOUT_DOTS:
        local, domain = local.replace(".", ""), "gmail.com"
    return f"{local}{at}{domain}" if local and at else ""


def host_key(link: str) -> str:
    """«https://www.HoaPhat.com.vn/gioi-thieu»: «hoaphat.com.vn»."""
    try:
        host = urlsplit(link if "//" in link else f"//{link}").hostname or ""
    except ValueError:
        return ""
    return host.removeprefix("www.") if "." in host else ""


@lru_cache(MOST_KEPT)
def address_key(text: str) -> str:
    """The words of an address that are its own, in any order; nothing of less than three."""
    words = sorted({word for word in _words(text) if word not in _OF_ADDRESS})
    return " ".join(words) if len(words) > 2 else ""


def likeness(one: str, other: str) -> int:
    """How alike two keys are, 0 to 100."""
    return round(100 * SequenceMatcher(None, one[:200], other[:200]).ratio())
