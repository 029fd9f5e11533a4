"""What parties do in histogram-based boosting across columns: each bins its own columns and says on
which side of a split rows lie; the label party alone knows nodes, gradients and predictions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.ensemble._hist_gradient_boosting.binning import _BinMapper
from sklearn.ensemble._hist_gradient_boosting.histogram import HistogramBuilder
from sklearn.utils._openmp_helpers import _openmp_effective_n_threads

from fedruntime.aggregation.session import PartySession
from fedruntime.estimators.ensemble.boosting_nodes import node_numbers, rows_of_nodes
from fedruntime.messages import Array
from fedruntime.operations import sealed_for, session_op
from fedruntime.vertical.products.party import as_columns
from fedruntime.vertical.sealed_arrays import seal_array, unseal_array

Floats = npt.NDArray[np.float64]
Sides = npt.NDArray[np.uint8]
Boxes = Sequence[tuple[str, str, Array, Sequence[int]]]
"""Sides that others have sealed: sender, name, sealed array, and the numbers of its columns."""

_RIGHT = 1
_LEFT_IS_ZERO = np.array([1, 0, 0, 0, 0, 0, 0, 0], dtype=np.uint32)


@dataclass
class _Held:
    """What a party keeps of its columns during a fit."""

    mapper: Any
    binned: npt.NDArray[np.uint8]
    used: npt.NDArray[np.bool_]


@dataclass
class _Tree:
    """At the label party: the sides of rows at the splits of the tree that is being grown."""

    sides: dict[int, Sides] = field(default_factory=dict)


@session_op(
    "across.boosting_bin",
    reveals="how many bins each column has, and whether values are missing",
)
def bin_columns(
    session: PartySession, rows: Any, name: str, max_bins: int, seed: int
) -> Mapping[str, Array]:
    """Bin a party's columns by scikit-learn's own rule, and keep them for the fit."""
    columns = as_columns(rows)
    mapper = _BinMapper(
        n_bins=max_bins + 1, random_state=seed, n_threads=_openmp_effective_n_threads()
    )
    binned = mapper.fit_transform(columns)
    missing = np.isnan(columns).any(axis=0)
    used = np.arange(mapper.n_bins) < mapper.n_bins_non_missing_[:, np.newaxis]
    used[:, -1] = missing
    session.held[name] = _Held(mapper, binned, used)
    return {"bins": np.asarray(mapper.n_bins_non_missing_), "missing": np.asarray(missing)}


@session_op("across.boosting_forget")
def forget_bins(session: PartySession, name: str) -> Mapping[str, Array]:
    """Drop what was kept for a fit."""
    session.held.pop(name, None)
    session.held.pop(_tree_of(name), None)
    return {}


@session_op("across.boosting_indicators", keeps=True)
def bin_indicators(session: PartySession, width: int, name: str = "") -> Floats:
    """One column a bin that is in use, feature by feature: one in its rows, zero in others."""
    if not name:
        return np.zeros((0, width))
    held = session.held[name]
    found = np.empty((len(held.binned), width))
    for number, (feature, value) in enumerate(np.argwhere(held.used)):
        found[:, number] = held.binned[:, feature] == value
    return found


@session_op("across.boosting_edges", reveals="the thresholds of the splits of a tree")
def tell_edges(
    session: PartySession, name: str, features: Array, bins: Array
) -> Mapping[str, Array]:
    """The upper edges of some bins."""
    edges = session.held[name].mapper.bin_thresholds_
    found = [edges[feature][number] for feature, number in zip(features, bins, strict=True)]
    return {"edges": np.array(found, dtype=np.float64)}


@session_op(
    "across.boosting_sides",
    protection="sealed",
    reveals="on which side of a split of this party's columns each row lies, to the label party",
)
def send_sides(
    session: PartySession, name: str, reader: str, box: str, features: Array, left_bins: Array
) -> Mapping[str, Array]:
    """The sides of all rows at splits of a party's binned columns, sealed for the label party."""
    sides = _sides_of_bins(session.held[name].binned, features, left_bins)
    return {sealed_for(reader): seal_array(session, reader, box, sides)}


