"""Choosing rows: positions, masks, and what may not be combined."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from dealt_tables import FEW, arrays, place
from hypothesis import given
from hypothesis import strategies as st
from pooled_view import assert_same, pooled

from fedruntime.data.take import align, filter_rows, take
from fedruntime.errors import DataError


@given(drawn=arrays(), data=st.data())
@FEW
def test_any_positions_in_any_order(drawn: Any, data: Any) -> None:
    array, dealt = drawn
    positions = data.draw(st.lists(st.integers(-len(array), len(array) - 1)))
    assert_same(take(place(array, dealt), positions), array[np.array(positions, dtype=int)])


@given(drawn=arrays(), data=st.data())
@FEW
def test_any_mask_keeps_the_pooled_order(drawn: Any, data: Any) -> None:
    array, dealt = drawn
    size = len(array)
    mask = np.array(data.draw(st.lists(st.booleans(), min_size=size, max_size=size)))
    handle = place(np.column_stack([array[:, 0], mask]), dealt)
    filtered = filter_rows(handle[:, 0], handle[:, 1] == 1)
    assert_same(filtered, pooled(handle)[:, 0][mask])


@given(drawn=arrays())
@FEW
def test_two_filters_by_one_mask_stay_together(drawn: Any) -> None:
    array, dealt = drawn
    X = place(array, dealt)
    mask = X[:, 0] > 0
    assert_same(X[mask] - X[:, 1:2][mask], array[array[:, 0] > 0] - array[array[:, 0] > 0][:, 1:2])


@pytest.mark.parametrize("positions", [[3], [-4], [0, 99]], ids=str)
def test_positions_out_of_range(deal: Any, positions: list[int]) -> None:
    with pytest.raises(DataError, match="reach beyond the 3 rows"):
        take(deal([0, 1, 1])(np.eye(3)), positions)


@pytest.mark.parametrize("positions", [[0.5], [[0, 1]], "ab"], ids=str)
def test_positions_that_are_none(deal: Any, positions: Any) -> None:
    with pytest.raises(DataError, match="row positions are a list of integers"):
        take(deal([0, 1, 1])(np.eye(3)), positions)


def test_a_mask_must_be_boolean(deal: Any) -> None:
    X = deal([0, 1])(np.eye(2))
    with pytest.raises(DataError, match="a row mask is one boolean a row"):
        filter_rows(X, X[:, 0])


def test_rows_of_different_splits_do_not_meet(deal: Any) -> None:
    dealt = deal([0, 0, 1, 1])
    X = dealt(np.arange(8.0).reshape(4, 2))
    with pytest.raises(DataError, match="were split or filtered differently"):
        align(take(X, [0, 2]), take(X, [0, 1]))
    with pytest.raises(DataError, match=r"has 4 rows, .* has 2"):
        X + take(X, [0, 1])
    with pytest.raises(DataError, match="were split or filtered differently"):
        _ = take(X, [0, 2])[take(X, [1, 0])[:, 0] > 0]


def test_rows_with_other_labels_do_not_meet(deal: Any) -> None:
    frame = deal([0, 0, 1, 1])(pd.DataFrame({"x": [1.0, 2.0, 3.0, 4.0]}))
    first, second = frame[frame["x"] < 4], frame.iloc[[1, 0, 2]]
    with pytest.raises(DataError, match="pandas would pair rows by label"):
        first["x"] + second["x"]
    together = first["x"].reset_index(drop=True) + second["x"].reset_index(drop=True)
    assert pooled(together).tolist() == [3.0, 3.0, 6.0]


def test_one_number_a_run_leaves_with_a_filter(deal: Any) -> None:
    X = deal([0] * 50 + [1] * 40)(np.arange(90.0))
    before = len(X.federation.ledger)
    _ = X[X > 30]
    left = [dict(entry.content) for entry in X.federation.ledger[before:] if entry.content]
    assert left == [{"kept": (1,)}, {"kept": (1,)}]
