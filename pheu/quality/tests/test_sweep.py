"""«Tìm trùng lặp» over a whole kind: what it finds, who sees what of it, and what is left (R1.43-1.45)."""

import random
from collections import Counter
from itertools import combinations

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from procrastinate.contrib.django.models import ProcrastinateJob

from pheu.conftest import nothing_changes
from pheu.core.errors import DomainError, Refused
from pheu.deals.conversion import Handover, convert_leads
from pheu.leads.models import Lead
from pheu.leads.services import convert_prospects, create_leads
from pheu.people.models import Role, User
from pheu.quality import jobs, sweep
from pheu.quality.apart import keep_apart
from pheu.quality.findings import Findings, last_sweep
from pheu.quality.merging import merge
from pheu.quality.models import AlikeGroup, AlikePair, Apart, DuplicateRule, Sweep
from pheu.quality.pairs import MOST_SHARING, find_pairs
from pheu.records import kinds
from pheu.records.alike import CRITERIA
from pheu.records.models import Operation, Record
from pheu.timeline.archiving import archive
from pheu.timeline.undo import undo

pytestmark = pytest.mark.django_db
PHONE, MOBILE = "0243 863 7747", "0903 123 456"
HOUSE, CODE = "12 Lê Lợi, phường Vĩnh Ninh, Huế", "0100109106"


def made(kind, by, **values):
    return kinds.get(kind).create({"owner": by, **values}, by=by)


def swept(kind, by):
    begun = sweep.begin(kinds.get(kind), by=by)
    sweep.work_off(begun.pk)
    return last_sweep(kinds.get(kind))


def seen(kind, user):
    """[(ids of the members, reasons)] of what the last sweep found, for one person."""
    user = User.objects.with_rights().get(pk=user.pk)
    cards, _below = Findings(last_sweep(kinds.get(kind)), kinds.get(kind), user).page()
    return [({one.pk for one in card.members}, card.reasons) for card in cards]


@pytest.fixture
def twins(an):
    return [made("lead", an, company_name=name, phone=PHONE) for name in ("Thép Hòa Phát", "Thép Hòa Phát 2")]


# What is found --------------------------------------------------------------------------------------------------------


def test_records_that_hang_together_are_one_group_the_strongest_first(an):
    """R1.43, R1.44: with reasons in words and a score."""
    one, two = (made("lead", an, company_name=name, phone=PHONE) for name in ("Một", "Hai"))
    three = made("lead", an, company_name="Ba", phone="0903 123 456", email="ba@hoaphat.example")
    four = made("lead", an, company_name="Bốn", other_phones=["+842438637747"], email="BA@hoaphat.example")
    strong = [made("lead", an, company_name="Năm", tax_code="0100109106", email="n@x.example") for _n in range(2)]
    made("lead", an, company_name="Khác", phone="0903 999 999")
    swept("lead", an)
    assert seen("lead", an) == [
        ({row.pk for row in strong}, "cùng mã số thuế; cùng email; cùng tên công ty"),
        ({one.pk, two.pk, three.pk, four.pk}, "cùng email; cùng số điện thoại"),
    ]


def every_pair(kind, rules):
    """{(older, younger): (criteria, score)} as the rules say it, every two records looked at by themselves."""
    keys = {one.pk: set(one.keys) for one in Record.objects.filter(kind=kind, state=Record.State.LIVE)}
    sharing = Counter(key for of_one in keys.values() for key in of_one)
    heads = {next(code for code in CRITERIA if code in rule) for rule in rules}
    found = {}
    for first, second in combinations(sorted(keys), 2):
        both = keys[first] & keys[second]
        said = {key.partition(":")[0] for key in both}
        is_evidence = any(key.partition(":")[0] in heads and sharing[key] <= MOST_SHARING for key in both)
        kept_apart = Apart.objects.filter(first=first, second=second).exists()
        if is_evidence and any(set(rule) <= said for rule in rules) and not kept_apart:
            found[first, second] = (said, min(sum(CRITERIA[code][2] for code in said), 100))
    return found


