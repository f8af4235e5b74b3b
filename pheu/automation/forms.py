"""A rule of «Cấu hình» as a form; its condition is asked by the same lines as that of a list."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from pheu.automation.models import HandOutRule
from pheu.automation.queries import company, kind_without_stages, wrong_with
from pheu.automation.rules import RETURNS, DuplicateRules, HandOutRules
from pheu.core.ids import RowField, RowsField
from pheu.core.vietnamese.fields import CleanCharField
from pheu.people.models import Team, User
from pheu.people.scopes import CHANGE
from pheu.records import kinds
from pheu.records.alike import CRITERIA
from pheu.records.asking import of_tree, sent
from pheu.records.conditions import askable
from pheu.records.models import Pipeline
from pheu.setup.forms import FORMS, EntryForm, keep_offering
from pheu.setup.lists import Page


class RuleForm(EntryForm):
    """«Quy tắc phân công»: which records, to whom, in which way. `dialog` holds the lines of the condition."""

    name = CleanCharField(label=_("Name"), max_length=100)
    condition = forms.JSONField(required=False, widget=forms.HiddenInput)
    team = RowField(Team.objects.none(), label=_("To the team"), required=False, empty_label="—")
    people = RowsField(
        User.objects.none(),
        label=_("Between these people"),
        required=False,
        widget=forms.SelectMultiple({"data-pick": ""}),
        help_text=_("Empty: the members of the team"),
    )
    way = forms.ChoiceField(
        label=_("How"), choices=HandOutRule.Way.choices, widget=forms.RadioSelect, initial=HandOutRule.Way.TURNS
    )
    on_new = forms.BooleanField(
        label=_("Runs on every new record"),
        required=False,
        initial=True,
        widget=forms.CheckboxInput({"data-switch": ""}),
        help_text=_("Made on a page, by import or by conversion, without an owner chosen by hand"),
    )

    def __init__(self, data: Any = None, *, of: HandOutRules, item: Any = None, asked: Any = None) -> None:
        super().__init__(data, of=of, item=item, asked=asked)
        self.kind = of.kind
        held, eyes = item.condition if item else {}, company()
        # Of a field that is no more no line can be drawn: what is left is offered, and the form says what is missing.
        self.wrong = wrong_with(self.kind, held)
        lines = askable(self.kind, eyes, held) if self.wrong else held
        self.dialog = sent(self.kind, eyes, data) if data is not None else of_tree(self.kind, eyes, lines)
        keep_offering(self, "team", Team.objects.offered(self.kind.code))
        keep_offering(self, "people", User.objects.who_may(self.kind.code, CHANGE))

    @property
    def groups(self) -> Any:
        return self.dialog.groups

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        given["condition"] = self.dialog.tree()
        if self.dialog.problems:
            self.add_error(None, _("Something is missing in the condition."))
        return given


class ReturnForm(EntryForm):
    """After how many days records of a pipeline go back, and when their owner is told."""

    pipeline = RowField(Pipeline.objects.none(), label=_("Pipeline"), required=False)
    days = forms.IntegerField(label=_("Days without a touch"), min_value=1, max_value=3650, initial=14)
    warn_days = forms.IntegerField(label=_("The owner is told so many days before"), min_value=0, initial=2)

    def __init__(self, data: Any = None, *, of: Page, item: Any = None, asked: Any = None) -> None:
        super().__init__(data, of=of, item=item, asked=asked)
        keep_offering(self, "pipeline", Pipeline.objects.active())
        field: Any = self.fields["pipeline"]
        field.empty_label = kind_without_stages().plural
        field.label_from_instance = lambda one: f"{kinds.get(one.kind).plural} · {one}"


class DuplicateForm(EntryForm):
    """«Quy tắc trùng»: in what two records are the same, and whether the second may be saved."""

    name = CleanCharField(label=_("Name"), max_length=100)
    criteria = forms.MultipleChoiceField(label=_("The same in all of"), widget=forms.CheckboxSelectMultiple)
    blocks = forms.BooleanField(
        label=_("Nobody saves the second one"),
        required=False,
        widget=forms.CheckboxInput({"data-switch": ""}),
        help_text=_("Off: whoever makes it is told, and decides"),
    )

    def __init__(self, data: Any = None, *, of: DuplicateRules, item: Any = None, asked: Any = None) -> None:
        super().__init__(data, of=of, item=item, asked=asked)
        field: Any = self.fields["criteria"]
        field.choices = [(code, CRITERIA[code][0]) for code in of.possible]


FORMS[RETURNS.code] = ReturnForm
FORMS[DuplicateRules] = DuplicateForm
FORMS[HandOutRules] = RuleForm
