"""«Trường động»: an admin adds a field on the screen, and it is everybody's at the next click (R4.22-4.33)."""

import json
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import connection, transaction

from pheu.conftest import nothing_changes
from pheu.core import shape
from pheu.core.errors import Conflict, DomainError, Invalid, Refused
from pheu.deals.conversion import Handover, convert_leads
from pheu.deals.models import Deal
from pheu.deals.services import create_deal
from pheu.leads.models import Lead, RequestType
from pheu.leads.services import create_lead, create_leads
from pheu.parties.services import create_company
from pheu.records import custom, field_indexes, kinds
from pheu.records.conditions import compile_tree
from pheu.records.jobs import mend_field_indexes
from pheu.records.models import CustomField, FieldGroup
from pheu.setup import shaping
from pheu.setup.events import FIELD_ADDED, FIELD_CHANGED
from pheu.timeline import services as timeline
from pheu.timeline.models import Event

LEAD, DEAL = kinds.get("lead"), kinds.get("deal")


def options(*labels, **more):
    return {"options": [{"value": str(n), "label": label, "tone": "jade"} for n, label in enumerate(labels, 1)]} | more


def add(by, kind="lead", of_type="text", label="Công suất lò", **values):
    given = {"label": label, "group": "requirements" if kind == "lead" else shaping.groups_of(kind)[0].name}
    return shaping.add_field(kind, of_type, given | values, by=by)


def standing_field():
    """One that is there, without the act that would have made it."""
    shape.changed()
    return CustomField.objects.create(kind="lead", key="x_so_ca", type="text", label="Số ca", group="requirements")


def change(one, by, **values):
    one.refresh_from_db()
    return shaping.change_field(one.pk, values, seen=shaping.digest(one), by=by)


def own(row):
    return type(row).objects.get(pk=row.pk).own


SENT = {"type": "text", "label": "Công suất lò", "group": "requirements", "places": ""}


def test_a_field_added_on_the_screen_is_on_a_sellers_form_list_and_filter_at_once(client, dung, an):
    """R4.22, R4.25, R4.27, R4.32: record type, data type, details, rights, «Thêm mới»."""
    client.force_login(an)
    assert "Công suất lò" not in client.get("/leads/new/").text
    client.force_login(dung)
    page = client.get("/setup/fields/new/?kind=lead").text
    steps = [page.index(f"{n}. ") for n in (1, 2, 3, 4)]
    assert steps == sorted(steps)
    assert "Thêm mới" in page[steps[-1] :]
    sent = SENT | {"type": "number", "unit": "tấn/giờ", "places": "1", "is_filterable": "on", "in_list": "on"}
    assert client.post("/setup/fields/new/?kind=lead", sent).status_code == 302
    made = CustomField.objects.get()
    assert (made.kind, made.key, made.settings) == ("lead", "x_cong_suat_lo", {"unit": "tấn/giờ", "places": 1})
    client.force_login(an)
    assert "Công suất lò" in client.get("/leads/new/").text
    client.post("/leads/new/", {"name": "Lò hơi", "owner": an.pk, made.key: "2.5"})
    lead = Lead.objects.get()
    assert lead.own == {made.key: "2.5"}
    assert "2,5 tấn/giờ" in client.get("/leads/?tab=all").text
    assert "2,5 tấn/giờ" in client.get(f"/leads/?tab=all&{made.key}.from=2").text
    assert "2,5 tấn/giờ" not in client.get(f"/leads/?tab=all&{made.key}.from=3").text
    assert Event.objects.filter(kind=FIELD_ADDED.code, about=None).count() == 1


TYPED = {
    # type: (what is typed, what is kept, what the page reads)
    "text": ("Xưởng  Đúc", "Xưởng Đúc", "Xưởng Đúc"),
    "long": ("Dài\nhai dòng", "Dài\nhai dòng", "hai dòng"),
    "number": ("12", 12, "12"),
    "money": ("1,5 triệu", 1_500_000, "1.500.000"),
    "date": ("30/11/2026", "2026-11-30", "30/11/2026"),
    "moment": ("30/11/2026 09:15", "2026-11-30T09:15:00+07:00", "30/11/2026 09:15"),
    "choice": ("2", "2", "Lò B"),
    "choices": (["1", "3"], ["1", "3"], "Lò C"),
    "progress": ("2", "2", 'value="2" max="3"'),
    "yesno": ("true", True, "Có"),
    "address": ("Số 5 Lê Duẩn, Hà Nội", "Số 5 Lê Duẩn, Hà Nội", "Lê Duẩn"),
    "phone": ("0912 345 678", "+84912345678", "0912 345 678"),
    "email": ("a@hoada.example", "a@hoada.example", "mailto:a@hoada.example"),
    "link": ("hoada.example", "hoada.example", "https://hoada.example"),
}


