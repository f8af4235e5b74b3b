"""Acts hold whoever calls them: every act with every field and reference that is forbidden, and nothing has changed.

Made from the schemas: a new field is covered by itself, and a new type of field must say here what it refuses.
"""

from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from pheu.activities import services as activities
from pheu.activities.models import ActivityType
from pheu.conftest import Cast, Making, make_cast, nothing_changes, stage_of, told
from pheu.core.errors import DomainError, Refused
from pheu.deals import events as deal_events
from pheu.deals import services as deals
from pheu.deals.conversion import Handover, convert_leads
from pheu.deals.undoing import undo_conversion
from pheu.leads import services as leads
from pheu.leads.models import RequestType
from pheu.parties import services as parties
from pheu.parties.models import Source
from pheu.people.models import Department, Team, User
from pheu.records import fields, kinds
from pheu.records.act_views import MANY
from pheu.records.models import Category, ClosingReason, Label, Operation, Pipeline, Stage, Tag
from pheu.timeline import services as timeline
from pheu.timeline import stages, undo

pytestmark = pytest.mark.one_worker

ALL = [kind.code for kind in kinds.every()]


class Firm:
    """What An has, what An cannot see, and what is no longer in use."""

    def __init__(self, cast: Any) -> None:
        self.cast, self.an, self.chi = cast, cast.an, cast.chi
        an, chi = self.an, self.chi
        # Companies and contacts are everybody's to see; here they are each team's, as a company may decide.
        an.role.grants = dict.fromkeys(("work", "party"), an.role.grants["work"])
        an.role.save()
        company = parties.create_company({"name": "Hòn Đá", "type": "prospect", "owner": an}, by=an)
        contact = parties.create_contact({"full_name": "Đỗ Vân", "company": company, "owner": an}, by=an)
        asked = {"company_name": "Hòn Đá", "phone": "+842438637747", "need": "Đo bụi", "owner": an}
        self.rows = {
            "prospect": parties.create_prospect({"company_name": "Hòn Đá", "owner": an}, by=an),
            "company": company,
            "contact": contact,
            "lead": leads.create_lead(asked, by=an),
            "deal": deals.create_deal({"name": "Trạm", "company": company, "contact": contact, "owner": an}, by=an),
        }
        for kind in set(ALL) - set(self.rows):
            if kinds.get(kind).has_stages:
                Pipeline.objects.create(kind=kind, name="Mọi thứ").stages.create(name="Mới", category=Category.OPEN)
            self.rows[kind] = timeline.create(kind, self.values(kind), by=an)
        self.hidden = {
            "company": parties.create_company({"name": "Của Chi", "type": "prospect", "owner": chi}, by=chi),
            "contact": parties.create_contact({"full_name": "Của Chi", "owner": chi}, by=chi),
        }
        undone = leads.create_lead(asked | {"person_name": "Đỗ Vân"}, by=an)
        self.undone_deal = convert_leads([undone], Handover(owner=an), by=an)[0]
        undo_conversion(undone, by=an)
        self.undone = {"company": self.undone_deal.company, "contact": self.undone_deal.contact}
        self.left = User.objects.create_user(
            "left@quantrac.example", full_name="Đã Nghỉ", role=an.role, department=an.department, is_active=False
        )
        self.left.teams.set(an.teams.all())
        self.unused = {
            model: model.objects.create(name="Không dùng nữa", is_active=False)
            for model in (Source, RequestType, Label, Tag)
        }
        self.other = Pipeline.objects.create(kind="deal", name="Dịch vụ")
        self.elsewhere = self.other.stages.create(name="Khảo sát", category=Category.OPEN)

    def values(self, kind: str) -> dict[str, Any]:
        """What a new row of a kind needs: a name, its owner, and whatever else is required."""
        schema = kinds.get(kind).schema
        chosen = {one.name: one.options[0][0] for one in schema if one.required and isinstance(one, fields.Choice)}
        return {schema.title[0]: "Mới", "owner": self.an} | chosen


@pytest.fixture(scope="module")
def whole_firm(rows_for_all: Making) -> Firm:
    return rows_for_all(lambda: Firm(make_cast()))


