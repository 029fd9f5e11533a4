"""``NearestCentroid`` over parties against the pooled one: means, medians, shrinking."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pooled_twin import assert_same_rows, assert_same_state, fit_both
from scipy import sparse
from sklearn.neighbors import NearestCentroid

from fedruntime import FLModel
from fedruntime.errors import DataError

_RNG = np.random.default_rng(7)
_Y = _RNG.choice(np.array(["ash", "beech", "oak"]), size=60, p=[0.5, 0.3, 0.2])
_X = _RNG.normal(size=(60, 4)).round(2) + (_Y == "oak")[:, np.newaxis] * [1.0, 0.0, 2.0, 0.0]
_HAS_PRIORS = "priors" in NearestCentroid().get_params()
_OPTIONS: list[dict[str, Any]] = [{}, {"shrink_threshold": 0.4}]
if _HAS_PRIORS:
    _OPTIONS += [{"priors": "empirical"}, {"priors": [0.2, 0.2, 0.6], "shrink_threshold": 0.1}]


@pytest.mark.parametrize("metric", ["euclidean", "manhattan"])
@pytest.mark.parametrize("options", _OPTIONS, ids=str)
def test_parameters(metric: str, options: Any, dealt: Any) -> None:
    model = NearestCentroid(metric=metric, **options)
    ours, pooled, handle = fit_both(model, _X, dealt, y=_Y)
    exact = metric == "manhattan" and "shrink_threshold" not in options
    if exact:
        assert ours.centroids_.tolist() == pooled.centroids_.tolist()
    assert_same_state(ours, pooled, rtol=1e-13)
    assert_same_rows(ours.predict(handle), pooled.predict(_X))


@pytest.mark.parametrize("metric", ["euclidean", "manhattan"])
def test_sparse_rows(metric: str, dealt: Any) -> None:
    rows = sparse.csr_matrix(np.where(_RNG.random(_X.shape) < 0.5, 0.0, _X))
    ours, pooled, _ = fit_both(NearestCentroid(metric=metric), rows, dealt, y=_Y)
    assert_same_state(ours, pooled, rtol=1e-13)


def test_a_column_that_is_constant_within_classes(deal: Any) -> None:
    dealer = deal([0, 1] * 30)
    rows = np.column_stack([_X, np.where(_Y == "oak", 0.7, 0.1)])
    model = FLModel(model=NearestCentroid())
    if not _HAS_PRIORS:
        model.fit(dealer(rows), dealer(_Y))
        return
    with pytest.warns(UserWarning, match="at least 1 zero standard deviation"):
        model.fit(dealer(rows), dealer(_Y))
    assert model.within_class_std_dev_[4] == 0


def test_refusals_are_scikit_learns(deal: Any) -> None:
    dealer = deal([0, 1] * 30)
    model = NearestCentroid(shrink_threshold=0.1)
    with pytest.raises(DataError, match="All features have zero variance"):
        FLModel(model=model).fit(dealer(np.full((60, 2), 0.1)), dealer(_Y))
    with pytest.raises(ValueError, match="number of classes has to be greater than one"):
        FLModel(model=NearestCentroid()).fit(dealer(_X), dealer(np.ones(60)))
    if not _HAS_PRIORS:
        with pytest.raises(ValueError, match="threshold shrinking not supported for sparse"):
            FLModel(model=model).fit(dealer(sparse.csr_matrix(_X)), dealer(_Y))
