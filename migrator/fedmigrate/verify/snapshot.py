"""What a fit left on a model, and what a score was, as named arrays and texts.

Models are looked at from outside: fitted attributes are those that end in an underscore, as
scikit-learn has it, through pipelines, lists and dictionaries of estimators.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

Leaf = Any  # an ndarray of numbers or booleans, or the text of anything else
_CONTAINERS = ("steps", "transformers", "estimators")
_DEEPEST = 12
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


def fitted(model: Any) -> dict[str, Leaf]:
    """Every fitted attribute of an estimator, those of nested estimators under dotted names."""
    return dict(_attributes(model, "", 0))


def flat(name: str, value: Any) -> dict[str, Leaf]:
    """A value such as a score, an array or a dictionary of scores, under one name."""
    return dict(_flat(name, value, 0))


def _attributes(model: Any, prefix: str, depth: int) -> Iterator[tuple[str, Leaf]]:
    for name, value in sorted(vars(model).items()):
        is_fitted = name.endswith("_") and not name.startswith("_")
        if is_fitted or name in _CONTAINERS:
            yield from _flat(prefix + name, value, depth)


def _flat(name: str, value: Any, depth: int) -> Iterator[tuple[str, Leaf]]:
    if depth > _DEEPEST:
        return
    if is_estimator(value):
        yield from _attributes(value, f"{name}.", depth + 1)
    elif isinstance(value, Mapping):
        for key, entry in value.items():
            yield from _flat(f"{name}[{key!r}]", entry, depth + 1)
    elif isinstance(value, list | tuple):
        for number, entry in enumerate(value):
            yield from _flat(f"{name}[{number}]", entry, depth + 1)
    else:
        yield name, _leaf(value)


def is_estimator(value: Any) -> bool:
    """Whether a value is an estimator object, as scikit-learn tells one."""
    return hasattr(value, "get_params") and hasattr(value, "fit") and not isinstance(value, type)


def _leaf(value: Any) -> Leaf:
    if isinstance(value, bool | int | float | np.generic | np.ndarray):
        array = np.asarray(value)
        if array.dtype.kind in "biufc":
            return array
        return f"{array.shape} {array.tolist()!r}"
    return value if isinstance(value, str) else _ADDRESS.sub("", repr(value))
