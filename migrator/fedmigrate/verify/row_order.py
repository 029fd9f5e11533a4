"""Fitting on the same rows in another order: a yardstick for how exact a pooled fit is itself.

Sums of floating-point numbers depend on their order, and an ill-conditioned fit, or one that stops
early, makes much of it. What another order of rows does to scikit-learn's own fit cannot be asked
of a federated one, whose rows lie at parties in an order of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

_FITS = frozenset(("fit", "fit_predict", "fit_transform"))


def in_another_order(model: Any, number: int) -> Any:
    """What a script calls ``fit`` on, in place of an estimator that does not count on the order.

    There are as many orders as numbers.

    An estimator that makes folds of its rows does: folds are made of rows as they lie.
    """
    if any(name.rpartition("__")[2] == "cv" for name in model.get_params(deep=True)):
        return model
    return _Shuffled(model, number)


class _Shuffled:
    """An estimator whose fits see their rows in another order, and give theirs in the old one."""

    def __init__(self, model: Any, number: int) -> None:
        self._model = model
        self._number = number

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._model, name)
        return _shuffling(found, self._number) if name in _FITS else found


def _shuffling(fit: Callable[..., Any], number: int) -> Callable[..., Any]:
    def shuffled(*given: Any, **named: Any) -> Any:
        rows = _rows(next(iter((*given, *named.values())), None))
        if rows is None:
            return fit(*given, **named)
        # Not numpy's global generator, which is the script's.
        order = np.random.default_rng(number).permutation(rows)
        result = fit(
            *(_taken(value, rows, order) for value in given),
            **{name: _taken(value, rows, order) for name, value in named.items()},
        )
        return _taken(result, rows, np.argsort(order))

    return shuffled


def _rows(value: Any) -> int | None:
    if isinstance(value, list | tuple):
        return len(value)
    shape = getattr(value, "shape", None)
    return int(shape[0]) if shape else None


def _taken(value: Any, rows: int, order: Any) -> Any:
    from sklearn.utils import _safe_indexing

    return _safe_indexing(value, order) if _rows(value) == rows else value
