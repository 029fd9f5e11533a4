"""Searches that are driven at the same pace find what they find alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import optimize

from fedruntime.estimators.preprocessing.searches_together import search_together


def _brent(function: Any) -> float:
    return float(optimize.brent(function, brack=(-2.0, 2.0)))


def test_each_finds_what_it_finds_alone() -> None:
    targets = np.linspace(-5, 5, 300)
    asked = []

    def evaluate(numbers: Any, arguments: Any) -> Any:
        asked.append(len(numbers))
        return np.cosh(arguments - targets[numbers])

    found = search_together([_brent] * len(targets), evaluate)
    alone = [_brent(lambda x, target=target: np.cosh(x - target)) for target in targets]
    assert found.tolist() == alone
    assert len(asked) < 150


def test_a_search_that_asks_nothing() -> None:
    def evaluate(numbers: Any, arguments: Any) -> Any:
        raise AssertionError("nothing was asked")

    assert search_together([lambda function: 1.0], evaluate).tolist() == [1.0]
    assert search_together([], evaluate).tolist() == []


def test_what_ends_a_search_is_raised() -> None:
    def failing(function: Any) -> float:
        function(1.0)
        raise ValueError("no bracket")

    with pytest.raises(ValueError, match="no bracket"):
        search_together([failing, _brent], lambda numbers, arguments: arguments**2)
