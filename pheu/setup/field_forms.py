"""The form of one field of a company's own, and that of a group."""

from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from pheu.core.ids import read_id
from pheu.core.templatetags.signs import TONES
from pheu.core.vietnamese import fold
from pheu.core.vietnamese.fields import CleanCharField
from pheu.core.vietnamese.text import clean, spelling
from pheu.people.models import Department, Role, User
from pheu.records import custom, kinds
from pheu.records.models import CustomField, FieldGroup
from pheu.records.schema import HIDDEN
from pheu.setup.definitions import deciders, groups_of
from pheu.setup.forms import COLOURS
from pheu.setup.queries import HOW

TO = {"role": (_("Role"), Role), "department": (_("Department"), Department), "person": (_("Colleague"), User)}
FLAGS = ("is_required", "is_needed", "is_unique", "is_filterable", "in_list", "on_card")
BLANK_OPTIONS, BLANK_RIGHTS = 3, 1
MOST_PASTED = 200_000  # characters
MOST_ROWS = 200  # choices that are drawn one by one; more are a text with a line for each
OF_MANY = _(
    "One on each line; “Above > Choice” where it depends on another field."
    " What you leave out is offered no more; records keep it."
)
CHOSEN = ("choice", "choices", "progress")


class _ShownWhen(forms.Form):
    """Which values of which other field let something be shown."""

    shown_when = forms.MultipleChoiceField(
        label=_("Only shown when"),
        required=False,
        help_text=_("Values of one other field. Empty: always. What was typed stays when it is hidden."),
        widget=forms.SelectMultiple({"data-pick": ""}),
    )

    def _offer(self, kind: str, but: str = "") -> None:
        offered = [
            (str(one.label), [(f"{one.name}={value}", f"{one.label}: {label}") for value, label in one.options])
            for one in deciders(kind).values()
            if one.name != but
        ]
        self.fields["shown_when"].choices = offered  # type: ignore[attr-defined]

    def when(self) -> Any:
        """[field, [values]]; values of several fields are told apart by the act."""
        pairs = [one.partition("=") for one in self.cleaned_data["shown_when"]]
        names = list(dict.fromkeys(name for name, _equals, _value in pairs))
        if len(names) > 1:
            return [" ".join(names), [value for _name, _equals, value in pairs]]
        return [names[0], [value for _name, _equals, value in pairs]] if names else None


def ticked_when(told: Any) -> list[str]:
    return [f"{told[0]}={value}" for value in told[1]] if told else []


