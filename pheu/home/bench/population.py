"""Fills a database with as many leads, deals, companies... as wanted, each row as the doors would have written it.

Rows are built as model instances and describe their own Records, so that copies, words and orders are the product's
own; only the way into the table is another one (`loading.copy`). Two years of a company of sixty people: most leads are
closed, some people have many and most have few, a fifth is nobody's yet.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from itertools import islice
from random import Random
from typing import Any

from django.db import connection, transaction
from django.db.models.base import ModelState
from django.utils import timezone

from pheu.activities.models import Activity, ActivityType
from pheu.core.bulk import copy
from pheu.deals.models import Conversion, Deal
from pheu.home.bench import people
from pheu.home.bench.customers import NEEDS, Customer, Inventor
from pheu.home.bench.loading import block, sequence_of, without_indexes
from pheu.home.demo.words import TALKS
from pheu.leads.models import Lead, RequestType
from pheu.parties.models import Company, Contact, Prospect, Source
from pheu.people.models import User
from pheu.records import counter_triggers, kinds
from pheu.records.models import Category, ClosingReason, Follower, Label, Operation, Pipeline, Record, RecordTag, Tag
from pheu.timeline.models import Event

CHUNK = 5000
YEARS = timedelta(days=730)
SEED = 2027
LOADED = (Record, Company, Contact, Prospect, Lead, Deal, Conversion, Activity, RecordTag, Follower, Operation, Event)
# How many there are for each lead.
PARTS = {Prospect: 0.1, Company: 0.06, Contact: 0.08, Lead: 1.0, Deal: 0.3}
WITHOUT_OWNER, IMPORTED, CONVERTED, WITH_TAGS, FOLLOWED, PRIVATE = 0.2, 0.6, 0.3, 0.15, 0.005, 0.1
Tell = Callable[[str], None]


def fill(
    leads: int,
    *,
    parts: Mapping[Any, float] = PARTS,
    own: Callable[[Random], dict[str, Any]] = lambda _rng: {},
    tell: Tell = lambda _words: None,
) -> None:
    """Add so many leads and, by `parts`, what comes with them: all of it or nothing.

    `own`: what the company's own fields of a lead hold.
    """
    sizes = {model: max(2, round(leads * parts[model])) for model in PARTS}
    with transaction.atomic():
        town = _Town(sizes, Random(f"{SEED}-{Record.objects.count()}"), people.hire(), own)  # noqa: S311
        with without_indexes(*LOADED):
            for model, rows in town.rows():
                tell(f"{model._meta.verbose_name_plural}: {town.sizes[model]:,}")
                while chunk := list(islice(rows, CHUNK)):
                    _put(chunk, town)
            tell("events")
            with connection.cursor() as cursor:  # or statements over all rows are planned for the none there were
                cursor.execute("analyze records_record, leads_lead")
            _tell_events(town)
            tell("indexes")
        counter_triggers.rebuild()  # the triggers that keep them were off


def _put(rows: Sequence[Any], town: "_Town") -> None:
    """One chunk of rows of one kind with their Records, and what hangs on them."""
    for row in rows:
        row.describe_record()
    copy([row.record for row in rows])
    copy(rows)
    for things in town.beside.values():
        copy(things)
        things.clear()


@dataclass
class _Lists:
    """Everything that an admin edits, and who has what category, looked up once."""

    stages: dict[tuple[str, str], list[Any]] = field(default_factory=dict)
    reasons: dict[tuple[str, str], list[Any]] = field(default_factory=dict)
    sources: list[int] = field(default_factory=lambda: _keys(Source))
    request_types: list[int] = field(default_factory=lambda: _keys(RequestType))
    labels: list[int] = field(default_factory=lambda: _keys(Label))
    tags: list[int] = field(default_factory=lambda: _keys(Tag))
    types: list[ActivityType] = field(default_factory=lambda: list(ActivityType.objects.all()))

    def __post_init__(self) -> None:
        for kind in ("lead", "deal"):
            for stage in Pipeline.objects.default(kind).stages.all():
                self.stages.setdefault((kind, stage.category), []).append(stage)
        for reason in ClosingReason.objects.all():
            self.reasons.setdefault((reason.kind, reason.category), []).append(reason.pk)


def _keys(model: Any) -> list[int]:
    return list(model.objects.values_list("pk", flat=True))


def fresh(model: Any, **values: Any) -> Any:
    """A new instance with every default, in a tenth of the time that its constructor takes."""
    row = model.__new__(model)
    row.__dict__ = {**_defaults(model), "_state": ModelState(), **values}
    return row


@cache
def _defaults(model: Any) -> dict[str, Any]:
    return vars(model())


class _Town:
    """Builds rows of every kind, one after another, each older one before a younger one."""

    def __init__(
        self, sizes: dict[Any, int], rng: Random, staff: people.Staff, own: Callable[[Random], dict[str, Any]]
    ) -> None:
        self.rng, self.staff, self.lists, self.now = rng, staff, _Lists(), timezone.now()
        self.own = own
        self.inventor = Inventor(rng)
        self.sizes = sizes
        self.first = block(sequence_of(Record), sum(self.sizes.values()))
        self.last = self.first + sum(self.sizes.values()) - 1
        self.work = block(sequence_of(Operation), self.last - self.first + 1)  # an operation for each record...
        self.imports = block(sequence_of(Operation), self.last - self.first + 1)  # ...and one for each thousand
        self.ids: dict[Any, int] = {}
        self.numbers: dict[Any, int] = {}
        at = self.first
        for model, size in self.sizes.items():
            self.ids[model], at = at, at + size
            self.numbers[model] = block(f"pheu_number_{model.kind}", size)
        self.companies: list[Company] = []
        self.contacts: list[Contact] = []
        # What the deal of each converted lead goes on with: lead, name, company, contact, since when.
        self.converted: list[tuple[int, str, Company | None, Contact | None, datetime]] = []
        self.beside: dict[Any, list[Any]] = {Activity: [], RecordTag: [], Follower: [], Conversion: []}

    def rows(self) -> Iterator[tuple[Any, Iterator[Any]]]:
        """Every kind with its rows; companies last, because only then it is known which of them are customers (D3)."""
        builders = {Prospect: self._prospect, Contact: self._contact, Lead: self._lead, Deal: self._deal}
        self.companies = [self._company(nth) for nth in range(self.sizes[Company])]
        for model, build in builders.items():
            yield model, map(build, range(self.sizes[model]))
        yield Company, iter(self.companies)

    # -- what every row has ------------------------------------------------------------------------------------------

    def _begun(self, model: Any, nth: int) -> Any:
        """An empty row with its Record, owner and moments."""
        rng, row = self.rng, fresh(model)
        kind, number = kinds.get(model.kind), self.numbers[model] + nth
        row.record_id = self.ids[model] + nth
        row.record = fresh(Record, id=row.record_id, kind=model.kind, number=f"{kind.prefix}-{number:06d}")
        row.created_at = self.now - YEARS * (1 - (nth + rng.random()) / self.sizes[model])
        seller = self.staff.seller(rng)
        row.created_by_id = rng.choice(self.staff.importers if rng.random() < IMPORTED else [seller]).pk
        if rng.random() >= WITHOUT_OWNER:
            self._give(row, seller)
        elif rng.random() < 0.5:
            row.team_id = rng.choice(self.staff.teams)
        else:
            row.department_id = rng.choice(self.staff.departments)
        row.updated_at = self._later(row.created_at, days=60)
        if self.lists.tags and rng.random() < WITH_TAGS:
            self.beside[RecordTag].append(fresh(RecordTag, record_id=row.pk, tag_id=rng.choice(self.lists.tags)))
        if rng.random() < FOLLOWED:
            self.beside[Follower].append(fresh(Follower, record_id=row.pk, user_id=self.staff.seller(rng).pk))
        return row

    def _give(self, row: Any, owner: User) -> None:
        row.owner_id, row.team_id, row.department_id = owner.pk, self.staff.team_of[owner.pk], owner.department_id

    def _later(self, at: datetime, *, days: float) -> datetime:
        """Some time after `at`, soon rather than late, and not in the future."""
        return min(at + timedelta(days=days * self.rng.random() ** 2), self.now - timedelta(minutes=1))

    def _reach(self, row: Any, customer: Customer) -> None:
        row.phone, row.email = customer.phone, customer.email
        row.address, row.province = customer.address, customer.province

    # -- kinds -------------------------------------------------------------------------------------------------------

    def _prospect(self, nth: int) -> Prospect:
        row: Prospect = self._begun(Prospect, nth)
        customer = self.inventor.customer(nth + 7)
        self._reach(row, customer)
        row.company_name, row.person_name = customer.company, customer.person if nth % 3 else ""
        row.industry, row.country, row.origin = customer.brand, "Việt Nam", "Danh bạ"
        row.flags = [Prospect.Flag.COMPLETED] if nth % 10 == 0 else []
        if nth < self.sizes[Lead] // 20:  # half of them were screened, in the order in which they came
            row.became_id = self._lead_of(nth)
        return row

    def _lead_of(self, prospect: int) -> int:
        return self.ids[Lead] + 20 * prospect

    def _company(self, nth: int) -> Company:
        row: Company = self._begun(Company, nth)
        customer = self.inventor.customer(nth)
        self._reach(row, customer)
        row.name, row.short_name = f"{customer.company} {nth % 40 + 1}", customer.brand if nth % 4 == 0 else ""
        row.tax_code = f"01{nth:08d}"
        if nth % 50 == 0:
            row.type = self.rng.choice([Company.Type.PARTNER, Company.Type.SUPPLIER])
        return row

    def _contact(self, nth: int) -> Contact:
        row: Contact = self._begun(Contact, nth)
        customer = self.inventor.customer(nth)
        self._reach(row, customer)
        row.full_name, row.salutation, row.job_title = customer.person, customer.salutation, "Trưởng phòng HSE"
        if nth < len(self.companies):
            row.company = self.companies[nth]
        self.contacts.append(row)
        return row

    def _sales(self, row: Any, customer: Customer) -> None:
        """What leads and deals share."""
        rng, lists = self.rng, self.lists
        row.priority, row.rating = int(rng.random() ** 2 * 4), rng.choice([None, 1, 2, 3])
        row.source_id, row.request_type_id = rng.choice(lists.sources), rng.choice(lists.request_types)
        row.need = NEEDS[int(rng.random() * len(NEEDS))] if rng.random() < 0.5 else ""
        if rng.random() < 0.8:
            row.expected_amount = int(10 ** (7 + 2.5 * rng.random())) // 100_000 * 100_000
        if rng.random() < 0.7:
            row.expected_close_on = (row.created_at + timedelta(days=20 + 160 * rng.random())).date()
        if rng.random() < 0.1:
            row.due_at = row.created_at + timedelta(days=30 * rng.random())
        if rng.random() < 0.3:
            row.label_id = rng.choice(lists.labels)

    def _lead(self, nth: int) -> Lead:
        row: Lead = self._begun(Lead, nth)
        rng, customer = self.rng, self.inventor.customer(nth)
        self._reach(row, customer)
        self._sales(row, customer)
        row.own = self.own(rng)
        private = rng.random() < PRIVATE
        row.company_name, row.person_name = "" if private else customer.company, customer.person
        row.name = self.inventor.chance() if rng.random() < 0.5 else ""
        if nth % 20 == 0 and nth // 20 < self.sizes[Lead] // 20 and nth // 20 < self.sizes[Prospect]:
            row.record.continues_id = self.ids[Prospect] + nth // 20
        self._stand(row, self._lead_category(nth))
        if row.stage.category == Category.CONVERTED:
            self._pick_customer(row, private)
            assert row.closed_at is not None
            self.converted.append((row.pk, row.title, row.company, row.contact, row.closed_at))
        elif rng.random() < 0.1:
            self._pick_customer(row, private)
        self._plan(row)
        return row

    def _lead_category(self, nth: int) -> str:
        age, rng = 1 - nth / self.sizes[Lead], self.rng
        if rng.random() < (0.9 if age < 0.04 else 0.5 if age < 0.12 else 0.15):
            return Category.NEW if rng.random() < 0.3 else Category.WORKING
        wanted = len(self.converted) < self.sizes[Deal] and rng.random() < CONVERTED / 0.79
        return Category.CONVERTED if wanted else Category.UNQUALIFIED

    def _pick_customer(self, row: Any, private: bool) -> None:
        if private and len(self.contacts) > len(self.companies):
            row.contact = self.contacts[self.rng.randrange(len(self.companies), len(self.contacts))]
            return
        place = int(self.rng.random() ** 1.5 * len(self.companies))
        row.company, row.contact = self.companies[place], self.contacts[place]

    def _deal(self, nth: int) -> Deal:
        row: Deal = self._begun(Deal, nth)
        rng, customer = self.rng, self.inventor.customer(nth)
        self._sales(row, customer)
        if nth < len(self.converted):
            self._continue(row, *self.converted[nth])
        else:
            row.name = f"{self.inventor.chance()} {customer.company}"[:300]
            self._pick_customer(row, rng.random() < PRIVATE)
        chances = [(Category.WON, 0.3), (Category.LOST, 0.35), (Category.UNQUALIFIED, 0.1)]
        drawn, category = rng.random(), Category.OPEN
        for one, part in chances if nth < 0.95 * self.sizes[Deal] else []:
            if drawn < part:
                category = one
                break
            drawn -= part
        self._stand(row, category)
        row.probability = row.stage.probability if row.stage.sets_probability else rng.choice([10, 30, 50])
        row.won_at = row.closed_at if category == Category.WON else None
        if row.won_at is not None and row.company is not None:
            row.company.note_wins(min(row.won_at, row.company.first_won_at or row.won_at))
        self._plan(row)
        return row

    def _continue(self, row: Deal, lead: int, *going_on: Any) -> None:
        row.name, row.company, row.contact, row.created_at = going_on
        row.record.continues_id = lead
        row.updated_at = self._later(row.created_at, days=60)
        facts = {"by_id": row.created_by_id, "at": row.created_at, "operation_id": self.work + lead - self.first}
        stage = self.lists.stages["deal", Category.OPEN][0]
        self.beside[Conversion].append(fresh(Conversion, lead_id=lead, deal_id=row.pk, stage_id=stage.pk, **facts))

    def _stand(self, row: Any, category: str) -> None:
        """In a stage of that category; closed where it is an end."""
        stages, rng = self.lists.stages.__getitem__, self.rng
        row.stage = rng.choice(stages((row.kind, category)))
        row.stage_entered_at = row.updated_at
        if not row.stage.is_closing:
            return
        opened = Category.OPEN if row.kind == "deal" else Category.WORKING
        row.open_stage_id = rng.choice(stages((row.kind, opened))).pk
        row.closed_at, row.closed_by_id = row.updated_at, row.owner_id or row.created_by_id
        if row.stage.needs_reason:
            row.reason_id = rng.choice(self.lists.reasons[row.kind, category])

    # -- work --------------------------------------------------------------------------------------------------------

    def _plan(self, row: Any) -> None:
        """Something to do on most open rows, a fifth of it late; something done on every third."""
        rng, who = self.rng, row.owner_id or row.created_by_id
        if not row.stage.is_closing and rng.random() < 0.6:
            days = -20 * rng.random() if rng.random() < 0.2 else 45 * rng.random() ** 2
            row.next_activity_at = self.now + timedelta(days=days)
            self._activity(row, who, due_at=row.next_activity_at)
        if rng.random() < 0.3:
            done = self._later(row.created_at, days=30)
            self._activity(row, who, due_at=done, done_at=done, done_by_id=who, result="Đã trao đổi với khách.")

    def _activity(self, row: Any, who: int, **facts: Any) -> None:
        rng = self.rng
        what = rng.choice(self.lists.types)
        titles = TALKS[what.name][0] if what.name in TALKS else [""]
        same = {"record_id": row.pk, "assignee_id": who, "created_by_id": who, "created_at": row.created_at}
        self.beside[Activity].append(fresh(Activity, type_id=what.pk, title=rng.choice(titles), **same, **facts))


# What follows from the rows, in statements over all of them -----------------------------------------------------------

OPERATIONS = """
insert into records_operation (id, act, by_id, via, at, about_id)
select %(work)s + id - %(first)s, case when lead.closed_at is not null and lead.reason_id is null
       then 'convert_leads' else 'assign' end, record.created_by_id, 'page', record.updated_at, id
