from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.db import models
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from pheu.activities import guests, plans, reminding, repeating
from pheu.activities.calendar import colleagues
from pheu.activities.models import ActivityType, WorkPlan
from pheu.activities.recurring import BEGINS_TODAY
from pheu.activities.reminding import MAIL, POPUP
from pheu.activities.repeating import Repeat
from pheu.activities.series import Reach
from pheu.activities.services import ELSEWHERE
from pheu.activities.spans import DAY as DAY_LONG
from pheu.activities.spans import LONGEST, USUAL, show_length
from pheu.core.ids import RowField, RowsField, read_ids
from pheu.core.templatetags.signs import icon
from pheu.core.vietnamese.dates import show_datetime
from pheu.core.vietnamese.fields import (
    AddressesInput,
    CleanCharField,
    VnDateField,
    VnDateTimeField,
    VnDateTimeInput,
    addresses_in,
    read_named_address,
)
from pheu.core.vietnamese.text import clean
from pheu.people.models import User
from pheu.people.profile import DAY, hours_of, is_working, next_working_day, working_weekdays
from pheu.records import kinds
from pheu.records.forms import RecordInput
from pheu.records.models import Record
from pheu.records.moments import midnight
from pheu.setup.forms import FORMS, EntryForm
from pheu.setup.lists import Page


def quick_times(now: datetime) -> list[tuple[Any, str]]:
    """(label, time as typed) of the usual choices: late today, early on the next day of work and of next week's first.

    What is past or said already is left out, and so is today where nobody works today.
    """
    today = timezone.localtime(now).date()
    after, monday = next_working_day(today + DAY), next_working_day(today + timedelta(days=7 - today.weekday()))
    late = [(_("Today"), _at(today, _late(today)))] if is_working(today) else []
    early = [(_named(day, today), _at(day, _early(day))) for day in dict.fromkeys((after, monday))]
    return [(f"{label} {at:%-H:%M}", show_datetime(at)) for label, at in (*late, *early) if at > now]


def _at(day: date, at: time) -> datetime:
    return timezone.make_aware(datetime.combine(day, at))


def _early(day: date) -> time:
    """An hour after work begins; nine where it never does."""
    hours = hours_of(day)
    return _shifted(hours[0][0], minutes=60) if hours else time(9)


def _late(day: date) -> time:
    """An hour and a half before work ends, or when the last stretch begins."""
    begins, ends = hours_of(day)[-1]
    return max(begins, _shifted(ends, minutes=-90))


def _shifted(at: time, *, minutes: int) -> time:
    """Within the same day."""
    total = 60 * at.hour + at.minute + minutes
    return time(*divmod(min(max(total, 0), 24 * 60 - 1), 60))


def _named(day: date, today: date) -> Any:
    """Tomorrow, a weekday of the seven days to come, else the day itself."""
    if day == today + DAY:
        return _("Tomorrow")
    return WEEKDAYS[day.weekday()] if day <= today + timedelta(days=7) else f"{day:%d/%m}"


class TypeField(RowField):
    """The kinds of work in use, each a card with its icon."""

    def __init__(self, **kwargs: Any) -> None:
        # The queryset is lazy, and each form gets one of its own: nothing is asked before a form is drawn.
        types = ActivityType.objects.filter(is_active=True)
        super().__init__(types, label=_("Type of work"), empty_label=None, widget=forms.RadioSelect, **kwargs)

    def label_from_instance(self, obj: Any) -> str:
        return format_html("{}{}", icon(obj.icon), obj.name)


class TypeChoice(RowField):
    """The kinds of work in use, in a list; none is chosen."""

    def __init__(self) -> None:
        types = ActivityType.objects.filter(is_active=True)
        super().__init__(types, label=_("Type of work"), empty_label="—", required=False)


def _when() -> VnDateTimeField:
    """A time that the buttons of `quick_times` fill."""
    return VnDateTimeField(label=_("When"), widget=VnDateTimeInput({"data-datetime": ""}))


def _before(minutes: int) -> str:
    return show_length(minutes) if minutes else gettext("When it begins")


