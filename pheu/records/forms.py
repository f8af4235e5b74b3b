import json
from collections.abc import Collection, Iterable, Sequence
from typing import Any, cast

from django import forms
from django.forms.models import ModelChoiceIterator
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from pheu.core.ids import RowField, RowsField, read_ids
from pheu.core.vietnamese.fields import CleanCharField
from pheu.core.vietnamese.money import show_money
from pheu.people.models import Team, User
from pheu.people.scopes import CHANGE
from pheu.records import kinds
from pheu.records.access import abilities
from pheu.records.gates import Lacking, may_override
from pheu.records.models import OPEN, ClosingReason, Pipeline, Stage
from pheu.records.queries import StageQuerySet


class RecordInput(forms.Select):
    """A select that holds only the chosen record; the combobox asks for more at `url_name`."""

    url_name = "activity-records"

    def optgroups(self, name: str, value: Any, attrs: Any = None) -> Any:
        ids = read_ids(value)
        rows = self.choices.queryset.filter(pk__in=ids) if ids else []  # type: ignore[attr-defined]
        options = [self.create_option(name, "", "", not rows, 0)]
        options += [self.create_option(name, row.pk, row.title, True, nth) for nth, row in enumerate(rows, 1)]
        return [(None, options, 0)]

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["widget"]["attrs"]["data-pick-url"] = reverse(self.url_name)
        return context


