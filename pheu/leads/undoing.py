"""Taking back that prospects were made into leads."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from pheu.activities.services import bring_work_along
from pheu.core.errors import DomainError
from pheu.leads import events
from pheu.leads.models import Lead
from pheu.people.models import User
from pheu.people.scopes import CONVERT
from pheu.records import journal
from pheu.records.models import Category, JournalEntry, Operation, Record
from pheu.timeline.undo import Undoable, can_undo

OPEN = (Category.NEW, Category.WORKING)


def _leads_of(operation: Operation) -> Any:
    made = JournalEntry.objects.filter(operation=operation, table=Lead._meta.db_table, before__isnull=True)
    # Named, not joined: who has just written thousands of entries has a planner that does not know of them.
    return Lead.objects.filter(pk__in=list(made.values_list("key", flat=True))).select_related("record__continues")


def _refuse(operation: Operation, by: User) -> None:
    """A lead that was converted, closed, or that other rows refer to, stays a lead, and so do all of the batch."""
    leads = list(_leads_of(operation).select_related("stage").order_by("pk"))
    used = journal.referred_to(leads) if leads else set()
    for lead in leads:
        if lead.status not in OPEN or lead.pk in used or lead.record.state == Record.State.MERGED:
            raise DomainError(_("%(lead)s has been worked on since, so the conversion stays."), lead=lead.number)


def _bring_work_back(operation: Operation) -> None:
    """What is planned on the leads, by then or since, is planned on the prospects again."""
    records = [lead.record for lead in _leads_of(operation)]
    bring_work_along([(record, record.continues) for record in records if record.continues is not None])


can_undo(
    "convert_prospects",
    Undoable(
        event=events.SCREENED.code,
        action=CONVERT,
        what=_("conversion to leads"),
        refuse=_refuse,
        also=_bring_work_back,
        used=journal.referred_to,
    ),
)
