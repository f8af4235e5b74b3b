from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from pheu.core.vietnamese.dates import in_vietnam
from pheu.core.vietnamese.fields import CleanCharField, VnDateTimeField
from pheu.records import moments
from pheu.records.models import Record


class NoteForm(forms.Form):
    """@ proposes whoever may see the record that the note is `about`."""

    body = CleanCharField(
        label=_("Note"),
        max_length=20_000,
        lines=True,
        widget=forms.Textarea(
            attrs={
                "rows": 2,
                "placeholder": _("Write a note, type @ to name a colleague…"),
                "aria-autocomplete": "list",
            }
        ),
    )

    def __init__(self, *args: Any, about: Record, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        asks = {"data-mentions": reverse("colleagues", args=[about.pk]), "data-mentions-label": _("Colleagues")}
        self.fields["body"].widget.attrs.update(asks)


class NoteEditForm(NoteForm):
    """Carries what the person began with: what was changed in another tab is not written over unseen."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["body"].widget.attrs["rows"] = 6

    @property
    def beginning(self) -> SafeString:
        """The hidden field with the text that the person began with."""
        return self["body"].as_hidden(only_initial=True)

    @property
    def saw(self) -> str:
        """The text that the person began with."""
        try:
            return str(self.fields["body"].clean(self.data.get(self["body"].html_initial_name, "")))
        except forms.ValidationError:
            return ""


class AskForm(forms.Form):
    note = CleanCharField(
        label=_("What for"),
        max_length=500,
        required=False,
        lines=True,
        widget=forms.Textarea(attrs={"rows": 3, "placeholder": _("The customer called me…")}),
    )


class FileNameForm(forms.Form):
    name = CleanCharField(label=_("File name"), max_length=255)


class MomentForm(forms.Form):
    """Asks for a moment that is past. What is typed means all of that minute, or of that day; later is now."""

    at = VnDateTimeField(label=_("Day and hour"))

    @property
    def moment(self) -> datetime | None:
        now = timezone.now()
        if not self.is_bound:
            return min(self.initial["at"], now)
        if not self.is_valid():
            return None
        typed = min(self.cleaned_data["at"], now)
        whole = timedelta(days=1) if in_vietnam(typed).time() == time() else timedelta(minutes=1)
        return min(typed + whole - timedelta(microseconds=1), now)


def moment_form(asked: str | None) -> MomentForm:
    """The form for what an address asks: nothing, which is now, a moment to the microsecond, or what somebody typed."""
    exact = timezone.now() if asked is None else _read_exactly(asked)
    return MomentForm({"at": asked}) if exact is None else MomentForm(initial={"at": exact})


def _read_exactly(asked: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(asked)
    except ValueError:
        return None
    is_one = moment.tzinfo is not None and moments.FIRST_YEAR <= moment.year <= moments.LAST_YEAR
    return moment if is_one else None
