"""``fed.load``: what a loader gives comes back with handles where the rows are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pooled_view import assert_same, parts_of, pooled
from scipy import sparse
from sklearn.datasets import load_digits, load_iris, make_regression
from sklearn.utils import Bunch

import fedruntime
from fedruntime import FedArray, FedFrame, FedSeries
from fedruntime.data.array import FedSparse
from fedruntime.errors import DataError, SettingsError

FRAME = pd.DataFrame({"x": [1.5, 2.5, np.nan, 4.0, 5.0], "label": ["b", "a", "b", "a", "c"]})
SPLITS = ["contiguous", "iid", "label_skew"]


def _federation(split: str = "contiguous", parties: int = 3, **options: Any) -> Any:
    return fedruntime.init([f"p{n}" for n in range(parties)], split=split, **options)


@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize("parties", [1, 2, 3, 8], ids=lambda n: f"{n} parties")
def test_pooled_order_is_kept_by_every_split(split: str, parties: int) -> None:
    frame = _federation(split, parties, label="label").load(FRAME.copy)
    assert isinstance(frame, FedFrame)
    assert_same(frame, FRAME)


def test_contiguous_deals_blocks() -> None:
    array = _federation().load(np.arange, 7)
    assert [part.tolist() for part in parts_of(array).values()] == [[0, 1, 2], [3, 4], [5, 6]]


def test_iid_deals_by_the_seed() -> None:
    owners = [
        _federation("iid", split_seed=seed).load(np.arange, 40).layout.owner for seed in (0, 0, 1)
    ]
    assert np.array_equal(owners[0], owners[1])
    assert not np.array_equal(owners[0], owners[2])
    assert np.bincount(owners[0]).tolist() == [14, 13, 13]


def test_label_skew_deals_the_rows_sorted_by_label() -> None:
    frame = _federation("label_skew", parties=2, label="label").load(FRAME.copy)
    assert [part["label"].tolist() for part in parts_of(frame).values()] == [
        ["b", "a", "a"],
        ["b", "c"],
    ]
    X, y = _federation("label_skew").load(load_iris, return_X_y=True)
    assert [set(part) for part in parts_of(y).values()] == [{0}, {1}, {2}]
    assert X.layout is y.layout
    bunch = _federation("label_skew").load(load_iris)
    assert [set(part) for part in parts_of(bunch.target).values()] == [{0}, {1}, {2}]


def test_label_skew_without_a_label_says_what_to_set() -> None:
    with pytest.raises(SettingsError, match=r"set label='COLUMN'"):
        _federation("label_skew").load(FRAME.copy)
    with pytest.raises(SettingsError, match=r"set label='COLUMN'"):
        _federation("label_skew", label="absent").load(FRAME.copy)


def test_a_csv_file(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    FRAME.to_csv(path, index=False)
    assert_same(_federation().load(pd.read_csv, path), pd.read_csv(path))
    assert_same(_federation().load(pd.read_csv, path, usecols=["x"])["x"], FRAME["x"])


def test_errors_of_the_loader_are_the_scripts_own(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"missing\.csv"):
        _federation().load(pd.read_csv, tmp_path / "missing.csv")
    with pytest.raises(ZeroDivisionError):
        _federation().load(lambda: 1 / 0)


@pytest.mark.parametrize("as_frame", [False, True], ids=["arrays", "frames"])
def test_a_bunch_has_rows_and_descriptions(as_frame: bool) -> None:
    bunch, expected = _federation().load(load_iris, as_frame=as_frame), load_iris(as_frame=as_frame)
    assert type(bunch) is Bunch
    assert set(bunch) == set(expected)
    assert_same(bunch.data, expected.data)
    assert_same(bunch.target, expected.target)
    assert bunch.feature_names == expected.feature_names
    assert bunch.target_names.tolist() == expected.target_names.tolist()
    assert bunch.DESCR == expected.DESCR
    if as_frame:
        assert_same(bunch.frame, expected.frame)


def test_images_are_rows() -> None:
    bunch = _federation().load(load_digits)
    assert bunch.images.shape == (1797, 8, 8)
    assert_same(bunch.images.reshape(len(bunch.images), -1), load_digits().data)


def test_names_are_never_rows_even_when_there_are_as_many() -> None:
    def loader() -> Bunch:
        return Bunch(
            data=np.eye(3), target=np.arange(3), target_names=np.array(["a", "b", "c"]),
            feature_names=["x", "y", "z"],
        )  # fmt: skip

    bunch = _federation().load(loader)
    assert bunch.target_names.tolist() == ["a", "b", "c"]
    assert isinstance(bunch.target, FedArray)


def test_vectors_beside_tables_are_rows_only_if_as_long() -> None:
    X, y, coef = _federation().load(make_regression, 20, 4, coef=True, random_state=0)
    assert isinstance(X, FedArray)
    assert isinstance(y, FedArray)
    assert isinstance(coef, np.ndarray)


def test_nested_tuples_of_several_lengths() -> None:
    def loader() -> Any:
        return (np.eye(4), np.arange(4)), (np.eye(2), np.arange(2)), "text"

    (X, y), (X_test, y_test), text = _federation().load(loader)
    assert X.layout is y.layout
    assert X_test.layout is y_test.layout
    assert (len(X), len(X_test), text) == (4, 2, "text")


def test_what_a_generating_loader_gives_is_gone_through_once() -> None:
    X = np.arange(8.0).reshape(4, 2)
    table, labels, _ = _federation().load(lambda: map(np.asarray, (X, X[:, 0], 2.0)))
    assert isinstance(table, FedArray)
    assert pooled(table).tolist() == X.tolist()
    assert pooled(labels).tolist() == X[:, 0].tolist()


def test_npz_files_and_dicts(tmp_path: Path) -> None:
    np.savez(tmp_path / "data.npz", X=np.eye(4), y=np.arange(4))
    loaded = _federation().load(np.load, tmp_path / "data.npz")
    assert_same(loaded["X"], np.eye(4))
    assert_same(loaded["y"], np.arange(4))


def test_series_and_sparse_matrices() -> None:
    series = _federation().load(lambda: FRAME["x"])
    assert isinstance(series, FedSeries)
    assert_same(series, FRAME["x"])
    matrix = _federation("iid").load(lambda: sparse.coo_matrix(np.eye(5)))
    assert isinstance(matrix, FedSparse)
    assert np.array_equal(pooled(matrix), np.eye(5))
    assert_same(matrix.toarray(), np.eye(5))
    assert np.array_equal(pooled(matrix[1:3]), np.eye(5)[1:3])


def test_more_parties_than_rows() -> None:
    frame = _federation(parties=8).load(FRAME.copy)
    assert frame.layout.counts == (1, 1, 1, 1, 1, 0, 0, 0)
    assert frame["x"].mean() == FRAME["x"].mean()
    assert frame.dtypes.equals(FRAME.dtypes)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (lambda: 7, "gave a int, which holds no rows"),
        (lambda: None, "gave a NoneType, which holds no rows"),
        (lambda: [[1, 2], [3, 4]], "gave a list, which holds no rows"),
        (lambda: ("a", 1), "gave a tuple, which holds no rows"),
        (lambda: np.empty((0, 3)), "gave no rows"),
        (lambda: FRAME.iloc[:0], "gave no rows"),
    ],
    ids=["number", "nothing", "list", "tuple", "empty array", "empty frame"],
)
def test_what_is_no_data_is_named(given: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        _federation().load(given)
