"""What the gate of a stage may ask of whom a record is about."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from pheu.records.gates import Check
from pheu.records.kinds import Kind


def _can_be_called(row: Any) -> bool:
    contact = getattr(row, "contact", None)
    return bool(getattr(row, "phone", "") or (contact and contact.phone))


def _has_contact(kind: Kind) -> bool:
    return kind.fields.get("contact") is not None or kind.fields.get("phone") is not None


Check("contact_phone", _("a contact with a phone number"), _can_be_called, _has_contact)