@pytest.mark.parametrize("seed", range(3))
def test_it_finds_what_looking_at_every_two_records_finds(an, seed):
    """R1.43, R1.44: in a few passes over all of them; a hotline that more than thirty share is no evidence."""
    drawn = random.Random(seed)
    rules = [("phone",), ("company", "address"), ("email", "person")]
    for rule in rules:
        DuplicateRule.objects.create(kind="lead", name=" ".join(rule), criteria=list(rule))

    def some(*values):
        return {name: drawn.choice(many) for name, many in values if drawn.random() < 0.8}

    pools = (
        ("company_name", [f"Thép {word}" for word in ("Hòa Phát", "Sông Đà", "Miền Nam", "Việt Úc")]),
        ("person_name", ["Đỗ Vân", "Lê Hà", "Trần Bình"]),
        ("phone", ["19002868", *(f"+8490312{nth:04}" for nth in range(40))]),
        ("email", [f"{name}@thep.example" for name in "abcdef"]),
        ("address", [HOUSE, "5 Trần Phú, phường Mộ Lao, Hà Nội"]),
    )
    many = [{"company_name": "Thép", "owner": an} | some(*pools) for _n in range(90)]
    rows = create_leads(
        [one | ({"other_phones": ["+842838999888"]} if nth < 40 else {}) for nth, one in enumerate(many)], by=an
    )
    archive(rows[50:53], by=an)
    pairs = sorted(every_pair("lead", rules))
    for first, second in pairs[:3]:
        keep_apart(*Record.objects.filter(pk__in=(first, second)), by=an)
    with transaction.atomic(), connection.cursor() as cursor:
        find_pairs(cursor, kinds.get("lead"))
        cursor.execute("select first, second, criteria, score from found_pair")
        found = {(first, second): (set(criteria), score) for first, second, criteria, score in cursor.fetchall()}
        cursor.execute("drop table found_pair")
    assert found == every_pair("lead", rules) and len(found) > 20


@pytest.mark.parametrize(
    ("kind", "values", "others", "is_found"),
    [
        ("company", {"name": "CTCP Thép Hòa Phát"}, {"name": "Công ty Cổ phần Thép Hoà Phát"}, True),
        ("lead", {"company_name": "CTCP Thép Hòa Phát"}, {"company_name": "Thép Hoà Phát"}, False),
        ("lead", {"company_name": "Hòa Phát", "person_name": "Đỗ Vân"}, {"company_name": "CT Hòa Phát"}, False),
        (
            "lead",
            {"company_name": "Hòa Phát", "person_name": "Đỗ Vân"},
            {"company_name": "CTCP Hòa Phát", "person_name": "VÂN ĐỖ"},
            True,
        ),
        (
            "company",
            {"name": "Thép Hòa Phát Hải Dương", "website": "hoaphat.example"},
            {"name": "Thép Hòa Phát Hải Dương 2", "website": "https://www.hoaphat.example/vi"},
            True,
        ),
        (
            "company",
            {"name": "Thép Hòa Phát Hải Dương", "website": "hoaphat.example"},
            {"name": "Nhựa Bình Minh", "website": "hoaphat.example"},
            False,
        ),
        ("contact", {"full_name": "Đỗ Vân"}, {"full_name": "Đỗ Vân"}, False),
        ("contact", {"full_name": "Đỗ Vân", "phone": MOBILE}, {"full_name": "Vũ Hà", "phone": MOBILE}, True),
        ("contact", {"full_name": "Đỗ Vân", "phone": PHONE}, {"full_name": "Vũ Hà", "phone": PHONE}, False),
        ("contact", {"full_name": "Đỗ Vân", "phone": PHONE}, {"full_name": "Vân Đỗ Thị", "phone": PHONE}, True),
        ("contact", {"full_name": "Đỗ Vân", "phone": PHONE}, {"full_name": "Vân", "phone": PHONE}, True),
        ("contact", {"full_name": "Đỗ Vân", "address": HOUSE}, {"full_name": "VAN DO", "address": HOUSE}, True),
        ("contact", {"full_name": "Vũ Minh", "address": HOUSE}, {"full_name": "Vũ Mihn", "address": HOUSE}, True),
        ("contact", {"full_name": "Đỗ Loan", "address": HOUSE}, {"full_name": "Đỗ Lan", "address": HOUSE}, False),
        (
            "contact",
            {"full_name": "Đỗ Vân", "address": HOUSE},
            {"full_name": "Đỗ Vân", "address": HOUSE.replace("12", "45")},
            False,
        ),
        ("company", {"name": "Hòa Phát", "tax_code": CODE}, {"name": "CTCP Hòa Phát"}, True),
        ("company", {"name": "Hòa Phát", "tax_code": CODE}, {"name": "Hòa Phát", "tax_code": "0100233488"}, False),
        ("company", {"name": "Hòa Phát", "tax_code": f"{CODE}-001"}, {"name": "Hòa Phát", "tax_code": CODE}, False),
        ("company", {"name": "HKD Vân", "tax_code": CODE}, {"name": "HKD Vân", "tax_code": "079190001234"}, True),
    ],
)
def test_what_is_the_same_where_a_company_has_made_no_rules(an, kind, values, others, is_found):
    more = {"type": "prospect"} if kind == "company" else {}
    rows = [made(kind, an, **more, **one) for one in (values, others)]
    swept(kind, an)
    assert [ids for ids, _reasons in seen(kind, an)] == ([{row.pk for row in rows}] if is_found else [])


