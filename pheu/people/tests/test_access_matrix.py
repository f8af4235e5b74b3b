"""Every address of the site x every role x own, a colleague's, a stranger's and nobody's record (quality.md 3).

`ENTRIES` says of each address what it is about and which right it needs; the test derives what everybody gets:
not seen is 404, seen but not allowed 403, signed out the way to the sign-in, and a refusal changes nothing.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any
from zlib import crc32

import pytest
from allauth.usersessions.models import UserSession
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLResolver, get_resolver, reverse
from django.utils import timezone

from pheu.activities.models import Activity, ActivityType, Guest, Reminder
from pheu.activities.services import schedule_activity
from pheu.conftest import PASSWORD, fingerprint, stage_of, standing
from pheu.core.vietnamese import today_here
from pheu.leads.models import Lead
from pheu.messaging.models import EmailTemplate, Enclosure, Mailbox, MailProvider, Message
from pheu.notifications.models import Notification, Reason
from pheu.people.models import Branch, Department, Holiday, Role, Team, TimeOff, User
from pheu.people.scopes import ARCHIVE, ASSIGN, CHANGE, CONVERT, CREATE, EXPORT, IMPORT, MOVE, VIEW, Action, Scope
from pheu.quality.services import open_file, read_file
from pheu.records import kinds
from pheu.records.acts import last_operation
from pheu.records.models import (
    Category,
    ClosingReason,
    FieldGroup,
    JournalEntry,
    Operation,
    Pipeline,
    SavedView,
    Tag,
)
from pheu.records.tests.desk import archived_long_ago
from pheu.records.tests.test_toy import plant_toys
from pheu.setup import shaping
from pheu.setup.definitions import groups_of
from pheu.setup.pipelines import add_pipeline
from pheu.setup.tests.test_fields import standing_field
from pheu.setup.tests.test_jobs_page import parked_job
from pheu.timeline.models import Batch, Event
from pheu.timeline.services import add_file, add_note, assign
from pheu.timeline.undo import undo

pytestmark = pytest.mark.one_worker

THIS_YEAR = today_here().year
KINDS = ("prospect", "company", "contact", "lead", "deal", "toy")
# Which records a scope reaches, seen from the person: their own, a colleague's of the same team, a stranger's of
# another team and department, and one that nobody in their team has taken yet.
REACH = {
    Scope.NONE: set(),
    Scope.OWN: {"own", "nobody's"},
    Scope.TEAM: {"own", "nobody's", "a colleague's"},
    Scope.DEPARTMENT: {"own", "nobody's", "a colleague's"},
    Scope.ALL: {"own", "nobody's", "a colleague's", "a stranger's"},
}
RELATIONS = ("own", "a colleague's", "a stranger's", "nobody's")


PEOPLE = ("admin", "manager", "sales", "care", "viewer", "overseer")


class Firm:
    """Six people of one team, one of each role, beside a colleague and a stranger; and a row of each kind for all."""

    def __init__(self) -> None:
        self.here = Department.objects.create(name="Phòng dự án"), Team.objects.create(name="Miền Bắc")
        self.there = Department.objects.create(name="Phòng dịch vụ"), Team.objects.create(name="Miền Nam")
        everywhere = dict.fromkeys(Action.values, Scope.OWN) | {VIEW: Scope.ALL}
        Role.objects.create(code="overseer", name="Giám sát", grants=dict.fromkeys(KINDS, everywhere))
        plant_toys()
        self.founder = self._person("founder", "admin", self.there)
        self.colleague = self._person("colleague", "sales", self.here)
        self.stranger = self._person("stranger", "sales", self.there)
        self.people = {code: self._person(code, code, self.here) for code in PEOPLE}
        self.things = {(kind, *whose): row for kind in KINDS for whose, row in self._rows(kind)}
        for whose, lead in list(self._of("lead")):
            self.things["file", *whose] = self._file(lead)
            self.things["note", *whose] = self._note(lead)
            self.things["activity", *whose] = self._activity(lead)
            self.things["undoing", *whose] = self._undoing(lead)
        for kind in ("lead", "deal", "toy"):
            Pipeline.objects.create(kind=kind, name="Tiến trình khác").stages.create(name="Khảo sát", category="open")
        for whose, user in self._doers():
            self.things["operation", *whose] = self._hand_out(user)
            self.things["reminder", *whose] = self._reminder(user)
            self.things["invitation", *whose] = self._invitation(user)
            self.things["alone", *whose] = self._alone(user)
            self.things["undone operation", *whose] = self._taken_back(user)
            self.things["session", *whose] = self._session(user)
            self.things["notification", *whose] = self._notification(user)
            self.things["view", *whose] = SavedView.objects.create(kind="lead", name="Hội thảo", owner=user)
            for name, thing in self._letters(user).items():
                self.things[name, *whose] = thing
            self.things["batch", *whose] = Batch.objects.create(act="archive", kind="lead", ids=[1], by=user)
        for whose, lead in list(self._of("lead")):
            again = self._row("lead", lead.owner, team=lead.team)
            self.things["archived", *whose] = archived_long_ago(again, by=self.founder)
        for whose, user in self._importers():
            imported = self.things["import", *whose] = self._import(user)
            self.things["line of an import", *whose] = imported.lines.get(line=2)
        EmailTemplate.objects.create(name="Giới thiệu", subject="Chào", html="<p>Chào</p>", moment="new_lead")
        self.things["job", "a stranger's", ""] = parked_job()
        self.things["pipeline", "a stranger's", ""] = self._pipeline()
        self.things["stage", "a stranger's", ""] = stage_of("deal", "Báo giá")
        self.things["tag", "a stranger's", ""] = Tag.objects.create(name="Vốn nhà nước")
        self.things["custom_field", "a stranger's", ""] = standing_field()
        self.things["field_group", "a stranger's", ""] = FieldGroup.objects.create(kind="lead", label="Khảo sát")
        application = {"client_id": "pheu", "secret": b"x"}
        self.things["mail_provider", "a stranger's", ""] = MailProvider.objects.create(name="Google", **application)
        self.things["team", "a stranger's", ""] = Team.objects.create(name="Miền Trung")
        self.things["department", "a stranger's", ""] = Department.objects.create(name="Phòng kho")
        self.things["branch", "a stranger's", ""] = Branch.objects.create(name="Chi nhánh Huế")
        self.things["holiday", "a stranger's", ""] = Holiday.objects.create(day=date(2031, 9, 2), name="Quốc khánh")
        invited = {"full_name": "Lý Văn Mới", "role": Role.objects.get(code="viewer")}
        self.things["person", "a stranger's", ""] = User.objects.create_user("moi@quantrac.example", **invited)
        days = {"begins_on": date(2031, 5, 2), "ends_on": date(2031, 5, 4)}
        self.things["time_off", "a stranger's", ""] = TimeOff.objects.create(
            user=self.things["person", "a stranger's", ""], **days
        )
        self.things["role", "a stranger's", ""] = Role.objects.create(code="nobody", name="Chưa ai")
        for row in self.things.values():
            row.refresh_from_db()

    def _pipeline(self) -> Pipeline:
        """One of deals that nothing stands in."""
        stages = [{"name": f"Bước {one}", "category": one} for one in kinds.get("deal").needs]
        return add_pipeline(kinds.get("deal"), name="Dự án", stages=stages, by=self.founder)

    def _person(self, name: str, role: str, place: tuple[Department, Team]) -> User:
        user = User.objects.create_user(
            f"{name}@quantrac.example", PASSWORD, full_name=name, role=Role.objects.get(code=role), department=place[0]
        )
        user.teams.add(place[1])
        return user

    def _rows(self, kind: str) -> Iterator[tuple[tuple[str, str], Any]]:
        for code, user in self.people.items():
            yield ("own", code), self._row(kind, user)
        yield ("a colleague's", ""), self._row(kind, self.colleague)
        yield ("a stranger's", ""), self._row(kind, self.stranger)
        yield ("nobody's", ""), self._row(kind, None, team=self.here[1])

    def _row(self, kind: str, owner: User | None, **more: Any) -> Any:
        contents = {TITLE[kind]: "Xi măng Hòn Đá", "owner": owner, **more}
        if kind == "lead":
            contents |= {"company_name": "Xi măng Hòn Đá", "phone": "+842438637747", "need": "Trạm khí thải"}
        return standing(kind, contents, by=self.founder)

    def _of(self, kind: str) -> Iterator[tuple[tuple[str, str], Any]]:
        return (((relation, code), row) for (one, relation, code), row in self.things.items() if one == kind)

    def _doers(self) -> Iterator[tuple[tuple[str, str], User]]:
        yield from ((("own", code), user) for code, user in self.people.items())
        yield ("a colleague's", ""), self.colleague
        yield ("a stranger's", ""), self.stranger
        yield ("nobody's", ""), self.founder

    def _hand_out(self, user: User) -> Operation:
        """A lead that this person has handed out."""
        assign([self._row("lead", user)], owner=self.colleague, team=self.there[1], by=self.founder)
        Operation.objects.filter(pk=last_operation()).update(by=user)
        return Operation.objects.get(pk=last_operation())

    def _undoing(self, lead: Any) -> Event:
        """An undoing that has left the need of a lead as somebody had changed it."""
        done = Operation.objects.create(act="change_many", by=self.founder)
        row = {"table": "leads_lead", "key": lead.pk, "before": {"need": "Đo khí"}, "after": {"need": "Đo bụi"}}
        JournalEntry.objects.create(operation=done, **row)
        now = Lead.objects.get(pk=lead.pk).need
        facts = {"conflicts": [{"field": "need", "was": "Đo khí", "now": now}], "journal": done.pk}
        return Event.objects.create(
            kind="operation.undone", about=lead.record, by=self.founder, operation=done, facts=facts
        )

    def _taken_back(self, user: User) -> Operation:
        """Such a hand-out that was taken back."""
        handed = self._hand_out(user)
        undo(handed, by=self.founder)
        return handed

    def _session(self, user: User) -> UserSession:
        return UserSession.objects.create(user=user, session_key=f"of-{user.pk}", ip="203.0.113.7")

    def _letters(self, user: User) -> dict[str, Any]:
        """From and to this person's mailbox: one that waits, a draft, one that came, and a file."""
        box = Mailbox(
            user=user, address=f"{user.pk}@quantrac.example", imap_host="imap.example", smtp_host="smtp.example"
        )
        box.keep_password("x")
        box.save()
        sender = {"name": "Vân", "address": f"van{user.pk}@hondacement.example"}
        given = {
            "mailbox": box,
            "user": user,
            "sender": sender,
            "to": [sender],
            "subject": "Hòn Đá hỏi",
            "text": "Hòn Đá",
            "html": "<p>Hòn Đá</p>",
        }
        states = {"letter": "waiting", "draft": "held", "received": "received"}
        made = {
            name: Message.objects.create(**given, state=state, message_id=f"<{name}{user.pk}@quantrac.example>")
            for name, state in states.items()
        }
        files = Enclosure(message=made["received"], name="a.txt", size=2)
        files.content.save("a.txt", ContentFile(b"ba"))
        return {**made, "enclosure": files}

    def _notification(self, user: User) -> Notification:
        """Of a lead that was handed to this person."""
        event = self._row("lead", user).record.events.get()
        more = {"record_id": event.about_id, "operation_id": event.operation_id, "reason": Reason.ASSIGNED}
        return Notification.objects.get_or_create(receiver=user, event=event, defaults=more)[0]

    def _file(self, lead: Any) -> Any:
        """A picture that the lead's owner has put there; nobody's is the founder's."""
        upload = SimpleUploadedFile("khao-sat.png", b"\x89PNG\r\n\x1a\n")
        return self._written(add_file(lead.record, upload=upload, by=self.founder), lead)

    def _note(self, lead: Any) -> Any:
        return self._written(add_note(lead.record, body="Gọi lại", by=self.founder), lead)

    def _written(self, thing: Any, lead: Any) -> Any:
        type(thing).objects.filter(pk=thing.pk).update(by=lead.owner or self.founder)
        return thing

    def _activity(self, lead: Any) -> Any:
        """On the lead, to be done by its owner; nobody's is the founder's."""
        return schedule_activity(
            lead.record,
            what=ActivityType.objects.all()[0],
            due_at=timezone.now(),
            assignee=lead.owner or self.founder,
            by=self.founder,
        )

    def _reminder(self, user: User) -> Reminder:
        """Of work that is this person's, on a lead of somebody else."""
        work = self._activity(self._row("lead", self.stranger))
        Activity.objects.filter(pk=work.pk).update(assignee=user)
        return Reminder.objects.create(activity=work, minutes=5, by_popup=True, by_mail=False, at=timezone.now())

    def _invitation(self, user: User) -> Any:
        """To work of somebody else, on a lead of theirs."""
        work = self._activity(self._row("lead", self.stranger))
        Guest.objects.create(activity=work, user=user)
        return work

    def _alone(self, user: User) -> Any:
        """Work of this person that stands on no record."""
        return schedule_activity(
            None, what=ActivityType.objects.all()[0], due_at=timezone.now(), assignee=user, by=user
        )

    def _importers(self) -> Iterator[tuple[tuple[str, str], User]]:
        for code, user in self.people.items():
            if user.may("prospect", IMPORT):
                yield ("own", code), user
        yield ("a colleague's", ""), self.colleague
        yield ("a stranger's", ""), self.stranger

    def _import(self, user: User) -> Any:
        text = "Tên công ty,Điện thoại\nXi măng Hòn Đá,02438637747\n".encode()
        imported = open_file(SimpleUploadedFile("danh-sach.csv", text), kind="prospect", by=user)
        read_file(imported, imported.round)
        return imported

    def thing(self, kind: str, relation: str, user: User) -> Any:
        """The row, file, import or activity that stands in this relation to the person; None where there is none."""
        return self.things.get((kind, relation, user.role.code if relation == "own" else ""))


