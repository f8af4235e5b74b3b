"""Who has agreed to be written to, and who wants it no more: a ledger (Law 91/2025, Decree 356/2025, vietnam.md 9).

The newest line of an address and purpose holds. Advertising needs a consent; care goes on until somebody ends it;
letters about somebody's own deal are owed to them. It is asked when a letter is written and again when it is sent.
"""

from collections.abc import Collection, Sequence
from datetime import timedelta

from django.core import signing
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from pheu.core.errors import DomainError
from pheu.core.turns import take_turn
from pheu.core.vietnamese.identity import email_key
from pheu.messaging import events
from pheu.messaging.models import Consent, Purpose
from pheu.messaging.people import held_today, own_addresses
from pheu.people.models import User
from pheu.records.acts import act
from pheu.records.models import Record
from pheu.timeline.events import Outsider
from pheu.timeline.services import record, writable

EMAIL = Consent.Channel.EMAIL
ASKED = (Purpose.ADVERTISING, Purpose.CARE)  # what people agree to, or end
SALT = "pheu.messaging.unsubscribe"
MOST_LINES = 20
TO_REGRET = timedelta(hours=1)


# What holds -----------------------------------------------------------------------------------------------------------


def standing(address: str, purpose: str, channel: str = EMAIL) -> Consent | None:
    """The line that holds now, if there is any."""
    return standing_of([address], channel).get((email_key(address), purpose))


def standing_of(addresses: Collection[str], channel: str = EMAIL) -> dict[tuple[str, str], Consent]:
    """The line that holds now of each (`email_key`, purpose) that has one; one statement for all."""
    rows = Consent.objects.filter(subject__in={email_key(one) for one in addresses}, channel=channel)
    newest = rows.order_by("subject", "purpose", "-pk").distinct("subject", "purpose").select_related("by")
    return {(one.subject, one.purpose): one for one in newest}


def lines_of(address: str, user: User) -> list[Consent]:
    """The newest lines about an address; without what was noted on a record that the person may not see."""
    lines = Consent.objects.filter(subject=email_key(address)).select_related("by")
    mine = Q(record=None) | Q(record__in=Record.objects.visible_to(user))
    return list(lines.filter(mine).order_by("-pk")[:MOST_LINES])


def unwilling(addresses: Sequence[str], purpose: str) -> list[str]:
    """Those of these addresses that may not be written to for a purpose."""
    if purpose not in ASKED:
        return []
    held = standing_of(addresses)
    return [one for one in addresses if not allows(held.get((email_key(one), purpose)), purpose)]


def allows(held: Consent | None, purpose: str) -> bool:
    """Whether a purpose may be written for while this line holds."""
    return held.given if held is not None else purpose != Purpose.ADVERTISING


def one_at_a_time(*addresses: str) -> None:
    """What is decided by these addresses waits until the transaction is over. Before any Record is held."""
    for key in sorted({email_key(one) for one in addresses}):
        take_turn(f"consent {key}")


# What people tell us --------------------------------------------------------------------------------------------------


@act
def note_consent(
    about: Record,
    *,
    address: str,
    purpose: str,
    given: bool,
    source: str,
    wording: str = "",
    proof: str = "",
    by: User,
    via: str = "page",
) -> Consent:
    """Note that whom a record is about agrees, in the words of `wording`, or does not want it any more.

    Said twice, it is noted once. `DomainError` where the record has another address by now.
    """
    one_at_a_time(address)
    about = writable(about, by)
    if email_key(address) not in {email_key(one.address) for one in own_addresses(about, by)}:
        raise DomainError(_("The record has another address by now. Please look again."))
    if purpose not in ASKED or source not in Consent.Source.values or source == Consent.Source.LINK:
        raise DomainError(_("Say what for, and where it comes from."))
    wording, proof = wording.strip()[:2000], proof.strip()[:2000]
    if given and not wording:
        raise DomainError(_("Say in which words they agreed: a consent has to be proved."))
    held = standing(address, purpose)
    if held is not None and (held.given, given and held.wording) == (given, given and wording):
        return held
    told = {"source": source, "wording": wording, "proof": proof, "by": by}
    made = Consent.objects.create(subject=email_key(address), record=about, purpose=purpose, given=given, **told)
    record(events.CONSENT[given], about=about, by=by, via=via, consent=made.pk, purpose=purpose, source=source)
    return made


# The link at the end of a letter --------------------------------------------------------------------------------------


def token_of(consent: Consent) -> str:
    """What ends a consent for whoever has it: the line of the ledger by its number, signed; nothing of the person."""
    return signing.Signer(salt=SALT).sign(str(consent.pk))


def consent_of(token: str) -> Consent | None:
    """The line that a token names; None for anything that we have not signed."""
    try:
        return Consent.objects.filter(pk=signing.Signer(salt=SALT).unsign(token)).first()
    except signing.BadSignature:
        return None


def masked(address: str) -> str:
    """An address as it may be shown to whoever holds the link: «v•••@hondacement.example»."""
    local, at, domain = address.rpartition("@")
    return f"{local[:1]}•••{at}{domain}"


@act
def withdraw(link: Consent, purposes: Collection[str], *, ip: str | None, via: str = "link") -> None:
    """End these purposes for whoever holds the link, at once; those that have ended already stay so."""
    one_at_a_time(link.subject)
    held = standing_of([link.subject], link.channel)
    for purpose in ASKED:
        one = held.get((link.subject, purpose))
        if purpose in purposes and (one is None or one.given):
            _by_link(link, purpose, given=False, wording="", ip=ip, via=via)


@act
def restore(link: Consent, *, ip: str | None, via: str = "link") -> None:
    """Take back what was ended through the link a moment ago: what held before holds again."""
    one_at_a_time(link.subject)
    for purpose, before in regretted(link).items():
        _by_link(link, purpose, given=True, wording=before, ip=ip, via=via)


def regretted(link: Consent) -> dict[str, str]:
    """What `restore` would bring back: the wording by purpose."""
    found: dict[str, str] = {}
    for purpose in ASKED:
        lines = Consent.objects.filter(subject=link.subject, channel=link.channel, purpose=purpose)
        ended, before = (*lines.order_by("-pk")[:2], None, None)[:2]
        if ended is None or ended.given or ended.source != Consent.Source.LINK:
            continue
        if ended.at > timezone.now() - TO_REGRET and allows(before, purpose):
            found[purpose] = before.wording if before is not None else str(STAYS)
    return found


STAYS = _("I want to go on receiving these e-mails.")


def _by_link(link: Consent, purpose: str, *, given: bool, wording: str, ip: str | None, via: str) -> None:
    about, source = held_today(link.record_id), Consent.Source.LINK
    told = {"source": source, "wording": wording, "ip": ip, "record": about}
    made = Consent.objects.create(subject=link.subject, channel=link.channel, purpose=purpose, given=given, **told)
    if about is not None:
        who = Outsider(masked(link.subject), about)
        record(events.CONSENT[given], about=about, by=who, via=via, consent=made.pk, purpose=purpose, source=source)
