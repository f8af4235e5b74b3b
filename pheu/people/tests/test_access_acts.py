"""Every act asks for the right itself: whoever calls it, by page, import or job, an outsider is refused and nothing
has changed (design.md 3, «one door»)."""

import inspect
from copy import deepcopy
from datetime import date, timedelta
from functools import partial
from importlib import import_module
from importlib.util import find_spec

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import QueryDict
from django.utils import timezone

from pheu.activities import inviting, planning, series
from pheu.activities import services as activities
from pheu.activities.guests import Guests
from pheu.activities.models import ActivityType, WorkPlan
from pheu.activities.repeating import Repeat
from pheu.activities.series import Reach
from pheu.automation import services as automation
from pheu.conftest import make_cast, nothing_changes, stage_of
from pheu.core import shape
from pheu.core.errors import Refused
from pheu.core.vietnamese import today_here
from pheu.deals import conversion, undoing
from pheu.deals import services as deals
from pheu.deals.conversion import Handover
from pheu.leads import services as leads
from pheu.messaging import by_itself, consents, mailboxes, receiving, sending, trying
from pheu.messaging.channels.email.letters import Address
from pheu.messaging.models import EmailTemplate, Message
from pheu.parties import services as parties
from pheu.parties.models import Source
from pheu.people.models import Role, TimeOff, User
from pheu.quality import apart, merging, outgoing, running, sweep, taking_back
from pheu.quality import services as quality
from pheu.quality.models import Import
from pheu.records import keeping, kinds
from pheu.records.acts import last_operation
from pheu.records.models import Category, ClosingReason, FieldGroup, Operation, Pipeline, SavedView
from pheu.records.tests.desk import archived_long_ago
from pheu.records.tests.made_up import made_by
from pheu.setup import configuring, housekeeping, lists, pipelines, shaping, staffing
from pheu.setup import services as setup
from pheu.setup.definitions import groups_of
from pheu.setup.tests.test_fields import standing_field
from pheu.setup.tests.test_jobs_page import parked_job
from pheu.timeline import archiving, asking, sharing, stages, undo
from pheu.timeline import services as timeline
from pheu.timeline.models import Event

pytestmark = pytest.mark.one_worker

THIS_YEAR = today_here().year
REASONS = lists.get("deal-lost-reasons")


