"""``KMeans``: Lloyd's algorithm on summed clusters, from centres that are given or that stand for
no row.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping

import numpy as np
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning

from fedruntime.cohort import Cohort
from fedruntime.data.handle import Handle
from fedruntime.estimators.cluster.clustered_rows import (
    ClusteredRows,
    checked,
    dtype_of,
    has_centers,
    negative_inertia,
    refuse_function,
)
from fedruntime.estimators.cluster.lloyd import cluster
from fedruntime.estimators.cluster.seeding import LEAST_ROWS
from fedruntime.estimators.registry import Exactness, Level, federated


def _judge(model: KMeans) -> Level | None:
    refuse_function(model)
    if has_centers(model):
        return (
            Exactness.EXACT,
            "each iteration from summed clusters, with scikit-learn's own kernels at the parties; "
            "a cluster that loses all its rows is moved, under a warning, to the mean of the "
            f"farthest group of at least {LEAST_ROWS} rows, as the farthest row would be revealed",
        )
    return None


@federated(
    KMeans,
    Exactness.STATISTICAL,
    "each iteration from summed clusters; k-means++ chooses initial centres among means of at "
    f"least {LEAST_ROWS} rows, as a row would be revealed",
    when={
        ("init", "random"): (
            Exactness.STATISTICAL,
            "each iteration from summed clusters; initial centres are drawn among means of at "
            f"least {LEAST_ROWS} rows, as a row would be revealed",
        )
    },
    judge=_judge,
    score=negative_inertia,
)
def fit_k_means(model: KMeans, cohort: Cohort) -> Mapping[str, Handle]:
    """Fit by Lloyd's algorithm; Elkan's gives the same clusters, and has no use for sums.

    ``n_init`` starts run side by side. ``verbose`` and ``copy_x`` have no effect.

    Raises
    ------
    DataError
        If there are fewer rows than clusters, or the given centres have another shape.
    """
    model._validate_params()
    start = checked(model, cohort)
    rows = ClusteredRows(model, cohort, centre=True)
    model._tol = model.tol * rows.variance.mean() if model.tol else 0
    if start is None:
        starts = rows.starts(model.init, model._n_init)
    else:
        starts = (start - rows.moved_by)[np.newaxis]
    cohort.federation.progress.expect(model, model.max_iter)
    found = cluster(
        rows.cohort,
        starts,
        tol=model._tol,
        max_iter=model.max_iter,
        relocate=rows.relocate,
    )
    distinct = np.count_nonzero(found.rows)
    if distinct < model.n_clusters:
        warnings.warn(
            f"Number of distinct clusters ({distinct}) found smaller than n_clusters "
            f"({model.n_clusters}). Possibly due to duplicate points in X.",
            ConvergenceWarning,
            stacklevel=2,
        )
    model.cluster_centers_ = (found.centers + rows.moved_by).astype(dtype_of(cohort["X"]))
    model._n_features_out = model.n_clusters
    model.inertia_ = found.inertia
    model.n_iter_ = found.n_iter
    return {"labels_": found.labels}
