"""Functions of the script at a real party: found in the text that the party has reviewed, and made
of it alone. The script itself never runs there; of its other statements only those are executed
that a function needs: imports, definitions, and constants.
"""

from __future__ import annotations
import __future__

import ast
import builtins
import symtable
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from fedruntime.errors import ProtocolError, SettingsError, UnsupportedError

_MAIN = "__main__"
_LAMBDA = "<lambda>"
_FLAGS = __future__.annotations.compiler_flag  # an annotation is not looked up
_OWN = "fedruntime"
_PLAIN_CALLS = frozenset(
    ("dict", "float", "frozenset", "int", "len", "list", "range", "set", "sorted", "str", "tuple")
)

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


class _Name(NamedTuple):
    """A function within a module, as ``functions.name_of`` has written it."""

    qualified: str
    line: int


class ReviewedScript:
    """Looks up what ``functions.name_of`` has named, at a party.

    Parameters
    ----------
    path : Path
        The script; modules of its own lie beside it.
    digest : str
        SHA-256 of what was reviewed, in hexadecimal.
    reviewer : str
        The party.

    Raises
    ------
    SettingsError
        If the script is another one, or cannot be read.
    """

    def __init__(self, path: Path, digest: str, reviewer: str) -> None:
        try:
            content = path.read_bytes()  # once: what is compared is what is compiled
        except OSError as error:
            raise SettingsError(f"{path}: cannot be read: {error.strerror}") from error
        found = sha256(content).hexdigest()
        if found != digest.lower():
            raise SettingsError(
                f"{path} is not the script that {reviewer!r} has reviewed: its SHA-256 is {found}, "
                f"and party.toml has {digest}. Review it again, and write the new digest there"
            )
        self._folder = path.parent
        self._modules = {_MAIN: _Module(path, content, _MAIN)}
        self._found: dict[str, Any] = {}

    def __call__(self, name: str) -> Any:
        """The function of a name without its prefix.

        Raises
        ------
        ProtocolError
            If there is none.
        UnsupportedError
            If it needs what is not in the text: a variable of a function around it, or something
            that the script computes.
        """
        if name not in self._found:
            path, _, place = name.rpartition(":")
            line, parts = place.partition(".")[0], path.split(".")
            home = self._home(parts)
            if home is None or not line.isdecimal():
                raise ProtocolError(f"{name!r} is no function of the reviewed script")
            qualified = ".".join(parts[home.count(".") + 1 :])
            self._found[name] = self._modules[home].function(_Name(qualified, int(line)))
        return self._found[name]

    def _home(self, parts: list[str]) -> str | None:
        """The module of the script's own that a function is in, read if it has not been."""
        for end in range(len(parts) - 1, 0, -1):
            name = ".".join(parts[:end])
            if name not in self._modules and (path := own_module(self._folder, name)):
                self._modules[name] = _Module(path, path.read_bytes(), name)
            if name in self._modules:
                return name
        return None


def own_module(folder: Path, name: str) -> Path | None:
    """The file of a module in a folder, if there is one."""
    parts = name.split(".")
    if not all(part.isidentifier() for part in parts):
        return None
    path = folder.joinpath(*parts)
    for file in (path.with_suffix(".py"), path / "__init__.py"):
        if file.is_file():
            return file
    return None


