"""Transformers, splits and searches over columns at several parties give what pooled ones give."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from columns_dealt import LAYOUTS, binary, deal, pooled, regression, split
from sklearn import model_selection as local
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.feature_selection import VarianceThreshold
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import roc_auc_score as of_rows
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    Binarizer,
    FunctionTransformer,
    KBinsDiscretizer,
    MaxAbsScaler,
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    StandardScaler,
)

import fedruntime.pandas
from fedruntime import FLModel
from fedruntime.metrics import accuracy_score, roc_auc_score
from fedruntime.model_selection import StratifiedKFold, cross_val_score, train_test_split

NUMBERS = [
    Binarizer(threshold=50.0),
    FunctionTransformer(np.log1p),
    KBinsDiscretizer(3, strategy="uniform", subsample=None),
    MaxAbsScaler(),
    MinMaxScaler(),
    PowerTransformer(),
    QuantileTransformer(n_quantiles=20, subsample=None),
    RobustScaler(),
    SimpleImputer(strategy="median", add_indicator=True),
    StandardScaler(),
    VarianceThreshold(5.0),
]


def with_holes(table: pd.DataFrame) -> pd.DataFrame:
    holed = table.copy()
    holed.loc[::7, "bmi"] = np.nan
    holed.loc[::5, "s3"] = np.nan
    return holed


@pytest.mark.parametrize("model", NUMBERS, ids=lambda model: type(model).__name__)
def test_columns_are_transformed_as_pooled_ones(model: Any) -> None:
    table = regression()
    if isinstance(model, SimpleImputer):
        table = with_holes(table)
    X, _ = split(deal(table, "three parties, columns dealt by turns"))
    before = len(X.federation.ledger)
    ours = FLModel(model=clone(model)).fit(X[:300])
    transformed = ours.transform(X[300:])
    features, _ = split(table)
    theirs = clone(model).fit(features[:300])
    expected = theirs.transform(features[300:])
    expected = expected.toarray() if hasattr(expected, "toarray") else np.asarray(expected)
    np.testing.assert_allclose(pooled(transformed), expected, rtol=1e-10, atol=1e-12)
    told = list(X.federation.ledger)[before:]
    assert {entry.operation for entry in told if entry.protection == "in the clear"} <= {
        "across.describe_transformed"
    }


@pytest.mark.parametrize("model", [OneHotEncoder(), OneHotEncoder(drop="first"), OrdinalEncoder()])
def test_categories_are_encoded_as_pooled_ones(model: Any) -> None:
    kinds = pd.cut(regression()["bmi"], 4, labels=list("abcd")).astype(str)
    table = pd.DataFrame({"k": kinds, "z": kinds.str.upper() + "x", "target": 1.0})
    X, _ = split(deal(table))
    transformed = FLModel(model=clone(model)).fit_transform(X)
    expected = clone(model).fit_transform(split(table)[0])
    expected = expected.toarray() if hasattr(expected, "toarray") else expected
    np.testing.assert_array_equal(pooled(transformed), expected)


@pytest.mark.parametrize("stratified", [False, True])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_same_rows_are_split_off(layout: str, stratified: bool) -> None:
    table = binary()
    X, y = split(deal(table, layout))
    features, label = split(table)
    options: dict[str, Any] = {"test_size": 0.3, "random_state": 4}
    ours = train_test_split(X, y, stratify=y if stratified else None, **options)
    theirs = local.train_test_split(
        features, label, stratify=label if stratified else None, **options
    )
    for part, expected in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(pooled(part), np.asarray(expected))


def test_a_script_from_split_to_score() -> None:
    table = binary(569)
    X, y = split(deal(table, "three parties, columns dealt by turns"))
    X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
    scaler = FLModel(model=StandardScaler())
    model = FLModel(model=LogisticRegression()).fit(scaler.fit_transform(X_train), y_train)
    X_test = scaler.transform(X_test)
    A, B, a, b = local.train_test_split(*split(table), random_state=0)
    pooled_scaler = StandardScaler()
    theirs = LogisticRegression().fit(pooled_scaler.fit_transform(A), a)
    B = pooled_scaler.transform(B)
    np.testing.assert_allclose(model.coef_, theirs.coef_, rtol=1e-10)
    assert accuracy_score(y_test, model.predict(X_test)) == theirs.score(B, b)
    area = roc_auc_score(y_test == "malign", model.predict_proba(X_test)[:, 1])
    assert area == pytest.approx(of_rows(b == "malign", theirs.predict_proba(B)[:, 1]), abs=1e-12)


def test_pipelines_of_column_transformers() -> None:
    table = binary()
    table["size"] = pd.cut(table["mean radius"], 3, labels=["s", "m", "l"]).astype(str)
    X, y = split(deal(table, "three parties, columns dealt by turns"))
    numbers = [name for name in table.columns if name.startswith("mean")]
    model = make_pipeline(
        ColumnTransformer(
            [("numbers", StandardScaler(), numbers[2:]), ("size", OneHotEncoder(), ["size"])],
            remainder="passthrough",
        ),
        LogisticRegression(),
    )
    ours = FLModel(model=clone(model)).fit(X, y)
    theirs = clone(model).fit(*split(table))
    np.testing.assert_allclose(ours.to_sklearn()[-1].coef_, theirs[-1].coef_, rtol=1e-10)
    assert ours.score(X, y) == theirs.score(*split(table))


@pytest.mark.parametrize("cv", [3, local.KFold(3, shuffle=True, random_state=1)], ids=str)
def test_cross_validation(cv: Any) -> None:
    table = binary()
    X, y = split(deal(table))
    model = make_pipeline(StandardScaler(), LogisticRegression())
    scores = cross_val_score(FLModel(model=model), X, y, cv=cv)
    np.testing.assert_array_equal(scores, local.cross_val_score(model, *split(table), cv=cv))


def test_searches() -> None:
    table = regression()
    X, y = split(deal(table))
    search = local.GridSearchCV(Ridge(), {"alpha": [0.1, 10.0]}, cv=3)
    ours = FLModel(model=clone(search)).fit(X, y)
    theirs = clone(search).fit(*split(table))
    assert ours.best_params_ == theirs.best_params_
    assert ours.best_score_ == pytest.approx(theirs.best_score_, rel=1e-10)
    np.testing.assert_allclose(pooled(ours.predict(X)), theirs.predict(split(table)[0]), rtol=1e-10)


def test_figures_of_columns() -> None:
    table = regression()
    df = deal(table, "three parties, columns dealt by turns")
    pd.testing.assert_series_equal(df.mean(), table.mean())
    pd.testing.assert_frame_equal(df.describe(), table.describe())
    assert df.isna().sum().sum() == 0
    assert df.shape == table.shape
    assert list(df.columns) == list(table.columns)
    df["double"] = df["bmi"] * 2
    assert df["double"].mean() == pytest.approx(2 * table["bmi"].mean())
    assert list(df.columns)[-1] == "double"
    assert df[["s1", "age"]].shape == (442, 2)
    np.testing.assert_array_equal(pooled(df.iloc[:5, 2:4]), table.iloc[:5, 2:4])
    np.testing.assert_array_equal(pooled(df.drop(columns=["double"]).fillna(df.mean())), table)


def test_arithmetic_of_arrays() -> None:
    table = regression()
    X, _ = split(deal(table, "three parties, columns dealt by turns"))
    features, _ = split(table)
    values, ours = features.to_numpy(), X.to_numpy()
    for made, expected in (
        (ours / 2 + 1, values / 2 + 1),
        (np.log1p(ours), np.log1p(values)),
        ((ours - ours.mean(axis=0)) / ours.std(axis=0), None),
        (1 - ours, 1 - values),
        (ours > 50, values > 50),
        (ours.astype(np.float32), values.astype(np.float32)),
        ((X - X.mean()) / X.std(), None),
        (ours[::2, :3], values[::2, :3]),
        (X.loc[:, ["bmi", "age"]], features.loc[:, ["bmi", "age"]].to_numpy()),
        (X.loc[:, "bmi"], features["bmi"].to_numpy()),
    ):
        if expected is None:
            frame = made if hasattr(made, "columns") else None
            scale = features.std() if frame is not None else features.std(ddof=0)
            expected = ((features - features.mean()) / scale).to_numpy()
        np.testing.assert_allclose(np.asarray(pooled(made)), expected, rtol=1e-12, atol=1e-14)
    back = fedruntime.pandas.DataFrame(ours, columns=list(features.columns))
    assert list(back.columns) == list(features.columns)
    np.testing.assert_array_equal(pooled(back), values)
    np.testing.assert_allclose(ours.max(axis=0), values.max(axis=0))


def test_stratified_folds_of_tables() -> None:
    table = binary()
    X, y = split(deal(table))
    features, label = split(table)
    ours = StratifiedKFold(3).split(X, y)
    theirs = local.StratifiedKFold(3).split(features, label)
    for (train, test), (a, b) in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(pooled(X.iloc[train]), features.iloc[a])
        np.testing.assert_array_equal(pooled(X.to_numpy()[test]), features.iloc[b])
        np.testing.assert_array_equal(pooled(y.iloc[test]), label.iloc[b])
