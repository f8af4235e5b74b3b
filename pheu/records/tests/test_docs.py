"""docs/five-ideas.md shows code as it stands."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
BLOCKS = re.findall(r"```python\n# (\S+)\n(.*?)```", (ROOT / "docs/five-ideas.md").read_text("utf-8"), re.S)


@pytest.mark.parametrize(("path", "code"), BLOCKS, ids=[path for path, _code in BLOCKS])
def test_the_page_shows_real_code(path, code):
    assert code.rstrip() in (ROOT / path).read_text("utf-8")


def test_the_page_shows_all_five():
    assert len(BLOCKS) >= 5