class Desk:
    """What An has on the desk: one row of each kind, an activity, a file and an import, all An's own."""

    def __init__(self, cast):
        self.cast, an = cast, cast.an
        self.prospect = parties.create_prospect({"company_name": "Xi măng Hòn Đá", "owner": an}, by=an)
        self.company = parties.create_company({"name": "Xi măng Hòn Đá", "owner": an}, by=an)
        self.contact = parties.create_contact({"full_name": "Đỗ Thị Vân", "owner": an}, by=an)
        self.reader = parties.create_contact({"full_name": "Lý Thu", "email": "thu@hd.example", "owner": an}, by=an)
        contents = {"name": "Trạm", "company_name": "Hòn Đá", "phone": "+842438637747", "need": "Đo bụi", "owner": an}
        self.lead, self.closed_lead, self.converted_lead = (leads.create_lead(dict(contents), by=an) for _n in range(3))
        self.closed_lead = leads.close_lead(
            self.closed_lead, to=stage_of("lead", "Không phù hợp"), reason=reason("lead", Category.UNQUALIFIED), by=an
        )
        conversion.convert_leads([self.converted_lead], self.handover(), by=an)
        self.free_lead = leads.create_lead(contents | {"owner": None}, by=an)
        self.deal, self.closed_deal = (deals.create_deal({"name": "Trạm", "owner": an}, by=an) for _n in range(2))
        self.closed_deal = deals.close_deal(self.closed_deal, to=stage_of("deal", "Thành công"), by=an)
        other = Pipeline.objects.create(kind="deal", name="Dịch vụ")
        self.other_pipeline = other.stages.create(name="Khảo sát", category=Category.OPEN)
        handed = leads.create_lead(dict(contents), by=an)
        timeline.assign([handed], owner=cast.binh, by=cast.binh)
        self.handed_out = Operation.objects.get(pk=last_operation())
        timeline.assign([handed], owner=cast.chi, by=cast.binh)
        self.taken_back = Operation.objects.get(pk=last_operation())
        undo.undo(self.taken_back, by=cast.binh)
        self.taken_back.refresh_from_db()
        source, *others = Source.objects.all()[:3]
        self.sourced = leads.create_lead({**contents, "source": source}, by=an)
        timeline.change_many([self.sourced], "source", others[0], by=an)
        given = Operation.objects.get(pk=last_operation())
        leads.change_lead(self.sourced, {"source": (others[0], others[1])}, by=an)
        undo.undo(given, by=an)
        self.undoing = Event.objects.get(about=self.sourced.pk, kind="operation.undone")
        self.archived = archived_long_ago(leads.create_lead(dict(contents), by=an), by=an)
        self.activity = activities.schedule_activity(
            self.lead.record, what=activity_type(), due_at=timezone.now(), assignee=an, by=an
        )
        guests = Guests((an,))
        self.invited = activities.schedule_activity(
            self.deal.record, what=activity_type(), due_at=timezone.now(), assignee=cast.binh, guests=guests, by=an
        )
        self.plan = a_work_plan()
        self.alone = activities.schedule_activity(None, what=activity_type(), due_at=timezone.now(), assignee=an, by=an)
        self.repeated = activities.schedule_activity(
            self.lead.record, what=activity_type(), due_at=timezone.now(), assignee=an, repeat=Repeat("day"), by=an
        )
        timeline.follow(self.lead.record, user=cast.hanh, by=an)
        text = "Tên công ty,Điện thoại\nXi măng Hòn Đá,02438637747\n".encode()
        self.imported, checked = (
            quality.open_file(SimpleUploadedFile("danh-sach.csv", text), kind="prospect", by=an) for _nth in range(2)
        )
        for one in (self.imported, checked):
            quality.read_file(one, one.round)
        Import.objects.filter(pk=checked.pk).update(state=Import.State.CHECKED)
        self.line = checked.lines.get(line=2)
        self.job = parked_job()
        self.field, self.group = standing_field(), FieldGroup.objects.create(kind="lead", label="Khảo sát")
        self.role = Role.objects.create(code="nobody", name="Chưa ai")
        self.view = keeping.keep_view("lead", "Hội thảo", {}, shared="all", by=cast.dung)
        SavedView.objects.filter(pk=self.view.pk).update(owner=an)
        self.note = timeline.add_note(self.deal.record, body="x", by=an)
        self.file = timeline.add_file(self.deal.record, upload=upload(), by=an)
        for person in (an, cast.dung):
            mailboxes.connect(a_mailbox(person), key="x", by=person)
        self.letter, draft = a_letter(self.deal, an), a_letter(self.deal, an)
        self.draft = sending.take_back(draft, by=an)
        sender = {"name": "Vân", "address": "v@hd.example"}
        self.received = Message.objects.create(user=an, state="received", message_id="<1@hd.example>", sender=sender)

    def handover(self):
        return Handover(owner=self.cast.an, customer=Handover.NONE)


def a_mailbox(person):
    """The columns of a mailbox of theirs."""
    return {**mailboxes.proposed(person.email), "address": person.email, "login": "", "privacy": "whole"}


def a_letter(about, by):
    to = [Address("", "van@hondacement.example")]
    return sending.write(about.record, to=to, subject="Báo giá", html="<p>Chào chị</p>", by=by)


def reason(kind, category):
    return ClosingReason.objects.filter(kind=kind, category=category)[0]


def activity_type():
    return ActivityType.objects.all()[0]


def a_work_plan():
    step = {"type": activity_type().pk, "title": "", "after": 1, "working": True, "at": "09:00", "who": "owner"}
    return WorkPlan.objects.create(name="Chăm sóc", kind="lead", steps=[step])


def upload():
    return SimpleUploadedFile("anh.txt", b"anh")


