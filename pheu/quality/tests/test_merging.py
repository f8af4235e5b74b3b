"""«Trộn»: several records become one, nothing of them is lost, and that can be taken back (R2.12-2.19, D6, D7)."""

import re
from datetime import timedelta
from decimal import Decimal
from html import unescape

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.db.models import Q
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from pheu.activities.models import Activity, ActivityType
from pheu.activities.services import schedule_activity
from pheu.conftest import given, nothing_changes, stage_of, told
from pheu.core import shape
from pheu.core.errors import Conflict, DomainError, Invalid, Refused
from pheu.deals.conversion import Handover, convert_leads
from pheu.deals.counts import conversion_counts
from pheu.deals.models import Conversion
from pheu.deals.services import close_deal, create_deal
from pheu.deals.undoing import undo_conversion
from pheu.leads.models import Lead, RequestType
from pheu.leads.services import close_lead, convert_prospects, create_lead, create_leads
from pheu.parties.models import Company
from pheu.people.models import Role
from pheu.quality import merging
from pheu.quality.events import FOLDED, MERGED, REPOINTED
from pheu.quality.merging import merge
from pheu.quality.sidebyside import written
from pheu.records import counters, kinds
from pheu.records.acts import last_operation
from pheu.records.models import Category, ClosingReason, CustomField, Follower, Operation, Record, Tag
from pheu.records.search import find
from pheu.records.tests.toy.models import Sticker
from pheu.setup.shaping import add_field, change_field, digest
from pheu.timeline.archiving import archive
from pheu.timeline.models import Event, File, Note
from pheu.timeline.services import add_file, add_note, change, follow
from pheu.timeline.undo import undo

pytestmark = pytest.mark.django_db


def made(kind, by, **values):
    return kinds.get(kind).create({"owner": by, **values}, by=by)


def fresh(row):
    return type(row).objects.select_related("record").get(pk=row.pk)


def last():
    return Operation.objects.get(pk=last_operation())


@pytest.fixture
def twin(an, lead):
    """A lead of the same customer that was made after `lead`."""
    return create_lead(
        {
            "company_name": "CTCP Xi măng Hòn Đá", "phone": "+84903123456", "email": "moi.truong@hondacement.example",
            "website": "https://hondacement.example", "priority": 1, "owner": an,
            "request_type": RequestType.objects.all()[0],
        },
        by=an,
    )  # fmt: skip


# What stays -----------------------------------------------------------------------------------------------------------


def test_the_later_one_goes_into_the_one_that_was_created_first(an, lead, twin):
    """R2.13, R2.18, D7: whichever was ticked first."""
    stays = merge([twin, lead], by=an)
    assert stays.pk == lead.pk
    gone = fresh(twin)
    assert (gone.record.state, gone.record.merged_into_id, gone.is_live) == (Record.State.MERGED, lead.pk, False)
    assert [one.pk for one in Lead.objects.visible_to(an).live()] == [lead.pk]
    assert counters.total(kinds.get("lead"), an, Q()) == 1
    assert [one.pk for one in find("hòn đá", an)] == [lead.pk]


def test_what_the_first_has_stays_and_what_it_lacks_the_others_fill_in(an, lead, twin):
    """R2.13: and further phones come together."""
    stays = fresh(merge([lead, twin], by=an))
    assert (stays.company_name, stays.email, stays.priority) == (
        "Xi măng Hòn Đá", "van.dt@hondacement.example", 3,
    )  # fmt: skip
    assert stays.website == "https://hondacement.example"
    assert (stays.phone, stays.other_phones) == ("+842438637747", ["+84903123456"])
    assert [one.pk for one in find("0903 123 456", an)] == [lead.pk]


def test_of_those_that_fill_in_the_one_that_was_updated_last_is_proposed(an):
    first, second, third = (made("company", an, name="Thép Sông Đà", type="prospect") for _n in range(3))
    kinds.get("company").change(third, {"address": ("", "KCN Nam Cấm")}, by=an)
    kinds.get("company").change(second, {"address": ("", "KCN Hòn La")}, by=an)
    assert merge([first, second, third], by=an).address == "KCN Hòn La"


def test_a_value_is_chosen_field_by_field(an, lead, twin):
    """R2.19: whichever is not chosen is told."""
    stays = fresh(merge([lead, twin], choices={"phone": twin.pk, "company_name": twin.pk}, by=an))
    assert (stays.phone, stays.other_phones) == ("+84903123456", ["+842438637747"])
    assert stays.company_name == "CTCP Xi măng Hòn Đá"
    changes = {one["field"]: (one["was"], one["now"]) for one in told(MERGED, about=lead).facts["changes"]}
    assert changes["phone"] == ("+842438637747", "+84903123456")
    assert changes["website"] == ("", "https://hondacement.example")


