from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from fitted import differences
from linear_cases import breast_cancer, iris, weights
from pooled_twin import assert_same_state
from sklearn.base import clone
from sklearn.linear_model import LogisticRegressionCV
from sklearn.metrics import make_scorer
from sklearn.model_selection import KFold, StratifiedKFold

from fedruntime import FLModel, UnsupportedError
from fedruntime.estimators.registry import support

_KNOWN = LogisticRegressionCV().get_params()
_LAYOUTS: list[dict[str, Any]] = [{}]
if "use_legacy_attributes" in _KNOWN:
    _LAYOUTS += [{"use_legacy_attributes": False}, {"use_legacy_attributes": True}]
NAMES = np.array(["ash", "beech", "oak"])


def _fit_both(model: Any, X: Any, y: Any, deal: Any, weight: Any = None) -> tuple[Any, Any, Any]:
    """Ours, the pooled fit, and the difference of their scores on the rows of the fit."""
    given = {} if weight is None else {"sample_weight": weight}
    dealt = deal(np.arange(len(X)) * 3 // len(X))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pooled = clone(model).fit(X, y, **given)
        ours = FLModel(model=clone(model)).fit(dealt(X), dealt(y), dealt(weight))
        scores = ours.score(dealt(X), dealt(y), dealt(weight)), pooled.score(X, y, **given)
    fitted = ours.to_sklearn()
    fitted.cv = pooled.cv  # a splitter is no value to compare
    return fitted, pooled, abs(scores[0] - scores[1])


@pytest.mark.parametrize("layout", _LAYOUTS, ids=str)
@pytest.mark.parametrize("data", [breast_cancer, iris], ids=lambda data: data.__name__)
@pytest.mark.parametrize(
    "parameters",
    [
        {"Cs": [0.01, 0.1, 1.0], "cv": 3},
        {"Cs": 3, "cv": 2, "solver": "newton-cholesky", "scoring": "neg_log_loss"},
        {"Cs": [0.01, 0.1], "cv": KFold(3, shuffle=True, random_state=0), "refit": False},
        {"Cs": [0.1], "cv": StratifiedKFold(3, shuffle=True, random_state=1)},
        {"Cs": [0.01, 0.1], "cv": 3, "fit_intercept": False, "scoring": "neg_log_loss"},
        {"Cs": [0.01, 0.1], "cv": 3, "class_weight": "balanced"},
        {"Cs": [0.01, 0.1], "cv": 3, "class_weight": {"ash": 2.0, "beech": 0.5}},
    ],
    ids=str,
)
def test_equals_pooled(parameters: Any, data: Any, layout: Any, deal: Any) -> None:
    X, y = data()
    model = LogisticRegressionCV(**parameters, **layout)
    ours, pooled, scored = _fit_both(model, X, NAMES[y], deal)
    assert_same_state(ours, pooled, rtol=1e-12)
    assert scored <= 1e-14


@pytest.mark.parametrize("scoring", [None, "accuracy", "neg_log_loss"])
@pytest.mark.parametrize("data", [breast_cancer, iris], ids=lambda data: data.__name__)
def test_sample_weight_counts_in_fits_and_scores(data: Any, scoring: Any, deal: Any) -> None:
    X, y = data()
    model = LogisticRegressionCV(Cs=[0.01, 0.1], cv=3, scoring=scoring, class_weight="balanced")
    ours, pooled, scored = _fit_both(model, X, y, deal, weights(len(X)))
    assert_same_state(ours, pooled, rtol=1e-12)
    assert scored <= 1e-14


@pytest.mark.parametrize("scoring", ["roc_auc", "f1", "average_precision"])
def test_scoring_of_two_classes(scoring: str, deal: Any) -> None:
    X, y = breast_cancer()
    model = LogisticRegressionCV(Cs=[0.001, 0.1], cv=3, scoring=scoring)
    assert_same_state(*_fit_both(model, X, y, deal)[:2], rtol=1e-12)


@pytest.mark.parametrize("scoring", ["f1_macro", "balanced_accuracy"])
def test_scoring_of_three_classes(scoring: str, deal: Any) -> None:
    X, y = iris()
    model = LogisticRegressionCV(Cs=[0.001, 0.1], cv=3, scoring=scoring)
    assert_same_state(*_fit_both(model, X, NAMES[y], deal)[:2], rtol=1e-12)


def test_default_grid_of_strengths(deal: Any) -> None:
    """Up to the strength at which the classes separate, where scikit-learn's own iterates depend
    on the order of the rows.
    """
    ours, pooled, _ = _fit_both(LogisticRegressionCV(cv=2), *breast_cancer(), deal)
    assert ours.Cs_.tolist() == pooled.Cs_.tolist()
    for one, other in zip(ours.coefs_paths_.values(), pooled.coefs_paths_.values(), strict=True):
        np.testing.assert_allclose(one[:, :6], other[:, :6], rtol=1e-9, atol=1e-12)
    assert ours.n_iter_[:, :, :6].tolist() == pooled.n_iter_[:, :, :6].tolist()


@pytest.mark.parametrize("layout", _LAYOUTS, ids=str)
@pytest.mark.parametrize("refit", [True, False])
def test_shares_of_the_l1_penalty(refit: bool, layout: Any, deal: Any) -> None:
    X, y = iris()
    named = {} if _KNOWN["penalty"] == "deprecated" else {"penalty": "elasticnet"}
    model = LogisticRegressionCV(
        Cs=[0.1, 1.0],
        cv=2,
        l1_ratios=np.array([0.0, 0.5, 0.9]),
        solver="saga",
        tol=1e-11,
        max_iter=5000,
        random_state=0,
        refit=refit,
        **named,
        **layout,
    )
    ours, pooled, _ = _fit_both(model, X, y, deal)
    found = differences(ours, pooled, path=False)
    assert max(found.values()) <= 1e-7, found
    assert np.shape(ours.n_iter_) == np.shape(pooled.n_iter_)
    assert ours.n_iter_.dtype == pooled.n_iter_.dtype


def test_liblinear_refits_with_the_default_scaling_of_the_intercept(deal: Any) -> None:
    X, y = breast_cancer()
    model = LogisticRegressionCV(
        Cs=[0.01, 0.1],
        cv=3,
        solver="liblinear",
        tol=1e-13,
        max_iter=20_000,
        intercept_scaling=5.0,
        dual=True,
    )
    ours, pooled, _ = _fit_both(model, X, y, deal)
    found = differences(ours, pooled, path=False)
    assert max(found.values()) <= 1e-6, found


@pytest.mark.parametrize("form", ["ovr", "multinomial"])
@pytest.mark.parametrize("data", [breast_cancer, iris], ids=lambda data: data.__name__)
def test_multi_class_of_older_versions(data: Any, form: str, deal: Any) -> None:
    known = {"multi_class": form} if "multi_class" in _KNOWN else {}
    model = LogisticRegressionCV(Cs=[0.01, 0.1], cv=3, scoring="neg_log_loss", **known)
    assert_same_state(*_fit_both(model, *data(), deal)[:2], rtol=1e-11)


@pytest.mark.parametrize("made", [False, True], ids=["function", "make_scorer"])
def test_a_scoring_function_is_refused_before_anything_is_sent(made: bool, deal: Any) -> None:
    def of_codes(*given: Any) -> float:
        return 0.0

    X, y = breast_cancer()
    dealt = deal(np.arange(len(X)) % 2)
    model = LogisticRegressionCV(scoring=make_scorer(of_codes) if made else of_codes)
    with pytest.raises(UnsupportedError, match="codes of the classes"):
        FLModel(model=model).fit(dealt(X), dealt(y))


def test_the_registry_answers_for_the_solver() -> None:
    assert support(LogisticRegressionCV()).exactness.value == "exact"
    assert support(LogisticRegressionCV(solver="saga")).exactness.value == "equivalent"