class _Module:
    """One file of the script's own."""

    def __init__(self, path: Path, content: bytes, name: str) -> None:
        self._file, self._folder = path.name, path.parent
        self._tree = ast.parse(content, self._file)
        self._tables = dict(_tables(symtable.symtable(content.decode(), self._file, "exec")))
        self._space: dict[str, Any] = {"__name__": name}
        self._done: set[int] = set()
        self._bound: dict[str, list[ast.stmt]] = {}
        for statement in _executed(self._tree.body):
            for bound in _binds(statement):
                self._bound.setdefault(bound, []).append(statement)

    def function(self, wanted: _Name) -> Any:
        qualified = wanted.qualified
        if "<" not in qualified:
            head, *rest = qualified.split(".")
            if head not in self._bound:
                raise ProtocolError(f"{self._file} has no {head}: the script has another copy")
            self._provide(head, f"{qualified} is asked for")
            found = self._space[head]
            for part in rest:
                found = getattr(found, part)
            return found
        node = self._node(wanted)
        self._require_no_closure(node, qualified)
        self._require_no_state(node)
        for name in sorted(self._needs(node)):
            self._provide(name, f"{self._file}:{node.lineno}: {_label(node)} uses {name!r}")
        if isinstance(node, ast.Lambda):
            return eval(self._compiled(ast.Expression(node), "eval"), self._space)
        alone: dict[str, Any] = {}
        exec(self._compiled(ast.Module([node], []), "exec"), self._space, alone)
        return alone[node.name]

    def _node(self, wanted: _Name) -> Function:
        name = wanted.qualified.rpartition(".")[2]
        found = [
            node
            for node in ast.walk(self._tree)
            if isinstance(node, Function) and _label(node) == name and _line(node) == wanted.line
        ]
        if len(found) > 1:
            raise UnsupportedError(
                f"{self._file}:{wanted.line}: there are {len(found)} lambdas on this line, and "
                "parties cannot tell which is meant: put each on a line of its own"
            )
        if not found:
            raise ProtocolError(
                f"{self._file}:{wanted.line}: there is no {name} in the reviewed script"
            )
        return found[0]

    def _require_no_closure(self, node: Function, qualified: str) -> None:
        table = self._table(node)
        free = sorted(table.get_frees())
        if free:
            raise UnsupportedError(
                f"{self._file}:{node.lineno}: {qualified} uses {', '.join(free)} of the function "
                "around it, which parties do not have: hand it over as an argument, or move the "
                "function to the top of the file"
            )

    def _require_no_state(self, node: Definition | Function) -> None:
        changed = sorted(
            symbol.get_name()
            for table in (self._table(node), *(table for _, table in _tables(self._table(node))))
            for symbol in table.get_symbols()
            if symbol.is_declared_global() and symbol.is_assigned()
        )
        if changed:
            raise UnsupportedError(
                f"{self._file}:{node.lineno}: {_label(node)} changes {', '.join(changed)} of the "
                "script, and parties have no running script: give what it computes as its result"
            )

    def _provide(self, name: str, why: str) -> None:
        """Execute the statements that bind a name, after those that they need."""
        statements = self._bound.get(name) or self._bound.get("*")
        if statements is None:
            raise ProtocolError(f"{why}, which {self._file} does not have")
        if len(statements) > 1 and not all(isinstance(one, _IMPORTS) for one in statements):
            lines = ", ".join(str(one.lineno) for one in statements)
            raise UnsupportedError(
                f"{why}, which lines {lines} of {self._file} all set: use a name that is set once"
            )
        for statement in statements:
            if id(statement) not in self._done:
                self._execute(statement, name, why)

    def _execute(self, statement: ast.stmt, name: str, why: str) -> None:
        self._done.add(id(statement))
        if isinstance(statement, Definition):
            self._require_no_state(statement)
            for needed in sorted(self._needs(statement) - {name}):
                self._provide(needed, f"{self._file}:{statement.lineno}: {name} uses {needed!r}")
        elif isinstance(statement, _IMPORTS):
            self._require_no_federation(statement, why)
        else:
            self._require_constant(statement, name, why)
        exec(self._compiled(ast.Module([statement], []), "exec"), self._space)

    def _require_no_federation(self, statement: ast.stmt, why: str) -> None:
        """Refuse to import a module of the script's own that works with a federation itself."""
        for node in ast.walk(statement):
            for name in _sources(node) if isinstance(node, ast.Import | ast.ImportFrom) else ():
                path = own_module(self._folder, name)
                if path is not None and any(
                    _OWN in _sources(inner)
                    for inner in ast.walk(ast.parse(path.read_bytes()))
                    if isinstance(inner, ast.Import | ast.ImportFrom)
                ):
                    raise UnsupportedError(
                        f"{why}, from {path.name}, which works with the federation itself and so "
                        "cannot be imported by a party: move what parties need to a module that "
                        "does not"
                    )

    def _require_constant(self, statement: ast.stmt, name: str, why: str) -> None:
        value = getattr(statement, "value", None)
        if not isinstance(statement, ast.Assign | ast.AnnAssign) or value is None:
            raise self._computed(statement, name, why)
        for node in ast.walk(value):
            if isinstance(node, ast.Call) and not self._is_of_a_library(node.func):
                raise self._computed(statement, name, why)
            if isinstance(node, ast.Name) and node.id in self._bound and node.id != name:
                self._provide(node.id, f"{self._file}:{statement.lineno}: {name} uses {node.id!r}")

    def _computed(self, statement: ast.stmt, name: str, why: str) -> UnsupportedError:
        return UnsupportedError(
            f"{why}, which line {statement.lineno} of {self._file} computes: parties have imports, "
            f"definitions and constants only; hand {name} over as an argument"
        )

    def _is_of_a_library(self, function: ast.expr) -> bool:
        while isinstance(function, ast.Attribute):
            function = function.value
        if not isinstance(function, ast.Name):
            return isinstance(function, ast.Constant)  # "a b".split()
        if function.id not in self._bound:
            return function.id in _PLAIN_CALLS
        statements = self._bound[function.id]
        return all(
            isinstance(one, ast.Import | ast.ImportFrom) and _OWN not in _sources(one)
            for one in statements
        )

    def _needs(self, node: Definition | Function) -> set[str]:
        """Names of the module that a definition looks up, when it is made and when it runs."""
        found = set(_globals(self._table(node)))
        made: list[ast.expr] = []
        if isinstance(node, ast.ClassDef):
            made += [*node.bases, *(keyword.value for keyword in node.keywords)]
            for inner in ast.walk(node):
                if isinstance(inner, Function):
                    found |= set(_globals(self._table(inner)))
                    made += _defaults(inner)
            made += [part.value for part in node.body if isinstance(part, ast.Assign)]
        else:
            made += _defaults(node)
        if not isinstance(node, ast.Lambda):
            made += node.decorator_list
        for expression in made:
            for name in ast.walk(expression):
                if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Load):
                    found.add(name.id)
        return {name for name in found if name in self._bound or not hasattr(builtins, name)}

    def _table(self, node: Definition | Function) -> Any:
        return self._tables[_label(node).strip("<>"), node.lineno]

    def _compiled(self, tree: Any, mode: str) -> Any:
        return compile(tree, self._file, mode, flags=_FLAGS, dont_inherit=True)


