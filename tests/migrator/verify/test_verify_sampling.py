"""Samples: the same share of the same rows, in the user's order, from all that loaders give."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from sklearn.datasets import load_iris, load_wine

from fedmigrate.verify.recorder import Recorder
from fedmigrate.verify.sampling import take_sample


@given(st.integers(1, 300), st.floats(1e-6, 1.0))
def test_the_share_is_kept_in_order_and_never_empty(count: int, share: float) -> None:
    kept = take_sample(np.arange(count), share)
    assert len(kept) == max(1, round(share * count))
    assert (np.diff(kept) > 0).all()


def test_the_whole_is_the_whole() -> None:
    assert np.array_equal(take_sample(np.arange(9), 1.0), np.arange(9))


def test_tables_and_arrays_of_equal_length_give_the_same_rows() -> None:
    numbers = np.arange(40)
    rows = take_sample(numbers, 0.3)
    assert np.array_equal(take_sample(pd.DataFrame({"a": numbers}), 0.3)["a"], rows)
    assert np.array_equal(take_sample(pd.Series(numbers), 0.3), rows)
    assert np.array_equal(take_sample(numbers[:, None] * [1, 2], 0.3)[:, 0], rows)
    assert np.array_equal(
        take_sample(sparse.csr_matrix(numbers[:, None]), 0.3).toarray().ravel(), rows
    )


def test_rows_keep_their_labels() -> None:
    table = pd.DataFrame({"a": range(10)}, index=list("abcdefghij"))
    kept = take_sample(table, 0.5)
    assert [table.loc[label, "a"] for label in kept.index] == list(kept["a"])


def test_the_frame_of_a_bunch_goes_with_its_data() -> None:
    kept = take_sample(load_wine(as_frame=True), 0.1)
    assert kept.frame.index.equals(kept.data.index)
    assert kept.target.index.equals(kept.data.index)


def test_nothing_loaded_is_changed() -> None:
    loaded = load_iris()
    before = loaded.data.copy(), dict(loaded).keys()
    take_sample(loaded, 0.2)
    assert np.array_equal(loaded.data, before[0])
    assert dict(loaded).keys() == before[1]


@pytest.mark.parametrize("loaded", [[1, 2, 3], "text", b"x", 7, None, np.array(3)])
def test_what_is_no_table_is_the_same_object(loaded: Any) -> None:
    assert take_sample(loaded, 0.5) is loaded


def test_without_a_share_a_load_is_the_same_object() -> None:
    loaded = np.arange(10)
    assert Recorder(None).load(loaded) is loaded
    assert len(Recorder(0.5).load(loaded)) == 5
