"""Where a federated script reads tables: its calls of ``fed.load``, and the names under which a
party looks the loaders up. Taken from the text alone.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

_LIBRARIES = ("numpy", "pandas", "scipy", "sklearn")


@dataclass(frozen=True)
class LoadSite:
    """One call of ``fed.load``.

    Parameters
    ----------
    line : int
    text : str
        As the script has it.
    loader : str
        The name by which parties know the loader; empty if the text does not tell.
    args, kwargs
        Its arguments, if they are literals or constants of the script.
    unknown : str
        What is not known before the script runs; empty if nothing.
    """

    line: int
    text: str
    loader: str = ""
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    unknown: str = ""

    @property
    def is_known(self) -> bool:
        return not self.unknown


def loads_of(tree: ast.Module) -> Iterator[LoadSite]:
    """The loads of a script, in the order of its lines."""
    federations, names, constants = _federations(tree), _imported(tree), _constants(tree)
    functions = {
        node.name: _first_line(node) for node in tree.body if isinstance(node, ast.FunctionDef)
    }
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    loads = [call for call in calls if _is_load(call, federations)]
    for call in sorted(loads, key=lambda node: node.lineno):
        yield _site(call, names, constants, functions)


def _site(
    call: ast.Call,
    names: Mapping[str, str],
    constants: Mapping[str, ast.expr],
    functions: Mapping[str, int],
) -> LoadSite:
    text = ast.unparse(call)
    if not call.args:
        return LoadSite(call.lineno, text, unknown="which loader it calls")
    loader = _loader(call.args[0], names, functions)
    if not loader:
        unknown = f"which function {ast.unparse(call.args[0])} is"
        return LoadSite(call.lineno, text, unknown=unknown)
    args, kwargs = [], {}
    for node in call.args[1:]:
        found, value = _value(node, constants)
        if not found:
            return LoadSite(call.lineno, text, unknown=f"what {ast.unparse(node)} is")
        args.append(value)
    for word in call.keywords:
        found, value = _value(word.value, constants)
        if word.arg is None or not found:
            return LoadSite(call.lineno, text, unknown=f"what {ast.unparse(word.value)} is")
        kwargs[word.arg] = value
    return LoadSite(call.lineno, text, loader, tuple(args), kwargs)


def _loader(node: ast.expr, names: Mapping[str, str], functions: Mapping[str, int]) -> str:
    if isinstance(node, ast.Name) and node.id in functions:
        return f"script:__main__.{node.id}:{functions[node.id]}.0"
    path = _dotted(node)
    head, _, rest = path.partition(".")
    whole = ".".join(filter(None, (names.get(head, ""), rest)))
    return whole if path and whole.partition(".")[0] in _LIBRARIES else ""


def _value(node: ast.expr, constants: Mapping[str, ast.expr]) -> tuple[bool, Any]:
    if isinstance(node, ast.Name) and node.id in constants:
        node = constants[node.id]
    try:
        return True, ast.literal_eval(node)
    except ValueError:
        return False, None


def _dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (above := _dotted(node.value)):
        return f"{above}.{node.attr}"
    return ""


def _federations(tree: ast.Module) -> set[str]:
    """Names that are bound to what ``init`` gives."""
    return {
        target.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Call)
        and _dotted(node.value.func).rpartition(".")[2] == "init"
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _is_load(call: ast.Call, federations: set[str]) -> bool:
    called = call.func
    is_load = isinstance(called, ast.Attribute) and called.attr == "load"
    return is_load and _dotted(called).rpartition(".")[0] in federations


def _imported(tree: ast.Module) -> dict[str, str]:
    """What imported names stand for."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                name = alias.name if alias.asname else alias.name.partition(".")[0]
                found[alias.asname or name] = name
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            for alias in node.names:
                found[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return found


def _constants(tree: ast.Module) -> dict[str, ast.expr]:
    """Names of the module that are bound once in the whole script, with what to."""
    bound = [
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)
    ]
    return {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name) and bound.count(target.id) == 1
    }


def _first_line(node: ast.FunctionDef) -> int:
    """As the interpreter has it: that of the first decorator."""
    return min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
