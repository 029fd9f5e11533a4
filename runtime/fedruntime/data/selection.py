"""Which rows a split has chosen, where their row numbers may not leave the parties.

Unstratified splits are drawn from row counts alone, so their indices are plain integers. A
stratified split follows the labels; each party finds its own chosen rows and keeps their numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

from fedruntime.data.handle import Handle
from fedruntime.data.layout import RowLayout


@dataclass(frozen=True, eq=False)
class RowSelection:
    """Rows chosen at the parties; an index for every handle with the same layout.

    Parameters
    ----------
    source : RowLayout
        Of the rows that are chosen from.
    numbers : Handle
        At each party the numbers of its own chosen rows, in the order of the result.
    """

    source: RowLayout
    numbers: Handle

    @property
    def layout(self) -> RowLayout:
        """Of the chosen rows."""
        return self.numbers.layout

    def __len__(self) -> int:
        return len(self.numbers)

    def __repr__(self) -> str:
        return f"<RowSelection: {len(self)} of {len(self.source)} rows>"
