"""A number of a list is known when a record of any kind has it (R1.16)."""

import pytest

from pheu.conftest import given
from pheu.quality.services import known_phones
from pheu.records import kinds
from pheu.timeline.services import create

NEEDED = {
    "prospect": {"company_name": "Hòn Đá"}, "company": {"name": "Hòn Đá", "type": "prospect"},
    "contact": {"full_name": "Đỗ Vân"}, "lead": {"name": "Trạm"},
}  # fmt: skip


@pytest.mark.parametrize("kind", [kind.code for kind in kinds.every() if kind.schema.get("phone")])
def test_a_number_of_any_kind_of_record_is_known(an, kind):
    create(kind, NEEDED[kind] | {"phone": "+842438637747", "owner": an}, by=an)
    assert known_phones(["+842438637747", "+84903412887"]) == {"+842438637747"}


def test_more_numbers_than_one_statement_takes_are_all_asked_for(an):
    """Two thousand lines have no less right than one."""
    last = create("lead", {"name": "Trạm", "phone": "+842438637747", "owner": an}, by=an)
    assert known_phones([*(f"+8490{n:07d}" for n in range(1500)), "+842438637747"]) == {"+842438637747"}
    given(last, phone="+84900000003")
    assert known_phones([f"+8490{n:07d}" for n in range(1500)]) == {"+84900000003"}
