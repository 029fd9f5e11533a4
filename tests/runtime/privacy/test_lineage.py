"""What a party knows of the origin of its rows: columns are not laundered, rows are recognised."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from registered_operations import runtime_operations
from scipy import sparse

import fedruntime
from fedruntime.data.row_operations import insert
from fedruntime.model_selection import KFold, train_test_split
from fedruntime.operations import Columns
from fedruntime.pandas import concat
from fedruntime.privacy.lineage import Lineage, Selection, lineage_of_source

TABLE = pd.DataFrame(
    {
        "ssn": np.arange(40) + 1000,
        "age": np.arange(40) % 7 + 20,
        "sex": ["f", "m"] * 20,
        "bmi": np.linspace(18, 30, 40),
    }
)


@pytest.fixture(name="df")
def _df() -> Any:
    return fedruntime.init(["alice", "bob"]).load(TABLE.copy)


def origin(handle: Any, party: str = "alice") -> Lineage:
    """What a simulated party knows of a handle's rows."""
    lineage: Lineage = handle.federation.engine._parties[party]._guard.lineage(handle.ref.name)
    return lineage


def columns(handle: Any) -> set[str]:
    return set(origin(handle).columns)


# -- columns --------------------------------------------------------------------------------


def test_a_table_has_its_own_columns(df: Any) -> None:
    assert columns(df) == set(TABLE.columns)
    assert [set(part) for part in origin(df).parts] == [{name} for name in TABLE.columns]


@pytest.mark.parametrize(
    ("narrowed", "left"),
    [
        (lambda df: df["age"], {"age"}),
        (lambda df: df[["bmi", "age"]], {"age", "bmi"}),
        (lambda df: df.drop(columns=["ssn", "sex"]), {"age", "bmi"}),
        (lambda df: df.drop(columns=["ssn"]).iloc[:, 0], {"age"}),
        (lambda df: df.rename(columns={"age": "ssn", "ssn": "age"})["ssn"], {"age"}),
        (lambda df: df.fillna(0).drop(columns="ssn"), {"age", "bmi", "sex"}),
        (lambda df: df.assign(double=df["bmi"] * 2)[["double", "age"]], {"age", "bmi"}),
        (lambda df: df.assign(one=1)["one"], set()),
        (lambda df: df[["age", "bmi"]].to_numpy()[:, 1], {"bmi"}),
        (lambda df: df[["age", "bmi"]].to_numpy()[:, [0]], {"age"}),
        (lambda df: df.drop(columns="ssn").select_dtypes("number"), {"age", "bmi"}),
        (lambda df: df.iloc[:10][["age"]], {"age"}),
    ],
)  # fmt: skip
def test_true_selections_narrow(df: Any, narrowed: Any, left: set[str]) -> None:
    assert columns(narrowed(df)) == left


@pytest.mark.parametrize(
    "laundered",
    [
        lambda df: df.assign(a=df["ssn"])["a"],
        lambda df: df.assign(a=lambda frame: frame["ssn"] * 1)["a"],
        lambda df: df.rename(columns={"ssn": "a"})[["a"]],
        lambda df: df["ssn"] + 0,
        lambda df: -df["ssn"].to_numpy(),
        lambda df: np.log(df["ssn"]),
        lambda df: df["age"].where(df["ssn"] > 1010, 0),
        lambda df: df["age"][df["ssn"] > 1010],
        lambda df: df[df["ssn"] > 1010]["age"],
        lambda df: df.dropna()["age"],
        lambda df: df.query("ssn > 1010")["age"],
        lambda df: df.set_index("ssn")["age"],
        lambda df: df[["age", "ssn"]].sum(axis=1),
        lambda df: df[["age", "ssn"]].to_numpy() @ np.array([[1.0], [0.0]]),
        lambda df: df.eval("a = ssn")["a"],
        lambda df: df.apply(lambda row: row["ssn"], axis=1),
        lambda df: concat([df["ssn"].rename("a"), df["age"]], axis=1)["a"],
        lambda df: np.column_stack([df["age"].to_numpy(), df["ssn"].to_numpy()])[:, 0],
        lambda df: (df["ssn"] > 1010).astype(int),
    ],
)
def test_nothing_launders_a_column(df: Any, laundered: Any) -> None:
    assert "ssn" in columns(laundered(df))


def test_a_table_set_into_itself_keeps_its_columns(df: Any) -> None:
    copied = df.federation.map(insert, rows=df, location=-1, columns=["a", "b", "c", "d"], value=df)
    assert "ssn" in columns(copied["a"])


