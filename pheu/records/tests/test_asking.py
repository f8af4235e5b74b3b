"""The dialog of conditions: what its lines say becomes one condition, and a condition its lines."""

import json
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from pheu.deals.services import create_deal
from pheu.leads.services import create_lead
from pheu.parties.models import Source
from pheu.parties.services import create_company
from pheu.records import kinds
from pheu.records.asking import of_tree
from pheu.records.wording import words_of


def lines(*told: dict, **more: str) -> dict:
    """What the dialog sends: lines of {field, op, value...}, each in group 0 unless `of` says otherwise."""
    data: dict = {"line": [f"l{nth}" for nth, _one in enumerate(told)], "any-0": "all", **more}
    for nth, one in enumerate(told):
        data |= {f"{name}-l{nth}": value for name, value in ({"of": "0"} | one).items()}
    return data


def asked(answer) -> dict:
    return parse_qs(urlsplit(answer["Location"]).query)


@pytest.fixture
def leads(an):
    fair, other = Source.objects.get(name="Hội thảo"), Source.objects.exclude(name="Hội thảo")[0]
    made = (("Xi măng Hòn Đá", fair, 5_000_000), ("Thép Sông Đà", other, 900_000), ("Gạch Bến Tre", other, None))
    return [
        create_lead({"company_name": name, "owner": an, "source": source, "expected_amount": amount}, by=an)
        for name, source, amount in made
    ]


def titles(client, answer) -> set[str]:
    return {row.title for row in client.get(answer["Location"]).context["listing"].rows}


@pytest.mark.django_db
def test_what_few_lines_say_is_read_in_the_address(client, an, leads):
    """R4.58: money as people write it; whoever opens the dialog again finds the lines."""
    client.force_login(an)
    fair = str(Source.objects.get(name="Hội thảo").pk)
    told = lines(
        {"field": "source", "op": "in", "value": [fair]}, {"field": "expected_amount", "op": "from", "value": "5 triệu"}
    )
    answer = client.post("/leads/conditions/?tab=all&sort=-name", told)
    assert asked(answer) == {"tab": ["all"], "sort": ["-name"], "source": [fair], "expected_amount.from": ["5000000"]}
    assert titles(client, answer) == {"Xi măng Hòn Đá"}
    again = client.get(answer["Location"].replace("/leads/", "/leads/conditions/")).text
    assert f'<option value="{fair}" selected>' in again
    assert 'value="5.000.000"' in again
    assert "từ 5.000.000" in client.get(answer["Location"]).text


@pytest.mark.django_db
def test_one_of_several_and_groups(client, an, leads):
    client.force_login(an)
    fair = str(Source.objects.get(name="Hội thảo").pk)
    either = lines(
        {"field": "source", "op": "in", "value": [fair]},
        {"field": "expected_amount", "op": "below", "value": "1000000"},
        {"of": "g", "field": "expected_amount", "op": "empty"},
        {"of": "g", "field": "company_name", "op": "contains", "value": "gach"},
        **{"any-0": "any", "any-g": "all"},
    )
    answer = client.post("/leads/conditions/?tab=all", either)
    where = json.loads(asked(answer)["where"][0])
    assert [*where] == ["any"]
    assert where["any"][2] == {
        "all": [
            {"field": "expected_amount", "op": "empty"},
            {"field": "company_name", "op": "contains", "value": "gach"},
        ]
    }
    assert titles(client, answer) == {"Xi măng Hòn Đá", "Thép Sông Đà", "Gạch Bến Tre"}
    dialog = of_tree(kinds.get("lead"), an, where)
    assert [(group.is_any, len(group.lines)) for group in dialog.groups] == [(True, 2), (False, 2)]
    assert dialog.tree() == where


@pytest.mark.django_db
def test_a_record_that_is_referred_to_is_asked_about(client, an):
    """Deals of companies in Đà Nẵng: only through records that the person may see."""
    company = create_company({"name": "Cảng Tiên Sa", "address": "Sơn Trà, Đà Nẵng"}, by=an)
    create_deal({"name": "Trạm nước thải", "owner": an, "company": company}, by=an)
    create_deal({"name": "Trạm khí", "owner": an}, by=an)
    client.force_login(an)
    told = lines({"field": "company.name", "op": "contains", "value": "tien sa"})
    answer = client.post("/deals/conditions/?tab=all", told)
    inner = {"field": "name", "op": "contains", "value": "tien sa"}
    assert json.loads(asked(answer)["where"][0]) == {"all": [{"field": "company", "op": "where", "value": inner}]}
    assert titles(client, answer) == {"Trạm nước thải"}
    assert "tien sa" in client.get(answer["Location"].replace("/deals/", "/deals/conditions/")).text


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("line", "found", "words"),
    [
        ({"op": "within", "value": "today"}, True, "trong hôm nay"),
        ({"op": "within", "value": "last_month"}, False, "trong tháng trước"),
        ({"op": "before", "when": "ago", "n": "2"}, False, "trước 2 ngày trước"),
        ({"op": "from", "when": "week"}, True, "từ đầu tuần này"),
        ({"op": "from", "when": "today"}, True, "từ hôm nay"),
        ({"op": "before", "when": "ahead", "n": "1"}, True, "trước 1 ngày nữa"),
        ({"op": "between", "value": "hôm qua", "value2": "ngày mai"}, True, "trong khoảng"),
        ({"op": "month", "value": "this"}, True, "rơi vào tháng này"),
        ({"op": "month", "value": "next"}, False, "rơi vào tháng sau"),
        ({"op": "is", "value": "hôm nay"}, True, ""),
    ],
)
def test_days_are_said_from_today(client, an, leads, line, found, words):
    """«Trong tuần này» is true next week too: what is kept is what was said."""
    client.force_login(an)
    answer = client.post("/leads/conditions/?tab=all", lines({"field": "created_at", **line}))
    assert bool(titles(client, answer)) is found
    listing = client.get(answer["Location"]).context["listing"]
    assert words in words_of(listing.kind, an, listing.asked)
    assert of_tree(listing.kind, an, listing.asked).tree() == listing.asked