def a_consent(contact, by):
    told = {"purpose": "advertising", "given": True, "source": "form", "wording": "Đồng ý"}
    return consents.note_consent(contact.record, address=contact.email, **told, by=by)


def a_logo():
    return SimpleUploadedFile("logo.png", b"\x89PNG\r\n\x1a\nlogo")


# Acts on rows: who may not change the row is refused, whether they see it (the viewer) or not (the outsider).
ON_ROWS = {
    "timeline.change": lambda d, by: timeline.change(d.lead, {"need": ("Đo bụi", "khác")}, by=by),
    "timeline.change_many": lambda d, by: timeline.change_many([d.lead], "need", "khác", by=by),
    "timeline.change_each": lambda d, by: timeline.change_each([d.lead], [{"need": "khác"}], by=by),
    "timeline.rearrange": lambda d, by: timeline.rearrange(d.lead, {"need": ("Đo bụi", "khác")}, by=by),
    "keeping.change_view": lambda d, by: keeping.change_view(d.view.pk, {"name": "x"}, by=by),
    "stages.move": lambda d, by: stages.move(d.lead, to=another(d.lead), left=d.lead.stage, by=by),
    "stages.move_many": lambda d, by: stages.move_many([d.lead], to=another(d.lead), by=by),
    "stages.close": lambda d, by: stages.close(d.deal, to=stage_of("deal", "Thành công"), by=by),
    "stages.reopen": lambda d, by: stages.reopen(d.closed_deal, by=by),
    "stages.change_pipeline": lambda d, by: stages.change_pipeline(d.deal, to=d.other_pipeline, by=by),
    "undo.undo": lambda d, by: undo.undo(d.handed_out, by=by),
    "undo.take_former": lambda d, by: undo.take_former(d.undoing, "source", by=by),
    "undo.redo": lambda d, by: undo.redo(d.taken_back, by=by),
    "timeline.assign": lambda d, by: timeline.assign([d.lead], owner=by, by=by),
    "sharing.share_out": lambda d, by: sharing.share_out([d.lead], people=[by], by=by),
    "archiving.archive": lambda d, by: archiving.archive([d.lead], by=by),
    "merging.merge": lambda d, by: merging.merge([d.lead, d.free_lead], by=by),
    "apart.keep_apart": lambda d, by: apart.keep_apart(d.lead.record, d.free_lead.record, by=by),
    "archiving.restore": lambda d, by: archiving.restore([d.archived], by=by),
    "automation.hand_out_by_rules": lambda d, by: automation.hand_out_by_rules([d.lead], by=by),
    "timeline.take": lambda d, by: timeline.take(d.free_lead, by=by),
    "timeline.add_note": lambda d, by: timeline.add_note(d.deal.record, body="x", by=by),
    "sending.keep_draft": lambda d, by: sending.keep_draft(d.lead.record, subject="x", by=by),
    "sending.write": lambda d, by: a_letter(d.deal, by),
    "by_itself.send_first_now": lambda d, by: by_itself.send_first_now(d.deal.record, "converted", by=by),
    "consents.note_consent": lambda d, by: a_consent(d.reader, by),
    "timeline.add_file": lambda d, by: timeline.add_file(d.deal.record, upload=upload(), by=by),
    "timeline.follow": lambda d, by: timeline.follow(d.deal.record, user=d.cast.hanh, by=by),
    "timeline.follow_many": lambda d, by: timeline.follow_many([d.deal], user=d.cast.hanh, by=by),
    "timeline.unfollow": lambda d, by: timeline.unfollow(d.lead.record, user=d.cast.hanh, by=by),
    "parties.change_company": lambda d, by: parties.change_company(d.company, {"name": (d.company.name, "x")}, by=by),
    "parties.change_contact": lambda d, by: parties.change_contact(d.contact, {"job_title": ("", "x")}, by=by),
    "parties.change_prospect": lambda d, by: parties.change_prospect(d.prospect, {"remark": ("", "x")}, by=by),
    "leads.change_lead": lambda d, by: leads.change_lead(d.lead, {"need": ("Đo bụi", "x")}, by=by),
    "leads.assign_leads": lambda d, by: leads.assign_leads([d.lead], owner=by, by=by),
    "leads.convert_prospects": lambda d, by: leads.convert_prospects([d.prospect], by=by),
    "leads.move_lead": lambda d, by: leads.move_lead(d.lead, to=another(d.lead), left=d.lead.stage, by=by),
    "leads.close_lead": lambda d, by: leads.close_lead(
        d.lead, to=stage_of("lead", "Không phù hợp"), reason=reason("lead", Category.UNQUALIFIED), by=by
    ),
    "leads.reopen_lead": lambda d, by: leads.reopen_lead(d.closed_lead, by=by),
    "deals.change_deal": lambda d, by: deals.change_deal(d.deal, {"name": ("Trạm", "x")}, by=by),
    "deals.assign_deals": lambda d, by: deals.assign_deals([d.deal], owner=by, by=by),
    "deals.move_deal": lambda d, by: deals.move_deal(d.deal, to=another(d.deal), left=d.deal.stage, by=by),
    "deals.close_deal": lambda d, by: deals.close_deal(d.deal, to=stage_of("deal", "Thành công"), by=by),
    "deals.reopen_deal": lambda d, by: deals.reopen_deal(d.closed_deal, by=by),
    "conversion.convert_leads": lambda d, by: conversion.convert_leads([d.lead], d.handover(), by=by),
    "undoing.undo_conversion": lambda d, by: undoing.undo_conversion(d.converted_lead, by=by),
    "undoing.redo_conversion": lambda d, by: undoing.redo_conversion(d.converted_lead, by=by),
    "activities.schedule_activity": lambda d, by: activities.schedule_activity(
        d.deal.record, what=activity_type(), due_at=timezone.now(), assignee=by, by=by
    ),
    "inviting.change_guests": lambda d, by: inviting.change_guests(
        d.activity, guests=Guests((d.cast.hanh,), (("Vân", "van@hd.example"),)), by=by
    ),
    "activities.finish_activity": lambda d, by: activities.finish_activity(d.activity, result="x", by=by),
    "activities.reschedule_activity": lambda d, by: activities.reschedule_activity(
        d.activity, due_at=timezone.now(), by=by
    ),
    "activities.log_activity": lambda d, by: activities.log_activity(
        d.deal.record, what=activity_type(), result="x", by=by
    ),
    "planning.apply_plan": lambda d, by: planning.apply_plan(
        d.lead.record, plan=d.plan, starts_on=today_here(), by=by
    ),
    "series.move_series": lambda d, by: series.move_series(
        d.repeated, reach=Reach.ALL, due_at=timezone.now() + timedelta(days=2), by=by
    ),
    "series.end_series": lambda d, by: series.end_series(d.repeated, reach=Reach.ALL, by=by),
    "series.change_guests_of_series": lambda d, by: series.change_guests_of_series(
        d.repeated, guests=Guests((d.cast.hanh,)), reach=Reach.ALL, by=by
    ),
    "activities.resume_activity": lambda d, by: activities.resume_activity(d.activity, by=by),
    "activities.call_off_activity": lambda d, by: activities.call_off_activity(d.activity, by=by),
    "quality.choose_sheet": lambda d, by: quality.choose_sheet(
        d.imported, sheet="", encoding="utf-8", header_line=0, by=by
    ),
    "quality.begin_check": lambda d, by: quality.begin_check(
        d.imported, {"columns": {"0": "company_name"}, "team": None, "department": by.department}, by=by
    ),
    "quality.mend_line": lambda d, by: quality.mend_line(d.line, {}, by=by),
    "running.start_import": lambda d, by: running.start_import(d.imported, by=by),
    "running.stop_import": lambda d, by: running.stop_import(d.imported, by=by),
    "taking_back.take_back_import": lambda d, by: taking_back.take_back_import(d.imported, by=by),
    "taking_back.do_import_again": lambda d, by: taking_back.do_import_again(d.imported, by=by),
    "running.try_again": lambda d, by: running.try_again(d.imported, by=by),
}  # fmt: skip

