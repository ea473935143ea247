"""What can be changed in a module: each mutant replaces the text of one node, and every other byte stays."""

from __future__ import annotations

import ast
import random
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

COMPARISONS: dict[type[ast.cmpop], tuple[str, str]] = {
    ast.Lt: ("<", "<="),
    ast.LtE: ("<=", "<"),
    ast.Gt: (">", ">="),
    ast.GtE: (">=", ">"),
    ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="),
    ast.In: ("in", "not in"),
    ast.NotIn: (r"not\s+in", "in"),
    ast.Is: ("is", "is not"),
    ast.IsNot: (r"is\s+not", "is"),
}
ARITHMETIC: dict[type[ast.operator], tuple[str, str]] = {
    ast.Add: (r"\+", "-"),
    ast.Sub: ("-", "+"),
    ast.Mult: (r"\*", "//"),
    ast.FloorDiv: ("//", "*"),
    ast.Div: ("/", "*"),
    ast.Mod: ("%", "//"),
}
SWAPPED = {"min": "max", "max": "min", "any": "all", "all": "any"}
GUARD = re.compile(
    r"_*(guard|check|refuse|validate|ensure|must|bound|expect|confirm|trust|forbid|keep_to_limit)(_\w+)?|end"
)
"""Calls that are statements and do nothing but raise."""
TIMING = {"SECONDS", "PAUSE", "GRACE", "DELAY", "WAIT", "TIMEOUT", "PATIENCE", "INTERVAL"}
SILENT = {"logging", "logger", "warnings"}
UNSEEN = {"annotation", "returns", "decorator_list", "bases", "type_params", "format_spec"}
"""What no test could tell apart, or what only a type checker reads."""
TEXTS = (ast.JoinedStr, ast.List, ast.ListComp, ast.Set, ast.Dict, ast.Tuple)


@dataclass(frozen=True)
class Edit:
    """Bytes of a text, and what takes their place."""

    start: int
    end: int
    new: str


@dataclass(frozen=True)
class Mutant:
    """One change of one module."""

    path: str
    line: int
    source: str
    """The line, without its indentation."""
    within: str
    """The function or class around it; empty at the top of the module."""
    old: str
    edit: Edit
    first: int
    """The line on which its statement begins."""

    @property
    def change(self) -> str:
        """What is changed, in one line."""
        old, new = (" ".join(text.split()) for text in (self.old, self.edit.new))
        return f"`{old}` to `{new}`" if new else f"`{old}` left out"

    def applied(self, data: bytes) -> bytes:
        """The module with the change."""
        return data[: self.edit.start] + self.edit.new.encode() + data[self.edit.end :]

    def is_valid(self, data: bytes) -> bool:
        """Whether that is Python, and another program than before."""
        try:
            return ast.dump(ast.parse(self.applied(data))) != ast.dump(ast.parse(data))
        except SyntaxError:
            return False


class Source:
    """A module as bytes: `ast` counts columns in those."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.starts = [0]
        for line in data.splitlines(keepends=True):
            self.starts.append(self.starts[-1] + len(line))

    def start(self, node: ast.expr | ast.stmt) -> int:
        """Where a node begins."""
        return self.starts[node.lineno - 1] + node.col_offset

    def end(self, node: ast.expr | ast.stmt) -> int:
        """Where it ends."""
        return self.starts[(node.end_lineno or 0) - 1] + (node.end_col_offset or 0)

    def text(self, node: ast.expr | ast.stmt) -> str:
        """What stands there."""
        return self.data[self.start(node) : self.end(node)].decode()

    def put(self, node: ast.expr | ast.stmt, new: str) -> Edit:
        """Something else in a node's place."""
        return Edit(self.start(node), self.end(node), new)

    def between(self, left: ast.expr, right: ast.expr, words: tuple[str, str]) -> Iterator[Edit]:
        """The operator between two operands, where there may also be parentheses and comments."""
        first = self.end(left)
        gap = re.sub(rb"#[^\n]*", lambda found: b" " * len(found[0]), self.data[first : self.start(right)])
        if found := re.search(words[0].encode(), gap):
            yield Edit(first + found.start(), first + found.end(), words[1])


def edits(source: Source, node: ast.AST, *, tells: bool) -> Iterator[Edit]:  # noqa: C901, PLR0912 - one case a line, each simple
    """The changes of one node; `tells` where it stands in a function that returns a bool."""
    match node:
        case ast.Compare():
            for left, operator, right in zip([node.left, *node.comparators], node.ops, node.comparators, strict=False):
                yield from source.between(left, right, COMPARISONS[type(operator)])
        case ast.BoolOp():
            words = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
            for left, right in zip(node.values, node.values[1:], strict=False):
                yield from source.between(left, right, words)
        case ast.UnaryOp(op=ast.Not()):
            first = source.start(node)
            yield Edit(first, first + len(re.match(rb"not\s*", source.data[first:])[0]), "")  # type: ignore[index]
        case ast.BinOp() if type(node.op) in ARITHMETIC and is_number(node):
            yield from source.between(node.left, node.right, ARITHMETIC[type(node.op)])
        case ast.AugAssign(op=ast.Add() | ast.Sub()) if not is_text(node.value):
            words = (r"\+=", "-=") if isinstance(node.op, ast.Add) else ("-=", "+=")
            yield from source.between(node.target, node.value, words)
        case ast.Constant(value=bool()):
            yield source.put(node, str(not node.value))
        case ast.Constant(value=int()):
            yield source.put(node, str(int(str(node.value)) + 1))
        case ast.Call(func=ast.Name(id=name)) if name in SWAPPED:
            yield source.put(node.func, SWAPPED[name])
        case ast.Slice():
            yield from (source.put(bound, "") for bound in (node.lower, node.upper) if bound is not None)
        case ast.If() | ast.IfExp() if is_plain(node):
            yield from conditions(source, node)
        case ast.comprehension():
            yield from (source.put(one, "True") for one in node.ifs)
        case ast.Return():
            yield from returns(source, node, tells=tells)
        case ast.Break() | ast.Continue():
            yield source.put(node, "continue" if isinstance(node, ast.Break) else "break")
        case ast.Raise():
            yield source.put(node, "pass")
        case ast.Expr(value=ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name))) if GUARD.fullmatch(name):
            yield source.put(node, "pass")