@pytest.mark.parametrize("code", [code for code in custom.TYPES if code != "file"])
def test_every_type_is_typed_kept_and_read(client, dung, an, code):
    """R4.23, D11."""
    settings = options("Lò A", "Lò B", "Lò C") if "options" in custom.TYPES[code].asks else {}
    settings |= {"of": "company"} if code == "record" else {}
    made = add(dung, of_type=code, settings=settings, is_filterable=True, in_list=True)
    row = create_company({"name": "Hòn Đá", "owner": an}, by=an) if code == "record" else an
    typed, kept, read = TYPED.get(code) or (row.pk, {"id": row.pk, "name": str(row)}, str(row))
    client.force_login(an)
    assert client.post("/leads/new/", {"name": "Lò hơi", "owner": an.pk, made.key: typed}).status_code == 302
    lead = Lead.objects.get()
    assert lead.own == {made.key: kept}
    assert read in client.get(lead.get_absolute_url()).text
    assert client.get("/leads/?tab=all").status_code == 200
    for empty, found in (("filled", True), ("empty", False)):
        page = client.get(f"/leads/?tab=all&{made.key}.{empty}=1").text
        assert (f'href="{lead.get_absolute_url()}?' in page) is found


def test_a_field_that_names_a_record(client, dung, an, chi):
    """D11: only one that the person sees can be chosen; its name of that day stays, its page keeps its own rights."""
    with nothing_changes(), pytest.raises(Invalid):
        add(dung, of_type="record", settings={"of": "nothing"})
    made = add(dung, of_type="record", label="Cơ hội trước", settings={"of": "deal"}, is_filterable=True)
    mine, hers = (create_deal({"name": f"Trạm của {one}", "owner": one}, by=one) for one in (an, chi))
    lead = create_lead({"name": "Lò hơi", "owner": an, made.key: mine}, by=an)
    with nothing_changes(), pytest.raises(Invalid):
        timeline.change(lead, {made.key: (mine, hers)}, by=an)
    timeline.change(mine, {"name": (mine.name, "Trạm đã đổi tên")}, by=an)
    client.force_login(an)
    page = client.get(lead.get_absolute_url()).text
    assert f'href="{mine.get_absolute_url()}"' in page
    assert "Trạm của Nguyễn Hoài An" in page
    assert "Lò hơi" in client.get(f"/leads/?tab=all&{made.key}={mine.pk}").text
    assert "Lò hơi" not in client.get(f"/leads/?tab=all&{made.key}={hers.pk}").text
    timeline.change(lead, {made.key: (mine, None)}, by=an)
    assert own(lead) == {}


UNITS = Path(__file__).resolve().parents[4] / "shared" / "data"


def _units():
    """{province: wards}: made up ones, of which some differ by a mark alone; and the real ones where they are found."""
    made_up = {f"Tỉnh {n}": [f"Xã {one} {n}" for one in ("Tân Hưng", "Tân Hùng", "Hoà Phú")] for n in range(90)}
    yield pytest.param(made_up, id="made up")
    for file in sorted(UNITS.glob("vn-units-*.json")):
        told = json.loads(file.read_text("utf-8"))
        yield pytest.param({one["FullName"]: [ward["FullName"] for ward in one["Wards"]] for one in told}, id=file.stem)


