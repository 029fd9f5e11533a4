from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from scipy import sparse
from sklearn import datasets
from sklearn.base import clone
from sklearn.preprocessing import scale
from sklearn.svm import LinearSVC, LinearSVR

from fedruntime import FLModel
from fedruntime.errors import DataError, UnsupportedError
from fedruntime.estimators.registry import support

RNG = np.random.default_rng(0)
X = RNG.normal(size=(150, 4))
COEF = np.array([1.0, -2.0, 0.5, 0.0])
BINARY = (X @ COEF + RNG.normal(size=150) > 0.3).astype(int)
Y = X @ COEF + 1.0 + RNG.standard_t(2, size=150)
WEIGHT = RNG.integers(0, 3, size=150).astype(float)
TIGHT = {"tol": 1e-9, "max_iter": 500_000, "random_state": 0}


def _fit(model: Any, rows: Any, y: Any, deal: Any, weight: Any = None) -> tuple[Any, int]:
    """The federated model, and the exchanges it took with each of three parties."""
    dealt = deal(np.arange(len(y)) % 3)
    fitted = FLModel(model=clone(model)).fit(dealt(rows), dealt(y), dealt(weight))
    return fitted.to_sklearn(), len(dealt.federation.ledger) // 3


def _pooled(model: Any, rows: Any, y: Any, weight: Any = None) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # liblinear has to converge for a comparison
        return clone(model).set_params(**TIGHT).fit(rows, y, sample_weight=weight)


def _assert_same(ours: Any, pooled: Any) -> None:
    for name in ("coef_", "intercept_"):
        one, other = np.asarray(getattr(ours, name)), np.asarray(getattr(pooled, name))
        assert one.shape == other.shape
        assert one.dtype == other.dtype
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-6 * np.abs(pooled.coef_).max())
    assert type(ours.intercept_) is type(pooled.intercept_)
    assert type(ours.n_iter_) is int


def _objective(model: Any, rows: Any, y: Any, coef: Any = None) -> float:
    """liblinear's, for a model with an intercept, at its own coefficients or at others."""
    coef = np.ravel(model.coef_) if coef is None else coef
    intercept = float(np.ravel(model.intercept_)[0])
    z = rows @ coef + intercept
    if isinstance(model, LinearSVC):
        loss = np.maximum(0, 1 - (2 * y - 1) * z)
    else:
        loss = np.maximum(0, np.abs(z - y) - model.epsilon)
    return float(0.5 * (coef @ coef + intercept**2) + model.C * loss.sum())


@pytest.mark.parametrize("weight", [None, WEIGHT], ids=["plain", "weighted"])
@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"C": 30.0, "intercept_scaling": 10.0},
        {"fit_intercept": False},
        {"loss": "hinge"},
        {"loss": "hinge", "C": 0.05, "intercept_scaling": 3.0},
        {"loss": "hinge", "fit_intercept": False, "class_weight": "balanced"},
        {"class_weight": {0: 0.2, 1: 3.0}},
        {"penalty": "l1", "dual": False, "tol": 1e-8, "C": 0.1},
    ],
    ids=str,
)
def test_classifier_reaches_the_optimum(parameters: Any, weight: Any, deal: Any) -> None:
    model = LinearSVC(**parameters)
    ours, _ = _fit(model, X, BINARY, deal, weight)
    # Far below this tolerance, liblinear's line search for the l1 penalty loses its way.
    sharp = {**TIGHT, "tol": 1e-8} if model.penalty == "l1" else TIGHT
    _assert_same(ours, clone(model).set_params(**sharp).fit(X, BINARY, sample_weight=weight))
    assert ours.classes_.tolist() == [0, 1]


@pytest.mark.parametrize("weight", [None, WEIGHT], ids=["plain", "weighted"])
@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"epsilon": 0.7},
        {"C": 0.02, "epsilon": 0.2, "intercept_scaling": 5.0},
        {"fit_intercept": False},
        {"loss": "squared_epsilon_insensitive", "dual": False},
        {"loss": "squared_epsilon_insensitive", "epsilon": 0.7, "C": 3.0},
    ],
    ids=str,
)
def test_regressor_reaches_the_optimum(parameters: Any, weight: Any, deal: Any) -> None:
    model = LinearSVR(**parameters)
    ours, _ = _fit(model, X, Y, deal, weight)
    _assert_same(ours, _pooled(model, X, Y, weight))


@pytest.mark.parametrize("loss", ["hinge", "squared_hinge"])
@pytest.mark.parametrize("class_weight", [None, "balanced", {"b": 5.0}], ids=str)
def test_classes_against_the_rest(loss: str, class_weight: Any, deal: Any) -> None:
    labels = np.array(["a", "b", "c"])[np.digitize(X[:, 0] - X[:, 1], [-1.5, 1.0])]
    model = LinearSVC(loss=loss, class_weight=class_weight)
    ours, _ = _fit(model, X, labels, deal)
    _assert_same(ours, _pooled(model, X, labels))
    assert ours.classes_.tolist() == ["a", "b", "c"]


@pytest.mark.parametrize(
    "model", [LinearSVC(), LinearSVC(loss="hinge"), LinearSVR(epsilon=0.1)], ids=str
)
def test_sparse_rows(model: Any, deal: Any) -> None:
    y = BINARY if isinstance(model, LinearSVC) else Y
    rows = np.where(np.abs(X) < 0.5, 0.0, X)
    ours, _ = _fit(model, sparse.csr_matrix(rows), y, deal)
    _assert_same(ours, _pooled(model, rows, y))


