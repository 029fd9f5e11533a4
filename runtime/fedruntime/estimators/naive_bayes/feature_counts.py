"""What the naive Bayes classifiers of counts have in common: features summed by class over the
parties; scikit-learn's own methods make smoothed log-probabilities of them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.preprocessing import LabelBinarizer

from fedruntime.cohort import Cohort
from fedruntime.errors import DataError
from fedruntime.estimators.class_moments import as_dense, class_indicator
from fedruntime.estimators.design import classes_of, prepare, record_features
from fedruntime.estimators.row_blocks import row_blocks
from fedruntime.estimators.tables import require_table
from fedruntime.operations import Statistics, party_op

Floats = npt.NDArray[np.float64]

HOW = "features summed by class, and scikit-learn's own smoothing; integer counts bit for bit"


def prepare_counts(model: Any, cohort: Cohort) -> Cohort:
    """Check parameters, record features and classes, and prepare the rows.

    Raises
    ------
    ValueError
        In scikit-learn's words, for an ``alpha`` or ``class_prior`` of the wrong length.
    """
    model._validate_params()
    require_table(cohort["X"])
    model.classes_ = LabelBinarizer().fit(classes_of(cohort)).classes_
    record_features(model, cohort["X"])
    model._check_alpha()
    model.class_count_ = np.ones(len(model.classes_))
    model._update_class_log_prior(class_prior=model.class_prior)
    return prepare(cohort, target="labels", classes=model.classes_, accept_sparse=True)


def count_features(
    model: Any, cohort: Cohort, *, threshold: float | None = None, signed: bool = False
) -> None:
    """Set ``feature_count_`` and ``class_count_``.

    Parameters
    ----------
    model : estimator
    cohort : Cohort
    threshold : float, optional
        Above which a value counts as one, and as zero else; without it values count as they are.
    signed : bool
        Whether negative values are taken.

    Raises
    ------
    DataError
        In scikit-learn's words, for negative values.
    """
    rows = prepare_counts(model, cohort)
    sums = rows.sum(feature_sums, n_classes=len(model.classes_), threshold=threshold)
    if sums["negative"] and not signed:
        refuse_negative(model)
    model.feature_count_, model.class_count_ = sums["feature"], sums["class"]


def smooth(model: Any) -> None:
    """Make log-probabilities of the counts, as the model's own ``fit`` does."""
    model._update_feature_log_prob(model._check_alpha())
    model._update_class_log_prior(class_prior=model.class_prior)


def refuse_negative(model: Any) -> None:
    """Refuse negative values in scikit-learn's words.

    Raises
    ------
    DataError
    """
    name = type(model).__name__
    raise DataError(f"Negative values in data passed to {name} (input X)")


@party_op("naive_bayes.feature_sums", counts=("class", "feature"))
def feature_sums(
    X: Any, y: Floats, sample_weight: Floats | None, n_classes: int, threshold: float | None
) -> Statistics:
    """Features and weights summed by class, and the number of negative values.

    Returns
    -------
    dict
        ``feature`` (K, p), ``class`` (K,), ``negative``.
    """
    codes = y.astype(np.intp)
    sums = np.zeros((n_classes, X.shape[1]))
    negative = 0
    blocks = [slice(0, X.shape[0])] if sparse.issparse(X) else row_blocks(*X.shape)
    for rows in blocks:
        block = X[rows]
        negative += int((block.data < 0).sum() if sparse.issparse(block) else (block < 0).sum())
        if threshold is not None:
            block = (block > threshold).astype(np.float64)
        sums += as_dense(class_indicator(codes[rows], sample_weight, rows, n_classes) @ block)
    weights = np.bincount(codes, weights=sample_weight, minlength=n_classes)
    return {"feature": sums, "class": weights.astype(np.float64), "negative": negative}
