"""Provinces and wards of Việt Nam as they are since 1 July 2025, and what became of those before (vietnam.md 7.1).

`units.txt` holds them with their official codes and a date; a newer file of the same form takes its place. The present
ones stand first, province and wards; behind an empty line the former ones, province, district and ward, each ward with
the codes of those that it is in now: several where it was divided. Behind a bar stands what else one was called.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from pheu.core.vietnamese.text import fold, sort_key

# What stands before a name and says what it is; longer ones first. «P.12», «F12» and «Q1» are written for 12 and 1.
_TYPES = {
    "thanh pho": "thanhpho", "thi xa": "thixa", "thi tran": "thitran", "dac khu": "dackhu", "phuong": "phuong",
    "quan": "quan", "huyen": "huyen", "tinh": "tinh", "xa": "xa", "tp": "thanhpho", "tx": "thixa", "tt": "thitran",
    "p": "phuong", "f": "phuong", "q": "quan", "h": "huyen", "x": "xa", "t": "tinh", "ward": "phuong",
    "commune": "xa", "district": "quan", "dist": "quan", "city": "thanhpho", "province": "tinh",
}  # fmt: skip
_TYPE = re.compile(rf"({'|'.join(_TYPES)})(?: |(?=[0-9]))(.+)")
_OF_WARDS = {"phuong", "xa", "thitran"}
_LIST = Path(__file__).parent / "units.txt"
_TYPE_BEHIND = re.compile(r"(.+) (ward|commune|district|city|province|town)")
_ZEROS = re.compile(r"\b0+(?=\d)")
_WORD = re.compile(r"[a-z0-9]+")


@dataclass(frozen=True)
class Name:
    """What a place is called: its type («phuong», empty where none is said) and the rest without marks and spaces."""

    type: str
    rest: str

    @property
    def whole(self) -> str:
        return self.type + self.rest


def read_name(text: str) -> Name:
    """«P. 02», «Phường 2» and «phuong 2» are one name; so are «Quận 1» and «District 1»."""
    words = _ZEROS.sub("", " ".join(_WORD.findall(fold(text))))
    if found := _TYPE.fullmatch(words):
        return Name(_TYPES[found[1]], found[2].replace(" ", ""))
    if found := _TYPE_BEHIND.fullmatch(words):
        return Name(_TYPES.get(found[2], ""), found[1].replace(" ", ""))
    return Name("", words.replace(" ", ""))


@dataclass
class Ward:
    code: str
    name: str
    names: set[str]  # keys, with and without the type
    province: str
    # What it was made of: names of former wards and districts, those of whole provinces with them.
    former: list[str] = field(default_factory=list)

    @property
    def was_in(self) -> list[str]:
        """The former districts and provinces of which it has a part."""
        return [one for one in self.former if read_name(one).type not in _OF_WARDS]


@dataclass
class Province:
    code: str
    name: str
    wards: list[Ward] = field(default_factory=list)
    former: list[str] = field(default_factory=list)

    @property
    def short(self) -> str:
        """«Hà Nội»."""
        return re.sub(r"^(?:Thành phố|Tỉnh) ", "", self.name)

    @property
    def called(self) -> str:
        """As addresses have it: «TP. Hà Nội», «An Giang»."""
        return f"TP. {self.short}" if self.name.startswith("Thành phố ") else self.short


@dataclass
class FormerWard:
    names: set[str]
    codes: tuple[str, ...]  # of the wards that it is in now


@dataclass
class District:
    name: str
    names: set[str]
    province: "FormerProvince"
    wards: list[FormerWard] = field(default_factory=list)


@dataclass
class FormerProvince:
    name: str
    names: set[str]
    districts: list[District] = field(default_factory=list)
    code: str = ""  # of the province that it is in now


@dataclass
class Atlas:
    """Every unit; `dated`: the day of which the list is."""

    dated: str
    provinces: dict[str, Province]
    wards: dict[str, Ward]
    former: list[FormerProvince]


@cache
def atlas() -> Atlas:
    """Read once for a process, in a fifth of a second; servers do so as they start (`config/wsgi.py`)."""
    text = _LIST.read_text(encoding="utf-8")
    present, _, former = text.partition("\n\n")
    dated, *lines = present.splitlines()
    found, last = Atlas(dated.strip("# "), {}, {}, []), Province("", "")
    for line in lines:
        code, _, name = line.strip().partition(" ")
        if not line.startswith("\t"):
            last = found.provinces[code] = Province(code, name)
        else:
            name, names = _called(name)
            found.wards[code] = ward = Ward(code, name, names, last.code)
            last.wards.append(ward)
    found.former = list(_read_former(former.splitlines(), found))
    return found


def provinces() -> list[tuple[str, str]]:
    """(code, what it is called) of those of today, in the order of the alphabet, without reading all of the list."""
    present, _, _former = _LIST.read_text(encoding="utf-8").partition("\n\n")
    heads = (line.partition(" ") for line in present.splitlines()[1:] if not line.startswith("\t"))
    found = sorted((Province(code, name) for code, _, name in heads), key=lambda one: sort_key(one.short))
    return [(one.code, one.called) for one in found]


def _read_former(lines: list[str], found: Atlas) -> Iterator[FormerProvince]:
    province = FormerProvince("", set())
    district = District("", set(), province)
    for line in lines:
        words, _, codes = line.strip().partition("> ")
        name, names = _called(words)
        if line.startswith("\t\t"):
            ward = FormerWard(names, tuple(codes.split()))
            district.wards.append(ward)
            _remember(found, ward, name, district)
        elif line.startswith("\t"):
            district = District(name, names, province)
            province.districts.append(district)
        else:
            province = FormerProvince(name, names)
            yield province


def _called(words: str) -> tuple[str, set[str]]:
    """(name, keys of it and of what else it is called)."""
    name, _, others = (part.strip() for part in words.partition("|"))
    read = read_name(name)
    return name, {read.whole, read.rest, *others.split()} - {""}


def _remember(found: Atlas, ward: FormerWard, name: str, district: District) -> None:
    """Tell the units of today what they were made of."""
    for code in ward.codes:
        now = found.wards[code]
        province = found.provinces[now.province]
        district.province.code = province.code
        now.former += [one for one in (name, district.name) if one and one not in now.former and one != now.name]
        if district.province.name not in province.former and district.province.name != province.name:
            province.former.append(district.province.name)
        if district.province.name != province.name and district.province.name not in now.former:
            now.former.append(district.province.name)
