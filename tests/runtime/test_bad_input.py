"""What users get wrong: each refused by party and column, with a next step."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.preprocessing import StandardScaler

import fedruntime
from fedruntime import FLModel
from fedruntime.errors import DataError

_N = 40


def _table() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    return pd.DataFrame(
        {
            "age": rng.integers(20, 80, size=_N).astype(float),
            "dose": rng.normal(size=_N),
            "ward": rng.choice(["heart", "lung"], size=_N),
            "outcome": np.arange(_N) % 2,
        }
    )


def _load(change: Callable[[pd.DataFrame], Any]) -> Any:
    table = _table()
    change(table)
    return fedruntime.init(["alice", "bob"]).load(lambda: table)


def _secret(table: pd.DataFrame) -> None:
    table.loc[_N - 1, "dose"] = np.nan


def test_missing_values_are_named_by_party_and_column() -> None:
    df = _load(_secret)
    with pytest.raises(ValueError, match=r"party 'bob': Input X contains NaN in column 'dose'"):
        FLModel(model=Ridge()).fit(df[["age", "dose"]], df["outcome"])


def test_missing_values_are_what_a_scaler_skips() -> None:
    df = _load(_secret)
    model = FLModel(model=StandardScaler()).fit(df[["age", "dose"]])
    assert model.n_samples_seen_.tolist() == [_N, _N - 1]


def test_infinities_are_named() -> None:
    df = _load(lambda table: table.__setitem__("dose", np.inf))
    with pytest.raises(DataError, match=r"party 'alice'.*infinity.*'dose'"):
        FLModel(model=LinearRegression()).fit(df[["age", "dose"]], df["outcome"])


def test_text_columns_are_named_and_no_cell_is_quoted() -> None:
    df = _load(lambda table: None)
    with pytest.raises(ValueError, match=r"'ward'") as caught:
        FLModel(model=LogisticRegression()).fit(df[["age", "ward"]], df["outcome"])
    assert "heart" not in str(caught.value)
    assert "lung" not in str(caught.value)


def test_a_missing_label_is_a_missing_column() -> None:
    df = _load(lambda table: table.pop("outcome"))
    with pytest.raises(KeyError, match="outcome"):
        _ = df["outcome"]


def test_one_class_cannot_be_told_apart() -> None:
    df = _load(lambda table: table.__setitem__("outcome", 1))
    with pytest.raises(ValueError, match=r"at least 2 classes"):
        FLModel(model=LogisticRegression()).fit(df[["age"]], df["outcome"])


def test_a_classifier_is_not_fitted_on_continuous_labels() -> None:
    df = _load(lambda table: None)
    with pytest.raises(ValueError, match=r"continuous"):
        FLModel(model=LogisticRegression()).fit(df[["age"]], df["dose"])


def test_a_party_without_rows_takes_part() -> None:
    table = _table()
    names = [f"party{number}" for number in range(_N + 5)]
    df = fedruntime.init(names).load(lambda: table)
    model = FLModel(model=Ridge()).fit(df[["age", "dose"]], df["outcome"])
    pooled = Ridge().fit(table[["age", "dose"]], table["outcome"])
    assert np.allclose(model.coef_, pooled.coef_, rtol=1e-12)


def test_no_rows_anywhere_are_refused() -> None:
    fed = fedruntime.init(["alice", "bob"])
    with pytest.raises(ValueError, match="the loader gave no rows"):
        fed.load(lambda: _table().iloc[:0])


def test_rows_and_labels_of_different_length_do_not_meet() -> None:
    df = _load(lambda table: None)
    with pytest.raises(DataError, match="do not have their rows at the same places"):
        FLModel(model=Ridge()).fit(df[["age"]], df["outcome"][df["age"] > 50])


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    fed = fedruntime.init(["alice", "bob"])
    with pytest.raises(FileNotFoundError, match=r"patients\.csv"):
        fed.load(pd.read_csv, tmp_path / "patients.csv")


def test_label_skew_needs_to_know_the_label() -> None:
    fed = fedruntime.init(["alice", "bob"], split="label_skew")
    with pytest.raises(fedruntime.SettingsError, match="label"):
        fed.load(_table)
    fed = fedruntime.init(["alice", "bob"], split="label_skew", label="diagnosis")
    with pytest.raises(fedruntime.FedError, match="has no column 'diagnosis'"):
        fed.load(_table)


def test_a_model_that_is_not_fitted_says_so() -> None:
    df = _load(lambda table: None)
    with pytest.raises(ValueError, match="not fitted"):
        FLModel(model=Ridge()).predict(df[["age", "dose"]])


def test_columns_that_the_fit_has_not_seen_are_named() -> None:
    df = _load(lambda table: None)
    model = FLModel(model=Ridge()).fit(df[["age", "dose"]], df["outcome"])
    with pytest.raises(ValueError, match="feature names"):
        model.predict(df[["dose", "age"]])
