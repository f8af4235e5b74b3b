"""The mutants of a module: one small change each, of a kind that some test should notice. Source in, trees out.

Left alone: type hints, docstrings, words for people (what `_()` translates), and what only saves queries.
"""

import ast
import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass, replace
from typing import Any

SWAPPED: dict[type[ast.AST], tuple[type[ast.cmpop], ...]] = {
    ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.Is: (ast.IsNot,), ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,), ast.NotIn: (ast.In,), ast.Lt: (ast.LtE, ast.GtE), ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE), ast.GtE: (ast.Gt, ast.Lt),
}  # fmt: skip
# Links of a chain that decide which rows there are: `rows.filter(...)` becomes `rows`.
LINKS = {
    "distinct", "exclude", "filter", "live", "open", "order_by", "select_for_update", "visible_to", "with_stage",
    "within",
}  # fmt: skip
HINTS = {"annotation", "returns", "type_comment", "bases", "type_params"}
NEVER = {"_", "TypeVar", "ParamSpec", "cast"}
# Without these a function is no longer what its callers call: any test would notice.
NEEDED = {"property", "classmethod", "staticmethod", "contextmanager", "wraps", "dataclass"}
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True)
class Mutant:
    """One change. `number` counts within the module; `line` is that of the statement, by which tests are found."""

    number: int
    line: int
    within: str
    in_body: bool  # of a function: then its code alone can be exchanged
    was: str
    now: str
    key: str  # the same as long as neither the function's name nor the statement changes

    @property
    def diff(self) -> str:
        return "\n".join([*(f"- {one}" for one in self.was.split("\n")), *(f"+ {one}" for one in self.now.split("\n"))])


@dataclass(frozen=True)
class Where:
    statement: ast.stmt | None = None
    line: int = 0
    within: str = ""
    in_body: bool = False


def mutants_of(source: str) -> list[Mutant]:
    return [mutant for mutant, _tree in each(source)]


def mutated(source: str, number: int) -> ast.Module:
    """The module as the mutant of this number has it."""
    return ast.fix_missing_locations(next(tree for mutant, tree in each(source) if mutant.number == number))


def each(source: str) -> Iterator[tuple[Mutant, ast.Module]]:
    """Every mutant with its tree, which holds until the next one is asked for."""
    tree, told, times = ast.parse(source), set[tuple[int, str]](), Counter[str]()
    for where in changes(tree, Where()):
        assert where.statement is not None
        now = "pass" if where.now is None else head(where.now)
        if now == where.was or (where.line, now) in told:
            continue
        told.add((where.line, now))
        words = f"{where.within}\n{where.was}\n{now}"
        times[words] += 1
        key = hashlib.sha256(f"{words}\n{times[words]}".encode()).hexdigest()[:16]
        number = len(told)
        yield Mutant(number, where.line, where.within, where.in_body, where.was, now, key), tree


@dataclass(frozen=True)
class Change(Where):
    """A place while it is changed: the statement as it was and, unless it is gone, as it is now."""

    was: str = ""
    now: ast.stmt | None = None


def changes(node: ast.AST, where: Where) -> Iterator[Change]:
    """Walk below `node`, change one thing after the other in place, and put each back."""
    for name, value in ast.iter_fields(node):
        if name in HINTS:
            continue
        inner = entered(node, name, where)
        for at, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if not isinstance(child, ast.AST) or is_left_alone(node, child):
                continue
            here = replace(inner, statement=child, line=child.lineno) if isinstance(child, ast.stmt) else inner
            yield from changed_here(node, name, at, child, entered(child, "decorator_list", here))
            yield from changes(child, here)


def changed_here(node: ast.AST, name: str, at: int | None, child: ast.AST, where: Where) -> Iterator[Change]:
    if where.statement is None:
        return
    was = head(where.statement)
    for new in variants(child, node, name):
        ast.copy_location(new, child)
        put(node, name, at, new)
        now = where.statement if child is not where.statement else new
        gone = isinstance(now, ast.Pass)
        yield Change(where.statement, where.line, where.within, where.in_body, was, None if gone else now)  # type: ignore[arg-type]
        put(node, name, at, child)


def put(node: ast.AST, name: str, at: int | None, child: ast.AST) -> None:
    if at is None:
        setattr(node, name, child)
    else:
        getattr(node, name)[at] = child


