"""``MultinomialNB``: features summed by class over the parties."""

from __future__ import annotations

from sklearn.naive_bayes import MultinomialNB

from fedruntime.cohort import Cohort
from fedruntime.estimators.naive_bayes.feature_counts import HOW, count_features, smooth
from fedruntime.estimators.registry import Exactness, federated


@federated(MultinomialNB, Exactness.EXACT, HOW)
def fit(model: MultinomialNB, cohort: Cohort) -> None:
    """Fit as ``MultinomialNB.fit``, in one round after that for the classes."""
    count_features(model, cohort)
    smooth(model)
