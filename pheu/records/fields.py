"""The kinds of field that a schema is made of: how each is asked for, read, shown, told, filtered and ordered."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from operator import attrgetter
from typing import Any, ClassVar

from django import forms
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from pheu.core.ids import RowField, RowsField, read_ids
from pheu.core.vietnamese import fields as vn
from pheu.core.vietnamese.dates import show_date, show_datetime
from pheu.core.vietnamese.money import show_money
from pheu.core.vietnamese.phone import show_phone
from pheu.core.vietnamese.taxcode import show_tax_code
from pheu.core.vietnamese.text import clean
from pheu.people.models import Department, Team, User
from pheu.people.scopes import CREATE
from pheu.records import kinds
from pheu.records.models import RecordTag, Tag, id_and_name


@dataclass(frozen=True, kw_only=True, eq=False)
class Field:
    """One field of a kind. `synonyms` are what headers of real lists call it."""

    name: str
    label: kinds.Words
    required: bool = False
    hint: kinds.Words = ""
    sortable: bool = False
    filterable: bool = False
    editable: bool = True
    importable: bool = True
    on_create: bool = True
    synonyms: tuple[str, ...] = ()
    max_length: int = 300

    cell: ClassVar[str] = "text"
    is_number: ClassVar[bool] = False
    # Stand-ins for an empty value, so that empty ones come last in both directions: (when ascending, when descending).
    sort_ends: ClassVar[tuple[Any, Any] | None] = None

    def form_field(self, user: User) -> forms.Field:
        return vn.CleanCharField(max_length=self.max_length, **self._asked())

    def _asked(self) -> dict[str, Any]:
        return {"label": self.label, "required": self.required, "help_text": self.hint, "show_hidden_initial": True}

    def keep_offering(self, form_field: Any, value: Any) -> None:
        """Let a form keep a `value` that is no longer offered, or that the person may not see."""

    def value(self, row: models.Model) -> Any:
        return getattr(row, self.name)

    def put(self, row: Any, value: Any) -> None:
        setattr(row, self.name, value)

    def show(self, value: Any) -> str:
        return "" if value is None else str(value)

    def fact(self, value: Any) -> Any:
        """How an event keeps `value`: JSON, readable without the row."""
        return self.show(value)

    def read(self, text: str) -> Any:
        """`text` of a file as a value; ValueError says why not."""
        form_field = self.form_field(User())
        try:
            return form_field.clean(text)
        except forms.ValidationError as error:
            raise ValueError(error.messages[0]) from error

    def choices(self) -> list[tuple[Any, str]]:
        """What a filter offers, where that is fixed."""
        return []

    def table(self, user: User) -> models.QuerySet | None:
        """The rows of a small table that form and filter offer, where there is one; see `offered`."""
        return None

    def matches(self, values: list[str]) -> models.Q:
        return models.Q(**{f"{self.name}__in": values})

    @property
    def order(self) -> str:
        return self.name


class Text(Field):
    pass


class Title(Text):
    """The text by which the row is called: the link of the list."""

    cell = "title"

    @property
    def order(self) -> str:
        return "title_key"


@dataclass(frozen=True, kw_only=True, eq=False)
class LongText(Field):
    cell: ClassVar[str] = "long"
    max_length: int = 20_000

    def form_field(self, user: User) -> forms.Field:
        widget = forms.Textarea(attrs={"rows": 3})
        return vn.CleanCharField(max_length=self.max_length, widget=widget, lines=True, **self._asked())


class Phone(Field):
    cell = "phone"

    def form_field(self, user: User) -> forms.Field:
        return vn.PhoneField(**self._asked())

    def show(self, value: Any) -> str:
        return show_phone(value or "")


class Email(Field):
    cell = "email"

    def form_field(self, user: User) -> forms.Field:
        return vn.EmailField(**self._asked())


class Link(Field):
    cell = "link"


class TaxCode(Field):
    def form_field(self, user: User) -> forms.Field:
        return vn.TaxCodeField(**self._asked())

    def show(self, value: Any) -> str:
        return show_tax_code(value or "")


class Money(Field):
    cell = "money"
    is_number = True
    sort_ends = (Decimal(10) ** 16, Decimal(-1))

    def form_field(self, user: User) -> forms.Field:
        return vn.MoneyField(**self._asked())

    def show(self, value: Any) -> str:
        return "" if value is None else show_money(value)


class Percent(Field):
    cell = "percent"
    is_number = True

    def form_field(self, user: User) -> forms.Field:
        return forms.IntegerField(min_value=0, max_value=100, **self._asked())

    def show(self, value: Any) -> str:
        return "" if value is None else f"{value} %"


class Date(Field):
    cell = "date"
    sort_ends = (date.max, date.min)

    def form_field(self, user: User) -> forms.Field:
        return vn.VnDateField(**self._asked())

    def show(self, value: Any) -> str:
        return show_date(value) if value else ""


class Moment(Field):
    cell = "moment"
    sort_ends = (datetime(9999, 1, 1, tzinfo=UTC), datetime(1, 1, 2, tzinfo=UTC))

    def form_field(self, user: User) -> forms.Field:
        return vn.VnDateTimeField(**self._asked())

    def show(self, value: Any) -> str:
        return show_datetime(value) if value else ""


@dataclass(frozen=True, kw_only=True, eq=False)
class Choice(Field):
    """One of a fixed list of (value, label)."""

    options: Any = ()
    cell: ClassVar[str] = "choice"

    def form_field(self, user: User) -> forms.Field:
        asked = self._asked()
        empty = [] if self.required else [("", "—")]
        coerce: Callable[[Any], Any] = type(self.options[0][0])
        return forms.TypedChoiceField(
            choices=[*empty, *self.options], coerce=coerce, empty_value=None if coerce is int else "", **asked
        )

    def show(self, value: Any) -> str:
        return str(dict(self.options).get(value, "")) if value not in (None, "") else ""

    def choices(self) -> list[tuple[Any, str]]:
        return list(self.options)


class MultiChoice(Choice):
    """Some of a fixed list, kept as an array."""

    cell = "flags"

    def show(self, value: Any) -> str:
        names = dict(self.options)
        return ", ".join(str(names.get(one, one)) for one in value or ())

    def matches(self, values: list[str]) -> models.Q:
        return models.Q(**{f"{self.name}__overlap": values})


class Stars(Choice):
    cell = "stars"

    def form_field(self, user: User) -> forms.Field:
        return forms.TypedChoiceField(
            choices=self.options,
            coerce=int,
            empty_value=0,  # type: ignore[arg-type]
            widget=forms.RadioSelect(attrs={"data-stars": ""}),
            **(self._asked() | {"required": False}),
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Pick(Field):
    """One row of a small table: source, label, reason, team..."""

    model: type[models.Model]
    cell: ClassVar[str] = "choice"
    named_by: ClassVar[str] = "name"

    def queryset(self, user: User) -> models.QuerySet:
        rows = self.model._default_manager.all()
        return rows.filter(is_active=True) if hasattr(self.model, "is_active") else rows

    def form_field(self, user: User) -> forms.Field:
        return RowField(self.queryset(user), empty_label="—", **self._asked())

    def keep_offering(self, form_field: Any, value: Any) -> None:
        if value is not None:
            form_field.queryset |= self.model._default_manager.filter(pk=value.pk)

    def fact(self, value: Any) -> Any:
        return id_and_name(value)

    def read(self, text: str) -> Any:
        found = self.queryset(User()).filter(name__iexact=clean(text)).first()
        if found is None:
            raise ValueError(_("“%(text)s” is not in the list") % {"text": text[:60]})
        return found

    def table(self, user: User) -> models.QuerySet:
        return self.queryset(user)


class LabelPick(Pick):
    cell = "label"


class StagePick(Pick):
    """Where a row stands. Moving is an act of its own; filters go by category, which all pipelines share."""

    cell = "stage"

    def table(self, user: User) -> models.QuerySet:
        return self.model._default_manager.filter(pipeline__kind=self.hint)


@dataclass(frozen=True, kw_only=True, eq=False)
class PersonPick(Pick):
    model: type[models.Model] = User
    cell: ClassVar[str] = "person"
    named_by: ClassVar[str] = "full_name"

    def queryset(self, user: User) -> models.QuerySet:
        return User.objects.active()

    def form_field(self, user: User) -> forms.Field:
        field = super().form_field(user)
        field.widget.attrs["data-pick"] = ""
        return field

    def read(self, text: str) -> Any:
        called = clean(text)
        found = (
            User.objects.active().filter(models.Q(email__iexact=called) | models.Q(full_name__iexact=called)).first()
        )
        if found is None:
            raise ValueError(_("no colleague is called “%(text)s”") % {"text": text[:60]})
        return found


@dataclass(frozen=True, kw_only=True, eq=False)
class TeamPick(Pick):
    model: type[models.Model] = Team


@dataclass(frozen=True, kw_only=True, eq=False)
class DepartmentPick(Pick):
    model: type[models.Model] = Department


@dataclass(frozen=True, kw_only=True, eq=False)
class RowPick(Field):
    """Another record: only one that the person may see can be chosen."""

    kind: str
    cell: ClassVar[str] = "row"

    def form_field(self, user: User) -> forms.Field:
        kind = kinds.get(self.kind)
        rows = kind.model.objects.visible_to(user) if user.pk else kind.model.objects.all()
        widget = PickInput(kind=self.kind, may_create=bool(user.pk) and user.may(self.kind, CREATE))
        return RowField(rows.select_related("record"), widget=widget, **self._asked())

    def keep_offering(self, form_field: Any, value: Any) -> None:
        if value is not None:
            form_field.queryset |= kinds.get(self.kind).model.objects.filter(pk=value.pk)
            form_field.widget.held = value

    def fact(self, value: Any) -> Any:
        return id_and_name(value)


class PickInput(forms.Select):
    """A select that holds only the chosen row; the page's combobox asks `pick/` for more."""

    template_name = "records/_pick_input.html"

    def __init__(self, kind: str, *, may_create: bool = False, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs)
        self.kind, self.may_create = kind, may_create
        self.held: Any = None  # the row that the form began with, so that drawing it asks nothing

    def optgroups(self, name: str, value: Any, attrs: Any = None) -> Any:
        keys = [str(key) for key in value if key]
        rows = [self.held] if self.held and keys == [str(self.held.pk)] else self._rows(keys)
        options = [self.create_option(name, "", "", not keys, 0)]
        options += [self.create_option(name, row.pk, str(row), True, n) for n, row in enumerate(rows, 1)]
        return [(None, options, 0)]

    def _rows(self, keys: list[str]) -> Any:
        ids = read_ids(keys)
        return self.choices.queryset.filter(pk__in=ids) if ids else []  # type: ignore[attr-defined]

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        kind = kinds.get(self.kind)
        context["widget"] |= {"pick_url": kind.url("pick"), "kind": kind.code}
        if self.may_create:
            context["widget"] |= {
                "new_url": f"{kind.url('new')}?pick=1",
                "new_label": _("New: %(kind)s") % {"kind": kind.label},
            }
        return context


