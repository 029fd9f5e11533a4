"""The tool's errors: raised where the fact is known, shown once, by ``cli``.

A finding about readable code is a diagnostic (``diagnostics.py``), never an exception.
"""

from __future__ import annotations


class MigrateError(Exception):
    """Something the user has to mend before the tool can go on."""


class UsageError(MigrateError):
    """The command was called with arguments that do not fit together."""


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
        The offending line.
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
    ) -> None:
        self.code = code
        self.path = path
        self.message = message
        self.line = line
        self.column = column
        self.excerpt = excerpt
        super().__init__(str(self))

    def __str__(self) -> str:
        where = self.path
        if self.line is not None:
            where += f":{self.line}"
            if self.column is not None:
                where += f":{self.column}"
        text = f"{where}: {self.code} {self.message}"
        if self.excerpt is not None:
            text += f"\n    {self.excerpt}"
            if self.column is not None:
                text += f"\n    {' ' * (self.column - 1)}^"
        return text
