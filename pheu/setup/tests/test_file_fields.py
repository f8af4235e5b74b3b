"""A field of a company's own that names a file of the record (D11): asked for, checked, shown and taken away."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from playwright.sync_api import expect

from pheu.conftest import nothing_changes, stage_of
from pheu.core.errors import DomainError, Invalid
from pheu.core.tests.looking import walked
from pheu.deals.conversion import Handover, convert_leads
from pheu.deals.models import Deal
from pheu.leads.models import Lead
from pheu.records import kinds
from pheu.records.acts import last_operation
from pheu.records.fields.own import KeptFile
from pheu.records.gates import NotYet
from pheu.records.models import Operation
from pheu.setup import pipelines
from pheu.setup.shaping import add_field
from pheu.timeline.models import Event, File
from pheu.timeline.services import FILE_LIMIT, add_file, rename_file, withdraw_file
from pheu.timeline.undo import undo

LEAD = kinds.get("lead")
EVIL = '"><img src=x onerror=alert(1)>.pdf'


@pytest.fixture(autouse=True)
def disk(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def plan(dung):
    """«Bản vẽ», a file of leads."""
    told = {"label": "Bản vẽ", "group": "lead", "is_filterable": True, "in_list": True, "on_card": True}
    return add_field("lead", "file", told, by=dung).key


def upload(name="mặt bằng.pdf", content=b"%PDF-1.4 x"):
    return SimpleUploadedFile(name, content)


@pytest.fixture
def lead(plan, an):
    told = {"name": "Lò hơi", "company_name": "Hòn Đá", "phone": "+84912345678", "need": "Đo khí"}
    return LEAD.create(told | {"owner": an, plan: upload()}, by=an)


def held(row):
    return type(row).objects.get(pk=row.pk).own


def sent(row, plan, **more):
    """What the record page sends of the field alone."""
    now = held(row).get(plan)
    return {f"initial-{plan}": now["id"] if now else "", **more}


def test_a_new_record_comes_with_its_file(client, plan, an, chi):
    client.force_login(an)
    assert 'enctype="multipart/form-data"' in client.get("/leads/new/").text
    assert client.post("/leads/new/", {"name": "Lò hơi", "owner": an.pk, plan: upload()}).status_code == 302
    lead, file = Lead.objects.get(), File.objects.get()
    assert lead.own == {plan: {"id": file.pk, "name": "mặt bằng.pdf"}}
    assert (file.record_id, file.by, file.media_type) == (lead.pk, an, "application/pdf")
    link = f'href="/files/{file.pk}/">mặt bằng.pdf</a>'
    for page in (lead.get_absolute_url(), "/leads/?tab=all", "/leads/board/"):
        assert link in client.get(page).text, page
    assert b"".join(client.get(f"/files/{file.pk}/").streaming_content) == b"%PDF-1.4 x"
    client.force_login(chi)
    assert client.get(f"/files/{file.pk}/").status_code == 404


def test_a_file_is_put_in_the_place_of_another_left_and_taken_away(client, plan, lead, an):
    client.force_login(an)
    save, first = f"/leads/{lead.pk}/fields/", held(lead)[plan]["id"]
    with nothing_changes():
        client.post(save, sent(lead, plan))
    client.post(save, sent(lead, plan, **{plan: upload("bản 2.docx", b"PK x")}))
    second = held(lead)[plan]
    assert (second["name"], second["id"] != first) == ("bản 2.docx", True)
    client.post(save, sent(lead, plan, **{plan: "clear"}))
    assert held(lead) == {}
    assert File.objects.filter(record=lead.pk, withdrawn_at=None).count() == 2  # both stay with the record
    page = client.get(lead.get_absolute_url()).text
    assert "bản 2.docx" in page[page.index('id="timeline"') :]  # history tells their names


def test_a_file_is_work_on_a_lead_and_nothing_of_that_is_written_over(plan, an):
    """A new lead that comes with one is new; one that gets one is worked on, and says so in one line."""
    lead = LEAD.create({"name": "Lò hơi", "owner": an, plan: upload()}, by=an)
    assert Lead.objects.get(pk=lead.pk).stage.category == "new"
    LEAD.change(lead, {plan: (LEAD.schema[plan].value(lead), upload("b.pdf"))}, by=an)
    now = Lead.objects.get(pk=lead.pk)
    assert (now.stage.category, now.own[plan]["name"]) == ("working", "b.pdf")
    told = Event.objects.filter(about=lead.record).order_by("pk")
    assert [one.kind for one in told] == ["record.created", "record.changed", "lead.stage_changed"]


def test_who_saw_another_file_hears_of_it(client, plan, lead, an, dung):
    stale = sent(lead, plan, **{plan: upload("của An.pdf")})
    LEAD.change(lead, {plan: (LEAD.schema[plan].value(lead), upload("của Dũng.pdf"))}, by=dung)
    client.force_login(an)
    answer = client.post(f"/leads/{lead.pk}/fields/", stale)
    assert answer.status_code == 409
    assert "của Dũng.pdf" in answer.text
    assert held(lead)[plan]["name"] == "của Dũng.pdf"


BAD = {
    "empty": lambda: upload(content=b""),
    "too large": lambda: upload(content=bytes(FILE_LIMIT + 1)),
    "a program by its name": lambda: upload("a.exe"),
    "a program by its bytes": lambda: upload("a.pdf", b"MZ\x90"),
}


@pytest.mark.parametrize("why", BAD)
def test_what_is_no_file_of_ours_is_refused_beside_the_field(client, plan, lead, an, why):
    client.force_login(an)
    with nothing_changes():
        for url, told in (
            ("/leads/new/", {"name": "Mới", "owner": an.pk, plan: BAD[why]()}),
            (f"/leads/{lead.pk}/fields/", sent(lead, plan, **{plan: BAD[why]()})),
        ):
            answer = client.post(url, told)
            assert answer.status_code == 422
            assert list(answer.context["form"].errors) == [plan]
        with pytest.raises(Invalid):
            LEAD.change(lead, {plan: (None, BAD[why]())}, by=an)


@pytest.mark.parametrize("value", ["a.pdf", 7, b"x", {"id": 1, "name": "a"}, [1]])
def test_what_is_no_upload_is_refused(plan, lead, an, value):
    with nothing_changes(), pytest.raises(Invalid):
        LEAD.change(lead, {plan: (LEAD.schema[plan].value(lead), value)}, by=an)


def test_nobody_names_the_file_of_another_record(client, plan, lead, an, chi):
    """Not by its id in what a page sends, and not through an act."""
    other = LEAD.create({"name": "Của Chi", "owner": chi, plan: upload("mật.pdf")}, by=chi)
    theirs = held(other)[plan]["id"]
    client.force_login(an)
    with nothing_changes():
        client.post("/leads/new/", {"name": "Mới", "owner": an.pk, f"initial-{plan}": theirs})
        client.post(f"/leads/{lead.pk}/fields/", {f"initial-{plan}": theirs, plan: ""})
        for act in (
            lambda: LEAD.change(lead, {plan: (LEAD.schema[plan].value(lead), KeptFile(theirs, "x"))}, by=an),
            lambda: LEAD.create({"name": "Mới", "owner": an, plan: KeptFile(theirs, "x")}, by=an),
        ):
            with pytest.raises(Invalid):
                act()


def test_a_name_is_text(client, plan, an):
    lead = LEAD.create({"name": "Lò hơi", "owner": an, plan: upload(EVIL)}, by=an)
    client.force_login(an)
    for page in (lead.get_absolute_url(), "/leads/?tab=all", "/leads/board/"):
        assert "<img src=x" not in client.get(page).text
    long = LEAD.create({"name": "Dài", "owner": an, plan: upload("d" * 250 + ".pdf")}, by=an)
    assert len(held(long)[plan]["name"]) < 256


def test_it_is_filtered_by_being_there(client, plan, lead, an):
    bare = LEAD.create({"name": "Không", "owner": an}, by=an)
    client.force_login(an)
    for told, found in (("filled", lead), ("empty", bare)):
        assert client.get(f"/leads/?tab=all&{plan}.{told}=1").context["listing"].rows == [found]
    assert client.get(f"/leads/?tab=all&sort={plan}").context["listing"].sort == "-updated_at"


def test_neither_an_import_nor_ticked_rows_take_one(plan, lead, an):
    schema = LEAD.schema_for(an)
    assert not schema[plan].importable
    with nothing_changes(), pytest.raises(DomainError):
        LEAD.change_many([lead], plan, upload(), by=an)


def test_a_conversion_carries_it_along(client, plan, lead, an, dung):
    there = add_field("deal", "file", {"label": "Bản vẽ", "group": "deal", "comes_from": plan}, by=dung).key
    [deal] = convert_leads([lead], Handover(owner=an), by=an)
    assert Deal.objects.get(pk=deal.pk).own == {there: held(lead)[plan]}
    client.force_login(an)
    page = client.get(deal.get_absolute_url()).text
    assert f'href="/files/{held(lead)[plan]["id"]}/">mặt bằng.pdf</a>' in page
    file = File.objects.get()
    withdraw_file(file, by=an)
    assert held(deal) == held(lead) == {}


def test_a_file_that_is_withdrawn_leaves_the_field_empty_and_comes_back(client, plan, lead, an):
    file = File.objects.get()
    rename_file(file, name="tên khác.pdf", by=an)
    assert held(lead)[plan] == {"id": file.pk, "name": "tên khác.pdf"}
    withdraw_file(file, by=an)
    taken = last_operation()
    assert held(lead) == {}
    told = Event.objects.filter(about=lead.record, kind="record.changed").order_by("-pk")[0].facts["changes"]
    assert told == [{"field": plan, "was": {"id": file.pk, "name": "tên khác.pdf"}, "now": None}]
    undo(Operation.objects.get(pk=taken), by=an)
    assert held(lead)[plan]["id"] == file.pk


def test_other_files_of_the_record_are_no_matter(plan, lead, an):
    before = held(lead)
    withdraw_file(add_file(lead.record, upload=upload("khác.pdf"), by=an), by=an)
    assert held(lead) == before


def test_a_gate_asks_for_it_and_takes_it(client, plan, an, dung):
    lead = LEAD.create({"name": "Lò hơi", "owner": an}, by=an)
    working = stage_of("lead", "Đang xử lý")
    pipelines.change_stage(working, {"needs_fields": ([], [plan])}, by=dung)
    with pytest.raises(NotYet):
        LEAD.move(lead, to=stage_of("lead", "Đang xử lý"), left=lead.stage, by=an)
    client.force_login(an)
    dialog = f"/leads/{lead.pk}/entry/?to={working.pk}"
    assert 'hx-encoding="multipart/form-data"' in client.get(dialog).text
    told = {"to": working.pk, "left": lead.stage_id, f"initial-{plan}": ""}
    assert client.post(dialog, told).status_code == 422
    assert client.post(dialog, told | {plan: upload()}).status_code == 302
    assert Lead.objects.get(pk=lead.pk).stage == working
    assert held(lead)[plan]["name"] == "mặt bằng.pdf"
    undo(Operation.objects.get(act="move"), by=an)
    assert Lead.objects.get(pk=lead.pk).stage != working
    assert held(lead) == {}  # as what else was filled in on the way
    assert client.get(lead.get_absolute_url()).status_code == 200


def test_a_required_one_is_asked_for(client, an, dung):
    key = add_field("lead", "file", {"label": "Hợp đồng", "group": "lead", "is_required": True}, by=dung).key
    client.force_login(an)
    with nothing_changes():
        assert client.post("/leads/new/", {"name": "Mới", "owner": an.pk}).status_code == 422
    assert client.post("/leads/new/", {"name": "Mới", "owner": an.pk, key: upload()}).status_code == 302
    lead = Lead.objects.get()
    with nothing_changes():
        assert client.post(f"/leads/{lead.pk}/fields/", sent(lead, key, **{key: "clear"})).status_code == 422


def test_it_begins_with_nothing(dung):
    with nothing_changes(), pytest.raises(Invalid):
        add_field("lead", "file", {"label": "Bản vẽ", "group": "lead", "default": {"id": 1, "name": "x"}}, by=dung)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("width", [1440, 390])
def test_a_seller_puts_a_file_into_its_field(world, width):
    """Chosen on the record's page, counted in the bar, saved, taken away again."""
    cast = world.cast
    key = add_field("lead", "file", {"label": "Bản vẽ", "group": "lead"}, by=cast.dung).key
    lead = LEAD.create({"name": "Lò hơi", "owner": cast.an}, by=cast.an)
    page = world.enter(cast.an, lead.get_absolute_url())
    page.set_viewport_size({"width": width, "height": 900})
    field = page.locator(f"[data-field={key}]")
    chosen = {"name": "mặt bằng.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4 x"}
    page.locator(".more-facts", has=field).locator("summary").click()
    field.locator("[data-edit]").click()
    field.locator("input[type=file]").set_input_files(chosen)
    expect(field.locator("[data-drop-name]")).to_have_text("mặt bằng.pdf")
    page.locator("[data-save-bar] .btn-primary").click()
    expect(field.get_by_role("link", name="mặt bằng.pdf")).to_be_visible()
    field.locator("[data-edit]").click()
    field.locator("input[type=checkbox]").check()
    page.locator("[data-save-bar] .btn-primary").click()
    expect(field.get_by_role("link", name="mặt bằng.pdf")).to_have_count(0)
    expect(page.locator("[data-save-bar]")).to_be_hidden()
    assert held(lead) == {}


@pytest.mark.django_db(transaction=True)
def test_its_pages_are_accessible_and_fit(world):
    cast = world.cast
    key = add_field("lead", "file", {"label": "Bản vẽ", "group": "lead", "on_card": True}, by=cast.dung).key
    told = {"name": "Lò hơi", "owner": cast.dung, key: upload("dài " * 50 + ".pdf")}
    lead = LEAD.create(told, by=cast.dung)
    pages = [lead.get_absolute_url(), "/leads/new/", "/leads/board/", f"/setup/roles/{cast.an.role_id}/"]
    assert walked(world.enter(world.cast.dung), pages) == {}
