"""``TruncatedSVD`` over parties against the pooled one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from decomposition_cases import SHAPES, SPARSE, SQUARE, TALL, fit_like_pooled
from pooled_twin import assert_same_rows
from scipy import sparse
from sklearn.decomposition import TruncatedSVD

from fedruntime import FLModel
from fedruntime.errors import DataError
from fedruntime.estimators.decomposition import singular_vectors

_LONG = sparse.random(60, 900, 0.03, format="csr", random_state=0)
_ROWS = {**SHAPES, "sparse": SPARSE, "long": _LONG}


@pytest.mark.parametrize("rows", _ROWS.values(), ids=_ROWS)
@pytest.mark.parametrize("algorithm", ["randomized", "arpack"])
def test_every_algorithm_on_every_shape(algorithm: str, rows: Any, dealt: Any) -> None:
    # Of more columns than rows scikit-learn approximates: the more iterations, the nearer.
    approximated = algorithm == "randomized" and rows.shape[0] < rows.shape[1]
    n_iter, bar = (300, 1e-7) if approximated else (5, 1e-11)
    model = TruncatedSVD(3, algorithm=algorithm, random_state=0, n_iter=n_iter)
    ours, pooled, handle = fit_like_pooled(model, rows, dealt, rtol=bar)
    assert_same_rows(ours.transform(handle), pooled.transform(rows), atol=10 * bar)


@pytest.mark.parametrize("options", [{"n_iter": 0}, {"n_iter": 1}, {"n_oversamples": 1}])
def test_the_iteration_makes_the_same_error(options: Any, deal: Any) -> None:
    model = TruncatedSVD(5, random_state=0, **options)
    ours, pooled, _ = fit_like_pooled(model, SPARSE, lambda n: deal(np.arange(n) % 3))
    exact = TruncatedSVD(5, algorithm="arpack", random_state=0).fit(SPARSE)
    gap = np.abs(pooled.singular_values_ - exact.singular_values_).max()
    assert np.abs(ours.singular_values_ - pooled.singular_values_).max() < 1e-6 * gap


def test_arpack_where_both_sides_are_long(deal: Any, monkeypatch: Any) -> None:
    """One product with a vector a round, in the place of a Gram matrix."""
    monkeypatch.setattr(singular_vectors, "_GRAM_COLUMNS", 10)
    dealer = deal(np.arange(80) % 3)
    model = TruncatedSVD(3, algorithm="arpack", random_state=0)
    ours = FLModel(model=model).fit(dealer(SQUARE))
    pooled = TruncatedSVD(3, algorithm="arpack", random_state=0).fit(SQUARE)
    np.testing.assert_allclose(ours.singular_values_, pooled.singular_values_, rtol=1e-13)
    np.testing.assert_allclose(ours.components_, pooled.components_, atol=1e-12)
    shapes = {shape for entry in dealer.federation.ledger for _, shape in entry.content}
    assert (20, 20) not in shapes


def test_messages_are_as_long_as_rows_and_as_wide_as_components(deal: Any) -> None:
    rows = sparse.random(1000, 900, 0.003, format="csr", random_state=0)
    dealer = deal(np.arange(1000) % 2)
    FLModel(model=TruncatedSVD(3)).fit(dealer(rows))
    sent = [entry for entry in dealer.federation.ledger if entry.purpose == "TruncatedSVD.fit"]
    shapes = {shape for entry in sent for _, shape in entry.content}
    assert shapes <= {(900, 13), (900,), (3,)}


@pytest.mark.parametrize(
    ("model", "rows", "message"),
    [
        (TruncatedSVD(6), TALL, r"n_components\(6\) must be <= n_features\(5\)"),
        (TruncatedSVD(5, algorithm="arpack"), TALL, "`k` must be an integer satisfying"),
        (TruncatedSVD(1), TALL[:, :1], r"Found array with 1 feature\(s\)"),
    ],
)
def test_what_scikit_learn_refuses(model: Any, rows: Any, message: str, deal: Any) -> None:
    with pytest.raises(ValueError, match=message):
        model.fit(rows)
    with pytest.raises(DataError, match=message):
        FLModel(model=model).fit(deal(np.arange(90) % 2)(rows))
