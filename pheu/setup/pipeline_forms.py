"""What an admin types of pipelines and stages."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from pheu.core.ids import read_ids
from pheu.core.templatetags.signs import TONES, tag
from pheu.core.vietnamese.fields import CleanCharField, MoneyField
from pheu.people.models import Role
from pheu.records.forms import StageField
from pheu.records.gates import checks_for, fields_for
from pheu.records.kinds import Kind
from pheu.records.models import Category, Pipeline, Stage
from pheu.records.shipped import LANGUAGE, shown
from pheu.setup.forms import COLOURS
from pheu.setup.pipelines import COPIED, GATE, HELD, MOST_DAYS, OF_ROLES

Columns = Mapping[str, Any]


class Remembering(forms.Form):
    """A form that carries what the person saw of each column, as hidden fields."""

    kept: tuple[str, ...]

    def beginnings(self) -> list[Any]:
        return [self[name].as_hidden(only_initial=True) for name in self.kept if name in self.fields]

    def changes(self) -> dict[str, tuple[Any, Any]]:
        """{column: (what the person saw, what they want)}."""
        return {name: (self._saw(name), self.cleaned_data[name]) for name in self.kept if name in self.cleaned_data}

    def _saw(self, name: str) -> Any:
        bound = self[name]
        if isinstance(bound.field, forms.MultipleChoiceField):
            told = cast(QueryDict, self.data).getlist(bound.html_initial_name)
            return list(map(int, read_ids(told))) if isinstance(bound.field, RolesField) else told
        sent = self.data.get(bound.html_initial_name)
        try:
            return bound.initial if sent is None else bound.field.to_python(sent)
        except forms.ValidationError:  # not what we wrote there: nothing that stands in the column
            return None


class NewPipelineForm(forms.Form):
    """A pipeline's name, and what it begins with: the fewest stages that it needs, an example, or those of another."""

    name = CleanCharField(label=_("Name"), max_length=100)
    like = forms.ChoiceField(label=_("Begin with"), widget=forms.RadioSelect)

    def __init__(self, data: Any = None, *, kind: Kind) -> None:
        super().__init__(data, initial={"like": "least"})
        self.choices: dict[str, tuple[Any, Sequence[Columns]]] = {"least": (_("The fewest stages"), _least(kind))}
        for nth, (name, stages) in enumerate(kind.templates.items()):
            self.choices[f"template-{nth}"] = (_("Example: %(name)s") % {"name": name}, stages)
        for one in Pipeline.objects.filter(kind=kind.code).prefetch_related("stages"):
            stages = [{name: getattr(stage, name) for name in COPIED} for stage in one.stages.all()]
            self.choices[f"copy-{one.pk}"] = (_("A copy of “%(name)s”") % {"name": one}, stages)
        drawn = [(code, _drawn(label, stages)) for code, (label, stages) in self.choices.items()]
        self.fields["like"].choices = drawn  # type: ignore[attr-defined]

    @property
    def stages(self) -> Sequence[Columns]:
        return self.choices[self.cleaned_data["like"]][1]


def _least(kind: Kind) -> list[Columns]:
    """One stage of each category that the kind needs, called as the company calls it."""
    with override(LANGUAGE):
        return [
            {"name": str(Category(one).label), "category": one, "is_folded": Stage(category=one).is_closing}
            for one in kind.needs
        ]


def _drawn(label: Any, stages: Sequence[Columns]) -> str:
    return f"{label}: {' → '.join(shown(one['name']) for one in stages)}"


class PipelineNameForm(Remembering):
    kept = ("name",)
    name = CleanCharField(label=_("Name"), max_length=100)


class RolesField(forms.TypedMultipleChoiceField):
    """Roles by their ids, in the order of these; none is everybody."""

    def __init__(self, **told: Any) -> None:
        super().__init__(
            coerce=int,
            empty_value=[],
            required=False,
            widget=forms.CheckboxSelectMultiple,
            help_text=_("None ticked: everybody who may move them"),
            choices=lambda: list(Role.objects.values_list("pk", "name")),
            **told,
        )

    def clean(self, value: Any) -> list[int]:
        return sorted(super().clean(value))


