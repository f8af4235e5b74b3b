"""A configuration travels as one file: the survey of source 0, and a company that sells something quite different."""

import json
import re
from datetime import date
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from pheu.conftest import nothing_changes, stage_of
from pheu.core import shape
from pheu.core.errors import DomainError, Refused
from pheu.deals.conversion import Handover, convert_leads
from pheu.deals.models import Deal
from pheu.leads.models import Lead, RequestType
from pheu.people.models import Role
from pheu.people.profile import is_working
from pheu.people.scopes import CHANGE, MOVE, VIEW, Scope
from pheu.records import kinds
from pheu.records.gates import NotYet
from pheu.records.models import CustomField, Pipeline
from pheu.setup import pipelines, shaping
from pheu.setup.configuring import add_item, change_item, order_items
from pheu.setup.events import ITEM_ADDED, ITEM_CHANGED, OF_PIPELINES, PIPELINE_ADDED, STAGE_CHANGED
from pheu.setup.portable import EXAMPLES, exported, import_config
from pheu.setup.profile import COMPANY, HOLIDAYS
from pheu.setup.roles import ROLES
from pheu.timeline.models import Event

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


@pytest.fixture
def out(dung, an):
    """All that the configuration of another company says, which itself is gone again."""
    with transaction.atomic():
        decide_everything(dung, an)
        told = json.loads(json.dumps(exported()))
        transaction.set_rollback(True)
    shape.see(None)
    return told


def change(of, one, by, **columns):
    change_item(of, one.pk, {name: (getattr(one, name), new) for name, new in columns.items()}, by=by)


def decide_everything(dung, an):
    for example in (SURVEY, SCHOOL):
        import_config(read(example), by=dung)
    change(COMPANY, COMPANY.items.get(), dung, tax_code="0100109106", leads_in_menu=False)
    add_item(HOLIDAYS, {"day": date(2031, 9, 1), "name": "Bù", "is_working": True}, by=dung)
    sales = Role.objects.get(code="sales")
    change(ROLES, sales, dung, name="Bán hàng", fields={"lead": {"x_khoa_hoc": "hidden", "need": "read"}})
    made = add_item(ROLES, {"name": "Trợ giảng", "grants": {"work": {"view": "own"}, "deal": {}}}, by=dung)
    order_items(ROLES, [made.pk, *Role.objects.exclude(pk=made.pk).values_list("pk", flat=True)], by=dung)
    course = CustomField.objects.get(key="x_khoa_hoc")
    rights = [{"to": "role", "id": made.pk, "how": "read"}, {"to": "person", "id": an.pk, "how": "hidden"}]
    shaping.change_field(course.pk, {"rights": rights}, seen=shaping.digest(course), by=dung)
    stage = stage_of("deal", "Báo giá")
    wanted = {
        "colour": "violet", "probability": 65, "is_folded": True, "rots_after": 9,
        "requirement": "Gửi bản có dấu.\nHai bản.",
        "needs_fields": ["x_lop", "expected_amount"], "needs_checks": ["done_activity"], "least_amount": 5_000_000,
        "entered_by": sorted([made.pk, sales.pk]), "left_by": [sales.pk],
    }  # fmt: skip
    pipelines.change_stage(stage, {name: (getattr(stage, name), new) for name, new in wanted.items()}, by=dung)
    added = pipelines.add_stage(stage.pipeline, {"name": "Dùng thử", "category": "open"}, by=dung)
    pks = list(stage.pipeline.stages.values_list("pk", flat=True))
    pks.remove(added.pk)
    pipelines.order_stages(stage.pipeline, [pks[0], added.pk, *pks[1:]], by=dung)
    shaping.arrange("deal", "deal", ["name", "x_lop"], by=dung)
    room = CustomField.objects.get(key="x_lop")
    shaping.change_field(room.pk, {"is_active": False}, seen=shaping.digest(room), by=dung)
    old = Pipeline.objects.get(kind="lead", name="Tiềm năng")
    pipelines.retire_pipeline(old, to=None, by=dung)


def test_everything_comes_to_a_fresh_company_as_it_was(out, dung):
    """Roles, stages with their gates and movers, profile and holidays included; a second time nothing is changed."""
    before = exported()
    assert all(before[part] != out[part] for part in ("profile", "roles", "lists", "fields", "pipelines", "holidays"))
    assert import_config(out, by=dung)
    assert exported() == out
    assert import_config(out, by=dung) == []
    assert exported() == out
    quoted = stage_of("deal", "Báo giá")
    assert [Role.objects.get(pk=pk).name for pk in quoted.left_by] == ["Bán hàng"]
    assert (quoted.least_amount, quoted.needs_checks) == (5_000_000, ["done_activity"])
    assert not Pipeline.objects.get(kind="lead", name="Tiềm năng").is_active