class LengthField(forms.ChoiceField):
    """How long work lasts: what is usual, and what was said already."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(label=_("How long"), required=False, **kwargs)

    def clean(self, value: Any) -> int:
        return int(super().clean(value) or 0)

    def offer(self, *minutes: Any) -> None:
        """The usual lengths, and these where they are such."""
        more = {one for one in read_ids(minutes) if 0 < one <= LONGEST}
        self.choices = [("", _("A moment")), *((one, show_length(one)) for one in sorted({*USUAL, *more}))]


class WhenForm(forms.Form):
    """When, for how long, and how long before one is told: what lasts days is about whole days."""

    due_at = _when()
    lasts = LengthField()
    remind = forms.TypedMultipleChoiceField(
        label=_("Remind"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )
    remind_by = forms.MultipleChoiceField(
        label=_("Remind by"),
        choices=[(POPUP, _("Pop-up")), (MAIL, _("Email"))],
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    # Who sends no word of reminders, as what is dragged does, leaves them as they are.
    tells_of_reminders = forms.CharField(required=False, widget=forms.HiddenInput, initial="1")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        lasts: Any = self.fields["lasts"]
        lasts.offer(self.initial.get("lasts"), self.data.get(self.add_prefix("lasts")))
        self.initial["lasts"] = self.initial.get("lasts") or ""
        before: Any = self.fields["remind"]
        there = {one for one in self.initial.get("remind", ()) if one not in reminding.USUAL}
        before.choices = [(one, _before(one)) for one in sorted({*reminding.USUAL, *there})]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("due_at") and given.get("lasts") and given["lasts"] % DAY_LONG == 0:
            given["due_at"] = midnight(timezone.localtime(given["due_at"]).date())
        minutes, ways = given.pop("remind", []), given.pop("remind_by", [])
        if len(minutes) > reminding.MOST:
            self.add_error("remind", _("At most %(most)s.") % {"most": reminding.MOST})
        if minutes and not ways:
            self.add_error("remind_by", _("Choose how to be told."))
        remind = reminding.Remind(tuple(sorted(minutes)), tuple(ways) if minutes else ())
        return given | {"remind": remind if given.pop("tells_of_reminders", "") else None}


class ScheduleForm(WhenForm):
    """Type -> time -> assign, in that order (R0.33)."""

    what = TypeField()
    assignee = RowField(User.objects.none(), label=_("Assign to"), widget=forms.Select(attrs={"data-pick": ""}))
    title = CleanCharField(label=_("What to do"), required=False, max_length=300)
    field_order = ["what", "due_at", "lasts", "remind", "remind_by"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # The dialog opens over records that have a «due_at» of their own.
        super().__init__(*args, **{"auto_id": "plan_%s", **kwargs})
        self.fields["assignee"].queryset = User.objects.active()  # type: ignore[attr-defined]


WORKING_DAYS = "work"


class RepeatForm(forms.Form):
    """«Lặp lại»: how work comes again, `repeat` in what is cleaned; None where it does not."""

    repeat = forms.ChoiceField(
        label=_("Repeat"),
        required=False,
        choices=[
            ("", _("Does not repeat")), (repeating.DAY, _("By days")), (WORKING_DAYS, _("On every day of work")),
            (repeating.WEEK, _("By weeks, on chosen days")), (repeating.MONTH, _("By months, on the same date")),
            (repeating.WEEKDAY, _("By months, on the same weekday")), (repeating.YEAR, _("By years")),
        ],
    )  # fmt: skip
    repeat_every = forms.IntegerField(
        label=_("Once in how many"),
        required=False,
        initial=1,
        min_value=1,
        max_value=repeating.MOST_EVERY,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )
    repeat_days = forms.TypedMultipleChoiceField(
        label=_("On"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )
    repeat_until = VnDateField(label=_("Until"), required=False, help_text=_("Or so many times; neither: for good."))
    repeat_times = forms.IntegerField(
        label=_("How often in all"),
        required=False,
        min_value=1,
        max_value=repeating.MOST_TIMES,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, units in REPEAT_SHOWN.items():
            self.fields[name].when = f"repeat={'|'.join(units)}"  # type: ignore[attr-defined]
        self.fields["repeat_days"].choices = list(enumerate(WEEKDAYS.values()))  # type: ignore[attr-defined]
        said = self.initial.get("repeat")
        if isinstance(said, Repeat):
            told = (said.unit, said.every, said.days, said.until, said.times)
            self.initial.update(zip(("repeat", *REPEAT_SHOWN), told, strict=True))

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        unit, every, days, until, times = (given.pop(name, None) for name in ("repeat", *REPEAT_SHOWN))
        due = given.get("due_at")
        if not unit or due is None or self.errors:
            return given | {"repeat": None}
        first = timezone.localtime(due).date()
        if until and times:
            self.add_error("repeat_times", _("Either until a day or so many times."))
        if until and until < first:
            self.add_error("repeat_until", _("That is before it begins."))
        if first < timezone.localdate():
            self.add_error("due_at", BEGINS_TODAY)
        if unit == WORKING_DAYS:
            return given | {"repeat": Repeat(repeating.WEEK, 1, working_weekdays(), until, times)}
        on = tuple(sorted(days)) or (first.weekday(),) if unit == repeating.WEEK else ()
        return given | {"repeat": Repeat(unit, every or 1, on, until, times)}


_COUNTED = (repeating.DAY, repeating.WEEK, repeating.MONTH, repeating.WEEKDAY, repeating.YEAR)
REPEAT_SHOWN = {
    "repeat_every": _COUNTED,
    "repeat_days": (repeating.WEEK,),
    "repeat_until": (*_COUNTED, WORKING_DAYS),
    "repeat_times": (*_COUNTED, WORKING_DAYS),
}


class OutsideField(forms.Field):
    """((name, address), ...) of people outside; several may be typed with commas between them."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=AddressesInput({"data-pick-url": reverse_lazy("message-people")}), **kwargs)

    def clean(self, value: Any) -> tuple[tuple[str, str], ...]:
        typed = [part for one in (value or ())[: 2 * guests.MOST] for part in addresses_in(clean(str(one)[:1000]))]
        found = tuple(map(read_named_address, typed))
        if wrong := next((address for _name, address in found if not guests.is_address(address)), ""):
            raise forms.ValidationError(_("“%(text)s” is not an e-mail address.") % {"text": wrong[:100]})
        return found


