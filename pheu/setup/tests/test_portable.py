"""A configuration travels as one file: the survey of source 0, and a company that sells something quite different."""

import json
import re
from datetime import date
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command

from pheu.conftest import nothing_changes
from pheu.core import shape
from pheu.core.errors import DomainError, Refused
from pheu.deals.conversion import Handover, convert_leads
from pheu.deals.models import Deal
from pheu.leads.models import Lead, RequestType
from pheu.people.profile import is_working
from pheu.records import kinds
from pheu.records.models import CustomField
from pheu.setup.portable import EXAMPLES, exported, import_config

SURVEY, SCHOOL = EXAMPLES / "quan-trac.json", EXAMPLES / "truong-ngoai-ngu.json"
LEAD = kinds.get("lead")
TYPES = [
    "Trạm quan trắc khí thải", "Trạm quan trắc khí thải (Lắp bổ sung)", "Trạm quan trắc nước",
    "Trạm quan trắc nước (Lắp bổ sung)", "Bảo hành / bảo trì",
]  # fmt: skip
GROUPS = ["Thông tin chung", "Trạm quan trắc khí thải", "Trạm quan trắc nước", "Bảo hành / bảo trì"]
GENERAL = {"Ngành sản xuất", "Tính lắp", "Thông số quan trắc"}
GAS = {"Công suất lò đốt, lò hơi", "Số ống khói", "Sàn thao tác"}
WATER = {"Công suất xả thải"}
WARRANTY = {"Dự án", "Số BBNT", "Thời gian bắt đầu BHBT", "Thời gian kết thúc BHBT"}


def read(path):
    return json.loads(path.read_text("utf-8"))


@pytest.fixture
def survey(dung):
    import_config(read(SURVEY), by=dung)


def test_the_survey_has_the_types_and_industries_of_the_source(survey, an):
    """R0.09, R0.20, R0.22: exactly these, in this order."""
    assert [one.name for one in RequestType.objects.filter(is_active=True)] == TYPES
    industry = LEAD.schema_for(an)["x_nganh_san_xuat"]
    assert [label for _value, label in industry.choices()] == [
        "Cấp nước", "Nước thải (nhà thầu, thương mại)", "Môi trường", "Nhiệt điện (năng lượng)",
        "Khai khoáng (xi măng, thép, khai thác mỏ, luyện kim)", "Giấy và bột giấy", "Thực phẩm F&B và thuốc",
        "Hoá chất và dầu khí", "Ngành khác",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("request_type", "asked"),
    [(None, set()), *zip(TYPES, (GAS, GAS, WATER, WATER, WARRANTY), strict=True)],
)
def test_the_groups_follow_the_request_type(survey, an, request_type, asked):
    """R0.21-0.28, D1: the general group always."""
    chosen = RequestType.objects.filter(name=request_type).first()
    lead = LEAD.create({"name": "Trạm", "owner": an, "request_type": chosen}, by=an)
    schema = LEAD.schema_for(an)
    shown = {one.label for one in schema if one.own and schema.shows(one, lambda other: other.value(lead))}
    assert shown == GENERAL | asked


def test_a_change_of_the_type_keeps_what_was_typed_and_the_deal_has_it(survey, client, an):
    """R0.28-0.29, D1: and in the deal the groups follow the type as well."""
    gas, water = RequestType.objects.get(name=TYPES[0]), RequestType.objects.get(name=TYPES[2])
    values = {"company_name": "Xi măng Hòn Đá", "phone": "+84912345678", "owner": an, "request_type": gas}
    lead = LEAD.create(values | {"x_so_ong_khoi": Decimal(4), "x_nganh_san_xuat": "5"}, by=an)
    lead = LEAD.change(lead, {"request_type": (gas, water)}, by=an)
    assert Lead.objects.get(pk=lead.pk).own == {"x_so_ong_khoi": 4, "x_nganh_san_xuat": "5"}
    [deal] = convert_leads([lead], Handover(owner=an), by=an)
    assert Deal.objects.get(pk=deal.pk).own == {"x_so_ong_khoi_ch": 4, "x_nganh_san_xuat_ch": "5"}
    client.force_login(an)
    assert "Khai khoáng" in client.get(deal.get_absolute_url()).text


def test_what_is_exported_comes_in_again_without_a_change(dung, an):
    for example in (SURVEY, SCHOOL):
        import_config(read(example), by=dung)
    out = json.loads(json.dumps(exported()))
    assert import_config(out, by=dung) == []
    CustomField.objects.all().delete()
    shape.changed()
    import_config(out, by=dung)
    again = exported()
    assert again["fields"] == out["fields"]
    assert again["groups"] == out["groups"]
    assert again["layout"] == out["layout"]


