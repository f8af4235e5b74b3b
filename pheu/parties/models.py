"""Whom we sell to: raw prospects, companies and contacts."""

from collections.abc import Iterable
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _

from pheu.core.vietnamese.names import given_name, name_sort_key
from pheu.core.vietnamese.phone import phone_digits
from pheu.core.vietnamese.text import fold
from pheu.records.models import Record, Row


class Reachable(models.Model):
    """How somebody is reached. `phone` is E.164; a number that cannot be read stays as typed (`has_unread_phone`)."""

    phone = models.CharField(_("Phone"), max_length=300, blank=True, db_index=True)
    other_phones = ArrayField(models.CharField(max_length=300), default=list, blank=True)
    email = models.EmailField(_("Email"), blank=True, max_length=254)
    website = models.CharField(_("Website"), max_length=300, blank=True)
    address = models.CharField(_("Address"), max_length=500, blank=True)

    class Meta:
        abstract = True

    @property
    def phones(self) -> list[str]:
        return [phone for phone in (self.phone, *self.other_phones) if phone]

    @property
    def has_unread_phone(self) -> bool:
        return any(not phone.startswith("+") for phone in self.phones)

    def phone_words(self) -> Iterable[str]:
        return [phone_digits(phone) for phone in self.phones if phone.startswith("+")]


class Company(Reachable, Row):
    """An organisation. «Tiềm năng» from conversion, «Khách hàng» from its first won deal (D3)."""

    class Type(models.TextChoices):
        PROSPECT = "prospect", _("Potential")
        CUSTOMER = "customer", _("Customer")
        PARTNER = "partner", _("Partner")
        SUPPLIER = "supplier", _("Supplier")

    kind = "company"
    name = models.CharField(_("Company name"), max_length=300)
    name_folded = models.CharField(max_length=300, default="", db_index=True, editable=False)
    short_name = models.CharField(_("Short name"), max_length=100, blank=True)
    tax_code = models.CharField(_("Tax code"), max_length=20, blank=True, db_index=True)
    type = models.CharField(_("Type"), max_length=20, choices=Type.choices, default=Type.PROSPECT)
    first_won_at = models.DateTimeField(_("First won"), null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["-updated_at", "-record"], name="company_newest")]

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.name_folded = fold(self.name)
        super().save(*args, **kwargs)

    @property
    def title(self) -> str:
        return self.name

    @property
    def pick_hint(self) -> str:
        return self.tax_code or self.address

    def words(self) -> Iterable[str]:
        return (self.short_name, self.tax_code, self.email, self.website)

    def fills(self) -> dict[str, str]:
        """What a lead's form takes over when this company is chosen (R0.06)."""
        return {
            "company_name": self.name, "tax_code": self.tax_code, "phone": self.phone, "email": self.email,
            "address": self.address, "website": self.website,
        }  # fmt: skip

    def become_customer(self, at: Any) -> bool:
        """Note the first win; True if that made the company a customer (D3)."""
        self.first_won_at = self.first_won_at or at
        if self.type != self.Type.PROSPECT:
            return False
        self.type = self.Type.CUSTOMER
        return True


class Contact(Reachable, Row):
    """A person: a company's contact, or a private customer when without a company (R1.05)."""

    class Salutation(models.TextChoices):
        OLDER_BROTHER = "anh", _("Mr (anh)")
        OLDER_SISTER = "chi", _("Ms (chị)")
        YOUNGER = "em", _("em")
        UNCLE = "ong", _("Sir (ông)")
        AUNT = "ba", _("Madam (bà)")

    kind = "contact"
    full_name = models.CharField(_("Full name"), max_length=300)
    given_name = models.CharField(_("Given name"), max_length=100, blank=True)
    salutation = models.CharField(_("Salutation"), max_length=10, choices=Salutation.choices, blank=True)
    job_title = models.CharField(_("Job title"), max_length=200, blank=True)
    company = models.ForeignKey(
        Company, models.PROTECT, null=True, blank=True, related_name="contacts", verbose_name=_("Company")
    )

    class Meta:
        indexes = [models.Index(fields=["-updated_at", "-record"], name="contact_newest")]

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.given_name = self.given_name or given_name(self.full_name)[:100]
        super().save(*args, **kwargs)

    @property
    def title(self) -> str:
        return self.full_name

    @property
    def is_private(self) -> bool:
        return self.company_id is None

    @property
    def pick_hint(self) -> str:
        return " · ".join(part for part in (self.job_title, self.email or self.phone) if part)

    @property
    def customer_name(self) -> str:
        return self.company.name if self.company else ""

    def describe_record(self) -> Record:
        record = super().describe_record()
        self.title_key = name_sort_key(self.full_name)
        return record

    def words(self) -> Iterable[str]:
        return (self.customer_name, self.email, self.job_title)

    def fills(self) -> dict[str, Any]:
        filled: dict[str, Any] = {
            "person_name": self.full_name,
            "job_title": self.job_title,
            "phone": self.phone,
            "email": self.email,
        }
        if self.company:
            filled |= {"company": self.company_id, "company_name": self.company.name, "tax_code": self.company.tax_code}
        return filled


class Prospect(Reachable, Row):
    """«KH thô»: bought or scraped, unscreened (R1.01). Converted once into a lead, which `became` names (R1.16)."""

    class Flag(models.TextChoices):
        COMPLETED = "completed", _("area code added")
        ZERO_RESTORED = "zero_restored", _("leading zero restored")
        OLD_MOBILE = "old_mobile", _("old mobile number converted")
        OLD_AREA = "old_area", _("old area code converted")
        UNREADABLE = "unreadable", _("phone could not be read")
        AMBIGUOUS = "ambiguous", _("phone is ambiguous")
        REPEATED = "repeated", _("phone repeated")

    kind = "prospect"
    company_name = models.CharField(_("Company name"), max_length=300, blank=True)
    short_name = models.CharField(_("Short name"), max_length=100, blank=True)
    person_name = models.CharField(_("Contact person"), max_length=300, blank=True)
    job_title = models.CharField(_("Job title"), max_length=200, blank=True)
    tax_code = models.CharField(_("Tax code"), max_length=20, blank=True)
    country = models.CharField(_("Country"), max_length=100, blank=True)
    industry = models.CharField(_("Industry"), max_length=300, blank=True)
    remark = models.TextField(_("Remark"), blank=True, max_length=20_000)
    origin = models.CharField(_("Where the list came from"), max_length=200, blank=True)
    flags = ArrayField(models.CharField(max_length=20, choices=Flag.choices), default=list, blank=True)
    became = models.ForeignKey(Record, models.PROTECT, null=True, blank=True, related_name="+")
    import_key = models.CharField(max_length=60, null=True, editable=False, unique=True)  # noqa: DJ001 (unique)

    class Meta:
        indexes = [
            models.Index(fields=["-updated_at", "-record"], name="prospect_newest"),
            GinIndex(fields=["flags"], name="prospect_flags"),
        ]

    @property
    def title(self) -> str:
        return self.company_name or self.person_name or self.phone or self.email

    @property
    def pick_hint(self) -> str:
        return self.phone or self.address

    @property
    def is_converted(self) -> bool:
        return self.became_id is not None

    def flag_labels(self) -> list[str]:
        return [str(self.Flag(flag).label) for flag in self.flags]

    def words(self) -> Iterable[str]:
        return (self.short_name, self.person_name, self.tax_code, self.email, self.website)

    def fills(self) -> dict[str, str]:
        return {}
