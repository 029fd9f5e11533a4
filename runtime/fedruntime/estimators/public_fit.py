"""Fits that learn nothing from the values of rows: names, number and dtypes of the columns, and
random draws of that shape. scikit-learn's own fit on public zeros gives just that; what it would
refuse in the rows is refused by the parties.
"""

from __future__ import annotations

from typing import Any

from fedruntime.cohort import Cohort
from fedruntime.errors import DataError
from fedruntime.estimators.design import prepare
from fedruntime.estimators.row_blocks import row_blocks
from fedruntime.estimators.tables import example, require_table
from fedruntime.operations import Statistics, party_op


def fit_on_zeros(model: Any, cohort: Cohort) -> Cohort:
    """Fit a model on a public table like ``X`` and let the parties check their rows.

    Returns
    -------
    Cohort
        Of the rows as finite float64 arrays or CSR matrices, should the fit need more.

    Raises
    ------
    ValueError
        In scikit-learn's words, before anything is sent, for what it refuses by kind and shape.
    DataError
        For text, NaN and infinity; names party and columns.
    """
    X = cohort["X"]
    require_table(X)
    model.fit(example(X.facts))
    return prepare(cohort.only(X=X), accept_sparse=True)


def refuse_negative(model: Any, cohort: Cohort) -> None:
    """Refuse negative values in ``X``, a float array or CSR matrix, in scikit-learn's words.

    Raises
    ------
    DataError
    """
    if cohort.sum(count_negative)["count"]:
        raise DataError(f"Negative values in data passed to {type(model).__name__}.")


@party_op("public_fit.negative")
def count_negative(X: Any) -> Statistics:
    """The number of negative values."""
    if not hasattr(X, "toarray"):
        blocks = row_blocks(*X.shape)
        return {"count": sum(int((X[block] < 0).sum()) for block in blocks)}
    return {"count": int((X.data < 0).sum())}
