"""What would show rows, or is unknown, is refused with the line and what to do; nothing slips
through as an object array or a wrong number."""

from __future__ import annotations

import builtins
import copy
import json
import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.utils import check_array
from sklearn.utils.validation import column_or_1d

from fedruntime.data.operations import OPERATIONS, REVEALS_ROWS
from fedruntime.errors import DataError, FedError, RevealError, UnsupportedError

ARRAY = np.arange(12.0).reshape(6, 2)
FRAME = pd.DataFrame({"x": np.arange(6.0), "n": [1, 2, 3, 1, 2, 3], "t": list("abcabc")})


@pytest.fixture
def held(deal: Any) -> dict[str, Any]:
    dealt = deal([0, 0, 1, 1, 2, 2])
    frame = dealt(FRAME)
    return {"array": dealt(ARRAY), "frame": frame, "series": frame["x"]}


SHOWN = {
    "str": str,
    "format": lambda X: f"{X}",
    "format spec": lambda X: f"{X:>20}",
    "print": print,
    "np.asarray": np.asarray,
    "np.array": np.array,
    "np.array of a list": lambda X: np.array([X]),
    "np.array as objects": lambda X: np.array([X, X], dtype=object),
    "np.c_": lambda X: np.c_[X, X],
    "np.float64": np.float64,
    "np.save": lambda X: np.save("/dev/null", X),
    "np.sort": np.sort,
    "np.array_str": np.array_str,
    "float": float,
    "int": int,
    "bool": bool,
    "if": lambda X: 1 if X else 2,
    "pickle": pickle.dumps,
    "reversed": lambda X: builtins.list(reversed(X)),
    "pd.DataFrame": pd.DataFrame,
    "pd.Series": pd.Series,
    "pd.isnull": pd.isnull,
    "pd.get_dummies": pd.get_dummies,
    "check_array": lambda X: check_array(X, ensure_2d=False),
    "column_or_1d": column_or_1d,
}


@pytest.mark.parametrize("kind", ["array", "frame", "series"])
@pytest.mark.parametrize("name", SHOWN)
def test_rows_are_not_shown(held: Any, kind: str, name: str) -> None:
    with pytest.raises(FedError) as refused:
        SHOWN[name](held[kind])
    assert "Fed" in str(refused.value)


@pytest.mark.parametrize("kind", ["array", "frame"])
def test_to_numeric_takes_no_table(held: Any, kind: str) -> None:
    with pytest.raises(TypeError):
        pd.to_numeric(held[kind])


def test_to_numeric_gives_numbers_as_they_are(held: Any) -> None:
    assert pd.to_numeric(held["series"]) is held["series"]


SHOWN_ARRAY = {
    "row": lambda X: X[0],
    "last row": lambda X: X[-1],
    "cell": lambda X: X[0, 1],
    "numpy integer": lambda X: X[np.int64(3)],
    "iterate": list,
    "loop": lambda X: [row + 1 for row in X],
    "unpack": lambda X: (lambda a, *b: a)(*X),
    "zip": lambda X: builtins.list(zip(X, X, strict=True)),
    "enumerate": lambda X: builtins.list(enumerate(X)),
    "in": lambda X: 3.0 in X,
    "np.where of a mask": lambda X: np.where(X > 0),
    "argmax over rows": lambda X: X.argmax(),
    "np.argmax over rows": lambda X: np.argmax(X, axis=0),
    "json": lambda X: json.dumps(X.tolist()),
}


@pytest.mark.parametrize("name", SHOWN_ARRAY)
def test_rows_of_arrays_are_not_shown(held: Any, name: str) -> None:
    with pytest.raises(RevealError):
        SHOWN_ARRAY[name](held["array"])


SHOWN_FRAME = {
    "iloc row": lambda df: df.iloc[0],
    "iloc cell": lambda df: df.iloc[0, 1],
    "loc row": lambda df: df.loc[0],
    "loc cell": lambda df: df.loc[0, "x"],
    "series label": lambda df: df["x"][0],
    "series iloc": lambda df: df["x"].iloc[0],
    "iterate a series": lambda df: list(df["x"]),
    "dict": lambda df: {**df}["x"].to_dict(),
}


