"""The class labels of a target, without looking at them: declared in the budget, told by the
target's dtype, or small integers that many rows have.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from fedruntime.cohort import Cohort
from fedruntime.errors import BudgetError, DataError
from fedruntime.estimators.private.purse import Purse, account
from fedruntime.estimators.private.scales import column_names
from fedruntime.messages import Array
from fedruntime.operations import Statistics, party_op

Floats = npt.NDArray[np.float64]

_SHARE = 0.05  # of a fit's squared mu
_CANDIDATES = np.arange(-1, 32)
_CHANCE = 0.01  # of a label that no row has
_LEADING = 2.5  # standard deviations of noise that the two most frequent have to be above


def class_labels(cohort: Cohort, left: Purse) -> tuple[Array, Purse]:
    """The sorted labels of ``y``, and what is left of the purse.

    Raises
    ------
    BudgetError
        If they cannot be known without revealing single labels.
    DataError
        If there is no target, or one class only.
    """
    if not cohort.has("y"):
        raise DataError(f"{cohort.purpose} requires y to be passed, but the target y is None")
    y = cohort["y"]
    if y.ndim != 1 and y.shape[1] != 1:
        raise BudgetError(f"{cohort.purpose}: several targets have no private fit")
    known = _known(cohort)
    if known is None:
        mu, left = left.part(_SHARE)
        known = _frequent(cohort, mu)
    if len(known) < 2:
        raise DataError(
            f"{cohort.purpose} needs at least 2 classes with enough rows each, and found "
            f"{known.tolist()}; declare them: PrivacyBudget(..., labels=[...])"
        )
    return known, left


def _known(cohort: Cohort) -> Array | None:
    budget, y = account(cohort).budget, cohort["y"]
    declared = budget.labels or budget.values_of(column_names(y, "y")[0])
    if declared:
        return np.unique(np.asarray(declared))
    dtype = y.facts.dtypes[0]
    if dtype in ("bool", "boolean"):
        return np.array([False, True])
    if not pd.api.types.is_numeric_dtype(dtype):
        raise BudgetError(
            f"{cohort.purpose}: the labels in y are {dtype} values, and collecting them would "
            "reveal those of single rows; declare them: PrivacyBudget(..., labels=[...])"
        )
    return None


def _frequent(cohort: Cohort, mu: float) -> Array:
    """The candidates that more rows have than noise would make believe.

    A classifier is fitted to two classes at least, so the two most frequent need less of a proof.
    """
    only = cohort.only(y=cohort["y"])
    public: dict[str, Any] = {"labels": _CANDIDATES}
    deviation = float(only.noise_sd(label_counts, mu=mu, **public)[""])
    counts = only.noisy_sum(label_counts, mu=mu, **public)["counts"]
    doubtful = deviation * math.sqrt(2.0 * math.log(len(_CANDIDATES) / _CHANCE))
    found = counts > doubtful
    for leading in np.argsort(counts)[-2:]:
        found[leading] = counts[leading] > _LEADING * deviation
    dtype = np.dtype(cohort["y"].facts.dtypes[0].lower())
    return np.asarray(_CANDIDATES[found].astype(dtype))


def _one(public: Mapping[str, Any]) -> float:
    return 1.0


@party_op("private_fit.label_counts", sensitivity=_one)
def label_counts(y: Any, labels: Array) -> Statistics:
    """How many rows have each of the labels."""
    codes = pd.Index(labels).get_indexer(np.ravel(np.asarray(y)))
    return {"counts": np.bincount(codes[codes >= 0], minlength=len(labels))}


def membership(y: Any, classes: Array) -> Floats:
    """One row a class: 1 for its rows; a row of no class is in none."""
    codes = pd.Index(classes).get_indexer(np.ravel(np.asarray(y)))
    return np.asarray(codes == np.arange(len(classes))[:, np.newaxis], dtype=np.float64)
