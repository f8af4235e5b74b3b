from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from pheu.core.ids import RowField, RowsField
from pheu.core.templatetags.signs import TONES, tag
from pheu.core.vietnamese.fields import CleanCharField
from pheu.people.models import Branch, Department, User
from pheu.setup.company import in_tree
from pheu.setup.lists import CompanyList, Page

COLOURS = {
    "jade": _("Green"), "blue": _("Blue"), "violet": _("Violet"), "amber": _("Amber"), "rose": _("Pink"),
    "red": _("Red"), "slate": _("Grey"),
}  # fmt: skip


class EntryForm(forms.Form):
    """One entry of a page of «Cấu hình»; each field carries what the person saw."""

    def __init__(self, data: Any = None, *, of: Page, item: Any = None) -> None:
        self.of, self.item = of, item
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

    def __init__(self, data: Any = None, *, of: CompanyList, item: Any = None) -> None:
        super().__init__(data, of=of, item=item)
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


def _keep_offering(form: EntryForm, name: str, rows: Any) -> None:
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
        help_text=_("A mail to this address becomes a deal of the team. For example: sales.north"),
    )
    leader = RowField(
        User.objects.none(), label=_("Team leader"), required=False, widget=forms.Select({"data-pick": ""})
    )
    branch = RowField(Branch.objects.none(), label=_("Branch"), required=False)
    members = RowsField(
        User.objects.none(), label=_("Members"), required=False, widget=forms.SelectMultiple({"data-pick": ""})
    )

    def __init__(self, data: Any = None, *, of: Page, item: Any = None) -> None:
        super().__init__(data, of=of, item=item)
        people = User.objects.active()
        _keep_offering(self, "leader", people)
        _keep_offering(self, "members", people)
        _keep_offering(self, "branch", Branch.objects.filter(is_active=True))

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        # What is not shown is not asked.
        return given if given.get("serves_deals") else given | {"alias": ""}


class BranchForm(EntryForm):
    name = CleanCharField(label=_("Name"), max_length=200)


class DepartmentForm(EntryForm):
    """A department and what it is a part of."""

    name = CleanCharField(label=_("Name"), max_length=200)
    parent = RowField(Department.objects.none(), label=_("Part of"), required=False)

    def __init__(self, data: Any = None, *, of: Page, item: Any = None) -> None:
        super().__init__(data, of=of, item=item)
        offer_departments(self, "parent", but=item.path if item else "")


def offer_departments(form: EntryForm, name: str, but: str = "") -> None:
    """Offer the departments in use as a tree, without those below the path `but`; and the one that is chosen now."""
    held = getattr(form.item, f"{name}_id", None)
    rows = [one for one in in_tree(Department.objects.all()) if one.is_active or one.pk == held]
    offered = [one for one in rows if not (but and one.path.startswith(but))]
    field: Any = form.fields[name]
    field.queryset = Department.objects.filter(pk__in=[one.pk for one in offered])
    field.choices = [("", "—"), *((one.pk, f"{'· ' * one.depth}{one}") for one in offered)]


FORMS: dict[str, type[EntryForm]] = {"teams": TeamForm, "branches": BranchForm, "departments": DepartmentForm}


def form_of(page: Page) -> type[EntryForm]:
    return FORMS.get(page.code, ItemForm)