class MoveForm(forms.Form):
    """Where to, and the stage the person saw; only stages of the row's own pipeline are offered."""

    to = forms.TypedChoiceField()
    left = forms.TypedChoiceField()

    def __init__(self, *args: Any, row: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        stages = {str(stage.pk): stage for stage in row.stage.pipeline.stages.all()}
        for field in self.fields.values():
            field.choices, field.coerce = list(stages.items()), stages.__getitem__  # type: ignore[attr-defined]


class ReasonForm(forms.Form):
    """Why a record of `kind` ends in `category`: only active reasons of that list are offered (D9)."""

    reason = RowField(
        ClosingReason.objects.none(),
        label=_("Reason"),
        empty_label=None,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose a reason.")},
    )
    reason_note = CleanCharField(label=_("More about it"), required=False, max_length=500)

    def __init__(self, *args: Any, kind: str, category: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        reasons = ClosingReason.objects.filter(kind=kind, category=category, is_active=True)
        self.fields["reason"].queryset = reasons  # type: ignore[attr-defined]


def sent_in(request: Any) -> Any:
    """What a form was sent with, files too (`SchemaForm`); None while it is only asked for."""
    if request.method != "POST":
        return None
    request.POST.uploads = request.FILES
    return request.POST


class Entry:
    """What a row lacks to enter a stage: a form of exactly these fields, of the reason of an end, and the override.

    `also` are fields that the same form asks for another reason, which it may leave empty.
    """

    def __init__(
        self, data: Any, *, row: Any, lacks: Lacking, user: User, also: Collection[str] = (), prefix: str | None = None
    ) -> None:
        schema = kinds.get(row.kind).schema_for(user)
        asked = {*lacks.asked, *also}
        asked = asked if asked and str(CHANGE) in abilities(user, row, CHANGE) else set()
        self.user, self.row, self.lacks = user, row, lacks
        self.form = schema.form(user, data, row=row, only=asked, prefix=prefix)
        self.may_override = bool(lacks) and may_override(user, row)
        self.overrides = self.may_override and data is not None and "override" in data
        for name in lacks.asked:
            if name in self.form.fields:
                self.form.fields[name].required = not self.overrides
        if lacks.amount is not None and (field := cast(Any, self.form.fields.get(lacks.amount.name))):
            field.help_text = _("At least %(least)s") % {"least": show_money(lacks.stage.least_amount or 0)}
            field.min_value = field.min_value if self.overrides else lacks.stage.least_amount
        # What no field of this form can mend.
        self.others = Lacking(lacks.stage, [one for one in lacks.fields if one.name not in self.form.fields])
        self.others.checks = lacks.checks
        ends = {"kind": row.kind, "category": lacks.stage.category}
        self.why = ReasonForm(data, **ends) if lacks.stage.needs_reason else None

    @property
    def beginnings(self) -> list[Any]:
        """Hidden fields that say what the person saw."""
        return [bound.as_hidden(only_initial=True) for bound in self.form]

    @property
    def wanting(self) -> list[str]:
        return self.others.words_for(self.user, kinds.get(self.row.kind))

    def is_valid(self) -> bool:
        """Whoever overrides the gate may leave its fields empty."""
        return all([self.form.is_valid(), self.why is None or self.why.is_valid()])

    def told(self) -> dict[str, Any]:
        return {"override": self.overrides, "changes": self.form.changes()}

    def reason(self) -> dict[str, Any]:
        return self.why.cleaned_data if self.why is not None else {}


NOBODY = "nobody"


class _WithNobody(ModelChoiceIterator):
    def __iter__(self) -> Any:
        yield from super().__iter__()
        yield NOBODY, _("Take off the owner")


class OwnerField(RowField):
    """A person, or `NOBODY`: empty is no answer."""

    iterator = _WithNobody

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, empty_label=_("Choose a person"), **kwargs)

    def to_python(self, value: Any) -> Any:
        return value if value == NOBODY else super().to_python(value)


def of_their_teams(people: Iterable[User]) -> dict[str, str]:
    """For the control of a team: whoever is chosen as owner proposes a team of theirs, the first one, unless the one
    that stands there is theirs as well. `people` come `with_team_ids`."""
    teams = {str(one.pk): [str(pk) for pk in one.team_ids] for one in people}
    return {"data-proposed-by": "owner", "data-values": json.dumps(teams)}


class AssignForm(forms.Form):
    """Whom rows are handed to: a person, a team, or both; or nobody. The department is the person's (R0.16, R1.17)."""

    owner = OwnerField(
        User.objects.none(),
        label=_("Owner"),
        error_messages={"required": _("Choose a person.")},
        widget=forms.Select({"data-pick": "", "autofocus": True}),
    )
    team = RowField(
        Team.objects.none(),
        label=_("Sales team"),
        required=False,
        empty_label="—",
        help_text=_("Empty: the owner's team"),
    )

    def __init__(self, data: Any = None, *, rows: Sequence[Any]) -> None:
        owners = {row.owner for row in rows}
        one = rows[0] if len(rows) == 1 else None
        initial = {"owner": owners.pop() if len(owners) == 1 else None, "team": one and one.team_id}
        super().__init__(data, initial=initial)
        may_work = User.objects.who_may(rows[0].kind, CHANGE).with_team_ids().select_related("department")
        self.fields["owner"].queryset = may_work  # type: ignore[attr-defined]
        offered = Team.objects.offered(rows[0].kind)
        self.fields["team"].queryset = offered | Team.objects.filter(pk=one.team_id or 0) if one else offered  # type: ignore[attr-defined]
        self.fields["team"].widget.attrs.update(of_their_teams(may_work))
        self.fields["owner"].help_text = _now_with({row.owner for row in rows})

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        return given | {"owner": None} if given.get("owner") == NOBODY else given


class SharingForm(forms.Form):
    """Between whom rows are shared out by turns."""

    people = RowsField(
        User.objects.none(),
        label=_("Shared between"),
        widget=forms.SelectMultiple({"data-pick": "", "autofocus": True}),
        error_messages={"required": _("Choose at least one person.")},
    )

    def __init__(self, data: Any = None, *, kind: str) -> None:
        super().__init__(data)
        may_work = User.objects.who_may(kind, CHANGE).select_related("department")
        self.fields["people"].queryset = may_work  # type: ignore[attr-defined]


def _now_with(owners: set[User | None]) -> str:
    """Whose the rows are now."""
    if len(owners) > 1:
        people = len(owners - {None})
        return ngettext("Now with %(n)s person.", "Now with %(n)s people.", people) % {"n": people}
    [owner] = owners
    return str(_("Now with %(name)s.") % {"name": owner} if owner else _("Nobody has them yet."))


class StageForm(forms.Form):
    """An open stage that ticked rows go to: those of the pipelines in which they stand that let `user` in."""

    to = RowField(Stage.objects.none(), label=_("Stage"), empty_label=None, widget=forms.RadioSelect)

    def __init__(self, data: Any = None, *, rows: Sequence[Any], user: User) -> None:
        super().__init__(data)
        there = {row.stage.pipeline_id for row in rows}
        stages = Stage.objects.letting_in(user).filter(pipeline__in=there, category__in=OPEN)
        self.fields["to"].queryset = stages.select_related("pipeline").order_by("pipeline", "position")  # type: ignore[attr-defined]


class EditForm(forms.Form):
    """One field that ticked rows are to have alike: which, and with `value` what goes into it.

    What holds several is added to, or some are taken away from it; or it is replaced.
    """

    field = forms.ChoiceField(label=_("Field"), error_messages={"required": _("Choose a field.")})
    HOW = [("add", _("Add these")), ("take", _("Take these away")), ("set", _("Replace by these"))]

    def __init__(self, data: Any = None, *, kind: kinds.Kind, user: User, asked: str = "") -> None:
        super().__init__(data, initial={"field": asked})
        schema = kind.schema_for(user)
        self.offered = {one.name: one for one in schema if schema.can_be_alike(one)}
        groups = [(group.label, [one for one in group.fields if one.name in self.offered]) for group in schema.groups]
        choices = [(label, [(one.name, one.label) for one in fields]) for label, fields in groups if fields]
        self.fields["field"].choices = [("", "—"), *choices]  # type: ignore[attr-defined]
        self.chosen = self.offered.get(data.get("field", "") if data is not None else asked)
        self.value = schema.one_field_form(self.chosen, user, data) if self.chosen is not None else None
        asks = self.value.fields[self.chosen.name] if self.value and self.chosen else self.fields["field"]
        asks.widget.attrs["autofocus"] = True
        if self.chosen is not None and self.chosen.holds_several:
            self.fields["how"] = forms.ChoiceField(
                choices=self.HOW, label=_("How to change it"), initial="add", widget=forms.RadioSelect
            )

    def is_valid(self) -> bool:
        valid = super().is_valid()
        return valid and self.value is not None and self.value.is_valid()

    def told(self) -> dict[str, Any]:
        """What the act is told."""
        assert self.chosen is not None
        assert self.value is not None
        value, how = self.value.cleaned_data[self.chosen.name], self.cleaned_data.get("how", "set")
        return {"name": self.chosen.name, "value": value, "how": how}


class FollowForm(forms.Form):
    """Who is to follow ticked rows, or no longer: `user`, or a colleague, who is let follow what `user` may change."""

    HOW = [("follow", _("Follow from now on")), ("stop", _("Follow no longer"))]

    how = forms.ChoiceField(choices=HOW, initial="follow", label=_("What to do"), widget=forms.RadioSelect)
    person = RowField(
        User.objects.none(),
        label=_("Who"),
        required=False,
        empty_label=None,
        widget=forms.Select({"data-pick": "", "autofocus": True}),
    )

    def __init__(self, data: Any = None, *, kind: kinds.Kind, rows: Sequence[Any], user: User) -> None:
        super().__init__(data, initial={"person": user})
        self.kind, self.rows, self.user = kind, rows, user
        people = User.objects.active() if user.may(kind.code, CHANGE) else User.objects.filter(pk=user.pk)
        self.fields["person"].queryset = people.select_related("department")  # type: ignore[attr-defined]

    def clean_person(self) -> User:
        person: User = self.cleaned_data["person"] or self.user
        if person != self.user:
            mine = self.kind.model.objects.within(self.user, CHANGE)
            changed = set(mine.filter(pk__in=[row.pk for row in self.rows]).values_list("pk", flat=True))
            if others := [row.title for row in self.rows if row.pk not in changed]:
                names = {"names": ", ".join(others[:3]), "many": len(others)}
                raise forms.ValidationError(
                    ngettext(
                        "You may not change %(names)s, so only you yourself can follow it.",
                        "You may not change %(many)s of these (%(names)s…), so only you yourself can follow them.",
                        len(others),
                    )
                    % names
                )
        return person

    @property
    def stops(self) -> bool:
        return self.cleaned_data["how"] == "stop"

    def told(self) -> dict[str, Any]:
        """What the act is told."""
        return {"user": self.cleaned_data["person"], "stops": self.stops}

    def says(self) -> str:
        words = _("%(name)s no longer follows") if self.stops else _("%(name)s follows")
        return words % {"name": self.cleaned_data["person"]}


class StageField(RowField):
    """A stage to go on in, with the name of its pipeline where there are several."""

    def __init__(self, stages: Any, *, named: bool = True, **more: Any) -> None:
        self.named = named
        told: dict[str, Any] = {"required": _("Choose a stage.")}
        found = stages.select_related("pipeline").order_by("pipeline__position", "pipeline", "position", "pk")
        super().__init__(found, empty_label=None, widget=forms.RadioSelect, error_messages=told, **more)

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.pipeline} · {obj}" if self.named else str(obj)


class PipelineForm(forms.Form):
    """An open stage of another pipeline of the row's kind that lets `user` in."""

    def __init__(self, *args: Any, row: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"] = StageField(stages_elsewhere(row.stage.pipeline).letting_in(user), label=_("Stage"))


def stages_elsewhere(pipeline: Pipeline) -> StageQuerySet:
    """Open stages of the other pipelines in use of the same kind."""
    used = Stage.objects.filter(pipeline__kind=pipeline.kind, pipeline__is_active=True, empties_into=None)
    return used.filter(category__in=OPEN).exclude(pipeline=pipeline)
