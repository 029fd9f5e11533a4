"""``OutputCodeClassifier``: a classifier of each bit of a random code of the classes."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.multiclass import OutputCodeClassifier
from sklearn.utils import check_random_state

from fedruntime.cohort import Cohort
from fedruntime.estimators.design import classes_of
from fedruntime.estimators.multiclass.one_vs_rest import constant_predictor
from fedruntime.estimators.parts import fit_part, take_features_of, take_only, with_label_numbers
from fedruntime.estimators.registry import Exactness, federated
from fedruntime.messages import Array
from fedruntime.operations import row_op


@federated(
    OutputCodeClassifier,
    Exactness.EXACT,
    "the estimator's own federated fit, one a bit of scikit-learn's own code; as exact as that",
    parts=lambda model: [("estimator", model.estimator)],
)
def fit(model: OutputCodeClassifier, cohort: Cohort) -> None:
    """Fit as ``OutputCodeClassifier.fit`` does: the code is drawn from the number of classes."""
    model._validate_params()
    take_only(cohort)
    model.classes_ = classes_of(cohort)
    shape = (len(model.classes_), int(len(model.classes_) * model.code_size))
    drawn = check_random_state(model.random_state).uniform(size=shape)
    low = -1.0 if hasattr(model.estimator, "decision_function") else 0.0
    model.code_book_ = np.where(drawn > 0.5, 1.0, low)
    numbered = with_label_numbers(cohort, model.classes_)
    model.estimators_ = [
        _fit_bit(model, numbered, number, bits.astype(np.int64))
        for number, bits in enumerate(model.code_book_.T)
    ]
    take_features_of(model, model.estimators_[0])


def _fit_bit(model: OutputCodeClassifier, numbered: Cohort, number: int, bits: Array) -> Any:
    if len(np.unique(bits)) == 1:
        return constant_predictor(numbered, bits[:1])
    rows = numbered.replace(y=numbered.derive(bits_of_labels, bits=bits))
    return fit_part(model.estimator, rows, f"bit {number}")


@row_op("multiclass.bits")
def bits_of_labels(y: Array, bits: Array) -> Array:
    """Each row's bit of the code of its class."""
    return bits[y]
