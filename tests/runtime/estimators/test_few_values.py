"""Distinct values of columns from summed counts: which are found, and that no others are told."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import fedruntime
from fedruntime.cohort import Cohort
from fedruntime.few_values import few_values


def _found(deal: Any, X: Any, most: int, owner: Any = None) -> list[Any]:
    dealt = deal(np.arange(len(X)) % 3 if owner is None else owner)
    rows = {"X": dealt(np.asarray(X, dtype=np.float64))}
    return few_values(Cohort(dealt.federation, fedruntime.PlainAggregator(), rows, "test"), most)


@pytest.mark.parametrize(
    "column",
    [
        [3.0, -1.5, 3.0, 0.1, 0.1],
        [np.nan, 2.0, np.nan, 2.0, 5e-324],
        [np.inf, -np.inf, 1e308, -1e308, 0.0],
        [0.0, -0.0, 0.0, 1.0, np.nextafter(1.0, 2.0)],
    ],
    ids=["repeated", "missing", "extremes", "neighbours and both zeros"],
)
def test_values_are_found_to_the_last_bit(deal: Any, column: Any) -> None:
    (found,) = _found(deal, np.array(column)[:, np.newaxis], 5)
    assert found.tolist() == np.unique(np.array(column)[~np.isnan(column)]).tolist()


def test_columns_of_more_values_are_not_told(deal: Any) -> None:
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.integers(0, 4, 60), rng.normal(size=60), rng.integers(0, 5, 60)])
    first, second, third = _found(deal, X, 4)
    assert first.tolist() == [0.0, 1.0, 2.0, 3.0]
    assert second is None
    assert third is None


def test_a_column_without_values_has_none(deal: Any) -> None:
    (found,) = _found(deal, np.full((6, 1), np.nan), 2)
    assert found.tolist() == []


def test_parties_without_rows_take_part(deal: Any) -> None:
    (found,) = _found(deal, np.array([[2.0], [1.0], [2.0]]), 3, owner=[0, 2, 2])
    assert found.tolist() == [1.0, 2.0]


def test_a_column_that_hardly_repeats_is_given_up_early(deal: Any) -> None:
    dealt = deal(np.arange(300) % 3)
    rows = {"X": dealt(np.random.default_rng(1).normal(size=(300, 2)))}
    few_values(Cohort(dealt.federation, fedruntime.PlainAggregator(), rows, "test"), 10)
    asked = [entry for entry in dealt.federation.ledger if "digits" in entry.operation]
    assert len(asked) / 3 <= 2  # rounds, of eight that values would take


def test_rounds_may_become_short_and_long_again(deal: Any) -> None:
    X = np.random.default_rng(2).normal(size=(2000, 12))
    X[:, 3] = X[:, 3].round()
    found = _found(deal, X, 255)
    assert found[3].tolist() == np.unique(X[:, 3] + 0.0).tolist()
    assert [column for column, values in enumerate(found) if values is not None] == [3]
