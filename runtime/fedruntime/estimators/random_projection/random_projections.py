"""``GaussianRandomProjection`` and ``SparseRandomProjection``: random matrices, which depend on
the shape of the rows and ``random_state``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse
from sklearn.random_projection import GaussianRandomProjection, SparseRandomProjection

from fedruntime.cohort import Cohort
from fedruntime.estimators.design import prepare, record_features
from fedruntime.estimators.registry import Exactness, federated
from fedruntime.estimators.tables import require_table

_HOW = "the matrix is drawn from random_state, as in scikit-learn; only the shape is learnt"


@federated(GaussianRandomProjection, Exactness.EXACT, _HOW)
@federated(SparseRandomProjection, Exactness.EXACT, _HOW)
def fit(model: Any, cohort: Cohort) -> None:
    """Fit scikit-learn's own projection on zeros of the rows' shape, none of which is stored."""
    X = cohort["X"]
    require_table(X)
    kind = np.float32 if set(X.facts.dtypes) == {"float32"} else np.float64
    model.fit(sparse.csr_matrix(X.shape, dtype=kind))
    record_features(model, X)
    prepare(cohort.only(X=X), accept_sparse=True)
