"""How good a fitted model is on rows at the parties: what ``model.score`` gives on the pooled rows.

Metrics by name are in ``fedruntime.metrics``; a family whose ``score`` is of its own kind brings it
with its registration.
"""

from __future__ import annotations

from typing import Any

from sklearn.base import is_classifier, is_regressor

from fedruntime import metrics
from fedruntime.cohort import Cohort
from fedruntime.estimators.apply import apply
from fedruntime.estimators.registry import family_of


def score(model: Any, cohort: Cohort) -> float:
    """The score of a fitted model.

    Parameters
    ----------
    model : estimator
    cohort : Cohort
        With ``X``, and ``y`` and ``sample_weight`` where the score has them.

    Raises
    ------
    AttributeError
        If scikit-learn has no score for this class either.
    """
    family = family_of(model)
    if family.score is not None:
        return float(family.score(model, cohort))
    if is_classifier(model) or is_regressor(model):
        measure = metrics.accuracy_score if is_classifier(model) else metrics.r2_score
        predicted = apply(model, "predict", cohort["X"])
        weight = cohort.rows.get("sample_weight")
        return float(measure(cohort["y"], predicted, sample_weight=weight))
    if not hasattr(model, "score"):
        raise AttributeError(f"{type(model).__name__!r} object has no attribute 'score'")
    scores: Any = apply(model, "score_samples", cohort["X"])
    return float(scores.mean())
