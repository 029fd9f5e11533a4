"""What a script does with columns that may lie at several parties: what it computes from several of
them, which rows it takes by what stands in them, how it joins tables.

It is told from the values of all expressions once the script is followed. Where one party has all
that an operation needs, nothing is to be said of it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, field

from fedmigrate.analysis.across import across_of
from fedmigrate.analysis.assessment import Finding
from fedmigrate.analysis.holders import UNTOLD, Holders, called, given_to, operands_of
from fedmigrate.analysis.keys import note_keys
from fedmigrate.analysis.placing import NOT_PLAIN, Placing, place_tables
from fedmigrate.analysis.state import State, text_of
from fedmigrate.analysis.traps import Trap
from fedmigrate.analysis.values import Estimator, Imported, Public, Rows, options
from fedmigrate.catalog.operations import REVEALS_ROWS, SELECTORS, effect
from fedmigrate.catalog.vertical import CELL_FUNCTIONS, FILTERS, JOINS, TABLE_OPERATIONS, Where
from fedmigrate.plan import SiteKind, Vertical

_STACKS = frozenset((Imported("numpy.c_"), Imported("numpy.r_")))
_OF_COLUMNS = frozenset((Where.COLUMNS,))
_OF_TRANSFORMERS = frozenset((Where.COLUMNS, Where.PARTS))
_SPLIT = "sklearn.model_selection.train_test_split"
_CHOSEN = "which rows a stratified split has chosen to all parties"


def note_columns(state: State, vertical: Vertical, parties: tuple[str, ...]) -> list[Trap]:
    """Mark what cannot be done with columns of several parties, and give what is to be known.

    Marks are of rows that stay at the parties only, as all marks are.
    """
    placing = place_tables(state, vertical, parties)
    state.findings.placed.update(placing.parties)
    reader = _Reader(state, vertical, Holders(state, vertical), placing)
    for node in list(state.values):
        reader.read(node)
    return [*reader.traps, *note_keys(reader.holders, placing)]


@dataclass
class _Reader:
    """One pass over the expressions of a script."""

    state: State
    vertical: Vertical
    holders: Holders
    placing: Placing
    traps: list[Trap] = field(default_factory=list)

    def read(self, node: ast.expr) -> None:
        """Note what one expression does."""
        if isinstance(node, ast.Attribute):
            self._attribute(node)
        elif isinstance(node, ast.Subscript):
            self._subscript(node)
        elif isinstance(node, ast.BinOp | ast.UnaryOp | ast.Compare):
            self._operator(node)
        elif isinstance(node, ast.Call):
            self._call(node)

    def _attribute(self, node: ast.Attribute) -> None:
        table = self.holders.table(node.value)
        if table is not None:
            self._table_operation(node, table, node.attr)
        elif node.attr.endswith("_") and not node.attr.startswith("_"):
            self._learnt(node, node, _OF_COLUMNS)

    def _table_operation(self, node: ast.expr, rows: Rows, name: str) -> None:
        if name in TABLE_OPERATIONS | JOINS:
            return
        found = effect("frame", name)
        if found is None or found == REVEALS_ROWS:
            return  # a column, or diagnosed for what it is
        code = "FM213" if name in FILTERS else "FM212"
        self._mark(node, code, f"DataFrame.{name}", rows)

    def _learnt(self, node: ast.expr, place: ast.Attribute, kinds: Set[Where]) -> None:
        """What a transformer of single columns has learnt, which stays with the columns."""
        for owner in options(self.state.values.get(place.value, Public())):
            fits = self.state.findings.fits.get(owner) if isinstance(owner, Estimator) else None
            across = across_of(owner.name) if isinstance(owner, Estimator) else None
            if fits is None or across is None or across.where not in kinds:
                continue
            rows = Rows("any", fits.origins)
            if self.holders.placed(rows) is None:
                self._mark(node, "FM216", text_of(place), rows, fact="name")

    def _subscript(self, node: ast.Subscript) -> None:
        place, selector = node.value, ""
        if isinstance(node.value, ast.Attribute) and node.value.attr in SELECTORS:
            place, selector = node.value.value, f".{node.value.attr}"
        if self.state.values.get(place) in _STACKS:
            self._stack(node)
        table = self.holders.table(place)
        if table is None:
            return
        parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else ()
        first = parts[0] if parts else node.slice
        if self.holders.rows(first) is not None:
            self._mark(node, "FM213", f"DataFrame{selector}[...]", table)
        elif selector == ".loc" and not _is_everything(first):
            self._mark(node, "FM212", "DataFrame.loc of some rows", table)

    def _operator(self, node: ast.BinOp | ast.UnaryOp | ast.Compare) -> None:
        operands = list(operands_of(node))
        tables = self._tables(operands)
        several = len(self._rows(operands)) > 1
        if not tables:
            self._together(node, operands)
        elif several:
            self._mark(node, "FM212", "an operator on a table and other rows", tables[0])

    def _call(self, node: ast.Call) -> None:
        given = given_to(node)
        if isinstance(node.func, ast.Attribute):
            rows = self.holders.rows(node.func.value)
            if rows is not None:
                self._method(node, node.func, rows, given)
                return
            if node.func.attr == "get_feature_names_out":
                self._learnt(node, node.func, _OF_TRANSFORMERS)
        for name in called(self.state, node):
            self._function(node, name, given)

    def _method(
        self, node: ast.Call, function: ast.Attribute, rows: Rows, given: Sequence[ast.expr]
    ) -> None:
        table = self.holders.table(function.value)
        if function.attr in JOINS and rows.kind == "frame":
            self._joined(node, [rows, *self._rows(given)])
        elif table is None:
            self._together(node, [function.value, *given])
        else:
            self._table_operation(node, table, function.attr)
            if self._rows(given) and function.attr != "assign":
                self._mark(node, "FM212", f"DataFrame.{function.attr} with rows", table)

    def _function(self, node: ast.Call, name: str, given: Sequence[ast.expr]) -> None:
        library, _, function = name.partition(".")
        if name == _SPLIT:
            self._split(node)
        if library not in ("numpy", "pandas"):
            return
        given = list(_flat(given))
        found, tables = self._rows(given), self._tables(given)
        if library == "pandas" and function in JOINS and found:
            self._joined(node, found)
        elif tables and (len(found) > 1 or function not in CELL_FUNCTIONS):
            self._mark(node, "FM212", name, tables[0])
        elif not tables:
            self._together(node, given)

    def _stack(self, node: ast.Subscript) -> None:
        """``np.c_[...]``, which is no call."""
        parts = list(_flat([node.slice]))
        tables = self._tables(parts)
        if tables:
            self._mark(node, "FM212", text_of(node.value), tables[0])
        else:
            self._together(node, parts)
        if (node, "FM212") in self.state.findings.marks:
            self.state.findings.stacks.pop(node, None)

    def _split(self, node: ast.Call) -> None:
        """A split by label is told to all; one by another column would be chosen elsewhere."""
        by = next((word.value for word in node.keywords if word.arg == "stratify"), None)
        rows = None if by is None else self.holders.rows(by)
        if by is None or rows is None:
            return
        parties = {held.party for held in self.holders.held(by)}
        if parties <= {self.vertical.label_party, UNTOLD}:
            self._trap(node, rows, "FM141", {"name": _SPLIT, "reason": _CHOSEN})
        else:
            self._mark(node, "FM212", "a split by a column of another party", rows)

    def _joined(self, node: ast.Call, tables: Sequence[Rows]) -> None:
        """Tables of several sources side by side, which is what aligning them is."""
        first, *others = tables
        origins = first.origins.union(*(rows.origins for rows in others))
        if node in self.placing.joins:
            self.state.findings.functions.pop(node.func, None)
            self.state.findings.marks.pop((node, "FM205"), None)
            if node not in self.placing.within:
                self.state.findings.joins[node] = origins
            return
        if all(rows.origins == first.origins for rows in others):
            self._mark(node, "FM212", text_of(node.func), first)
            return
        self.state.findings.marks.pop((node, "FM205"), None)
        reason = self.placing.refused.get(node, NOT_PLAIN)
        rows = Rows(first.kind, origins)
        self._mark(node, "FM214", text_of(node.func), rows, reason=reason)

    def _together(self, node: ast.expr, operands: Sequence[ast.expr]) -> None:
        """Say where columns of several parties would have to meet, or may have to."""
        meeting = [one for one in operands if self.holders.rows(one) is not None]
        held = {found for one in meeting for found in self.holders.held(one)}
        parties = {found.party for found in held}
        rows = self.holders.rows(meeting[0]) if meeting else None
        if len(meeting) < 2 or len(held) < 2 or rows is None:
            return
        named = list(dict.fromkeys(text_of(one) for one in meeting))
        operation = " with ".join(named if len(named) > 1 else [*named, "another column"])
        if len(parties - {UNTOLD}) > 1:
            self._mark(node, "FM212", operation, rows)
        elif any(found.party == UNTOLD and found.column is not None for found in held):
            self._trap(node, rows, "FM142", {"operation": operation})

    def _rows(self, expressions: Iterable[ast.expr]) -> list[Rows]:
        """Those expressions that are rows."""
        return [rows for rows in map(self.holders.rows, expressions) if rows is not None]

    def _tables(self, expressions: Iterable[ast.expr]) -> list[Rows]:
        """Those expressions that are tables whose columns may lie at several parties."""
        return [table for table in map(self.holders.table, expressions) if table is not None]

    def _mark(
        self,
        node: ast.expr,
        code: str,
        subject: str,
        rows: Rows,
        fact: str = "operation",
        **more: str,
    ) -> None:
        facts = {fact: subject, **more}
        self.state.findings.mark(node, SiteKind.OPERATION, code, subject, facts, rows)

    def _trap(self, node: ast.expr, rows: Rows, code: str, facts: dict[str, str]) -> None:
        if self.holders.concerns(rows):
            self.traps.append((node, Finding(code, facts)))


def _flat(expressions: Iterable[ast.expr]) -> Iterator[ast.expr]:
    """Expressions, with those of a list or tuple in its place."""
    for one in expressions:
        yield from one.elts if isinstance(one, ast.List | ast.Tuple) else (one,)


def _is_everything(which: ast.expr) -> bool:
    return isinstance(which, ast.Slice) and which.lower is None and which.upper is None