class GuestsForm(forms.Form):
    """«Khách mời»: `guests` in what is cleaned; None where nobody said a word of them, as what is dragged does."""

    people = RowsField(
        User.objects.none(), label=_("Colleagues"), required=False, widget=forms.SelectMultiple({"data-pick": ""})
    )
    outside = OutsideField(
        label=_("Guests from outside"),
        required=False,
        help_text=_("They get an invitation by e-mail from whoever does the work, and answer from their calendar."),
    )
    tells_of_guests = forms.CharField(required=False, widget=forms.HiddenInput, initial="1")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["people"].queryset = User.objects.active()  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        people, outside = given.pop("people", ()), given.pop("outside", ())
        chosen = guests.Guests(tuple(people), outside)
        if len(chosen.people) + len(outside) > guests.MOST:
            self.add_error("people", _("At most %(most)s guests.") % {"most": guests.MOST})
        return given | {"guests": chosen if given.pop("tells_of_guests", "") else None}

    @property
    def has_guests(self) -> bool:
        return bool(self["people"].value() or self["outside"].value() or self["people"].errors)


def as_chosen(chosen: guests.Guests) -> dict[str, Any]:
    """What the fields of `GuestsForm` hold of guests that there are."""
    outside = [f"{name} <{address}>" if name else address for name, address in chosen.outside]
    return {"people": [one.pk for one in chosen.people], "outside": outside}


