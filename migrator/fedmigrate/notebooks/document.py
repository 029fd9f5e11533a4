"""The notebook file: where its code cells stand in the JSON text, and new text for some of them.

Whatever is not replaced keeps its bytes: key order, indentation, escapes, the newline at the end.
Nothing here knows what a cell's source means.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from fedmigrate.errors import SourceError
from fedmigrate.source import Span

_SPACE = re.compile(r"[ \t\n\r]*")
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_DECODER = json.JSONDecoder()
_EMPTIED = {"outputs": "[]", "execution_count": "null"}
_PYTHON = frozenset(("ipython", "python", "python2", "python3"))
_FORMAT = 4  # the major version in which cells stand directly in the notebook


@dataclass(frozen=True)
class CodeCell:
    """One code cell.

    Parameters
    ----------
    text : str
        Its source.
    members : dict of str to Span
        Where the values of the cell's keys stand in the JSON text.
    """

    text: str
    members: dict[str, Span]


@dataclass(frozen=True)
class Document:
    """A notebook file.

    Parameters
    ----------
    text : str
        The JSON text, without byte order mark.
    bom : bool
    language : str
        Of the kernel.
    cells : tuple of CodeCell
        The code cells, in order.
    """

    text: str
    bom: bool
    language: str
    cells: tuple[CodeCell, ...]

    def encode(self, sources: Sequence[str] | None = None) -> bytes:
        """The file's bytes.

        Parameters
        ----------
        sources : sequence of str, optional
            New text of each code cell; all outputs and execution counts are cleared then.
        """
        text = self.text if sources is None else self._with(sources)
        return (codecs.BOM_UTF8 if self.bom else b"") + text.encode("utf-8", "surrogatepass")

    def _with(self, sources: Sequence[str]) -> str:
        parts: list[str] = []
        at = 0
        for span, text in sorted(self._replaced(sources)):
            parts += [self.text[at : span.start], text]
            at = span.end
        return "".join([*parts, self.text[at:]])

    def _replaced(self, sources: Sequence[str]) -> Iterator[tuple[Span, str]]:
        for cell, source in zip(self.cells, sources, strict=True):
            if source != cell.text:
                span = cell.members["source"]
                yield span, _in_the_form_of(self.text[span.start : span.end], source)
            for key, empty in _EMPTIED.items():
                span = cell.members.get(key, Span(0, 0))
                if json.loads(self.text[span.start : span.end] or "null"):
                    yield span, empty


def parse_document(data: bytes, path: str) -> Document:
    """Read a notebook file.

    Raises
    ------
    SourceError
        FM902 where it is not UTF-8, FM906 where it is no notebook of format 4.
    """
    bom = data.startswith(codecs.BOM_UTF8)
    body = data[len(codecs.BOM_UTF8) :] if bom else data
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise SourceError("FM902", path, f"is not utf-8 text (byte {error.start})") from error
    try:
        notebook = json.loads(text)
    except json.JSONDecodeError as error:
        raise SourceError(
            "FM906", path, f"is not JSON: {error.msg}", line=error.lineno, column=error.colno
        ) from error
    except RecursionError as error:
        raise SourceError("FM906", path, "is nested too deeply to be a notebook") from error
    _check(notebook, path)
    at = _skip(text, 0)
    cells = tuple(
        CodeCell(_joined(cell["source"]), _members(text, span.start))
        for cell, span in zip(
            notebook["cells"], _elements(text, _members(text, at)["cells"].start), strict=True
        )
        if cell["cell_type"] == "code"
    )
    return Document(text, bom, _language(notebook), cells)


def _check(notebook: Any, path: str) -> None:
    """Make sure that the file has the parts that are used here."""
    if not isinstance(notebook, dict) or not isinstance(notebook.get("nbformat"), int):
        raise SourceError("FM906", path, "is no notebook: it names no notebook format")
    version = notebook["nbformat"]
    if version != _FORMAT:
        raise SourceError(
            "FM906", path, f"is a notebook of format {version}, and format {_FORMAT} is read"
        )
    cells = notebook.get("cells")
    if not isinstance(cells, list):
        raise SourceError("FM906", path, "is no notebook: it has no list of cells")
    for number, cell in enumerate(cells, start=1):
        if not isinstance(cell, dict) or not _is_source(cell.get("source")):
            raise SourceError("FM906", path, f"is no notebook: its cell {number} holds no source")
        if not isinstance(cell.get("cell_type"), str):
            raise SourceError("FM906", path, f"is no notebook: its cell {number} has no type")


def _is_source(source: Any) -> bool:
    return isinstance(source, str) or (
        isinstance(source, list) and all(isinstance(line, str) for line in source)
    )


def _language(notebook: Any) -> str:
    """The language that the kernel runs; Python where the file does not say."""
    metadata = notebook.get("metadata")
    for part, key in (("language_info", "name"), ("kernelspec", "language")):
        found = metadata.get(part) if isinstance(metadata, dict) else None
        name = found.get(key) if isinstance(found, dict) else None
        if isinstance(name, str) and name:
            return "python" if name.lower() in _PYTHON else name
    return "python"


def _joined(source: str | list[str]) -> str:
    return source if isinstance(source, str) else "".join(source)


def _in_the_form_of(before: str, source: str) -> str:
    """A source as JSON, laid out like the one that it replaces; lines that stay keep theirs."""
    old = json.loads(before)
    if isinstance(old, str):
        return _quoted(source, before)
    spans = list(_elements(before, 0))
    kept = {line: before[span.start : span.end] for line, span in zip(old, spans, strict=True)}
    lines = [kept.get(line) or _quoted(line, before) for line in _LINE.findall(source)]
    if not lines:
        return "[]"
    first = spans[0].start if spans else 1
    opening, closing = before[:first], before[spans[-1].end :] if spans else "]"
    between = "," + (opening[1:] or " ")
    if len(spans) > 1:
        between = before[spans[0].end : spans[1].start]
    return opening + between.join(lines) + closing


def _quoted(text: str, like: str) -> str:
    """A JSON string, with the escapes that the file uses."""
    return json.dumps(text, ensure_ascii=like.isascii() and "\\u" in like)


def _skip(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    assert match is not None
    return match.end()


def _members(text: str, at: int) -> dict[str, Span]:
    """Where the values of an object stand, which begins at an offset."""
    found: dict[str, Span] = {}
    at = _skip(text, at + 1)
    while text[at] != "}":
        key, at = _DECODER.raw_decode(text, at)
        start = _skip(text, _skip(text, at) + 1)
        _, end = _DECODER.raw_decode(text, start)
        found[key] = Span(start, end)
        at = _next(text, end)
    return found


def _elements(text: str, at: int) -> Iterator[Span]:
    """Where the elements of an array stand, which begins at an offset."""
    at = _skip(text, at + 1)
    while text[at] != "]":
        _, end = _DECODER.raw_decode(text, at)
        yield Span(at, end)
        at = _next(text, end)


def _next(text: str, at: int) -> int:
    at = _skip(text, at)
    return _skip(text, at + 1) if text[at] == "," else at
