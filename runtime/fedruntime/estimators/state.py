"""Fitted estimators as data: how a model crosses to the parties without any object or code.

A state holds the name of a class from a closed list and the model's attributes as values of the
message schema; the receiver builds the estimator from its own scikit-learn. Nothing here knows
what is done with the model there.
"""

from __future__ import annotations

import functools
import inspect
from collections import UserList
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import sklearn
from scipy import sparse
from scipy.interpolate import BSpline
from sklearn import calibration, multiclass
from sklearn._loss.loss import BaseLoss
from sklearn.base import BaseEstimator
from sklearn.cluster._bisect_k_means import _BisectingTree
from sklearn.compose import make_column_selector
from sklearn.ensemble._hist_gradient_boosting.binning import _BinMapper
from sklearn.ensemble._hist_gradient_boosting.predictor import TreePredictor
from sklearn.impute import MissingIndicator
from sklearn.impute._iterative import _ImputerTriplet
from sklearn.model_selection._search import BaseSearchCV
from sklearn.preprocessing import FunctionTransformer, LabelBinarizer
from sklearn.tree._tree import Tree

from fedruntime.errors import ProtocolError, UnsupportedError
from fedruntime.estimators import registry
from fedruntime.estimators.linear_model.pointwise_loss import as_message, pointwise_loss
from fedruntime.estimators.tree import scikit_tree
from fedruntime.functions import name_of, resolve
from fedruntime.messages import Named, Public

# What scikit-learn has since 1.6 and 1.8.
_NEWER = tuple(
    getattr(module, name)
    for module, name in (
        (getattr(sklearn, "frozen", None), "FrozenEstimator"),
        (calibration, "_TemperatureScaling"),
    )
    if hasattr(module, name)
)
# What the fitted attributes of registered classes hold besides registered classes.
_HELPERS = (
    FunctionTransformer,
    LabelBinarizer,
    MissingIndicator,
    TreePredictor,
    calibration._CalibratedClassifier,
    calibration._SigmoidCalibration,
    _BinMapper,
    _BisectingTree,
    make_column_selector,
    multiclass._ConstantPredictor,
    *_NEWER,
)
_TYPES = {kind.__name__: kind for kind in (bool, float, int, object, str)}
# What only a fit looks at; parties fit nothing.
_NOT_SENT = frozenset(
    {"_metadata_request", "_optimizer", "_scorer", "cv", "named_estimators_", "scoring"}
)
_DRAWS = (np.random.RandomState, np.random.Generator)
_SPARSE = {
    kind.__name__: kind
    for kind in (sparse.csr_matrix, sparse.csc_matrix, sparse.csr_array, sparse.csc_array)
}
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


@functools.cache
def _classes() -> Mapping[str, type]:
    listed = (*registry.families(), *_HELPERS)
    return {_public_name(kind): kind for kind in listed}


def _public_name(kind: type) -> str:
    parts = [part for part in kind.__module__.split(".") if not part.startswith("_")]
    return ".".join([*parts, kind.__qualname__])