def conditions(source: Source, node: ast.If | ast.IfExp) -> Iterator[Edit]:
    """A condition the other way round, always, never. What another operator does already is left to that."""
    test = node.test
    simple = isinstance(test, ast.Compare) and len(test.ops) == 1 and not isinstance(test.ops[0], ORDERED)
    if not simple and not (isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)):
        yield source.put(test, f"not ({source.text(test)})")
    yield source.put(test, "True")
    yield source.put(test, "False")


def returns(source: Source, node: ast.Return, *, tells: bool) -> Iterator[Edit]:
    """Another answer; none is given early."""
    value = node.value
    if value is None:
        yield source.put(node, "pass")
    elif isinstance(value, ast.Constant) and value.value is None:
        yield source.put(value, "True")
    elif not isinstance(value, ast.Constant) or not isinstance(value.value, bool):
        yield source.put(value, f"not ({source.text(value)})" if tells else "None")


ORDERED = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)


def is_text(node: ast.expr) -> bool:
    """Whether an operand is plainly no number, so that any other operator would end at once."""
    return isinstance(node, TEXTS) or (isinstance(node, ast.Constant) and isinstance(node.value, str | bytes))


def is_number(node: ast.BinOp) -> bool:
    """Whether an operation may be one of numbers; `/` puts paths together, unless a number or a constant stands there."""
    if is_text(node.left) or is_text(node.right):
        return False
    return not isinstance(node.op, ast.Div) or any(
        isinstance(one, ast.Constant) or (isinstance(one, ast.Name) and one.id.isupper())
        for one in (node.left, node.right)
    )


def is_skipped(node: ast.AST, *, raises: bool) -> bool:
    """What is left as it is: for the type checker, messages, logging, the version, lengths of time. `raises`: what is raised."""
    match node:
        case ast.If(test=test):
            return bool(
                {"TYPE_CHECKING", "__name__"} & {word.id for word in ast.walk(test) if isinstance(word, ast.Name)}
            )
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            return (
                name == "__all__" or name.endswith("VERSION") or (name.isupper() and bool(TIMING & {*name.split("_")}))
            )
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name))) if name in SILENT:
            return True
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
            return name in {"sleep", "wait"}
        case ast.keyword(arg=name):
            return name == "timeout"
        case ast.JoinedStr():  # positions inside are right since Python 3.12
            return raises or sys.version_info < (3, 12)
        case _:
            return isinstance(node, ast.Assert)


def walk(
    node: ast.AST, scope: tuple[str, bool] = ("", False), *, raises: bool = False
) -> Iterator[tuple[ast.AST, str, bool]]:
    """Each node that may change, the name of what it stands in, and whether that returns a bool."""
    if is_skipped(node, raises=raises):
        return
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        scope = (node.name, isinstance(node.returns, ast.Name) and node.returns.id == "bool")
    elif isinstance(node, ast.ClassDef):
        scope = (node.name, False)
    yield node, *scope
    for name, value in ast.iter_fields(node):
        if name not in UNSEEN:
            for one in value if isinstance(value, list) else [value]:
                if isinstance(one, ast.AST):
                    yield from walk(one, scope, raises=raises or isinstance(node, ast.Raise))


def mutants_of(path: str, data: bytes) -> list[Mutant]:
    """All mutants of a module, in the order of the text."""
    source, tree = Source(data), ast.parse(data)
    lines = data.decode().splitlines()
    spans = [(one.lineno, one.end_lineno or 0) for one in ast.walk(tree) if isinstance(one, ast.stmt)]
    alone = {id(node.body[0]) for node in ast.walk(tree) if isinstance(node, ast.If) and is_alone(node)}
    found = []
    for node, within, tells in walk(tree):
        if id(node) in alone:
            continue
        for edit in edits(source, node, tells=tells):
            line = data.count(b"\n", 0, edit.start) + 1
            first = max(start for start, end in spans if start <= line <= end)
            old = data[edit.start : edit.end].decode()
            found.append(Mutant(path, line, lines[line - 1].strip(), within, old, edit, first))
    return sorted(found, key=lambda one: (one.edit.start, one.edit.end, one.edit.new))


def is_alone(node: ast.If) -> bool:
    """Whether a condition that never holds does what leaving out its one statement would."""
    only = node.body[0]
    bare = isinstance(only, ast.Raise | ast.Expr) or (isinstance(only, ast.Return) and only.value is None)
    return bare and len(node.body) == 1 and not node.orelse and is_plain(node)


def is_plain(node: ast.If | ast.IfExp) -> bool:
    """Whether a condition gives no name to anything, so that another may stand in its place."""
    return not any(isinstance(one, ast.NamedExpr) for one in ast.walk(node.test))


def sample(modules: Mapping[str, bytes], seed: int, count: int) -> list[Mutant]:
    """So many mutants of some modules, at random: the same for the same seed and the same text."""
    found = [one for path in sorted(modules) for one in mutants_of(path, modules[path])]
    random.Random(seed).shuffle(found)
    valid = (one for one in found if one.is_valid(modules[one.path]))
    return [one for one, _ in zip(valid, range(count), strict=False)]
