"""Every operation on series gives the pooled answer, wherever the rows lie."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from dealt_tables import FEW, frames, place
from hypothesis import given
from pooled_view import assert_same


def _changed(change: Any) -> Any:
    def changed(frame: Any) -> Any:
        series = frame["x"].copy()
        result = change(series)
        return series if result is None else result

    return changed


def _set_masked(series: Any) -> None:
    series[series > 0] = 9.0


def _renamed(series: Any) -> None:
    series.name = "other"


ROW_LOCAL = {
    "mask": lambda df: df["x"][df["flag"]],
    "slice": lambda df: df["x"][1:4],
    "iloc": lambda df: df["x"].iloc[[0, -1]],
    "loc": lambda df: df["x"].loc[df["n"] > 0],
    "set mask": _changed(_set_masked),
    "set name": _changed(_renamed),
    "rename": lambda df: df["x"].rename("y"),
    "to_frame": lambda df: df["x"].to_frame(),
    "astype": lambda df: df["flag"].astype(int),
    "astype numpy": lambda df: df["x"].astype(np.float32),
    "fillna": lambda df: df["holes"].fillna(df["x"].mean()),
    "fillna series": lambda df: df["holes"].fillna(df["x"]),
    "dropna": lambda df: df["holes"].dropna(),
    "isnull": lambda df: df["holes"].isnull(),
    "map dict": lambda df: df["text"].map({"Red": 0, "green ": 1, "b-1": 2, "": 3}),
    "map function": lambda df: df["n"].map(lambda value: value * 2),
    "map to text": lambda df: df["n"].map(str),
    "apply to floats": lambda df: df["n"].apply(float),
    "astype keyword": lambda df: df["x"].astype(dtype=int),
    "to_numpy of a type": lambda df: df["n"].to_numpy(dtype=float),
    "map series": lambda df: df["n"].map(pd.Series({0: "zero", 1: "one"})).isna(),
    "apply": lambda df: df["n"].apply(abs),
    "replace": lambda df: df["text"].replace("Red", "Blue"),
    "replace dict": lambda df: df["n"].replace({0: 7}),
    "between": lambda df: df["x"].between(0, 1),
    "isin": lambda df: df["text"].isin(["Red"]),
    "where": lambda df: df["x"].where(df["x"] > 0, -1.0),
    "where by a function": lambda df: df["x"].where(lambda x: x > x.mean(), 0.0),
    "clip by rows": lambda df: df["x"].clip(upper=df["n"]),
    "between rows": lambda df: df["x"].between(df["n"], 2),
    "where series": lambda df: df["x"].where(df["flag"], df["n"]),
    "mask method": lambda df: df["x"].mask(df["flag"]),
    "clip": lambda df: df["x"].clip(lower=0),
    "round": lambda df: df["x"].round(),
    "abs": lambda df: df["x"].abs(),
    "values": lambda df: df["x"].values,
    "to_numpy": lambda df: df["n"].to_numpy(),
    "values reshaped": lambda df: df["x"].values.reshape(-1, 1),
    "reset_index": lambda df: df["x"][df["flag"]].reset_index(drop=True),
    "sample": lambda df: df["x"].sample(frac=0.5, random_state=1),
    "arithmetic": lambda df: (df["x"] - df["x"].mean()) / 2 + df["n"],
    "compare": lambda df: df["n"] == 1,
    "compare text": lambda df: df["text"] == "Red",
    "negate": lambda df: ~df["flag"],
    "and": lambda df: df["flag"] & (df["n"] > 0),
    "power": lambda df: df["n"] ** 2,
    "floor and rest": lambda df: df["n"] // 2 + df["n"] % 3,
    "concatenate text": lambda df: df["text"] + "!",
    "method add": lambda df: df["x"].add(df["n"]),
    "ufunc": lambda df: np.sqrt(df["x"].abs()),
    "maximum": lambda df: np.maximum(df["x"], 0),
    "np.where": lambda df: np.where(df["x"] > 0, 1, 0),
    "np.where text": lambda df: np.where(df["n"] > 0, "yes", "no"),
    "np.where of rows": lambda df: np.where(df["flag"], df["x"], df["n"]),
    "np.column_stack": lambda df: np.column_stack([df["x"], df["n"]]),
    "lower": lambda df: df["text"].str.lower(),
    "strip": lambda df: df["text"].str.strip(),
    "contains": lambda df: df["text"].str.contains("e"),
    "str.replace": lambda df: df["text"].str.replace("-", "_"),
    "str.len": lambda df: df["text"].str.len(),
    "startswith": lambda df: df["text"].str.startswith("g"),
    "str slice": lambda df: df["text"].str.slice(0, 2),
    "year": lambda df: df["when"].dt.year,
    "dayofweek": lambda df: df["when"].dt.dayofweek,
    "hour": lambda df: df["when"].dt.hour,
    "month_name": lambda df: df["when"].dt.month_name(),
    "ravel": lambda df: df["x"].to_numpy().ravel(),
    "squeeze of values": lambda df: df[["x"]].values.ravel(),
}

PUBLIC = {
    "shape": lambda df: df["x"].shape,
    "len": lambda df: len(df["x"]),
    "name": lambda df: df["x"].name,
    "dtype": lambda df: df["x"].dtype == np.float64,
    "sum": lambda df: df["x"].sum(),
    "sum of holes": lambda df: df["holes"].sum(),
    "sum of whole numbers": lambda df: df["n"].sum(),
    "sum of a mask": lambda df: (df["n"] > 0).sum(),
    "mean": lambda df: df["holes"].mean(),
    "mean of whole numbers": lambda df: df["n"].mean(),
    "mean of a mask": lambda df: (df["n"] > 0).mean(),
    "std": lambda df: df["holes"].std(),
    "var": lambda df: df["x"].var(ddof=0),
    "median": lambda df: df["x"].median(),
    "median of holes": lambda df: df["holes"].median(),
    "quantile": lambda df: df["x"].quantile(0.25),
    "quantiles": lambda df: df["x"].quantile([0.25, 0.75]),
    "describe": lambda df: df["x"].describe(),
    "np.median": lambda df: np.median(df["x"]),
    "min": lambda df: df["x"].min(),
    "max": lambda df: df["n"].max(),
    "max of holes": lambda df: df["holes"].max(),
    "min of text": lambda df: df["text"].min(),
    "max of times": lambda df: df["when"].max(),
    "count": lambda df: df["holes"].count(),
    "any": lambda df: (df["n"] > 3).any(),
    "all": lambda df: (df["n"] > -4).all(),
    "nunique": lambda df: df["text"].nunique(),
    "nunique of holes": lambda df: df["holes"].nunique(),
    "unique": lambda df: np.asarray(df["text"].unique(), dtype=object),
    "unique numbers": lambda df: df["n"].unique(),
    "unique holes": lambda df: df["holes"].unique(),
    "unique times": lambda df: np.asarray(df["when"].unique()),
    "unique flags": lambda df: df["flag"].unique(),
    "value_counts": lambda df: df["text"].value_counts(),
    "value_counts of numbers": lambda df: df["n"].value_counts(),
    "value_counts ascending": lambda df: df["n"].value_counts(ascending=True),
    "value_counts unsorted": lambda df: df["n"].value_counts(sort=False),
    "value_counts shares": lambda df: df["text"].value_counts(normalize=True),
    "value_counts of holes": lambda df: df["holes"].value_counts(dropna=False),
    "value_counts of flags": lambda df: df["flag"].value_counts(),
    "np.unique": lambda df: np.unique(df["n"]),
    "np.unique with counts": lambda df: np.unique(df["n"], return_counts=True),
    "np.mean": lambda df: np.mean(df["x"]),
    "np.max": lambda df: np.max(df["n"]),
}


@pytest.mark.parametrize("name", ROW_LOCAL)
@given(drawn=frames())
@FEW
def test_rows_are_the_pooled_rows(name: str, drawn: Any) -> None:
    frame, dealt = drawn
    assert_same(ROW_LOCAL[name](place(frame, dealt)), ROW_LOCAL[name](frame))


@pytest.mark.parametrize("name", PUBLIC)
@given(drawn=frames())
@FEW
def test_public_values_are_the_pooled_values(name: str, drawn: Any) -> None:
    frame, dealt = drawn
    assert_same(PUBLIC[name](place(frame, dealt)), PUBLIC[name](frame))
