"""``CategoricalNB``: categories of every column counted by class over the parties."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from sklearn.naive_bayes import CategoricalNB

from fedruntime.cohort import Cohort
from fedruntime.estimators.column_extremes import column_extremes
from fedruntime.estimators.naive_bayes.feature_counts import (
    prepare_counts,
    refuse_negative,
    smooth,
)
from fedruntime.estimators.registry import Exactness, federated
from fedruntime.estimators.tables import require_dense
from fedruntime.operations import Statistics, party_op

Floats = npt.NDArray[np.float64]


@federated(
    CategoricalNB,
    Exactness.EXACT,
    "categories counted by class, and scikit-learn's own smoothing; parties reveal their largest",
)
def fit(model: CategoricalNB, cohort: Cohort) -> None:
    """Fit as ``CategoricalNB.fit``, in two rounds after that for the classes.

    Raises
    ------
    DataError
        In scikit-learn's words, for negative categories and a sparse ``X``.
    ValueError
        In scikit-learn's words, for a ``min_categories`` of the wrong shape or type.
    """
    require_dense(cohort["X"])
    rows = prepare_counts(model, cohort)
    lowest, highest = (found.astype(np.int64) for found in column_extremes(rows.only(X=rows["X"])))
    if (lowest < 0).any():
        refuse_negative(model)
    model.n_categories_ = model._validate_n_categories(
        highest[np.newaxis], model.min_categories
    ).astype(np.int64)
    sums = rows.sum(
        category_sums, n_classes=len(model.classes_), n_categories=model.n_categories_.tolist()
    )
    model.class_count_ = sums["class"]
    model.category_count_ = [sums[f"column {number}"] for number in range(rows.n_features)]
    smooth(model)


@party_op("naive_bayes.category_sums", counts=("class", "column *"))
def category_sums(
    X: Floats,
    y: Floats,
    sample_weight: Floats | None,
    n_classes: int,
    n_categories: Sequence[int],
) -> Statistics:
    """Weights summed by class, and for every column by class and category.

    Returns
    -------
    dict
        ``class`` (K,), and ``column 0``, ... of shapes (K, n_categories[0]), ...
    """
    codes = y.astype(np.int64)
    sums = {"class": _weighed(codes, sample_weight, n_classes)}
    for number, count in enumerate(n_categories):
        place = codes * count + X[:, number].astype(np.int64)
        counts = _weighed(place, sample_weight, n_classes * count)
        sums[f"column {number}"] = counts.reshape(n_classes, count)
    return sums


def _weighed(
    places: npt.NDArray[np.int64], sample_weight: Floats | None, size: int
) -> npt.NDArray[np.float64]:
    return np.bincount(places, weights=sample_weight, minlength=size).astype(np.float64)
