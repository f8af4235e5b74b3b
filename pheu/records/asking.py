"""The dialog of conditions: lines of field, operator and value in groups, read into one condition and made of one.

A line's controls are named by its code: `field-3`, `op-3`, `value-3`. `line` lists the codes in order, `of-3` says in
which group the line stands; group 0 holds the others. `any-<group>` says whether one of a group is enough.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from secrets import token_hex
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pheu.core.errors import DomainError
from pheu.core.vietnamese.fields import CleanCharField, VnDateField
from pheu.people.models import User
from pheu.records import kinds, moments
from pheu.records.conditions import Tree, compile_tree
from pheu.records.fields import Field
from pheu.records.kinds import Kind
from pheu.records.operators import Operator
from pheu.records.wording import words_of

MOST_LINES = 40
WHENS = {
    "on": gettext_lazy("a day"),
    "today": gettext_lazy("today"),
    "ago": gettext_lazy("days ago"),
    "ahead": gettext_lazy("days from now"),
    "week": moments.BEGINNINGS["week"],
    "month": moments.BEGINNINGS["month"],
    "quarter": moments.BEGINNINGS["quarter"],
    "year": moments.BEGINNINGS["year"],
}


class Line(forms.Form):
    """One comparison. `path` names a field, or one of a record that is referred to: `company.city`."""

    def __init__(self, kind: Kind, user: User, code: str, *, group: str = "0", told: Mapping[str, Any]) -> None:
        """`told`: what a form sent, by the bare names of the controls, each with all of its values."""
        self.kind, self.user, self.code, self.group = kind, user, code, group
        self.path = _first(told, "field")
        self.field, self.of = field_at(kind, user, self.path)
        super().__init__(prefix=None)
        operators = offered_operators(self.field) if self.field else {}
        asked = _first(told, "op")
        usual = self.field.usual_operator if self.field and self.field.usual_operator in operators else ""
        self.op = asked if asked in operators else usual or next(iter(operators), "")
        self.operator: Operator | None = operators.get(self.op)
        self.told, self.problem = told, ""
        self._ask("field", forms.ChoiceField(choices=_offered_fields(kind, user), label=_("Field")), self.path)
        if self.operator is not None:
            labels = [(name, one.label) for name, one in operators.items()]
            self._ask("op", forms.ChoiceField(choices=labels, label=_("Comparison")), self.op)
            for name, control, value in self._values():
                self._ask(name, control, value)

    def _ask(self, name: str, control: forms.Field, value: Any) -> None:
        control.initial, control.required = value, False
        control.widget.attrs |= {"aria-label": control.label or _("Value")}
        self.fields[f"{name}-{self.code}"] = control

    @property
    def value_fields(self) -> list[Any]:
        chosen = {f"field-{self.code}", f"op-{self.code}"}
        return [self[name] for name in self.fields if name not in chosen]

    @property
    def field_bound(self) -> Any:
        return self[f"field-{self.code}"]

    @property
    def op_bound(self) -> Any:
        return self[f"op-{self.code}"] if f"op-{self.code}" in self.fields else None

    # -- controls ----------------------------------------------------------------------------------------------------

    def _values(self) -> Iterator[tuple[str, forms.Field, Any]]:
        held = self.told.get("value", [])
        match self.operator.takes if self.operator else "nothing":
            case "many":
                yield "value", self._many(), held
            case "one" if self._is_day:
                yield from self._day(held)
            case "one":
                yield "value", self._one(), self._as_held(held[0] if held else "")
            case "two":
                yield "value", self._one(), self._as_held(held[0] if held else "")
                yield "value2", self._one(), self._as_held(_first(self.told, "value2"))
            case "period" | "month" as of:
                named = moments.MONTHS.items() if of == "month" else [(k, w) for k, (w, *_d) in moments.PERIODS.items()]
                yield "value", forms.ChoiceField(choices=list(named)), held[0] if held else ""

    def _as_held(self, text: str) -> Any:
        """A number as a number, so that its control writes it in groups."""
        is_plain = self.field is not None and self.field.is_number and text.isascii() and text.isdigit()
        return Decimal(text) if is_plain else text

    @property
    def _is_day(self) -> bool:
        return self.field is not None and "within" in self.field.operators

    def _many(self) -> forms.Field:
        """What is offered, else what is typed with commas between; another record by what it is called."""
        assert self.field is not None
        if is_typed(self.field, self.user):
            return CleanCharField(max_length=2000, widget=forms.TextInput({"placeholder": _("with commas between")}))
        choices = choices_of(self.field, self.user, self.told.get("value", []))
        return forms.MultipleChoiceField(choices=choices, widget=forms.SelectMultiple(_asked_by(self.field)))

    def _one(self) -> forms.Field:
        assert self.field is not None
        if self._is_day:
            return VnDateField()
        if self.field.is_number:
            return self.field.form_field(self.user)
        fixed = [(str(value), label) for value, label in self.field.choices()]
        return forms.ChoiceField(choices=fixed) if fixed else CleanCharField(max_length=300)

    def _day(self, held: Sequence[str]) -> Iterator[tuple[str, forms.Field, Any]]:
        when = _first(self.told, "when") or "on"
        yield "when", forms.ChoiceField(choices=list(WHENS.items()), label=_("When")), when
        if when == "on":
            yield "value", VnDateField(), held[0] if held else ""
        elif when in ("ago", "ahead"):
            yield (
                "n",
                forms.IntegerField(min_value=0, max_value=moments.FURTHEST, label=_("How many days")),
                self._days(),
            )

    def _days(self) -> str:
        return _first(self.told, "n") or "3"

    # -- the condition -----------------------------------------------------------------------------------------------

    def tree(self) -> Tree | None:
        """What the line asks; None while it asks nothing; with `problem` where that is nothing one can ask."""
        if self.field is None or self.operator is None:
            return None
        try:
            part: Tree = {"field": self.field.name, "op": self.op}
            if self.operator.takes != "nothing":
                part["value"] = self._value(self.operator.takes)
            tree = {"field": self.path.partition(".")[0], "op": "where", "value": part} if self.of else part
            compile_tree(self.kind, self.user, tree)
        except forms.ValidationError as error:
            self.problem = " ".join(error.messages)
        except DomainError:
            self.problem = _("Give a value.")
        else:
            return tree
        return None

    def _value(self, takes: str) -> Any:
        told = [one for one in self.told.get("value", []) if one]
        if takes == "many":
            parts = [part.strip() for one in told for part in one.split(",") if part.strip()]
            return parts if self.field is not None and is_typed(self.field, self.user) else told
        if takes in ("period", "month"):
            return told[0] if told else ""
        if takes == "two":
            return [self._read(told[0] if told else ""), self._read(_first(self.told, "value2"))]
        return self._said_day(told) if self._is_day else self._read(told[0] if told else "")

    def _said_day(self, told: Sequence[str]) -> Any:
        match _first(self.told, "when") or "on":
            case "on":
                return self._read(told[0] if told else "")
            case "today":
                return {"start": "day"}
            case "ago" | "ahead" as way:
                days = forms.IntegerField(min_value=0, max_value=moments.FURTHEST).clean(self._days())
                return {"start": "day", "days": -days if way == "ago" else days}
            case start:
                return {"start": start}

    def _read(self, text: str) -> Any:
        """One value as JSON keeps it."""
        assert self.field is not None
        control = self._one()
        control.required = True
        value = control.clean(text)
        if self._is_day:
            return value.isoformat()
        return self.field.to_json(value) if self.field.is_number else value


def _first(told: Mapping[str, Any], name: str) -> str:
    values = told.get(name) or [""]
    return str(values[0])


def field_at(kind: Kind, user: User, path: str) -> tuple[Field | None, Kind | None]:
    """The field that a path names, and the kind of the record between, if there is one."""
    name, _dot, inner = path.partition(".")
    found = kind.schema_for(user).get(name)
    if found is None or not inner:
        return (found if found is not None and can_be_asked_about(found) else None), None
    if "where" not in found.operators:
        return None, None
    other = kinds.get(found.kind)  # type: ignore[attr-defined]
    below = other.schema_for(user).get(inner)
    return (below if below is not None and can_be_asked_about(below) else None), other


def can_be_asked_about(one: Field) -> bool:
    """More than the menu of filters offers: whatever a page shows and can be compared."""
    return (one.filterable or one.on_page) and bool(offered_operators(one))


def offered_operators(one: Field) -> dict[str, Operator]:
    return {name: operator for name, operator in one.operators.items() if operator.takes != "condition"}


def _offered_fields(kind: Kind, user: User) -> list[Any]:
    """[("", "…"), the fields of the kind, then a group for each record that is referred to]."""
    own = [(one.name, one.label) for one in kind.schema_for(user) if can_be_asked_about(one)]
    beyond = []
    for one in kind.schema_for(user):
        if "where" in one.operators and can_be_asked_about(one):
            fields = [inner for inner in kinds.get(one.kind).schema_for(user) if can_be_asked_about(inner)]  # type: ignore[attr-defined]
            beyond.append(
                (one.label, [(f"{one.name}.{inner.name}", f"{one.label}: {inner.label}") for inner in fields])
            )
    return [("", "—"), *own, *beyond]


def is_record(one: Field) -> bool:
    return one.cell == "row"


def _asked_by(one: Field) -> dict[str, str]:
    """How a combobox comes to its entries (js/pick.js)."""
    at = kinds.get(one.kind).url("pick") if is_record(one) else one.asked_at()  # type: ignore[attr-defined]
    return {"data-pick-url": at} if at else {"data-pick": ""}


def is_typed(one: Field, user: User) -> bool:
    """Whether there is nothing to choose from."""
    return not (is_record(one) or one.asked_at() or one.choices()) and one.table(user) is None


def choices_of(one: Field, user: User, held: Sequence[str]) -> list[tuple[str, Any]]:
    """What can be chosen of a field's values; of other records only those that are."""
    mine = [("me", _("Me"))] if one.cell == "person" else []
    table = one.table(user)
    if table is not None:
        return [*mine, *((str(pk), str(name)) for pk, name in table.values_list("pk", one.named_by))]  # type: ignore[attr-defined]
    if fixed := one.choices():
        return [(str(value), label) for value, label in fixed]
    return list(one.names_of(held, user).items())


