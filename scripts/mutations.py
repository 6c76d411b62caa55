"""What may be wrong with a module? Every mutant of it: its source with one thing changed."""

from __future__ import annotations

import ast
from difflib import unified_diff
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Change = tuple[ast.AST, str]
    """What is replaced, and by what."""

COMPARED: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
OPERATORS: dict[type[ast.operator], str] = {
    ast.Add: "-",
    ast.Sub: "+",
    ast.Mult: "//",
    ast.Div: "*",
    ast.FloorDiv: "*",
    ast.Mod: "*",
    ast.BitAnd: "|",
    ast.BitOr: "&",
}
CALLED = {"min": "max", "max": "min", "any": "all", "all": "any"}
REMOVED = (ast.Expr, ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Raise, ast.Continue, ast.Break, ast.Delete)
PASSED_OVER = (ast.JoinedStr, ast.Import, ast.ImportFrom)
GUARDS = {"strict"}
"""Arguments that matter only when the code around them is wrong."""


class Mutant(NamedTuple):
    """A module with one thing wrong."""

    source: str
    lines: range
    """Where."""
    diff: str
    outside: bool
    """Of all functions: it concerns a constant."""


def mutants_of(source: str) -> list[Mutant]:
    """Change one thing after another."""
    whole = source.encode()
    begins = [0]
    for line in whole.splitlines(keepends=True):
        begins.append(begins[-1] + len(line))
    found: dict[str, Mutant] = {}
    tree = ast.parse(source)
    functions = [range(f.lineno, f.end_lineno + 1) for f in ast.walk(tree) if isinstance(f, ast.FunctionDef)]
    for node, text in _changes(tree, lambda part: ast.get_source_segment(source, part) or ""):
        start = begins[node.lineno - 1] + node.col_offset
        end = begins[node.end_lineno - 1] + node.end_col_offset
        mutated = (whole[:start] + text.encode() + whole[end:]).decode()
        outside = not any(node.lineno in lines for lines in functions)
        if mutated == source or (outside and text == "pass"):  # a module without a name would be no module
            continue
        diff = unified_diff(source.splitlines(), mutated.splitlines(), n=0, lineterm="")
        shown = "\n".join(line for line in diff if line[:2] not in {"--", "++", "@@"})
        found.setdefault(mutated, Mutant(mutated, range(node.lineno, node.end_lineno + 1), shown, outside))
    return list(found.values())


def _changes(node: ast.AST, code: Callable[[ast.AST], str]) -> Iterator[Change]:
    """All within a node. Words are left alone, and what a class holds beside functions: messages, types, fields."""
    if isinstance(node, PASSED_OVER) or (isinstance(node, ast.If) and code(node.test) == "TYPE_CHECKING"):
        return
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):  # a docstring
        return
    if isinstance(node, ast.keyword) and node.arg in GUARDS:
        return
    for name, value in ast.iter_fields(node):
        if name not in {"annotation", "returns", "bases", "keywords"} or isinstance(node, ast.Call):
            for part in value if isinstance(value, list) else [value]:
                if isinstance(part, ast.FunctionDef if isinstance(node, ast.ClassDef) else ast.AST):
                    yield from _changes(part, code)
    if isinstance(node, ast.Slice):
        yield from ((end, "") for end in (node.lower, node.upper) if end is not None)
    elif isinstance(node, ast.expr):
        yield from ((node, f"({text})") for text in _expressions(node, code))
    else:
        yield from _statements(node, code)


def _expressions(node: ast.expr, code: Callable[[ast.AST], str]) -> Iterator[str]:
    match node:
        case ast.Compare():
            yield from _compared(node)
        case ast.BoolOp():
            sides = [f"({code(side)})" for side in node.values]
            same, other = (" and ", " or ") if isinstance(node.op, ast.And) else (" or ", " and ")
            yield other.join(sides)
            yield from (same.join(sides[:at] + sides[at + 1 :]) for at in range(len(sides)))
        case ast.UnaryOp(op=ast.Not()):
            yield code(node.operand)
        case ast.BinOp(op=ast.BitOr()):
            yield from (code(node.left), code(node.right))
        case ast.BinOp():
            yield f"({code(node.left)}) {OPERATORS[type(node.op)]} ({code(node.right)})"
        case ast.Constant(value=bool()):
            yield str(not node.value)
        case ast.Constant(value=int() | float()):
            yield from (repr(node.value + 1), repr(node.value - 1))
        case ast.IfExp():
            yield from (code(node.body), code(node.orelse))
        case ast.Call():
            yield from _called(node, code)


def _compared(node: ast.Compare) -> Iterator[str]:
    for at, op in enumerate(node.ops):
        for other in COMPARED[type(op)]:
            ops = [*node.ops[:at], other(), *node.ops[at + 1 :]]
            yield ast.unparse(ast.Compare(node.left, ops, node.comparators))


def _called(node: ast.Call, code: Callable[[ast.AST], str]) -> Iterator[str]:
    if isinstance(node.func, ast.Name) and node.func.id in CALLED:
        yield CALLED[node.func.id] + code(node).removeprefix(node.func.id)
    given = [*map(code, node.args), *map(code, node.keywords)]
    for at, keyword in enumerate(node.keywords, len(node.args)):
        if keyword.arg not in GUARDS:
            yield f"{code(node.func)}({', '.join(given[:at] + given[at + 1 :])})"


def _statements(node: ast.AST, code: Callable[[ast.AST], str]) -> Iterator[Change]:
    """Of what is no expression, also of the parts of a comprehension."""
    match node:
        case ast.If():
            yield from ((node.test, "True"), (node.test, "False"))
        case ast.While():
            yield node.test, "False"
        case ast.comprehension():
            yield from ((test, "True") for test in node.ifs)
        case ast.ExceptHandler(type=ast.Tuple() as types):
            kinds = [*map(code, types.elts)]
            yield from ((types, f"({', '.join(kinds[:at] + kinds[at + 1 :])},)") for at in range(len(kinds)))
        case ast.Return(value=ast.expr()):
            yield node, "return None"
        case ast.AugAssign():
            yield node, f"{code(node.target)} {OPERATORS[type(node.op)]}= {code(node.value)}"
        case ast.Raise(exc=ast.expr(), cause=ast.expr()):
            yield node, f"raise {code(node.exc)}"
    if isinstance(node, REMOVED):
        yield node, "pass"
