"""One statement as leaves: tokens with the facts that decide where a line may break.

Each leaf knows its bracket partner, how deep in brackets it stands, and whether a line may break
behind it and how willingly. Parentheses that a statement may have but does not need, such as
those around the right side of an assignment, are there as invisible leaves. The way lines are
then broken is in ``layout``.
"""

from __future__ import annotations

import keyword
import tokenize
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from fedmigrate.lines import LogicalLines, Token
from fedmigrate.source import Source

# How willingly a line breaks at a delimiter: black's order.
COMPREHENSION, COMMA, TERNARY, LOGIC, STRING, COMPARATOR, DOT = 20, 18, 16, 14, 12, 10, 1
_OPERATORS = {"|": 9, "^": 8, "&": 7, "<<": 6, ">>": 6, "+": 5, "-": 5}
_OPERATORS |= {"*": 4, "/": 4, "//": 4, "%": 4, "@": 4, "**": 2}
_OPEN, _CLOSE = "([{", ")]}"
_ASSIGNMENTS = {"=", "+=", "-=", "*=", "/=", "//=", "%=", "@=", "&=", "|=", "^=", "**="}
_ASSIGNMENTS |= {"<<=", ">>="}
_NOT_FOLLOWED = {
    "async", "await", "case", "class", "def", "del", "else", "except", "finally",
    "global", "import", "lambda", "match", "nonlocal", "raise", "try", "type", "with", "yield",
}  # fmt: skip


class NotFollowed(Exception):
    """A statement of a shape that is not laid out here."""


@dataclass(eq=False)
class Leaf:
    """One token in a statement; compared by identity.

    Parameters
    ----------
    text : str
        Empty for an invisible parenthesis.
    prefix : str
        The space in front, where it is not the first of its line.
    opens, closes : bool
        Whether it is a bracket.
    """

    text: str
    prefix: str = ""
    opens: bool = False
    closes: bool = False
    shown_as: str = ""
    comment: str = ""
    depth: int = 0
    delimiter: int = 0
    trails: bool = False
    is_vararg: bool = False
    is_unary: bool = False
    is_string: bool = False
    partner: Leaf | None = field(default=None, repr=False)

    @property
    def invisible(self) -> bool:
        return not self.text

    @property
    def bracket(self) -> str:
        return self.text or self.shown_as


@dataclass(frozen=True)
class Statement:
    """The leaves of a statement, and what kind it is."""

    leaves: tuple[Leaf, ...]
    is_import: bool


def read_statement(text: str) -> Statement:
    """The leaves of one statement, or of the header of a compound one.

    Parameters
    ----------
    text : str
        One logical line, without indentation.

    Raises
    ------
    NotFollowed
        For statements that are laid out by rules not held here, comments inside of brackets, and
        strings of several lines.
    """
    (line,) = LogicalLines(Source("<statement>", text)).all
    leaves = list(_leaves(text, line.tokens))
    first = leaves[0].text
    if first in _NOT_FOLLOWED:
        raise NotFollowed(f"{first} statement")
    _match_brackets(leaves)
    is_import = first == "from"
    for start, end in reversed(list(_optional(leaves, is_import))):
        _parenthesise(leaves, start, end, is_import=is_import)
    _measure(leaves)
    _mark_delimiters(leaves)
    return Statement(tuple(leaves), is_import)


