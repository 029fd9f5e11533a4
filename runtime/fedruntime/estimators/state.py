"""Fitted estimators as data: how a model crosses to the parties without any object or code.

A state holds the name of a class from a closed list and the model's attributes as values of the
message schema; the receiver builds the estimator from its own scikit-learn. Nothing here knows
what is done with the model there.
"""

from __future__ import annotations

from collections import UserList
from collections.abc import Callable, Mapping
from functools import cache
from types import BuiltinFunctionType, FunctionType
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.compose import make_column_selector
from sklearn.impute import MissingIndicator
from sklearn.preprocessing import FunctionTransformer, LabelBinarizer

from fedruntime.errors import ProtocolError, UnsupportedError
from fedruntime.estimators import registry
from fedruntime.functions import name_of, resolve
from fedruntime.messages import Named, Public

# What the fitted attributes of registered classes hold besides registered classes.
_HELPERS = (FunctionTransformer, LabelBinarizer, MissingIndicator, make_column_selector)
_TYPES = {kind.__name__: kind for kind in (bool, float, int, object, str)}
# How fit arguments are routed between steps; parties fit nothing.
_NOT_SENT = frozenset({"_metadata_request"})
_PLAIN = (type(None), bool, int, float, str)


def export_state(model: Any) -> Public:
    """A fitted estimator as a value of the message schema.

    Parameters
    ----------
    model : estimator
        Of a registered class, or of the few classes that their attributes hold.

    Returns
    -------
    dict
        For ``import_state``; the estimator made of it computes bit for bit the same.

    Raises
    ------
    UnsupportedError
        If an attribute holds anything else; names the attribute.
    """
    return _exported(model, type(model).__name__)


def import_state(state: Public) -> Any:
    """The estimator that ``export_state`` wrote down.

    Raises
    ------
    ProtocolError
        If the state names a class outside the closed list, or holds an unknown kind of value.
    """
    return _imported(state)


@cache
def _classes() -> Mapping[str, type]:
    listed = (*registry.families(), *_HELPERS)
    return {_public_name(kind): kind for kind in listed}


def _public_name(kind: type) -> str:
    parts = [part for part in kind.__module__.split(".") if not part.startswith("_")]
    return ".".join([*parts, kind.__qualname__])


def _exported(value: Any, path: str) -> Public:
    if isinstance(value, np.generic):
        return _tagged("scalar", np.asarray(value))
    if isinstance(value, _PLAIN):
        return value
    if isinstance(value, UserList):
        # scikit-learn 1.5 keeps lists of columns that warn when they are read.
        return _exported(value.data, path)
    if isinstance(value, list):
        return [_exported(entry, f"{path}[{number}]") for number, entry in enumerate(value)]
    if isinstance(value, tuple):
        entries = [_exported(entry, f"{path}[{number}]") for number, entry in enumerate(value)]
        return _tagged("tuple", entries)
    if isinstance(value, Mapping):
        pairs = [[_exported(key, path), _exported(value[key], f"{path}[{key!r}]")] for key in value]
        return _tagged("map", pairs)
    if isinstance(value, slice):
        bounds = (value.start, value.stop, value.step)
        return _tagged("slice", [_exported(bound, path) for bound in bounds])
    if isinstance(value, np.ndarray) and value.dtype.kind == "O":
        entries = [_exported(entry, path) for entry in value.ravel().tolist()]
        return _tagged("objects", {"shape": list(value.shape), "entries": entries})
    if isinstance(value, np.ndarray) and value.dtype.kind in "biufUSMm":
        return value
    if isinstance(value, np.dtype):
        return _tagged("dtype", value.str)
    if isinstance(value, pd.Index):
        return _tagged("index", _exported(value.to_numpy(dtype=object), path))
    if isinstance(value, pd.Series):
        return _tagged("series", [_exported(part, path) for part in (value.index, value.array)])
    if isinstance(value, pd.api.extensions.ExtensionArray):
        return _exported(np.asarray(value), path)
    if isinstance(value, type):
        return _exported_type(value, path)
    if isinstance(value, FunctionType | BuiltinFunctionType | np.ufunc):
        return _tagged("function", name_of(value))
    return _exported_object(value, path)


def _exported_type(kind: type, path: str) -> Public:
    if issubclass(kind, np.generic):
        return _tagged("type", f"numpy.{kind.__name__}")
    if kind in _TYPES.values():
        return _tagged("type", kind.__name__)
    raise _refusal(kind, path)


def _exported_object(value: Any, path: str) -> Public:
    name = _public_name(type(value))
    if _classes().get(name) is not type(value):
        raise _refusal(type(value), path)
    attributes = {
        attribute: _exported(held, f"{path}.{attribute}")
        for attribute, held in vars(value).items()
        if attribute not in _NOT_SENT
    }
    return _tagged("object", {"class": name, "attributes": attributes})


def _refusal(kind: type, path: str) -> UnsupportedError:
    what = "an estimator" if issubclass(kind, BaseEstimator) else "a value"
    return UnsupportedError(
        f"{path} holds {what} of type {kind.__module__}.{kind.__qualname__}, which cannot cross to "
        "the parties: a model crosses as numbers, strings, arrays and supported estimators"
    )


def _tagged(kind: str, of: Public) -> Public:
    return {"is": kind, "of": of}


def _imported(state: Public) -> Any:
    if isinstance(state, list):
        return [_imported(entry) for entry in state]
    if not isinstance(state, Mapping):
        return state
    try:
        build = _BUILDERS[state["is"]]
    except KeyError:
        raise ProtocolError(f"a model's state holds an unknown kind of value: {state!r}") from None
    return build(state["of"])


def _objects(of: Public) -> Any:
    flat = np.empty(len(of["entries"]), dtype=object)
    flat[:] = _imported(of["entries"])
    return flat.reshape(of["shape"])


def _type(name: str) -> type:
    if name in _TYPES:
        return _TYPES[name]
    kind = getattr(np, name.removeprefix("numpy."), None)
    if isinstance(kind, type) and issubclass(kind, np.generic):
        return kind
    raise ProtocolError(f"a model's state names an unknown type: {name!r}")


def _series(of: Public) -> Any:
    index, values = _imported(of)
    return pd.Series(values, index=index)


def _function(of: Any) -> Any:
    # A party resolves names as it reads a message; elsewhere the name is still one.
    return resolve(of) if isinstance(of, Named) else of


def _object(of: Public) -> Any:
    try:
        kind = _classes()[of["class"]]
    except KeyError:
        raise ProtocolError(
            f"a model's state names {of['class']!r}, which is not on the list of classes that cross"
        ) from None
    model: Any = object.__new__(kind)
    vars(model).update({name: _imported(held) for name, held in of["attributes"].items()})
    return model


_BUILDERS: Mapping[str, Callable[[Any], Any]] = {
    "scalar": lambda of: of[()],
    "tuple": lambda of: tuple(_imported(of)),
    "map": lambda of: {_imported(key): _imported(entry) for key, entry in of},
    "slice": lambda of: slice(*_imported(of)),
    "objects": _objects,
    "dtype": np.dtype,
    "index": lambda of: pd.Index(_imported(of)),
    "series": _series,
    "type": _type,
    "function": _function,
    "object": _object,
}
