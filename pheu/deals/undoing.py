"""Taking a conversion back: the deal, and the customer that came with it, go; the lead is open again (D9)."""

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from pheu.activities.services import bring_work_along
from pheu.core.errors import DomainError
from pheu.deals import events
from pheu.deals.models import Conversion, Deal
from pheu.leads.models import Lead
from pheu.leads.services import start_working
from pheu.people.models import User
from pheu.people.scopes import CHANGE, CONVERT
from pheu.records import journal, writing
from pheu.records.acts import act, current
from pheu.records.locking import hold, must_hold
from pheu.records.models import Record, id_and_name
from pheu.timeline.services import record
from pheu.timeline.undo import must_be_kept, told


@act
def undo_conversion(lead: Lead, *, by: User, via: str = "page") -> Lead:
    """Reopen a converted lead by taking its conversion back; one that is not converted stays as it is.

    Company and contact that the conversion made go too, unless something else uses them by now. Refused once the deal
    has moved on. The conversion's row stays, marked undone, and the deal's page leads to the lead (D6). Of several
    leads that were converted at once each comes back by itself.
    """
    about = _about(lead)
    hold(*about)
    lead = Lead.objects.within(by, CONVERT).with_stage().with_words().get_or_refuse(lead.pk)
    conversion = _standing(lead).first()
    if conversion is None:
        return lead
    must_hold(*_about(lead))
    deal = conversion.deal
    if conversion.by_id != by.pk:
        Deal.objects.within(by, CHANGE).get_or_refuse(deal.pk)  # whoever made it may take it back; others need the deal
    if deal.stage_id != conversion.stage_id:
        words = _("The deal %(deal)s has moved on to %(stage)s, so the conversion stays.")
        raise DomainError(words, deal=deal.number, stage=deal.stage)
    if Record.objects.filter(merged_into=deal.pk, state=Record.State.MERGED).exists():
        raise DomainError(_("%(deal)s was merged with others: take that back first."), deal=deal.number)
    must_be_kept(conversion.operation)
    conversion.undone_at = timezone.now()
    writing.change([conversion], "undone_at")
    bring_work_along([(deal.record, lead.record)])
    done = journal.take_back(
        conversion.operation,
        only=about,
        used=lambda rows: journal.used_by_others(rows) - {deal.pk},
    )
    current().about = lead.pk
    facts = {"deal": id_and_name(deal.record), **told(conversion.operation, done), **done.changed(lead.pk)}
    event = record(events.CONVERSION_UNDONE, about=lead.record, by=by, via=via, **facts)
    lead = Lead.objects.with_stage().with_words().get(pk=lead.pk)
    start_working([lead], by=by, via=via, causes={lead.pk: event})
    return lead


def _standing(lead: Lead) -> QuerySet[Conversion]:
    rows = Conversion.objects.filter(lead=lead, undone_at=None)
    return rows.select_related("operation", "deal__record", "deal__stage", "deal__company", "deal__contact")


def _about(lead: Lead) -> list[int]:
    """The Records that a standing conversion is about: lead, deal, and the deal's customer."""
    found = _standing(lead).values_list("deal", "deal__company", "deal__contact").first() or ()
    return [lead.pk, *(pk for pk in found if pk is not None)]
