"""``FunctionTransformer``: a function that every party calls on its own rows."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.validation import _allclose_dense_sparse

from fedruntime.cohort import Cohort
from fedruntime.data.handle import Handle
from fedruntime.data.take import take
from fedruntime.errors import DataError, UnsupportedError
from fedruntime.estimators.apply import apply
from fedruntime.estimators.design import prepare
from fedruntime.estimators.registry import Exactness, federated
from fedruntime.estimators.state import export_state, import_state
from fedruntime.estimators.tables import as_pooled, example
from fedruntime.messages import Array, Public
from fedruntime.operations import Statistics, party_op

_TRIED = 100  # rows on which a function is tried


@federated(
    FunctionTransformer,
    Exactness.EXACT,
    "each party calls func on its own rows, which is the same where func works row by row; that is "
    "tried on a few rows and cannot be known for sure",
)
def fit(model: FunctionTransformer, cohort: Cohort) -> None:
    """Record names and numbers of columns, and try the functions at the parties.

    Raises
    ------
    UnsupportedError
        If func gives a row something else when there are other rows with it.
    """
    model._validate_params()
    X = cohort["X"]
    checks = model.check_inverse and None not in (model.func, model.inverse_func)
    model.check_inverse, given = False, model.check_inverse
    try:
        model.fit(_public(X))
    finally:
        model.check_inverse = given
    if model.validate:
        prepare(cohort.only(X=X), accept_sparse=True)
    if model.func is None:
        return
    tried = cohort.only(X=X).sum(try_row_by_row, state=export_state(model), dtypes=X.facts.dtypes)
    if tried["different"]:
        raise UnsupportedError(
            f"func of {model!r} does not work row by row: what it gives for a row depends on the "
            "rows beside it, which lie at other parties; compute what it needs of all rows from "
            "handles before (such as X.mean(axis=0)) and pass that in kw_args, or use an estimator"
        )
    if checks:
        _check_inverse(model, cohort)


def _public(X: Handle) -> Any:
    """A public row of the rows' kind and columns."""
    return example(X.facts) if X.ndim == 2 else np.zeros((1, *X.shape[1:]))


def _check_inverse(model: FunctionTransformer, cohort: Cohort) -> None:
    """Warn as scikit-learn does if the functions do not undo each other on about 100 rows."""
    X = cohort["X"]
    if not all(_is_numeric(dtype) for dtype in X.facts.dtypes):
        raise DataError(
            "'check_inverse' is only supported when all the elements in `X` is numerical."
        )
    some = take(X, np.arange(0, len(X), max(1, len(X) // _TRIED)))
    back = apply(model, "inverse_transform", apply(model, "transform", some))
    if cohort.only(X=some, round_trip=back).sum(compare_round_trip)["different"]:
        warnings.warn(
            "The provided functions are not strictly inverse of each other. If you are sure you "
            "want to proceed regardless, set 'check_inverse=False'.",
            UserWarning,
            stacklevel=2,
        )


def _is_numeric(dtype: str) -> bool:
    known = pd.api.types.pandas_dtype(dtype)
    return isinstance(known, np.dtype) and bool(np.issubdtype(known, np.number))


@party_op("function_transformer.row_by_row")
def try_row_by_row(X: Any, state: Public, dtypes: Any) -> Statistics:
    """Whether the function gives the first rows something else without those after them."""
    rows = as_pooled(X[:_TRIED], dtypes)
    half = rows.shape[0] // 2
    if not half:
        return {"different": 0}
    model = import_state(state)
    whole, alone = (_dense(model.transform(part)) for part in (rows, rows[:half]))
    kept = whole.ndim and whole.shape[0] == rows.shape[0] and alone.shape[0] == half
    return {"different": int(not (kept and _same(whole[:half], alone)))}


@party_op("function_transformer.round_trip")
def compare_round_trip(X: Any, round_trip: Any) -> Statistics:
    """Whether rows differ from what came back."""
    return {"different": int(bool(X.shape[0]) and not _allclose_dense_sparse(X, round_trip))}


def _dense(rows: Any) -> Array:
    return rows.toarray() if sparse.issparse(rows) else np.asarray(rows)


def _same(one: Array, other: Array) -> bool:
    if one.shape != other.shape:
        return False
    if one.dtype.kind in "fc" and other.dtype.kind in "fc":
        return bool(np.allclose(one, other, rtol=1e-9, atol=1e-12, equal_nan=True))
    # Object rows may hold missing values, which do not equal themselves.
    first, second = (pd.DataFrame(rows.reshape(len(rows), -1)) for rows in (one, other))
    return bool(first.equals(second))
