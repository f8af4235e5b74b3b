"""Fields of the company's own that the bench filters and sorts by: one of each type that lists are put in order by."""

from datetime import date, timedelta
from random import Random
from typing import Any

from pheu.people.models import User
from pheu.records import field_indexes
from pheu.records.models import CustomField
from pheu.setup.shaping import add_field

FUELS = ["Than cám", "Khí CNG", "Dầu FO", "Viên nén", "Trấu ép", "Điện"]
FIELDS: dict[str, tuple[str, dict[str, Any]]] = {
    "x_bench_number": ("number", {"label": "Lưu lượng xả", "settings": {"unit": "m³/h", "most": "100000"}}),
    "x_bench_date": ("date", {"label": "Giấy phép hết hạn"}),
    "x_bench_choice": (
        "choice",
        {
            "label": "Nhiên liệu",
            "settings": {"options": [{"value": f"f{nth}", "label": fuel} for nth, fuel in enumerate(FUELS)]},
        },
    ),
}
FILLED = 0.7
SINCE = date(2024, 1, 1)


def shape(by: User) -> None:
    """Leads have them, with their indexes; outside of a transaction."""
    there = set(CustomField.objects.filter(key__in=FIELDS).values_list("key", flat=True))
    for key, (of_type, values) in FIELDS.items():
        if key not in there:
            add_field("lead", of_type, {"group": "lead", "is_filterable": True, **values}, key=key, by=by)
    field_indexes.mend()


def values_of(rng: Random) -> dict[str, Any]:
    """What the fields of one lead hold, as they are kept; nothing of what is empty."""
    drawn = {
        "x_bench_number": int(10 ** (5 * rng.random())),
        "x_bench_date": (SINCE + timedelta(days=int(1500 * rng.random()))).isoformat(),
        "x_bench_choice": f"f{int(len(FUELS) * rng.random() ** 2)}",
    }
    return {key: value for key, value in drawn.items() if rng.random() < FILLED}
