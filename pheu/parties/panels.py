"""What companies and contacts show of each other on their pages."""

from typing import Any

from pheu.core.registries import Panel, side_panels
from pheu.parties.models import Contact
from pheu.people.requests import Request
from pheu.records import kinds


@side_panels.add("company", order=20)
def contacts_of_company(request: Request, row: Any, may: set[str]) -> Panel:
    contacts = Contact.objects.visible_to(request.user).live().filter(company=row).select_related("record")[:20]
    schema = kinds.get("contact").schema_for(request.user)
    for contact in contacts:
        vars(contact)["reach"] = schema.line_of(contact, ["job_title"], ["phone"])
    return Panel("parties/_contacts_panel.html", {"contacts": contacts, "row_key": str(row.pk)})
