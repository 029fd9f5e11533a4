"""``OneVsOneClassifier``: a classifier of each pair of classes, on the rows of these two."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from sklearn.multiclass import OneVsOneClassifier

from fedruntime.cohort import Cohort
from fedruntime.data.layout import RowLayout
from fedruntime.errors import DataError
from fedruntime.estimators.design import classes_of, prepare, record_features
from fedruntime.estimators.parts import fit_part, label_numbers, take_only, with_label_numbers
from fedruntime.estimators.registry import Exactness, federated
from fedruntime.messages import Array
from fedruntime.operations import Columns, Statistics, party_op, row_op


@federated(
    OneVsOneClassifier,
    Exactness.EXACT,
    "the estimator's own federated fit, one a pair of classes; as exact as that",
    parts=lambda model: [("estimator", model.estimator)],
)
def fit(model: OneVsOneClassifier, cohort: Cohort) -> None:
    """Fit as ``OneVsOneClassifier.fit`` does.

    Each party tells how many rows of each class it has. The rows of a pair lie party by party,
    whatever their pooled order was: an estimator that draws folds of its own may draw others.
    """
    model._validate_params()
    take_only(cohort)
    model.classes_ = classes_of(cohort)
    if len(model.classes_) == 1:
        raise DataError("OneVsOneClassifier can not be fit when only one class is present.")
    record_features(model, cohort["X"])
    # The estimators do not learn the columns' names, as scikit-learn has it.
    plain = prepare(cohort, finite=False, accept_sparse=True)
    numbered = with_label_numbers(plain.replace(y=cohort["y"]), model.classes_)
    replies = numbered.federation.collect(
        count_classes, y=numbered["y"], n_classes=len(model.classes_), purpose=cohort.purpose
    )
    counts = {party: reply["count"] for party, reply in replies.items()}
    model.estimators_ = tuple(
        fit_part(model.estimator, _of_pair(numbered, pair, counts), f"classes {pair}")
        for pair in combinations(range(len(model.classes_)), 2)
    )
    model.pairwise_indices_ = None


def _of_pair(numbered: Cohort, pair: tuple[int, int], counts: dict[str, Array]) -> Cohort:
    """The rows of two classes, with labels zero and one."""
    parties = numbered["y"].layout.parties
    layout = RowLayout.contiguous(
        parties, [int(counts[party][list(pair)].sum()) for party in parties]
    )
    chosen = {
        name: numbered.federation.map(
            rows_of_classes,
            layout=layout,
            rows=numbered[name],
            y=numbered["y"],
            numbers=list(pair),
            purpose=numbered.purpose,
        )
        for name in ("X", "y")
    }
    rows = numbered.replace(**chosen)
    return rows.replace(y=rows.derive(label_numbers, classes=np.array(pair)))


@party_op("multiclass.counts", reveals="how many rows of each class a party has", counts=("count",))
def count_classes(y: Array, n_classes: int) -> Statistics:
    """Rows of each class."""
    return {"count": np.bincount(y, minlength=n_classes)}


@row_op("multiclass.rows_of_classes", selects=True, columns=Columns.KEPT)
def rows_of_classes(rows: Any, y: Array, numbers: list[int]) -> Any:
    """The rows with one of some class numbers."""
    kept = np.flatnonzero(np.isin(y, numbers))
    return rows.iloc[kept] if isinstance(rows, pd.DataFrame | pd.Series) else rows[kept]
