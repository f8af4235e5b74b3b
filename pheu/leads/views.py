"""Acts on leads: screening prospects."""

from django.http import HttpResponse
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from pheu.core.errors import tell
from pheu.leads import services
from pheu.parties.models import Prospect
from pheu.people.requests import Request
from pheu.records import kinds
from pheu.records.act_views import asked_ids, ticked, undo_url
from pheu.records.answers import done


@require_POST
def prospect_conversion(request: Request) -> HttpResponse:
    """Make leads of the ticked prospects; one alone leads to its lead (R1.16)."""
    prospects = ticked(Prospect.objects.visible_to(request.user), asked_ids(request))
    leads = services.convert_prospects(prospects, by=request.user)
    words = ngettext("%(n)d lead was created.", "%(n)d leads were created.", len(leads))
    tell(request, words % {"n": len(leads)}, undo=undo_url())
    return done(request, leads[0] if len(leads) == 1 else kinds.get("lead").url("list") + "?tab=all")
