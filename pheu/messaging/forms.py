"""Writing a letter, and connecting a mailbox."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.html import linebreaks
from django.utils.translation import gettext_lazy as _

from pheu.automation.queries import company
from pheu.core.ids import RowField
from pheu.core.vietnamese.fields import (
    AddressesInput,
    CleanCharField,
    EmailField,
    VnDateTimeField,
    addresses_in,
    read_named_address,
)
from pheu.core.vietnamese.text import clean
from pheu.messaging.channels.email.letters import Address
from pheu.messaging.consents import ASKED
from pheu.messaging.drafting import offered, wrong_with
from pheu.messaging.models import Consent, EmailTemplate, Mailbox, MailProvider, Privacy, Purpose, Security
from pheu.messaging.providers_page import MailProviders
from pheu.messaging.sending import LATEST, MOST_RECIPIENTS
from pheu.messaging.signing_in import back
from pheu.messaging.templates_page import EmailTemplates
from pheu.people.models import User
from pheu.records.forms import RecordInput
from pheu.records.models import Record
from pheu.setup.forms import FORMS, EntryForm
from pheu.timeline.services import FILE_LIMIT


class AddressesField(forms.Field):
    """A tuple of `Address`; several may be pasted at once, with commas or semicolons between them."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=AddressesInput({"data-pick-url": reverse_lazy("message-people")}), **kwargs)

    def clean(self, value: Any) -> tuple[Address, ...]:
        parts = [part for text in value or () for part in addresses_in(clean(str(text)[:5000]))]
        if len(parts) > MOST_RECIPIENTS:
            raise ValidationError(_("At most %(most)s people in one e-mail.") % {"most": MOST_RECIPIENTS})
        found = tuple({one.address.lower(): one for one in map(read_address, parts)}.values())
        if self.required and not found:
            raise ValidationError(self.error_messages["required"], code="required")
        return found


def read_address(text: str) -> Address:
    """«Name <address>» or an address alone; `ValidationError` with what was typed for anything else."""
    return Address(*read_named_address(text))


class FilesInput(forms.FileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    widget = FilesInput

    def clean(self, data: Any, initial: Any = None) -> Sequence[Any]:
        return [super(FilesField, self).clean(one, initial) for one in data or ()]


class RichInput(forms.Textarea):
    """A text with its looks; the addresses of the scripts that write it (js/rich.js) stand on it."""

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        scripts = {"data-rich": static("vendor/squire.js"), "data-purify": static("vendor/purify.min.js")}
        return super().get_context(name, value, {**(attrs or {}), **scripts})


class LetterForm(forms.Form):
    template = RowField(
        EmailTemplate.objects.none(),
        label=_("Template"),
        required=False,
        empty_label="—",
        widget=forms.Select({"data-template": ""}),
    )
    to = AddressesField(label=_("Recipients"))
    cc = AddressesField(label=_("Cc"), required=False)
    bcc = AddressesField(label=_("Bcc"), required=False)
    subject = CleanCharField(label=_("Subject"), max_length=500)
    html = forms.CharField(label=_("Body"), required=False, widget=RichInput({"rows": 10}))
    attached = FilesField(
        label=_("Files"), required=False, widget=FilesInput({"multiple": True, "data-most": str(FILE_LIMIT)})
    )
    at = VnDateTimeField(label=_("Send later"), required=False, help_text=_("Empty: at once."))

    def __init__(self, *args: Any, is_ready: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "letter_%s", **kwargs})
        for name in ("to", "subject"):  # what is kept as a draft may lack them
            self.fields[name].required = is_ready
        self.fields["template"].queryset = EmailTemplate.objects.filter(is_active=True)  # type: ignore[attr-defined]

    def clean_at(self) -> Any:
        at = self.cleaned_data["at"]
        if at is not None and not timezone.now() < at < timezone.now() + LATEST:
            raise ValidationError(_("Choose a moment within the coming year."))
        return at

    def clean(self) -> dict[str, Any]:
        """Without the script that gives a text its looks, it is plain words."""
        given = super().clean() or {}
        template = given.pop("template", None)
        given["purpose"] = template.purpose if template else ""
        given["files"] = given.pop("attached", ())
        if "<" not in given.get("html", ""):
            given["html"] = linebreaks(given.get("html", ""))
        return given


class MailboxForm(forms.ModelForm):
    """A password that is not typed again stays as it is."""

    address = EmailField(label=_("E-mail address"))
    password = forms.CharField(
        label=_("Password"),
        required=False,
        max_length=1000,
        widget=forms.PasswordInput({"autocomplete": "off"}),
        help_text=_("Gmail, Yahoo and iCloud want an app password, made in your account there. It is kept sealed."),
    )
    imap_port = forms.IntegerField(label=_("Port"), min_value=1, max_value=65535, initial=993)
    smtp_port = forms.IntegerField(label=_("Port"), min_value=1, max_value=65535, initial=465)
    imap_security = forms.ChoiceField(label=_("Encryption"), choices=Security.choices, initial=Security.TLS)
    smtp_security = forms.ChoiceField(label=_("Encryption"), choices=Security.choices, initial=Security.TLS)
    imap_host = CleanCharField(label=_("IMAP server"), max_length=253)
    smtp_host = CleanCharField(label=_("SMTP server"), max_length=253)
    login = CleanCharField(
        label=_("User name"), required=False, max_length=254, help_text=_("Empty: the address itself.")
    )
    privacy = forms.ChoiceField(
        label=_("What colleagues see"),
        choices=Privacy.choices,
        widget=forms.RadioSelect,
        initial=Privacy.WHOLE,
        help_text=_("Of your e-mails on records that they may see. You can change it for each e-mail."),
    )

    class Meta:
        model = Mailbox
        fields = (
            "address",
            "login",
            "imap_host",
            "imap_port",
            "imap_security",
            "smtp_host",
            "smtp_port",
            "smtp_security",
            "privacy",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "mailbox_%s", **kwargs})

    def validate_unique(self) -> None:
        """The act says whose it is."""


