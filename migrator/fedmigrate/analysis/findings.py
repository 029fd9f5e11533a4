"""What following a script brings to light, place by place, before anything is decided.

A place may be visited many times, with other values each time; what is found there is gathered.
``sites.py`` turns the findings into sites once all are known.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field

from fedmigrate.analysis.values import Constant, Estimator, Rows, Subclassed, Value
from fedmigrate.plan import SiteKind

Origins = frozenset[ast.Call]
NO_ORIGINS: Origins = frozenset()


@dataclass
class Construction:
    """How an estimator was constructed, over all visits.

    ``parameters`` holds every value seen for a parameter; ``parts`` the estimators given to it.
    """

    parameters: dict[str, list[Constant]] = field(default_factory=dict)
    parts: list[Value] = field(default_factory=list)


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
    """Everything found in one script."""

    sources: dict[ast.Call, set[str]] = field(default_factory=dict)
    constructions: dict[Estimator, Construction] = field(default_factory=dict)
    fits: dict[Estimator, Fits] = field(default_factory=dict)
    subclassed: dict[Subclassed, Origins] = field(default_factory=dict)
    functions: dict[ast.expr, FunctionUse] = field(default_factory=dict)
    untold: dict[ast.expr, ReceiverFit] = field(default_factory=dict)
    foreign: dict[ast.expr, ReceiverFit] = field(default_factory=dict)
    marks: dict[tuple[ast.AST, str], Mark] = field(default_factory=dict)
    trained_on: set[ast.Call] = field(default_factory=set)
    mixed: set[ast.Call] = field(default_factory=set)
    label: str | None = None

    def construct(
        self, estimator: Estimator, parameters: dict[str, Constant], parts: Sequence[Value]
    ) -> None:
        made = self.constructions.setdefault(estimator, Construction())
        for name, constant in parameters.items():
            seen = made.parameters.setdefault(name, [])
            if constant not in seen:
                seen.append(constant)
        made.parts.extend(part for part in parts if part not in made.parts)

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
        self, table: dict[ast.expr, ReceiverFit], receiver: ast.expr, name: str, origins: Origins
    ) -> None:
        found = table.setdefault(receiver, ReceiverFit())
        found.names.add(name)
        found.origins |= origins

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
