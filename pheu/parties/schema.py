"""The fields of companies, contacts and prospects, described once (docs/five-ideas.md)."""

from dataclasses import replace
from operator import attrgetter

from django.utils.translation import gettext_lazy as _

from pheu.automation.schema import returning
from pheu.parties.models import Company, Contact, Prospect, Source
from pheu.quality.fields import from_list
from pheu.records.fields import (
    Choice,
    Email,
    Link,
    LongText,
    MultiChoice,
    PersonName,
    PersonTitle,
    Phone,
    Pick,
    PlaceText,
    ProvincePick,
    RowPick,
    ShownRow,
    Tags,
    TaxCode,
    Text,
    Title,
    WardPick,
    common,
    moment,
    next_activity,
    worked_at,
)
from pheu.records.schema import NOTES, Group, Schema, responsible

# What lists call a customer, and somebody there, whatever the kind.
COMPANY_NAMES = (
    "tên công ty", "tên cty", "công ty", "tên doanh nghiệp", "doanh nghiệp", "tên đơn vị", "đơn vị", "tên khách hàng",
    "tên kh", "khách hàng", "company", "company name", "account", "account name", "organization", "organization name",
    "organisation", "business name", "associated company", "customer", "customer name",
)  # fmt: skip
PERSON_NAMES = (
    "người liên hệ", "tên người liên hệ", "tên liên hệ", "liên hệ", "họ tên", "họ và tên", "contact", "contact name",
    "contact person", "associated contact", "full name",
)  # fmt: skip
GIVEN_NAMES = ("tên", "name", "first name", "given name")

PHONE = Phone(
    name="phone",
    label=_("Phone"),
    companions=("other_phones",),
    synonyms=(
        "điện thoại", "sđt", "số điện thoại", "đt", "di động", "số di động", "phone number", "mobile", "cell", "tel",
        "telephone", "hotline",
    ),
)  # fmt: skip
EMAIL = Email(
    name="email", label=_("Email"), max_length=254, searched=True, synonyms=("email", "e-mail", "thư điện tử", "mail")
)
WEBSITE = Link(name="website", label=_("Website"), searched=True, synonyms=("website", "web", "trang web", "url"))
ADDRESS = PlaceText(
    name="address",
    label=_("Address"),
    max_length=500,
    synonyms=("địa chỉ", "trụ sở", "trụ sở chính", "street", "street address", "mailing address", "billing address"),
)
PROVINCE = ProvincePick(
    name="province",
    label=_("Province"),
    synonyms=("tỉnh thành phố", "tỉnh thành", "tỉnh", "thành phố", "tỉnh tp", "tp tỉnh", "city", "state"),
)
WARD = WardPick(
    name="ward",
    label=_("Ward"),
    max_length=200,
    synonyms=("phường xã", "xã phường", "phường xã thị trấn", "xã phường thị trấn", "phường", "xã", "commune"),
)
TAX_CODE = TaxCode(
    name="tax_code",
    label=_("Tax code"),
    max_length=20,
    searched=True,
    synonyms=("mã số thuế", "mst", "mã số doanh nghiệp", "tax id", "tax number", "vat", "vat number"),
)
JOB_TITLE = Text(
    name="job_title",
    label=_("Job title"),
    max_length=200,
    synonyms=("chức vụ", "chức danh", "vị trí", "title", "position"),
)
SHORT_NAME = Text(
    name="short_name",
    label=_("Short name"),
    max_length=100,
    searched=True,
    synonyms=("tên gọi tắt", "gọi tắt", "tên viết tắt", "viết tắt"),
)
COUNTRY = Text(name="country", label=_("Country"), max_length=100, asked=False, synonyms=("quốc gia", "nước"))
INDUSTRY = Text(
    name="industry",
    label=_("Industry"),
    synonyms=("lĩnh vực", "lĩnh vực hoạt động", "ngành", "ngành nghề", "ngành hàng", "ngành sản xuất"),
)
ORIGIN = Text(name="origin", label=_("From the list"), max_length=200, asked=False, importable=False)


class SourcePick(Pick):
    """Where a customer came from."""

    def proposed(self) -> Source | None:
        """An admin may say which source lists are of."""
        return Source.objects.filter(is_active=True, brings_lists=True).first()


SOURCE = SourcePick(
    name="source",
    label=_("Source"),
    model=Source,
    filterable=True,
    of_list=True,
    synonyms=("nguồn", "nguồn khách", "nguồn khách hàng", "lead source"),
)
TAGS = Tags(
    name="tags",
    label=_("Tags"),
    filterable=True,
    synonyms=("từ khóa", "từ khoá", "thẻ", "tag", "hashtag"),
)

