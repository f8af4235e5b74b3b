"""What companies and contacts show of each other on their pages."""

from typing import Any

from pheu.core.registries import Panel, side_panels
from pheu.parties.models import Contact
from pheu.people.requests import Request


@side_panels.add("company", order=20)
def contacts_of_company(request: Request, row: Any, may: set[str]) -> Panel:
    contacts = Contact.objects.visible_to(request.user).live().filter(company=row).select_related("record")[:20]
    return Panel("parties/_contacts_panel.html", {"contacts": contacts, "row_key": str(row.pk)})