@session_op("across.boosting_receive")
def receive_sides(
    session: PartySession,
    name: str,
    boxes: Boxes,
    numbers: Sequence[int] = (),
    features: Array | None = None,
    left_bins: Array | None = None,
) -> Mapping[str, Array]:
    """Let the label party keep sides of other parties' splits, and of its own, by parent node."""
    tree = session.held.setdefault(_tree_of(name), _Tree())
    for sender, box, sealed, parents in boxes:
        sides = unseal_array(session, sender, box, sealed, np.uint8, len(parents))
        tree.sides.update(zip(parents, sides.T, strict=True))
    if features is not None and left_bins is not None:
        sides = _sides_of_bins(session.held[name].binned, features, left_bins)
        tree.sides.update(zip(numbers, sides.T, strict=True))
    return {}


@session_op("across.boosting_new_tree")
def new_tree(session: PartySession, name: str) -> Mapping[str, Array]:
    """Let the label party drop the sides of the tree before."""
    session.held[_tree_of(name)] = _Tree()
    return {}


@session_op("across.boosting_nodes", keeps=True)
def number_nodes(
    session: PartySession,
    name: str = "",
    splits: Mapping[str, Array] | None = None,
    nodes: Any = None,
    rows: Any = None,
) -> Any:
    """At the label party, the node of each row after some splits."""
    if splits is None:
        return np.zeros(0, dtype=np.int32)
    sides, splits = _by_sides(session, name, splits, len(rows))
    return node_numbers(sides, nodes, splits)


@session_op("across.boosting_node_columns", keeps=True)
def node_columns(
    session: PartySession,
    width: int,
    name: str = "",
    gradients: Any = None,
    nodes: Any = None,
    splits: Mapping[str, Array] | None = None,
    wanted: Array | None = None,
    columns: Sequence[int] = (),
) -> Floats:
    """At the label party, for each node its rows' indicator, gradient and perhaps Hessian; zero in
    other rows."""
    if splits is None or wanted is None:
        return np.zeros((0, width))
    sides, splits = _by_sides(session, name, splits, len(gradients))
    found = np.zeros((len(gradients), width))
    each = 1 + len(columns)
    for number, rows in enumerate(rows_of_nodes(sides, nodes, splits, wanted)):
        found[rows, number * each] = 1.0
        for place, column in enumerate(columns, start=1):
            found[rows, number * each + place] = gradients[rows, column]
    return found


@session_op(
    "across.boosting_histograms",
    reveals="sums of gradients and Hessians, and numbers of rows, by bin of the label party's "
    "columns, of the nodes of trees",
)
def own_histograms(
    session: PartySession,
    name: str,
    gradients: Any,
    nodes: Any,
    splits: Mapping[str, Array],
    wanted: Array,
    used: Sequence[Array],
    tree: int,
    hessians: int,
) -> Mapping[str, Array]:
    """The histograms of the label party's own columns, node by node, by scikit-learn's code."""
    binned = session.held[name].binned
    constant = hessians < 0
    curvature = np.ones(1, np.float32) if constant else gradients[:, hessians]
    threads = _openmp_effective_n_threads()
    builder = HistogramBuilder(
        binned, used[0].shape[1], gradients[:, tree], curvature, constant, threads
    )
    sides, splits = _by_sides(session, name, splits, len(gradients))
    rows_of = rows_of_nodes(sides, nodes, splits, wanted)
    found = np.concatenate(
        [
            np.asarray(builder.compute_histograms_brute(rows))[mask]
            for rows, mask in zip(rows_of, used, strict=True)
        ]
    )
    summed = {"gradients": found["sum_gradients"], "counts": found["count"].astype(np.int64)}
    return summed if constant else {**summed, "hessians": found["sum_hessians"]}


