import json
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, cast

from django import forms
from django.db.models import Q
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from pheu.core.ids import RowField, RowsField, read_id
from pheu.core.templatetags.signs import TONES, tag
from pheu.core.vietnamese import show_date
from pheu.core.vietnamese.fields import CleanCharField, VnDateField
from pheu.people.models import WEEK, Branch, Department, Holiday, Profile, Role, Team, User
from pheu.people.scopes import FAMILIES, Action, Scope
from pheu.records import kinds
from pheu.records.columns import offered_as, read_columns, usual, write_columns
from pheu.records.fields import Field
from pheu.records.kinds import Kind
from pheu.records.lists import KEPT
from pheu.records.models import SavedView
from pheu.records.schema import READ_ONLY
from pheu.setup.company import in_tree
from pheu.setup.lists import CompanyList, Page
from pheu.setup.profile import asked
from pheu.setup.roles import OF_FIELDS, actions_of, families, name_of, ruled_fields, scopes_of

COLOURS = {
    "jade": _("Green"), "blue": _("Blue"), "violet": _("Violet"), "amber": _("Amber"), "rose": _("Pink"),
    "red": _("Red"), "slate": _("Grey"),
}  # fmt: skip


class EntryForm(forms.Form):
    """One entry of a page of «Cấu hình». Each field carries what the person saw; `asked` is the address's query."""

    def __init__(self, data: Any = None, *, of: Page, item: Any = None, asked: Any = None) -> None:
        self.of, self.item, self.asked = of, item, asked or {}
        super().__init__(data, initial={} if item is None else self.held())

    def held(self) -> dict[str, Any]:
        """What the entry has now, by field."""
        return {name: self.of.column(name).value(self.item) for name in self.base_fields}

    def changes(self) -> dict[str, tuple[Any, Any]]:
        """{column: (what the person saw, what they want)}."""
        return {name: (self._saw(name), new) for name, new in self.cleaned_data.items()}

    def _saw(self, name: str) -> Any:
        bound = self[name]
        if bound.html_initial_name not in self.data and not isinstance(bound.field, RowsField):
            return bound.initial
        raw = bound.field.hidden_widget().value_from_datadict(self.data, self.files, bound.html_initial_name)
        try:
            return bound.field.to_python(raw)
        except forms.ValidationError:
            return None

    def beginnings(self) -> list[Any]:
        """Hidden fields that say what the person saw."""
        return [self[name].as_hidden(only_initial=True) for name in self.fields]


class ItemForm(EntryForm):
    """One entry of a list: its name, its colour, and what else that list knows of it."""

    name = CleanCharField(label=_("Name"), max_length=100)
    colour = forms.ChoiceField(label=_("Colour"), widget=forms.RadioSelect, initial="slate")

    def __init__(self, data: Any = None, *, of: CompanyList, item: Any = None, asked: Any = None) -> None:
        super().__init__(data, of=of, item=item, asked=asked)
        shown = [(tone, tag(COLOURS[tone], tone)) for tone in TONES]
        self.fields["colour"].choices = shown  # type: ignore[attr-defined]
        for name in of.more:
            self.fields[name] = of.column(name).field.formfield()
            if item is not None:
                self.fields[name].initial = of.column(name).value(item)

    @property
    def others(self) -> list[Any]:
        """What a list knows besides, drawn after the name and the colour."""
        return [self[name] for name in self.fields if name not in ("name", "colour")]


def keep_offering(form: EntryForm, name: str, rows: Any) -> None:
    """Offer `rows`, and what the entry has already."""
    held = form.of.column(name).value(form.item) if form.item else None
    pks = [one.pk for one in held] if isinstance(held, frozenset) else [held.pk] if held else []
    form.fields[name].queryset = rows | rows.model._default_manager.filter(pk__in=pks)  # type: ignore[attr-defined]