@pytest.fixture
def firm(whole_firm: Firm, db: None) -> Firm:
    return deepcopy(whole_firm)  # acts change the rows that they are given


@pytest.fixture
def cast(firm: Firm) -> Cast:
    return firm.cast


# What every type of field refuses ---------------------------------------------------------------------------------

NAN, ENDLESS = Decimal("NaN"), Decimal("Infinity")
A_DAY, A_MOMENT = date(2026, 11, 30), datetime(2026, 11, 30, 9, tzinfo=UTC)
NO_TEXT: list[Any] = [7, 1.5, True, Decimal(1), {"a": 1}, ["x"], b"x", A_DAY, A_MOMENT, object()]
NO_ROW: list[Any] = [7, "1", "x", True, {"id": 1}, [1], 1.5, object()]
NO_NUMBER: list[Any] = [
    "1", "1.000", True, False, 1.5, float("nan"), NAN, ENDLESS, Decimal("-1"), -1, Decimal(10) ** 16, {"a": 1}, [1],
    A_DAY, Decimal("1.5"), object(),
]  # fmt: skip
WRONG: dict[type[fields.Field], Callable[[Any], list[Any]]] = {
    fields.Text: lambda one: [*NO_TEXT, "x" * (one.max_length + 1)],
    fields.Phone: lambda one: [*NO_TEXT, "0" * 301, "x" * 100_000, "0903123456 / 0903123457"],
    fields.Email: lambda one: [*NO_TEXT, "x", "x@", "a@b@x.vn", "x" * 250 + "@x.vn"],
    fields.TaxCode: lambda one: [*NO_TEXT, "123", "chưa có", "0" * 5000],
    fields.Number: lambda one: NO_NUMBER,
    fields.Percent: lambda one: [*NO_NUMBER, 101],
    fields.Date: lambda one: ["2026-11-30", 7, True, A_MOMENT, date(1200, 1, 1), date(9999, 1, 1), {"days": 1}, [1]],
    fields.Moment: lambda one: [
        "2026-11-30T09:00+07:00", 7, True, A_DAY, A_MOMENT.replace(tzinfo=None), A_MOMENT.replace(year=1200),
        A_MOMENT.replace(year=9999), {"start": "now"}, [1],
    ],
    fields.Choice: lambda one: ["không có", "x" * 5000, 99, -1, True, 1.5, {"a": 1}, ["x"], object()],
    fields.WardPick: lambda one: ["không có", "x" * 5000, "00000", 4, True, {"a": 1}, ["00004"], object()],
    fields.MultiChoice: lambda one: ["không có", 7, True, ["không có"], [{"a": 1}], [["x"]], {"a": 1}, object()],
    fields.YesNo: lambda one: ["true", 1, 0, [True], {"a": 1}],
    fields.Pick: lambda one: NO_ROW,
    fields.RowPick: lambda one: NO_ROW,
    fields.Tags: lambda one: [7, "x", True, ["x"], [1], {"a": 1}, [None], object(), Tag(name="x")],
}  # fmt: skip


def wrong_values(one: fields.Field) -> list[Any]:
    return next(WRONG[base] for base in type(one).__mro__ if base in WRONG)(one)


def wrong_rows(firm: Firm, one: fields.Field) -> Iterator[Any]:
    """Rows that cannot be chosen in a field: not saved, of another kind, unseen, taken back, or out of use."""
    strangers = [firm.rows["lead"], firm.rows["prospect"], firm.an.role, Source(name="x"), Source(pk=10**9, name="x")]
    match one:
        case fields.OwnerPick():
            no_member = User(full_name="Không có", email="x@x.vn", role=firm.an.role)
            yield from [firm.left, firm.cast.giang, firm.chi, no_member, *strangers]
        case fields.RowPick():
            model = kinds.get(one.kind).model
            yield from [firm.hidden[one.kind], firm.undone[one.kind], model(), model(pk=10**9), *strangers]
        case fields.Pick():
            yield from [one.model(), one.model(pk=10**9), firm.rows["lead"], firm.an.role]
            if one.model in firm.unused:
                yield firm.unused[one.model]
        case fields.Tags():
            yield from [[firm.unused[Tag]], [Tag(name="x")], [Tag(pk=10**9)], [firm.rows["lead"]], [firm.unused[Label]]]


