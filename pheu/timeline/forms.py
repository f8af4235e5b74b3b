from django import forms
from django.utils.translation import gettext_lazy as _

from pheu.core.vietnamese.fields import CleanCharField


class NoteForm(forms.Form):
    body = CleanCharField(
        label=_("Note"),
        max_length=20_000,
        lines=True,
        widget=forms.Textarea(attrs={"rows": 2, "placeholder": _("Write a note…")}),
    )


class FileForm(forms.Form):
    upload = forms.FileField(label=_("File"))
