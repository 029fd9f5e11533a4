"""``HashingVectorizer``: nothing is learnt of the texts."""

from __future__ import annotations

from sklearn.feature_extraction.text import HashingVectorizer

from fedruntime.cohort import Cohort
from fedruntime.estimators.feature_extraction.terms import require_texts
from fedruntime.estimators.registry import Exactness, federated


@federated(
    HashingVectorizer,
    Exactness.EXACT,
    "nothing is learnt; each party hashes its own texts",
    parameters={"input": ("content",)},
)
def fit(model: HashingVectorizer, cohort: Cohort) -> None:
    """Let scikit-learn judge the parameters, which is all that its own fit does."""
    require_texts(cohort["X"], cohort.purpose)
    model.fit([""])
