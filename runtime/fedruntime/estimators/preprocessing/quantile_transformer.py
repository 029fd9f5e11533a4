"""``QuantileTransformer``: many quantiles of every column in one radix search."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse
from sklearn.preprocessing import QuantileTransformer
from sklearn.utils import check_random_state, resample

from fedruntime.cohort import Cohort
from fedruntime.data.take import take
from fedruntime.errors import DataError, RevealError, UnsupportedError
from fedruntime.estimators.public_fit import count_negative
from fedruntime.estimators.registry import Exactness, federated
from fedruntime.estimators.tables import as_numbers, labelled, require_table
from fedruntime.messages import Array
from fedruntime.operations import Statistics, party_op, row_op
from fedruntime.order_statistics import quantiles
from fedruntime.privacy.disclosure import ALWAYS_FEW

_ROWS_A_QUANTILE = 5


@federated(
    QuantileTransformer,
    Exactness.EXACT,
    "quantiles by radix selection over summed counts, of the same subsample; refused where they "
    "would be most of the rows' values",
)
def fit(model: QuantileTransformer, cohort: Cohort) -> None:
    """Fit as ``QuantileTransformer.fit`` does on the pooled rows.

    Raises
    ------
    RevealError
        If there are more than 20 quantiles, and fewer than five rows for each.
    """
    model._validate_params()
    X = cohort["X"]
    require_table(X)
    rng = check_random_state(model.random_state)
    _fit_example(model, cohort)
    _refuse_values(model, len(X))
    rows = cohort.only(X=cohort.derive(as_numbers, dtypes=X.facts.dtypes))
    nothing = np.zeros(cohort.n_features, dtype=bool)
    if X.facts.kind == "sparse":
        stored = _stored_counts(model, rows)
        if model.ignore_implicit_zeros:
            nothing = stored == 0
            rows = rows.only(X=rows.derive(without_implicit_zeros))
    elif model.subsample is not None and model.subsample < len(X):
        positions = resample(
            np.arange(len(X)), replace=False, n_samples=model.subsample, random_state=rng
        )
        rows = rows.only(X=take(rows["X"], positions))
    # numpy is given percentages, whose division by 100 need not give the references back.
    found = quantiles(rows, model.references_ * 100 / 100)
    found[:, nothing] = 0
    model.quantiles_ = found.astype(model.quantiles_.dtype)


def _refuse_values(model: QuantileTransformer, n_samples: int) -> None:
    """As many quantiles as there are rows are the sorted values of every column."""
    drawn = n_samples if model.subsample is None else min(model.subsample, n_samples)
    most = max(ALWAYS_FEW, drawn // _ROWS_A_QUANTILE)
    if model.n_quantiles_ > most:
        raise RevealError(
            f"{model.n_quantiles_} quantiles of {drawn} rows would tell most values of each "
            f"column: use QuantileTransformer(n_quantiles={most}) or fewer"
        )


def _fit_example(model: QuantileTransformer, cohort: Cohort) -> None:
    """Let scikit-learn check parameters, record names and set the references, on public rows.

    So many of them that their number is what decides in scikit-learn, too.
    """
    X = cohort["X"]
    kind = np.float32 if set(X.facts.dtypes) == {"float32"} else np.float64
    n_rows = min(model.n_quantiles, len(X))
    example = labelled(X, np.ones((n_rows, cohort.n_features), dtype=kind))
    model.fit(sparse.csr_matrix(example) if X.facts.kind == "sparse" else example)


def _stored_counts(model: QuantileTransformer, rows: Cohort) -> Array:
    """How many values each column stores; refuses what cannot be sampled alike."""
    if not model.ignore_implicit_zeros and rows.sum(count_negative)["count"]:
        raise DataError("QuantileTransformer only accepts non-negative sparse matrices.")
    stored = rows.sum(count_stored)["count"]
    if model.subsample is not None and stored.max(initial=0) > model.subsample:
        raise UnsupportedError(
            f"QuantileTransformer(subsample={model.subsample}) draws from the stored values of "
            "each column of sparse rows, which has no federated counterpart; use subsample=None"
        )
    return stored


@party_op("quantile_transformer.stored")
def count_stored(X: Any) -> Statistics:
    """The number of values that a CSR matrix stores, by column."""
    return {"count": np.bincount(X.indices, minlength=X.shape[1])}


@row_op("quantile_transformer.without_zeros")
def without_implicit_zeros(X: Any) -> Array:
    """A CSR matrix as an array with NaN where it stores nothing."""
    there = sparse.csr_matrix((np.ones(len(X.data), dtype=bool), X.indices, X.indptr), X.shape)
    return np.where(there.toarray(), X.toarray(), np.nan)
