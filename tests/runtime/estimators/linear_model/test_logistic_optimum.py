"""The solvers that go from row to row: the optimum of the same objective."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from linear_cases import LAYOUTS, breast_cancer, digits, fit_both, gap, iris, weights, wine
from scipy import sparse
from scipy.special import logsumexp
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import scale

from fedruntime import FLModel
from fedruntime.estimators.linear_model import linear_loss, linear_optimum

_HAS_L1_RATIO_ONLY = LogisticRegression().get_params()["penalty"] == "deprecated"
_FITS_SEVERAL_CLASSES_BY_LIBLINEAR = "multi_class" in LogisticRegression().get_params()
DATA = (breast_cancer, iris, wine)


def _penalty(l1_ratio: float) -> dict[str, Any]:
    """The penalty's parameters in the installed version's own terms."""
    if _HAS_L1_RATIO_ONLY:
        return {"l1_ratio": l1_ratio}
    named: dict[float, dict[str, Any]] = {0.0: {"penalty": "l2"}, 1.0: {"penalty": "l1"}}
    return named.get(l1_ratio, {"penalty": "elasticnet", "l1_ratio": l1_ratio})


def _objective(model: Any, l1_ratio: float, X: Any, y: Any, weight: Any = None) -> float:
    raw = X @ model.coef_.T + model.intercept_
    if raw.shape[1] == 1:
        raw = np.c_[np.zeros(len(raw)), raw]
    losses = logsumexp(raw, axis=1) - raw[np.arange(len(y)), np.searchsorted(model.classes_, y)]
    size, square = np.abs(model.coef_).sum(), (model.coef_**2).sum()
    total = losses.sum() if weight is None else weight @ losses
    return float(model.C * total + l1_ratio * size + (1 - l1_ratio) / 2 * square)


def _assert_same_optimum(ours: Any, pooled: Any, bar: float) -> None:
    assert gap(ours.coef_, pooled.coef_) <= bar
    np.testing.assert_allclose(ours.intercept_, pooled.intercept_, rtol=0, atol=bar * 10)
    assert ours.n_iter_.shape == pooled.n_iter_.shape
    assert ours.n_iter_.dtype == pooled.n_iter_.dtype
    assert ((ours.coef_ != 0) == (pooled.coef_ != 0)).all()


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("l1_ratio", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("data", DATA, ids=lambda data: data.__name__)
def test_saga(data: Any, l1_ratio: float, layout: str, deal: Any) -> None:
    model = LogisticRegression(
        solver="saga", tol=1e-12, max_iter=5000, C=0.02, random_state=0, **_penalty(l1_ratio)
    )
    _assert_same_optimum(*fit_both(model, *data(), deal, layout), bar=1e-9)


@pytest.mark.parametrize("data", DATA, ids=lambda data: data.__name__)
@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("class_weight", [None, "balanced", {0: 2.0, 1: 0.5}], ids=str)
def test_sag_with_weights(class_weight: Any, fit_intercept: bool, data: Any, deal: Any) -> None:
    X, y = data()
    model = LogisticRegression(
        solver="sag",
        tol=1e-12,
        max_iter=5000,
        random_state=0,
        fit_intercept=fit_intercept,
        class_weight=class_weight,
        C=0.1,
    )
    fits = fit_both(model, X, y, deal, sample_weight=weights(len(X)))
    _assert_same_optimum(*fits, bar=1e-9)


@pytest.mark.parametrize("class_weight", [None, "balanced", {0: 2.0, 1: 0.5}], ids=str)
@pytest.mark.parametrize("scaling", [1.0, 7.0])
@pytest.mark.parametrize("l1_ratio", [0.0, 1.0])
def test_liblinear_counts_the_intercept(
    l1_ratio: float, scaling: float, class_weight: Any, deal: Any
) -> None:
    X, y = breast_cancer()
    model = LogisticRegression(
        solver="liblinear",
        intercept_scaling=scaling,
        class_weight=class_weight,
        tol=1e-12,
        max_iter=20_000,
        dual=l1_ratio == 0.0,
        random_state=0,
        **_penalty(l1_ratio),
    )
    fits = fit_both(model, X + 0.3, y, deal, sample_weight=weights(len(X)))
    _assert_same_optimum(*fits, bar=1e-8)


def test_liblinear_without_an_intercept(deal: Any) -> None:
    model = LogisticRegression(
        solver="liblinear", fit_intercept=False, dual=True, tol=1e-12, max_iter=20_000
    )
    ours, pooled = fit_both(model, *breast_cancer(), deal)
    assert gap(ours.coef_, pooled.coef_) <= 1e-9
    assert ours.intercept_ == pooled.intercept_ == 0.0
    assert type(ours.intercept_) is type(pooled.intercept_)


@pytest.mark.parametrize("class_weight", [None, "balanced", {0: 2.0, 1: 0.5}], ids=str)
def test_liblinear_with_several_classes(class_weight: Any, deal: Any) -> None:
    """One against the rest where the installed version does that, else its own refusal."""
    X, y = iris()
    model = LogisticRegression(
        solver="liblinear", class_weight=class_weight, dual=True, tol=1e-12, max_iter=20_000
    )
    if _FITS_SEVERAL_CLASSES_BY_LIBLINEAR:
        _assert_same_optimum(*fit_both(model, X, y, deal), bar=1e-9)
        return
    dealt = deal(np.arange(len(X)) % 2)
    with pytest.raises(ValueError, match="does not support multiclass classification"):
        FLModel(model=model).fit(dealt(X), dealt(y))


@pytest.mark.parametrize("l1_ratio", [0.2, 1.0])
def test_no_neighbour_has_a_better_objective(l1_ratio: float, deal: Any) -> None:
    """Where scikit-learn itself does not converge, ours still is the optimum."""
    X, y = breast_cancer()
    dealt = deal(np.arange(len(X)) % 3)
    model = LogisticRegression(solver="saga", C=30.0, max_iter=50, **_penalty(l1_ratio))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pooled = clone(model).fit(X, y)
    ours = FLModel(model=model).fit(dealt(X), dealt(y)).to_sklearn()
    best = _objective(ours, l1_ratio, X, y)
    assert best < _objective(pooled, l1_ratio, X, y)
    rng = np.random.default_rng(0)
    for size in (1e-6, 1e-3):
        for _ in range(20):
            near = clone(model)
            near.classes_, near.intercept_ = ours.classes_, ours.intercept_
            near.coef_ = ours.coef_ + size * rng.normal(size=ours.coef_.shape)
            assert _objective(near, l1_ratio, X, y) >= best


def test_neither_tol_nor_max_iter_nor_order_matter(deal: Any) -> None:
    X, y = wine()
    order = np.random.default_rng(0).permutation(len(X))
    coefs = []
    for tol, rows in ((1e-1, slice(None)), (1e-12, slice(None)), (1e-4, order)):
        dealt = deal(np.arange(len(X)) % 3)
        model = LogisticRegression(solver="sag", tol=tol, max_iter=3)
        coefs.append(FLModel(model=model).fit(dealt(X[rows]), dealt(y[rows])).coef_)
    assert gap(coefs[0], coefs[1]) == 0.0
    assert gap(coefs[0], coefs[2]) <= 1e-13


@pytest.mark.parametrize("l1_ratio", [0.0, 1.0])
def test_an_even_number_of_classes(l1_ratio: float, deal: Any) -> None:
    """With l1 alone the coefficients are not unique, predictions are."""
    X, y = (part[:400] for part in digits())
    model = LogisticRegression(
        solver="saga", C=0.2, tol=1e-7, max_iter=3000, random_state=0, **_penalty(l1_ratio)
    )
    ours, pooled = fit_both(model, X, y, deal)
    np.testing.assert_allclose(ours.predict_proba(X), pooled.predict_proba(X), atol=1e-4)
    assert _objective(ours, l1_ratio, X, y) <= _objective(pooled, l1_ratio, X, y) + 1e-10


@pytest.mark.parametrize("l1_ratio", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_matrix], ids=["dense", "sparse"])
def test_without_a_whole_hessian(
    kind: Any, l1_ratio: float, deal: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wide problems look at the Hessian of the features that take part, or at none."""
    X, y = wine()
    X = np.where(np.abs(X) > 0.5, X, 0.0)
    model = LogisticRegression(solver="saga", C=0.5, **_penalty(l1_ratio))
    found = []
    for widest in (linear_loss._WIDEST_HESSIAN, 10):
        monkeypatch.setattr(linear_loss, "_WIDEST_HESSIAN", widest)
        dealt = deal(np.arange(len(X)) % 3)
        found.append(FLModel(model=clone(model)).fit(dealt(kind(X)), dealt(y)).to_sklearn())
    assert gap(found[1].coef_, found[0].coef_) <= (1e-6 if l1_ratio == 0.0 else 1e-11)
    assert ((found[0].coef_ != 0) == (found[1].coef_ != 0)).all()


