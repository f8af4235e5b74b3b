"""Acts on leads: status, not suitable, reopening, handing out, screening prospects."""

import pytest

from pheu.conftest import nothing_changes, stage_of, told
from pheu.core.errors import Conflict, DomainError, Refused
from pheu.deals.conversion import Handover, convert_leads
from pheu.leads import events
from pheu.leads.models import Lead
from pheu.leads.services import (
    change_lead,
    close_lead,
    convert_prospects,
    create_lead,
    create_leads,
    move_lead,
    reopen_lead,
)
from pheu.parties.models import Prospect
from pheu.parties.services import create_prospect, create_prospects
from pheu.people.models import Team
from pheu.records.models import ClosingReason
from pheu.timeline.events import ASSIGNED
from pheu.timeline.services import add_note, assign


@pytest.fixture
def reason(db):
    return ClosingReason.objects.filter(kind="lead", category="unqualified")[0]


def test_a_lead_has_exactly_four_statuses(db):
    """R4.08: New -> Working -> Converted / Unqualified."""
    from pheu.records.models import Pipeline

    stages = Pipeline.objects.default("lead").stages.all()
    assert [stage.category for stage in stages] == ["new", "working", "converted", "unqualified"]


def test_a_new_lead_is_untouched_until_the_first_act(an, binh, lead):
    """R4.03-R4.04, D14: a note moves it to Working; a field change counts when its owner makes it."""
    change_lead(lead, {"need": (lead.need, "Sửa lỗi chính tả")}, by=binh)
    assert Lead.objects.get().status == "new"
    add_note(lead.record, body="Đã gọi, hẹn thứ Ba", by=an)
    assert Lead.objects.get().status == "working"
    assert told(events.STAGE_CHANGED, about=lead).by == an


def test_a_field_change_by_the_owner_is_an_act(an, lead):
    change_lead(lead, {"need": (lead.need, "Ba ống khói")}, by=an)
    assert Lead.objects.get().status == "working"


def closing(lead):
    return f"/leads/{lead.pk}/closing/?to={stage_of('lead', 'Không phù hợp').pk}"


def test_not_suitable_keeps_the_lead_with_its_reason(client, an, lead, reason):
    """R0.19, R4.06, R4.39, R4.43: closed, not deleted."""
    client.force_login(an)
    assert reason.name in client.get(closing(lead)).text
    client.post(closing(lead), {"reason": reason.pk, "reason_note": "Nhà máy đã đóng cửa"})
    page = client.get(lead.get_absolute_url()).text
    lead.refresh_from_db()
    assert lead.status == "unqualified"
    for shown in (reason.name, "Nhà máy đã đóng cửa", "Mở lại", an.full_name):
        assert shown in page
    assert told(events.UNQUALIFIED, about=lead).facts["reason"]["name"] == reason.name


def test_not_suitable_needs_a_reason_of_its_own_list(client, an, lead):
    client.force_login(an)
    other = ClosingReason.objects.filter(kind="deal")[0]
    with nothing_changes():
        assert client.post(closing(lead), {}).status_code == 422
        assert client.post(closing(lead), {"reason": other.pk}).status_code == 422


def test_reopening_resumes_the_lead(client, an, lead, reason):
    """R4.40, D9: the history stays."""
    close_lead(lead, to=stage_of("lead", "Không phù hợp"), reason=reason, by=an)
    client.force_login(an)
    client.post(f"/leads/{lead.pk}/reopening/")
    lead.refresh_from_db()
    assert (lead.status, lead.reason, lead.closed_at) == ("working", None, None)
    assert told(events.UNQUALIFIED, about=lead)
    assert told(events.REOPENED, about=lead)


def test_a_converted_lead_shows_by_whom_and_when(client, an, lead):
    """R4.07, R4.42: only when converted."""
    client.force_login(an)
    assert "Đã chuyển đổi</b>" not in client.get(lead.get_absolute_url()).text
    deal = convert_leads([lead], Handover(owner=an), by=an)[0]
    page = client.get(lead.get_absolute_url()).text
    lead.refresh_from_db()
    assert f"{lead.closed_at.astimezone():%d/%m/%Y}" in page
    assert deal.record.number in page


def test_a_stale_move_is_refused(an, binh, lead):
    working, new = stage_of("lead", "Đang xử lý"), lead.stage
    move_lead(lead, to=working, left=new, by=binh)
    with nothing_changes(), pytest.raises(Conflict):
        move_lead(lead, to=stage_of("lead", "Mới"), left=new, by=an)


def test_moving_twice_is_harmless(an, lead):
    working = stage_of("lead", "Đang xử lý")
    for _again in range(2):
        move_lead(lead, to=working, left=lead.stage, by=an)
    assert told(events.STAGE_CHANGED, about=lead)


def test_moving_a_closed_lead_reopens_it(an, lead, reason):
    lead = close_lead(lead, to=stage_of("lead", "Không phù hợp"), reason=reason, by=an)
    lead = move_lead(lead, to=stage_of("lead", "Đang xử lý"), left=lead.stage, by=an)
    assert (lead.status, lead.reason, lead.closed_at) == ("working", None, None)
    assert told(events.REOPENED, about=lead)


def test_a_manager_hands_ticked_leads_to_people(client, binh, chi, an):
    """R1.17, R0.16: several at once; the department is the person's."""
    leads = create_leads([{"company_name": f"Công ty {n}", "owner": an} for n in range(3)], by=an)
    client.force_login(binh)
    ids = [lead.pk for lead in leads]
    assert "Phân công" in client.get("/leads/?tab=all").text
    assert "3" in client.get("/leads/assignment/", {"ids": ids}).text
    client.post("/leads/assignment/", {"ids": ids, "owner": chi.pk})
    for lead in Lead.objects.all():
        assert (lead.owner, lead.department, lead.team.name) == (chi, chi.department, "Miền Nam")
        assert (lead.record.owner, lead.record.department) == (chi, chi.department)
        assert told(ASSIGNED, about=lead).facts["owner"]["name"] == chi.full_name