def test_a_name_and_an_address_that_are_nearly_the_same_are_a_reason(an, dung):
    """Not where either is hidden; told once where both are the same."""
    for name, place in (
        ("Vũ Minh", HOUSE),
        ("Vũ Mihn", HOUSE.upper()),
        ("Lê Hà", "5 Lê Lợi, Huế"),
        ("Hà Lê", "5 Lê Lợi, Huế"),
    ):
        made("contact", an, full_name=name, address=place)
    swept("contact", dung)
    told = [reasons for _ids, reasons in seen("contact", dung)]
    assert told == ["cùng địa chỉ; cùng tên người", "cùng địa chỉ; tên và địa chỉ gần giống nhau; tên giống 86 %"]
    Role.objects.filter(pk=dung.role_id).update(fields={"contact": {"address": "hidden"}})
    assert seen("contact", dung) == []


def test_what_speaks_against_the_usual_rules_does_not_against_a_companys_own(an):
    """A rule that somebody has made means what it says."""
    DuplicateRule.objects.create(kind="company", name="Tên", criteria=["company"])
    for code in ("0100109106", "0100233488"):
        made("company", an, type="prospect", name="Hòa Phát", tax_code=code)
    swept("company", an)
    assert len(seen("company", an)) == 1


def test_names_that_are_nearly_alike_are_a_reason(an, twins):
    swept("lead", an)
    [(_ids, reasons)] = seen("lead", an)
    assert reasons.startswith("cùng số điện thoại; tên giống 9")


def test_a_company_that_has_rules_decides_by_these_alone(an, twins):
    """Rules of one kind, of several fields together, in use."""
    DuplicateRule.objects.create(kind="lead", name="Điện thoại", criteria=["phone"], is_active=False)
    DuplicateRule.objects.create(kind="lead", name="Cả hai", criteria=["phone", "email"])
    DuplicateRule.objects.create(kind="lead", name="Lạ", criteria=["khong_co"])
    swept("lead", an)
    assert seen("lead", an) == []
    rows = [made("lead", an, company_name="Khác", phone="0903 123 456", email="a@b.example") for _n in range(2)]
    swept("lead", an)
    assert [ids for ids, _reasons in seen("lead", an)] == [{row.pk for row in rows}]


def test_what_too_many_share_is_no_evidence(an, monkeypatch):
    rows = [made("lead", an, company_name=f"Khách {n}", phone=PHONE) for n in range(3)]
    monkeypatch.setattr("pheu.quality.pairs.MOST_SHARING", 2)
    swept("lead", an)
    assert seen("lead", an) == []
    monkeypatch.setattr("pheu.quality.pairs.MOST_SHARING", 3)
    swept("lead", an)
    assert [ids for ids, _reasons in seen("lead", an)] == [{row.pk for row in rows}]


def test_a_group_is_never_larger_than_what_is_merged_at_once():
    groups = sweep.Groups(most=3)
    for one, other in ((4, 3), (2, 3), (1, 2), (7, 8), (8, 4)):
        groups.put_together(one, other)
    assert dict(groups) == {2: 2, 3: 2, 4: 2, 7: 7, 8: 7}


# Who sees what --------------------------------------------------------------------------------------------------------


def test_of_a_group_everybody_sees_what_they_may_see(client, an, chi, dung, twins):
    """R1.43: who may see only one of a group sees no group, and no count tells that there is one."""
    theirs = made("lead", chi, company_name="Bí mật của Chi", phone=PHONE)
    swept("lead", dung)
    assert [ids for ids, _r in seen("lead", dung)] == [{theirs.pk, *(row.pk for row in twins)}]
    assert [ids for ids, _r in seen("lead", an)] == [{row.pk for row in twins}]
    assert seen("lead", chi) == []
    client.force_login(an)
    page = client.get("/duplicates/?kind=lead").text
    assert "Còn 1 nhóm" in page
    assert "Bí mật" not in page
    client.force_login(chi)
    page = client.get("/duplicates/?kind=lead").text
    assert "Còn 0 nhóm" in page
    assert theirs.number not in page


