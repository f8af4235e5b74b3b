"""Template lint: nothing that the content security policy would refuse, short lines, and every template compiles."""

import os
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
INLINE = {
    "inline <style>": re.compile(r"<style\b", re.IGNORECASE),
    "inline <script>": re.compile(r"<script\b(?![^>]*\bsrc=)(?![^>]*\btype=[\"']application/json)", re.IGNORECASE),
    "style attribute": re.compile(r"<[^>]*\sstyle\s*=", re.IGNORECASE),
    "on… attribute": re.compile(r"<[^>]*\son[a-z]+\s*=", re.IGNORECASE),
    "hx-on": re.compile(r"\bhx-on[:\s=-]", re.IGNORECASE),
    "javascript: address": re.compile(r"=\s*[\"']?javascript:", re.IGNORECASE),
}
MAIL = {"inline <style>", "style attribute"}  # what letters may have: no policy of ours reaches a mail program
LONGEST = 159  # a line of a template is read like a line of code: one thing
TAGS = re.compile(r"{%.*?%}|{{.*?}}|{#.*?#}", re.DOTALL)


def main() -> int:
    """Print one line a fault; the exit status is 1 when there was any."""
    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings_test")
    import django

    django.setup()
    faults = [fault for path in sorted(ROOT.glob("pheu/*/templates/**/*.*")) for fault in faults_of(path)]
    print("\n".join(faults))
    return 1 if faults else 0


def faults_of(path: Path) -> list[str]:
    name = path.relative_to(ROOT)
    return [
        f"{name}: {fault}" for fault in [*inline_faults(path), *long_lines(path.read_text()), *compile_faults(path)]
    ]


def inline_faults(path: Path) -> list[str]:
    """Faults with their line; template tags are blanked out first, so that a `>` in one does not end an element."""
    if path.suffix not in {".html", ".svg"}:
        return []
    text = TAGS.sub(lambda tag: re.sub(r"[^\n]", " ", tag[0]), path.read_text())
    allowed = MAIL if "mail" in path.parts or "email" in path.parts else set()
    return [
        f"line {text.count(chr(10), 0, found.start()) + 1}: {fault}"
        for fault, pattern in INLINE.items()
        if fault not in allowed
        for found in pattern.finditer(text)
    ]


def long_lines(text: str) -> list[str]:
    return [
        f"line {at}: {len(line)} characters; split it, so that it says one thing"
        for at, line in enumerate(text.splitlines(), 1)
        if len(line) > LONGEST
    ]


def compile_faults(path: Path) -> list[str]:
    from django.template import TemplateSyntaxError, engines

    try:
        engines["django"].from_string(path.read_text())
    except TemplateSyntaxError as error:
        return [str(error)]
    return []


if __name__ == "__main__":
    sys.exit(main())
