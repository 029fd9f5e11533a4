"""``SelectFromModel``: an estimator fitted over the parties tells which features count."""

from __future__ import annotations

from copy import deepcopy
from types import SimpleNamespace
from typing import Any

from sklearn.feature_selection import SelectFromModel
from sklearn.utils.validation import check_is_fitted

from fedruntime.cohort import Cohort
from fedruntime.estimators.design import record_features
from fedruntime.estimators.parts import fit_part
from fedruntime.estimators.registry import Exactness, federated
from fedruntime.estimators.tables import example, require_table


def fitted_part(model: SelectFromModel) -> list[tuple[str, Any]]:
    """The estimator, if it is fitted here."""
    return [] if model.prefit else [("estimator", model.estimator)]


@federated(
    SelectFromModel,
    Exactness.EXACT,
    "its estimator's own federated fit; as exact as that",
    parts=fitted_part,
)
def fit(model: SelectFromModel, cohort: Cohort) -> None:
    """Fit as ``SelectFromModel.fit`` does; ``max_features=`` as a function gets a public row."""
    model._validate_params()
    X = cohort["X"]
    require_table(X)
    model._check_max_features(example(X.facts))
    if model.prefit:
        check_is_fitted(model.estimator)
        model.estimator_ = deepcopy(model.estimator)
    else:
        model.estimator_ = fit_part(model.estimator, cohort, "estimator")
    features = SimpleNamespace()
    record_features(features, X)
    names = getattr(model.estimator_, "feature_names_in_", None)
    names = getattr(features, "feature_names_in_", None) if names is None else names
    if names is not None:
        model.feature_names_in_ = names
