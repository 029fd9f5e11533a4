"""What following a script brings to light, place by place, before anything is decided.

A place may be visited many times, with other values each time; what is found there is gathered.
``sites.py`` turns the findings into sites once all are known.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from fedmigrate.analysis.values import Constant, Estimator, Rows, Subclassed, Value
from fedmigrate.plan import SiteKind

Origins = frozenset[ast.Call]
NO_ORIGINS: Origins = frozenset()
NO_NAMES: Mapping[str, Sequence[Value]] = {}


@dataclass
class Construction:
    """How an estimator was constructed, over all visits.

    ``parameters`` holds every value seen for a parameter; ``parts`` the estimators given to it,
    ``named`` those of them that a parameter such as ``step__alpha`` can reach.
    """

    parameters: dict[str, list[Constant]] = field(default_factory=dict)
    parts: list[Value] = field(default_factory=list)
    named: dict[str, list[Value]] = field(default_factory=dict)
    scoring: Value | None = None
    built_with: set[str] = field(default_factory=set)  # parameters that no constant can be


@dataclass
class Fits:
    """What an estimator was fitted on, over all its fits."""

    origins: Origins = NO_ORIGINS
    public: bool = False
    unknown: list[str] = field(default_factory=list)


@dataclass
class FunctionUse:
    """Uses of a scikit-learn function on rows, at one expression that names it."""

    names: set[str] = field(default_factory=set)
    origins: Origins = NO_ORIGINS
    estimators: list[Value] = field(default_factory=list)
    unsupported: set[str] = field(default_factory=set)


@dataclass
class ReceiverFit:
    """A fit whose receiver is no scikit-learn estimator that could be told."""

    names: set[str] = field(default_factory=set)
    origins: Origins = NO_ORIGINS
    loaded: bool = False  # from a file, which decides its class


@dataclass
class HandedOver:
    """A model that a library is given as an argument, at the expression of the argument."""

    library: str
    models: list[Estimator] = field(default_factory=list)
    sure: bool = True  # whether it can be nothing else


@dataclass(frozen=True)
class Mark:
    """Something on rows that has to be left, if these rows stay at the parties."""

    node: ast.expr | ast.stmt
    kind: SiteKind
    code: str
    subject: str
    facts: tuple[tuple[str, str], ...]
    origins: Origins | None  # None: whatever the rows


@dataclass
class Findings:
    """Everything found in one script, or in several files of a project.

    ``nodes`` holds the places of the one file that is looked at, where there are several; fits
    are those of all of them, because what is done to an estimator decides about it anywhere.
    """

    nodes: frozenset[ast.AST] | None = None
    sources: dict[ast.Call, set[str]] = field(default_factory=dict)
    constructions: dict[Estimator, Construction] = field(default_factory=dict)
    fits: dict[Estimator, Fits] = field(default_factory=dict)
    subclassed: dict[Subclassed, Origins] = field(default_factory=dict)
    functions: dict[ast.expr, FunctionUse] = field(default_factory=dict)
    untold: dict[ast.expr, ReceiverFit] = field(default_factory=dict)
    foreign: dict[ast.expr, ReceiverFit] = field(default_factory=dict)
    handed: dict[ast.expr, HandedOver] = field(default_factory=dict)
    stacks: dict[ast.Subscript, tuple[str, Origins]] = field(default_factory=dict)
    joins: dict[ast.expr, Origins] = field(default_factory=dict)
    placed: dict[ast.Call, str] = field(default_factory=dict)  # tables of one party each
    marks: dict[tuple[ast.AST, str], Mark] = field(default_factory=dict)
    trained_on: set[ast.Call] = field(default_factory=set)
    mixed: set[ast.Call] = field(default_factory=set)
    imports: dict[ast.Import | ast.ImportFrom, dict[ast.alias | None, Path]] = field(
        default_factory=dict
    )
    label: str | None = None

    def within(self, tree: ast.Module) -> Findings:
        """What was found at places in one of several files."""
        nodes = frozenset(ast.walk(tree))
        return replace(
            self,
            nodes=nodes,
            sources={call: found for call, found in self.sources.items() if call in nodes},
            subclassed={one: rows for one, rows in self.subclassed.items() if one.call in nodes},
            functions={at: found for at, found in self.functions.items() if at in nodes},
            untold={at: found for at, found in self.untold.items() if at in nodes},
            foreign={at: found for at, found in self.foreign.items() if at in nodes},
            handed={at: found for at, found in self.handed.items() if at in nodes},
            joins={at: found for at, found in self.joins.items() if at in nodes},
            stacks={at: found for at, found in self.stacks.items() if at in nodes},
            marks={key: found for key, found in self.marks.items() if key[0] in nodes},
            imports={at: found for at, found in self.imports.items() if at in nodes},
        )

    def here(self, node: ast.AST) -> bool:
        """Whether a place is in the file that these findings are about."""
        return self.nodes is None or node in self.nodes

    def stack(self, expression: ast.Subscript, name: str, origins: Origins) -> None:
        present = self.stacks.get(expression, (name, NO_ORIGINS))
        self.stacks[expression] = name, present[1] | origins

    def hand_over(self, expression: ast.expr, library: str, values: Sequence[Value]) -> None:
        found = self.handed.setdefault(expression, HandedOver(library))
        for value in values:
            if isinstance(value, Estimator):
                found.models.append(value)
            else:
                found.sure = False

    def construct(
        self,
        estimator: Estimator,
        parameters: Mapping[str, Sequence[Constant]],
        parts: Sequence[Value],
        named: Mapping[str, Sequence[Value]] = NO_NAMES,
    ) -> None:
        made = self.constructions.setdefault(estimator, Construction())
        for name, constants in parameters.items():
            seen = made.parameters.setdefault(name, [])
            seen.extend(constant for constant in constants if constant not in seen)
        made.parts.extend(part for part in parts if part not in made.parts)
        for name, values in named.items():
            present = made.named.setdefault(name, [])
            present.extend(value for value in values if value not in present)

    def fit(
        self, estimator: Estimator, origins: Origins, unknown: list[str], *, public: bool
    ) -> None:
        fits = self.fits.setdefault(estimator, Fits())
        fits.origins |= origins
        fits.unknown.extend(name for name in unknown if name not in fits.unknown)
        fits.public |= public
        self.trained_on |= origins

    def fit_subclassed(self, estimator: Subclassed, origins: Origins) -> None:
        self.subclassed[estimator] = self.subclassed.get(estimator, NO_ORIGINS) | origins
        self.trained_on |= origins

    def use(
        self,
        expression: ast.expr,
        name: str,
        origins: Origins,
        *,
        supported: bool,
        estimators: list[Value],
    ) -> None:
        use = self.functions.setdefault(expression, FunctionUse())
        use.names.add(name)
        use.origins |= origins
        use.estimators.extend(value for value in estimators if value not in use.estimators)
        if not supported:
            use.unsupported.add(name)
        if estimators:
            self.trained_on |= origins

    def fit_elsewhere(
        self,
        table: dict[ast.expr, ReceiverFit],
        receiver: ast.expr,
        name: str,
        origins: Origins,
        *,
        loaded: bool = False,
    ) -> None:
        found = table.setdefault(receiver, ReceiverFit())
        found.names.add(name)
        found.origins |= origins
        found.loaded |= loaded

    def mark(
        self,
        node: ast.expr | ast.stmt,
        kind: SiteKind,
        code: str,
        subject: str,
        facts: dict[str, str],
        rows: Rows | None,
    ) -> None:
        present = self.marks.get((node, code))
        origins = None if rows is None else rows.origins
        if present is not None and present.origins is not None and origins is not None:
            origins |= present.origins
        if present is None or origins is None or origins != present.origins:
            self.marks[node, code] = Mark(node, kind, code, subject, tuple(facts.items()), origins)