def test_what_came_in_is_told_like_any_other_change(out, dung):
    lines = import_config(out, by=dung)
    told = {one.kind for one in Event.objects.filter(via="import", by=dung)}
    assert {PIPELINE_ADDED.code, STAGE_CHANGED.code, ITEM_ADDED.code, ITEM_CHANGED.code} <= told
    assert told & {one.code for one in OF_PIPELINES}
    assert any("Báo giá" in line and "60 → 65" in line for line in lines)
    assert any("Trợ giảng" in line for line in lines)


def test_nothing_of_people_travels(out, an, dung):
    """Not even the right of one of them; at home it stays when the file comes back."""
    text = json.dumps(out, ensure_ascii=False)
    assert "@" not in text
    assert str(an) not in text
    decide_everything(dung, an)
    assert import_config(json.loads(json.dumps(exported())), by=dung) == []
    assert "x_khoa_hoc" not in {one.name for one in LEAD.schema_for(an)}


def test_what_the_file_does_not_name_stays_with_its_records(dung, an):
    """A stage, a pipeline, a role; and of a stage that it names, the columns that it does not say."""
    lead = LEAD.create({"name": "Trạm", "owner": an}, by=an)
    deal = kinds.get("deal").create({"name": "Trạm", "owner": an}, by=an)
    quoted = {"name": "Báo giá", "probability": 70}
    import_config(walked({"name": "Đàm phán"}, quoted), by=dung)
    stages = Pipeline.objects.default("deal").stages
    assert [one.name for one in stages.all()] == [
        "Tiếp cận", "Xác định nhu cầu", "Đàm phán", "Báo giá", "Thành công", "Thất bại", "Tạm dừng",
    ]  # fmt: skip
    held = stages.get(name="Báo giá")
    assert (held.probability, held.purpose, held.category) == (70, "Gửi báo giá", "open")
    for row in (lead, deal):
        now = type(row).objects.select_related("record").get(pk=row.pk)
        assert (now.stage_id, now.record.version) == (row.stage_id, row.record.version)
    assert Role.objects.filter(code="viewer").exists()


def test_a_stage_with_records_is_not_made_an_end_by_a_file(dung, an):
    kinds.get("deal").create({"name": "Trạm", "owner": an}, by=an)
    wanted = [{"name": "Xác định nhu cầu"}, {"name": "Tiếp cận", "category": "won"}]
    with nothing_changes(), pytest.raises(DomainError, match="Tiếp cận"):
        import_config(walked(*wanted), by=dung)


def test_a_pipeline_with_open_records_is_not_taken_out_of_use_by_a_file(dung, an):
    told = read(SCHOOL)
    import_config(told, by=dung)
    LEAD.create({"name": "Vân", "owner": an}, by=an)
    told["pipelines"]["lead"][0] |= {"is_default": False, "is_active": False}
    told["pipelines"]["lead"].append({"name": "Tiềm năng", "is_default": True})
    with nothing_changes(), pytest.raises(DomainError, match="Tuyển sinh: "):
        import_config(told, by=dung)


def test_a_role_of_the_product_is_known_under_another_name(dung):
    """By its code: it is renamed, not made a second time."""
    before = Role.objects.count()
    import_config({"pheu": 1, "roles": [{"code": "sales", "name": "Tư vấn"}]}, by=dung)
    assert (Role.objects.get(code="sales").name, Role.objects.count()) == ("Tư vấn", before)


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
    assert "Giáo vụ" in [one["name"] for one in kept["roles"]]


def test_a_dry_run_says_what_becomes_of_stages(dung):
    """In words: which column of which stage, from what to what."""
    import_config(read(SURVEY), by=dung)
    told = read(SURVEY)
    told["pipelines"]["deal"][0]["stages"][2] |= {"probability": 75, "needs_fields": ["expected_amount"]}
    with nothing_changes():
        [line] = import_config(told, by=dung, dry_run=True)
    assert "Bán hàng" in line
    assert "«Báo giá»" in line
    assert "60 → 75" in line
    assert "— → Giá trị dự kiến" in line


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


