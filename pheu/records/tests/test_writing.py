"""What a Record shares with its row is written in one place, and the guards that hold it there."""

import ast
from io import StringIO
from pathlib import Path

import lint_writes
import pytest
from django.core.management import CommandError, call_command

from pheu.conftest import rewriting_history
from pheu.core.health import examine
from pheu.deals.services import create_deal
from pheu.leads.models import Lead
from pheu.leads.services import create_leads
from pheu.parties.models import Contact
from pheu.parties.services import change_company, change_contact, create_company, create_contact
from pheu.records.models import Record
from pheu.records.writing import create_rows

ROOT = Path(__file__).resolve().parents[3]
# The doctor ---------------------------------------------------------------------------------------

WRONG = {
    "title": "Khác", "search": " khac", "digits": "0900", "owner": None, "team": None, "department": None,
    "created_by": None, "created_at": "2001-01-01T00:00Z", "updated_at": "2001-01-01T00:00Z",
    "next_activity_at": "2001-01-01T00:00Z",
}  # fmt: skip


def found() -> list[str]:
    return [line for lines in examine().values() for line in lines]


@pytest.mark.parametrize("name", WRONG)
def test_a_copy_that_differs_is_found(lead, name):
    assert found() == []
    right = getattr(lead.record, name)
    record = Record.objects.filter(pk=lead.pk)
    record.update(**{name: WRONG[name]})
    assert all(line.startswith(f"{lead.number}: {name}") for line in found())
    assert found()
    record.update(**{name: right})


def test_a_sort_key_that_differs_is_found(lead):
    row = Lead.objects.filter(pk=lead.pk)
    row.update(title_key=b"?")
    assert found() == [f"{lead.number}: title_key"]
    row.update(title_key=lead.title_key)


def test_a_record_without_its_row_is_found(lead):
    number = lead.number
    with rewriting_history():
        lead.delete()
        assert found() == [f"{number}: no row"]
        Record.objects.all().delete()


def test_the_doctor_says_it(lead):
    said = StringIO()
    Record.objects.filter(pk=lead.pk).update(title="Khác")
    with pytest.raises(CommandError, match="copies"):
        call_command("doctor", stdout=said)
    assert f"{lead.number}: title" in said.getvalue()
    Record.objects.filter(pk=lead.pk).update(title=lead.title)
    call_command("doctor", stdout=said)
    assert "copies: ok" in said.getvalue()


# Words that come from a neighbour -----------------------------------------------------------------


def test_who_is_named_after_a_company_is_found_by_its_new_name(an):
    company = create_company({"name": "Thép Sông Đà", "type": "prospect", "owner": an}, by=an)
    contact = create_contact({"full_name": "Đỗ Thị Vân", "company": company, "owner": an}, by=an)
    deal = create_deal({"name": "Trạm nước", "company": company, "contact": contact, "owner": an}, by=an)
    change_company(company, {"name": ("Thép Sông Đà", "Gang Hồng Hà")}, by=an)
    change_contact(contact, {"full_name": ("Đỗ Thị Vân", "Đỗ Thị Vy")}, by=an)
    found = Record.objects.filter(search__contains=" hong").filter(search__contains=" ha")
    assert set(found) == {company.record, contact.record, deal.record}
    assert not Record.objects.filter(search__contains=" song").exists()
    assert Record.objects.filter(search__contains=" vy").count() == 2
    assert Contact.objects.get().record.version == 2  # its own change, not its company's


# Making many --------------------------------------------------------------------------------------


@pytest.mark.parametrize("many", [1, 30])
def test_making_rows_takes_the_same_few_statements_for_any_number(an, many, django_assert_max_num_queries):
    leads = [{"company_name": f"Công ty {n}", "owner": an} for n in range(many)]
    with django_assert_max_num_queries(17):  # one asks for duplicate rules, the last tells open screens
        create_leads(leads, by=an)
    numbers = Record.objects.order_by("pk").values_list("number", flat=True)
    assert len(set(numbers)) == many
    assert list(numbers) == sorted(numbers)


@pytest.mark.django_db
def test_making_none_asks_nothing(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert create_rows([]) == []


# The lint rule ------------------------------------------------------------------------------------


def test_nobody_writes_past_the_one_place():
    assert lint_writes.main() == 0


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ("rows.update(owner=an)", "of owner"),
        ("rows.update(owner_id=7, name='x')", "of owner"),
        ("rows.bulk_update(leads, ['need', 'team'])", "of team"),
        ("rows.bulk_update(leads, fields=['title_key'])", "of title_key"),
        ("rows.bulk_create(leads, update_conflicts=True, update_fields=['version'])", "of version"),
        ("Lead.objects.create(name='x')", "past create_rows"),
        ("Record.objects.bulk_create(records)", "past create_rows"),
        ("cursor.execute('update leads_lead set name = 1')", "SQL"),
        ("cursor.execute('UPDATE \"records_record\" SET title = 1')", "SQL"),
        ("cursor.copy('copy records_record (id, title) from stdin')", "SQL"),
        ("cursor.execute(sql.SQL('update {} set {}').format(table))", "SQL"),
        ("cursor.execute(f'insert into {table} values (1)')", "SQL"),
        ("rows.update(next_activity_at=moment, due_at=moment)", "of next_activity_at"),
        ("rows.update(due_at=moment)", None),
        ("Follower.objects.get_or_create(record=about)", "past the doors"),
        ("Activity.objects.open().filter(record=old).update(record=new)", "past the doors"),
        ("RecordTag.objects.filter(record=old).delete()", "past the doors"),
        ("Activity.objects.open().filter(record=old)", None),
        ("bulk.insert(rows)", "past the doors"),
        ("bulk.update(rows, 'note')", "past the doors"),
        ("words.update({'owner': 1})", None),
        ("lines.update(done=True)", None),
        ("cursor.execute('select * from records_record for update')", None),
        ("cursor.execute('update quality_line set done = true')", None),
        ("Event.objects.bulk_create(rows)", None),
    ],
)
def test_the_rule_refuses_writes_past_the_one_place(code, fault):
    rows = {"Record": "records_record", "Lead": "leads_lead"}
    faults = list(lint_writes.faults_of("pheu/leads/services.py", ast.parse(code), rows))
    assert [fault in one for one in faults] == ([True] if fault else [])
    assert list(lint_writes.faults_of("pheu/records/writing.py", ast.parse(code), rows)) == []


def test_the_rule_knows_every_class_of_rows():
    trees = {str(path.relative_to(ROOT)): ast.parse(path.read_text("utf-8")) for path in ROOT.glob("pheu/*/models.py")}
    tables = {model._meta.db_table for model in Record.__subclasses__()} | {"leads_lead", "deals_deal"}
    assert tables <= set(lint_writes.row_classes(trees).values())
