"""Acts on leads: screening prospects."""

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from pheu.core.errors import tell
from pheu.leads import services
from pheu.parties.models import Prospect
from pheu.people.requests import Request
from pheu.records import kinds
from pheu.records.act_views import asked_ids, ticked, undo_url
from pheu.records.acts import last_operation
from pheu.records.answers import done
from pheu.records.conditions import list_url


@require_POST
def prospect_conversion(request: Request) -> HttpResponse:
    """Make leads of the ticked prospects; they lead to the list of those, one alone to its own page (R1.16)."""
    prospects = ticked(Prospect.objects.visible_to(request.user), asked_ids(request), request.user)
    fresh = sum(not one.is_converted for one in prospects)
    leads = services.convert_prospects(prospects, by=request.user)
    words = ngettext("%(n)d lead was created.", "%(n)d leads were created.", fresh) % {"n": fresh}
    tell(request, words if fresh else _("These are leads already."), undo=undo_url())
    return done(request, leads[0] if len(leads) == 1 else _new_ones())


def _new_ones() -> str:
    """The list of exactly the leads that were just made: to be handed out at once."""
    operation, kind = last_operation(), kinds.get("lead")
    if operation is None:
        return f"{kind.url('list')}?tab=all"
    return list_url(kind, {"field": "made_in", "op": "in", "value": [operation]})
