"""One pass over a syntax tree for what does not depend on values.

Which identifiers the script uses, what lies inside f-strings, which functions there are.
"""

from __future__ import annotations

import ast
from collections import deque
from dataclasses import dataclass, field


@dataclass
class Survey:
    """Facts of a whole tree.

    Parameters
    ----------
    names : set of str
        Every identifier that is bound or read as a name, in whatever scope.
    formatted : dict
        Expression inside an f-string -> the outermost f-string around it.
    functions : list
        Every function definition, in source order as far as nesting allows.
    classes : list
        Every class definition.
    imported : set of str
        Top-level packages that are imported.
    """

    names: set[str] = field(default_factory=set)
    formatted: dict[ast.AST, ast.JoinedStr] = field(default_factory=dict)
    functions: list[ast.FunctionDef | ast.AsyncFunctionDef] = field(default_factory=list)
    classes: list[ast.ClassDef] = field(default_factory=list)
    imported: set[str] = field(default_factory=set)


def survey(tree: ast.Module) -> Survey:
    """Walk a tree once."""
    found = Survey()
    queue: deque[ast.AST] = deque([tree])
    while queue:
        node = queue.popleft()
        if isinstance(node, ast.Name):
            found.names.add(node.id)
        elif isinstance(node, ast.Constant):
            continue
        elif isinstance(node, ast.JoinedStr):
            _survey_format(node, found)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found.names.add(node.name)
            found.functions.append(node)
        elif isinstance(node, ast.ClassDef):
            found.names.add(node.name)
            found.classes.append(node)
        elif isinstance(node, ast.arg):
            found.names.add(node.arg)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            _survey_import(node, found)
        elif isinstance(node, ast.Global | ast.Nonlocal):
            found.names.update(node.names)
        elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
            found.names.add(node.name)
        elif isinstance(node, ast.MatchMapping) and node.rest:
            found.names.add(node.rest)
        queue.extend(ast.iter_child_nodes(node))
    return found


def _survey_format(node: ast.JoinedStr, found: Survey) -> None:
    outermost = found.formatted.get(node, node)
    if outermost is node:
        for inner in ast.walk(node):
            found.formatted[inner] = node


def _survey_import(node: ast.Import | ast.ImportFrom, found: Survey) -> None:
    for alias in node.names:
        found.names.add(alias.asname or alias.name.partition(".")[0])
        if isinstance(node, ast.Import):
            found.imported.add(alias.name.partition(".")[0])
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        found.imported.add(node.module.partition(".")[0])