class TeamForm(EntryForm):
    """«Đội bán hàng»: what it works on, who leads it and who is in it (R3.04-3.12)."""

    name = CleanCharField(label=_("Name"), max_length=200)
    serves_quotes = forms.BooleanField(label=_("Quotes"), required=False)
    serves_deals = forms.BooleanField(label=_("Deals"), required=False, initial=True)
    serves_leads = forms.BooleanField(label=_("Leads"), required=False, initial=True)
    alias = CleanCharField(
        label=_("E-mail alias"),
        required=False,
        max_length=200,
        help_text=_("A mail to this address becomes a deal or a lead of the team. For example: sales.north"),
    )
    alias_makes = forms.ChoiceField(
        label=_("A mail to it becomes"),
        choices=Team.Makes.choices,
        required=False,
        initial=Team.Makes.DEAL,
        widget=forms.RadioSelect,
    )
    leader = RowField(
        User.objects.none(),
        label=_("Team leader"),
        required=False,
        empty_label="—",
        widget=forms.Select({"data-pick": ""}),
    )
    branch = RowField(Branch.objects.none(), label=_("Branch"), required=False, empty_label="—")
    members = RowsField(
        User.objects.none(), label=_("Members"), required=False, widget=forms.SelectMultiple({"data-pick": ""})
    )

    def __init__(self, data: Any = None, *, of: Page, item: Any = None, asked: Any = None) -> None:
        super().__init__(data, of=of, item=item, asked=asked)
        people = User.objects.active()
        keep_offering(self, "leader", people)
        keep_offering(self, "members", people)
        keep_offering(self, "branch", Branch.objects.filter(is_active=True))

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        # What is not shown is not asked.
        if not (given.get("serves_deals") and given.get("serves_leads") and given.get("alias_makes")):
            given["alias_makes"] = Team.Makes.DEAL.value
        return given if given.get("serves_deals") else given | {"alias": ""}


class BranchForm(EntryForm):
    name = CleanCharField(label=_("Name"), max_length=200)


class DepartmentForm(EntryForm):
    """A department and what it is a part of."""

    name = CleanCharField(label=_("Name"), max_length=200)
    parent = RowField(Department.objects.none(), label=_("Part of"), required=False)

    def __init__(self, data: Any = None, *, of: Page, item: Any = None, asked: Any = None) -> None:
        super().__init__(data, of=of, item=item, asked=asked)
        offer_departments(self, "parent", but=item.path if item else "")


def offer_departments(form: EntryForm, name: str, but: str = "") -> None:
    """Offer the departments in use as a tree, without those below the path `but`; and the one that is chosen now."""
    held = getattr(form.item, f"{name}_id", None)
    rows = [one for one in in_tree(Department.objects.all()) if one.is_active or one.pk == held]
    offered = [one for one in rows if not (but and one.path.startswith(but))]
    field: Any = form.fields[name]
    field.queryset = Department.objects.filter(pk__in=[one.pk for one in offered])
    field.choices = [("", "—"), *((one.pk, f"{'· ' * one.depth}{one}") for one in offered)]


