"""The gate of a stage (R3.23, D5): what a company asks of a record that enters it, and whom it lets move records.

A text for people, fields that must be filled, and checks that apps register. The act of moving asks; what is missing
is asked in the dialog of the move, and refused in words elsewhere. Which roles may put records into a stage, and take
them out, is a right: pages do not offer what it forbids, acts refuse it, and nobody overrides it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_lazy as _

from pheu.core.errors import DomainError, Refused
from pheu.core.vietnamese.money import show_money
from pheu.people.models import User
from pheu.people.scopes import OVERRIDE
from pheu.records import kinds
from pheu.records.fields import Field
from pheu.records.kinds import Kind
from pheu.records.models import Stage

Words = kinds.Words


@dataclass(frozen=True)
class Check:
    """Something besides filled fields that must be so of a row. `applies` says for which kinds it can be asked."""

    code: str
    label: Words
    holds: Callable[[Any], bool]
    applies: Callable[[Kind], bool] = lambda _kind: True

    def __post_init__(self) -> None:
        _checks[self.code] = self


_checks: dict[str, Check] = {}


def checks_for(kind: Kind) -> list[Check]:
    return [one for one in _checks.values() if one.applies(kind)]


def fields_for(kind: Kind) -> list[Field]:
    """What a gate may ask to be filled: whatever people write, the company's own fields too."""
    return [one for one in kind.schema if one.editable]


@dataclass
class Lacking:
    """What a row lacks to enter a stage: fields, checks, and the least that it must be worth."""

    stage: Stage
    fields: list[Field] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    amount: Field | None = None

    def __bool__(self) -> bool:
        return bool(self.fields or self.checks or self.amount)

    @property
    def asked(self) -> list[str]:
        """Names of the fields that would open the gate."""
        return [one.name for one in (*self.fields, *([self.amount] if self.amount else []))]

    def words_for(self, user: User, kind: Kind) -> list[str]:
        """What is missing, as somebody may read it: a field that is hidden from them has no name."""
        return self._words(kind.schema_for(user))

    def words_of(self) -> list[str]:
        """The same for whoever configures the kind, with every name."""
        return self._words(kinds.get(self.stage.pipeline.kind).schema)

    def _words(self, seen: Any) -> list[str]:
        hidden = _("fields that you may not see")
        said = [str(one.label if seen.get(one.name) else hidden) for one in self.fields]
        if self.amount is not None:
            least = {"field": self.amount.label, "least": show_money(self.stage.least_amount or 0)}
            said.append(str(_("%(field)s of at least %(least)s") % least if seen.get(self.amount.name) else hidden))
        return list(dict.fromkeys([*said, *(str(one.label) for one in self.checks)]))

    @property
    def facts(self) -> dict[str, Any]:
        """How an event keeps it."""
        least = {"least": self.stage.least_amount} if self.amount is not None else {}
        return {"fields": [one.name for one in self.fields], "checks": [one.code for one in self.checks], **least}


def whole(stage: Stage, kind: Kind) -> Lacking:
    """Everything that a stage asks for."""
    fields = [one for name in stage.needs_fields if (one := kind.schema.get(name)) is not None]
    checks = [check for code in stage.needs_checks if (check := _checks.get(code))]
    has_least = stage.least_amount is not None and kind.schema.amount
    return Lacking(stage, fields, checks, kind.schema[kind.schema.amount] if has_least else None)


class NotYet(DomainError):
    """The gate of a stage is shut for a row: `lacking` says by what."""

    def __init__(self, lacking: Lacking, user: User, kind: Kind) -> None:
        missing = ", ".join(lacking.words_for(user, kind))
        super().__init__(_("“%(stage)s” asks for: %(missing)s."), stage=lacking.stage, missing=missing)
        self.lacking = lacking


def lacking(row: Any, stage: Stage) -> Lacking:
    """What `row` lacks to enter `stage`, as it is now."""
    if not stage.has_gate:
        return Lacking(stage)
    found = whole(stage, kinds.get(row.kind))
    found.fields = [one for one in found.fields if _is_empty(one, row) and one != found.amount]
    found.checks = [check for check in found.checks if not check.holds(row)]
    if found.amount is not None and (row.amount or 0) >= (stage.least_amount or 0):
        found.amount = None
    return found


def _is_empty(one: Field, row: Any) -> bool:
    told = one.identity(one.value(row))
    return told is None or (hasattr(told, "__len__") and len(told) == 0)


def lets(by: Any, left: Stage, to: Stage) -> bool:
    """Whether records may go from one stage to another by the hand of `by`; what happens by itself may."""
    return not isinstance(by, User) or (left.lets_out(by) and to.lets_in(by))


def must_let(by: User, left: Stage, to: Stage) -> None:
    """`Refused` in words where the company does not let the role of `by` move records so."""
    if left == to:
        return
    if to.is_leaving:
        raise Refused(_("“%(stage)s” is being taken out: no record goes there any more."), stage=to)
    if not left.lets_out(by):
        raise Refused(_("Your role may not move records out of “%(stage)s”."), stage=left)
    must_let_in(by, to)


def must_let_in(by: User, to: Stage) -> None:
    if not to.lets_in(by):
        raise Refused(_("Your role may not move records into “%(stage)s”."), stage=to)


def mark_barred(row: Any, user: User) -> None:
    """Say of a row that is to be shown to which stages of its pipeline `user` may not move it (`row.barred`).

    Its own stage is among them where they may not take it out of that at all.
    """
    others = (one for one in row.stage.pipeline.stages.all() if one != row.stage and not lets(user, row.stage, one))
    row.barred = frozenset([one.pk for one in others] + ([] if row.stage.lets_out(user) else [row.stage_id]))


def must_pass(row: Any, stage: Stage, *, by: User, override: bool = False) -> Lacking:
    """`NotYet` where the gate is shut. Whoever may override it gets what was lacking, to be told."""
    found = lacking(row, stage)
    if found and not (override and may_override(by, row)):
        raise NotYet(found, by, kinds.get(row.kind))
    return found


def dialog_into(row: Any, to: Stage) -> str:
    """The dialog through which a row enters a stage; empty where the stage asks for nothing.

    What a domain asks in a dialog of its own comes first: whom a converted lead goes to.
    """
    kind = kinds.get(row.kind)
    own = kind.closing_url(row, to) if kind.closing_url is not None else ""
    if not own and to.has_gate and (to.requirement or lacking(row, to)):
        return f"{kind.url('entry', row.pk)}?to={to.pk}"
    return own or (kind.dialog_of(row, to) if to.is_closing else "")


def may_override(user: User, row: Any) -> bool:
    return bool(type(row).objects.within(user, OVERRIDE).filter(pk=row.pk).exists())
