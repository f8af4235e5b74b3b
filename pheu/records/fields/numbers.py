"""Numbers, amounts of money, per cents."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.db import models
from django.db.models.fields.json import KT
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _

from pheu.core.vietnamese import fields as vn
from pheu.core.vietnamese.money import show_money, show_number
from pheu.people.models import User
from pheu.records.fields.base import NO_VALUE, Field, wrong
from pheu.records.operators import NUMBERS, Operator


@dataclass(frozen=True, kw_only=True, eq=False)
class Number(Field):
    """A number between `least` and `most`, with so many `places` behind the comma; `unit` is shown after it."""

    least: Decimal = Decimal(0)
    most: Decimal = Decimal(10) ** 15
    places: int = 0
    unit: str = ""
    cell: ClassVar[str] = "number"
    is_number: ClassVar[bool] = True
    falls_first: ClassVar[bool] = True
    # Beyond this nobody compares: no column holds it.
    furthest: ClassVar[Decimal] = Decimal(10) ** 18
    empty: ClassVar[Any] = None
    operators: ClassVar[dict[str, Operator]] = NUMBERS
    usual_operator: ClassVar[str] = "is"
    stored_as: ClassVar[type[models.Field]] = models.DecimalField

    def expression(self) -> Any:
        if not self.own:
            return super().expression()
        return Cast(KT(f"own__{self.name}"), models.DecimalField(max_digits=24, decimal_places=self.places))

    def form_field(self, user: User) -> forms.Field:
        return forms.DecimalField(
            min_value=self.least, max_value=self.most, decimal_places=self.places, **self._asked()
        )

    def check(self, value: Any) -> Any:
        if value in NO_VALUE:
            return None
        if isinstance(value, bool) or not isinstance(value, int | Decimal) or not Decimal(value).is_finite():
            raise wrong(_("This is no number."))
        value = Decimal(value)
        if not self.least <= value <= self.most:
            raise wrong(_("Between %(least)s and %(most)s."), least=self.show(self.least), most=self.show(self.most))
        if value != round(value, self.places):
            raise wrong(_("This has more decimal places than are kept."))
        return value if self.places else Decimal(int(value))

    def show(self, value: Any) -> str:
        return "" if value is None else f"{show_number(value)} {self.unit}".rstrip()

    def to_cell(self, row: Any) -> Any:
        return self.value(row)

    def read(self, text: str) -> Any:
        """A number as files write it: 1.234,5 or 1234.5."""
        written = "".join(text.split())
        if "," in written or re.fullmatch(r"-?\d{1,3}(\.\d{3})+", written):
            written = written.replace(".", "").replace(",", ".")
        return super().read(written)

    def to_json(self, value: Any) -> Any:
        """Whole numbers as numbers, others as text: JSON would round them."""
        if value is None:
            return None
        return int(value) if value == int(value) else str(Decimal(value).normalize())

    def from_json(self, told: Any) -> Any:
        return None if told is None else Decimal(told)

    def words(self, value: Any) -> Iterable[str]:
        return ()

    def operand(self, told: Any, user: User) -> Any:
        """A number, or its digits as text; an address writes it without dots."""
        if isinstance(told, bool) or not isinstance(told, int | str) or len(str(told)) > 24:
            raise ValueError(self.name)
        try:
            value = Decimal(told)
        except ArithmeticError as error:
            raise ValueError(self.name) from error
        if not value.is_finite() or abs(value) > self.furthest or value != round(value, self.places):
            raise ValueError(self.name)
        return value


@dataclass(frozen=True, kw_only=True, eq=False)
class Money(Number):
    """Đồng without decimals."""

    cell: ClassVar[str] = "money"

    def form_field(self, user: User) -> forms.Field:
        return vn.MoneyField(**self._asked())

    def show(self, value: Any) -> str:
        return "" if value is None else show_money(value)

    def read(self, text: str) -> Any:
        return Field.read(self, text)


@dataclass(frozen=True, kw_only=True, eq=False)
class Percent(Number):
    most: Decimal = Decimal(100)
    cell: ClassVar[str] = "percent"

    def form_field(self, user: User) -> forms.Field:
        return forms.IntegerField(min_value=0, max_value=100, **self._asked())

    def check(self, value: Any) -> Any:
        checked = super().check(value)
        return None if checked is None else int(checked)

    def show(self, value: Any) -> str:
        return "" if value is None else f"{int(value)} %"