@pytest.mark.parametrize("units", list(_units()))
def test_provinces_and_their_wards(client, dung, an, units):
    """R4.24: thousands of choices below one another, pasted as a text; changed as a text, each stays what it was."""
    client.force_login(dung)
    new, sent = "/setup/fields/new/?kind=lead", SENT | {"type": "choice"}
    client.post(new, sent | {"label": "Tỉnh", "pasted": "\n".join(units)})
    province = CustomField.objects.get()
    lines = [f"{above} > {ward}" for above, wards in units.items() for ward in wards]
    told = sent | {"label": "Phường, xã", "parent": province.key}
    assert client.post(new, told | {"pasted": "\n".join(lines)}).status_code == 302
    ward = CustomField.objects.latest("pk")
    before = {one["value"]: one for one in ward.settings["options"]}
    assert len(before) == sum(map(len, units.values()))
    first, other = list(units)[:2]
    fitting, strange = units[first][1], next(one for one in units[other] if one not in units[first])
    value = {(one["label"], *one["under"]): one["value"] for one in before.values()}
    above = {one["label"]: one["value"] for one in province.settings["options"]}
    client.force_login(an)
    typed = {"name": "Trạm", "owner": an.pk, province.key: above[first]}
    assert client.post("/leads/new/", typed | {ward.key: value[strange, above[other]]}).status_code == 422
    assert client.post("/leads/new/", typed | {ward.key: value[fitting, above[first]]}).status_code == 302
    lead = Lead.objects.get()
    assert fitting in client.get(lead.get_absolute_url()).text
    # The second goes, a new one comes first: every other choice is the one it was.
    client.force_login(dung)
    page = client.get(f"/setup/fields/{ward.pk}/")
    assert lines[1].replace(">", "&gt;") in page.text
    text = "\n".join([f"{first} > Phường mới", *lines[:1], *lines[2:]])
    seen = page.context["seen"]
    told = {"label": "Phường, xã", "group": "requirements", "parent": province.key, "pasted": text, "seen": seen}
    assert client.post(f"/setup/fields/{ward.pk}/", told).status_code == 302
    ward.refresh_from_db()
    after = {one["value"]: one for one in ward.settings["options"]}
    off = [one["label"] for one in after.values() if not one["is_active"]]
    assert off == [fitting]
    assert {name: one["label"] for name, one in after.items() if name in before} == {
        name: one["label"] for name, one in before.items()
    }
    assert fitting in client.get(lead.get_absolute_url()).text


def test_the_51st_field_of_tickets_leads_and_deals_is_refused(client, dung, settings):
    """R4.28, D8: companies have room of their own, and so has a field that goes out of use."""
    settings.CUSTOM_FIELDS_MOST = 3
    first = add(dung, label="Một")
    add(dung, "deal", label="Hai")
    add(dung, "ticket", label="Ba")
    with nothing_changes(), pytest.raises(DomainError, match="3 trường"):
        add(dung, label="Bốn")
    add(dung, "company", label="Của công ty")
    change(first, dung, is_active=False)
    add(dung, label="Bốn")
    with nothing_changes(), pytest.raises(DomainError, match="3 trường"):
        change(first, dung, is_active=True)
    client.force_login(dung)
    assert "3 trên 3" in client.get("/setup/fields/").text


def test_the_list_begins_with_tickets_and_switches(client, dung):
    """R4.33."""
    add(dung, "ticket", label="Mã thiết bị")
    add(dung, "deal", label="Số hợp đồng khung")
    client.force_login(dung)
    assert "Mã thiết bị" in client.get("/setup/fields/").text
    page = client.get("/setup/fields/?kind=deal").text
    assert "Số hợp đồng khung" in page
    assert "Mã thiết bị" not in page


def test_a_lead_shows_the_fields_of_leads_only(client, dung, an):
    """R4.30, R4.48, R4.55."""
    add(dung, label="Của tiềm năng")
    add(dung, "deal", label="Của cơ hội")
    lead = create_lead({"name": "Lò hơi", "owner": an}, by=an)
    client.force_login(an)
    page = client.get(lead.get_absolute_url()).text
    assert "Của tiềm năng" in page
    assert "Của cơ hội" not in page
    assert "Của cơ hội" in client.get("/deals/new/").text


