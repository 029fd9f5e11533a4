"""What numpy's functions on rows do beyond the table of operations: where each takes its axis, what
over rows mixes or shows them, and which give an array whatever they were given.
"""

from __future__ import annotations

from collections.abc import Mapping

AXIS_PLACE: Mapping[str, int] = {
    **dict.fromkeys(
        ("append", "delete", "diff", "linalg.norm", "repeat", "take", "split", "array_split"), 2
    ),
    **dict.fromkeys(("percentile", "quantile", "nanpercentile", "nanquantile"), 2),
    "insert": 3,
}
"""Functions -> the position of their ``axis``, where that is not the second argument."""

WITHOUT_AXIS: frozenset[str] = frozenset(
    ("allclose", "array_equal", "bincount", "corrcoef", "cov", "histogram", "unique")
)
"""Functions whose second argument is something else."""

COLUMN_AXES = (1, -1)
"""Values of ``axis`` that are certainly not the rows."""

ORDERS_ROWS: frozenset[str] = frozenset(
    ("argmax", "argmin", "argsort", "nanargmax", "nanargmin", "sort")
)
"""Functions that over rows would tell which row is where: carried along columns only."""

MIXES_ROWS: frozenset[str] = frozenset(
    ("apply_along_axis", "cumprod", "cumsum", "diff", "insert", "prod")
)
"""Functions that over rows have no counterpart: carried along columns only."""

KEEPS_KIND: frozenset[str] = frozenset(
    """
    abs absolute add arccos arccosh arcsin arcsinh arctan arctan2 arctanh around bitwise_and
    bitwise_or bitwise_xor cbrt ceil clip copysign cos cosh deg2rad degrees divide equal exp exp2
    expm1 fabs float_power floor floor_divide fmax fmin fmod greater greater_equal heaviside hypot
    invert isfinite isinf isnan less less_equal log log10 log1p log2 logaddexp logaddexp2
    logical_and logical_not logical_or logical_xor maximum minimum mod multiply negative not_equal
    positive power rad2deg radians reciprocal remainder rint round sign signbit sin sinh sqrt
    square subtract tan tanh true_divide trunc
    """.split()  # noqa: SIM905
)
"""Functions that give a table or column for a table or column; all others give arrays."""

ROWS_BELOW: frozenset[str] = frozenset(("atleast_2d", "stack", "vstack"))
"""Functions that make vectors the rows of a matrix, and put matrices one below the other."""

COPIES: frozenset[str] = frozenset(
    ("array", "asanyarray", "asarray", "ascontiguousarray", "asfortranarray")
)
"""Functions that give the rows themselves as a local array."""

TRANSPOSED: Mapping[str, str] = {"array": "transposed", "transposed": "array", "stacked": "array"}
"""Kind of rows -> what their ``.T`` is; ``stacked`` is what ``ROWS_BELOW`` may give."""