def refuses(*works: tuple[str, Callable[[], Any]]) -> list[str]:
    """Those that were not refused in words: taken, or broken."""
    return [f"{name}: {fate}" for name, work in works if (fate := _fate(work))]


def _fate(work: Callable[[], Any]) -> str:
    try:
        work()
    except DomainError as error:
        return "" if str(error) else "without a word"
    except Exception as error:
        return f"{type(error).__name__} {error}"[:200]
    return "taken"


def changing(firm: Firm, kind: str, name: str, value: Any, by: User) -> Callable[[], Any]:
    row = firm.rows[kind]
    held = row.record.tags.all() if name == "tags" else getattr(row, name, None)
    return lambda: timeline.change(row, {name: (held, value)}, by=by)


def creating(firm: Firm, kind: str, name: str, value: Any, by: User) -> Callable[[], Any]:
    return lambda: timeline.create(kind, firm.values(kind) | {name: value}, by=by)


def both(firm: Firm, kind: str, name: str, values: Any, by: User) -> Iterator[tuple[str, Callable[[], Any]]]:
    one = kinds.get(kind).schema.get(name)
    for value in values:
        said = f"{name}={value!r}"[:80]
        if one is None or one.editable:
            yield f"change {said}", changing(firm, kind, name, value, by)
        if one is None or one.on_create:
            yield f"create {said}", creating(firm, kind, name, value, by)


def writable(kind: str) -> list[fields.Field]:
    return [one for one in kinds.get(kind).schema if one.editable or one.on_create]


@pytest.mark.parametrize("kind", ALL)
def test_what_is_of_another_type_length_or_form_is_refused(firm, kind, an):
    """D18, R4.20: numbers are numbers, moments have a zone, lists are lists, whoever calls."""
    works = [work for one in writable(kind) for work in both(firm, kind, one.name, wrong_values(one), an)]
    with nothing_changes():
        assert refuses(*works) == []


@pytest.mark.parametrize("kind", ALL)
def test_rows_that_cannot_be_chosen_are_refused(firm, kind, an):
    """A company that somebody may not see is not made visible by linking it."""
    works = [work for one in writable(kind) for work in both(firm, kind, one.name, wrong_rows(firm, one), an)]
    assert works
    with nothing_changes():
        assert refuses(*works) == []


@pytest.mark.parametrize("kind", ALL)
def test_further_phones_are_a_list_of_phones(firm, kind, an):
    companions = [(one, name) for one in writable(kind) for name in one.companions]
    wrong = [7, "0903123456", {"a": 1}, [7], [["x"]], ["0" * 301], [None, 7], True, object()]
    works = [
        (f"create {name}={value!r}"[:80], creating(firm, kind, name, value, an))
        for _one, name in companions
        for value in wrong
    ]
    with nothing_changes():
        assert refuses(*works) == []


def values_for(firm: Firm, one: Any) -> list[Any]:
    """Values that the column could hold: only the right to write it is missing."""
    return [None, "x", 1, 0, True, A_MOMENT, firm.chi, firm.left, Stage.objects.last(), ClosingReason.objects.last()]


@pytest.mark.parametrize("kind", ALL)
def test_what_no_form_asks_for_cannot_be_written(firm, kind, an):
    """Owner, place, stage, moments, number: each has an act of its own or follows from something else."""
    schema = kinds.get(kind).schema
    companions = {name for one in schema for name in one.companions}
    unasked = [one.name for one in schema if not one.editable]
    columns = [one.name for one in kinds.get(kind).model._meta.get_fields() if schema.get(one.name) is None]
    attnames = [one.attname for one in kinds.get(kind).model._meta.local_concrete_fields]
    strange = ["", "x", "pk", "id", "record", "owner_id", "stage__name", "__class__", "save", "tags_put", "x" * 5000]
    works: list[tuple[str, Callable[[], Any]]] = []
    for name in {*unasked, *columns, *attnames, *strange}:
        if (one := schema.get(name)) is None or not one.editable:
            works += [(f"change {name}", changing(firm, kind, name, value, an)) for value in values_for(firm, one)]
        if (one is None and name not in companions) or (one is not None and not one.on_create):
            works += [(f"create {name}", creating(firm, kind, name, value, an)) for value in values_for(firm, one)]
    with nothing_changes():
        assert refuses(*works) == []


