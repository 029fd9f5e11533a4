"""Findings that a script accepts: ``# fedmigrate: ignore[FM205]``, and what comes of it.

The comment stands on any line of the statement, or alone on the line above. A finding that is
accepted is taken out of everything that is counted and written; what it was about stays as the
plan has it. Comments that the tool writes begin alike and are none of these.
"""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass, field, replace

from fedmigrate.diagnostics import CODES, MARKER
from fedmigrate.plan import Diagnostic, Plan, Verdict
from fedmigrate.source import Source

_COMMENT = re.compile(rf"{MARKER}\s*ignore\b[ \t]*(\[[^\]]*\]?)?")
_CODE_LIKE = re.compile(r"[A-Za-z]{1,4}\d{1,5}")
_LONE_CR = re.compile(r"\r(?!\n)")
_SILENT = frozenset(
    (tokenize.COMMENT, tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)
)
_NOT_SUPPRESSIBLE = "FM9"


@dataclass
class Suppression:
    """One comment.

    Parameters
    ----------
    line, column : int
        1-based.
    codes : tuple of str
        What it accepts; empty for everything.
    wrong : tuple of str
        What it names and cannot accept, as the end of a sentence.
    statement : range
        The lines it speaks of.
    used : set of str
        What it did accept.
    """

    line: int
    column: int
    codes: tuple[str, ...]
    wrong: tuple[str, ...]
    statement: range = range(0)
    used: set[str] = field(default_factory=set)

    def accepts(self, found: Diagnostic) -> bool:
        if found.line not in self.statement or (self.codes and found.code not in self.codes):
            return False
        return bool(self.codes) or not self.wrong

    def remarks(self) -> Iterator[Diagnostic]:
        """What is to be said of the comment itself."""
        for entry in self.wrong:
            yield Diagnostic("FM121", self.line, self.column, {"entry": entry})
        if not self.codes and not self.wrong and not self.used:
            yield Diagnostic("FM122", self.line, self.column, {"entry": "ignore"})
        for code in self.codes:
            if code not in self.used:
                yield Diagnostic("FM122", self.line, self.column, {"entry": f"ignore[{code}]"})


def suppress(plan: Plan, source: Source, ignored: Set[str]) -> Plan:
    """A plan without the findings that are accepted.

    Parameters
    ----------
    ignored : set of str
        Codes that the settings accept wherever they come up.
    """
    comments = find_suppressions(source)
    suppressed: list[Diagnostic] = []

    def left(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
        kept: list[Diagnostic] = []
        for found in diagnostics:
            accepting = [comment for comment in comments if comment.accepts(found)]
            for comment in accepting:
                comment.used.add(found.code)
            (suppressed if accepting or found.code in ignored else kept).append(found)
        return tuple(kept)

    sites = []
    for site in plan.sites:
        kept = left(site.diagnostics)
        accepted = site.verdict is Verdict.LEFT and bool(site.diagnostics) and not kept
        sites.append(replace(site, diagnostics=kept, accepted=accepted))
    notices = left(plan.notices)
    remarks = [remark for comment in comments for remark in comment.remarks()]
    suppressed += [remark for remark in remarks if remark.code in ignored]
    notices += tuple(remark for remark in remarks if remark.code not in ignored)
    return replace(plan, sites=tuple(sites), notices=notices, suppressed=tuple(suppressed))


def find_suppressions(source: Source) -> list[Suppression]:
    """The comments of a script that accept findings, each with the lines it speaks of."""
    if MARKER not in source.text or "ignore" not in source.text:
        return []
    # The tokenizer knows no lone carriage return; a line feed has the same width.
    text = _LONE_CR.sub("\n", source.text)
    waiting: list[Suppression] = []  # for the end of their statement, or for the one below
    done: list[Suppression] = []
    first: int | None = None
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            comment = _read(token)
            if comment is not None:
                waiting.append(comment)
        elif token.type == tokenize.NEWLINE:
            begins = token.start[0] if first is None else first
            for comment in waiting:
                if source.locate(comment.line)[0] == source.locate(begins)[0]:  # of one cell
                    comment.statement = range(begins, token.start[0] + 1)
            done, waiting, first = done + waiting, [], None
        elif token.type not in _SILENT and first is None:
            first = token.start[0]
    return done + waiting


def _read(token: tokenize.TokenInfo) -> Suppression | None:
    match = _COMMENT.search(token.string)
    if match is None:
        return None
    line, column = token.start[0], token.start[1] + match.start() + 1
    if match[1] is None:
        return Suppression(line, column, (), ())
    entries = [entry.strip() for entry in match[1].strip("[]").split(",")]
    if not match[1].endswith("]"):
        return Suppression(line, column, (), ("no end: a bracket is missing",))
    known = tuple(dict.fromkeys(entry.upper() for entry in entries if _is_known(entry)))
    wrong = tuple(_wrong(entry) for entry in entries if not _is_known(entry))
    return Suppression(line, column, known, wrong)


def _is_known(entry: str) -> bool:
    return entry.upper() in CODES and not entry.upper().startswith(_NOT_SUPPRESSIBLE)


def _wrong(entry: str) -> str:
    """Only what looks like a code is repeated: a comment may hold anything."""
    if entry.upper() in CODES:
        return f"{entry.upper()}, which is an error and cannot be suppressed"
    return (
        f"{entry}, which is no code" if _CODE_LIKE.fullmatch(entry) else "something else than codes"
    )
