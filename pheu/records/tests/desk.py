"""Every act, made ready on a desk: what one person does to rows that others work on too."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from itertools import count
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.utils import timezone
from django.utils.functional import cached_property

from pheu.activities import inviting, planning, series
from pheu.activities import services as activities
from pheu.activities.guests import Guests
from pheu.activities.models import Activity, ActivityType, WorkPlan
from pheu.activities.repeating import Repeat
from pheu.activities.series import Reach
from pheu.automation import services as automation
from pheu.automation.models import HandOutRule
from pheu.conftest import stage_of
from pheu.deals import conversion, undoing
from pheu.deals import services as deals
from pheu.deals.conversion import Handover
from pheu.deals.models import Deal
from pheu.leads import services as leads
from pheu.leads.models import Lead
from pheu.quality import apart, lanes, merging, running, taking_back
from pheu.quality import services as quality
from pheu.quality.models import Import, ImportLine
from pheu.records import writing
from pheu.records.acts import last_operation, operation
from pheu.records.models import Category, ClosingReason, Operation, Pipeline, Record, Stage
from pheu.setup import pipelines
from pheu.timeline import archiving, asking, sharing, stages, undo
from pheu.timeline import services as timeline
from pheu.timeline.models import Event


class Made:
    """A row of a desk, made when it is first asked for; `values(desk)` is what it begins with."""

    def __init__(self, kind: str, values: Callable[["Desk"], dict[str, Any]]) -> None:
        self.kind, self.values = kind, values

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, desk: "Desk", owner: type) -> Any:
        self.put_on([desk])
        return desk.__dict__[self.name]

    def put_on(self, desks: Sequence["Desk"]) -> None:
        """On each of them one, all in the statements of one."""
        rows = timeline.create_many(self.kind, [self.values(one) for one in desks], by=desks[0].an)
        for one, row in zip(desks, rows, strict=True):
            one.__dict__[self.name] = row


def asked(desk: "Desk") -> dict[str, Any]:
    return {
        "company_name": "Xi măng Hòn Đá", "person_name": "Đỗ Thị Vân", "phone": "+842438637747",
        "need": "Đo bụi", "owner": desk.an,
    }  # fmt: skip


class Converted(Made):
    """The deal of a desk's converted lead."""

    def __init__(self) -> None: ...

    def put_on(self, desks: Sequence["Desk"]) -> None:
        if waiting := [one for one in desks if "converted" not in one.__dict__]:
            vars(Desk)["converted"].put_on(waiting)
        made = conversion.convert_leads([one.converted for one in desks], Handover(owner=desks[0].an), by=desks[0].an)
        for one, deal in zip(desks, made, strict=True):
            one.__dict__[self.name] = deal


