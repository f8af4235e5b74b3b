"""Days and moments."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar

from django import forms
from django.db import models
from django.db.models.fields.json import KT
from django.db.models.functions import ExtractMonth
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from pheu.core.vietnamese import fields as vn
from pheu.core.vietnamese.dates import show_date, show_datetime
from pheu.people.models import User
from pheu.records import moments
from pheu.records.fields.base import NO_VALUE, Field, compare, wrong
from pheu.records.operators import DAYS, Operator


@dataclass(frozen=True, kw_only=True, eq=False)
class Date(Field):
    cell: ClassVar[str] = "date"
    empty: ClassVar[Any] = None
    operators: ClassVar[dict[str, Operator]] = DAYS
    usual_operator: ClassVar[str] = "is"
    stored_as: ClassVar[type[models.Field]] = models.DateField
    read_by: ClassVar[str] = "pheu_day"
    falls_first: ClassVar[bool] = True

    def expression(self) -> Any:
        """Kept in JSON it is read by a function that an index may use: a cast from text depends on settings."""
        if not self.own:
            return super().expression()
        return models.Func(KT(f"own__{self.name}"), function=self.read_by, output_field=self.stored_as())

    def form_field(self, user: User) -> forms.Field:
        return vn.VnDateField(**self._asked())

    def check(self, value: Any) -> Any:
        if value in NO_VALUE:
            return None
        if not isinstance(value, date) or isinstance(value, datetime):
            raise wrong(_("This is no date."))
        if not moments.FIRST_YEAR <= value.year <= moments.LAST_YEAR:
            raise wrong(_("No such year in our time."))
        return value

    def show(self, value: Any) -> str:
        return show_date(value) if value else ""

    def to_json(self, value: Any) -> Any:
        return value.isoformat() if value else None

    def from_json(self, told: Any) -> Any:
        return date.fromisoformat(told) if told else None

    def to_cell(self, row: Any) -> Any:
        return self.value(row)

    def words(self, value: Any) -> Iterable[str]:
        return ()

    def month_q(self, month: int) -> models.Q:
        """In this month of any year."""
        return compare(ExtractMonth(self.compared()), "exact", month)

    def operand(self, told: Any, user: User) -> Any:
        """A day as 2026-11-30, or one said from today: {"start": "month", "days": -1}."""
        return moments.read_day(told)


class Moment(Date):
    cell = "moment"
    is_moment = True
    stored_as = models.DateTimeField
    read_by = "pheu_moment"

    def form_field(self, user: User) -> forms.Field:
        return vn.VnDateTimeField(**self._asked())

    def check(self, value: Any) -> Any:
        if value in NO_VALUE:
            return None
        if not isinstance(value, datetime) or value.tzinfo is None:
            raise wrong(_("This is no moment."))
        if not moments.FIRST_YEAR <= value.year <= moments.LAST_YEAR:
            raise wrong(_("No such year in our time."))
        return value

    def show(self, value: Any) -> str:
        return show_datetime(value) if value else ""

    def to_cell(self, row: Any) -> Any:
        """As clocks here show it: files know no time zones."""
        value = self.value(row)
        return timezone.make_naive(value, timezone.get_default_timezone()) if value else None

    def to_json(self, value: Any) -> Any:
        return value.astimezone(timezone.get_default_timezone()).isoformat() if value else None

    def from_json(self, told: Any) -> Any:
        return datetime.fromisoformat(told) if told else None

    def operand(self, told: Any, user: User) -> Any:
        """A moment as 2026-11-30T09:00+07:00, the beginning of a day, or one said from now: {"days": -14}."""
        return moments.read_moment(told)
