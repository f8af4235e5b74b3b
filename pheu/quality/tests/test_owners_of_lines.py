"""Whose the rows of a file are: a column names colleagues by e-mail address or full name (R1.31)."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from pheu.leads.models import Lead
from pheu.leads.services import create_lead
from pheu.notifications.models import Notification
from pheu.parties.models import Prospect
from pheu.people.models import Team
from pheu.quality.running import import_chunk, start_import
from pheu.quality.tests.importing import checked, csv, opened, run

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def kept_files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "files"


def imported_by(client, person, lines, **changed):
    """A list of leads, checked, that goes to Chi's team in the other department, whoever the lines name."""
    client.force_login(person)
    return checked(client, lines, "khach.csv", "lead", team=Team.objects.get(name="Miền Nam").pk, **changed)


def owners():
    return {one.company_name: one.owner and one.owner.email for one in Lead.objects.select_related("owner")}


def test_colleagues_are_named_by_address_or_by_name(client, cast):
    """The rest is nobody's yet; what names nobody is told and stays with the line."""
    lines = csv(
        "Tên công ty,Điện thoại,Người phụ trách",
        f"Thép Sông Đà,0903 123 001,{cast.an.email.upper()}",
        f"Gạch Đông Á,0903 123 002,{cast.hanh.full_name}",
        "Xi măng Hòn Đá,0903 123 003,Nguyễn Chẳng Ai",
        "Giấy Bãi Bằng,0903 123 004,",
    )
    imported = imported_by(client, cast.dung, lines)
    assert "owner" in imported.columns.values()
    page = client.get(f"/imports/{imported.pk}/check/").text
    assert "không có đồng nghiệp nào tên như vậy" in page
    imported = run(client, imported, policy="create")
    assert (imported.created, imported.rejected) == (4, 0)
    found = owners()
    assert found["Thép Sông Đà"] == cast.an.email
    assert found["Gạch Đông Á"] == cast.hanh.email
    assert found["Xi măng Hòn Đá"] is None
    assert found["Giấy Bãi Bằng"] is None
    lead = Lead.objects.get(company_name="Thép Sông Đà")
    assert (lead.team, lead.department) == (cast.an.teams.first(), cast.an.department)
    assert Notification.objects.filter(receiver=cast.an, record=lead.pk).exists()
    kept = Lead.objects.get(company_name="Xi măng Hòn Đá")
    assert "Nguyễn Chẳng Ai" in kept.need + " ".join(kept.record.notes.values_list("body", flat=True))


def test_the_team_of_the_list_stays_where_the_colleague_is_in_it(client, cast):
    """R0.16: the department is the colleague's, wherever the list goes."""
    both = Team.objects.get(name="Miền Nam")
    both.members.add(cast.an)
    lines = csv("Tên công ty,Điện thoại,Owner", f"Thép Sông Đà,0903 123 001,{cast.an.email}")
    elsewhere = cast.chi.department.pk
    run(client, imported_by(client, cast.dung, lines, department=elsewhere), policy="create")
    lead = Lead.objects.get()
    assert (lead.team, lead.department) == (both, cast.an.department)


def test_only_colleagues_within_reach_are_read(client, cast):
    """R0.16: a seller gives records to their own team; whose else a line says is told, and the row is nobody's."""
    lines = csv(
        "Tên công ty,Điện thoại,Nhân viên kinh doanh",
        f"Thép Sông Đà,0903 123 001,{cast.an.email}",
        f"Gạch Đông Á,0903 123 002,{cast.hanh.email}",
    )
    client.force_login(cast.an)
    imported = run(client, checked(client, lines, "khach.csv"), policy="create")
    assert imported.created == 2
    found = {one.company_name: one.owner for one in Prospect.objects.select_related("owner")}
    assert found == {"Thép Sông Đà": cast.an, "Gạch Đông Á": None}


def test_who_leaves_between_check_and_run_gets_nothing(client, cast):
    """That line is rejected with the reason, the others come in."""
    lines = csv(
        "Tên công ty,Điện thoại,Owner",
        f"Thép Sông Đà,0903 123 001,{cast.an.email}",
        f"Gạch Đông Á,0903 123 002,{cast.binh.email}",
    )
    imported = imported_by(client, cast.dung, lines)
    cast.an.is_active = False
    cast.an.save()
    imported = run(client, imported, policy="create")
    assert (imported.created, imported.rejected) == (1, 1)
    assert f"Bạn không còn giao được bản ghi cho {cast.an}." in imported.lines.get(state="rejected").detail
    assert owners() == {"Gạch Đông Á": cast.binh.email}


@pytest.mark.parametrize("policy", ["fill", "overwrite", "merge"])
def test_a_record_that_is_there_keeps_whoever_has_it(client, cast, policy):
    """Handing over is an act of its own, with its own right."""
    lead = create_lead({"company_name": "Thép Sông Đà", "phone": "+84903123001", "owner": cast.hanh}, by=cast.hanh)
    lines = csv("Tên công ty,Điện thoại,Email,Owner", f"Thép Sông Đà,0903 123 001,a@songda.example,{cast.an.email}")
    imported = imported_by(client, cast.dung, lines)
    imported = run(client, imported, policy=policy, overwrites=list(set(imported.columns.values()) - {"owner"}))
    assert imported.created == 0
    lead.refresh_from_db()
    assert (lead.owner, lead.email) == (cast.hanh, "a@songda.example")


def test_a_name_that_two_colleagues_have_is_nobodys(client, cast):
    cast.chi.full_name = cast.an.full_name
    cast.chi.save()
    lines = csv("Tên công ty,Điện thoại,Owner", f"Thép Sông Đà,0903 123 001,{cast.an.full_name}")
    run(client, imported_by(client, cast.dung, lines), policy="create")
    assert owners() == {"Thép Sông Đà": None}


def test_words_of_the_file_are_given_a_meaning_once(client, cast):
    """«Sale Hà Nội» is An in all of its lines."""
    lines = csv("Tên công ty,Điện thoại,Owner", *(f"Khách {n},0903 123 00{n},Sale Hà Nội" for n in range(3)))
    client.force_login(cast.dung)
    imported = opened(client, lines, "khach.csv", "lead")
    page = client.get(f"/imports/{imported.pk}/columns/").text
    assert "Sale Hà Nội" in page
    imported = imported_by(client, cast.dung, lines, word_2_0=cast.an.email)
    run(client, imported, policy="create")
    assert set(owners().values()) == {cast.an.email}


def test_as_many_statements_for_thirty_owners_lines_as_for_two(client, cast):
    counts = []
    for many, first in ((2, 100), (30, 300)):
        rows = [f"Khách {first + n},0903 123 {first + n},{cast.an.email}" for n in range(many)]
        imported = imported_by(client, cast.dung, csv("Tên công ty,Điện thoại,Owner", *rows))
        start_import(imported, by=cast.dung)
        with CaptureQueriesContext(connection) as asking:
            import_chunk(imported.pk)
        counts.append(len(asking))
    assert counts[1] <= counts[0] + 1
