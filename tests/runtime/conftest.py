"""Dealing pooled data to simulated parties, for every test of the runtime."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import fedruntime
from fedruntime.data.layout import RowLayout


@dataclass(frozen=True)
class Dealer:
    """Deals pooled arrays and tables to the parties of one federation.

    ``owner`` names for each pooled row the number of its party.
    """

    federation: fedruntime.Federation
    layout: RowLayout

    def __call__(self, rows: Any) -> Any:
        if rows is None:
            return None
        take = rows.iloc.__getitem__ if hasattr(rows, "iloc") else rows.__getitem__
        parts = {party: take(positions) for party, positions in self.layout.positions.items()}
        return self.federation.place(parts, self.layout)


def deal(owner: Sequence[int], parties: int | None = None) -> Dealer:
    """A new federation whose rows lie as ``owner`` says."""
    count = (max(owner) + 1) if parties is None else parties
    federation = fedruntime.init([f"party{number}" for number in range(count)])
    return Dealer(federation, RowLayout(federation.parties, np.asarray(owner, dtype=np.intp)))


@pytest.fixture(name="deal")
def _deal() -> Any:
    return deal
