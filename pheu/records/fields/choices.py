"""Yes or no, and words of a fixed list."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.db import models
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from pheu.core.language import in_every_language
from pheu.core.vietnamese.text import fold, spelling
from pheu.people.models import User
from pheu.records.fields.base import BETWEEN_CHOICES, BETWEEN_VALUES, NO_VALUE, Field, wrong
from pheu.records.operators import ANY_OF, OF_LIST, Operator

# How lists write it, besides the words of our own pages.
YES_OR_NO = [("có", True), ("x", True), ("yes", True), ("true", True), ("1", True),
             ("không", False), ("no", False), ("false", False), ("0", False)]  # fmt: skip


@dataclass(frozen=True, kw_only=True, eq=False)
class YesNo(Field):
    cell: ClassVar[str] = "text"
    empty: ClassVar[Any] = None
    operators: ClassVar[dict[str, Operator]] = OF_LIST
    stored_as: ClassVar[type[models.Field]] = models.BooleanField

    def form_field(self, user: User) -> forms.Field:
        return forms.NullBooleanField(**(self._asked() | {"required": False}))

    def check(self, value: Any) -> Any:
        if value is not None and not isinstance(value, bool):
            raise wrong(_("Yes or no."))
        return value

    def show(self, value: Any) -> str:
        return "" if value is None else str(_("Yes") if value else _("No"))

    def words(self, value: Any) -> Iterable[str]:
        return ()

    def read(self, text: str) -> Any:
        meant = {fold(str(word)): value for word, value in ((_("Yes"), True), (_("No"), False), *YES_OR_NO)}
        if (value := meant.get(fold(text))) is None:
            raise ValueError(_("Yes or no."))
        return value

    def choices(self) -> list[tuple[Any, str]]:
        return [("true", self.show(True)), ("false", self.show(False))]

    def operand(self, told: Any, user: User) -> Any:
        known = {"true": True, "false": False, True: True, False: False}
        if told not in known:
            raise ValueError(self.name)
        return known[told]


@dataclass(frozen=True, kw_only=True, eq=False)
class Choice(Field):
    """One of a fixed list of (value, label)."""

    options: Any = ()
    cell: ClassVar[str] = "choice"
    operators: ClassVar[dict[str, Operator]] = OF_LIST

    @property
    def _coerce(self) -> Callable[[Any], Any]:
        return type(self.options[0][0])

    @property
    def empty(self) -> Any:
        return None if self._coerce is int else ""

    def form_field(self, user: User) -> forms.Field:
        nothing = [] if self.required else [("", "—")]
        return forms.TypedChoiceField(
            choices=[*nothing, *self.options], coerce=self._coerce, empty_value=self.empty, **self._asked()
        )

    def check(self, value: Any) -> Any:
        if value in NO_VALUE:
            return self.empty
        if not self._offers(value):
            raise wrong(_("This is not in the list."))
        return self._coerce(value)

    def read(self, text: str) -> Any:
        """What the list calls it in any language, or the value itself; without marks where only one is so called."""
        for same, called in self._called.items():
            found = called.get(same(text), [])
            if len(found) == 1 or (found and same is spelling):
                return found[0]
        raise ValueError(_("“%(text)s” is not in the list") % {"text": text[:60]})

    @cached_property
    def _called(self) -> dict[Callable[[str], str], dict[str, list[Any]]]:
        """{how words are compared: {a word: the values that are called so}}."""
        told: dict[Callable[[str], str], dict[str, list[Any]]] = {spelling: {}, fold: {}}
        for value, label in self.options:
            names = {str(value), *in_every_language(label)}
            for same, called in told.items():
                for name in {same(one) for one in names}:
                    called.setdefault(name, []).append(value)
        return told

    def _offers(self, value: Any) -> bool:
        return isinstance(value, str | int) and not isinstance(value, bool) and value in dict(self.options)

    def show(self, value: Any) -> str:
        return str(dict(self.options).get(value, value)) if value not in (None, "") else ""

    def words(self, value: Any) -> Iterable[str]:
        return ()

    def choices(self) -> list[tuple[Any, str]]:
        return list(self.options)

    def operand(self, told: Any, user: User) -> Any:
        found = {str(value): value for value, _label in self.options}.get(str(told))
        if found is None:
            raise ValueError(self.name)
        return found


class MultiChoice(Choice):
    """Some of a fixed list, kept as an array."""

    cell = "flags"
    holds_several = True
    operators = ANY_OF
    usual_operator = "any"

    @property
    def empty(self) -> Any:
        return []

    def form_field(self, user: User) -> forms.Field:
        widget = forms.SelectMultiple(attrs={"data-pick": ""})
        return forms.MultipleChoiceField(choices=self.options, widget=widget, **self._asked())

    def check(self, value: Any) -> Any:
        if value in NO_VALUE:
            return []
        if not isinstance(value, list | tuple) or not all(map(self._offers, value)):
            raise wrong(_("This is not in the list."))
        return list(dict.fromkeys(value))

    def read(self, text: str) -> Any:
        """Several words of the list in one cell; between commas too, unless one of them has a comma itself."""
        parts = [part for part in BETWEEN_CHOICES.split(text) if part.strip()]
        return self.check([value for part in parts for value in self._read_part(part)])

    def _read_part(self, part: str) -> list[Any]:
        try:
            return [self._read_one(part)]
        except ValueError:
            if "," not in part:
                raise
            return [self._read_one(one) for one in part.split(",") if one.strip()]

    def _read_one(self, word: str) -> Any:
        return super().read(word)

    def to_cell(self, row: Any) -> Any:
        return BETWEEN_VALUES.join(self.show([one]) for one in self.value(row) or ())

    def to_json(self, value: Any) -> Any:
        return list(value or ())

    def show(self, value: Any) -> str:
        names = dict(self.options)
        return ", ".join(str(names.get(one, one)) for one in value or ())

    def has_any(self, values: list[Any]) -> models.Q:
        if not self.own:
            return self.q("overlap", values)
        return models.Q(own__has_key=self.name, **{f"own__{self.name}__has_any_keys": values})

    def has_all(self, values: list[Any]) -> models.Q:
        if not self.own:
            return self.q("contains", values)
        return models.Q(own__has_key=self.name, **{f"own__{self.name}__contains": values}) if values else models.Q()


class Stars(Choice):
    cell = "stars"
    falls_first = True

    @property
    def empty(self) -> Any:
        return 0

    def identity(self, value: Any) -> Any:
        """None of them is nothing: files fill it in, and of merged rows the one that has some goes first."""
        return super().identity(value) or None

    def ticks(self, value: Any) -> set[str]:
        return {str(value or self.empty)}

    def form_field(self, user: User) -> forms.Field:
        return forms.TypedChoiceField(
            choices=self.options,
            coerce=int,
            empty_value=0,  # type: ignore[arg-type]
            widget=forms.RadioSelect(attrs={"data-stars": ""}),
            **(self._asked() | {"required": False}),
        )
