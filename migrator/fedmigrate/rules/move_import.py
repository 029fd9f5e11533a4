"""A function of whole data, such as a split or a metric: its import moves to ``fedruntime``.

The call stays as it is. ``fedruntime.metrics`` and ``fedruntime.model_selection`` hold what works
on rows at the parties, and are scikit-learn's own for everything else, so a module import moves
as well. Names of the same statement that are not used on rows stay in an import of their own.
"""

from __future__ import annotations

import ast
import tokenize
from collections.abc import Iterator, Sequence

from fedmigrate.edits import Edit
from fedmigrate.plan import Site, SiteKind, Verdict
from fedmigrate.rules import Change, Example, Import, MovedImport
from fedmigrate.script import Script
from fedmigrate.source import Span

EXAMPLES = (
    Example(
        before="""\
from sklearn.datasets import load_iris
from sklearn.linear_model import Ridge
from sklearn.model_selection import ParameterGrid, train_test_split

X, y = load_iris(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
model = Ridge()
model.fit(X_train, y_train)
""",
        after="""\
from fedruntime import FLModel, SecureAggregator, init
from fedruntime.model_selection import train_test_split
from sklearn.datasets import load_iris
from sklearn.linear_model import Ridge
from sklearn.model_selection import ParameterGrid

fed = init(parties=["alice", "bob"])
devices, aggregator = fed.devices, SecureAggregator(fed.spu)

X, y = fed.load(load_iris, return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
model = FLModel(device_list=devices, model=Ridge(), aggregator=aggregator)
model.fit(X_train, y_train)
""",
    ),
    Example(
        before="""\
from sklearn import datasets, linear_model, metrics

X, y = datasets.load_iris(return_X_y=True)
model = linear_model.Ridge()
model.fit(X, y)
print(metrics.r2_score(y, model.predict(X)))
""",
        after="""\
from fedruntime import FLModel, SecureAggregator, init, metrics
from sklearn import datasets, linear_model

fed = init(parties=["alice", "bob"])
devices, aggregator = fed.devices, SecureAggregator(fed.spu)

X, y = fed.load(datasets.load_iris, return_X_y=True)
model = FLModel(device_list=devices, model=linear_model.Ridge(), aggregator=aggregator)
model.fit(X, y)
print(metrics.r2_score(y, model.predict(X)))
""",
    ),
    Example(
        before="""\
import pandas as pd
from sklearn.linear_model import Ridge

df = pd.get_dummies(pd.read_csv("houses.csv"))
model = Ridge()
model.fit(df.drop(columns="price"), df["price"])
""",
        after="""\
import fedruntime.pandas as pd
from fedruntime import FLModel, SecureAggregator, init
from sklearn.linear_model import Ridge

fed = init(parties=["alice", "bob"])
devices, aggregator = fed.devices, SecureAggregator(fed.spu)

df = pd.get_dummies(fed.load(pd.read_csv, "houses.csv"))
model = FLModel(device_list=devices, model=Ridge(), aggregator=aggregator)
model.fit(df.drop(columns="price"), df["price"])
""",
    ),
)

_PACKAGES = {"sklearn": "fedruntime", "pandas": "fedruntime.pandas"}
"""Whose functions have counterparts, and where those are."""


def applies(site: Site) -> bool:
    return site.kind is SiteKind.FUNCTION and site.verdict is Verdict.CONVERTED


def rewrite(sites: Sequence[Site], script: Script) -> Iterator[Change]:
    wanted: dict[tuple[str, str], None] = {}  # (qualified name, the name it is reached through)
    for site in sites:
        root = _root(script.expression(site))
        package = _package(site.subject)
        if _binds_package(script, root.id, package):
            yield Edit(script.source.span(root), (_PACKAGES[package],))
            yield Import(_ours(site.subject.rpartition(".")[0]), None)
        else:
            wanted[site.subject, root.id] = None
    for statement in script.imports():
        if isinstance(statement, ast.ImportFrom):
            moved = [name for name in statement.names if _is_wanted(statement, name, wanted)]
            if moved:
                yield _move(statement, moved, script)
            elif statement.names[0].name == "*":
                yield from _outshine(statement, wanted, script)
        else:
            yield from _rename_modules(statement, wanted, script)