class PlaceForm(forms.Form):
    """What a letter is about."""

    record = RowField(Record.objects.none(), label=_("About"), widget=RecordInput)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "place_%s", **kwargs})
        records = Record.objects.visible_to(user).filter(state=Record.State.LIVE)
        self.fields["record"].queryset = records  # type: ignore[attr-defined]


class ConsentForm(forms.Form):
    """What somebody has agreed to, or ended. Nothing is chosen beforehand: silence is no consent."""

    purpose = forms.ChoiceField(
        label=_("What for"),
        choices=[(one.value, one.label) for one in ASKED],
        widget=forms.RadioSelect,
    )
    source = forms.ChoiceField(
        label=_("Where it comes from"),
        choices=[("", "—"), *((one.value, one.label) for one in Consent.Source if one != Consent.Source.LINK)],
    )
    wording = CleanCharField(
        label=_("In which words they agreed"),
        max_length=2000,
        widget=forms.Textarea({"rows": 3}),
        help_text=_("The sentence that they said yes to: what for, how, and how often."),
    )
    proof = CleanCharField(
        label=_("Proof"),
        max_length=2000,
        required=False,
        help_text=_("Where it can be seen: a paper, an e-mail, a recording."),
    )

    def __init__(self, *args: Any, given: bool, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "consent_%s", **kwargs})
        if not given:
            del self.fields["wording"]


class TemplateForm(EntryForm):
    """«Mẫu email»: what is written, what for, and whether it goes out by itself."""

    name = CleanCharField(label=_("Name"), max_length=100)
    subject = CleanCharField(label=_("Subject"), max_length=500)
    html = forms.CharField(label=_("Body"), max_length=100_000, widget=RichInput({"rows": 10}))
    purpose = forms.ChoiceField(
        label=_("Purpose"),
        choices=Purpose.choices,
        widget=forms.RadioSelect,
        initial=Purpose.TRANSACTION,
        help_text=_(
            "Advertising goes only to those who have agreed to it, with a way to end it (Decree 91/2020): one person at"
            " a time, from 7:00 to 22:00, three in 24 hours at most. “[QC]”, the company and the link to stop it are"
            " added by themselves."
        ),
    )
    moment = forms.ChoiceField(
        label=_("Goes out by itself"),
        choices=[("", _("Never")), *EmailTemplate.Moment.choices],
        required=False,
        widget=forms.RadioSelect,
    )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        for name in ("subject", "html"):
            if given.get(name) and (words := wrong_with(given[name])):
                self.add_error(name, words)
        return given

    def only(self, *names: str) -> bool:
        """Whether these fields can be used as they are; what is wrong with others is not said yet."""
        for name in set(self.errors) - set(names):
            del self.errors[name]
        return not self.errors

    @property
    def offered(self) -> list[tuple[str, str]]:
        """What may stand in it: (what is written, what it stands for), of a lead."""
        return [(f"{{{{ {name} }}}}", words) for name, words in offered("lead", company())]


FORMS[EmailTemplates] = TemplateForm


class ProviderForm(EntryForm):
    """«Đăng nhập hộp thư»: what the provider's console gave, and what differs from what is known of the provider."""

    name = CleanCharField(label=_("Name"), max_length=100, help_text=_("As people read it on the button: Google."))
    house = forms.ChoiceField(label=_("Provider"), choices=MailProvider.Kind.choices, initial="google")
    client_id = CleanCharField(label=_("Client ID"), max_length=300)
    secret = forms.CharField(
        label=_("Client secret"),
        required=False,
        max_length=500,
        widget=forms.PasswordInput({"autocomplete": "off"}),
        help_text=_("It is kept sealed and never shown again. Empty: it stays as it is."),
    )
    authorize_url = CleanCharField(label=_("Sign-in address"), max_length=500, required=False)
    token_url = CleanCharField(label=_("Token address"), max_length=500, required=False)
    scope = CleanCharField(label=_("Rights asked for"), max_length=500, required=False)
    imap_host = CleanCharField(label=_("IMAP server"), max_length=253, required=False)
    imap_port = forms.IntegerField(label=_("Port"), min_value=1, max_value=65535, initial=993)
    imap_security = forms.ChoiceField(label=_("Encryption"), choices=Security.choices, initial=Security.TLS)
    smtp_host = CleanCharField(label=_("SMTP server"), max_length=253, required=False)
    smtp_port = forms.IntegerField(label=_("Port"), min_value=1, max_value=65535, initial=465)
    smtp_security = forms.ChoiceField(label=_("Encryption"), choices=Security.choices, initial=Security.TLS)

    @property
    def back(self) -> str:
        """What the provider's console has to know of us."""
        return back()


FORMS[MailProviders] = ProviderForm


class TryForm(forms.Form):
    """On which record a template is tried; on none, too."""

    about = RowField(Record.objects.none(), label=_("Try it on"), required=False, widget=RecordInput)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "try_%s", **kwargs})
        records = Record.objects.visible_to(user).filter(state=Record.State.LIVE)
        self.fields["about"].queryset = records  # type: ignore[attr-defined]