WRONG = {
    "no name": {"label": "  ", "says": "label"},
    "marks only": {"label": "—!", "says": "label"},
    "a group that is none": {"group": "nowhere", "says": "group"},
    "no choices": {"of_type": "choice", "settings": {"options": []}, "says": "settings"},
    "a choice twice": {"of_type": "choice", "settings": options("Lò A", "lò  A"), "says": "settings"},
    "a choice too long": {"of_type": "choice", "settings": options("x" * 101), "says": "settings"},
    "too many choices": {"of_type": "choice", "settings": options(*map(str, range(4001))), "says": "settings"},
    "least over most": {"of_type": "number", "settings": {"least": "5", "most": "1"}, "says": "settings"},
    "least is no number": {"of_type": "number", "settings": {"least": "nhiều"}, "says": "settings"},
    "depends on nothing": {"of_type": "choice", "settings": options("a", parent="x_no"), "says": "settings"},
    "shown when what": {"shown_when": ["need", ["x"]], "says": "shown_when"},
    "rights of nobody": {"rights": [{"to": "role", "id": 10**9, "how": "hidden"}], "says": "rights"},
    "rights of a kind": {"rights": [{"to": "robot", "id": 1, "how": "hidden"}], "says": "rights"},
    "begins with no date": {"of_type": "date", "default": "hôm nào", "says": "default"},
    "taken over from what": {"comes_from": "x_no", "says": "comes_from"},
}


@pytest.mark.parametrize("why", WRONG)
def test_what_cannot_be_is_refused_beside_its_column(dung, why):
    values = dict(WRONG[why])
    says = values.pop("says")
    with nothing_changes(), pytest.raises(Invalid) as refused:
        add(dung, **values)
    assert list(refused.value.errors) == [says]


def test_a_name_stands_once_among_the_fields_in_use(dung):
    first = add(dung)
    with nothing_changes(), pytest.raises(Invalid):
        add(dung, label="cong suat LO")
    change(first, dung, is_active=False)
    second = add(dung)
    assert second.key == "x_cong_suat_lo_2"


def test_only_an_admin_shapes_and_two_admins_meet(client, dung, an):
    made = add(dung)
    seen = shaping.digest(made)
    for act in (
        lambda: add(an, label="Khác"),
        lambda: shaping.change_field(made.pk, {"label": "Khác"}, seen=seen, by=an),
        lambda: shaping.move_field(made.pk, "deal", seen=seen, by=an),
        lambda: shaping.add_group("lead", "Nhóm", by=an),
        lambda: shaping.arrange("lead", "requirements", [made.key], by=an),
        lambda: shaping.arrange_groups("lead", [], by=an),
    ):
        with nothing_changes(), pytest.raises(Refused):
            act()
    change(made, dung, label="Công suất nồi hơi")
    with nothing_changes(), pytest.raises(Conflict):
        shaping.change_field(made.pk, {"label": "Công suất"}, seen=seen, by=dung)
    told = Event.objects.get(kind=FIELD_CHANGED.code)
    assert told.facts["changes"] == [{"column": "label", "was": "Công suất lò", "now": "Công suất nồi hơi"}]
    client.force_login(dung)
    assert "Công suất lò → Công suất nồi hơi" in client.get("/setup/log/").text


def test_a_field_out_of_use_keeps_what_was_typed(client, dung, an):
    made = add(dung)
    lead = LEAD.create({"name": "Lò hơi", "owner": an, made.key: "10 tấn"}, by=an)
    change(made, dung, is_active=False)
    client.force_login(an)
    assert "Công suất lò" not in client.get(lead.get_absolute_url()).text
    LEAD.change(Lead.objects.get(pk=lead.pk), {"name": ("Lò hơi", "Lò mới")}, by=an)
    assert own(lead) == {made.key: "10 tấn"}
    change(made, dung, is_active=True)
    assert "10 tấn" in client.get(lead.get_absolute_url()).text


def test_a_renamed_choice_is_renamed_everywhere_and_history_says_what_it_was(client, dung, an):
    made = add(dung, of_type="choice", label="Loại lò", settings=options("Lò than", "Lò dầu"))
    lead = LEAD.create({"name": "Lò hơi", "owner": an, made.key: "1"}, by=an)
    LEAD.change(lead, {made.key: ("1", "2")}, by=an)
    change(made, dung, settings=options("Lò than", "Lò dầu FO"))
    client.force_login(an)
    page = client.get(lead.get_absolute_url()).text
    assert "Lò dầu FO" in page.partition('id="timeline"')[0]
    assert "Lò dầu FO" not in page.partition('id="timeline"')[2].replace("Lò dầu FO</option>", "")
    assert "Lò than" in page.partition('id="timeline"')[2]


