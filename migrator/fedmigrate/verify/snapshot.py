"""What a fit left on a model, and what a score was, as named arrays and texts.

Models are looked at from outside: fitted attributes are those that end in an underscore, as
scikit-learn has it, through pipelines, lists and dictionaries of estimators. Objects that are
neither, such as a decision tree's nodes, are taken apart as ``copy`` would.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

Leaf = Any  # an ndarray of numbers or booleans, or the text of anything else
_SCALARS = (bool, int, float, complex, np.generic)
_WHOLE = (*_SCALARS, np.ndarray, np.dtype, str, bytes, type(None))
_CONTAINERS = ("steps", "transformers", "transformer_list", "estimators")
_SUPPORT = frozenset({"dual_coef_", "support_", "support_vectors_"})
_DEEPEST = 12
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
_CLOCK = re.compile(r"(fit|score)_time")  # seconds, which are others in every run


def fitted(model: Any) -> dict[str, Leaf]:
    """Every fitted attribute of an estimator, those of nested estimators under dotted names."""
    return dict(_attributes(model, "", 0))


def flat(name: str, value: Any) -> dict[str, Leaf]:
    """A value such as a score, an array or a dictionary of scores, under one name."""
    return dict(_flat(name, value, 0))


def _attributes(model: Any, prefix: str, depth: int) -> Iterator[tuple[str, Leaf]]:
    held = vars(model)
    if held.keys() >= _SUPPORT and getattr(model, "kernel", None) == "linear":
        held = {"coef_": model.coef_, **held}  # says the same, and without rows
        held = {name: value for name, value in held.items() if name not in _SUPPORT}
    for name, value in sorted(held.items()):
        is_fitted = name.endswith("_") and not name.startswith("_")
        if (is_fitted and not _CLOCK.search(name)) or name in _CONTAINERS:
            yield from _flat(prefix + name, value, depth)


def _flat(name: str, value: Any, depth: int) -> Iterator[tuple[str, Leaf]]:
    if depth > _DEEPEST:
        return
    if is_federated(value):
        yield from _flat(name, value.to_sklearn(), depth)
    elif is_estimator(value):
        yield from _attributes(value, f"{name}.", depth + 1)
    elif isinstance(value, Mapping):
        for key, entry in value.items():
            if not _CLOCK.search(str(key)):
                yield from _flat(f"{name}[{key!r}]", entry, depth + 1)
    elif isinstance(value, list | tuple):
        for number, entry in enumerate(value):
            yield from _flat(f"{name}[{number}]", entry, depth + 1)
    elif isinstance(value, np.ndarray) and any(map(is_estimator, _objects(value))):
        yield from _flat(name, value.tolist(), depth + 1)
    elif isinstance(value, np.ndarray) and value.dtype.names:
        for field in value.dtype.names:
            yield f"{name}[{field!r}]", _leaf(value[field])
    elif isinstance(value, _WHOLE) or callable(value):
        yield name, _leaf(value)
    else:
        yield from _taken_apart(name, value, depth)


def _taken_apart(name: str, value: Any, depth: int) -> Iterator[tuple[str, Leaf]]:
    try:
        reduced = value.__reduce_ex__(2)
    except TypeError:  # has no state that could be copied, such as a lock
        yield name, type(value).__qualname__
        return
    if isinstance(reduced, str):
        yield name, reduced
        return
    _, arguments, *states = reduced
    yield f"{name}()", type(value).__qualname__
    yield from _flat(f"{name}()", arguments, depth + 1)
    for part, state in zip(("state", "items", "entries"), states, strict=False):
        if state is not None:
            whole = state if part == "state" else list(state)
            yield from _flat(f"{name}.{part}", whole, depth + 1)


def sums(values: Any) -> Any:
    """What one value a row sums up to, for an array and for a handle to one alike."""
    if not hasattr(values, "dtype"):
        return None  # several outputs, one array each
    if values.dtype.kind in "biuf":
        return {"values": values.mean(), "squares": (values * values).mean()}
    distinct, counts = np.unique(values, return_counts=True)
    return {"distinct": distinct, "counts": counts}


def is_federated(value: Any) -> bool:
    """Whether a value is the runtime's model, which holds an estimator."""
    kind = type(value)
    return kind.__module__.partition(".")[0] == "fedruntime" and hasattr(kind, "to_sklearn")


def is_estimator(value: Any) -> bool:
    """Whether a value is an estimator object, as scikit-learn tells one."""
    return hasattr(value, "get_params") and hasattr(value, "fit") and not isinstance(value, type)


def _leaf(value: Any) -> Leaf:
    if isinstance(value, (*_SCALARS, np.ndarray)):
        array = np.asarray(value)
        if array.dtype.kind in "biufc":
            return array
        entries = [_plain(entry) for entry in array.ravel().tolist()]
        return _ADDRESS.sub("", f"{array.shape} {entries!r}")
    return value if isinstance(value, str) else _ADDRESS.sub("", repr(value))


def _objects(array: Any) -> Iterator[Any]:
    return iter(array.flat) if array.dtype == object else iter(())


def _plain(entry: Any) -> Any:
    return entry.item() if isinstance(entry, np.generic) else entry
