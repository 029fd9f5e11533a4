"""A share of loaded rows, the same rows whenever the same table is loaded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np


def take_sample(loaded: Any, share: float) -> Any:
    """A share of the rows of whatever a loader gave: a table, an array, ``(X, y)`` or a Bunch.

    What has no rows comes back as it is.
    """
    count = _rows(loaded)
    if not count:
        return loaded
    kept = max(1, round(share * count))
    chosen = np.sort(np.random.default_rng(0).choice(count, size=kept, replace=False))
    return _take(loaded, count, chosen)


def _rows(loaded: Any) -> int:
    if isinstance(loaded, Mapping):
        return _rows(loaded.get("data", next(iter(loaded.values()), None)))
    if isinstance(loaded, tuple):
        return _rows(loaded[0]) if loaded else 0
    shape = getattr(loaded, "shape", ())
    return int(shape[0]) if shape else 0


def _take(value: Any, count: int, chosen: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(_take(entry, count, chosen) for entry in value)
    if isinstance(value, Mapping):
        return type(value)(**{str(k): _take(entry, count, chosen) for k, entry in value.items()})
    if getattr(value, "shape", None) and value.shape[0] == count:
        return value.iloc[chosen] if hasattr(value, "iloc") else value[chosen]
    return value
