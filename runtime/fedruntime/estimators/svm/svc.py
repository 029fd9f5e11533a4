"""``SVC`` with a linear kernel: the optimum of its hinge loss for each pair of classes."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import numpy.typing as npt
from sklearn.svm import SVC

from fedruntime.cohort import Cohort
from fedruntime.errors import DataError, UnsupportedError
from fedruntime.estimators.class_weights import class_factors, class_sums, weigh_by_class
from fedruntime.estimators.design import classes_of, prepare, record_features
from fedruntime.estimators.linear_model.absolute_loss import AbsoluteLoss
from fedruntime.estimators.registry import Exactness, Level, federated
from fedruntime.estimators.svm.libsvm import LINEAR, OPTIMUM, judge_kernel, optimum, set_solution
from fedruntime.operations import row_op

Floats = npt.NDArray[np.float64]


def _judge(model: SVC) -> Level | None:
    if model.probability is True:
        raise UnsupportedError(
            "SVC(probability=True) has no federated fit, because its folds are libsvm's own; use "
            "CalibratedClassifierCV(SVC(kernel='linear'), ensemble=False)"
        )
    return judge_kernel(model)


@federated(SVC, Exactness.EQUIVALENT, OPTIMUM, parameters=LINEAR, judge=_judge)
def fit_svc(model: SVC, cohort: Cohort) -> None:
    """Fit each pair of classes by interior-point steps; ``n_iter_`` counts these.

    ``tol``, ``max_iter``, ``shrinking`` and ``random_state`` have no effect.

    Raises
    ------
    DataError
        If the target has one class.
    """
    model._validate_params()
    classes = classes_of(cohort)
    if len(classes) < 2:
        raise DataError(
            f"The number of classes has to be greater than one; got 1 class: {classes[0]!r}"
        )
    rows = prepare(cohort, target="labels", classes=classes)
    factors = np.ones(len(classes))
    if model.class_weight is not None:
        sums = rows.sum(class_sums, n_classes=len(classes))
        factors = class_factors(model.class_weight, classes, sums)
        rows = rows.replace(sample_weight=rows.derive(weigh_by_class, factors=factors))
    pairs = list(combinations(range(len(classes)), 2))
    found = [_fit_pair(model, rows, *pair) for pair in pairs]
    dual = np.zeros((len(classes) - 1, len(pairs)))
    for vector, (_, second) in enumerate(pairs):  # stands with the first, and decides against it
        dual[second - 1, vector] = 1.0
    record_features(model, cohort["X"])
    model.classes_ = classes
    model.class_weight_ = factors
    set_solution(
        model,
        rows,
        vectors=np.stack([coef for coef, _, _ in found]),
        dual=dual,
        per_class=[len(classes) - 1 - code for code in range(len(classes))],
        intercept=np.array([intercept for _, intercept, _ in found]),
        steps=[steps for _, _, steps in found],
    )
    model.n_iter_ = model._num_iter
    if len(classes) == 2:  # scikit-learn shows what speaks for the second
        model.intercept_ = -model._intercept_
        model.dual_coef_ = -model._dual_coef_


def _fit_pair(model: SVC, rows: Cohort, first: int, second: int) -> tuple[Floats, float, int]:
    """What speaks for the first of two classes."""
    pair = rows.replace(
        y=rows.derive(pair_signs, first=first),
        sample_weight=rows.derive(pair_weights, first=first, second=second),
    )
    loss = AbsoluteLoss(pair, fit_intercept=True)
    # max(0, 1 - t z) = abs(z - t) / 2 + (1 - t z) / 2 for a t of -1 or 1
    half = model.C / 2
    return optimum(loss, strength=half, constant=half * loss.weight, towards=half)


@row_op("svc.signs")
def pair_signs(y: Floats, first: int) -> Floats:
    """1 for a class, and -1 for all others."""
    return np.where(y == first, 1.0, -1.0)


@row_op("svc.weights")
def pair_weights(y: Floats, sample_weight: Floats | None, first: int, second: int) -> Floats:
    """The weights of the rows of two classes, and zero for all others."""
    weight = np.ones(len(y)) if sample_weight is None else sample_weight
    return np.where((y == first) | (y == second), weight, 0.0)
