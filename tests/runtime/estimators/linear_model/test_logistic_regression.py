from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
from linear_cases import (
    LAYOUTS,
    breast_cancer,
    digits,
    fit_both,
    gap,
    iris,
    moved_by_permutation,
    weights,
    wine,
)
from scipy import sparse
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from fedruntime import DataError, FLModel
from fedruntime.estimators.registry import support

SOLVERS = ("lbfgs", "newton-cholesky", "newton-cg")
DATA = (breast_cancer, iris, wine)
# Conjugate gradients: scikit-learn's own fit moves by 2e-12 to 1e-11 if these rows are permuted.
BARS = {"lbfgs": 1e-12, "newton-cholesky": 1e-12, "newton-cg": 1e-10}


def _assert_same(ours: Any, pooled: Any, bar: float = 1e-12) -> None:
    assert gap(ours.coef_, pooled.coef_) <= bar
    np.testing.assert_allclose(ours.intercept_, pooled.intercept_, rtol=0, atol=bar * 10)
    assert ours.n_iter_.tolist() == pooled.n_iter_.tolist()
    assert ours.n_iter_.dtype == pooled.n_iter_.dtype
    assert ours.classes_.tolist() == pooled.classes_.tolist()
    assert ours.classes_.dtype == pooled.classes_.dtype


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("data", DATA, ids=lambda data: data.__name__)
@pytest.mark.parametrize("solver", SOLVERS)
def test_equals_pooled(solver: str, data: Any, layout: str, deal: Any) -> None:
    fits = fit_both(LogisticRegression(solver=solver), *data(), deal, layout)
    _assert_same(*fits, bar=BARS[solver])


@pytest.mark.parametrize("data", DATA, ids=lambda data: data.__name__)
@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize(
    "parameters",
    [
        {"C": 0.05},
        {"fit_intercept": False},
        {"class_weight": "balanced"},
        {"class_weight": {0: 0.5, 1: 3.0}},
        {"tol": 1e-8},
    ],
    ids=str,
)
def test_parameters(parameters: Any, solver: str, data: Any, deal: Any) -> None:
    model = LogisticRegression(solver=solver, **parameters)
    ours, pooled = fit_both(model, *data(), deal)
    moved = moved_by_permutation(model, *data(), pooled)
    _assert_same(ours, pooled, bar=max(1e-12, 10 * moved))


@pytest.mark.parametrize("class_weight", [None, "balanced", {0: 2.0, 1: 0.5}], ids=str)
@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("data", [breast_cancer, wine], ids=lambda data: data.__name__)
def test_sample_weight(data: Any, solver: str, class_weight: Any, deal: Any) -> None:
    X, y = data()
    model = LogisticRegression(solver=solver, class_weight=class_weight)
    fits = fit_both(model, X, y, deal, sample_weight=weights(len(X)))
    _assert_same(*fits, bar=BARS[solver])


def test_digits(deal: Any) -> None:
    ours, pooled = fit_both(LogisticRegression(), *digits(), deal)
    _assert_same(ours, pooled, bar=1e-8)  # where scikit-learn moves by 1e-10 if rows are permuted


@pytest.mark.parametrize("solver", SOLVERS)
def test_a_party_lacks_a_class(solver: str, deal: Any) -> None:
    X, y = iris()
    dealt = deal((y > 0).astype(int))
    ours = FLModel(model=LogisticRegression(solver=solver)).fit(dealt(X), dealt(y)).to_sklearn()
    _assert_same(ours, LogisticRegression(solver=solver).fit(X, y))


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_sparse_rows(solver: str, fit_intercept: bool, deal: Any) -> None:
    X, y = breast_cancer()
    rows = sparse.csr_matrix(np.where(X > 0, X, 0.0))
    model = LogisticRegression(solver=solver, fit_intercept=fit_intercept)
    _assert_same(*fit_both(model, rows, y, deal))


@pytest.mark.parametrize(
    "labels",
    [
        np.array(["no", "yes"]),
        np.array(["no", "yes"], dtype=object),
        np.array([False, True]),
        np.array([-1, 1], dtype=np.int8),
        np.array([0.0, 7.0]),
    ],
    ids=lambda labels: str(labels.dtype),
)
def test_kinds_of_labels(labels: Any, deal: Any) -> None:
    X, y = breast_cancer()
    _assert_same(*fit_both(LogisticRegression(), X, labels[y], deal))


