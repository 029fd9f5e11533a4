"""``CalibratedClassifierCV``: calibrators fitted to what a classifier says of rows that it was not
fitted on. How one calibrator is fitted is written in ``calibrators``.
"""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV, _CalibratedClassifier
from sklearn.svm import LinearSVC
from sklearn.utils.validation import _check_response_method, check_is_fitted

from fedruntime.cohort import Cohort
from fedruntime.data.handle import Handle
from fedruntime.data.take import take
from fedruntime.errors import DataError
from fedruntime.estimators.apply import apply
from fedruntime.estimators.calibration.calibrators import fit_sigmoid, fit_temperature
from fedruntime.estimators.design import classes_of
from fedruntime.estimators.multiclass.one_vs_rest import is_one_of
from fedruntime.estimators.parts import fit_part, take_features_of, with_label_numbers
from fedruntime.estimators.registry import Exactness, federated
from fedruntime.messages import Array
from fedruntime.model_selection.cross_validation import predict_out_of_fold
from fedruntime.model_selection.folds import draw_folds
from fedruntime.operations import row_op

_RESPONSES = ["decision_function", "predict_proba"]


def _estimator(model: CalibratedClassifierCV) -> Any:
    return LinearSVC(random_state=0) if model.estimator is None else model.estimator


def _is_fitted_before(model: CalibratedClassifierCV) -> bool:
    # scikit-learn 1.6 put FrozenEstimator in the place of cv="prefit".
    return bool(model.cv == "prefit") or type(model.estimator).__name__ == "FrozenEstimator"


def parts_of(model: CalibratedClassifierCV) -> list[tuple[str, Any]]:
    """The classifier, unless it has been fitted before."""
    return [] if _is_fitted_before(model) else [("estimator", _estimator(model))]


@federated(
    CalibratedClassifierCV,
    Exactness.EXACT,
    "scikit-learn's own folds, and its calibration on summed losses; as exact as the classifier",
    parameters={"method": ("sigmoid", "temperature")},
    when={
        ("method", "temperature"): (
            Exactness.EQUIVALENT,
            "scikit-learn's own search for the temperature on summed losses: to about 1e-8, as far "
            "as a flat loss tells temperatures apart",
        )
    },
    parts=parts_of,
)
def fit(model: CalibratedClassifierCV, cohort: Cohort) -> None:
    """Fit as ``CalibratedClassifierCV.fit`` does."""
    model._validate_params()
    if _is_fitted_before(model):
        _calibrate_fitted(model, cohort)
        return
    part = _estimator(model)
    model.classes_ = classes_of(cohort)
    folds = draw_folds(model.cv, cohort["X"], cohort["y"], classifier=True)
    if model.method == "temperature" and isinstance(model.classes_[0], str):
        cohort = with_label_numbers(cohort, model.classes_)  # as scikit-learn does before fitting
    trained = cohort
    if "sample_weight" not in inspect.signature(type(part).fit).parameters:
        trained = cohort.replace(sample_weight=None)
    given = {name: handle for name, handle in trained.rows.items() if handle is not None}
    if model.ensemble:  # True, or "auto", which is True for a classifier that is fitted here
        model.calibrated_classifiers_ = []
        for number, pair in enumerate(folds.positions):
            train, test = (folds.index(positions) for positions in pair)
            fold = trained.replace(**{name: take(rows, train) for name, rows in given.items()})
            fitted = fit_part(part, fold, f"fold {number}")
            held_out = cohort.replace(
                **{name: take(cohort[name], test) for name in cohort.rows if cohort.has(name)}
            )
            said = apply(fitted, _method(fitted), held_out["X"])
            model.calibrated_classifiers_.append(_calibrated(model, fitted, held_out, said))
    else:
        said = predict_out_of_fold(
            clone(part), given, folds, _method(part), aggregator=cohort.aggregator
        )
        fitted = fit_part(part, trained, "all rows")
        model.calibrated_classifiers_ = [_calibrated(model, fitted, cohort, said)]
    take_features_of(model, model.calibrated_classifiers_[0].estimator)


def _calibrate_fitted(model: CalibratedClassifierCV, cohort: Cohort) -> None:
    fitted = model.estimator
    plain = getattr(fitted, "estimator", fitted)
    check_is_fitted(plain)
    model.classes_ = plain.classes_
    said = apply(plain, _method(plain), cohort["X"])
    model.calibrated_classifiers_ = [_calibrated(model, plain, cohort, said)]
    model.calibrated_classifiers_[0].estimator = fitted
    take_features_of(model, plain)


def _method(part: Any) -> str:
    return str(_check_response_method(part, _RESPONSES).__name__)


def _calibrated(model: Any, fitted: Any, rows: Cohort, said: Handle) -> _CalibratedClassifier:
    if len(fitted.classes_) < 2:
        raise DataError("the training rows of a fold have one class only: use stratified folds")
    temperature = model.method == "temperature"
    # Only a sigmoid wants the second of two probabilities alone.
    single = not temperature and _method(fitted) == "predict_proba"
    columns = rows.derive(response_columns, rows=said, single=single)
    if temperature:
        calibrators = [fit_temperature(_numbered(model, rows).replace(X=columns))]
    else:
        positive = fitted.classes_ if len(model.classes_) > 2 else model.classes_[1:]
        calibrators = [
            fit_sigmoid(
                rows.replace(
                    X=rows.derive(one_column, rows=columns, number=number),
                    y=rows.derive(is_one_of, classes=np.array([label])),
                )
            )
            for number, label in enumerate(positive)
        ]
    return _CalibratedClassifier(fitted, calibrators, method=model.method, classes=model.classes_)


def _numbered(model: CalibratedClassifierCV, rows: Cohort) -> Cohort:
    """Rows with labels as class numbers; names have become numbers before the fit."""
    if isinstance(model.classes_[0], str) and not _is_fitted_before(model):
        return rows
    return with_label_numbers(rows, model.classes_)


@row_op("calibration.columns")
def response_columns(rows: Array, single: bool) -> Array:
    """A column a class; of two classes the second one alone, if it is to be single."""
    if rows.ndim == 1:
        return rows[:, np.newaxis]
    return rows[:, 1:] if single and rows.shape[1] == 2 else rows


@row_op("calibration.column")
def one_column(rows: Array, number: int) -> Array:
    """One column."""
    return rows[:, number]
