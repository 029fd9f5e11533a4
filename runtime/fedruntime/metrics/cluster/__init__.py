"""Counterparts of ``sklearn.metrics.cluster``: agreement of two clusterings, and how well a
clustering separates the rows. All other names of that module can be imported from here, too.
"""

from typing import Any

import sklearn.metrics.cluster

from fedruntime.metrics.cluster.agreement import (
    adjusted_mutual_info_score,
    adjusted_rand_score,
    completeness_score,
    contingency_matrix,
    fowlkes_mallows_score,
    homogeneity_completeness_v_measure,
    homogeneity_score,
    mutual_info_score,
    normalized_mutual_info_score,
    pair_confusion_matrix,
    rand_score,
    v_measure_score,
)
from fedruntime.metrics.cluster.separation import (
    calinski_harabasz_score,
    davies_bouldin_score,
    silhouette_samples,  # noqa: F401 - refused, with the alternatives, so no counterpart
    silhouette_score,  # noqa: F401
)

__all__ = [
    "adjusted_mutual_info_score",
    "adjusted_rand_score",
    "calinski_harabasz_score",
    "completeness_score",
    "contingency_matrix",
    "davies_bouldin_score",
    "fowlkes_mallows_score",
    "homogeneity_completeness_v_measure",
    "homogeneity_score",
    "mutual_info_score",
    "normalized_mutual_info_score",
    "pair_confusion_matrix",
    "rand_score",
    "v_measure_score",
]


def __getattr__(name: str) -> Any:
    return getattr(sklearn.metrics.cluster, name)
