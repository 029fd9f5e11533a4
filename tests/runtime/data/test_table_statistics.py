"""Correlations, moments, modes, descriptions and expressions over tables are the pooled ones."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pandas as pd
import pytest
from dealt_tables import FEW, frames, place
from hypothesis import given
from pooled_view import assert_same

from fedruntime.data.expressions import evaluate_rows
from fedruntime.data.row_operations import run_method
from fedruntime.errors import DataError, FedError, ProtocolError, RevealError, UnsupportedError

NUMBERS = ["n", "x", "holes"]
LIMIT = 0

PUBLIC: dict[str, Any] = {
    "skew": lambda df: df[NUMBERS].skew(),
    "kurt": lambda df: df[NUMBERS].kurt(),
    "kurtosis of a column": lambda df: float(df["x"].kurtosis()),
    "skew of a column": lambda df: float(df["holes"].skew()),
    "skew with gaps": lambda df: df[NUMBERS].skew(skipna=False),
    "sem": lambda df: df[NUMBERS].sem(),
    "sem of a column": lambda df: df["holes"].sem(ddof=0),
    "mode": lambda df: df["text"].mode(),
    "mode of numbers": lambda df: df["holes"].mode(),
    "mode with gaps": lambda df: df["holes"].mode(dropna=False),
    "mode of a frame": lambda df: df[["n", "text"]].mode(),
    "value_counts": lambda df: df[["n", "text"]].value_counts(),
    "value_counts of some": lambda df: df.value_counts(subset=["flag", "n"], normalize=True),
    "value_counts ascending": lambda df: df["n"].value_counts(ascending=True, normalize=True),
    "value_counts with gaps": lambda df: df["holes"].value_counts(dropna=False, sort=False),
    "describe": lambda df: df.drop(columns="when").describe(),
    "describe all": lambda df: df.drop(columns="when").describe(include="all"),
    "describe text": lambda df: df[["text", "flag"]].describe(),
    "describe some": lambda df: df.describe(include=["bool"]),
    "describe without": lambda df: df.describe(exclude=["number", "datetime"]),
    "describe at levels": lambda df: df[NUMBERS].describe(percentiles=[0.1, 0.5]),
    "describe a column": lambda df: df["holes"].describe(),
    "describe a text": lambda df: df["text"].describe(),
    "agg": lambda df: df[NUMBERS].agg("mean"),
    "agg of several": lambda df: df[NUMBERS].agg(["min", "max", "mean"]),
    "agg by column": lambda df: df.agg({"x": "mean", "n": "sum"}),
    "agg of a column": lambda df: df["x"].agg(["min", "mean"]),
    "apply": lambda df: df[NUMBERS].apply(lambda column: column.max() - column.min()),
    "apply of a function": lambda df: df[["n", "x"]].apply(np.mean),
    "apply by name": lambda df: df[NUMBERS].apply("count"),
    "apply of nunique": lambda df: df.apply(lambda column: column.nunique()),
}

NEAR: dict[str, Any] = {
    "corr": lambda df: df[NUMBERS].corr(),
    "corr of numbers": lambda df: df.corr(numeric_only=True),
    "corr with enough": lambda df: df[NUMBERS].corr(min_periods=4),
    "cov": lambda df: df[NUMBERS].cov(),
    "cov without freedom": lambda df: df[NUMBERS].cov(ddof=0),
    "corr of columns": lambda df: pd.Series([df["x"].corr(df["holes"])]),
    "cov of columns": lambda df: pd.Series([df["x"].cov(df["n"])]),
    "corrwith": lambda df: df[NUMBERS].corrwith(df["x"]),
    "corr of one column": lambda df: df[NUMBERS].corr()["x"],
}

ROW_LOCAL: dict[str, Any] = {
    "query": lambda df: df.query("x > 0 and n < 3"),
    "query of text": lambda df: df.query("text == 'Red' or not flag"),
    "query of members": lambda df: df.query("n in [1, 2]"),
    "query of a variable": lambda df: df.query("n > @LIMIT"),
    "query in place": lambda df: _queried(df),
    "eval": lambda df: df.eval("x * 2 + n"),
    "eval of an assignment": lambda df: df.eval("y = x - n"),
    "pipe": lambda df: df.pipe(lambda frame, column: frame[column] + 1, "x"),
    "apply to columns": lambda df: df[NUMBERS].apply(lambda c: c.fillna(c.mean())),
    "standardise by column": lambda df: df[["x", "n"]].apply(lambda c: c - c.min()),
    "set_axis": lambda df: df[["n", "x"]].set_axis(["a", "b"], axis=1),
    "reindex": lambda df: df.reindex(columns=["x", "n"]),
    "delete": lambda df: _deleted(df),
    "dropna of columns": lambda df: df.dropna(axis=1),
    "dropna of empty columns": lambda df: df.dropna(axis="columns", how="all"),
    "dropna of sparse columns": lambda df: df.dropna(axis=1, thresh=3),
    "fillna mode": lambda df: df["text"].fillna(df["text"].mode()[0]),
    "fillna modes": lambda df: df[["n", "text"]].fillna(df[["n", "text"]].mode().iloc[0]),
    "fillna median": lambda df: df[NUMBERS].fillna(df[NUMBERS].median()),
    "new column under a mask": lambda df: _set_new(df),
    "index of a handle": lambda df: _relabelled(df),
}


def _queried(df: pd.DataFrame) -> pd.DataFrame:
    df = df.copy()
    df.query("n >= 0", inplace=True)
    return df


def _deleted(df: pd.DataFrame) -> pd.DataFrame:
    df = df.copy()
    del df["x"]
    return df


def _set_new(df: pd.DataFrame) -> pd.DataFrame:
    df = df.copy()
    df.loc[df["x"] > 0, "new"] = 1.5
    df.loc[df["x"] > 1, "new"] = -1.5
    return df


def _relabelled(df: pd.DataFrame) -> pd.DataFrame:
    labelled = df[["n"]].set_index("n", drop=False)
    labelled.index = df["x"].index
    return labelled


@pytest.mark.parametrize("name", PUBLIC)
@given(drawn=frames())
@FEW
def test_public_values_are_the_pooled_values(name: str, drawn: Any) -> None:
    frame, dealt = drawn
    frame = frame.assign(x=frame["x"].clip(upper=10), holes=frame["holes"].clip(upper=10))
    assert_same(PUBLIC[name](place(frame, dealt)), PUBLIC[name](frame))


@pytest.mark.parametrize("name", NEAR)
@given(drawn=frames())
@FEW
def test_correlations_are_the_pooled_ones_to_rounding(name: str, drawn: Any) -> None:
    frame, dealt = drawn
    found, expected = NEAR[name](place(frame, dealt)), NEAR[name](frame)
    framed = isinstance(expected, pd.DataFrame)
    same = pd.testing.assert_frame_equal if framed else pd.testing.assert_series_equal
    same(found, expected, rtol=1e-9, atol=1e-9)  # pandas sums as it goes


@pytest.mark.parametrize("name", ROW_LOCAL)
@given(drawn=frames())
@FEW
def test_rows_are_the_pooled_rows(name: str, drawn: Any) -> None:
    frame, dealt = drawn
    assert_same(ROW_LOCAL[name](place(frame, dealt)), ROW_LOCAL[name](frame))


@pytest.mark.parametrize("parties", [1, 2, 3, 10])
def test_statistics_do_not_depend_on_the_parties(deal: Any, parties: int) -> None:
    random = np.random.default_rng(parties)
    frame = pd.DataFrame(random.normal(size=(80, 3)) * [1, 1e6, 1e-6], columns=list("abc"))
    frame["d"] = frame["a"] + 1e-3 * frame["c"] + 1e4
    frame["same"] = 0.1
    frame = frame.mask(random.random(frame.shape) < 0.1)
    held = deal(random.integers(0, parties, 80).tolist(), parties)(frame)
    varying = ["a", "b", "c", "d"]
    for name in ("skew", "kurt", "sem"):
        found, expected = getattr(held[varying], name)(), getattr(frame[varying], name)()
        pd.testing.assert_series_equal(found, expected, rtol=1e-9)
    pd.testing.assert_frame_equal(held.corr(), frame.corr(), rtol=1e-9, atol=1e-12)
    pd.testing.assert_frame_equal(held[varying].cov(), frame[varying].cov(), rtol=1e-9, atol=1e-12)


def _info(rows: Any, **options: Any) -> str:
    told = io.StringIO()
    rows.info(buf=told, **options)
    return told.getvalue()


def _told_of(rows: Any) -> list[str]:
    return _info(rows, memory_usage=False).splitlines()


def test_info_prints_what_pandas_prints(deal: Any) -> None:
    frame = pd.DataFrame(
        {
            "n": [1, 2, 3],
            "x": [1.0, np.nan, 2.0],
            "t": ["a", None, None],
            "flag": [True, False, True],
            "when": pd.to_datetime(["2020-01-01", None, "2021-01-01"]),
            "kind": pd.Categorical(["u", "v", None]),
        }
    )
    held = deal([1, 0, 1])(frame)
    *told, memory = _info(held).splitlines()
    assert told == _info(frame).splitlines()[:-1]
    assert memory == "memory usage: at the parties"  # it depends on the categories
    assert _info(held["x"]) == _info(frame["x"])
    fixed = ["n", "x", "flag", "when"]  # text may be kept in a width that depends on it
    assert _info(held[fixed]) == _info(frame[fixed])
    assert "at the parties" in _info(held[held["flag"]]["x"])
    assert _info(held, memory_usage=False).splitlines() == _told_of(frame)


REFUSED: dict[str, Any] = {
    "rank correlation": (UnsupportedError, lambda df: df[["n", "x"]].corr(method="spearman")),
    "corr of text": (DataError, lambda df: df.corr()),
    "corr of local values": (UnsupportedError, lambda df: df["x"].corr(pd.Series([1, 2, 3]))),
    "describe of times": (UnsupportedError, lambda df: df.describe()),
    "query of a method": (UnsupportedError, lambda df: df.query("x > x.mean()")),
    "query of a function": (UnsupportedError, lambda df: df.query("abs(x) > 1")),
    "query of the index": (UnsupportedError, lambda df: df.query("index > 1")),
    "query of rows": (UnsupportedError, lambda df: _query_of_rows(df)),
    "query of nothing": (UnsupportedError, lambda df: df.query("n > @nowhere")),
    "query of code": (UnsupportedError, lambda df: df.query("@pd.io.common.os.getpid() > 1")),
    "drop_duplicates": (UnsupportedError, lambda df: df.drop_duplicates()),
    "duplicated": (UnsupportedError, lambda df: df["n"].duplicated()),
    "sort_values": (UnsupportedError, lambda df: df.sort_values("n")),
    "rank": (UnsupportedError, lambda df: df["n"].rank()),
    "rolling": (UnsupportedError, lambda df: df["n"].rolling(2)),
    "melt": (UnsupportedError, lambda df: df.melt()),
    "ffill": (UnsupportedError, lambda df: df["n"].ffill()),
    "fillna backwards": (UnsupportedError, lambda df: df.fillna(method="bfill")),
    "nlargest": (UnsupportedError, lambda df: df.nlargest(2, "n")),
    "transposed": (RevealError, lambda df: df.T),
    "labels by hand": (UnsupportedError, lambda df: setattr(df, "index", [1, 2, 3])),
    "apply that gives tables": (UnsupportedError, lambda df: df.apply(lambda c: c.value_counts())),
    "agg of a function": (UnsupportedError, lambda df: df.agg(lambda c: c.sum())),
    "a new column of the wrong length": (DataError, lambda df: df.assign(a=[1, 2])),
}


def _query_of_rows(df: Any) -> Any:
    column = df["x"]  # noqa: F841
    return df.query("x > @column")


@pytest.mark.parametrize("name", REFUSED)
def test_what_has_no_pooled_result_is_refused(deal: Any, name: str) -> None:
    error, use = REFUSED[name]
    frame = pd.DataFrame({"n": [1, 2, 1], "x": [1.0, 2, 3], "t": list("aab")})
    frame["when"] = pd.Timestamp("2020-01-01")
    with pytest.raises(error) as refused:
        use(deal([0, 1, 0])(frame))
    assert isinstance(refused.value, FedError)
    assert str(refused.value).startswith("test_table_statistics.py:")


@pytest.mark.parametrize("name", ["query", "eval", "pipe", "groupby", "merge", "join"])
def test_a_party_runs_no_expressions_as_methods(name: str) -> None:
    with pytest.raises(ProtocolError, match="is no row-local operation"):
        run_method(pd.DataFrame({"x": [1]}), name, ["@pd.io.common.os.getpid()"], {})


@pytest.mark.parametrize("expression", ["x.max()", "@pd.io.common.os.getpid()", "__import__('os')"])
def test_a_party_evaluates_operators_alone(expression: str) -> None:
    with pytest.raises(ProtocolError, match="is no expression over rows"):
        evaluate_rows(pd.DataFrame({"x": [1]}), expression, {})
