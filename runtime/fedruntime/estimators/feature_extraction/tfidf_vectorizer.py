"""``TfidfVectorizer``: ``CountVectorizer`` and ``TfidfTransformer`` in one."""

from __future__ import annotations

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import TfidfTransformer, TfidfVectorizer

from fedruntime.cohort import Cohort
from fedruntime.data.handle import Handle
from fedruntime.estimators.apply import apply
from fedruntime.estimators.feature_extraction.terms import (
    analysed,
    count_matrix,
    learn_vocabulary,
)
from fedruntime.estimators.feature_extraction.tfidf_transformer import set_weights
from fedruntime.estimators.registry import Exactness, federated


def fit_transform(model: TfidfVectorizer, cohort: Cohort) -> Handle:
    """Fit, and weigh the terms of the same texts without analysing them again."""
    rows = _fitted(model, cohort)
    return apply(model._tfidf, "transform", count_matrix(model, rows))


@federated(
    TfidfVectorizer,
    Exactness.EXACT,
    "union of the parties' terms, revealed by each; summed document counts",
    parameters={"input": ("content",)},
    fit_transform=fit_transform,
)
def fit(model: TfidfVectorizer, cohort: Cohort) -> None:
    """Learn the vocabulary and the weights of the pooled texts."""
    _fitted(model, cohort)


def _fitted(model: TfidfVectorizer, cohort: Cohort) -> Cohort:
    """Fit; returns the analysed rows."""
    model._check_params()
    rows = analysed(model, cohort)
    documents = learn_vocabulary(model, rows)
    model._tfidf = TfidfTransformer(
        norm=model.norm,
        use_idf=model.use_idf,
        smooth_idf=model.smooth_idf,
        sublinear_tf=model.sublinear_tf,
    )
    model._tfidf.fit(sparse.csr_matrix(np.ones((1, len(documents)), dtype=model.dtype)))
    if model.use_idf:
        set_weights(model._tfidf, documents, cohort.n_samples)
    return rows
