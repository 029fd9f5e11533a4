"""Imports of modules of the same project: their files are followed as the script itself is.

They are read, never imported. What a file binds is there for whoever imports it; what is found in
it belongs to its own conversion.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from fedmigrate.analysis.environment import Frame
from fedmigrate.analysis.state import State
from fedmigrate.analysis.values import Module, Unknown, Value

PACKAGE = "__init__.py"


def bindings(state: State, node: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, Value]]:
    """Names that an import statement binds to things of the project."""
    importer = state.frame.module.path
    if state.project is None or importer is None:
        return
    noted = state.findings.imports.setdefault(node, {})
    if isinstance(node, ast.Import):
        for alias in node.names:
            path = state.project.find(importer, alias.name)
            if path is not None and (alias.asname or "." not in alias.name):
                noted[alias] = path
                yield alias.asname or alias.name, Module(follow_module(state, path))
        return
    home = state.project.find(importer, node.module or "", node.level)
    frame = None if home is None else follow_module(state, home)
    for alias in node.names:
        dotted = f"{node.module}.{alias.name}" if node.module else alias.name
        value = None if frame is None else frame.own(alias.name)
        inner = None
        if value is None and (home is None or home.name == PACKAGE):
            inner = state.project.find(importer, dotted, node.level)
        if inner is not None:
            noted[alias] = inner
            yield alias.asname or alias.name, Module(follow_module(state, inner))
        elif frame is not None and home is not None:
            noted[None] = home
            if alias.name == "*":
                yield from _starred(frame)
            else:
                yield alias.asname or alias.name, value or Unknown(alias.name)


def attribute(state: State, module: Module, name: str) -> Value:
    """The value of ``module.name``."""
    value = module.frame.own(name)
    if value is not None:
        return value
    path = module.frame.path
    if path is not None and path.name == PACKAGE and state.project is not None:
        inner = state.project.find(path, name, 1)
        if inner is not None:
            return Module(follow_module(state, inner))
    return Unknown(name)


def follow_module(state: State, path: Path) -> Frame:
    """The frame of a module, which is followed when it is first needed."""
    present = state.modules.get(path)
    if present is not None:
        return present
    assert state.project is not None
    frame = state.modules[path] = Frame(path=path)
    outer, loops, active = state.frame, state.loops, state.active
    state.frame, state.loops, state.active = frame, 0, []
    try:
        state.run(state, state.project.sources[path].tree.body)
    finally:
        state.frame, state.loops, state.active = outer, loops, active
    return frame


def _starred(frame: Frame) -> Iterator[tuple[str, Value]]:
    for name, value in frame.bound().items():
        if not name.startswith("_"):
            yield name, value
