"""What a party counts of the nodes of a tree that is being grown by histogram-based boosting: which
rows are at which node stays with it, sums of gradients by bin leave in sums over the parties.

Rows are split and added up by scikit-learn's own compiled code.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.ensemble._hist_gradient_boosting.common import HISTOGRAM_DTYPE
from sklearn.ensemble._hist_gradient_boosting.histogram import HistogramBuilder
from sklearn.ensemble._hist_gradient_boosting.splitting import Splitter
from sklearn.utils._openmp_helpers import _openmp_effective_n_threads

from fedruntime.messages import Array
from fedruntime.operations import Statistics, party_op, row_op

Binned = npt.NDArray[np.uint8]
Singles = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.int32]
Mask = npt.NDArray[np.bool_]

Splits = Mapping[str, Array]
"""Splits of nodes as arrays of shape (s,): ``parents``, ``features``, and the numbers of the
``left`` and ``right`` children; and ``left_bins`` of shape (s, 8), sets of the bins that go left.
"""

_ROOT = 0
_NOWHERE = -1
_NO_ROWS = np.empty(0, dtype=np.uint32)


@row_op("boosting.nodes")
def node_numbers(X: Binned, nodes: Numbers | None, splits: Splits) -> Numbers:
    """The node of each row after some nodes have been split; without ``nodes`` all are at 0."""
    numbers = np.zeros(len(X), dtype=np.int32) if nodes is None else nodes.copy()
    rows_of = _grouped(nodes, splits["parents"], len(X))
    ends = {*splits["left"].tolist(), *splits["right"].tolist()}
    for node, rows in _split_up(X, rows_of, splits, ends).items():
        numbers[rows] = node
    return numbers


@party_op("boosting.histograms", counts=("counts",))
def node_histograms(
    X: Binned,
    gradients: Singles,
    nodes: Numbers | None,
    splits: Splits,
    wanted: Array,
    used: Sequence[Mask],
    tree: int,
    hessians: int,
) -> Statistics:
    """Sums of gradients and Hessians, and numbers of rows, by bin of nodes.

    Parameters
    ----------
    splits : mapping
        Those that led to the wanted nodes since ``nodes`` were numbered, in their order.
    wanted : ndarray of shape (m,)
        The nodes.
    used : sequence of ndarray of shape (p, n_bins)
        The bins of each node that are asked for.
    tree : int
        Whose gradients, by their column.
    hessians : int
        Their column; negative if they are constant, and not summed.

    Returns
    -------
    dict
        One after another the bins of all nodes.
    """
    constant = hessians < 0
    if len(X):
        curvature = np.ones(1, np.float32) if constant else gradients[:, hessians]
        threads = _openmp_effective_n_threads()
        builder = HistogramBuilder(
            X, used[0].shape[1], gradients[:, tree], curvature, constant, threads
        )
        parts = [
            np.asarray(builder.compute_histograms_brute(rows))[mask]
            for rows, mask in zip(rows_of_nodes(X, nodes, splits, wanted), used, strict=True)
        ]
        found = np.concatenate(parts)
    else:  # which the builder cannot be made of
        found = np.zeros(sum(map(np.count_nonzero, used)), dtype=HISTOGRAM_DTYPE)
    summed = {"gradients": found["sum_gradients"], "counts": found["count"].astype(np.int64)}
    return summed if constant else {**summed, "hessians": found["sum_hessians"]}


def rows_of_nodes(
    X: Binned, nodes: Numbers | None, splits: Splits, wanted: Array
) -> Iterator[Array]:
    """The rows of each wanted node, ascending."""
    known = np.concatenate([splits["parents"], wanted])
    rows_of = _split_up(X, _grouped(nodes, known, len(X)), splits, set(wanted.tolist()))
    for node in wanted.tolist():
        yield rows_of[node]


def _grouped(nodes: Numbers | None, wanted: Array, n_samples: int) -> dict[int, Array]:
    """The rows of some nodes, those without rows left out."""
    if nodes is None:
        return {_ROOT: np.arange(n_samples, dtype=np.uint32)}
    # The stable sort of short integers takes time in proportion to their number.
    short = np.int16 if len(wanted) < 2**15 else np.int32
    place = np.full(max(int(nodes.max(initial=0)), int(wanted.max())) + 1, _NOWHERE, dtype=short)
    place[wanted] = np.arange(len(wanted))
    places = place[nodes]
    rows = np.flatnonzero(places != _NOWHERE).astype(np.uint32)
    places = places[rows]
    order = np.argsort(places, kind="stable")
    ends = np.cumsum(np.bincount(places, minlength=len(wanted)))
    groups = np.split(rows[order], ends[:-1])
    return {int(node): group for node, group in zip(wanted, groups, strict=True) if len(group)}


def _split_up(
    X: Binned, rows_of: dict[int, Array], splits: Splits, ends: Collection[int]
) -> dict[int, Array]:
    """The rows of nodes that others are split into, one split after another."""
    if not len(X):  # which the splitter cannot be made of
        return dict.fromkeys(ends, _NO_ROWS)
    splitter = _splitter_of(X)
    numbers = (splits[field].tolist() for field in ("parents", "features", "left", "right"))
    for parent, feature, left, right, bins in zip(*numbers, splits["left_bins"], strict=True):
        rows = rows_of.pop(parent, _NO_ROWS)
        if len(rows):
            found = splitter.split_indices(_SplitByBins(feature, bins.copy()), rows)
            rows_of[left], rows_of[right] = (np.asarray(part) for part in found[:2])
    return {node: rows_of.get(node, _NO_ROWS) for node in ends}


@dataclass(frozen=True)
class _SplitByBins:
    """What the splitter reads of a split; as one by categories it looks bins up in a set."""

    feature_idx: int
    left_cat_bitset: npt.NDArray[np.uint32]
    is_categorical: bool = True
    bin_idx: int = 0
    missing_go_to_left: bool = False


def _splitter_of(X: Binned) -> Any:
    """scikit-learn's splitter, for applying splits; what finds them is not used."""
    none = np.zeros(X.shape[1], dtype=np.uint8)
    return Splitter(
        X_binned=X,
        n_bins_non_missing=none.astype(np.uint32),
        missing_values_bin_idx=0,
        has_missing_values=none,
        is_categorical=none,
        monotonic_cst=none.astype(np.int8),
        l2_regularization=0.0,
        n_threads=_openmp_effective_n_threads(),
    )