TITLE = {
    "prospect": "company_name", "company": "name", "contact": "full_name", "lead": "name", "deal": "name",
    "toy": "name",
}  # fmt: skip


# What each address asks for -------------------------------------------------------------------------------------------


def _nothing(firm: Firm, thing: Any) -> dict[str, Any]:
    return {}


@dataclass(frozen=True, kw_only=True)
class Entry:
    """`about` are the kinds of thing that the address names (by its id, or by `ids` where `ticked`); without, it is a
    page of the whole `kind`. `needs` is the right; without one, everybody signed in (who sees the thing) may.
    `get` and `post` are the answers to those who may; a missing one means that the address does not take the method.
    """

    about: tuple[str, ...] = ()
    kind: str = ""
    needs: Action | None = None
    get: int | None = None
    post: int | None = None
    sends: Callable[[Firm, Any], dict[str, Any]] = _nothing
    ticked: bool = False
    query: Callable[[Firm, Any], dict[str, Any]] = _nothing
    # What the address names besides, first.
    args: tuple[str, ...] = ()
    # Which relations the person sees and may act in, where it is not the kind's own scope.
    reach: Callable[[User, str], tuple[set[str], set[str]]] | None = None


def _new_row(kind: str) -> Callable[[Firm, Any], dict[str, Any]]:
    return lambda firm, thing: (
        {TITLE[kind]: "Nhiệt điện Sông Con"} | ({"type": "prospect"} if kind == "company" else {})
    )


