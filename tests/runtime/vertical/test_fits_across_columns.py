"""However the columns lie, the pooled model comes out."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
from columns_dealt import LAYOUTS, binary, deal, multiclass, pooled, regression, split
from sklearn.base import clone, is_classifier
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import (
    ElasticNet,
    GammaRegressor,
    Lasso,
    LinearRegression,
    LogisticRegression,
    PoissonRegressor,
    Ridge,
    TweedieRegressor,
)
from sklearn.naive_bayes import GaussianNB
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.svm import LinearSVC, LinearSVR

import fedruntime
from fedruntime import FLModel


def positive() -> pd.DataFrame:
    """Iris, with a target above zero."""
    table = multiclass()
    return table.assign(target=table["target"] + 1)


def scaled_regression() -> pd.DataFrame:
    """Diabetes, in standard units."""
    table = regression()
    return (table - table.mean()) / table.std()


CASES = [
    (LinearRegression(), regression),
    (LinearRegression(fit_intercept=False), regression),
    (LinearRegression(positive=True), regression),
    (Ridge(alpha=2.0), regression),
    (Ridge(solver="svd"), regression),
    (Lasso(alpha=0.5), regression),
    (ElasticNet(alpha=0.1), regression),
    (LogisticRegression(), binary),
    (LogisticRegression(C=0.1, class_weight="balanced"), binary),
    (LogisticRegression(fit_intercept=False), multiclass),
    (PoissonRegressor(), multiclass),
    (GammaRegressor(), positive),
    (TweedieRegressor(power=1.5), multiclass),
    (GaussianNB(), binary),
    (GaussianNB(var_smoothing=1e-3), multiclass),
    (LinearDiscriminantAnalysis(), multiclass),
    (LinearDiscriminantAnalysis(solver="lsqr", shrinkage=0.2), binary),
    (MLPClassifier(hidden_layer_sizes=(6,), max_iter=20, random_state=0), binary),
    (
        MLPRegressor(hidden_layer_sizes=(5, 3), max_iter=20, random_state=0, batch_size=40),
        scaled_regression,
    ),
]


_FITTED = ("coef_", "intercept_", "theta_", "var_", "means_", "class_prior_")


def assert_fitted_alike(ours: Any, theirs: Any) -> None:
    """Attributes that there are, and layers one by one."""
    known = [name for name in _FITTED if hasattr(theirs, name)]
    pairs = [(getattr(ours, name), getattr(theirs, name)) for name in known]
    for name in ("coefs_", "intercepts_"):
        if hasattr(theirs, name):
            pairs += zip(getattr(ours, name), getattr(theirs, name), strict=True)
    assert pairs
    for own, other in pairs:
        np.testing.assert_allclose(own, other, rtol=1e-10, atol=1e-10)


def str_of_model(value: Any) -> str:
    """An id that is the same in every process."""
    return getattr(value, "__name__", str(value))


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(("model", "data"), CASES, ids=str_of_model)
def test_the_pooled_model_comes_out(model: Any, data: Any, layout: str) -> None:
    table = data()
    X, y = split(deal(table, layout))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        ours = FLModel(model=clone(model)).fit(X, y)
        theirs = clone(model).fit(*split(table))
    assert_fitted_alike(ours, theirs)
    assert list(ours.feature_names_in_) == list(theirs.feature_names_in_)
    predicted = pooled(ours.predict(X))
    expected = theirs.predict(split(table)[0])
    if is_classifier(theirs):
        assert (predicted == expected).all()
        probabilities = pooled(ours.predict_proba(X))
        expected = theirs.predict_proba(split(table)[0])
        np.testing.assert_allclose(probabilities, expected, rtol=1e-9, atol=1e-12)
    else:
        np.testing.assert_allclose(predicted, expected, rtol=1e-10)
    np.testing.assert_allclose(ours.score(X, y), theirs.score(*split(table)), rtol=1e-10)


@pytest.mark.parametrize("solver", ["eigen", "svd"])
def test_discriminants_project(solver: str) -> None:
    table = multiclass()
    X, y = split(deal(table, "three parties, columns dealt by turns"))
    model = LinearDiscriminantAnalysis(solver=solver)
    ours = pooled(FLModel(model=clone(model)).fit(X, y).transform(X))
    theirs = clone(model).fit(*split(table)).transform(split(table)[0])
    np.testing.assert_allclose(np.abs(ours), np.abs(theirs), rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("model", [PCA(3), PCA(svd_solver="full"), PCA(0.9, whiten=True)], ids=str)
def test_principal_components(model: Any, layout: str) -> None:
    table = regression()
    X, _ = split(deal(table, layout))
    features, _ = split(table)
    ours, theirs = FLModel(model=clone(model)).fit(X), clone(model).fit(features)
    for name in ("components_", "explained_variance_", "mean_", "noise_variance_"):
        np.testing.assert_allclose(
            getattr(ours, name), getattr(theirs, name), rtol=1e-9, atol=1e-12, err_msg=name
        )
    projected = pooled(ours.transform(X))
    np.testing.assert_allclose(projected, theirs.transform(features), rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(
    ("model", "data"),
    [
        (LinearSVC(tol=1e-10, max_iter=100_000), binary),
        (
            LinearSVR(loss="squared_epsilon_insensitive", tol=1e-12, max_iter=100_000, dual=False),
            scaled_regression,
        ),
    ],
    ids=str_of_model,
)
def test_support_vectors_at_their_optimum(model: Any, data: Any, layout: str) -> None:
    table = data()
    X, y = split(deal(table, layout))
    ours, theirs = FLModel(model=clone(model)).fit(X, y), clone(model).fit(*split(table))
    np.testing.assert_allclose(ours.coef_, theirs.coef_, rtol=1e-6, atol=1e-7)
    assert ours.score(X, y) == pytest.approx(theirs.score(*split(table)), rel=1e-6)


CENTRES = multiclass().drop(columns=["target"]).to_numpy()[[0, 60, 120]]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_clusters_from_given_centres(layout: str) -> None:
    table = multiclass()
    X, _ = split(deal(table, layout))
    features, _ = split(table)
    model = KMeans(3, init=CENTRES, n_init=1)
    ours, theirs = FLModel(model=clone(model)).fit(X), clone(model).fit(features)
    np.testing.assert_allclose(ours.cluster_centers_, theirs.cluster_centers_, rtol=1e-10)
    assert ours.inertia_ == pytest.approx(theirs.inertia_, rel=1e-10)
    assert ours.n_iter_ == theirs.n_iter_
    np.testing.assert_array_equal(pooled(ours.labels_), theirs.labels_)
    np.testing.assert_array_equal(pooled(ours.predict(X)), theirs.predict(features))
    distances = pooled(ours.transform(X))
    np.testing.assert_allclose(distances, theirs.transform(features), rtol=1e-8)
    assert ours.score(X) == pytest.approx(theirs.score(features), rel=1e-10)


@pytest.mark.parametrize("init", ["k-means++", "random"])
def test_clusters_are_those_of_parties_with_rows_of_their_own(init: str) -> None:
    table = multiclass()
    model = KMeans(3, init=init, n_init=2, random_state=0)
    X, _ = split(deal(table, "three parties, columns dealt by turns"))
    ours = FLModel(model=clone(model)).fit(X)
    horizontal = fedruntime.init(["alice", "bob"]).load(lambda: table)
    theirs = FLModel(model=clone(model)).fit(split(horizontal)[0])
    np.testing.assert_allclose(ours.cluster_centers_, theirs.cluster_centers_, rtol=1e-10)


def test_columns_that_depend_on_each_other() -> None:
    table = regression()
    table["twice"] = 2 * table["bmi"] + table["bp"]
    X, y = split(deal(table))
    ours = FLModel(model=LinearRegression()).fit(X, y)
    assert ours.rank_ == 10
    independent, label = split(regression())  # of all columns, some versions fit noise
    expected = LinearRegression().fit(independent, label).predict(independent)
    np.testing.assert_allclose(pooled(ours.predict(X)), expected, rtol=1e-9)


def test_columns_of_high_condition() -> None:
    rng = np.random.default_rng(0)
    rotation = np.linalg.qr(rng.normal(size=(8, 8)))[0]
    values = rng.normal(size=(300, 8)) @ np.diag(np.geomspace(1, 1e-4, 8)) @ rotation
    table = pd.DataFrame(values).rename(columns=str)
    table["target"] = values @ np.arange(8) + rng.normal(size=300)
    X, y = split(deal(table))
    ours = FLModel(model=LinearRegression()).fit(X, y)
    theirs = LinearRegression().fit(*split(table))
    np.testing.assert_allclose(ours.coef_, theirs.coef_, rtol=1e-9)


def test_a_second_fit_masks_the_columns_no_second_time() -> None:
    X, y = split(deal(regression()))
    FLModel(model=LinearRegression()).fit(X, y)
    before = [entry.operation for entry in X.federation.ledger].count("across.mask")
    FLModel(model=Lasso()).fit(X, y)
    after = [entry.operation for entry in X.federation.ledger].count("across.mask")
    assert after == before


def test_scaled_logistic_regression_takes_few_rounds() -> None:
    X, y = split(deal(binary(569)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        FLModel(model=LogisticRegression()).fit(X, y)
    rounds = [entry.operation for entry in X.federation.ledger].count("across.loss")
    assert rounds <= 20
