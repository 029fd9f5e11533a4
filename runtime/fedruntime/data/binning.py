"""``pandas.cut`` and ``pandas.qcut``: the edges are public, the rows are sorted into them at the
parties.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from fedruntime.caller import where
from fedruntime.data.handle import Handle
from fedruntime.data.template import template
from fedruntime.errors import DataError, UnsupportedError
from fedruntime.operations import row_op


def cut(
    x: Any,
    bins: Any,
    right: bool = True,
    labels: Any = None,
    retbins: bool = False,
    precision: int = 3,
    include_lowest: bool = False,
    duplicates: str = "raise",
    ordered: bool = True,
) -> Any:
    """``pandas.cut`` of a series; a number of bins spans the smallest and largest value, which
    are revealed.

    Raises
    ------
    DataError
        For a handle that is no series of numbers.
    UnsupportedError
        For bins of intervals.
    """
    _require_series(x, "cut")
    if isinstance(bins, pd.IntervalIndex):
        raise UnsupportedError(f"{where()}pd.cut takes edges or a number of bins")
    if np.ndim(bins) == 0:
        ends = pd.Series([x.min(), x.max()], dtype=template(x.facts).dtype)
        _, bins = pd.cut(ends, bins, right=right, retbins=True)
    return _sorted_in(
        x,
        np.asarray(bins),
        retbins,
        right=right,
        labels=labels,
        precision=precision,
        include_lowest=include_lowest,
        duplicates=duplicates,
        ordered=ordered,
    )


def qcut(
    x: Any,
    q: Any,
    labels: Any = None,
    retbins: bool = False,
    precision: int = 3,
    duplicates: str = "raise",
) -> Any:
    """``pandas.qcut`` of a series, at its exact quantiles."""
    _require_series(x, "qcut")
    levels = np.linspace(0, 1, int(q) + 1) if np.ndim(q) == 0 else np.asarray(q)
    if np.ndim(q) == 0:
        np.putmask(levels, q * levels != np.arange(q + 1), np.nextafter(levels, 1))
    edges = np.asarray(x.quantile(levels.tolist()))
    return _sorted_in(
        x,
        edges,
        retbins,
        right=True,
        labels=labels,
        precision=precision,
        include_lowest=True,
        duplicates=duplicates,
        ordered=True,
    )


def _require_series(x: Any, name: str) -> None:
    if not isinstance(x, Handle) or x.facts.kind != "series":
        raise DataError(f"{where()}pd.{name} takes a column of a frame, not {x!r}")


def _sorted_in(x: Handle, edges: Any, retbins: bool, **options: Any) -> Any:
    labels = options["labels"]
    if labels is not None and labels is not False:
        options["labels"] = list(labels)
    # pandas itself says on no rows what is wrong with edges and labels, and which edges are left.
    _, used = pd.cut(pd.Series(dtype=np.float64), edges, retbins=True, **options)
    binned = x.federation.map(into_bins, purpose="cut", rows=x, edges=edges, options=options)
    return (binned, used) if retbins else binned


@row_op("rows.bins")
def into_bins(rows: pd.Series, edges: Any, options: Any) -> pd.Series:
    """The bin of each value."""
    return pd.cut(rows, edges, **options)
