"""Counterparts of the functions of ``sklearn.preprocessing``: each is the federated estimator of
the same name, fitted and applied at once.

All other names of ``sklearn.preprocessing`` can be imported from here, too.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import sklearn.preprocessing as local

from fedruntime.attempts import attempted
from fedruntime.caller import where
from fedruntime.data.handle import Handle
from fedruntime.data.plain import as_array
from fedruntime.errors import UnsupportedError
from fedruntime.model import FLModel
from fedruntime.operations import row_op

__all__ = [
    "add_dummy_feature",
    "binarize",
    "label_binarize",
    "maxabs_scale",
    "minmax_scale",
    "normalize",
    "power_transform",
    "quantile_transform",
    "robust_scale",
    "scale",
]


def _fitted(
    function: Callable[..., Any], estimator: type, axis: int | None = 0
) -> Callable[..., Any]:
    """The counterpart of a function that fits an estimator and applies it.

    Parameters
    ----------
    function : callable
        scikit-learn's.
    estimator : class
        Takes the function's other arguments.
    axis : int, optional
        The one along which the estimator works, where the function can choose.
    """
    signature = inspect.signature(function)

    @attempted
    def transform(*args: Any, **kwargs: Any) -> Any:
        given = signature.bind(*args, **kwargs)
        given.apply_defaults()
        options = dict(given.arguments)
        X = options.pop("X")
        if not isinstance(X, Handle):
            return function(*args, **kwargs)
        if options.pop("axis", axis) != axis or options.pop("return_norm", False):
            raise UnsupportedError(
                f"{where()}{function.__name__} of {X!r} works along axis={axis}, and gives the "
                "rows alone"
            )
        options.pop("copy", None)
        model = FLModel(model=estimator(**options))
        array = as_array(X)
        if array.ndim == 1:
            return model.fit_transform(array.reshape(-1, 1)).ravel()
        return model.fit_transform(array)

    transform.__name__ = transform.__qualname__ = function.__name__
    transform.__doc__ = f"``sklearn.preprocessing.{function.__name__}`` of rows at the parties."
    transform.__signature__ = signature  # type: ignore[attr-defined]
    return transform


scale = _fitted(local.scale, local.StandardScaler)
minmax_scale = _fitted(local.minmax_scale, local.MinMaxScaler)
maxabs_scale = _fitted(local.maxabs_scale, local.MaxAbsScaler)
robust_scale = _fitted(local.robust_scale, local.RobustScaler)
power_transform = _fitted(local.power_transform, local.PowerTransformer, None)
quantile_transform = _fitted(local.quantile_transform, local.QuantileTransformer)
normalize = _fitted(local.normalize, local.Normalizer, 1)
binarize = _fitted(local.binarize, local.Binarizer, None)


@attempted
def add_dummy_feature(X: Any, value: float = 1.0) -> Any:
    """``sklearn.preprocessing.add_dummy_feature``: a column of one value in front."""
    if not isinstance(X, Handle):
        return local.add_dummy_feature(X, value)
    return np.insert(as_array(X).astype(np.float64), 0, value, axis=1)


@attempted
def label_binarize(
    y: Any,
    *,
    classes: Any,
    neg_label: int = 0,
    pos_label: int = 1,
    sparse_output: bool = False,
) -> Any:
    """``sklearn.preprocessing.label_binarize``: a column a class, one for two classes.

    Raises
    ------
    UnsupportedError
        For sparse output, labels in several columns, and fewer than two classes.
    """
    options = {"neg_label": neg_label, "pos_label": pos_label}
    if not isinstance(y, Handle):
        return local.label_binarize(y, classes=classes, sparse_output=sparse_output, **options)
    labels = np.asarray(classes)
    if sparse_output or y.ndim != 1 or len(labels) < 2:
        raise UnsupportedError(
            f"{where()}label_binarize of {y!r} takes a vector and two classes or more, and gives a "
            "dense array"
        )
    return y.federation.map(
        binarize_labels, purpose="label_binarize", rows=as_array(y), classes=labels, options=options
    )


@row_op("preprocessing.label_binarize")
def binarize_labels(rows: Any, classes: Any, options: Any) -> Any:
    """Labels as a column a class."""
    width = len(classes) if len(classes) > 2 else 1
    if not len(rows):
        return np.zeros((0, width), dtype=int)
    return local.label_binarize(rows, classes=classes, **options)


def __getattr__(name: str) -> Any:
    return getattr(local, name)