class Desk:
    """Rows that belong together; `nth` of several."""

    def __init__(self, cast: Any, nth: int = 0) -> None:
        self.cast, self.an, self.nth = cast, cast.an, nth

    @classmethod
    def many(cls, n: int, cast: Any, *rows: str, after: int = 0) -> list["Desk"]:
        """`n` of them with these rows, made in this order; `after` so many others."""
        desks = [cls(cast, after + nth) for nth in range(n)]
        for name in rows:
            vars(cls)[name].put_on(desks)
        return desks

    @classmethod
    def as_asked(cls, n: int, cast: Any, *rows: str) -> Iterator["Desk"]:
        """`n` at once, for they cost as much as one, and one by one as many more as are asked for."""
        yield from cls.many(n, cast, *rows)
        for nth in count(n):
            yield from cls.many(1, cast, *rows, after=nth)

    @cached_property
    def call(self) -> ActivityType:
        return ActivityType.objects.all()[0]

    prospect = Made("prospect", lambda d: {"company_name": "Dệt Sông Trà", "owner": d.an})
    company = Made("company", lambda d: {"name": "Xi măng Hòn Đá", "type": "prospect", "owner": d.an})
    new_company = Made("company", lambda d: {"name": "Thép Sông Đà", "type": "prospect", "owner": d.an})
    contact = Made("contact", lambda d: {"full_name": "Đỗ Vân", "company": d.company, "owner": d.an})
    deal = Made("deal", lambda d: {"name": "Trạm", "company": d.company, "contact": d.contact, "owner": d.an})
    lead = Made("lead", asked)
    twin = Made("lead", asked)  # of the same customer
    free_lead = Made("lead", lambda d: asked(d) | {"owner": None})  # nobody's yet, in the department
    converted = Made("lead", lambda d: asked(d) | {"company_name": f"Hòn Đá {d.nth}", "person_name": f"Vân {d.nth}"})

    new_deal = Converted()

    def work(self, row: Any, *, days: int = 1) -> Activity:
        due = timezone.now() + timedelta(days=days)
        return activities.schedule_activity(row.record, what=self.call, due_at=due, assignee=self.an, by=self.an)

    def handed_out(self, row: Any) -> Operation:
        timeline.assign([row], owner=self.cast.binh, by=self.cast.binh)
        return Operation.objects.get(pk=last_operation())

    def screened(self) -> Operation:
        leads.convert_prospects([self.prospect], by=self.an)
        return Operation.objects.get(pk=last_operation())

    def closed(self, row: Any) -> Any:
        return stages.close(row, **self.failing(row), by=self.an)

    def failing(self, row: Any) -> dict[str, Any]:
        to = row.stage.pipeline.stage_for(Category.UNQUALIFIED)
        return {"to": to, "reason": ClosingReason.objects.filter(kind=row.kind, category=Category.UNQUALIFIED)[0]}

    def opened(self) -> Import:
        """A list of two lines that a job will read."""
        text = "Tên công ty,Điện thoại\nGạch Đông Á,02438637747\nSứ Hải Hà,02438637748\n".encode()
        return quality.open_file(SimpleUploadedFile("danh-sach.csv", text), kind="prospect", by=self.an)

    def read(self) -> Import:
        file = self.opened()
        quality.read_file(file, file.round)
        return Import.objects.get(pk=file.pk)

    def failed(self) -> Import:
        file = self.opened()
        running.note_problem(file.pk, "Hỏng")
        return file

    def checked(self) -> Import:
        file = self.read()
        file = quality.begin_check(file, self.settings(file), by=self.an)
        lanes.check_lines(file, file.round)
        return Import.objects.get(pk=file.pk)

    def line(self) -> ImportLine:
        return self.checked().lines.select_related("imported").get(line=2)

    def running(self) -> Import:
        file = self.checked()
        with transaction.atomic():
            running.start_import(file, by=self.an)
        return Import.objects.get(pk=file.pk)

    def imported(self) -> Import:
        file = self.running()
        while running.import_chunk(file.pk):
            pass
        return Import.objects.get(pk=file.pk)

    def taken_back(self) -> Import:
        file = self.imported()
        with transaction.atomic():
            taking_back.take_back_import(file, by=self.an)
        while taking_back.take_back_chunk(file.pk):
            pass
        return Import.objects.get(pk=file.pk)

    def settings(self, file: Import) -> dict[str, Any]:
        return {"columns": file.columns, "team": None, "department": self.an.department}


Work = Callable[[], Any]


@dataclass(frozen=True)
class Act:
    """`of(desk)` makes ready what one person does; two of them at once tell the event `once` exactly once.

    `many` where each of the two is told: two notes are two notes. `on`: what it works on that hangs on a Record, if
    it leaves the row alone. Acts on different such things only hold the Record, so they are raced with those on rows.
    """

    of: Callable[[Desk], Work]
    tells: str = ""
    many: bool = False
    on: str = ""

    def meets(self, other: "Act") -> bool:
        return not (self.on and other.on) or self.on == other.on


def schedule(d: Desk, row: Any, days: int = 3) -> Work:
    due = timezone.now() + timedelta(days=days)
    return partial(activities.schedule_activity, row.record, what=d.call, due_at=due, assignee=d.an, by=d.an)


def an_upload() -> SimpleUploadedFile:
    return SimpleUploadedFile("anh.txt", b"anh")


def by_rule(d: Desk) -> Desk:
    """With a rule that hands leads to Bình, the same for all desks."""
    rule, is_new = HandOutRule.objects.get_or_create(kind="lead", name="Cho Bình", defaults={"on_new": False})
    if is_new:
        rule.people.add(d.cast.binh)
    return d


def a_stage_that_goes() -> Stage:
    """A stage of deals with one in it, beside those that others move about."""
    pipeline = Pipeline.objects.default("deal")
    return Stage.objects.create(pipeline=pipeline, name=f"Bước {pipeline.stages.count()}", category=Category.OPEN)


def a_later_stage(row: Any) -> Any:
    return [one for one in row.stage.pipeline.stages.all() if one.category in ("working", "open")][-1]


