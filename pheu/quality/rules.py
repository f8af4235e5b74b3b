"""What a company's rules say of two records of one kind: whether they are the same, and the second may be saved."""

from collections.abc import Collection, Iterable, Sequence

from django.db import connection
from django.utils.translation import gettext as _

from pheu.core.errors import Invalid
from pheu.people.models import User
from pheu.quality.models import DuplicateRule
from pheu.records import kinds
from pheu.records.alike import CRITERIA, Alike, guards, warns
from pheu.records.kinds import Kind
from pheu.records.models import Record, Row

MOST_LOOKED_AT = 200


def found_by_rules(
    kind: Kind, keys: Iterable[str], *, blocking: bool, but: Iterable[int] = ()
) -> list[tuple[DuplicateRule, Alike]]:
    """Records in use of the kind with the rules in use by which they are the same; two statements at most."""
    there = _by_criterion(keys)
    rules = DuplicateRule.objects.filter(kind=kind.code, is_active=True, blocks=blocking)
    asked = [one for one in rules if one.criteria and set(one.criteria) <= set(there)]
    if not asked:
        return []
    wanted = [key for one in asked for code in one.criteria for key in there[code]]
    rows = Record.objects.filter(kind=kind.code, state=Record.State.LIVE, keys__overlap=wanted).exclude(pk__in=but)
    found = []
    for record in rows.select_related("owner", "department").order_by("pk")[:MOST_LOOKED_AT]:
        theirs = _by_criterion(record.keys or ())
        rule = next((one for one in asked if all(there[code] & theirs.get(code, set()) for code in one.criteria)), None)
        if rule is not None:
            found.append((rule, Alike(record, tuple(code for code in CRITERIA if code in rule.criteria))))
    return found


def _by_criterion(keys: Iterable[str]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for key in keys:
        found.setdefault(key.partition(":")[0], set()).add(key)
    return found


@guards
def must_be_the_only_one(rows: Sequence[Row], was: Sequence[Collection[str]], by: User, via: str) -> None:
    """`Invalid` where a rule that blocks finds another record like one of these, by what is new in them.

    Of two at once the second waits for the first. A list that is imported has rules of its own.
    """
    kind = kinds.get(rows[0].kind)
    blocking = DuplicateRule.objects.filter(kind=kind.code, is_active=True, blocks=True)
    if via == "import" or not blocking.exists():
        return
    keys = [kind.schema.keys_of(row) for row in rows]
    fresh = [set(now) - set(old) for now, old in zip(keys, was, strict=True)]
    _wait_for_whoever_saves(key for new in fresh for key in new)
    for row, now, new in zip(rows, keys, fresh, strict=True):
        touched = {key.partition(":")[0] for key in new}
        found = found_by_rules(kind, now, blocking=True, but=[row.pk] if row.pk else []) if new else []
        for rule, one in found:
            if touched & set(rule.criteria):
                name = next((field.name for field in kind.schema if field.criterion in rule.criteria), "")
                raise Invalid({name: [_said(rule, one, by)]}, {name: str(kind.schema[name].label)})


def _said(rule: DuplicateRule, one: Alike, by: User) -> str:
    """Why it is not saved; of what the person may not see no more than whose it is."""
    told = {"why": one.reasons, "rule": rule.name}
    if Record.objects.visible_to(by).filter(pk=one.record.pk).exists():
        return _("%(record)s is there already (%(why)s): the rule “%(rule)s” lets no second one be saved.") % (
            told | {"record": one.record}
        )
    place = one.record.department or _("another department")
    return _("Already in the system, %(place)s has it (%(why)s): the rule “%(rule)s” lets no second one be saved.") % (
        told | {"place": place}
    )


def _wait_for_whoever_saves(keys: Iterable[str]) -> None:
    with connection.cursor() as cursor:
        for key in sorted(set(keys)):
            cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, 7))", [key])


@warns
def told_of(kind: Kind, row: Row, user: User) -> list[Alike]:
    """What rules that only tell find like a row that is about to be made."""
    found = found_by_rules(kind, kind.schema.keys_of(row), blocking=False)
    return [one for _rule, one in found]