class BusyForm(forms.Form):
    """Of whom, and of when, somebody wants to know whether they are busy; `of` is the work that is moved."""

    people = RowsField(User.objects.none(), required=False)
    assignee = RowField(User.objects.none(), required=False)
    due_at = VnDateTimeField(required=False)
    lasts = forms.IntegerField(required=False, min_value=0, max_value=LONGEST)
    of = forms.CharField(required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("people", "assignee"):
            self.fields[name].queryset = User.objects.active()  # type: ignore[attr-defined]


class PlanForm(GuestsForm, RepeatForm, ScheduleForm):
    """Work to plan, once or again and again."""

    field_order = [*ScheduleForm.field_order, "repeat", *REPEAT_SHOWN, "assignee", "title", "people", "outside"]


class MoveOneForm(GuestsForm, WhenForm):
    """Another time for work that does not come again, and perhaps other guests."""


class MoveForm(RepeatForm, WhenForm):
    """Another time for one of what comes again, and how far that goes: see `Reach`."""

    reach = forms.ChoiceField(
        label=_("What changes"), choices=Reach.choices, required=False, widget=forms.RadioSelect, initial=Reach.ONE
    )


class GuestsOfSeriesForm(GuestsForm):
    """Guests of one of what comes again, and how far that goes."""

    reach = forms.ChoiceField(
        label=_("Whose guests change"),
        choices=Reach.choices,
        required=False,
        widget=forms.RadioSelect,
        initial=Reach.ALL,
    )


class EndForm(forms.Form):
    """How much of what comes again is called off."""

    reach = forms.ChoiceField(
        label=_("What is called off"), choices=Reach.choices, widget=forms.RadioSelect, initial=Reach.ONE
    )


class RecordForm(PlanForm):
    """The same from a place in the calendar, where nobody has said yet what record it is about, if about any."""

    record = RowField(
        Record.objects.none(),
        label=_("About"),
        widget=RecordInput,
        required=False,
        help_text=_("Leave it empty for something of your own: others then see only that you are busy."),
    )
    field_order = ["record", *PlanForm.field_order]

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.fields["record"].queryset = _live(user)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        who, is_alone = given.get("assignee"), given.get("record") is None and "record" not in self.errors
        if is_alone and who and who != self.user and who not in colleagues(self.user):
            self.add_error("assignee", ELSEWHERE)
        return given


class LinkForm(forms.Form):
    """To which record work goes that stands on none."""

    record = RowField(Record.objects.none(), label=_("About"), widget=RecordInput)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["record"].queryset = _live(user)  # type: ignore[attr-defined]


def _live(user: User) -> Any:
    return Record.objects.visible_to(user).filter(state=Record.State.LIVE)


class NextForm(ScheduleForm):
    """What is to be done after this, if anything: a type and a person alone plan nothing yet."""

    prefix = "next"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, empty_permitted=True, use_required_attribute=False, **kwargs)

    def has_changed(self) -> bool:
        return bool({"due_at", "title"} & set(self.changed_data))


class ResultForm(forms.Form):
    result = CleanCharField(
        label=_("Result"),
        required=False,
        max_length=5000,
        lines=True,
        widget=forms.Textarea(attrs={"rows": 3, "autofocus": True}),
    )


class Outcome(models.TextChoices):
    """How a call ended, as one press; what more there is to say stands below it."""

    ANSWERED = "answered", _("Answered")
    NO_ANSWER = "no_answer", _("No answer")
    BUSY = "busy", _("Line busy")
    LATER = "later", _("Call back later")
    WRONG_NUMBER = "wrong_number", _("Wrong number")