# Acts on what somebody wrote: its author's, whoever else may change the record.
OF_AUTHORS = {
    "timeline.edit_note": lambda d, by: timeline.edit_note(d.note, body="y", saw="x", by=by),
    "timeline.withdraw_note": lambda d, by: timeline.withdraw_note(d.note, by=by),
    "timeline.rename_file": lambda d, by: timeline.rename_file(d.file, name="y.txt", by=by),
    "timeline.withdraw_file": lambda d, by: timeline.withdraw_file(d.file, by=by),
}

# Acts on letters of one's own mailbox, and on what one is invited to: nobody else's, whatever they may do with records.
OF_OWNERS = {
    "activities.link_activity": lambda d, by: activities.link_activity(d.alone, about=d.lead.record, by=by),
    "inviting.answer_invitation": lambda d, by: inviting.answer_invitation(d.invited, answer="accepted", by=by),
    "sending.take_back": lambda d, by: sending.take_back(d.letter, by=by),
    "sending.send_again": lambda d, by: sending.send_again(d.draft, by=by),
    "sending.drop": lambda d, by: sending.drop(d.draft, by=by),
    "receiving.place": lambda d, by: receiving.place(d.received, d.deal.record, by=by),
    "receiving.put_aside": lambda d, by: receiving.put_aside(d.received, by=by),
    "receiving.show_as": lambda d, by: receiving.show_as(d.received, "private", by=by),
    "receiving.take_up": lambda d, by: receiving.take_up(d.received, by=by),
    "receiving.make_lead": lambda d, by: receiving.make_lead(d.received, by=by),
}

