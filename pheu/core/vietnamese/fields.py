"""Form fields that read and show things the Vietnamese way. On any error the person's own typing stays in the input."""

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pheu.core.vietnamese.dates import in_vietnam, read_date, read_datetime, show_date, show_datetime
from pheu.core.vietnamese.hours import read_hours
from pheu.core.vietnamese.money import read_money, show_number
from pheu.core.vietnamese.phone import UNREADABLE, read_phones, show_phone
from pheu.core.vietnamese.taxcode import read_tax_code
from pheu.core.vietnamese.text import clean, clean_lines


class ShownInput(forms.TextInput):
    """A text input that shows a stored value the way people write it, and typed text as it was typed."""

    extra_attrs: dict[str, str] = {}

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({**self.extra_attrs, **(attrs or {})})

    def format_value(self, value: Any) -> str | None:
        return value if value is None or isinstance(value, str) else self.show(value)

    def show(self, value: Any) -> str:
        """The stored value in words."""
        return str(value)


class PhoneInput(ShownInput):
    input_type = "tel"
    extra_attrs = {"inputmode": "tel"}

    def format_value(self, value: Any) -> str | None:
        return show_phone(value) if value else None


class MoneyInput(ShownInput):
    """Without ₫, which stands beside the input. The keyboard keeps its letters: 1,5 tỷ is an answer."""

    extra_attrs = {"inputmode": "text", "autocomplete": "off"}

    def show(self, value: Decimal) -> str:
        return show_number(value)


class VnDateInput(ShownInput):
    extra_attrs = {"inputmode": "text", "autocomplete": "off"}

    def show(self, value: date) -> str:
        return show_date(value)


class VnDateTimeInput(ShownInput):
    extra_attrs = {"inputmode": "text", "autocomplete": "off"}

    def show(self, value: datetime) -> str:
        return show_datetime(value)


class TaxCodeInput(ShownInput):
    """Ungrouped, as it is copied from and into other programs."""

    extra_attrs = {"inputmode": "numeric", "autocomplete": "off"}


class VnEmailInput(forms.EmailInput):
    """One that says on leaving it what is wrong."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"autocomplete": "off", **(attrs or {})})


class CleanCharField(forms.CharField):
    """Text in NFC without unseen characters; `lines=True` keeps line breaks. The length counts after cleaning.

    The browser is not told of it: it would cut in silence what is pasted, and here too much is refused in words.
    """

    def __init__(self, *, lines: bool = False, max_length: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.lines = lines
        self.max_length = max_length

    def to_python(self, value: Any) -> Any:
        text = "" if value in self.empty_values else (clean_lines if self.lines else clean)(str(value))
        return text or self.empty_value

    def validate(self, value: Any) -> None:
        super().validate(value)
        if self.max_length and value and len(value) > self.max_length:
            sizes = {"limit": self.max_length, "length": len(value)}
            raise ValidationError(
                _("At most %(limit)s characters; this has %(length)s.") % sizes, code="max_length", params=sizes
            )


class _ReadField(forms.Field):
    """A field whose words are read by one of the `read_*` functions; their ValueError is the message."""

    code = "invalid"

    def read(self, typed: Any) -> Any:
        """The value that `typed` means, or a ValueError."""
        raise NotImplementedError

    def to_python(self, value: Any) -> Any:
        if value in self.empty_values or (isinstance(value, str) and not clean(value)):
            return None
        try:
            return self.read(value)
        except ValueError as error:
            raise ValidationError(str(error), code=self.code) from error


class _ReadTextField(_ReadField):
    """The same for values stored as text, where nothing is the empty string."""

    def to_python(self, value: Any) -> Any:
        return super().to_python(value) or ""


class PhoneField(_ReadTextField):
    """One phone as `Phone.kept` has it, with the words beside it; as typed where it cannot be read.

    `strict=True` refuses what is no number at all («hỏi anh Nam»); a local number without area code passes even so.
    `current=False` is for what nobody types just now: a doubtful number stays one.
    """

    widget = PhoneInput
    max_typed = 200

    def __init__(
        self, *, strict: bool = False, area_code: str | None = None, current: bool = True, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.current = current
        self.strict = strict
        self.area_code = area_code

    def read(self, typed: Any) -> str:
        text = clean(str(typed))
        if len(text) > self.max_typed:
            raise ValueError(_("This is too long for a phone number."))
        phones = read_phones(text, area_code=self.area_code, current=self.current)
        if len(phones) > 1 and all(phone.e164 for phone in phones):
            raise ValueError(_("Write one number here; each further one has a place of its own."))
        if self.strict and (not phones or phones[0].note == UNREADABLE):
            raise ValueError(_("“%(text)s” is not a phone number. Write for example 0903 123 456.") % {"text": text})
        return phones[0].kept if len(phones) == 1 else text


class MoneyField(_ReadField):
    """An amount in đồng as Decimal: 1.500.000, 1tr5, 1,5 tỷ. Not negative unless `min_value=None`."""

    widget = MoneyInput

    def __init__(
        self, *, min_value: Decimal | int | None = 0, max_value: Decimal | int | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.min_value = min_value
        self.max_value = max_value

    def read(self, typed: Any) -> Decimal:
        return read_money(typed)

    def validate(self, value: Any) -> None:
        super().validate(value)
        if value is None:
            return
        if self.min_value is not None and value < self.min_value:
            raise ValidationError(_("At least %(limit)s.") % {"limit": show_number(self.min_value)}, code="min_value")
        if self.max_value is not None and value > self.max_value:
            raise ValidationError(_("At most %(limit)s.") % {"limit": show_number(self.max_value)}, code="max_value")


class VnDateField(_ReadField):
    """A day: 24/11/2026, 24-11-26, 2026-11-24, ngày mai."""

    widget = VnDateInput

    def read(self, typed: Any) -> date:
        return read_date(typed)


class VnDateTimeField(_ReadField):
    """A moment to the minute, aware, in the time of Việt Nam: 24/11/2026 17:00, 24/11 17h30."""

    widget = VnDateTimeInput

    def read(self, typed: Any) -> datetime:
        return read_datetime(typed)

    def prepare_value(self, value: Any) -> Any:
        return in_vietnam(value).replace(second=0, microsecond=0) if isinstance(value, datetime) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Seconds are not shown, so they are not changed."""
        return super().has_changed(self.prepare_value(initial), data)