def test_tables(deal: Any) -> None:
    X, y = breast_cancer()
    frame = pd.DataFrame(X[:, :3], columns=["a", "b", "c"])
    answers = pd.Series(np.array(["no", "yes"])[y], dtype="category")
    ours, pooled = fit_both(LogisticRegression(), frame, answers, deal)
    _assert_same(ours, pooled)
    assert ours.feature_names_in_.tolist() == ["a", "b", "c"]


@pytest.mark.parametrize("solver", ["lbfgs", "newton-cholesky"])
@pytest.mark.parametrize("data", DATA, ids=lambda data: data.__name__)
def test_without_penalty(data: Any, solver: str, deal: Any) -> None:
    """Separable rows, where scikit-learn stops at an iteration that depends on its options."""
    model = LogisticRegression(C=np.inf, solver=solver, max_iter=12)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _assert_same(*fit_both(model, *data(), deal), bar=1e-9)


def test_penalty_none_is_no_penalty(deal: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # later versions spell it C=inf
        _assert_same(*fit_both(LogisticRegression(penalty=None), *wine(), deal))


def test_the_convergence_warning_of_scikit_learn(deal: Any) -> None:
    X, y = breast_cancer()
    model = LogisticRegression(max_iter=3)
    with pytest.warns(ConvergenceWarning) as theirs:
        LogisticRegression(max_iter=3).fit(X, y)
    dealt = deal(np.arange(len(X)) % 2)
    with pytest.warns(ConvergenceWarning) as ours:
        FLModel(model=model).fit(dealt(X), dealt(y))
    assert [str(one.message) for one in ours] == [str(one.message) for one in theirs]
    assert model.n_iter_.tolist() == [3]


def test_the_fallback_of_the_newton_solver(deal: Any) -> None:
    """Duplicated columns without a penalty: scikit-learn goes on with L-BFGS, and so do we."""
    X, y = breast_cancer()
    doubled = np.c_[X[:, :3], X[:, :3]]
    model = LogisticRegression(solver="newton-cholesky", C=np.inf)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ours, pooled = fit_both(model, doubled, y, deal)
    np.testing.assert_allclose(
        ours.predict_proba(doubled), pooled.predict_proba(doubled), rtol=0, atol=1e-3
    )


@pytest.mark.parametrize("solver", SOLVERS)
def test_no_iteration_at_all(solver: str, deal: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ours, pooled = fit_both(
            LogisticRegression(solver=solver, max_iter=0), *breast_cancer(), deal
        )
    np.testing.assert_allclose(ours.coef_, pooled.coef_, rtol=1e-12)
    assert ours.n_iter_.tolist() == pooled.n_iter_.tolist() == [0]


def test_sums_leave_masked_and_only_labels_are_revealed(deal: Any) -> None:
    X, y = breast_cancer()
    dealt = deal(np.arange(len(X)) % 2)
    FLModel(model=LogisticRegression(class_weight="balanced")).fit(dealt(X), dealt(y))
    clear = {e.operation for e in dealt.federation.ledger if e.protection == "in the clear"}
    assert clear <= {"design.labels", "secure.advertise", "secure.agree"}
    masked = {e.operation for e in dealt.federation.ledger if e.protection == "masked"}
    assert masked == {"class_weights.sums", "linear_loss.loss_gradient"}


@pytest.mark.parametrize(
    "parameters",
    [
        {"solver": "lbfgs", "dual": True},
        {"solver": "sag", "penalty": "l1"},
        {"solver": "liblinear", "penalty": "elasticnet"},
        {"solver": "liblinear", "penalty": None},
    ],
    ids=str,
)
def test_what_scikit_learn_refuses_it_refuses_here(parameters: Any, deal: Any) -> None:
    X, y = breast_cancer()
    dealt = deal(np.arange(len(X)) % 2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(ValueError) as theirs:
            LogisticRegression(**parameters).fit(X, y)
        with pytest.raises(ValueError) as ours:
            FLModel(model=LogisticRegression(**parameters)).fit(dealt(X), dealt(y))
    assert str(ours.value) == str(theirs.value)


@pytest.mark.parametrize("solver", [*SOLVERS, "sag"])
@pytest.mark.parametrize("data", [breast_cancer, iris], ids=lambda data: data.__name__)
def test_warm_start(data: Any, solver: str, deal: Any) -> None:
    """A second fit of a few steps goes on where the first one ended."""
    X, y = data()
    dealt = deal(np.arange(len(X)) % 3)
    model = LogisticRegression(solver=solver, max_iter=2, warm_start=True, random_state=0)
    pooled, ours = clone(model), FLModel(model=clone(model))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(3):
            pooled.fit(X, y)
            ours.fit(dealt(X), dealt(y))
    if solver == "sag":  # at the optimum after the first
        assert ours.n_iter_[0] <= 2
    else:
        assert gap(ours.coef_, pooled.coef_) <= 1e-10
        assert ours.n_iter_.tolist() == pooled.n_iter_.tolist()


def test_warm_start_from_other_rows_is_refused(deal: Any) -> None:
    X, y = breast_cancer()
    dealt = deal(np.arange(len(X)) % 2)
    model = FLModel(model=LogisticRegression(warm_start=True)).fit(dealt(X), dealt(y))
    with pytest.raises(ValueError, match=r"Initialization coef is of shape \(1, 31\)"):
        model.fit(dealt(X[:, :3]), dealt(y))


@pytest.mark.parametrize("solver", ["newton-cg", "lbfgs"])
def test_more_coefficients_than_a_hessian_is_summed_for(solver: str, deal: Any) -> None:
    rng = np.random.default_rng(0)
    X = sparse.random(200, 2100, density=0.02, format="csr", random_state=1)
    y = (X[:, :40].sum(axis=1) + 0.1 * rng.normal(size=(200, 1)) > 0.4).astype(int)
    y = np.ravel(np.asarray(y))
    _assert_same(*fit_both(LogisticRegression(solver=solver), X, y, deal), bar=1e-11)


def test_one_class_only(deal: Any) -> None:
    X, _ = breast_cancer()
    dealt = deal(np.arange(len(X)) % 2)
    with pytest.raises(DataError, match=r"at least 2 classes in the data, .* only one class: .*4"):
        FLModel(model=LogisticRegression()).fit(dealt(X), dealt(np.full(len(X), 4)))


def test_class_weights_for_unknown_labels(deal: Any) -> None:
    X, y = wine()
    dealt = deal(np.arange(len(X)) % 2)
    with pytest.raises(ValueError, match=r"not in class_weight"):
        FLModel(model=LogisticRegression(class_weight={"a": 1.0, "x": 2.0})).fit(
            dealt(X), dealt(np.array(["a", "b", "c"])[y])
        )


def test_invalid_parameters_raise_as_in_scikit_learn(deal: Any) -> None:
    X, y = breast_cancer()
    dealt = deal(np.arange(len(X)) % 2)
    with pytest.raises(ValueError, match="The 'C' parameter of LogisticRegression must be"):
        FLModel(model=LogisticRegression(C=-1.0)).fit(dealt(X), dealt(y))


@pytest.mark.parametrize("form", ["ovr", "multinomial", "auto"])
@pytest.mark.parametrize("data", [breast_cancer, iris], ids=lambda data: data.__name__)
def test_multi_class_of_older_versions(data: Any, form: str, deal: Any) -> None:
    """Where the parameter exists, its forms are fitted, and predict as scikit-learn's do."""
    X, y = data()
    known = {"multi_class": form} if "multi_class" in LogisticRegression().get_params() else {}
    for class_weight in (None, "balanced", {0: 2.0, 1: 0.5}):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # scikit-learn says that the parameter will go
            model = LogisticRegression(class_weight=class_weight, **known)
            ours, pooled = fit_both(model, X, y, deal, sample_weight=weights(len(X)))
        _assert_same(ours, pooled, bar=1e-11)
        np.testing.assert_allclose(ours.predict_proba(X), pooled.predict_proba(X), atol=1e-10)


@pytest.mark.parametrize("solver", [*SOLVERS, "sag", "saga", "liblinear"])
def test_the_registry_answers_for_the_solver(solver: str) -> None:
    found = support(LogisticRegression(solver=solver))
    assert not found.refusals
    assert found.exactness.value == ("exact" if solver in SOLVERS else "equivalent")
