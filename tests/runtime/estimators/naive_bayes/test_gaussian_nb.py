"""``GaussianNB`` over parties against the pooled one: priors, weights, scales, what leaves."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pooled_twin import assert_same_state, fit_both
from scipy import sparse
from sklearn.naive_bayes import GaussianNB

from fedruntime import FLModel
from fedruntime.errors import DataError

_RNG = np.random.default_rng(3)
_Y = _RNG.choice(np.array(["ash", "beech", "oak"]), size=60, p=[0.6, 0.3, 0.1])
_X = _RNG.normal(size=(60, 4)) + (_Y == "ash")[:, np.newaxis] * [2.0, 0.0, -1.0, 0.0]
_WEIGHT = _RNG.integers(0, 4, size=60).astype(float)


@pytest.mark.parametrize(
    "options",
    [{}, {"var_smoothing": 0.1}, {"priors": [0.2, 0.3, 0.5]}],
    ids=str,
)
def test_parameters(options: Any, dealt: Any) -> None:
    ours, pooled, _ = fit_both(GaussianNB(**options), _X, dealt, y=_Y)
    assert_same_state(ours, pooled, rtol=1e-14)


def test_weights_count_in_classes_and_not_in_the_smoothing(dealt: Any) -> None:
    ours, pooled, _ = fit_both(
        GaussianNB(var_smoothing=0.5), _X, dealt, y=_Y, sample_weight=_WEIGHT
    )
    assert_same_state(ours, pooled, rtol=1e-14)


def test_a_class_without_weight(dealt: Any) -> None:
    weight = np.where(_Y == "oak", 0.0, _WEIGHT)
    ours, pooled, _ = fit_both(GaussianNB(), _X, dealt, y=_Y, sample_weight=weight)
    assert_same_state(ours, pooled, rtol=1e-14)
    assert ours.class_prior_[2] == 0


def test_means_far_off_cancel_no_digits(dealt: Any) -> None:
    rows = _X * [1e-9, 1e9, 1.0, 1e-3] + [0.0, 1e12, 1e6, -1e4]
    ours, pooled, _ = fit_both(GaussianNB(var_smoothing=0.0), rows, dealt, y=_Y)
    for column in range(4):
        np.testing.assert_allclose(
            ours.var_[:, column], pooled.var_[:, column], rtol=1e-9 if column else 1e-12
        )
        np.testing.assert_allclose(ours.theta_[:, column], pooled.theta_[:, column], rtol=1e-12)


def test_single_precision_and_one_class(dealt: Any) -> None:
    ours, pooled, _ = fit_both(GaussianNB(), _X.astype(np.float32), dealt, y=_Y)
    for name in ("theta_", "var_", "epsilon_", "class_count_", "class_prior_"):
        one, other = np.asarray(getattr(ours, name)), np.asarray(getattr(pooled, name))
        assert one.dtype == other.dtype, name
        np.testing.assert_allclose(one, other, rtol=1e-4, err_msg=name)
    ours, pooled, _ = fit_both(GaussianNB(), _X, dealt, y=np.ones(60))
    assert_same_state(ours, pooled, rtol=1e-14)


def test_refusals_are_scikit_learns(deal: Any) -> None:
    dealer = deal([0, 1] * 30)
    for options, rows, message in (
        ({"priors": [0.5, 0.5]}, _X, "Number of priors must match number of classes"),
        ({"priors": [0.5, 0.4, 0.3]}, _X, "The sum of the priors should be 1"),
        ({"priors": [-0.5, 1.0, 0.5]}, _X, "Priors must be non-negative"),
    ):
        with pytest.raises(ValueError, match=message):
            FLModel(model=GaussianNB(**options)).fit(dealer(rows), dealer(_Y))
    with pytest.raises(DataError, match="Sparse data was passed"):
        FLModel(model=GaussianNB()).fit(dealer(sparse.csr_matrix(_X)), dealer(_Y))
    with pytest.raises(DataError, match="requires y"):
        FLModel(model=GaussianNB()).fit(dealer(_X))


def test_two_masked_rounds_after_the_classes(deal: Any) -> None:
    dealer = deal([0, 1] * 30)
    FLModel(model=GaussianNB()).fit(dealer(_X), dealer(_Y))
    sent = [entry for entry in dealer.federation.ledger if entry.purpose == "GaussianNB.fit"]
    masked = [entry.operation for entry in sent if entry.protection == "masked"]
    assert masked == ["class_moments.sums"] * 2 + ["class_moments.squares"] * 2
    clear = {entry.operation for entry in sent if entry.content and entry.protection != "masked"}
    assert clear == {"design.labels"}
