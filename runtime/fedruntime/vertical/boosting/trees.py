"""The coordinator's half of histogram-based boosting across columns: histograms of all parties'
columns for the grower, and predictions of grown trees.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from fedruntime.aggregation.aggregator import Aggregator
from fedruntime.cohort import Cohort
from fedruntime.data.handle import Handle
from fedruntime.errors import UnsupportedError
from fedruntime.messages import Array
from fedruntime.operations import Operation, sealed_for
from fedruntime.vertical.aligned import Aligned, layout_at
from fedruntime.vertical.boosting import party as at_party
from fedruntime.vertical.products.coordinator import Masked, Source, mask, multiply, new_mask
from fedruntime.vertical.sessions import ask, session_of

_MOST_BYTES = 2**31  # of one party's indicators in two limbs
_ITERATIONS_AT_ONCE = 10


class BinnedColumns:
    """Columns that their parties have binned for a fit.

    Parameters
    ----------
    X : Aligned
    label_party : str
    max_bins, seed : int
        As scikit-learn's bin mapper takes them.
    purpose : str

    Attributes
    ----------
    counts : ndarray of int, shape (p,)
        Bins of values that are not missing.
    missing : ndarray of bool, shape (p,)
    used : ndarray of bool, shape (p, max_bins + 1)
        Whether a bin is in use.
    """

    def __init__(self, X: Aligned, label_party: str, max_bins: int, seed: int, purpose: str):
        self.X, self.label_party, self.purpose = X, label_party, purpose
        self.name = f"boosting {new_mask(X.federation)[0]}"
        self.counts = np.zeros(X.shape[1], dtype=np.uint32)
        self.missing = np.zeros(X.shape[1], dtype=bool)
        each = {
            party: {"rows": block, "name": self.name, "max_bins": max_bins, "seed": seed}
            for party, block in zip(X.parties, X.blocks, strict=True)
        }
        told = self.ask(at_party.bin_columns, each)
        for party, columns in self.columns.items():
            self.counts[columns] = told[party]["bins"]
            self.missing[columns] = told[party]["missing"]
        self.used = np.arange(max_bins + 1) < self.counts[:, np.newaxis]
        self.used[:, -1] = self.missing
        self.masked = self._masked()

    @property
    def columns(self) -> dict[str, npt.NDArray[np.intp]]:
        """For each party the positions of its columns."""
        return dict(zip(self.X.parties, self.X.columns_of, strict=True))

    def ask(
        self, operation: Operation, each: Mapping[str, Mapping[str, Any]]
    ) -> Mapping[str, Mapping[str, Array]]:
        """What a session operation gives at some of the parties."""
        if not each:
            return {}
        federation = self.X.federation
        session = session_of(federation)
        return ask(federation, operation, each, session=session, purpose=self.purpose)

    def map(self, operation: Operation, party: str, given: Any, **public: Any) -> Handle:
        """Rows that a session operation makes at one of the parties."""
        return mapped(self.X, operation, party, given, purpose=self.purpose, **public)

    def forget(self) -> None:
        """Let the parties drop their binned columns."""
        parties = dict.fromkeys((*self.X.parties, self.label_party))
        self.ask(at_party.forget_bins, {party: {"name": self.name} for party in parties})

    def edges(self, features: Array, bins: Array) -> Array:
        """The upper edges of bins."""
        found = np.zeros(len(features))
        owners = self._owners(features)
        each = {
            party: {
                "name": self.name,
                "features": self._local(party, features[at]),
                "bins": bins[at],
            }
            for party, at in owners.items()
        }
        for party, told in self.ask(at_party.tell_edges, each).items():
            found[owners[party]] = told["edges"]
        return found

    def give_sides(self, parents: Array, features: Array, left_bins: Array) -> None:
        """Let the label party know the sides of rows at splits."""
        owners = self._owners(features)
        own = owners.pop(self.label_party, None)
        box = new_mask(self.X.federation)[0]
        each = {
            party: {
                "name": self.name,
                "reader": self.label_party,
                "box": box,
                "features": self._local(party, features[at]),
                "left_bins": left_bins[at],
            }
            for party, at in owners.items()
        }
        told = self.ask(at_party.send_sides, each)
        given: dict[str, Any] = {
            "name": self.name,
            "boxes": [
                (party, box, told[party][sealed_for(self.label_party)], parents[at].tolist())
                for party, at in owners.items()
            ],
        }
        if own is not None:
            given.update(
                numbers=parents[own].tolist(),
                features=self._local(self.label_party, features[own]),
                left_bins=left_bins[own],
            )
        self.ask(at_party.receive_sides, {self.label_party: given})

    def _owners(self, features: Array) -> dict[str, npt.NDArray[np.intp]]:
        places = {
            party: np.flatnonzero(np.isin(features, columns))
            for party, columns in self.columns.items()
        }
        return {party: at for party, at in places.items() if len(at)}

    def _local(self, party: str, features: Array) -> Array:
        order = {column: at for at, column in enumerate(self.columns[party].tolist())}
        return np.array([order[int(feature)] for feature in features], dtype=np.int64)

    def _masked(self) -> list[Masked]:
        sources = []
        rows = len(self.X)
        widths = {
            party: int(self.used[columns].sum())
            for party, columns in self.columns.items()
            if party != self.label_party
        }
        for party, width in widths.items():
            if 16 * rows * width > _MOST_BYTES:
                self.forget()
                raise UnsupportedError(
                    f"{self.purpose}: the {width} bins of the columns of {party} in {rows} rows "
                    f"take {16 * rows * width / 2**30:.1f} GB once they are masked, beyond the "
                    f"{_MOST_BYTES / 2**30:.0f} GB that are taken: set a smaller max_bins"
                )
        for party, width in widths.items():
            given = {"name": self.name}
            indicators = self.map(at_party.bin_indicators, party, given, width=width)
            sources.append(Source(party, indicators, width, (self.label_party,)))
        if not sources:
            return []
        return mask(self.X.federation, sources, purpose=self.purpose)[0]


class NodesAcross(Cohort):
    """The rows of one tree, as the grower asks for sums over its nodes.

    Parameters are those of ``Cohort``, with ``gradients`` and ``nodes`` at the label party.
    """

    def __init__(
        self,
        columns: BinnedColumns,
        aggregator: Aggregator,
        rows: Mapping[str, Handle | None],
        known: set[int],
    ) -> None:
        super().__init__(columns.X.federation, aggregator, rows, columns.purpose)
        self._columns = columns
        self._known = known  # parents whose split the label party knows the sides of

    @classmethod
    def of_tree(
        cls, columns: BinnedColumns, aggregator: Aggregator, gradients: Handle
    ) -> NodesAcross:
        """The rows before the first split of a tree."""
        columns.ask(at_party.new_tree, {columns.label_party: {"name": columns.name}})
        return cls(columns, aggregator, {"gradients": gradients, "nodes": None}, set())

    @property
    def n_samples(self) -> int:
        return len(self["gradients"])

    def replace(self, **rows: Handle | None) -> Cohort:
        """The same tree with its rows' nodes numbered anew."""
        return NodesAcross(self._columns, self.aggregator, {**self.rows, **rows}, self._known)

    def derive(self, operation: Operation, /, **public: Any) -> Handle:
        """The nodes of rows after some splits."""
        self._give_sides(public["splits"])
        given = {**self._of_rows(public["splits"]), "rows": self["gradients"]}
        del given["gradients"]
        return self._columns.map(at_party.number_nodes, self._columns.label_party, given)

    def sum(self, operation: Operation, /, **public: Any) -> dict[str, Array]:
        """The histograms of nodes, as ``boosting_nodes.node_histograms``."""
        self._give_sides(public["splits"])
        columns, used, wanted = self._columns, public["used"], public["wanted"]
        constant = public["hessians"] < 0
        names = ["counts", "gradients"] if constant else ["counts", "gradients", "hessians"]
        whole = {name: np.zeros((len(wanted), *columns.used.shape)) for name in names}
        given = {**self._of_rows(public["splits"]), "wanted": wanted}
        label = columns.label_party
        if label in columns.columns:
            own = columns.columns[label]
            masks = [np.ascontiguousarray(one[own]) for one in used]
            asked = {**given, "used": masks, "tree": public["tree"], "hessians": public["hessians"]}
            told = columns.ask(at_party.own_histograms, {label: asked})[label]
            for name in names:
                _fill(whole[name], own, masks, told[name])
        self._fill_others(whole, given, public)
        found = {
            name: np.concatenate([one[mask] for one, mask in zip(part, used, strict=True)])
            for name, part in whole.items()
        }
        return {**found, "counts": np.rint(found["counts"]).astype(np.int64)}

    def _fill_others(
        self, whole: Mapping[str, Array], given: Mapping[str, Any], public: Mapping[str, Any]
    ) -> None:
        columns = self._columns
        if not columns.masked:
            return
        which = [public["tree"]] if public["hessians"] < 0 else [public["tree"], public["hessians"]]
        width = len(public["wanted"]) * len(whole)
        made = columns.map(
            at_party.node_columns, columns.label_party, {**given, "columns": which}, width=width
        )
        readers = tuple(one.party for one in columns.masked)
        source = Source(columns.label_party, made, width, readers)
        (masked,), _ = mask(self.federation, [source], purpose=self.purpose)
        pairs = [(masked, one) for one in columns.masked]
        products = multiply(self.federation, pairs, purpose=self.purpose)
        for one, product in zip(columns.masked, products, strict=True):
            own = columns.columns[one.party]
            masks = [columns.used[own]] * len(public["wanted"])
            by_name = product.astype(np.float64).reshape(len(public["wanted"]), len(whole), -1)
            for place, part in enumerate(whole.values()):
                _fill(part, own, masks, by_name[:, place].ravel())

    def _of_rows(self, splits: Mapping[str, Array]) -> dict[str, Any]:
        return {
            "name": self._columns.name,
            "gradients": self["gradients"],
            "nodes": self.rows["nodes"],
            "splits": dict(splits),
        }

    def _give_sides(self, splits: Mapping[str, Array]) -> None:
        new = ~np.isin(splits["parents"], list(self._known))
        if new.any():
            parents = splits["parents"][new]
            self._columns.give_sides(parents, splits["features"][new], splits["left_bins"][new])
            self._known.update(parents.tolist())