def test_what_hangs_together_through_one_out_of_sight_does_not_for_others(an, chi, dung):
    pairs = [
        [made("lead", an, company_name=f"Khách {n}", phone=phone, email=f"k{n}@x.example") for _two in range(2)]
        for n, phone in enumerate(("0903 123 451", "0903 123 452"))
    ]
    made("lead", chi, company_name="Cầu", phone="0903 123 451", other_phones=["+84903123452"])
    swept("lead", dung)
    assert len(seen("lead", dung)[0][0]) == 5
    assert [ids for ids, _r in seen("lead", an)] in [[{row.pk for row in pair}] for pair in pairs]


def test_a_field_that_is_hidden_is_no_reason_and_finds_nothing(an, dung, twins):
    both = [made("lead", an, company_name="Ba", email="x@y.example", phone="0903 123 456") for _n in range(2)]
    Role.objects.filter(code="sales").update(fields={"lead": {"phone": "hidden", "other_phones": "hidden"}})
    swept("lead", dung)
    assert [reasons for _ids, reasons in seen("lead", an)] == ["cùng email; cùng tên công ty"]
    assert [ids for ids, _r in seen("lead", an)] == [{row.pk for row in both}]
    assert len(seen("lead", dung)) == 2
    sold_by = User.objects.with_rights().get(pk=an.pk)
    assert Findings(last_sweep(kinds.get("lead")), kinds.get("lead"), sold_by).count() == 1


def test_the_order_tells_nothing_of_a_hidden_field_and_goes_on_from_page_to_page(an, dung, monkeypatch):
    monkeypatch.setattr("pheu.quality.findings.PAGE", 1)
    first = [made("lead", an, company_name="Dệt Sông Trà", email="a@x.example") for _n in range(2)]
    second = [made("lead", an, company_name="Gạch Đông Á", email="b@x.example", phone=PHONE) for _n in range(2)]
    third = [made("lead", an, company_name="Cầu Mây", person_name="Đỗ Vân") for _n in range(2)]
    swept("lead", dung)

    def walked(user):
        found = Findings(last_sweep(kinds.get("lead")), kinds.get("lead"), User.objects.with_rights().get(pk=user.pk))
        cards, below = found.page()
        order = [cards]
        while below:
            cards, below = found.page(below)
            order.append(cards)
        return [min(one.pk for one in card.members) for cards in order for card in cards]

    assert walked(dung) == [second[0].pk, first[0].pk, third[0].pk]
    Role.objects.filter(code="sales").update(fields={"lead": {"phone": "hidden", "other_phones": "hidden"}})
    groups = list(AlikeGroup.objects.order_by("pk").values_list("begun_with", flat=True))
    told = sorted((first[0].pk, second[0].pk), key=groups.index)  # both by their e-mail: as they were found
    assert walked(an) == [*told, third[0].pk]


def test_what_one_may_read_and_not_change_is_for_others_to_merge(client, an, binh, twins):
    """R1.45: and is nobody's to keep apart."""
    theirs = made("lead", binh, company_name="Của Bình", phone=PHONE)
    swept("lead", an)
    client.force_login(an)
    page = client.get("/duplicates/?kind=lead").text
    assert theirs.number in page
    assert "không phải của bạn để sửa" in page
    assert f"/merging/?ids={twins[0].pk}&amp;ids={twins[1].pk}" in page
    assert f'value="{theirs.pk}"' not in page
    with nothing_changes():
        assert client.post("/duplicates/apart/?kind=lead", {"ids": [twins[0].pk, theirs.pk]}).status_code == 403


def test_a_lead_that_became_a_deal_is_merged_as_that_deal(client, an, twins):
    """R1.45, D7: it goes on there, and the page says so instead of offering what would be refused."""
    Lead.objects.filter(pk=twins[0].pk).update(need="Cân sấy ẩm")
    deal = convert_leads(twins[:1], Handover(owner=an), by=an)[0]
    swept("lead", an)
    client.force_login(an)
    page = client.get("/duplicates/?kind=lead").text
    assert f"tiếp tục ở {deal.number}" in page
    assert f"/merging/?ids={deal.pk}&amp;ids={twins[1].pk}" in page
    assert f'name="ids" value="{twins[0].pk}"' in page  # to keep apart are the leads
    assert client.get(f"/merging/?ids={deal.pk}&ids={twins[1].pk}").status_code == 200


