"""What somebody wrote, apart from what they answered to. For showing only: the whole letter is kept."""

import re
import unicodedata
from itertools import takewhile

from . import mime, safe

_LONGEST_MARK = 500

_PREFIX = re.compile(
    r"\s*(?:re|fwd?|tl|trả lời|chuyển tiếp|aw|antw|wg|sv|vs|rif|ref|tr|rép|rv|回复|答复|转发)"
    r"\s*(?:\[\d{1,3}\]|\(\d{1,3}\))?\s*[:：]",
    re.IGNORECASE,
)
# The line before what is quoted: of Gmail, Apple and Thunderbird, and of others, who name a mailbox in it.
_WROTE = re.compile(r"(?:vào|ngày|lúc|on)\s(?=.*\d).{5,300}(?:đã viết|viết|wrote)\s*:", re.IGNORECASE)
_THEY_WROTE = re.compile(r".{0,200}<?[^\s@]{1,100}@[^\s@]{1,100}>?.{0,60}(?:đã viết|wrote).{0,60}:", re.IGNORECASE)
_MARK = re.compile(
    r"[-_*\s>]*(?:"
    r"-{2,}\s*(?:thư gốc|thư ban đầu|tin nhắn gốc|original message|original appointment|forwarded message|"
    r"forwarded by .{1,100}|thư đã chuyển tiếp|thư được chuyển tiếp|thư chuyển tiếp)\s*-{2,}"
    r"|(?:begin forwarded message|bắt đầu thư được chuyển tiếp|bắt đầu chuyển tiếp thư)\s*:"
    r")[-_*\s]*",
    re.IGNORECASE,
)
_FROM = re.compile(r"\**(?:từ|người gửi|from)\s*:\**\s*\S.*", re.IGNORECASE)
_MORE = {
    "when": re.compile(r"\**(?:đã gửi|ngày gửi|gửi|ngày|thời gian|sent|date)\s*:", re.IGNORECASE),
    "to": re.compile(r"\**(?:đến|tới|người nhận|to)\s*:", re.IGNORECASE),
    "subject": re.compile(r"\**(?:chủ đề|tiêu đề|subject)\s*:", re.IGNORECASE),
}
_RULE = re.compile(r"_{10,}|-{10,}")
_DEVICE = re.compile(r"(?:được gửi|đã gửi|gửi|sent|get outlook)\s*(?:từ|from|for)\s+(?:\S.{0,80})", re.IGNORECASE)

_QUOTING = re.compile(
    r"<(?:div|blockquote|span|hr|p)\b[^<>]{0,500}?(?:"
    r"""\bclass\s*=\s*["']?[^"'<>]{0,200}\b(?:gmail_quote|yahoo_quoted|moz-cite-prefix|protonmail_quote|zmail_extra)\b"""
    r"""|\bid\s*=\s*["']?(?:divRplyFwdMsg|appendonsend|reply-intro|mail-editor-reference-message-container|OLK_SRC_BODY_SECTION)\b"""
    r"""|\btype\s*=\s*["']?cite\b"""
    r"|\bborder-top\s*:\s*solid\s+#(?:E1E1E1|B5C4DF)"  # Outlook, above From:
    r")",
    re.IGNORECASE,
)


def bare_subject(subject: str) -> str:
    """A subject without the Re:, Fwd:, TL: before it, however many."""
    rest = mime.nfc(subject)
    while found := _PREFIX.match(rest):
        rest = rest[found.end() :]
    return " ".join(rest.split())


def split_text(text: str) -> tuple[str, str]:
    """(what was said, what was quoted): together the whole. Never says that nothing was said.

    Somebody who answers below what they quote is read too; among it, they are shown with it.
    """
    lines = mime.nfc(text).split("\n")
    at = next((number for number in range(len(lines)) if _begins_quote(lines, number)), len(lines))
    said, rest = lines[:at], lines[at:]
    below = _below(rest)
    if any(line.startswith(">") for line in below):
        return text, ""
    said, rest = [*said, *below], rest[: len(rest) - len(below)]
    said, signed = _signed(said)
    if not _has_words(said):
        return text.strip("\n"), ""
    return "\n".join(said).strip("\n"), "\n".join([*signed, *rest]).strip("\n")


def _begins_quote(lines: list[str], number: int) -> bool:
    line = lines[number].strip()
    if line.startswith(">"):
        return True
    if not line or len(line) > _LONGEST_MARK:
        return False
    if _FROM.fullmatch(line):
        return _is_head(lines[number + 1 : number + 8])
    if _RULE.fullmatch(line):
        following = next((one.strip() for one in lines[number + 1 : number + 4] if one.strip()), "")
        return bool(_FROM.fullmatch(following[:_LONGEST_MARK]))
    return bool(_MARK.fullmatch(line) or _THEY_WROTE.fullmatch(line)) or _is_wrote(lines[number : number + 3])


def _is_wrote(lines: list[str]) -> bool:
    """Whether a line, perhaps folded, says when who wrote what follows."""
    folded = list(takewhile(lambda line: line.strip() and not line.startswith(">"), lines))
    joined = (" ".join(line.strip() for line in folded[:some]) for some in range(1, len(folded) + 1))
    return any(len(one) <= _LONGEST_MARK and _WROTE.fullmatch(one) for one in joined)


def _is_head(lines: list[str]) -> bool:
    """Whether these lines, after who wrote, are Outlook's head of a quoted letter: two of when, to whom, about what."""
    head = [line.strip()[:_LONGEST_MARK] for line in lines]
    return sum(any(pattern.match(line) for line in head) for pattern in _MORE.values()) >= 2


def _below(rest: list[str]) -> list[str]:
    """What stands under lines that are quoted with `>`: somebody's answer."""
    quoted = [number for number, line in enumerate(rest) if line.startswith(">")]
    if not quoted or any(line.strip() and not line.startswith(">") for line in rest[3 : quoted[0]]):
        return []
    end = next((n for n in range(quoted[0], len(rest)) if rest[n].strip() and not rest[n].startswith(">")), len(rest))
    below = rest[end:]
    return below if _has_words(below) else []


def _signed(said: list[str]) -> tuple[list[str], list[str]]:
    """What was said, and the signature that a program put under it."""
    end = next((number for number, line in enumerate(said) if line in {"-- ", "--"}), len(said))
    last = next((number for number in reversed(range(end)) if said[number].strip()), end)
    if last < end and _DEVICE.fullmatch(said[last].strip()[:_LONGEST_MARK]):
        end = last
    return said[:end], said[end:]


def _has_words(lines: list[str]) -> bool:
    return any(any(unicodedata.category(letter)[0] in "LNS" for letter in line) for line in lines)


def split_html(html: str) -> tuple[str, str]:
    """(what was said, what was quoted): HTML that was cut in two, each still to be cleaned. Never says nothing."""
    found = _QUOTING.search(html)
    if not found:
        return html, ""
    said, quoted = html[: found.start()], html[found.start() :]
    if safe.words_of(said) or "<img" in said.lower():
        return said, quoted
    return html, ""
