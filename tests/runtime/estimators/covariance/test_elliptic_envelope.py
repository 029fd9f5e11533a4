"""``EllipticEnvelope`` over parties against the pooled one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pooled_twin import assert_same_rows
from sklearn.base import clone
from sklearn.covariance import EllipticEnvelope

from fedruntime import FLModel
from fedruntime.errors import DataError

_RNG = np.random.default_rng(0)
_ROWS = np.r_[_RNG.normal(size=(72, 3)), _RNG.normal(size=(8, 3)) + 7.0]
_LABELS = np.r_[np.ones(72), -np.ones(8)]


@pytest.mark.parametrize("contamination", [0.05, 0.1, 0.33])
def test_outliers_are_those_of_the_pooled_model(contamination: float, dealt: Any) -> None:
    dealer = dealt(80)
    handle = dealer(_ROWS)
    # With most rows in the support all trials end at the same one.
    model = EllipticEnvelope(contamination=contamination, support_fraction=0.9, random_state=0)
    ours = FLModel(model=clone(model)).fit(handle)
    pooled = model.fit(_ROWS)
    assert ours.offset_ == pytest.approx(pooled.offset_, rel=1e-12)
    assert_same_rows(ours.predict(handle), pooled.predict(_ROWS))
    assert_same_rows(ours.decision_function(handle), pooled.decision_function(_ROWS), atol=1e-10)
    assert ours.score(handle, dealer(_LABELS)) == pooled.score(_ROWS, _LABELS)


def test_fitting_and_predicting_the_same_rows(deal: Any) -> None:
    handle = deal(np.arange(80) % 2)(_ROWS)
    model = EllipticEnvelope(support_fraction=0.9, random_state=0)
    ours = FLModel(model=clone(model)).fit_predict(handle)
    assert_same_rows(ours, model.fit_predict(_ROWS))


def test_a_score_needs_labels(deal: Any) -> None:
    handle = deal(np.arange(80) % 2)(_ROWS)
    ours = FLModel(model=EllipticEnvelope(random_state=0)).fit(handle)
    with pytest.raises(DataError, match="requires y to be passed"):
        ours.score(handle)
