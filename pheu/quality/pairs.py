"""Which two records of a kind are the same: by a company's own rules, else by the usual ones, in one statement.

The usual rules know what a person would see: slips in names, and what speaks against a pair.
"""

import json
from collections.abc import Iterable
from typing import Any

from django.db import connection
from psycopg import sql

from pheu.quality.rules import SURE
from pheu.quality.rules import rules_of as own_rules
from pheu.records.alike import CRITERIA, NEAR
from pheu.records.kinds import Kind

Rule = tuple[str, ...]
CLOSE = "close"  # company names that are nearly alike: a criterion of sweeps, which finds nobody by itself
CLOSE_FROM, NEAR_FROM, SLIP_FROM = 0.6, 0.4, 0.25  # of 1, as pg_trgm compares
# What counts where a company has made no rules of its own: more than is sure, as a person looks at each group.
USUAL: list[Rule] = [*SURE, ("phone",), ("company", "website"), ("address", CLOSE), ("website", CLOSE), (NEAR,)]
MOST_SHARING = 30  # records; a key that more of them share (a hotline, «không có») is no evidence, in no rule
READ_AT_ONCE = 5000  # pairs


def own_rules_of(kind: Kind) -> list[Rule]:
    """Those that the company has made and uses, whether they tell or block."""
    there = {one.criterion for one in kind.schema}
    return [tuple(rule.criteria) for rule in own_rules(kind) if set(rule.criteria) <= there]


def usual_rules_of(kind: Kind) -> list[Rule]:
    """A kind that has no person's name is the customer itself: its name alone is enough."""
    there = {one.criterion for one in kind.schema}
    usual = [rule for rule in USUAL if set(rule) <= there | {CLOSE if "company" in there else NEAR}]
    return usual if "person" in there else [*usual, *([("company",)] if "company" in there else [])]


# Evidence is a key of a rule's strongest criterion; whether the two share all of the rule is asked of their pair.
CANDIDATES = sql.SQL("""
    create temporary table found_candidate as
    with record as (
        select id, keys from records_record where kind = {kind} and state = 'live'
    ),
    key as (
        select id, key from record, unnest(keys) as key where split_part(key, ':', 1) = any({heads}) {blocks}
    ),
    evidence as (
        select array_agg(id) as ids from key group by key having count(*) between 2 and {most}
    )
    select distinct first, second from evidence, unnest(ids) as first, unnest(ids) as second where first < second
""")
# The keys of those that could be the same, read in one pass: one by one they lie all over a large table.
COMPARED = """
    create temporary table found_record as
    select id, keys from records_record
    where id in (select first from found_candidate union select second from found_candidate)
"""
# What two share is found once for each pair: without an offset the planner writes it out wherever it is named.
PAIRS = sql.SQL("""
    create temporary table found_pair as
    select first, second, criteria, score
    from found_candidate
    join found_record one on one.id = first
    join found_record other on other.id = second
    cross join lateral (select array({criteria}) as criteria offset 0) as compared
    cross join lateral (
        select least(coalesce(sum(({weights}::jsonb ->> criterion)::int), 0), 100) as score
        from unnest(criteria) as criterion
    ) as weighed
    where ({rules}) {against} and not exists (
        select from quality_apart apart where apart.first_id = first and apart.second_id = second
    )
""")
SHARED = sql.SQL("""
    select distinct split_part(key, ':', 1) from unnest(one.keys) as key where key = any(other.keys)
""")
CLOSE_NAMES = sql.SQL("""
    union all
    select {close} where exists (
        select from unnest(one.keys) as mine, unnest(other.keys) as theirs
        where starts_with(mine, 'company:') and starts_with(theirs, 'company:') and mine <> theirs
        and similarity(substr(mine, 9), substr(theirs, 9)) >= {close_from}
    )
""")

# What two share of whom neither the name nor the address is quite the same: a word of one, a number of the other.
WORD_AND_NUMBER = sql.SQL("""
    union all
    select distinct id, word || ' ' || number
    from record, unnest(keys) as person, unnest(keys) as address,
        unnest(string_to_array(substr(person, 8), ' ')) as word,
        unnest(string_to_array(substr(address, 9), ' ')) as number
    where starts_with(person, 'person:') and starts_with(address, 'address:') and number ~ '[0-9]'
""")
# Every word of one is among those of the other, maybe with a slip in it. Two words that could both be Vietnamese are
# two names, however alike: Lan and Loan, Hương and Phương.
ALL_AMONG = sql.SQL("""
    not exists (
        select from unnest(string_to_array(substr({one}, 8), ' ')) as word where not exists (
            select from unnest(string_to_array(substr({other}, 8), ' ')) as another
            where word = another
            or not (word ~ {syllable} and another ~ {syllable})
            and (similarity(word, another) >= {slip_from} or {letters_of_word} = {letters_of_another})
        )
    )
""")
LETTERS = sql.SQL("(select array_agg(letter order by letter) from regexp_split_to_table({word}, '') as letter)")
SYLLABLE = (
    "^(((ngh|gh|k)(?=[eiy])|(ng|g|c)(?![eiy])|nh|gi|kh|ph|qu|th|tr|ch|[bdhlmnprstvx])?("
    "([aeiouy]|ie|oa|oe|ua|uo|uy|uye)(ch|nh|ng|[cmnpt])?"  # «uong» is ương and uông
    "|[aou]i|[ae]o|[aeiu]u|ay|ia|ue|uoi|uou|uay|uya|uyu|ieu|oa[iy]|oeo)"
    "|ye([mnt]|ng|u))$"
)
# Null where one of them has no name.
NAMES_FIT = sql.SQL("""
    (
        select bool_or({mine_among} or {theirs_among}) from unnest(one.keys) as mine, unnest(other.keys) as theirs
        where starts_with(mine, 'person:') and starts_with(theirs, 'person:')
    )
""")
# Of two addresses that are not quite the same one has all the numbers of the other, or their words are the closer.
NEAR_PEOPLE = sql.SQL("""
    union all
    select {near} where exists (
        select from unnest(one.keys) as mine, unnest(other.keys) as theirs,
            lateral (select array({my_numbers}) as my_numbers, array({their_numbers}) as their_numbers) as numbers
        where starts_with(mine, 'address:') and starts_with(theirs, 'address:') and my_numbers && their_numbers
        and similarity(substr(mine, 9), substr(theirs, 9)) >= case
            when my_numbers <@ their_numbers or their_numbers <@ my_numbers then {near_from} else {close_from}
        end
    ) and {names_fit}
""")
NUMBERS = sql.SQL("select number from unnest(string_to_array(substr({of}, 9), ' ')) as number where number ~ '[0-9]'")

