"""Learning and validation curves are those of the pooled rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sklearn.model_selection
from sklearn.datasets import load_diabetes, load_iris
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import KFold

from fedruntime import model_selection
from fedruntime.errors import UnsupportedError

CURVES = [
    ("learning_curve", LogisticRegression(), {"cv": 4, "shuffle": True, "random_state": 0}),
    ("learning_curve", Ridge(), {"train_sizes": [0.3, 1.0], "scoring": "r2", "cv": 3}),
    (
        "learning_curve",
        Ridge(),
        {"train_sizes": [20, 90], "cv": KFold(3, shuffle=True, random_state=1)},
    ),
    ("validation_curve", LogisticRegression(), {"param_name": "C", "param_range": [0.1, 1.0]}),
    ("validation_curve", Ridge(), {"param_name": "alpha", "param_range": [0.1, 9.0], "cv": 2}),
]


def _data(model: Any) -> Any:
    load = load_iris if isinstance(model, LogisticRegression) else load_diabetes
    return load(return_X_y=True)


@pytest.mark.parametrize(("name", "model", "options"), CURVES, ids=str)
def test_the_pooled_curve(name: str, model: Any, options: dict[str, Any], deal: Any) -> None:
    X, y = _data(model)
    dealt = deal(np.arange(len(y)) % 3)
    expected = getattr(sklearn.model_selection, name)(model, X, y, **options)
    found = getattr(model_selection, name)(model, dealt(X), dealt(y), **options)
    assert len(found) == len(expected)
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-12)


def test_local_data_is_left_to_scikit_learn() -> None:
    X, y = load_iris(return_X_y=True)
    options: dict[str, Any] = {"cv": 2, "shuffle": True, "random_state": 0}
    ours = model_selection.learning_curve(LogisticRegression(), X, y, **options)
    theirs = sklearn.model_selection.learning_curve(LogisticRegression(), X, y, **options)
    assert [each.tolist() for each in ours] == [each.tolist() for each in theirs]


def test_incremental_learning_is_refused(deal: Any) -> None:
    with pytest.raises(UnsupportedError, match="exploit_incremental_learning"):
        model_selection.learning_curve(
            Ridge(), deal([0, 1])(np.eye(2)), exploit_incremental_learning=True
        )
