"""What the rows that a party keeps were made from: which columns of which loaded tables, and which
of their rows. Derived beside every row operation, so that a party's policy can judge a statistic
by its origin: a copy of a column under another name is still that column.

Columns narrow only where an operation is known to pick columns, and rows count as selected where
an operation is known to select them. Both are found by running that operation once more, on the
columns' names and on the row numbers. Everything else is taken to mix all that it was given.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from fedruntime.data.chunks.chunked import Chunked
from fedruntime.messages import Public, Ref, pack
from fedruntime.operations import Columns, Operation

Names = frozenset[str]
Numbers = npt.NDArray[np.intp]
Times = npt.NDArray[np.uint8]

_NONE: Names = frozenset()
_CONTAINERS = (dict, list, tuple)  # that the schema of messages has


@dataclass(frozen=True, eq=False)
class Selection:
    """Which rows of a table some rows are.

    Parameters
    ----------
    of : int
        How many rows the table has.
    numbers : ndarray of int, optional
        The rows' numbers there, in their order, with repetitions; by default all, as they are.
    base : bytes
        What the table is, if it is not a loaded one: a digest of how it was made.
    """

    of: int
    numbers: Numbers | None = None
    base: bytes = b""

    @cached_property
    def key(self) -> bytes:
        """The same for the same rows, in whatever order and however they were selected."""
        if self.numbers is None:
            return self.base
        ordered = np.sort(self.numbers, kind="stable")
        if len(ordered) == self.of and np.array_equal(ordered, np.arange(self.of)):
            return self.base
        return hashlib.blake2b(self.base + ordered.tobytes(), digest_size=16).digest()

    @property
    def times(self) -> Times:
        """How often each row of the table is among these; 255 stands for more, too."""
        if self.numbers is None:
            return np.ones(self.of, dtype=np.uint8)
        counts = np.bincount(self.numbers, minlength=self.of)
        return np.minimum(counts, 255).astype(np.uint8)

    def chosen(self, positions: Numbers) -> Selection:
        """Some of these rows."""
        numbers = positions if self.numbers is None else self.numbers[positions]
        return Selection(self.of, numbers, self.base)


@dataclass(frozen=True, eq=False)
class Lineage:
    """What some rows at a party were made from.

    Parameters
    ----------
    sources : frozenset of str
        The loaded tables; empty for what was made from public values alone.
    columns : frozenset of str
        The columns of these tables that may be in it. Columns of an array are named by their
        position.
    parts : tuple of frozenset of str
        The same column by column; empty where any may hold something of all.
    rows : int
        How many rows it tells of.
    selection : Selection
        Which these are.
    """

    sources: Names
    columns: Names
    parts: tuple[Names, ...]
    rows: int
    selection: Selection


def lineage_of_source(source: str, rows: Any) -> Lineage:
    """The lineage of rows that were loaded, under the name of what they were loaded from."""
    parts = _own_columns(rows)
    count = _count(rows) or 0
    return Lineage(frozenset([source]), _union(parts), parts, count, Selection(count))


@dataclass(frozen=True, eq=False)
class Call:
    """One row operation that a party has run.

    Parameters
    ----------
    operation : Operation
    given : mapping
        Its arguments as the request had them, with references to rows.
    arguments : mapping
        The same with the rows themselves.
    result : value
    known : mapping of str to Lineage
        Of all rows that the party keeps, by the name of their reference.
    """

    operation: Operation
    given: Mapping[str, Public]
    arguments: Mapping[str, Any]
    result: Any
    known: Mapping[str, Lineage]

    @cached_property
    def held(self) -> list[Lineage]:
        """Of all rows among the arguments."""
        return [self.known[ref.name] for ref in references(self.given)]

    @property
    def first(self) -> Lineage | None:
        """Of the first argument, if that is rows."""
        ref = self.given.get(self.operation.first)
        return self.known[ref.name] if isinstance(ref, Ref) else None

    @property
    def others(self) -> list[Lineage]:
        """Of all rows among the arguments but the first one."""
        others = {name: one for name, one in self.given.items() if name != self.operation.first}
        return [self.known[ref.name] for ref in references(others)]


def derive(call: Call) -> Lineage:
    """The lineage of what a row operation gave."""
    if not call.held:
        if call.operation.loads:
            return lineage_of_source(_digest(call).hex(), call.result)
        return lineage_of_public(call.result)
    sources, columns = call.held[0].sources, call.held[0].columns
    for other in call.held[1:]:
        if other.sources is not sources:
            sources = sources | other.sources
        if other.columns is not columns:
            columns = columns | other.columns
    effect = call.operation.columns
    if callable(effect):
        effect = effect(call.arguments)
    if effect is Columns.OWN:
        parts, count = _own_columns(call.result), _count(call.result) or 0
        table = Selection(count, base=b"%d" % count)  # of one load, these are of one table
        return Lineage(sources, _union(parts), parts, count, table)
    selection, rows = _rows(call)
    parts = _parts(call, effect)
    return Lineage(sources, _union(parts) if parts else columns, parts, rows, selection)


def lineage_of_public(result: Any) -> Lineage:
    """The lineage of rows that nothing loaded went into, such as random draws."""
    count = _count(result) or 0
    return Lineage(_NONE, _NONE, (), count, Selection(count))


def references(value: Public) -> Iterator[Ref]:
    """All references to rows in a value."""
    if isinstance(value, Ref):
        yield value
        return
    entries = value.values() if isinstance(value, dict) else value
    for entry in entries if isinstance(value, _CONTAINERS) else ():
        if isinstance(entry, Ref):
            yield entry
        elif isinstance(entry, _CONTAINERS):
            yield from references(entry)


# -- rows -----------------------------------------------------------------------------------


def _rows(call: Call) -> tuple[Selection, int]:
    count, held = _count(call.result), call.held
    if count is None:  # no rows, but a value that a function made of them
        return _another(call, 0), min(one.rows for one in held)
    first = call.first
    if call.operation.selects and first is not None:
        return first.selection.chosen(_selected(call)), count
    selection = held[0].selection
    aligned = all(
        one.selection is selection or one.selection.key == selection.key for one in held[1:]
    )
    if aligned and count == held[0].rows:
        return selection, count
    rows = min(one.rows for one in held) if call.operation.loads else count
    return _another(call, count), rows


def _selected(call: Call) -> Numbers:
    """The numbers of the rows that an operation selects: what it makes of the numbers of all."""
    rows = call.arguments[call.operation.first]
    numbers: Any = np.arange(rows.shape[0])
    if isinstance(rows, pd.DataFrame | pd.Series):
        numbers = pd.Series(numbers, index=rows.index)
    found = call.operation(**{**call.arguments, call.operation.first: numbers})
    return np.asarray(found, dtype=np.intp)


def _another(call: Call, count: int) -> Selection:
    """Rows of which nothing is known but what was asked for; the same for the same request."""
    return Selection(count, base=_digest(call))


def _digest(call: Call) -> bytes:
    text, arrays = pack(_without_names(call.given, call.known))
    digest = hashlib.blake2b(f"{call.operation.name} {text}".encode(), digest_size=16)
    for array in arrays:
        digest.update(f"{array.dtype.str} {array.shape}".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.digest()


def _without_names(value: Public, known: Mapping[str, Lineage]) -> Public:
    """A value of the schema, with rows named by what they are: a request's names are its own."""
    if isinstance(value, Ref):
        lineage = known[value.name]
        return [sorted(lineage.sources), sorted(lineage.columns), lineage.selection.key.hex()]
    if isinstance(value, Mapping):
        return {key: _without_names(entry, known) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_without_names(entry, known) for entry in value]
    return value


