"""A kind made with schema, model and `Kind` only has everything that the others have, over HTTP (five-ideas.md)."""

from decimal import Decimal

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from pheu.conftest import nothing_changes, stage_of, told
from pheu.quality.models import Import
from pheu.quality.tests.importing import mapped, work
from pheu.records import kinds
from pheu.records.models import ClosingReason, Operation, Pipeline
from pheu.records.seeds import plant_pipeline, plant_reasons
from pheu.records.tests.toy.models import Toy
from pheu.timeline.events import ASSIGNED, CHANGED, CLOSED, CREATED, PIPELINE_CHANGED, REOPENED, STAGE_CHANGED
from pheu.timeline.events import UNDONE as TAKEN_BACK

STAGES = [
    {"name": "Ý tưởng", "category": "open"},
    {"name": "Đang làm", "category": "open"},
    {"name": "Bán được", "category": "won"},
    {"name": "Hỏng", "category": "lost"},
]


def plant_toys() -> None:
    """What an admin sets up for a new kind: its pipeline, and the reasons of its failures."""
    plant_pipeline(apps, "toy", "Xưởng đồ chơi", STAGES)
    plant_reasons(apps, "toy", "lost", ["Gãy", "Mất"])


@pytest.fixture
def workshop(db):
    plant_toys()


@pytest.fixture
def toy(workshop, an):
    return kinds.get("toy").create({"name": "Ngựa gỗ", "price": Decimal(250_000), "colour": "red", "owner": an}, by=an)


@pytest.fixture
def by_an(client, an):
    client.force_login(an)
    return client


def fresh(row):
    return type(row).objects.select_related("record", "stage").get(pk=row.pk)


# Making and finding -------------------------------------------------------------------------------


def test_the_menus_lead_to_it(by_an, workshop):
    page = by_an.get("/").text
    assert 'href="/toys/"' in page
    assert 'href="/toys/new/"' in page


def test_the_form_makes_one_and_the_timeline_tells(by_an, an, workshop):
    form = by_an.get("/toys/new/").text
    assert all(f'name="{name}"' in form for name in ("name", "price", "ready_on", "colour", "story", "tags", "owner"))
    typed = {"name": "Tàu lượn", "price": "1,5 triệu", "ready_on": "30/11/2026", "colour": "blue", "owner": an.pk}
    answer = by_an.post("/toys/new/", typed)
    toy = Toy.objects.select_related("record", "stage").get()
    assert answer["Location"] == f"/toys/{toy.pk}/"
    assert toy.number.startswith("DC-")
    assert (toy.price, str(toy.ready_on), toy.stage.name) == (
        Decimal(1_500_000), "2026-11-30", "Ý tưởng",
    )  # fmt: skip
    assert told(CREATED, about=toy).facts["number"] == toy.number


def test_a_form_that_is_wrong_says_where(by_an, workshop):
    answer = by_an.post("/toys/new/", {"name": "", "price": "rất đắt"})
    assert answer.status_code == 422
    assert answer.context["form"].errors.keys() == {"name", "price"}


def test_list_picker_and_search_find_it(by_an, toy):
    page = by_an.get("/toys/").text
    assert all(text in page for text in ("Ngựa gỗ", toy.number, "Ý tưởng", "250.000", "Đỏ"))
    assert "Ngựa gỗ" not in by_an.get("/toys/?colour=blue").text
    assert "Ngựa gỗ" in by_an.get("/toys/?q=ngua+go&tab=red&sort=-price").text
    assert [one["id"] for one in by_an.get("/toys/pick/?q=ngua").json()] == [toy.pk]
    assert toy.get_absolute_url() in by_an.get("/search/?q=ngua+go").text
    assert by_an.get(f"/r/{toy.pk}/").url == toy.get_absolute_url()
    assert 'id="count-red" hx-swap-oob="true">1<' in by_an.get("/toys/counts/").text


def test_a_list_asks_as_much_for_many_rows_as_for_few(by_an, an, toy):
    """What the cells draw is brought with the rows, though the kind says nothing of it."""
    by_an.get("/toys/")
    for address in ("/toys/", "/toys/board/", toy.get_absolute_url()):
        with CaptureQueriesContext(connection) as few:
            by_an.get(address)
        make_more(an, 5)
        with CaptureQueriesContext(connection) as many:
            by_an.get(address)
        assert len(many) == len(few), address


# Changing -----------------------------------------------------------------------------------------