def test_a_language_school_walks_its_own_way(dung, an):
    """From the trial lesson to the class; a stage asks for the course, an end is for who keeps the register."""
    import_config(read(SCHOOL), by=dung)
    lead = LEAD.create({"name": "Đỗ Thị Vân", "owner": an}, by=an)
    assert lead.stage.name == "Mới đăng ký"
    trial = stage_of("lead", "Đăng ký học thử")
    with pytest.raises(NotYet, match="Khóa học"):
        LEAD.move(lead, to=trial, left=lead.stage, by=an)
    LEAD.change(lead, {"x_khoa_hoc": (None, "3")}, by=an)
    LEAD.move(lead, to=trial, left=stage_of("lead", "Đã tư vấn"), by=an)
    assert Lead.objects.get(pk=lead.pk).stage == trial
    names = [one.name for one in Pipeline.objects.default("deal").stages.all()]
    assert names[:4] == ["Xếp lớp", "Giữ chỗ", "Đóng học phí", "Vào học"]
    register = Role.objects.get(name="Giáo vụ")
    assert (register.scope("deal", MOVE), register.scope("lead", CHANGE)) == (Scope.ALL, Scope.NONE)
    assert register.scope("lead", VIEW) == Scope.ALL
    classes = stage_of("deal", "Vào học")
    an.role = register
    assert classes.lets_in(an)
    an.role = Role.objects.get(code="sales")
    assert not classes.lets_in(an)


def walked(*stages, name="Bán hàng", kind="deal", **columns):
    return {"pheu": 1, "pipelines": {kind: [{"name": name, "stages": list(stages)} | columns]}}


def a_stage(**columns):
    """A file with one stage of the shipped pipeline in which something is wrong."""
    return walked({"name": "Báo giá"} | columns)


def a_role(**columns):
    return {"pheu": 1, "roles": [{"name": "Mới"} | columns]}


STAGE = {"name": "A", "category": "open"}
BROKEN = {
    "roles that are text": {"pheu": 1, "roles": "x"},
    "a role without a name": {"pheu": 1, "roles": [{"grants": {}}]},
    "a role of nothing": a_role(name=""),
    "a role of 200 letters": a_role(name="x" * 200),
    "a role twice": {"pheu": 1, "roles": [{"name": "Mới"}, {"name": "mơi"}]},
    "a right that is none": a_role(grants={"work": {"fly": "all"}}),
    "a scope that is none": a_role(grants={"work": {"view": "everything"}}),
    "rights of a kind that is none": a_role(grants={"robot": {"view": "all"}}),
    "rights that are a list": a_role(grants=[]),
    "rules that are text": a_role(fields="x"),
    "a rule that is none": a_role(fields={"lead": {"need": "gone"}}),
    "NUL": a_role(fields={"lead": {"\0": "hidden"}}),
    "something else of a role": a_role(position=1),
    "the setup out of everybody's hands": {"pheu": 1, "roles": [{"code": "admin", "name": "Quản trị", "grants": {}}]},
    "pipelines that are text": {"pheu": 1, "pipelines": "x"},
    "pipelines of a kind that is none": {"pheu": 1, "pipelines": {"robot": []}},
    "pipelines of a kind that walks none": {"pheu": 1, "pipelines": {"company": []}},
    "a pipeline without stages": walked(name="Mới"),
    "a pipeline without an end": walked(STAGE | {"category": "new"}, name="Mới", kind="lead"),
    "a pipeline that begins with an end": walked(STAGE | {"category": "won"}, STAGE | {"name": "B"}, name="Mới"),
    "a pipeline of a thousand stages": walked(*(STAGE | {"name": f"{n}"} for n in range(1000)), name="Mới"),
    "two that are usual": {
        "pheu": 1,
        "pipelines": {
            "deal": [{"name": "Bán hàng", "is_default": True}, {"name": "Mới", "is_default": True, "stages": [STAGE]}]
        },
    },
    "the usual one out of use": walked(is_active=False),
    "something else of a pipeline": walked(position=1),
    "a stage twice": walked({"name": "Báo giá"}, {"name": "báo giá"}),
    "a stage without a name": walked({}),
    "a gate at the beginning": walked({"name": "Tiếp cận", "needs_fields": ["need"]}),
    "something else of a stage": a_stage(gone_to=1),
    "a category of another kind": a_stage(category="converted"),
    "a category that is none": a_stage(category=["open"]),
    "a colour that is none": a_stage(colour="url(x)"),
    "a chance of two hundred": a_stage(probability=200),
    "a chance of words": a_stage(probability="nhiều"),
    "endless": a_stage(least_amount=float("inf")),
    "no number": a_stage(rots_after=float("nan")),
    "a least that no column holds": a_stage(least_amount=10**30),
    "days below one": a_stage(rots_after=0),
    "a gate of a field that is none": a_stage(needs_fields=["x_nothing"]),
    "a gate of text": a_stage(needs_fields=""),
    "a gate of a check that is none": a_stage(needs_checks=["magic"]),
    "a gate of lists": a_stage(needs_checks=[[]]),
    "a text that is too long": a_stage(requirement="x" * 501),
    "a mover who is nobody": a_stage(entered_by=["Không ai"]),
    "a mover by number": a_stage(left_by=[1]),
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
