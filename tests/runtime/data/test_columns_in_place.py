"""A column that is changed in place: whether its frame changes with it is up to pandas' version."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression

from fedruntime import FLModel

CHANGES: dict[str, Callable[[Any], object]] = {
    "fillna": lambda df: df["a"].fillna(3.0, inplace=True),
    "fillna with the mean": lambda df: df["a"].fillna(df["a"].mean(), inplace=True),
    "by attribute": lambda df: df.a.fillna(3.0, inplace=True),
    "replace": lambda df: df["b"].replace(0.0, 9.0, inplace=True),
    "of a copy": lambda df: df["a"].copy().fillna(3.0, inplace=True),
    "of two columns": lambda df: df[["a", "b"]].fillna(3.0, inplace=True),
    "of the frame": lambda df: df.fillna(3.0, inplace=True),
    "clip": lambda df: df["b"].clip(0.5, 2.0, inplace=True),
}


def _named(df: Any) -> None:
    column = df["a"]
    column.fillna(3.0, inplace=True)


CHANGES["under a name"] = _named


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_the_frame_is_what_the_pooled_one_is(change: Callable[[Any], object], deal: Any) -> None:
    pooled = pd.DataFrame(
        {"a": [1.0, np.nan, 2.0, 5.0, np.nan, 4.0], "b": [0.0, 1.0, 3.0, 0.0, 2.0, 1.0]}
    )
    frame = deal([0, 1, 2, 0, 1, 2])(pooled)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        change(pooled)
        change(frame)
    assert dict(frame.isna().sum()) == dict(pooled.isna().sum())
    assert dict(frame.sum()) == pytest.approx(dict(pooled.sum()), rel=1e-15)


def test_a_frame_without_some_of_the_rows_is_left_alone(deal: Any) -> None:
    pooled = pd.DataFrame({"a": [1.0, 2.0, 3.0, 4.0], "b": [1.0, 0.0, 2.0, 1.0]})
    frame = deal([0, 1, 0, 1])(pooled)
    column = frame["a"]
    frame.drop(columns=["b"], inplace=True)
    column += 1.0
    assert frame.columns.tolist() == ["a"]
    model = FLModel(model=LinearRegression()).fit(frame, column)
    assert model.coef_ == pytest.approx([1.0])