@pytest.mark.parametrize("l1_ratio", [0.0, 1.0])
def test_a_pilot_changes_the_path_only(
    l1_ratio: float, deal: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(3000, 4))
    y = (X[:, 0] + rng.normal(size=3000) > 0).astype(int)
    model = LogisticRegression(solver="saga", C=0.05, **_penalty(l1_ratio))
    found, operations = [], []
    for rows in (linear_optimum._PILOT_ROWS, 10**9):
        monkeypatch.setattr(linear_optimum, "_PILOT_ROWS", rows)
        dealt = deal(np.arange(len(X)) % 2)
        found.append(FLModel(model=clone(model)).fit(dealt(X), dealt(y), dealt(np.ones(3000))))
        operations.append({entry.operation for entry in dealt.federation.ledger})
    assert gap(found[0].coef_, found[1].coef_) <= 1e-12
    assert "rows.take" in operations[0] - operations[1]


def test_a_class_that_the_pilot_does_not_see(deal: Any) -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(2000, 2))
    y = np.zeros(2000, dtype=int)
    y[[3, 700, 1501]] = 1  # not every sixteenth
    dealt = deal(np.arange(len(X)) % 2)
    ours = FLModel(model=LogisticRegression(solver="sag")).fit(dealt(X), dealt(y))
    exact = LogisticRegression(solver="newton-cholesky", tol=1e-14).fit(X, y)
    assert gap(ours.coef_, exact.coef_) <= 1e-11
    assert ours.intercept_[0] == pytest.approx(exact.intercept_[0], rel=1e-12)


