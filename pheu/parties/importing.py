"""How lines of a raw list become prospects (R1.01); the import engine of `quality` calls this by its register."""

from typing import Any

from pheu.parties.models import Prospect
from pheu.parties.services import create_prospects
from pheu.quality import marks
from pheu.quality.importers import Importer, Place, register_importer


def build_prospect(values: dict[str, Any], noted: set[str], place: Place, key: str) -> Prospect:
    """An unsaved prospect that nobody owns yet. A number that somebody else has is marked, never dropped."""
    if marks.KNOWN in noted:
        noted = noted | {Prospect.Flag.REPEATED}
    return Prospect(
        **values,
        flags=[flag for flag in Prospect.Flag.values if flag in noted],
        team=place.team,
        department=place.department,
        origin=place.origin,
        import_key=key,
    )


PROSPECTS = register_importer(
    Importer(
        kind="prospect",
        needs=("company_name", "person_name", "phone", "email"),
        overflow="remark",
        build=build_prospect,
        create=create_prospects,
        joined=("phone", "email", "remark"),
    )
)