def test_leads_go_to_a_team_without_a_person(binh, an, lead):
    """R1.17: «Chưa ai nhận» of a team is seen by its members."""
    south = Team.objects.get(name="Miền Nam")
    assign([lead], owner=None, team=south, by=binh)
    assert Lead.objects.get().owner is None
    assert not Lead.objects.within(binh, "change").exclude(team=south).exists()


def test_who_has_no_team_takes_a_lead_out_of_its_team(dung, an, lead):
    """R0.16: the place is the person's, also where that is none."""
    assert (lead.team, lead.department) != (None, None)
    assign([lead], owner=dung, by=dung)
    lead = Lead.objects.get()
    assert (lead.owner, lead.team, lead.department) == (dung, None, None)


def test_what_nobody_has_is_taken_from_nobody_again_in_silence(binh, lead):
    for _twice in range(2):
        assign([lead], owner=None, by=binh)
    assert told(ASSIGNED, about=lead).facts["owner"] is None
    assert Lead.objects.get().team == lead.team


def test_handing_out_is_refused_as_a_whole(binh, an, chi, lead):
    foreign = create_leads([{"company_name": "Của chị Chi", "owner": chi}], by=chi)[0]
    with nothing_changes(), pytest.raises(Refused):
        assign([lead, foreign], owner=an, by=binh)


def test_who_sells_may_not_hand_out(client, an, chi, lead):
    client.force_login(an)
    with nothing_changes():
        assert client.post("/leads/assignment/", {"ids": [lead.pk], "owner": chi.pk}).status_code == 403


def test_handing_out_500_takes_few_queries(binh, an, django_assert_max_num_queries):
    leads = create_leads([{"company_name": f"Công ty {n}", "owner": an} for n in range(500)], by=an)
    with django_assert_max_num_queries(18):  # one of them the live word, five the bell of who had them
        assign(leads, owner=binh, by=binh)


def test_raw_prospects_are_kept_apart_and_screened_into_leads(client, an):
    """R1.01-R1.02, R1.16, R4.02: ticked rows become leads with all that was known."""
    create_prospects(
        [
            Prospect(
                company_name=f"KH {n}", phone="+84903412887", email=f"k{n}@khach.example", remark="Dự án A", owner=an
            )
            for n in (1, 2)
        ],
        by=an,
        via="page",
    )
    client.force_login(an)
    assert not Lead.objects.exists()
    assert "KH 1" in client.get("/prospects/").text
    client.post("/prospects/conversion/", {"ids": [one.pk for one in Prospect.objects.all()]})
    leads = Lead.objects.order_by("pk")
    assert [(lead.company_name, lead.phone, lead.need, lead.status) for lead in leads] == [
        ("KH 1", "+84903412887", "Dự án A", "new"),
        ("KH 2", "+84903412887", "Dự án A", "new"),
    ]
    assert leads[0].record.continues == Prospect.objects.get(company_name="KH 1").record


def test_a_prospect_converted_before_shows_its_lead(client, an):
    """R1.16."""
    prospect = create_prospect({"company_name": "KH thô", "owner": an}, by=an)
    lead = convert_prospects([prospect], by=an)[0]
    assert convert_prospects([prospect], by=an) == [lead]
    client.force_login(an)
    assert lead.record.number in client.get(prospect.get_absolute_url()).text
    assert client.post(f"/prospects/conversion/?ids={prospect.pk}").url == lead.get_absolute_url()
    assert Lead.objects.count() == 1


def test_the_past_of_a_prospect_is_readable_on_its_lead(client, an):
    prospect = create_prospect({"company_name": "KH thô", "owner": an}, by=an)
    add_note(prospect.record, body="Mua từ danh sách hội thảo", by=an)
    lead = convert_prospects([prospect], by=an)[0]
    client.force_login(an)
    assert "Mua từ danh sách hội thảo" in client.get(lead.get_absolute_url()).text


def test_an_outsiders_prospects_are_not_converted(client, chi, an):
    prospect = create_prospect({"company_name": "KH thô", "owner": an}, by=an)
    client.force_login(chi)
    with nothing_changes():
        assert client.post("/prospects/conversion/", {"ids": [prospect.pk]}).status_code == 404
    with nothing_changes(), pytest.raises(Refused):
        convert_prospects([prospect], by=chi)


def test_reopening_a_converted_lead_is_another_act(an, lead):
    convert_leads([lead], Handover(owner=an), by=an)
    with nothing_changes(), pytest.raises(DomainError):
        reopen_lead(lead, by=an)


def test_prospects_made_into_leads_lead_to_the_list_of_exactly_those(client, an):
    """R1.16-R1.17: to be handed out at once; what was there before, or has been converted before, is not among them."""
    create_lead({"company_name": "Có từ trước", "owner": an}, by=an)
    rows = [create_prospect({"company_name": f"Công ty {n}", "owner": an}, by=an) for n in range(3)]
    convert_prospects(rows[:1], by=an)
    client.force_login(an)
    address = client.post("/prospects/conversion/", {"ids": [one.pk for one in rows]}).url
    answer = client.get(address)
    assert {row.title for row in answer.context["listing"].rows} == {"Công ty 1", "Công ty 2"}
    assert "Đã tạo 2 tiềm năng" in answer.text
    again = client.get(client.post("/prospects/conversion/", {"ids": [one.pk for one in rows]}).url)
    assert len(again.context["listing"].rows) == 4
    assert "Đã tạo" not in again.text.split('id="toasts"')[1].split("</ul>")[0]