def _saved_row(kind: str) -> Callable[[Firm, Any], dict[str, Any]]:
    def sends(firm: Firm, thing: Any) -> dict[str, Any]:
        seen = getattr(thing, TITLE[kind])
        more = {"type": thing.type, "initial-type": thing.type} if kind == "company" else {}
        return {TITLE[kind]: "Đổi tên", f"initial-{TITLE[kind]}": seen, **more}

    return sends


def _next_stage(firm: Firm, thing: Any) -> dict[str, Any]:
    to = thing.stage.pipeline.stages.exclude(pk=thing.stage_id).filter(category__in=["working", "open", "new"])[0]
    return {"to": to.pk, "left": thing.stage_id}


CHOICE = {"lead": "rating", "deal": "priority", "toy": "colour"}


def _another_column(kind: str) -> Callable[[Firm, Any], dict[str, Any]]:
    def sends(firm: Firm, thing: Any) -> dict[str, Any]:
        held = getattr(thing, CHOICE[kind])
        others = [value for value, _label in kinds.get(kind).schema[CHOICE[kind]].choices() if value != held]
        return {"by": CHOICE[kind], "left": "none" if held in ("", None) else str(held), "to": others[0]}

    return sends


def _a_view(firm: Firm, thing: Any) -> dict[str, Any]:
    return {"name": "Chờ gọi lại", "shared": "me"}


def _on_view(**more: Any) -> Entry:
    return Entry(about=("view",), reach=_operation_reach, post=302, **more)


def _another_of_theirs(firm: Firm, thing: Any) -> dict[str, Any]:
    """A deal that whoever may change the lead may change too."""
    whose = next(whose for (_kind, *whose), row in firm.things.items() if row.pk == thing.pk)
    return {"other": firm.things["deal", *whose].pk}


def _one_more_tag(firm: Firm, thing: Any) -> dict[str, Any]:
    return {"field": "tags", "how": "add", "tags": Tag.objects.all()[0].pk}


def _reason(kind: str, category: str) -> Callable[[Firm, Any], dict[str, Any]]:
    return lambda firm, thing: {"reason": ClosingReason.objects.filter(kind=kind, category=category)[0].pk}


def _unsuitable(firm: Firm, thing: Any) -> dict[str, Any]:
    return {"to": stage_of("lead", "Không phù hợp").pk}


def _second_pipeline(kind: str) -> Callable[[Firm, Any], dict[str, Any]]:
    return lambda firm, thing: {"to": stage_of(kind, "Khảo sát").pk}


def _lost(firm: Firm, thing: Any) -> dict[str, Any]:
    return {"to": stage_of("deal", "Thất bại").pk}


def _broken(firm: Firm, thing: Any) -> dict[str, Any]:
    return {"to": stage_of("toy", "Hỏng").pk}


def _handover(firm: Firm, thing: Any) -> dict[str, Any]:
    return {"owner": firm.colleague.pk, "pipeline": Pipeline.objects.default("deal").pk, "customer": "create"}


def _another_text(firm: Firm, thing: Any) -> dict[str, Any]:
    return {"body": "Đã gọi", "initial-body": "Gọi lại"}


def _upload(firm: Firm, thing: Any) -> dict[str, Any]:
    return {"upload": SimpleUploadedFile("anh.txt", b"anh")}


def _to_colleague(firm: Firm, thing: Any) -> dict[str, Any]:
    return {"owner": firm.colleague.pk}


def _list_to_import(firm: Firm, thing: Any) -> dict[str, Any]:
    return {"kind": "prospect", "file": SimpleUploadedFile("danh-sach.csv", "Công ty\nHòn Đá\n".encode())}


def _whole_list(firm: Firm, thing: Any) -> dict[str, Any]:
    return {"rows": "shown", "columns": "all", "form": "csv", "list": "tab=all"}


def _columns(firm: Firm, thing: Any) -> dict[str, Any]:
    return {"column_0": "company_name", "team": thing.by.teams.get().pk}


def _cells(firm: Firm, thing: Any) -> dict[str, Any]:
    return {"cell_0": "Xi măng Hòn Mây", "cell_1": ""}  # not checked yet: nothing is mended


def _import_reach(user: User, kind: str) -> tuple[set[str], set[str]]:
    """One's own imports; everybody's for those who may import anywhere."""
    scope = user.role.scope("prospect", IMPORT)
    seen = set(RELATIONS) if scope == Scope.ALL else {"own"} if scope != Scope.NONE else set()
    return seen, seen


def _activity_reach(user: User, kind: str) -> tuple[set[str], set[str]]:
    """What is mine to do, wherever it stands; others' work where their record is mine to see, and to change."""
    lead = user.role.scope("lead", VIEW), user.role.scope("lead", CHANGE)
    return {"own", *REACH[lead[0]]}, {"own", *REACH[lead[1]]}


def _author_reach(user: User, kind: str) -> tuple[set[str], set[str]]:
    """What I wrote on a record that I may change; others' is for me to read."""
    may_change = user.role.scope("lead", CHANGE) != Scope.NONE
    return REACH[user.role.scope("lead", VIEW)], {"own"} if may_change else set()


def _activity_seen(user: User, kind: str) -> tuple[set[str], set[str]]:
    seen, _changed = _activity_reach(user, kind)
    return seen, seen


def _everybodys_reach(user: User, kind: str) -> tuple[set[str], set[str]]:
    return {"a stranger's"}, {"a stranger's"}


def _operation_reach(user: User, kind: str) -> tuple[set[str], set[str]]:
    """What I did myself, nobody else: the act asks more, but has no page for others."""
    return {"own"}, {"own"}


def _receiver_reach(user: User, kind: str) -> tuple[set[str], set[str]]:
    """What came to my own mailbox, to be put on a record by whoever works such records."""
    return {"own"}, {"own"} if user.role.scope("lead", CHANGE) != Scope.NONE else set()


def _a_letter(firm: Firm, thing: Any) -> dict[str, Any]:
    return {"to": ["van@hondacement.example"], "subject": "Báo giá", "html": "<p>Chào chị</p>"}


def _own_lead(firm: Firm, thing: Any) -> dict[str, Any]:
    """Of whoever got the letter."""
    return {"record": next((row.pk for row in Lead.objects.filter(owner=thing.user)), 0)}


def _system_reach(user: User, relation: str) -> tuple[set[str], set[str]]:
    """What belongs to the installation, for those who look after it."""
    view, change = (user.role.scope("system", action) == Scope.ALL for action in (VIEW, CHANGE))
    return set(RELATIONS) if view else set(), set(RELATIONS) if change else set()