def _fill(
    whole: Array, columns: npt.NDArray[np.intp], masks: Sequence[Array], values: Array
) -> None:
    """Put the values of bins in use, node after node, into histograms of all columns."""
    start = 0
    for node, mask_of_node in zip(whole, masks, strict=True):
        part = np.zeros(mask_of_node.shape)
        part[mask_of_node] = values[start : (start := start + np.count_nonzero(mask_of_node))]
        node[columns] = part


def mapped(
    X: Aligned, operation: Operation, party: str, given: Any, *, purpose: str, **public: Any
) -> Handle:
    """Rows that a session operation makes at one of the parties."""
    federation = X.federation
    return federation.map(
        operation,
        layout=layout_at(federation.parties, party, len(X)),
        each={party: given},
        purpose=purpose,
        session=session_of(federation),
        **public,
    )


def advanced(
    X: Aligned, raw: Handle, iterations: Sequence[Sequence[Any]], reader: str, purpose: str
) -> Handle:
    """Raw predictions at the label party with those of more trees, in the order of scikit-learn."""
    for start in range(0, len(iterations), _ITERATIONS_AT_ONCE):
        raw = _advanced(X, raw, iterations[start : start + _ITERATIONS_AT_ONCE], reader, purpose)
    return raw


def _advanced(
    X: Aligned, raw: Handle, iterations: Sequence[Sequence[Any]], reader: str, purpose: str
) -> Handle:
    trees = [
        (column, tree.nodes) for trees_of in iterations for column, tree in enumerate(trees_of)
    ]
    numbers = itertools.count()
    messages = []
    internal = []
    for column, nodes in trees:
        leaf = nodes["is_leaf"].astype(bool)
        side = np.full(len(nodes), -1)
        side[~leaf] = [next(numbers) for _ in range(np.count_nonzero(~leaf))]
        children = {
            name: np.where(leaf, -1, nodes[name].astype(np.int64)) for name in ("left", "right")
        }
        messages.append(
            {"column": column, **children, "side": side, "value": nodes["value"].copy()}
        )
        internal.append(nodes[~leaf])
    splits = np.concatenate(internal)
    box = new_mask(X.federation)[0]
    given: dict[str, Any] = {"raw": raw, "trees": messages, "boxes": []}
    each = {}
    places = {}
    for party, block, columns in zip(X.parties, X.blocks, X.columns_of, strict=True):
        at = np.flatnonzero(np.isin(splits["feature_idx"], columns))
        if not len(at):
            continue
        position = {column: local for local, column in enumerate(columns.tolist())}
        own = {
            "features": np.array([position[int(one)] for one in splits["feature_idx"][at]]),
            "thresholds": splits["num_threshold"][at].copy(),
            "missing_left": splits["missing_go_to_left"][at].copy(),
        }
        if party == reader:
            given.update(rows=block, splits=own, numbers=at.tolist())
        else:
            each[party] = {"rows": block, "reader": reader, "box": box, "splits": own}
            places[party] = at.tolist()
    if each:
        session = session_of(X.federation)
        told = ask(X.federation, at_party.send_paths, each, session=session, purpose=purpose)
        given["boxes"] = [
            (party, box, told[party][sealed_for(reader)], at) for party, at in places.items()
        ]
    width = int(raw.shape[1])
    return mapped(X, at_party.add_trees_across, reader, given, purpose=purpose, width=width)
