"""Edits of expressions as values, and how edits that lie inside one another compose.

An edit replaces a span by pieces: new text, and holes that stand for source text. Whatever other
edits fall into a hole is applied there, so that no rule needs to know of another. Line breaks
are not decided here; see ``layout``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fedmigrate.source import Span

_LINE_BREAK = re.compile(r"(\r\n|\r|\n)(?=[^\r\n])")


@dataclass(frozen=True)
class Hole:
    """Source text inside a replacement.

    Parameters
    ----------
    span : Span
        The text that stands here, with the edits that lie in it.
    indent : str
        Added in front of its continuation lines.
    """

    span: Span
    indent: str = ""


@dataclass(frozen=True)
class Edit:
    """The replacement of one expression.

    Parameters
    ----------
    span : Span
        The expression; not empty.
    pieces : tuple of str or Hole
        What stands there afterwards, without line breaks of its own.
    block : tuple of str or Hole, optional
        The same over several lines, for a statement whose line breaks are kept.
    """

    span: Span
    pieces: tuple[str | Hole, ...]
    block: tuple[str | Hole, ...] | None = None


def contains(outer: Span, inner: Span) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end


def apply_edits(text: str, span: Span, edits: Iterable[Edit], *, keep_lines: bool) -> str:
    """The text of a span with all edits that lie in it applied.

    Parameters
    ----------
    keep_lines : bool
        Take each edit's ``block`` form where it has one.
    """
    inside = [edit for edit in edits if contains(span, edit.span)]
    inside.sort(key=lambda edit: (edit.span.start, -edit.span.end))
    result: list[str] = []
    at = span.start
    for edit in inside:
        if edit.span.start < at:
            continue  # it lies in the one before, and stands in one of that one's holes
        result.append(text[at : edit.span.start])
        nested = [other for other in inside if other is not edit]
        result.append(_replacement(text, edit, nested, keep_lines=keep_lines))
        at = edit.span.end
    result.append(text[at : span.end])
    return "".join(result)


def _replacement(text: str, edit: Edit, nested: Sequence[Edit], *, keep_lines: bool) -> str:
    pieces = edit.block if keep_lines and edit.block is not None else edit.pieces
    result = []
    for piece in pieces:
        if isinstance(piece, str):
            result.append(piece)
            continue
        inner = apply_edits(text, piece.span, nested, keep_lines=keep_lines)
        result.append(_LINE_BREAK.sub(rf"\1{piece.indent}", inner) if piece.indent else inner)
    return "".join(result)
