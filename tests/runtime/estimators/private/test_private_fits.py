"""Private fits: near pooled ones where noise does not show, and never beyond what is allotted."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from private_parties import fitted, generous, held, open_parties
from sklearn.base import clone
from sklearn.cluster import KMeans
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_breast_cancer, load_iris
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.linear_model import (
    GammaRegressor,
    Lasso,
    LinearRegression,
    LogisticRegression,
    PoissonRegressor,
    Ridge,
    TweedieRegressor,
)
from sklearn.naive_bayes import BernoulliNB, GaussianNB, MultinomialNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import KBinsDiscretizer, MaxAbsScaler, MinMaxScaler, StandardScaler

from fedruntime import FLModel
from fedruntime.errors import BudgetError
from fedruntime.estimators.private.families import private_families
from fedruntime.privacy.budget import PrivacyBudget

RNG = np.random.default_rng(7)
X = RNG.normal(size=(1500, 4)) @ (np.eye(4) + 0.3 * RNG.normal(size=(4, 4)))
X = X * np.array([1.0, 30.0, 0.02, 4.0]) + np.array([0.0, 100.0, 1.0, -2.0])
Z = (X - X.mean(axis=0)) / X.std(axis=0)
SIGNAL = Z @ np.array([1.0, -0.5, 0.25, 0.0])
Y = 3.0 + 2.0 * SIGNAL + RNG.normal(size=1500)
LABELS = (SIGNAL + RNG.logistic(size=1500) > 0).astype(int)
THREE = np.digitize(SIGNAL + 0.5 * RNG.normal(size=1500), [-0.5, 0.6])
COUNTS = RNG.poisson(np.exp(1.0 + 0.3 * SIGNAL)).astype(float)
POSITIVE = RNG.gamma(2.0, np.exp(0.3 * SIGNAL) / 2.0)
BITS = (RNG.random((1500, 5)) < 0.2 + 0.5 * LABELS[:, np.newaxis] * np.linspace(0, 1, 5)).astype(
    float
)

REGRESSIONS = {
    "least squares": (LinearRegression(), Y),
    "without an intercept": (LinearRegression(fit_intercept=False), Y - 3.0),
    "two targets": (LinearRegression(), np.column_stack([Y, -2.0 * Y + Z[:, 3]])),
    "ridge": (Ridge(alpha=50.0), Y),
    "Poisson": (PoissonRegressor(alpha=1e-3), COUNTS),
    "gamma": (GammaRegressor(alpha=1e-3), POSITIVE),
    "Tweedie": (TweedieRegressor(power=1.5, alpha=1e-3), COUNTS),
}


@pytest.mark.parametrize("case", REGRESSIONS)
def test_regressions_without_noise_predict_as_pooled_ones(case: str) -> None:
    model, y = REGRESSIONS[case]
    private = fitted(clone(model), generous(f"{type(model).__name__}.fit"), X, y)
    pooled = clone(model).fit(X, y)
    spread = np.std(pooled.predict(X), axis=0)
    off = np.abs(private.to_sklearn().predict(X) - pooled.predict(X)) / spread
    assert np.mean(off) < 0.05
    assert np.shape(private.coef_) == np.shape(pooled.coef_)
    assert np.shape(private.intercept_) == np.shape(pooled.intercept_)


@pytest.mark.parametrize("y", [LABELS, THREE], ids=["two classes", "three classes"])
@pytest.mark.parametrize("penalty", [1.0, 0.01, np.inf], ids=["C=1", "C=0.01", "no penalty"])
def test_logistic_regression_without_noise_is_near_the_pooled_one(y: Any, penalty: float) -> None:
    model = LogisticRegression(C=penalty, max_iter=10_000)
    private = fitted(clone(model), generous("LogisticRegression.fit"), Z, y)
    pooled = clone(model).fit(Z, y)
    off = np.abs(private.to_sklearn().predict_proba(Z) - pooled.predict_proba(Z))
    assert off.mean() < 0.01
    np.testing.assert_array_equal(private.classes_, pooled.classes_)
    assert private.classes_.dtype == pooled.classes_.dtype
    assert private.coef_.shape == pooled.coef_.shape
    assert private.n_iter_.shape == pooled.n_iter_.shape


def test_a_scaler_without_noise_is_the_pooled_one() -> None:
    private = fitted(StandardScaler(), generous("StandardScaler.fit"), X)
    pooled = StandardScaler().fit(X)
    np.testing.assert_allclose(private.scale_, pooled.scale_, rtol=0.01)
    assert (np.abs(private.mean_ - pooled.mean_) < 0.01 * pooled.scale_).all()
    np.testing.assert_allclose(private.var_, private.scale_**2)
    assert private.n_samples_seen_ == 1500


@pytest.mark.parametrize("bounds", [{}, {"*": (-5.0, 5.0)}], ids=["estimated", "declared"])
def test_gaussian_naive_bayes_without_noise_is_near_the_pooled_one(bounds: Any) -> None:
    private = fitted(GaussianNB(), generous("GaussianNB.fit", 1e7, bounds=bounds), Z, THREE)
    pooled = GaussianNB().fit(Z, THREE)
    np.testing.assert_allclose(private.theta_, pooled.theta_, atol=0.02)
    np.testing.assert_allclose(private.var_, pooled.var_, rtol=0.05)
    np.testing.assert_allclose(private.class_prior_, pooled.class_prior_, atol=1e-3)


@pytest.mark.parametrize(
    "model", [BernoulliNB(), MultinomialNB()], ids=["Bernoulli", "multinomial"]
)
def test_naive_bayes_of_counts_without_noise_is_the_pooled_one(model: Any) -> None:
    purpose = f"{type(model).__name__}.fit"
    private = fitted(clone(model), generous(purpose, bounds={"*": (0, 1)}), BITS, LABELS)
    pooled = clone(model).fit(BITS, LABELS)
    np.testing.assert_allclose(private.feature_log_prob_, pooled.feature_log_prob_, atol=0.01)
    np.testing.assert_allclose(private.class_log_prior_, pooled.class_log_prior_, atol=0.01)


def test_dummies_without_noise_are_the_pooled_ones() -> None:
    shares = fitted(DummyClassifier(), generous("DummyClassifier.fit"), Z, THREE).class_prior_
    np.testing.assert_allclose(shares, np.bincount(THREE) / 1500, atol=1e-3)
    constant = fitted(DummyRegressor(), generous("DummyRegressor.fit"), Z, Y).constant_
    np.testing.assert_allclose(constant, [[Y.mean()]], atol=0.01)


@pytest.mark.parametrize("kind", [MinMaxScaler, MaxAbsScaler])
def test_scalers_of_extremes_take_the_declared_bounds(kind: type) -> None:
    federation = open_parties(PrivacyBudget(1.0, bounds={"*": (-4.0, 2.0)}))
    scaler = FLModel(model=kind()).fit(*held(federation, Z))
    expected = kind().fit(np.array([[-4.0] * 4, [2.0] * 4]))
    np.testing.assert_array_equal(scaler.transform(Z), expected.transform(Z))
    assert federation.budget.spent == 0.0


# -- what real data does --------------------------------------------------------------------


def test_breast_cancer_at_epsilon_three() -> None:
    rows, labels = load_breast_cancer(return_X_y=True)
    script = make_pipeline(StandardScaler(), LogisticRegression())
    private = fitted(script, PrivacyBudget(3.0, 1e-5), rows, labels)
    assert private.to_sklearn().score(rows, labels) > 0.94
    assert private.exactness == "private"


def test_three_classes_that_are_strings_are_declared() -> None:
    rows, codes = load_iris(return_X_y=True)
    names = np.array(["setosa", "versicolor", "virginica"])
    budget = PrivacyBudget(8.0, 1e-4, labels=names.tolist())
    script = make_pipeline(StandardScaler(), LogisticRegression())
    private = fitted(script, budget, rows, names[codes])
    assert private.to_sklearn().score(rows, names[codes]) > 0.8
    assert private.classes_.tolist() == names.tolist()


def test_columns_that_are_mostly_zero_or_constant_do_not_drown_the_others() -> None:
    sparse = np.column_stack(
        [Z, (RNG.random(1500) < 0.05) * 7.0, np.zeros(1500), np.full(1500, 9.0)]
    )
    private = fitted(LogisticRegression(), PrivacyBudget(8.0, 1e-5), sparse, LABELS)
    pooled = LogisticRegression().fit(Z, LABELS).score(Z, LABELS)
    assert private.to_sklearn().score(sparse, LABELS) > pooled - 0.03


def test_missing_and_infinite_cells_stop_nothing_and_stay_unsaid() -> None:
    holed, y = Z.copy(), Y.copy()
    holed[::7, 0], holed[3, 1], holed[5, 2], y[9] = np.nan, np.inf, -1e300, np.nan
    model = fitted(LinearRegression(), generous("LinearRegression.fit"), holed, y)
    assert np.isfinite(model.coef_).all()
    assert abs(model.coef_[1] - LinearRegression().fit(Z, Y).coef_[1]) < 0.2


def test_a_frame_gives_names_to_the_model_and_takes_bounds_by_name() -> None:
    frame = pd.DataFrame(X, columns=list("abcd"))
    bounds = {"a": (-4, 4), "b": (0, 200), "c": (0.9, 1.1), "d": (-20, 20), "price": (-10, 20)}
    federation = open_parties(PrivacyBudget(8.0, bounds=bounds))
    model = FLModel(model=LinearRegression()).fit(
        *held(federation, frame, pd.Series(Y, name="price"))
    )
    assert model.feature_names_in_.tolist() == list("abcd")
    assert {payment.operation for payment in federation.budget.history} <= {
        "private_fit.gram",
        "private_fit.gradient",
    }


# -- accounts -------------------------------------------------------------------------------

ACCOUNTED = {
    "LinearRegression": (LinearRegression(), Y),
    "LogisticRegression": (LogisticRegression(), LABELS),
    "GaussianNB": (GaussianNB(), LABELS),
    "StandardScaler": (StandardScaler(), None),
    "PoissonRegressor": (PoissonRegressor(), COUNTS),
    "DummyClassifier": (DummyClassifier(), LABELS),
    "DummyRegressor": (DummyRegressor(), Y),
    "BernoulliNB": (BernoulliNB(), LABELS),
}


@pytest.mark.parametrize("epsilon", [1.0, 8.0])
@pytest.mark.parametrize("rows", [Z, X], ids=["of unit scale", "of any scale"])
@pytest.mark.parametrize("case", ACCOUNTED)
def test_a_fit_pays_what_it_was_allotted_and_no_more(case: str, rows: Any, epsilon: float) -> None:
    model, y = ACCOUNTED[case]
    federation = open_parties(PrivacyBudget(epsilon, shares={f"{case}.fit": 0.5}, tolerance=1e9))
    trained = FLModel(model=clone(model)).fit(*held(federation, rows, *([] if y is None else [y])))
    assert federation.budget.spent == pytest.approx(federation.budget.total / 2.0, rel=1e-9)
    assert trained.privacy.mu == pytest.approx(federation.budget.spent**0.5, rel=1e-9)
    assert trained.privacy.error >= 0.0
    assert trained.privacy.meaning


def test_everything_that_left_a_party_was_paid_for() -> None:
    federation = open_parties(PrivacyBudget(3.0, 1e-5))
    script = make_pipeline(StandardScaler(), LogisticRegression())
    FLModel(model=script).fit(*held(federation, X, LABELS))
    sums = [entry for entry in list(federation.ledger) if entry.protection != "facts"]
    asked = {entry.operation for entry in sums if entry.operation.startswith("private_fit.")}
    assert asked == {payment.operation for payment in federation.budget.history}
    assert {payment.purpose for payment in federation.budget.history} == {
        "Pipeline.fit: standardscaler",
        "Pipeline.fit: logisticregression",
    }


def test_a_second_model_that_does_not_fit_into_the_budget_is_refused() -> None:
    federation = open_parties(PrivacyBudget(3.0, 1e-5))
    rows, y = held(federation, Z, Y)
    FLModel(model=LinearRegression()).fit(rows, y)
    spent = federation.budget.spent
    with pytest.raises(BudgetError, match="parts"):
        FLModel(model=LinearRegression()).fit(rows, y)
    assert federation.budget.spent == spent


# -- refusals -------------------------------------------------------------------------------

REFUSED = {
    "a class without a private fit": (KMeans(), {}, "KMeans"),
    "a step without one, behind one with": (
        make_pipeline(StandardScaler(), Lasso()),
        {},
        "step 'lasso': Lasso",
    ),
    "parameters of a step": (
        make_pipeline(StandardScaler(), Ridge(positive=True)),
        {},
        "step 'ridge': .*positive",
    ),
    "a transformer without one": (
        ColumnTransformer([("cut", KBinsDiscretizer(), [0])]),
        {},
        "step 'cut'",
    ),
    "class weights": (LogisticRegression(class_weight="balanced"), {}, "class_weight"),
    "an l1 penalty": (LogisticRegression(l1_ratio=0.5, solver="saga"), {}, "l1_ratio"),
    "a warm start": (LogisticRegression(warm_start=True), {}, "warm_start"),
    "positive coefficients": (Ridge(positive=True), {}, "positive"),
    "extremes without bounds": (MinMaxScaler(), {}, "single rows"),
    "counts without bounds": (MultinomialNB(), {}, "bounds"),
    "the median": (DummyRegressor(strategy="median"), {}, "strategy"),
    "a Tweedie power without a logarithm": (TweedieRegressor(power=0), {}, "power"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_has_no_private_form_is_refused_before_anything_is_sent(case: str) -> None:
    model, options, told = REFUSED[case]
    federation = open_parties(PrivacyBudget(8.0, labels=(0, 1), **options))
    rows, y = held(federation, Z, LABELS)
    before = len(list(federation.ledger))
    with pytest.raises(BudgetError, match=told):
        FLModel(model=model).fit(rows, y)
    assert federation.budget.spent == 0.0
    assert len(list(federation.ledger)) == before


def _without_private_fit() -> list[Any]:
    from fedruntime.estimators.registry import support_table

    return [each.estimator for each in support_table() if each.estimator not in private_families()]


@pytest.mark.parametrize("kind", _without_private_fit(), ids=lambda kind: kind.__name__)
def test_every_other_class_is_refused(kind: Any) -> None:
    from fedruntime.cohort import Cohort
    from fedruntime.estimators.private.families import fit_privately

    federation = open_parties(PrivacyBudget(8.0))
    rows, y = held(federation, Z[:9], LABELS[:9])
    cohort = Cohort(
        federation, FLModel(model=LinearRegression())._aggregator, {"X": rows, "y": y}, "fit"
    )
    with pytest.raises(BudgetError, match="no private fit"):
        fit_privately(kind.__new__(kind), cohort)
    assert federation.budget.spent == 0.0


def test_sample_weights_are_refused() -> None:
    federation = open_parties(PrivacyBudget(8.0))
    rows, y = held(federation, Z, Y)
    with pytest.raises(BudgetError, match="sample_weight"):
        FLModel(model=LinearRegression()).fit(rows, y, sample_weight=np.ones(1500))
    assert federation.budget.spent == 0.0


def test_labels_of_strings_are_refused_where_they_are_not_declared() -> None:
    federation = open_parties(PrivacyBudget(8.0))
    rows, y = held(federation, Z, np.where(LABELS, "yes", "no"))
    with pytest.raises(BudgetError, match="labels="):
        FLModel(model=LogisticRegression()).fit(rows, y)
    assert federation.budget.spent == 0.0


@pytest.mark.parametrize(
    ("model", "y"),
    [
        (LinearRegression(), Y),
        (LogisticRegression(), LABELS),
        (PoissonRegressor(), COUNTS),
        (GaussianNB(), LABELS),
        (StandardScaler(), None),
        (DummyRegressor(), Y),
        (DummyClassifier(), LABELS),
    ],
    ids=lambda value: type(value).__name__ if hasattr(value, "fit") else "",
)
def test_a_useless_fit_is_refused_with_the_error_and_what_would_do(model: Any, y: Any) -> None:
    federation = open_parties(PrivacyBudget(0.1, 1e-6))
    tables = held(federation, Z[:60], *([] if y is None else [y[:60]]))
    with pytest.raises(BudgetError, match=r"expected .* rows, or epsilon=.* would do") as refusal:
        FLModel(model=model).fit(*tables)
    assert federation.budget.spent == 0.0
    assert "60 rows" in str(refusal.value)


def test_as_many_rows_as_the_refusal_names_are_enough() -> None:
    def error_of(rows: int) -> str:
        federation = open_parties(PrivacyBudget(0.5, 1e-6, bounds={"*": (-10, 10)}))
        many = (
            np.resize(Z, (rows, 4)) if rows <= len(Z) else np.tile(Z, (rows // 1500 + 1, 1))[:rows]
        )
        tables = held(federation, many, np.resize(Y, rows))
        try:
            FLModel(model=LinearRegression()).fit(*tables)
        except BudgetError as refusal:
            return str(refusal)
        return ""

    named = int(error_of(200).split("About ")[1].split(" rows")[0])
    assert named > 200
    assert error_of(named) == ""
    assert "About" in error_of(int(0.9 * named))


def test_a_refusal_after_a_look_says_that_something_was_paid() -> None:
    federation = open_parties(PrivacyBudget(1.5, 1e-5, labels=(0, 1)))
    tables = held(federation, 1e3 * np.tile(Z[:240], 6), LABELS[:240])
    with pytest.raises(BudgetError, match="another magnitude") as refusal:
        FLModel(model=LogisticRegression()).fit(*tables)
    assert "Nothing was sent" not in str(refusal.value)
    assert "paid for" in str(refusal.value)
    assert 0.0 < federation.budget.spent < 0.1 * federation.budget.total


def test_without_a_budget_nothing_changes() -> None:
    trained = fitted(LinearRegression(), None, Z, Y)
    np.testing.assert_allclose(trained.coef_, LinearRegression().fit(Z, Y).coef_, rtol=1e-9)
    assert trained.exactness == "exact"
    assert trained.privacy is None


# -- the same settings for the same sizes ------------------------------------------------------


def test_settings_depend_on_sizes_and_budget_alone() -> None:
    budget = PrivacyBudget(3.0, 1e-5, bounds={"*": (-5.0, 5.0)})
    one = fitted(LinearRegression(), budget, Z, Y, seed=1).privacy
    other = fitted(LinearRegression(), budget, np.zeros_like(Z), np.zeros_like(Y), seed=2).privacy
    assert one.settings == other.settings
    assert one.error == other.error


def test_the_same_noise_gives_the_same_model() -> None:
    budget = PrivacyBudget(3.0, 1e-5)
    one, same, other = (fitted(Ridge(), budget, X, Y, seed=seed).coef_ for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert (one != other).all()


def test_the_expected_error_is_about_the_error() -> None:
    errors, expected = [], 0.0
    for seed in range(5):
        model = fitted(LinearRegression(), PrivacyBudget(1.0, 1e-5), Z, Y, seed=seed)
        pooled = LinearRegression().fit(Z, Y)
        off = model.to_sklearn().predict(Z) - pooled.predict(Z)
        errors.append(np.mean(off**2) / np.var(Y))
        expected = model.privacy.error
    assert expected / 5.0 < np.mean(errors) < 5.0 * expected
