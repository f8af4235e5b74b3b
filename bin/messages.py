"""Bring every app's catalogue up to its sources: `.venv/bin/python bin/messages.py`; prints what lacks Vietnamese.

With `--check` nothing is written, and everything is printed in which catalogues and sources differ.
Django's own makemessages needs GNU gettext; this reads templates through Django's `templatize` and Python with Babel.
"""

import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[1]
LANGUAGE = "vi"
HEADER = r"""msgid ""
msgstr ""
"Language: vi\n"
"Content-Type: text/plain; charset=utf-8\n"
"Plural-Forms: nplurals=1; plural=0;\n"

"""
KEYWORDS = DEFAULT_KEYWORDS | {
    "gettext_lazy": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext_lazy": ((1, "c"), 2, 3),
    "gettext_noop": None,
}


def sources(app: Path) -> Iterator[tuple[str, str]]:
    """(path, Python that Babel can read) of every file of an app that may hold words."""
    from django.utils.translation.template import templatize

    for path in sorted(app.rglob("*.py")):
        if not {"tests", "migrations"} & set(path.relative_to(app).parts):
            yield str(path.relative_to(ROOT)), path.read_text("utf-8")
    for path in sorted((app / "templates").rglob("*.*")):
        if path.suffix in {".html", ".txt"}:
            # How far a tag is indented means nothing, and would not be Python.
            yield str(path.relative_to(ROOT)), re.sub(r"(?m)^\s+", "", templatize(path.read_text("utf-8")))


def wanted(app: Path) -> Catalog:
    """A catalogue of every message that the app's sources say."""
    found = Catalog(locale=LANGUAGE, domain="django")
    for path, text in sources(app):
        for _line, message, _comments, context in extract("python", io.BytesIO(text.encode()), KEYWORDS):
            found.add(message, context=context, locations=[(path, 0)], flags=_flags(message))
    return found


def _flags(message: str | tuple[str, ...]) -> set[str]:
    words = message if isinstance(message, str) else message[0]
    return {"python-format"} if "%(" in words else set()


def catalogue(app: Path) -> Path:
    return app / "locale" / LANGUAGE / "LC_MESSAGES" / "django.po"


def kept(app: Path) -> Catalog:
    """The app's catalogue as it stands."""
    path = catalogue(app)
    return read_po(io.BytesIO(path.read_bytes()), locale=LANGUAGE) if path.exists() else Catalog(locale=LANGUAGE)


def update(app: Path) -> list[str]:
    """Rewrite the app's catalogue: new messages empty, gone ones out; gives those without a translation."""
    path, new, old_ones = catalogue(app), wanted(app), kept(app)
    if not len(new):
        return []
    for message in new:
        old = old_ones.get(message.id, message.context) if message.id else None
        if old is not None and old.string and not old.fuzzy:
            message.string = old.string
    path.parent.mkdir(parents=True, exist_ok=True)
    text = io.BytesIO()
    write_po(text, new, no_location=True, omit_header=True, sort_output=True, width=120)
    path.write_text(HEADER + text.getvalue().decode(), "utf-8")
    return [
        f"{path.relative_to(ROOT)}: {message.id!r}"
        for message in new
        if message.id and not _is_translated(message.string)
    ]


def _is_translated(string: str | tuple[str, ...] | list[str] | None) -> bool:
    return all(string) if isinstance(string, tuple | list) else bool(string)


def faults(app: Path) -> list[str]:
    """What is wrong with the app's catalogue: a message missing, empty, fuzzy or gone, or other %(places)s in it."""
    name, new, old_ones = catalogue(app).relative_to(ROOT), wanted(app), kept(app)
    found = [f"{name}: {words}: {message.id!r}" for message in new if message.id for words in _wrong(message, old_ones)]
    gone = [old.id for old in old_ones if old.id and new.get(old.id, old.context) is None]
    return found + [f"{name}: nobody says this any more: {one!r}" for one in gone]


def _wrong(message: Message, old_ones: Catalog) -> Iterator[str]:
    old = old_ones.get(message.id, message.context)
    if old is None or not _is_translated(old.string):
        yield "no Vietnamese"
    elif old.fuzzy:
        yield "fuzzy"
    elif any(places(text) != places(_fullest(message.id)) for text in _forms(old.string)):
        yield "other places"


def places(text: str) -> set[str]:
    """The %(name)s places of a message."""
    return set(re.findall(r"%\(\w+\)[a-z]", text))


def _forms(words: str | tuple[str, ...] | list[str]) -> list[str]:
    return [words] if isinstance(words, str) else list(words)


def _fullest(words: str | tuple[str, ...]) -> str:
    """Of singular and plural the plural: «one record» may leave its number out, and Vietnamese has one form."""
    return _forms(words)[-1]


def apps() -> list[Path]:
    return [path.parent for path in sorted(ROOT.glob("pheu/*/apps.py"))]


def main(words: list[str]) -> int:
    """Write, or with `--check` only look; the exit status is 1 when something is wrong."""
    look = faults if words == ["--check"] else update
    wrong = [line for app in apps() for line in look(app)]
    print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