_IMPORTS = (ast.Import, ast.ImportFrom, ast.Try, ast.If)


def _label(node: Definition | Function) -> str:
    return _LAMBDA if isinstance(node, ast.Lambda) else node.name


def _line(node: Function) -> int:
    """As code objects have it: a function begins with its decorators."""
    decorators = [] if isinstance(node, ast.Lambda) else node.decorator_list
    return min([node.lineno, *(one.lineno for one in decorators)])


def _defaults(node: Function) -> list[ast.expr]:
    return [one for one in (*node.args.defaults, *node.args.kw_defaults) if one is not None]


def _tables(table: Any) -> Iterator[tuple[tuple[str, int], Any]]:
    for inner in table.get_children():
        yield (inner.get_name(), inner.get_lineno()), inner
        yield from _tables(inner)


def _globals(table: Any) -> Iterator[str]:
    for symbol in table.get_symbols():
        if symbol.is_global() and symbol.is_referenced():
            yield symbol.get_name()
    for inner in table.get_children():
        yield from _globals(inner)


def _executed(statements: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a module that may bind its names; of ``if`` and ``try`` those that only
    import stay whole."""
    for statement in statements:
        if isinstance(statement, ast.If | ast.Try) and not _only_imports(statement):
            inner = [*statement.body, *statement.orelse]
            for handler in getattr(statement, "handlers", []):
                inner += handler.body
            yield from _executed([*inner, *getattr(statement, "finalbody", [])])
        elif isinstance(statement, ast.With | ast.For | ast.While):
            yield statement
            yield from _executed(statement.body)
        else:
            yield statement


def _only_imports(statement: ast.stmt) -> bool:
    return all(
        isinstance(one, ast.Import | ast.ImportFrom | ast.Pass | ast.If | ast.Try)
        for one in ast.walk(statement)
        if isinstance(one, ast.stmt)
    )


def _binds(statement: ast.stmt) -> Iterator[str]:
    if isinstance(statement, Definition):
        yield statement.name
        return
    for node in ast.walk(statement):
        if isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                yield alias.asname or alias.name.partition(".")[0]
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


def _sources(statement: ast.Import | ast.ImportFrom) -> set[str]:
    if isinstance(statement, ast.ImportFrom):
        return {(statement.module or "").partition(".")[0]}
    return {alias.name.partition(".")[0] for alias in statement.names}