def entered(node: ast.AST, name: str, where: Where) -> Where:
    """Where we are in this part of `node`: in a function's body, or still outside (its decorators and defaults)."""
    if isinstance(node, ast.Lambda) and name == "body":
        return replace(where, in_body=True, line=where.line if where.in_body else node.lineno)
    if not isinstance(node, (*FUNCTIONS, ast.ClassDef)):
        return where
    is_body = isinstance(node, FUNCTIONS) and name == "body"
    within = f"{where.within}.{node.name}" if where.within else node.name
    return replace(where, within=within, in_body=where.in_body or is_body)


def is_left_alone(node: ast.AST, child: ast.AST) -> bool:
    if isinstance(node, ast.Subscript):
        return isinstance(child, ast.Tuple)  # dict[str, int]
    if isinstance(child, ast.Call):
        return isinstance(child.func, ast.Name) and child.func.id in NEVER
    if isinstance(child, ast.Expr):
        return isinstance(child.value, ast.Constant)  # a docstring
    if isinstance(child, ast.If):
        return ast.unparse(child.test) == "TYPE_CHECKING"
    return isinstance(child, ast.Import | ast.ImportFrom | ast.Assert) or (
        isinstance(node, ast.JoinedStr | ast.FormattedValue) and isinstance(child, ast.Constant)
    )


# What a node may become -----------------------------------------------------------------------------------------------


def variants(node: ast.AST, parent: ast.AST, name: str) -> Iterator[ast.AST]:
    """What stands in place of `node` in each of its mutants."""
    of_type = OPERATORS.get(type(node))
    if of_type is not None and not isinstance(getattr(node, "ctx", None), ast.Store | ast.Del):
        yield from of_type(node)
    if name == "test" and isinstance(parent, ast.If | ast.While | ast.IfExp) and type(node) not in NEGATED:
        yield ast.UnaryOp(ast.Not(), node)  # type: ignore[arg-type]


NEGATED = (ast.UnaryOp, ast.Compare)


def comparisons(node: ast.Compare) -> Iterator[ast.AST]:
    for at, one in enumerate(node.ops):
        for other in SWAPPED[type(one)]:
            yield with_(node, ops=[*node.ops[:at], other(), *node.ops[at + 1 :]])


def connections(node: ast.BoolOp) -> Iterator[ast.AST]:
    yield with_(node, op=ast.Or() if isinstance(node.op, ast.And) else ast.And())
    for values in without_each(node.values):
        yield values[0] if len(values) == 1 else with_(node, values=values)


def signs(node: ast.UnaryOp) -> Iterator[ast.AST]:
    if isinstance(node.op, ast.Not | ast.Invert | ast.USub):
        yield node.operand


def sums(node: ast.BinOp) -> Iterator[ast.AST]:
    if isinstance(node.op, ast.BitOr | ast.BitAnd):
        yield from (node.left, node.right)
    elif isinstance(node.op, ast.Add | ast.Sub):
        yield with_(node, op=ast.Sub() if isinstance(node.op, ast.Add) else ast.Add())
        yield node.left
    elif isinstance(node.op, ast.Mult | ast.Div | ast.FloorDiv | ast.Mod):
        yield node.left


def constants(node: ast.Constant) -> Iterator[ast.AST]:
    value = node.value
    if isinstance(value, bool):
        yield ast.Constant(not value)
    elif isinstance(value, int):
        yield from (ast.Constant(value + 1), ast.Constant(value - 1))
    elif isinstance(value, str):
        yield ast.Constant(f"{value}X" if value else "X")


def calls(node: ast.Call) -> Iterator[ast.AST]:
    for keywords in without_each(node.keywords):
        yield with_(node, keywords=keywords)
    for at, one in enumerate(node.args):
        if isinstance(one, ast.Starred):
            yield with_(node, args=[*node.args[:at], *node.args[at + 1 :]])
    if isinstance(node.func, ast.Attribute) and node.func.attr in LINKS:
        yield node.func.value


def collections(node: ast.Tuple | ast.List | ast.Set) -> Iterator[ast.AST]:
    for elements in without_each(node.elts):
        if elements or isinstance(node, ast.List):
            yield with_(node, elts=elements)


def dictionaries(node: ast.Dict) -> Iterator[ast.AST]:
    pairs = zip(without_each(node.keys), without_each(node.values), strict=True)
    yield from (with_(node, keys=keys, values=values) for keys, values in pairs)


def comprehensions(node: ast.comprehension) -> Iterator[ast.AST]:
    yield from (with_(node, ifs=ifs) for ifs in without_each(node.ifs))


def choices(node: ast.IfExp) -> Iterator[ast.AST]:
    yield from (node.body, node.orelse)


def slices(node: ast.Slice) -> Iterator[ast.AST]:
    if node.lower is not None:
        yield with_(node, lower=None)
    if node.upper is not None:
        yield with_(node, upper=None)


