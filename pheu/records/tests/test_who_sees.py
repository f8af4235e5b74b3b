"""Who sees a record: the scope rules the other way round say the same as the way to rows itself."""

from itertools import product

import pytest

from pheu.conftest import standing
from pheu.deals.services import create_deal
from pheu.people.models import Department, Role, Team, User
from pheu.people.scopes import Scope
from pheu.records.access import seen_by, who_sees
from pheu.records.models import Record
from pheu.timeline.services import follow


@pytest.fixture
def people(cast):
    """Somebody of each scope in each department: above, that of An, below, beside; in An's team or none."""
    above = Department.objects.create(name="Khối kinh doanh")
    own = Department.objects.get(pk=cast.an.department_id)
    own.parent = above
    own.save()
    below = Department.objects.create(name="Tổ khí thải", parent=Department.objects.get(pk=own.pk))
    team = cast.an.teams.get()
    for nth, (scope, department, member) in enumerate(product(Scope, (above, own, below, None), (True, False))):
        grants = {"work": {"view": scope}, "party": {"view": scope}, "deal": {"view": Scope.OWN}} if nth % 3 else {}
        role = Role.objects.create(code=f"r{nth}", name=f"{scope} {nth}", grants=grants or {"lead": {"view": scope}})
        name = f"Người thứ {nth}"
        user = User.objects.create_user(f"n{nth}@quantrac.example", full_name=name, role=role, department=department)
        user.teams.add(*([team] if member else []))
    return cast


def places(cast):
    """Where a row may stand."""
    free = {"owner": None, "team": None}
    return [
        {"owner": cast.an},
        {"owner": None, "team": Team.objects.get(name="Miền Nam")},
        {"owner": None, "team": cast.an.teams.get(), "department": cast.an.department},
        {**free, "department": cast.an.department},
        {**free, "department": Department.objects.get(name="Tổ khí thải")},
    ]


def test_who_sees_a_record_is_whoever_finds_it(people):
    chi = people.chi
    company = standing("company", {"name": "Xi măng Hòn Đá", "type": "prospect", "owner": chi}, by=people.dung)
    rows = [standing("lead", {"company_name": "Hòn Đá", **place}, by=people.dung) for place in places(people)]
    rows += [standing("deal", {"name": "Trạm nước", **place}, by=chi) for place in places(people)[:2]]
    rows.append(standing("company", {"name": "Nhiệt điện Sông Con", "type": "prospect", "owner": chi}, by=people.dung))
    follow(rows[0].record, user=people.hanh, by=people.dung)
    follow(rows[0].record, user=User.objects.get(full_name="Người thứ 0"), by=people.dung)
    deal = create_deal({"name": "Trạm khí", "company": company, "owner": people.an}, by=people.an)
    follow(deal.record, user=chi, by=people.an)
    everybody, counts = list(User.objects.active()), set()
    for record in Record.objects.all():
        finds = {user for user in everybody if Record.objects.visible_to(user).filter(pk=record.pk).exists()}
        assert set(who_sees(record)) == finds, record
        counts.add(len(finds))
    assert len(counts) > 4, "rows that everybody sees would prove nothing"


def test_a_company_is_seen_through_its_deals(people):
    company = standing("company", {"name": "Xi măng Hòn Đá", "type": "prospect", "owner": people.chi}, by=people.dung)
    watching = User.objects.filter(role__grants__party__view="own", role__grants__deal__view="own", teams=None)
    someone = watching.exclude(department=people.an.department).first()
    assert someone not in who_sees(company.record)
    deal = create_deal({"name": "Trạm khí", "company": company, "owner": people.an}, by=people.an)
    follow(deal.record, user=someone, by=people.an)
    assert someone in who_sees(company.record)


def test_how_many_statements_it_takes_does_not_grow(people, django_assert_num_queries):
    company = standing("company", {"name": "Xi măng Hòn Đá", "type": "prospect", "owner": people.chi}, by=people.dung)
    for name in ("Một", "Hai", "Ba"):
        create_deal({"name": name, "company": company, "owner": people.an}, by=people.an)
    with django_assert_num_queries(4):  # where it stands, where its leads and deals do, and who that is
        list(who_sees(company.record))


def test_what_many_people_see_of_many_records_is_what_each_finds(people, django_assert_num_queries):
    chi = people.chi
    company = standing("company", {"name": "Xi măng Hòn Đá", "type": "prospect", "owner": chi}, by=people.dung)
    rows = [standing("lead", {"company_name": "Hòn Đá", **place}, by=people.dung) for place in places(people)]
    rows += [standing("deal", {"name": "Trạm nước", **place}, by=chi) for place in places(people)[:2]]
    rows.append(create_deal({"name": "Trạm khí", "company": company, "owner": people.an}, by=people.an))
    follow(rows[0].record, user=people.hanh, by=people.dung)
    follow(rows[-1].record, user=User.objects.get(full_name="Người thứ 3"), by=people.an)
    everybody = list(User.objects.active().with_rights())
    ids = [company.pk, *(row.pk for row in rows)]
    with django_assert_num_queries(4):  # places, leads and deals of the company, followers
        seen = seen_by(everybody, ids)
    for user in everybody:
        assert seen[user.pk] == set(Record.objects.visible_to(user).filter(pk__in=ids).values_list("pk", flat=True)), (
            user
        )
    assert len({frozenset(of_person) for of_person in seen.values()}) > 4
