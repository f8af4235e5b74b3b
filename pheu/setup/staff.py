"""«Người dùng»: who works here, how they come in, and what is in their hands when they leave."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from allauth.account.forms import default_token_generator
from allauth.account.models import EmailAddress
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db.models import OuterRef, QuerySet, Subquery
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pheu.people.models import TimeOff, User
from pheu.people.second_step import with_second_step
from pheu.records import kinds
from pheu.setup.columns import Column, Many
from pheu.setup.company import CompanyPage
from pheu.setup.roles import must_stay_looked_after


class TeamsOf(Many):
    """The sales teams that a person is in, seen from the person."""

    label = gettext_lazy("Sales teams")


class People(CompanyPage):
    """Everybody with an account, those who have left last."""

    code, order = "people", 0
    label, one = gettext_lazy("People"), gettext_lazy("person")
    hint = gettext_lazy("Who works with Phễu. Whoever is invited chooses a password by the link in the mail.")
    model = User
    icon = "users"
    body, line = "setup/_person_fields.html", "setup/_person_line.html"
    columns = ("full_name", "email", "job_title", "role", "department", "teams", "capacity")
    most = 5000
    can_be_off = False  # leaving is an act of its own

    @property
    def items(self) -> QuerySet[Any]:
        return User.objects.order_by("-is_active", "name_key", "pk")

    @property
    def items_with_uses(self) -> QuerySet[Any]:
        people = with_second_step(self.items).select_related("role", "department")
        off = TimeOff.objects.from_now().filter(user=OuterRef("pk"))
        begins, ends = (Subquery(off.values(one)[:1]) for one in ("begins_on", "ends_on"))
        return people.annotate(off_begins=begins, off_ends=ends).prefetch_related("teams")

    def words(self, item: Any) -> str:
        return f"{item} {item.email} {item.job_title} {item.role} {item.department or ''}"

    def column(self, name: str) -> Column:
        column = super().column(name)
        return TeamsOf(column.field) if name == "teams" else column

    def new(self, held: Sequence[Any]) -> User:
        return User(password=make_password(None))

    def is_same(self, one: Any, item: Any) -> bool:
        return False  # two people may have one name

    def errors(self, item: Any, others: Sequence[Any]) -> dict[str, Any]:
        errors = {}
        if item.email != item.email.lower() or any(one.email.lower() == item.email.lower() for one in others):
            errors["email"] = [_("Somebody has this e-mail address already.")]
        if not item.full_name.strip():
            errors["full_name"] = [_("This field is required.")]
        if item.department and not item.department.is_active:
            errors["department"] = [_("“%(name)s” is in use no more.") % {"name": item.department}]
        return errors

    def save(self, item: Any, names: Sequence[str] | None) -> None:
        if names is not None and "full_name" in names:
            item.given_name = ""  # made anew of the name
            names = [*names, "given_name", "name_key"]
        super().save(item, names)
        if names is not None and "email" in names:
            EmailAddress.objects.filter(user=item).delete()  # else the old one would still sign in

    def after(self, item: Any) -> None:
        must_stay_looked_after()


PEOPLE = People()


# Coming in ------------------------------------------------------------------------------------------------------------


def invitation_link(person: User) -> str:
    """Where the person chooses a password; it works once, and for as long as `PASSWORD_RESET_TIMEOUT`."""
    names = {"uidb36": user_pk_to_url_str(person), "key": default_token_generator.make_token(person)}
    return settings.PHEU_BASE_URL.rstrip("/") + reverse("account_reset_password_from_key", kwargs=names)


def has_come_in(person: User) -> bool:
    """Whether the person has chosen a password."""
    return person.has_usable_password()


def mail_is_set_up() -> bool:
    return not settings.EMAIL_BACKEND.endswith("filebased.EmailBackend")


# Leaving --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Work:
    """What people have to do besides the records that they own: the Record of each piece."""

    label: str | Promise
    records: Callable[[User], Iterable[int]]

    def __post_init__(self) -> None:
        _works.append(self)


_works: list[Work] = []


def rows_of(person: User) -> list[tuple[Any, list[Any]]]:
    """(kind, rows) that the person works and that are not over."""
    found = []
    for kind in kinds.every():
        rows = kind.model.objects.live().filter(owner=person).select_related(*(["stage"] if kind.has_stages else []))
        if open_ones := [row for row in rows.order_by("pk") if not row.is_over]:
            found.append((kind, open_ones))
    return found


def work_of(person: User) -> list[tuple[Any, list[int]]]:
    """(what it is, the Record of each piece) of what else the person has to do."""
    found = [(one.label, list(one.records(person))) for one in _works]
    return [(label, records) for label, records in found if records]
