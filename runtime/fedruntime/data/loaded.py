"""What a loader gave: its containers (tuple, dict, Bunch), which of its entries are rows, and which
are public beside them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.lib.npyio import NpzFile
from scipy import sparse
from sklearn.utils import Bunch

from fedruntime.data.chunks.chunked import Chunked
from fedruntime.errors import DataError
from fedruntime.messages import Public

DESCRIPTIONS = {
    "DESCR", "categories", "data_filename", "data_module", "details", "feature_names", "filename",
    "filenames", "frame_filename", "target_filename", "target_names", "url",
}  # fmt: skip
"""Entries of scikit-learn's Bunch objects that describe the data and hold no rows."""

Path = tuple[Any, ...]


@dataclass(frozen=True)
class Leaf:
    """One entry of a loader's result: where it is, and its rows if it has any."""

    path: Path
    value: Any
    rows: int | None


def _leaves(value: Any, path: Path = ()) -> Iterator[Leaf]:
    if isinstance(value, NpzFile):
        value = dict(value)
    if isinstance(value, Mapping):
        for key, entry in value.items():
            if isinstance(value, Bunch) and key in DESCRIPTIONS:
                yield Leaf((*path, key), entry, None)
            else:
                yield from _leaves(entry, (*path, key))
    elif isinstance(value, tuple):
        for number, entry in enumerate(value):
            yield from _leaves(entry, (*path, number))
    elif _is_rows(value):
        yield Leaf(path, value, value.shape[0])
    else:
        yield Leaf(path, value, None)


def _is_rows(value: Any) -> bool:
    if isinstance(value, pd.DataFrame | pd.Series | Chunked) or sparse.issparse(value):
        return True
    return isinstance(value, np.ndarray) and value.ndim > 0


def _is_table(value: Any) -> bool:
    return not isinstance(value, np.ndarray) or value.ndim > 1


def leaves_of(value: Any) -> list[Leaf]:
    """The leaves, with vectors that belong to no table counted as public."""
    leaves = list(_leaves(value))
    data = value.get("data") if isinstance(value, Bunch) else None
    if data is not None and _is_rows(data):
        lengths = {data.shape[0]}
    else:
        lengths = {leaf.rows for leaf in leaves if leaf.rows is not None and _is_table(leaf.value)}
    if not lengths:
        return leaves
    return [leaf if leaf.rows in lengths else Leaf(leaf.path, leaf.value, None) for leaf in leaves]


def outline_of(value: Any) -> Public:
    """The containers of a loader's result, without what is in them."""
    if isinstance(value, NpzFile):
        value = dict(value)
    if isinstance(value, Mapping):
        kind = "Bunch" if isinstance(value, Bunch) else "dict"
        described = kind == "Bunch"
        return {
            "kind": kind,
            "entries": {
                key: None if described and key in DESCRIPTIONS else outline_of(entry)
                for key, entry in value.items()
            },
        }
    if isinstance(value, tuple):
        return {"kind": "tuple", "entries": dict(enumerate(map(outline_of, value)))}
    return None


def built(outline: Public, found: Mapping[Path, Any], path: Path = ()) -> Any:
    """A result of this outline with other entries."""
    if outline is None:
        return found[path]
    entries = {key: built(inner, found, (*path, key)) for key, inner in outline["entries"].items()}
    if outline["kind"] == "tuple":
        return tuple(entries.values())
    return Bunch(**entries) if outline["kind"] == "Bunch" else entries


def require_rows(kind: str, leaves: Sequence[Leaf]) -> None:
    """Refuse what holds no rows at all.

    Raises
    ------
    DataError
        Names the type that the loader gave.
    """
    if not any(leaf.rows is not None for leaf in leaves):
        raise DataError(
            f"the loader gave a {kind}, which holds no rows: it must give a DataFrame, a Series, a "
            "numpy array, a sparse matrix, or a tuple, dict or Bunch of these"
        )
