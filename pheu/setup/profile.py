"""The pages of «Cấu hình» about the company as a whole: its profile with the working hours, and its holidays."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pheu.core.errors import Invalid
from pheu.core.vietnamese import show_date, today_here
from pheu.core.vietnamese.fields import CleanCharField, HoursField, PhoneField, TaxCodeField
from pheu.people.models import WEEK, Holiday, Profile
from pheu.setup.columns import Column
from pheu.setup.company import CompanyPage


def asked() -> dict[str, forms.Field]:
    """How each column of the profile is asked for and read: by the page and by the act alike."""
    texts: dict[str, forms.Field] = {
        "name": CleanCharField(label=_("Company name"), required=False, max_length=200),
        "short_name": CleanCharField(
            label=_("Short name"),
            required=False,
            max_length=30,
            help_text=_("Stands at the top left of every page, and on the sign-in page."),
        ),
        "tax_code": TaxCodeField(label=_("Tax code"), required=False),
        "address": CleanCharField(label=_("Address"), required=False, max_length=300),
        "phone": PhoneField(label=_("Phone"), required=False, strict=True),
        "website": forms.URLField(
            label=_("Website"), required=False, max_length=200, assume_scheme="https", widget=forms.TextInput
        ),
        "leads_in_menu": forms.BooleanField(
            label=_("Leads in the menu"),
            required=False,
            widget=forms.CheckboxInput({"data-switch": ""}),
            help_text=_("Without it, leads are in no menu; those that there are stay, and are found by searching."),
        ),
        "admins_need_second_step": forms.BooleanField(
            label=_("Second step for administrators"),
            required=False,
            widget=forms.CheckboxInput({"data-switch": ""}),
            help_text=_("Whoever may change the setup sees nothing else before it is switched on, you too."),
        ),
    }
    return texts | {day: HoursField(label=WEEKDAYS[nth], required=False) for nth, day in enumerate(WEEK)}


class _Asked(Column):
    """A column that is kept as its form field reads it, whoever writes it."""

    def merged(self, now: Any, saw: Any, new: Any) -> Any:
        try:
            read = asked()[self.name].clean(new)
        except ValidationError as error:
            raise Invalid({self.name: list(error.messages)}, {self.name: str(self.label)}) from error
        return super().merged(now, saw, read)


class CompanyProfile(CompanyPage):
    """«Hồ sơ công ty»: one entry, planted with the first start, that is only changed."""

    code, order = "company", -1
    label, one = gettext_lazy("Company profile"), gettext_lazy("company profile")
    hint = gettext_lazy("Who you are, when you work, and what stands in everybody's menu.")
    model = Profile
    columns = (
        "name", "short_name", "tax_code", "address", "phone", "website", "leads_in_menu", "admins_need_second_step",
        *WEEK,
    )  # fmt: skip
    icon = "building"
    form_page = "setup/profile.html"
    lock = ""
    most = 1
    is_list = False
    in_shape = True

    def column(self, name: str) -> Column:
        return _Asked(super().column(name).field)

    def errors(self, item: Any, others: Sequence[Any]) -> dict[str, Any]:
        if not any(item.week):
            return {WEEK[0]: [_("A company works on one day of the week at least.")]}
        return {}


class Holidays(CompanyPage):
    """«Ngày nghỉ»: days off, and days worked instead of them."""

    code, order = "holidays", 5
    label, one = gettext_lazy("Holidays"), gettext_lazy("holiday")
    hint = gettext_lazy("Nothing is proposed for a day off, and the calendar shows it.")
    model = Holiday
    columns = ("name", "day", "is_working")
    icon = "calendar"
    body, line = "setup/_holiday_fields.html", "setup/_holiday_line.html"
    lock = ""
    most = 1000
    is_removable = in_shape = True

    def words(self, item: Any) -> str:
        return f"{item} {show_date(item.day)}"

    def is_same(self, one: Any, item: Any) -> bool:
        """Tết has one name on many days."""
        return False

    def errors(self, item: Any, others: Sequence[Any]) -> dict[str, Any]:
        other = next((one for one in others if one.day == item.day), None)
        return {"day": [_("This day is in the list already: “%(name)s”.") % {"name": other}]} if other else {}

    def of(self, year: int) -> QuerySet[Holiday]:
        return Holiday.objects.filter(day__year=year)


COMPANY, HOLIDAYS = CompanyProfile(), Holidays()


def years_to_propose() -> tuple[int, int]:
    """This and the next: what lies further ahead the government has not decided."""
    this = today_here().year
    return this, this + 1


def proposed(year: int) -> list[Holiday]:
    """Public holidays of Việt Nam, and the Saturdays worked for them, that are not in the list: unsaved, by day."""
    there = set(HOLIDAYS.of(year).values_list("day", flat=True))
    found = (Holiday(day=day, name=name, is_working=works) for day, name, works in _public(year))
    return sorted((one for one in found if one.day not in there), key=lambda one: one.day)


def _public(year: int) -> Iterator[tuple[date, str, bool]]:
    import holidays  # 40 MB that are needed once a year

    public = holidays.country_holidays("VN", years=year, language="vi")
    yield from ((day, name, False) for day, name in public.items())
    works = _("Worked instead of a day off")
    yield from ((day, works, True) for day in public.weekend_workdays if day.year == year)