def test_a_choice_that_is_offered_no_more_stays_where_it_is(client, dung, an):
    made = add(dung, of_type="choice", label="Loại lò", settings=options("Lò than", "Lò dầu"))
    lead = LEAD.create({"name": "Lò hơi", "owner": an, made.key: "1"}, by=an)
    gone = options("Lò than", "Lò dầu")
    gone["options"][0]["is_active"] = False
    change(made, dung, settings=gone)
    client.force_login(an)
    assert "Lò than" not in client.get("/leads/new/").text
    assert "Lò than" in client.get(lead.get_absolute_url()).text
    with nothing_changes(), pytest.raises(Invalid):
        LEAD.create({"name": "Lò khác", "owner": an, made.key: "1"}, by=an)


def test_a_field_shown_for_some_choices_only_is_required_then_only_and_keeps_its_value(client, dung, an):
    """R4.24, R0.28, D1."""
    kind = add(dung, of_type="choice", label="Loại trạm", settings=options("Khí thải", "Nước"))
    pipes = add(dung, of_type="number", label="Số ống khói", is_required=True, shown_when=[kind.key, ["1"]])
    values = {"name": "Trạm", "owner": an}
    LEAD.create(values | {kind.key: "2"}, by=an)
    with nothing_changes(), pytest.raises(Invalid) as refused:
        LEAD.create(values | {kind.key: "1"}, by=an)
    assert list(refused.value.errors) == [pipes.key]
    lead = LEAD.create(values | {kind.key: "1", pipes.key: Decimal(4)}, by=an)
    lead = LEAD.change(lead, {kind.key: ("1", "2")}, by=an)
    assert own(lead) == {kind.key: "2", pipes.key: 4}
    client.force_login(an)
    page = client.get(lead.get_absolute_url()).text
    assert f'data-when="{kind.key}=1"' in page
    with nothing_changes(), pytest.raises(DomainError):
        change(kind, dung, is_active=False)  # another field depends on it
    change(pipes, dung, shown_when=[kind.key, ["2"]])
    client.force_login(dung)
    assert "Loại trạm: Khí thải → Loại trạm: Nước" in client.get("/setup/log/").text


def test_choices_below_a_choice(client, dung, an):
    """R4.24: Hãng → Model; a choice under another parent is refused on every door."""
    maker = add(dung, of_type="choice", label="Hãng", settings=options("Horiba", "Sick"))
    under = options("ENDA", "GM32", parent=maker.key)
    under["options"][0]["under"], under["options"][1]["under"] = ["1"], ["2"]
    model = add(dung, of_type="choice", label="Model", settings=under)
    values = {"name": "Trạm", "owner": an}
    lead = LEAD.create(values | {maker.key: "1", model.key: "1"}, by=an)
    with nothing_changes(), pytest.raises(Invalid):
        LEAD.create(values | {maker.key: "1", model.key: "2"}, by=an)
    with nothing_changes(), pytest.raises(Invalid):
        LEAD.change(lead, {maker.key: ("1", "2")}, by=an)
    LEAD.change(lead, {maker.key: ("1", "2"), model.key: ("1", "2")}, by=an)
    client.force_login(an)
    page = client.get("/leads/new/").text
    assert f'data-under-of="{maker.key}"' in page
    assert 'data-under="2"' in page
    with nothing_changes(), pytest.raises(Invalid):  # no circle
        change(maker, dung, settings=options("Horiba", "Sick", parent=model.key))


def test_no_two_alike(dung, an):
    made = add(dung, label="Số hợp đồng khung", is_unique=True)
    first = LEAD.create({"name": "Một", "owner": an, made.key: "HD-01"}, by=an)
    with nothing_changes(), pytest.raises(Invalid, match="Một"):
        LEAD.create({"name": "Hai", "owner": an, made.key: "HD-01"}, by=an)
    LEAD.change(first, {made.key: ("HD-01", "HD-02")}, by=an)
    LEAD.create({"name": "Hai", "owner": an, made.key: "HD-01"}, by=an)
    LEAD.create({"name": "Ba", "owner": an}, by=an)