@pytest.mark.django_db
@pytest.mark.parametrize(
    "line",
    [
        {"field": "expected_amount", "op": "from", "value": "nhiều"},
        {"field": "expected_amount", "op": "between", "value": "5"},
        {"field": "created_at", "op": "from", "value": "ngày kia đó"},
        {"field": "created_at", "op": "within", "value": "someday"},
        {"field": "created_at", "op": "before", "when": "ago", "n": "99999999999"},
        {"field": "source", "op": "in", "value": ["x"]},
    ],
)
def test_what_cannot_be_asked_is_said_beside_its_line(client, an, leads, line):
    client.force_login(an)
    answer = client.post("/leads/conditions/?tab=all", lines(line))
    assert answer.status_code == 422
    assert 'class="error"' in answer.text


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["nothing", "company.nothing", "source.name", "name.name", "company.company.name", ""])
def test_a_line_about_no_field_asks_nothing(client, an, leads, path):
    client.force_login(an)
    answer = client.post("/leads/conditions/?tab=all", lines({"field": path, "op": "is", "value": "x"}))
    assert asked(answer) == {"tab": ["all"]}


@pytest.mark.django_db
def test_a_hidden_field_is_no_line(client, an, leads):
    an.role.fields = {"lead": {"source": "hidden"}, "company": {"address": "hidden"}}
    an.role.save()
    client.force_login(an)
    page = client.get("/leads/conditions/?tab=all").text
    assert 'value="source"' not in page
    assert 'value="company.address"' not in page
    assert 'value="company.name"' in page


@pytest.mark.django_db
def test_what_no_lines_can_say_goes_along(client, an, leads):
    """A condition of the API or of a report: it stands there in words, and stays until it is taken away."""
    tree = {
        "all": [{"not": {"field": "expected_amount", "op": "empty"}}, {"field": "priority", "op": "in", "value": ["0"]}]
    }
    lead = kinds.get("lead")
    dialog = of_tree(lead, an, tree)
    assert dialog.kept == {"all": [tree["all"][0]]}
    assert "không phải" in dialog.kept_words
    client.force_login(an)
    kept = json.dumps(dialog.kept)
    answer = client.post(
        "/leads/conditions/?tab=all", lines({"field": "priority", "op": "in", "value": ["0"]}, kept=kept)
    )
    assert titles(client, answer) == {"Xi măng Hòn Đá", "Thép Sông Đà"}
    for wrong in ("{", '{"field": "x"}', "[" * 100_000):
        assert client.post("/leads/conditions/?tab=all", lines(kept=wrong)).status_code == 302


@pytest.mark.django_db
def test_more_than_an_address_holds_is_said(client, an):
    client.force_login(an)
    long = [{"of": "g", "field": "company_name", "op": "contains", "value": "x" * 300} for _n in range(20)]
    answer = client.post("/leads/conditions/?tab=all", lines(*long))
    assert answer.status_code == 422
    assert "Hãy lưu một phần" in answer.text


@pytest.mark.django_db(transaction=True)
def test_a_seller_builds_a_condition_and_changes_it(world):
    """R4.58: field, comparison and value follow each other; the chip says it in words and opens it again."""
    an = world.cast.an
    for name, amount in (("Xi măng Hòn Đá", 5_000_000), ("Thép Sông Đà", 900_000)):
        create_lead({"company_name": name, "owner": an, "expected_amount": amount}, by=an)
    page = world.enter(an, "/leads/?tab=all")
    page.get_by_role("button", name="Lọc").click()
    page.get_by_role("link", name="Điều kiện và/hoặc…").click()
    dialog = page.locator("form:has(.condition-group)")
    line = dialog.locator(".condition").first
    line.get_by_label("Trường").select_option(label="Giá trị dự kiến")
    line.get_by_label("So sánh").select_option(label="từ")
    line.get_by_label("Giá trị").fill("2 triệu")
    dialog.get_by_role("button", name="Thêm điều kiện").click()
    second = dialog.locator(".condition").nth(1)
    second.get_by_label("Trường").select_option(label="Ngày tạo")
    second.get_by_label("So sánh").select_option(label="trong")
    second.locator("select[name^=value]").select_option(label="tuần này")
    dialog.get_by_role("button", name="Áp dụng").click()
    expect(page.get_by_role("link", name="Xi măng Hòn Đá")).to_be_visible()
    expect(page.get_by_role("link", name="Thép Sông Đà")).to_have_count(0)
    page.locator(".chip", has_text="tuần này").get_by_role("link").first.click()
    expect(dialog.locator(".condition")).to_have_count(2)
    dialog.locator(".condition").first.get_by_role("button", name="Bỏ điều kiện này").click()
    dialog.get_by_role("button", name="Áp dụng").click()
    expect(page.get_by_role("link", name="Thép Sông Đà")).to_be_visible()
