"""``FastICA`` over parties against the pooled one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from decomposition_cases import fit_like_pooled
from pooled_twin import assert_same_rows
from sklearn.decomposition import FastICA
from sklearn.exceptions import ConvergenceWarning

from fedruntime import FLModel
from fedruntime.errors import DataError, UnsupportedError

_TIME = np.arange(400)
_SOURCES = np.c_[np.sin(_TIME / 9), np.sign(np.sin(_TIME / 4)), (_TIME % 23) / 11.0]
_MIXED = _SOURCES @ [[1.0, 0.5, 0.2], [1.0, 2.0, 1.0], [0.3, 1.0, 2.0]] + 4.0
_BAR = 1e-9


@pytest.mark.parametrize("algorithm", ["parallel", "deflation"])
@pytest.mark.parametrize("fun", ["logcosh", "exp", "cube"])
def test_contrasts(fun: str, algorithm: str, dealt: Any) -> None:
    """As many iterations to the same sources."""
    model = FastICA(fun=fun, algorithm=algorithm, random_state=0)
    ours, pooled, handle = fit_like_pooled(model, _MIXED, dealt, rtol=_BAR)
    assert_same_rows(ours.transform(handle), pooled.transform(_MIXED), atol=1e-8)


@pytest.mark.parametrize("solver", ["svd", "eigh"])
@pytest.mark.parametrize("whiten", ["unit-variance", "arbitrary-variance"])
def test_whitening(whiten: str, solver: str, dealt: Any) -> None:
    model = FastICA(2, whiten=whiten, whiten_solver=solver, random_state=0)
    fit_like_pooled(model, _MIXED, dealt, rtol=_BAR)


def test_rows_that_are_white_already(dealt: Any) -> None:
    white = np.linalg.qr(_SOURCES - _SOURCES.mean(axis=0))[0] * 20.0
    model = FastICA(whiten=False, random_state=0)
    fit_like_pooled(model, white, dealt, rtol=_BAR)


def test_a_given_start_and_slope(deal: Any) -> None:
    model = FastICA(w_init=np.eye(3), fun_args={"alpha": 1.5})
    fit_like_pooled(model, _MIXED, lambda n: deal(np.arange(n) % 3), rtol=_BAR)


def test_fewer_rows_than_columns(deal: Any) -> None:
    rows = _SOURCES[:40] @ np.random.default_rng(0).normal(size=(3, 60))
    model = FastICA(3, random_state=0)
    fit_like_pooled(model, rows, lambda n: deal(np.arange(n) % 3))


def test_single_precision_is_kept(deal: Any) -> None:
    rows = _MIXED.astype(np.float32)
    ours = FLModel(model=FastICA(random_state=0)).fit(deal(np.arange(400) % 2)(rows))
    pooled = FastICA(random_state=0).fit(rows)
    for name in ("components_", "mixing_", "mean_", "whitening_"):
        assert getattr(ours, name).dtype == getattr(pooled, name).dtype == np.float32
        np.testing.assert_allclose(getattr(ours, name), getattr(pooled, name), rtol=0.01, atol=1e-3)


def test_warnings_of_scikit_learn(deal: Any) -> None:
    handle = deal(np.arange(400) % 2)(_MIXED)
    with pytest.warns(ConvergenceWarning, match="FastICA did not converge"):
        FLModel(model=FastICA(random_state=0, max_iter=1, tol=1e-12)).fit(handle)
    with pytest.warns(UserWarning, match="it will be set to 3"):
        FLModel(model=FastICA(4, random_state=0)).fit(handle)
    with pytest.warns(UserWarning, match="Ignoring n_components"):
        FLModel(model=FastICA(2, whiten=False, random_state=0, tol=1.0)).fit(handle)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"fun_args": {"alpha": 3.0}}, r"alpha must be in \[1,2\]"),
        ({"w_init": np.eye(2)}, "w_init has invalid shape"),
    ],
)
def test_what_scikit_learn_refuses(options: Any, message: str, deal: Any) -> None:
    with pytest.raises(ValueError, match=message):
        FastICA(**options).fit(_MIXED)
    with pytest.raises(DataError, match=message):
        FLModel(model=FastICA(**options)).fit(deal(np.arange(400) % 2)(_MIXED))


def test_functions_are_refused_before_anything_is_sent(deal: Any) -> None:
    handle = deal(np.arange(400) % 2)(_MIXED)
    sent = len(handle.federation.ledger)
    with pytest.raises(UnsupportedError, match="use 'logcosh', 'exp' or 'cube'"):
        FLModel(model=FastICA(fun=lambda x: (x**3, (3 * x**2).mean(axis=-1)))).fit(handle)
    assert len(handle.federation.ledger) == sent


def test_only_sums_leave_a_party(deal: Any) -> None:
    dealer = deal(np.arange(400) % 2)
    FLModel(model=FastICA(random_state=0)).fit(dealer(_MIXED))
    sent = [entry for entry in dealer.federation.ledger if entry.purpose == "FastICA.fit"]
    assert {entry.protection for entry in sent if entry.content} == {"masked"}
