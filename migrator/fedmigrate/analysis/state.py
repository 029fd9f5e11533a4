"""What all steps of following a script share: the frame at hand, the heap, findings, limits."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from fedmigrate.analysis.arguments import Arguments
from fedmigrate.analysis.environment import Frame, Heap
from fedmigrate.analysis.findings import Findings
from fedmigrate.analysis.history import History
from fedmigrate.analysis.values import (
    Box,
    Foreign,
    Function,
    FunctionNode,
    Imported,
    Options,
    Rows,
    Stream,
    Tuple_,
    Unknown,
    Value,
)
from fedmigrate.plan import SiteKind
from fedmigrate.project import Project

MAX_DEPTH = 6
"""How deep containers are looked into."""

CARRIED = frozenset({"builtins", "numpy", "pandas", "scipy", "sklearn"})
"""Libraries whose objects, made without rows, are public."""

PUBLIC_LIBRARIES = frozenset(
    """
    argparse atexit calendar click collections colorsys configparser contextlib dataclasses
    datetime decimal enum fractions functools gc getpass glob hashlib inspect itertools locale
    logging math numbers operator os pathlib platform pprint random re secrets shutil signal
    statistics string sys tempfile textwrap threading time timeit traceback types typing
    typing_extensions uuid warnings
    """.split()  # noqa: SIM905
)
"""Libraries whose results hold no data of the parties, unless they were given some."""


@dataclass
class ClassBody:
    """What a class statement left behind: its bases and the names of its body."""

    bases: list[Value]
    frame: Frame


@dataclass
class State:
    """A script being followed.

    Parameters
    ----------
    run, evaluator : callable
        Follow statements and expressions; given from outside, because statements hold
        expressions and expressions call functions that hold statements.
    """

    run: Callable[[State, Sequence[ast.stmt]], bool]
    evaluator: Callable[[State, ast.expr], Value]
    heap: Heap = field(default_factory=Heap)
    findings: Findings = field(default_factory=Findings)
    history: History = field(default_factory=History)
    values: dict[ast.expr, Value] = field(default_factory=dict)  # what each was the last time
    project: Project | None = None
    modules: dict[Path | None, Frame] = field(default_factory=dict)
    classes: dict[ast.ClassDef, ClassBody] = field(default_factory=dict)
    defaults: dict[FunctionNode, dict[str, Value]] = field(default_factory=dict)
    defined: dict[FunctionNode, Function] = field(default_factory=dict)
    results: dict[tuple[object, ...], Value] = field(default_factory=dict)
    visits: dict[FunctionNode, int] = field(default_factory=dict)
    widened: dict[FunctionNode, dict[str, Value]] = field(default_factory=dict)
    partials: dict[ast.Call, Arguments] = field(default_factory=dict)
    owners: dict[FunctionNode, ast.ClassDef] = field(default_factory=dict)
    active: list[FunctionNode] = field(default_factory=list)
    loops: int = 0
    viewed: set[str] = field(default_factory=set)  # names of arrays that others are views of
    displayed: frozenset[ast.Expr] = frozenset()  # expression statements whose values are shown

    def __post_init__(self) -> None:
        self.frame = Frame()

    @property
    def version(self) -> tuple[int, ...]:
        """Changes with everything that a function may see beside its arguments."""
        return self.heap.version, *(frame.version for frame in self.modules.values())

    def evaluate(self, node: ast.expr) -> Value:
        """The abstract value of an expression."""
        return self.evaluator(self, node)

    def leaves(self, *values: Value, depth: int = MAX_DEPTH) -> Iterator[Value]:
        """The values inside containers and alternatives."""
        for value in values:
            if isinstance(value, Options):
                yield from self.leaves(*value.values, depth=depth)
            elif isinstance(value, Tuple_) and depth:
                yield from self.leaves(*value.items, depth=depth - 1)
            elif isinstance(value, Stream) and depth:
                yield from self.leaves(value.element, depth=depth - 1)
            elif isinstance(value, Box) and depth:
                yield from self.leaves(self.heap.content(value.node), depth=depth - 1)
            else:
                yield value

    def rows_in(self, *values: Value) -> Rows | None:
        """All rows that values hold, as one; None where they hold none."""
        found = [leaf for leaf in self.leaves(*values) if isinstance(leaf, Rows)]
        if not found:
            return None
        first = found[0]
        if len(found) == 1:
            return first
        origins = first.origins.union(*(rows.origins for rows in found[1:]))
        kinds = {rows.kind for rows in found}
        for kind in ("lost", "frame", "series", "array"):
            if kind in kinds:
                return Rows(kind, origins)
        return Rows("any", origins)

    def is_unknown(self, *values: Value) -> bool:
        """Whether values hold something that may be rows without being known to be."""
        return any(
            isinstance(leaf, Unknown | Foreign)
            or (isinstance(leaf, Imported) and library_of(leaf.name) not in _TRUSTED)
            for leaf in self.leaves(*values)
        )

    def mark_operation(self, node: ast.expr | ast.stmt, rows: Rows, operation: str) -> None:
        """Note an operation on rows that handles cannot carry."""
        if rows.kind != "lost":
            self.findings.mark(
                node,
                SiteKind.OPERATION,
                "FM205",
                operation,
                {"operation": operation},
                rows,
            )

    def mark_reveal(
        self, node: ast.expr | ast.stmt, code: str, rows: Rows, facts: dict[str, str]
    ) -> None:
        """Note a place that would show rows."""
        if rows.kind != "lost":
            subject = next(iter(facts.values()), "?")
            self.findings.mark(node, SiteKind.REVEAL, code, subject, facts, rows)


_TRUSTED = CARRIED | PUBLIC_LIBRARIES


def library_of(name: str) -> str:
    """The top-level package of a qualified name; empty for a relative import."""
    return name.partition(".")[0]


def text_of(node: ast.AST) -> str:
    """An expression as far as names go; whatever may hold data is left out."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{text_of(node.value)}.{node.attr}"
    if isinstance(node, ast.Subscript):
        return f"{text_of(node.value)}[...]"
    if isinstance(node, ast.Call):
        return f"{text_of(node.func)}(...)"
    return "expression"
