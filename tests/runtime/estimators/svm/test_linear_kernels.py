"""``SVC`` and ``SVR`` with a linear kernel: the optimum, in a model without rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.preprocessing import scale
from sklearn.svm import SVC, SVR

from fedruntime import FLModel
from fedruntime.errors import DataError, UnsupportedError
from fedruntime.estimators.registry import support

OWNERS = np.random.default_rng(0).integers(0, 3, 569)


def tumours() -> tuple[Any, Any]:
    X, y = load_breast_cancer(return_X_y=True)
    return scale(X), np.array(["benign", "malignant"])[y]


def wines() -> tuple[Any, Any]:
    X, y = load_wine(return_X_y=True)
    return scale(X), y


def fitted(deal: Any, model: Any, X: Any, y: Any) -> Any:
    dealer = deal(OWNERS[: len(X)])
    return FLModel(model=clone(model)).fit(dealer(X), dealer(y)).to_sklearn()


def hinge_objective(model: Any, X: Any, y: Any) -> float:
    signs = np.where(y == model.classes_[1], 1.0, -1.0)
    margins = signs * (X @ model.coef_[0] + model.intercept_[0])
    return float(0.5 * (model.coef_**2).sum() + model.C * np.maximum(0.0, 1.0 - margins).sum())


@pytest.mark.parametrize("C", [0.01, 1.0, 10.0])
def test_the_objective_is_at_most_that_of_libsvm(deal: Any, C: float) -> None:
    X, y = tumours()
    pooled = SVC(kernel="linear", C=C, tol=1e-6).fit(X, y)
    model = fitted(deal, pooled, X, y)
    ours, libsvms = hinge_objective(model, X, y), hinge_objective(pooled, X, y)
    assert ours <= libsvms
    assert ours == pytest.approx(libsvms, rel=1e-5)
    np.testing.assert_allclose(model.coef_, pooled.coef_, atol=1e-4 * np.abs(pooled.coef_).max())


@pytest.mark.parametrize("shape", ["ovr", "ovo"])
@pytest.mark.parametrize("class_weight", [None, "balanced", {0: 3.0, 2: 0.5}], ids=str)
def test_decisions_between_several_classes_are_those_of_libsvm(
    deal: Any, shape: str, class_weight: Any
) -> None:
    X, y = wines()
    options = {"C": 0.1, "class_weight": class_weight, "decision_function_shape": shape}
    pooled = SVC(kernel="linear", tol=1e-6, **options).fit(X, y)
    model = fitted(deal, pooled, X, y)
    np.testing.assert_allclose(
        model.decision_function(X), pooled.decision_function(X), rtol=0, atol=1e-4
    )
    assert model.predict(X).tolist() == pooled.predict(X).tolist()
    np.testing.assert_allclose(model.coef_, pooled.coef_, rtol=0, atol=1e-4)
    np.testing.assert_array_equal(model.class_weight_, pooled.class_weight_)


@pytest.mark.parametrize("epsilon", [0.0, 0.1, 1.0])
def test_regression_finds_the_optimum(deal: Any, epsilon: float) -> None:
    X, y = load_diabetes(return_X_y=True)
    X, y = scale(X), scale(y)
    pooled = SVR(kernel="linear", epsilon=epsilon, tol=1e-6).fit(X, y)
    model = fitted(deal, pooled, X, y)
    np.testing.assert_allclose(model.predict(X), pooled.predict(X), rtol=0, atol=1e-4)
    assert model.coef_.shape == pooled.coef_.shape
    assert model.n_iter_ > 0


def test_a_fitted_model_holds_no_row(deal: Any) -> None:
    X, y = wines()
    model = fitted(deal, SVC(kernel="linear"), X, y)
    assert model.support_vectors_.shape == (3, 13)  # a vector a pair of classes
    held = np.concatenate([model.support_vectors_, model.coef_])
    distances = np.linalg.norm(X[:, np.newaxis] - held, axis=2)
    assert distances.min() > 1e-3


def test_predictions_at_the_parties_are_those_of_the_model(deal: Any) -> None:
    X, y = tumours()
    dealer = deal(OWNERS)
    model = FLModel(model=SVC(kernel="linear")).fit(dealer(X), dealer(y))
    assert model.score(dealer(X), dealer(y)) == model.to_sklearn().score(X, y)


def test_attributes_are_those_of_libsvm(deal: Any) -> None:
    X, y = tumours()
    for pooled in (SVC(kernel="linear").fit(X, y), SVR(kernel="linear").fit(X[:90], X[:90, 0])):
        rows = (X, y) if isinstance(pooled, SVC) else (X[:90], X[:90, 0])
        model = fitted(deal, pooled, *rows)
        assert vars(model).keys() == vars(pooled).keys()


@pytest.mark.parametrize("kind", [SVC, SVR])
def test_kernels_whose_models_are_rows_are_refused(kind: Any) -> None:
    for kernel in ("rbf", "poly", "sigmoid"):
        with pytest.raises(UnsupportedError, match=f"kernel='{kernel}'.*its model is made of rows"):
            support(kind(kernel=kernel))


def test_probabilities_are_refused_with_what_to_use(deal: Any) -> None:
    with pytest.raises(UnsupportedError, match="use CalibratedClassifierCV"):
        support(SVC(kernel="linear", probability=True))


def test_one_class_is_refused(deal: Any) -> None:
    X, _ = wines()
    with pytest.raises(DataError, match="greater than one; got 1 class"):
        fitted(deal, SVC(kernel="linear"), X, np.zeros(len(X)))