class FieldForm(_ShownWhen):
    """A field; the parts that its type does not ask for are hidden on the page and left out of `values`."""

    type = forms.ChoiceField(label=_("Data type"), widget=forms.RadioSelect)
    label = CleanCharField(label=_("Name"), max_length=100)
    hint = CleanCharField(label=_("Hint below it"), max_length=300, required=False)
    group = forms.ChoiceField(label=_("Group"))
    least = CleanCharField(label=_("Smallest value"), max_length=30, required=False)
    most = CleanCharField(label=_("Largest value"), max_length=30, required=False)
    places = forms.IntegerField(label=_("Places behind the comma"), min_value=0, max_value=6, required=False)
    unit = CleanCharField(label=_("Unit"), max_length=20, required=False)
    of = forms.ChoiceField(label=_("Kind of record"), required=False)
    parent = forms.ChoiceField(
        label=_("Choices depend on"),
        required=False,
        help_text=_("A choice then says below which choices of that field it is offered."),
    )
    pasted = CleanCharField(
        label=_("Paste several choices"),
        required=False,
        lines=True,
        max_length=MOST_PASTED,
        widget=forms.Textarea({"rows": 3}),
        help_text=_("One on each line; “Above > Choice” where it depends on another field."),
    )
    default = CleanCharField(label=_("Begins with"), max_length=300, required=False)
    comes_from = forms.ChoiceField(
        label=_("Taken over from the lead's"), required=False, help_text=_("When a lead is converted to a deal.")
    )
    is_required = forms.BooleanField(label=_("Required"), required=False)
    is_needed = forms.BooleanField(label=_("Needed before a lead is converted"), required=False)
    is_unique = forms.BooleanField(label=_("No two records alike"), required=False)
    is_filterable = forms.BooleanField(label=_("Filter and sort by it"), required=False)
    in_list = forms.BooleanField(label=_("Column in the list"), required=False)
    on_card = forms.BooleanField(label=_("On the cards of the board"), required=False)

    def __init__(self, data: Any = None, *, kind: str, item: CustomField | None = None) -> None:
        self.kind, self.item = kind, item
        super().__init__(data, initial=_held(item) if item else {"type": "text"})
        fields: Any = self.fields
        fields["type"].choices = [(one.code, one.label) for one in custom.TYPES.values()]
        if item is not None:
            del fields["type"]
        fields["group"].choices = [(one.name, one.label) for one in groups_of(kind)]
        fields["of"].choices = [(one.code, one.label) for one in kinds.every()]
        others = CustomField.objects.filter(kind=kind, is_active=True, type__in=CHOSEN)
        self._parents = {one.key: one for one in others if item is None or one.pk != item.pk}
        fields["parent"].choices = [("", "—"), *((key, one.label) for key, one in self._parents.items())]
        leads = CustomField.objects.filter(kind="lead", is_active=True) if kind == "deal" else []
        fields["comes_from"].choices = [("", "—"), *((one.key, one.label) for one in leads)]
        if not leads:
            del fields["comes_from"]
        if kind != "lead":
            del fields["is_needed"]
        if self.is_long:
            fields["pasted"].label = _("Choices")
            fields["pasted"].help_text = OF_MANY
            fields["pasted"].widget.attrs["rows"] = 20
            fields["pasted"].initial = "\n".join(self._lines())
        for name, types in SHOWN_FOR.items():
            fields[name].when = f"type={'|'.join(types)}" if item is None else ""
        self._offer(kind, item.key if item else "")

    @property
    def of_type(self) -> str:
        """The type that is chosen, or that the field has."""
        return self.item.type if self.item else str(self["type"].value())

    @property
    def asks_options(self) -> bool:
        return self.item is None or self.item.type in CHOSEN

    def asks(self, name: str) -> bool:
        """Whether the page of a field of this type asks for it."""
        return self.item is None or name not in SHOWN_FOR or self.item.type in SHOWN_FOR[name]

    def shown(self, *names: str) -> list[Any]:
        return [self[name] for name in names if name in self.fields and self.asks(name)]

    @property
    def details(self) -> list[Any]:
        return self.shown("least", "most", "places", "unit", "of", "parent")

    @property
    def placed(self) -> list[Any]:
        return self.shown("group", "default", "shown_when", "comes_from")

    @property
    def flags(self) -> list[Any]:
        return self.shown(*FLAGS)

    # -- choices -----------------------------------------------------------------------------------------------------

    @property
    def is_long(self) -> bool:
        """Whether there are too many to be drawn one by one."""
        return len(self._old_options) > MOST_ROWS

    def _lines(self) -> dict[str, dict[str, Any]]:
        """Each choice in use as a line of text."""
        told = [(self._above(one), one) for one in self._old_options if one.get("is_active", True)]
        return {f"{above} > {one['label']}" if above else one["label"]: one for above, one in told}

    @cached_property
    def _names_above(self) -> dict[str, str]:
        return {one["value"]: one["label"] for one in self._options_above(self._old_parent)}

    def _above(self, one: Mapping[str, Any]) -> str:
        """Below which choices it stands, as one writes it."""
        return "; ".join(self._names_above.get(up, up) for up in one.get("under") or ())

    @property
    def option_rows(self) -> list[dict[str, Any]]:
        """What is drawn: those typed, else those there are, and some blank ones."""
        held = self._typed_options() if self.is_bound else self._old_options
        rows = [one | {"under_text": one.get("typed") or self._above(one)} for one in held]
        return [*rows, *({"value": "", "tone": "slate", "is_active": True} for _blank in range(BLANK_OPTIONS))]

    @property
    def tones(self) -> list[tuple[str, Any]]:
        return [(tone, COLOURS[tone]) for tone in TONES]

    @property
    def _old_options(self) -> list[dict[str, Any]]:
        return self.item.settings.get("options") or [] if self.item else []

    @property
    def _old_parent(self) -> str:
        return (
            self.data.get("parent") if self.is_bound else (self.item.settings.get("parent") if self.item else "")
        ) or ""

    def _options_above(self, parent: str) -> list[dict[str, Any]]:
        return self._parents[parent].settings.get("options") or [] if parent in self._parents else []

    @property
    def above_labels(self) -> list[str]:
        return [one["label"] for one in self._options_above(self._old_parent)]

    def _written_options(self) -> list[dict[str, Any]]:
        """Those of the text: a line that is there already is the choice it was, the others that there were are off."""
        known = {spelling(line): one for line, one in self._lines().items()}
        kept = []
        for line in (self.cleaned_data.get("pasted") or "").splitlines():
            above, _arrow, label = line.rpartition(">")
            if clean(label):
                was = known.pop(spelling(line), {"value": "", "tone": "slate"})
                kept.append({**was, "label": clean(label), "is_active": True, "typed": above})
        there = {one["value"] for one in kept}
        gone = [one for one in self._old_options if one["value"] not in there]
        return kept + [one | {"is_active": False, "typed": self._above(one)} for one in gone]

    def _typed_options(self) -> list[dict[str, Any]]:
        if self.is_long:
            return self._written_options()
        data: Any = self.data
        columns = [data.getlist(f"option-{name}") for name in ("value", "label", "tone", "under")]
        kept, known = set(data.getlist("option-on")), {one["value"] for one in self._old_options}
        rows = []
        for value, label, tone, under in zip(*columns, strict=False):
            value = value if value in known else ""
            label = clean(label[:1000])
            if label or value:
                on = not value or value in kept
                rows.append({"value": value, "label": label, "tone": tone, "is_active": on, "typed": under})
        for line in (self.cleaned_data.get("pasted") or "").splitlines() if hasattr(self, "cleaned_data") else []:
            above, _arrow, label = line.rpartition(">")
            if clean(label):
                rows.append({"value": "", "label": clean(label), "tone": "slate", "is_active": True, "typed": above})
        return rows

    def _options(self) -> list[dict[str, Any]]:
        """As they are kept: each new one gets a value that none had before."""
        rows, above = self._typed_options(), self._options_above(self.cleaned_data.get("parent") or "")
        by_label = {same(one["label"]): one["value"] for same in (fold, spelling) for one in above}
        last = max((int(one["value"]) for one in rows if one["value"].isdecimal()), default=0)
        options = []
        for row in rows:
            if not row["value"]:
                last += 1
            parts = row.pop("typed").split(";")
            under = (
                [by_label.get(spelling(part)) or by_label.get(fold(part), "") for part in parts if part.strip()]
                if above
                else []
            )
            if "" in under:
                raise forms.ValidationError(
                    {
                        "parent": _("“%(choice)s”: what it stands below is not a choice there.")
                        % {"choice": row["label"]}
                    }
                )
            options.append({**row, "value": row["value"] or str(last), "under": under})
        return options

    # -- rights ------------------------------------------------------------------------------------------------------

    @property
    def whom(self) -> list[tuple[Any, list[tuple[str, str]]]]:
        """Roles, departments and people, as a select offers them."""
        return [
            (label, [(f"{to}:{one.pk}", str(one)) for one in model._default_manager.all()])
            for to, (label, model) in TO.items()
        ]

    @property
    def how(self) -> list[tuple[str, Any]]:
        return list(HOW.items())

    @property
    def right_rows(self) -> list[dict[str, str]]:
        held = self._typed_rights() if self.is_bound else (self.item.rights if self.item else [])
        rows = [{"who": f"{one['to']}:{one['id']}", "how": one["how"]} for one in held]
        return rows + [{"who": "", "how": HIDDEN}] * BLANK_RIGHTS

    def _typed_rights(self) -> list[dict[str, Any]]:
        data: Any = self.data
        rights = []
        for who, how in zip(data.getlist("right-who"), data.getlist("right-how"), strict=False):
            to, _colon, key = who.partition(":")
            if (pk := read_id(key)) is not None:
                rights.append({"to": to, "id": pk, "how": how})
        return rights

    # -- all of it ---------------------------------------------------------------------------------------------------

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if not self.errors:
            self.options = self._options() if self.of_type in CHOSEN else []
        return given

    def values(self) -> dict[str, Any]:
        """By column of `CustomField`, for the act."""
        given = self.cleaned_data
        values = {name: given[name] for name in ("label", "hint", "group", *FLAGS) if name in given}
        values |= {
            "comes_from": given.get("comes_from") or "",
            "settings": self._settings(given),
            "shown_when": self.when(),
            "rights": self._typed_rights(),
        }
        return values | {"default": self._default(values)}

    def _settings(self, given: Mapping[str, Any]) -> dict[str, Any]:
        asks = custom.TYPES[self.of_type].asks
        if "options" in asks:
            return {"options": self.options} | ({"parent": given["parent"]} if given["parent"] else {})
        told: dict[str, Any] = {name: given[name] for name in ("places", "unit", "of") if name in asks and given[name]}
        told |= {name: _number(given[name]) for name in ("least", "most") if name in asks and given[name]}
        return told

    def _default(self, values: Mapping[str, Any]) -> Any:
        """What was typed as a value of such a field, as JSON; words that are none are refused by the act."""
        text = self.cleaned_data["default"]
        if not text:
            return None
        one = CustomField(kind=self.kind, key="x_new", type=self.of_type, **{**values, "shown_when": None})
        try:
            built = custom.field_of(one)
            return built.kept(built.read(text))
        except (ValueError, ArithmeticError) as error:
            raise forms.ValidationError(str(error)) from error


