"""``FeatureHasher``: nothing is learnt of the rows."""

from __future__ import annotations

from sklearn.feature_extraction import FeatureHasher

from fedruntime.cohort import Cohort
from fedruntime.estimators.registry import Exactness, federated


@federated(FeatureHasher, Exactness.EXACT, "nothing is learnt; each party hashes its own rows")
def fit(model: FeatureHasher, cohort: Cohort) -> None:
    """Let scikit-learn judge the parameters, which is all that its own fit does."""
    model.fit()