# A whole dialog -------------------------------------------------------------------------------------------------------


@dataclass
class Lines:
    """Lines that stand together, all of which must be true, or any."""

    code: str
    is_any: bool = False
    lines: list[Line] = field(default_factory=list)


class Dialog:
    """All of it. `kept`: a part of the condition that no lines can say; it goes along as it is."""

    def __init__(self, kind: Kind, user: User, groups: list[Lines], kept: Tree | None = None) -> None:
        self.kind, self.user, self.groups, self.kept = kind, user, groups, kept

    @property
    def kept_json(self) -> str:
        return json.dumps(self.kept, ensure_ascii=False) if self.kept else ""

    @property
    def kept_words(self) -> str:
        return words_of(self.kind, self.user, self.kept) if self.kept else ""

    @property
    def problems(self) -> bool:
        return any(line.problem for group in self.groups for line in group.lines)

    def tree(self) -> Tree:
        """The condition; empty without a line that asks something. Sets the `problem` of lines that cannot be asked."""
        first, *others = [self._of_group(one) for one in self.groups]
        parts = [*first, *(part for some in others for part in some), *([self.kept] if self.kept else [])]
        if not parts:
            return {}
        return {"any" if self.groups[0].is_any else "all": parts}

    def _of_group(self, group: Lines) -> list[Tree]:
        found = [tree for line in group.lines if (tree := line.tree()) is not None]
        if group is self.groups[0] or len(found) < 2:
            return found
        return [{"any" if group.is_any else "all": found}]


