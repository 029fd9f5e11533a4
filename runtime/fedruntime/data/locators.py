"""``.loc`` and ``.iloc`` of handles: all rows, a mask, or public positions, and columns by label
or position.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from fedruntime.attempts import AtParties, Restartable
from fedruntime.caller import where
from fedruntime.data.handle import Handle
from fedruntime.data.row_labels import RowLabels, rows_labelled
from fedruntime.data.row_operations import assign_cells, pick_columns
from fedruntime.data.rows import Rows, is_mask, row_positions
from fedruntime.data.take import align, filter_rows, take
from fedruntime.data.template import column_positions
from fedruntime.errors import UnsupportedError

if TYPE_CHECKING:
    from fedruntime.exchange import Exchange


class Locator(AtParties, Restartable):
    """What ``.loc`` (``by_label``) and ``.iloc`` give.

    Parameters
    ----------
    rows : Rows
        A frame or series.
    by_label : bool
    """

    def __init__(self, rows: Rows, by_label: bool) -> None:
        self._rows = rows
        self._by_label = by_label

    @property
    def federation(self) -> Exchange:
        return self._rows.federation

    def __getitem__(self, key: Any) -> Any:
        row_key, columns = self._split(key)
        chosen = self._choose(row_key)
        if columns is None:
            return chosen
        return chosen.federation.map(pick_columns, rows=chosen, key=columns)

    def __setitem__(self, key: Any, value: Any) -> None:
        rows = self._rows
        if self._names_new_column(key):
            row_key, columns = key
        else:
            row_key, columns = self._split(key)
        everything = isinstance(row_key, slice) and row_key == slice(None)
        if not everything and not is_mask(row_key):
            raise UnsupportedError(
                f"{where()}single rows cannot be set: use a mask, or whole columns"
            )
        if isinstance(value, Handle):
            align(rows, value)
        rows._require_no_rows_outside([value])
        mask = None if everything else row_key
        if mask is not None:
            align(rows, mask)
        labels = rows.facts.columns
        if columns is not None and labels is not None and not self._names_new_column(key):
            one = isinstance(columns, int)
            columns = labels[columns] if one else [labels[column] for column in columns]
        rows._become(
            rows.federation.map(assign_cells, rows=rows, mask=mask, columns=columns, value=value)
        )

    def _names_new_column(self, key: Any) -> bool:
        return (
            self._by_label
            and self._rows.ndim == 2
            and isinstance(key, tuple)
            and isinstance(key[1], str)
            and key[1] not in (self._rows.facts.columns or ())
        )

    def _split(self, key: Any) -> tuple[Any, Any]:
        """Row part and column positions of a subscript; ``None`` for all columns."""
        if not isinstance(key, tuple) or self._rows.ndim == 1:
            return key, None
        row_key, column_key = key
        if isinstance(column_key, slice) and column_key == slice(None):
            return row_key, None
        facts = self._rows.facts
        if self._by_label:
            return row_key, column_positions(facts, column_key)
        if isinstance(column_key, int | np.integer):
            return row_key, int(np.arange(facts.tail[0])[column_key])
        return row_key, np.arange(facts.tail[0])[column_key].tolist()

    def _choose(self, key: Any) -> Any:
        rows = self._rows
        if isinstance(key, slice) and key == slice(None):
            return rows.copy()
        if isinstance(key, Handle):
            return filter_rows(rows, key)
        if isinstance(key, RowLabels):
            return rows_labelled(rows, key)
        local_mask = not isinstance(key, slice) and np.asarray(key).dtype.kind == "b"
        if self._by_label and not local_mask:
            if isinstance(key, slice) or np.ndim(key):
                raise UnsupportedError(
                    f"{where()}.loc chooses rows by their labels, which are at the parties; use a "
                    "mask, or positions with .iloc"
                )
            rows.refuse(f"asked for row {key!r}", "use a mask, which gives a handle")
        return take(rows, row_positions(key, len(rows)))
