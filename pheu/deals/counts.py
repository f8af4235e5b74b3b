"""Decision D6: what was converted equals what entered the first stage from a lead."""

from dataclasses import dataclass

from pheu.deals.models import Conversion, Deal
from pheu.leads.models import Lead
from pheu.people.models import User
from pheu.records.models import Category


@dataclass(frozen=True)
class ConversionCounts:
    """Counts of rows, within what one person may see. The first two are equal by D6."""

    converted_leads: int
    entered_from_lead: int
    merged: int
    by_hand: int
    undone: int

    @property
    def is_equal(self) -> bool:
        return self.converted_leads == self.entered_from_lead + self.merged


def conversion_counts(user: User) -> ConversionCounts:
    """Counted are the rows of conversions, whatever happened to the records since."""
    leads = Lead.objects.visible_to(user)
    standing = Conversion.objects.filter(undone_at=None, lead__in=leads)
    deals = Deal.objects.visible_to(user).live()
    return ConversionCounts(
        converted_leads=leads.filter(stage__category=Category.CONVERTED).count(),
        entered_from_lead=standing.filter(outcome=Conversion.Outcome.NEW).count(),
        merged=standing.filter(outcome=Conversion.Outcome.MERGED).count(),
        by_hand=deals.filter(conversions=None).count(),
        undone=Conversion.objects.exclude(undone_at=None).filter(lead__in=leads).count(),
    )