def test_an_empty_value_can_be_chosen_unless_the_field_is_required(an):
    first = made("company", an, name="Thép Sông Đà", type="prospect", address="KCN Hòn La")
    second = made("company", an, name="Thép Sông Đà CN2", type="prospect")
    assert fresh(merge([first, second], choices={"address": second.pk}, by=an)).address == ""
    contact = made("contact", an, full_name="Đỗ Vân")
    nameless = given(made("contact", an, full_name="Đỗ Thị Vân"), full_name="")
    with nothing_changes(), pytest.raises(Invalid):
        merge([contact, nameless], choices={"full_name": nameless.pk}, by=an)


def test_whose_the_result_is_can_be_chosen_by_whoever_may_hand_out(an, binh, lead):
    """R2.13: otherwise it stays with whoever works the first; the others go on reading it."""
    theirs = create_lead({"company_name": "Xi măng Hòn Đá", "owner": binh}, by=binh)
    with nothing_changes(), pytest.raises(Refused):
        merge([lead, theirs], choices={"owner": theirs.pk}, by=an)
    stays = fresh(merge([lead, theirs], by=binh))
    assert stays.owner == an
    assert Follower.objects.filter(record=lead.pk, user=binh).exists()
    again = create_lead({"company_name": "Xi măng Hòn Đá", "owner": binh}, by=binh)
    stays = fresh(merge([stays, again], choices={"owner": again.pk}, by=binh))
    assert (stays.owner, stays.record.owner) == (binh, binh)
    assert (
        told(MERGED, about=lead) if False else Event.objects.filter(kind=MERGED.code, facts__owner__id=binh.pk).exists()
    )


def test_nobodys_record_takes_the_owner_of_another(an, binh, lead):
    free = given(lead, owner=None)
    other = create_lead({"company_name": "Xi măng Hòn Đá", "owner": binh}, by=binh)
    stays = fresh(merge([free, other], by=binh))
    assert (stays.owner, stays.team_id) == (binh, other.team_id)


# What comes along -----------------------------------------------------------------------------------------------------


def test_whatever_hangs_on_the_others_comes_along(an, binh, lead, twin):
    """R2.19: activities, notes, files, tags, followers; nothing twice."""
    tags = [Tag.objects.create(name=name) for name in ("VIP", "Nhà máy")]
    for row, some in ((lead, tags[:1]), (twin, tags)):
        change(row, {"tags": ([], some)}, by=an)
    note = add_note(twin.record, body="Gọi sau 15 giờ", by=an)
    file = add_file(twin.record, upload=SimpleUploadedFile("bao-gia.txt", b"x"), by=an)
    due = timezone.now() + timedelta(days=1)
    task = schedule_activity(twin.record, what=ActivityType.objects.first(), due_at=due, assignee=an, by=an)
    for row in (lead, twin):
        Follower.objects.get_or_create(record=row.record, user=binh)
    merge([lead, twin], by=an)
    assert Note.objects.get(pk=note.pk).record_id == lead.pk
    assert File.objects.get(pk=file.pk).record_id == lead.pk
    assert Activity.objects.get(pk=task.pk).record_id == lead.pk
    assert Record.objects.get(pk=lead.pk).next_activity_at == due
    assert Record.objects.get(pk=twin.pk).next_activity_at is None
    assert sorted(Record.objects.get(pk=lead.pk).tags.values_list("name", flat=True)) == ["Nhà máy", "VIP"]
    assert list(Follower.objects.filter(record=lead.pk).values_list("user", flat=True)) == [binh.pk]


def test_every_value_of_what_was_merged_can_be_read_on_the_timeline(client, an, lead, twin):
    """R2.19: with what happened to it before."""
    add_note(twin.record, body="Gọi sau 15 giờ", by=an)
    merge([lead, twin], by=an)
    held = {(one["field"], str(one["value"])) for one in told(FOLDED, about=twin).facts["values"]}
    assert {("phone", "+84903123456"), ("email", "moi.truong@hondacement.example")} <= held
    assert {name for name, _value in held} >= {"company_name", "website", "priority", "owner", "stage"}
    client.force_login(an)
    page = client.get(f"/leads/{lead.pk}/").text
    for words in ("trộn TN-", "moi.truong@hondacement.example", "0903 123 456", "Gọi sau 15 giờ", "Hoàn tác"):
        assert words in page


