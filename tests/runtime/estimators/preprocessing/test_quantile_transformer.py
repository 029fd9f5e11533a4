"""``QuantileTransformer`` over parties against the pooled one: equal bit for bit."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from pooled_twin import assert_same_rows, assert_same_state, fit_both
from scipy import sparse
from sklearn.preprocessing import QuantileTransformer

from fedruntime import FLModel
from fedruntime.errors import RevealError, UnsupportedError

_RNG = np.random.default_rng(2)
_X = np.column_stack([_RNG.lognormal(size=(80, 2)), _RNG.integers(0, 4, 80)])
_HOLED = np.where(_RNG.random(_X.shape) < 0.2, np.nan, _X)
_SPARSE = sparse.csr_matrix(np.where(_RNG.random(_X.shape) < 0.5, 0.0, _HOLED))


@pytest.mark.parametrize("output", ["uniform", "normal"])
@pytest.mark.parametrize("rows", [_X, _HOLED, _X.astype(np.float32)], ids=["X", "holed", "single"])
def test_both_distributions(output: str, rows: Any, dealt: Any) -> None:
    model = QuantileTransformer(n_quantiles=20, output_distribution=output)
    ours, pooled, handle = fit_both(model, rows, dealt)
    assert_same_state(ours, pooled)
    assert_same_rows(ours.transform(handle), pooled.transform(rows), atol=1e-14)
    back = ours.inverse_transform(ours.transform(handle))
    assert_same_rows(back, pooled.inverse_transform(pooled.transform(rows)), atol=1e-6)


def test_the_same_rows_are_drawn(dealt: Any) -> None:
    model = QuantileTransformer(n_quantiles=10, subsample=30, random_state=5)
    ours, pooled, _ = fit_both(model, _X, dealt)
    assert_same_state(ours, pooled)


@pytest.mark.parametrize("ignore", [False, True])
def test_sparse_rows(ignore: bool, dealt: Any) -> None:
    model = QuantileTransformer(n_quantiles=15, ignore_implicit_zeros=ignore)
    ours, pooled, handle = fit_both(model, _SPARSE, dealt)
    assert_same_state(ours, pooled)
    assert_same_rows(ours.transform(handle), pooled.transform(_SPARSE), atol=1e-14)


def test_a_sparse_column_that_stores_nothing(dealt: Any) -> None:
    rows = sparse.hstack([_SPARSE, sparse.csr_matrix((80, 1))], format="csr")
    model = QuantileTransformer(n_quantiles=15, ignore_implicit_zeros=True)
    ours, pooled, _ = fit_both(model, rows, dealt)
    assert_same_state(ours, pooled)


@pytest.mark.parametrize("n_quantiles", [21, 1000])
def test_quantiles_that_would_be_the_rows_are_refused(n_quantiles: int, deal: Any) -> None:
    dealer = deal(np.arange(80) % 3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(RevealError, match=r"use QuantileTransformer\(n_quantiles=20\)"):
            FLModel(model=QuantileTransformer(n_quantiles=n_quantiles)).fit(dealer(_X))
    assert not [entry for entry in dealer.federation.ledger if "digits" in entry.operation]


def test_refusals(deal: Any) -> None:
    dealer = deal([0, 1] * 40)
    with pytest.raises(ValueError, match="number of quantiles cannot be greater"):
        FLModel(model=QuantileTransformer(n_quantiles=20, subsample=10)).fit(dealer(_X))
    with pytest.raises(ValueError, match="only accepts non-negative sparse matrices"):
        FLModel(model=QuantileTransformer(n_quantiles=9)).fit(dealer(-_SPARSE))
    drawn = QuantileTransformer(n_quantiles=9, subsample=9)
    with pytest.raises(UnsupportedError, match="use subsample=None"):
        FLModel(model=drawn).fit(dealer(_SPARSE))


def test_only_counts_leave_a_party(deal: Any) -> None:
    dealer = deal(np.arange(80) % 2)
    FLModel(model=QuantileTransformer(n_quantiles=20)).fit(dealer(_X))
    sent = [entry for entry in dealer.federation.ledger if entry.purpose.endswith(".fit")]
    assert {entry.protection for entry in sent if entry.content} == {"masked"}
