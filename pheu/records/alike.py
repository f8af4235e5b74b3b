"""Records of the same customer: found by what they share, each with the reasons in words (R1.33, R1.43-1.44).

`Record.keys` holds what fields say of whose a row is, each as «criterion:text»; one index answers for every kind.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby

from django.core import signing
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pheu.core.vietnamese.identity import likeness
from pheu.people.models import User
from pheu.records import kinds, writing
from pheu.records.acts import operation
from pheu.records.locking import hold
from pheu.records.models import Record, Row

NEAR = "near"  # what only sweeps ask: no field has it, and no rule that somebody makes
# {criterion: (what it is called, what is said of two records that share it, how much that weighs)}.
CRITERIA = {
    "tax": (gettext_lazy("Tax code"), gettext_lazy("same tax code"), 60),
    "email": (gettext_lazy("Email"), gettext_lazy("same email"), 50),
    "phone": (gettext_lazy("Phone"), gettext_lazy("same phone number"), 45),
    "company": (gettext_lazy("Company name"), gettext_lazy("same company name"), 35),
    "website": (gettext_lazy("Website"), gettext_lazy("same website"), 30),
    "address": (gettext_lazy("Address"), gettext_lazy("same address"), 20),
    "person": (gettext_lazy("Person's name"), gettext_lazy("same person's name"), 15),
    NEAR: (gettext_lazy("Name and address"), gettext_lazy("name and address nearly the same"), 40),
}
NAMES = ("company", "person")
MOST_FOUND = 100
MOST_KEYS = 60
CLOSE = 80  # percent: names that are told to be alike
WEIGHT_OF_CLOSE = 10
TICKETS = "pheu.told-of"


@dataclass(frozen=True)
class Alike:
    """A record that shares something with another: by which criteria, and how alike their names are, in percent."""

    record: Record
    shared: tuple[str, ...]
    likeness: int = 0

    @property
    def score(self) -> int:
        """0 to 100: what a person would bet on."""
        close = WEIGHT_OF_CLOSE if self._is_close else 0
        return min(sum(CRITERIA[one][2] for one in self.shared) + close, 100)

    @property
    def _is_close(self) -> bool:
        return self.likeness >= CLOSE and not set(NAMES) & set(self.shared)

    @property
    def reasons(self) -> str:
        """«cùng số điện thoại; tên giống 92 %»."""
        told = set(self.shared) - ({NEAR} if {"person", "address"} <= set(self.shared) else set())
        said = [str(CRITERIA[one][1]) for one in self.shared if one in told]
        if self._is_close:
            said.append(_("names alike by %(percent)s %%") % {"percent": self.likeness})
        return "; ".join(said)

    @property
    def out_of_sight(self) -> str:
        """All that is told of it to whoever may not see it: that it is there, why, and who has it."""
        told = {"place": self.record.department, "why": self.reasons}
        if self.record.department is None:
            return _("Already in the system, out of your sight (%(why)s).") % told
        return _("Already in the system, %(place)s has it (%(why)s).") % told

    @property
    def ticket(self) -> str:
        """Proof that somebody was told of it: signed, so that nobody asks about what they were not told of."""
        return signing.dumps(self.record.pk, salt=TICKETS)


def record_of(ticket: str) -> Record | None:
    """The record in use of which somebody was told; None for a ticket that we have not given."""
    try:
        pk = signing.loads(ticket, salt=TICKETS)
    except signing.BadSignature:
        return None
    return Record.objects.filter(pk=pk, state=Record.State.LIVE).select_related("department").first()


def criteria_of(keys: Iterable[str]) -> list[str]:
    """The criteria by which something can be compared, the strongest first."""
    there = {key.partition(":")[0] for key in keys}
    return [one for one in CRITERIA if one in there]


def criteria_for(code: str, user: User) -> set[str]:
    """Those by which `user` may compare records of a kind: of fields that they may see."""
    return {one.criterion for one in kinds.get(code).schema_for(user) if one.criterion}


def sharing(
    keys: Sequence[str], user: User, *, criteria: Collection[str] | None = None, but: Collection[int] = ()
) -> list[Alike]:
    """Records in use of every kind that share a key of these `criteria`, the likeliest first; by what `user` may know.

    Also those that they may not see: a page tells no more of them than whose they are. One statement, along one index.
    """
    asked = [key for key in keys if criteria is None or key.partition(":")[0] in criteria][:MOST_KEYS]
    if not asked:
        return []
    rows = Record.objects.filter(keys__overlap=asked, state=Record.State.LIVE).exclude(pk__in=but)
    rows = rows.select_related("owner", "department")
    known = cache(lambda code: criteria_for(code, user))
    found = [_compared(asked, keys, record, known(record.kind)) for record in rows.order_by("-pk")[:MOST_FOUND]]
    return sorted((one for one in found if one.shared), key=lambda one: (-one.score, one.record.pk))


def _compared(asked: Sequence[str], keys: Sequence[str], record: Record, known: Collection[str]) -> Alike:
    theirs = [key for key in record.keys or () if key.partition(":")[0] in known]
    shared = {key.partition(":")[0] for key in set(asked) & set(theirs)}
    return Alike(record, tuple(one for one in CRITERIA if one in shared), names_alike(keys, theirs))


def names_alike(keys: Iterable[str], others: Iterable[str]) -> int:
    """How alike the names in two records' keys are, in percent; 0 where one has none."""
    names = [likeness(mine, other) for one in NAMES for mine in _texts(keys, one) for other in _texts(others, one)]
    return max(names, default=0)


