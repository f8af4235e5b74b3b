"""HTML of others made harmless, HTML of our own composer kept small, and the words in either."""

import html as entities
import re
from collections.abc import Callable, Mapping
from urllib.parse import unquote

import nh3

# The parser takes the square of the depth of tags; beyond this many, they are left out and their words stay.
MOST_TAGS = 20_000

_TAGS = {
    "a", "abbr", "b", "big", "blockquote", "br", "caption", "center", "code", "col", "colgroup", "dd", "del",
    "div", "dl", "dt", "em", "font", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "ins", "kbd", "li",
    "ol", "p", "pre", "q", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "table", "tbody", "td",
    "tfoot", "th", "thead", "tr", "tt", "u", "ul",
}  # fmt: skip
_WITHOUT_WORDS = {
    "iframe", "math", "noscript", "object", "script", "select", "style", "svg", "template", "textarea", "title",
}  # fmt: skip
_CELL = {"align", "bgcolor", "colspan", "height", "rowspan", "valign", "width", "nowrap"}
_ATTRIBUTES = {
    "*": {"style", "dir", "align"},
    "a": {"href"},
    "col": {"span", "width"},
    "font": {"color", "face", "size"},
    "hr": {"width", "size", "color"},
    "img": {"src", "alt", "width", "height", "border"},
    "li": {"value"},
    "ol": {"start", "type"},
    "table": {"bgcolor", "border", "cellpadding", "cellspacing", "height", "width"},
    "td": _CELL,
    "th": _CELL,
    "tr": _CELL,
}
# Outlook's paragraphs have their margins from a stylesheet, which does not come along.
_CLASSES = {"p": {"MsoNormal"}, "li": {"MsoNormal"}, "div": {"MsoNormal"}}
_STYLES = re.compile(
    r"(background(-color)?|border(-(top|right|bottom|left))?(-(color|style|width|radius))?|border-(collapse|spacing)|color|"
    r"direction|display|font(-(family|size|style|variant|weight))?|height|letter-spacing|line-height|list-style(-type)?|"
    r"(margin|padding)(-(top|right|bottom|left))?|(max|min)-(height|width)|text-(align|decoration|indent|transform)|"
    r"vertical-align|white-space|width|word-(break|spacing|wrap)|overflow-wrap)"
)
# Numbers, words and colours. Nothing that loads (`url()`, `image-set()`), computes or escapes can be said with these.
_VALUE = re.compile(r"(?:[\w\s#%.,!+-]|/(?!\*)|'[\w\s.,-]*'|\"[\w\s.,-]*\"|\b(?:rgb|hsl)a?\([\d\s.,%/]*\))+")
_PICTURE = re.compile(r"data:image/(?:png|jpe?g|gif|webp);base64,[A-Za-z0-9+/=\s]+", re.IGNORECASE)
_REMOTE = re.compile(r"https?://", re.IGNORECASE)
_LINK = re.compile(r"(?:https?://|mailto:|tel:)", re.IGNORECASE)
_TAG = re.compile(r"<[a-z/!?][^<>]*>?", re.IGNORECASE)

_LINES = {
    "blockquote", "br", "div", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "table", "td",
    "th", "tr", "ul",
}  # fmt: skip
_LINE_TAG = re.compile(r"<(?!/t[dhr])/?[a-z0-9]+>")
_SPACE = re.compile(r"(?:\s|&nbsp;|</t[dhr]>)+")

Picture = Callable[[str], str | None]


def clean(html: str, *, images: bool, pictures: Mapping[str, str]) -> str:
    """HTML that somebody sent, without anything that runs, sends, covers the page or loads.

    `pictures` gives the address of what the letter brings along, by its Content-ID. Pictures from elsewhere are kept
    only with `images`. Links open elsewhere and tell nobody where from.
    """

    def picture(source: str) -> str | None:
        if _REMOTE.match(source):
            return source if images else None
        return source if _PICTURE.fullmatch(source) else pictures.get(_content_id(source))

    return _cleaned(html, picture, set(pictures.values()))


def has_remote_images(html: str) -> bool:
    """Whether `images` makes a difference to `clean`."""
    found: list[str] = []

    def picture(source: str) -> None:
        if _REMOTE.match(source):
            found.append(source)

    _cleaned(html, picture, set())
    return bool(found)


def simple(html: str) -> str:
    """What our composer may send: a little form, links, and pictures that the letter brings along (`cid:`)."""

    def keep(tag: str, name: str, value: str) -> str | None:
        value = value.strip()
        return (
            value if (tag == "a" and _LINK.match(value)) or (tag == "img" and _kept_of_picture(name, value)) else None
        )

    return nh3.clean(
        bounded(html),
        tags={"a", "b", "blockquote", "br", "em", "h3", "i", "img", "li", "ol", "p", "s", "strong", "u", "ul"},
        clean_content_tags=_WITHOUT_WORDS,
        attributes={"a": {"href"}, "img": {"src", "alt", "width", "height"}},
        attribute_filter=keep,
        url_schemes={"http", "https", "mailto", "tel", "cid"},
        link_rel=None,
    )


def _kept_of_picture(name: str, value: str) -> bool:
    match name:
        case "src":
            return bool(_content_id(value))
        case "alt":
            return True
    return value.isascii() and value.isdigit()


def words_of(html: str) -> str:
    """The words in HTML, in the lines that people see."""
    plain = nh3.clean(bounded(html), tags=_LINES, clean_content_tags=_WITHOUT_WORDS, attributes={}, link_rel=None)
    plain = _SPACE.sub(" ", plain)
    for tag, sign in (("<li>", "\n- "), ("</li>", ""), ("<p>", "\n\n"), ("</p>", "\n\n"), ("<td>", " "), ("<th>", " ")):
        plain = plain.replace(tag, sign)
    lines = entities.unescape(_LINE_TAG.sub("\n", plain)).split("\n")
    return re.sub(r"\n{3,}", "\n\n", "\n".join(" ".join(line.split()) for line in lines)).strip()


def bounded(html: str) -> str:
    """HTML of which only so many tags are tags."""
    seen = 0

    def kept(tag: re.Match[str]) -> str:
        nonlocal seen
        seen += 1
        return tag[0] if seen <= MOST_TAGS else " "

    return _TAG.sub(kept, html)


def _cleaned(html: str, picture: Picture, ours: set[str]) -> str:
    def keep(tag: str, name: str, value: str) -> str | None:
        match tag, name:
            case _, "style":
                return _style(value) or None
            case "img", "src":
                return picture(value.strip())
            case "a", "href":
                return value if _LINK.match(value.strip()) else None
        return value

    return nh3.clean(
        bounded(html),
        tags=_TAGS,
        clean_content_tags=_WITHOUT_WORDS,
        attributes=_ATTRIBUTES,
        attribute_filter=keep,
        allowed_classes=_CLASSES,
        set_tag_attribute_values={"a": {"target": "_blank"}},
        link_rel="noopener noreferrer nofollow",
        url_schemes={"http", "https", "mailto", "tel", "cid", "data"},
        url_relative=lambda url: url if url in ours else None,
    )


def _content_id(source: str) -> str:
    scheme, _colon, name = source.partition(":")
    return unquote(name).strip("<>") if scheme.lower() == "cid" else ""


def _style(value: str) -> str:
    """The declarations that only say how something looks where it stands."""
    pairs = (declaration.partition(":")[::2] for declaration in value.split(";"))
    told = ((name.strip().lower(), said.strip()) for name, said in pairs)
    return ";".join(f"{name}:{said}" for name, said in told if _STYLES.fullmatch(name) and _VALUE.fullmatch(said))