def _count(rows: Any) -> int | None:
    """How many rows a value has; None for one that has none."""
    if isinstance(rows, pd.DataFrame | pd.Series | Chunked):
        return len(rows)
    if sparse.issparse(rows) or (isinstance(rows, np.ndarray) and rows.ndim):
        return int(rows.shape[0])
    return None


# -- columns --------------------------------------------------------------------------------


class _Column:
    """Stands for a column where an operation is asked which ones it picks."""

    def __init__(self, number: int) -> None:
        self.number = number


def _parts(call: Call, effect: Columns) -> tuple[Names, ...]:
    first = call.first
    if effect is Columns.MIXED or first is None or not first.parts:
        return ()
    if call.arguments[call.operation.first].ndim > 2:
        return ()
    others = _NONE.union(*(one.columns for one in call.others))
    if effect is Columns.PICKED:
        parts = tuple(
            others if number is None else first.parts[number] for number in _picked(call, first)
        )
    else:
        parts = tuple(part | others for part in first.parts) if others else first.parts
    return parts if len(parts) == _width(call.result) else ()


def _picked(call: Call, first: Lineage) -> list[int | None]:
    """Which column each column of a result is; None for one made of the other arguments."""
    rows = call.arguments[call.operation.first]
    if isinstance(rows, Chunked):
        rows = rows.example
    row: Any = np.empty((1, len(first.parts)) if rows.ndim == 2 else 1, dtype=object)
    row[:] = [_Column(number) for number in range(len(first.parts))]
    if isinstance(rows, pd.DataFrame):
        row = pd.DataFrame(row, columns=rows.columns, dtype=object)
    probe = {
        name: None if next(references(given), None) else call.arguments[name]
        for name, given in call.given.items()
    }
    found = call.operation(**{**probe, call.operation.first: row})
    cells = np.asarray(found, dtype=object).ravel()
    return [cell.number if isinstance(cell, _Column) else None for cell in cells]


def _own_columns(rows: Any) -> tuple[Names, ...]:
    """The columns of rows as they were loaded; of containers those of all that is in them."""
    if isinstance(rows, Mapping | list | tuple):
        entries = rows.values() if isinstance(rows, Mapping) else rows
        return (_NONE.union(*(part for entry in entries for part in _own_columns(entry))),)
    if isinstance(rows, Chunked):
        return _own_columns(rows.example)
    if isinstance(rows, pd.DataFrame | pd.Series):
        own = rows.columns if isinstance(rows, pd.DataFrame) else [rows.name]
        labels = frozenset(str(name) for name in rows.index.names if name is not None)
        # Row labels go wherever the rows go.
        return tuple(labels | {str(name)} for name in own)
    if _count(rows) is None:
        return ()
    return tuple(frozenset([str(number)]) for number in range(_width(rows)))


def _width(rows: Any) -> int:
    if isinstance(rows, Chunked):
        return _width(rows.example)
    if isinstance(rows, pd.DataFrame) or sparse.issparse(rows):
        return int(rows.shape[1])
    if isinstance(rows, np.ndarray) and rows.ndim:
        return int(np.prod(rows.shape[1:]))
    return 1


def _union(parts: Sequence[Names]) -> Names:
    return parts[0] if len(parts) == 1 else _NONE.union(*parts)
