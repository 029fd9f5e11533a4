"""``IncrementalPCA``: the batches of the pooled fit, runs of pooled rows in their order, each
reduced to a square factor that stands for it.

What the batches add does not depend on the components found so far, so that many are asked for in
one round; only the updates of the components are made one after another.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import linalg
from sklearn.decomposition import IncrementalPCA
from sklearn.utils import gen_batches
from sklearn.utils.extmath import _incremental_mean_and_var, svd_flip

from fedruntime.cohort import Cohort
from fedruntime.data.handle import Handle
from fedruntime.errors import DataError, UnsupportedError
from fedruntime.estimators.design import prepare, record_features
from fedruntime.estimators.precision import precision_of
from fedruntime.estimators.registry import Exactness, Level, federated
from fedruntime.messages import Array
from fedruntime.operations import Statistics, party_op, row_op

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

_EPS = float(np.finfo(np.float64).eps)
_LEAST_ROWS = 10
_LARGEST_MESSAGE = 2**19  # values; four megabytes
# Squared condition number up to which a Gram matrix gives a batch's factor to about 1e-14.
_WELL_CONDITIONED = 1e4


@dataclass(frozen=True)
class _Batch:
    """A batch as updates see it: ``factor.T @ factor`` is the scatter matrix about its mean."""

    rows: int
    mean: Floats
    factor: Floats


def _judge(model: IncrementalPCA) -> Level | None:
    if model.batch_size is not None and model.batch_size < _LEAST_ROWS:
        raise UnsupportedError(
            f"IncrementalPCA(batch_size={model.batch_size}) has no federated fit: sums over so few "
            f"rows would reveal them; use batch_size={_LEAST_ROWS} or more"
        )
    return None


@federated(
    IncrementalPCA,
    Exactness.EXACT,
    "the same batches, each from its summed scatter matrix; a last batch of fewer than "
    f"{_LEAST_ROWS} rows joins the one before, under a warning, as its sums would reveal rows",
    judge=_judge,
)
def fit_incremental_pca(model: IncrementalPCA, cohort: Cohort) -> None:
    """Fit as ``IncrementalPCA.fit`` does on the pooled rows, batch after batch.

    Raises
    ------
    DataError
        In scikit-learn's words, where the number of components does not go with the shape.
    """
    model._validate_params()
    rows = prepare(cohort.only(X=cohort["X"]), accept_sparse=True)
    n_samples, n_features = cohort["X"].shape
    size = 5 * n_features if model.batch_size is None else model.batch_size
    edges = _edges(model, n_samples, size)
    kept = _components(model, int(edges[1] - edges[0]), n_features)
    state: dict[str, Any] = {}
    for batch in _summed(rows, edges):
        state = _update(state, batch, kept)
    record_features(model, cohort["X"])
    # The second batch is stacked under a correction in double precision.
    dtype = precision_of(cohort["X"]) if len(edges) == 2 else np.float64
    model.batch_size_ = size
    model.n_components_ = kept
    model.n_samples_seen_ = _counter()(n_samples)
    model.components_ = state["components_"].astype(dtype)
    model.singular_values_ = state["singular_values_"].astype(dtype)
    # numpy 2 no longer lets the array decide.
    promoted = (np.ones(1, dtype) / np.float64(1)).dtype.type
    model.explained_variance_ = state["explained_variance_"].astype(promoted)
    model.explained_variance_ratio_ = state["explained_variance_ratio_"].astype(promoted)
    model.mean_, model.var_ = state["mean_"], state["var_"]
    rest = state["noise_variance_"]
    model.noise_variance_ = rest if rest == 0.0 else promoted(rest)


def _edges(model: IncrementalPCA, n_samples: int, size: int) -> Integers:
    """Where batches start, and the end of the last one."""
    least = model.n_components or 0
    batches = list(gen_batches(n_samples, size, min_batch_size=least))
    last = batches[-1].stop - batches[-1].start
    if len(batches) > 1 and last < _LEAST_ROWS:
        warnings.warn(
            f"the last batch has {last} rows, whose sums would reveal them: it joins the one "
            "before, and the model differs from the pooled one in the order of that share of rows",
            stacklevel=4,
        )
        batches = list(gen_batches(n_samples, size, min_batch_size=max(least, _LEAST_ROWS)))
    return np.array([batch.start for batch in batches] + [batches[-1].stop])


def _components(model: IncrementalPCA, first: int, n_features: int) -> int:
    if model.n_components is None:
        return min(first, n_features)
    if model.n_components > n_features:
        raise DataError(
            f"n_components={model.n_components!r} invalid for n_features={n_features}, need more "
            "rows than columns for IncrementalPCA processing"
        )
    if model.n_components > first:
        raise DataError(
            f"n_components={model.n_components!r} must be less or equal to the batch number of "
            f"samples {first} for the first partial_fit call."
        )
    return int(model.n_components)


def _counter() -> Any:
    """The type in which the installed version counts rows."""
    _, _, count = _incremental_mean_and_var(np.zeros((1, 1)), 0.0, 0.0, np.zeros(1, dtype=np.int64))
    return count.dtype.type


def _update(state: dict[str, Any], batch: _Batch, kept: int) -> dict[str, Any]:
    """One step of ``IncrementalPCA.partial_fit``, with a factor in the place of the rows."""
    stacked = batch.factor
    seen, mean, squares = batch.rows, batch.mean, (batch.factor**2).sum(axis=0)
    if state:
        before = state["seen"]
        seen = before + batch.rows
        shift = state["mean_"] - batch.mean
        weight = before / seen * batch.rows
        mean = (before * state["mean_"] + batch.rows * batch.mean) / seen
        squares = state["var_"] * before + squares + weight * shift**2
        scaled = state["singular_values_"][:, np.newaxis] * state["components_"]
        stacked = np.vstack([scaled, batch.factor, np.sqrt(weight) * shift])
    _, values, vectors = linalg.svd(stacked, full_matrices=False)
    _, vectors = svd_flip(None, vectors, u_based_decision=False)
    # scikit-learn stacks the rows themselves, and finds zeros for what they do not span.
    rank = min(batch.rows + (kept + 1 if state else 0), stacked.shape[1])
    values = np.r_[values, np.zeros(max(rank - len(values), 0))]
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = values**2 / (seen - 1)
        ratio = values**2 / squares.sum()
    rest = kept not in (batch.rows, stacked.shape[1])
    return {
        "seen": seen,
        "mean_": mean,
        "var_": squares / seen,
        "components_": vectors[:kept],
        "singular_values_": values[:kept],
        "explained_variance_": variance[:kept],
        "explained_variance_ratio_": ratio[:kept],
        "noise_variance_": variance[kept:rank].mean() if rest else 0.0,
    }


def _summed(rows: Cohort, edges: Integers) -> Iterator[_Batch]:
    """The batches in order, many a message."""
    p = rows.n_features
    numbered = rows.replace(batch=_numbers(rows, edges))
    step = max(1, _LARGEST_MESSAGE // (p * p))
    for first in range(0, len(edges) - 1, step):
        counts = np.diff(edges[first : first + step + 1])
        sums = numbered.sum(batch_sums, first=first, count=len(counts))["sums"]
        mean = sums / counts[:, np.newaxis]
        bases = np.broadcast_to(np.eye(p), (len(counts), p, p))
        grams = _grams(numbered, first, mean, bases)
        yield from _factors(numbered, first, counts, mean, grams)


def _factors(
    rows: Cohort, first: int, counts: Integers, mean: Floats, grams: Floats
) -> Iterator[_Batch]:
    """Factors of scatter matrices; those that are ill-conditioned are summed once more, in the
    basis of their eigenvectors scaled to unit length.
    """
    values, vectors = np.linalg.eigh(grams)
    resolution = np.maximum(len(mean[0]) * _EPS * values[:, -1:], np.finfo(np.float64).tiny)
    roots = np.sqrt(np.maximum(values, resolution))
    factors = roots[:, :, np.newaxis] * vectors.transpose(0, 2, 1)
    if (values[:, -1] > _WELL_CONDITIONED * np.maximum(values[:, 0], 0)).any():
        again = _grams(rows, first, mean, vectors / roots[:, np.newaxis, :])
        values, vectors = np.linalg.eigh(again)
        # What stays within rounding after it was stretched depends on other columns.
        values = np.where(
            values > resolution / np.maximum(roots[:, -1:] ** 2, resolution), values, 0
        )
        inner = np.sqrt(values)[:, :, np.newaxis] * vectors.transpose(0, 2, 1)
        factors = inner @ factors
    for number, count in enumerate(counts):
        yield _Batch(int(count), mean[number], factors[number])


def _grams(rows: Cohort, first: int, mean: Floats, bases: Floats) -> Floats:
    sums = rows.sum(batch_grams, first=first, mean=mean, bases=np.ascontiguousarray(bases))
    return np.asarray(sums["grams"])


def _numbers(rows: Cohort, edges: Integers) -> Handle:
    """For each row the number of its batch."""
    layout = rows["X"].layout
    return rows.federation.map(
        batch_numbers,
        layout=layout,
        each={party: {"positions": own} for party, own in layout.positions.items()},
        purpose=rows.purpose,
        edges=edges,
    )


@row_op("incremental_pca.batch_numbers")
def batch_numbers(positions: Array, edges: Array) -> Integers:
    """The number of the batch that each pooled position is in."""
    return np.asarray(np.searchsorted(edges, positions, side="right") - 1, dtype=np.int64)


@party_op("incremental_pca.sums")
def batch_sums(X: Any, batch: Integers, first: int, count: int) -> Statistics:
    """Column sums of ``count`` batches; shape (count, p)."""
    sums = np.zeros((count, X.shape[1]))
    for number, rows in _own(batch, first, count):
        sums[number] = X[rows].sum(axis=0)
    return {"sums": sums}


@party_op("incremental_pca.grams")
def batch_grams(X: Any, batch: Integers, first: int, mean: Floats, bases: Floats) -> Statistics:
    """Gram matrices of batches about their means, each in a basis; shape (count, p, p)."""
    grams = np.zeros(bases.shape)
    for number, rows in _own(batch, first, len(mean)):
        block = X[rows].toarray() if hasattr(X, "toarray") else X[rows]
        moved = (block - mean[number]) @ bases[number]
        grams[number] = moved.T @ moved
    return {"grams": grams}


def _own(batch: Integers, first: int, count: int) -> Iterator[tuple[int, slice]]:
    """A party's rows of each batch, which follow one another."""
    edges = np.searchsorted(batch, np.arange(first, first + count + 1))
    for number in range(count):
        if edges[number] < edges[number + 1]:
            yield number, slice(int(edges[number]), int(edges[number + 1]))
