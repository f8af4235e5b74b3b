from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from pheu.activities.models import ActivityType
from pheu.core.ids import RowField, read_ids
from pheu.core.templatetags.signs import icon
from pheu.core.vietnamese.dates import show_datetime
from pheu.core.vietnamese.fields import CleanCharField, VnDateTimeField, VnDateTimeInput
from pheu.people.models import User
from pheu.people.profile import DAY, hours_of, is_working, next_working_day
from pheu.records.models import Record


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


def _when() -> VnDateTimeField:
    """A time that the buttons of `quick_times` fill."""
    return VnDateTimeField(label=_("When"), widget=VnDateTimeInput({"data-datetime": ""}))


class WhenForm(forms.Form):
    due_at = _when()


class ScheduleForm(forms.Form):
    """Type -> time -> assign, in that order (R0.33)."""

    what = TypeField()
    due_at = _when()
    assignee = RowField(User.objects.none(), label=_("Assign to"), widget=forms.Select(attrs={"data-pick": ""}))
    title = CleanCharField(label=_("What to do"), required=False, max_length=300)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # The dialog opens over records that have a «due_at» of their own.
        super().__init__(*args, **{"auto_id": "plan_%s", **kwargs})
        self.fields["assignee"].queryset = User.objects.active()  # type: ignore[attr-defined]


class RecordInput(forms.Select):
    """A select that holds only the chosen record; the combobox asks for more."""

    def optgroups(self, name: str, value: Any, attrs: Any = None) -> Any:
        ids = read_ids(value)
        rows = self.choices.queryset.filter(pk__in=ids) if ids else []  # type: ignore[attr-defined]
        options = [self.create_option(name, "", "", not rows, 0)]
        options += [self.create_option(name, row.pk, row.title, True, nth) for nth, row in enumerate(rows, 1)]
        return [(None, options, 0)]

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["widget"]["attrs"]["data-pick-url"] = reverse("activity-records")
        return context


class RecordForm(ScheduleForm):
    """The same from a place in the calendar, where nobody has said yet what record it is about."""

    record = RowField(Record.objects.none(), label=_("About"), widget=RecordInput)
    field_order = ["record"]

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        records = Record.objects.visible_to(user).filter(state=Record.State.LIVE)
        self.fields["record"].queryset = records  # type: ignore[attr-defined]


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
