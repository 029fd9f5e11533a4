"""``numpy.histogram`` of rows: the edges follow from the smallest and largest value, the counts are
summed under masks.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from fedruntime.caller import where
from fedruntime.data.handle import Handle
from fedruntime.data.private_counts import declared_range, private_histogram
from fedruntime.data.public_rows import deal_like
from fedruntime.data.sums import sum_over_parties
from fedruntime.data.take import align
from fedruntime.errors import UnsupportedError
from fedruntime.messages import Array
from fedruntime.operations import Statistics, party_op


def histogram(
    name: str,
    array: Any,
    bins: Any = 10,
    range: tuple[float, float] | None = None,
    density: bool | None = None,
    weights: Any = None,
) -> tuple[Array, Array]:
    """Counts and edges as ``numpy.histogram`` gives them.

    Raises
    ------
    UnsupportedError
        For rules such as ``bins="auto"``, which look at all values at once.
    """
    if isinstance(bins, str):
        raise UnsupportedError(
            f"{where()}numpy.{name} with bins={bins!r} of {array!r} looks at all values at once; "
            "give a number of bins or their edges"
        )
    if weights is not None:
        weights = weights if isinstance(weights, Handle) else deal_like(array, weights)
        align(array, weights)
    bounds = range
    if np.ndim(bins) == 0 and bounds is None:
        # Of no values numpy takes 0 to 1.
        if array.federation.budget is not None:
            bounds = declared_range(array, f"numpy.{name}")
        else:
            bounds = (array.min(), array.max()) if array.size else (0.0, 1.0)
    _, edges = np.histogram(np.zeros(0, dtype=array.dtype), bins=bins, range=bounds)
    if array.federation.budget is not None and weights is None:
        counts = private_histogram(array, edges, name)
    else:
        found = sum_over_parties(
            array, counts_in_bins, name, bins=bins, bounds=bounds, weights=weights
        )["counts"]
        counts = np.asarray(found)
    if weights is None:
        counts = counts.astype(np.intp)
    else:
        counts = counts.astype(weights.facts.dtypes[0], copy=False)
    if density:
        return counts / np.diff(edges) / counts.sum(), edges
    return counts, edges


@party_op("rows.histogram", counts=("counts",))
def counts_in_bins(rows: Any, bins: Any, bounds: Any, weights: Any) -> Statistics:
    """How many values, or what weight, lies in each bin."""
    counts, _ = np.histogram(
        rows,
        bins=bins,
        range=None if bounds is None else tuple(bounds),
        weights=None if weights is None else np.asarray(weights),
    )
    return {"counts": counts}