def test_collinear_features_without_a_penalty(deal: Any) -> None:
    X, y = iris()
    X, y = X[:, :2], (y > 1).astype(int)
    X = np.c_[X, 2 * X[:, 0] + X[:, 1], np.zeros(len(X))]
    none = {"C": np.inf} if _HAS_L1_RATIO_ONLY else {"penalty": None}
    model = LogisticRegression(solver="saga", tol=1e-12, max_iter=5000, random_state=0, **none)
    ours, pooled = fit_both(model, X, y, deal)
    assert gap(ours.coef_, pooled.coef_) <= 1e-9


def test_units_of_features_do_not_matter_without_a_penalty(deal: Any) -> None:
    X, y = iris()
    X, y = scale(X[:, :2]), (y > 1).astype(int)
    none = {"C": np.inf} if _HAS_L1_RATIO_ONLY else {"penalty": None}
    units, coefs = np.array([1e-7, 1e6]), []
    for factor in (1.0, units):
        dealt = deal(np.arange(len(X)) % 2)
        model = LogisticRegression(solver="sag", **none)
        coefs.append(FLModel(model=model).fit(dealt(X * factor), dealt(y)).coef_ * factor)
    assert gap(coefs[1], coefs[0]) <= 1e-10


def test_separable_classes_without_a_penalty_have_no_optimum(deal: Any) -> None:
    X, y = breast_cancer()
    dealt = deal(np.arange(len(X)) % 2)
    none = {"C": np.inf} if _HAS_L1_RATIO_ONLY else {"penalty": None}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        with pytest.warns(ConvergenceWarning, match="no optimum was reached"):
            FLModel(model=LogisticRegression(solver="saga", **none)).fit(dealt(X), dealt(y))


def test_nothing_but_sums_leaves(deal: Any) -> None:
    X, y = breast_cancer()
    dealt = deal(np.arange(len(X)) % 2)
    model = LogisticRegression(solver="saga", C=0.1, **_penalty(1.0))
    FLModel(model=model).fit(dealt(X), dealt(y))
    clear = {e.operation for e in dealt.federation.ledger if e.protection == "in the clear"}
    assert clear <= {"design.labels", "secure.advertise", "secure.agree"}
    masked = {e.operation for e in dealt.federation.ledger if e.protection == "masked"}
    assert masked == {"linear_loss.loss_gradient", "linear_loss.hessian"}
