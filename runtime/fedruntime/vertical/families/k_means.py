"""``KMeans`` across columns: the nearest centre of each row is found at the label party."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.cluster import KMeans

from fedruntime.aggregation.default import AGGREGATOR
from fedruntime.data.handle import Handle
from fedruntime.errors import UnsupportedError
from fedruntime.estimators.cluster.clustered_rows import negative_inertia
from fedruntime.estimators.cluster.lloyd import one_labelling
from fedruntime.estimators.registry import family_of
from fedruntime.messages import Array
from fedruntime.operations import row_op
from fedruntime.vertical.aligned import Aligned
from fedruntime.vertical.cohort import AlignedCohort
from fedruntime.vertical.loading import label_party
from fedruntime.vertical.registry import Fitted, across_columns
from fedruntime.vertical.scores import Form, gather
from fedruntime.vertical.statistics.clusters import labels_at


@dataclass(frozen=True)
class Clusters(Fitted):
    """Fitted centres, and the clusters of the rows of the fit."""

    model: KMeans
    labels: Mapping[str, Handle]

    @property
    def of_rows(self) -> Mapping[str, Handle]:
        return self.labels

    def apply(self, method: str, X: Aligned) -> Handle:
        centers = np.asarray(self.model.cluster_centers_, dtype=np.float64)
        purpose, reader = f"KMeans.{method}", label_party(X.federation)
        if method == "predict":
            labels = labels_at(X, centers[np.newaxis], reader, purpose)
            return X.federation.map(one_labelling, purpose=purpose, labels=labels, number=0)
        if method == "transform":
            form = Form(np.ones_like(centers.T), centers.T)
            squares = gather(X, reader, form, np.zeros(len(centers)), purpose=purpose)
            return X.federation.map(roots, purpose=purpose, squares=squares)
        raise UnsupportedError(f"{method} of KMeans has no counterpart across columns")

    def score(self, X: Aligned, y: Handle | None) -> float:
        columns: Any = X
        cohort = AlignedCohort(X.federation, AGGREGATOR, {"X": columns}, "KMeans.score")
        return negative_inertia(self.model, cohort)


@row_op("across.roots")
def roots(squares: Any) -> Array:
    """Distances from squared ones."""
    return np.asarray(np.sqrt(np.maximum(squares, 0.0)))


@across_columns(
    KMeans,
    reveals="to the label party: each other party's part of the squared distances to all centres, "
    "row by row, in each iteration; to the other parties: which centre is nearest to each row; to "
    "the coordinator: centres, numbers of rows and sums by cluster",
)
def fit_k_means(model: KMeans, cohort: AlignedCohort) -> Fitted:
    """Fit by Lloyd's algorithm, as over parties with rows of their own."""
    labels = family_of(model).fit(model, cohort.only(X=cohort["X"]))
    return Clusters(model, labels or {})