def _take_reach(kind: str) -> Callable[[User, str], tuple[set[str], set[str]]]:
    """What nobody in their team has yet, for everybody who works such rows; what one has is taken already."""

    def reach(user: User, relation: str) -> tuple[set[str], set[str]]:
        works = user.role.scope(kind, CHANGE) != Scope.NONE
        return REACH[user.role.scope(kind, VIEW)], {"own", "nobody's"} if works else set()

    return reach


def _on_job() -> Entry:
    return Entry(about=("job",), reach=_system_reach, post=302)


def _a_template(*_: Any) -> dict[str, Any]:
    return {"subject": "Chào {{ greeting }}", "html": "<p>Chào</p>", "purpose": "transaction"}


def _of_list(**more: Any) -> Entry:
    return Entry(kind="system", needs=VIEW, args=("tags",), **more)


def _on_tag(**more: Any) -> Entry:
    return Entry(about=("tag",), args=("tags",), reach=_system_reach, **more)


def _on_field(**more: Any) -> Entry:
    return Entry(about=("custom_field",), reach=_system_reach, **more)


def _seen(field: Any, **more: str) -> dict[str, str]:
    return {"seen": shaping.digest(field), **more}


def _on_group(**more: Any) -> Entry:
    return Entry(about=("field_group",), reach=_system_reach, **more)


def _setup_page(code: str, about: str, sent: dict[str, Any], *more: str) -> dict[str, Entry]:
    """A page of «Cấu hình» and its entries, which whoever looks after the system keeps."""
    on_page, on_entry = {"kind": "system", "needs": VIEW}, {"about": (about,), "reach": _system_reach}
    sends = {"sends": lambda *_: sent}
    return {
        f"setup-{code}-page": Entry(**on_page, get=200),
        f"setup-{code}-new": Entry(**on_page, get=200, post=302, **sends),
        f"setup-{code}-change": Entry(**on_entry, get=200, post=302, **sends),
        **{f"setup-{code}-{one}": Entry(**on_entry, post=302, sends=lambda *_: {"was": "1"}) for one in more},
    }


def _new_person(firm: Firm, thing: Any) -> dict[str, Any]:
    return {"full_name": "Đinh Thu Hà", "email": "ha@quantrac.example", "role": firm.colleague.role_id}


def _on_pipeline(**more: Any) -> Entry:
    return Entry(about=("pipeline",), reach=_system_reach, **more)


def _on_stage(**more: Any) -> Entry:
    return Entry(about=("stage",), reach=_system_reach, **more)


def _a_stage(firm: Firm, thing: Any) -> dict[str, Any]:
    return {"name": "Khảo sát kỹ", "category": "open", "probability": "10"}


def _stages_anew(firm: Firm, thing: Any) -> dict[str, Any]:
    first, second, third, *rest = thing.stages.values_list("pk", flat=True)
    return {"ids": [first, third, second, *rest]}


def _of_author(about: str, **more: Any) -> Entry:
    return Entry(about=(about,), reach=_author_reach, **more)


def _on_activity(**more: Any) -> Entry:
    return Entry(about=("activity",), reach=_activity_reach, **more)


def _work(firm: Firm, thing: Any) -> dict[str, Any]:
    return {"what": ActivityType.objects.all()[0].pk, "due_at": "31/12/2026 09:00", "assignee": firm.colleague.pk}


def _work_done(firm: Firm, thing: Any) -> dict[str, Any]:
    return {"what": ActivityType.objects.all()[0].pk, "result": "Đã gọi"}


def _pages_of(kind: str) -> dict[str, Entry]:
    return {
        f"{kind}-list": Entry(kind=kind, needs=VIEW, get=200),
        f"{kind}-new": Entry(kind=kind, needs=CREATE, get=200, post=302, sends=_new_row(kind)),
        f"{kind}-pick": Entry(kind=kind, needs=VIEW, get=200),
        f"{kind}-same": Entry(kind=kind, needs=VIEW, get=200),
        f"{kind}-place": Entry(kind=kind, needs=VIEW, get=200),
        f"{kind}-filters": Entry(kind=kind, needs=VIEW, get=200),
        f"{kind}-counts": Entry(kind=kind, needs=VIEW, get=200),
        f"{kind}-ids": Entry(kind=kind, needs=VIEW, get=200),
        f"{kind}-rows": Entry(kind=kind, needs=VIEW, get=200),
        f"{kind}-export": Entry(kind=kind, needs=EXPORT, get=200, post=200, sends=_whole_list),
        f"{kind}-views": Entry(kind=kind, needs=VIEW, get=200),
        f"{kind}-conditions": Entry(kind=kind, needs=VIEW, get=200, post=302),
        f"{kind}-condition": Entry(kind=kind, needs=VIEW, get=200),
        f"{kind}-condition-group": Entry(kind=kind, needs=VIEW, get=200),
        f"{kind}-cell": Entry(
            about=(kind,), needs=CHANGE, get=200, post=200, args=(TITLE[kind],), sends=_saved_row(kind)
        ),
        f"{kind}-sharing": Entry(
            about=(kind,),
            ticked=True,
            needs=ASSIGN,
            get=200,
            post=302,
            sends=lambda firm, _thing: {"people": [firm.colleague.pk]},
        ),
        f"{kind}-archiving": Entry(about=(kind,), ticked=True, needs=ARCHIVE, post=302),
        f"{kind}-columns": Entry(kind=kind, needs=VIEW, get=200, post=302, sends=lambda *_: {"usual": "1"}),
        f"{kind}-view-new": Entry(kind=kind, needs=VIEW, get=200, post=302, sends=_a_view),
        f"{kind}-page": Entry(about=(kind,), needs=VIEW, get=200),
        f"{kind}-next": Entry(about=(kind,), needs=VIEW, get=302),
        f"{kind}-previous": Entry(about=(kind,), needs=VIEW, get=302),
        f"{kind}-taking": Entry(about=(kind,), reach=_take_reach(kind), post=302),
        f"{kind}-save": Entry(about=(kind,), needs=CHANGE, post=302, sends=_saved_row(kind)),
        f"{kind}-editing": Entry(about=(kind,), ticked=True, needs=CHANGE, get=200, post=302, sends=_one_more_tag),
        f"{kind}-following": Entry(
            about=(kind,), ticked=True, needs=VIEW, get=200, post=302, sends=lambda *_: {"how": "follow"}
        ),
    }


def _by_rules_of(kind: str) -> dict[str, Entry]:
    sends = {"ticked": True, "needs": ASSIGN, "get": 200, "post": 302, "sends": lambda *_: {"go": "1"}}
    return {f"{kind}-by-rules": Entry(about=(kind,), **sends)}


def _calling_of(kind: str) -> dict[str, Entry]:
    return {f"{kind}-calling": Entry(kind=kind, needs=CHANGE, post=302)}


def _board_of(kind: str) -> dict[str, Entry]:
    return {
        f"{kind}-board": Entry(kind=kind, needs=VIEW, get=200),
        f"{kind}-stages": Entry(about=(kind,), ticked=True, needs=MOVE, get=200, post=302, sends=_next_stage),
        f"{kind}-stage": Entry(about=(kind,), needs=MOVE, post=302, sends=_next_stage),
        f"{kind}-column": Entry(about=(kind,), needs=CHANGE, post=302, sends=_another_column(kind)),
        f"{kind}-entry": Entry(about=(kind,), needs=MOVE, get=200, post=302, query=_next_stage, sends=_next_stage),
        f"{kind}-pipeline": Entry(about=(kind,), needs=MOVE, get=200, post=302, sends=_second_pipeline(kind)),
    }