def _texts(keys: Iterable[str], criterion: str) -> list[str]:
    return [key.partition(":")[2] for key in keys if key.startswith(f"{criterion}:")]


def seen_and_unseen(found: Sequence[Alike], user: User) -> tuple[list[Alike], list[Alike]]:
    """Those that the person may see, and those that are only told to be there."""
    ids = [one.record.pk for one in found]
    mine = set(Record.objects.visible_to(user).filter(pk__in=ids).values_list("pk", flat=True))
    return [one for one in found if one.record.pk in mine], [one for one in found if one.record.pk not in mine]


# Of a row that somebody is typing: (its kind, its keys, the criterion of the field that they are at, ids not to name).
Hint = Callable[["kinds.Kind", Collection[str], str, Collection[int]], list[Alike]]
# Raises where rows that are about to be saved may not stand beside others; `was` are the keys that each had until now.
# And tells of others like one. Rules stand above the records.
Guard = Callable[[Sequence[Row], Sequence[Collection[str]], User, str], None]
Warn = Callable[["kinds.Kind", Row, User], list[Alike]]
_guards: list[Guard] = []
_warns: list[Warn] = []
_hints: list[Hint] = []


def guards(function: Guard) -> Guard:
    _guards.append(function)
    return function


def warns(function: Warn) -> Warn:
    _warns.append(function)
    return function


def hints(function: Hint) -> Hint:
    _hints.append(function)
    return function


def must_be_let_in(rows: Sequence[Row], *, was: Sequence[Collection[str]] = (), by: User, via: str) -> None:
    """Ask the guards of rows of one kind, new ones or, with what they `was`, changed ones."""
    for guard in _guards if rows else ():
        guard(rows, was or [()] * len(rows), by, via)


def others_like(kind: "kinds.Kind", row: Row, user: User) -> list[Alike]:
    """What is told of before a row is made."""
    return [one for warn in _warns for one in warn(kind, row, user)]


def others_while_typing(
    kind: "kinds.Kind", keys: Collection[str], criterion: str, *, but: Collection[int] = ()
) -> list[Alike]:
    """What is named beside the field with this criterion, of a row that has these keys so far."""
    return [one for hint in _hints for one in hint(kind, keys, criterion, but)]


AT_ONCE = 2000


def fill() -> int:
    """Give records that have no keys yet theirs, some at a time; to how many. Nobody's version changes."""
    waiting = sorted(Record.objects.filter(keys=None).order_by("pk").values_list("kind", "pk")[:AT_ONCE])
    done = 0
    with operation("fill_keys", by=None, via="clock"):
        hold(*(pk for _kind, pk in waiting))
        for code, of_kind in groupby(waiting, key=lambda one: one[0]):
            rows = list(kinds.get(code).model.objects.filter(pk__in=[pk for _kind, pk in of_kind]).with_words())
            writing.refresh_words(rows)
            done += len(rows)
    return done