COMPANY = Schema(
    model=Company,
    groups=(
        Group(
            "company",
            _("Company"),
            (
                Title(
                    name="name",
                    label=_("Company name"),
                    required=True,
                    sortable=True,
                    names="company",
                    synonyms=(*COMPANY_NAMES, "tên", "name"),
                ),
                SHORT_NAME,
                Choice(name="type", label=_("Type"), options=Company.Type.choices, required=True, filterable=True),
                replace(TAX_CODE, tells_apart=True),
                replace(PHONE, tells_apart=True),
                EMAIL,
                WEBSITE,
                ADDRESS,
                PROVINCE,
                WARD,
                INDUSTRY,
                COUNTRY,
                ORIGIN,
                TAGS,
            ),
        ),
        responsible("company"),
    ),
    title=("name",),
    key=("phone", "email", "owner"),
    columns=("name", "number", "type", "next_activity", "owner", "phone", "email", "tax_code", "tags", "updated_at"),
    shown=(
        *common(),
        next_activity("company", on_page=False),
        from_list("company"),
        moment("first_won_at", _("First won"), sortable=False),
    ),
    phone_columns=("name", "type", "phone", "owner"),
)

CONTACT = Schema(
    model=Contact,
    groups=(
        Group(
            "contact",
            _("Contact"),
            (
                PersonTitle(
                    name="full_name",
                    label=_("Full name"),
                    required=True,
                    sortable=True,
                    synonyms=(*PERSON_NAMES, *GIVEN_NAMES, "tên khách hàng", "khách hàng"),
                ),
                Choice(name="salutation", label=_("Salutation"), options=Contact.Salutation.choices),
                replace(JOB_TITLE, searched=True),
                RowPick(
                    name="company",
                    label=_("Company"),
                    kind="company",
                    synonyms=COMPANY_NAMES,
                    hint=_("Empty for a private customer"),
                    searched=True,
                    filterable=True,
                    comes_from={"contact": "company"},
                ),
                replace(PHONE, tells_apart=True),
                replace(EMAIL, found_beyond=True, tells_apart=True),
                ADDRESS,
                PROVINCE,
                WARD,
                TAGS,
            ),
        ),
        responsible("contact"),
    ),
    title=("full_name",),
    customer=("company",),
    hint=(("job_title",), ("email", "phone")),
    key=("phone", "email", "owner"),
    columns=(
        "full_name",
        "number",
        "company",
        "next_activity",
        "owner",
        "phone",
        "email",
        "job_title",
        "tags",
        "updated_at",
    ),
    shown=(*common(), next_activity("contact", on_page=False), from_list("contact")),
    phone_columns=("full_name", "company", "phone", "owner"),
)


PROSPECT = Schema(
    model=Prospect,
    groups=(
        Group(
            "prospect",
            _("Customer"),
            (
                Title(
                    name="company_name",
                    label=_("Company name"),
                    names="company",
                    sortable=True,
                    synonyms=COMPANY_NAMES,
                ),
                SHORT_NAME,
                PersonName(
                    name="person_name",
                    label=_("Contact person"),
                    searched=True,
                    synonyms=(*PERSON_NAMES, *GIVEN_NAMES, "đại diện", "giám đốc"),
                ),
                JOB_TITLE,
                PHONE,
                EMAIL,
                TAX_CODE,
                ADDRESS,
                PROVINCE,
                WARD,
                WEBSITE,
                COUNTRY,
                INDUSTRY,
                LongText(name="remark", label=_("Remark"), synonyms=(*NOTES, "tên dự án", "dự án")),
                SOURCE,
                ORIGIN,
                TAGS,
            ),
        ),
        responsible("prospect"),
    ),
    title=("company_name", "person_name", "phone", "email"),
    hint=(("phone", "address"),),
    key=("phone", "email", "owner"),
    columns=(
        "company_name",
        "number",
        "phone",
        "flags",
        "next_activity",
        "owner",
        "email",
        "industry",
        "address",
        "updated_at",
    ),
    shown=(
        *common(),
        next_activity("prospect", on_page=False),
        worked_at(),
        returning("prospect"),
        from_list("prospect"),
        ShownRow(name="became", label=_("Converted"), reads=attrgetter("became")),
        MultiChoice(
            name="flags",
            label=_("Phone state"),
            options=Prospect.Flag.choices,
            editable=False,
            importable=False,
            on_create=False,
            filterable=True,
        ),
    ),
    phone_columns=("company_name", "phone", "flags", "owner"),
)
