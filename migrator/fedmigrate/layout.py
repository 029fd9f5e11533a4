"""Breaking a statement into lines as black does (its stable style, 88 columns).

A statement that is too long is split at its last bracket; what is inside goes onto a line of its
own, or one line for each element, and so on in what is still too long. Spaces within a line stay
as they are, so that only line breaks are decided here. ``leaves`` knows where a line may break.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from fedmigrate.leaves import COMMA, DOT, Leaf, NotFollowed, read_statement

WIDTH = 88
_STEP = 4


class _CannotSplit(Exception):
    """A way to split a line that does not lead anywhere; another one is tried."""


@dataclass(frozen=True)
class _Line:
    """A line to be: leaves, and the column they begin at.

    Parameters
    ----------
    inside : bool
        Whether it is the content of brackets, so that it may be split at its delimiters.
    explode : bool
        Whether it has to be, even if it fits.
    shown : frozenset of Leaf
        Optional parentheses that this layout writes out.
    """

    leaves: tuple[Leaf, ...]
    indent: int
    is_import: bool = False
    inside: bool = False
    explode: bool = False
    is_tail: bool = False
    shown: frozenset[Leaf] = frozenset()

    def __str__(self) -> str:
        parts = []
        for index, leaf in enumerate(self.leaves):
            text = leaf.shown_as if leaf in self.shown else leaf.text
            parts.append(text if index == 0 else leaf.prefix + text)
        comments = "".join(f"  {leaf.comment}" for leaf in self.leaves if leaf.comment)
        return " " * self.indent + "".join(parts).lstrip(" ") + comments

    @property
    def fits(self) -> bool:
        return _width(str(self)) <= WIDTH

    @property
    def has_magic_comma(self) -> bool:
        """Whether a trailing comma in it asks for one element a line."""
        if self.is_tail:
            return False
        present = set(self.leaves)
        return any(
            leaf.closes and leaf.partner in present and self._is_magic(index)
            for index, leaf in enumerate(self.leaves)
        )

    def _is_magic(self, closing: int) -> bool:
        leaf = self.leaves[closing]
        if self.leaves[closing - 1].text != ",":
            return False
        opening = leaf.partner
        assert opening is not None
        if leaf.bracket == "}" or self.is_import:
            return True
        if leaf.bracket == ")" and opening.trails:
            return True
        if leaf.bracket == "]" and not opening.trails:
            return True
        return _commas_between(self.leaves, opening, closing) > 1

    def priorities(self) -> list[int]:
        """How willingly it breaks behind each leaf at its own level; 0 elsewhere."""
        level = min((leaf.depth for leaf in self.leaves), default=0)
        return [leaf.delimiter if leaf.depth == level else 0 for leaf in self.leaves]


@dataclass(frozen=True)
class _Split:
    """A line cut at a pair of brackets."""

    head: _Line
    body: _Line
    tail: _Line
    opening: Leaf
    closing: Leaf


class _Way(Protocol):
    def __call__(self, line: _Line, *, force: bool) -> list[_Line]: ...


def reflow(text: str) -> str | None:
    """A statement broken into lines anew, joined by ``\\n``.

    Parameters
    ----------
    text : str
        One logical line with its indentation and the comment behind it, over any lines.

    Returns
    -------
    str or None
        None where the statement has a shape that is not laid out here.
    """
    code = text.lstrip(" ")
    indent = len(text) - len(code)
    try:
        statement = read_statement(code)
    except NotFollowed:
        return None
    line = _Line(statement.leaves, indent, is_import=statement.is_import)
    return "\n".join(str(found) for found in _transform(line, force=False))


def _transform(line: _Line, *, force: bool) -> list[_Line]:
    """The lines that a line becomes.

    Parameters
    ----------
    force : bool
        Write optional parentheses out rather than do without them.
    """
    if not line.explode and not line.has_magic_comma and line.fits:
        return [line]
    ways: list[_Way] = [_at_delimiters, _at_brackets] if line.inside else [_at_brackets]
    for way in ways:
        try:
            return _run(line, way, force=force)
        except _CannotSplit:
            continue
    return [line]


def _run(line: _Line, way: _Way, *, force: bool) -> list[_Line]:
    """The lines of one way to split, each split further where it has to be.

    Where the first line is still too long, optional parentheses get a second chance.
    """
    result: list[_Line] = []
    for part in way(line, force=force):
        if str(part) == str(line):
            raise _CannotSplit
        result += _transform(part, force=force)
    optional = {leaf for leaf in line.leaves if leaf.invisible and leaf not in line.shown}
    if (
        force
        or way is not _at_brackets
        or not optional
        or any(optional & part.shown for part in result)
        or result[0].fits
    ):
        return result
    second = _run(line, way, force=True)
    return second if all(part.fits for part in second) else result


def _at_delimiters(line: _Line, *, force: bool) -> list[_Line]:
    """One line for each element, or each operand."""
    priorities = line.priorities()
    highest = max(priorities[:-1], default=0)
    if highest == 0 or (highest == DOT and priorities.count(DOT) == 1):
        raise _CannotSplit
    lines: list[_Line] = []
    current: list[Leaf] = []
    level = min(leaf.depth for leaf in line.leaves)
    may_add_comma = True
    for leaf, priority in zip(line.leaves, priorities, strict=True):
        current.append(leaf)
        if leaf.is_vararg and leaf.depth == level:
            may_add_comma = False
        if priority == highest:
            lines.append(replace(line, leaves=tuple(current), explode=False))
            current = []
    if current:
        if highest == COMMA and may_add_comma and current[-1].text != ",":
            current.append(_comma_behind(current[-1]))
        lines.append(replace(line, leaves=tuple(current), explode=False))
    return lines


def _comma_behind(leaf: Leaf) -> Leaf:
    return Leaf(",", depth=leaf.depth, delimiter=COMMA)


def _at_brackets(line: _Line, *, force: bool) -> list[_Line]:
    """At the last pair of brackets; at one further left if that gives a first line that fits."""
    first: list[_Line] | None = None
    for omitted in _trailers_to_omit(line):
        lines = _split_right(line, omitted, force=force)
        if first is None and not omitted:
            first = lines
        if lines[0].fits:
            return lines
    return first if first is not None else _split_right(line, frozenset(), force=force)


def _trailers_to_omit(line: _Line) -> Iterator[frozenset[Leaf]]:
    """Sets of closing brackets to leave alone, growing from the right."""
    omitted: set[Leaf] = set()
    if not line.has_magic_comma:
        yield frozenset()
    length = line.indent
    opening: Leaf | None = None
    closing: Leaf | None = None
    inner: set[Leaf] = set()
    for index in range(len(line.leaves) - 1, -1, -1):
        leaf = line.leaves[index]
        length += len(leaf.prefix) + len(leaf.shown_as if leaf in line.shown else leaf.text)
        if length > WIDTH or leaf.comment:
            return
        before = line.leaves[index - 1] if index else None
        exploding = leaf.closes and _must_explode(line, index)
        if opening is not None:
            if leaf is opening:
                opening = None
            elif leaf.closes:
                if exploding:
                    return
                inner.add(leaf)
        elif leaf.closes:
            if before is not None and before.opens:
                inner.add(leaf)
                continue
            if closing is not None:
                omitted.add(closing)
                omitted |= inner
                inner.clear()
                yield frozenset(omitted)
            if exploding:
                return
            if not leaf.invisible or leaf in line.shown:
                opening, closing = leaf.partner, leaf


def _must_explode(line: _Line, closing: int) -> bool:
    leaf = line.leaves[closing]
    opening = leaf.partner
    if line.leaves[closing - 1].text != "," or opening not in line.leaves:
        return False
    assert opening is not None
    is_one_tuple = (
        leaf.bracket == ")"
        and not opening.trails
        and _commas_between(line.leaves, opening, closing) < 2
    )
    return not is_one_tuple


def _commas_between(leaves: Sequence[Leaf], opening: Leaf, closing: int) -> int:
    start = leaves.index(opening)
    level = opening.depth + 1
    return sum(leaf.text == "," and leaf.depth == level for leaf in leaves[start:closing])


def _split_right(line: _Line, omitted: frozenset[Leaf], *, force: bool) -> list[_Line]:
    return _without_optional(_last_brackets(line, omitted), line, omitted, force=force)


def _last_brackets(line: _Line, omitted: frozenset[Leaf]) -> _Split:
    """The line cut at its last pair of brackets that is not omitted."""
    leaves = line.leaves
    end = len(leaves) - 1
    while end >= 0 and not _splits_at(leaves, end, omitted):
        end -= 1
    if end < 0:
        raise _CannotSplit
    closing = leaves[end]
    opening = closing.partner
    if opening is None or opening not in leaves:
        raise _CannotSplit
    start = leaves.index(opening)
    body = leaves[start + 1 : end]
    if line.is_import and body[-1].text != ",":
        body = (*body, _comma_behind(body[-1]))
    inner = _Line(body, line.indent + _STEP, inside=True, shown=line.shown)
    head = _Line(leaves[: start + 1], line.indent, line.is_import, shown=line.shown)
    tail = _Line(leaves[end:], line.indent, is_tail=True, shown=line.shown)
    inner = replace(inner, explode=_explodes(inner, opening))
    return _Split(head, inner, tail, opening, closing)


def _splits_at(leaves: Sequence[Leaf], index: int, omitted: frozenset[Leaf]) -> bool:
    """Whether a leaf closes brackets with content that are not omitted."""
    leaf = leaves[index]
    return leaf.closes and leaf not in omitted and not (index and leaves[index - 1].opens)


def _explodes(body: _Line, opening: Leaf) -> bool:
    """Whether a literal's elements, or what a trailing comma ends, go onto lines of their own."""
    has_comma = body.leaves[-1].text == ","
    priorities = body.priorities()
    considered = priorities[:-1] if has_comma else priorities
    if max(considered, default=0) != COMMA:
        return False
    return has_comma or not opening.trails


