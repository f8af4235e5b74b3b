"""Where somebody is: the address as it was typed, and province and ward of today, which follow from its words.

vietnam.md 7.1: since 1 July 2025 there are provinces and wards, and addresses of three levels go on being written.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from pheu.core.vietnamese.address import (
    Found,
    province_named,
    recognise,
    recognise_parts,
    says,
    wards_named,
    words_of_before,
)
from pheu.core.vietnamese.units import Ward, atlas, provinces
from pheu.people.models import User
from pheu.records.fields.base import NO_VALUE, Field, Reading, wrong
from pheu.records.fields.choices import Choice
from pheu.records.fields.text import Text
from pheu.records.operators import OF_LIST, Operator

PLACES = ("province", "ward", "address")


@dataclass(frozen=True, kw_only=True, eq=False)
class PlaceText(Text):
    """An address in the words of whoever typed it. Where they are of before July 2025, they find the row."""

    names: str = "address"
    searched: bool = True
    reads_with: tuple[str, ...] = ("ward", "district", "province")
    cell: ClassVar[str] = "place"

    def words(self, value: Any) -> Iterable[str]:
        return (words_of_before(value or ""),)

    def read_cells(self, cells: Sequence[tuple[str, str]], *, several: bool = False, **codes: Any) -> Reading:
        reading, found = super().read_cells(cells, several=several, **codes), recognise(cells[0][1])
        reading.area_codes = found.area_codes if found is not None else ()
        return reading

    def beside_in_files(self) -> Iterable[Field]:
        """Districts are no more: what a file says of one belongs to the words."""
        synonyms = ("quận huyện", "huyện quận", "quận", "huyện", "quận huyện thị xã", "district")
        return (Text(name=self.reads_with[1], label=_("District (before July 2025)"), synonyms=synonyms),)

    def read_together(self, cells: Mapping[str, Sequence[tuple[str, str]]]) -> Reading:
        """Province and ward of all that a line says of its place. Words that today's names do not stand for are kept in
        the address, unless that says them already. Where address and province contradict, no area code follows."""
        own = cells.get(self.name) or [(str(self.label), "")]
        parts = [next((text for _title, text in cells.get(name, ())), "") for name in self.reads_with]
        (title, text), *more = own
        found = recognise_parts(text, *parts)
        is_told = found is not None and not found.is_former and bool(found.ward or not parts[0])
        unsaid = [part for part in parts if part and not is_told and not says(text, part)]
        reading = self.read_cells([(title, ", ".join(one for one in (text, *unsaid) if one)), *more])
        if found is not None:
            ward, _district, province = self.reads_with
            reading.values |= {province: found.province, ward: found.ward}
            by_address = recognise(text) or found
            reading.area_codes = tuple(code for code in found.area_codes if code in by_address.area_codes)
        reading.values = {name: value for name, value in reading.values.items() if value}
        return reading

    def area_codes(self, values: Mapping[str, Any]) -> Sequence[str]:
        ward, _district, province = self.reads_with
        told = {
            self.name: values.get(self.name) or "",
            ward: _ward(values[ward]).name if values.get(ward) else "",
            province: atlas().provinces[values[province]].name if values.get(province) in atlas().provinces else "",
        }
        return self.read_together({name: [("", text)] for name, text in told.items() if text}).area_codes

    def is_former(self, value: Any) -> bool:
        found = recognise(value or "")
        return found is not None and found.is_former

    def wards_of(self, row: Any) -> list[Ward]:
        """Those of today in which it can lie, where they are several."""
        found = recognise(self.value(row) or "")
        return [atlas().wards[code] for code in found.wards] if found is not None and not found.ward else []


@dataclass(frozen=True, kw_only=True, eq=False)
class ProvincePick(Choice):
    """One of today's provinces by its official code; that of the ward, or the one that a new address tells."""

    options: Any = tuple(provinces())
    filterable: bool = True
    searched: bool = True
    follows: tuple[str, ...] = PLACES
    is_asked_beyond: ClassVar[bool] = True

    def form_field(self, user: User) -> forms.Field:
        form_field = super().form_field(user)
        form_field.widget.attrs["data-pick"] = ""
        return form_field

    def words(self, value: Any) -> Iterable[str]:
        return (atlas().provinces[value].short,) if value in atlas().provinces else ()

    def read(self, text: str) -> Any:
        """By any of its names, also by that of a province which has gone into it."""
        return province_named(text) or super().read(text)

    def followed(self, was: Mapping[str, Any], now: Mapping[str, Any]) -> Any:
        _province, ward, address = self.follows
        held = now[self.name]
        if now[ward] not in ("", was[ward]):
            return atlas().wards[now[ward]].province
        before, after = recognise(was[address]), recognise(now[address])
        if after is not None:
            return held if before is not None and before.province == after.province else after.province
        return "" if before is not None and before.province == held else held


