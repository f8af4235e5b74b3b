"""How lines of a raw list become prospects (R1.01); the import engine of `quality` calls this by its register."""

from typing import Any

from pheu.parties.models import Prospect
from pheu.quality import marks
from pheu.quality.importers import Importer, Place, build_row, register_importer


def build_prospect(importer: Importer, values: dict[str, Any], noted: set[str], place: Place, key: str) -> Prospect:
    """A number that somebody else has is marked, never dropped; no line can make two prospects."""
    prospect = build_row(importer, values, noted, place, key)
    if marks.KNOWN in noted:
        noted = noted | {Prospect.Flag.REPEATED}
    prospect.flags = [flag for flag in Prospect.Flag.values if flag in noted]
    prospect.import_key = key
    return prospect


PROSPECTS = register_importer(
    Importer(
        kind="prospect",
        needs=("company_name", "person_name", "phone", "email"),
        overflow="remark",
        build=build_prospect,
        joined=("phone", "email", "remark"),
    )
)
