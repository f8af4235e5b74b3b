"""Whom we sell to: raw prospects, companies and contacts."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from pheu.core.vietnamese.names import given_name, name_sort_key
from pheu.core.vietnamese.text import fold
from pheu.records.models import PLACES, ListItem, Record, Row, Worked, list_indexes, work_indexes


class Reachable(models.Model):
    """How somebody is reached. `phone` is E.164; a number that cannot be read stays as typed (`has_unread_phone`).

    `address` is as typed; `province` and `ward` are the official codes of where that is today.
    """

    phone = models.CharField(_("Phone"), max_length=300, blank=True)
    other_phones = ArrayField(models.CharField(max_length=300), default=list, blank=True)
    email = models.EmailField(_("Email"), blank=True, max_length=254)
    website = models.CharField(_("Website"), max_length=300, blank=True)
    address = models.CharField(_("Address"), max_length=500, blank=True)
    province = models.CharField(_("Province"), max_length=2, blank=True)
    ward = models.CharField(_("Ward"), max_length=5, blank=True)

    class Meta:
        abstract = True

    @property
    def phones(self) -> list[str]:
        return [phone for phone in (self.phone, *self.other_phones) if phone]

    @property
    def has_unread_phone(self) -> bool:
        return any(not phone.startswith("+") for phone in self.phones)


def phone_index(table: str) -> models.Index:
    """What answers for a number alone and for one with words behind it."""
    return models.Index(fields=["phone"], opclasses=["varchar_pattern_ops"], name=f"{table}_phone")


class Source(ListItem):
    """Where a customer came from; the channel tells marketing from customers who come by themselves (R0.30, R1.15)."""

    class Channel(models.TextChoices):
        MARKETING = "marketing", _("Marketing")
        INBOUND = "inbound", _("Customer came to us")

    channel = models.CharField(_("channel"), max_length=20, choices=Channel.choices, default=Channel.MARKETING)
    brings_lists = models.BooleanField(default=False, help_text="proposed for what a file brings")


class Screened(models.Model):
    """What a bought list says of somebody, and what screening keeps of it."""

    short_name = models.CharField(_("Short name"), max_length=100, blank=True)
    country = models.CharField(_("Country"), max_length=100, blank=True)
    industry = models.CharField(_("Industry"), max_length=300, blank=True)
    origin = models.CharField(_("From the list"), max_length=200, blank=True)

    class Meta:
        abstract = True


class Company(Reachable, Screened, Row):
    """An organisation. «Tiềm năng» from conversion, «Khách hàng» from its first won deal (D3)."""

    class Type(models.TextChoices):
        PROSPECT = "prospect", _("Potential")
        CUSTOMER = "customer", _("Customer")
        PARTNER = "partner", _("Partner")
        SUPPLIER = "supplier", _("Supplier")

    kind = "company"
    name = models.CharField(_("Company name"), max_length=300)
    name_folded = models.CharField(max_length=300, default="", db_index=True, editable=False)
    tax_code = models.CharField(_("Tax code"), max_length=20, blank=True, db_index=True)
    type = models.CharField(_("Type"), max_length=20, choices=Type.choices, default=Type.PROSPECT)
    first_won_at = models.DateTimeField(_("First won"), null=True, blank=True)

    class Meta:
        indexes = [
            *list_indexes(
                "company",
                "title_key",
                "created_at",
                filters=("type", "province", "created_by", "first_won_at"),
                rare=("ward",),
            ),
            phone_index("company"),
        ]

    def derive(self) -> None:
        self.name_folded = fold(self.name)

    @property
    def hint(self) -> str:
        return self.tax_code or self.address

    def note_wins(self, first: Any) -> bool:
        """Keep the date of the first win that stands, or none; True if the type changed with it (D3).

        Partners and suppliers stay what they are; «Khách hàng» comes with the first win and goes with the last.
        """
        was, self.first_won_at = self.type, first
        if self.type == self.Type.PROSPECT and first is not None:
            self.type = self.Type.CUSTOMER
        elif self.type == self.Type.CUSTOMER and first is None:
            self.type = self.Type.PROSPECT
        return self.type != was


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
        indexes = [
            *list_indexes(
                "contact", "title_key", "created_at", filters=("company", "province", "created_by"), rare=("ward",)
            ),
            phone_index("contact"),
            models.Index(Upper("email"), name="contact_email"),  # what `email__iexact` compares
        ]

    def derive(self) -> None:
        self.given_name = given_name(self.full_name)[:100]

    @property
    def is_private(self) -> bool:
        return self.company_id is None

    def make_title_key(self, title: str) -> bytes:
        return name_sort_key(self.full_name)


class Prospect(Reachable, Screened, Worked, Row):
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
    person_name = models.CharField(_("Contact person"), max_length=300, blank=True)
    job_title = models.CharField(_("Job title"), max_length=200, blank=True)
    tax_code = models.CharField(_("Tax code"), max_length=20, blank=True)
    remark = models.TextField(_("Remark"), blank=True, max_length=20_000)
    source = models.ForeignKey(Source, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    flags = ArrayField(models.CharField(max_length=20, choices=Flag.choices), default=list, blank=True)
    became = models.ForeignKey(Record, models.PROTECT, null=True, blank=True, related_name="+")
    import_key = models.CharField(max_length=60, null=True, editable=False, unique=True)  # noqa: DJ001 (unique)

    class Meta:
        indexes = [
            *list_indexes(
                "prospect",
                "title_key",
                "created_at",
                filters=("became", "source", "province", "created_by"),
                rare=("ward",),
            ),
            *work_indexes("prospect"),
            phone_index("prospect"),
            GinIndex(fields=["flags"], name="prospect_flags"),
            models.Index(
                fields=["updated_at", "record"],
                include=PLACES,
                name="prospect_marked",
                condition=models.Q(is_live=True) & ~models.Q(flags=[]),
            ),
        ]

    @property
    def is_converted(self) -> bool:
        return self.became_id is not None

    @property
    def goes_on_in(self) -> Record | None:
        return self.became

    is_over_by = ("became",)

    @property
    def is_over(self) -> bool:
        return self.is_converted  # without asking for what it became

    def flag_labels(self) -> list[str]:
        return [str(self.Flag(flag).label) for flag in self.flags]
