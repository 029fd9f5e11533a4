"""What is a class label at a party, and the refusal to reveal anything else as one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from fedruntime.errors import DataError, UnsupportedError
from fedruntime.messages import Array
from fedruntime.operations import Statistics, party_op, row_op


@party_op("metrics.true_labels", reveals="the distinct labels")
def true_labels(y_true: Any) -> Statistics:
    """The classes that occur among a party's true labels."""
    return {"labels": np.unique(class_labels(y_true, "y_true"))}


@row_op("metrics.is_any_of")
def is_any_of(y_true: Any, classes: Array) -> Array:
    """Whether each row's label is one of some classes."""
    return np.isin(class_labels(y_true, "y_true"), classes)


def class_labels(rows: Any, name: str) -> Array:
    """One class label a row.

    Distinct labels are revealed, so numbers that are no classes must stop here.

    Parameters
    ----------
    rows : array-like of shape (n_samples,) or (n_samples, 1)
    name : str
        The argument, for errors.

    Raises
    ------
    DataError
        If labels are missing, infinite, or continuous.
    UnsupportedError
        For several columns (multilabel indicators).
    """
    labels = _as_array(rows)
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim != 1:
        raise UnsupportedError(
            f"{name} has {labels.shape[1]} columns: one class label a row is supported, "
            "multilabel indicators are not"
        )
    if pd.isna(labels).any():
        raise DataError(f"{name} has missing labels: drop or fill these rows first")
    if is_continuous(labels):
        raise DataError(
            f"{name} holds continuous numbers, not classes: a regression metric, or an "
            "unstratified split, does not reveal them"
        )
    return labels


def _as_array(rows: Any) -> Array:
    """An array of the dtype that scikit-learn gives labels: nullable numbers become plain ones."""
    plain = getattr(rows.dtype, "numpy_dtype", None) if isinstance(rows, pd.Series) else None
    if plain is not None and plain.kind in "biuf" and not rows.isna().any():
        return np.asarray(rows.to_numpy(dtype=plain))
    return np.asarray(rows)


def is_continuous(values: Array) -> bool:
    """Whether numbers are no classes, as ``sklearn.utils.multiclass.type_of_target`` decides."""
    if values.dtype.kind != "f":
        return False
    return bool((~np.isfinite(values)).any() or (values != np.trunc(values)).any())