@dataclass(frozen=True, kw_only=True, eq=False)
class WardPick(Field):
    """One of today's wards by its official code, below its province. Nobody scrolls through 3,321: one types."""

    parent: str = "province"
    filterable: bool = True
    searched: bool = True
    follows: tuple[str, ...] = PLACES
    cell: ClassVar[str] = "choice"
    operators: ClassVar[dict[str, Operator]] = OF_LIST

    def form_field(self, user: User) -> forms.Field:
        return WardField(
            widget=WardInput({"data-pick-url": self.asked_at(), "data-pick-with": self.parent}), **self._asked()
        )

    def asked_at(self) -> str:
        return reverse("wards")

    def names_of(self, told: Sequence[Any], user: User) -> dict[str, str]:
        return {code: atlas().wards[code].name for code in told if code in atlas().wards}

    def operand(self, told: Any, user: User) -> Any:
        if not isinstance(told, str) or told not in atlas().wards:
            raise ValueError(self.name)
        return told

    def check(self, value: Any) -> Any:
        if value in NO_VALUE:
            return ""
        if not isinstance(value, str) or value not in atlas().wards:
            raise wrong(_("This is not in the list."))
        return value

    def fits(self, value: Any, parents: set[str]) -> bool:
        """Without a province it brings its own."""
        return not parents or atlas().wards[value].province in parents

    def show(self, value: Any) -> str:
        return _ward(value).name if value else ""

    def words(self, value: Any) -> Iterable[str]:
        """What it is called, and the districts and provinces in which its parts were."""
        return (_ward(value).name, *_ward(value).was_in) if value else ()

    def read(self, text: str) -> Any:
        """By its code, or by a name that one alone bears."""
        found = (text,) if text in atlas().wards else wards_named(text)
        if len(found) != 1:
            words = _("several are called “%(text)s”") if found else _("“%(text)s” is not in the list")
            raise ValueError(words % {"text": text[:60]})
        return found[0]

    def filling(self, value: Any) -> Any:
        return {"id": value, "text": self.show(value), "under": _ward(value).province} if value else ""

    def followed(self, was: Mapping[str, Any], now: Mapping[str, Any]) -> Any:
        province, _ward_name, address = self.follows
        before, after = recognise(was[address]), recognise(now[address])
        held = now[self.name] if _same(before, after) else _after_words(now[self.name], before, after)
        return held if held and self.fits(held, {now[province]}) else ""


def _ward(code: str) -> Ward:
    return atlas().wards.get(code) or Ward(code, code, set(), "")


def _same(before: Found | None, after: Found | None) -> bool:
    """Whether two addresses tell the same place."""
    return (before and (before.province, before.wards)) == (after and (after.province, after.wards))


def _after_words(held: str, before: Found | None, after: Found | None) -> str:
    """The ward of a row whose address tells another place now. What had followed from the words before goes with
    them; what somebody has picked stays as long as the new words do not say otherwise."""
    picked = "" if before is not None and before.ward == held else held
    if after is None or not after.wards:
        return picked
    return picked if picked in after.wards else after.ward


class WardInput(forms.Select):
    """A select that holds only the chosen ward; the page's combobox asks for others, below the province of its form."""

    def optgroups(self, name: str, value: Sequence[str], attrs: Any = None) -> Any:
        codes = [code for code in value if code in atlas().wards]
        options = [self.create_option(name, "", "", not codes, 0)]
        for nth, code in enumerate(codes, 1):
            options.append(self.create_option(name, code, atlas().wards[code].name, True, nth))
            options[-1]["attrs"]["data-under"] = atlas().wards[code].province
        return [(None, options, 0)]


class WardField(forms.Field):
    widget = WardInput

    def to_python(self, value: Any) -> Any:
        return value or ""
