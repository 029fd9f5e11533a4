"""``CountVectorizer``: the terms of the texts, which each party reveals, and their summed counts
where rare or frequent ones are left out.
"""

from __future__ import annotations

from sklearn.feature_extraction.text import CountVectorizer

from fedruntime.cohort import Cohort
from fedruntime.data.handle import Handle
from fedruntime.estimators.feature_extraction.terms import (
    analysed,
    count_matrix,
    learn_vocabulary,
)
from fedruntime.estimators.registry import Exactness, federated


def fit_transform(model: CountVectorizer, cohort: Cohort) -> Handle:
    """Fit, and count the terms of the same texts without analysing them again."""
    rows = analysed(model, cohort)
    if not model.fixed_vocabulary_:
        learn_vocabulary(model, rows)
    return count_matrix(model, rows)


@federated(
    CountVectorizer,
    Exactness.EXACT,
    "union of the parties' terms, revealed by each; summed document counts",
    parameters={"input": ("content",)},
    fit_transform=fit_transform,
)
def fit(model: CountVectorizer, cohort: Cohort) -> None:
    """Learn the vocabulary of the pooled texts."""
    rows = analysed(model, cohort)
    if not model.fixed_vocabulary_:
        learn_vocabulary(model, rows)