def sent(kind: Kind, user: User, data: QueryDict) -> Dialog:
    """What somebody has filled in."""
    codes = [one for one in data.getlist("line") if one.isalnum()][:MOST_LINES]
    groups = {"0": Lines("0", data.get("any-0") == "any")}
    for code in codes:
        group = data.get(f"of-{code}", "0")
        told = {name: data.getlist(f"{name}-{code}") for name in ("field", "op", "value", "value2", "when", "n")}
        at = groups.setdefault(group, Lines(group, data.get(f"any-{group}") == "any"))
        at.lines.append(Line(kind, user, code, group=group, told=told))
    kept = _kept(kind, user, data.get("kept", ""))
    return Dialog(kind, user, list(groups.values()), kept)


def _kept(kind: Kind, user: User, text: str) -> Tree | None:
    try:
        tree = json.loads(text) if text else None
        if tree:
            compile_tree(kind, user, tree)
    except (ValueError, RecursionError, DomainError):
        return None
    return tree or None


def of_tree(kind: Kind, user: User, tree: Tree) -> Dialog:
    """The lines that say a condition; what they cannot say is `kept`."""
    word = next(iter(tree), "all")
    parts = [] if not tree else tree[word] if word in ("all", "any") else [tree]
    groups, kept = [Lines("0", word == "any")], []
    for part in parts:
        if (line := _line_of(kind, user, part)) is not None:
            groups[0].lines.append(line)
        elif (inner := _group_of(kind, user, part)) is not None:
            groups.append(inner)
        else:
            kept.append(part)
    if not groups[0].lines and not groups[1:]:
        groups[0].lines.append(blank(kind, user))
    together = {word if word in ("all", "any") else "all": kept}
    return Dialog(kind, user, groups, together if kept else None)


