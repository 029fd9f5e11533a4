"""Rows as private statistics see them: numbers, shifted and scaled by public values, and kept in a
ball, so that no row can move a sum by more than the ball's radius. What is summed is decided by
the statistics that import this.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from fedruntime.data.handle import Handle
from fedruntime.errors import BudgetError, DataError, ProtocolError

Floats = npt.NDArray[np.float64]

_FARTHEST = 1e6  # in units of the scale; squares of it are still far from an overflow


@dataclass(frozen=True)
class Scales:
    """Where the values of each column lie, and how widely: public once released.

    Parameters
    ----------
    centre, scale : ndarray of shape (columns,)
    """

    centre: Floats
    scale: Floats

    def uncentred(self) -> Scales:
        """The same around zero, for models without an intercept."""
        return Scales(np.zeros_like(self.centre), np.hypot(self.centre, self.scale))


def require_numbers(rows: Handle, name: str) -> None:
    """Refuse, by their public kind and dtypes, rows that are not plain numbers.

    Raises
    ------
    BudgetError
        For a sparse matrix.
    DataError
        For columns that hold no numbers; names them.
    """
    if rows.facts.kind == "sparse":
        raise BudgetError(f"a sparse {name} has no private fit; use {name}.toarray()")
    wrong = [
        number
        for number, dtype in enumerate(rows.facts.dtypes)
        if not pd.api.types.is_numeric_dtype(dtype)
    ]
    if wrong:
        columns = rows.facts.columns
        shown = ", ".join(repr(columns[number]) if columns else str(number) for number in wrong)
        raise DataError(f"{name} holds no numbers in column {shown}: encode it first")


def as_numbers(rows: Any, columns: int) -> Floats:
    """A party's rows as a float array of so many columns, with NaN where a cell is missing.

    Raises
    ------
    ProtocolError
        If there are more or fewer columns than noise was sized for.
    """
    table = pd.DataFrame(
        np.reshape(rows, (len(rows), -1)) if isinstance(rows, np.ndarray) else rows
    )
    if table.shape[1] != columns:
        raise ProtocolError(f"noise was sized for {columns} columns; there are {table.shape[1]}")
    values: Floats = table.to_numpy(dtype=np.float64, na_value=np.nan)
    return values


def standardised(values: Floats, centre: Floats, scale: Floats) -> Floats:
    """Numbers in units of the scales; a missing one lies at the centre."""
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        moved = (values - centre) / scale
    return np.clip(np.nan_to_num(moved, nan=0.0), -_FARTHEST, _FARTHEST)


def in_ball(
    rows: Any, centre: Floats, scale: Floats, radius: float, constant: bool
) -> tuple[Floats, Floats]:
    """Rows in units of the scales, and the factor that pulls each one into a ball.

    Parameters
    ----------
    rows : array-like
    centre, scale : ndarray of shape (columns,)
    radius : float
        Of the ball, in units of the scales.
    constant : bool
        Whether rows get a last entry of 1, for an intercept, before they are put into the ball.

    Returns
    -------
    rows : ndarray of shape (n, columns) or (n, columns + 1)
        As they are, not yet pulled in.
    factor : ndarray of shape (n,)
        At most 1; ``factor * norm(row) <= radius``. It is 0 for a row without a single value.
    """
    given = as_numbers(rows, len(centre))
    values = standardised(given, centre, scale)
    if constant:
        values = np.column_stack([values, np.ones(len(values))])
    norms = np.sqrt(np.einsum("ij,ij->i", values, values))
    present = ~np.isnan(given).all(axis=1)
    return values, np.where(present, radius / np.maximum(norms, radius), 0.0)


def positive(public: Mapping[str, Any], name: str) -> float:
    """A public argument that noise is sized by.

    Raises
    ------
    ProtocolError
        If it is not a positive, finite number: the bound it stands for would not hold.
    """
    value = float(public[name])
    if not 0.0 < value < np.inf:
        raise ProtocolError(f"{name}={value} cannot bound what a row contributes")
    return value
