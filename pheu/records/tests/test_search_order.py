"""What is written as it was typed, marks and all, comes before what only sounds like it."""

import pytest

from pheu.leads.services import create_lead


@pytest.mark.parametrize("older", ["Trạm Đà Nẵng", "Trạm Da Nâng"])
def test_exact_marks_come_first_whichever_is_newer(client, an, older):
    create_lead({"name": older, "owner": an}, by=an)
    for name in {"Trạm Đà Nẵng", "Trạm Da Nâng"} - {older}:
        create_lead({"name": name, "owner": an}, by=an)
    client.force_login(an)
    for typed, first, second in (
        ("đà nẵng", "Trạm Đà Nẵng", "Trạm Da Nâng"),
        ("Da Nâng", "Trạm Da Nâng", "Trạm Đà Nẵng"),
    ):
        page = client.get("/search/", {"q": typed}).text
        assert 0 < page.find(first) < page.find(second)