def _assign(kind: str) -> Entry:
    return Entry(about=(kind,), ticked=True, needs=ASSIGN, get=200, post=302, sends=_to_colleague)


def _on_batch(**more: Any) -> Entry:
    return Entry(about=("batch",), reach=_operation_reach, **more)


def _on_import(**more: Any) -> Entry:
    return Entry(about=("import",), reach=_import_reach, **more)


ENTRIES = {
    "view-change": _on_view(get=200, sends=_a_view),
    "view-update": _on_view(),
    "view-removal": _on_view(),
    **{name: entry for kind in KINDS for name, entry in _pages_of(kind).items()},
    **_by_rules_of("prospect"),
    **_by_rules_of("lead"),
    **_by_rules_of("deal"),
    **_by_rules_of("toy"),
    **_calling_of("prospect"),
    **_calling_of("lead"),
    **_board_of("lead"),
    **_board_of("deal"),
    **_board_of("toy"),
    # any record
    "record": Entry(about=("lead", "company"), needs=VIEW, get=302),
    "search": Entry(get=200),
    "wards": Entry(get=200),
    "timeline": Entry(about=("lead",), needs=VIEW, get=200),
    "field-history": Entry(about=("lead", "company"), needs=VIEW, get=200, query=lambda *_: {"field": "owner"}),
    "record-past": Entry(about=("lead", "company"), needs=VIEW, get=200),
    "note-add": Entry(about=("lead", "company"), needs=CHANGE, post=302, sends=lambda *_: {"body": "Gọi lại"}),
    "file-add": Entry(about=("lead",), needs=CHANGE, post=302, sends=_upload),
    "colleagues": Entry(about=("lead",), needs=VIEW, get=200),
    "following": Entry(about=("lead",), needs=VIEW, post=302),
    "operation-undo": Entry(about=("operation",), kind="lead", reach=_operation_reach, post=302),
    "operation-redo": Entry(about=("undone operation",), kind="lead", reach=_operation_reach, post=302),
    "event-former": Entry(
        about=("undoing",), kind="lead", needs=CHANGE, post=302, sends=lambda *_: {"field": "need"}
    ),
    "access": Entry(get=404, post=404),  # what opens it is a ticket
    "file": Entry(about=("file",), kind="lead", needs=VIEW, get=200),
    "file-preview": Entry(about=("file",), kind="lead", needs=VIEW, get=200),
    "note-change": _of_author("note", get=200, post=302, sends=_another_text),
    "note-withdrawal": _of_author("note", post=302),
    "file-change": _of_author("file", get=200, post=302, sends=lambda *_: {"name": "anh.png"}),
    "file-withdrawal": _of_author("file", post=302),
    # activities
    "calendar": Entry(get=200),
    "calendar-count": Entry(get=200),
    "activity": Entry(about=("activity",), reach=_activity_seen, get=200),
    "reminders": Entry(get=200),
    "reminder-seen": Entry(about=("reminder",), reach=_operation_reach, post=302),
    "reminder-snooze": Entry(
        about=("reminder",), reach=_operation_reach, post=302, sends=lambda *_: {"minutes": "15"}
    ),
    "calendar-address": Entry(get=200, post=200),
    "activity-at": Entry(get=200, post=422),  # whose record it is about, the form says
    "activity-records": Entry(get=200),
    "activity-new": Entry(about=("lead",), needs=CHANGE, get=200, post=302, sends=_work),
    "activity-plan": Entry(about=("lead",), needs=CHANGE, get=200, post=422),
    "activity-log": Entry(about=("lead",), needs=CHANGE, get=200, post=302, sends=_work_done),
    "activity-done": _on_activity(get=200, post=302, sends=lambda *_: {"result": "Đã gọi"}),
    "activity-move": _on_activity(get=200, post=302, sends=lambda *_: {"due_at": "31/12/2026 09:00"}),
    "activity-off": _on_activity(post=302),
    "activity-guests": _on_activity(get=200, post=302),
    "activity-link": Entry(about=("alone",), reach=_operation_reach, get=200, post=422),  # to which record, is asked
    "activity-busy": Entry(get=200),  # times alone, of colleagues
    "activity-answer": Entry(
        about=("invitation",), reach=_operation_reach, post=302, sends=lambda *_: {"answer": "accepted"}
    ),
    "activity-ending": _on_activity(get=200, post=302, sends=lambda *_: {"reach": "one"}),
    "activity-resume": _on_activity(post=302),
    # prospects and leads
    "prospect-assign": _assign("prospect"),
    "company-assign": _assign("company"),
    "contact-assign": _assign("contact"),
    "prospect-conversion": Entry(about=("prospect",), ticked=True, needs=CONVERT, post=302),
    "lead-assign": _assign("lead"),
    "lead-closing": Entry(
        about=("lead",), needs=MOVE, get=200, post=302, query=_unsuitable,
        sends=lambda *which: _unsuitable(*which) | _reason("lead", Category.UNQUALIFIED)(*which),
    ),
    "lead-reopening": Entry(about=("lead",), needs=MOVE, post=302),
    "lead-conversion": Entry(about=("lead",), needs=CONVERT, get=200, post=302, sends=_handover),
    "lead-conversion-undo": Entry(about=("lead",), needs=CONVERT, post=302),
    "lead-conversion-redo": Entry(about=("lead",), needs=CONVERT, post=409),  # of none that was undone
    # deals
    "deal-assign": _assign("deal"),
    "deal-closing": Entry(
        about=("deal",), needs=MOVE, get=200, post=302, query=_lost,
        sends=lambda *which: _lost(*which) | _reason("deal", Category.LOST)(*which),
    ),
    "deal-reopening": Entry(about=("deal",), needs=MOVE, post=302),
    # a kind that has nothing of its own
    "toy-assign": _assign("toy"),
    "toy-closing": Entry(
        about=("toy",), needs=MOVE, get=200, post=302, query=_broken,
        sends=lambda *which: _broken(*which) | _reason("toy", Category.LOST)(*which),
    ),
    "toy-reopening": Entry(about=("toy",), needs=MOVE, post=302),
    "conversion-counts": Entry(get=200),
    # the recycle bin, and what is done to a whole list
    "bin": Entry(kind="lead", needs=ARCHIVE, get=200),
    "undoables": Entry(get=200),
    "alike": Entry(about=("lead",), get=200),
    "apart": Entry(about=("lead",), needs=CHANGE, post=302, sends=_another_of_theirs),
    "merging": Entry(about=("lead",), ticked=True, needs=CHANGE, get=200, post=302),
    "bin-restoring": Entry(about=("archived",), kind="lead", needs=ARCHIVE, ticked=True, post=302),
    "bin-destruction": Entry(about=("archived",), reach=_system_reach, ticked=True, get=200, post=302),
    "batch": _on_batch(get=200),
    "batch-progress": _on_batch(get=200),
    "batch-line": _on_batch(get=200),
    "batch-stop": _on_batch(post=302),
    "batch-undo": _on_batch(post=302),
    # first page and reports
    "home": Entry(get=200),
    "commands": Entry(get=200),
    "reports": Entry(get=200),
    "report-file": Entry(get=200),
    "report-picture": Entry(get=200),
    "report-stays": Entry(get=200),
    "report-work": Entry(get=200),
    # raw lists from Excel
    "duplicates": Entry(kind="lead", needs=CHANGE, get=200, query=lambda *_: {"kind": "lead"}),
    "duplicates-sweep": Entry(kind="prospect", needs=CHANGE, get=200, post=302),
    "duplicates-apart": Entry(kind="prospect", needs=CHANGE, post=404),  # of no records
    "import-list": Entry(kind="prospect", needs=IMPORT, get=200),
    "import-new": Entry(kind="prospect", needs=IMPORT, get=200, post=302, sends=_list_to_import),
    "import-page": _on_import(get=302),  # not checked yet: on to its next step
    "import-map": _on_import(get=200, post=302, sends=_columns),
    "import-sheet": _on_import(post=302, sends=lambda *_: {"header_line": 1, "encoding": "utf-8"}),
    "import-check": _on_import(get=302),
    "import-line": Entry(about=("line of an import",), reach=_import_reach, get=200, post=409, sends=_cells),
    "import-run": _on_import(post=302),
    "import-stop": _on_import(post=302),
    "import-undo": _on_import(post=302),
    "import-redo": _on_import(post=302),
    "import-progress": _on_import(get=200),
    "import-work": _on_import(get=200),
    "import-rejected": _on_import(get=200),
    # the installation itself
    "jobs": Entry(kind="system", needs=VIEW, get=200),
    "jobs-count": Entry(kind="system", needs=VIEW, get=200),
    "job-run": _on_job(),
    "job-drop": _on_job(),
    # what a company decides about itself
    "setup": Entry(kind="system", needs=VIEW, get=302),
    "setup-log": Entry(kind="system", needs=VIEW, get=200),
    "company-list-page": _of_list(get=200),
    "list-item-new": _of_list(get=200, post=302, sends=lambda *_: {"name": "Vốn vay", "colour": "blue"}),
    "list-order": _of_list(post=302, sends=lambda *_: {"ids": list(Tag.objects.values_list("pk", flat=True))}),
    "list-item-change": _on_tag(get=200, post=302, sends=lambda *_: {"name": "Vốn vay", "colour": "blue"}),
    "list-item-switch": _on_tag(post=302, sends=lambda *_: {"was": "1"}),
    "setup-fields": Entry(kind="system", needs=VIEW, get=200),
    "setup-field-new": Entry(
        kind="system", needs=VIEW, get=200, post=302,
        sends=lambda *_: {"type": "text", "label": "Số ca", "group": "ticket"},
    ),
    "setup-field": _on_field(get=200, post=302, sends=lambda _firm, one: _seen(one, label="Ca", group=one.group)),
    "setup-field-switch": _on_field(post=302, sends=lambda _firm, one: {"was": "1"} | _seen(one)),
    "setup-field-move": _on_field(get=200, post=302, sends=lambda _firm, one: {"to": "deal"} | _seen(one)),
    "setup-layout": Entry(kind="system", needs=VIEW, args=("lead",), get=200),
    "setup-groups-order": Entry(
        kind="system", needs=VIEW, args=("lead",), post=302,
        sends=lambda *_: {"ids": [one.name for one in groups_of("lead")]},
    ),
    "setup-fields-order": Entry(
        kind="system", needs=VIEW, args=("lead", "requirements"), post=302, sends=lambda *_: {"ids": ["need"]}
    ),
    "setup-group-new": Entry(
        kind="system", needs=VIEW, args=("lead",), get=200, post=302, sends=lambda *_: {"label": "Đo đạc"}
    ),
    "setup-group": _on_group(get=200, post=302, sends=lambda *_: {"label": "Đo"}),
    "setup-group-drop": _on_group(post=302),
    **_setup_page("teams", "team", {"name": "Miền Tây", "serves_deals": "on", "alias": "mien.tay"}, "switch"),
    **_setup_page("people", "person", {}),
    "setup-people-new": Entry(kind="system", needs=VIEW, get=200, post=302, sends=_new_person),
    "setup-people-change": Entry(about=("person",), reach=_system_reach, get=200, post=302, sends=_new_person),
    "setup-people-invitation": Entry(about=("person",), reach=_system_reach, post=302),
    "setup-people-leaving": Entry(about=("person",), reach=_system_reach, get=200, post=302),
    "setup-people-second-step": Entry(about=("person",), reach=_system_reach, post=302),
    "setup-people-return": Entry(about=("person",), reach=_system_reach, post=302),
    "time-off": Entry(
        about=("person",), reach=_system_reach, get=200, post=302,
        sends=lambda *_: {"begins_on": "24/12/2026", "ends_on": "25/12/2026"},
    ),
    "time-off-removal": Entry(about=("time_off",), reach=_system_reach, post=302),
    **_setup_page("roles", "role", {"name": "Thực tập"}, "removal"),
    "setup-role-list": Entry(
        about=("role",), reach=_system_reach, args=("lead",), get=200, post=302, sends=lambda *_: {"cols": ["name"]}
    ),
    "setup-roles-order": Entry(
        kind="system", needs=VIEW, post=302, sends=lambda *_: {"ids": list(Role.objects.values_list("pk", flat=True))}
    ),
    **_setup_page("departments", "department", {"name": "Phòng mua hàng"}, "switch"),
    **_setup_page("branches", "branch", {"name": "Chi nhánh Cần Thơ"}, "switch"),
    "setup-company-page": Entry(
        kind="system", needs=VIEW, get=200, post=302, sends=lambda *_: {"name": "Sen Việt", "monday": "8-12"}
    ),
    "setup-company-logo": Entry(kind="system", needs=VIEW, post=302, sends=lambda *_: {"remove": "1"}),
    **_setup_page("holidays", "holiday", {"day": "01/05/2026", "name": "Quốc tế Lao động"}, "removal"),
    "setup-holidays-propose": Entry(
        kind="system", needs=VIEW, args=(str(THIS_YEAR),), get=200, post=302,
        sends=lambda *_: {"days": f"{THIS_YEAR}-09-02"},
    ),
    "pipeline-list": Entry(kind="system", needs=VIEW, get=200),
    "pipeline-new": Entry(
        kind="system", needs=VIEW, args=("deal",), get=200, post=302,
        sends=lambda *_: {"name": "Bảo trì", "like": "least"},
    ),
    "pipeline-page": _on_pipeline(get=200),
    "pipeline-map": _on_pipeline(get=200),
    "pipeline-name": _on_pipeline(get=200, post=302, sends=lambda *_: {"name": "Bảo trì", "initial-name": "Dự án"}),
    "pipeline-default": _on_pipeline(post=302),
    "pipeline-retiring": _on_pipeline(get=200, post=302),
    "pipeline-resuming": _on_pipeline(post=302),
    "pipeline-deletion": _on_pipeline(post=302),
    "stage-order": _on_pipeline(post=302, sends=_stages_anew),
    "stage-new": _on_pipeline(get=200, post=302, sends=_a_stage),
    "stage-change": _on_stage(
        get=200, post=302,
        sends=lambda firm, thing: {"name": "Chào giá", "initial-name": "Báo giá", "category": "open",
                                   "purpose": thing.purpose, "probability": thing.probability, "sets_probability": "1"},
    ),
    "stage-leaving": _on_stage(get=200),
    "stage-removal": _on_stage(get=200, post=302),
    # one's own account
    "account_email": Entry(get=404),
    "usersessions_list": Entry(get=404, post=404),
    "mfa_index": Entry(get=302, post=302),
    "mfa_reauthenticate": Entry(get=404, post=404),
    "mfa_download_recovery_codes": Entry(get=404, post=404),
    "mfa_activate_totp": Entry(get=302, post=302),  # the password first
    "mfa_deactivate_totp": Entry(get=404, post=404),  # nobody has one
    "mfa_view_recovery_codes": Entry(get=404),
    "mfa_generate_recovery_codes": Entry(get=302, post=302),
    "mfa_list_webauthn": Entry(get=302, post=302),
    "mfa_reauthenticate_webauthn": Entry(get=404, post=404),
    "mfa_add_webauthn": Entry(get=302, post=302),
    "mfa_edit_webauthn": Entry(args=("1",), get=302, post=302),  # the password first, whoever's it is
    "mfa_remove_webauthn": Entry(args=("1",), get=302, post=302),
    "account": Entry(get=200),
    "account-picture": Entry(post=302, sends=lambda *_: {"remove": "1"}),
    "person-picture": Entry(args=("0" * 32,), get=404),  # nobody's
    "message-new": Entry(about=("lead",), needs=CHANGE, get=200, post=302, sends=_a_letter),
    # The leads of these people have no address to agree for: who may change them is told so.
    "consent": Entry(about=("lead",), needs=CHANGE, get=409, post=409),
    "withdrawal": Entry(about=("lead",), needs=CHANGE, get=409, post=409),
    "message-draft": Entry(
        about=("lead",), needs=VIEW, get=200, query=lambda *_: {"template": EmailTemplate.objects.get().pk}
    ),
    "template-preview": Entry(kind="system", needs=VIEW, post=200, sends=_a_template),
    "template-trial": Entry(kind="system", needs=VIEW, post=200, sends=_a_template),
    "template-version": Entry(
        kind="system", needs=VIEW, get=200, query=lambda *_: {"of": EmailTemplate.objects.get().pk}
    ),
    "message-first": Entry(about=("lead",), needs=CHANGE, args=("new_lead",), get=200, post=302),
    "message-people": Entry(get=200),
    "message": Entry(about=("letter", "received"), reach=_operation_reach, get=200),
    "message-body": Entry(about=("letter", "received"), reach=_operation_reach, get=200),
    "message-privacy": Entry(
        about=("received",), reach=_operation_reach, post=302, sends=lambda *_: {"privacy": "private"}
    ),
    "message-answer": Entry(about=("received",), reach=_operation_reach, get=200, post=302, sends=_a_letter),
    "message-back": Entry(about=("letter",), reach=_operation_reach, post=302),
    "message-unsent": Entry(about=("draft",), reach=_operation_reach, get=200),
    "message-again": Entry(about=("draft",), reach=_operation_reach, post=302),
    "message-edit": Entry(about=("draft",), reach=_operation_reach, get=200, post=302, sends=_a_letter),
    "message-drop": Entry(about=("draft",), reach=_operation_reach, post=302),
    "message-place": Entry(about=("received",), reach=_receiver_reach, get=200, post=302, sends=_own_lead),
    "message-lead": Entry(about=("received",), reach=_receiver_reach, post=302),
    "message-aside": Entry(about=("received",), reach=_operation_reach, post=302),
    "enclosure": Entry(about=("enclosure",), reach=_operation_reach, get=200),
    "inbox": Entry(get=200),
    "inbox-count": Entry(get=200),
    "inbox-look": Entry(post=302),
    "mailbox": Entry(get=200, post=422),
    "mailbox-check": Entry(post=422),
    "mailbox-proposal": Entry(get=200),
    "mailbox-off": Entry(post=302),
    "mailbox-sign-in": Entry(about=("mail_provider",), reach=_everybodys_reach, post=200),
    "mailbox-signed-in": Entry(get=409),
    "account-own": Entry(post=302, sends=lambda *_: {"start_page": "calendar", "signature": "Trân trọng"}),
    "record-readers": Entry(about=("lead",), needs=VIEW, post=200),
    "record-news": Entry(about=("lead",), needs=VIEW, get=200),
    "live": Entry(get=204),  # no stream without its gateway
    "notifications": Entry(get=200),
    "notifications-panel": Entry(get=200),
    "notifications-choices": Entry(post=302, sends=lambda *_: {"reason": "mention"}),
    "notifications-count": Entry(get=200),
    # Of one's own browser: what is no browser is said.
    "push-device": Entry(post=204),
    "push-device-forget": Entry(post=204),
    "notifications-reading": Entry(post=302),
    "notification-opening": Entry(about=("notification",), reach=_operation_reach, post=302),
    "account-session-end": Entry(about=("session",), reach=_operation_reach, post=302),
    "account-sessions-end": Entry(post=302),
    "account_change_password": Entry(get=200),
    "account_set_password": Entry(get=302),
    "account_reauthenticate": Entry(get=200),
    # how typed text is read: nothing of the business
    "reading": Entry(get=200, query=lambda _firm, _thing: {"as": "money", "text": "1.5 tỷ"}),
    # shown only while somebody builds screens
    "ui_kit": Entry(get=404),
    "ui_people": Entry(get=404),
}  # fmt: skip

