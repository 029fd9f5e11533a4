"""``MultiLabelBinarizer``: the distinct labels of all rows, which each party reveals."""

from __future__ import annotations

from itertools import chain
from typing import Any

import numpy as np
from sklearn.preprocessing import MultiLabelBinarizer

from fedruntime.cohort import Cohort
from fedruntime.errors import DataError, RevealError
from fedruntime.estimators.registry import Exactness, federated
from fedruntime.operations import Statistics, party_op
from fedruntime.privacy.disclosure import require_repeats


@federated(MultiLabelBinarizer, Exactness.EXACT, "union of the parties' labels, revealed by each")
def fit(model: MultiLabelBinarizer, cohort: Cohort) -> None:
    """Fit scikit-learn's own binarizer on one public row that has all labels.

    The rows of labels are the cohort's ``X``: a binarizer has nothing else to fit.
    """
    if model.classes is not None:
        model.fit([])
        return
    try:
        found = cohort.union(distinct_of_rows)
    except RevealError:
        raise
    except TypeError:
        raise DataError(
            "the labels are of types that cannot be sorted together; give them one type"
        ) from None
    labels = found["labels"].tolist()
    if not found["plain"].all() and all(isinstance(label, int) for label in labels):
        labels = list(np.asarray(labels))  # numpy's integers, which scikit-learn keeps as objects
    model.fit([labels])


@party_op("multi_label_binarizer.labels", reveals="the distinct labels")
def distinct_of_rows(X: Any) -> Statistics:
    """The distinct labels in a party's rows, and whether all are integers of Python's."""
    rows = X if isinstance(X, np.ndarray) else X.tolist()
    labels = list(chain.from_iterable(rows))
    distinct = list(set(labels))
    require_repeats(len(distinct), len(labels), "the rows of labels")
    boxed = np.empty(len(distinct), dtype=object)
    boxed[:] = distinct
    return {"labels": boxed, "plain": np.array([all(isinstance(one, int) for one in distinct)])}
