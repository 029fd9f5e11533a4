"""Snapshots: equal fits give equal leaves, whatever they hold, and other fits give other ones."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.preprocessing import OneHotEncoder
from sklearn.svm import SVC

from fedmigrate.verify.compare import difference
from fedmigrate.verify.snapshot import fitted, flat

_X = np.random.default_rng(0).normal(size=(40, 3))
_Y = _X @ [1.0, 2.0, 3.0]


def _same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return one.keys() == other.keys() and all(difference(one[k], other[k]).identical for k in one)


class _Holds(BaseEstimator):  # type: ignore[misc]
    def fit(self, value: Any) -> _Holds:
        self.held_ = value
        self.count = 3
        self._hidden_ = 4
        return self


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda: None, id="None"),
        pytest.param(lambda: slice(1, 5, 2), id="slice"),
        pytest.param(lambda: {"a": [1, (2.0, "b")], 3: None}, id="nested"),
        pytest.param(lambda: object(), id="an object, which prints its address"),
        pytest.param(lambda: lambda: 0, id="a function, which prints its address"),
        pytest.param(lambda: np.array([len, object], dtype=object), id="objects in an array"),
        pytest.param(lambda: np.array([lambda: 0], dtype=object), id="functions in an array"),
        pytest.param(lambda: SimpleNamespace(x=object()), id="an object in an object"),
        pytest.param(lambda: (n for n in range(0)), id="generator"),
        pytest.param(lambda: np.random.RandomState(0), id="random numbers"),
        pytest.param(lambda: np.random.default_rng(0), id="generator of random numbers"),
        pytest.param(lambda: pd.DataFrame({"a": [1.0, 2.0], "b": [1, 2]}), id="frame"),
        pytest.param(lambda: np.array(["2020-01-01"], dtype="M8[D]"), id="dates"),
        pytest.param(lambda: _Holds().fit(Ridge().fit(_X, _Y)), id="estimators"),
        pytest.param(lambda: np.float64("nan"), id="nan"),
    ],
)
def test_equal_values_give_equal_leaves(make: Any) -> None:
    one, other = flat("value", make()), flat("value", make())
    assert one
    assert _same(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (slice(1, 5), slice(1, 6)),
        ({"a": 1}, {"b": 1}),
        ([1, 2], [1, 2, 3]),
        (np.array(["a", None], dtype=object), np.array(["a", "None"], dtype=object)),
        (pd.DataFrame({"a": [1.0]}), pd.DataFrame({"a": [2.0]})),
        (Ridge().fit(_X, _Y), Ridge(alpha=5).fit(_X, _Y)),
        (len, max),
        (None, 0),
        ("1", 1),
    ],
)
def test_other_values_give_other_leaves(one: Any, other: Any) -> None:
    assert not _same(flat("value", one), flat("value", other))


def test_texts_of_numpy_are_those_of_python() -> None:
    one = np.array([np.str_("a"), np.float64(1.5), None], dtype=object)
    other = np.array(["a", 1.5, None], dtype=object)
    assert _same(flat("v", one), flat("v", other))


def test_only_fitted_attributes_are_looked_at() -> None:
    assert fitted(_Holds().fit(1)).keys() == {"held_"}
    assert fitted(_Holds()) == {}


def test_what_a_clock_measured_is_left_out() -> None:
    found = fitted(GridSearchCV(Ridge(), {"alpha": [1, 2]}, cv=2).fit(_X, _Y))
    assert "cv_results_['mean_test_score']" in found
    assert "best_estimator_.coef_" in found
    assert not [name for name in found if "_time" in name]


def test_estimators_in_an_array_are_compared_by_what_they_learned() -> None:
    def grown() -> dict[str, Any]:
        return fitted(GradientBoostingRegressor(n_estimators=2, random_state=0).fit(_X, _Y))

    assert any(name.startswith("estimators_[1][0].tree_") for name in grown())
    assert _same(grown(), grown())


def test_categories_are_compared_in_their_order() -> None:
    one = fitted(OneHotEncoder(categories=[["a", "b"]]).fit([["a"], ["b"]]))
    other = fitted(OneHotEncoder(categories=[["b", "a"]]).fit([["a"], ["b"]]))
    assert one["categories_[0]"] != other["categories_[0]"]


def test_support_vectors_of_a_linear_kernel_are_compared_by_what_they_add_up_to() -> None:
    X, y = np.array([[0.0, 1.0], [1.0, 0.0], [2.0, 5.0], [3.0, 4.0]]), np.array([0, 0, 1, 1])
    linear, other = fitted(SVC(kernel="linear").fit(X, y)), fitted(SVC(kernel="poly").fit(X, y))
    assert "coef_" in linear
    assert "support_vectors_" not in linear
    assert "support_vectors_" in other
    assert "coef_" not in other
