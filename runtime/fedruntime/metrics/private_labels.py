"""Metrics of true and predicted labels under a privacy budget: noisy counts of right predictions,
or of each pair of labels, of which scikit-learn's own functions make the metric.

One row is in one cell of a confusion matrix, so the noise of a cell does not grow with the number
of classes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from sklearn import metrics

from fedruntime.caller import where
from fedruntime.cohort import Cohort
from fedruntime.errors import BudgetError
from fedruntime.estimators.private.labels import class_labels
from fedruntime.estimators.private.purse import Purse
from fedruntime.messages import Array
from fedruntime.operations import Operation, Statistics, party_op

_OF_RIGHT_ONES = (metrics.accuracy_score, metrics.hamming_loss, metrics.zero_one_loss)


def private_label_metric(local: Callable[..., Any], cohort: Cohort, options: Any) -> Any:
    """A metric of labels, from noisy counts.

    Parameters
    ----------
    local : callable
        scikit-learn's function.
    cohort : Cohort
        ``y_true`` and ``y_pred``.
    options : mapping
        The function's further arguments.

    Raises
    ------
    BudgetError
        For weighted rows and several labels a row, if the labels are not known beforehand, if too
        little is left, or if counts would be mostly noise. Nothing has been sent.
    """
    if cohort.has("sample_weight"):
        raise BudgetError(
            f"{where()}{cohort.purpose}: sample_weight has no private form, because one row's "
            "weight is not bounded; leave it out under a privacy budget"
        )
    if any(cohort[name].facts.tail not in ((), (1,)) for name in ("y_true", "y_pred")):
        raise BudgetError(f"{where()}{cohort.purpose} of several labels a row has no private form")
    account, rows = cohort.federation.budget, len(cohort["y_true"])
    assert account is not None
    mu = account.allot(cohort.purpose)
    error = float(cohort.noise_sd(right_predictions, mu=mu)[""])
    limit = account.budget.tolerance * rows
    account.require_useful(cohort.purpose, error, limit, f"a count among {rows} rows")
    if local in _OF_RIGHT_ONES:
        (right,) = _counts(cohort, right_predictions, mu)
        return local([1, 0], [1, 1], sample_weight=np.array([right, rows - right]), **options)
    labels, left = class_labels(cohort.only(y=cohort["y_true"]), Purse(mu, mu**2))
    counts = _counts(cohort, private_pairs, left.rest, labels=labels)
    true, predicted = np.divmod(np.arange(len(labels) ** 2), len(labels))
    return local(labels[true], labels[predicted], sample_weight=counts, **options)


def _counts(cohort: Cohort, operation: Operation, mu: float, **public: Any) -> Array:
    """Noisy counts of rows, as integers from 0 to the number of rows."""
    counts = cohort.noisy_sum(operation, mu=mu, **public)["counts"]
    return np.clip(np.rint(counts), 0, len(cohort["y_true"])).astype(np.int64)


# -- at the parties -------------------------------------------------------------------------


def _one_cell(public: Any) -> float:
    return 1.0


@party_op("private.right", sensitivity=_one_cell)
def right_predictions(y_true: Any, y_pred: Any) -> Statistics:
    """In how many rows the label is as predicted."""
    right = np.asarray(_labels_of(y_true) == _labels_of(y_pred))
    return {"counts": np.array([right.sum()])}


@party_op("private.label_pairs", sensitivity=_one_cell)
def private_pairs(y_true: Any, y_pred: Any, labels: Array) -> Statistics:
    """How many rows have each pair of known labels; flat, true labels first."""
    known = pd.Index(labels)
    true, predicted = (known.get_indexer(_labels_of(rows)) for rows in (y_true, y_pred))
    cells = (true * len(known) + predicted)[(true >= 0) & (predicted >= 0)]
    return {"counts": np.bincount(cells, minlength=len(known) ** 2)}


def _labels_of(rows: Any) -> pd.Index:
    """One label a row."""
    return pd.Index(np.asarray(rows).reshape(len(rows)))
