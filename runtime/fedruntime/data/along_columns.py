"""Functions of numpy that are row-wise along columns: with ``axis=1`` they run at the parties, over
rows they would mix or show them.
"""

from __future__ import annotations

from operator import attrgetter
from typing import Any

import numpy as np

from fedruntime.caller import where
from fedruntime.errors import ProtocolError, RevealError, UnsupportedError
from fedruntime.operations import row_op

FUNCTIONS = frozenset(
    """
    argsort count_nonzero cumprod cumsum diff flip linalg.norm median nanargmax nanargmin nanmax
    nanmean nanmedian nanmin nanpercentile nanquantile nanstd nansum nanvar percentile prod ptp
    quantile sort
    """.split()  # noqa: SIM905
)
POSITIONS = frozenset({"argmax", "argmin", "argsort", "nanargmax", "nanargmin", "sort"})
"""Functions that over rows would tell which row is where, or show the rows in order."""


def along_columns(name: str, array: Any, axis: Any, *args: Any, **options: Any) -> Any:
    """The function's rows, from each row by itself.

    Raises
    ------
    RevealError
        If it would tell the order of rows.
    UnsupportedError
        If the axis is, or may be, that of the rows.
    """
    axes = axis if isinstance(axis, tuple) else (axis,)
    if any(one is None or one % array.ndim == 0 for one in axes):
        if name in POSITIONS:
            raise RevealError(
                f"{where()}numpy.{name} over rows of {array!r} would tell which row is where: rows "
                "stay at the parties; use an aggregate, or axis=1"
            )
        raise UnsupportedError(
            f"{where()}numpy.{name} over rows of {array!r} has no counterpart: use axis=1, or "
            "other aggregates"
        )
    return array.federation.map(
        run_along_columns,
        purpose=name,
        rows=array,
        function=name,
        axis=axis,
        args=list(args),
        options=options,
    )


@row_op("rows.along_columns")
def run_along_columns(rows: Any, function: str, axis: Any, args: Any, options: Any) -> Any:
    """A listed function of numpy along axes that are not the rows."""
    axes = axis if isinstance(axis, tuple | list) else (axis,)
    if function not in FUNCTIONS or any(one % rows.ndim == 0 for one in axes):
        raise ProtocolError(f"{function!r} along axis {axis} is not row by row")
    return attrgetter(function)(np)(rows, *args, axis=axis, **options)