# A switchboard says nothing of people whose names have nothing to do with each other.
UNLESS_SWITCHBOARD = sql.SQL("""
    and (key !~ '^phone:[+]84(2|1[89]00)' or {names_fit} is not false)
""")
# Two tax codes are two customers; a citizen id beside an older code is not (vietnam.md 7.3).
CODES_DIFFER = sql.SQL("""
    and ('tax' = any(criteria) or not exists (
        select from unnest(one.keys) as mine, unnest(other.keys) as theirs
        where starts_with(mine, 'tax:') and starts_with(theirs, 'tax:')
        and (length(mine) = {citizen_id}) = (length(theirs) = {citizen_id})
    ))
""")
CITIZEN_ID = len("tax:") + 12

_FIGURES = {
    "close": sql.Literal(CLOSE), "close_from": sql.Literal(CLOSE_FROM), "near": sql.Literal(NEAR),
    "near_from": sql.Literal(NEAR_FROM), "citizen_id": sql.Literal(CITIZEN_ID),
    "my_numbers": NUMBERS.format(of=sql.Identifier("mine")),
    "their_numbers": NUMBERS.format(of=sql.Identifier("theirs")),
}  # fmt: skip


def _names_fit() -> sql.Composed:
    slips: dict[str, Any] = {"slip_from": sql.Literal(SLIP_FROM), "syllable": sql.Literal(SYLLABLE)}
    slips |= {f"letters_of_{word}": LETTERS.format(word=sql.Identifier(word)) for word in ("word", "another")}
    mine, theirs = sql.Identifier("mine"), sql.Identifier("theirs")
    return NAMES_FIT.format(
        mine_among=ALL_AMONG.format(one=mine, other=theirs, **slips),
        theirs_among=ALL_AMONG.format(one=theirs, other=mine, **slips),
    )


def find_pairs(cursor: Any, kind: Kind) -> list[Rule]:
    """Put every two records of the kind that a rule calls the same, and nobody has kept apart, into `found_pair`.

    The rules that were asked. What speaks against a pair counts where they are the usual ones: a company's own rules
    mean what they say.
    """
    own = own_rules_of(kind)
    rules = own or usual_rules_of(kind)
    asked = {one for rule in rules for one in rule}
    criteria: sql.Composable = SHARED
    blocks, heads = sql.SQL(""), {head for rule in rules if (head := _head(rule))}
    if CLOSE in asked:
        criteria += CLOSE_NAMES.format(**_FIGURES)
    if NEAR in asked:
        criteria += UNLESS_SWITCHBOARD.format(names_fit=_names_fit())
        criteria += NEAR_PEOPLE.format(names_fit=_names_fit(), **_FIGURES)
        blocks, heads = WORD_AND_NUMBER, heads | {"person", "address"}
    candidates = CANDIDATES.format(
        heads=sql.Literal(sorted(heads)), blocks=blocks, kind=sql.Literal(kind.code), most=sql.Literal(MOST_SHARING)
    )
    pairs = PAIRS.format(
        criteria=criteria,
        weights=sql.Literal(json.dumps({code: weight for code, (_name, _words, weight) in CRITERIA.items()})),
        rules=sql.SQL(" or ").join(sql.SQL("criteria @> {}::text[]").format(sql.Literal(list(rule))) for rule in rules),
        against=sql.SQL("") if own else CODES_DIFFER.format(**_FIGURES),
    )
    # Each with what is known of the one before, which no planner guesses.
    made: list[tuple[Any, str]] = [(candidates, "candidate"), (COMPARED, "record"), (pairs, "pair")]
    for statement, name in made:
        cursor.execute(statement)
        cursor.execute(sql.SQL("analyze {}").format(sql.Identifier(f"found_{name}")))
    cursor.execute("drop table found_candidate, found_record")
    return rules


def _head(rule: Rule) -> str | None:
    """Its strongest criterion that rows have keys of."""
    return next((code for code in CRITERIA if code in rule and code != NEAR), None)


def read_pairs() -> Iterable[tuple[int, int]]:
    """The strongest first, some at a time."""
    with connection.chunked_cursor() as cursor:
        cursor.execute("select first, second from found_pair order by score desc, first, second")
        while some := cursor.fetchmany(READ_AT_ONCE):
            yield from some
