"""What a company's rules say of two records of one kind: whether they are the same, and the second may be saved."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from itertools import product
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _
from psycopg.types.json import Jsonb

from pheu.core.errors import Invalid
from pheu.people.models import User
from pheu.quality.models import DuplicateRule
from pheu.records import kinds
from pheu.records.alike import CRITERIA, Alike, guards, hints, warns
from pheu.records.kinds import Kind
from pheu.records.models import Record, Row

MOST_LOOKED_AT = 200  # for each set of keys of a row
Keys = dict[str, set[str]]  # by criterion
# What makes two records the same where a company has no rules of its own, whoever asks.
SURE = (("tax",), ("email",), ("company", "person"), ("company", "address"))
Found = tuple[DuplicateRule, Alike]


def found_by_rules(
    kind: Kind, rules: Sequence[DuplicateRule], many: Sequence[Collection[str]], *, but: Collection[int] = ()
) -> list[list[Found]]:
    """For the keys of each of `many` rows the records in use of the kind that are the same, with the rule that says so.

    The oldest come first. Two statements for any number of rows, the second only where there is one.
    """
    asked = [(nth, together) for nth, keys in enumerate(many) for together in sets_of(rules, keys)]
    met = _having(kind, asked) if asked else []
    near = Record.objects.select_related("owner", "department").in_bulk({pk for _nth, pk in met} - set(but))
    found: list[list[Found]] = [[] for _keys in many]
    for nth, pk in sorted(set(met)):
        record = near.get(pk)
        rule = first_rule_for(rules, many[nth], record.keys or ()) if record is not None else None
        if record is not None and rule is not None:
            found[nth].append((rule, Alike(record, tuple(code for code in CRITERIA if code in rule.criteria))))
    return found


def sets_of(rules: Iterable[DuplicateRule], keys: Iterable[str]) -> set[tuple[str, ...]]:
    """Which keys a record must have, all of a set, to be the same as a row of these `keys` by one of the rules."""
    by = _by_criterion(keys)
    return {
        together
        for rule in rules
        if set(rule.criteria) <= by.keys()
        for together in product(*(sorted(by[code]) for code in rule.criteria))
    }


# The fence keeps the planner from walking along the ids in hope of a few: the index of keys leads to them.
_HAVING = """
    select asked.nth, there.id
    from jsonb_to_recordset(%s) as asked(nth int, keys text[])
    cross join lateral (
        select id from (
            select id from records_record
            where keys @> asked.keys and kind = %s and state = 'live' offset 0
        ) as having_them order by id limit %s
    ) as there
