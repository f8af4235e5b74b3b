"""Which mutants a piece of code has (`bin/mutants`), and that a module which tells its lines does what it did."""

import ast

import pytest
from mutations import marked, mutants_of, mutated


def changed(statement: str) -> set[str]:
    """What stands in place of a statement of a function in its mutants."""
    return {one.now for one in mutants_of(f"def f():\n    {statement}\n")}


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("x = a == b", {"x = a != b"}),
        ("x = a < b", {"x = a <= b", "x = a >= b"}),
        ("x = a is None", {"x = a is not None"}),
        ("x = a not in b", {"x = a in b"}),
        ("x = a and b", {"x = a or b", "x = a", "x = b"}),
        ("x = not a", {"x = a"}),
        ("x = ~a", {"x = a"}),
        ("x = a | b", {"x = a", "x = b"}),
        ("x = a + b", {"x = a - b", "x = a"}),
        ("x = a * b", {"x = a"}),
        ("x = 7", {"x = 8", "x = 6"}),
        ("x = True", {"x = False"}),
        ("x = 'a'", {"x = 'aX'"}),
        ("x = ''", {"x = 'X'"}),
        ("x = a(b, c=d)", {"x = a(b)"}),
        ("x = a(*b)", {"x = a()"}),
        ("x = rows.filter(a)", {"x = rows"}),
        ("x = rows.select_related(a)", set()),  # only more queries
        ("x = (a, b)", {"x = (b,)", "x = (a,)"}),
        ("x = {1: a}", {"x = {}", "x = {2: a}", "x = {0: a}"}),
        ("x = [a for a in b if c]", {"x = [a for a in b]"}),
        ("x = a if b else c", {"x = a", "x = c", "x = a if not b else c"}),
        ("x = a[:b]", {"x = a[:]"}),
        ("hold(a)", {"pass"}),
        ("a.x = b", {"pass"}),
        ("a.x, a.y = b, c", {"pass", "a.y, = (c,)", "a.x, = (b,)", "a.x, a.y = (c,)", "a.x, a.y = (b,)"}),
        ("a += b", {"pass"}),
        ("raise a", {"pass"}),
        ("return a", {"return None"}),
        ("return", {"pass"}),
        ("return None", set()),
        ("x = _('Words for people')", set()),
        ("x: dict[str, int] = a", set()),
        ("assert a == b", set()),
    ],
)
def test_a_statement_has_these_mutants(statement, expected):
    assert changed(statement) == expected


def test_of_a_statement_with_others_below_it_its_own_words_change():
    [negated, gone] = mutants_of("def f():\n    if a:\n        hold(b)\n")
    assert (negated.line, negated.was, negated.now) == (2, "if a:", "if not a:")
    assert (gone.line, gone.was, gone.now) == (3, "hold(b)", "pass")
    [without] = mutants_of("def f():\n    with transaction.atomic():\n        yield\n")[:1]
    assert (without.was, without.now) == ("with transaction.atomic():", "if True:")


def test_decorators_and_defaults_stand_outside_of_the_body():
    source = """
@act
def f(via="page"):
    'What it does.'
    g(via)

class A:
    x = 1

    @property
    def h(self):
        g()
"""
    told = [(one.within, one.in_body, one.now) for one in mutants_of(source)]
    assert told == [
        ("f", False, "def f(via='page'):"),
        ("f", False, "@act\ndef f(via='pageX'):"),
        ("f", True, "pass"),
        ("A", False, "x = 2"),
        ("A", False, "x = 0"),
        ("A.h", True, "pass"),
    ]


def test_the_tree_of_a_mutant_is_the_module_with_one_change():
    source = "def f(a, b):\n    return a + b\n\n\ndef g(a):\n    return not a\n"
    results = set()
    for one in mutants_of(source):
        space = {}
        exec(compile(mutated(source, one.number), "f.py", "exec"), space)  # noqa: S102
        results.add((space["f"](3, 1), space["g"](0)))
    assert results == {(None, True), (2, True), (3, True), (4, None), (4, 0)}


def test_a_key_lasts_while_other_functions_change_and_is_given_once():
    source = "def f():\n    g(1)\n    g(1)\n"
    keys = [one.key for one in mutants_of(source)]
    assert len(set(keys)) == len(keys) == 6
    assert [one.key for one in mutants_of(f"import os\n\n\ndef e():\n    return 5\n\n\n{source}")][-6:] == keys


def test_marks_tell_the_lines_that_were_run_and_change_nothing_else():
    source = 'def f(a):\n    """Words."""\n    if a:\n        return 1\n    return g(2)\n\n\ng = lambda x: x\n'
    lines = []
    space = {"__mark__": lines.append}
    exec(compile(marked(source), "f.py", "exec"), space)  # noqa: S102
    assert lines == []
    assert (space["f"](True), lines) == (1, [3, 4])
    lines.clear()
    assert (space["f"](False), lines) == (2, [3, 5, 8])
    assert space["f"].__doc__ == "Words."
    assert ast.unparse(marked("x = 1")) == "x = 1"
