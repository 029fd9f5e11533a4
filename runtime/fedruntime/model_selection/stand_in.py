"""What scikit-learn's own cross-validation and searches run on in the place of rows: places of rows
for X, and an estimator that turns places into rows at the parties and fits a federated model there.
So folds, candidates, warnings and results are scikit-learn's own, and no row is needed here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import sklearn.utils
from sklearn.base import BaseEstimator, clone

from fedruntime.data.handle import Handle
from fedruntime.data.take import take
from fedruntime.errors import (
    DropoutError,
    FedError,
    PartyError,
    ProtocolError,
    RevealError,
    UnsupportedError,
)
from fedruntime.messages import Array
from fedruntime.model import FLModel
from fedruntime.model_selection.folds import Folds
from fedruntime.model_selection.scoring import Scorer

Fold = tuple[Array, Array]


class _Placed:
    """As long as the rows, and indexed by places it gives these places."""

    def __init__(self, n_samples: int) -> None:
        self.shape = (n_samples,)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, key: Any) -> Array:
        # numpy's way to ask for rows is places[index, ...].
        return np.asarray(key[0] if isinstance(key, tuple) else key)


class Places(_Placed):
    """Stands for X.

    A place says in which part of which fold a row is the k-th. So what scikit-learn draws from a
    fold, such as the first rows of it, are the rows that it would draw from the pooled data, also
    where only the parties know which these are.

    Parameters
    ----------
    folds : Folds
    n_samples : int
    """

    def __init__(self, folds: Folds, n_samples: int) -> None:
        super().__init__(n_samples)
        parts = [part for pair in folds.positions for part in pair]
        starts = [number * n_samples for number in range(len(parts))]
        places = [start + np.arange(len(part)) for start, part in zip(starts, parts, strict=True)]
        self.folds: list[Fold] = list(zip(places[::2], places[1::2], strict=True))


class Labels(_Placed):
    """Stands for y where scikit-learn looks at which classes there are.

    Parameters
    ----------
    classes : ndarray
    n_samples : int
    """

    def __init__(self, classes: Array, n_samples: int) -> None:
        super().__init__(n_samples)
        self._classes = classes

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return np.resize(self._classes, self.shape).astype(dtype or self._classes.dtype)


class StandIn(BaseEstimator):  # type: ignore[misc]
    """An estimator for places: fits a federated model on the rows that are there.

    Parameters
    ----------
    model : FLModel
    folds : Folds
    rows : mapping
        Handles by the name of the parameter of ``fit`` that they are for.
    """

    def __init__(self, model: FLModel, folds: Folds, rows: Mapping[str, Handle]) -> None:
        self.model = model
        self.folds = folds
        self.rows = rows

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The parameters of the model, which is what a search varies."""
        return self.model.get_params(deep)

    def set_params(self, **parameters: Any) -> StandIn:
        self.model.set_params(**parameters)
        return self

    def __sklearn_clone__(self) -> StandIn:
        return StandIn(clone(self.model), self.folds, self.rows)

    def __sklearn_tags__(self) -> Any:
        return sklearn.utils.get_tags(self.model.to_sklearn())

    @property
    def _estimator_type(self) -> str | None:  # what scikit-learn 1.5 has for tags
        return getattr(self.model.to_sklearn(), "_estimator_type", None)

    def __repr__(self) -> str:
        return repr(self.model.to_sklearn())

    def fit(self, places: Array | Places, y: None = None) -> StandIn:
        rows: dict[str, Any] = dict(self.at(places))
        with _final():
            self.model.fit(**rows)
        return self

    def at(self, places: Array | Places) -> dict[str, Handle]:
        """The rows at these places."""
        if isinstance(places, Places):
            return dict(self.rows)
        n_samples = len(self.rows["X"])
        part, numbers = int(places[0]) // n_samples, places % n_samples
        positions = self.folds.positions[part // 2][part % 2]
        index = self.folds.index(positions)
        rows = {name: take(handle, index) for name, handle in self.rows.items()}
        if np.array_equal(numbers, np.arange(len(positions))):
            return rows
        return {name: take(handle, numbers) for name, handle in rows.items()}


def on_places(scorers: Scorer | dict[str, Scorer], *, weighted: bool = False) -> Any:
    """Scorers of models and rows as scorers of stand-ins and places.

    Parameters
    ----------
    scorers : callable, or mapping of names to such
    weighted : bool
        Whether the sample weights of the fit count in the scores, too.
    """
    if isinstance(scorers, dict):
        return {name: on_places(one, weighted=weighted) for name, one in scorers.items()}

    def score(fitted: StandIn, places: Array, y: None = None) -> float:
        rows = fitted.at(places)
        weights = {"sample_weight": rows.get("sample_weight")} if weighted else {}
        with _final():
            return scorers(fitted.model, rows["X"], rows.get("y"), **weights)

    return score


class _Refused(BaseException):
    """Carries a refusal through scikit-learn, which takes every other error in a fold for NaN."""

    def __init__(self, error: FedError) -> None:
        super().__init__(error)
        self.error = error


@contextmanager
def _final() -> Iterator[None]:
    try:
        yield
    except (DropoutError, RevealError, UnsupportedError, ProtocolError, PartyError) as error:
        raise _Refused(error) from error


@contextmanager
def refusals_raised() -> Iterator[None]:
    """What the federation refuses in one fold ends the whole, as the error that it is."""
    try:
        yield
    except _Refused as refused:
        raise refused.error from None