# Open to anybody, signed in or not: they show nothing of the business, but for a person's own calendar, whose address
# is the secret.
PUBLIC = {
    "calendar-feed", "company-logo", "health", "manifest", "push-worker", "set_language",
    "account_login", "account_logout", "account_inactive", "account_signup",
    "account_email_verification_sent", "account_confirm_email", "account_confirm_login_code",
    "account_reset_password", "account_reset_password_done", "account_reset_password_from_key",
    "account_reset_password_from_key_done", "unsubscribe", "mfa_authenticate", "mfa_login_webauthn",
}  # fmt: skip


# The walk -------------------------------------------------------------------------------------------------------------


def names_of_all_addresses() -> list[str]:
    def walk(patterns: Any) -> Iterator[str]:
        for one in patterns:
            if isinstance(one, URLResolver):
                yield from walk(one.url_patterns)
            else:
                yield one.name or str(one.pattern)

    return list(walk(get_resolver().url_patterns))


def test_every_address_has_an_entry_in_the_access_table():
    names = names_of_all_addresses()
    missing = set(names) - set(ENTRIES) - PUBLIC
    assert not missing, (
        f"{sorted(missing)}: say in ENTRIES of {__name__} what the address is about (`about`, or `kind` for a page of"
        " a whole kind), which right it `needs`, and what `get` and `post` answer to those who have it; an address that"
        " needs no sign-in belongs in PUBLIC, and an address without a name needs one."
    )
    gone = (set(ENTRIES) | PUBLIC) - set(names)
    assert not gone, f"{sorted(gone)} are no addresses any more: take them out of {__name__}."


