"""``ComplementNB``: features summed by class over the parties."""

from __future__ import annotations

from sklearn.naive_bayes import ComplementNB

from fedruntime.cohort import Cohort
from fedruntime.estimators.naive_bayes.feature_counts import HOW, count_features, smooth
from fedruntime.estimators.registry import Exactness, federated


@federated(ComplementNB, Exactness.EXACT, HOW)
def fit(model: ComplementNB, cohort: Cohort) -> None:
    """Fit as ``ComplementNB.fit``, in one round after that for the classes."""
    count_features(model, cohort)
    model.feature_all_ = model.feature_count_.sum(axis=0)
    smooth(model)