@pytest.mark.parametrize("kind", ALL)
def test_what_is_required_is_not_emptied(firm, kind, an):
    schema = kinds.get(kind).schema
    required = [one for one in schema if one.required]
    nothing = (None, "", "  ", "\u200b")
    works = [work for one in required for work in both(firm, kind, one.name, nothing, an)]
    if schema.title != tuple(one.name for one in required):
        named = [name for name in schema.title if getattr(firm.rows[kind], name)]
        works += [
            ("change title", lambda: timeline.change(
                firm.rows[kind], {name: (getattr(firm.rows[kind], name), "") for name in named}, by=an
            )),
            ("create nothing", lambda: timeline.create(kind, {"owner": an}, by=an)),
        ]  # fmt: skip
    with nothing_changes():
        assert refuses(*works) == []


@pytest.mark.parametrize("right", ["hidden", "read"])
@pytest.mark.parametrize("kind", ALL)
def test_a_role_that_may_not_write_a_field_writes_it_by_no_act(firm, kind, an, right):
    """The right to each field, taken away one by one."""
    for one in writable(kind):
        an.role.fields = {kind: {one.name: right}}
        an.role.save()
        by = User.objects.get(pk=an.pk)
        held = one.value(firm.rows[kind])
        needed = firm.values(kind)
        works = [("change", lambda: timeline.change(firm.rows[kind], {one.name: (held, held)}, by=by))]  # noqa: B023
        if one.name not in needed:
            works.append(("create", lambda: timeline.create(kind, needed | {one.name: held}, by=by)))  # noqa: B023
        with nothing_changes():
            assert refuses(*works) == [], one.name


@pytest.mark.parametrize("kind", ALL)
def test_a_new_row_stands_where_its_maker_may_put_it(firm, kind, an):
    """design.md 3: a seller makes rows of their own team and department."""
    south, service = Team.objects.get(name="Miền Nam"), Department.objects.get(name="Phòng dịch vụ")
    needed = firm.values(kind)
    free = {name: value for name, value in needed.items() if name != "owner"}
    works = [
        ("for another team", lambda: timeline.create(kind, needed | {"team": south}, by=an)),
        ("for nobody in another team", lambda: timeline.create(kind, free | {"team": south}, by=an)),
        ("for nobody in another department", lambda: timeline.create(kind, free | {"department": service}, by=an)),
        ("for somebody elsewhere", lambda: timeline.create(kind, needed | {"owner": firm.chi}, by=an)),
        ("one of many", lambda: timeline.create_many(kind, [needed, needed | {"team": south}], by=an)),
        ("one of many values", lambda: timeline.create_many(kind, [needed, needed | {"x": 1}], by=an)),
    ]
    with nothing_changes():
        assert refuses(*works) == []


# Acts that are no change and no creation ---------------------------------------------------------------------------


def due() -> datetime:
    return timezone.now() + timedelta(days=1)


def plan(firm: Firm, row: Any, **changed: Any) -> Callable[[], Any]:
    values = {"what": ActivityType.objects.all()[0], "due_at": due(), "assignee": firm.an, "by": firm.an} | changed
    return lambda: activities.schedule_activity(row.record, **values)