def test_a_dry_run_says_what_would_change_and_changes_nothing(dung, an, tmp_path, capsys):
    with nothing_changes():
        call_command("config", "import", str(SCHOOL), "--dry-run")
    said = capsys.readouterr().out
    assert "thêm trường «Khóa học»" in said
    assert LEAD.schema_for(an) is LEAD.fields
    call_command("config", "import", str(SCHOOL))
    call_command("config", "export", str(tmp_path / "out.json"))
    kept = read(tmp_path / "out.json")
    assert "Khóa học" in [one["label"] for one in kept["fields"]["lead"]]


def test_a_language_school_works_with_its_own_fields(client, dung, an):
    """Courses, branches, tuition: what a company needs that sells something quite different, and works at weekends."""
    import_config(read(SCHOOL), by=dung)
    client.force_login(an)
    assert "Cánh Buồm" in client.get("/").text
    assert [is_working(date(2031, 6, day)) for day in (15, 16)] == [True, False]  # Sunday, Monday
    page = client.get("/leads/new/").text
    assert page.index("Học viên") < page.index("Khóa học quan tâm")
    assert 'data-under-of="x_khoa_hoc"' in page
    sent = {"person_name": "Đỗ Thị Vân", "phone": "0912345678", "need": "Học IELTS", "owner": an.pk}
    client.post("/leads/new/", sent | {"x_khoa_hoc": "3", "x_trinh_do": "5", "x_ca_hoc": ["3", "4"]})
    lead = Lead.objects.get()
    assert lead.own == {"x_khoa_hoc": "3", "x_trinh_do": "5", "x_ca_hoc": ["3", "4"]}
    [deal] = convert_leads([lead], Handover(owner=an), by=an)
    assert Deal.objects.get(pk=deal.pk).own == {"x_khoa_hoc_gd": "3"}
    assert "IELTS" in client.get("/leads/?tab=all&x_khoa_hoc=3").text


BROKEN = {
    "a list": [],
    "another format": {"pheu": 99},
    "a list that is none": {"pheu": 1, "lists": {"nothing": []}},
    "a list of words": {"pheu": 1, "lists": {"tags": ["x"]}},
    "a kind that is none": {"pheu": 1, "fields": {"robot": []}},
    "a field without a type": {"pheu": 1, "fields": {"lead": [{"key": "x_a"}]}},
    "a key into JSON": {"pheu": 1, "fields": {"lead": [{"key": "x_a__b", "type": "text", "label": "A"}]}},
    "a key of ours": {"pheu": 1, "fields": {"lead": [{"key": "need", "type": "text", "label": "A", "group": "lead"}]}},
    "fields that are text": {"pheu": 1, "fields": {"lead": "x"}},
    "rights of nobody": {
        "pheu": 1,
        "fields": {
            "lead": [
                {"key": "x_a", "type": "text", "label": "A", "group": "lead",
                 "rights": [{"to": "role", "who": "nobody", "how": "hidden"}]}
            ]
        },
    },
}  # fmt: skip


@pytest.mark.parametrize("why", BROKEN)
def test_what_is_no_configuration_is_refused_in_words_and_nothing_of_it_stays(dung, why, tmp_path):
    with nothing_changes(), pytest.raises(DomainError):
        import_config(BROKEN[why], by=dung)
    path = tmp_path / "x.json"
    path.write_text(json.dumps(BROKEN[why]), "utf-8")
    with nothing_changes(), pytest.raises(CommandError):
        call_command("config", "import", str(path))


def test_only_who_may_change_the_setup_brings_one_in(an):
    with nothing_changes(), pytest.raises(Refused):
        import_config(read(SCHOOL), by=an)


def test_the_survey_stands_above_who_is_responsible(survey, client, an):
    """R0.21-0.28: on the form of a new lead, on its page and on the deal's."""
    for kind in ("lead", "deal"):
        labels = [str(group.label) for group in kinds.get(kind).schema_for(an).groups]
        assert labels[2:] == ["Yêu cầu từ khách hàng", *GROUPS, "Phụ trách"]
    client.force_login(an)
    lead = LEAD.create({"name": "Trạm", "owner": an}, by=an)
    for page in ("/leads/new/", lead.get_absolute_url()):
        heads = re.findall(r"<(?:legend|h2)>([^<]+)<", client.get(page).text)
        assert heads.index("Thông tin chung") < heads.index("Phụ trách")
