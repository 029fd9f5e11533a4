"""``numpy.cov`` and ``numpy.corrcoef`` of columns, from exact sums."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from fedruntime.caller import where
from fedruntime.data.handle import Handle
from fedruntime.data.joining import side_by_side
from fedruntime.data.plain import as_array
from fedruntime.data.transposed import FUNCTIONS, FedTransposed
from fedruntime.errors import DataError, UnsupportedError
from fedruntime.messages import Array


def cov(
    name: str,
    m: Any,
    y: Any = None,
    rowvar: bool = True,
    bias: bool = False,
    ddof: int | None = None,
    *,
    dtype: Any = None,
    **weights: Any,
) -> Array:
    """The covariance of columns, or of two vectors, as ``numpy.cov`` gives it.

    Raises
    ------
    UnsupportedError
        For covariances of rows with rows, weights and ``dtype``.
    """
    if dtype is not None or any(given is not None for given in weights.values()):
        raise UnsupportedError(f"{where()}numpy.{name} with weights or dtype of {m!r}")
    variables = _variables(name, m, y, rowvar)
    squares = _centred_squares(variables)
    freedom = len(variables) - ((not bias) if ddof is None else ddof)
    if freedom <= 0:
        freedom = 0
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(squares / np.float64(freedom)).squeeze()


def corrcoef(name: str, x: Any, y: Any = None, rowvar: bool = True, **options: Any) -> Array:
    """Correlations of columns, or of two vectors, as ``numpy.corrcoef`` gives them.

    Raises
    ------
    UnsupportedError
        For correlations of rows with rows, and other options.
    """
    if any(given is not None for given in options.values()):
        raise UnsupportedError(f"{where()}numpy.{name} with {', '.join(options)} of {x!r}")
    covariance = cov(name, x, y, rowvar)
    with np.errstate(invalid="ignore", divide="ignore"):
        if covariance.ndim == 0:
            return np.asarray(covariance / covariance)
        spread = np.sqrt(np.diag(covariance))
        return np.asarray(np.clip(covariance / spread[:, None] / spread[None, :], -1, 1))


def _variables(name: str, m: Any, y: Any, rowvar: bool) -> Any:
    """What varies, as the columns of one handle."""
    sides = [_columns(name, side, rowvar) for side in (m, y) if side is not None]
    return sides[0] if len(sides) == 1 else side_by_side("column_stack", sides)


def _columns(name: str, side: Any, rowvar: bool) -> Any:
    if isinstance(side, FedTransposed) and rowvar:
        return side.T
    if np.ndim(side) == 1 or (isinstance(side, Handle) and side.ndim == 2 and not rowvar):
        return side
    raise UnsupportedError(
        f"{where()}numpy.{name} of {side!r} would be of rows with rows; columns vary with "
        "rowvar=False or X.T"
    )


def _centred_squares(variables: Any) -> Array:
    """Sums of products of differences to the means."""
    columns = as_array(variables)
    columns = columns.reshape(len(columns), -1).astype(np.float64)
    mean = columns.mean(axis=0)
    if not np.isfinite(mean).all():
        raise DataError(f"{where()}{variables!r} holds NaN or infinity: leave those rows out first")
    centred = columns - mean
    return np.asarray(centred.T @ centred)


FUNCTIONS[np.cov] = partial(cov, "cov")
FUNCTIONS[np.corrcoef] = partial(corrcoef, "corrcoef")