def test_no_value_of_any_field_is_lost_from_the_timeline(client, an, binh, lead):
    """R2.19: of every merged record, whatever its fields are, own ones too."""
    shape.changed()
    CustomField.objects.create(kind="lead", key="x_meter", type="text", label="Mã đồng hồ", group="lead")
    others = [
        create_lead(
            {
                "company_name": f"Nhà máy {nth}", "person_name": f"Lê Hà {nth}", "job_title": f"Kế toán {nth}",
                "phone": f"+8490312345{nth}", "email": f"ha{nth}@may.example", "website": f"https://may{nth}.example",
                "address": f"{nth} Trần Phú, phường Mộ Lao, Hà Nội", "name": f"Trạm {nth}", "need": f"Đo lần {nth}",
                "expected_amount": Decimal(1000 + nth), "x_meter": f"DH-{nth}", "owner": binh,
            },
            by=binh,
        )
        for nth in (1, 2)
    ]  # fmt: skip
    held = [(one, row) for row in others for one in written(kinds.get("lead")) if one.identity(one.value(row))]
    told_words = {one.show(one.value(row)) for one, row in held}
    assert len(told_words) > 20 and {one.name for one, _row in held} >= {"x_meter", "province", "owner"}
    merge([lead, *others], by=binh)
    client.force_login(an)
    page = unescape(client.get(f"/leads/{lead.pk}/").text)
    assert [words for words in told_words if words not in page] == []


def test_a_value_that_a_reader_may_not_see_is_not_told_on_the_timeline(client, an, lead, twin):
    merge([lead, twin], by=an)
    Role.objects.filter(code="sales").update(fields={"lead": {"email": "hidden"}})
    client.force_login(an)
    page = client.get(f"/leads/{lead.pk}/").text
    assert "moi.truong@hondacement.example" not in page
    assert "0903 123 456" in page


def test_old_addresses_and_numbers_lead_to_the_one_that_stays(client, an, lead, twin):
    merge([lead, twin], by=an)
    client.force_login(an)
    answer = client.get(f"/r/{twin.pk}/", follow=True)
    assert answer.redirect_chain[-1][0] == f"/leads/{lead.pk}/"
    assert client.get(f"/leads/{twin.pk}/", follow=True).redirect_chain[-1][0] == f"/leads/{lead.pk}/"


def test_what_names_a_merged_company_names_the_other(an, lead):
    """Deals, contacts and leads, and the words that find them."""
    stays = made("company", an, name="Xi măng Hòn Đá", type="prospect")
    goes = made("company", an, name="Nhà máy Hòn Đá Hai", type="prospect")
    contact = made("contact", an, full_name="Đỗ Vân", company=goes)
    deal = create_deal({"name": "Trạm", "company": goes, "contact": contact, "owner": an}, by=an)
    put = made("lead", an, company_name="Hòn Đá", company=goes)
    moved = Record.objects.get(pk=deal.pk).updated_at
    merge([stays, goes], by=an)
    assert {fresh(one).company_id for one in (contact, deal, put)} == {stays.pk}
    assert deal.pk not in {one.pk for one in find("hòn đá hai", an)}
    assert deal.pk in {one.pk for one in find("xi măng", an)}
    assert Record.objects.get(pk=deal.pk).updated_at == moved


def test_a_company_that_took_over_a_won_deal_is_a_customer(an, binh):
    """D3: and is not any more once that is taken back."""
    stays = made("company", an, name="Xi măng Hòn Đá", type="prospect")
    goes = made("company", an, name="Hòn Đá", type="prospect")
    deal = create_deal({"name": "Trạm", "company": goes, "owner": an}, by=an)
    close_deal(deal, to=stage_of("deal", "Thành công"), by=an)
    assert fresh(goes).type == Company.Type.CUSTOMER
    merge([stays, goes], by=an)
    assert (fresh(stays).type, fresh(stays).first_won_at) == (Company.Type.CUSTOMER, fresh(deal).won_at)
    undo(last(), by=an)
    assert (fresh(stays).type, fresh(goes).type) == (Company.Type.PROSPECT, Company.Type.CUSTOMER)


@pytest.fixture
def own(dung):
    """Fields of the company's own on leads: a text, one that goes out of use, and one that picks a company."""
    fields = {
        "x_kiln": ("text", {"label": "Lò nung"}),
        "x_old": ("text", {"label": "Mã cũ"}),
        "x_main": ("record", {"label": "Tổng thầu", "settings": {"of": "company"}}),
    }
    return {
        key: add_field("lead", of, {"group": "lead", **told}, key=key, by=dung) for key, (of, told) in fields.items()
    }


def test_the_number_of_what_was_merged_finds_where_it_went(an):
    """Also in two steps, and however short it is written; not for whoever may not see that."""
    first, second, third = (made("company", an, name=f"Hòn Đá {nth}", type="prospect") for nth in "abc")
    merge([second, third], by=an)
    merge([first, fresh(second)], by=an)
    for one in (first, second, third):
        number = one.record.number
        short = f"{number.partition('-')[0].lower()}-{int(number.partition('-')[2])}"
        assert [found.pk for found in find(number, an)] == [first.pk] == [found.pk for found in find(short, an)]


def test_own_fields_come_along_those_out_of_use_too(an, dung, own):
    first = made("lead", an, company_name="Hòn Đá")
    second = made("lead", an, company_name="Hòn Đá", x_kiln="Lò 2", x_old="A7")
    change_field(own["x_old"].pk, {"is_active": False}, seen=digest(own["x_old"]), by=dung)
    merge([first, second], by=an)
    assert fresh(first).own == {"x_kiln": "Lò 2", "x_old": "A7"}


