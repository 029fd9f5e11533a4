"""``BernoulliNB`` and ``MultinomialNB`` by one noisy sum: of what counts, by class."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.naive_bayes import BernoulliNB, MultinomialNB

from fedruntime.cohort import Cohort
from fedruntime.errors import BudgetError
from fedruntime.estimators.design import record_features
from fedruntime.estimators.private.bounded_rows import as_numbers, require_numbers
from fedruntime.estimators.private.families import PREDICTOR_PARTS, PrivateFit, private
from fedruntime.estimators.private.labels import class_labels, membership
from fedruntime.estimators.private.purse import purse, require_useful, surplus
from fedruntime.estimators.private.scales import declared_bounds
from fedruntime.estimators.tables import require_table
from fedruntime.messages import Array
from fedruntime.operations import Statistics, party_op

Floats = npt.NDArray[np.float64]

_COUNTS = 0.1  # of the squared mu of the release, for the sizes of the classes
_MEANING = "error of a class's mean in a column, as a share of its range"


@private(BernoulliNB, "noisy counts of the columns above the threshold, by class")
@private(MultinomialNB, "noisy sums of the columns within declared bounds, by class")
def fit(model: BernoulliNB | MultinomialNB, cohort: Cohort) -> PrivateFit:
    """Fit from noisy sums of what counts, of zero at least.

    Raises
    ------
    BudgetError
        If a class's share of a column is expected to be off by more than the budget's tolerance;
        for ``MultinomialNB``, if a column has no declared bounds.
    """
    model._validate_params()
    require_table(cohort["X"])
    require_numbers(cohort["X"], "X")
    left = purse(cohort, PREDICTOR_PARTS)
    highest = _highest(model, cohort)
    longest = float(np.sqrt(np.sum(highest**2)))
    one = longest * surplus(cohort) / (math.sqrt(1.0 - _COUNTS) * cohort.n_samples)
    one = one / float(np.sqrt(np.mean(highest**2)))
    require_useful(cohort, lambda mu: 2 * one / mu, left.mu, _MEANING)
    classes, left = class_labels(cohort, left)
    error = len(classes) * one / left.rest
    sums = cohort.noisy_sum(
        class_sums,
        mu=left.rest,
        classes=classes,
        threshold=getattr(model, "binarize", None),
        highest=highest,
    )
    model.classes_ = classes
    record_features(model, cohort["X"])
    model.class_count_ = np.maximum(sums["count"], 1.0)
    most = model.class_count_[:, np.newaxis] * highest
    model.feature_count_ = np.clip(sums["feature"], 0.0, most)
    model._update_feature_log_prob(model._check_alpha())
    model._update_class_log_prior(class_prior=model.class_prior)
    return PrivateFit(left.mu, error, _MEANING, {"highest": longest})


def _highest(model: BernoulliNB | MultinomialNB, cohort: Cohort) -> Floats:
    if getattr(model, "binarize", None) is not None:
        return np.ones(cohort.n_features)
    bounds = declared_bounds(cohort)
    if any(pair is None or pair[0] < 0.0 for pair in bounds):
        raise BudgetError(
            f"{cohort.purpose} needs bounds of every column, from 0: declare them, "
            "PrivacyBudget(..., bounds={'*': (0, highest)})"
        )
    return np.array([pair[1] for pair in bounds if pair is not None])


def _scales_of_class_sums(public: Mapping[str, Any]) -> dict[str, float]:
    longest = float(np.sqrt(np.sum(np.square(public["highest"]))))
    return {
        "count": 1.0 / math.sqrt(_COUNTS),
        "feature": longest / math.sqrt(1.0 - _COUNTS),
    }


@party_op("private_fit.class_sums", sensitivity=_scales_of_class_sums)
def class_sums(
    X: Any, y: Any, classes: Array, threshold: float | None, highest: Floats
) -> Statistics:
    """Rows by class, and sums of their values between 0 and the highest, or above a threshold."""
    values = as_numbers(X, len(highest))
    if threshold is not None:
        values = (values > threshold).astype(np.float64)
    values = np.clip(np.nan_to_num(values), 0.0, np.abs(highest))
    member = membership(y, classes)
    return {"count": member.sum(axis=1), "feature": member @ values}
