"""Linear models across columns: the solver of the family as it is, on statistics that are computed
across columns. Predictions come about at the label party, from sums of each party's own columns.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import is_classifier
from sklearn.linear_model import (
    ElasticNet,
    GammaRegressor,
    Lasso,
    LinearRegression,
    LogisticRegression,
    PoissonRegressor,
    Ridge,
    TweedieRegressor,
)
from sklearn.svm import LinearSVC, LinearSVR

from fedruntime.data.handle import Handle
from fedruntime.errors import UnsupportedError
from fedruntime.estimators.apply import apply
from fedruntime.estimators.registry import family_of
from fedruntime.metrics.classification import accuracy_score
from fedruntime.metrics.deviances import d2_tweedie_score
from fedruntime.metrics.regression import r2_score
from fedruntime.vertical.aligned import Aligned
from fedruntime.vertical.cohort import AlignedCohort
from fedruntime.vertical.loading import label_party
from fedruntime.vertical.logistic_on_shares import fit_on_shares
from fedruntime.vertical.registry import Fitted, across_columns
from fedruntime.vertical.scores import Form, gather

_MOMENTS = (
    "to the coordinator: means and products of all columns and the target, as sums over all rows, "
    "and the coefficients"
)


_POWERS: Mapping[type, Callable[[Any], float]] = {
    GammaRegressor: lambda model: 2.0,
    PoissonRegressor: lambda model: 1.0,
    TweedieRegressor: lambda model: float(model.power),
}
"""Of models that score by the share of the deviance that they explain: its power."""


@dataclass(frozen=True)
class LinearPredictor(Fitted):
    """A fitted linear model, whose methods run at the label party on the linear predictor."""

    model: Any

    def apply(self, method: str, X: Aligned) -> Handle:
        if method in ("transform", "inverse_transform"):
            raise UnsupportedError(f"{method} of {type(self.model).__name__} has no counterpart")
        coef = np.atleast_2d(self.model.coef_)
        purpose = f"{type(self.model).__name__}.{method}"
        scores = gather(
            X,
            label_party(X.federation),
            Form(coef.T),
            np.zeros(len(coef)),
            purpose=purpose,
        )
        return apply(_on_scores(self.model, len(coef)), method, scores)

    def score(self, X: Aligned, y: Handle) -> float:
        predicted = self.apply("predict", X)
        if is_classifier(self.model):
            return float(accuracy_score(y, predicted))
        if isinstance(self.model, tuple(_POWERS)):
            power = _POWERS[type(self.model)](self.model)
            return float(d2_tweedie_score(y, predicted, power=power))
        return float(r2_score(y, predicted))


def _on_scores(model: Any, width: int) -> Any:
    """The model of which each linear predictor, without its intercept, is a feature."""
    reduced = copy.copy(model)
    reduced.coef_ = np.eye(width).reshape((*np.shape(model.coef_)[:-1], width))
    reduced.n_features_in_ = width
    if hasattr(reduced, "feature_names_in_"):
        del reduced.feature_names_in_
    return reduced


@across_columns(LinearRegression, Ridge, Lasso, ElasticNet, reveals=_MOMENTS)
def fit_least_squares(model: Any, cohort: AlignedCohort) -> Fitted:
    """Fit from the moments of all columns."""
    family_of(model).fit(model, cohort)
    return LinearPredictor(model)


_LOGITS = (
    "to the label party: each other party's part of the linear predictor, row by row, in every "
    "iteration; to the coordinator: loss, gradient and coefficients"
)


@across_columns(
    LogisticRegression,
    reveals=_LOGITS,
    parameters={"solver": ("lbfgs",)},
    reveal_none=True,
)
def fit_logistic(model: LogisticRegression, cohort: AlignedCohort) -> Fitted:
    """Fit by scikit-learn's own L-BFGS; or, where nothing of rows is to be told, on shares."""
    if cohort.reveal == "none":
        fit_on_shares(model, cohort)
        return LinearPredictor(model)
    return fit_by_descent(model, cohort)


@across_columns(
    PoissonRegressor,
    GammaRegressor,
    TweedieRegressor,
    reveals=_LOGITS,
    parameters={"solver": ("lbfgs",)},
)
def fit_by_descent(model: Any, cohort: AlignedCohort) -> Fitted:
    """Fit by scikit-learn's own L-BFGS, with partial predictors in the clear at the label party."""
    family_of(model).fit(model, cohort)
    return LinearPredictor(model)


@across_columns(
    LinearSVC,
    reveals=_LOGITS,
    parameters={"loss": ("squared_hinge",), "penalty": ("l2",)},
)
@across_columns(
    LinearSVR,
    reveals=_LOGITS,
    parameters={"loss": ("squared_epsilon_insensitive",)},
)
def fit_support_vectors(model: Any, cohort: AlignedCohort) -> Fitted:
    """Fit to the optimum by L-BFGS, with partial predictors in the clear at the label party."""
    family_of(model).fit(model, cohort)
    return LinearPredictor(model)