def test_an_own_field_that_picks_a_merged_record_picks_the_other(an, own):
    stays = made("company", an, name="Hòn Đá", type="prospect")
    goes = made("company", an, name="Hòn Đá 1", type="prospect")
    picks = made("lead", an, company_name="Lọc bụi", x_main=goes)
    merge([stays, goes], by=an)
    assert fresh(picks).own["x_main"] == {"id": stays.pk, "name": "Hòn Đá"}
    undo(last(), by=an)
    assert fresh(picks).own["x_main"]["id"] == goes.pk


def test_a_table_that_nobody_has_told_the_engine_of_comes_along(an, lead, twin):
    """Every foreign key to a Record is found through the models; what would stand there twice goes, and comes back."""
    Sticker.objects.bulk_create([Sticker(record=row.record, word="nóng") for row in (lead, twin)])
    Sticker.objects.create(record=twin.record, word="xa")
    merge([lead, twin], by=an)
    assert sorted(Sticker.objects.values_list("record", "word")) == [(lead.pk, "nóng"), (lead.pk, "xa")]
    undo(last(), by=an)
    assert sorted(Sticker.objects.values_list("record", "word")) == sorted(
        [(lead.pk, "nóng"), (twin.pk, "nóng"), (twin.pk, "xa")]
    )


# Leads and deals ------------------------------------------------------------------------------------------------------


def test_leads_and_deals_become_the_earliest_deal_with_the_earliest_date(an, lead):
    """D7: and what the lead knows goes where the deal lacks it."""
    deal = create_deal({"name": "Trạm nước thải", "owner": an}, by=an)
    later = create_deal({"name": "Trạm nước thải", "owner": an}, by=an)
    stays = merge([later, lead, deal], by=an)
    assert stays.pk == deal.pk
    stays = fresh(deal)
    assert stays.created_at == stays.record.created_at == lead.created_at
    assert (stays.name, stays.expected_amount, stays.need) == ("Trạm nước thải", lead.expected_amount, lead.need)
    assert {one.record.survivor.pk for one in map(fresh, (lead, later))} == {deal.pk}


def test_the_deal_that_was_created_later_goes_into_the_earlier_one(client, an):
    """R2.18: ticked in the list of deals, in whichever order; what the first lacks comes from the later one."""
    first, later = (create_deal({"name": f"Trạm {nth}", "owner": an}, by=an) for nth in (1, 2))
    change(later, {"need": ("", "Đo SO₂")}, by=an)
    client.force_login(an)
    assert "/merging/" in client.get("/deals/?tab=all").text
    answer = client.post("/merging/", {"ids": [later.pk, first.pk], "sure": "1"})
    assert answer.url == f"/deals/{first.pk}/"
    assert (fresh(first).name, fresh(first).need) == ("Trạm 1", "Đo SO₂")
    assert fresh(later).record.merged_into_id == first.pk


def test_a_lead_in_a_deal_is_converted_and_counted_apart(an, lead):
    """R2.04, D6: the equality holds, also once that is taken back."""
    deal = create_deal({"name": "Trạm nước thải", "owner": an}, by=an)
    merge([lead, deal], by=an)
    conversion = Conversion.objects.get(lead=lead)
    assert (conversion.deal_id, conversion.outcome) == (deal.pk, Conversion.Outcome.MERGED)
    counts = conversion_counts(an)
    assert (counts.converted_leads, counts.entered_from_lead, counts.merged, counts.is_equal) == (1, 0, 1, True)
    undo(last(), by=an)
    counts = conversion_counts(an)
    assert (counts.converted_leads, counts.merged, counts.undone, counts.is_equal) == (0, 0, 1, True)
    assert fresh(lead).stage == lead.stage
    merge([lead, deal], by=an)  # once more
    assert conversion_counts(an).is_equal


def test_a_merged_lead_can_be_converted(an, lead, twin):
    """R2.14."""
    stays = merge([lead, twin], by=an)
    [deal] = convert_leads([fresh(stays)], Handover(owner=an), by=an)
    assert {lead.pk, twin.pk} <= set(Record.objects.get(pk=deal.pk).past_ids)


def test_merged_deals_keep_their_conversions(an, lead, twin):
    """D6: counted are the rows of conversions; what made a deal that was merged is not taken back before that."""
    deals = [convert_leads([one], Handover(owner=an), by=an)[0] for one in (lead, twin)]
    merge(deals, by=an)
    merging = last()
    assert list(Conversion.objects.values_list("deal", flat=True)) == [deals[0].pk] * 2
    counts = conversion_counts(an)
    assert (counts.converted_leads, counts.entered_from_lead, counts.is_equal) == (2, 2, True)
    for one in (lead, twin):
        with nothing_changes(), pytest.raises(DomainError, match="hoàn tác việc trộn"):
            undo_conversion(fresh(one), by=an)
    undo(merging, by=an)
    assert list(Conversion.objects.order_by("pk").values_list("deal", flat=True)) == [one.pk for one in deals]
    undo_conversion(fresh(twin), by=an)
    assert fresh(deals[1]).record.state == Record.State.UNDONE


