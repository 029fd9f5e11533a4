"""Functions of pandas give the pooled answer on handles, and are pandas' own elsewhere."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas
import pytest
from dealt_tables import FEW, frames, place
from hypothesis import given
from pooled_view import assert_same, pooled

import fedruntime.pandas as pd
from fedruntime.errors import DataError, FedError, RevealError, UnsupportedError

PUBLIC = pandas.DataFrame({"n": range(-4, 5), "rate": np.linspace(0, 1, 9), "x": list("abcdefghi")})
NUMBERS = ["n", "x", "holes"]
_INNER_KEEPS_ORDER = tuple(map(int, pandas.__version__.split(".")[:2])) >= (2, 2)

ROW_LOCAL: dict[str, Any] = {
    "dummies": lambda pd, df: pd.get_dummies(df),
    "dummies of columns": lambda pd, df: pd.get_dummies(df, columns=["n", "text"]),
    "dummies without first": lambda pd, df: pd.get_dummies(df, columns=["n"], drop_first=True),
    "dummies with prefix": lambda pd, df: pd.get_dummies(df, columns=["text"], prefix="t"),
    "dummies as numbers": lambda pd, df: pd.get_dummies(df["text"], dtype=int),
    "dummies of missing": lambda pd, df: pd.get_dummies(df["holes"], dummy_na=True, prefix="h"),
    "dummies of categories": lambda pd, df: pd.get_dummies(df["text"].astype("category")),
    "dummies of booleans": lambda pd, df: pd.get_dummies(df["flag"]),
    "codes": lambda pd, df: df["text"].astype("category").cat.codes,
    "codes of holes": lambda pd, df: df["holes"].astype("category").cat.codes,
    "categories by column": lambda pd, df: df.astype({"text": "category"})["text"].cat.codes,
    "isnull": lambda pd, df: pd.isnull(df["holes"]),
    "isna": lambda pd, df: pd.isna(df),
    "notnull": lambda pd, df: pd.notnull(df),
    "cut": lambda pd, df: pd.cut(df["x"], [-10, 0, 1, 1e7]),
    "cut labelled": lambda pd, df: pd.cut(df["x"], [-10, 0, 1e7], labels=["low", "high"]),
    "cut numbered": lambda pd, df: pd.cut(df["n"], [-9, 0, 9], labels=False),
    "cut from the left": lambda pd, df: pd.cut(df["n"], [-4, 0, 5], right=False),
    "cut in three": lambda pd, df: pd.cut(df["n"], 3),
    "qcut": lambda pd, df: pd.qcut(df["x"], 4, duplicates="drop", labels=False),
    "to_numeric": lambda pd, df: pd.to_numeric(df["text"], errors="coerce"),
    "to_numeric of numbers": lambda pd, df: pd.to_numeric(df["n"]),
    "to_datetime of times": lambda pd, df: pd.to_datetime(df["when"]),
    "side by side": lambda pd, df: pd.concat([df[["n"]], df["x"] * 2, df["text"]], axis=1),
    "side by side with keys": lambda pd, df: pd.concat([df["n"], df["x"]], axis=1, keys=["a", "b"]),
    "one after another": lambda pd, df: pd.concat([df, df[df["n"] > 0]]),
    "one after another numbered": lambda pd, df: pd.concat(
        [df[NUMBERS], df[["x", "n", "holes"]]], ignore_index=True
    ),
    "series after another": lambda pd, df: pd.concat([df["n"], df["x"]]),
    "train and test": lambda pd, df: pd.concat([df[:2], df[2:]])[: len(df[:2])],
    "merge": lambda pd, df: pd.merge(df, PUBLIC, on="n", how="left"),
    "merge by other names": lambda pd, df: df.merge(
        PUBLIC.rename(columns={"n": "key"}), left_on="n", right_on="key", how="left"
    ),
    "merge to more rows": lambda pd, df: df.merge(
        pandas.concat([PUBLIC, PUBLIC[::2]]), on="n", how="left"
    ),
    "join": lambda pd, df: df[["n"]].join(PUBLIC.set_index("n"), on="n"),
    "join rows": lambda pd, df: df[["n"]].join(pd.get_dummies(df["text"])),
    "frame of a frame": lambda pd, df: pd.DataFrame(df),
    "frame of some columns": lambda pd, df: pd.DataFrame(df, columns=["x", "n"]),
    "frame of an array": lambda pd, df: pd.DataFrame(df[NUMBERS].to_numpy()),
    "frame of an array with labels": lambda pd, df: pd.DataFrame(
        df[NUMBERS].to_numpy(), columns=NUMBERS
    ),
    "frame with the labels of rows": lambda pd, df: pd.DataFrame(
        df[df["n"] > 0][NUMBERS].to_numpy(), columns=NUMBERS, index=df[df["n"] > 0].index
    ),
    "frame of columns": lambda pd, df: pd.DataFrame(
        {"a": df["n"], "b": df["x"].to_numpy(), "c": 1, "d": np.arange(len(df))}
    ),
    "frame of vectors": lambda pd, df: pd.DataFrame({"a": df["n"].to_numpy()}),
    "series of a vector": lambda pd, df: pd.Series(df["n"].to_numpy(), name="m"),
    "series of a series": lambda pd, df: pd.Series(df["n"], name="m"),
    "factorized": lambda pd, df: pd.factorize(df["text"])[0],
    "factorized in order": lambda pd, df: pd.factorize(df["holes"], sort=True)[0],
}

TOLD: dict[str, Any] = {
    "crosstab": lambda pd, df: pd.crosstab(df["n"], df["text"]),
    "crosstab of shares": lambda pd, df: pd.crosstab(df["n"], df["flag"], normalize="index"),
    "crosstab with margins": lambda pd, df: pd.crosstab(df["n"], df["flag"], margins=True),
    "pivot_table": lambda pd, df: pd.pivot_table(df, values="x", index="n"),
    "pivot_table across": lambda pd, df: df.pivot_table(
        values="x", index="n", columns="flag", aggfunc="sum", fill_value=0
    ),
    "categories": lambda pd, df: df["text"].astype("category").cat.categories,
    "values of categories": lambda pd, df: df["text"].astype("category").value_counts(sort=False),
    "counts of bins": lambda pd, df: pd.cut(df["n"], [-9, 0, 9]).value_counts(sort=False),
    "edges": lambda pd, df: pd.cut(df["n"], 2, retbins=True)[1],
    "factorized values": lambda pd, df: pd.factorize(df["n"])[1],
    "unique": lambda pd, df: pd.unique(df["n"]),
}


@pytest.mark.parametrize("name", ROW_LOCAL)
@given(drawn=frames())
@FEW
def test_rows_are_the_pooled_rows(name: str, drawn: Any) -> None:
    frame, dealt = drawn
    found = ROW_LOCAL[name](pd, place(frame, dealt))
    expected = ROW_LOCAL[name](pandas, frame)
    assert_same(found, expected)
    if isinstance(expected, pandas.DataFrame):
        assert found.columns.tolist() == expected.columns.tolist()


@pytest.mark.parametrize("name", TOLD)
@given(drawn=frames())
@FEW
def test_told_values_are_the_pooled_values(name: str, drawn: Any) -> None:
    frame, dealt = drawn
    assert_same(TOLD[name](pd, place(frame, dealt)), TOLD[name](pandas, frame))


@given(drawn=frames())
@FEW
def test_inner_merges_keep_the_pooled_order_where_pandas_does(drawn: Any) -> None:
    frame, dealt = drawn
    some = PUBLIC.iloc[[3, 8, 5, 5, 1]]
    if _INNER_KEEPS_ORDER:
        assert_same(place(frame, dealt).merge(some, on="n"), frame.merge(some, on="n"))
    else:
        with pytest.raises(UnsupportedError, match="does not keep the order"):
            place(frame, dealt).merge(some, on="n")


TIMES = ["2020-01-31", None, "2021-02-01", "2020-12-24", "2019-07-04"]


@pytest.mark.parametrize("owner", [[0, 1, 0, 1, 2], [2, 2, 1, 0, 0]])
def test_times_are_read_by_the_form_of_the_first_pooled_value(deal: Any, owner: Any) -> None:
    told = pandas.Series(TIMES, name="when")
    days = pandas.Series(["01/02/2020", None, "12/11/2021", "03/04/2020", "05/06/2019"])
    assert_same(pd.to_datetime(deal(owner)(told)), pandas.to_datetime(told))
    assert_same(pd.to_datetime(deal(owner)(days)), pandas.to_datetime(days))
    for options in ({"dayfirst": True}, {"format": "%d/%m/%Y"}, {"errors": "coerce"}):
        assert_same(
            pd.to_datetime(deal(owner)(days), **options), pandas.to_datetime(days, **options)
        )


def test_a_form_that_one_party_alone_would_guess_is_not_taken(deal: Any) -> None:
    days = pandas.Series(["01/02/2020", "13/02/2020"])
    with pytest.raises(ValueError, match="13/02/2020"):
        pandas.to_datetime(days)
    with pytest.raises(DataError, match="does not hold times") as refused:
        pd.to_datetime(deal([0, 1])(days))
    assert "13/02" not in str(refused.value)


def test_labels_name_rows_again(deal: Any) -> None:
    frame = pandas.DataFrame({"x": [5.0, 1.0, 4.0, 2.0, 3.0, 9.0], "n": range(6)})
    held = deal([1, 0, 2, 1, 0, 1])(frame)

    def chosen(df: Any) -> Any:
        few = df.drop(df[df["x"] > 4].index)
        fewer = few.drop(index=few[few["x"] < 2].index)
        return fewer, df.loc[fewer.index], df["n"].loc[fewer.index], df.loc[few.index, "x"]

    assert_same(chosen(held), chosen(frame))


@pytest.mark.parametrize("use", ["drop", "loc", "join"])
def test_labels_that_may_come_twice_name_nothing(deal: Any, use: str) -> None:
    frame = pandas.DataFrame({"x": [5.0, 1.0, 4.0], "n": [1, 1, 2]})
    held = deal([0, 1, 1])(frame).set_index("n")
    uses = {
        "drop": lambda: held.drop(held.index),
        "loc": lambda: held.loc[held.index],
        "join": lambda: held.join(held.add_suffix("_2")),
    }
    with pytest.raises(UnsupportedError, match="may come at several parties"):
        uses[use]()


LABELS: dict[str, Any] = {
    "print": print,
    "list": list,
    "array": np.asarray,
    "one": lambda labels: labels[0],
    "tolist": lambda labels: labels.tolist(),
    "max": lambda labels: labels.max(),
}


@pytest.mark.parametrize("name", LABELS)
def test_labels_are_not_shown(deal: Any, name: str) -> None:
    with pytest.raises(RevealError, match="row labels"):
        LABELS[name](deal([0, 1])(pandas.DataFrame({"x": [1, 2]})).index)


REFUSED: dict[str, Any] = {
    "merge of rows": (UnsupportedError, lambda df: pd.merge(df, df, on="n")),
    "merge with rows second": (UnsupportedError, lambda df: pd.merge(PUBLIC, df, on="n")),
    "outer merge": (UnsupportedError, lambda df: df.merge(PUBLIC, on="n", how="outer")),
    "sorted merge": (UnsupportedError, lambda df: df.merge(PUBLIC, on="n", how="left", sort=True)),
    "join without a key": (UnsupportedError, lambda df: df.join(PUBLIC, rsuffix="_")),
    "concat with a local table": (DataError, lambda df: pd.concat([df, PUBLIC])),
    "concat of other labels": (
        DataError,
        lambda df: pd.concat([df["n"], df[::-1]["x"][::-1].iloc[[2, 1, 0]]], axis=1),
    ),
    "concat with keys": (UnsupportedError, lambda df: pd.concat([df, df], keys=["a", "b"])),
    "sparse dummies": (UnsupportedError, lambda df: pd.get_dummies(df, sparse=True)),
    "frame of a list": (UnsupportedError, lambda df: pd.DataFrame([df["n"], df["x"]])),
    "frame under local labels": (UnsupportedError, lambda df: pd.DataFrame(df, index=[4, 5, 6])),
    "frame of columns that are not there": (DataError, lambda df: pd.DataFrame(df, columns=["y"])),
    "frame with a local column": (
        DataError,
        lambda df: pd.DataFrame({"a": df["n"], "b": pandas.Series([1, 2, 3])}),
    ),
    "downcast": (UnsupportedError, lambda df: pd.to_numeric(df["n"], downcast="integer")),
    "times of parts": (UnsupportedError, lambda df: pd.to_datetime(df)),
    "text that is no number": (DataError, lambda df: pd.to_numeric(df["t"])),
    "cut of a frame": (DataError, lambda df: pd.cut(df, 3)),
    "melt": (FedError, lambda df: pd.melt(df)),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_has_no_pooled_result_is_refused(deal: Any, name: str) -> None:
    error, function = REFUSED[name]
    held = deal([0, 1, 0])(pandas.DataFrame({"n": [1, 2, 1], "x": [1.0, 2, 3], "t": list("aab")}))
    with pytest.raises(error):
        function(held)


def test_a_column_that_hardly_repeats_has_no_dummies(deal: Any) -> None:
    names = pandas.DataFrame({"name": [f"person {n}" for n in range(60)]})
    with pytest.raises(RevealError, match="'name' has 30 distinct values in 30 rows"):
        pd.get_dummies(deal([0] * 30 + [1] * 30)(names))


def test_local_data_is_left_to_pandas() -> None:
    frame = pandas.DataFrame({"a": ["x", "y"], "b": [1, 2]})
    assert type(pd.DataFrame({"a": [1]})) is pandas.DataFrame
    assert type(pd.Series([1])) is pandas.Series
    assert isinstance(frame, pd.DataFrame)
    assert not isinstance(frame, pd.Series)
    assert issubclass(pandas.DataFrame, pd.DataFrame)
    assert_same(pd.DataFrame.from_dict({"a": [1]}), pandas.DataFrame({"a": [1]}))
    assert_same(pd.get_dummies(frame), pandas.get_dummies(frame))
    assert_same(pd.concat([frame, frame]), pandas.concat([frame, frame]))
    assert pd.isnull(None) is True
    assert pd.read_csv is pandas.read_csv
    assert pd.NA is pandas.NA


def test_handles_are_what_they_stand_for(deal: Any) -> None:
    held = deal([0, 1])(pandas.DataFrame({"x": [1, 2]}))
    assert isinstance(held, pd.DataFrame)
    assert isinstance(held["x"], pd.Series)
    assert not isinstance(held, pd.Series)


def test_a_new_column_of_public_values_lies_where_its_rows_lie(deal: Any) -> None:
    frame = pandas.DataFrame({"x": [5.0, 1.0, 4.0, 2.0]})
    noise = np.random.default_rng(0).normal(size=4)

    def with_columns(df: Any) -> Any:
        df = df.copy()
        df["noise"] = noise
        df["listed"] = [4, 3, 2, 1]
        df["labelled"] = pandas.Series([1, 2, 3, 4], index=[3, 2, 1, 0])
        df[["a", "b"]] = np.arange(8).reshape(4, 2)
        return df.assign(new=noise * 2)

    assert_same(with_columns(deal([1, 0, 1, 2])(frame)), with_columns(frame))
    assert pooled(with_columns(deal([1, 0, 1, 2])(frame)))["labelled"].tolist() == [4, 3, 2, 1]
