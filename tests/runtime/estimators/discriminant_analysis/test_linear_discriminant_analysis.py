"""``LinearDiscriminantAnalysis`` over parties against the pooled one: solvers, shrinkage, rank."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from fitted import differences
from pooled_twin import fit_both, pooled_rows
from sklearn.covariance import EmpiricalCovariance
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from fedruntime import FLModel
from fedruntime.errors import DataError, UnsupportedError

_RNG = np.random.default_rng(5)
_Y = _RNG.choice(np.array(["ash", "beech", "oak", "yew"]), size=80)
_X = _RNG.normal(size=(80, 5)) @ _RNG.normal(size=(5, 5)) + 3.0
_X[_Y == "ash"] += [1.0, 0.0, -2.0, 0.0, 0.5]
_X[_Y == "oak"] += [0.0, 1.0, 0.0, -1.0, 0.5]
_PRIORS = [0.1, 0.2, 0.3, 0.4]
_OPTIONS = [
    {"solver": solver, **other}
    for solver in ("svd", "lsqr", "eigen")
    for other in (
        {},
        {"priors": _PRIORS, "store_covariance": True},
        {"n_components": 2},
        {"shrinkage": 0.3, "priors": _PRIORS},
        {"shrinkage": "auto"},
    )
    if solver != "svd" or "shrinkage" not in other
]


@pytest.mark.parametrize("options", _OPTIONS, ids=str)
def test_solvers_and_shrinkage(options: Any, dealt: Any) -> None:
    ours, pooled, handle = fit_both(LinearDiscriminantAnalysis(**options), _X, dealt, y=_Y)
    gaps = differences(ours, pooled)
    if options["solver"] == "eigen":
        # Directions beyond the centres have equal eigenvalues, and any basis of them will do.
        gaps.pop("scalings_")
        ours_sees, pooled_sees = (
            np.abs(model.scalings_[:, :3]) for model in (ours.to_sklearn(), pooled)
        )
        np.testing.assert_allclose(ours_sees, pooled_sees, rtol=1e-9)
    assert max(gaps.values()) < 1e-12, gaps
    assert ours.to_sklearn()._max_components == pooled._max_components
    if options["solver"] != "lsqr":
        seen = pooled_rows(ours.transform(handle)).astype(float)
        np.testing.assert_allclose(np.abs(seen), np.abs(pooled.transform(_X)), atol=1e-10)


def test_ill_conditioned_rows_keep_their_digits(dealt: Any) -> None:
    rows = _X.copy()
    rows[:, 4] = rows[:, 3] + 1e-3 * rows[:, 4]
    rows = rows * [1e-6, 1e6, 1.0, 1.0, 1.0] + [0.0, 0.0, 1e3, 0.0, 0.0]
    ours, pooled, _ = fit_both(LinearDiscriminantAnalysis(), rows, dealt, y=_Y)
    np.testing.assert_allclose(ours.scalings_, pooled.scalings_, rtol=1e-9)
    expected = pooled.decision_function(rows)
    found = ours.to_sklearn().decision_function(rows)
    assert np.abs(found - expected).max() < 1e-11 * np.abs(expected).max()


def test_small_columns_are_not_taken_for_constant(dealt: Any) -> None:
    model = LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto")
    ours, pooled, _ = fit_both(model, _X * [1e-17, 1.0, 1.0, 1.0, 1.0], dealt, y=_Y)
    assert max(differences(ours, pooled).values()) < 1e-12


def test_rank_is_cut_off_where_scikit_learn_does(dealt: Any) -> None:
    rows = np.column_stack([_X, _X[:, 0] - _X[:, 1], np.full(80, 0.5), (_Y == "oak") * 1.0])
    for tol in (1e-4, 0.5):
        ours, pooled, _ = fit_both(LinearDiscriminantAnalysis(tol=tol), rows[:, :7], dealt, y=_Y)
        assert ours.scalings_.shape == pooled.scalings_.shape
        assert max(differences(ours, pooled).values()) < 1e-10
    ours, pooled, _ = fit_both(LinearDiscriminantAnalysis(), rows, dealt, y=_Y)
    assert max(differences(ours, pooled).values()) < 1e-10


def test_fewer_rows_than_columns(dealt: Any) -> None:
    ours, pooled, _ = fit_both(LinearDiscriminantAnalysis(), _X[:7], dealt, y=_Y[:7])
    assert max(differences(ours, pooled).values()) < 1e-10


def test_one_class(dealt: Any) -> None:
    ours, pooled, _ = fit_both(LinearDiscriminantAnalysis(), _X, dealt, y=np.zeros(80))
    assert max(differences(ours, pooled).values()) < 1e-12


@pytest.mark.parametrize("targets", [_Y, _Y == "oak"], ids=["four classes", "two"])
@pytest.mark.parametrize(
    "options", [{"store_covariance": True}, {"solver": "lsqr"}, {"solver": "eigen"}], ids=str
)
def test_single_precision(options: Any, targets: Any, dealt: Any) -> None:
    rows = _X.astype(np.float32)
    ours, pooled, _ = fit_both(LinearDiscriminantAnalysis(**options), rows, dealt, y=targets)
    for name, value in vars(pooled).items():
        if isinstance(value, np.ndarray):
            assert getattr(ours, name).dtype == value.dtype, name
    for name in ("coef_", "covariance_", "explained_variance_ratio_", "intercept_", "means_"):
        if hasattr(pooled, name):
            np.testing.assert_allclose(
                getattr(ours, name), getattr(pooled, name), rtol=1e-3, atol=1e-5
            )


def test_priors_are_normalised_with_a_warning(deal: Any) -> None:
    dealer = deal([0, 1] * 40)
    model = FLModel(model=LinearDiscriminantAnalysis(priors=[1.0, 1.0, 1.0, 1.0]))
    with pytest.warns(UserWarning, match="The priors do not sum to 1"):
        model.fit(dealer(_X), dealer(_Y))
    assert model.priors_.tolist() == [0.25] * 4


def test_refusals_are_scikit_learns(deal: Any) -> None:
    dealer = deal([0, 1] * 40)
    for options, error, message in (
        ({"shrinkage": 0.1}, NotImplementedError, "shrinkage not supported with 'svd'"),
        ({"n_components": 4}, ValueError, "n_components cannot be larger"),
        ({"priors": [-1.0, 1.0, 0.5, 0.5]}, ValueError, "priors must be non-negative"),
        ({"covariance_estimator": EmpiricalCovariance()}, UnsupportedError, "covariance_estimator"),
    ):
        with pytest.raises(error, match=message):
            FLModel(model=LinearDiscriminantAnalysis(**options)).fit(dealer(_X), dealer(_Y))
    few = deal([0, 1, 0])
    with pytest.raises(DataError, match="must be more than the number of classes"):
        FLModel(model=LinearDiscriminantAnalysis()).fit(few(_X[:3]), few(np.arange(3)))


def test_rounds_do_not_grow_with_the_classes(deal: Any) -> None:
    dealer = deal([0, 1] * 40)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for targets in (_Y, _Y == "oak"):
            before = len(dealer.federation.ledger)
            model = LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto")
            FLModel(model=model).fit(dealer(_X), dealer(targets))
            sent = list(dealer.federation.ledger)[before:]
            masked = [entry.operation for entry in sent if entry.protection == "masked"]
            assert masked.count("scatter_factors.sums") <= 2 * 3
            assert masked.count("ledoit_wolf.fourth_powers") == 2


def test_a_second_fit_leaves_nothing_of_the_first_but_settings(deal: Any) -> None:
    dealer = deal([0, 1] * 40)
    model = LinearDiscriminantAnalysis(solver="eigen").set_output(transform="pandas")
    federated = FLModel(model=model).fit(dealer(_X), dealer(_Y))
    federated.set_params(solver="svd", n_components=1)
    federated.fit(dealer(_X), dealer(_Y))
    assert not hasattr(model, "covariance_")
    assert list(model.transform(_X).columns) == ["lineardiscriminantanalysis0"]