def _without_optional(
    split: _Split, line: _Line, omitted: frozenset[Leaf], *, force: bool
) -> list[_Line]:
    """The lines of a split; without its optional parentheses where that reads better."""
    is_optional = split.opening.invisible and split.opening not in line.shown
    if not force and is_optional and not line.is_import and _can_omit(split):
        try:
            other = _last_brackets(line, omitted | {split.closing})
            if _prefers_other(other, split):
                return _without_optional(other, line, omitted | {split.closing}, force=force)
        except _CannotSplit:
            texts = [leaf.text for leaf in line.leaves if leaf.depth == 0]
            chained = texts.count("=") > 1
            if not chained and not _can_be_split(split.body) and not split.body.fits:
                raise
    if is_optional:
        shown = line.shown | {split.opening, split.closing}
        return [replace(part, shown=shown) for part in (split.head, split.body, split.tail)]
    return [split.head, split.body, split.tail]


def _prefers_other(other: _Split, split: _Split) -> bool:
    """Whether a split inside of optional parentheses reads better than one at them."""
    head = split.head.leaves
    if not (len(head) >= 2 and head[-2].text == "="):
        return True
    if not any((leaf.opens or leaf.closes) for leaf in head[:-1]):
        return True
    if _width(str(split.head)) > WIDTH - 1:
        return True
    if split.head.has_magic_comma:
        return True
    equals = [leaf.text for leaf in head].count("=")
    other_equals = [leaf.text for leaf in other.head.leaves].count("=")
    if equals > 1 and equals > other_equals:
        return False
    for leaf in reversed(other.head.leaves):
        if leaf.text == "=":
            break
        if leaf.closes:
            return True
    return other_equals > 0 and other.head.fits


