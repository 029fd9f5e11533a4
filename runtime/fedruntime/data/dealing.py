"""How a simulation deals a pooled table to the parties."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from fedruntime.data.layout import Indices, RowLayout
from fedruntime.errors import SettingsError
from fedruntime.settings import Settings


def deal_rows(rows: int, settings: Settings, parties: tuple[str, ...], label: Any) -> RowLayout:
    """Which party gets which pooled row.

    Parameters
    ----------
    rows : int
    settings : Settings
        ``contiguous`` gives blocks, ``iid`` a seeded random choice, ``label_skew`` blocks of the
        rows sorted by label.
    parties : tuple of str
    label : array-like of shape (rows,) or None
        For ``label_skew``.

    Raises
    ------
    SettingsError
        If ``label_skew`` has no label to sort by.
    """
    order: Indices = np.arange(rows)
    if settings.split == "iid":
        order = np.random.default_rng(settings.split_seed).permutation(rows)
    elif settings.split == "label_skew":
        if label is None:
            named = "" if settings.label is None else f" and has no column {settings.label!r}"
            raise SettingsError(
                "split='label_skew' needs the column to sort by: set label='COLUMN' in "
                "federation.toml or init(); the loader's result does not tell which one it is"
                + named
            )
        codes, _ = pd.factorize(np.asarray(label), sort=True)
        order = np.argsort(codes, kind="stable")
    owner = np.empty(rows, dtype=np.intp)
    for number, block in enumerate(np.array_split(order, len(parties))):
        owner[block] = number
    return RowLayout(parties, owner)
