from typing import Any

from django import forms
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from pheu.core.vietnamese.fields import CleanCharField
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


class FileNameForm(forms.Form):
    name = CleanCharField(label=_("File name"), max_length=255)