def test_what_was_merged_is_not_taken_back_to_what_it_came_from(an):
    prospect = made("prospect", an, company_name="Dệt Sông Trà")
    [lead] = convert_prospects([prospect], by=an)
    screening = last()
    other = given(made("lead", an, company_name="Dệt Sông Trà"), created_at=lead.created_at - timedelta(days=1))
    merge([other, lead], by=an)
    assert fresh(prospect).became_id == other.pk
    with nothing_changes(), pytest.raises(DomainError):
        undo(screening, by=an)


# What is refused ------------------------------------------------------------------------------------------------------


def test_nobody_merges_what_they_may_not_change(an, chi, giang, lead):
    theirs = create_lead({"company_name": "Xi măng Hòn Đá", "owner": chi}, by=chi)
    for person, rows in ((an, [lead, theirs]), (chi, [lead, theirs]), (giang, [lead, theirs])):
        with nothing_changes(), pytest.raises(Refused, match="TN-"):
            merge(rows, by=person)


def test_a_field_that_is_only_read_keeps_its_value(an, lead, twin):
    Role.objects.filter(code="sales").update(fields={"lead": {"priority": "read"}})
    seller = type(an).objects.with_rights().get(pk=an.pk)
    with nothing_changes(), pytest.raises(Refused):
        merge([lead, twin], choices={"priority": twin.pk}, by=seller)
    assert fresh(merge([lead, twin], by=seller)).priority == 3


def test_leads_go_into_deals_only_by_whoever_may_convert(an, lead):
    deal = create_deal({"name": "Trạm", "owner": an}, by=an)
    role = Role.objects.get(code="sales")
    role.grants = {**role.grants, "lead": {"view": "own", "change": "own"}}
    role.save()
    seller = type(an).objects.with_rights().get(pk=an.pk)
    with nothing_changes(), pytest.raises(Refused):
        merge([lead, deal], by=seller)


@pytest.mark.parametrize("n", [0, 1, 21])
def test_too_few_and_too_many_are_not_merged(an, lead, n, monkeypatch):
    monkeypatch.setattr(merging, "MOST", 20)
    rows = [lead, *(create_lead({"company_name": f"Khách {nth}", "owner": an}, by=an) for nth in range(n - 1))][:n]
    with nothing_changes(), pytest.raises(DomainError):
        merge(rows, by=an)


def test_one_record_twice_is_one(an, lead):
    with nothing_changes(), pytest.raises(DomainError):
        merge([lead, lead], by=an)


def test_records_of_other_kinds_are_not_merged(an, lead):
    company = made("company", an, name="Hòn Đá", type="prospect")
    with nothing_changes(), pytest.raises(DomainError, match="Không trộn chung"):
        merge([lead, company], by=an)


def test_what_has_gone_on_elsewhere_is_not_merged(an, lead, twin):
    convert_leads([lead], Handover(owner=an), by=an)
    with nothing_changes(), pytest.raises(DomainError, match="tiếp tục ở CH-"):
        merge([fresh(lead), twin], by=an)
    prospects = [made("prospect", an, company_name="Dệt Sông Trà") for _n in range(2)]
    convert_prospects(prospects[:1], by=an)
    with nothing_changes(), pytest.raises(DomainError, match="tiếp tục ở TN-"):
        merge(prospects, by=an)


def test_open_work_is_not_merged_into_an_end(an, lead, twin, failing):
    close_lead(lead, **failing, by=an)
    with nothing_changes(), pytest.raises(DomainError, match="mở lại trước"):
        merge([fresh(lead), twin], by=an)
    close_lead(twin, **failing, by=an)
    assert merge([fresh(lead), fresh(twin)], by=an).pk == lead.pk


def test_a_closed_one_goes_into_an_open_one_but_not_into_a_deal(an, lead, twin, failing):
    close_lead(twin, **failing, by=an)
    assert not merge([lead, fresh(twin)], by=an).is_closed
    deal = create_deal({"name": "Trạm", "owner": an}, by=an)
    close_lead(lead, **failing, by=an)
    with nothing_changes(), pytest.raises(DomainError, match="ở lại"):
        merge([fresh(lead), deal], by=an)


@pytest.fixture
def failing(lead):
    to = lead.stage.pipeline.stage_for(Category.UNQUALIFIED)
    return {"to": to, "reason": ClosingReason.objects.filter(kind="lead", category=Category.UNQUALIFIED)[0]}


