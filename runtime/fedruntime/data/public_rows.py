"""Public values with an entry a row, dealt to the parties by pooled position."""

from __future__ import annotations

from typing import Any

import numpy as np

from fedruntime.data.handle import Handle
from fedruntime.data.row_operations import same


def deal_like(rows: Handle, values: Any) -> Any:
    """A handle to public values whose entries lie with the rows of another handle.

    Parameters
    ----------
    rows : Handle
    values : array-like of shape (len(rows), ...)
        Known to the coordinator; each party is told the entries of its own rows.
    """
    entries = np.asarray(values)
    each = {
        party: {"rows": entries[positions]} for party, positions in rows.layout.positions.items()
    }
    return rows.federation.map(same, layout=rows.layout, each=each)
