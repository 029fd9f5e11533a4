"""Multilayer perceptrons across columns, by split learning: each party holds the first layer of its
columns, the label party all other layers, the loss and the label.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import is_classifier
from sklearn.neural_network import MLPClassifier, MLPRegressor

from fedruntime.data.handle import Handle
from fedruntime.estimators.apply import apply
from fedruntime.estimators.registry import family_of
from fedruntime.metrics.classification import accuracy_score
from fedruntime.metrics.regression import r2_score
from fedruntime.vertical.aligned import Aligned
from fedruntime.vertical.cohort import AlignedCohort
from fedruntime.vertical.loading import label_party
from fedruntime.vertical.registry import Fitted, across_columns
from fedruntime.vertical.scores import Form, gather


@dataclass(frozen=True)
class SplitNetwork(Fitted):
    """A fitted perceptron, whose upper layers run at the label party."""

    model: Any

    def apply(self, method: str, X: Aligned) -> Handle:
        first, *others = self.model.coefs_
        purpose = f"{type(self.model).__name__}.{method}"
        inputs = gather(
            X, label_party(X.federation), Form(first), self.model.intercepts_[0], purpose=purpose
        )
        upper = copy.copy(self.model)
        width = first.shape[1]
        upper.coefs_ = [np.eye(width), *others]
        upper.intercepts_ = [np.zeros(width), *self.model.intercepts_[1:]]
        upper.n_features_in_ = width
        if hasattr(upper, "feature_names_in_"):
            del upper.feature_names_in_
        return apply(upper, method, inputs)

    def score(self, X: Aligned, y: Handle) -> float:
        measure = accuracy_score if is_classifier(self.model) else r2_score
        return float(measure(y, self.apply("predict", X)))


@across_columns(
    MLPClassifier,
    MLPRegressor,
    reveals="to the label party: each other party's part of the first layer's inputs, row by row; "
    "to the parties: the gradient there, row by row; to the coordinator: loss, gradient, weights",
    parameters={"early_stopping": (False,)},
)
def fit_perceptron(model: Any, cohort: AlignedCohort) -> Fitted:
    """Fit by scikit-learn's own solvers on the same batches."""
    family_of(model).fit(model, cohort)
    return SplitNetwork(model)
