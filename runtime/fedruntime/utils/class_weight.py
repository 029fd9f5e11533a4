"""Counterparts of ``sklearn.utils.class_weight``: weights follow from the counts of the labels."""

from __future__ import annotations

from typing import Any

import numpy as np
import sklearn.utils.class_weight

from fedruntime.attempts import attempted
from fedruntime.caller import where
from fedruntime.data.handle import Handle
from fedruntime.data.plain import as_array
from fedruntime.errors import UnsupportedError
from fedruntime.operations import row_op
from fedruntime.utils.label_counts import counted_labels

__all__ = ["compute_class_weight", "compute_sample_weight"]


@attempted
def compute_class_weight(class_weight: Any, *, classes: Any, y: Any, **options: Any) -> Any:
    """``sklearn.utils.class_weight.compute_class_weight``: one public weight a class.

    Raises
    ------
    UnsupportedError
        For ``sample_weight``.
    """
    if not isinstance(y, Handle):
        return sklearn.utils.class_weight.compute_class_weight(
            class_weight, classes=classes, y=y, **options
        )
    if any(given is not None for given in options.values()):
        raise UnsupportedError(f"{where()}compute_class_weight with sample_weight of {y!r}")
    return sklearn.utils.class_weight.compute_class_weight(
        class_weight, classes=classes, y=counted_labels(y)
    )


@attempted
def compute_sample_weight(class_weight: Any, y: Any, *, indices: Any = None) -> Any:
    """``sklearn.utils.class_weight.compute_sample_weight``: one weight a row, at its party.

    Raises
    ------
    UnsupportedError
        For ``indices`` and several outputs.
    """
    if not isinstance(y, Handle):
        return sklearn.utils.class_weight.compute_sample_weight(class_weight, y, indices=indices)
    if indices is not None:
        raise UnsupportedError(f"{where()}compute_sample_weight with indices of {y!r}")
    labels = counted_labels(y)
    weights = sklearn.utils.class_weight.compute_sample_weight(class_weight, labels)
    values, first = np.unique(labels, return_index=True)
    return y.federation.map(
        weights_of,
        purpose="compute_sample_weight",
        rows=as_array(y),
        values=values,
        weights=weights[first],
    )


@row_op("class_weight.weights")
def weights_of(rows: Any, values: Any, weights: Any) -> Any:
    """The weight of each row's label."""
    return weights[np.searchsorted(values, rows)]