# What two people may do at the same moment to rows of one desk: {act: {rows: what is done}}.
ON_LEAD = {
    "timeline.change": Act(
        lambda d: partial(timeline.change, d.lead, {"need": ("Đo bụi", "Đo SO₂")}, by=d.an), "record.changed"
    ),
    "timeline.change_many": Act(
        lambda d: partial(timeline.change_many, [d.lead], "website", "hondacement.example", by=d.an), "record.changed"
    ),
    "timeline.change_each": Act(
        lambda d: partial(timeline.change_each, [d.lead], [{"address": "Lô B2"}], by=d.an), "record.changed"
    ),
    "timeline.rearrange": Act(
        lambda d: partial(timeline.rearrange, d.lead, {"priority": (d.lead.priority, 2)}, by=d.an), "record.changed"
    ),
    "timeline.assign": Act(
        lambda d: partial(timeline.assign, [d.lead], owner=d.cast.binh, by=d.cast.binh), "record.assigned"
    ),
    "sharing.share_out": Act(
        lambda d: partial(sharing.share_out, [d.lead], people=[d.cast.binh], by=d.cast.binh), "record.assigned"
    ),
    "archiving.archive": Act(lambda d: partial(archiving.archive, [d.lead], by=d.an), "record.archived"),
    "merging.merge": Act(lambda d: partial(merging.merge, [d.lead, d.twin], by=d.an), "record.merged"),
    "apart.keep_apart": Act(
        lambda d: partial(apart.keep_apart, d.lead.record, d.twin.record, by=d.an), "record.kept_apart"
    ),
    "automation.hand_out_by_rules": Act(
        lambda d: partial(automation.hand_out_by_rules, [by_rule(d).lead], by=d.cast.binh), "record.assigned"
    ),
    "timeline.add_note": Act(
        lambda d: partial(timeline.add_note, d.lead.record, body="Gọi lại", by=d.an),
        "note.added",
        many=True,
        on="notes",
    ),
    "timeline.add_file": Act(
        lambda d: partial(timeline.add_file, d.lead.record, upload=an_upload(), by=d.an),
        "file.added",
        many=True,
        on="files",
    ),
    "timeline.edit_note": Act(
        lambda d: partial(timeline.edit_note, a_note(d), body="Đã gọi", saw="Gọi lại", by=d.an),
        "note.edited",
        on="notes",
    ),
    "timeline.withdraw_note": Act(
        lambda d: partial(timeline.withdraw_note, a_note(d), by=d.an), "note.withdrawn", on="notes"
    ),
    "timeline.rename_file": Act(
        lambda d: partial(timeline.rename_file, a_file(d), name="b.txt", by=d.an),
        "file.renamed",
        on="files",
    ),
    "timeline.withdraw_file": Act(
        lambda d: partial(timeline.withdraw_file, a_file(d), by=d.an), "file.withdrawn", on="files"
    ),
    "timeline.follow": Act(
        lambda d: partial(timeline.follow, d.lead.record, user=d.cast.hanh, by=d.an),
        "record.followed",
        on="followers",
    ),
    "timeline.unfollow": Act(
        lambda d: (
            timeline.follow(d.lead.record, user=d.cast.giang, by=d.an)
            or partial(timeline.unfollow, d.lead.record, user=d.cast.giang, by=d.an)
        ),
        "record.unfollowed",
        on="followers",
    ),
    "timeline.follow_many": Act(
        lambda d: partial(timeline.follow_many, [d.lead], user=d.cast.hanh, by=d.an), "record.followed", on="followers"
    ),
    "stages.move": Act(
        lambda d: partial(stages.move, d.lead, to=a_later_stage(d.lead), left=d.lead.stage, by=d.an),
        "lead.stage_changed",
    ),
    "stages.move_many": Act(
        lambda d: partial(stages.move_many, [d.lead], to=a_later_stage(d.lead), by=d.an), "lead.stage_changed"
    ),
    "stages.close": Act(lambda d: partial(stages.close, d.lead, **d.failing(d.lead), by=d.an), "lead.unqualified"),
    "conversion.convert_leads": Act(
        lambda d: partial(conversion.convert_leads, [d.lead], Handover(owner=d.an), by=d.an), "lead.converted"
    ),
    "activities.schedule_activity": Act(lambda d: schedule(d, d.lead), "activity.scheduled", many=True, on="work"),
    "activities.log_activity": Act(
        lambda d: partial(activities.log_activity, d.lead.record, what=d.call, result="Đã gọi", by=d.an),
        "activity.done",
        many=True,
        on="work",
    ),
    "activities.finish_activity": Act(
        lambda d: partial(activities.finish_activity, a_planned_one(d), result="Đã gọi", by=d.an),
        "activity.done",
        on="work",
    ),
    "finishing with the next thing planned": Act(
        lambda d: partial(
            activities.finish_activity,
            a_planned_one(d),
            by=d.an,
            then=activities.Plan(d.call, timezone.now() + timedelta(days=2), d.an),
        ),
        "activity.scheduled",
        on="work",
    ),
    "activities.reschedule_activity": Act(
        lambda d: partial(activities.reschedule_activity, a_planned_one(d), due_at=timezone.now(), by=d.an),
        "activity.rescheduled",
        many=True,
        on="work",
    ),
    "planning.apply_plan": Act(
        lambda d: partial(
            planning.apply_plan, d.lead.record, plan=a_work_plan(d), starts_on=in_days(3).date(), by=d.an
        ),
        "activity.plan_applied",
        many=True,
        on="work",
    ),
    "repeating it": Act(
        lambda d: partial(schedule(d, d.lead), repeat=Repeat("week", 1, (0,))),
        "activity.scheduled",
        many=True,
        on="work",
    ),
    "series.move_series": Act(
        lambda d: partial(series.move_series, a_repeated_one(d), reach=Reach.ALL, due_at=in_days(2), by=d.an),
        "activity.series_moved",
        on="work",
    ),
    "series.end_series": Act(
        lambda d: partial(series.end_series, a_repeated_one(d), reach=Reach.FOLLOWING, by=d.an),
        "activity.series_ended",
        on="work",
    ),
    "series.change_guests_of_series": Act(
        lambda d: partial(
            series.change_guests_of_series,
            a_repeated_one(d),
            guests=Guests((d.cast.binh, d.cast.hanh)),
            reach=Reach.ALL,
            by=d.an,
        ),
        "activity.guests_changed",
        on="work",
    ),
    "activities.call_off_activity": Act(
        lambda d: partial(activities.call_off_activity, a_planned_one(d), by=d.an),
        "activity.called_off",
        on="work",
    ),
    "activities.resume_activity": Act(
        lambda d: partial(activities.resume_activity, a_done_one(d), by=d.an),
        "activity.resumed",
        on="work",
    ),
    "inviting.change_guests": Act(
        lambda d: partial(
            inviting.change_guests, an_invitation(d), guests=Guests((d.cast.binh, d.cast.hanh), (VAN,)), by=d.an
        ),
        "activity.guests_changed",
        on="work",
    ),
    "inviting.answer_invitation": Act(
        lambda d: partial(inviting.answer_invitation, an_invitation(d), answer="accepted", by=d.cast.binh),
        "activity.answered",
        on="work",
    ),
    "inviting.bring_up": Act(
        lambda d: (an_invitation(d), partial(inviting.bring_up, d.lead.record, by=None))[1],
        "activity.not_invited",
        many=True,
        on="work",
    ),
}

