"""What does not fit a vertical federation is refused, before data moves and with what to do."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from columns_dealt import binary, deal, regression, split
from sklearn.cluster import DBSCAN
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    PolynomialFeatures,
    QuantileTransformer,
    StandardScaler,
)

import fedruntime
from fedruntime import FLModel
from fedruntime.errors import (
    BudgetError,
    DataError,
    RevealError,
    SettingsError,
    UnsupportedError,
)
from fedruntime.privacy.budget import PrivacyBudget


def asked(federation: Any) -> int:
    return len(federation.ledger)


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        (RandomForestClassifier(), "RandomForestClassifier has no fit where columns lie"),
        (DBSCAN(), "DBSCAN has no fit where columns lie"),
        (LogisticRegression(solver="saga"), "supported: solver = 'lbfgs'"),
        (PolynomialFeatures(), "PolynomialFeatures has no fit where columns lie"),
        (
            make_pipeline(StandardScaler(), RandomForestClassifier()),
            "RandomForestClassifier has no fit where columns lie",
        ),
        (FunctionTransformer(lambda rows: rows), "may join columns of several parties"),
        (QuantileTransformer(n_quantiles=5, subsample=50), "set subsample=None"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_models_without_a_fit_across_columns(model: Any, reason: str) -> None:
    X, y = split(deal(binary()))
    before = asked(X.federation)
    with pytest.raises(UnsupportedError, match=reason):
        FLModel(model=model).fit(X, y)
    assert asked(X.federation) == before


def test_sample_weights() -> None:
    X, y = split(deal(regression()))
    with pytest.raises(UnsupportedError, match="takes no sample_weight where columns lie"):
        FLModel(model=LinearRegression()).fit(X, y, sample_weight=y)


def test_a_label_at_another_party() -> None:
    df = deal(regression(), "three parties, columns dealt by turns")
    with pytest.raises(DataError, match="y lies at shop, and the label party is bank"):
        FLModel(model=LinearRegression()).fit(df.drop(columns=["sex"]), df["sex"])


def test_a_label_of_other_rows() -> None:
    X, y = split(deal(regression()))
    with pytest.raises(DataError, match="X has 442 rows, y has 10"):
        FLModel(model=LinearRegression()).fit(X, y[:10])


def test_a_local_label() -> None:
    X, _ = split(deal(regression()))
    with pytest.raises(DataError, match="y has to be a column that lies at the label party"):
        FLModel(model=LinearRegression()).fit(X, np.zeros(442))


def test_missing_values() -> None:
    table = regression()
    table.loc[3, "bmi"] = np.nan
    X, y = split(deal(table))
    with pytest.raises(DataError, match="Input X contains NaN in column 'bmi'"):
        FLModel(model=LinearRegression()).fit(X, y)


def test_a_privacy_budget() -> None:
    table = regression()
    settings = {"budget": PrivacyBudget(1.0)}
    X, y = split(deal(table, **settings))
    with pytest.raises(BudgetError, match="allows no fit across columns"):
        FLModel(model=LinearRegression()).fit(X, y)


# -- tables ---------------------------------------------------------------------------------


def test_rows_are_not_shown() -> None:
    df = deal(regression())
    for show in (str, np.asarray, bool, lambda rows: rows.iloc[0]):
        with pytest.raises(RevealError):
            show(df)


def test_rows_are_not_filtered_by_what_one_party_knows() -> None:
    df = deal(regression())
    with pytest.raises(UnsupportedError, match="would tell the other parties which rows"):
        df[df["age"] > 50]


def test_columns_of_two_parties_are_not_joined() -> None:
    df = deal(regression(), "three parties, columns dealt by turns")
    with pytest.raises(DataError, match="split or filtered differently"):
        df["age"] / df["sex"]
    with pytest.raises(UnsupportedError, match="its new values at"):
        df["age"] = df["sex"]
    with pytest.raises(UnsupportedError, match="meets rows of other parties"):
        df - df["age"]
    with pytest.raises(UnsupportedError, match="no counterpart where columns lie"):
        df.corr()


def test_a_transformer_of_other_columns() -> None:
    df = deal(regression())
    scaler = FLModel(model=StandardScaler()).fit(df)
    with pytest.raises(UnsupportedError, match="has other columns, or has them elsewhere"):
        scaler.transform(df.drop(columns=["age"]))


# -- settings -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"label_party": None}, "needs label_party, one of bank, shop"),
        ({"label_party": "mill"}, "'mill' has columns and is none of bank, shop"),
        ({"columns": {"mill": ["a"]}}, "'mill' has columns and is none of bank, shop"),
        ({"columns": {"bank": ["a"], "shop": ["a"]}}, "column 'a' is said to lie at bank and at"),
        ({"columns": {"bank": "a"}}, "columns.bank = 'a' is not a list of columns"),
        ({"partition": "diagonal"}, "'diagonal' is not one of horizontal, vertical"),
        ({"partition": "horizontal"}, 'set partition = "vertical"'),
        ({"parties": ["bank"]}, "has two parties or more"),
        ({"parties": ["bank", "shop", "lab"], "min_parties": 2}, "nobody else has the columns"),
    ],
    ids=str,
)
def test_settings_that_do_not_fit(settings: dict[str, Any], reason: str) -> None:
    given = {"parties": ["bank", "shop"], "partition": "vertical", "label_party": "bank"}
    with pytest.raises(SettingsError, match=reason):
        fedruntime.init(**{**given, **settings})


def test_columns_that_the_table_does_not_have() -> None:
    federation = fedruntime.init(
        ["bank", "shop"], partition="vertical", label_party="bank", columns={"shop": ["c"]}
    )
    with pytest.raises(DataError, match=r"has no column 'c', which columns.shop names"):
        federation.load(lambda: pd.DataFrame({"a": [1], "b": [2]}))


def test_a_table_without_rows() -> None:
    federation = fedruntime.init(["bank", "shop"], partition="vertical", label_party="bank")
    with pytest.raises(DataError, match="the loader gave no rows"):
        federation.load(lambda: pd.DataFrame({"a": [], "b": []}))