@dataclass
class Visit:
    """One request of one person, and the status that it should get."""

    name: str
    entry: Entry
    method: str
    relation: str
    thing: Any
    expected: int

    def __str__(self) -> str:
        whose = f" on {self.relation} {type(self.thing).__name__.lower()}" if self.thing else ""
        return f"{self.method.upper()} {self.name}{whose}"

    @property
    def is_refused(self) -> bool:
        return self.expected in (403, 404)

    @property
    def address(self) -> str:
        named = [self.thing.pk] if self.thing and not self.entry.ticked else []
        return reverse(self.name, args=[*self.entry.args, *named])

    def send(self, client: Client, firm: Firm) -> Any:
        ids = {"ids": self.thing.pk} if self.entry.ticked else {}
        if self.method == "get":
            return client.get(self.address, ids | self.entry.query(firm, self.thing))
        return client.post(self.address, ids | self.entry.sends(firm, self.thing))


def visits_of(user: User, firm: Firm) -> Iterator[Visit]:
    for name, entry in ENTRIES.items():
        for method, answer in (("get", entry.get), ("post", entry.post)):
            if answer is None:
                continue
            if not entry.about:
                yield Visit(name, entry, method, "", None, _expected_of_page(entry, user, answer))
            for kind in entry.about:
                for relation in RELATIONS:
                    thing = firm.thing(kind, relation, user)
                    if thing is not None:
                        expected = _expected_on(entry, entry.kind or kind, user, relation, answer)
                        yield Visit(name, entry, method, relation, thing, expected)


