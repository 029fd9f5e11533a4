"""Tables whose columns are dealt to simulated parties, and what only a test may see of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris

import fedruntime
from fedruntime.vertical.aligned import Aligned

LAYOUTS: Mapping[str, tuple[str, ...]] = {
    "two parties": ("bank", "shop"),
    "three parties, columns dealt by turns": ("bank", "shop", "lab"),
    "five parties": ("a", "b", "shop", "lab", "bank"),
    "the label alone at a party": ("lab", "bank"),
}
LABEL = "target"
LABEL_PARTY = "bank"


def columns_of(labels: Sequence[Any], layout: str) -> dict[str, list[Any]]:
    """Who has which column: by turns, all but the label's party where that has the label alone."""
    parties = LAYOUTS[layout]
    holders = [party for party in parties if party != LABEL_PARTY or "alone" not in layout]
    dealt: dict[str, list[Any]] = {party: [] for party in holders}
    for number, label in enumerate(labels):
        dealt[holders[number % len(holders)]].append(label)
    return dealt


def deal(table: pd.DataFrame, layout: str = "two parties", **settings: Any) -> Any:
    """The table, dealt in a federation of its own."""
    columns = columns_of([label for label in table.columns if label != LABEL], layout)
    federation = fedruntime.init(
        LAYOUTS[layout],
        partition="vertical",
        label_party=LABEL_PARTY,
        columns=columns,
        **settings,
    )
    return federation.load(lambda: table)


def pooled(rows: Any) -> Any:
    """The rows of a handle, or of columns at several parties in their order."""
    if isinstance(rows, Aligned):
        blocks = [np.asarray(pooled(block)) for block in rows.blocks]
        return np.column_stack([blocks[block][:, place] for block, place in rows.order])
    parties = rows.federation.engine._parties
    parts = [parties[party]._rows[rows.ref.name] for party in rows.layout.parties]
    (held,) = [part for part in parts if part.shape[0]]
    return held


def regression() -> pd.DataFrame:
    """Diabetes, in units that differ by far."""
    table: pd.DataFrame = load_diabetes(as_frame=True, scaled=False).frame
    return table


def binary(rows: int = 200) -> pd.DataFrame:
    """Tumours, with ten scaled measurements."""
    table = load_breast_cancer(as_frame=True).frame
    chosen = table[[*table.columns[:10], LABEL]].iloc[:rows].astype(float)
    scaled = (chosen - chosen.mean()) / chosen.std()
    return scaled.assign(target=np.where(chosen[LABEL] > 0, "benign", "malign"))


def multiclass() -> pd.DataFrame:
    """Iris."""
    table: pd.DataFrame = load_iris(as_frame=True).frame
    return table


def split(table: Any) -> tuple[Any, Any]:
    """Features and label."""
    return table.drop(columns=[LABEL]), table[LABEL]
