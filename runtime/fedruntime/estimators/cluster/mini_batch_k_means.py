"""``MiniBatchKMeans``: the same batches as in the pooled fit, taken where their rows are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import sklearn
from sklearn.cluster import MiniBatchKMeans
from sklearn.utils.fixes import parse_version

from fedruntime.cohort import Cohort
from fedruntime.data.handle import Handle
from fedruntime.data.take import take
from fedruntime.errors import UnsupportedError
from fedruntime.estimators.cluster.clustered_rows import (
    ClusteredRows,
    checked,
    dtype_of,
    has_centers,
    negative_inertia,
    refuse_function,
)
from fedruntime.estimators.cluster.lloyd import (
    assign,
    inertia_of,
    label,
    sum_by_label,
    weight_by_label,
    weights_of,
)
from fedruntime.estimators.cluster.seeding import LEAST_ROWS
from fedruntime.estimators.registry import Exactness, Level, federated
from fedruntime.messages import Array
from fedruntime.operations import Statistics, party_op

Floats = npt.NDArray[np.float64]

# Since then rows are drawn by their sample weights, and count as one in a batch.
_DRAWS_BY_WEIGHT = parse_version(sklearn.__version__) >= parse_version("1.9")


def _judge(model: MiniBatchKMeans) -> Level | None:
    refuse_function(model)
    if has_centers(model):
        return (
            Exactness.EXACT,
            "the same batches, each from summed clusters; a cluster with too few rows is moved, "
            f"under a warning, to the mean of a group of at least {LEAST_ROWS} rows, as a row "
            "would be revealed",
        )
    return None


@federated(
    MiniBatchKMeans,
    Exactness.STATISTICAL,
    "each batch from summed clusters; initial centres, and clusters with too few rows, are placed "
    f"on means of at least {LEAST_ROWS} rows, as a row would be revealed",
    judge=_judge,
    score=negative_inertia,
)
def fit_mini_batch_k_means(model: MiniBatchKMeans, cohort: Cohort) -> Mapping[str, Handle] | None:
    """Fit on batches of rows at positions that ``random_state`` draws.

    ``init_size`` has no effect, and ``verbose`` reports convergence only.

    Raises
    ------
    DataError
        If there are fewer rows than clusters, or the given centres have another shape.
    UnsupportedError
        For given centres with sample weights where scikit-learn draws batches by these.
    """
    model._validate_params()
    if _DRAWS_BY_WEIGHT and has_centers(model) and cohort.has("sample_weight"):
        raise UnsupportedError(
            "MiniBatchKMeans with sample_weight draws its batches by the weights of single rows, "
            "which stay at the parties; use KMeans, or init='k-means++' for batches of equally "
            "likely rows that count by their weights"
        )
    start = checked(model, cohort)
    rows = ClusteredRows(model, cohort, centre=False)
    model._tol = model.tol * rows.variance.mean() if model.tol else 0
    centers = _best_start(model, rows) if start is None else _drawn_past(model, rows, start)
    centers, steps = _run(model, rows, centers)
    n_samples = cohort.n_samples
    model._n_features_out = model.n_clusters
    model.n_steps_ = steps
    model.n_iter_ = int(np.ceil(steps * model._batch_size / n_samples))
    model.cluster_centers_ = centers.astype(dtype_of(cohort["X"]))
    if not model.compute_labels:
        model.inertia_ = float(model._ewa_inertia * rows.weight)
        return None
    found = assign(rows.cohort, centers[np.newaxis], np.array([steps]))
    model.inertia_ = found.inertia
    return {"labels_": found.labels}


def _best_start(model: MiniBatchKMeans, rows: ClusteredRows) -> Floats:
    """The best of several starts, as far as the public groups can tell."""
    starts = rows.starts(model.init, model._n_init)
    groups = rows.groups
    costs = [
        groups.weights @ ((groups.means[:, np.newaxis] - start) ** 2).sum(axis=2).min(axis=1)
        for start in starts
    ]
    return np.asarray(starts[int(np.argmin(costs))])


def _drawn_past(model: MiniBatchKMeans, rows: ClusteredRows, start: Floats) -> Floats:
    """Given centres; scikit-learn draws rows to judge and to choose centres before it looks."""
    n_samples = rows.cohort.n_samples
    rows.random_state.randint(0, n_samples, model._init_size)
    if model._init_size < n_samples:
        rows.random_state.randint(0, n_samples, model._init_size)
    return start


def _run(model: MiniBatchKMeans, rows: ClusteredRows, centers: Floats) -> tuple[Floats, int]:
    """The loop of ``MiniBatchKMeans.fit``; also sets what it keeps on the model."""
    model._counts = np.zeros(model.n_clusters)
    model._ewa_inertia = model._ewa_inertia_min = None
    model._no_improvement = model._n_since_last_reassign = 0
    n_samples = rows.cohort.n_samples
    n_steps = (model.max_iter * n_samples) // model._batch_size
    for step in range(n_steps):
        batch = _batch(rows, model._batch_size)
        sums = batch.sum(batch_sums, centers=centers)
        new = _updated(centers, model._counts, sums)
        if model._random_reassign() and model.reassignment_ratio > 0:
            _reassign(model, rows, new)
        moved = ((new - centers) ** 2).sum() if model._tol > 0 else 0.0
        centers = new
        if model._mini_batch_convergence(step, n_steps, n_samples, moved, float(sums["inertia"])):
            break
    return centers, step + 1


def _batch(rows: ClusteredRows, size: int) -> Cohort:
    n_samples, draw = rows.cohort.n_samples, rows.random_state
    if _DRAWS_BY_WEIGHT:
        share = np.full(n_samples, 1 / n_samples)
        chosen = draw.choice(n_samples, size, p=share, replace=True)
    else:
        chosen = draw.randint(0, n_samples, size)
    taken = {
        name: take(rows.cohort[name], chosen) for name in rows.cohort.rows if rows.cohort.has(name)
    }
    return rows.cohort.replace(**taken)


def _updated(centers: Floats, counts: Floats, sums: Mapping[str, Array]) -> Floats:
    """Centres as the means of all rows seen so far; ``counts`` goes on, too."""
    new: Floats = centers.copy()
    met = sums["weight"] > 0
    new[met] = centers[met] * counts[met, np.newaxis] + sums["sum"][met]
    counts += sums["weight"]
    new[met] *= (1.0 / counts[met])[:, np.newaxis]
    return new


def _reassign(model: MiniBatchKMeans, rows: ClusteredRows, centers: Floats) -> None:
    """Move centres with very few rows, as ``_mini_batch_step`` does, but not onto rows."""
    counts = model._counts
    few = counts < model.reassignment_ratio * counts.max()
    half = int(0.5 * model._batch_size)
    if few.sum() > 0.5 * model._batch_size:
        few[np.argsort(counts)[half:]] = False
    if not few.any():
        return
    rows.tell(
        f"{int(few.sum())} cluster(s) have very few rows. scikit-learn moves their centres onto "
        f"random rows, which would reveal these; they are moved to means of at least {LEAST_ROWS} "
        "rows instead"
    )
    groups = rows.groups
    share = groups.weights / groups.weights.sum()
    size = int(few.sum())
    chosen = rows.random_state.choice(len(share), size, replace=size > len(share), p=share)
    centers[few] = groups.means[chosen]
    counts[few] = counts[~few].min()


@party_op("cluster.batch", counts=("weight",))
def batch_sums(X: Any, centers: Floats, sample_weight: Floats | None = None) -> Statistics:
    """Weight, weighted sum and inertia of the rows of a batch."""
    weight = weights_of(X, sample_weight)
    labels = label(X, centers)
    return {
        "weight": weight_by_label(labels, weight, len(centers)),
        "sum": sum_by_label(X, labels, weight, len(centers)),
        "inertia": inertia_of(X, weight, centers, labels),
    }