def _leaves(text: str, tokens: Sequence[Token]) -> Iterator[Leaf]:
    before: Leaf | None = None
    at = 0
    for index, token in enumerate(tokens):
        if token.type == tokenize.NL:
            continue
        if token.is_multiline_string:
            raise NotFollowed("string of several lines")
        if token.type == tokenize.COMMENT:
            if index + 1 < len(tokens) or before is None:
                raise NotFollowed("comment inside of brackets")
            if token.string.startswith(("# fmt:", "# type:")):
                raise NotFollowed("comment that is bound to its line")
            before.comment = token.string
            continue
        gap = text[at : token.span.start]
        if "\\" in gap or token.string in (";", ":="):
            raise NotFollowed("continuation, second statement or named expression")
        leaf = Leaf(token.string, _prefix(gap, before, token.string))
        leaf.is_string = token.type == tokenize.STRING
        if token.type == tokenize.OP:
            leaf.opens, leaf.closes = token.string in _OPEN, token.string in _CLOSE
            leaf.trails = leaf.opens and before is not None and _ends_operand(before)
            leaf.is_unary = before is None or not _ends_operand(before)
        yield leaf
        before, at = leaf, token.span.end


def _prefix(gap: str, before: Leaf | None, text: str) -> str:
    if before is None:
        return ""
    if "\n" not in gap and "\r" not in gap:
        return gap
    return "" if before.opens or text in _CLOSE or text in ",.:" else " "


def _ends_operand(leaf: Leaf) -> bool:
    """Whether an expression may end here: a bracket behind it is a call or a subscript."""
    if leaf.closes or leaf.is_string:
        return True
    word = leaf.text[0].isalnum() or (leaf.text[0] in "_." and leaf.text != ".")
    return word and (not keyword.iskeyword(leaf.text) or leaf.text in ("None", "True", "False"))


def _match_brackets(leaves: Sequence[Leaf]) -> None:
    open_: list[Leaf] = []
    for leaf in leaves:
        if leaf.opens:
            open_.append(leaf)
        elif leaf.closes:
            leaf.partner = open_.pop()
            leaf.partner.partner = leaf


def _top_level(leaves: Sequence[Leaf]) -> Iterator[int]:
    """Indices of leaves outside of all brackets; of brackets, the opening one."""
    depth = 0
    for index, leaf in enumerate(leaves):
        depth -= leaf.closes
        if depth == 0 and not leaf.closes:
            yield index
        depth += leaf.opens


def _optional(leaves: Sequence[Leaf], is_import: bool) -> Iterator[tuple[int, int]]:
    """The ranges of leaves that may be put into parentheses."""
    top = list(_top_level(leaves))
    first = leaves[0].text
    if is_import:
        yield next(index for index in top if leaves[index].text == "import") + 1, len(leaves)
    elif first == "for":
        within = next(index for index in top if leaves[index].text == "in")
        yield 1, within
        yield within + 1, _colon(leaves, top)
    elif first in ("if", "elif", "while"):
        yield 1, _colon(leaves, top)
    elif first == "assert":
        commas = [index for index in top if leaves[index].text == ","]
        for start, end in zip([0, *commas], [*commas, len(leaves)], strict=True):
            yield start + 1, end
    elif first == "return":
        if len(leaves) > 1:
            yield 1, len(leaves)
    else:
        equals = [index for index in top if leaves[index].text in _ASSIGNMENTS]
        if any(leaves[index].text == ":" for index in top):
            raise NotFollowed("annotation")
        ends = [*equals[1:], len(leaves)]
        for index, end in zip(equals, ends, strict=False):
            yield index + 1, end


def _colon(leaves: Sequence[Leaf], top: Sequence[int]) -> int:
    if leaves[-1].text != ":" or any(leaves[i].text == "lambda" for i in top):
        raise NotFollowed("body on the line of its header")
    return len(leaves) - 1


