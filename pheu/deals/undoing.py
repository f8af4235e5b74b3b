"""Taking a conversion back: the deal, and the customer that came with it, go; the lead is open again (D9). And doing it
again, with the same deal."""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from pheu.activities.services import bring_along, bring_work_along, refresh_next
from pheu.core.errors import DomainError
from pheu.deals import events
from pheu.deals.models import Conversion, Deal
from pheu.leads.models import Lead
from pheu.leads.services import start_working
from pheu.people.models import User
from pheu.people.scopes import CHANGE, CONVERT
from pheu.records import journal, writing
from pheu.records.acts import act, current
from pheu.records.alike import must_be_let_in
from pheu.records.gates import must_let, must_pass
from pheu.records.locking import hold, must_hold
from pheu.records.models import Category, Operation, Record, Stage, id_and_name
from pheu.timeline.models import Event
from pheu.timeline.services import may_work, record
from pheu.timeline.undo import (
    Work,
    bring_rows_up,
    conflicts,
    hand_on,
    leads_back,
    leads_on,
    must_be_kept,
    offers_works,
    rows_of,
    told,
)

MOST_SHOWN = 50


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
    # One of a single lead is undone as a whole: its event says so without asking for the conversion.
    Operation.objects.filter(pk=conversion.operation_id, about=lead.pk).update(undone_by=current().operation)
    facts = {"deal": id_and_name(deal.record), **told(conversion.operation, done), **done.changed(lead.pk)}
    event = record(events.CONVERSION_UNDONE, about=lead.record, by=by, via=via, **facts)
    hand_on([lead.pk], by=by, via=via)
    lead = Lead.objects.with_stage().with_words().get(pk=lead.pk)
    start_working([lead], by=by, via=via, causes={lead.pk: event})
    return lead


@act
def redo_conversion(lead: Lead, *, by: User, via: str = "page") -> Lead:
    """Convert a lead again whose conversion was taken back, into the same deal with the same customer; one that is
    converted stays as it is.

    What somebody has changed since is kept and told, what came to the lead since goes along. Refused where it is not as
    the undoing left it (its stage), where it lacks what its end asks for, or where the customer is there by now and a
    rule lets no second one be saved. Whoever may convert it may (issue: undo can be undone).
    """
    undoing = _undoing(lead)
    concerned = {lead.pk} | (journal.rows_of(undoing.operation) if undoing else set())
    hold(*concerned)
    lead = Lead.objects.within(by, CONVERT).with_stage().with_words().get_or_refuse(lead.pk)
    if lead.status == Category.CONVERTED:
        return lead
    if undoing is None or (fresh := _undoing(lead)) is None or fresh.pk != undoing.pk:
        raise DomainError(_("This cannot be done again."))
    must_be_kept(undoing.operation)
    must_hold(*journal.rows_of(undoing.operation))
    put = set(journal.put_in_or_out(undoing.operation))
    deal = Deal.objects.select_related("record", "owner").get(pk=undoing.facts["deal"]["id"])
    _must_be_as_left(lead, deal, undoing.operation, by)
    for rows in rows_of(Record.objects.filter(pk__in=put).order_by("kind", "pk")):
        must_be_let_in(rows, by=by, via=via)
    done = journal.take_back(undoing.operation)
    bring_rows_up(put)
    bring_along([(lead.record, deal.record)])
    refresh_next([lead.pk, deal.pk])
    current().about = lead.pk
    Operation.objects.filter(undone_by=undoing.operation).update(undone_by=None)
    kept = conflicts(undoing.operation, done).get(lead.pk, {})
    facts = {"deal": id_and_name(deal.record), **told(undoing.operation, done), **done.changed(lead.pk), **kept}
    record(events.CONVERSION_REDONE, about=lead.record, by=by, via=via, **facts)
    return Lead.objects.with_stage().with_words().get(pk=lead.pk)


def _undoing(lead: Lead) -> Event | None:
    """What told that its conversion was taken back, the last time."""
    told = Event.objects.filter(about=lead.pk, kind=events.CONVERSION_UNDONE.code).order_by("-pk")
    return told.select_related("operation").first()


