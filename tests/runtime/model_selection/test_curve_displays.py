"""Learning and validation curves as scikit-learn draws them, beside those of the pooled data."""

from __future__ import annotations

from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
import sklearn.model_selection
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

from fedruntime import FLModel, model_selection

mpl.use("Agg")
X, Y = load_iris(return_X_y=True)
CASES = {
    "LearningCurveDisplay": {"train_sizes": [0.5, 1.0], "score_type": "both"},
    "ValidationCurveDisplay": {"param_name": "C", "param_range": [0.1, 1.0], "scoring": "accuracy"},
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("wrapped", [True, False], ids=["FLModel", "plain"])
def test_curves_of_the_pooled_data(name: str, wrapped: bool, deal: Any) -> None:
    dealt = deal(np.arange(len(Y)) % 3)
    model = LogisticRegression(max_iter=500)
    theirs = getattr(sklearn.model_selection, name).from_estimator(model, X, Y, cv=3, **CASES[name])
    given = FLModel(model=model) if wrapped else model
    ours = getattr(model_selection, name).from_estimator(
        given, dealt(X), dealt(Y), cv=3, **CASES[name]
    )
    assert ours.train_scores == pytest.approx(theirs.train_scores, rel=1e-12)
    assert ours.test_scores == pytest.approx(theirs.test_scores, rel=1e-12)
    assert ours.ax_.get_xlabel() == theirs.ax_.get_xlabel()
    assert ours.ax_.get_ylabel() == theirs.ax_.get_ylabel()
    assert len(ours.ax_.lines) == len(theirs.ax_.lines)


@pytest.mark.parametrize("name", CASES)
def test_local_data_goes_to_scikit_learn(name: str) -> None:
    model = FLModel(model=LogisticRegression(max_iter=500))
    display = getattr(model_selection, name).from_estimator(model, X, Y, cv=3, **CASES[name])
    assert display.test_scores.shape == (2, 3)