def _expected_of_page(entry: Entry, user: User, answer: int) -> int:
    if entry.needs is None or user.role.scope(entry.kind, entry.needs) != Scope.NONE:
        return answer
    return 404


def _expected_on(entry: Entry, kind: str, user: User, relation: str, answer: int) -> int:
    if entry.reach is not None:
        seen, allowed = entry.reach(user, relation)
    else:
        seen = REACH[user.role.scope(kind, VIEW)]
        allowed = REACH[user.role.scope(kind, entry.needs or VIEW)]
    if relation not in seen:
        return 404
    return answer if relation in allowed else 403


@pytest.mark.parametrize("role", PEOPLE)
def test_everybody_gets_what_their_role_says_and_a_refusal_changes_nothing(firm, role):
    answers = _answers(firm.people[role], firm)
    wrong = [f"{visit}: {got}, expected {visit.expected}" for visit, got in answers if got != visit.expected]
    assert not wrong, "\n".join(wrong)


def _answers(user: User, firm: Firm) -> list[tuple[Visit, int]]:
    """What each visit of one person got. Allowed ones are rolled back; refused ones must have left nothing behind."""
    client = Client(raise_request_exception=False)
    client.force_login(user)
    visits = list(visits_of(user, firm))
    allowed = _one_of_each(visit for visit in visits if not visit.is_refused)
    got = [(visit, _status(visit, client, firm, keep=False)) for visit in allowed]
    before = fingerprint()
    got += [(visit, _status(visit, client, firm, keep=True)) for visit in visits if visit.is_refused]
    assert fingerprint() == before, f"something that {user} was refused changed the database"
    return got


def _one_of_each(visits: Iterable[Visit]) -> list[Visit]:
    """Of what a person may do, each address and method once, with a row that another address is not tried with.

    That an address opens shows the same whosever row it is; whose rows open at all, pages of records show for each.
    """
    found: dict[tuple[str, ...], list[Visit]] = defaultdict(list)
    for visit in visits:
        each = visit.relation if visit.name.endswith("-page") else ""
        found[visit.name, visit.method, type(visit.thing).__name__, each].append(visit)
    return [several[crc32(f"{name} {method}".encode()) % len(several)] for (name, method, *_), several in found.items()]


def _status(visit: Visit, client: Client, firm: Firm, *, keep: bool) -> int:
    with transaction.atomic():
        response = visit.send(client, firm)
        if response.streaming:
            b"".join(response)
        if not keep:
            transaction.set_rollback(True)
    return response.status_code


@pytest.mark.parametrize("was_disabled", [False, True], ids=["signed out", "disabled while signed in"])
def test_without_a_valid_sign_in_every_address_leads_to_the_sign_in(client, firm, was_disabled):
    leaver = firm.people["admin"]
    if was_disabled:
        client.force_login(leaver)
        assert client.get(reverse("lead-list")).status_code == 200
        User.objects.filter(pk=leaver.pk).update(is_active=False)
    before, wrong = fingerprint(), []
    for visit in visits_of(leaver, firm):
        if visit.relation in ("", "own"):
            response = visit.send(client, firm)
            if response.status_code != 302 or not response["Location"].startswith(reverse("account_login")):
                wrong.append(f"{visit}: {response.status_code}")
    assert not wrong
    assert fingerprint() == before


def test_an_address_takes_only_the_methods_that_its_entry_names(client, firm):
    """A GET of what only POST does, and a POST to what is only read, answer 405."""
    client.force_login(firm.people["admin"])
    wrong = []
    for visit in visits_of(firm.people["admin"], firm):
        takes_one = None in (visit.entry.get, visit.entry.post)
        if takes_one and visit.relation in ("", "own") and not visit.name.startswith(("account_", "ui_")):
            other = client.post if visit.method == "get" else client.get
            status = other(visit.address).status_code
            if status != 405:
                wrong.append(f"{visit.name} by the other method than {visit.method}: {status}")
    assert not wrong


def test_the_overseer_sees_everything_and_changes_only_their_own(client, firm):
    """The pair that a check per role alone gets wrong: may change + may see is not may change this one (style.md)."""
    overseer = firm.people["overseer"]
    client.force_login(overseer)
    theirs = firm.thing("deal", "a stranger's", overseer)
    page = client.get(reverse("deal-page", args=[theirs.pk]))
    assert page.status_code == 200
    assert "fields-form" not in page.text
    assert reverse("deal-closing", args=[theirs.pk]) not in page.text
    own = client.get(reverse("deal-page", args=[firm.thing("deal", "own", overseer).pk]))
    assert "fields-form" in own.text


# Beside the table -----------------------------------------------------------------------------------------------------


def test_looking_at_any_page_changes_nothing(client, firm):
    """A GET is a question: a link in a mail, a crawler or a prefetching browser may follow it (quality.md 3)."""
    admin = firm.people["admin"]
    client.force_login(admin)
    changed, before = [], fingerprint()
    for visit in _one_of_each(visit for visit in visits_of(admin, firm) if visit.method == "get"):
        response = visit.send(client, firm)
        if response.streaming:
            b"".join(response)
        now = fingerprint()
        if now != before:
            changed.append(f"{visit}: {[table for table in now if now[table] != before[table]]}")
            before = now
    of_one = {
        "account_confirm_email",
        "account_reset_password_from_key",
        "calendar-feed",
        "company-logo",
        "unsubscribe",
    }
    for name in PUBLIC - of_one:
        client.get(reverse(name))
    assert changed == []
    assert fingerprint() == before
    assert client.get(reverse("lead-list")).status_code == 200  # and nobody was signed out on the way


def test_signing_in_and_rights_cost_two_queries_a_page(client, firm):
    """The session, and the person with role, department, departments below and teams (quality.md 1)."""
    client.force_login(firm.people["manager"])
    with CaptureQueriesContext(connection) as asked:
        client.get(reverse("lead-pick"))
    first, second, *others = (query["sql"] for query in asked)
    assert "django_session" in first
    assert "people_user" in second
    people = ('FROM "django_session"', 'FROM "people_')
    assert not [sql for sql in others if any(table in sql for table in people)]
