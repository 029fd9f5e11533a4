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
)

_OURS, _THEIRS = "fedruntime", "sklearn"


def applies(site: Site) -> bool:
    return site.kind is SiteKind.FUNCTION and site.verdict is Verdict.CONVERTED


def rewrite(sites: Sequence[Site], script: Script) -> Iterator[Change]:
    wanted: dict[tuple[str, str], None] = {}  # (qualified name, the name it is reached through)
    for site in sites:
        root = _root(script.expression(site))
        if _binds_package(script, root.id):
            module = site.subject.rpartition(".")[0].replace(_THEIRS, _OURS, 1)
            yield Edit(script.source.span(root), (_OURS,))
            yield Import(module, None)
        else:
            wanted[site.subject, root.id] = None
    for statement in script.imports():
        if isinstance(statement, ast.ImportFrom):
            moved = [name for name in statement.names if _is_wanted(statement, name, wanted)]
            if moved:
                yield _move(statement, moved, script)
        else:
            yield from _rename_modules(statement, wanted, script)


def _root(expression: ast.expr) -> ast.Name:
    while isinstance(expression, ast.Attribute):
        expression = expression.value
    assert isinstance(expression, ast.Name), "a function site is a dotted name"
    return expression


def _binds_package(script: Script, name: str) -> bool:
    """Whether a name is bound to scikit-learn as a whole, by ``import sklearn[.module]``."""
    return any(
        isinstance(statement, ast.Import)
        and any(
            (found.asname == name and found.name == _THEIRS)
            or (found.asname is None and name == _THEIRS == found.name.partition(".")[0])
            for found in statement.names
        )
        for statement in script.imports()
    )


def _is_wanted(
    statement: ast.ImportFrom, name: ast.alias, wanted: dict[tuple[str, str], None]
) -> bool:
    if statement.level or not f"{statement.module}.".startswith(f"{_THEIRS}."):
        return False
    qualified = f"{statement.module}.{name.name}"
    bound = name.asname or name.name
    return any(
        bound == root and (subject == qualified or subject.startswith(f"{qualified}."))
        for subject, root in wanted
    )


def _move(statement: ast.ImportFrom, moved: list[ast.alias], script: Script) -> MovedImport:
    span = script.source.span(statement)
    module = f"{statement.module}".replace(_THEIRS, _OURS, 1)
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


def _rename_modules(
    statement: ast.Import, wanted: dict[tuple[str, str], None], script: Script
) -> Iterator[Edit]:
    """``import sklearn.metrics as m`` keeps its name and gets our module."""
    for name in statement.names:
        if any(
            name.asname == root and subject.startswith(f"{name.name}.") for subject, root in wanted
        ):
            start = script.source.offset(name.lineno, name.col_offset)
            yield Edit(Span(start, start + len(_THEIRS)), (_OURS,))


def _module_span(statement: ast.ImportFrom, script: Script) -> Span:
    tokens = script.lines.tokens(script.source.span(statement))
    end = next(index for index, token in enumerate(tokens) if token.string == "import")
    return Span(tokens[1].span.start, tokens[end - 1].span.end)


def _tokens(span: Span, script: Script, kind: int) -> bool:
    return any(token.type == kind for token in script.lines.tokens(span))


def _ends_with_comma(span: Span, script: Script) -> bool:
    code = [token.string for token in script.lines.tokens(span) if token.string.strip()]
    return code[-2:] == [",", ")"]