# The same, of a deal that a conversion made, with its company and its lead.
ON_DEAL = {
    "timeline.change": Act(
        lambda d: partial(timeline.change, d.new_deal, {"need": ("Đo bụi", "Đo SO₂")}, by=d.an), "record.changed"
    ),
    "stages.move": Act(
        lambda d: partial(stages.move, d.new_deal, to=a_later_stage(d.new_deal), left=d.new_deal.stage, by=d.an),
        "deal.stage_changed",
    ),
    "stages.move_many": Act(
        lambda d: partial(stages.move_many, [d.new_deal], to=a_later_stage(d.new_deal), by=d.an), "deal.stage_changed"
    ),
    "stages.close": Act(
        lambda d: partial(stages.close, d.new_deal, to=stage_of("deal", "Thành công"), by=d.an), "deal.won"
    ),
    "moving it to its end": Act(
        lambda d: partial(
            stages.move, d.new_deal, to=stage_of("deal", "Thành công"), left=d.new_deal.stage, by=d.an
        ),
        "deal.won",
    ),
    "stages.change_pipeline": Act(
        lambda d: partial(stages.change_pipeline, d.new_deal, to=a_stage_elsewhere(), by=d.an),
        "record.pipeline_changed",
    ),
    "moving it into a stage that goes": Act(
        lambda d: partial(
            stages.move, d.new_deal, to=once(d, "a stage that goes", a_stage_that_goes), left=d.new_deal.stage, by=d.an
        ),
        "deal.stage_changed",
    ),
    "pipelines.remove_stage": Act(
        lambda d: partial(
            pipelines.remove_stage, once(d, "a stage that goes", a_stage_that_goes), to=d.new_deal.stage, by=d.cast.dung
        ),
        "stage.removed",
    ),
    "undoing.undo_conversion": Act(
        lambda d: partial(undoing.undo_conversion, d.converted, by=d.an), "lead.conversion_undone"
    ),
    "timeline.assign": Act(
        lambda d: partial(timeline.assign, [d.new_deal], owner=d.cast.binh, by=d.cast.binh), "record.assigned"
    ),
    "timeline.add_note": Act(
        lambda d: partial(timeline.add_note, d.new_deal.record, body="Gọi lại", by=d.an), "note.added", many=True
    ),
    "activities.schedule_activity": Act(lambda d: schedule(d, d.new_deal), "activity.scheduled", many=True),
    "activities.resume_activity": Act(
        lambda d: partial(
            activities.resume_activity,
            once(d, "done on the deal", lambda: activities.finish_activity(d.work(d.new_deal), by=d.an)), by=d.an,
        ),
        "activity.resumed",
    ),
    "a note on the company": Act(
        lambda d: partial(timeline.add_note, d.new_deal.company.record, body="Gọi lại", by=d.an),
        "note.added",
        many=True,
    ),
    "renaming the company": Act(
        lambda d: partial(
            timeline.change, d.new_deal.company, {"name": (d.new_deal.company.name, "Hòn Đá Mới")}, by=d.an
        ),
        "record.changed",
    ),
    "timeline.create": Act(
        lambda d: partial(
            timeline.create, "deal", {"name": "Bảo trì", "company": d.new_deal.company, "owner": d.an}, by=d.an
        ),
        "record.created", many=True,
    ),
}  # fmt: skip

