"""Tables as the pooled script would see them: a party's rows in the pooled dtypes, and public
tables of a few rows that have the columns and dtypes of a handle without its contents.

scikit-learn's own ``fit`` on such a public table sets names, dtypes and private attributes just as
the installed version does; families then put the federated statistics in.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.utils import check_array

from fedruntime.data.facts import Facts
from fedruntime.data.handle import Handle
from fedruntime.errors import DataError
from fedruntime.messages import Array
from fedruntime.operations import row_op

FLOATS = (np.float64, np.float32)
# scikit-learn 1.6 renamed the parameter.
FINITE = (
    "ensure_all_finite"
    if "ensure_all_finite" in inspect.signature(check_array).parameters
    else "force_all_finite"
)


def table(facts: Facts, columns: Sequence[Any]) -> Any:
    """A public table with given columns, of the kind, labels and dtypes that facts describe.

    Parameters
    ----------
    facts : Facts
    columns : sequence of array-like
        One a column, equally long.
    """
    if facts.columns is None:
        rows = len(columns[0]) if columns else 0
        array = np.empty((rows, len(columns)), dtype=facts.dtypes[0])
        for number, column in enumerate(columns):
            array[:, number] = column
        return sparse.csr_matrix(array) if facts.kind == "sparse" else array
    frame = pd.DataFrame(
        {
            number: pd.Series(column, dtype=dtype)
            for number, (column, dtype) in enumerate(zip(columns, facts.dtypes, strict=True))
        }
    )
    frame.columns = pd.Index(facts.columns)
    return frame


def example(facts: Facts, rows: int = 1) -> Any:
    """A public table of zeros (the text "0", the epoch, ...), as ``table`` makes it."""
    return table(facts, [[0] * rows] * facts.tail[0])


def labelled(X: Handle, values: Array) -> Any:
    """A public array of numbers under the column labels of a handle, if it has any."""
    columns = X.facts.columns
    return values if columns is None else pd.DataFrame(values, columns=pd.Index(columns))


def require_table(X: Handle) -> None:
    """Refuse rows that are no table, in scikit-learn's words.

    Raises
    ------
    DataError
        If the rows are not two-dimensional, or there are none at any party.
    """
    if X.ndim != 2:
        raise DataError(
            f"Expected 2D array, got {X.ndim}D array instead: reshape X, for example by "
            "X.reshape(-1, 1) if it has a single feature"
        )
    if 0 in X.shape:
        kind = "sample" if X.shape[0] == 0 else "feature"
        raise DataError(
            f"Found array with 0 {kind}(s) (shape={X.shape}) over all parties, while a minimum "
            "of 1 is required"
        )


def require_dense(X: Handle) -> None:
    """Refuse a sparse matrix, in scikit-learn's words.

    Raises
    ------
    DataError
    """
    if X.facts.kind == "sparse":
        raise DataError(
            "Sparse data was passed for X, but dense data is required. Use '.toarray()' to convert "
            "to a dense numpy array."
        )


def column_name(facts: Facts, number: int) -> str:
    """A column as messages mention it."""
    return repr(facts.columns[number]) if facts.columns is not None else str(number)


# -- at the parties -------------------------------------------------------------------------


def as_pooled(rows: Any, dtypes: Sequence[str]) -> Any:
    """A party's rows in the dtypes that the pooled rows would have.

    Raises
    ------
    DataError
        If a column holds numbers here and something else at another party.
    """
    if isinstance(rows, pd.DataFrame):
        own = [str(dtype) for dtype in rows.dtypes]
        if own == list(dtypes):
            return rows
        columns = {
            number: _converted(rows.iloc[:, number], dtype, f"column {rows.columns[number]!r}")
            for number, dtype in enumerate(dtypes)
        }
        frame = pd.DataFrame(columns, index=rows.index)
        frame.columns = rows.columns
        return frame
    if str(rows.dtype) == dtypes[0]:
        return rows
    return _converted(rows, dtypes[0], "the array")


def _converted(column: Any, dtype: str, what: str) -> Any:
    if str(column.dtype) == dtype:
        return column
    own, pooled = (_is_number(each) for each in (str(column.dtype), dtype))
    if own != pooled and column.shape[0]:
        raise DataError(
            f"{what} has dtype {column.dtype} here, which does not go together with the other "
            "parties': give it one dtype in the script, for example by astype"
        )
    return column.astype(dtype)


def _is_number(dtype: str) -> bool:
    return pd.api.types.is_numeric_dtype(dtype) and dtype != "bool"


@row_op("tables.numbers")
def as_numbers(X: Any, dtypes: Sequence[str]) -> Any:
    """A party's rows as a float array or CSR matrix, as scikit-learn's scalers convert them.

    Single precision stays single; NaN stays.

    Raises
    ------
    DataError
        For text and infinity; names the columns.
    """
    pooled = as_pooled(X, dtypes)
    try:
        array = as_array(pooled, FLOATS)
    except (ValueError, TypeError):
        # Its text quotes the cell.
        raise DataError(
            f"{columns_text(pooled, _without_numbers(pooled))}: text cannot be used as numbers; "
            "encode it first"
        ) from None
    refuse_infinity(array, pooled)
    return array


def refuse_infinity(array: Any, pooled: Any) -> None:
    """Refuse infinite values in a float array or CSR matrix made of ``pooled``.

    Raises
    ------
    DataError
        Names the columns.
    """
    values = array.data if sparse.issparse(array) else array
    # One pass in the common case; NaN and an overflow of the sum are settled by the second look.
    with np.errstate(invalid="ignore", over="ignore"):
        total = values.sum()
    if np.isfinite(total) or not np.isinf(values).any():
        return
    where = np.isinf(values)
    numbers = array.indices[where] if sparse.issparse(array) else np.nonzero(where)[1]
    raise DataError(f"{columns_text(pooled, np.unique(numbers))}: Input X contains infinity")


def as_array(rows: Any, dtype: Any = None) -> Any:
    """A party's rows, possibly none, as the array that scikit-learn's validation makes of them."""
    return check_array(
        rows,
        dtype=dtype,
        accept_sparse="csr",
        ensure_2d=False,
        ensure_min_samples=0,
        **{FINITE: False},
    )


def _without_numbers(rows: Any) -> list[int]:
    return [number for number in range(rows.shape[1]) if not _holds_numbers(rows, number)]


def _holds_numbers(rows: Any, number: int) -> bool:
    column = rows.iloc[:, number] if isinstance(rows, pd.DataFrame) else rows[:, number]
    try:
        as_array(column, FLOATS)
    except (ValueError, TypeError):
        return False
    return True


def columns_text(rows: Any, numbers: Sequence[int] | Array) -> str:
    """Columns as messages mention them."""
    labels = rows.columns[list(numbers)] if isinstance(rows, pd.DataFrame) else numbers
    shown = ", ".join(repr(label) if isinstance(label, str) else str(label) for label in labels)
    return f"column {shown}" if len(numbers) == 1 else f"columns {shown}"