def test_where_a_lead_goes_on_is_told_to_who_may_see_it(client, an, chi, dung, twins):
    Lead.objects.filter(pk=twins[0].pk).update(need="Cân sấy ẩm")
    deal = convert_leads(twins[:1], Handover(owner=chi), by=dung)[0]
    swept("lead", an)
    for user, is_told in ((an, False), (dung, True)):
        client.force_login(user)
        page = client.get("/duplicates/?kind=lead").text
        assert twins[0].number in page and (deal.number in page) == is_told


def test_what_goes_on_as_another_kind_that_takes_none_in_is_not_merged(client, an):
    """R1.16: a raw customer that became a lead."""
    raw = [made("prospect", an, company_name="Gốm Chu Đậu", phone=PHONE) for _nth in range(2)]
    [lead] = convert_prospects(raw[:1], by=an)
    swept("prospect", an)
    client.force_login(an)
    page = client.get("/duplicates/?kind=prospect").text
    assert f"tiếp tục ở {lead.number}" in page
    assert "/merging/" not in page and f'name="ids" value="{raw[0].pk}"' in page


def test_only_who_may_merge_records_of_a_kind_looks_for_duplicates(client, an, giang):
    client.force_login(giang)
    with nothing_changes():
        assert client.get("/duplicates/?kind=lead").status_code == 404
        assert client.post("/duplicates/sweep/?kind=lead").status_code == 404
    assert "/duplicates/" not in client.get("/leads/").text
    with nothing_changes(), pytest.raises(Refused):
        sweep.begin(kinds.get("lead"), by=giang)
    client.force_login(an)
    for kind in ("deal", "khong_co"):
        assert client.get(f"/duplicates/?kind={kind}").status_code == 404
    with nothing_changes(), pytest.raises(DomainError):
        sweep.begin(kinds.get("deal"), by=an)
    assert "/duplicates/" in client.get("/leads/").text


# What becomes of it ---------------------------------------------------------------------------------------------------


def test_not_the_same_is_remembered_for_good_and_can_be_taken_back(client, an, twins):
    """R1.45: one act for all pairs of the group."""
    three = [*twins, made("lead", an, company_name="Ba", phone=PHONE)]
    swept("lead", an)
    client.force_login(an)
    sent = {"ids": [row.pk for row in three]}
    assert client.post("/duplicates/apart/?kind=lead", sent).url == "/duplicates/?kind=lead"
    assert Apart.objects.count() == 3
    operation = Operation.objects.latest("pk")
    assert "không trùng với" in client.get(f"/leads/{three[0].pk}/").text
    assert "Còn 0 nhóm" in client.get("/duplicates/?kind=lead").text
    swept("lead", an)
    assert seen("lead", an) == []
    assert AlikePair.objects.count() == 0
    with nothing_changes():
        keep_apart(*(row.record for row in three), by=an)
    undo(operation, by=an)
    assert Apart.objects.count() == 0
    swept("lead", an)
    assert len(seen("lead", an)) == 1


def test_one_pair_kept_apart_leaves_the_rest_of_the_group(an, twins):
    third = made("lead", an, company_name="Ba", phone=PHONE)
    swept("lead", an)
    keep_apart(twins[0].record, twins[1].record, by=an)
    assert [ids for ids, _r in seen("lead", an)] == [{third.pk, *(row.pk for row in twins)}]
    keep_apart(twins[0].record, third.record, by=an)
    assert [ids for ids, _r in seen("lead", an)] == [{third.pk, twins[1].pk}]


@pytest.mark.parametrize("away", [lambda rows, by: merge(rows, by=by), lambda rows, by: archive(rows[:1], by=by)])
def test_what_is_merged_or_archived_leaves_the_page_and_the_counter(client, an, twins, away):
    swept("lead", an)
    client.force_login(an)
    assert "Còn 1 nhóm" in client.get("/duplicates/?kind=lead").text
    away(twins, an)
    page = client.get("/duplicates/?kind=lead").text
    assert "Còn 0 nhóm" in page
    assert twins[1].number not in page
    undo(Operation.objects.latest("pk"), by=an)
    assert "Còn 1 nhóm" in client.get("/duplicates/?kind=lead").text


def test_only_records_of_this_kind_in_sight_are_kept_apart_by_the_page(client, an, chi, twins):
    theirs = made("lead", chi, company_name="Bí mật của Chi", phone=PHONE)
    company = made("company", an, name="Thép", type="prospect")
    client.force_login(an)
    for ids in ([twins[0].pk, theirs.pk], [twins[0].pk, company.pk], [twins[0].pk], ["x"], []):
        with nothing_changes():
            assert client.post("/duplicates/apart/?kind=lead", {"ids": ids}).status_code in (400, 404)


