"""``QuadraticDiscriminantAnalysis`` over parties against the pooled one."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from fitted import differences
from pooled_twin import fit_both
from scipy import linalg
from sklearn.base import clone
from sklearn.discriminant_analysis import QuadraticDiscriminantAnalysis

from fedruntime import FLModel

_RNG = np.random.default_rng(6)
_Y = _RNG.choice(np.array(["ash", "beech", "oak"]), size=90)
_X = _RNG.normal(size=(90, 4)) @ _RNG.normal(size=(4, 4)) + 5.0
_X[_Y == "ash"] *= [1.0, 2.0, 0.5, 1.0]
_HAS_SOLVERS = "solver" in QuadraticDiscriminantAnalysis().get_params()
_OPTIONS: list[dict[str, Any]] = [
    {},
    {"store_covariance": True},
    {"reg_param": 0.2, "store_covariance": True},
    {"priors": [0.2, 0.3, 0.5]},
]
if _HAS_SOLVERS:
    _OPTIONS += [
        {"solver": "eigen", "shrinkage": shrinkage, "store_covariance": True}
        for shrinkage in (None, 0.3, "auto")
    ]


def _assert_alike(ours: Any, pooled: Any, rows: Any, bar: float = 1e-12) -> None:
    """All attributes are equal, rotations up to the signs of their columns."""
    gaps = differences(ours, pooled)
    gaps = {name: gap for name, gap in gaps.items() if not name.startswith("rotations_")}
    assert max(gaps.values()) < bar, gaps
    for one, other in zip(ours.rotations_, pooled.rotations_, strict=True):
        np.testing.assert_allclose(np.abs(one.T @ other), np.eye(len(one)), atol=1e3 * bar)
    found, expected = (model.decision_function(rows) for model in (ours.to_sklearn(), pooled))
    assert np.abs(found - expected).max() < bar * np.abs(expected).max()


@pytest.mark.parametrize("options", _OPTIONS, ids=str)
def test_parameters(options: Any, dealt: Any) -> None:
    ours, pooled, _ = fit_both(QuadraticDiscriminantAnalysis(**options), _X, dealt, y=_Y)
    _assert_alike(ours, pooled, _X)
    assert hasattr(ours, "covariance_") == hasattr(pooled, "covariance_")


def test_ill_conditioned_classes_keep_their_digits(dealt: Any) -> None:
    rows = _X.copy()
    rows[:, 3] = rows[:, 2] + 1e-4 * rows[:, 3]
    rows[:, 1] += 1e4
    ours, pooled, _ = fit_both(QuadraticDiscriminantAnalysis(tol=0.0), rows, dealt, y=_Y)
    _assert_alike(ours, pooled, rows, bar=1e-9)


def test_a_class_without_full_rank_is_as_in_scikit_learn(deal: Any) -> None:
    dealer = deal([0, 1] * 45)
    collinear = np.column_stack([_X, _X[:, 0] + _X[:, 1]])
    few = np.where(np.arange(90) < 3, "yew", _Y)
    for model in (QuadraticDiscriminantAnalysis(), QuadraticDiscriminantAnalysis(tol=10.0)):
        for rows, targets in ((collinear, _Y), (_X, few), (_X, _Y)):
            outcomes = []
            for federated in (False, True):
                fitted = FLModel(model=clone(model)) if federated else clone(model)
                given = (dealer(rows), dealer(targets)) if federated else (rows, targets)
                with warnings.catch_warnings(record=True) as caught:
                    warnings.simplefilter("always")
                    try:
                        fitted.fit(*given)
                        outcome = ""
                    except linalg.LinAlgError as error:
                        outcome = str(error)
                outcomes.append((outcome, {str(warning.message) for warning in caught}))
            assert outcomes[0] == outcomes[1]


def test_single_precision(dealt: Any) -> None:
    rows = _X.astype(np.float32)
    ours, pooled, _ = fit_both(
        QuadraticDiscriminantAnalysis(store_covariance=True), rows, dealt, y=_Y
    )
    for name in ("means_", "priors_", "scalings_", "rotations_", "covariance_"):
        one, other = getattr(ours, name), getattr(pooled, name)
        assert np.asarray(one).dtype == np.asarray(other).dtype, name


def test_refusals_are_scikit_learns(deal: Any) -> None:
    dealer = deal([0, 1] * 45)
    single = np.where(np.arange(90) < 1, "yew", _Y)
    with pytest.raises(ValueError, match="y has only 1 sample in class yew"):
        FLModel(model=QuadraticDiscriminantAnalysis()).fit(dealer(_X), dealer(single))
    with pytest.raises(ValueError, match="number of classes has to be greater than one"):
        FLModel(model=QuadraticDiscriminantAnalysis()).fit(dealer(_X), dealer(np.ones(90)))
    if _HAS_SOLVERS:
        model = QuadraticDiscriminantAnalysis(shrinkage="auto")
        with pytest.raises(NotImplementedError, match="shrinkage not supported with 'svd'"):
            FLModel(model=model).fit(dealer(_X), dealer(_Y))


def test_rounds_do_not_grow_with_the_classes(deal: Any) -> None:
    dealer = deal([0, 1] * 45)
    FLModel(model=QuadraticDiscriminantAnalysis()).fit(dealer(_X), dealer(_Y))
    masked = [entry for entry in dealer.federation.ledger if entry.protection == "masked"]
    assert len(masked) <= 2 * (1 + 3)
