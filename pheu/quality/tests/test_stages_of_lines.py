"""A list of deals or leads brings where they stand (R1.31): new rows begin there, others stay where they are."""

import pytest

from pheu.conftest import stage_of
from pheu.deals.models import Deal
from pheu.deals.services import create_deal
from pheu.leads.models import Lead
from pheu.quality.tests.importing import checked, csv, run
from pheu.records.models import Pipeline, Stage
from pheu.timeline.models import Note

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def kept_files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "files"


def brought(client, by, *lines, kind="deal", policy="create", **changed):
    client.force_login(by)
    place = {"team": "", "department": by.department_id}
    imported = run(client, checked(client, csv(*lines), "khach.csv", kind, **place, **changed), policy=policy)
    assert imported.problem == ""
    return imported


def where() -> dict[str, str]:
    return dict(Deal.objects.live().values_list("name", "stage__name"))


def test_new_rows_begin_in_the_stages_of_the_list_and_what_follows_from_these_follows(client, binh):
    """By a stage's own name or that of readers of English; an end is a note, for no row begins closed."""
    imported = brought(
        client, binh, "Tên cơ hội,Giai đoạn",
        "Trạm A,Đàm phán", "Trạm B,quoted", "Trạm C,Thành công", "Trạm D,", "Trạm E,Chốt sơ bộ",
    )  # fmt: skip
    assert (imported.rows, imported.created) == (5, 5)
    assert where() == {
        "Trạm A": "Đàm phán", "Trạm B": "Báo giá", "Trạm C": "Tiếp cận", "Trạm D": "Tiếp cận", "Trạm E": "Tiếp cận",
    }  # fmt: skip
    assert Deal.objects.get(name="Trạm A").probability == 80
    assert [(note.record.title, note.body) for note in Note.objects.all()] == [("Trạm C", "Giai đoạn: Thành công")]
    assert Deal.objects.get(name="Trạm E").need == "Giai đoạn: Chốt sơ bộ"


def test_words_of_another_system_are_given_a_stage_once(client, binh):
    stage = stage_of("deal", "Đàm phán")
    brought(client, binh, "Tên cơ hội,Giai đoạn", "Trạm A,Sắp ký", "Trạm B,Sắp ký", word_1_0=stage.name)
    assert where() == {"Trạm A": "Đàm phán", "Trạm B": "Đàm phán"}


def test_a_name_of_several_pipelines_is_that_of_the_usual_one(client, binh):
    usual, other = stage_of("deal", "Đàm phán"), Pipeline.objects.create(kind="deal", name="Thầu", position=9)
    for position, name in enumerate(("Đàm phán", "Nộp hồ sơ")):
        Stage.objects.create(pipeline=other, name=name, category="open", position=position)
    brought(client, binh, "Tên cơ hội,Giai đoạn", "Trạm A,Đàm phán", "Trạm B,Nộp hồ sơ")
    assert Deal.objects.get(name="Trạm A").stage == usual
    assert Deal.objects.get(name="Trạm B").stage.pipeline == other


def test_a_line_that_lacks_what_its_stage_asks_for_is_rejected_with_the_reason(client, binh):
    """R3.23."""
    Stage.objects.filter(name="Báo giá").update(needs_fields=["need"])
    imported = brought(client, binh, "Tên cơ hội,Giai đoạn,Nhu cầu", "Trạm A,Báo giá,Đo khí", "Trạm B,Báo giá,")
    assert (imported.created, imported.rejected) == (1, 1)
    assert where() == {"Trạm A": "Báo giá"}
    assert "«Báo giá» yêu cầu: Nhu cầu" in imported.lines.get(state="rejected").detail


def test_nobody_brings_rows_into_a_stage_that_their_role_does_not_enter(client, binh, dung):
    Stage.objects.filter(name="Báo giá").update(entered_by=[dung.role_id])
    imported = brought(client, binh, "Tên cơ hội,Giai đoạn", "Trạm A,Báo giá", "Trạm B,Tiếp cận")
    assert (imported.created, imported.rejected) == (1, 1)
    assert where() == {"Trạm B": "Tiếp cận"}


@pytest.mark.parametrize("policy", ["fill", "overwrite"])
def test_a_record_that_is_there_stays_in_its_stage(client, binh, policy):
    """Also one that the list says is closed: nothing is noted of it."""
    deal = create_deal({"name": "Trạm A", "owner": binh}, by=binh)
    for told in ("Đàm phán", "Thành công"):
        lines = ("Mã số,Tên cơ hội,Giai đoạn,Nhu cầu", f"{deal.number},Trạm A,{told},Đo khí")
        assert brought(client, binh, *lines, policy=policy).updated == 1
    deal.refresh_from_db()
    assert (deal.stage.name, deal.need) == ("Tiếp cận", "Đo khí")
    assert not Note.objects.exists()


def test_leads_begin_where_they_were_but_for_those_that_were_converted(client, binh):
    """R4.02: the others are new."""
    lines = ("Tên công ty,Tình trạng,Nhu cầu", "Gạch,Đang xử lý,", "Sứ,,", "Thép,Chuyển đổi,")
    brought(client, binh, *lines, kind="lead")
    stages = dict(Lead.objects.values_list("company_name", "stage__category"))
    assert stages == {"Gạch": "working", "Sứ": "new", "Thép": "new"}


def test_choices_are_known_by_their_words_in_either_language(client, binh):
    """R1.31: a list that somebody exported in English, brought by somebody who reads Vietnamese."""
    brought(client, binh, "Company,Rating,Priority", "Gạch,High,medium", "Sứ,Cao,Trung bình", kind="lead")
    assert set(Lead.objects.values_list("rating", "priority")) == {(3, 2)}
    assert not Lead.objects.exclude(need="").exists()
