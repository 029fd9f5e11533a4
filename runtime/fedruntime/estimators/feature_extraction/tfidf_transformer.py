"""``TfidfTransformer``: summed document frequencies of the columns of a count matrix."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import TfidfTransformer

from fedruntime.cohort import Cohort
from fedruntime.estimators.design import prepare
from fedruntime.estimators.registry import Exactness, federated
from fedruntime.estimators.tables import example
from fedruntime.messages import Array
from fedruntime.operations import Statistics, party_op


@federated(
    TfidfTransformer,
    Exactness.EXACT,
    "summed document frequencies; weights bit-identical",
)
def fit(model: TfidfTransformer, cohort: Cohort) -> None:
    """Fit scikit-learn's own transformer on a public row, and put the pooled weights in."""
    rows = prepare(cohort, accept_sparse=True)
    model.fit(example(cohort["X"].facts))
    if model.use_idf:
        documents = rows.sum(document_frequencies)["documents"]
        set_weights(model, documents, cohort.n_samples)


def set_weights(model: TfidfTransformer, documents: Array, n_samples: int) -> None:
    """Set ``idf_`` as ``TfidfTransformer.fit`` computes it, in the dtype that it has there.

    Parameters
    ----------
    model : TfidfTransformer
        Fitted on any row of the dtype in question.
    documents : ndarray of int
        The number of rows in which each column has an entry.
    n_samples : int
    """
    dtype = model.idf_.dtype
    frequencies = documents.astype(dtype) + dtype.type(model.smooth_idf)
    weights = np.full_like(frequencies, n_samples + int(model.smooth_idf))
    weights /= frequencies
    model.idf_ = np.log(weights) + dtype.type(1.0)


@party_op("tfidf.documents", counts=("documents",))
def document_frequencies(X: Any) -> Statistics:
    """In how many rows each column has an entry."""
    entries = sparse.csr_matrix(X)
    return {"documents": np.bincount(entries.indices, minlength=X.shape[1])}