def test_saving_changes_what_was_changed_and_history_says_so(by_an, toy):
    page = by_an.get(toy.get_absolute_url()).text
    assert 'id="fields-form"' in page
    answer = by_an.post(
        f"/toys/{toy.pk}/fields/",
        {"name": "Ngựa gỗ", "initial-name": "Ngựa gỗ", "price": "300.000", "initial-price": "250000",
         "story": "Bà kể", "initial-story": ""},
    )  # fmt: skip
    assert answer.status_code == 302
    assert (fresh(toy).price, fresh(toy).story) == (Decimal(300_000), "Bà kể")
    changes = told(CHANGED, about=toy).facts["changes"]
    assert [(one["field"], one["was"], one["now"]) for one in changes] == [
        ("price", 250_000, 300_000), ("story", "", "Bà kể"),
    ]  # fmt: skip
    assert "Giá bán, Câu chuyện" in by_an.get(toy.get_absolute_url()).text
    assert toy.get_absolute_url() in by_an.get("/search/?q=ba+ke").text


def test_two_editors_of_one_field_see_both_values(by_an, an, toy):
    kinds.get("toy").change(toy, {"price": (Decimal(250_000), Decimal(1))}, by=an)
    answer = by_an.post(
        f"/toys/{toy.pk}/fields/",
        {"name": "Ngựa gỗ", "initial-name": "Ngựa gỗ", "price": "2", "initial-price": "250000"},
    )
    assert answer.status_code == 409
    [clash] = answer.context["conflict"].clashes
    assert (clash["label"], clash["theirs"], clash["mine"]) == ("Giá bán", "1 ₫", "2 ₫")


# Stages -------------------------------------------------------------------------------------------


def test_it_walks_its_own_pipeline(by_an, toy):
    board = by_an.get("/toys/board/").text
    assert all(stage["name"] in board for stage in STAGES)
    assert f'id="toy-{toy.pk}"' in board
    assert board.count("250") > 1  # the card, and the head that adds up its cards
    to = stage_of("toy", "Đang làm")
    answer = by_an.post(f"/toys/{toy.pk}/stage/", {"to": to.pk, "left": toy.stage_id})
    assert answer.status_code == 302
    assert fresh(toy).stage == to
    assert told(STAGE_CHANGED, about=toy).facts["entered"]["name"] == "Đang làm"
    assert "Đang làm" in by_an.get(toy.get_absolute_url()).text


def test_dropped_in_a_failure_it_asks_for_a_reason_of_its_own_list(by_an, toy):
    lost = stage_of("toy", "Hỏng")
    dialog = f"/toys/{toy.pk}/closing/?to={lost.pk}"
    moved = {"to": lost.pk, "left": toy.stage_id}
    assert by_an.post(f"/toys/{toy.pk}/stage/", moved)["Location"] == dialog
    assert dialog in by_an.post(f"/toys/{toy.pk}/stage/", moved, headers={"HX-Request": "true"})["HX-Trigger"]
    asked = by_an.get(dialog).text
    assert "Gãy" in asked
    assert ClosingReason.objects.filter(kind="lead").first().name not in asked
    assert by_an.post(f"/toys/{toy.pk}/closing/", {"to": lost.pk}).status_code == 422
    reason = ClosingReason.objects.get(kind="toy", name="Gãy")
    by_an.post(f"/toys/{toy.pk}/closing/", {"to": lost.pk, "reason": reason.pk, "reason_note": "chân trái"})
    assert (fresh(toy).reason, fresh(toy).is_closed) == (reason, True)
    assert told(CLOSED, about=toy).facts["reason"]["name"] == "Gãy"
    page = by_an.get(toy.get_absolute_url()).text
    assert "chân trái" in page

    assert by_an.post(f"/toys/{toy.pk}/reopening/").status_code == 302
    assert (fresh(toy).stage.name, fresh(toy).reason, fresh(toy).closed_at) == ("Ý tưởng", None, None)
    assert told(REOPENED, about=toy).facts["entered"]["name"] == "Ý tưởng"


def test_an_end_that_is_no_failure_needs_no_dialog(by_an, toy):
    won = stage_of("toy", "Bán được")
    by_an.post(f"/toys/{toy.pk}/stage/", {"to": won.pk, "left": toy.stage_id})
    assert fresh(toy).stage == won
    assert told(CLOSED, about=toy).facts["amount"] == 250_000


def test_it_goes_on_in_another_pipeline(by_an, toy):
    other = Pipeline.objects.create(kind="toy", name="Xưởng sửa chữa")
    other.stages.create(name="Nhận sửa", category="open")
    assert f"/toys/{toy.pk}/pipeline/" in by_an.get(toy.get_absolute_url()).text
    by_an.post(f"/toys/{toy.pk}/pipeline/", {"to": other.first_stage.pk})
    assert fresh(toy).stage.name == "Nhận sửa"
    assert told(PIPELINE_CHANGED, about=toy).facts["pipeline"]["name"] == "Xưởng sửa chữa"
    assert f'id="toy-{toy.pk}"' in by_an.get(f"/toys/board/?pipeline={other.pk}").text


