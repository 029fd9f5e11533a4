"""The decision boundary on a grid that reaches as far as the rows do."""

from __future__ import annotations

from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
import sklearn.inspection
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

from fedruntime import FLModel, inspection

mpl.use("Agg")
IRIS = load_iris()
ARRAY = IRIS.data[:, 1:3]
FRAME = pd.DataFrame(ARRAY, columns=["width", "length"])


@pytest.mark.parametrize("rows", [ARRAY, FRAME], ids=["array", "frame"])
@pytest.mark.parametrize("method", ["predict", "predict_proba"])
def test_the_boundary_of_the_pooled_data(rows: Any, method: str, deal: Any) -> None:
    dealt = deal(np.arange(len(rows)) % 3)
    pooled = LogisticRegression().fit(rows, IRIS.target == 1)
    theirs = sklearn.inspection.DecisionBoundaryDisplay.from_estimator(
        pooled, rows, response_method=method, grid_resolution=20
    )
    model = FLModel(model=LogisticRegression()).fit(dealt(rows), dealt(IRIS.target == 1))
    ours = inspection.DecisionBoundaryDisplay.from_estimator(
        model, dealt(rows), response_method=method, grid_resolution=20
    )
    assert np.array_equal(ours.xx0, theirs.xx0)
    assert np.array_equal(ours.xx1, theirs.xx1)
    assert ours.response == pytest.approx(theirs.response, rel=1e-9)
    assert ours.ax_.get_xlabel() == theirs.ax_.get_xlabel()


def test_only_the_extremes_are_revealed(deal: Any) -> None:
    dealt = deal(np.arange(len(ARRAY)) % 3)
    rows = dealt(ARRAY)
    model = LogisticRegression().fit(ARRAY, IRIS.target)
    before = len(dealt.federation.ledger)
    inspection.DecisionBoundaryDisplay.from_estimator(model, rows, response_method="predict")
    left = list(dealt.federation.ledger)[before:]
    assert sum(np.prod(shape) for entry in left for _, shape in entry.content) <= 3 * 4


def test_more_than_two_features_are_refused_as_by_scikit_learn(deal: Any) -> None:
    dealt = deal(np.arange(len(IRIS.data)) % 3)
    model = LogisticRegression(max_iter=500).fit(IRIS.data, IRIS.target)
    with pytest.raises(ValueError, match="n_features must be equal to 2"):
        inspection.DecisionBoundaryDisplay.from_estimator(model, dealt(IRIS.data))


def test_local_data_goes_to_scikit_learn() -> None:
    model = FLModel(model=LogisticRegression()).fit(ARRAY, IRIS.target)
    display = inspection.DecisionBoundaryDisplay.from_estimator(
        model, ARRAY, response_method="predict"
    )
    assert display.response.shape == (100, 100)
