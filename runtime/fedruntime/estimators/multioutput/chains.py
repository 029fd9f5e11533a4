"""``ClassifierChain`` and ``RegressorChain``: an estimator of each column of a target that sees the
columns before it, or what was predicted for them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import is_classifier
from sklearn.multioutput import ClassifierChain, RegressorChain
from sklearn.utils import check_random_state
from sklearn.utils.validation import _check_response_method

from fedruntime.cohort import Cohort
from fedruntime.data.handle import Handle
from fedruntime.errors import DataError
from fedruntime.estimators.design import prepare, record_features
from fedruntime.estimators.multioutput.multi_output import require_columns, share_of_whole_rows
from fedruntime.estimators.parts import beside, fit_part, take_only, with_target
from fedruntime.estimators.registry import Exactness, federated
from fedruntime.messages import Array
from fedruntime.model_selection.cross_validation import predict_out_of_fold
from fedruntime.model_selection.folds import draw_folds
from fedruntime.operations import row_op

_HOW = "the estimator's own federated fit, one a link of the chain; as exact as that"


def _estimator(model: Any) -> Any:
    # scikit-learn 1.7 renamed the parameter.
    return model.estimator if "estimator" in model.get_params(deep=False) else model.base_estimator


def parts_of(model: Any) -> list[tuple[str, Any]]:
    """The estimator that is fitted, once a link."""
    return [("estimator", _estimator(model))]


@federated(RegressorChain, Exactness.EXACT, _HOW, parts=parts_of)
def fit_regressor(model: RegressorChain, cohort: Cohort) -> None:
    """Fit as ``RegressorChain.fit`` does."""
    _fit(model, cohort, "predict")


@federated(ClassifierChain, Exactness.EXACT, _HOW, parts=parts_of, score=share_of_whole_rows)
def fit_classifier(model: ClassifierChain, cohort: Cohort) -> None:
    """Fit as ``ClassifierChain.fit`` does."""
    method = "predict"
    if hasattr(model, "chain_method"):
        method = _check_response_method(_estimator(model), model.chain_method).__name__
        model.chain_method_ = method
    _fit(model, cohort, method)
    model.classes_ = [part.classes_ for part in model.estimators_]


def _fit(model: Any, cohort: Cohort, method: str) -> None:
    model._validate_params()
    take_only(cohort)
    require_columns(cohort)
    rows = prepare(cohort, accept_sparse=True).replace(y=cohort["y"])
    model.order_ = _order(model, rows["y"].shape[1])
    blocks = [rows["X"]]
    model.estimators_ = []
    for number in model.order_:
        target = with_target(rows, int(number)).replace(X=beside(rows, blocks))
        model.estimators_.append(fit_part(_estimator(model), target, f"target {number}"))
        if number != model.order_[-1]:
            blocks.append(target["y"] if model.cv is None else _predicted(model, target, method))
    record_features(model, cohort["X"])


def _order(model: Any, targets: int) -> Any:
    if model.order is None:
        return np.array(range(targets))
    if isinstance(model.order, str):  # "random", after validation
        return check_random_state(model.random_state).permutation(targets)
    if sorted(model.order) != list(range(targets)):
        raise DataError("invalid order")
    return np.array(model.order) if isinstance(model.order, tuple) else model.order


def _predicted(model: Any, rows: Cohort, method: str) -> Handle:
    """What a link predicts for rows that it was not fitted on."""
    part = _estimator(model)
    folds = draw_folds(model.cv, rows["X"], rows["y"], classifier=is_classifier(part))
    given = {"X": rows["X"], "y": rows["y"]}
    predicted = predict_out_of_fold(part, given, folds, method, aggregator=rows.aggregator)
    return rows.derive(second_column, rows=predicted)


@row_op("multioutput.second_column")
def second_column(rows: Array) -> Array:
    """Of probabilities those of the second class; other predictions as they are."""
    return rows[:, 1] if rows.ndim == 2 else rows
