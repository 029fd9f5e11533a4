"""A script as text: reading it byte for byte, finding places in it, writing one atomically.

Encoding, byte order mark and newlines are facts of the source and survive; nothing here knows
what the text means. Notebooks are read by ``notebooks``. Never imports or runs the user's code.
"""

from __future__ import annotations

import ast
import codecs
import io
import os
import re
import tokenize
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from fedmigrate.errors import SourceError, place

if TYPE_CHECKING:
    from fedmigrate.notebooks.magics import Unfollowed

_LINE_END = re.compile(r"\r\n|\r|\n")


def is_notebook(path: str) -> bool:
    """Whether a file is a notebook, going by its name."""
    return path.endswith(".ipynb")


@dataclass(frozen=True, order=True)
class Span:
    """A half-open range of characters, ``text[start:end]``, in a source's decoded text."""

    start: int
    end: int


@dataclass(frozen=True)
class Source:
    """One script: its decoded text and what is needed to give the same bytes back.

    Parameters
    ----------
    path : str
        How the user named it; ``<stdin>`` for standard input.
    text : str
        Decoded text without byte order mark, newlines as in the file.
    encoding : str
        From the byte order mark or the coding cookie, else ``utf-8``.
    bom : bool
        Whether the file began with a UTF-8 byte order mark.
    """

    path: str
    text: str
    encoding: str = "utf-8"
    bom: bool = False
    _line_starts: list[int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        starts = [0, *(match.end() for match in _LINE_END.finditer(self.text))]
        object.__setattr__(self, "_line_starts", starts)

    @property
    def original(self) -> str:
        """The text that a conversion edits: what the user wrote, at the same offsets."""
        return self.text

    @property
    def language(self) -> str:
        return "python"

    @property
    def is_valid(self) -> bool:
        """Whether the file is what its format says."""
        return True

    @property
    def header_offset(self) -> int | None:
        """Where the header goes; None where lines of the text decide."""
        return None

    @property
    def displayed(self) -> frozenset[ast.Expr]:
        """Expression statements whose value is shown."""
        return frozenset()

    @property
    def unfollowed(self) -> Sequence[tuple[Span, Unfollowed]]:
        """What else than Python the user wrote that may concern a conversion, and where."""
        return ()

    @cached_property
    def sha256(self) -> str:
        import hashlib  # slow to load, and a look at a file rarely needs it

        return hashlib.sha256(self.encode(self.original)).hexdigest()

    @cached_property
    def newline(self) -> str:
        """The newline of the first line; ``\\n`` where there is none."""
        match = _LINE_END.search(self.text)
        return match.group() if match else "\n"

    @cached_property
    def tree(self) -> ast.Module:
        """The syntax tree.

        Raises
        ------
        SourceError
            FM901, with line, column and the offending line.
        """
        try:
            return ast.parse(self.text, filename=self.path)
        except SyntaxError as error:
            line = error.lineno or 1
            cell, line_in_cell = self.locate(line)
            raise SourceError(
                "FM901",
                self.path,
                f"cannot be parsed: {error.msg}",
                line=line_in_cell,
                column=error.offset or 1,
                excerpt=self.line(line),
                cell=cell,
            ) from error
        except (ValueError, RecursionError, MemoryError) as error:
            raise SourceError("FM901", self.path, f"cannot be parsed: {error}") from error

    def line(self, number: int) -> str:
        """The text of a line (1-based), without its newline."""
        if not 1 <= number <= len(self._line_starts):
            return ""
        start = self._line_starts[number - 1]
        match = _LINE_END.search(self.text, start)
        return self.text[start : match.start() if match else len(self.text)]

    def offset(self, line: int, utf8_column: int) -> int:
        """The character offset of an ``ast`` position (1-based line, 0-based UTF-8 column)."""
        start = self._line_starts[line - 1]
        text = self.line(line)
        if text.isascii():
            return start + utf8_column
        return start + len(text.encode("utf-8")[:utf8_column].decode("utf-8"))

    def span(self, node: ast.expr | ast.stmt) -> Span:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return Span(
            self.offset(node.lineno, node.col_offset),
            self.offset(node.end_lineno, node.end_col_offset),
        )

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column (both 1-based, in characters) of an offset."""
        low, high = 0, len(self._line_starts)
        while high - low > 1:
            middle = (low + high) // 2
            if self._line_starts[middle] <= offset:
                low = middle
            else:
                high = middle
        return low + 1, offset - self._line_starts[low] + 1

    def locate(self, line: int) -> tuple[int | None, int]:
        """The cell of a notebook that a line stands in, and its number there; both 1-based.

        In a script there is no cell, and the line is what it was.
        """
        return None, line

    def place(self, line: int) -> str:
        """The path and the place of a line in it, as people are told it."""
        return place(self.path, *self.locate(line))

    def is_cell_border(self, offset: int) -> bool:
        """Whether a cell of a notebook ends at a line that begins here."""
        return False

    def takes_comment(self, offset: int) -> bool:
        """Whether a line may be added above an offset."""
        return True

    def is_masked(self, span: Span) -> bool:
        """Whether the user wrote something else there that is not Python."""
        return False

    def unmasked(self, span: Span, text: str) -> str:
        """What the user would have written for a text that takes the place of a span."""
        return text

    def line_start(self, line: int) -> int:
        return self._line_starts[line - 1]

    def encode(self, text: str) -> bytes:
        """Bytes of a text in this source's encoding, with its byte order mark."""
        data = text.encode(self.encoding)
        return codecs.BOM_UTF8 + data if self.bom else data


def decode(data: bytes, path: str) -> Source:
    """Decode a script as Python would, or the code cells of a notebook.

    Raises
    ------
    SourceError
        FM902 where the bytes are not text in the declared encoding; the message names the line.
        FM906 where a notebook is not one.
    """
    if is_notebook(path):
        from fedmigrate.notebooks import decode_notebook

        return decode_notebook(data, path)
    bom = data.startswith(codecs.BOM_UTF8)
    body = data[len(codecs.BOM_UTF8) :] if bom else data
    if b"\0" in body:
        raise SourceError("FM902", path, "holds a null byte: this is not a Python script")
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    except SyntaxError as error:
        raise SourceError("FM902", path, str(error)) from error
    encoding = "utf-8" if encoding == "utf-8-sig" else encoding
    try:
        text = body.decode(encoding)
        reads_back = encoding == "utf-8" or text.encode(encoding) == body
    except UnicodeDecodeError as error:
        line = body[: error.start].count(b"\n") + 1
        raise SourceError(
            "FM902", path, f"is not {encoding} text (byte {error.start})", line=line
        ) from error
    except (LookupError, UnicodeError) as error:  # what is declared is no encoding of texts
        raise SourceError("FM902", path, f"cannot be read as {encoding} text") from error
    if not reads_back:
        raise SourceError("FM902", path, f"would not be the same bytes again in {encoding}")
    return Source(path, text, encoding, bom)


def read(path: Path) -> Source:
    """Read a script from disk.

    Raises
    ------
    SourceError
        FM903 where the file cannot be read, FM902 where it is not text.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        raise SourceError("FM903", str(path), f"cannot be read: {reason}") from error
    return decode(data, str(path))


def write(path: Path, data: bytes, *, private: bool = False) -> None:
    """Replace a file atomically, keeping the permissions of the one it replaces.

    Parameters
    ----------
    private : bool
        Whether only its owner may read it, from its first byte on.

    Raises
    ------
    SourceError
        FM904 where the folder or file cannot be written; the old file is intact then.
    """
    import tempfile  # slow to load, and most runs write nothing

    temporary: str | None = None
    try:
        if path.exists() and not os.access(path, os.W_OK):
            raise PermissionError(13, "Permission denied", str(path))
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if not private:  # a temporary file is its owner's alone
            mode = path.stat().st_mode & 0o7777 if path.exists() else 0o666 & ~_umask()
            os.chmod(temporary, mode)
        os.replace(temporary, path)
    except OSError as error:
        if temporary is not None and os.path.exists(temporary):
            os.unlink(temporary)
        reason = error.strerror or str(error)
        raise SourceError("FM904", str(path), f"cannot be written: {reason}") from error


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
