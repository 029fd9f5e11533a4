"""``.index`` of handles: the row labels stay at the parties, where they can name rows again."""

from __future__ import annotations

from typing import Any, NoReturn

import pandas as pd

from fedruntime.caller import where
from fedruntime.data.handle import Handle
from fedruntime.errors import DataError, UnsupportedError
from fedruntime.operations import Columns, Statistics, party_op, row_op

_INSTEAD = "give it to pd.DataFrame(..., index=), .loc or .drop, or use reset_index(drop=True)"


class RowLabels:
    """The row labels of a handle.

    Parameters
    ----------
    rows : FedFrame or FedSeries
    """

    def __init__(self, rows: Handle) -> None:
        self._rows = rows

    @property
    def rows(self) -> Handle:
        """Whose labels these are."""
        return self._rows

    @property
    def shape(self) -> tuple[int]:
        return (len(self._rows),)

    @property
    def size(self) -> int:
        return len(self._rows)

    @property
    def empty(self) -> bool:
        return not len(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def __repr__(self) -> str:
        return f"<RowLabels of {self._rows!r}>"

    def __str__(self) -> str:
        self._refuse("printed")

    def __iter__(self) -> NoReturn:
        self._refuse("iterated")

    def __array__(self, *args: Any, **kwargs: Any) -> NoReturn:
        self._refuse("copied into a local array")

    def __getitem__(self, key: Any) -> NoReturn:
        self._refuse(f"asked for label {key!r}")

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or not hasattr(pd.Index, name):
            raise AttributeError(f"'RowLabels' object has no attribute {name!r}")
        self._refuse(f"asked for .index.{name}")

    def _refuse(self, verb: str) -> NoReturn:
        self._rows.refuse(f"{verb} (its row labels)", _INSTEAD)


def require_unique_labels(rows: Handle, operation: str) -> None:
    """Make sure that a label names one row, over all parties.

    That is known where every party's labels are distinct and are numbers of its own rows in a
    pooled table that the rows come from: no other party has those. Each party tells whether so.

    Raises
    ------
    UnsupportedError
        If it is not known.
    """
    for layout in rows.layout.lineage:
        each = {party: {"positions": layout.positions[party]} for party in layout.parties}
        found = rows.federation.collect(labels_are_own, each=each, rows=rows, purpose=operation)
        if all(part["own"] for part in found.values()):
            return
    raise UnsupportedError(
        f"{where()}{operation} pairs rows of {rows!r} by their labels, and labels that were set "
        "by hand may come at several parties: call reset_index(drop=True) first, or use a mask"
    )


def rows_labelled(rows: Handle, labels: RowLabels) -> Any:
    """The rows that other rows' labels name, in the order of those.

    Raises
    ------
    UnsupportedError
        If a label may name several rows.
    DataError
        If a label is not there.
    """
    require_unique_labels(rows, ".loc")
    return rows.federation.map(
        take_labelled, layout=labels.rows.layout, rows=rows, labels=labels.rows
    )


def rows_without(rows: Handle, labels: RowLabels, errors: str) -> Any:
    """A mask of the rows that other rows' labels do not name."""
    require_unique_labels(rows, "drop")
    return rows.federation.map(
        not_labelled, layout=rows.layout, rows=rows, labels=labels.rows, strict=errors == "raise"
    )


def with_labels(rows: Handle, labels: RowLabels) -> Any:
    """The rows under the labels of other rows that lie where they lie."""
    return rows.federation.map(relabel, rows=rows, labels=labels.rows)


# -- at the parties -------------------------------------------------------------------------


@party_op("rows.labels", reveals="whether the row labels are a party's own row numbers")
def labels_are_own(rows: Any, positions: Any) -> Statistics:
    """Whether labels are distinct and among the party's own pooled row numbers."""
    labels = rows.index
    own = len(labels) == 0 or (labels.dtype.kind in "iu" and labels.is_unique)
    return {"own": own and bool(labels.isin(positions).all())}


@row_op("rows.labelled", selects=True, columns=Columns.KEPT)
def take_labelled(rows: Any, labels: Any) -> Any:
    """The rows that the labels of other rows name."""
    found = rows.index.get_indexer(labels.index)
    if (found < 0).any():
        raise DataError(f"{int((found < 0).sum())} row labels are not among the rows here")
    return rows.iloc[found]


@row_op("rows.not_labelled")
def not_labelled(rows: Any, labels: Any, strict: bool) -> Any:
    """One boolean a row: whether the labels of other rows do not name it."""
    if strict and not labels.index.isin(rows.index).all():
        raise DataError("drop names row labels that are not among the rows here")
    return ~rows.index.isin(labels.index)


@row_op("rows.relabel", columns=Columns.KEPT)
def relabel(rows: Any, labels: Any) -> Any:
    """Rows under the labels of other rows."""
    changed = rows.copy(deep=False)
    changed.index = labels.index
    return changed
