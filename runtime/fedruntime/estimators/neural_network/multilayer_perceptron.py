"""``MLPClassifier`` and ``MLPRegressor``: scikit-learn's own solvers on the same batches, with
gradients summed over the parties batch by batch.
"""

from __future__ import annotations

import math
from typing import Any

from sklearn.neural_network import MLPClassifier, MLPRegressor

from fedruntime.cohort import Cohort
from fedruntime.errors import DataError
from fedruntime.estimators.design import classes_of, prepare, record_features
from fedruntime.estimators.neural_network.summed_perceptron import SummedRows, train
from fedruntime.estimators.registry import Exactness, Level, federated

_HOW = "scikit-learn's own solvers on the same batches, their gradients summed; a message a batch"
_OTHER_ROWS = (
    Exactness.STATISTICAL,
    "as by default, but of two classes the rows that stop it early are drawn without a look at "
    "their labels",
)


def _judge(model: Any) -> Level | None:
    return _OTHER_ROWS if model.early_stopping and model.solver != "lbfgs" else None


@federated(MLPClassifier, Exactness.EXACT, _HOW, judge=_judge)
def fit_mlp_classifier(model: MLPClassifier, cohort: Cohort) -> None:
    """Fit from the weights that ``random_state`` draws, in float64.

    With ``warm_start`` from those of the fit before; the classes have to be the same.

    Raises
    ------
    DataError
        For other classes than before, or a target of several columns.
    """
    model._validate_params()
    if len(cohort["y"].shape) > 1:
        raise DataError("MLPClassifier takes one label a row: a target of several is not supported")
    classes = classes_of(cohort)
    if model.warm_start and hasattr(model, "classes_") and set(model.classes_) != set(classes):
        raise DataError(
            "warm_start can only be used where `y` has the same classes as in the previous call "
            f"to fit. Previously got {model.classes_}, `y` has {classes}"
        )
    rows = prepare(cohort, target="labels", classes=classes, accept_sparse=True)
    model.classes_ = classes
    _train(model, cohort, SummedRows(rows, max(len(classes), 2)))


@federated(MLPRegressor, Exactness.EXACT, _HOW)
def fit_mlp_regressor(model: MLPRegressor, cohort: Cohort) -> None:
    """Fit from the weights that ``random_state`` draws, in float64."""
    model._validate_params()
    rows = prepare(cohort, target="numeric", accept_sparse=True)
    _train(model, cohort, SummedRows(rows, 0))


def _train(model: Any, cohort: Cohort, rows: SummedRows) -> None:
    record_features(model, cohort["X"])
    if model.solver != "lbfgs":  # which searches lines as often as it takes
        batch = 200 if model.batch_size == "auto" else model.batch_size
        batches = math.ceil(rows.n_samples / min(batch, rows.n_samples))
        cohort.federation.progress.expect(model, model.max_iter * batches)
    train(model, rows)