def test_archived_and_merged_records_are_not_merged(an, lead, twin):
    archive([twin], by=an)
    with nothing_changes(), pytest.raises(Refused):
        merge([lead, twin], by=an)
    others = [create_lead({"company_name": "Hòn Đá", "owner": an}, by=an) for _n in range(2)]
    merge(others, by=an)
    with nothing_changes(), pytest.raises(Refused):
        merge([lead, others[1]], by=an)


def test_what_was_changed_since_it_was_looked_at_is_not_merged(an, lead, twin):
    seen = {row.pk: row.record.version for row in (lead, twin)}
    change(twin, {"website": (twin.website, "https://khac.example")}, by=an)
    with nothing_changes(), pytest.raises(Conflict):
        merge([lead, twin], seen=seen, by=an)


def test_a_record_that_takes_no_part_cannot_be_chosen(an, lead, twin):
    other = create_lead({"company_name": "Khác", "owner": an}, by=an)
    for choices in ({"phone": other.pk}, {"owner": other.pk}):
        with nothing_changes(), pytest.raises(DomainError):
            merge([lead, twin], choices=choices, by=an)
    for name in ("stage", "tags", "khong_co", "own"):
        with nothing_changes(), pytest.raises(DomainError):
            merge([lead, twin], choices={name: twin.pk}, by=an)


# Taken back -----------------------------------------------------------------------------------------------------------


def state():
    """Every row of every table but those that tell what happened, without what a change always touches."""
    told = {
        "records_operation",
        "records_journalentry",
        "records_counter",
        "records_groupcounter",
        "timeline_event",
        "core_formtoken",
        "deals_conversion",
    }
    moving = {"version", "updated_at"}
    found = {}
    for model in apps.get_models(include_auto_created=True):
        if model.__module__.startswith("pheu.") and model._meta.db_table not in told and model._meta.managed:
            columns = [one.attname for one in model._meta.local_concrete_fields if one.name not in moving]
            found[model._meta.db_table] = sorted(map(repr, model._base_manager.values_list(*columns)))
    return found


def test_taken_back_everything_is_as_before(an, binh, lead, twin):
    """In every table; and undoing can be done anew."""
    goes = made("company", an, name="Hòn Đá", type="prospect")
    made("contact", an, full_name="Đỗ Vân", company=goes)
    add_note(twin.record, body="Gọi sau 15 giờ", by=an)
    due = timezone.now() + timedelta(days=1)
    schedule_activity(twin.record, what=ActivityType.objects.first(), due_at=due, assignee=an, by=an)
    for row in (lead, twin):
        writing_tag(row, an)
        follow(row.record, user=binh, by=an)
    deal = create_deal({"name": "Trạm nước thải", "owner": an}, by=an)
    before = state()
    for _again in range(2):
        merge([lead, twin, deal], choices={"need": deal.pk}, by=an)
        undo(last(), by=an)
        assert state() == before


def writing_tag(row, by):
    tag, _made = Tag.objects.get_or_create(name="VIP")
    change(row, {"tags": ([], [tag])}, by=by)


def test_what_was_edited_since_stays_and_is_told(an, lead, twin):
    merge([lead, twin], by=an)
    merging = last()
    change(fresh(lead), {"website": ("https://hondacement.example", "https://moi.example")}, by=an)
    done = undo(merging, by=an)
    assert fresh(lead).website == "https://moi.example"
    assert {column for _row, column in done.edited} == {"website"}
    assert fresh(lead).other_phones == []
    assert fresh(twin).record.is_live


def test_what_was_put_on_the_one_that_stays_since_stays_there(an, lead, twin):
    merge([lead, twin], by=an)
    merging = last()
    note = add_note(lead.record, body="Mới", by=an)
    undo(merging, by=an)
    assert Note.objects.get(pk=note.pk).record_id == lead.pk


def test_of_two_merges_the_later_is_taken_back_first(an, lead, twin):
    merge([lead, twin], by=an)
    first = last()
    older = given(
        create_lead({"company_name": "Hòn Đá", "owner": an}, by=an), created_at=lead.created_at - timedelta(1)
    )
    merge([fresh(lead), older], by=an)
    second = last()
    assert fresh(twin).record.survivor.pk == older.pk
    with nothing_changes(), pytest.raises(DomainError, match="trộn vào bản ghi khác"):
        undo(first, by=an)
    undo(second, by=an)
    undo(first, by=an)
    assert all(fresh(one).is_live for one in (lead, twin, older))


def test_whoever_could_merge_them_may_take_it_back_and_nobody_else(an, binh, chi, giang, lead, twin):
    merge([lead, twin], by=an)
    merging = last()
    for person in (chi, giang):
        with nothing_changes(), pytest.raises(Refused):
            undo(merging, by=person)
    undo(merging, by=binh)
    assert fresh(twin).is_live
    kinds_told = Event.objects.filter(about=twin.pk).order_by("-pk").values_list("kind", flat=True)
    assert kinds_told[0] == "operation.undone"


