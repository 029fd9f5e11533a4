"""A share of loaded rows, the same rows whenever the same table is loaded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.utils import Bunch


def take_sample(loaded: Any, share: float) -> Any:
    """A share of the rows of whatever a loader gave: a table, an array, ``(X, y)`` or a Bunch.

    What has no rows, or another number of rows, comes back as it is. Archives of numpy come back as
    dictionaries.
    """
    count = _rows(loaded)
    if not count:
        return loaded
    kept = max(1, round(share * count))
    chosen = np.sort(np.random.default_rng(0).choice(count, size=kept, replace=False))
    return _take(loaded, count, chosen)


def _rows(loaded: Any) -> int:
    if not isinstance(loaded, Mapping | tuple):
        shape = getattr(loaded, "shape", ())
        return int(shape[0]) if shape else 0
    if isinstance(loaded, Bunch) and "data" in loaded:
        return _rows(loaded["data"])
    entries = list(loaded.values() if isinstance(loaded, Mapping) else loaded)
    tables = [entry for entry in entries if getattr(entry, "ndim", 0) > 1]
    return max(map(_rows, tables or entries), default=0)


def _take(value: Any, count: int, chosen: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(_take(entry, count, chosen) for entry in value)
    if isinstance(value, Mapping):
        entries = {key: _take(entry, count, chosen) for key, entry in value.items()}
        return Bunch(**entries) if isinstance(value, Bunch) else entries
    if getattr(value, "shape", None) and value.shape[0] == count:
        return value.iloc[chosen] if hasattr(value, "iloc") else value[chosen]
    return value
