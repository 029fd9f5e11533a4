"""What an import statement binds, under the one public name each thing of scikit-learn has."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from fedmigrate.analysis.values import Imported
from fedmigrate.catalog.estimators import FACTORIES
from fedmigrate.catalog.functions import COUNTERPARTS, SPLITTERS
from fedmigrate.catalog.sklearn_names import ESTIMATOR_NAMES

_KNOWN = ESTIMATOR_NAMES | SPLITTERS | COUNTERPARTS.keys() | FACTORIES.keys()

_VENDORED = "sklearn.externals."
"""Other libraries that scikit-learn once carried along, such as joblib."""


def bindings(node: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, Imported]]:
    """Names that an import statement binds; a star gives those the catalogue knows."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            if alias.asname:
                yield alias.asname, Imported(canonical(alias.name))
            else:
                head = alias.name.partition(".")[0]
                yield head, Imported(head)
        return
    module = "." * node.level + (node.module or "")
    for alias in node.names:
        if alias.name == "*":
            yield from _starred(module)
        else:
            separator = "" if module.endswith(".") else "."
            name = canonical(f"{module}{separator}{alias.name}")
            yield alias.asname or alias.name, Imported(name)


def _starred(module: str) -> Iterator[tuple[str, Imported]]:
    for name in sorted(_KNOWN):
        home, _, last = name.rpartition(".")
        if home == module:
            yield last, Imported(name)


def canonical(name: str) -> str:
    """The public name of a thing of scikit-learn, whichever path it was imported by.

    Names of other libraries are returned as they are.
    """
    if not name.startswith("sklearn.") or name in _KNOWN:
        return name
    if name.startswith(_VENDORED):
        return name.removeprefix(_VENDORED)
    parts = name.split(".")
    last = parts[-1]
    for end in range(len(parts) - 1, 0, -1):
        if any(part.startswith("_") for part in parts[:end]):
            continue
        shorter = ".".join([*parts[:end], last])
        if shorter in _KNOWN:
            return shorter
    return ".".join([*(part for part in parts[:-1] if not part.startswith("_")), last])