def test_row_labels_go_with_the_rows() -> None:
    labelled = TABLE.set_index("ssn")
    lineage = lineage_of_source("t", labelled)
    assert [set(part) for part in lineage.parts] == [
        {"ssn", "age"}, {"ssn", "sex"}, {"ssn", "bmi"},
    ]  # fmt: skip
    df = fedruntime.init(["alice", "bob"]).load(labelled.copy)
    assert "ssn" in columns(df[["age"]].reset_index())


def test_columns_of_arrays_are_named_by_position() -> None:
    X = fedruntime.init(["alice", "bob"]).load(lambda: TABLE[["age", "bmi"]].to_numpy())
    assert [set(part) for part in origin(X).parts] == [{"0"}, {"1"}]
    lineage = lineage_of_source("s", sparse.eye(3, 4, format="csr"))
    assert lineage.columns == {"0", "1", "2", "3"}


def test_operations_that_pick_columns_are_those_reviewed() -> None:
    picking = {name for name, one in runtime_operations().items() if one.columns is Columns.PICKED}
    assert picking == {
        "boosting.columns", "column_transformer.select", "rows.columns", "rows.insert",
    }  # fmt: skip


# -- rows -----------------------------------------------------------------------------------


def key(handle: Any) -> bytes:
    return origin(handle).selection.key


def test_the_same_rows_are_recognised_however_they_were_selected(df: Any) -> None:
    young = key(df[df["age"] < 23])
    assert key(df[df["age"] <= 22]) == young
    assert key(df["bmi"][df["age"] < 23]) == young
    assert key(df.query("age < 23")) == young
    assert key(df[df["age"] < 24]) != young
    assert key(df) != young


def test_an_order_is_no_other_selection(df: Any) -> None:
    shuffled = df.iloc[list(range(40))[::-1]]
    assert key(shuffled) == key(df)
    assert key(shuffled.iloc[30:]) == key(df.iloc[:10])


def test_a_repeated_row_is_another_selection(df: Any) -> None:
    assert key(df.iloc[[0, 0, 1]]) != key(df.iloc[[0, 1]])


def test_a_selection_of_a_selection_counts_as_rows_of_the_table(df: Any) -> None:
    assert key(df.iloc[5:15].iloc[:5]) == key(df.iloc[5:10])
    assert origin(df.iloc[5:10]).rows == 5


def test_what_is_made_row_by_row_is_of_the_same_rows(df: Any) -> None:
    fold = df.iloc[:12]
    made = np.log(fold["bmi"].to_numpy()) * fold["age"].to_numpy()
    assert key(made) == key(fold)
    assert origin(made).rows == 12


def test_splits_of_two_tables_are_the_same_selection(df: Any) -> None:
    X, y = df[["age", "bmi"]], df["sex"]
    X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
    assert key(X_train) == key(y_train) != key(X_test) == key(y_test)
    folds = [key(X.iloc[test]) for _, test in KFold(5).split(X)]
    assert len(set(folds)) >= 2  # alice has the first half of the rows


def test_rows_of_no_known_origin_are_the_same_for_the_same_request(df: Any) -> None:
    def doubled() -> Any:
        return np.concatenate([df["age"].to_numpy(), df["bmi"].to_numpy()])

    assert key(doubled()) == key(doubled()) != key(df)


def test_a_selection_of_all_rows_is_all_rows() -> None:
    whole = Selection(5)
    assert whole.chosen(np.array([4, 2, 0, 1, 3])).key == whole.key
    assert whole.chosen(np.array([4, 2, 0, 1])).key != whole.key
    assert Selection(6).chosen(np.arange(5)).key != whole.key


def test_operations_that_select_rows_are_those_reviewed() -> None:
    selecting = {name for name, one in runtime_operations().items() if one.selects}
    assert selecting == {
        "model_selection.reorder", "multiclass.rows_of_classes", "rows.filter", "rows.labelled",
        "rows.take",
    }  # fmt: skip


# -- functions at a device ------------------------------------------------------------------


def test_a_value_that_a_function_makes_tells_of_all_its_rows() -> None:
    fedruntime.init(["alice", "bob"])
    alice = fedruntime.PYU("alice")
    rows = alice(lambda: np.arange(30.0))()
    total = alice(np.sum)(rows)
    lineage = origin(total)
    assert lineage.rows == 30
    assert len(lineage.sources) == 1
