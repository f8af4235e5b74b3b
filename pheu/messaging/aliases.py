"""Mail to a team's alias becomes a deal of that team, or a lead (R3.09-3.10): one for each letter, whoever gets it.

The alias is routed, by the mail server, to a mailbox that is connected here: the leader's, or one that the team shares.
What a machine wrote, what our own people wrote and the sixth letter of a sender within a day make nothing.
"""

from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone

from pheu.core.vietnamese.identity import email_key
from pheu.core.vietnamese.text import clean
from pheu.messaging.channels.email.letters import Address, Letter
from pheu.messaging.channels.email.quotes import bare_subject
from pheu.messaging.models import Mailbox, Message
from pheu.people.models import Team, User
from pheu.records import kinds
from pheu.records.acts import act
from pheu.records.models import Record
from pheu.timeline.services import put

MOST_A_DAY = 5  # records of one sender
DAY = timedelta(days=1)


def team_of(letter: Letter, mailbox: Mailbox) -> Team | None:
    """The team whose alias the letter was sent to; aliases without a domain stand on those of our own people."""
    addresses = {one.lower() for one in (*letter.delivered_to, *(one.address for one in (*letter.to, *letter.cc)))}
    ours = {mailbox.address.rpartition("@")[2].lower(), mailbox.user.email.rpartition("@")[2].lower()}
    locals_ = {local for local, _at, domain in (one.rpartition("@") for one in addresses) if domain in ours}
    return Team.objects.filter(is_active=True, alias__in=addresses | locals_).exclude(alias="").order_by("pk").first()


def makes_a_record(letter: Letter) -> bool:
    """Whether a person from outside wrote it, who does not do so all day long (RFC 3834)."""
    if letter.automatic or letter.bounce is not None or letter.sender is None:
        return False
    address = letter.sender.address.lower()
    if User.objects.filter(Q(email__iexact=address) | Q(mailbox__address__iexact=address)).exists():
        return False
    theirs = Message.objects.filter(sender__address__iexact=address, made_record=True)
    return theirs.filter(at__gte=timezone.now() - DAY).count() < MOST_A_DAY


@act
def make_record(letter: Letter, team: Team, *, by: User, via: str) -> Record:
    """What `team` wants of a letter to its alias: a deal with the contact of its sender, found or made; or a lead.

    Nobody owns it yet: rules hand it out, or somebody of the team takes it. `by` is whose mailbox it came to; the right
    to make it is the team's, not theirs.
    """
    assert letter.sender is not None
    name = bare_subject(letter.subject) or letter.sender.name or letter.sender.address
    values: dict[str, Any] = {"name": clean(name)[:200], "team": team}
    if team.alias_makes == Team.Makes.LEAD:
        values |= _sender_as_lead(letter.sender)
    else:
        contact = _contact_of(letter.sender, by=by, via=via)
        values |= {"contact": contact, "company": contact.company}
    [made] = put([kinds.get(team.alias_makes).schema.new_row(values)], by=by, via=via)
    record: Record = made.record
    return record


def _sender_as_lead(sender: Address) -> dict[str, Any]:
    """Who wrote, as a lead says it, with the contact of that address if there is one; none is made yet."""
    told: dict[str, Any] = {"person_name": clean(sender.name) or sender.address, "email": sender.address}
    contact = _known(sender)
    if contact is None:
        return told
    company = contact.company
    told |= {"contact": contact, "company": company, "person_name": contact.full_name}
    return told | {"company_name": company.name if company else ""}


def _known(sender: Address) -> Any:
    """The newest contact of that address, whoever has it."""
    contacts = kinds.get("contact").model.objects.live().select_related("record", "company__record")
    return contacts.filter(record__keys__contains=[f"email:{email_key(sender.address)}"]).order_by("-pk").first()


def _contact_of(sender: Address, *, by: User, via: str) -> Any:
    """Whom we know by that address; else a new contact."""
    if (found := _known(sender)) is not None:
        return found
    values = {"full_name": clean(sender.name) or sender.address, "email": sender.address}
    [made] = put([kinds.get("contact").schema.new_row(values)], by=by, via=via)
    return made
