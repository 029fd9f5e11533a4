"""SecretFlow's view: device objects, one a party, and handles made from them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from pooled_view import assert_same
from scipy import sparse

import fedruntime
from fedruntime import partition_data, partition_label
from fedruntime.data.assemble import assemble
from fedruntime.errors import DataError


@pytest.fixture(autouse=True)
def federation() -> Any:
    return fedruntime.init(["alice", "bob", "carol"])


@pytest.mark.parametrize(
    "rows",
    [
        np.arange(14.0).reshape(7, 2),
        np.arange(7),
        pd.DataFrame({"a": range(7), "b": list("abcdefg")}),
        pd.Series(range(7), name="s"),
    ],
    ids=["matrix", "vector", "frame", "series"],
)
def test_partition_and_assemble_give_the_rows_back(federation: Any, rows: Any) -> None:
    parts = partition_data(rows)
    assert [part.device.name for part in parts] == ["alice", "bob", "carol"]
    assert [part.shape[0] for part in parts] == [3, 2, 2]
    assert_same(assemble(federation, parts), rows)


def test_lists_and_sparse_matrices_are_split(federation: Any) -> None:
    assert_same(assemble(federation, partition_data([[1, 2], [3, 4]])), np.array([[1, 2], [3, 4]]))
    parts = partition_data(sparse.eye(5))
    assert_same(assemble(federation, parts).toarray(), np.eye(5))


def test_equal_lengths_split_at_the_same_places(federation: Any) -> None:
    X = assemble(federation, partition_data(np.eye(8)))
    y = assemble(federation, partition_label(list(range(8))))
    assert X.layout.same_as(y.layout)


def test_parts_of_a_handle_keep_its_pooled_order(federation: Any) -> None:
    X = fedruntime.init(["alice", "bob"], split="iid").load(np.arange, 9)
    assert_same(assemble(X.federation, partition_data(X)), np.arange(9))


def test_the_order_of_the_parts_does_not_matter(federation: Any) -> None:
    rows = np.arange(7)
    assert_same(assemble(federation, partition_data(rows)[::-1]), rows)


def test_results_of_functions_on_devices(federation: Any) -> None:
    parts = [device(np.full)(2, number) for number, device in enumerate(federation.devices)]
    assert_same(assemble(federation, parts), np.array([0, 0, 1, 1, 2, 2]))


def test_parts_outlive_their_handle(federation: Any) -> None:
    parts = partition_data(np.arange(6))
    federation.load(np.arange, 3).sum()
    assert_same(assemble(federation, parts), np.arange(6))


def test_parts_outlive_a_change_of_their_handle(federation: Any) -> None:
    X = federation.load(np.arange, 6)
    parts = partition_data(X)
    X += 1
    X.sum()
    assert_same(assemble(federation, parts), np.arange(6))
    assert_same(X, np.arange(1, 7))


def test_a_party_without_a_part_is_named(federation: Any) -> None:
    with pytest.raises(DataError, match="there is no part at bob, carol"):
        assemble(federation, partition_data(np.eye(3))[:1])


def test_two_parts_at_one_party(federation: Any) -> None:
    part = partition_data(np.eye(3))[0]
    with pytest.raises(DataError, match="two of the parts lie at the same party"):
        assemble(federation, [part, part])


def test_what_is_no_rows(federation: Any) -> None:
    parts = [device(float)("1.5") for device in federation.devices]
    with pytest.raises(DataError, match="what lies at 'alice' is no table, array or column"):
        assemble(federation, parts)
