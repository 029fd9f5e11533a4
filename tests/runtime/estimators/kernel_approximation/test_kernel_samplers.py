"""Kernel samplers over parties: random draws of the pooled shape, and gamma from pooled sums."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pooled_twin import assert_same_rows, assert_same_state, fit_both
from scipy import sparse
from sklearn.kernel_approximation import (
    AdditiveChi2Sampler,
    PolynomialCountSketch,
    RBFSampler,
    SkewedChi2Sampler,
)

from fedruntime import FLModel
from fedruntime.errors import DataError

_X = np.random.default_rng(10).lognormal(size=(40, 4))
_SPARSE = sparse.csr_matrix(np.where(_X > 1, _X, 0.0))
_MODELS = [
    RBFSampler(gamma=0.3, n_components=7, random_state=1),
    AdditiveChi2Sampler(sample_steps=3),
    SkewedChi2Sampler(n_components=5, random_state=2),
    PolynomialCountSketch(n_components=6, coef0=1.0, degree=3, random_state=3),
]


@pytest.mark.parametrize("model", _MODELS, ids=str)
@pytest.mark.parametrize("rows", [_X, _X.astype(np.float32)], ids=["double", "single"])
def test_rows_are_transformed_alike(model: Any, rows: Any, dealt: Any) -> None:
    ours, pooled, handle = fit_both(model, rows, dealt)
    assert_same_state(ours, pooled)
    bar = 1e-12 if rows.dtype == np.float64 else 1e-4
    assert_same_rows(ours.transform(handle), pooled.transform(rows), atol=bar)


@pytest.mark.parametrize("rows", [_X, _SPARSE, np.ones((20, 2))], ids=["dense", "sparse", "same"])
def test_gamma_from_the_variance_of_all_values(rows: Any, dealt: Any) -> None:
    model = RBFSampler(gamma="scale", n_components=5, random_state=0)
    ours, pooled, handle = fit_both(model, rows, dealt)
    assert_same_state(ours, pooled, rtol=1e-14)
    assert ours.get_params()["gamma"] == "scale"
    assert_same_rows(ours.transform(handle), pooled.transform(rows), atol=1e-12)


def test_a_generator_goes_on_where_scikit_learn_would(deal: Any) -> None:
    ours, pooled = (RBFSampler(gamma="scale", random_state=np.random.RandomState(5)) for _ in "ab")
    FLModel(model=ours).fit(deal([0, 1] * 20)(_X))
    pooled.fit(_X)
    assert ours.random_state.random() == pooled.random_state.random()


@pytest.mark.parametrize("rows", [-_X, -_SPARSE], ids=["dense", "sparse"])
def test_negative_values_are_refused_where_scikit_learn_does(rows: Any, deal: Any) -> None:
    with pytest.raises(DataError, match="Negative values in data passed to AdditiveChi2Sampler"):
        FLModel(model=AdditiveChi2Sampler()).fit(deal([0, 1] * 20)(rows))
    if isinstance(rows, np.ndarray):
        FLModel(model=SkewedChi2Sampler()).fit(deal([0, 1] * 20)(rows))


def test_only_sums_leave_a_party(deal: Any) -> None:
    dealer = deal([0, 1] * 20)
    for model in (*_MODELS, RBFSampler(gamma="scale")):
        FLModel(model=model).fit(dealer(_X))
    sent = [entry for entry in dealer.federation.ledger if entry.purpose.endswith(".fit")]
    assert {entry.protection for entry in sent if entry.content} == {"masked"}
    assert {shape for entry in sent for _, shape in entry.content} == {()}
