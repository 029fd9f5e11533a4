"""``BernoulliNB``: features above a threshold counted by class over the parties."""

from __future__ import annotations

from sklearn.naive_bayes import BernoulliNB

from fedruntime.cohort import Cohort
from fedruntime.estimators.naive_bayes.feature_counts import HOW, count_features, smooth
from fedruntime.estimators.registry import Exactness, federated


@federated(BernoulliNB, Exactness.EXACT, HOW)
def fit(model: BernoulliNB, cohort: Cohort) -> None:
    """Fit as ``BernoulliNB.fit``, in one round after that for the classes."""
    count_features(model, cohort, threshold=model.binarize, signed=True)
    smooth(model)