def test_without_a_pipeline_it_says_what_is_missing(by_an, an, db):
    assert by_an.get("/toys/").status_code == 200
    for answer in (by_an.get("/toys/board/"), by_an.post("/toys/new/", {"name": "Diều", "owner": an.pk})):
        assert answer.status_code in (409, 422)
        assert "Đồ chơi" in answer.text
        assert not Toy.objects.exists()


# Handing out --------------------------------------------------------------------------------------


def make_more(owner, many):
    return [kinds.get("toy").create({"name": f"Quay {n}", "owner": owner}, by=owner) for n in range(many)]


def test_one_and_many_are_handed_out_and_taken_back(client, binh, an, toy):
    client.force_login(binh)
    rows = [toy, *make_more(an, 2)]
    assert f"/toys/assignment/?ids={toy.pk}" in client.get(toy.get_absolute_url()).text
    assert "/toys/assignment/" in client.get("/toys/").text
    for given in (rows[:1], rows[1:]):
        asked = {"ids": [row.pk for row in given]}
        assert all(row.title in client.get("/toys/assignment/", asked).text for row in given)
        client.post("/toys/assignment/", asked | {"owner": binh.pk})
        assert {fresh(row).owner for row in given} == {binh}
        assert all(told(ASSIGNED, about=row).facts["owner"]["id"] == binh.pk for row in given)
    operation = Operation.objects.filter(act="assign").latest("pk")
    assert client.post(f"/operations/{operation.pk}/undo/").status_code == 302
    assert [fresh(row).owner for row in rows] == [binh, an, an]
    assert told(TAKEN_BACK, about=rows[1]).by == binh


# Importing ----------------------------------------------------------------------------------------


@pytest.fixture
def kept_files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def imported(client, lines: list[str]) -> Import:
    """The whole wizard, as the pages propose it."""
    upload = SimpleUploadedFile("kho.csv", "\n".join(lines).encode())
    assert client.post("/imports/new/?kind=toy", {"kind": "toy", "file": upload}).status_code == 302
    work()
    one = Import.objects.latest("pk")
    assert client.get(f"/imports/{one.pk}/columns/").status_code == 200
    assert client.post(f"/imports/{one.pk}/columns/", mapped(one)).status_code == 302
    work()
    assert client.get(f"/imports/{one.pk}/check/?tab=all").status_code == 200
    client.post(f"/imports/{one.pk}/run/")
    work()
    one.refresh_from_db()
    return one


def test_a_list_becomes_rows_without_an_importer_of_its_own(client, binh, workshop, kept_files):
    client.force_login(binh)
    assert "/imports/new/?kind=toy" in client.get("/toys/").text
    one = imported(
        client,
        ["Tên đồ chơi,Giá bán,Ngày xong,Màu sơn,Câu chuyện", "Búp bê,1.500.000,30/11/2026,Xanh,Của bà",
         "Trống,đắt lắm,,,", ",5,,,"],
    )  # fmt: skip
    assert (one.rows, one.created, one.rejected) == (3, 2, 1)
    doll, drum = Toy.objects.order_by("pk").select_related("record", "stage")
    assert (doll.price, str(doll.ready_on), doll.story) == (Decimal(1_500_000), "2026-11-30", "Của bà")
    assert (doll.stage.name, doll.owner, doll.team) == ("Ý tưởng", None, binh.teams.get())
    assert (drum.price, drum.story) == (None, "Giá bán: đắt lắm")
    page = client.get(f"/imports/{one.pk}/").text
    assert "Tên đồ chơi".lower() in client.get(f"/imports/{one.pk}/?tab=rejected").text.lower()
    assert doll.get_absolute_url() in page or f"/r/{doll.pk}/" in page
    assert told(CREATED, about=doll).via == "import"


# Rights -------------------------------------------------------------------------------------------


def test_what_is_not_mine_is_not_there_and_what_i_only_see_i_do_not_change(client, chi, giang, toy):
    """Rights come from the grants of its family: no role has been told of this kind."""
    client.force_login(chi)
    assert "Ngựa gỗ" not in client.get("/toys/?tab=all").text
    assert client.get(toy.get_absolute_url()).status_code == 404
    client.force_login(giang)
    assert 'id="fields-form"' not in client.get(toy.get_absolute_url()).text
    with nothing_changes():
        assert client.post(f"/toys/{toy.pk}/fields/", {"name": "x", "initial-name": "Ngựa gỗ"}).status_code == 403
        assert client.get("/toys/new/").status_code == 404
