"""Where an address lies today: its province and ward, read from the words that somebody typed (vietnam.md 7.1).

Addresses of two levels are read as well as those of three from before 1 July 2025. What was one ward and is several now
gives all of them: somebody has to choose, nothing is guessed, and the words stay as they were typed.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache

from pheu.core.vietnamese.phone import AREA_CODES
from pheu.core.vietnamese.text import clean_lines, fold
from pheu.core.vietnamese.units import District, FormerProvince, Name, Ward, atlas, read_name

_LAST = 300  # characters of an address that are looked at: places stand at its end
# A comma is often forgotten before a type: «Quận 1 TP.HCM». «Xã» only with its mark: «xa lộ», «xa tiền tuyến».
_BREAKS = re.compile(
    r"[,;\n\t|]|(?<=\w{3})\.\s|"
    r"\s(?=(?:phường|quận|huyện|thị xã|thị trấn|thành phố|tỉnh|đặc khu|tp|(?<!thị )xã|[pqhx]\.|[pqf]\.?\s?\d))",
    re.IGNORECASE,
)
_DASH = re.compile(r"\s[-–—]\s")
_COUNTRY = re.compile(r"(?:nuoc )?(?:chxhcn )?(?:viet nam|vietnam|vn)")
_POSTCODE = re.compile(r"\d{5,6}")
# What provinces are called besides, without marks and spaces.
_CALLED = {
    "hcm": "hochiminh", "hcmc": "hochiminh", "tphcm": "hochiminh", "tphochiminh": "hochiminh", "saigon": "hochiminh",
    "sg": "hochiminh", "hcmcity": "hochiminh", "hn": "hanoi", "tphanoi": "hanoi", "thuathienhue": "hue",
    "tthue": "hue", "brvt": "bariavungtau", "bariavt": "bariavungtau", "vungtau": "bariavungtau",
    "daclac": "daklak", "dacnong": "daknong", "hp": "haiphong",
}  # fmt: skip
_PROVINCES = {"", "tinh", "thanhpho"}
_DISTRICTS = {"", "quan", "huyen", "thixa", "thanhpho"}
_WARDS = {"", "phuong", "xa", "thitran", "dackhu"}


@dataclass(frozen=True)
class Found:
    """The code of a province of today, and those of the wards that it can be: one is sure, several are to choose from.

    `is_former`: some name is one of before July 2025. `area_codes`: those that its landlines can
    have; they go by the provinces of then, of which one of today has several.
    """

    province: str
    wards: tuple[str, ...] = ()
    is_former: bool = False
    area_codes: tuple[str, ...] = ()

    @property
    def ward(self) -> str:
        return self.wards[0] if len(self.wards) == 1 else ""


@lru_cache(maxsize=4000)  # asked several times of each line of an import
def recognise(text: str) -> Found | None:
    """What an address says of its place; None where not even the province can be told."""
    names = _names(text)
    if not names:
        return None
    province, olds = _province(names[-1])
    if province:
        found = _within(province, olds, names[:-1], names[-1])
        return replace(found, area_codes=_area_codes(_where(olds, names[:-1])))
    return _without_province(names)


def recognise_parts(address: str, ward: str, district: str, province: str) -> Found | None:
    """The same where ward, district and province may also stand by themselves, as in columns of a file."""
    if not province and (ward or district) and (found := recognise(address)):
        province = atlas().provinces[found.province].name
    told = (ward, district, province) if ward and province else (address, ward, district, province)
    return recognise(", ".join(part for part in told if part))


def says(address: str, place: str) -> bool:
    """Whether an address names a place, in whatever way of writing it: «Q1» and «Quận 1», «HCM» and «Hồ Chí Minh»."""
    name = read_name(place)
    named = [one for one in map(read_name, _parts(address)) if _key(one) == _key(name)]
    return any(one.type == name.type or "" in (one.type, name.type) for one in named)


def province_named(text: str) -> str:
    """The code of the province of today that bears a name, or into which one of that name went; empty for none."""
    return _province(read_name(text))[0]


def wards_named(text: str, province: str = "") -> tuple[str, ...]:
    """The codes of the wards of today that bear a name."""
    return _present_wards(province, read_name(text))


def words_of_before(text: str) -> str:
    """The end of an address in which places are called as they were before July 2025; empty where none is."""
    found = recognise(text)
    return ", ".join(_parts(text)[-3:]) if found is not None and found.is_former else ""


def _names(text: str) -> list[Name]:
    return [read_name(part) for part in _parts(text)[-4:]]


def _parts(text: str) -> list[str]:
    parts = [one for part in _BREAKS.split(clean_lines(text[-2 * _LAST :])[-_LAST:]) for one in _between_dashes(part)]
    while parts and (_COUNTRY.fullmatch(_plain(parts[-1])) or _POSTCODE.fullmatch(_plain(parts[-1]))):
        parts.pop()
    return parts


def _between_dashes(part: str) -> list[str]:
    """«P.1 - TP Vũng Tàu - Bà Rịa - Vũng Tàu»: three parts, for the last dash belongs to a name."""
    found: list[str] = []
    for one in _DASH.split(part):
        if found and read_name(together := f"{found[-1]} - {one}").rest in _dashed():
            found[-1] = together
        elif one.strip(" ."):
            found.append(one)
    return found


@cache
def _dashed() -> set[str]:
    """Keys of names that have a dash themselves."""
    former = atlas().former
    names = [province.name for province in former] + [one.name for province in former for one in province.districts]
    return {read_name(name).rest for name in (*names, *(ward.name for ward in atlas().wards.values())) if " - " in name}


def _plain(text: str) -> str:
    return fold(text).strip(" .")


# Provinces ------------------------------------------------------------------------------------------------------------


@cache
def _present() -> dict[str, str]:
    """{key: code} of the provinces of today."""
    return {read_name(one.name).rest: one.code for one in atlas().provinces.values()}


@cache
def _former() -> dict[str, list[FormerProvince]]:
    found: dict[str, list[FormerProvince]] = {}
    for one in atlas().former:
        for name in one.names:
            found.setdefault(name, []).append(one)
    return found


def _province(name: Name) -> tuple[str, list[FormerProvince]]:
    """(its code today, the former ones that it can be: of a present name, all that went into it)."""
    if name.type not in _PROVINCES:
        return "", []
    key = _key(name)
    named = _former().get(key, [])
    if code := _present().get(key, ""):
        if name.type == "thanhpho" and not _is_city(code) and _districts_named(name):
            return "", []  # «Thành phố Vĩnh Long» was a district
        return code, [one for one in atlas().former if one.code == code]
    if named and name.type == "thanhpho" and _districts_named(name):
        return "", []
    return (named[0].code, named) if named else ("", [])


def _key(name: Name) -> str:
    return _CALLED.get(name.whole) or _CALLED.get(name.rest, name.rest)


def _is_city(code: str) -> bool:
    return atlas().provinces[code].name.startswith("Thành phố")


# Districts and wards --------------------------------------------------------------------------------------------------


@cache
def _districts() -> dict[str, list[District]]:
    found: dict[str, list[District]] = {}
    for province in atlas().former:
        for district in province.districts:
            for name in district.names:
                found.setdefault(name, []).append(district)
    return found


def _districts_named(name: Name, within: Sequence[FormerProvince] | None = None) -> list[District]:
    if name.type not in _DISTRICTS:
        return []
    named = _districts().get(name.whole, [])
    return named if within is None else [one for one in named if one.province in within]


def _within(code: str, olds: list[FormerProvince], names: list[Name], said: Name) -> Found:
    """The ward in a known province: below a former district, else one of today, else a former one by its name alone."""
    is_former = said.rest not in _present() and _CALLED.get(said.rest, said.rest) not in _present()
    if names and _province(names[-1])[0] == code and not _districts_named(names[-1], olds):
        names = names[:-1]  # «TP Huế, Thừa Thiên Huế»
    if not names:
        return Found(code, (), is_former)
    last = names[-1]
    if districts := _districts_named(last, olds):
        if len(names) > 1 and (wards := _below(districts, names[-2])):
            return Found(code, wards, True)
        if last.type or _wards_alone(code, olds, last, is_former):
            return Found(code, (), True)
    wards = _wards_alone(code, olds, last, is_former)
    return Found(code, wards, is_former or not set(wards) <= set(_present_wards(code, last)))


def _below(districts: Iterable[District], name: Name) -> tuple[str, ...]:
    """Wards of today in which a ward of these districts is; a new one that lies in what was the district counts too."""
    if name.type not in _WARDS:
        return ()
    codes: set[str] = set()
    for district in districts:
        named = [ward for ward in district.wards if name.whole in ward.names]
        all_of_it = {code for ward in district.wards for code in ward.codes}
        codes |= {code for ward in named for code in ward.codes}
        codes |= set() if named else all_of_it & set(_present_wards("", name))
    return tuple(sorted(codes))


def _wards_alone(code: str, olds: list[FormerProvince], name: Name, is_former: bool) -> tuple[str, ...]:
    """With its type behind a province of today it is a ward of today; else whatever bears the name."""
    if name.type not in _WARDS:
        return ()
    present = () if is_former else _present_wards(code, name)
    if present and name.type:
        return present
    there = _former_wards().get(name.whole, {})
    return tuple(sorted(set(present).union(*(there.get(one.name, ()) for one in olds))))


@cache
def _former_wards() -> dict[str, dict[str, set[str]]]:
    """{key of a ward of before: {name of its province: codes of the wards that it is in now}}."""
    found: dict[str, dict[str, set[str]]] = {}
    for province in atlas().former:
        for ward in (ward for district in province.districts for ward in district.wards):
            for key in ward.names:
                found.setdefault(key, {}).setdefault(province.name, set()).update(ward.codes)
    return found


@cache
def _wards() -> dict[str, list[Ward]]:
    found: dict[str, list[Ward]] = {}
    for ward in atlas().wards.values():
        for key in ward.names:
            found.setdefault(key, []).append(ward)
    return found


def _present_wards(code: str, name: Name) -> tuple[str, ...]:
    return tuple(one.code for one in _wards().get(name.whole, ()) if code in ("", one.province))


def _without_province(names: list[Name]) -> Found | None:
    """«P. Đa Kao, Q.1»: a district that says what it is, and bears its name alone."""
    last = names[-1]
    districts = _districts_named(last) if last.type else []
    codes = {one.province.code for one in districts}
    if len(codes) != 1:
        return None
    wards = _below(districts, names[-2]) if len(names) > 1 else ()
    return Found(codes.pop(), wards, True, _area_codes(one.province for one in districts))


# Area codes -----------------------------------------------------------------------------------------------------------


def _where(olds: list[FormerProvince], names: list[Name]) -> list[FormerProvince]:
    """Those of `olds` that have a district or ward of the last name; all of them where that says nothing.

    A word alone before the province may be a street: it counts where more stands before it, and as a district only.
    """
    if not names or not (names[-1].type or len(names) > 1):
        return olds
    last = names[-1]
    found = {one.province.name for one in _districts_named(last, olds)}
    if found or last.type in _WARDS - {""}:
        found |= _provinces_of_wards().get(last.whole, set())
    return [one for one in olds if one.name in found] or olds


@cache
def _provinces_of_wards() -> dict[str, set[str]]:
    """{key of a ward of today or of before: names of the provinces of before in which one, or a part of it, was}."""
    found: dict[str, set[str]] = {}
    for province in atlas().former:
        for ward in (ward for district in province.districts for ward in district.wards):
            present = (key for code in ward.codes for key in atlas().wards[code].names)
            for key in (*ward.names, *present):
                found.setdefault(key, set()).add(province.name)
    return found


def _area_codes(olds: Iterable[FormerProvince]) -> tuple[str, ...]:
    return tuple(sorted({_code_by_name()[_key(read_name(one.name))] for one in olds}))


@cache
def _code_by_name() -> dict[str, str]:
    return {_key(read_name(name)): code for code, name in AREA_CODES.items()}
