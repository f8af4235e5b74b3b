"""What stands in calendars besides single calls: work that comes again, and who was invited to an appointment.

Made when a company is restored, not when it is recorded: a rule of repetition names weekdays, and those do not move by
so many days as the rest of the recording does (`recording`). Nothing asks for a letter: no act here starts automation.
"""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from pheu.activities import events, repeating
from pheu.activities.events import stands_on
from pheu.activities.guests import Guests, named, note_answer
from pheu.activities.inviting import answer_invitation
from pheu.activities.models import Activity, ActivityType, Guest
from pheu.activities.repeating import Repeat
from pheu.activities.services import facts_of, schedule_activity
from pheu.deals.models import Deal
from pheu.home.demo.clock import on
from pheu.home.demo.signins import demo_people
from pheu.parties.models import Company
from pheu.people.models import User
from pheu.people.profile import next_working_day
from pheu.people.scopes import CHANGE
from pheu.records.acts import operation
from pheu.records.locking import hold
from pheu.records.models import Category, Record
from pheu.timeline.events import Outsider
from pheu.timeline.services import record

MONDAY, FRIDAY = 0, 4


def fill_calendars() -> None:
    """Meetings of the team, a call a month, one's own hours, and an appointment with guests who have answered."""
    people = {one.email.partition("@")[0]: one for one in demo_people()}
    an, binh = people["an"], people["binh"]
    today = timezone.localdate()
    soon = next_working_day(today + timedelta(days=1))
    _plan(None, binh, "Gặp trực tiếp", "Họp đội Miền Bắc", on(today + timedelta(days=1), 8, 30), 45, weekly(MONDAY))
    _plan(None, an, "Việc khác", "Viết báo cáo tuần", on(today + timedelta(days=1), 16), 60, weekly(FRIDAY))
    _plan(None, an, "Việc khác", "Khám sức khỏe định kỳ", on(soon, 11), 60)
    customers = Company.objects.within(an, CHANGE).live().filter(type=Company.Type.CUSTOMER).order_by("pk")
    if (customer := customers.select_related("record").first()) is not None:
        call = "Gọi hỏi thăm tình trạng trạm, lịch hiệu chuẩn"
        _plan(customer.record, an, "Gọi điện", call, on(soon, 9), 30, Repeat(repeating.MONTH))
    deals = Deal.objects.within(an, CHANGE).live().filter(owner=an, stage__category=Category.OPEN)
    deal = (
        deals.exclude(contact=None).exclude(contact__email="").select_related("record", "contact").order_by("-pk")[:1]
    )
    for one in deal:
        _invite(one, an, binh, on(soon, 14))


def weekly(day: int) -> Repeat:
    return Repeat(repeating.WEEK, 1, (day,))


def _plan(
    about: Record | None, who: User, kind: str, title: str, due_at: datetime, lasts: int, repeat: Repeat | None = None,
    guests: Guests | None = None,
) -> Activity:  # fmt: skip
    what = ActivityType.objects.get(name=kind)
    with operation(schedule_activity.__name__, by=who) as doing:
        doing.starts_automation = False
        more: dict[str, Any] = {"repeat": repeat, "guests": guests}
        return schedule_activity(
            about, what=what, title=title, due_at=due_at, lasts=lasts, assignee=who, **more, by=who
        )


def _invite(deal: Deal, who: User, colleague: User, due_at: datetime) -> None:
    """To a visit: a colleague, and whoever the deal is with; both say that they come."""
    contact: Any = deal.contact
    guests = Guests((colleague,), ((contact.full_name, contact.email),))
    work = _plan(deal.record, who, "Gặp trực tiếp", "Thống nhất phương án kỹ thuật", due_at, 90, guests=guests)
    answer_invitation(work, answer=Guest.Answer.ACCEPTED, by=colleague)
    guest = work.guests.get(user=None)
    with operation("take_reply", by=None, via="mail") as doing:
        doing.starts_automation = False
        hold(deal.pk)
        note_answer(guest, Guest.Answer.ACCEPTED)
        told: dict[str, Any] = {"guest": named([guest])[0], "answer": guest.answer}
        comment = "Tôi sẽ mời thêm anh phụ trách vận hành trạm."
        by = Outsider(str(guest))
        record(events.ANSWERED, **stands_on(work), by=by, via="mail", comment=comment, **facts_of(work), **told)