def _exported(value: Any, path: str) -> Public:
    if hasattr(type(value), "to_sklearn"):  # a federated model that a function is given
        value = value.to_sklearn()
    if isinstance(value, np.generic):
        return _tagged("scalar", np.asarray(value))
    if isinstance(value, _PLAIN):
        return value
    if isinstance(value, UserList):
        # scikit-learn 1.5 keeps lists of columns that warn when they are read.
        return _exported(value.data, path)
    if isinstance(value, _ImputerTriplet):
        return _tagged("imputation", [_exported(part, path) for part in value])
    if isinstance(value, list):
        return [_exported(entry, f"{path}[{number}]") for number, entry in enumerate(value)]
    if isinstance(value, tuple):
        entries = [_exported(entry, f"{path}[{number}]") for number, entry in enumerate(value)]
        return _tagged("tuple", entries)
    if isinstance(value, set | frozenset):
        return _tagged("set", [_exported(entry, path) for entry in sorted(value, key=repr)])
    if isinstance(value, Mapping) and value and _is_vocabulary(value):
        numbers = list(value.values())
        return _tagged("vocabulary", [list(value), np.array(numbers), type(numbers[0]) is int])
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
    if isinstance(value, np.ndarray) and value.dtype.names is not None:
        fields = [[name, value[name].copy()] for name in value.dtype.names]
        return _tagged("records", {"rows": len(value), "fields": fields})
    if sparse.issparse(value):
        parts = [getattr(value, part) for part in ("data", "indices", "indptr")]
        return _tagged("sparse", [type(value).__name__, *parts, list(value.shape)])
    if isinstance(value, BSpline):
        return _tagged("spline", [value.t, value.c, value.k, value.extrapolate])
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
    if isinstance(value, functools.partial):
        made = (value.func, value.args, value.keywords)
        return _tagged("partial", [_exported(part, path) for part in made])
    if inspect.isroutine(value) or isinstance(value, np.ufunc):
        return _tagged("function", name_of(value))
    if isinstance(value, BaseLoss):
        return _tagged("loss", as_message(value))
    if isinstance(value, Tree):
        return _tagged("tree", scikit_tree.as_message(value))
    return _exported_object(value, path)


def _is_vocabulary(value: Mapping[Any, Any]) -> bool:
    """Whether strings are mapped to integers of one type, of which there may be very many."""
    kinds = set(map(type, value.values()))
    return kinds in ({int}, {np.int64}) and set(map(type, value)) == {str}


def _exported_type(kind: type, path: str) -> Public:
    if issubclass(kind, np.generic):
        return _tagged("type", f"numpy.{kind.__name__}")
    if kind in _TYPES.values():
        return _tagged("type", kind.__name__)
    raise _refusal(kind, path)


def _exported_object(value: Any, path: str) -> Public:
    if isinstance(value, BaseSearchCV) and hasattr(value, "best_estimator_"):
        return _exported(value.best_estimator_, f"{path}.best_estimator_")
    name = _public_name(type(value))
    if _classes().get(name) is not type(value):
        raise _refusal(type(value), path)
    attributes = {
        attribute: _exported(None if isinstance(held, _DRAWS) else held, f"{path}.{attribute}")
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
    for number, entry in enumerate(of["entries"]):
        flat[number] = _imported(entry)
    return flat.reshape(of["shape"])


def _records(of: Public) -> Any:
    records = np.empty(of["rows"], dtype=[(name, held.dtype) for name, held in of["fields"]])
    for name, held in of["fields"]:
        records[name] = held
    return records


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


def _sparse(of: Public) -> Any:
    name, data, indices, indptr, shape = of
    if name not in _SPARSE:
        raise ProtocolError(f"a model's state names an unknown kind of matrix: {name!r}")
    return _SPARSE[name]((data, indices, indptr), shape=tuple(shape))


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


def _vocabulary(of: Public) -> dict[str, Any]:
    words, numbers, plain = of
    return dict(zip(words, numbers.tolist() if plain else numbers, strict=True))


def _partial(of: Public) -> Any:
    function, arguments, keywords = _imported(of)
    return functools.partial(function, *arguments, **keywords)


_BUILDERS: Mapping[str, Callable[[Any], Any]] = {
    "scalar": lambda of: of[()],
    "tuple": lambda of: tuple(_imported(of)),
    "set": lambda of: set(_imported(of)),
    "vocabulary": _vocabulary,
    "map": lambda of: {_imported(key): _imported(entry) for key, entry in of},
    "imputation": lambda of: _ImputerTriplet(*_imported(of)),
    "sparse": _sparse,
    "spline": lambda of: BSpline.construct_fast(*of),
    "slice": lambda of: slice(*_imported(of)),
    "objects": _objects,
    "records": _records,
    "dtype": np.dtype,
    "index": lambda of: pd.Index(_imported(of)),
    "series": _series,
    "type": _type,
    "function": _function,
    "loss": pointwise_loss,
    "tree": scikit_tree.from_message,
    "partial": _partial,
    "object": _object,
}