# What belongs to the installation: the same for whoever may, seen or not.
ON_SYSTEM = {
    "archiving.destroy": lambda d, by: archiving.destroy([d.archived], by=by),
    "setup.run_job_again": lambda d, by: setup.run_job_again(d.job.pk, by=by),
    "setup.drop_job": lambda d, by: setup.drop_job(d.job.pk, by=by),
    "configuring.add_item": lambda d, by: configuring.add_item(REASONS, {"name": "Khác hẳn", "colour": "red"}, by=by),
    "configuring.change_item": lambda d, by: configuring.change_item(
        REASONS, REASONS.items[0].pk, {"is_active": (True, False)}, by=by
    ),
    "configuring.remove_item": lambda d, by: configuring.remove_item(lists.get("roles"), d.role.pk, by=by),
    "staffing.invite_person": lambda d, by: staffing.invite_person(
        {"full_name": "Hà", "email": "ha@quantrac.example", "role": d.role}, by=by
    ),
    "staffing.invite_again": lambda d, by: staffing.invite_again(d.cast.giang.pk, by=by),
    "staffing.leave": lambda d, by: staffing.leave(d.cast.giang.pk, heir=None, by=by),
    "staffing.come_back": lambda d, by: staffing.come_back(d.cast.giang.pk, by=by),
    "staffing.add_time_off": lambda d, by: staffing.add_time_off(
        d.cast.chi, begins_on=date(THIS_YEAR, 9, 2), ends_on=date(THIS_YEAR, 9, 3), by=by
    ),
    "staffing.remove_time_off": lambda d, by: staffing.remove_time_off(TimeOff(user=d.cast.chi), by=by),
    "staffing.take_second_step_away": lambda d, by: staffing.take_second_step_away(d.cast.giang.pk, by=by),
    "configuring.order_items": lambda d, by: configuring.order_items(
        REASONS, [one.pk for one in reversed(REASONS.items)], by=by
    ),
    "housekeeping.change_logo": lambda d, by: housekeeping.change_logo(a_logo(), by=by),
    "housekeeping.remove_logo": lambda d, by: housekeeping.remove_logo(by=by),
    "housekeeping.add_holidays": lambda d, by: housekeeping.add_holidays(THIS_YEAR, [date(THIS_YEAR, 9, 2)], by=by),
    "shaping.add_field": lambda d, by: shaping.add_field("lead", "text", {"label": "x", "group": "lead"}, by=by),
    "shaping.change_field": lambda d, by: shaping.change_field(
        d.field.pk, {"label": "x"}, seen=shaping.digest(d.field), by=by
    ),
    "shaping.move_field": lambda d, by: shaping.move_field(d.field.pk, "deal", seen=shaping.digest(d.field), by=by),
    "shaping.add_group": lambda d, by: shaping.add_group("lead", "x", by=by),
    "shaping.change_group": lambda d, by: shaping.change_group(d.group.pk, "x", by=by),
    "shaping.drop_group": lambda d, by: shaping.drop_group(d.group.pk, by=by),
    "shaping.arrange": lambda d, by: shaping.arrange("lead", "requirements", ["need"], by=by),
    "shaping.arrange_groups": lambda d, by: shaping.arrange_groups(
        "lead", [one.name for one in groups_of("lead")], by=by
    ),
}

