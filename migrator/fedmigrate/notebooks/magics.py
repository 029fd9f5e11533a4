"""What is not Python in a cell: magics, shell lines and help, made harmless at equal length.

A cell is given back with every character where it was, so that what is found in it and edited in
it has the same place in the cell as the user wrote it. ``%time`` and its like run a statement,
which is uncovered; all else of IPython's own becomes the number zero, or space.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

_CELL_MAGIC = re.compile(r"(?:[ \t]*\r?\n)*%%(!|[\w.]+)[^\r\n]*")
_LINE_MAGIC = re.compile(r"[ \t]*(?=[%!?])")
_ASSIGNED = re.compile(r"[ \t]*[A-Za-z_][\w.,* \t\[\]]*=[ \t]*(?=[%!])")
_CONTINUED = re.compile(r"(?:[^\r\n]*\\\r?\n)*[^\r\n]*(?:\r\n|\r|\n)?")
_RUNNING = re.compile(
    r"%(?:time|timeit|prun|memit|lprun|mprun)"
    r"(?:[ \t]+-(?:[nrpslTDf][ \t]*[^\s-]\S*|[a-zA-Z]))*[ \t]+"
)
_PART = re.compile(
    r"""
    \#[^\r\n]*                          # comment
    | \"{3}(?:[^\\]|\\.)*?\"{3} | '{3}(?:[^\\]|\\.)*?'{3}
    | "(?:[^"\\\r\n]|\\.)*" | '(?:[^'\\\r\n]|\\.)*'
    | \\\r?\n                           # continuation
    | \r\n | \n | \r
    | [^\#"'()\[\]{}\\\r\n]+
    | .
    """,
    re.VERBOSE | re.DOTALL,
)
_FITS = re.compile(r"\.[ \t]*fit\w*[ \t]*\(")
_NOT_A_LINE_END = re.compile(r"[^\r\n]")
# The rest of such a cell is Python, run where the cell stands.
_PYTHON_BELOW = frozenset(
    "capture debug lprun memit mprun notify prun scalene snakeviz time timeit wandb".split()  # noqa: SIM905
)
_SHOWS_NOTHING = frozenset(("capture", "timeit"))
# Whatever these hold trains nothing with scikit-learn.
_OTHER_LANGUAGES = frozenset(
    "! R bash bigquery cmd cython html javascript js latex markdown perl ruby sh sql svg".split()  # noqa: SIM905
)


@dataclass(frozen=True)
class Unfollowed:
    """Something of IPython's that is not looked into.

    Parameters
    ----------
    start, end : int
        Where it stands in the cell.
    construct : str
        How it is named to people.
    trains : bool
        Whether it seems to hold a fit.
    """

    start: int
    end: int
    construct: str
    trains: bool


@dataclass(frozen=True)
class Masked:
    """A cell as Python.

    Parameters
    ----------
    text : str
        As long as the cell, with the same line breaks.
    begins : int
        Where lines may be added at the earliest: behind a cell magic.
    is_python : bool
        Whether any of it may be Python.
    shows : bool
        Whether the value of its last expression is shown.
    unfollowed : tuple of Unfollowed
    """

    text: str
    begins: int
    is_python: bool
    shows: bool
    unfollowed: tuple[Unfollowed, ...]


def mask(cell: str) -> Masked:
    """Make everything in a cell harmless that is not Python."""
    head = _CELL_MAGIC.match(cell)
    if head is None or head.group().rstrip().endswith("?"):
        text, unfollowed = _mask_lines(cell, 0)
        return Masked(text, 0, True, True, unfollowed)
    name = head.group(1)
    if name not in _PYTHON_BELOW:
        trains = name not in _OTHER_LANGUAGES and _FITS.search(cell, head.end()) is not None
        start = cell.index("%%")
        found = Unfollowed(start, head.end(), f"the magic %%{name}", True)
        return Masked(_blank(cell), len(cell), False, False, (found,) if trains else ())
    below = _after_line_end(cell, head.end())
    text, unfollowed = _mask_lines(cell, below)
    shows = name not in _SHOWS_NOTHING
    return Masked(_blank(cell[:below]) + text[below:], below, True, shows, unfollowed)


def _mask_lines(cell: str, at: int) -> tuple[str, tuple[Unfollowed, ...]]:
    parts = [cell[:at]]
    unfollowed: list[Unfollowed] = []
    while at < len(cell):
        magic, assigned = _LINE_MAGIC.match(cell, at), _ASSIGNED.match(cell, at)
        begin = magic or assigned
        if begin is not None:
            start, end = begin.end(), _end(_CONTINUED, cell, begin.end())
            found = _unfollowed(cell, start, end, is_value=magic is None)
            unfollowed += [found] if found is not None else []
            parts += [cell[at:start], _masked(cell[start:end], is_value=magic is None)]
        else:
            end, asks = _logical_line(cell, at)
            parts.append(_zero(cell[at:end]) if asks else cell[at:end])
        at = end
    return "".join(parts), tuple(unfollowed)


def _masked(magic: str, *, is_value: bool) -> str:
    """A magic that begins a statement, or is the right side of an assignment."""
    running = _runs(magic, is_value=is_value)
    if running:
        return ("" if is_value else "0;").ljust(running) + magic[running:]
    if is_value:
        return "[]" + _blank(magic[2:]) if magic[1:].strip() else "0" + magic[1:]
    return _zero(magic)


def _runs(magic: str, *, is_value: bool) -> int:
    """Where the statement begins that a magic runs; zero where it runs none that is followed."""
    running = _RUNNING.match(magic)
    if running is None:
        return 0
    try:
        body = ast.parse(magic[running.end() :]).body
    except (SyntaxError, ValueError):
        return 0
    simple = not any(hasattr(node, "body") for node in body)
    value = len(body) == 1 and isinstance(body[0], ast.Expr)
    return running.end() if body and (value if is_value else simple) else 0


def _unfollowed(cell: str, start: int, end: int, *, is_value: bool) -> Unfollowed | None:
    magic = cell[start:end]
    name = re.match(r"%\w+", magic)
    if name is None or _runs(magic, is_value=is_value):
        return None
    if name.group() == "%run":
        return Unfollowed(start, end, "the magic %run", False)
    trains = _FITS.search(magic) is not None
    return Unfollowed(start, end, f"the magic {name.group()}", True) if trains else None


def _logical_line(cell: str, at: int) -> tuple[int, bool]:
    """The end of a logical line, behind its newline, and whether it ends with IPython's ``?``."""
    depth = 0
    last = ""
    while at < len(cell):
        match = _PART.match(cell, at)
        assert match is not None
        part, at = match.group(), match.end()
        if part in ("\n", "\r", "\r\n"):
            if depth <= 0:
                break
        elif part in "([{":
            depth += 1
        elif part in ")]}":
            depth -= 1
        if part.strip() and part[0] != "#":
            last = part.rstrip()
    return at, last.endswith("?")


def _after_line_end(cell: str, at: int) -> int:
    if cell.startswith("\r\n", at):
        return at + 2
    return min(at + 1, len(cell))


def _end(pattern: re.Pattern[str], cell: str, at: int) -> int:
    match = pattern.match(cell, at)
    assert match is not None
    return match.end()


def _zero(text: str) -> str:
    """A statement that does nothing, in the place of one line or several."""
    indent = len(text) - len(text.lstrip(" \t"))
    return text[:indent] + "0" + _blank(text[indent + 1 :])


def _blank(text: str) -> str:
    return _NOT_A_LINE_END.sub(" ", text)
