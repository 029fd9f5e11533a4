"""The tool's errors: raised where the fact is known, shown once, by ``cli``.

A finding about readable code is a diagnostic (``diagnostics``), never an exception.
"""

from __future__ import annotations

import re

_LITERAL = re.compile(r"""(["'])(?:\\.|(?!\1).)*(?:\1|$)|#.*""")


class MigrateError(Exception):
    """Something the user has to mend before the tool can go on."""


class UsageError(MigrateError):
    """The command was called with arguments that do not fit together."""


class SettingsError(UsageError):
    """A setting cannot be what it is; it concerns the whole run and not one script."""


class SourceError(MigrateError):
    """A file cannot be read, parsed or written.

    Parameters
    ----------
    code : str
        The diagnostic code, FM9xx.
    path : str
        The file, as the user named it.
    message : str
        What is wrong, as the end of a sentence that begins with the path.
    line, column : int, optional
        Where, 1-based.
    excerpt : str, optional
        The offending line. Texts and comments in it are blanked out: they may hold anything.
    cell : int, optional
        In a notebook, the code cell that the line stands in, 1-based.
    """

    def __init__(
        self,
        code: str,
        path: str,
        message: str,
        *,
        line: int | None = None,
        column: int | None = None,
        excerpt: str | None = None,
        cell: int | None = None,
    ) -> None:
        self.code = code
        self.path = path
        self.message = message
        self.line = line
        self.column = column
        self.cell = cell
        self.excerpt = None if excerpt is None else _LITERAL.sub(_blanked, excerpt)
        super().__init__(str(self))

    def __str__(self) -> str:
        where = place(self.path, self.cell, self.line, self.column)
        text = f"{where}: {self.code} {self.message}"
        if self.excerpt is not None:
            text += f"\n    {self.excerpt}"
            if self.column is not None:
                text += f"\n    {' ' * (self.column - 1)}^"
        return text


def place(path: str, cell: int | None, line: int | None, column: int | None = None) -> str:
    """A place as people are told it: ``train.py:3``, or ``train.ipynb: cell 2, line 3``."""
    if cell is None:
        return ":".join(str(part) for part in (path, line, column) if part is not None)
    named = (("cell", cell), ("line", line), ("column", column))
    return f"{path}: " + ", ".join(f"{name} {part}" for name, part in named if part is not None)


def _blanked(literal: re.Match[str]) -> str:
    """A text or comment with its content gone and its length kept, so that columns stay."""
    found = literal[0]
    closed = len(found) > 1 and found[-1] == found[0]
    return found[0] + "." * (len(found) - 1 - closed) + (found[-1] if closed else "")
