"""``VotingClassifier`` and ``VotingRegressor``: every estimator fitted on all rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sklearn.ensemble import VotingClassifier, VotingRegressor
from sklearn.preprocessing import LabelEncoder
from sklearn.utils import Bunch

from fedruntime.cohort import Cohort
from fedruntime.errors import DataError
from fedruntime.estimators.design import classes_of
from fedruntime.estimators.parts import fit_part, take_only, with_label_numbers
from fedruntime.estimators.registry import Exactness, federated

_HOW = "each estimator by its own federated fit; as exact as the weakest of them"


def estimators_of(model: Any) -> list[tuple[str, Any]]:
    """The estimators that are fitted, by name."""
    return [(name, part) for name, part in model.estimators if not isinstance(part, str)]


@federated(VotingClassifier, Exactness.EXACT, _HOW, parts=estimators_of)
def fit_classifier(model: VotingClassifier, cohort: Cohort) -> None:
    """Fit on labels as numbers, as ``VotingClassifier.fit`` does."""
    model.le_ = LabelEncoder().fit(classes_of(cohort))
    model.classes_ = model.le_.classes_
    _fit(model, with_label_numbers(cohort, model.classes_))


@federated(VotingRegressor, Exactness.EXACT, _HOW, parts=estimators_of)
def fit_regressor(model: VotingRegressor, cohort: Cohort) -> None:
    """Fit as ``VotingRegressor.fit`` does."""
    _fit(model, cohort)


def _fit(model: Any, cohort: Cohort) -> None:
    model._validate_params()
    model._validate_estimators()
    take_only(cohort, "sample_weight")
    if model.weights is not None and len(model.weights) != len(model.estimators):
        raise DataError(
            "Number of `estimators` and weights must be equal; got "
            f"{len(model.weights)} weights, {len(model.estimators)} estimators"
        )
    model.estimators_ = [fit_part(part, cohort, name) for name, part in estimators_of(model)]
    name_estimators(model)


def name_estimators(model: Any) -> None:
    """Set ``named_estimators_``, and the names of features if an estimator has seen any."""
    fitted: Iterator[Any] = iter(model.estimators_)
    model.named_estimators_ = Bunch()
    for name, part in model.estimators:
        current = part if isinstance(part, str) else next(fitted)
        model.named_estimators_[name] = current
        if hasattr(current, "feature_names_in_"):
            model.feature_names_in_ = current.feature_names_in_