@pytest.mark.parametrize("C", [1e-4, 1.0, 1e4])
@pytest.mark.parametrize("rows", ["scaled", "raw"])
def test_hinge_of_hard_rows(rows: str, C: float, deal: Any) -> None:
    """liblinear does not reach the optimum here; ours is no worse, and took few rounds."""
    given, y = datasets.load_breast_cancer(return_X_y=True)
    given = scale(given) if rows == "scaled" else given
    model = LinearSVC(loss="hinge", C=C, random_state=0)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        ours, rounds = _fit(model, given, y, deal)
    assert not caught
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pooled = clone(model).fit(given, y)
    best = _objective(ours, given, y)
    assert best <= _objective(pooled, given, y) * (1 + 1e-10)
    assert rounds <= 130
    for step in (1e-5, -1e-5):
        for place in range(given.shape[1]):
            coef = ours.coef_[0].copy()
            coef[place] *= 1 + step
            assert _objective(ours, given, y, coef) >= best * (1 - 1e-12)


@pytest.mark.parametrize("model", [LinearSVC(loss="hinge"), LinearSVR(), LinearSVC()], ids=str)
def test_more_features_than_rows(model: Any, deal: Any) -> None:
    rows = np.random.default_rng(1).normal(size=(40, 60))
    y = (rows[:, 0] > 0).astype(int) if isinstance(model, LinearSVC) else rows[:, 0]
    ours, _ = _fit(model, rows, y, deal)
    _assert_same(ours, _pooled(model, rows, y))


@pytest.mark.parametrize("epsilon", [0.0, 0.5, 1.0])
def test_many_rows_on_the_same_kinks(epsilon: float, deal: Any) -> None:
    rng = np.random.default_rng(2)
    rows = rng.integers(0, 3, size=(200, 3)).astype(float)
    rows = np.c_[rows, 2 * rows[:, 0], np.ones(200), np.zeros(200)]
    y = rng.integers(0, 4, size=200).astype(float)
    ours, _ = _fit(LinearSVR(epsilon=epsilon), rows, y, deal)
    pooled = _pooled(LinearSVR(epsilon=epsilon), rows, y)
    assert _objective(ours, rows, y) == pytest.approx(_objective(pooled, rows, y), rel=1e-9)
    _assert_same(ours, pooled)


@pytest.mark.parametrize("target", [0.0, 3.0])
def test_the_same_target_for_all_rows(target: float, deal: Any) -> None:
    ours, _ = _fit(LinearSVR(C=10.0), np.abs(X), np.full(150, target), deal)
    np.testing.assert_allclose(ours.predict(np.abs(X)), target, atol=1e-8)


@pytest.mark.parametrize("model", [LinearSVC(loss="hinge"), LinearSVR()], ids=str)
def test_nothing_of_the_size_of_a_party_leaves(model: Any, deal: Any) -> None:
    y = BINARY if isinstance(model, LinearSVC) else Y
    dealt = deal(np.repeat([0, 1], [103, 47]))
    FLModel(model=model).fit(dealt(X), dealt(y))
    sizes = {103, 47, 150, 206, 94, 309, 141}
    for entry in dealt.federation.ledger:
        assert not any(sizes & set(shape) for _, shape in entry.content)


@pytest.mark.parametrize("model", [LinearSVC(), LinearSVC(loss="hinge"), LinearSVR()], ids=str)
def test_no_weight_at_all_is_refused(model: Any, deal: Any) -> None:
    y = BINARY if isinstance(model, LinearSVC) else Y
    with pytest.raises(DataError, match="add up to zero"):
        _fit(model, X, y, deal, np.zeros(150))


def test_one_class_is_refused(deal: Any) -> None:
    with pytest.raises(DataError, match="at least 2 classes"):
        _fit(LinearSVC(), X, np.zeros(150), deal)


@pytest.mark.parametrize(
    "model",
    [
        LinearSVC(penalty="l1", loss="hinge"),
        LinearSVC(penalty="l1", dual=True),
        LinearSVC(loss="hinge", dual=False),
        LinearSVR(dual=False),
    ],
    ids=str,
)
def test_what_liblinear_does_not_have(model: Any, deal: Any) -> None:
    with pytest.raises(ValueError, match="Unsupported set of arguments") as ours:
        _fit(model, X, BINARY, deal)
    with pytest.raises(ValueError, match="Unsupported") as pooled:
        clone(model).fit(X, BINARY)
    assert str(ours.value) == str(pooled.value)


def test_a_negative_epsilon_is_refused_for_being_no_convex_objective() -> None:
    with pytest.raises(UnsupportedError, match="not convex"):
        support(LinearSVR(epsilon=-0.5))


def test_crammer_singer_is_refused() -> None:
    (refusal,) = support(LinearSVC(multi_class="crammer_singer")).refusals
    assert refusal.parameter == "multi_class"


def test_kinks_in_too_many_features_are_refused(deal: Any) -> None:
    rows = sparse.random(30, 2500, density=0.01, format="csr", random_state=0)
    with pytest.raises(UnsupportedError, match="up to 2000 features"):
        _fit(LinearSVC(loss="hinge"), rows, BINARY[:30], deal)


def test_squared_hinge_of_very_many_features(deal: Any) -> None:
    rng = np.random.default_rng(3)
    rows = sparse.random(60, 2500, density=0.02, format="csr", random_state=0)
    y = rng.integers(0, 2, size=60)
    ours, _ = _fit(LinearSVC(), rows, y, deal)
    _assert_same(ours, _pooled(LinearSVC(), rows, y))
