"""Class weights: the weight that ``class_weight`` gives to every row of a class, multiplied into
the sample weights at the parties.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.utils import compute_class_weight

from fedruntime.cohort import Cohort
from fedruntime.errors import DataError
from fedruntime.messages import Array
from fedruntime.operations import Statistics, party_op, row_op

Floats = npt.NDArray[np.float64]

# scikit-learn 1.7 began to count a class by its sample weights.
_BALANCED_BY_WEIGHT = "sample_weight" in inspect.signature(compute_class_weight).parameters


def weigh_classes(rows: Cohort, class_weight: Any, classes: Array) -> tuple[Cohort, float]:
    """The rows with class weights multiplied into their sample weights, and the total weight.

    Parameters
    ----------
    rows : Cohort
        With ``y`` as codes, the positions of its labels in ``classes``.
    class_weight : None, "balanced" or mapping of label to weight
    classes : ndarray
        The sorted labels.

    Raises
    ------
    DataError
        If the weights add up to zero over all parties.
    """
    if class_weight is None and not rows.has("sample_weight"):
        return rows, float(rows.n_samples)
    sums = rows.sum(class_sums, n_classes=len(classes))
    factors: Floats
    if class_weight is None:
        factors = np.ones(len(classes))
    else:
        factors = class_factors(class_weight, classes, sums)
        rows = rows.replace(sample_weight=rows.derive(weigh_by_class, factors=factors))
    total = float(factors @ sums["weight"])
    if not total > 0:
        raise DataError("the sample weights add up to zero over all parties")
    return rows, total


def class_factors(class_weight: Any, classes: Array, sums: Mapping[str, Any]) -> Floats:
    """The weight of each class, from the ``class_sums`` over all parties."""
    if isinstance(class_weight, str):  # "balanced", after validation
        counts = sums["weight"] if _BALANCED_BY_WEIGHT else sums["count"]
        return np.asarray(counts.sum() / (len(classes) * counts))
    return np.asarray(compute_class_weight(class_weight, classes=classes, y=classes))


@party_op("class_weights.sums", counts=("count", "weight"))
def class_sums(y: Floats, sample_weight: Floats | None, n_classes: int) -> Statistics:
    """Rows and sample weight of each class."""
    codes = y.astype(np.intp)
    return {
        "count": np.bincount(codes, minlength=n_classes),
        "weight": np.bincount(codes, weights=sample_weight, minlength=n_classes).astype(float),
    }


@row_op("class_weights.one_class")
def is_class(y: Floats, code: int) -> Floats:
    """One for the rows of a class, zero for all others."""
    return np.asarray(y == code, dtype=np.float64)


@row_op("class_weights.weights")
def weigh_by_class(y: Floats, sample_weight: Floats | None, factors: Floats) -> Floats:
    """Sample weights times the factors of their classes."""
    weights = factors[y.astype(np.intp)]
    return weights if sample_weight is None else weights * sample_weight
