"""Every operation on frames gives the pooled answer, wherever the rows lie."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from dealt_tables import FEW, frames, place
from hypothesis import given
from pooled_view import assert_same

NUMBERS = ["n", "x", "holes"]


def _set(frame: Any, key: Any, value: Any) -> Any:
    frame = frame.copy()
    frame[key] = value(frame) if callable(value) else value
    return frame


def _loc_set(frame: Any, column: Any, value: Any) -> Any:
    frame = frame.copy()
    frame.loc[frame["n"] > 0, column] = value
    return frame


def _pop(frame: Any) -> Any:
    frame = frame.copy()
    return frame.pop("x"), frame


def _in_place(change: Any) -> Any:
    def changed(frame: Any) -> Any:
        frame = frame.copy()
        assert change(frame) is None
        return frame

    return changed


def _filled(frame: Any) -> Any:
    frame = frame.copy()
    returned = frame.fillna({"holes": -1}, inplace=True)
    return frame if returned is None else returned


def _relabel(frame: Any) -> Any:
    frame = frame.copy()
    frame.columns = [label.upper() for label in frame.columns]
    return frame


def _numbered(frame: Any) -> Any:
    frame = frame.copy()
    frame.columns = range(6)
    return frame


def _twice(frame: Any) -> Any:
    frame = frame.copy()
    frame.columns = ["x", "x", "a", "b", "c", "d"]
    return frame


def _augmented(frame: Any) -> Any:
    frame = frame.copy()
    frame["x"] *= 2
    frame["n"] += frame["n"]
    frame.x = frame.x - 1
    return frame


ROW_LOCAL = {
    "column": lambda df: df["x"],
    "column as attribute": lambda df: df.holes,
    "columns": lambda df: df[["x", "n"]],
    "columns by index": lambda df: df[df.columns[1:3]],
    "number labels": lambda df: _numbered(df)[1],
    "number label list": lambda df: _numbered(df)[[2, 0]],
    "labels that come twice": lambda df: _twice(df)["x"],
    "mask": lambda df: df[df["x"] > 0],
    "negated mask": lambda df: df[~df["flag"]],
    "two masks": lambda df: df[(df["x"] > 0) & (df["n"] < 2)],
    "masked twice": lambda df: df[df["x"] >= 0][df[df["x"] >= 0]["n"] >= 0],
    "slice": lambda df: df[1:5],
    "iloc columns": lambda df: df.iloc[:, :-2],
    "iloc column": lambda df: df.iloc[:, 1],
    "iloc last column": lambda df: df.iloc[:, -1],
    "iloc list": lambda df: df.iloc[:, [0, 2]],
    "iloc rows": lambda df: df.iloc[::-1],
    "iloc rows and columns": lambda df: df.iloc[:2, 1:3],
    "iloc positions": lambda df: df.iloc[[0, -1]],
    "iloc repeated positions": lambda df: df.iloc[[0, 0]],
    "loc columns": lambda df: df.loc[:, ["n", "text"]],
    "loc column slice": lambda df: df.loc[:, "n":"holes"],
    "loc mask": lambda df: df.loc[df["flag"]],
    "loc mask and column": lambda df: df.loc[df["flag"], "x"],
    "loc columns by mask": lambda df: df.loc[:, df.columns != "x"],
    "drop columns": lambda df: df.drop(columns=["x", "n"]),
    "drop axis 1": lambda df: df.drop("x", axis=1),
    "drop in place": _in_place(lambda df: df.drop(columns="x", inplace=True)),
    "drop absent": lambda df: df.drop(columns=["nope"], errors="ignore"),
    "pop": _pop,
    "get": lambda df: df.get("x"),
    "insert": _in_place(lambda df: df.insert(1, "new", df["n"] * 2)),
    "assign": lambda df: df.assign(a=df["x"] + 1, b=lambda d: d["a"] * 2),
    "set column": lambda df: _set(df, "new", lambda d: d["x"] / 2),
    "set constant": lambda df: _set(df, "x", 0),
    "set columns": lambda df: _set(df, ["x", "n"], lambda d: d[["n", "x"]] * 2),
    "set mask": lambda df: _loc_set(df, "x", -1.0),
    "set mask on columns": lambda df: _loc_set(df, ["x", "holes"], 0.5),
    "augmented assignment": _augmented,
    "set column labels": _relabel,
    "rename": lambda df: df.rename(columns={"x": "y"}),
    "rename by function": lambda df: df.rename(str.upper, axis=1),
    "add_prefix": lambda df: df.add_prefix("p_"),
    "add_suffix": lambda df: df.add_suffix("_s"),
    "select_dtypes": lambda df: df.select_dtypes("number"),
    "select_dtypes exclude": lambda df: df.select_dtypes(exclude=["number", "bool"]),
    "filter like": lambda df: df.filter(like="h"),
    "filter regex": lambda df: df.filter(regex="^[nx]$"),
    "astype": lambda df: df[["n", "x"]].astype("float32"),
    "astype by column": lambda df: df.astype({"n": float, "flag": int}),
    "astype str": lambda df: df[["n"]].astype(str),
    "fillna": lambda df: df[NUMBERS].fillna(0),
    "fillna mean": lambda df: df[NUMBERS].fillna(df[NUMBERS].mean()),
    "fillna dict": lambda df: df.fillna({"holes": -1}),
    "fillna in place": lambda df: _filled(df),
    "dropna": lambda df: df.dropna(),
    "dropna subset": lambda df: df.dropna(subset=["x"]),
    "dropna all": lambda df: df.dropna(how="all"),
    "dropna thresh": lambda df: df[NUMBERS].dropna(thresh=3),
    "dropna in place": _in_place(lambda df: df.dropna(inplace=True)),
    "dropna then number": lambda df: df.dropna(ignore_index=True),
    "isnull": lambda df: df.isnull(),
    "isna": lambda df: df.isna(),
    "notnull": lambda df: df.notnull(),
    "notna": lambda df: df.notna(),
    "replace": lambda df: df.replace({0.0: 5.0}),
    "replace nan": lambda df: df[NUMBERS].replace(np.nan, 0),
    "round": lambda df: df.round(1),
    "abs": lambda df: df[NUMBERS].abs(),
    "clip": lambda df: df[NUMBERS].clip(-1, 1),
    "isin": lambda df: df[["n"]].isin([1, 2]),
    "where": lambda df: df[NUMBERS].where(df[NUMBERS] > 0, 0),
    "mask cells": lambda df: df[NUMBERS].mask(df[NUMBERS] > 0),
    "map cells": lambda df: df[["n", "x"]].map(abs),
    "apply rows": lambda df: df[["n", "x"]].apply(lambda row: row["n"] + row["x"], axis=1),
    "copy": lambda df: df.copy(),
    "values": lambda df: df[["n", "x"]].values,
    "to_numpy": lambda df: df[NUMBERS].to_numpy(),
    "to_numpy dtype": lambda df: df[NUMBERS].to_numpy(dtype="float32"),
    "squeeze": lambda df: df[["x"]].squeeze(axis=1),
    "reset_index": lambda df: df[df["x"] > 0].reset_index(drop=True),
    "reset_index keeping": lambda df: df[df["x"] > 0][["x"]].reset_index(),
    "set_index": lambda df: df.set_index("n"),
    "sample": lambda df: df.sample(frac=1, random_state=3),
    "sample with replacement": lambda df: df.sample(n=4, replace=True, random_state=3),
    "standardise": lambda df: (df[NUMBERS] - df[NUMBERS].mean()) / (df[NUMBERS].std() + 1),
    "plus scalar": lambda df: df[NUMBERS] + 1,
    "reflected": lambda df: 1 - df[NUMBERS],
    "public row": lambda df: df[NUMBERS] * np.array([1.0, 2.0, 3.0]),
    "two frames": lambda df: df[NUMBERS] + df[NUMBERS] * 2,
    "compare": lambda df: df[NUMBERS] >= 1,
    "power": lambda df: df[NUMBERS] ** 2,
    "negative": lambda df: -df[NUMBERS],
    "method add": lambda df: df[NUMBERS].add(1),
    "method div": lambda df: df[["n", "x"]].div(2),
    "method eq": lambda df: df[NUMBERS].eq(1),
    "ufunc": lambda df: np.log1p(df[NUMBERS].abs()),
    "row sums": lambda df: df[["n", "x"]].sum(axis=1),
    "row means": lambda df: df[NUMBERS].mean(axis=1),
    "row max": lambda df: df[["x", "holes"]].max(axis=1),
    "row any": lambda df: df.isnull().any(axis=1),
}

PUBLIC = {
    "shape": lambda df: df.shape,
    "len": len,
    "ndim": lambda df: df.ndim,
    "size": lambda df: df.size,
    "empty": lambda df: df.empty,
    "columns": lambda df: df.columns,
    "keys": lambda df: df.keys(),
    "dtypes": lambda df: df.dtypes,
    "iterate": lambda df: tuple(df),
    "contains": lambda df: ("x" in df, "nope" in df),
    "sum": lambda df: df[NUMBERS].sum(),
    "sum of whole numbers": lambda df: df[["n", "flag"]].sum(),
    "sum min_count": lambda df: df[NUMBERS].sum(min_count=3),
    "sum with gaps": lambda df: df[NUMBERS].sum(skipna=False),
    "mean": lambda df: df[NUMBERS].mean(),
    "mean numeric_only": lambda df: df.mean(numeric_only=True),
    "std": lambda df: df[NUMBERS].std(),
    "std ddof": lambda df: df[NUMBERS].std(ddof=0),
    "var": lambda df: df[NUMBERS].var(),
    "median": lambda df: df[NUMBERS].median(),
    "quantile": lambda df: df[NUMBERS].quantile(0.3),
    "quantiles": lambda df: df[NUMBERS].quantile([0.1, 0.9]),
    "describe": lambda df: df[NUMBERS].describe(),
    "min": lambda df: df[NUMBERS].min(),
    "max": lambda df: df[NUMBERS].max(),
    "max of all kinds": lambda df: df[["n", "when"]].max(),
    "count": lambda df: df.count(),
    "nunique": lambda df: df.nunique(),
    "nunique with gaps": lambda df: df.nunique(dropna=False),
    "missing": lambda df: df.isnull().sum(),
    "any missing": lambda df: df.isnull().any(),
    "any": lambda df: df[NUMBERS].any(),
    "all": lambda df: df[NUMBERS].all(),
    "any value missing": lambda df: df.isnull().values.any(),
    "missing in total": lambda df: df.isnull().sum().sum(),
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


def test_items_are_labels_and_columns(deal: Any) -> None:
    frame = pd.DataFrame({"a": [1, 2], "b": [3.0, 4.0]})
    for (label, column), (expected, values) in zip(
        deal([1, 0])(frame).items(), frame.items(), strict=True
    ):
        assert label == expected
        assert_same(column, values)