class DoneForm(ResultForm):
    """What came of planned work; of a call how it ended, which then begins its result."""

    outcome = forms.ChoiceField(
        label=_("How the call ended"), required=False, choices=Outcome.choices, widget=forms.RadioSelect
    )
    field_order = ["outcome", "result"]

    def __init__(self, *args: Any, what: ActivityType | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.planned = what

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        outcome, what = given.pop("outcome", ""), given.get("what", self.planned)
        ended = str(Outcome(outcome).label) if outcome and what is not None and what.is_call else ""
        given["result"] = "\n".join(filter(None, [ended, given.get("result", "")]))
        return given


class LogForm(DoneForm):
    """Work done just now, of which something must be said."""

    what = TypeField()
    field_order = ["what", "outcome", "result"]

    @property
    def calls(self) -> str:
        """The types of work that are calls, as `data-when` asks for them."""
        types: Any = self.fields["what"]
        return "what=" + "|".join(str(one.pk) for one in types.queryset if one.is_call)

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        if not given["result"] and "result" not in self.errors:
            self.add_error("result", self.fields["result"].error_messages["required"])
        return given


class StepForm(forms.Form):
    """One piece of work of a plan; without a type there is none."""

    type = TypeChoice()
    title = CleanCharField(label=_("What to do"), required=False, max_length=300)
    after = forms.IntegerField(label=_("Days after the first"), min_value=0, max_value=plans.MOST_DAYS, initial=0)
    counted = forms.ChoiceField(
        label=_("Counted in"), choices=[("working", _("Days of work")), ("all", _("All days"))], initial="working"
    )
    at = forms.TimeField(
        label=_("Hour"), input_formats=["%H:%M"], initial="09:00", widget=forms.TextInput({"inputmode": "numeric"})
    )
    who = forms.ChoiceField(label=_("Assign to"), initial=plans.OWNER)

    def __init__(self, *args: Any, people: list[Any], **kwargs: Any) -> None:
        super().__init__(*args, **{"use_required_attribute": False, **kwargs})
        self.fields["who"].choices = people  # type: ignore[attr-defined]

    @property
    def is_there(self) -> bool:
        return bool(self["type"].value())

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("title") and not given.get("type"):
            self.add_error("type", _("Choose the type of work."))
        return given

    def step(self) -> dict[str, Any]:
        """As a plan keeps it."""
        given = self.cleaned_data
        who = given["who"] if given["who"] in (plans.OWNER, plans.ME) else int(given["who"])
        return {
            "type": given["type"].pk, "title": given["title"], "after": given["after"],
            "working": given["counted"] == "working", "at": f"{given['at']:%H:%M}", "who": who,
        }  # fmt: skip


STEPS = forms.formset_factory(
    StepForm, extra=plans.MOST_STEPS, max_num=plans.MOST_STEPS, validate_max=True, absolute_max=plans.MOST_STEPS
)


class WorkPlanForm(EntryForm):
    """«Kịch bản việc» with its pieces of work, `rows`; the first ones that are empty are open, the others folded."""

    name = CleanCharField(label=_("Name"), max_length=100)
    kind = forms.ChoiceField(label=_("On records of"), initial="lead")
    steps = forms.JSONField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, of: Page, item: Any = None, asked: Any = None) -> None:
        super().__init__(data, of=of, item=item, asked=asked)
        self.fields["kind"].choices = [(kind.code, kind.plural) for kind in kinds.every()]  # type: ignore[attr-defined]
        held = [{**one, "counted": "working" if one["working"] else "all"} for one in (item.steps if item else ())]
        people = [(plans.OWNER, _("Who has the record")), (plans.ME, _("Who applies the plan"))]
        people += [(one.pk, one.full_name) for one in User.objects.active()]
        self.rows = STEPS(data, initial=held, prefix="steps", form_kwargs={"people": people})
        self.folded = len(held) + SHOWN_EMPTY

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if not self.rows.is_valid():
            self.add_error(None, _("Something is missing in what is to be done."))
            return given
        return given | {"steps": [one.step() for one in self.rows if one.cleaned_data.get("type")]}


SHOWN_EMPTY = 2
FORMS[plans.PLANS.code] = WorkPlanForm


class ApplyForm(forms.Form):
    """Which plan, and from when on."""

    plan = RowField(WorkPlan.objects.none(), label=_("Work plan"), empty_label=None, widget=forms.RadioSelect)
    starts_on = VnDateField(label=_("Begins on"))

    def __init__(self, *args: Any, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "apply_%s", **kwargs})
        rows = WorkPlan.objects.filter(kind=kind, is_active=True)
        self.fields["plan"].queryset = rows  # type: ignore[attr-defined]
        self.initial = {"plan": rows.first(), "starts_on": timezone.localdate()}

    def clean_starts_on(self) -> date:
        day: date = self.cleaned_data["starts_on"]
        if day < timezone.localdate():
            raise forms.ValidationError(_("A plan begins today at the earliest."))
        return day
