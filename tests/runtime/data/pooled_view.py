"""The rows behind a handle, put together in pooled order: what only a test may do."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from fedruntime.data.handle import Handle


def parts_of(handle: Handle) -> dict[str, Any]:
    """Each simulated party's rows."""
    parties = handle.federation.engine._parties  # type: ignore[attr-defined]
    return {name: party._rows[handle.ref.name] for name, party in parties.items()}


def pooled(handle: Handle) -> Any:
    """The rows of all parties in pooled order, in the dtypes of the parties that have rows."""
    parts = parts_of(handle)
    for party, count in zip(handle.layout.parties, handle.layout.counts, strict=True):
        assert parts[party].shape[0] == count
    filled = [party for party in handle.layout.parties if parts[party].shape[0]]
    filled = filled or [handle.layout.parties[0]]
    order = np.argsort(np.concatenate([handle.layout.positions[party] for party in filled]))
    rows = [parts[party] for party in filled]
    if isinstance(rows[0], pd.DataFrame | pd.Series):
        return pd.concat(rows).iloc[order]
    if sparse.issparse(rows[0]):
        return sparse.vstack(rows).tocsr()[order].toarray()
    return np.concatenate(rows)[order]


def assert_same(found: Any, expected: Any) -> None:
    """A handle or public value equals what the pooled script has."""
    if isinstance(found, Handle):
        assert found.shape == expected.shape
        found = pooled(found)
        if isinstance(expected, np.ndarray):
            assert type(found) is np.ndarray
    if isinstance(expected, pd.DataFrame):
        pd.testing.assert_frame_equal(found, expected, rtol=1e-12, atol=1e-12)
    elif isinstance(expected, pd.Series):
        pd.testing.assert_series_equal(found, expected, rtol=1e-12, atol=1e-12)
    elif isinstance(expected, pd.Index):
        pd.testing.assert_index_equal(found, expected)
    elif isinstance(expected, tuple):
        assert isinstance(found, tuple)
        for one, other in zip(found, expected, strict=True):
            assert_same(one, other)
    elif isinstance(expected, np.ndarray | np.generic):
        assert np.shape(found) == np.shape(expected)
        assert np.asarray(found).dtype == np.asarray(expected).dtype
        if np.asarray(expected).dtype.kind == "f":
            tolerance = 1e-12 if np.asarray(expected).dtype.itemsize == 8 else 1e-6
            np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)
        else:
            np.testing.assert_array_equal(found, expected)
    else:
        assert type(found) is type(expected)
        if isinstance(expected, float):
            np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)
        else:
            assert found == expected