# The same, of a company and what is named after it.
ON_COMPANY = {
    "merging.merge": Act(
        lambda d: partial(merging.merge, [d.company, d.new_company], by=d.an), "record.merged"
    ),
    "timeline.change": Act(
        lambda d: partial(timeline.change, d.company, {"name": ("Xi măng Hòn Đá", "Hòn Đá Mới")}, by=d.an),
        "record.changed",
    ),
    "renaming the contact": Act(
        lambda d: partial(timeline.change, d.contact, {"full_name": ("Đỗ Vân", "Đỗ Vy")}, by=d.an), "record.changed"
    ),
    "timeline.create_many": Act(
        lambda d: partial(
            timeline.create_many, "contact", [{"full_name": "Lê Hà", "company": d.company, "owner": d.an}], by=d.an
        ),
        "record.created", many=True,
    ),
    "a new deal": Act(
        lambda d: partial(
            deals.create_deal, {"name": "Bảo trì", "company": d.company, "contact": d.contact, "owner": d.an}, by=d.an
        ),
        "record.created", many=True,
    ),
    "a deal goes to this company": Act(
        lambda d: partial(timeline.change, d.new_deal, {"company": (d.new_deal.company, d.company)}, by=d.an),
        "record.changed",
    ),
    "a won deal leaves the company": Act(
        lambda d: partial(timeline.change, the_won_deal(d), {"company": (d.company, d.new_company)}, by=d.an),
        "company.became_customer",
    ),
    "a deal leaves the company": Act(
        lambda d: partial(timeline.change, d.deal, {"company": (d.company, d.new_company)}, by=d.an), "record.changed"
    ),
    "winning": Act(lambda d: partial(stages.close, d.deal, to=stage_of("deal", "Thành công"), by=d.an), "deal.won"),
    "linking its contact in a conversion": Act(
        lambda d: partial(
            conversion.convert_leads,
            [d.lead], Handover(owner=d.an, customer=Handover.LINK, contact=d.contact), by=d.an,
        ),
        "lead.converted",
    ),
    "linking it in a conversion": Act(
        lambda d: partial(
            conversion.convert_leads,
            [d.lead], Handover(owner=d.an, customer=Handover.LINK, company=d.company), by=d.an,
        ),
        "lead.converted",
    ),
}  # fmt: skip