ON_SYSTEM |= {
    "trying.send_trial": lambda d, by: trying.send_trial(EmailTemplate(subject="x", html="<p>x</p>"), None, by=by),
    "pipelines.add_pipeline": lambda d, by: pipelines.add_pipeline(
        kinds.get("deal"), name="Dự án", stages=kinds.get("deal").templates["Bán hàng"], by=by
    ),
    "pipelines.change_pipeline": lambda d, by: pipelines.change_pipeline(
        d.other_pipeline.pipeline, {"name": ("Dịch vụ", "Bảo trì")}, by=by
    ),
    "pipelines.retire_pipeline": lambda d, by: pipelines.retire_pipeline(d.other_pipeline.pipeline, to=None, by=by),
    "pipelines.resume_pipeline": lambda d, by: pipelines.resume_pipeline(d.other_pipeline.pipeline, by=by),
    "pipelines.delete_pipeline": lambda d, by: pipelines.delete_pipeline(d.other_pipeline.pipeline, by=by),
    "pipelines.add_stage": lambda d, by: pipelines.add_stage(
        d.other_pipeline.pipeline, {"name": "Lắp đặt", "category": "open"}, by=by
    ),
    "pipelines.change_stage": lambda d, by: pipelines.change_stage(
        stage_of("deal", "Báo giá"), {"name": ("Báo giá", "Chào giá")}, by=by
    ),
    "pipelines.remove_stage": lambda d, by: pipelines.remove_stage(stage_of("deal", "Báo giá"), by=by),
    "pipelines.order_stages": lambda d, by: pipelines.order_stages(
        stage_of("deal", "Báo giá").pipeline, a_new_order(), by=by
    ),
}


def a_new_order():
    """The stages of the usual pipeline of deals, the second and the third in each other's place."""
    first, second, third, *rest = [one.pk for one in Pipeline.objects.default("deal").stages.all()]
    return [first, third, second, *rest]


# Acts that make something new: a role that may create nothing is refused.
MAKING = {
    "timeline.create": lambda d, by: timeline.create("lead", {"name": "x"}, by=by),
    "timeline.create_many": lambda d, by: timeline.create_many("lead", [{"name": "x"}], by=by),
    "leads.create_leads": lambda d, by: leads.create_leads([{"name": "x"}], by=by),
    "parties.create_company": lambda d, by: parties.create_company({"name": "x"}, by=by),
    "parties.create_contact": lambda d, by: parties.create_contact({"full_name": "x"}, by=by),
    "parties.create_prospect": lambda d, by: parties.create_prospect({"company_name": "x"}, by=by),
    "leads.create_lead": lambda d, by: leads.create_lead({"name": "x"}, by=by),
    "deals.create_deal": lambda d, by: deals.create_deal({"name": "x"}, by=by),
    "quality.open_file": lambda d, by: quality.open_file(upload(), kind="prospect", by=by),
    "sweep.begin": lambda d, by: sweep.begin(kinds.get("lead"), by=by),
    "outgoing.export_rows": lambda d, by: outgoing.export_rows(leaving(by), [], form="csv", by=by),
}

