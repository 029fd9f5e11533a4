"""``RidgeClassifier``: ridge regression on targets of plus and minus one, made at the parties."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import RidgeClassifier
from sklearn.preprocessing import LabelBinarizer

from fedruntime.cohort import Cohort
from fedruntime.estimators.class_weights import class_factors, class_sums, weigh_by_class
from fedruntime.estimators.design import classes_of, prepare
from fedruntime.estimators.linear_model.ridge import SOLVERS, solve_ridge
from fedruntime.estimators.registry import Exactness, federated
from fedruntime.messages import Array
from fedruntime.operations import row_op

Floats = npt.NDArray[np.float64]


@federated(
    RidgeClassifier,
    Exactness.EXACT,
    "summed Gram matrix, and scikit-learn's own solver on its factor",
    when=SOLVERS,
)
def fit_ridge_classifier(model: RidgeClassifier, cohort: Cohort) -> None:
    """Fit one ridge regression a class, or a single one for two classes.

    See ``Ridge`` for solvers.
    """
    model._validate_params()
    rows, binarizer = prepare_signs(model.class_weight, cohort)
    solve_ridge(model, cohort, rows)
    model._label_binarizer = binarizer
    if not isinstance(getattr(RidgeClassifier, "classes_", None), property):
        model.classes_ = binarizer.classes_


def prepare_signs(class_weight: Any, cohort: Cohort) -> tuple[Cohort, LabelBinarizer]:
    """Prepared rows whose targets are plus one for the class of a row and minus one for others,
    with class weights multiplied into the sample weights.

    Parameters
    ----------
    class_weight : None, "balanced" or mapping of label to weight
    cohort : Cohort

    Returns
    -------
    Cohort
        With ``y`` of shape (n, 1) for two classes, else (n, classes).
    LabelBinarizer
        As scikit-learn's classifiers keep it.
    """
    classes = classes_of(cohort)
    rows = prepare(cohort, target="labels", classes=classes, accept_sparse=True)
    if class_weight is not None:
        factors = _factors(class_weight, classes, rows)
        rows = rows.replace(sample_weight=rows.derive(weigh_by_class, factors=factors))
    binarizer = LabelBinarizer(pos_label=1, neg_label=-1).fit(classes)
    return rows.replace(y=rows.derive(as_signs, n_classes=len(classes))), binarizer


def _factors(class_weight: Any, classes: Array, rows: Cohort) -> Floats:
    sums = rows.sum(class_sums, n_classes=len(classes))
    # Balanced classes are counted here, whatever the sample weights and the version.
    return class_factors(class_weight, classes, {**sums, "weight": sums["count"]})


@row_op("ridge_classifier.signs")
def as_signs(y: Floats, n_classes: int) -> Floats:
    """Plus one in the column of a row's class, minus one elsewhere; a single column for two."""
    columns = [1.0] if n_classes == 2 else range(n_classes)
    return np.where(y[:, np.newaxis] == np.asarray(columns, dtype=np.float64), 1.0, -1.0)