# The same, of a raw prospect; and of rows that were handed out, or closed.
ON_PROSPECT = {
    "timeline.change": Act(
        lambda d: partial(timeline.change, d.prospect, {"remark": ("", "Đo bụi")}, by=d.an), "record.changed"
    ),
    "leads.convert_prospects": Act(
        lambda d: partial(leads.convert_prospects, [d.prospect], by=d.an), "prospect.converted"
    ),
    "timeline.assign": Act(
        lambda d: partial(timeline.assign, [d.prospect], owner=d.cast.binh, by=d.cast.binh), "record.assigned"
    ),
    "activities.schedule_activity": Act(lambda d: schedule(d, d.prospect), "activity.scheduled", many=True),
    "timeline.follow": Act(
        lambda d: partial(timeline.follow, d.prospect.record, user=d.cast.hanh, by=d.an), "record.followed"
    ),
}  # fmt: skip
ON_SCREENED = {
    "undo.undo": Act(lambda d: partial(undo.undo, the_screening(d), by=d.an), "operation.undone"),
    "activities.schedule_activity": Act(
        lambda d: the_screening(d) and schedule(d, Lead.objects.get(record__continues=d.prospect.pk)),
        "activity.scheduled",
        many=True,
    ),
    "conversion.convert_leads": Act(
        lambda d: the_screening(d)
        and partial(
            conversion.convert_leads,
            [timeline.change(lead_of(d), {"phone": ("", "+842438637747"), "need": ("", "Đo")}, by=d.an)],
            Handover(owner=d.an), by=d.an,
        ),
        "lead.converted",
    ),
    "stages.move": Act(
        lambda d: the_screening(d)
        and partial(stages.move, lead_of(d), to=a_later_stage(lead_of(d)), left=lead_of(d).stage, by=d.an),
        "lead.stage_changed",
    ),
    "timeline.change": Act(
        lambda d: the_screening(d) and partial(timeline.change, lead_of(d), {"website": ("", "hd.vn")}, by=d.an),
        "record.changed",
    ),
}  # fmt: skip
ON_HANDED_OUT = {
    "undo.undo": Act(lambda d: partial(undo.undo, the_handing_out(d), by=d.cast.binh), "operation.undone"),
    "timeline.assign": Act(
        lambda d: the_handing_out(d) and partial(timeline.assign, [d.lead], owner=d.cast.hanh, by=d.cast.dung),
        "record.assigned",
    ),
    "timeline.change": Act(
        lambda d: the_handing_out(d)
        and partial(timeline.change, d.lead, {"need": ("Đo bụi", "Đo SO₂")}, by=d.cast.dung),
        "record.changed",
    ),
    "stages.close": Act(
        lambda d: the_handing_out(d) and partial(stages.close, d.lead, **d.failing(d.lead), by=d.cast.dung),
        "lead.unqualified",
    ),
    "asking.ask_to_see": Act(
        lambda d: the_handing_out(d) and partial(asking.ask_to_see, d.lead.record, by=d.cast.chi),
        "record.access_asked",
    ),
}  # fmt: skip
# The same, of a lead of which an undoing has left a field as somebody had changed it.
ON_KEPT = {
    "undo.take_former": Act(lambda d: partial(undo.take_former, the_undoing(d), "website", by=d.an), "record.changed"),
    "timeline.change": Act(
        lambda d: the_undoing(d) and partial(timeline.change, d.lead, {"need": ("Đo bụi", "Đo SO₂")}, by=d.an),
        "record.changed",
    ),
}
ON_CLOSED = {
    "stages.reopen": Act(lambda d: partial(stages.reopen, the_closed_deal(d), by=d.an), "deal.reopened"),
    "timeline.change": Act(
        lambda d: partial(timeline.change, the_closed_deal(d), {"need": ("", "Đo SO₂")}, by=d.an), "record.changed"
    ),
    "stages.close": Act(
        lambda d: partial(stages.close, the_closed_deal(d), to=stage_of("deal", "Thành công"), by=d.an), "deal.won"
    ),
    "stages.move": Act(
        lambda d: partial(
            stages.move, the_closed_deal(d), to=a_later_stage(d.deal), left=the_closed_deal(d).stage, by=d.an
        ),
        "deal.reopened",
    ),
}  # fmt: skip
# The same, of a lead that has been in the recycle bin for long.
ON_ARCHIVED = {
    "archiving.restore": Act(
        lambda d: partial(archiving.restore, [the_archived_lead(d)], by=d.an), "record.restored"
    ),
    "archiving.destroy": Act(
        lambda d: partial(archiving.destroy, [the_archived_lead(d)], by=d.cast.dung), "records.destroyed"
    ),
}  # fmt: skip
# The same, of a lead that another was merged into.
ON_MERGED = {
    "undo.undo": Act(lambda d: partial(undo.undo, the_merging(d), by=d.an), "operation.undone"),
    "timeline.change": Act(
        lambda d: (the_merging(d), partial(timeline.change, d.lead, {"need": ("Đo bụi", "Đo SO₂")}, by=d.an))[1],
        "record.changed",
    ),
    "archiving.archive": Act(
        lambda d: (the_merging(d), partial(archiving.archive, [d.lead], by=d.an))[1], "record.archived"
    ),
    "activities.schedule_activity": Act(
        lambda d: (the_merging(d), schedule(d, d.lead))[1], "activity.scheduled", many=True
    ),
}  # fmt: skip
# The same, of two leads whose merging was taken back.
ON_PARTED = {
    "undo.redo": Act(lambda d: partial(undo.redo, the_parting(d), by=d.an), "operation.redone"),
    "timeline.change": Act(
        lambda d: (the_parting(d), partial(timeline.change, d.lead, {"need": ("Đo bụi", "Đo SO₂")}, by=d.an))[1],
        "record.changed",
    ),
    "timeline.assign": Act(
        lambda d: (the_parting(d), partial(timeline.assign, [d.twin], owner=d.cast.hanh, by=d.cast.dung))[1],
        "record.assigned",
    ),
    "activities.schedule_activity": Act(
        lambda d: (the_parting(d), schedule(d, d.twin))[1], "activity.scheduled", many=True
    ),
}  # fmt: skip
# The same, of a lead whose conversion was taken back.
ON_REOPENED = {
    "undoing.redo_conversion": Act(
        lambda d: partial(undoing.redo_conversion, reopened(d), by=d.an), "lead.conversion_redone"
    ),
    "conversion.convert_leads": Act(
        lambda d: partial(conversion.convert_leads, [reopened(d)], Handover(owner=d.an), by=d.an), "lead.converted"
    ),
    "timeline.change": Act(
        lambda d: partial(timeline.change, reopened(d), {"need": ("Đo bụi", "Đo SO₂")}, by=d.an), "record.changed"
    ),
    "timeline.assign": Act(
        lambda d: partial(timeline.assign, [reopened(d)], owner=d.cast.hanh, by=d.cast.dung), "record.assigned"
    ),
    "stages.move": Act(
        lambda d: partial(stages.move, reopened(d), to=stage_of("lead", "Mới"), left=reopened(d).stage, by=d.an),
        "lead.stage_changed",
    ),
    "activities.schedule_activity": Act(lambda d: schedule(d, reopened(d)), "activity.scheduled", many=True),
}  # fmt: skip
# The same, of a lead that nobody has.
ON_FREE = {
    "timeline.take": Act(lambda d: partial(timeline.take, d.free_lead, by=d.an), "record.taken"),
    "a colleague takes it": Act(lambda d: partial(timeline.take, d.free_lead, by=d.cast.binh), "record.taken"),
    "timeline.assign": Act(
        lambda d: partial(timeline.assign, [d.free_lead], owner=d.cast.hanh, by=d.cast.dung), "record.assigned"
    ),
}
# What stands on the desk, the oldest first, and what is done to it.
# Of work that stands on no record, which acts hold by itself; and of such that comes again, held by its series.
ON_ALONE = {
    "activities.link_activity": Act(
        lambda d: partial(activities.link_activity, an_own_work(d), about=d.lead.record, by=d.an), "activity.linked"
    ),
    "activities.finish_activity": Act(
        lambda d: partial(activities.finish_activity, an_own_work(d), result="Xong", by=d.an), "activity.done"
    ),
    "activities.reschedule_activity": Act(
        lambda d: partial(activities.reschedule_activity, an_own_work(d), due_at=ANOTHER_TIME, by=d.an),
        "activity.rescheduled",
    ),
    "activities.call_off_activity": Act(
        lambda d: partial(activities.call_off_activity, an_own_work(d), by=d.an), "activity.called_off"
    ),
    "inviting.change_guests": Act(
        lambda d: partial(inviting.change_guests, an_own_work(d), guests=Guests((d.cast.binh,)), by=d.an),
        "activity.guests_changed",
    ),
    "undo.undo": Act(
        lambda d: partial(undo.undo, (an_own_work(d), d.__dict__["its making"])[1], by=d.an), "operation.undone"
    ),
}
ON_ALONE_AGAIN = {
    "activities.link_activity": Act(
        lambda d: partial(activities.link_activity, an_own_series(d), about=d.lead.record, by=d.an), "activity.linked"
    ),
    "series.move_series": Act(
        lambda d: partial(series.move_series, an_own_series(d), reach=Reach.ALL, due_at=in_days(1), by=d.an),
        "activity.series_moved",
    ),
    "series.end_series": Act(
        lambda d: partial(series.end_series, an_own_series(d), reach=Reach.FOLLOWING, by=d.an), "activity.series_ended"
    ),
    "series.change_guests_of_series": Act(
        lambda d: partial(
            series.change_guests_of_series,
            an_own_series(d),
            guests=Guests((d.cast.binh,)),
            reach=Reach.FOLLOWING,
            by=d.an,
        ),
        "activity.guests_changed",
    ),
    "activities.finish_activity": Act(
        lambda d: partial(activities.finish_activity, an_own_series(d), result="Xong", by=d.an), "activity.done"
    ),
}

