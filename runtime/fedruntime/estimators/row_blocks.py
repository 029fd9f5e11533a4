"""Rows in blocks small enough to be worked on while they are in the processor's cache."""

from __future__ import annotations

from collections.abc import Iterator

_BLOCK_VALUES = 2**17  # one megabyte of float64


def row_blocks(rows: int, columns: int) -> Iterator[slice]:
    """Slices that cover ``rows`` rows of ``columns`` float64 values each."""
    step = max(64, _BLOCK_VALUES // max(columns, 1))
    for start in range(0, rows, step):
        yield slice(start, start + step)
