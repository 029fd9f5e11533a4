"""A notebook as one script: its code cells one below the other, each under a line of its own.

``text`` is Python, ``original`` is what the cells hold; both have the same length, and edits of the
one are made in the other. Cells are counted as Jupyter counts them in a fresh run: code cells only,
from 1.
"""

from __future__ import annotations

import ast
import bisect
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from fedmigrate.errors import SourceError
from fedmigrate.notebooks.document import Document, parse_document
from fedmigrate.notebooks.magics import Masked, Unfollowed, mask
from fedmigrate.notebooks.validation import follows_the_format
from fedmigrate.source import Source, Span


@dataclass(frozen=True, kw_only=True)
class NotebookSource(Source):
    """A notebook's code cells as one script.

    Parameters
    ----------
    cells_text : str
        The cells as the user wrote them, where ``text`` has them with magics made harmless.
    document : Document
    cells : tuple of Masked
    starts : tuple of int
        Offset of each cell in the text, behind its heading.
    tag : str
        A word of the headings that no cell has at the beginning of a line.
    """

    cells_text: str
    document: Document
    cells: tuple[Masked, ...]
    starts: tuple[int, ...]
    tag: str

    @property
    def original(self) -> str:
        return self.cells_text

    @property
    def language(self) -> str:
        return self.document.language

    @cached_property
    def tree(self) -> ast.Module:
        tree = super().tree
        for node in tree.body:
            assert node.end_lineno is not None
            cell, line = self.locate(node.lineno)
            if cell != self.locate(node.end_lineno)[0]:
                message = "cannot be parsed: its statement does not end in its cell"
                raise SourceError("FM901", self.path, message, line=line, cell=cell)
        return tree

    def locate(self, line: int) -> tuple[int | None, int]:
        number = bisect.bisect_right(self.starts, self.line_start(line))
        if not number:
            return None, line
        return number, line - self.position(self.starts[number - 1])[0] + 1

    @property
    def header_offset(self) -> int | None:
        """In the first cell that holds Python, below its cell magic."""
        for start, cell in zip(self.starts, self.cells, strict=True):
            if cell.is_python:
                return start + cell.begins
        return 0

    def is_cell_border(self, offset: int) -> bool:
        return self.text.startswith(f"# %% [{self.tag} ", offset)

    def takes_comment(self, offset: int) -> bool:
        """Whether a line may be added above an offset: a cell magic has to come first."""
        number = bisect.bisect_right(self.starts, offset) - 1
        return number >= 0 and offset - self.starts[number] >= self.cells[number].begins

    def is_masked(self, span: Span) -> bool:
        return self.text[span.start : span.end] != self.original[span.start : span.end]

    def unmasked(self, span: Span, text: str) -> str:
        """What is masked stands in front of what is changed, and so is in both texts."""
        masked = [at for at in range(span.start, span.end) if self.text[at] != self.original[at]]
        until = masked[-1] + 1 if masked else span.start
        return self.original[span.start : until] + text[until - span.start :]

    @cached_property
    def displayed(self) -> frozenset[ast.Expr]:
        """The expressions whose values are shown because they end their cells."""
        found: dict[int | None, ast.stmt] = {}
        for node in self.tree.body:
            found[self.locate(node.lineno)[0]] = node
        return frozenset(
            node
            for number, node in found.items()
            if isinstance(node, ast.Expr) and number is not None and self._is_shown(node, number)
        )

    def _is_shown(self, node: ast.Expr, number: int) -> bool:
        cell = self.cells[number - 1]
        below = self.text[self.span(node).end : self.starts[number - 1] + len(cell.text)]
        return cell.shows and not below.lstrip(" \t").startswith(";")

    @property
    def unfollowed(self) -> Sequence[tuple[Span, Unfollowed]]:
        return [
            (Span(start + found.start, start + found.end), found)
            for start, cell in zip(self.starts, self.cells, strict=True)
            for found in cell.unfollowed
        ]

    @cached_property
    def is_valid(self) -> bool:
        return follows_the_format(self.encode(self.original), self.path)

    def encode(self, text: str) -> bytes:
        """The notebook's bytes with the cells of a text; as it was, if it is its own."""
        if text == self.cells_text:
            return self.document.encode()
        return self.document.encode(self._split(text))

    def _split(self, text: str) -> Sequence[str]:
        heading = rf"^# %% \[{re.escape(self.tag)} \d+\]\n"
        _, *parts = re.split(heading, text, flags=re.MULTILINE)
        return [part.removesuffix("\n") for part in parts]


def decode_notebook(data: bytes, path: str) -> NotebookSource:
    """Read a notebook as a script.

    Raises
    ------
    SourceError
        FM902 or FM906 where the file is no notebook.
    """
    document = parse_document(data, path)
    sources = [cell.text for cell in document.cells] if document.language == "python" else []
    tag = "cell"
    while any(f"# %% [{tag} " in source for source in sources):
        tag += "'"
    cells = tuple(map(mask, sources))
    headings = [f"# %% [{tag} {number}]\n" for number in range(1, len(sources) + 1)]
    starts = []
    at = 0
    for heading, source in zip(headings, sources, strict=True):
        starts.append(at + len(heading))
        at += len(heading) + len(source) + 1
    return NotebookSource(
        path,
        "".join(f"{head}{cell.text}\n" for head, cell in zip(headings, cells, strict=True)),
        bom=document.bom,
        cells_text="".join(f"{a}{b}\n" for a, b in zip(headings, sources, strict=True)),
        document=document,
        cells=cells,
        starts=tuple(starts),
        tag=tag,
    )