class Tags(Field):
    """«Từ khóa»: kept on the Record, so that every kind has them."""

    cell = "tags"
    named_by: ClassVar[str] = "name"

    def form_field(self, user: User) -> forms.Field:
        widget = forms.SelectMultiple(attrs={"data-pick": ""})
        return RowsField(self.table(user), widget=widget, **self._asked())

    def keep_offering(self, form_field: Any, value: Any) -> None:
        form_field.queryset |= Tag.objects.filter(pk__in=[tag.pk for tag in value])

    def value(self, row: Any) -> list[Tag]:
        return sorted(row.record.tags.all(), key=lambda tag: (tag.position, tag.pk))

    def put(self, row: Any, value: Iterable[Tag]) -> None:
        row.record.tags.set(value)

    def show(self, value: Any) -> str:
        return ", ".join(str(tag) for tag in value or ())

    def fact(self, value: Any) -> Any:
        return [id_and_name(tag) for tag in value or ()]

    def table(self, user: User) -> models.QuerySet:
        return Tag.objects.filter(is_active=True)

    def matches(self, values: list[str]) -> models.Q:
        return models.Q(record__in=RecordTag.objects.filter(tag_id__in=values).values("record"))


@dataclass(frozen=True, kw_only=True, eq=False)
class Shown(Field):
    """Something of the row that nobody types: number, next activity, moments."""

    reads: Callable[[Any], Any]
    cell: str = "text"  # type: ignore[misc]
    editable: bool = False
    importable: bool = False
    on_create: bool = False
    order_by: str = ""

    def value(self, row: Any) -> Any:
        return self.reads(row)

    @property
    def order(self) -> str:
        return self.order_by or self.name


@dataclass(frozen=True, kw_only=True, eq=False)
class ShownMoment(Shown, Moment):
    cell: str = "moment"  # type: ignore[misc]


def moment(name: str, label: kinds.Words) -> Field:
    """A moment of the row that nobody types."""
    return ShownMoment(name=name, label=label, reads=attrgetter(name), sortable=True)


def common() -> tuple[Field, ...]:
    """What every kind shows of itself: number, creator, moments."""
    return (
        Shown(name="number", label=pgettext_lazy("of a record", "Number"), reads=attrgetter("record.number")),
        Shown(name="created_by", label=_("Creator"), reads=attrgetter("created_by"), cell="person"),
        moment("created_at", _("Created")),
        moment("updated_at", _("Updated")),
    )