def on_work(firm: Firm) -> list[tuple[str, Callable[[], Any]]]:
    lead, an = firm.rows["lead"], firm.an
    unused = ActivityType.objects.create(name="Không dùng nữa", is_active=False)
    planned = plan(firm, lead)()
    moments = [None, "", "mai", 7, A_DAY, A_MOMENT.replace(tzinfo=None), A_MOMENT.replace(year=9999)]
    then = [
        activities.Plan(unused, due(), an),
        activities.Plan(planned.type, due(), firm.left),
        activities.Plan(planned.type, A_MOMENT.replace(tzinfo=None), an),
        activities.Plan(planned.type, due(), an, "x" * 301),
    ]
    return [
        ("a type out of use", plan(firm, lead, what=unused)),
        ("somebody who left", plan(firm, lead, assignee=firm.left)),
        ("a long title", plan(firm, lead, title="x" * 301)),
        ("on a company that was taken back", plan(firm, firm.undone["company"])),
        *((f"schedule for {one!r}", plan(firm, lead, lasts=one)) for one in (-1, 44_641, None, True, 1.5, "60")),
        ("as long as nothing is", lambda: activities.reschedule_activity(planned, due_at=due(), lasts=-1, by=an)),
        *((f"schedule at {one!r}", plan(firm, lead, due_at=one)) for one in moments),
        *(
            (f"reschedule to {one!r}", lambda one=one: activities.reschedule_activity(planned, due_at=one, by=an))
            for one in moments
        ),
        ("a long result", lambda: activities.finish_activity(planned, result="x" * 5001, by=an)),
        *(
            (f"then {one}", lambda one=one: activities.finish_activity(planned, then=one, by=an)) for one in then
        ),
        ("a long log", lambda: activities.log_activity(lead.record, what=planned.type, result="x" * 5001, by=an)),
        ("a log of no type in use", lambda: activities.log_activity(lead.record, what=unused, result="x", by=an)),
        ("a log on what was taken back", lambda: activities.log_activity(
            firm.undone_deal.record, what=planned.type, result="x", by=an
        )),
    ]  # fmt: skip


def on_handing_out(firm: Firm) -> list[tuple[str, Callable[[], Any]]]:
    binh, lead = firm.cast.binh, firm.rows["lead"]
    return [
        ("to somebody who left", lambda: timeline.assign([lead], owner=firm.left, by=binh)),
        ("to somebody who only looks", lambda: timeline.assign([lead], owner=firm.cast.giang, by=binh)),
        ("to nobody that there is", lambda: timeline.assign([lead], owner=User(full_name="x"), by=binh)),
        ("what was taken back", lambda: timeline.assign([firm.undone_deal], owner=firm.an, by=firm.cast.dung)),
        ("by a seller", lambda: timeline.assign([lead], owner=firm.an, by=firm.chi)),
    ]


def on_notes(firm: Firm) -> list[tuple[str, Callable[[], Any]]]:
    record, an = firm.rows["lead"].record, firm.an
    undone = firm.undone_deal.record
    return [
        *((f"a note of {len(body)}", lambda body=body: timeline.add_note(record, body=body, by=an))
          for body in ("", " \n ", "x" * 20_001)),
        ("a note on what was taken back", lambda: timeline.add_note(undone, body="x", by=an)),
        ("a file on what was taken back", lambda: timeline.add_file(
            undone, upload=SimpleUploadedFile("a.txt", b"a"), by=an
        )),
        ("a follower who left", lambda: timeline.follow(record, user=firm.left, by=an)),
        ("a follower of what was taken back", lambda: timeline.follow(undone, user=firm.cast.hanh, by=an)),
        ("following what was taken back", lambda: timeline.follow(undone, user=an, by=an)),
        ("following what I cannot see", lambda: timeline.follow(
            firm.hidden["company"].record, user=an, by=an
        )),
    ]  # fmt: skip