from records_record record left join leads_lead lead on lead.record_id = id where id between %(first)s and %(last)s
union all
select %(imports)s + n, 'create_many', (select min(id) from people_user), 'import', now(), null
from generate_series(0, (%(last)s - %(first)s) / 1000) n
"""
# Made, changed, handed out.
EVENTS = """
insert into timeline_event (kind, about_id, subject, author, by_id, outsider, via, at, facts, operation_id)
select told.kind, record.id, '', 'person', record.created_by_id, '', told.via, told.at, told.facts, told.operation
from records_record record left join people_user owner on owner.id = record.owner_id
cross join lateral (
    values ('record.created', 'import', record.created_at, jsonb_build_object('number', record.number),
            %(imports)s + (record.id - %(first)s) / 1000),
           ('record.changed', 'page', record.created_at + (record.updated_at - record.created_at) / 2,
            '{"changes": [{"field": "address", "was": "", "now": "KCN Hòn Đá"}]}'::jsonb,
            %(work)s + record.id - %(first)s),
           ('record.assigned', 'page', record.updated_at,
            jsonb_build_object('owner', case when owner.id is null then null else
                jsonb_build_object('id', owner.id, 'name', owner.full_name) end,
                'to', case when owner.id is null then '[]'::jsonb else
                jsonb_build_array(jsonb_build_object('id', owner.id, 'name', owner.full_name)) end,
                'team_id', record.team_id, 'department_id', record.department_id,
                'was', jsonb_build_object('owner_id', null, 'team_id', null, 'department_id', null)),
            %(work)s + record.id - %(first)s)
) as told (kind, via, at, facts, operation)
where record.id between %(first)s and %(last)s
"""


def _tell_events(town: _Town) -> None:
    _run(OPERATIONS, town)
    _run(EVENTS, town)


def _run(statement: str, town: _Town) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, {name: getattr(town, name) for name in ("first", "last", "work", "imports")})
