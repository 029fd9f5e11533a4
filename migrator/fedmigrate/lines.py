"""The logical lines of a script: where each statement begins and ends, and its tokens.

A logical line is what Python's tokenizer says it is: a simple statement over as many lines as
its brackets take, several joined by semicolons, or the header of a compound statement. Newlines
of any style are one character class here; nothing is decided about the code.
"""

from __future__ import annotations

import bisect
import io
import re
import tokenize
from dataclasses import dataclass
from functools import cached_property

from fedmigrate.source import Source, Span

_LONE_CR = re.compile(r"\r(?!\n)")
_SILENT = {
    tokenize.NL,
    tokenize.COMMENT,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENCODING,
    tokenize.ENDMARKER,
}
# From Python 3.12 the parts of an f-string are tokens; to us it is one string, as it was before.
_FSTRING_STARTS = {getattr(tokenize, name, None) for name in ("FSTRING_START", "TSTRING_START")}
_FSTRING_ENDS = {getattr(tokenize, name, None) for name in ("FSTRING_END", "TSTRING_END")}


@dataclass(frozen=True)
class Token:
    """A token of one logical line; comments and line breaks inside brackets included."""

    type: int
    string: str
    span: Span

    @property
    def is_multiline_string(self) -> bool:
        return self.type == tokenize.STRING and len(self.string.splitlines()) > 1


@dataclass(frozen=True)
class LogicalLine:
    """One logical line.

    Parameters
    ----------
    span : Span
        From the first character of its first line (the indentation included) to the end of its
        last line, without the newline.
    tokens : tuple of Token
        Everything but indentation and the final newline, a comment at the end included.
    """

    span: Span
    tokens: tuple[Token, ...]

    @property
    def code_start(self) -> int:
        return self.tokens[0].span.start

    @property
    def code_end(self) -> int:
        """Where the code ends: before a comment behind it."""
        code = [token for token in self.tokens if token.type not in _SILENT]
        return code[-1].span.end


@dataclass(frozen=True)
class LogicalLines:
    """All logical lines of a script, in order."""

    source: Source

    @cached_property
    def all(self) -> tuple[LogicalLine, ...]:
        return tuple(_logical_lines(self.source))

    @cached_property
    def _starts(self) -> list[int]:
        return [line.span.start for line in self.all]

    def at(self, offset: int) -> LogicalLine:
        """The logical line that an offset of code lies in."""
        return self.all[bisect.bisect_right(self._starts, offset) - 1]

    def tokens(self, span: Span) -> list[Token]:
        """The tokens of one logical line that lie in a span of it."""
        found = self.at(span.start).tokens
        return [
            token
            for token in found
            if span.start <= token.span.start and token.span.end <= span.end
        ]

    def after(self, line: LogicalLine) -> int:
        """The offset just behind a line's newline; the end of the text where it has none."""
        text = self.source.text
        end = line.span.end
        if text.startswith("\r\n", end):
            return end + 2
        return end + 1 if end < len(text) else end


def _logical_lines(source: Source) -> list[LogicalLine]:
    # The tokenizer knows no lone carriage return; a line feed has the same width.
    text = _LONE_CR.sub("\n", source.text)
    result: list[LogicalLine] = []
    pending: list[Token] = []
    fstrings: list[int] = []
    started = False
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        # The tokenizer ends a line at the end of the text by NEWLINE, but not behind a string of
        # several lines.
        if token.type == tokenize.NEWLINE or (token.type == tokenize.ENDMARKER and pending):
            first = source.position(pending[0].span.start)[0]
            end = pending[-1].span.end
            result.append(
                LogicalLine(Span(source.line_start(first), _line_end(text, end)), tuple(pending))
            )
            pending, started = [], False
        elif token.type not in _SILENT or (
            started and token.type in (tokenize.COMMENT, tokenize.NL)
        ):
            started = True
            start = source.line_start(token.start[0]) + token.start[1]
            end = source.line_start(token.end[0]) + token.end[1]
            pending.append(Token(token.type, token.string, Span(start, end)))
            if token.type in _FSTRING_STARTS:
                fstrings.append(len(pending) - 1)
            elif token.type in _FSTRING_ENDS:
                start = pending[fstrings[-1]].span.start
                del pending[fstrings.pop() :]
                pending.append(Token(tokenize.STRING, text[start:end], Span(start, end)))
    return result


def _line_end(text: str, offset: int) -> int:
    """The end of the line that an offset lies in, before its newline."""
    end = text.find("\n", offset)
    if end < 0:
        return len(text)
    return end - 1 if end > offset and text[end - 1] == "\r" else end