class RoleForm(EntryForm):
    """A role as a matrix: families and kinds x actions, and which fields are hidden or only read.

    `asked` may name the role that a new one begins as (`from`), and one to look at beside it (`with`). `seen` is what
    the person saw, so that a save touches what they changed; a form without it changes no right.
    """

    name = CleanCharField(label=_("Name"), max_length=100)

    def __init__(self, data: Any = None, *, of: Page, item: Any = None, asked: Any = None) -> None:
        super().__init__(data, of=of, item=item, asked=asked)
        self.other = Role.objects.filter(pk=read_id(self.asked.get("with")) or 0).first()
        source = item or Role.objects.filter(pk=read_id(self.asked.get("from")) or 0).first() or Role()
        self.seen = {"grants": source.grants, "fields": source.fields}
        self.families = families()
        for row in (*self.families, *(kind.code for kind in kinds.every())):
            self._ask_for_row(row, source.grants)
        for kind, fields in ruled_fields():
            for one in fields:
                self._ask_for_field(kind, one, source.fields.get(kind.code, {}))
        self.fields["seen"] = forms.CharField(widget=forms.HiddenInput, required=False, initial=json.dumps(self.seen))

    def _ask_for_row(self, row: str, grants: Any) -> None:
        if row not in self.families:
            own: dict[str, Any] = {"label": _("Rights of its own"), "initial": row in grants}
            self.fields[f"own-{row}"] = forms.BooleanField(required=False, **own)
        granted = grants.get(row, grants.get(FAMILIES.get(row, ""), {}))
        for action in actions_of(row):
            scopes = [(one.value, one.label) for one in scopes_of(row)]
            label = f"{name_of(row)} · {action.label}"
            widget = forms.Select({"aria-label": label})
            self.fields[f"grant-{row}-{action}"] = forms.ChoiceField(
                label=label, choices=scopes, required=False, initial=granted.get(action, Scope.NONE), widget=widget
            )

    def _ask_for_field(self, kind: Any, one: Any, rights: Any) -> None:
        is_title, held = one.name in kind.fields.title, rights.get(one.name, "")
        offered = [(how, label) for how, label in OF_FIELDS.items() if how in (READ_ONLY, held) or not is_title]
        self.fields[f"field-{kind.code}-{one.name}"] = forms.ChoiceField(
            label=one.label,
            choices=[("", _("As the row")), *offered],
            required=False,
            initial=held,
            help_text=_("Records are called by it: never hidden") if is_title else "",
        )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if "seen" not in self.data:
            return {"name": given.get("name", ""), **self.seen}
        return {"name": given.get("name", ""), "grants": self._grants(given), "fields": self._rights(given)}

    def _grants(self, given: dict[str, Any]) -> dict[str, dict[str, str]]:
        rows = [*self.families, *(kind.code for kind in kinds.every() if given.get(f"own-{kind.code}"))]
        granted = {row: self._granting(row, given) for row in rows}
        return {row: cells for row, cells in granted.items() if cells or row not in self.families}

    def _granting(self, row: str, given: dict[str, Any]) -> dict[str, str]:
        scopes = {str(one): given.get(f"grant-{row}-{one}") for one in actions_of(row)}
        return {action: scope for action, scope in scopes.items() if scope and scope != Scope.NONE}

    def _rights(self, given: dict[str, Any]) -> dict[str, dict[str, str]]:
        """Those of fields that this form does not know stay."""
        asked = {kind.code: {one.name for one in fields} for kind, fields in ruled_fields()}
        rights: dict[str, dict[str, str]] = {}
        for code, held in self.seen["fields"].items():
            rights[code] = {name: told for name, told in held.items() if name not in asked.get(code, ())}
        for code, names in asked.items():
            told = {name: given.get(f"field-{code}-{name}") for name in names}
            rights[code] = rights.get(code, {}) | {name: right for name, right in told.items() if right}
        return {code: told for code, told in rights.items() if told}

    def changes(self) -> dict[str, tuple[Any, Any]]:
        new, saw = self.cleaned_data, self._seen()
        return {"name": (self._saw("name"), new["name"])} | {
            name: (saw[name], new[name]) for name in ("grants", "fields")
        }

    def _seen(self) -> dict[str, Any]:
        """What the person saw, if it can be read: tables of tables of texts."""
        try:
            told = json.loads(self.data.get("seen", "null"))
            tables = {name: told[name] for name in ("grants", "fields")}
            cells = [cell for table in tables.values() for row in table.values() for cell in row.values()]
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return self.seen
        return tables if all(isinstance(one, str) for one in cells) else self.seen

    def beginnings(self) -> list[Any]:
        return [self["name"].as_hidden(only_initial=True), self["seen"]]

    @property
    def actions(self) -> list[Action]:
        return list(Action)

    @property
    def others(self) -> Any:
        """The roles that this one can be looked at beside."""
        return Role.objects.exclude(pk=self.item.pk) if self.item else Role.objects.none()

    def matrix(self) -> Iterator[dict[str, Any]]:
        """The rows: what they are for, and the cell of each action; `other` is what the role beside has there."""
        for row in (*self.families, *(kind.code for kind in kinds.every())):
            own = self[f"own-{row}"] if f"own-{row}" in self.fields else None
            cells = [self._cell(row, action) if action in actions_of(row) else None for action in Action]
            yield {"code": row, "label": name_of(row), "own": own, "cells": cells}

    def _cell(self, row: str, action: Action) -> dict[str, Any]:
        bound = self[f"grant-{row}-{action}"]
        mine, other = Role(grants=self.seen["grants"]), self.other
        if other is None or not (row in self.families or row in mine.grants or row in other.grants):
            return {"bound": bound, "other": ""}
        theirs = other.scope(row, action)
        return {"bound": bound, "other": theirs.label if theirs != mine.scope(row, action) else ""}

    def field_rights(self) -> Iterator[tuple[Any, list[Any], int]]:
        """(kind, [(bound field, what the role beside has, where that differs)], how many are ruled)."""
        for kind, fields in ruled_fields():
            mine = self.seen["fields"].get(kind.code, {})
            theirs = self.other.fields.get(kind.code, {}) if self.other else mine
            drawn = [
                (
                    self[f"field-{kind.code}-{one.name}"],
                    OF_FIELDS.get(theirs.get(one.name, ""), _("As the row"))
                    if theirs.get(one.name) != mine.get(one.name)
                    else "",
                )
                for one in fields
            ]
            yield kind, drawn, len(mine)