# What everybody does who may look.
LOOKING = {
    "asking.ask_to_see": lambda d, by: asking.ask_to_see(d.lead.record, by=by),
    "keeping.keep_view": lambda d, by: keeping.keep_view("lead", "x", {}, by=by),
    "housekeeping.change_picture": lambda d, by: housekeeping.change_picture(a_logo(), by=by),
    "mailboxes.connect": lambda d, by: mailboxes.connect(a_mailbox(by), key="x", by=by),
    "mailboxes.disconnect": lambda d, by: mailboxes.disconnect(by=by),
    "keeping.choose_columns": lambda d, by: keeping.choose_columns("lead", "name", by=by),
}

# Parts of acts, which rely on whoever calls them inside an act that has asked: pages never do.
PARTS = {
    "activities.must_change", "activities.must_be_theirs", "activities.is_theirs", "activities.may_change",
    "activities.held", "activities.plan_held", "activities.must_be_as_planned", "planning.drafts",
    "activities.hand_over_work", "activities.tell_overdue", "activities.invite", "activities.tell_guests",
    "activities.tell_each",
    "inviting.bring_up", "inviting.bring_up_alone",  # for reactions to what somebody has done
    "series.fill_series", "configuring.hold_entry", "configuring.hold_entries",
    "timeline.record", "timeline.record_many", "timeline.must_be_author", "timeline.give", "timeline.give_each",
    "timeline.begin_in", "timeline.put_notes", "timeline.writable",
    "by_itself.send_first", "aliases.make_record",  # for reactions to what somebody has done, and for what comes in
    "automation.by_rules",  # for whoever makes records
    "automation.warn_of_return", "automation.return_to_pool",  # for the job that goes by the clock: nobody's act
    "timeline.put", "parties.create_prospects",  # for conversions and for imports (`may_place`)
    "leads.start_working", "deals.note_wins", "deals.note_wins_of", "stages.enter", "stages.enter_many",
    "stages.tell_override", "pipelines.empty_some",  # for the job that goes on with what `remove_stage` has begun
    "pipelines.move_some",  # and with what `change_stage` or `retire_pipeline` would do
    "quality.locked",
    "undo.hand_on",  # for what takes something back, or does it again
    "merging.all_to_merge", "merging.must_fit",  # asked by the act, and by its page before anybody chooses
}  # fmt: skip


def leaving(by):
    return outgoing.Outgoing(kinds.get("lead"), by, QueryDict("tab=all"), scope="all")


def another(row):
    return row.stage.pipeline.stages.exclude(pk=row.stage_id).filter(category__in=("working", "open"))[0]


@pytest.fixture(scope="module")
def whole_desk(rows_for_all):
    return rows_for_all(lambda: Desk(make_cast()))


@pytest.fixture
def desk(whole_desk, db):
    """The same for every test: acts change the rows that they are given."""
    shape.see(None)  # a field of its own is among them
    return deepcopy(whole_desk)


@pytest.fixture
def cast(desk):
    return desk.cast


def refusals(acts, desk, by):
    """The acts that did not refuse."""
    accepted = []
    for name, act in acts.items():
        try:
            act(desk, by)
        except Refused:
            continue
        accepted.append(name)
    return accepted


@pytest.mark.parametrize("who", ["chi", "giang"], ids=["somebody outside the team", "somebody who only looks"])
def test_no_act_takes_a_row_from_somebody_who_may_not_change_it(desk, who):
    by = getattr(desk.cast, who)
    with nothing_changes():
        assert refusals(ON_ROWS | OF_AUTHORS, desk, by) == []


@pytest.mark.parametrize("who", ["binh", "dung"], ids=["who leads the team", "who administers"])
def test_nobody_changes_what_somebody_else_wrote(desk, who):
    with nothing_changes():
        assert refusals(OF_AUTHORS, desk, getattr(desk.cast, who)) == []


@pytest.mark.parametrize("who", ["chi", "giang", "binh", "dung"])
def test_nobody_touches_letters_of_somebody_elses_mailbox(desk, who):
    with nothing_changes():
        assert refusals(OF_OWNERS, desk, getattr(desk.cast, who)) == []


@pytest.mark.parametrize("name", OF_OWNERS)
def test_letters_are_their_owners_to_handle(desk, an, name):
    OF_OWNERS[name](desk, an)


