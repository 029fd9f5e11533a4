"""Columns taken out of a frame, which pandas before version 3 changes together with the frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

_ALWAYS = int(pd.__version__.partition(".")[0]) >= 3


@dataclass(frozen=True)
class ColumnOf:
    """Where a series was taken from."""

    frame: Any
    label: Any


def copies_on_write() -> bool:
    """Whether ``df["a"].fillna(0, inplace=True)`` leaves ``df`` as it is."""
    return _ALWAYS or bool(pd.get_option("mode.copy_on_write"))
