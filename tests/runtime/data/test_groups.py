"""Figures of groups are those of the pooled rows, in pandas' shape; no rows are shown."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from dealt_tables import FEW, frames, place
from hypothesis import given
from pooled_view import assert_same

from fedruntime.errors import DataError, FedError, RevealError, UnsupportedError

NUMBERS = ["x", "holes"]

PUBLIC: dict[str, Any] = {
    "mean": lambda df: df[["n", *NUMBERS]].groupby("n").mean(),
    "sum": lambda df: df[["n", "x", "flag", "text"]].groupby("text").sum(),
    "count": lambda df: df.groupby("text").count(),
    "size": lambda df: df.groupby("n").size(),
    "size as a column": lambda df: df.groupby("n", as_index=False).size(),
    "size of a series": lambda df: df.groupby("n")["x"].size(),
    "min": lambda df: df[["n", "x", "text"]].groupby("n").min(),
    "max": lambda df: df[["n", "x", "when"]].groupby("n").max(),
    "std": lambda df: df.groupby("n")[NUMBERS].std(),
    "var": lambda df: df.groupby("n")[NUMBERS].var(ddof=0),
    "sem": lambda df: df.groupby("text")["x"].sem(),
    "median": lambda df: df.groupby("text")[NUMBERS].median(),
    "nunique": lambda df: df.groupby("flag").nunique(),
    "ngroups": lambda df: df.groupby("n").ngroups,
    "column": lambda df: df.groupby("n")["holes"].mean(),
    "column as attribute": lambda df: df.groupby("n").x.sum(),
    "keyword": lambda df: df.groupby(by=["n"])["x"].mean(),
    "two keys": lambda df: df.groupby(["text", "n"])["x"].mean(),
    "two keys as columns": lambda df: df.groupby(["text", "flag"], as_index=False)[NUMBERS].sum(),
    "key that is a column": lambda df: df["x"].groupby(df["n"]).mean(),
    "key made of rows": lambda df: df.groupby(df["n"] > 0)["x"].mean(),
    "unsorted": lambda df: df.groupby("n", sort=False)["x"].mean(),
    "missing keys": lambda df: df.groupby("holes")["x"].sum(),
    "missing keys kept": lambda df: df.groupby("holes", dropna=False)["x"].sum(),
    "two keys with gaps": lambda df: df.groupby(["holes", "n"])["x"].count(),
    "numeric_only": lambda df: df.groupby("text").mean(numeric_only=True),
    "keys of categories": lambda df: (
        df.astype({"text": "category"}).groupby("text", observed=True)["x"].mean()
    ),
    "sum min_count": lambda df: df.groupby("n")["holes"].sum(min_count=2),
    "agg of a name": lambda df: df.groupby("n")["x"].agg("mean"),
    "agg of names": lambda df: df.groupby("n")["x"].agg(["mean", "count", "max"]),
    "agg of columns": lambda df: df.groupby("n")[NUMBERS].agg(["sum", "std"]),
    "agg by column": lambda df: df.groupby("n").agg({"x": "sum", "text": "nunique"}),
    "agg lists by column": lambda df: df.groupby("n").agg({"x": ["min", "max"], "n": ["count"]}),
    "agg of functions": lambda df: df.groupby("n")["x"].agg(np.mean),
    "agg under names": lambda df: df.groupby("n").agg(a=("x", "mean"), b=("holes", "median")),
    "agg of a column under names": lambda df: df.groupby("n")["x"].agg(low="min", high="max"),
    "agg as columns": lambda df: df.groupby("n", as_index=False).agg({"x": "mean"}),
    "agg then reset": lambda df: df.groupby("n")["x"].agg(["mean", "size"]).reset_index(),
}

ROW_LOCAL: dict[str, Any] = {
    "mean": lambda df: df.groupby("n")["x"].transform("mean"),
    "count": lambda df: df.groupby("n")["holes"].transform("count"),
    "of columns": lambda df: df.groupby("n")[NUMBERS].transform("max"),
    "missing keys": lambda df: df.groupby("holes")["x"].transform("sum"),
    "filled by group": lambda df: df["holes"].fillna(df.groupby("n")["holes"].transform("median")),
}


@pytest.mark.filterwarnings("ignore:The provided callable:FutureWarning")
@pytest.mark.parametrize("name", PUBLIC)
@given(drawn=frames())
@FEW
def test_figures_are_those_of_the_pooled_groups(name: str, drawn: Any) -> None:
    frame, dealt = drawn
    assert_same(PUBLIC[name](place(frame, dealt)), PUBLIC[name](frame))


@pytest.mark.parametrize("name", ROW_LOCAL)
@given(drawn=frames())
@FEW
def test_rows_get_the_figures_of_their_groups(name: str, drawn: Any) -> None:
    frame, dealt = drawn
    assert_same(ROW_LOCAL[name](place(frame, dealt)), ROW_LOCAL[name](frame))


@pytest.mark.parametrize("parties", [1, 2, 3, 10])
def test_figures_do_not_depend_on_the_parties(deal: Any, parties: int) -> None:
    random = np.random.default_rng(parties)
    frame = pd.DataFrame(
        {
            "key": random.choice(["a", "b", "c"], 60),
            "x": random.normal(size=60) * 1e3,
            "n": random.integers(-(2**30), 2**30, 60),
        }
    )
    held = deal(random.integers(0, parties, 60).tolist(), parties)(frame)
    for name in ("mean", "sum", "std", "median", "min", "max", "count"):
        assert_same(getattr(held.groupby("key"), name)(), getattr(frame.groupby("key"), name)())


def test_sums_of_large_whole_numbers_are_whole(deal: Any) -> None:
    frame = pd.DataFrame({"key": [1, 1, 2, 2], "n": [2**60, 1, 2**53, 1]})
    found = deal([0, 1, 1, 0])(frame).groupby("key")["n"].sum()
    assert found.tolist() == [2**60 + 1, 2**53 + 1]


REFUSED: dict[str, Any] = {
    "iterate": (RevealError, list),
    "head": (UnsupportedError, lambda g: g.head(1)),
    "first": (UnsupportedError, lambda g: g.first()),
    "apply": (UnsupportedError, lambda g: g.apply(lambda rows: rows.iloc[0])),
    "cumsum": (UnsupportedError, lambda g: g["x"].cumsum()),
    "shift": (UnsupportedError, lambda g: g["x"].shift()),
    "get_group": (UnsupportedError, lambda g: g.get_group(1)),
    "groups": (UnsupportedError, lambda g: g.groups),
    "lambda": (UnsupportedError, lambda g: g["x"].agg(lambda values: values.iloc[0])),
    "numpy's std": (UnsupportedError, lambda g: g["x"].agg(np.std)),
    "engine": (UnsupportedError, lambda g: g["x"].mean(engine="numba")),
    "mean of text": (DataError, lambda g: g.mean()),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_needs_the_rows_of_a_group_is_refused(deal: Any, name: str) -> None:
    error, use = REFUSED[name]
    frame = pd.DataFrame({"n": [1, 2, 1], "x": [1.0, 2, 3], "t": list("abc")})
    with pytest.raises(error):
        use(deal([0, 1, 0])(frame).groupby("n"))


KEYS: dict[str, Any] = {
    "function": lambda df: df.groupby(len),
    "level": lambda df: df.groupby(level=0),
    "local array": lambda df: df.groupby(np.array([1, 1, 2])),
    "unobserved": lambda df: (
        df[df["t"] != "a"]
        .astype({"t": pd.CategoricalDtype(["a", "b", "c"])})
        .groupby("t", observed=False)["x"]
        .mean()
    ),
}


@pytest.mark.parametrize("name", KEYS)
def test_other_keys_are_refused(deal: Any, name: str) -> None:
    frame = pd.DataFrame({"n": [1, 2, 1], "x": [1.0, 2, 3], "t": list("abc")})
    with pytest.raises(FedError):
        KEYS[name](deal([0, 1, 0])(frame))


def test_keys_that_hardly_repeat_are_not_told(deal: Any) -> None:
    frame = pd.DataFrame({"id": range(60), "x": 1.0})
    with pytest.raises(RevealError, match="column 'id' has 30 distinct values in 30 rows"):
        deal([0] * 30 + [1] * 30)(frame).groupby("id").mean()
