"""``pandas.get_dummies``: one column a value of the pooled column, so every party gets the same
columns, whatever values it happens to hold.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from fedruntime.caller import where
from fedruntime.data.categories import pooled_categories, read_dtype, write_dtype
from fedruntime.data.handle import Handle
from fedruntime.data.public_values import to_message
from fedruntime.data.row_operations import pick_columns
from fedruntime.data.template import column_positions, template
from fedruntime.errors import DataError, UnsupportedError
from fedruntime.messages import Public
from fedruntime.operations import row_op

_ENCODED = ["object", "string", "category"]  # what pandas encodes of a frame without ``columns``


def get_dummies(rows: Handle, *, sparse: bool = False, columns: Any = None, **options: Any) -> Any:
    """``pandas.get_dummies`` of a frame or series.

    The distinct values of the encoded columns are revealed, within the rule of disclosure.

    Raises
    ------
    RevealError
        If a column hardly repeats.
    DataError
        If column labels come twice.
    UnsupportedError
        For ``sparse=True``.
    """
    if sparse:
        raise UnsupportedError(f"{where()}get_dummies(sparse=True) has no counterpart; use dense")
    labels: list[Any] = [None]
    encoded = [rows]
    if rows.ndim == 2:
        if len(set(rows.facts.columns or ())) != rows.shape[1]:
            raise DataError(f"{where()}get_dummies of {rows!r}, whose column labels come twice")
        if columns is None:
            labels = list(template(rows.facts).select_dtypes(_ENCODED).columns)
        elif isinstance(columns, str) or not pd.api.types.is_list_like(columns):
            raise TypeError("Input must be a list-like for parameter `columns`")
        else:
            labels = list(columns)
        encoded = [
            rows.federation.map(pick_columns, rows=rows, key=number)
            for number in column_positions(rows.facts, labels)
        ]
    dtypes = [write_dtype(pooled_categories(column, "get_dummies")) for column in encoded]
    return rows.federation.map(
        dummies,
        purpose="get_dummies",
        rows=rows,
        columns=labels,
        dtypes=dtypes,
        options=to_message(options),
    )


@row_op("rows.dummies")
def dummies(rows: Any, columns: Sequence[Any], dtypes: Sequence[Public], options: Any) -> Any:
    """``get_dummies`` over given categories."""
    wanted = [read_dtype(dtype) for dtype in dtypes]
    if isinstance(rows, pd.Series):
        found = pd.get_dummies(rows.astype(wanted[0]), **options)
        if not isinstance(rows.dtype, pd.CategoricalDtype):  # columns are values, not categories
            found.columns = pd.Index(found.columns.tolist())
        return found
    encoded = rows.astype(dict(zip(columns, wanted, strict=True)))
    return pd.get_dummies(encoded, columns=list(columns), **options)
