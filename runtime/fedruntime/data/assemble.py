"""Between handles and device objects, one a party: SecretFlow's view of horizontally split rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from fedruntime.current import current
from fedruntime.data.handle import Handle
from fedruntime.data.layout import RowLayout
from fedruntime.data.row_operations import same, take_rows
from fedruntime.devices import PYUObject, parts_of
from fedruntime.errors import DataError

if TYPE_CHECKING:
    from fedruntime.exchange import Exchange


def assemble(federation: Exchange, parts: Sequence[PYUObject]) -> Handle:
    """One handle from the parts that lie at the parties.

    Parameters
    ----------
    federation : Exchange
    parts : sequence of PYUObject
        One a party. Parts of one handle give that handle's rows in their pooled order; others are
        pooled in the order of the federation's parties.

    Raises
    ------
    DataError
        If a party has no part, or two, or a part is no table or vector.
    """
    by_party = {part.device.name: part for part in parts}
    if len(by_party) != len(parts):
        raise DataError("two of the parts lie at the same party; give one a party")
    if missing := [party for party in federation.parties if party not in by_party]:
        raise DataError(
            f"there is no part at {', '.join(missing)}: all parties of the federation take part"
        )
    for party, part in by_party.items():
        if not part.shape:
            raise DataError(f"what lies at {party!r} is no table, array or column of rows")
    layout = _shared_layout(parts) or RowLayout.contiguous(
        federation.parties, [by_party[party].shape[0] for party in federation.parties]
    )
    return federation.map(
        same, layout=layout, each={party: {"rows": part} for party, part in by_party.items()}
    )


def partition_data(rows: Any) -> list[PYUObject]:
    """Split local rows over the parties of the script's federation, one block a party.

    Parameters
    ----------
    rows : array-like, DataFrame, Series, sparse matrix or handle
        Local rows are dealt in blocks, in simulation only; rows of equal number are split at the
        same places. A handle gives the parts that lie at the parties already.

    Returns
    -------
    list of PYUObject
        In the order of the federation's parties.

    Raises
    ------
    RevealError
        If the parties are real and the rows are here.
    """
    federation = current()
    if not isinstance(rows, Handle):
        if not (hasattr(rows, "iloc") or sparse.issparse(rows)):
            rows = np.asarray(rows)
        parties = federation.all_parties
        blocks = np.array_split(np.arange(rows.shape[0]), len(parties))
        layout = RowLayout.contiguous(parties, [len(block) for block in blocks])
        parts = {
            party: take_rows(rows, block) for party, block in zip(parties, blocks, strict=True)
        }
        rows = federation.place(parts, layout)
    return parts_of(rows)


def partition_label(labels: Any) -> list[PYUObject]:
    """Split local labels over the parties; see ``partition_data``."""
    return partition_data(labels)


def _shared_layout(parts: Sequence[PYUObject]) -> RowLayout | None:
    """The layout of the one handle that all parts come from, if there is one."""
    whole = parts[0].part_of
    shared = (
        whole is not None
        and whole.ref == parts[0].ref
        and all(part.part_of is not None and part.ref == parts[0].ref for part in parts)
    )
    return whole.layout if whole is not None and shared else None
