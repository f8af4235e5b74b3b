"""«Kịch bản việc»: sets of work that a company plans at once, kept in «Cấu hình» as steps from a first day on."""

import re
from collections.abc import Sequence
from datetime import date, datetime, time
from functools import lru_cache
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from pheu.activities.models import ActivityType, WorkPlan
from pheu.core import shape
from pheu.people.models import User
from pheu.people.profile import DAY, next_working_day
from pheu.records import kinds
from pheu.setup.columns import Column
from pheu.setup.lists import CompanyList, Page

MOST_STEPS, MOST_DAYS = 12, 366
OWNER, ME = "owner", "me"
HOUR = re.compile(r"([01]\d|2[0-3]):[0-5]\d", re.ASCII)
STEP = {"type": int, "title": str, "after": int, "working": bool, "at": str}


class Steps(Column):
    """As the log tells them: how many, and what."""

    def _shown(self, told: Any) -> str:
        names = {one.pk: str(one) for one in ActivityType.objects.all()}
        works = [one["title"] or names.get(one["type"], "—") for one in told or ()]
        many = ngettext("%(n)d piece of work", "%(n)d pieces of work", len(works)) % {"n": len(works)}
        return f"{many}: {', '.join(works)}" if works else "—"


class KindColumn(Column):
    def _shown(self, told: Any) -> str:
        return str(kinds.get(told).plural) if told else "—"


class WorkPlans(Page):
    """Each for one kind of record."""

    code, order = "work-plans", 75
    label, one = gettext_lazy("Work plans"), gettext_lazy("work plan")
    hint = gettext_lazy("A set of work that people plan at once on a record, each so many days after the first.")
    model = WorkPlan
    columns = ("name", "kind", "steps", "is_active")
    icon = "calendar-plus"
    body, line = "activities/_plan_fields.html", "activities/_plan_line.html"
    is_ordered = tells_all = in_shape = True
    most = 100
    url = CompanyList.url

    @property
    def items_with_uses(self) -> QuerySet[Any]:
        return self.items

    def new(self, held: Sequence[Any]) -> Any:
        return self.model(position=max((one.position for one in held), default=-1) + 1)

    def column(self, name: str) -> Column:
        column = super().column(name)
        own = {"steps": Steps, "kind": KindColumn}.get(name)
        return own(column.field) if own else column

    def is_same(self, one: Any, item: Any) -> bool:
        return one.kind == item.kind and super().is_same(one, item)

    def errors(self, item: Any, others: Sequence[Any]) -> dict[str, Any]:
        errors = {}
        if item.kind not in {kind.code for kind in kinds.every()}:
            errors["kind"] = [_("This cannot be chosen.")]
        if words := wrong_with(item.steps):
            errors["steps"] = [words]
        return errors


PLANS = WorkPlans()
PLANS.join()


def wrong_with(steps: Any) -> str:
    """What is wrong with the steps of a plan, in words; nothing if nothing is."""
    if not isinstance(steps, list) or not 1 <= len(steps) <= MOST_STEPS:
        return _("A plan has one to %(most)s pieces of work.") % {"most": MOST_STEPS}
    if not all(_is_step(one) for one in steps):
        return _("This cannot be chosen.")
    types = set(ActivityType.objects.filter(is_active=True).values_list("pk", flat=True))
    if not {one["type"] for one in steps} <= types:
        return _("That type of work is no longer in use.")
    people = {one["who"] for one in steps} - {OWNER, ME}
    if User.objects.active().filter(pk__in=people).count() < len(people):
        return _("Somebody in it has left.")
    return ""


def _is_step(one: Any) -> bool:
    return (
        isinstance(one, dict)
        and one.keys() == {*STEP, "who"}
        and all(type(one[name]) is of for name, of in STEP.items())
        and len(one["title"]) <= 300
        and 0 <= one["after"] <= MOST_DAYS
        and HOUR.fullmatch(one["at"]) is not None
        and (one["who"] in (OWNER, ME) or type(one["who"]) is int)
    )


def due_of(step: dict[str, Any], first: date) -> datetime:
    """When a step is due in a plan that begins on a day: so many days later, or so many days of work."""
    day = first + step["after"] * DAY
    if step["working"]:
        day = next_working_day(first)
        for _nth in range(step["after"]):
            day = next_working_day(day + DAY)
    return timezone.make_aware(datetime.combine(day, time.fromisoformat(step["at"])))


def has_plans(kind: str) -> bool:
    """Whether any is offered on records of a kind; asked once for each stamp."""
    return kind in _kinds_with_plans(shape.stamp())


@lru_cache(maxsize=4)
def _kinds_with_plans(stamp: str) -> frozenset[str]:
    return (
        frozenset(WorkPlan.objects.filter(is_active=True).order_by().values_list("kind", flat=True))
        if stamp
        else frozenset()
    )