def _root(expression: ast.expr) -> ast.Name:
    while isinstance(expression, ast.Attribute):
        expression = expression.value
    assert isinstance(expression, ast.Name), "a function site is a dotted name"
    return expression


def _package(name: str) -> str:
    return name.partition(".")[0]


def _ours(module: str) -> str:
    """The runtime's module that stands for one of another library."""
    package, dot, rest = module.partition(".")
    return f"{_PACKAGES[package]}{dot}{rest}"


def _binds_package(script: Script, name: str, package: str) -> bool:
    """Whether a name is bound to a library as a whole, by ``import sklearn[.module]``, and cannot
    be bound to ours instead."""
    return any(
        isinstance(statement, ast.Import)
        and any(
            (found.asname == name and found.name == package == "sklearn")
            or (found.asname is None and name == package == _package(found.name))
            for found in statement.names
        )
        for statement in script.imports()
    )


def _is_wanted(
    statement: ast.ImportFrom, name: ast.alias, wanted: dict[tuple[str, str], None]
) -> bool:
    if statement.level or _package(f"{statement.module}") not in _PACKAGES:
        return False
    qualified = f"{statement.module}.{name.name}"
    bound = name.asname or name.name
    return any(
        bound == root and (subject == qualified or subject.startswith(f"{qualified}."))
        for subject, root in wanted
    )


def _move(statement: ast.ImportFrom, moved: list[ast.alias], script: Script) -> MovedImport:
    span = script.source.span(statement)
    module = _ours(f"{statement.module}")
    names = tuple(ast.unparse(name) for name in moved)
    if len(moved) == len(statement.names):
        text, old = script.text(span), _module_span(statement, script)
        start, end = old.start - span.start, old.end - span.start
        return MovedImport(span, module, names, text[:start] + module + text[end:], rest=None)
    ours = f"from {module} import {', '.join(names)}"
    if _tokens(span, script, tokenize.COMMENT):
        # Its comments belong to its names: it stays whole, and ours behind it takes them over.
        return MovedImport(span, module, names, ours, rest=script.text(span), rest_first=True)
    staying = ", ".join(ast.unparse(name) for name in statement.names if name not in moved)
    if _ends_with_comma(span, script):
        staying = f"({staying},)"
    rest = f"from {statement.module} import {staying}"
    return MovedImport(span, module, names, ours, rest)


def _outshine(
    statement: ast.ImportFrom, wanted: dict[tuple[str, str], None], script: Script
) -> Iterator[MovedImport]:
    """Behind a star import, the names that are used on rows are bound anew."""
    names = tuple(
        sorted(root for subject, root in wanted if subject == f"{statement.module}.{root}")
    )
    if names and not statement.level:
        span = script.source.span(statement)
        module = _ours(f"{statement.module}")
        text = f"from {module} import {', '.join(names)}"
        yield MovedImport(span, module, names, text, rest=script.text(span), rest_first=True)


def _rename_modules(
    statement: ast.Import, wanted: dict[tuple[str, str], None], script: Script
) -> Iterator[Edit]:
    """``import sklearn.metrics as m`` keeps its name and gets our module."""
    for name in statement.names:
        if any(
            name.asname == root and subject.startswith(f"{name.name}.") for subject, root in wanted
        ):
            package = _package(name.name)
            start = script.source.offset(name.lineno, name.col_offset)
            yield Edit(Span(start, start + len(package)), (_PACKAGES[package],))


def _module_span(statement: ast.ImportFrom, script: Script) -> Span:
    tokens = script.lines.tokens(script.source.span(statement))
    end = next(index for index, token in enumerate(tokens) if token.string == "import")
    return Span(tokens[1].span.start, tokens[end - 1].span.end)


def _tokens(span: Span, script: Script, kind: int) -> bool:
    return any(token.type == kind for token in script.lines.tokens(span))


def _ends_with_comma(span: Span, script: Script) -> bool:
    code = [token.string for token in script.lines.tokens(span) if token.string.strip()]
    return code[-2:] == [",", ")"]
