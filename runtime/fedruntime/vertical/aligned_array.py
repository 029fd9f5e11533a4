"""Handles to arrays of which parties hold other columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from fedruntime.caller import where
from fedruntime.data.array import FedArray
from fedruntime.data.construct import new_frame
from fedruntime.data.handle import Handle
from fedruntime.data.selection import RowSelection
from fedruntime.errors import DataError, UnsupportedError
from fedruntime.vertical.aligned import Aligned, public_rows


class AlignedArray(Aligned, kind="array"):
    """A numpy array whose columns lie at several parties."""

    def _columns(self, block: FedArray, positions: list[int]) -> Handle:
        picked: Handle = block[:, positions]
        return picked

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(self.facts.dtypes[0])

    def __getattr__(self, name: str) -> Any:
        if name in _OF_CELLS:
            return lambda *args, **options: self.each(
                lambda block: getattr(block, name)(*args, **options)
            )
        if name in _OF_COLUMNS:
            return lambda axis=None, **options: self._figures(name, axis, options)
        if name.startswith("_") or not hasattr(np.ndarray, name):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        raise UnsupportedError(
            f"{where()}.{name} of {self!r} has no counterpart where columns lie at several parties"
        )

    def _figures(self, name: str, axis: Any, options: dict[str, Any]) -> Any:
        """Public figures, one a column."""
        if axis != 0:
            raise UnsupportedError(f"{where()}{name} of {self!r} is over axis=0 only")
        given = {key: value for key, value in options.items() if value is not None}
        parts = [getattr(block, name)(axis=0, **given) for block in self.blocks]
        figures = np.empty(self.shape[1], dtype=np.result_type(*parts))
        for part, columns in zip(parts, self.columns_of, strict=True):
            figures[columns] = part
        return figures

    def to_frame(self, labels: Sequence[Any] | None) -> Any:
        """The columns under labels, or under their positions."""
        labels = list(range(self.shape[1])) if labels is None else list(labels)
        if len(labels) != self.shape[1]:
            raise DataError(f"{where()}{len(labels)} labels for {self.shape[1]} columns")
        blocks = [
            new_frame(block, columns=[labels[at] for at in columns])
            for block, columns in zip(self.blocks, self.columns_of, strict=True)
        ]
        return self.each_of(blocks)

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, RowSelection):
            return self.take(key)
        rows, columns = key if isinstance(key, tuple) else (key, slice(None))
        if isinstance(columns, int | np.integer):
            block, place = self.order[int(columns)]
            return self.blocks[block][rows, place]  # type: ignore[index]
        found = self
        if not (isinstance(rows, slice) and rows == slice(None)):
            found = self.take(np.arange(len(self))[public_rows(self, rows)])
        picked = np.arange(self.shape[1])[columns]
        return found if len(picked) == self.shape[1] else found._pick(picked.tolist())


_OF_CELLS = frozenset({"astype", "clip", "copy", "round"})
_OF_COLUMNS = frozenset({"all", "any", "max", "mean", "min", "std", "sum", "var"})
