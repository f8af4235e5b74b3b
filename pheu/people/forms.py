"""What people choose for themselves on «Tài khoản của tôi»."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from pheu.core import navigation
from pheu.core.vietnamese.fields import CleanCharField
from pheu.people.models import User


class OwnForm(forms.Form):
    """With which area one begins, and what stands below one's mails."""

    start_page = forms.ChoiceField(label=_("Start page"), required=False, help_text=_("Opens after you sign in."))
    signature = CleanCharField(
        label=_("E-mail signature"),
        required=False,
        lines=True,
        max_length=2000,
        widget=forms.Textarea({"rows": 4}),
        help_text=_("Stands below the mails that you send."),
    )

    def __init__(self, data: Any = None, *, user: User) -> None:
        super().__init__(data, initial={"start_page": user.start_page, "signature": user.signature})
        areas = [(one.url_name, one.label) for one in navigation.items_for(user)]
        field: Any = self.fields["start_page"]
        field.choices = [("", _("As usual")), *areas]
