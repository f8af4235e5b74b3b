"""The people of the company: users, departments, branches, sales teams and roles."""

import uuid
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import models
from django.utils.dates import WEEKDAYS
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from pheu.core.errors import Refused
from pheu.core.loading import Loaded
from pheu.core.vietnamese.dates import show_date
from pheu.core.vietnamese.names import given_name, name_sort_key
from pheu.people.queries import DepartmentQuerySet, TeamQuerySet, TimeOffQuerySet, UserManager
from pheu.people.scopes import FAMILIES, Action, Scope


def logo_name(profile: "Profile", name: str) -> str:
    """A name of our own on disk, a new one for each picture: browsers keep what they have seen."""
    return f"logo/{uuid.uuid4().hex}"


def picture_name(user: "User", name: str) -> str:
    return f"person/{uuid.uuid4().hex}"


def _hours(weekday: int, usual: str) -> models.CharField:
    """A column of `Profile`: «08:00-12:00, 13:30-17:30» as `core.vietnamese.hours` reads it, nothing on a day off."""
    return models.CharField(WEEKDAYS[weekday], max_length=24, blank=True, default=usual)


WHOLE_DAY, MORNING = "08:00-12:00, 13:30-17:30", "08:00-12:00"


class Profile(models.Model):
    """«Hồ sơ công ty»: the one row about the company whose installation this is. Read through `people.profile`.

    `logo_type` is the media type of the picture, found in its bytes.
    """

    name = models.CharField(_("Name"), max_length=200, blank=True)
    short_name = models.CharField(_("Short name"), max_length=30, blank=True)
    tax_code = models.CharField(_("Tax code"), max_length=20, blank=True)
    address = models.CharField(_("Address"), max_length=300, blank=True)
    phone = models.CharField(_("Phone"), max_length=60, blank=True)
    website = models.CharField(_("Website"), max_length=200, blank=True)
    logo = models.FileField(upload_to=logo_name, blank=True)
    logo_type = models.CharField(max_length=20, blank=True)
    monday = _hours(0, WHOLE_DAY)
    tuesday = _hours(1, WHOLE_DAY)
    wednesday = _hours(2, WHOLE_DAY)
    thursday = _hours(3, WHOLE_DAY)
    friday = _hours(4, WHOLE_DAY)
    saturday = _hours(5, MORNING)
    sunday = _hours(6, "")
    leads_in_menu = models.BooleanField(_("Leads in the menu"), default=True)
    admins_need_second_step = models.BooleanField(_("Second step for administrators"), default=False)

    def __str__(self) -> str:
        return self.name or str(_("our company"))

    @property
    def logo_key(self) -> str:
        """What the address of the logo ends with; empty where there is none."""
        return (self.logo.name or "").rpartition("/")[2]

    @property
    def week(self) -> list[str]:
        """The hours of each weekday, Monday first."""
        return [getattr(self, day) for day in WEEK]


WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class Holiday(models.Model):
    """A day on which nobody works though its weekday is one of work; or, «làm bù», the other way round."""

    day = models.DateField(_("Date"), unique=True)
    name = models.CharField(_("Name"), max_length=100)
    is_working = models.BooleanField(_("A day of work"), default=False)

    class Meta:
        ordering = ["day"]

    def __str__(self) -> str:
        return self.name

    @property
    def weekday(self) -> Any:
        return WEEKDAYS[self.day.weekday()]


class Branch(models.Model):
    """One of our own legal entities; «Công ty» in source 3 (D16)."""

    name = models.CharField(_("name"), max_length=200)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return self.name


class Department(models.Model):
    """One place in the tree of departments. Nothing is offered in one that is not active, and nobody is in it."""

    name = models.CharField(_("name"), max_length=200)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("Part of")
    )
    # "/1/7/": my department and those below are one prefix match.
    path = models.CharField(max_length=200, db_index=True, default="", editable=False)
    is_active = models.BooleanField(_("active"), default=True)

    objects = DepartmentQuerySet.as_manager()

    class Meta:
        ordering = ["path"]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        super().save(*args, **kwargs)
        was, self.path = self.path, f"{self.parent.path if self.parent else '/'}{self.pk}/"
        if was != self.path:
            mine = {"path__startswith": was} if was else {"pk": self.pk}
            type(self).objects.filter(**mine).move(was, self.path)


