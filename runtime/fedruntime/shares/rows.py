"""Of how many rows of the inputs each entry of a value is made, so that rows are not revealed by
accident. It is followed through the program as far as the rows' axis can be followed; where it
cannot, entries count as made of single rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Rows:
    """What is known of the rows in a value's entries.

    Parameters
    ----------
    mixed : int
        How many rows each entry is a sum over; 0 for what is made of no rows.
    axis : int, optional
        The axis along which rows lie, counted from the end: -1 is the last.
    """

    mixed: int = 0
    axis: int | None = None

    def summed(self, shape: Shape, axis: int | None, keepdims: bool) -> Rows:
        """After a sum of an array of this shape over an axis, or over all."""
        if self.axis is None:
            return self
        if axis is None or axis % len(shape) == self.axis % len(shape):
            return Rows(self.mixed * shape[self.axis])
        behind = axis % len(shape) > self.axis % len(shape)
        return replace(self, axis=self.axis + 1) if behind and not keepdims else self

    def picked(self, shape: Shape, key: tuple[int | slice | None, ...]) -> Rows:
        """After basic indexing of an array of this shape."""
        if self.axis is None:
            return self
        steps = [0] * len(shape)
        steps[self.axis] = 1
        marked = np.lib.stride_tricks.as_strided(np.zeros(max(shape), np.bool_), shape, steps)
        kept = np.flatnonzero(marked[key].strides)
        found = np.ndim(marked[key])
        return replace(self, axis=int(kept[0]) - found if len(kept) else None)

    def reshaped(self, before: Shape, after: Shape) -> Rows:
        """After a change of shape, which rows survive as first axis, or beside axes of one."""
        plain = [[size for size in shape if size != 1] for shape in (before, after)]
        if self.axis is None or plain[0] != plain[1] or before[self.axis] == 1:
            return replace(self, axis=None)
        place = sum(size != 1 for size in before[: self.axis % len(before)])
        wide = [number for number, size in enumerate(after) if size != 1]
        return replace(self, axis=wide[place] - len(after))

    def transposed(self, ndim: int) -> Rows:
        """With all axes in reverse order."""
        return self if self.axis is None else replace(self, axis=-1 - self.axis % ndim)


NO_ROWS = Rows()


def together(parts: Sequence[Rows]) -> Rows:
    """Of entries that are computed from one entry each of several values."""
    return _joined(parts, {part.axis for part in parts if part.mixed == 1})


def contracted(x: Rows, y: Rows, inner: int) -> Rows:
    """Of the product of two matrices, which is a sum over so many entries."""
    single = [(part, axis) for part, axis in ((x, -1), (y, -2)) if part.mixed == 1]
    if single and all(part.axis == axis for part, axis in single):
        summed = [Rows(part.mixed * inner if part.mixed == 1 else part.mixed) for part in (x, y)]
        return _joined(summed, set())
    outer: set[int | None] = {part.axis for part, axis in single if part.axis == -3 - axis}
    return _joined([x, y], outer if len(single) == len(outer) else {None})


def _joined(parts: Sequence[Rows], axes: set[int | None]) -> Rows:
    mixed = min((part.mixed for part in parts if part.mixed), default=0)
    return Rows(mixed, axes.pop() if mixed == 1 and len(axes) == 1 else None)
