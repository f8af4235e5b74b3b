"""Bring every app's catalogue up to its sources: `bin/python bin/messages.py`; prints what has no Vietnamese yet.

Django's own makemessages needs GNU gettext; this reads templates through Django's `templatize` and Python with Babel.
"""

import io
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages import Catalog
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
            yield str(path.relative_to(ROOT)), templatize(path.read_text("utf-8"))


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


def update(app: Path) -> list[str]:
    """Rewrite the app's catalogue: new messages empty, gone ones out; gives those without a translation."""
    path = app / "locale" / LANGUAGE / "LC_MESSAGES" / "django.po"
    new = wanted(app)
    if not len(new):
        return []
    kept = read_po(path.open("rb"), locale=LANGUAGE) if path.exists() else Catalog(locale=LANGUAGE)
    for message in new:
        old = kept.get(message.id, message.context) if message.id else None
        if old is not None and old.string:
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


def main() -> int:
    missing = [line for app in sorted(ROOT.glob("pheu/*/apps.py")) for line in update(app.parent)]
    print("\n".join(missing))
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
