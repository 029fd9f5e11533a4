"""``StackingClassifier`` and ``StackingRegressor``: a final estimator fitted on what the others
predict for rows that they were not fitted on; these predictions stay at the parties.
"""

from __future__ import annotations

from typing import Any

from sklearn.base import is_classifier
from sklearn.ensemble import StackingClassifier, StackingRegressor
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.preprocessing import LabelEncoder
from sklearn.utils.validation import check_is_fitted

from fedruntime.cohort import Cohort
from fedruntime.data.handle import Handle
from fedruntime.estimators import registry
from fedruntime.estimators.apply import apply
from fedruntime.estimators.design import classes_of
from fedruntime.estimators.ensemble.voting import estimators_of, name_estimators
from fedruntime.estimators.parts import beside, fit_part, take_only, with_label_numbers
from fedruntime.estimators.registry import Exactness, federated
from fedruntime.messages import Array
from fedruntime.model_selection.cross_validation import predict_out_of_fold
from fedruntime.model_selection.folds import draw_folds
from fedruntime.operations import row_op

_HOW = "scikit-learn's own folds, each part by its federated fit; as exact as the weakest of them"


def parts_of(model: Any) -> list[tuple[str, Any]]:
    """The estimators that are fitted, and the final one, by name."""
    default = LogisticRegression if isinstance(model, StackingClassifier) else RidgeCV
    final = default() if model.final_estimator is None else model.final_estimator
    return [*estimators_of(model), ("final_estimator", final)]


@federated(StackingClassifier, Exactness.EXACT, _HOW, parts=parts_of)
def fit_classifier(model: StackingClassifier, cohort: Cohort) -> None:
    """Fit on labels as numbers, as ``StackingClassifier.fit`` does."""
    model._label_encoder = LabelEncoder().fit(classes_of(cohort))
    model.classes_ = model._label_encoder.classes_
    _fit(model, with_label_numbers(cohort, model.classes_))


@federated(StackingRegressor, Exactness.EXACT, _HOW, parts=parts_of)
def fit_regressor(model: StackingRegressor, cohort: Cohort) -> None:
    """Fit as ``StackingRegressor.fit`` does."""
    _fit(model, cohort)


def _fit(model: Any, cohort: Cohort) -> None:
    model._validate_params()
    model._validate_estimators()
    model._validate_final_estimator()
    take_only(cohort, "sample_weight")
    parts = estimators_of(model)
    if model.cv == "prefit":
        model.estimators_ = [part for _, part in parts]
        for part in model.estimators_:
            check_is_fitted(part)
    else:
        model.estimators_ = [fit_part(part, cohort, name) for name, part in parts]
    name_estimators(model)
    model.stack_method_ = [
        model._method_name(name, part, model.stack_method) for name, part in parts
    ]
    columns = [
        cohort.derive(
            stacked_columns, rows=rows, binary=method == "predict_proba" and _is_binary(model)
        )
        for rows, method in zip(_predictions(model, cohort), model.stack_method_, strict=True)
    ]
    model._n_feature_outs = [int(column.shape[1]) for column in columns]
    features = beside(cohort, [*columns, *([cohort["X"]] if model.passthrough else [])])
    registry.fit(
        model.final_estimator_,
        cohort.replace(X=features).named(f"{cohort.purpose}: final_estimator"),
    )


def _predictions(model: Any, cohort: Cohort) -> list[Handle]:
    """What each estimator says of every row, of the rows of its own fit if it is prefitted."""
    if model.cv == "prefit":
        return [
            apply(part, method, cohort["X"])
            for part, method in zip(model.estimators_, model.stack_method_, strict=True)
        ]
    rows = {name: handle for name, handle in cohort.rows.items() if handle is not None}
    folds = draw_folds(model.cv, rows["X"], rows["y"], classifier=is_classifier(model))
    return [
        predict_out_of_fold(part, rows, folds, method, aggregator=cohort.aggregator)
        for (_, part), method in zip(estimators_of(model), model.stack_method_, strict=True)
    ]


def _is_binary(model: Any) -> bool:
    return len(getattr(model, "classes_", ())) == 2


@row_op("stacking.columns")
def stacked_columns(rows: Array, binary: bool) -> Array:
    """Predictions as columns; of two probabilities that add up to one, the second."""
    if rows.ndim == 1:
        return rows.reshape(-1, 1)
    return rows[:, 1:] if binary else rows