"""


def _having(kind: Kind, asked: Iterable[tuple[int, tuple[str, ...]]]) -> list[tuple[int, int]]:
    """(number of the row, id of a record in use that has all keys of one of its sets)."""
    told: Any = Jsonb([{"nth": nth, "keys": keys} for nth, keys in asked])
    with connection.cursor() as cursor:
        cursor.execute(_HAVING, [told, kind.code, MOST_LOOKED_AT])
        return cursor.fetchall()


def rules_of(kind: Kind) -> list[DuplicateRule]:
    """The rules in use of a kind, in order."""
    return [rule for rule in DuplicateRule.objects.filter(kind=kind.code, is_active=True) if rule.criteria]


def _rules(kind: Kind, *, blocking: bool) -> list[DuplicateRule]:
    return [rule for rule in rules_of(kind) if rule.blocks == blocking]


def _by_criterion(keys: Iterable[str]) -> Keys:
    found: Keys = defaultdict(set)
    for key in keys:
        found[key.partition(":")[0]].add(key)
    return found


def first_rule_for(rules: Iterable[DuplicateRule], one: Iterable[str], other: Iterable[str]) -> DuplicateRule | None:
    """The first rule by which two rows of these keys are the same."""
    shared = {key.partition(":")[0] for key in set(one) & set(other)}
    return next((rule for rule in rules if set(rule.criteria) <= shared), None)


@guards
def must_be_the_only_ones(rows: Sequence[Row], was: Sequence[Collection[str]], by: User, via: str) -> None:
    """`Invalid` where a rule that blocks finds two of these rows, or one of them and another record, the same.

    Only what is new in them is asked about: two that were the same before there was a rule can be changed.
    Of two who save at once the second waits for the first.
    """
    kind = kinds.get(rows[0].kind)
    rules = _rules(kind, blocking=True)
    if not rules:
        return
    keys = [kind.schema.keys_of(row) for row in rows]
    fresh = [set(now) - set(old) for now, old in zip(keys, was, strict=True)]
    asked = {code for rule in rules for code in rule.criteria}
    new = [nth for nth, of_row in enumerate(fresh) if asked & set(_by_criterion(of_row))]
    if not new:
        return
    wait_for_whoever_saves(kind, rules, [fresh[nth] for nth in new])
    there = found_by_rules(kind, rules, [keys[nth] for nth in new], but=[row.pk for row in rows if row.pk])
    for nth, found in zip(new, there, strict=True):
        touched = set(_by_criterion(fresh[nth]))
        for rule, one in found:
            if touched & set(rule.criteria):
                raise _refusal(kind, rule, _said(rule, one, by))
    _must_differ(kind, rules, [keys[nth] for nth in new])


def _must_differ(kind: Kind, rules: Sequence[DuplicateRule], many: Sequence[Collection[str]]) -> None:
    """Rows of one act among themselves."""
    having: dict[str, list[Collection[str]]] = defaultdict(list)
    for keys in many:
        earlier = (other for key in keys for other in having[key])
        rule = next((found for other in earlier if (found := first_rule_for(rules, keys, other)) is not None), None)
        if rule is not None:
            words = _("Two of these are the same: the rule “%(rule)s” lets no second one be saved.")
            raise _refusal(kind, rule, words % {"rule": rule.name})
        for key in keys:
            having[key].append(keys)


def _refusal(kind: Kind, rule: DuplicateRule, words: str) -> Invalid:
    """Beside the first field that the rule compares."""
    one = next(field for field in kind.schema if field.criterion in rule.criteria)
    return Invalid({one.name: [words]}, {one.name: str(one.label)})


def _said(rule: DuplicateRule, one: Alike, by: User) -> str:
    """Why it is not saved; of what the person may not see no more than whose it is."""
    if Record.objects.visible_to(by).filter(pk=one.record.pk).exists():
        there = _("%(record)s is there already (%(why)s).") % {"record": one.record, "why": one.reasons}
    else:
        there = one.out_of_sight
    return " ".join([there, _("The rule “%(rule)s” lets no second one be saved.") % {"rule": rule.name}])


def wait_for_whoever_saves(kind: Kind, rules: Iterable[DuplicateRule], many: Iterable[Collection[str]]) -> None:
    """Let whoever saves rows with one of these keys, that one of the rules looks at, come first or wait for us."""
    asked = {code for rule in rules for code in rule.criteria}
    named = {f"{kind.code} {key}" for keys in many for key in keys if key.partition(":")[0] in asked}
    if not named:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "select pg_advisory_xact_lock(hash) from"
            " (select distinct hashtextextended(key, 7) as hash from unnest(%s::text[]) as key order by 1) as in_order",
            [sorted(named)],
        )


@warns
def told_of(kind: Kind, row: Row, user: User) -> list[Alike]:
    """What rules that only tell find like a row that is about to be made."""
    rules = _rules(kind, blocking=False)
    [found] = found_by_rules(kind, rules, [kind.schema.keys_of(row)]) if rules else [[]]
    return [one for _rule, one in found]


@hints
def found_while_typing(kind: Kind, keys: Collection[str], criterion: str, but: Collection[int]) -> list[Alike]:
    """What the rules that compare this criterion, telling or blocking, find like a row of these keys."""
    rules = [rule for rule in rules_of(kind) if criterion in rule.criteria]
    [found] = found_by_rules(kind, rules, [keys], but=but)
    return [one for _rule, one in found]