# As a page ------------------------------------------------------------------------------------------------------------


def test_from_the_list_to_the_one_that_stays_with_a_way_back(client, an, lead, twin):
    """R1.45, R2.16, R2.17: ticked in the list, chosen beside each other, merged, taken back from the toast."""
    third = create_lead({"company_name": "Hòn Đá", "owner": an}, by=an)
    client.force_login(an)
    assert "/merging/" in client.get("/leads/?tab=all").text
    ids = [twin.pk, lead.pk, third.pk]
    at = client.post("/merging/", {"ids": ids, "list": "?tab=all"}).url
    page = client.get(at).text
    assert "Trộn 3 bản ghi" in page
    sent = {
        "ids": ids,
        "sure": "1",
        "of-phone": twin.pk,
        "seen": [f"{one.pk}:{one.record.version}" for one in (lead, twin)],
    }
    answer = client.post("/merging/", sent, follow=True)
    assert answer.redirect_chain[-1][0] == f"/leads/{lead.pk}/"
    assert "3 bản ghi nay là một" in answer.text
    assert fresh(lead).phone == "+84903123456"
    assert client.post(f"/operations/{last().pk}/undo/").status_code == 302
    assert all(fresh(one).is_live for one in (lead, twin, third))


def test_a_clash_is_said_and_the_page_shows_what_is_so_now(client, an, lead, twin):
    client.force_login(an)
    seen = [f"{one.pk}:{one.record.version}" for one in (lead, twin)]
    change(twin, {"website": (twin.website, "https://khac.example")}, by=an)
    sent = {"ids": [lead.pk, twin.pk], "sure": "1", "seen": seen, "of-phone": twin.pk}
    answer = client.post("/merging/", sent)
    assert answer.status_code == 409
    assert "vừa được người khác sửa" in answer.text
    assert "khac.example" in answer.text
    assert fresh(twin).is_live


def test_what_cannot_be_merged_is_said_before_anybody_chooses_and_can_be_left_out(client, an, lead, twin):
    third = create_lead({"company_name": "Hòn Đá", "owner": an}, by=an)
    convert_leads([lead], Handover(owner=an), by=an)
    client.force_login(an)
    page = client.get(f"/merging/?ids={lead.pk}&ids={twin.pk}&ids={third.pk}")
    assert page.status_code == 200
    assert "đã tiếp tục ở CH-" in page.text
    assert f'form="merge-others" name="without" value="{lead.pk}"' in page.text
    without = client.get(f"/merging/?ids={lead.pk}&ids={twin.pk}&ids={third.pk}&without={lead.pk}").text
    assert "đã tiếp tục ở" not in without
    assert "Trộn 2 bản ghi" in without


def test_the_page_offers_only_what_differs_and_what_the_person_may_write(client, an, lead, twin):
    Role.objects.filter(code="sales").update(fields={"lead": {"priority": "read", "email": "hidden"}})
    client.force_login(an)
    page = client.get(f"/merging/?ids={lead.pk}&ids={twin.pk}").text
    assert 'name="of-phone"' in page
    for name in ("of-priority", "of-email", "of-rating", "of-tags", "of-stage"):
        assert f'name="{name}"' not in page
    assert "hondacement.example" not in page.replace("https://hondacement.example", "")


def many(by, n):
    """Leads of one customer: every second without a name, three rates, each with a number of its own."""
    values = [
        {
            "company_name": "Hòn Đá" if nth % 2 == 0 else "",
            "person_name": "Đỗ Vân",
            "phone": f"+8491200{nth:04}",
            "priority": 1 + nth % 3,
            "owner": by,
        }
        for nth in range(n)
    ]
    return create_leads(values, by=by)


def test_of_many_every_value_stands_once_with_how_many_have_it(client, an):
    """R2.13, R2.16: what is proposed first, then what most have; the rest folded away."""
    rows = many(an, 40)
    client.force_login(an)
    at = client.post("/merging/", {"ids": [row.pk for row in rows]}).url
    page = client.get(at).text
    assert "Trộn 40 bản ghi" in page
    names = re.findall(r'name="of-company_name" value="(\d+)" data-of="([\d ]+)"', page)
    assert [(int(pk), len(of.split())) for pk, of in names] == [(rows[0].pk, 20), (rows[1].pk, 20)]
    assert page.count('name="of-phone"') == 40
    assert page.count('name="of-priority"') == 3
    assert page.index('name="of-phone"') < page.index("merge-further")
    sent = {"ids": [row.pk for row in rows], "sure": "1", "of-phone": rows[7].pk, "of-priority": rows[2].pk}
    answer = client.post("/merging/", sent | {"seen": " ".join(f"{row.pk}:{row.record.version}" for row in rows)})
    assert answer.url == f"/leads/{rows[0].pk}/"
    stays = fresh(rows[0])
    assert (stays.company_name, stays.phone, stays.priority) == ("Hòn Đá", "+84912000007", 3)
    assert len(stays.other_phones) == 39
    assert Record.objects.filter(merged_into=stays.pk).count() == 39