def _number(text: str) -> Any:
    """A number as people write it; what is none goes on as it is, for the act to say so."""
    written = text.replace(".", "").replace(",", ".") if "," in text else text
    try:
        return str(Decimal(written))
    except InvalidOperation:
        return text


# The types whose form asks for it; the others are asked for all the same.
SHOWN_FOR: dict[str, Iterable[str]] = {
    "least": ("number",),
    "most": ("number",),
    "places": ("number",),
    "unit": ("number",),
    "of": ("record",),
    "default": [code for code in custom.TYPES if code not in custom.BEGINS_EMPTY],
    "parent": CHOSEN,
    "pasted": CHOSEN,
}


def _held(item: CustomField) -> dict[str, Any]:
    """What the form of a field begins with."""
    held = {name: getattr(item, name) for name in ("label", "hint", "group", "comes_from", *FLAGS)}
    held |= {name: item.settings.get(name) for name in ("least", "most", "places", "unit", "of", "parent")}
    held |= {"shown_when": ticked_when(item.shown_when)}
    if item.default is not None:
        built = custom.field_of(item)
        held["default"] = built.show(built.default)
    return held


class GroupForm(_ShownWhen):
    label = CleanCharField(label=_("Name"), max_length=100)

    def __init__(self, data: Any = None, *, kind: str, item: FieldGroup | None = None) -> None:
        held = {"label": item.label, "shown_when": ticked_when(item.shown_when)} if item else {}
        super().__init__(data, initial=held)
        self._offer(kind)