@pytest.mark.parametrize("name", OF_AUTHORS)
def test_authors_change_what_they_wrote_while_they_may_change_the_record(desk, cast, name):
    OF_AUTHORS[name](desk, cast.an)
    deals.assign_deals([desk.deal], owner=cast.chi, by=cast.dung)
    made_by(desk.deal, cast.dung)
    with nothing_changes(), pytest.raises(Refused):
        OF_AUTHORS[name](desk, cast.an)


def test_no_act_makes_anything_for_somebody_who_only_looks(desk, giang):
    with nothing_changes():
        assert refusals(MAKING, desk, giang) == []


def test_no_act_works_for_somebody_who_was_disabled(desk, an):
    an.is_active = False
    an.save()
    with nothing_changes():
        everything = ON_ROWS | OF_AUTHORS | OF_OWNERS | ON_SYSTEM | MAKING | LOOKING
        assert refusals(everything, desk, User.objects.get(pk=an.pk)) == []


@pytest.mark.parametrize("name", [name for name in ON_ROWS if name not in ("timeline.assign", "sharing.share_out")])
def test_the_acts_of_the_table_would_work_for_whoever_may(desk, dung, name):
    """Else the refusals above would prove nothing."""
    dung.department = desk.cast.an.department  # an import needs a place
    ON_ROWS[name](desk, dung)


@pytest.mark.parametrize("who", ["an", "binh", "hanh", "giang"])
def test_only_who_looks_after_the_installation_touches_its_jobs(desk, cast, who):
    with nothing_changes():
        assert refusals(ON_SYSTEM, desk, getattr(cast, who)) == []


def test_one_row_out_of_reach_refuses_the_whole_batch(desk, cast):
    """Nobody gets a part in silence."""
    theirs = leads.create_lead({"name": "Của Chi", "owner": cast.chi}, by=cast.chi)
    with nothing_changes():
        for act in (
            lambda: timeline.assign([desk.lead, theirs], owner=cast.binh, by=cast.binh),
            lambda: conversion.convert_leads([desk.lead, theirs], desk.handover(), by=cast.an),
        ):
            with pytest.raises(Refused):
                act()


def test_everybody_may_stop_following(desk, hanh):
    timeline.unfollow(desk.lead.record, user=hanh, by=hanh)
    assert not desk.lead.record.followers.filter(user=hanh).exists()


def test_every_act_stands_in_a_table_of_this_file():
    missing = (
        set(acts_of_the_house())
        - set(ON_ROWS)
        - set(OF_AUTHORS)
        - set(OF_OWNERS)
        - set(ON_SYSTEM)
        - set(MAKING)
        - PARTS
    )
    missing -= set(LOOKING)
    assert not missing, f"put {sorted(missing)} into ON_ROWS, OF_AUTHORS, ON_SYSTEM, MAKING or PARTS of {__name__}"


def acts_of_the_house():
    """{name: act}: every public function of an app's services that is done `by` somebody."""
    found = {}
    for app in apps.get_app_configs():
        for module in (
            "services", "configuring", "housekeeping", "pipelines", "shaping", "staffing", "conversion", "undoing",
            "stages", "undo", "keeping", "sharing", "archiving", "outgoing", "merging", "apart", "running",
            "sweep", "taking_back", "asking", "mailboxes", "sending", "receiving", "by_itself", "series", "planning",
            "aliases", "consents", "inviting", "trying",
        ):  # fmt: skip
            if app.name.startswith("pheu.") and find_spec(f"{app.name}.{module}"):
                short, loaded = module if module != "services" else app.label, import_module(f"{app.name}.{module}")
                found |= {f"{short}.{name}": getattr(loaded, name) for name in _acts_of(loaded)}
    return found


def _acts_of(module):
    for name, function in vars(module).items():
        is_ours = isinstance(function, partial) or (
            inspect.isfunction(function)
            and (function.__module__ == module.__name__ or name.startswith(("change_", "assign_")))
        )
        if is_ours and not name.startswith("_") and "by" in inspect.signature(function).parameters:
            yield name