def _parenthesise(leaves: list[Leaf], start: int, end: int, *, is_import: bool) -> None:
    """Make the parentheses around a range invisible, or put invisible ones there."""
    first, last = leaves[start], leaves[end - 1]
    if first.text == "(" and first.partner is last and not first.trails:
        inside = list(_top_level(leaves[start + 1 : end - 1]))
        words = {leaves[start + 1 + index].text for index in inside}
        if not is_import and (not inside or words & {",", "for", "yield", "async"}):
            return  # a tuple or a generator: these parentheses mean something
        if leaves[start + 1].text == "(" and leaves[start + 1].partner is leaves[end - 2]:
            raise NotFollowed("doubled parentheses")
        for leaf in (first, last):
            leaf.shown_as, leaf.text = leaf.text, ""
        leaves[start + 1].prefix = ""
        return
    opening = Leaf("", first.prefix, opens=True, shown_as="(")
    closing = Leaf("", "", closes=True, shown_as=")", partner=opening)
    opening.partner = closing
    if end - start > 1 or last.comment == "":
        closing.comment, last.comment = last.comment, ""
    first.prefix = ""
    leaves[end:end] = [closing]
    leaves[start:start] = [opening]


def _measure(leaves: Sequence[Leaf]) -> None:
    """Depth in brackets; targets of ``for`` and arguments of ``lambda`` count as one deeper."""
    depth = 0
    hidden: list[tuple[str, int]] = []
    for leaf in leaves:
        if hidden and hidden[-1] == (leaf.text, depth):
            hidden.pop()
            depth -= 1
        depth -= leaf.closes
        leaf.depth = depth
        depth += leaf.opens
        if leaf.text in ("for", "lambda"):
            depth += 1
            hidden.append(("in" if leaf.text == "for" else ":", depth))


def _mark_delimiters(leaves: Sequence[Leaf]) -> None:
    for index, leaf in enumerate(leaves):
        before = leaves[index - 1] if index else None
        priority = _priority(leaves, index)
        if leaf.text == ",":
            leaf.delimiter = COMMA
        elif priority and before is not None:
            before.delimiter = priority


def _priority(leaves: Sequence[Leaf], index: int) -> int:
    """How willingly a line breaks before a leaf."""
    leaf = leaves[index]
    text, before = leaf.text, leaves[index - 1] if index else None
    if before is None or before.opens:
        return 0
    if leaf.is_string:
        return STRING if before.is_string else 0
    if text == ".":
        return DOT if before.closes else 0
    if text in ("*", "**") and leaf.is_unary:
        leaf.is_vararg = True
        return 0
    if text in _OPERATORS:
        return 0 if leaf.is_unary else _OPERATORS[text]
    if text in ("and", "or"):
        return LOGIC
    if text == "for" and leaf.depth:
        return COMPREHENSION
    if text in ("if", "else"):
        if not _is_conditional(leaves, index):
            return COMPREHENSION if leaf.depth else 0
        if not _in_optional(leaves, index):
            raise NotFollowed("conditional expression inside of brackets")
        return TERNARY
    if text in ("<", ">", "==", "!=", "<=", ">=", "is"):
        return COMPARATOR
    if text == "not":
        follows = leaves[index + 1].text == "in" and before.text != "is"
        return COMPARATOR if follows else 0
    if text == "in":
        return 0 if before.text == "not" or _ends_for_target(leaves, index) else COMPARATOR
    return 0


def _is_conditional(leaves: Sequence[Leaf], index: int) -> bool:
    """Whether an ``if`` or ``else`` belongs to ``x if y else z``, not to a comprehension."""
    if leaves[index].text == "else":
        return True
    depth = leaves[index].depth
    for leaf in leaves[index + 1 :]:
        if leaf.depth < depth or (leaf.depth == depth and leaf.text in (",", "if", "for")):
            return False
        if leaf.depth == depth and leaf.text == "else":
            return True
    return False


def _in_optional(leaves: Sequence[Leaf], index: int) -> bool:
    """Whether the nearest brackets around a leaf are optional ones."""
    around = [leaf for leaf in leaves[:index] if leaf.opens and leaf.depth < leaves[index].depth]
    return bool(around) and around[-1].invisible


def _ends_for_target(leaves: Sequence[Leaf], index: int) -> bool:
    depth = leaves[index].depth
    for leaf in reversed(leaves[:index]):
        if leaf.depth == depth:
            return leaf.text == "for"
        if leaf.depth < depth:
            return False
    return False
