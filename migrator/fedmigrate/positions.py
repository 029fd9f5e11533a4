"""Where added lines go in a script: the header, the runtime's imports, the federation's set-up.

Only the top level of the script is looked at. Positions are offsets of line starts, so that what
is added never shares a line with what was there.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from fedmigrate.lines import LogicalLine, LogicalLines
from fedmigrate.source import Source

# PEP 263: in the first line, or in the second if the first is blank or a comment.
_COOKIE = re.compile(r"^[ \t\f]*#.*?coding[:=][ \t]*[-\w.]+")
# As Jupytext, editors and sphinx-gallery have it.
_CELL_TEXT = re.compile(r"# ?%%|#{20}")
_BLANK_OR_COMMENT = re.compile(r"^[ \t\f]*(?:#.*)?$")


@dataclass(frozen=True)
class Positions:
    """Offsets at which lines are added.

    Parameters
    ----------
    imports : int
        Directly before the first scikit-learn import, else behind the import block.
    setup : int
        Behind the last import above the first place that needs the federation.
    import_run : frozenset of int
        Starts of the logical lines that hold one import each, from ``imports`` on, without
        interruption: within them the order of imports is free.
    blank_above_imports : bool
        Whether a blank line has to separate the imports from what is above.
    blanks_below_setup : int
        How many blank lines are missing below the set-up.
    """

    imports: int
    setup: int
    import_run: frozenset[int]
    blank_above_imports: bool
    blanks_below_setup: int


def header_position(source: Source) -> int:
    """Behind the shebang and the coding cookie; in a notebook, where its Python begins."""
    if source.header_offset is not None:
        return source.header_offset
    first, second = source.line(1), source.line(2)
    if _COOKIE.match(first):
        return source.line_start(2)
    if _BLANK_OR_COMMENT.match(first) and _COOKIE.match(second):
        return source.line_start(3)
    return source.line_start(2) if first.startswith("#!") else 0


def ends_cell_text(source: Source, at: int) -> bool:
    """Whether the line above is the end of the text that a ``# %%`` cell begins with.

    Tools show that text, up to the first line that is no comment.
    """
    number = source.position(at)[0] - 1
    while source.line(number).startswith("#") and not _CELL_TEXT.match(source.line(number)):
        number -= 1
    begins = _CELL_TEXT.match(source.line(number)) is not None
    return begins and not source.is_cell_border(source.line_start(number))


def find_positions(source: Source, lines: LogicalLines, first_need: int) -> Positions:
    """Positions for a script in which the expression at ``first_need`` comes first."""
    body = source.tree.body
    needing = next(node for node in body if source.span(node).end > first_need)
    needing_line = lines.at(_start(source, needing))
    above = [
        node
        for node in body
        if _is_import_block(node)
        and _last_line(source, lines, node).span.end < needing_line.span.start
    ]
    sklearn = next((node for node in above if _imports_sklearn(node)), None)
    blank_above = False
    if above:
        setup = lines.after(_last_line(source, lines, above[-1]))
    elif ast.get_docstring(source.tree, clean=False) is not None and needing is not body[0]:
        setup = lines.after(_last_line(source, lines, body[0]))
        blank_above = True
    else:
        setup = needing_line.span.start
    first_line = lines.at(source.span(sklearn).start) if sklearn else None
    missing = 0
    if source.line(source.position(setup)[0]).strip() and not source.is_cell_border(setup):
        is_definition = isinstance(needing, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        missing = 2 if is_definition and setup == needing_line.span.start else 1
    return Positions(
        imports=first_line.span.start if first_line else setup,
        setup=setup,
        import_run=frozenset(_run(source, lines, first_line)) if first_line else frozenset(),
        blank_above_imports=blank_above,
        blanks_below_setup=missing,
    )


def _run(source: Source, lines: LogicalLines, first: LogicalLine) -> Iterator[int]:
    imports = {
        source.span(node).start: source.span(node).end
        for node in source.tree.body
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    following = first.span.start
    for line in lines.all:
        if line.span.start < first.span.start:
            continue
        is_one_import = imports.get(line.code_start) == line.code_end
        if line.span.start != following or not is_one_import:
            return
        yield line.span.start
        following = lines.after(line)


def _is_import_block(node: ast.stmt) -> bool:
    if isinstance(node, ast.Import | ast.ImportFrom):
        return True
    if not isinstance(node, ast.Try | ast.If | ast.With):
        return False
    return any(isinstance(inner, ast.Import | ast.ImportFrom) for inner in ast.walk(node))


def _imports_sklearn(node: ast.stmt) -> bool:
    if isinstance(node, ast.ImportFrom):
        modules = [node.module or ""] if node.level == 0 else []
    elif isinstance(node, ast.Import):
        modules = [name.name for name in node.names]
    else:
        return False
    return any(module.partition(".")[0] == "sklearn" for module in modules)


def _start(source: Source, node: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([source.span(node).start, *(source.span(found).start for found in decorators)])


def _last_line(source: Source, lines: LogicalLines, node: ast.stmt) -> LogicalLine:
    return lines.at(source.span(node).end - 1)