class StageForm(Remembering):
    """One stage. `to` is asked where records must leave it."""

    kept = ("name", "purpose", "category", *HELD)
    name = CleanCharField(label=_("Stage name"), max_length=100)
    purpose = CleanCharField(label=_("Purpose"), max_length=200, required=False, help_text=_("What is done in it"))
    category = forms.ChoiceField(
        label=_("Category"), widget=forms.RadioSelect, help_text=_("What the system understands of it")
    )
    colour = forms.ChoiceField(label=_("Colour"), widget=forms.RadioSelect, required=False)
    sets_probability = forms.BooleanField(
        label=_("Change probability automatically"),
        required=False,
        help_text=_("A deal that enters the stage gets its probability; without the tick it keeps its own."),
    )
    probability = forms.IntegerField(label=_("Probability (%)"), min_value=0, max_value=100, initial=0)
    is_folded = forms.BooleanField(label=_("Folded in pipeline"), required=False)
    rots_after = forms.IntegerField(
        label=_("Too long after (days)"),
        required=False,
        min_value=1,
        max_value=MOST_DAYS,
        help_text=_("An open record that stands in the stage longer is marked. Empty: never."),
    )
    entered_by = RolesField(label=_("Who may move records into it"))
    left_by = RolesField(label=_("Who may move records out of it"))

    requirement = CleanCharField(
        label=_("Requirements"),
        required=False,
        max_length=500,
        lines=True,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Shown to whoever moves a record into this stage"),
    )
    needs_fields = forms.MultipleChoiceField(
        label=_("Must be filled in"), required=False, widget=forms.CheckboxSelectMultiple
    )
    needs_checks = forms.MultipleChoiceField(
        label=_("Must also have"), required=False, widget=forms.CheckboxSelectMultiple
    )
    least_amount = MoneyField(label=_("Worth at least"), required=False, max_value=10**17)

    def __init__(self, data: Any = None, *, kind: Kind, stage: Stage | None = None) -> None:
        held = {name: getattr(stage, name) for name in self.kept} if stage else {"category": kind.categories[0]}
        super().__init__(data, initial=held)
        self.fields["category"].choices = [(one, Category(one).label) for one in kind.categories]  # type: ignore[attr-defined]
        shown = [("", _("By category")), *((tone, tag(COLOURS[tone], tone)) for tone in TONES)]
        self.fields["colour"].choices = shown  # type: ignore[attr-defined]
        if kind.fields.get("probability") is None:
            del self.fields["sets_probability"], self.fields["probability"]
        self.fields["needs_fields"].choices = [(one.name, one.label) for one in fields_for(kind)]  # type: ignore[attr-defined]
        self.fields["needs_checks"].choices = [(one.code, one.label) for one in checks_for(kind)]  # type: ignore[attr-defined]
        if not kind.fields.amount:
            del self.fields["least_amount"]

    def clean_least_amount(self) -> int | None:
        typed = self.cleaned_data["least_amount"]
        return None if typed is None else int(typed)

    @property
    def movers(self) -> list[Any]:
        """Who may put records into it and take them out."""
        return [self[name] for name in OF_ROLES]

    @property
    def gate(self) -> list[Any]:
        """What is asked of records that enter."""
        return [self[name] for name in GATE if name in self.fields]

    def ask_where(self, stage: Stage, places: Sequence[Stage]) -> None:
        self.fields["to"] = where_field(places)


class LeavingForm(forms.Form):
    """Where the records of a stage, or of a pipeline, go."""

    def __init__(self, data: Any = None, *, places: Sequence[Stage], named: bool = False) -> None:
        super().__init__(data)
        self.fields["to"] = where_field(places, named=named)


def where_field(places: Sequence[Stage], *, named: bool = False) -> forms.Field:
    stages = Stage.objects.filter(pk__in=[one.pk for one in places])
    return StageField(stages, named=named, label=_("Where its records go"))