@pytest.mark.parametrize("name", SHOWN_FRAME)
def test_rows_of_frames_are_not_shown(held: Any, name: str) -> None:
    with pytest.raises(RevealError):
        SHOWN_FRAME[name](held["frame"])


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (kind, name)
        for kind in ("array", "frame", "series")
        for name, effect in OPERATIONS[kind].items()
        if effect == REVEALS_ROWS
    ],
)
def test_every_attribute_listed_as_revealing_is_refused(held: Any, kind: str, name: str) -> None:
    with pytest.raises(RevealError):
        getattr(held[kind], name)


UNKNOWN = {
    "apply to groups": lambda h: h["frame"].groupby("n").apply(len),
    "merge": lambda h: h["frame"].merge(h["frame"]),
    "cumsum": lambda h: h["series"].cumsum(),
    "shift": lambda h: h["series"].shift(),
    "sort_values": lambda h: h["frame"].sort_values("x"),
    "transform": lambda h: h["series"].transform(lambda x: x - x.mean()),
    "isin rows": lambda h: h["series"].isin(h["frame"]["n"]),
    "map by rows": lambda h: h["series"].map(h["frame"]["n"]),
    "replace by rows": lambda h: h["frame"]["n"].replace(1, h["series"]),
    "frame divided by series": lambda h: h["frame"][["x", "n"]].div(h["series"], axis=0),
    "forward fill": lambda h: h["series"].ffill(),
    "np.isin rows": lambda h: np.isin(h["series"], h["series"]),
    "rank": lambda h: h["series"].rank(),
    "diff": lambda h: h["frame"].diff(),
    "unknown method": lambda h: h["array"].cumprod(),
    "new categories": lambda h: h["frame"]["t"].astype("category").cat.add_categories(["z"]),
    "str.split": lambda h: h["frame"]["t"].str.split(),
    "dt.tz_localize": lambda h: h["series"].dt.tz_localize("UTC"),
    "drop rows": lambda h: h["frame"].drop([0, 1]),
    "drop rows by index": lambda h: h["frame"].drop(index=[0]),
    "loc labels": lambda h: h["frame"].loc[0:3],
    "apply that gives tables": lambda h: h["frame"].apply(lambda c: c.value_counts()),
    "frame minus series": lambda h: h["frame"][["x", "n"]] - h["series"],
    "matrix minus vector": lambda h: h["array"] - h["array"][:, 0],
    "product of rows": lambda h: h["array"] @ h["array"],
    "product from the left": lambda h: np.ones(6) @ h["array"],
    "reshape across rows": lambda h: h["array"].reshape(3, 4),
    "reshape to a line": lambda h: h["array"].reshape(-1),
    "ravel of a matrix": lambda h: h["array"].ravel(),
    "new first axis": lambda h: h["array"][None],
    "paired subscripts": lambda h: h["array"][[0, 1], [0, 1]],
    "set from rows under a mask": lambda h: h["array"].__setitem__(
        h["array"][:, 0] > 0, h["array"]
    ),
    "cells by mask": lambda h: h["array"][h["array"] > 0],
    "np.cov": lambda h: np.cov(h["array"]),
    "np.median of a matrix": lambda h: np.median(h["array"]),
    "ufunc reduce": lambda h: np.add.reduce(h["array"]),
    "ufunc out": lambda h: np.log(h["array"], out=np.empty((6, 2))),
    "unlisted ufunc": lambda h: np.spacing(h["array"]),
    "mean over both axes": lambda h: h["array"].mean(axis=(0, 1)),
    "sum where": lambda h: h["array"].sum(where=h["array"] > 0),
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_unknown_operations_are_named(held: Any, name: str) -> None:
    with pytest.raises(UnsupportedError) as refused:
        UNKNOWN[name](held)
    assert str(refused.value).startswith("test_refusals.py:")


LOCAL_ROWS = {
    "series plus series": lambda h: h["series"] + pd.Series(range(6)),
    "series first": lambda h: pd.Series(range(6)) + h["series"],
    "frame plus frame": lambda h: h["frame"][["x"]] + FRAME[["x"]],
    "compare with labels": lambda h: h["series"] == FRAME["x"],
    "new column of another length": lambda h: h["frame"].__setitem__("new", np.ones(5)),
    "assign of another length": lambda h: h["frame"].assign(new=[1, 2]),
    "local mask too short": lambda h: h["array"][[True, False]],
    "public vector of the wrong width": lambda h: h["array"] + np.ones((3, 2)),
}


@pytest.mark.parametrize("name", LOCAL_ROWS)
def test_local_rows_do_not_meet_rows_at_parties(held: Any, name: str) -> None:
    before = {kind: handle.ref for kind, handle in held.items()}
    with pytest.raises(DataError):
        LOCAL_ROWS[name](held)
    assert {kind: handle.ref for kind, handle in held.items()} == before


MISTAKES = {
    "no such column": (KeyError, lambda h: h["frame"]["nope"]),
    "no such columns": (KeyError, lambda h: h["frame"][["x", "nope"]]),
    "drop no such column": (KeyError, lambda h: h["frame"].drop(columns=["nope"])),
    "loc no such column": (KeyError, lambda h: h["frame"].loc[:, "nope"]),
    "too many subscripts": (IndexError, lambda h: h["array"][:, 0, 0]),
    "sum of text": (DataError, lambda h: h["frame"].sum()),
    "mean of text": (DataError, lambda h: h["frame"]["t"].mean()),
    "min of no rows": (DataError, lambda h: h["array"][h["array"][:, 0] > 99].min()),
    "labels of the wrong number": (DataError, lambda h: setattr(h["frame"], "columns", ["a"])),
    "text to numbers": (DataError, lambda h: h["frame"]["t"].astype(float)),
    "negative bincount": (DataError, lambda h: np.bincount(h["frame"]["n"].to_numpy() - 2)),
    "matmul of the wrong width": (DataError, lambda h: h["array"] @ np.ones(3)),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes_are_told_as_in_the_pooled_script(held: Any, name: str) -> None:
    error, mistake = MISTAKES[name]
    with pytest.raises(error):
        mistake(held)


@pytest.mark.parametrize("kind", ["array", "frame", "series"])
def test_probes_for_private_names_find_nothing(held: Any, kind: str) -> None:
    for name in ("__array_interface__", "__array_namespace__", "__dataframe__", "_repr_html_"):
        assert not hasattr(held[kind], name)


@pytest.mark.parametrize("kind", ["array", "frame", "series"])
def test_a_copy_is_a_handle_of_its_own(held: Any, kind: str) -> None:
    for twin in (copy.copy(held[kind]), copy.deepcopy(held[kind]), held[kind].copy()):
        assert type(twin) is type(held[kind])
        assert twin is not held[kind]


def test_a_copy_does_not_change_with_the_original(held: Any) -> None:
    X = held["array"]
    twin = X.copy()
    X += 1
    assert (X - twin).mean() == 1


def test_repr_tells_shape_and_counts_only(held: Any) -> None:
    assert repr(held["array"]) == "<FedArray 6 x 2; rows at party0: 2, party1: 2, party2: 2>"


def test_the_message_names_the_users_line(held: Any) -> None:
    with pytest.raises(RevealError, match=r"^test_refusals\.py:\d+: <FedFrame 6 x 3"):
        held["frame"].head()


def test_a_column_that_hardly_repeats_is_not_listed(deal: Any) -> None:
    series = deal([0] * 40 + [1] * 40)(pd.Series(np.arange(80.0), name="weight"))
    for listed in (series.unique, series.value_counts, series.nunique, lambda: np.unique(series)):
        with pytest.raises(RevealError, match="'weight' has 40 distinct values in 40 rows"):
            listed()
