"""``Nystroem``: a kernel approximated from landmarks, which are means of groups of rows here, and
rows in scikit-learn.

Means of clusters are at least as good landmarks as rows drawn at random (Zhang, Tsang and Kwok
2008, "Improved Nystrom low-rank approximation and error analysis").
"""

from __future__ import annotations

import numpy as np
from sklearn.kernel_approximation import Nystroem
from sklearn.utils import check_random_state

from fedruntime.cohort import Cohort
from fedruntime.errors import UnsupportedError
from fedruntime.estimators.cluster.seeding import LEAST_ROWS, sampled, starts_from, summarise
from fedruntime.estimators.column_sums import column_deviations, column_sums
from fedruntime.estimators.design import prepare
from fedruntime.estimators.public_fit import refuse_negative
from fedruntime.estimators.registry import Exactness, Level, federated
from fedruntime.estimators.tables import labelled, require_table
from fedruntime.messages import Array

_OF_NON_NEGATIVE = ("additive_chi2", "chi2")


def refuse_precomputed(model: Nystroem) -> Level | None:
    """There is no kernel of rows that lie at different parties."""
    if isinstance(model.kernel, str) and model.kernel == "precomputed":
        raise UnsupportedError(
            "Nystroem(kernel='precomputed') needs the kernel of all pairs of rows, and rows of "
            "different parties never meet; use a kernel by name, such as kernel='rbf'"
        )
    return None


@federated(
    Nystroem,
    Exactness.APPROXIMATE,
    f"landmarks are means of groups of at least {LEAST_ROWS} rows or points beside them, as rows "
    "would be revealed; there is no component_indices_",
    judge=refuse_precomputed,
)
def fit(model: Nystroem, cohort: Cohort) -> None:
    """Fit scikit-learn's own approximation on public landmarks, all of which it then takes."""
    model._validate_params()
    X = cohort["X"]
    require_table(X)
    rows = prepare(cohort.only(X=X), accept_sparse=True)
    if model.kernel in _OF_NON_NEGATIVE:
        refuse_negative(model, rows)
    landmarks = _landmarks(model, rows)
    if set(X.facts.dtypes) == {"float32"}:
        landmarks = landmarks.astype(np.float32)
    model.fit(labelled(X, landmarks))
    del model.component_indices_


def _landmarks(model: Nystroem, rows: Cohort) -> Array:
    number = min(model.n_components, rows.n_samples)
    random_state = check_random_state(model.random_state)
    mean = rows.sum(column_sums)["sum"] / rows.n_samples
    spread = rows.sum(column_deviations, mean=mean)
    variance = spread["square"] / rows.n_samples - (spread["deviation"] / rows.n_samples) ** 2
    few = sampled(rows, number, random_state)
    groups = summarise(few, mean, np.maximum(variance, 0.0), number, random_state)
    landmarks = starts_from(groups, number, "k-means++", random_state)
    # Points beside the mean of a group may lie where there are no rows.
    return np.maximum(landmarks, 0.0) if model.kernel in _OF_NON_NEGATIVE else landmarks
