"""The array that numpy makes of a table or column."""

from __future__ import annotations

from typing import Any

from fedruntime.data.handle import Handle


def as_array(rows: Handle) -> Any:
    """A handle to the values of a frame or series; an array handle as it is."""
    held: Any = rows
    return held.to_numpy() if rows.facts.columns is not None else held
