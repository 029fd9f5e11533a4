"""Models made of others across columns: each part is fitted in its own way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import Pipeline

from fedruntime.data.handle import Handle
from fedruntime.errors import UnsupportedError
from fedruntime.vertical.aligned import Aligned, Place, owner_of
from fedruntime.vertical.aligned_array import AlignedArray
from fedruntime.vertical.cohort import AlignedCohort
from fedruntime.vertical.registry import Fitted, across_columns, family_across, fit_registered

_NOTHING = (None, "passthrough")


@dataclass(frozen=True)
class FittedSteps(Fitted):
    """The fitted transformers of a pipeline, and what comes last."""

    transformers: tuple[Fitted, ...]
    last: Fitted | None

    @property
    def stays(self) -> bool:  # type: ignore[override]
        return any(part.stays for part in (*self.transformers, self.last) if part is not None)

    def apply(self, method: str, X: Aligned) -> Handle | Aligned:
        rows = self._transformed(X)
        if self.last is not None:
            return self.last.apply(method, rows)
        if method != "transform":
            raise UnsupportedError(f"this pipeline transforms, and has no {method}")
        return rows

    def score(self, X: Aligned, y: Handle) -> float:
        if self.last is None:
            return super().score(X, y)
        return self.last.score(self._transformed(X), y)

    def _transformed(self, X: Aligned) -> Aligned:
        rows: Any = X
        for step in self.transformers:
            rows = step.apply("transform", rows)
        return rows  # type: ignore[no-any-return]


@across_columns(Pipeline, reveals="what its steps reveal")
def fit_pipeline(model: Pipeline, cohort: AlignedCohort) -> Fitted:
    """Fit step after step, each on what the ones before make of the columns."""
    *before, (_, last) = model.steps
    for _, step in model.steps:
        if step not in _NOTHING:
            family_across(step)  # refused before anything is sent
    transformers: list[Fitted] = []
    rows: Any = cohort
    for name, step in before:
        if step in _NOTHING:
            continue
        fitted = fit_registered(step, rows.named(f"{cohort.purpose} {name}"))
        transformers.append(fitted)
        rows = rows.replace(X=fitted.apply("transform", rows.X))
    if last in _NOTHING:
        return FittedSteps(tuple(transformers), None)
    return FittedSteps(tuple(transformers), fit_registered(last, rows))


@dataclass(frozen=True)
class FittedGroups(Fitted):
    """The fitted transformers of groups of columns.

    Parameters
    ----------
    groups : sequence of (Fitted or None, columns)
        None passes the columns on as they are.
    """

    groups: tuple[tuple[Fitted | None, Any], ...]

    @property
    def stays(self) -> bool:  # type: ignore[override]
        return any(part.stays for part, _ in self.groups if part is not None)

    def apply(self, method: str, X: Aligned) -> Aligned:
        if method != "transform":
            raise UnsupportedError(f"a ColumnTransformer transforms, and has no {method}")
        parts: list[Any] = []
        for fitted, columns in self.groups:
            chosen = pick(X, columns)
            parts.append(chosen.to_numpy() if fitted is None else fitted.apply("transform", chosen))
        return side_by_side(parts)


@across_columns(ColumnTransformer, reveals="what its parts reveal")
def fit_column_transformer(model: ColumnTransformer, cohort: AlignedCohort) -> Fitted:
    """Fit each transformer on its own columns.

    Raises
    ------
    UnsupportedError
        For columns that are chosen by a function.
    """
    X: Any = cohort.X
    groups: list[tuple[Fitted | None, Any]] = []
    used: set[int] = set()
    for name, transformer, columns in model.transformers:
        if callable(columns):
            raise UnsupportedError(
                f"the columns of {name!r} are chosen by a function: name them in a list"
            )
        positions = positions_of(X, columns)
        used.update(positions)
        if transformer == "drop" or not positions:
            continue
        if transformer == "passthrough":
            groups.append((None, positions))
            continue
        family_across(transformer)
        groups.append((transformer, positions))
    left = [at for at in range(X.shape[1]) if at not in used]
    if left and model.remainder != "drop":
        passes = model.remainder == "passthrough"
        groups.append((None if passes else model.remainder, left))
    fitted = [
        (
            None if part is None else fit_registered(part, cohort.replace(X=pick(X, columns))),  # type: ignore[arg-type]
            columns,
        )
        for part, columns in groups
    ]
    return FittedGroups(tuple(fitted))


def positions_of(X: Aligned, columns: Any) -> list[int]:
    """The positions of columns that are named by labels, positions, a slice or a mask."""
    names = X.facts.columns
    if isinstance(columns, str):
        columns = [columns]
    if isinstance(columns, slice) or np.ndim(columns) == 0 or names is None:
        return np.atleast_1d(np.arange(X.shape[1])[columns]).tolist()  # type: ignore[no-any-return]
    listed = list(columns)
    if listed and not isinstance(listed[0], str):
        return np.arange(X.shape[1])[listed].tolist()  # type: ignore[no-any-return]
    return [names.index(label) for label in listed]


def pick(X: Any, positions: Sequence[int]) -> Any:
    """Some of the columns, by position."""
    return X.iloc[:, list(positions)] if hasattr(X, "iloc") else X[:, list(positions)]


def side_by_side(parts: Sequence[Aligned]) -> AlignedArray:
    """Tables next to each other, with one block a party."""
    owners = list(dict.fromkeys(party for part in parts for party in part.parties))
    held: dict[str, list[Any]] = {owner: [] for owner in owners}
    starts: dict[tuple[int, int], Place] = {}
    for number, part in enumerate(parts):
        for at, block in enumerate(part.blocks):
            own = held[owner_of(block)]
            start = sum(one.shape[1] for one in own)
            starts[number, at] = (owners.index(owner_of(block)), start)
            own.append(block)
    order = []
    for number, part in enumerate(parts):
        for at, place in part.order:
            owner, start = starts[number, at]
            order.append((owner, start + place))
    blocks: list[Any] = [own[0] if len(own) == 1 else np.hstack(own) for own in held.values()]
    return AlignedArray(blocks, order)
