"""Months of work, played through the acts of the product. A story yields the moment at which it goes on.

Of what is long ago only the turns are told: who came, what came of it, what was sold."""

from collections.abc import Generator
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any

from pheu.activities.models import Activity
from pheu.activities.services import finish_activity, schedule_activity
from pheu.deals.conversion import Handover, convert_leads, proposals
from pheu.deals.models import Deal
from pheu.deals.services import close_deal, create_deal, move_deal, reopen_deal
from pheu.deals.undoing import undo_conversion
from pheu.home.demo import words
from pheu.home.demo.clock import Story, appointment, at_work, later
from pheu.home.demo.office import Office
from pheu.home.demo.scripts import CONVERTED, FREE, FRESH, UNDONE, UNQUALIFIED, Script
from pheu.home.demo.staff import SKILLS
from pheu.home.demo.words import Want
from pheu.leads.models import Lead
from pheu.leads.services import close_lead, convert_prospects, create_lead, reopen_lead
from pheu.parties.models import Company, Prospect
from pheu.people.models import User
from pheu.records import kinds
from pheu.records.models import Category, ClosingReason
from pheu.timeline import services as timeline
from pheu.timeline.services import add_note, assign, follow

MILLION = 1_000_000


class Tale:
    """One customer's way through the company; `at` is the moment that the tale has come to."""

    def __init__(self, office: Office, script: Script, rng: Random) -> None:
        self.office, self.script, self.rng = office, script, rng
        self.at = script.begins
        team = script.customer.team
        self.leader = office.staff.leader(team)
        self.seller, self.pace = office.staff[script.seller], 1.25 - 0.25 * SKILLS[script.seller]
        self.carer = office.staff[rng.choice(["hanh", "hanh", "nhu"])]

    def wait(self, *, days: float = 0, hours: float = 0) -> Any:
        """Go on about so much later, when people are at work."""
        self.at = later(self.at, self.rng, days=days * self.pace, hours=hours * self.pace)
        return self.at

    def chance(self, of_one: float) -> bool:
        return self.rng.random() < of_one

    # --- the lead -----------------------------------------------------------------------------------------------------

    def play(self) -> Story:
        """From the first word to the end that the script names, or to wherever today cuts it off."""
        yield self.at
        lead, who = yield from self.arrive()
        yield from self.go_on(lead, who)

    def go_on(self, lead: Lead, who: User) -> Story:
        """What becomes of a lead that `who` works."""
        if self.script.ending in (FREE, FRESH):
            return
        yield self.wait(hours=self.rng.choice([1, 3, 8, 20]))
        if self.in_detail():
            yield from self.touch(lead, who, list(words.FIRST_TALKS), days=1.2, talks=words.FIRST_TALKS)
        if self.script.ending != UNQUALIFIED and (self.script.list or not self.script.in_short):
            self.learn_more(lead, who)
        if self.script.ending == UNQUALIFIED:
            yield from self.give_up(lead, who)
        elif self.script.ending == CONVERTED:
            yield from self.convert(lead, who)
        else:
            yield from self.keep_in_touch(lead, who, words.DEEPER)

    def arrive(self) -> Generator[Any, None, tuple[Lead, User]]:
        """Make the lead at its desk and see that somebody works it; gives the lead and who that is."""
        match self.script.desk:
            case "care":
                return self.write_down(owner=self.carer, by=self.carer), self.carer
            case "marketing":
                marketer, team = self.office.staff["trang"], self.office.staff.teams[self.script.customer.team]
                lead = self.write_down(by=marketer)
                [lead] = assign([lead], owner=None, team=team, by=marketer)
                if self.script.ending == FREE:
                    return lead, self.leader
                yield self.wait(hours=5)
                assign([lead], owner=self.seller, team=lead.team, by=self.leader)
                return lead, self.seller
            case "list":
                prospect = self.office.raw[self.script.customer]
                assign([prospect], owner=self.seller, team=prospect.team, by=self.leader)
                yield self.wait(hours=6)
                return self.screen(prospect), self.seller
        return self.write_down(owner=self.seller, by=self.seller), self.seller

    def write_down(self, *, by: User, **place: Any) -> Lead:
        """A new lead with what is known of it at first."""
        return create_lead(self.first_words() | place, by=by)

    def first_words(self) -> dict[str, Any]:
        """What is known of a lead when it comes; of one long ago, what was soon known."""
        want, rng = self.script.want, self.rng
        known: dict[str, Any] = {
            "source": self.office.sources[self.script.source],
            "request_type": self.office.request_types[want.request_type] if self.chance(0.8) else None,
            "need": words.fill(rng.choice(want.needs), rng) if self.chance(0.8) else "",
            "name": words.fill(rng.choice(want.names), rng) if self.chance(0.5) else "",
            "expected_amount": self.price(want) if self.chance(0.45) else None,
            "priority": rng.choice([0, 1, 1, 2, 2, 3]),
            "due_at": appointment(self.at, rng, days=3) if self.chance(0.3) else None,
            "tags": rng.sample(self.office.tags, rng.choice([0, 0, 1, 1, 2])),
        }
        if self.script.in_short:
            known |= self.learnt(known)
            known["expected_close_on"] = (self.at + timedelta(weeks=rng.choice([5, 8, 12]))).date()
        return self.script.customer.as_values() | known

    def screen(self, prospect: Prospect) -> Lead:
        """The raw prospect of a bought list, which its seller finds worth a lead."""
        return convert_prospects([prospect], by=self.seller)[0]

    def price(self, want: Want) -> Decimal:
        low, high = want.millions
        step = 5 if high < 500 else 10
        return Decimal(self.rng.randrange(low, high, step) * MILLION)

    def change(self, row: Any, *, by: User, **wanted: Any) -> Any:
        """Change fields as a form does: with the values that the person saw."""
        seen = type(row).objects.get(pk=row.pk)
        schema = kinds.get(row.kind).schema
        return timeline.change(seen, {name: (schema[name].value(seen), wanted[name]) for name in wanted}, by=by)

    def learn_more(self, lead: Lead, who: User) -> None:
        """After the first talk: what they need, how much it may be, how likely it is."""
        lead = Lead.objects.get(pk=lead.pk)
        self.change(lead, by=who, **self.learnt(vars(lead) | {"request_type": lead.request_type_id}))

    def learnt(self, known: dict[str, Any]) -> dict[str, Any]:
        """What one talk adds to what is known."""
        want, rng = self.script.want, self.rng
        learnt: dict[str, Any] = {"rating": rng.choice([1, 2, 2, 3])}
        if not known["name"] and self.chance(0.8):
            learnt["name"] = words.fill(rng.choice(want.names), rng)
        if not known["need"] or not known["request_type"]:
            learnt["need"] = known["need"] or words.fill(rng.choice(want.needs), rng)
            learnt["request_type"] = self.office.request_types[want.request_type]
        if known["expected_amount"] is None and self.chance(0.8):
            learnt["expected_amount"] = self.price(want)
        if self.chance(0.5):
            learnt["label"] = rng.choice(self.office.labels)
        return learnt | self.surveyed()

    def surveyed(self) -> dict[str, Any]:
        """What care asks in the survey of the company's own fields; drawn apart, so that the rest stays as it was."""
        rng = Random(f"survey {self.script.number}")  # noqa: S311
        asked = words.SURVEY[self.script.want.request_type.removesuffix(" (Lắp bổ sung)")]
        told = {name: rng.choice(answers) for name, answers in (words.OF_ALL | asked).items() if rng.random() < 0.7}
        return told | {name: rng.choice(answers) for name, answers in words.ALWAYS.items()}

    def in_detail(self) -> bool:
        """Whether one more call is told."""
        return self.chance(0.06) if self.script.in_short else True

    def touch(self, row: Any, who: User, kinds: list[str], *, days: float, talks: words.Talks = words.TALKS) -> Story:
        """Plan something and do it: in time, mostly. Where today cuts in between, it is still to be done."""
        kind = self.rng.choice(kinds)
        titles, results = talks[kind]
        due = appointment(self.at, self.rng, days=days)
        planned = schedule_activity(
            row.record,
            what=self.office.types[kind],
            title=self.rng.choice(titles),
            due_at=due,
            lasts=words.LASTS.get(kind, 0),
            assignee=who,
            by=who,
        )
        late = (
            timedelta(days=self.rng.uniform(1, 5)) if self.chance(0.12) else timedelta(minutes=self.rng.randrange(70))
        )
        self.at = at_work(due + late, self.rng)
        yield self.at
        self.finish(planned, self.rng.choice(results), who)
        if self.chance(0.25):
            yield self.wait(hours=0.4)
            add_note(row.record, body=self.rng.choice(words.NOTES), by=who)

    def finish(self, planned: Activity, result: str, who: User) -> None:
        finish_activity(planned, result=result, by=who)

    def keep_in_touch(self, row: Any, who: User, kinds: list[str]) -> Story:
        """Ask again every few weeks, until today or until somebody forgets to."""
        while not self.chance(0.2):
            yield self.wait(hours=2)
            yield from self.touch(row, who, kinds, days=self.rng.choice([12, 21, 30]))

    def give_up(self, lead: Lead, who: User) -> Story:
        """Not suitable, with a reason; now and then they call again."""
        yield self.wait(days=self.rng.choice([1, 3, 6]))
        reason = self.reason("lead", Category.UNQUALIFIED)
        close_lead(
            lead,
            to=self.office.ending("unqualified", "lead"),
            reason=reason,
            reason_note=self.reason_note(reason),
            by=who,
        )
        if not self.script.reopens:
            return
        yield self.wait(days=9)
        reopen_lead(lead, by=who)
        add_note(lead.record, body="Khách gọi lại: năm nay có ngân sách, nhờ khảo sát sớm.", by=who)
        yield from self.keep_in_touch(lead, who, words.DEEPER)

    def reason(self, kind: str, category: str) -> ClosingReason:
        return self.rng.choice(self.office.reasons[kind, category])

    def reason_note(self, reason: ClosingReason) -> str:
        return words.CLOSING_NOTES.get(reason.name, "") if self.chance(0.7) else ""

    # --- the deal -----------------------------------------------------------------------------------------------------

    def convert(self, lead: Lead, who: User) -> Story:
        """One more talk, then the deal: care hands it over to sales, sales keep it (R0.39)."""
        yield self.wait(hours=2, days=3 if self.script.in_short else 0)
        if self.chance(0.5) and self.in_detail():
            yield from self.touch(lead, who, words.DEEPER, days=self.rng.choice([2, 3, 4]))
            yield self.wait(hours=3)
        lead = Lead.objects.get(pk=lead.pk)
        (deal,) = convert_leads([lead], self.handover(lead, by=who), by=who)
        self.complete(deal.company)
        if self.script.deal_ending == UNDONE:
            yield self.wait(hours=5)
            undo_conversion(lead, by=who)
            add_note(lead.record, body="Chuyển nhầm: khách mới hỏi giá tham khảo, chăm sóc tiếp đã.", by=who)
            return
        yield from self.sell(deal, self.seller, self.script.deal_ending)

    def complete(self, company: Company | None) -> None:
        """A new company has the person's number only: its seller looks up the office."""
        if company is not None and not company.phone and company.owner_id == self.seller.pk:
            customer = self.script.customer
            self.change(company, by=self.seller, phone=customer.switchboard, email=customer.office_email)

    def handover(self, lead: Lead, *, by: User) -> Handover:
        """A customer who is here already is linked, everybody else is made (D17)."""
        companies, contacts = proposals(lead, to=by)
        if companies:
            return Handover(owner=self.seller, customer=Handover.LINK, company=companies[0])
        if contacts:
            return Handover(owner=self.seller, customer=Handover.LINK, contact=contacts[0])
        return Handover(owner=self.seller)

    def sell(self, deal: Deal, who: User, ending: str) -> Story:
        """Through the stages as far as the ending needs; an open deal stands somewhere on the way."""
        yield self.wait(hours=6)
        if (deal.expected_amount or 0) > 2000 * MILLION:
            follow(deal.record, user=self.leader, by=self.leader)
        reached = {Category.WON: 3, Category.LOST: self.rng.choice([1, 2, 3])}.get(
            Category(ending), self.rng.randrange(4)
        )
        stages = self.office.open_stages
        if self.script.in_short and ending != Category.OPEN:  # not every stage was entered in time
            stages = [stages[0], *self.rng.sample(stages[1:3], 1), *stages[3:]]
            reached -= reached > 1
        for number, stage in enumerate(stages[: reached + 1]):
            if number:
                move_deal(deal, to=stage, left=stages[number - 1], by=who)
            if number == 1 and not deal.expected_close_on:
                self.estimate(deal, who)
            yield self.wait(days=self.rng.choice([1, 3, 5, 9, 14] if self.script.in_short else [1, 3, 5]))
            if self.chance(0.6) and self.in_detail():
                yield from self.touch(deal, who, words.BY_STAGE[number], days=self.rng.choice([2, 3, 5]))
                yield self.wait(hours=3)
        if ending == Category.OPEN:
            yield from self.keep_in_touch(deal, who, words.BY_STAGE[reached])
        else:
            yield from self.close(deal, who, ending)

    def estimate(self, deal: Deal, who: User) -> None:
        """Once the need is clear: when they will sign, what it will cost, sometimes a feeling of one's own (D18)."""
        weeks = self.rng.choice([3, 5, 8, 12])
        known: dict[str, Any] = {"expected_close_on": (self.at + timedelta(weeks=weeks)).date()}
        if deal.expected_amount is None or self.chance(0.4):
            known["expected_amount"] = self.price(self.script.want)
        if self.chance(0.15):
            known["probability"] = self.rng.choice([30, 50, 65, 70])
        self.change(deal, by=who, **known)

    def close(self, deal: Deal, who: User, ending: str) -> Story:
        """Won, lost or on hold. Who bought a station needs it looked after; who said no may think again."""
        yield self.wait(days=2)
        reason = None if ending == Category.WON else self.reason("deal", ending)
        note = self.reason_note(reason) if reason else ""
        close_deal(deal, to=self.office.ending(ending), reason=reason, reason_note=note, by=who)
        if ending == Category.WON and self.script.needs_service and who == self.seller:
            yield from self.sell_service(deal)
        if self.script.reopens:
            yield self.wait(days=6)
            reopen_deal(deal, by=who)
            add_note(deal.record, body="Khách mời chào giá lại: bên kia không kịp tiến độ.", by=who)
            yield from self.keep_in_touch(deal, who, words.BY_STAGE[2])

    def sell_service(self, won: Deal) -> Story:
        """A second deal for the same customer, made by hand in another department (R1.12)."""
        yield self.wait(days=3)
        chi, my = self.office.staff["chi"], self.office.staff["my"]
        seller = chi if won.department_id != chi.department_id else my
        ends = (Category.WON, Category.LOST) if self.script.in_short else (Category.OPEN, Category.OPEN)
        yield from self.sell(self.deal_by_hand(won, seller), seller, self.rng.choice([*ends, Category.WON]))

    def deal_by_hand(self, won: Deal, seller: User) -> Deal:
        want = words.CARE
        values = {
            "name": words.fill(self.rng.choice(want.names), self.rng),
            "company": won.company,
            "contact": won.contact,
            "request_type": self.office.request_types[want.request_type],
            "source": self.office.sources["Khách tự tìm đến"],
            "need": words.fill(self.rng.choice(want.needs), self.rng),
            "expected_amount": self.price(want),
            "owner": seller,
        }
        return create_deal(values, by=seller)
