"""However the columns lie, the pooled model comes out."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
from columns_dealt import LAYOUTS, binary, deal, multiclass, pooled, regression, split
from sklearn.base import clone, is_classifier
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

from fedruntime import FLModel


def positive() -> pd.DataFrame:
    """Iris, with a target above zero."""
    table = multiclass()
    return table.assign(target=table["target"] + 1)


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
]


def str_of_model(value: Any) -> str:
    """An id that is the same in every process."""
    return getattr(value, "__name__", str(value))


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(("model", "data"), CASES, ids=str_of_model)
def test_the_pooled_model_comes_out(model: Any, data: Any, layout: str) -> None:
    table = data()
    X, y = split(deal(table, layout))
    ours = FLModel(model=clone(model)).fit(X, y)
    theirs = clone(model).fit(*split(table))
    np.testing.assert_allclose(ours.coef_, theirs.coef_, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(ours.intercept_, theirs.intercept_, rtol=1e-10, atol=1e-12)
    assert list(ours.feature_names_in_) == list(theirs.feature_names_in_)
    predicted = pooled(ours.predict(X))
    expected = theirs.predict(split(table)[0])
    if is_classifier(theirs):
        assert (predicted == expected).all()
        probabilities = pooled(ours.predict_proba(X))
        np.testing.assert_allclose(probabilities, theirs.predict_proba(split(table)[0]), rtol=1e-9)
    else:
        np.testing.assert_allclose(predicted, expected, rtol=1e-10)
    np.testing.assert_allclose(ours.score(X, y), theirs.score(*split(table)), rtol=1e-10)


def test_columns_that_depend_on_each_other() -> None:
    table = regression()
    table["twice"] = 2 * table["bmi"] + table["bp"]
    X, y = split(deal(table))
    ours = FLModel(model=LinearRegression()).fit(X, y)
    theirs = LinearRegression().fit(*split(table))
    assert ours.rank_ == theirs.rank_ == 10
    np.testing.assert_allclose(ours.coef_, theirs.coef_, rtol=1e-8)


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
