"""``OneVsRestClassifier``: a classifier of each class against all others."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from sklearn.multiclass import OneVsRestClassifier, _ConstantPredictor
from sklearn.preprocessing import LabelBinarizer

from fedruntime.cohort import Cohort
from fedruntime.estimators.design import classes_of
from fedruntime.estimators.parts import fit_part, take_features_of, take_only, with_target
from fedruntime.estimators.registry import Exactness, federated
from fedruntime.estimators.tables import labelled
from fedruntime.messages import Array
from fedruntime.operations import row_op


@federated(
    OneVsRestClassifier,
    Exactness.EXACT,
    "the estimator's own federated fit, one a class; as exact as that",
    parts=lambda model: [("estimator", model.estimator)],
)
def fit(model: OneVsRestClassifier, cohort: Cohort) -> None:
    """Fit as ``OneVsRestClassifier.fit`` does, on labels or on an indicator of several labels."""
    model._validate_params()
    take_only(cohort)
    several = cohort.has("y") and len(cohort["y"].shape) == 2 and cohort["y"].shape[1] > 1
    model.label_binarizer_ = LabelBinarizer(sparse_output=True)
    if several:
        model.label_binarizer_.fit(np.eye(cohort["y"].shape[1], dtype=np.int64))
    else:
        model.label_binarizer_.fit(classes_of(cohort))
    model.classes_ = model.label_binarizer_.classes_
    binary = not several and len(model.classes_) <= 2
    model.estimators_ = [
        _fit_one(model, _against_rest(model, cohort, number, several), number)
        for number in range(1 if binary else len(model.classes_))
    ]
    take_features_of(model, model.estimators_[0])


def _against_rest(model: OneVsRestClassifier, cohort: Cohort, number: int, several: bool) -> Cohort:
    """The rows with one for a class, zero for the others; of two classes the second counts."""
    if several:
        return with_target(cohort, number)
    positive = model.classes_[-1 if len(model.classes_) == 2 else number]
    # A single class is no class against the rest: scikit-learn's indicator of it is all zero.
    classes = np.array([positive]) if len(model.classes_) > 1 else model.classes_[:0]
    return cohort.replace(y=cohort.derive(is_one_of, classes=classes))


def _fit_one(model: OneVsRestClassifier, rows: Cohort, number: int) -> Any:
    found = classes_of(rows)
    if len(found) > 1:
        return fit_part(model.estimator, rows, f"class {number}")
    named = model.classes_[number]
    label = named if found[0] else f"not {named}"
    warnings.warn(f"Label {label} is present in all training examples.", stacklevel=2)
    return constant_predictor(rows, found)


def constant_predictor(rows: Cohort, label: Array) -> _ConstantPredictor:
    """What scikit-learn has for a classifier that has seen a single label."""
    return _ConstantPredictor().fit(labelled(rows["X"], np.zeros((1, rows.n_features))), label)


@row_op("multiclass.is_one_of")
def is_one_of(y: Any, classes: Array) -> Array:
    """One for rows with one of some labels, zero for others."""
    return np.isin(np.asarray(y).reshape(-1), classes).astype(np.int64)