def test_a_new_row_begins_with_the_default(client, dung, an):
    made = add(dung, of_type="number", label="Số ca", default=3)
    client.force_login(an)
    assert f'name="{made.key}" value="3"' in client.get("/leads/new/").text
    assert own(LEAD.create({"name": "Một", "owner": an}, by=an)) == {made.key: 3}
    assert own(LEAD.create({"name": "Hai", "owner": an, made.key: Decimal(1)}, by=an)) == {made.key: 1}


RIGHTS = {
    # who: what they may
    "role": (lambda an: {"to": "role", "id": an.role_id}),
    "department": (lambda an: {"to": "department", "id": an.department_id}),
    "person": (lambda an: {"to": "person", "id": an.pk}),
}


@pytest.mark.parametrize("whom", RIGHTS)
def test_rights_per_role_department_and_person(client, dung, an, giang, whom):
    """R4.26: hidden is hidden wherever fields are, read-only is refused on every door."""
    made = add(dung, label="Giá vốn", is_filterable=True, in_list=True)
    lead = LEAD.create({"name": "Lò hơi", "owner": an, made.key: "bí mật"}, by=dung)
    hidden = [RIGHTS[whom](an) | {"how": "hidden"}]
    change(made, dung, rights=hidden)
    client.force_login(an)
    for address in (lead.get_absolute_url(), "/leads/?tab=all", "/leads/new/", "/leads/?filters=1"):
        assert "Giá vốn" not in client.get(address).text
        assert "bí mật" not in client.get(address).text
    assert "bí mật" not in client.get(f"/leads/?tab=all&{made.key}=bí mật").text
    an.refresh_from_db()
    with nothing_changes(), pytest.raises(Refused):
        LEAD.change(lead, {made.key: ("bí mật", "khác")}, by=an)
    client.force_login(giang)
    assert "bí mật" in client.get(lead.get_absolute_url()).text
    change(made, dung, rights=[RIGHTS[whom](an) | {"how": "read"}])
    client.force_login(an)
    page = client.get(lead.get_absolute_url()).text
    assert "bí mật" in page
    assert f'name="{made.key}"' not in page
    with nothing_changes(), pytest.raises(Refused):
        LEAD.change(lead, {made.key: ("bí mật", "khác")}, by=an)


def test_a_person_goes_before_the_department_and_that_before_the_role(dung, an):
    """R4.26."""
    made = add(dung)
    role, department, person = (RIGHTS[one](an) for one in ("role", "department", "person"))
    for rights, how in (
        ([role | {"how": "hidden"}], "hidden"),
        ([role | {"how": "hidden"}, department | {"how": "read"}], "read"),
        ([role | {"how": "hidden"}, department | {"how": "read"}, person | {"how": "edit"}], "edit"),
    ):
        change(made, dung, rights=rights)
        assert custom.rights_of("lead", an).get(made.key, "edit") == how


def test_a_deal_takes_over_what_its_lead_had(dung, an):
    """R0.29: what was asked of the lead is known of the deal."""
    asked = add(dung, of_type="choice", label="Loại lò", settings=options("Lò than", "Lò dầu"))
    there = add(dung, "deal", of_type="choice", label="Loại lò", settings=options("Lò than", "Lò dầu"))
    assert asked.key != there.key
    change(there, dung, comes_from=asked.key)
    values = {"company_name": "Xi măng Hòn Đá", "phone": "+84912345678", "need": "Đo bụi", "owner": an}
    lead = LEAD.create(values | {asked.key: "2"}, by=an)
    [deal] = convert_leads([lead], Handover(owner=an), by=an)
    assert Deal.objects.get(pk=deal.pk).own == {there.key: "2"}


