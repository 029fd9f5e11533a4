"""Comparing what two fits left on their models, attribute by attribute."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from pooled_twin import pooled_rows
from scipy import sparse
from scipy.interpolate import BSpline
from sklearn.base import BaseEstimator
from sklearn.calibration import _CalibratedClassifier
from sklearn.svm._base import BaseLibSVM
from sklearn.tree._tree import Tree

from fedruntime import FLModel
from fedruntime.estimators.registry import Exactness

# Parameters that hold what is fitted.
_FITTED_IN_PLACE = ("steps", "transformer_list")
# What is zero at an optimum.
_NEAR_ZERO = frozenset({"dual_gap_"})
# How many steps a solver took is no property of the optimum.
_OF_THE_PATH = frozenset({"n_iter_"})
# What libsvm makes of rows; of a linear kernel the coefficients say the same.
_OF_ROWS = frozenset({"dual_coef_", "support_", "support_vectors_"})


def attributes(model: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """All fitted attributes but times, those of nested estimators under dotted names."""
    fitted = vars(model)
    if isinstance(model, BaseLibSVM):
        fitted = {"coef_": model.coef_, **fitted}
        fitted = {name: value for name, value in fitted.items() if name not in _OF_ROWS}
    for name in sorted(fitted):
        if name.endswith("_") and not name.startswith("_"):
            yield from _flat(f"{prefix}{name}", fitted[name])
    for name, value in model.get_params(deep=False).items():
        if name in _FITTED_IN_PLACE:
            yield from _flat(f"{prefix}{name}", value)


def _flat(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if "_time" in name:
        return
    if isinstance(value, BaseEstimator):
        yield from attributes(value, f"{name}.")
    elif isinstance(value, _CalibratedClassifier):
        for key, held in vars(value).items():
            yield from _flat(f"{name}.{key}", held)
    elif isinstance(value, Mapping):
        for key, entry in value.items():
            yield from _flat(f"{name}[{key!r}]", entry)
    elif isinstance(value, list | tuple):
        for number, entry in enumerate(value):
            yield from _flat(f"{name}[{number}]", entry)
    elif isinstance(value, np.ndarray) and value.dtype == object and _has_parts(value):
        yield from _flat(name, value.ravel().tolist())
    elif isinstance(value, Tree):
        state = value.__getstate__()
        nodes = state.pop("nodes")
        yield from _flat(name, {**state, **{part: nodes[part] for part in nodes.dtype.names}})
    elif isinstance(value, BSpline):
        yield f"{name}.t", value.t
        yield f"{name}.c", value.c
        yield f"{name}.k", value.k
    elif isinstance(value, np.random.RandomState):
        yield name, value.get_state()[1]
    else:
        yield name, value


def _has_parts(values: Any) -> bool:
    return all(isinstance(value, BaseEstimator) for value in values.ravel())


def difference(ours: Any, pooled: Any, *, absolute: bool = False) -> float:
    """Largest relative difference of two values; infinite if they differ in kind or in text.

    A value that is what rounding leaves of zero is compared absolutely.
    """
    one, other = np.asarray(ours), np.asarray(pooled)
    if one.shape != other.shape or one.dtype.kind != other.dtype.kind:
        return float("inf")
    if one.dtype.kind not in "fiu":
        return 0.0 if repr(ours) == repr(pooled) else float("inf")
    if not one.size:
        return 0.0
    if not np.array_equal(np.isnan(one), np.isnan(other)):
        return float("inf")
    scale = np.nanmax(np.abs(other)) if not np.isnan(other).all() else 0.0
    gap = np.nanmax(np.abs(one - other)) if not np.isnan(other).all() else 0.0
    return float(gap / scale) if scale and not absolute else float(gap)


def differences(ours: Any, pooled: Any, *, path: bool = True) -> dict[str, float]:
    """The difference of every fitted attribute of two models.

    Parameters
    ----------
    ours, pooled : estimator
        One of ours may be an ``FLModel``, whose attributes of one entry a row are compared, too.
    path : bool
        Whether attributes that tell of the way to the optimum count.
    """
    of_rows: dict[str, Any] = {}
    if isinstance(ours, FLModel):
        of_rows = {name: _rows(handle) for name, handle in ours._attributes_of_rows.items()}
        ours = ours.to_sklearn()
    left, right = {**dict(attributes(ours)), **of_rows}, dict(attributes(pooled))
    if not path:
        for found in (left, right):
            for name in [name for name in found if name.rpartition(".")[2] in _OF_THE_PATH]:
                del found[name]
    assert left.keys() == right.keys(), f"attributes differ: {left.keys() ^ right.keys()}"
    return {
        name: difference(left[name], right[name], absolute=name.rpartition(".")[2] in _NEAR_ZERO)
        for name in left
    }


def _rows(handle: Any) -> Any:
    """The rows of a handle as an array of its own dtype."""
    return pooled_rows(handle).astype(handle.facts.dtypes[0])


def too_far(ours: Any, specimen: Any) -> dict[str, float]:
    """Attributes that differ from the pooled fit by more than their bar.

    Where scikit-learn itself moves (see ``pooled_fits``), ten times that is allowed, too.
    """
    pooled, permuted = pooled_fits(specimen)
    path = specimen.exactness is Exactness.EXACT
    moved = differences(permuted, pooled, path=path)
    bars = {
        name: max(specimen.bar, 10 * own) if np.isfinite(own) else specimen.bar
        for name, own in moved.items()
    }
    measured = differences(ours, pooled, path=path)
    return {name: gap for name, gap in measured.items() if gap > bars[name]}


def pooled_fits(specimen: Any) -> tuple[Any, Any]:
    """scikit-learn's fit of the rows as they are, and once more as far as it may move: with the
    rows permuted or, where folds depend on their order, with numbers changed in the last digit.
    """
    if id(specimen) not in _POOLED:
        order = np.random.default_rng(3).permutation(specimen.X.shape[0])
        folds = "cv" in specimen.model.get_params(deep=False)
        moved = (
            replace(specimen, X=_nudged(specimen.X)).pooled() if folds else specimen.pooled(order)
        )
        _POOLED[id(specimen)] = (specimen, specimen.pooled(), moved)
    return _POOLED[id(specimen)][1:]


def _nudged(X: Any) -> Any:
    """Every other number of a table changed by what summing many of them rounds away."""
    if sparse.issparse(X):
        nudged = X.copy()
        nudged.data = _nudged(X.data)
        return nudged
    if isinstance(X, pd.DataFrame) and all(dtype.kind == "f" for dtype in X.dtypes):
        return pd.DataFrame(_nudged(X.to_numpy()), columns=X.columns)
    if not isinstance(X, np.ndarray) or X.dtype.kind != "f":
        return X
    return X * (1 + 32 * np.finfo(X.dtype).eps * (np.indices(X.shape).sum(axis=0) % 2))


_POOLED: dict[int, Any] = {}