def gone(node: ast.AST) -> Iterator[ast.AST]:
    yield ast.Pass()


def assignments(node: ast.Assign) -> Iterator[ast.AST]:
    """Gone where it keeps something; a name that is never given would end the test at once."""
    targets = [one for target in node.targets for one in (target.elts if isinstance(target, ast.Tuple) else [target])]
    if all(isinstance(one, ast.Attribute | ast.Subscript) for one in targets):
        yield ast.Pass()
    yield from each_of_several(node)


def each_of_several(node: ast.Assign) -> Iterator[ast.AST]:
    """`a.x, a.y = 1, 2` without one of them."""
    target = node.targets[0]
    if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
        for at, one in enumerate(target.elts):
            if isinstance(one, ast.Attribute):
                names, values = (
                    with_(side, elts=[*side.elts[:at], *side.elts[at + 1 :]]) for side in (target, node.value)
                )
                yield with_(node, targets=[names], value=values)


def returns(node: ast.Return) -> Iterator[ast.AST]:
    if node.value is None:
        yield ast.Pass()
    elif not isinstance(node.value, ast.Constant):
        yield with_(node, value=ast.Constant(None))


def contexts(node: ast.With) -> Iterator[ast.AST]:
    """The body alone, where nothing of the context is named."""
    if not any(item.optional_vars for item in node.items):
        yield ast.If(ast.Constant(True), node.body, [])


def functions(node: ast.FunctionDef) -> Iterator[ast.AST]:
    for at, one in enumerate(node.decorator_list):
        if not any(part in NEEDED for part in ast.unparse(one).replace("(", ".").split(".")):
            yield with_(node, decorator_list=[*node.decorator_list[:at], *node.decorator_list[at + 1 :]])


OPERATORS: dict[type[ast.AST], Callable[..., Iterator[ast.AST]]] = {
    ast.Compare: comparisons, ast.BoolOp: connections, ast.UnaryOp: signs, ast.BinOp: sums, ast.Constant: constants,
    ast.Call: calls, ast.Tuple: collections, ast.List: collections, ast.Set: collections, ast.Dict: dictionaries,
    ast.comprehension: comprehensions, ast.IfExp: choices, ast.Slice: slices, ast.Expr: gone, ast.AugAssign: gone,
    ast.Raise: gone, ast.Continue: gone, ast.Break: gone, ast.Assign: assignments, ast.Return: returns,
    ast.With: contexts, ast.FunctionDef: functions,
}  # fmt: skip


def with_(node: ast.AST, **fields: object) -> ast.AST:
    new = copy(node)
    for name, value in fields.items():
        setattr(new, name, value)
    return new


def without_each(parts: Sequence[Any]) -> Iterator[list[Any]]:
    return ([*parts[:at], *parts[at + 1 :]] for at in range(len(parts)))


def head(statement: ast.AST) -> str:
    """A statement as it is read; of one with others below it only its own words."""
    if not hasattr(statement, "body"):
        return ast.unparse(statement)
    own = with_(statement, body=[ast.Pass()])
    for name in {"orelse", "handlers", "finalbody"} & set(statement._fields):
        setattr(own, name, [])
    if isinstance(statement, ast.Try):
        return "try:"
    return ast.unparse(own).removesuffix("pass").rstrip()


# Which lines are run --------------------------------------------------------------------------------------------------


def marked(source: str) -> ast.Module:
    """The module, telling `__mark__` the line of every statement and lambda of its functions before it is run."""
    tree = ast.parse(source)
    for node in list(ast.walk(tree)):
        if isinstance(node, ast.Lambda):
            both = ast.Tuple([mark(node.lineno), node.body], ast.Load())
            node.body = ast.Subscript(both, ast.Constant(1), ast.Load())
        elif not isinstance(node, ast.Module | ast.ClassDef | ast.IfExp):
            for name in {"body", "orelse", "finalbody"} & set(node._fields):
                setattr(node, name, with_marks(getattr(node, name)))
    return ast.fix_missing_locations(tree)


def with_marks(statements: list[ast.stmt]) -> list[ast.stmt]:
    first = 1 if statements and isinstance(statements[0], ast.Expr) and is_words(statements[0]) else 0
    told = [part for one in statements[first:] for part in (ast.Expr(mark(one.lineno)), one)]
    return [*statements[:first], *told]


def is_words(statement: ast.Expr) -> bool:
    return isinstance(statement.value, ast.Constant)


def mark(line: int) -> ast.Call:
    return ast.Call(ast.Name("__mark__", ast.Load()), [ast.Constant(line)], [])
