from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from pheu.core.templatetags.signs import TONES, tag
from pheu.core.vietnamese.fields import CleanCharField
from pheu.setup.lists import CompanyList

COLOURS = {
    "jade": _("Green"), "blue": _("Blue"), "violet": _("Violet"), "amber": _("Amber"), "rose": _("Pink"),
    "red": _("Red"), "slate": _("Grey"),
}  # fmt: skip


class ItemForm(forms.Form):
    """One entry of a list: its name, its colour, and what else that list knows of it."""

    name = CleanCharField(label=_("Name"), max_length=100)
    colour = forms.ChoiceField(label=_("Colour"), widget=forms.RadioSelect)

    def __init__(self, data: Any = None, *, of: CompanyList, item: Any = None) -> None:
        names = ("name", "colour", *of.more)
        held = {name: getattr(item, name) for name in names} if item else {"colour": "slate"}
        super().__init__(data, initial=held)
        shown = [(tone, tag(COLOURS[tone], tone)) for tone in TONES]
        self.fields["colour"].choices = shown  # type: ignore[attr-defined]
        for name in of.more:
            self.fields[name] = of.column(name).formfield()
            self.fields[name].initial = held.get(name, self.fields[name].initial)

    @property
    def others(self) -> list[Any]:
        """What a list knows besides, drawn after the name and the colour."""
        return [self[name] for name in self.fields if name not in ("name", "colour")]

    def changes(self) -> dict[str, tuple[Any, Any]]:
        """{column: (what the person saw, what they want)}."""
        return {name: (self._saw(name), new) for name, new in self.cleaned_data.items()}

    def _saw(self, name: str) -> Any:
        bound = self[name]
        sent = self.data.get(bound.html_initial_name)
        return bound.initial if sent is None else bound.field.to_python(sent)

    def beginnings(self) -> list[Any]:
        """Hidden fields that say what the person saw."""
        return [self[name].as_hidden(only_initial=True) for name in self.fields]
