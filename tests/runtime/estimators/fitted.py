"""Comparing what two fits left on their models, attribute by attribute."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator


def attributes(model: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """All fitted attributes, those of nested estimators under dotted names."""
    for name in sorted(vars(model)):
        if name.endswith("_") and not name.startswith("_"):
            yield from _flat(f"{prefix}{name}", vars(model)[name])
    for name, value in model.get_params(deep=False).items():
        if name == "steps":
            yield from _flat(f"{prefix}{name}", value)


def _flat(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, BaseEstimator):
        yield from attributes(value, f"{name}.")
    elif isinstance(value, Mapping):
        for key, entry in value.items():
            yield from _flat(f"{name}[{key!r}]", entry)
    elif isinstance(value, list | tuple):
        for number, entry in enumerate(value):
            yield from _flat(f"{name}[{number}]", entry)
    else:
        yield name, value


def difference(ours: Any, pooled: Any) -> float:
    """Largest relative difference of two values; infinite if they differ in kind or in text."""
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
    return float(gap / scale) if scale else float(gap)


def differences(ours: Any, pooled: Any) -> dict[str, float]:
    """The difference of every fitted attribute of two models."""
    left, right = dict(attributes(ours)), dict(attributes(pooled))
    assert left.keys() == right.keys(), f"attributes differ: {left.keys() ^ right.keys()}"
    assert left, f"{pooled!r} has no fitted attributes"
    return {name: difference(left[name], right[name]) for name in left}