def test_of_many_an_empty_value_is_chosen_and_a_clash_keeps_what_was_chosen(client, an):
    rows = many(an, 8)
    client.force_login(an)
    seen = " ".join(f"{row.pk}:{row.record.version}" for row in rows)
    change(rows[3], {"need": ("", "Đo bụi")}, by=an)
    sent = {"ids": [row.pk for row in rows], "sure": "1", "seen": seen, "of-company_name": rows[1].pk}
    answer = client.post("/merging/", sent)
    assert answer.status_code == 409
    assert re.search(rf'name="of-company_name" value="{rows[1].pk}" data-of="[\d ]+" checked', answer.text)
    del sent["seen"]
    client.post("/merging/", sent)
    assert (fresh(rows[0]).company_name, fresh(rows[0]).need) == ("", "Đo bụi")


def test_hundreds_are_merged_and_are_as_before_when_that_is_taken_back(client, an):
    """R2.19: in as many statements as of a few; the sentence names the first of them."""
    rows = many(an, 200)
    before = {row.pk: fresh(row).other_phones for row in rows}
    merge(rows, by=an)
    client.force_login(an)
    assert "(+179)" in client.get(f"/r/{rows[0].pk}/timeline/").text
    undo(last(), by=an)
    assert {row.pk: row.other_phones for row in Lead.objects.live()} == before


def test_a_double_click_merges_once(client, an, lead, twin):
    client.force_login(an)
    sent = {"ids": [lead.pk, twin.pk], "sure": "1", "once": "5b3f8a52-6c0f-4f44-9b5f-3c1f6d0e8f11"}
    first, second = (client.post("/merging/", sent) for _n in range(2))
    assert first.url == second.url == f"/leads/{lead.pk}/"
    assert Event.objects.filter(kind=MERGED.code).count() == 1


@pytest.mark.parametrize("asked", ["", "ids=", "ids=abc", "ids=9999999999999999999", "ids=-1&ids=0"])
def test_an_address_that_names_nothing_is_no_page(client, an, asked):
    client.force_login(an)
    assert client.get(f"/merging/?{asked}").status_code == 404


def test_as_many_statements_for_many_as_for_few(an):
    """Set-based: of what hangs on them too."""

    def counted(n):
        rows = [create_lead({"company_name": "Hòn Đá", "owner": an}, by=an) for _n in range(n)]
        for row in rows:
            add_note(row.record, body="Gọi", by=an)
        with CaptureQueriesContext(connection) as asked:
            merge(rows, by=an)
        return len(asked)

    assert counted(2) >= counted(8)


def test_three_with_history_become_one_in_few_statements(client, an, binh):
    """Whatever hangs on them, notes, work, followers, news, moves in one, all tables together."""
    client.force_login(an)
    for _time in range(2):  # what is asked once of a process is asked then
        rows = [create_lead({"company_name": "Hòn Đá", "owner": an}, by=an) for _n in range(3)]
        for row in rows:
            add_note(row.record, body="Gọi", by=an)
            schedule_activity(row.record, what=ActivityType.objects.all()[0], due_at=timezone.now(), assignee=an, by=an)
            follow(row.record, user=binh, by=an)
        with CaptureQueriesContext(connection) as asked:
            answer = client.post("/merging/", {"ids": [row.pk for row in rows], "sure": "1"})
            statements = list(asked.captured_queries)
        assert answer.status_code == 302
    assert len(statements) <= 29
    assert Note.objects.filter(record=rows[0].pk).count() == 3


def test_what_a_person_may_not_write_is_chosen_by_nobody_either(client, an, lead, twin):
    an.role.fields = {"lead": {"phone": "read"}}
    an.role.save()
    client.force_login(an)
    sent = {"ids": [lead.pk, twin.pk], "sure": "1"}
    with nothing_changes():
        assert client.post("/merging/", sent | {"of-phone": twin.pk}).status_code == 403
    assert client.post("/merging/", sent | {"of-phone": lead.pk}).status_code == 302  # which was proposed


def test_the_past_of_what_named_a_merged_record_says_so(client, an):
    stays = made("company", an, name="Xi măng Hòn Đá", type="prospect")
    goes = made("company", an, name="Hòn Đá Hai", type="prospect")
    contact = made("contact", an, full_name="Đỗ Vân", company=goes)
    merge([stays, goes], by=an)
    [change] = told(REPOINTED, about=contact).facts["changes"]
    assert (change["field"], change["was"]["id"], change["now"]["id"]) == ("company", goes.pk, stays.pk)
    client.force_login(an)
    assert "vì các bản ghi được trộn" in client.get(f"/contacts/{contact.pk}/").text
    undo(last(), by=an)
    assert Event.objects.filter(about=contact.pk).latest("pk").kind == "operation.undone"
