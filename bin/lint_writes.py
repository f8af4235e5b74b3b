"""Write lint: what a Record shares with its row is written in `pheu/records` and nowhere else (docs/five-ideas.md, 1).

Refused elsewhere: `.update()`, `bulk_update` and upserts of the shared columns, making Records or rows past
`create_rows`, writing activities, notes, tags and followers past the journal, and SQL that writes rows. Tests and
migrations are not looked at.
"""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HOME = "pheu/records/"
# The demo moves every instant of every table by the same shift and tells again what acts wrote, copies and all; the
# bench fills an empty database with a million rows.
# `core/bulk.py` is what they all write with; only events and the lines of files are written with it elsewhere.
EXCEPT = ("pheu/home/demo/clock.py", "pheu/home/demo/recording.py", "pheu/home/bench/", "pheu/core/bulk.py")
BY_BULK = ("pheu/timeline/services.py", "pheu/quality/queries.py")
SHARED = {
    "owner", "team", "department", "created_by", "created_at", "updated_at", "title_key", "version", "next_activity_at",
    "is_live", "merged_into",
}  # fmt: skip
BULK = {"insert", "copy", "update"}
MAKES = {"create", "bulk_create", "get_or_create", "update_or_create"}
# What hangs on Records is written by `make`, `change` and `remove` of `records/writing.py`, which keep the journal.
HANGING = {"Activity", "Guest", "Note", "Follower", "RecordTag"}
WRITING_SQL = re.compile(r'^\s*(update|insert\s+into|merge\s+into|delete\s+from|copy)\s+(only\s+)?"?([\w{]*)', re.I)


def main() -> int:
    """Print one line a fault; the exit status is 1 when there was any."""
    paths = sorted(path for path in ROOT.glob("pheu/**/*.py") if not {"tests", "migrations"} & set(path.parts))
    trees = {str(path.relative_to(ROOT)): ast.parse(path.read_text("utf-8")) for path in paths}
    rows = row_classes(trees)
    faults = [f"{name}:{fault}" for name, tree in trees.items() for fault in faults_of(name, tree, rows)]
    print("\n".join(faults))
    return 1 if faults else 0


def row_classes(trees: dict[str, ast.Module]) -> dict[str, str]:
    """Record and every class below Row, with the table of each: {"Lead": "leads_lead"}."""
    known = {"Record": "records_record", "Row": "records_row"}
    classes = [(name.split("/")[1], node) for name, tree in trees.items() for node in classes_of(tree)]
    before = 0
    while before < len(known):
        before = len(known)
        for app, node in classes:
            if any(getattr(base, "id", "") in known for base in node.bases):
                known[node.name] = f"{app}_{node.name.lower()}"
    return known


def classes_of(tree: ast.Module) -> list[ast.ClassDef]:
    return [node for node in tree.body if isinstance(node, ast.ClassDef)]


def faults_of(name: str, tree: ast.Module, rows: dict[str, str]) -> Iterator[str]:
    """Faults of one file, each with its line."""
    if name.startswith((HOME, *EXCEPT)):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            by_bulk = getattr(node.func.value, "id", "") == "bulk" and node.func.attr in BULK
            if by_bulk and name not in BY_BULK:
                yield f"{node.lineno}: bulk.{node.func.attr}() past the doors"
            if words := fault_of_call(node, node.func, rows):
                yield f"{node.lineno}: {words}"
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and writes_rows(node.value, rows):
            yield f"{node.lineno}: SQL that writes Records or their rows"


def fault_of_call(call: ast.Call, called: ast.Attribute, rows: dict[str, str]) -> str:
    named = {word.arg: word.value for word in call.keywords}
    match called.attr:
        case "update":
            columns = {name.removesuffix("_id") for name in named if name}
        case "bulk_update":
            columns = strings(call.args[1] if len(call.args) > 1 else named.get("fields"))
        case "bulk_create" if "update_fields" in named:
            columns = strings(named["update_fields"])
        case _:
            columns = set()
    if columns & SHARED:
        return f".{called.attr}() of {', '.join(sorted(columns & SHARED))}"
    named_here = {node.id for node in ast.walk(called) if isinstance(node, ast.Name)}
    if called.attr in MAKES and named_here & set(rows):
        return f".{called.attr}() of a Record or row past create_rows"
    if called.attr in MAKES | {"update", "bulk_update", "delete"} and named_here & HANGING:
        return f".{called.attr}() of what hangs on Records, past the doors"
    return ""


def strings(node: ast.expr | None) -> set[str]:
    """The names in a list of fields, as far as they can be read here."""
    constants = ast.walk(node) if node is not None else ()
    return {str(one.value).removesuffix("_id") for one in constants if isinstance(one, ast.Constant)}


def writes_rows(text: str, rows: dict[str, str]) -> bool:
    """Whether `text` is SQL that writes one of the tables, or any table that is filled in later."""
    found = WRITING_SQL.match(text)
    return found is not None and (found[3] in rows.values() or found[3][:1] in {"", "{"})


if __name__ == "__main__":
    sys.exit(main())