class TaxCodeField(_ReadTextField):
    """A tax code of 10, 13 (as 10-3) or 12 digits, its check digit checked."""

    widget = TaxCodeInput

    def read(self, typed: Any) -> str:
        return read_tax_code(typed)


class HoursField(_ReadTextField):
    """The working hours of a day: 8-12, 13h30-17h30. Nothing is a day off."""

    widget = ShownInput

    def read(self, typed: Any) -> str:
        return read_hours(typed)


class EmailField(forms.EmailField):
    """An address in small letters, without unseen characters, «mailto:» or the brackets and commas of a copied list."""

    widget = VnEmailInput
    default_error_messages = {"invalid": gettext_lazy("This is no valid email address.")}

    def to_python(self, value: Any) -> Any:
        text = "".join(clean(str(value or "")).split()).strip("<>,;.")
        return super().to_python(text.lower().removeprefix("mailto:"))


class AddressesInput(forms.SelectMultiple):
    """Chosen or typed e-mail addresses, each as «Name <address>»; those to choose from stand at its `data-pick-url`."""

    def optgroups(self, name: str, value: Any, attrs: Any = None) -> Any:
        options = [self.create_option(name, one, one, True, nth) for nth, one in enumerate(value) if one]
        return [(None, options, 0)]

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        return super().get_context(name, value, {**(attrs or {}), "data-pick-create": "1"})


_BETWEEN = re.compile(r"""[,;\n](?=(?:[^"]*"[^"]*")*[^"]*$)""")
_ADDRESS = re.compile(r"""([^<>]*)<\s*([^<>\s]+)\s*>|([^<>\s"]+)""")


def addresses_in(text: str) -> list[str]:
    """The pieces of a list of addresses, at commas, semicolons and line ends outside of quotation marks."""
    return [part for part in _BETWEEN.split(text) if part.strip()]


def read_named_address(text: str) -> tuple[str, str]:
    """(name, address) of «Name <address>» or an address alone; `ValidationError` with what was typed for all else."""
    found = _ADDRESS.fullmatch(text.strip())
    name, address = (found[1] or "", found[2] or found[3]) if found else ("", "")
    local, at, domain = address.rpartition("@")
    address = f"{local}{at}{domain.lower()}"
    try:
        validate_email(address)
    except ValidationError:
        raise ValidationError(_("“%(text)s” is not an e-mail address.") % {"text": text[:100]}) from None
    return name.strip(' "'), address
