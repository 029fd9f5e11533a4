"""``NMF`` over parties against the pooled one."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from decomposition_cases import SPARSE, fit_like_pooled
from pooled_twin import assert_same_rows
from scipy import sparse
from sklearn.base import clone
from sklearn.decomposition import NMF
from sklearn.exceptions import ConvergenceWarning

from fedruntime import FLModel
from fedruntime.errors import DataError, UnsupportedError

pytestmark = pytest.mark.filterwarnings("ignore:Maximum number of iterations")

_RNG = np.random.default_rng(0)
_TALL = _RNG.random((60, 3)) @ _RNG.random((3, 12)) + 0.01 * _RNG.random((60, 12))
_WIDE = np.ascontiguousarray(_TALL.T)
_BAR = 1e-10


@pytest.mark.parametrize("rows", [_TALL, SPARSE], ids=["tall", "sparse"])
@pytest.mark.parametrize("init", [None, "random", "nndsvd", "nndsvda"])
def test_starts(init: Any, rows: Any, dealt: Any) -> None:
    """As many iterations from scikit-learn's own start."""
    fit_like_pooled(NMF(3, init=init, random_state=0, max_iter=30), rows, dealt, rtol=_BAR)


def test_more_columns_than_rows(dealt: Any) -> None:
    """Random starts are the same; those of a decomposition are what the pooled fit approximates."""
    fit_like_pooled(NMF(3, init="random", random_state=0, max_iter=30), _WIDE, dealt, rtol=_BAR)
    ours = FLModel(model=NMF(3, random_state=0)).fit(dealt(12)(_WIDE))
    pooled = NMF(3, random_state=0).fit(_WIDE)
    np.testing.assert_allclose(ours.components_, pooled.components_, atol=1e-6)


@pytest.mark.parametrize("rows", [_TALL, SPARSE], ids=["tall", "sparse"])
@pytest.mark.parametrize("beta_loss", ["frobenius", "kullback-leibler", 0.5, 1.5, 3])
def test_multiplicative_updates(beta_loss: Any, rows: Any, deal: Any) -> None:
    if beta_loss == 0.5:
        rows = rows + 0.1 if rows is _TALL else rows
    model = NMF(3, solver="mu", beta_loss=beta_loss, random_state=0, max_iter=40, tol=1e-3)
    fit_like_pooled(model, rows, lambda n: deal(np.arange(n) % 3), rtol=_BAR)


def test_itakura_saito(deal: Any) -> None:
    model = NMF(3, solver="mu", beta_loss="itakura-saito", random_state=0, max_iter=40)
    fit_like_pooled(model, _TALL, lambda n: deal(np.arange(n) % 3), rtol=_BAR)


@pytest.mark.parametrize("solver", ["cd", "mu"])
@pytest.mark.parametrize("l1_ratio", [0.0, 0.5, 1.0])
def test_penalties(l1_ratio: float, solver: str, deal: Any) -> None:
    model = NMF(
        3, solver=solver, alpha_W=1e-3, alpha_H=2e-3, l1_ratio=l1_ratio, random_state=0, max_iter=30
    )
    fit_like_pooled(model, _TALL, lambda n: deal(np.arange(n) % 3), rtol=_BAR)


def test_shuffled_coordinates_come_in_the_same_order(dealt: Any) -> None:
    fit_like_pooled(NMF(3, shuffle=True, random_state=0, max_iter=20), _TALL, dealt, rtol=_BAR)


def test_more_components_than_columns(deal: Any) -> None:
    model = NMF(14, random_state=0, max_iter=20)
    fit_like_pooled(model, _TALL, lambda n: deal(np.arange(n) % 2), rtol=_BAR)


@pytest.mark.parametrize("solver", ["cd", "mu"])
def test_fit_transform_gives_the_activations_of_the_fit(solver: str, dealt: Any) -> None:
    model = NMF(3, solver=solver, random_state=0, max_iter=50)
    ours = FLModel(model=clone(model)).fit_transform(dealt(60)(_TALL))
    assert_same_rows(ours, model.fit_transform(_TALL), atol=1e-11)


def test_transform_is_the_pooled_one_within_tol(deal: Any) -> None:
    """Each party ends its own iterations, so that rows move by less than the tolerance."""
    model = NMF(3, random_state=0, tol=1e-6, max_iter=500)
    ours, pooled, handle = fit_like_pooled(model, _TALL, lambda n: deal(np.arange(n) % 2))
    assert_same_rows(ours.transform(handle), pooled.transform(_TALL), atol=1e-5)


def test_a_random_fill_of_zeros_is_another_draw(deal: Any) -> None:
    model = FLModel(model=NMF(3, init="nndsvdar", random_state=0))
    assert model.exactness == "statistical"
    model.fit(deal(np.arange(60) % 3)(_TALL))
    pooled = NMF(3, init="nndsvdar", random_state=0).fit(_TALL)
    assert model.reconstruction_err_ == pytest.approx(pooled.reconstruction_err_, rel=0.05)


def test_no_convergence_is_told(deal: Any) -> None:
    with pytest.warns(ConvergenceWarning, match="Maximum number of iterations 2 reached"):
        FLModel(model=NMF(3, max_iter=2)).fit(deal(np.arange(60) % 2)(_TALL))


@pytest.mark.parametrize(
    ("model", "rows", "message"),
    [
        (NMF(2), _TALL - 0.5, "Negative values in data passed to NMF"),
        (NMF(2), sparse.csr_matrix(_TALL - 0.5), "Negative values in data passed to NMF"),
        (NMF(13, init="nndsvd"), _TALL, "init = 'nndsvd' can only be used when"),
        (NMF(2, beta_loss=1), _TALL, "solver 'cd' does not handle beta_loss = 1"),
        (NMF(2, solver="mu", beta_loss=0), SPARSE, "beta_loss <= 0 and X contains zeros"),
    ],
)
def test_what_scikit_learn_refuses(model: Any, rows: Any, message: str, deal: Any) -> None:
    with pytest.raises(ValueError, match=message):
        model.fit(rows)
    with pytest.raises(DataError, match=message):
        FLModel(model=model).fit(deal(np.arange(rows.shape[0]) % 2)(rows))


def test_given_matrices_are_refused(deal: Any) -> None:
    with pytest.raises(UnsupportedError, match="init='custom'"):
        FLModel(model=NMF(2, init="custom")).fit(deal(np.arange(60) % 2)(_TALL))


def test_no_activation_leaves_a_party(deal: Any) -> None:
    dealer = deal(np.arange(60) % 2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        FLModel(model=NMF(3, max_iter=5)).fit(dealer(_TALL))
    sent = [entry for entry in dealer.federation.ledger if entry.purpose == "NMF.fit"]
    assert {entry.protection for entry in sent if entry.content} == {"masked"}
    assert not {30, 60} & {
        extent for entry in sent for _, shape in entry.content for extent in shape
    }