class Role(models.Model):
    """A named set of grants: {family or kind: {action: scope}}, read by `scopes.scope_q`.

    `fields` are field rights: {kind: {field: "hidden" or "read"}}, read by `records.schema.schema_for`. `lists` is how
    lists begin for its people: {kind: {"columns", "is_locked", "tab"}}, read by `records.columns` and `records.lists`.
    """

    code = models.SlugField(unique=True)
    name = models.CharField(_("name"), max_length=100)
    grants = models.JSONField(default=dict, blank=True)
    fields = models.JSONField(default=dict, blank=True)
    lists = models.JSONField(default=dict, blank=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.name

    def scope(self, kind: str, action: Action) -> Scope:
        granted = self.grants.get(kind)
        if granted is None:
            granted = self.grants.get(FAMILIES.get(kind, ""), {})
        return Scope(granted.get(action, Scope.NONE))


class User(Loaded, AbstractBaseUser):
    """One person who signs in with an e-mail address. The full name is never split by a western rule."""

    email = models.EmailField(_("e-mail"), unique=True)
    full_name = models.CharField(_("full name"), max_length=200)
    given_name = models.CharField(_("given name"), max_length=100, blank=True)
    name_key = models.BinaryField(default=b"", editable=False)
    job_title = models.CharField(_("job title"), max_length=200, blank=True)
    role = models.ForeignKey(Role, models.PROTECT, related_name="users", verbose_name=_("Role"))
    department = models.ForeignKey(
        Department, models.PROTECT, null=True, blank=True, related_name="people", verbose_name=_("Department")
    )
    # How many open records one takes on, for handing out by turns.
    capacity = models.PositiveSmallIntegerField(_("Capacity"), null=True, blank=True)
    # {kind: the columns of the person's lists}, read by `records.columns`.
    lists = models.JSONField(default=dict, blank=True)
    # The area that opens after signing in, by the name of its address; empty: the first page.
    start_page = models.CharField(_("Start page"), max_length=60, blank=True)
    # `picture_type` is the media type, found in its bytes.
    picture = models.FileField(upload_to=picture_name, blank=True, max_length=60)
    picture_type = models.CharField(max_length=20, blank=True)
    signature = models.TextField(_("E-mail signature"), max_length=2000, blank=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["full_name"]
    objects = UserManager()

    class Meta:
        ordering = ["name_key", "pk"]

    def __str__(self) -> str:
        return self.full_name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.given_name = self.given_name or given_name(self.full_name)
        self.name_key = name_sort_key(self.full_name)
        super().save(*args, **kwargs)

    @property
    def picture_key(self) -> str:
        """What the address of the picture ends with; empty without one, or where a list has not read it."""
        return str(vars(self).get("picture") or "").rpartition("/")[2]

    @cached_property
    def team_ids(self) -> list[int]:
        loaded = self.__dict__.get("loaded_team_ids")
        return list(self.teams.values_list("pk", flat=True)) if loaded is None else loaded

    @cached_property
    def department_ids(self) -> list[int]:
        """My department and every one below it."""
        loaded = self.__dict__.get("loaded_department_ids")
        if loaded is not None:
            return loaded
        below = (
            Department.objects.filter(path__startswith=self.department.path)
            if self.department
            else Department.objects.none()
        )
        return list(below.values_list("pk", flat=True))

    def scope_of(self, kind: str, action: Action) -> Scope:
        return self.role.scope(kind, action) if self.is_active else Scope.NONE

    def may(self, kind: str, action: Action) -> bool:
        """Whether there can be any row at all; which rows, only `within` says."""
        return self.scope_of(kind, action) != Scope.NONE

    def must(self, kind: str, action: Action) -> None:
        if not self.may(kind, action):
            raise Refused(_("Your role may not do this."))


class TimeOff(models.Model):
    """Days on which somebody is not there, both included: nothing new is handed to them by rules or turns."""

    user = models.ForeignKey(User, models.CASCADE, related_name="times_off")
    begins_on = models.DateField(_("From"))
    ends_on = models.DateField(_("To"))
    reason = models.CharField(_("Reason"), max_length=200, blank=True)

    objects = TimeOffQuerySet.as_manager()

    class Meta:
        ordering = ["begins_on", "pk"]
        constraints = [
            models.CheckConstraint(condition=models.Q(ends_on__gte=models.F("begins_on")), name="time_off_has_days")
        ]

    def __str__(self) -> str:
        return f"{show_date(self.begins_on)} – {show_date(self.ends_on)}"


class Team(models.Model):
    """A sales team with members from any department; belongs to a branch (D12, D16).

    It is offered for the kinds that it serves, while it is active (`TeamQuerySet.offered`). `alias` is the local part
    or the whole of an e-mail address; only a team that serves deals has one. A mail to it makes what `alias_makes`
    says, a lead only where the team serves leads too.
    """

    class Makes(models.TextChoices):
        DEAL = "deal", _("A deal")
        LEAD = "lead", _("A lead")

    name = models.CharField(_("name"), max_length=200)
    serves_quotes = models.BooleanField(_("Quotes"), default=False)
    serves_deals = models.BooleanField(_("Deals"), default=True)
    serves_leads = models.BooleanField(_("Leads"), default=True)
    leader = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="led_teams", verbose_name=_("Team leader")
    )
    alias = models.CharField(_("E-mail alias"), max_length=200, blank=True)
    alias_makes = models.CharField(_("A mail to it becomes"), max_length=10, choices=Makes.choices, default=Makes.DEAL)
    branch = models.ForeignKey(
        Branch, models.PROTECT, null=True, blank=True, related_name="teams", verbose_name=_("Branch")
    )
    members = models.ManyToManyField(User, related_name="teams", blank=True, verbose_name=_("Members"))
    is_active = models.BooleanField(_("active"), default=True)

    objects = TeamQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["alias"], condition=~models.Q(alias=""), name="team_alias_once"),
            models.CheckConstraint(
                condition=models.Q(alias="") | models.Q(serves_deals=True), name="team_alias_needs_deals"
            ),
            models.CheckConstraint(
                condition=models.Q(alias_makes="deal") | models.Q(serves_leads=True), name="team_alias_makes_served"
            ),
        ]

    def __str__(self) -> str:
        return self.name