def _must_be_as_left(lead: Lead, deal: Deal, undoing: Operation, by: User) -> None:
    """`DomainError` where the lead has gone its own way since, or what it would become cannot be."""
    moves = undoing.entries.filter(table=Lead._meta.db_table, key=lead.pk, after__has_key="stage_id").order_by("pk")
    stages = [(one.before["stage_id"], one.after["stage_id"]) for one in moves if one.before and one.after]
    end, left = (Stage.every.get(pk=pk).standing for pk in (stages[0][0], stages[-1][1]))
    if lead.is_closed or lead.stage_id != left.pk or deal.record.state != Record.State.UNDONE:
        raise DomainError(
            _("%(record)s has been worked on since, so this is not done again: do it anew."), record=lead.number
        )
    if missing := lead.missing_for_conversion(by):
        words = _("Before conversion %(name)s needs: %(missing)s.")
        raise DomainError(words, name=lead, missing=", ".join(missing))
    must_let(by, lead.stage, end)
    must_pass(lead, end, by=by, override=False)
    may_work(deal.owner, Deal.kind)


@leads_back(events.CONVERTED)
def undo_of(event: Any, reader: User) -> str:
    """Where the conversion that this event told is taken back; empty where it does not stand."""
    # Asks the database nothing: it stands on the page of every converted lead. One of many at once is taken back by
    # the page's own button, or on the page of all that can be.
    stands = event.operation.about_id == event.about_id and event.operation.undone_by_id is None
    return reverse("lead-conversion-undo", args=[event.about_id]) if stands else ""


@leads_back(events.CONVERSION_REDONE)
def undo_of_redone(event: Any, reader: User) -> str:
    stands = Conversion.objects.filter(lead=event.about_id, deal=event.facts["deal"]["id"], undone_at=None)
    return reverse("lead-conversion-undo", args=[event.about_id]) if stands.exists() else ""


@leads_on(events.CONVERSION_UNDONE)
def redo_of(event: Any, reader: User) -> str:
    """Where a conversion that was taken back is done again; empty where the lead was converted, or undone, since."""
    lead = Lead.objects.live().filter(pk=event.about_id).exclude(stage__category=Category.CONVERTED).first()
    last = _undoing(lead) if lead else None
    return reverse("lead-conversion-redo", args=[event.about_id]) if last and last.pk == event.pk else ""


@offers_works
def conversions_of(user: User, since: datetime) -> list[Work]:
    """What the person has converted, and can take back; or has taken back, and can do again."""
    seen = Lead.objects.visible_to(user).live()
    made = Conversion.objects.filter(by=user, at__gte=since, undone_at=None, outcome=Conversion.Outcome.NEW)
    made = made.filter(lead__in=seen).select_related("lead__record").order_by("-pk")[:MOST_SHOWN]
    kind = events.CONVERSION_UNDONE.code
    undone = Event.objects.filter(kind=kind, operation__by=user, at__gte=since, about__in=seen.values("pk"))
    undone = undone.select_related("about").order_by("-pk")[:MOST_SHOWN]
    words, found = _("conversion to a deal"), []
    for one in made:
        url = reverse("lead-conversion-undo", args=[one.lead_id])
        found.append(Work(words, _name_of(one.lead.record), one.at, one.lead.get_absolute_url(), act=url))
    for event in undone:
        if event.about is not None and (url := redo_of(event, user)):
            page = event.about.get_absolute_url()
            found.append(Work(words, _name_of(event.about), event.at, page, is_taken_back=True, act=url))
    return found


def _name_of(record: Record) -> str:
    return f"{record.number} {record.title}"


def _standing(lead: Lead) -> QuerySet[Conversion]:
    rows = Conversion.objects.filter(lead=lead, undone_at=None)
    return rows.select_related("operation", "deal__record", "deal__stage", "deal__company", "deal__contact")


def _about(lead: Lead) -> list[int]:
    """The Records that a standing conversion is about: lead, deal, and the deal's customer."""
    found = _standing(lead).values_list("deal", "deal__company", "deal__contact").first() or ()
    return [lead.pk, *(pk for pk in found if pk is not None)]
