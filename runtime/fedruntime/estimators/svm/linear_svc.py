"""``LinearSVC``: the optimum of its hinge and squared hinge losses, each class against the rest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.svm import LinearSVC

from fedruntime.cohort import Cohort
from fedruntime.estimators.class_weights import class_factors, class_sums, is_class, weigh_by_class
from fedruntime.estimators.design import (
    classes_of,
    prepare,
    record_features,
    require_two_classes,
)
from fedruntime.estimators.linear_model.absolute_loss import AbsoluteLoss
from fedruntime.estimators.registry import Exactness, federated
from fedruntime.estimators.svm.liblinear import (
    OPTIMUM,
    fit_absolute,
    fit_squared,
    require_combination,
)
from fedruntime.messages import Array
from fedruntime.operations import row_op

Floats = npt.NDArray[np.float64]


@federated(
    LinearSVC,
    Exactness.EQUIVALENT,
    OPTIMUM,
    parameters={"multi_class": ("ovr",)},
)
def fit_linear_svc(model: LinearSVC, cohort: Cohort) -> None:
    """Fit by Newton steps for the squared hinge, by interior-point steps for the hinge.

    ``n_iter_`` is the largest number of steps over the classes.

    Raises
    ------
    DataError
        If the target has one class.
    ValueError
        In scikit-learn's words, for what liblinear does not have.
    """
    model._validate_params()
    require_combination(model, cohort["X"], model.penalty, model.multi_class)
    classes = classes_of(cohort)
    require_two_classes(classes)
    rows = prepare(cohort, target="labels", classes=classes, accept_sparse=True)
    solve = _squared_hinge if model.loss == "squared_hinge" else _hinge
    found = [solve(model, problem) for problem in _problems(model, rows, classes)]
    coefs = np.stack([coef for coef, _ in found])
    record_features(model, cohort["X"])
    model.classes_ = classes
    model.coef_ = np.ascontiguousarray(coefs[:, : rows.n_features])
    model.intercept_ = coefs[:, -1].copy() if model.fit_intercept else 0.0
    model.n_iter_ = max(steps for _, steps in found)


def _problems(model: LinearSVC, rows: Cohort, classes: Array) -> Iterator[Cohort]:
    """The rows with a ``y`` of one for a class and of zero for the rest, and its weights."""
    factors: Floats | None = None
    if model.class_weight is not None:
        sums = rows.sum(class_sums, n_classes=len(classes))
        factors = class_factors(model.class_weight, classes, sums)
    if len(classes) == 2:
        yield _weighed(rows, factors)
        return
    for code in range(len(classes)):
        part = rows.replace(y=rows.derive(is_class, code=code))
        # The rest has no class weight in liblinear.
        yield _weighed(part, None if factors is None else np.array([1.0, factors[code]]))


def _weighed(rows: Cohort, factors: Floats | None) -> Cohort:
    if factors is None:
        return rows
    return rows.replace(sample_weight=rows.derive(weigh_by_class, factors=factors))


def _squared_hinge(model: LinearSVC, rows: Cohort) -> tuple[Floats, int]:
    return fit_squared(model, rows, {"name": "SquaredHingeLoss"}, l1=model.penalty == "l1")


def _hinge(model: LinearSVC, rows: Cohort) -> tuple[Floats, int]:
    loss = AbsoluteLoss(rows.replace(y=rows.derive(as_signs)), fit_intercept=model.fit_intercept)
    # max(0, 1 - t z) = abs(z - t) / 2 + (1 - t z) / 2 for a t of -1 or 1
    half = model.C / 2
    return fit_absolute(model, loss, strength=half, constant=half * loss.weight, towards=half)


@row_op("linear_svc.signs")
def as_signs(y: Any) -> Floats:
    """-1 for the rest, and 1 for the class."""
    return np.asarray(2.0 * y - 1.0)
