"""What a rule may look at: one script with its logical lines, its plan and its free names."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from fedmigrate.lines import LogicalLines
from fedmigrate.names import Names
from fedmigrate.plan import Plan, Site
from fedmigrate.source import Source, Span


@dataclass(frozen=True)
class Script:
    """A script on its way through the rules."""

    source: Source
    plan: Plan
    names: Names
    lines: LogicalLines

    def text(self, span: Span) -> str:
        return self.source.text[span.start : span.end]

    def indent(self, offset: int) -> str:
        """The indentation of the physical line that an offset lies in."""
        line = self.source.line(self.source.position(offset)[0])
        return line[: len(line) - len(line.lstrip(" \t\f"))]

    def expression(self, site: Site) -> ast.expr:
        """The syntax tree of a site's expression.

        Raises
        ------
        LookupError
            If the span is not that of an expression: the plan belongs to another text.
        """
        for node in ast.walk(self.source.tree):
            if not isinstance(node, ast.expr) or node.lineno != site.line:
                continue
            if self.source.span(node) == site.span:
                return node
        raise LookupError(f"no expression at {site.line}:{site.column} of {self.source.path}")

    def imports(self) -> Iterator[ast.Import | ast.ImportFrom]:
        """Every import statement, in any scope, in source order."""
        for node in ast.walk(self.source.tree):
            if isinstance(node, ast.Import | ast.ImportFrom):
                yield node