GROUPS = {
    "alone": (("lead",), ON_ALONE),
    "alone again": (("lead",), ON_ALONE_AGAIN),
    "lead": (("lead", "twin"), ON_LEAD),
    "merged": (("lead", "twin"), ON_MERGED),
    "parted": (("lead", "twin"), ON_PARTED),
    "reopened": (("converted", "new_deal"), ON_REOPENED),
    "deal": (("converted", "new_deal"), ON_DEAL),
    "company": (("company", "contact", "deal", "lead", "new_company", "new_deal"), ON_COMPANY),
    "prospect": (("prospect",), ON_PROSPECT),
    "screened": (("prospect",), ON_SCREENED),
    "handed out": (("lead",), ON_HANDED_OUT),
    "kept": (("lead",), ON_KEPT),
    "closed": (("deal",), ON_CLOSED),
    "archived": (("lead",), ON_ARCHIVED),
    "free": (("free_lead",), ON_FREE),
}


def once(d: Desk, name: str, make: Callable[[], Any]) -> Any:
    """Make something of a desk once, though both acts ask for it."""
    if name not in d.__dict__:
        d.__dict__[name] = make()
    return d.__dict__[name]


def reopened(d: Desk) -> Any:
    """Its converted lead, whose conversion was taken back."""
    return once(d, "reopened", lambda: undoing.undo_conversion(d.converted, by=d.an))


