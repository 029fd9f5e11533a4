"""Comparing a federated fit with its pooled twin: all attributes, private ones and dtypes included,
and the rows that lie at simulated parties.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.interpolate import BSpline
from sklearn.base import BaseEstimator, clone

from fedruntime import FLModel
from fedruntime.data.handle import Handle


def fit_both(model: Any, rows: Any, dealt: Any, **weights: Any) -> tuple[FLModel, Any, Handle]:
    """A federated fit, the pooled fit of a clone, and the handle to the dealt rows."""
    dealer = dealt(len(rows) if not sparse.issparse(rows) else rows.shape[0])
    handle = dealer(rows)
    pooled = clone(model).fit(rows, **weights)
    ours = FLModel(model=clone(model))
    ours.fit(handle, **{name: dealer(given) for name, given in weights.items()})
    return ours, pooled, handle


def pooled_rows(handle: Handle) -> Any:
    """The rows of a handle in pooled order, dense; a look that only a simulation allows."""
    parts = parts_of(handle)
    first = _dense(next(iter(parts.values())))
    rows = np.empty((len(handle), *first.shape[1:]), dtype=object)
    for party, positions in handle.layout.positions.items():
        rows[positions] = _dense(parts[party])
    return rows


def parts_of(handle: Handle) -> dict[str, Any]:
    """What each simulated party holds under a handle."""
    parties = handle.federation.engine._parties  # type: ignore[attr-defined]
    return {party: parties[party]._rows[handle.ref.name] for party in handle.layout.parties}


def assert_same_rows(handle: Handle, expected: Any, atol: float = 0.0) -> None:
    """The handle's rows are the expected ones, of the expected kind and dtype."""
    for part in parts_of(handle).values():
        assert sparse.issparse(part) == sparse.issparse(expected)
        assert isinstance(part, pd.DataFrame) == isinstance(expected, pd.DataFrame)
        if isinstance(expected, np.ndarray):
            assert part.dtype == expected.dtype
        if isinstance(expected, pd.DataFrame):
            assert part.columns.tolist() == expected.columns.tolist()
    ours, theirs = pooled_rows(handle), _dense(expected)
    assert ours.shape == theirs.shape
    for one, other in zip(ours.ravel().tolist(), theirs.ravel().tolist(), strict=True):
        assert _same(one, other, atol), (one, other)


def assert_same_state(ours: Any, pooled: Any, rtol: float = 0.0) -> None:
    """Both models hold the same attributes, of the same types and dtypes."""
    if isinstance(ours, FLModel):
        ours = ours.to_sklearn()
    assert type(ours) is type(pooled)
    assert vars(ours).keys() == vars(pooled).keys()
    for name, value in vars(pooled).items():
        _compare(vars(ours)[name], value, rtol, f"{type(pooled).__name__}.{name}")


def _compare(one: Any, other: Any, rtol: float, path: str) -> None:
    if isinstance(other, BaseEstimator):
        assert_same_state(one, other, rtol)
        return
    if isinstance(other, BSpline):
        for part in ("t", "c", "k", "extrapolate"):
            _compare(getattr(one, part), getattr(other, part), rtol, f"{path}.{part}")
        return
    if callable(other):
        assert one is other or type(one) is type(other), path
        return
    assert type(one) is type(other), (path, type(one), type(other))
    if isinstance(other, Mapping):
        assert one.keys() == other.keys(), path
        for key in other:
            _compare(one[key], other[key], rtol, f"{path}[{key!r}]")
    elif isinstance(other, list | tuple):
        assert len(one) == len(other), path
        for number, entry in enumerate(other):
            _compare(one[number], entry, rtol, f"{path}[{number}]")
    elif isinstance(other, pd.Index):
        assert one.equals(other), path
    elif isinstance(other, np.ndarray):
        _compare_arrays(one, other, rtol, path)
    else:
        assert _same(one, other, rtol * abs(other) if isinstance(other, float) else 0.0), path


def _compare_arrays(one: Any, other: Any, rtol: float, path: str) -> None:
    assert one.dtype == other.dtype, (path, one.dtype, other.dtype)
    assert one.shape == other.shape, path
    if other.dtype.kind == "f":
        scale = np.nanmax(np.abs(other), initial=0.0)
        np.testing.assert_allclose(one, other, rtol=0, atol=rtol * scale, err_msg=path)
    else:
        for entry, pooled in zip(one.ravel().tolist(), other.ravel().tolist(), strict=True):
            if isinstance(pooled, np.ndarray):
                _compare(entry, pooled, rtol, path)
            else:
                assert _same(entry, pooled, 0.0), (path, entry, pooled)


def _same(one: Any, other: Any, atol: float) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return one == other or (one != one and other != other) or abs(one - other) <= atol
    return bool(type(one) is type(other) and one == other)


def _dense(rows: Any) -> Any:
    return rows.toarray() if sparse.issparse(rows) else np.asarray(rows)