def test_what_is_needed_is_asked_for_before_conversion_and_counted_in_completeness(client, dung, an):
    """R0.11, R0.35: only while it is shown."""
    values = {"company_name": "Xi măng Hòn Đá", "phone": "+84912345678", "need": "Đo bụi", "owner": an}
    values |= {"request_type": RequestType.objects.all()[0], "expected_amount": Decimal(5)}
    kind = add(dung, of_type="choice", label="Loại lò", settings=options("Lò than", "Lò dầu"))
    shown = [kind.key, ["1"]]
    pipes = add(dung, of_type="number", label="Số ống khói", is_needed=True, shown_when=shown)
    lead = LEAD.create(values | {kind.key: "1"}, by=an)
    assert dict(lead.completeness(has_activity=True))["Yêu cầu từ khách hàng"] is False
    with nothing_changes(), pytest.raises(DomainError, match="Số ống khói"):
        convert_leads([lead], Handover(owner=an), by=an)
    client.force_login(an)
    assert f'name="lead-{pipes.key}"' in client.get(f"/leads/{lead.pk}/conversion/").text
    other = LEAD.create(values | {kind.key: "2"}, by=an)
    assert dict(other.completeness(has_activity=True))["Yêu cầu từ khách hàng"] is True
    lead = LEAD.change(lead, {pipes.key: (None, Decimal(0))}, by=an)  # none is an answer
    assert dict(lead.completeness(has_activity=True))["Yêu cầu từ khách hàng"] is True
    convert_leads([lead, other], Handover(owner=an), by=an)


def test_a_field_moves_and_values_follow_along_the_links(client, dung, an):
    """R4.29."""
    made = add(dung, label="Số ca")
    values = {"company_name": "Xi măng Hòn Đá", "phone": "+84912345678", "need": "Đo bụi", "owner": an}
    linked = LEAD.create(values | {made.key: "3 ca"}, by=an)
    alone = LEAD.create({"name": "Lẻ", "owner": an, made.key: "1 ca"}, by=an)
    [deal] = convert_leads([linked], Handover(owner=an), by=an)
    client.force_login(dung)
    assert "1 giá trị" in client.get(f"/setup/fields/{made.pk}/move/").text
    seen = shaping.digest(made)
    assert client.post(f"/setup/fields/{made.pk}/move/", {"to": "deal", "seen": seen}).status_code == 302
    assert own(deal) == {made.key: "3 ca"}
    assert own(alone) == {made.key: "1 ca"}  # kept, and shown again when the field comes back
    client.force_login(an)
    assert "3 ca" in client.get(deal.get_absolute_url()).text
    assert "Số ca" not in client.get(alone.get_absolute_url()).text


def test_groups_and_the_order_of_fields(client, dung, an):
    made = add(dung)
    client.force_login(dung)
    client.post("/setup/layout/lead/new/", {"label": "Khảo sát"})
    group = FieldGroup.objects.get()
    client.post(f"/setup/layout/lead/{group.name}/order/", {"ids": [made.key, "need"]})
    schema = LEAD.schema_for(an)
    shown = {one.name: [field.name for field in one.fields] for one in schema.groups}
    assert shown[group.name] == [made.key, "need"]
    assert made.key not in shown["requirements"]
    client.post("/setup/layout/lead/order/", {"ids": [group.name, *(name for name in shown if name != group.name)]})
    assert LEAD.schema_for(an).groups[0].label == "Khảo sát"
    client.post(f"/setup/groups/{group.pk}/drop/")
    assert FieldGroup.objects.exists()  # its fields would be nowhere
    client.post("/setup/layout/lead/requirements/order/", {"ids": [made.key, "need"]})
    client.post(f"/setup/groups/{group.pk}/drop/")
    assert not FieldGroup.objects.exists()
    client.post("/setup/layout/lead/new/", {"label": "Khảo sát"})
    group = FieldGroup.objects.get()
    client.post(f"/setup/layout/lead/{group.name}/order/", {"ids": [made.key, "need"]})
    names = [one.name for one in LEAD.schema_for(an).groups if one.name != group.name]
    client.post("/setup/layout/lead/order/", {"ids": [group.name, *names]})
    client.force_login(an)
    page = client.get("/leads/new/").text
    assert page.index("Khảo sát") < page.index("Công suất lò") < page.index("Tên công ty")


def test_definitions_are_read_once_for_each_stamp(django_assert_num_queries, dung, an):
    add(dung)
    shape.see(None)
    LEAD.schema_for(an)
    with django_assert_num_queries(0):
        assert LEAD.schema_for(an) is LEAD.schema_for(dung)