@session_op(
    "across.boosting_paths",
    protection="sealed",
    reveals="on which side of the splits of a party's columns each row lies, to the label party",
)
def send_paths(
    session: PartySession, rows: Any, reader: str, box: str, splits: Mapping[str, Array]
) -> Mapping[str, Array]:
    """The sides of rows at splits by thresholds, sealed for the label party."""
    sides = _sides_of_values(as_columns(rows), splits)
    return {sealed_for(reader): seal_array(session, reader, box, sides)}


@session_op("across.boosting_start", keeps=True)
def baselines(session: PartySession, baseline: Floats, rows: int = 0) -> Floats:
    """At the label party, the raw predictions of a model without trees."""
    return np.asarray(np.tile(baseline, (rows, 1)), order="F")


@session_op("across.boosting_add", keeps=True)
def add_trees_across(
    session: PartySession,
    width: int,
    raw: Any = None,
    trees: Sequence[Mapping[str, Array]] = (),
    boxes: Boxes = (),
    rows: Any = None,
    splits: Mapping[str, Array] | None = None,
    numbers: Sequence[int] = (),
) -> Floats:
    """At the label party, raw predictions with those of more trees.

    Parameters
    ----------
    trees : sequence of mapping
        ``column`` of the predictions; ``left`` and ``right`` children of nodes, negative at
        leaves; ``side``, the number of a node's split; ``value`` of leaves.
    rows, splits, numbers
        Own columns, and the splits of these.
    """
    if raw is None:
        return np.zeros((0, width))
    sides: dict[int, Sides] = {}
    for sender, box, sealed, columns in boxes:
        opened = unseal_array(session, sender, box, sealed, np.uint8, len(columns))
        sides.update(zip(columns, opened.T, strict=True))
    if rows is not None and splits is not None:
        sides.update(zip(numbers, _sides_of_values(as_columns(rows), splits).T, strict=True))
    found: Floats = np.array(raw, order="F")
    for tree in trees:
        found[:, int(tree["column"])] += _values_of(tree, sides, len(found))
    return found


def _values_of(tree: Mapping[str, Array], sides: Mapping[int, Sides], rows: int) -> Floats:
    values = np.empty(rows)
    waiting = [(0, np.arange(rows))]
    while waiting:
        node, here = waiting.pop()
        if tree["left"][node] < 0:
            values[here] = tree["value"][node]
            continue
        right = sides[int(tree["side"][node])][here] == _RIGHT
        waiting.append((int(tree["left"][node]), here[~right]))
        waiting.append((int(tree["right"][node]), here[right]))
    return values


def _sides_of_bins(binned: Sides, features: Array, left_bins: Array) -> Sides:
    sides = np.empty((len(binned), len(features)), dtype=np.uint8)
    for number, (feature, bits) in enumerate(zip(features, left_bins, strict=True)):
        left = np.unpackbits(bits.astype("<u4").view(np.uint8), bitorder="little")
        sides[:, number] = _RIGHT - left[binned[:, feature]]
    return sides


def _sides_of_values(columns: Floats, splits: Mapping[str, Array]) -> Sides:
    values = columns[:, splits["features"]]
    missing = np.isnan(values) & (splits["missing_left"] > 0)
    return np.asarray(~((values <= splits["thresholds"]) | missing), dtype=np.uint8)


def _by_sides(
    session: PartySession, name: str, splits: Mapping[str, Array], rows: int
) -> tuple[Sides, dict[str, Array]]:
    """Splits of binned features as splits of the sides that are known of them."""
    parents = splits["parents"].tolist()
    known = session.held.setdefault(_tree_of(name), _Tree()).sides
    # One column at least, for the splitter is made of columns.
    sides = np.zeros((rows, max(1, len(parents))), dtype=np.uint8, order="F")
    for number, parent in enumerate(parents):
        sides[:, number] = known[parent]
    left = np.tile(_LEFT_IS_ZERO, (len(parents), 1))
    features = np.arange(len(parents), dtype=np.int32)
    return sides, {**splits, "features": features, "left_bins": left}


def _tree_of(name: str) -> str:
    return f"{name} tree"