def a_note(d: Desk) -> Any:
    return once(d, "note", lambda: timeline.add_note(d.lead.record, body="Gọi lại", by=d.an))


def a_file(d: Desk) -> Any:
    return once(d, "file on the lead", lambda: timeline.add_file(d.lead.record, upload=an_upload(), by=d.an))


def a_planned_one(d: Desk) -> Activity:
    return once(d, "planned", lambda: d.work(d.lead))


ANOTHER_TIME = timezone.now() + timedelta(days=5)


def an_own_work(d: Desk) -> Activity:
    """On no record; and its making, which can be taken back."""

    def make() -> Activity:
        work = activities.schedule_activity(None, what=d.call, due_at=in_days(3), assignee=d.an, lasts=30, by=d.an)
        d.__dict__["its making"] = Operation.objects.latest("pk")
        return work

    return once(d, "own work", make)


def an_own_series(d: Desk) -> Activity:
    plan = partial(activities.schedule_activity, None, what=d.call, due_at=in_days(1), assignee=d.an, by=d.an)
    return once(d, "own series", partial(plan, repeat=Repeat("day", times=3)))


VAN = ("Vân", "van@hd.example")


def an_invitation(d: Desk) -> Activity:
    guests = Guests((d.cast.binh,), (VAN,))
    return once(d, "invitation", lambda: inviting.change_guests(d.work(d.lead), guests=guests, by=d.an))


def a_work_plan(d: Desk) -> WorkPlan:
    step = {"type": d.call.pk, "title": "", "after": 1, "working": True, "at": "09:00", "who": "owner"}
    return once(d, "work plan", lambda: WorkPlan.objects.create(name="Chăm sóc", kind="lead", steps=[step]))


def in_days(days: int) -> Any:
    return timezone.now() + timedelta(days=days)


def a_repeated_one(d: Desk) -> Activity:
    return once(d, "repeated", partial(schedule(d, d.lead), repeat=Repeat("day", times=3)))


def a_done_one(d: Desk) -> Activity:
    return once(d, "done", lambda: activities.finish_activity(d.work(d.lead), by=d.an))


def the_screening(d: Desk) -> Operation:
    return once(d, "screening", d.screened)


def lead_of(d: Desk) -> Lead:
    return Lead.objects.with_stage().with_words().get(record__continues=d.prospect.pk)


def the_merging(d: Desk) -> Operation:
    def merged() -> Operation:
        merging.merge([d.lead, d.twin], by=d.an)
        return Operation.objects.get(pk=last_operation())

    return once(d, "merging", merged)


def the_parting(d: Desk) -> Operation:
    def parted() -> Operation:
        undo.undo(the_merging(d), by=d.an)
        return Operation.objects.get(pk=the_merging(d).pk)

    return once(d, "parting", parted)


def the_handing_out(d: Desk) -> Operation:
    return once(d, "handing", lambda: d.handed_out(d.lead))


def the_undoing(d: Desk) -> Event:
    def undone() -> Event:
        timeline.change_many([d.lead], "website", "a.hondacement.example", by=d.an)
        given = Operation.objects.get(pk=last_operation())
        now = Lead.objects.with_words().get(pk=d.lead.pk)
        timeline.change(now, {"website": (now.website, "b.hondacement.example")}, by=d.an)
        undo.undo(given, by=d.an)
        return Event.objects.get(about=d.lead.pk, kind="operation.undone")

    return once(d, "undoing", undone)


def the_closed_deal(d: Desk) -> Deal:
    return once(d, "closed_deal", lambda: d.closed(d.deal))


def the_won_deal(d: Desk) -> Deal:
    return once(d, "won_deal", lambda: stages.close(d.deal, to=stage_of("deal", "Thành công"), by=d.an))


def the_archived_lead(d: Desk) -> Record:
    return once(d, "archived lead", lambda: archived_long_ago(d.lead, by=d.an))


def archived_long_ago(row: Any, *, by: Any) -> Record:
    """Archive a row so long ago that an admin may destroy it."""
    archiving.archive([row], by=by)
    record = Record.objects.get(pk=row.pk)
    record.archived_at = timezone.now() - archiving.KEPT - timedelta(days=1)
    with operation("given", by=None):
        writing.change([record], "archived_at")
    return record


def a_stage_elsewhere() -> Any:
    other, _made = Pipeline.objects.get_or_create(kind="deal", name="Dịch vụ")
    return other.stages.get_or_create(name="Khảo sát", category=Category.OPEN)[0]