def on_stages(firm: Firm) -> list[tuple[str, Callable[[], Any]]]:
    an, lead, deal = firm.an, firm.rows["lead"], firm.rows["deal"]
    lost, hold = stage_of("deal", "Thất bại"), stage_of("deal", "Tạm dừng")
    reason = ClosingReason.objects.filter(kind="deal", category=Category.LOST)[0]
    unused = ClosingReason.objects.create(name="x", kind="deal", category=Category.LOST, is_active=False)
    of_leads = ClosingReason.objects.filter(kind="lead")[0]
    converted, quote = stage_of("lead", "Đã chuyển đổi"), stage_of("deal", "Báo giá")
    end = firm.other.stages.create(name="Xong", category=Category.WON)
    foreign = [quote, firm.elsewhere, lost]
    moves = [(lead, to) for to in [*foreign, converted]] + [(deal, firm.elsewhere), (deal, lead.stage), (deal, lost)]
    ends = [(lost, None), (lost, unused), (lost, of_leads), (hold, reason), (quote, None), (converted, None)]
    return [
        *((f"{row.kind} to {to}", lambda row=row, to=to: stages.move(row, to=to, left=row.stage, by=an))
          for row, to in moves),
        *((f"end in {to} for {why}", lambda to=to, why=why: stages.close(deal, to=to, reason=why, by=an))
          for to, why in ends),
        ("a lead is converted by closing", lambda: stages.close(lead, to=converted, by=an)),
        ("a stage of leads", lambda: stages.change_pipeline(deal, to=lead.stage, by=an)),
        ("an end elsewhere", lambda: stages.change_pipeline(deal, to=end, by=an)),
        ("what was taken back", lambda: stages.move(firm.undone_deal, to=quote, left=firm.undone_deal.stage, by=an)),
    ]  # fmt: skip


def on_conversion(firm: Firm) -> list[tuple[str, Callable[[], Any]]]:
    an, lead = firm.an, firm.rows["lead"]
    other_ends = Pipeline.objects.create(kind="lead", name="Khác").stages.create(name="Xong", category="converted")
    link: dict[str, Any] = {"owner": an, "customer": Handover.LINK}
    wanted: dict[str, dict[str, Any]] = {
        "for somebody who left": {"owner": firm.left},
        "for somebody who only looks": {"owner": firm.cast.giang},
        "into a pipeline of leads": {"owner": an, "pipeline": Pipeline.objects.filter(kind="lead")[0]},
        "ending in no conversion": {"owner": an, "ends_in": lead.stage},
        "ending in another pipeline": {"owner": an, "ends_in": other_ends},
        "a company that is not mine to see": link | {"company": firm.hidden["company"]},
        "a contact that is not mine to see": link | {"contact": firm.hidden["contact"]},
        "a company that was taken back": link | {"company": firm.undone["company"]},
        "a contact that was taken back": link | {"contact": firm.undone["contact"]},
        "a company of a wrong kind": link | {"company": firm.rows["lead"]},
        "no such way": {"owner": an, "customer": "steal"},
    }
    wanted |= {f"for {amount!r}": {"owner": an, "amount": amount} for amount in NO_NUMBER}
    works = [
        (name, lambda given=given: convert_leads([lead], Handover(**given), by=an)) for name, given in wanted.items()
    ]
    return [*works, ("too little known", lambda: convert_leads([firm.bare], Handover(owner=an), by=an))]


def on_undoing(firm: Firm) -> list[tuple[str, Callable[[], Any]]]:
    made = Operation.objects.filter(act="create_many")[0]
    return [("what cannot be taken back", lambda: undo.undo(made, by=firm.an))]


@pytest.mark.parametrize(
    "of", [on_work, on_handing_out, on_notes, on_stages, on_conversion, on_undoing], ids=lambda of: of.__name__
)
def test_an_act_refuses_what_it_is_not_meant_for(firm, of, an):
    """R0.33, R1.17, R3.21, D9, D17: the guard stands in the act, not in the form before it."""
    firm.bare = leads.create_lead({"person_name": "Anh Minh", "owner": an}, by=an)
    works = of(firm)
    with nothing_changes():
        assert refuses(*works) == []


def test_what_is_refused_would_be_done_with_right_values(firm, an):
    """Else the refusals above would prove nothing."""
    for kind in ALL:
        timeline.create(kind, firm.values(kind), by=an)
        row = firm.rows[kind]
        title = kinds.get(kind).schema.title[0]
        timeline.change(row, {title: (getattr(row, title), "Tên mới")}, by=an)
    assert refuses(("plan", plan(firm, firm.rows["lead"]))) == ["plan: taken"]
    deal = convert_leads([firm.rows["lead"]], Handover(owner=an, amount=Decimal(5)), by=an)[0]
    assert deal.expected_amount == 5