class RoleListForm(forms.Form):
    """How the lists of a kind begin for the people of a role: the view, the columns, whether these are fixed."""

    tab = forms.ChoiceField(label=_("The list begins with"), required=False)
    is_locked = forms.BooleanField(label=_("People of this role cannot change the columns"), required=False)

    def __init__(self, data: Any = None, *, role: Role, kind: Kind, by: User) -> None:
        self.role, self.kind, self.looks = role, kind, role.lists.get(kind.code, {})
        super().__init__(data, initial=self.looks)
        kept = SavedView.objects.filter(Q(for_all=True) | Q(roles__contains=[role.pk]), kind=kind.code, is_active=True)
        own = [(f"{KEPT}{one.pk}", one.name) for one in kept]
        usual = [(one.code, one.label) for one in kind.views(by)]
        self.fields["tab"].choices = [("", _("The first one with rows")), *usual, *own]  # type: ignore[attr-defined]

    def offered(self) -> list[tuple[Field, str, bool, bool]]:
        schema = self.kind.schema
        return offered_as(schema, read_columns(schema, self.looks.get("columns", "")) or usual(schema))

    def changes(self) -> dict[str, tuple[Any, Any]]:
        data = cast(QueryDict, self.data)
        names = "" if "usual" in data else ",".join(data.getlist("cols"))
        columns = write_columns(read_columns(self.kind.schema, names))
        is_locked = "yes" if columns and self.cleaned_data["is_locked"] else ""
        looks = {"columns": columns, "is_locked": is_locked, "tab": self.cleaned_data["tab"]}
        told = {name: value for name, value in looks.items() if value}
        others = {code: look for code, look in self.role.lists.items() if code != self.kind.code}
        return {"lists": (self.role.lists, {**others, self.kind.code: told} if told else others)}


class PersonForm(EntryForm):
    """Somebody with an account: who they are, what they may, where they belong."""

    full_name = CleanCharField(label=_("Full name"), max_length=200)
    email = forms.EmailField(label=_("E-mail"), max_length=254)
    role = RowField(Role.objects.all(), label=_("Role"), empty_label="—")
    department = RowField(Department.objects.none(), label=_("Department"), required=False)
    teams = RowsField(
        Team.objects.none(), label=_("Sales teams"), required=False, widget=forms.SelectMultiple({"data-pick": ""})
    )
    job_title = CleanCharField(label=_("Job title"), required=False, max_length=200)
    capacity = forms.IntegerField(
        label=_("Capacity"),
        required=False,
        min_value=0,
        max_value=30_000,
        help_text=_("How many open records they can take care of at once"),
    )

    def __init__(self, data: Any = None, *, of: Page, item: Any = None, asked: Any = None) -> None:
        super().__init__(data, of=of, item=item, asked=asked)
        offer_departments(self, "department")
        keep_offering(self, "teams", Team.objects.filter(is_active=True))

    def clean_email(self) -> str:
        return self.cleaned_data["email"].lower()


class TimeOffForm(forms.Form):
    """On which days somebody is not there."""

    begins_on = VnDateField(label=_("From"))
    ends_on = VnDateField(label=_("To"))
    reason = CleanCharField(label=_("Reason"), required=False, max_length=200)


class LeavingForm(forms.Form):
    """Who takes over what somebody who leaves has in hand."""

    heir = RowField(
        User.objects.none(),
        label=_("Who takes over"),
        required=False,
        empty_label="—",
        widget=forms.Select({"data-pick": ""}),
    )

    def __init__(self, data: Any = None, *, person: User, must_hand_over: bool) -> None:
        super().__init__(data)
        field: Any = self.fields["heir"]
        field.queryset, field.required = User.objects.active().exclude(pk=person.pk), must_hand_over


class ProfileForm(EntryForm):
    """«Hồ sơ công ty»; for those who may only look at it, closed."""

    def __init__(self, data: Any = None, *, of: Page, item: Profile, may_change: bool) -> None:
        super().__init__(data, of=of, item=item)
        self.fields.update(asked())
        for name, field in self.fields.items():
            field.initial, field.disabled = getattr(item, name), not may_change

    def hours(self) -> list[Any]:
        """The weekdays, Monday first."""
        return [self[day] for day in WEEK]


class HolidayForm(EntryForm):
    """A day off, or one that is worked instead."""

    day = VnDateField(label=_("Date"))
    name = CleanCharField(label=_("Name"), max_length=100)
    is_working = forms.BooleanField(
        label=_("A day of work"), required=False, help_text=_("Worked in exchange for a day off («làm bù»).")
    )


class HolidaysForm(forms.Form):
    """Which of the public holidays of a year come into the list."""

    days = forms.TypedMultipleChoiceField(
        label=_("Days"), coerce=date.fromisoformat, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, data: Any = None, *, days: Sequence[Holiday]) -> None:
        super().__init__(data)
        field: Any = self.fields["days"]
        field.choices = [(one.day.isoformat(), f"{show_date(one.day)} · {one.name}") for one in days]
        field.initial = [one.day.isoformat() for one in days]


# By the code of a page, or by its class where several are alike; apps above add theirs.
FORMS: dict[str | type[Page], type[EntryForm]] = {
    "holidays": HolidayForm,
    "teams": TeamForm,
    "branches": BranchForm,
    "departments": DepartmentForm,
    "people": PersonForm,
    "roles": RoleForm,
}


def form_of(page: Page) -> type[EntryForm]:
    return FORMS.get(page.code) or FORMS.get(type(page), ItemForm)
