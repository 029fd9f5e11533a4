"""Random forests and extremely randomised trees.

All trees of a forest grow together on the pooled rows: trees that parties grew alone would know
nothing of what other parties hold. What a fitted forest shows is revealed, as for single trees: see
``estimators.tree.decision_tree``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)

from fedruntime.cohort import Cohort
from fedruntime.data.handle import Handle
from fedruntime.errors import UnsupportedError
from fedruntime.estimators.ensemble.growing_forest import fit_forest
from fedruntime.estimators.registry import Exactness, federated
from fedruntime.estimators.tree.parameters import refuse_parameters

_HOW = (
    "all trees grown together on summed histograms of up to 255 bins, on scikit-learn's own "
    "bootstrap samples; features and equally good splits are other draws"
)
_SUPPORTED = {"monotonic_cst": (None,)}


def _judge(model: Any) -> None:
    refuse_parameters(model)
    if callable(model.oob_score):
        raise UnsupportedError(
            f"{type(model).__name__}(oob_score=...) takes no function: it would be given "
            "predictions of single rows; use oob_score=True"
        )


@federated(RandomForestClassifier, Exactness.STATISTICAL, _HOW, judge=_judge, parameters=_SUPPORTED)
def fit_random_classifier(model: RandomForestClassifier, cohort: Cohort) -> Mapping[str, Handle]:
    """Fit as ``RandomForestClassifier.fit`` does."""
    return fit_forest(model, cohort)


@federated(RandomForestRegressor, Exactness.STATISTICAL, _HOW, judge=_judge, parameters=_SUPPORTED)
def fit_random_regressor(model: RandomForestRegressor, cohort: Cohort) -> Mapping[str, Handle]:
    """Fit as ``RandomForestRegressor.fit`` does."""
    return fit_forest(model, cohort)


@federated(ExtraTreesClassifier, Exactness.STATISTICAL, _HOW, judge=_judge, parameters=_SUPPORTED)
def fit_extra_classifier(model: ExtraTreesClassifier, cohort: Cohort) -> Mapping[str, Handle]:
    """Fit as ``ExtraTreesClassifier.fit`` does."""
    return fit_forest(model, cohort)


@federated(ExtraTreesRegressor, Exactness.STATISTICAL, _HOW, judge=_judge, parameters=_SUPPORTED)
def fit_extra_regressor(model: ExtraTreesRegressor, cohort: Cohort) -> Mapping[str, Handle]:
    """Fit as ``ExtraTreesRegressor.fit`` does."""
    return fit_forest(model, cohort)