def _can_omit(split: _Split) -> bool:
    """Whether the content of optional parentheses is safe without them."""
    body = split.body
    priorities = body.priorities()
    highest = max(priorities, default=0)
    if highest == 0:
        return True
    if priorities.count(highest) > 1:
        return False
    if highest == DOT:
        return True
    first, second = body.leaves[0], body.leaves[1]
    if first.opens and not second.closes and _rest_fits(body, first):
        return True
    last, before = body.leaves[-1], body.leaves[-2]
    partner = last.partner
    if last.closes and partner is not None and not (last.text == "]" and partner.trails):
        return not before.opens and _start_fits(body, partner)
    return False


def _rest_fits(body: _Line, first: Leaf) -> bool:
    length = body.indent
    remainder = False
    for leaf in body.leaves:
        if leaf.partner is first:
            remainder = True
        if remainder:
            length += len(leaf.prefix) + len(leaf.text)
            if length > WIDTH:
                return False
            if leaf.opens:
                remainder = False
    return True


def _start_fits(body: _Line, opening: Leaf) -> bool:
    length = body.indent
    seen_others = False
    for leaf in body.leaves:
        length += len(leaf.prefix) + len(leaf.text)
        if leaf is opening:
            return seen_others or length <= WIDTH
        seen_others = seen_others or leaf.opens
    return False


def _can_be_split(body: _Line) -> bool:
    leaves = body.leaves
    if len(leaves) < 2:
        return False
    return not (leaves[0].is_string and leaves[1].text == ".")


def _width(text: str) -> int:
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(char) else 1 + (unicodedata.east_asian_width(char) in "WF")
        for char in text
    )
