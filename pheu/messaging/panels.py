"""Writing from every record (R1.39), and one's mailbox in one's account."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from pheu.core.registries import Panel, account_panels, side_panels
from pheu.core.vietnamese.identity import email_key
from pheu.messaging.consents import ASKED, standing_of
from pheu.messaging.models import Mailbox
from pheu.messaging.people import of_row
from pheu.people.requests import Request
from pheu.records import kinds
from pheu.timeline.panels import composer_tabs


@composer_tabs.add("*", order=15)
def mail_tab(request: Request, row: Any, may: set[str]) -> Panel:
    return Panel("", {"url": reverse("message-new", args=[row.pk]), "icon": "mail", "label": _("Email")})


@account_panels.add("*", order=20)
def mailbox(request: Request) -> Panel:
    return Panel("messaging/_mailbox.html", {"mailbox": Mailbox.objects.filter(user=request.user).first()})


@side_panels.add("contact", "lead", "prospect", order=60)
def consents(request: Request, row: Any, may: set[str]) -> Panel | None:
    """What whom the record is about has agreed to, for each purpose."""
    address = next((one.address for one in of_row(kinds.get(row.kind), row, request.user)), "")
    if not address:
        return None
    held = standing_of([address])
    lines = [(one.label, held.get((email_key(address), one))) for one in ASKED]
    return Panel("messaging/_consents.html", {"row": row, "lines": lines, "may_note": "change" in may})