def of_size(size: int, name: str = "a_b c.txt") -> SimpleUploadedFile:
    """A file that says that it is so large."""
    upload = SimpleUploadedFile(name, b"abc")
    upload.size = size
    return upload


def test_what_just_fits_is_taken_whole(firm, an, settings, tmp_path):
    """Limits belong to what is allowed: the longest note, title and result, the largest file."""
    settings.MEDIA_ROOT = tmp_path
    record = firm.rows["lead"].record
    note = timeline.add_note(record, body="x" * 20_000, by=an)
    planned = plan(firm, firm.rows["lead"], title="x" * 300)()
    done = activities.finish_activity(planned, result="x" * 5000, by=an)
    noted = activities.log_activity(record, what=planned.type, result="y" * 5000, by=an)
    for one in (note, planned, done, noted):
        one.refresh_from_db()
    assert [len(text) for text in (note.body, planned.title, done.result, noted.result)] == [20_000, 300, 5000, 5000]
    limit = 25 * 1024 * 1024
    file = timeline.add_file(record, upload=of_size(limit), by=an)
    file.refresh_from_db()
    assert (file.size, file.name, file.by) == (limit, "a b c.txt", an)
    long = timeline.add_file(record, upload=of_size(1, "x" * 300 + ".txt"), by=an)
    assert len(long.name) <= 255
    with nothing_changes(), pytest.raises(DomainError, match="25 MB"):
        timeline.add_file(record, upload=of_size(limit + 1), by=an)


def test_a_closing_note_is_kept_as_far_as_there_is_room(firm, an):
    lost = stage_of("deal", "Thất bại")
    reason = ClosingReason.objects.filter(kind="deal", category=Category.LOST)[0]
    deal = deals.change_deal(firm.rows["deal"], {"expected_amount": (None, Decimal(5))}, by=an)
    deal = stages.close(deal, to=lost, reason=reason, reason_note="x" * 600, by=an)
    deal.refresh_from_db()
    said = told(deal_events.LOST, about=deal).facts
    assert deal.reason_note == said["note"] == "x" * 500
    assert said["reason"]["name"] == reason.name
    assert kinds.get("deal").schema["expected_amount"].from_json(said["amount"]) == 5


def test_more_ticked_records_than_one_act_takes_are_refused_in_words(client, binh, lead, monkeypatch):
    """Never some of them in silence; a request of more than six thousand parts is not even read."""
    monkeypatch.setattr("pheu.records.act_views.MANY", 2)
    client.force_login(binh)
    many = [lead, *(leads.create_lead({"name": f"Trạm {n}", "owner": binh}, by=binh) for n in range(2))]
    with nothing_changes():
        answer = client.post("/leads/assignment/", {"ids": [one.pk for one in many], "owner": binh.pk})
    assert answer.status_code == 409
    assert "Mỗi lần tối đa 2 bản ghi; bạn đang chọn 3." in answer.text


def test_as_many_ticks_as_an_act_takes_can_be_sent(client, binh, lead):
    """The server reads them all: what it says is about the records, not about the form."""
    client.force_login(binh)
    answer = client.post("/leads/assignment/", {"ids": range(lead.pk, lead.pk + MANY), "owner": binh.pk})
    assert answer.status_code == 409
    assert "không còn" in answer.text


def test_ticked_records_that_are_gone_or_unseen_are_refused_in_words(client, binh, chi, lead):
    client.force_login(binh)
    theirs = leads.create_lead({"name": "Của Chi", "owner": chi}, by=chi)
    with nothing_changes():
        answer = client.post("/leads/assignment/", {"ids": [lead.pk, theirs.pk], "owner": binh.pk})
    assert answer.status_code == 409


def test_a_refusal_says_which_field(an, lead):
    with pytest.raises(Refused, match="«Người phụ trách»"):
        timeline.change(lead, {"owner": (an, an)}, by=an)