def blank(kind: Kind, user: User, group: str = "0") -> Line:
    return Line(kind, user, token_hex(4), group=group, told={})


def _group_of(kind: Kind, user: User, tree: Tree) -> Lines | None:
    [(word, inner)] = tree.items() if len(tree) == 1 else [("", ())]
    if word not in ("all", "any") or not inner:
        return None
    code = token_hex(4)
    lines = [_line_of(kind, user, one, group=code) for one in inner]
    return Lines(code, word == "any", [one for one in lines if one]) if all(lines) else None


def _line_of(kind: Kind, user: User, tree: Tree, group: str = "0") -> Line | None:
    if "field" not in tree:
        return None
    path, part = tree["field"], tree
    if tree["op"] == "where":
        part = tree["value"]
        if "field" not in part or part["op"] == "where":
            return None
        path = f"{path}.{part['field']}"
    value = part.get("value")
    field, _of = field_at(kind, user, path)
    told = {
        "field": [path],
        "op": [part["op"]],
        **_told(value, is_day=field is not None and "within" in field.operators),
    }
    line = Line(kind, user, token_hex(4), group=group, told=told)
    said = line.tree() if line.operator is not None else None
    return line if said is not None and _is_same(kind, user, said, tree) else None


def _is_same(kind: Kind, user: User, one: Tree, other: Tree) -> bool:
    """Whether two conditions ask the same: 5 and "5" do."""
    return one == other or compile_tree(kind, user, one) == compile_tree(kind, user, other)


def _told(value: Any, *, is_day: bool) -> dict[str, list[str]]:
    """A value as the controls send it."""
    if isinstance(value, dict):
        return _told_day(value)
    values = [str(one) for one in (value if isinstance(value, list) else [] if value is None else [value])]
    typed = [_as_typed(one) if is_day else one for one in values]
    return {"value": typed, "value2": typed[1:2]}


def _told_day(value: dict[str, Any]) -> dict[str, list[str]]:
    days = value.get("days", 0)
    if set(value) <= {"start", "days"} and value.get("start") == "day":
        way = "today" if not days else "ago" if days < 0 else "ahead"
        return {"when": [way], "n": [str(abs(days))]}
    return {"when": [str(value.get("start", ""))]}


def _as_typed(text: str) -> str:
    """A day as people write it."""
    try:
        return f"{moments.read_day(text[:10]):%d/%m/%Y}"
    except ValueError:
        return text