def test_a_rolled_back_change_is_seen_by_nobody(dung, an):
    with transaction.atomic():
        add(dung)
        transaction.set_rollback(True)
    shape.see(None)
    assert LEAD.schema_for(an) is LEAD.fields


# Quick ------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_filter_and_an_order_by_each_type_have_an_index(cast):
    """Built beside the work of others, used by the list's own statements, gone with the field."""
    codes = [one for one in custom.TYPES if one not in ("long", "person", "record", "file")]
    made = {
        code: add(
            cast.dung, of_type=code, label=code, is_filterable=True,
            settings=options("Lò A", "Lò B") if "options" in custom.TYPES[code].asks else {},
        )
        for code in codes
    }  # fmt: skip
    assert field_indexes.waiting() == {one.pk for one in made.values()}
    mend_field_indexes(0)
    assert field_indexes.waiting() == set()
    assert field_indexes.mend() == 0
    # One row of many has the value that is asked for, so that the plan is clear.
    rows = [{one.key: _some(LEAD.schema[one.key], code, nth) for code, one in made.items()} for nth in range(400)]
    create_leads([{"name": f"Trạm {nth}", "owner": cast.an, **own} for nth, own in enumerate(rows)], by=cast.an)
    with connection.cursor() as cursor, transaction.atomic():
        cursor.execute("analyze leads_lead")
        cursor.execute("set local enable_seqscan = off")
        cursor.execute("set local enable_sort = off")
        for code, one in made.items():
            plans = [query.explain() for query in _asked_of(LEAD.schema[one.key], code, cast.an)]
            ends = ["any"] if code == "choices" else ["found", "sorted"]
            assert [f"own_field_{one.pk}_lead_{end}" in plan for end, plan in zip(ends, plans, strict=True)] == [
                True for _end in ends
            ], (code, plans)
    change(made["choices"], cast.dung, is_filterable=False)
    change(made["date"], cast.dung, is_active=False)
    assert field_indexes.mend() == 4  # of the day its statistics too


@pytest.mark.django_db(transaction=True)
def test_the_planner_knows_how_many_rows_a_range_has(cast):
    """An index of live rows tells it nothing: without statistics of their own it guesses two of 400."""
    made = add(cast.dung, of_type="number", label="Công suất", is_filterable=True)
    create_leads([{"name": f"Trạm {nth}", "owner": cast.an, made.key: nth} for nth in range(400)], by=cast.an)
    mend_field_indexes(0)
    tree = {"field": made.key, "op": "between", "value": [101, 200]}
    plan = Lead.objects.filter(compile_tree(kinds.get("lead"), cast.an, tree)).explain(format="json")
    assert 80 < json.loads(plan)[0]["Plan"]["Plan Rows"] < 120


def _some(field, code, nth):
    """The value that is asked for, in the first row; other ones below."""
    if code == "choices":
        return ["1"] if nth == 0 else ["2"]
    if code in ("choice", "progress"):
        return "1" if nth == 0 else "2"
    asked = field.from_json(OPERANDS[code])
    if nth == 0:
        return asked
    match code:
        case "number" | "money":
            return Decimal(100 + nth)
        case "date" | "moment":
            return asked + timedelta(days=nth)
        case "yesno":
            return False
        case "phone":
            return f"+8498{nth:07}"
        case "email":
            return f"a{nth}@b.example"
    return f"khác {nth}"


def _asked_of(field, code, user):
    """What a list asks of a field: the rows with a value, the newest first; all rows in its order."""
    rows = Lead.objects.filter(is_live=True)
    if code == "choices":
        return [rows.filter(field.has_any(["1"]))]
    is_so = field.q("exact", field.operand(OPERANDS[code], user))
    in_order = rows.annotate(sort_value=field.sort_expression()).filter(sort_value__isnull=False)
    return [rows.filter(is_so).order_by("-updated_at", "-pk"), in_order.order_by("sort_value", "pk")]


OPERANDS = {
    "text": "x", "number": 5, "money": 5, "date": "2026-11-30", "moment": "2026-11-30T09:00:00+07:00", "choice": "1",
    "progress": "1", "yesno": True, "address": "x", "phone": "+84912345678", "email": "a@b.example", "link": "x",
}  # fmt: skip