# How it runs ----------------------------------------------------------------------------------------------------------


def test_from_the_button_to_the_groups(client, an, twins):
    """R1.43: progress is asked for until it is there; a double click begins one."""
    client.force_login(an)
    assert "Chưa ai tìm" in client.get("/duplicates/?kind=lead").text
    for _click in range(2):
        assert client.post("/duplicates/sweep/?kind=lead").url == "/duplicates/?kind=lead"
    running = Sweep.objects.get()
    # The queue also keeps jobs of tests that commit.
    asked = ProcrastinateJob.objects.filter(task_name="pheu.quality.jobs.sweep_kind", args__sweep_id=running.pk)
    assert asked.count() == 1
    assert "Đang so" in client.get("/duplicates/?kind=lead").text
    assert "asked=4" in client.get("/duplicates/sweep/?kind=lead&asked=3").text
    jobs.sweep_kind(sweep_id=running.pk)
    assert client.get("/duplicates/sweep/?kind=lead")["HX-Refresh"] == "true"
    page = client.get("/duplicates/?kind=lead").text
    assert "Còn 1 nhóm" in page
    assert str(an) in page
    with nothing_changes():
        jobs.sweep_kind(sweep_id=running.pk)  # once more is harmless
        jobs.sweep_kind(sweep_id=0)


def test_a_sweep_that_is_killed_leaves_what_the_last_one_found(an, twins, monkeypatch):
    swept("lead", an)
    before = seen("lead", an)
    begun = sweep.begin(kinds.get("lead"), by=an)
    monkeypatch.setattr("pheu.quality.sweep.KEPT", "select 1/0 where %s > 0")
    with pytest.raises(Exception, match="zero"), transaction.atomic():
        jobs.sweep_kind(sweep_id=begun.pk)
    assert seen("lead", an) == before
    assert sweep.begin(kinds.get("lead"), by=an) is None
    monkeypatch.undo()
    jobs.sweep_kind(sweep_id=begun.pk)
    assert seen("lead", an) == before
    assert Sweep.objects.get().pk == begun.pk  # the one before is gone, and what it found
    assert AlikeGroup.objects.count() == 1


def test_a_sweep_that_failed_or_was_lost_can_be_begun_once_more(client, an, monkeypatch):
    begun = sweep.begin(kinds.get("lead"), by=an)
    sweep.note_problem(begun.pk, "Hỏng")
    client.force_login(an)
    assert "Hỏng" in client.get("/duplicates/sweep/?kind=lead").text
    assert sweep.begin(kinds.get("lead"), by=an).pk == begun.pk
    assert sweep.begin(kinds.get("lead"), by=an) is None
    Sweep.objects.update(at=begun.at - sweep.PATIENCE)
    assert sweep.begin(kinds.get("lead"), by=an).pk == begun.pk


def test_a_sweep_takes_as_many_statements_for_many_records_as_for_few(an):
    def counted(n):
        for nth in range(n):
            made("lead", an, company_name=f"Khách {n} {nth}", phone=f"09031{n:02d}{nth // 2:03d}")
        begun = sweep.begin(kinds.get("lead"), by=an)
        with CaptureQueriesContext(connection) as asked:
            sweep.work_off(begun.pk)
        return len(asked)

    counted(2)  # from now on there is an earlier one to be replaced
    assert counted(4) == counted(30)


def test_the_page_takes_as_many_statements_for_many_groups_as_for_one(client, an):
    client.force_login(an)

    def counted(n):
        for nth in range(2 * n):
            made("lead", an, company_name=f"Khách {n} {nth}", phone=f"09031{n:02d}{nth // 2:03d}")
        swept("lead", an)
        client.get("/duplicates/?kind=lead")
        with CaptureQueriesContext(connection) as asked:
            client.get("/duplicates/?kind=lead")
        return len(asked)

    assert counted(1) == counted(15)
    assert counted(1) <= 12


def test_records_without_keys_are_left_out(an, twins):
    keys = Record.objects.get(pk=twins[0].pk).keys
    Record.objects.filter(pk=twins[0].pk).update(keys=None)
    swept("lead", an)
    assert seen("lead", an) == []
    Record.objects.filter(pk=twins[0].pk).update(keys=keys)
