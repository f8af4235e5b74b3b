"""Style lint: spaces, type, radii and colours come from tokens.css, so that all screens keep one rhythm.

A width, a height or the place of a thing may be what it must be; the rhythm may not. One pixel is a hairline.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TOKENS = "tokens.css"
SPACE = re.compile(r"(padding|margin)(-[a-z-]+)?|((row|column)-)?gap")
TYPE = re.compile(r"font|font-size|font-weight")
RADIUS = re.compile(r"border(-[a-z-]+)?-radius")
LENGTH = re.compile(r"(?<![\w.#-])-?(\d*\.?\d+)(px|rem|pt)\b")
WEIGHT = re.compile(r"(?<![\w.#/-])[1-9]\d\d\b(?!\w)")
COLOUR = re.compile(r"#[0-9a-f]{3,8}\b|\b(?:rgb|hsl|hwb|lab|lch|oklab|oklch)a?\(", re.IGNORECASE)
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
DECLARATION = re.compile(r"(?<![\w-])([a-z-]+)\s*:\s*([^;{}]+?)\s*(?=[;}])")
PICTURE = re.compile(r"url\([^)]*\)")  # an image knows no variables: its colours and lengths are its own


def main() -> int:
    """Print one line a fault; the exit status is 1 when there was any."""
    faults = [
        f"{path.relative_to(ROOT)}: {fault}"
        for path in sorted(ROOT.glob("pheu/*/static/css/*.css"))
        if path.name != TOKENS
        for fault in faults_of(path.read_text())
    ]
    print("\n".join(faults))
    return 1 if faults else 0


def faults_of(text: str) -> Iterator[str]:
    """What a stylesheet says by itself instead of by a token, with its line."""
    text = COMMENT.sub(_blank, PICTURE.sub(_blank, text))
    for found in DECLARATION.finditer(text):
        name, value = found.groups()
        if fault := _fault(name, value):
            yield f"line {text.count(chr(10), 0, found.start()) + 1}: {name}: {value} ({fault})"


def _fault(name: str, value: str) -> str:
    lengths = [number for number, _unit in LENGTH.findall(value) if float(number) not in {0, 1}]
    if SPACE.fullmatch(name) and lengths:
        return "a space: --s05 to --s14, --gutter"
    if TYPE.fullmatch(name) and _sizes_of_type(name, value):
        return "type: --text-2xs to --text-2xl, --regular to --bold"
    if RADIUS.fullmatch(name) and lengths:
        return "a radius: --radius-xs to --radius-xl, --round"
    if COLOUR.search(value):
        return "a colour: tokens.css"
    return ""


def _sizes_of_type(name: str, value: str) -> bool:
    size = value if name == "font-size" else re.sub(r"/\S+", "", value)  # a line height may be a length
    return bool(LENGTH.search(size) and name != "font-weight" and not re.fullmatch("0(px)?", size)) or bool(
        WEIGHT.search(size) and name != "font-size"
    )


def _blank(found: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", found[0])


if __name__ == "__main__":
    sys.exit(main())
