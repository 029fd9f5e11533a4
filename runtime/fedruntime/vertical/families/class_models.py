"""Classifiers that describe each class by where its rows lie, across columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import logsumexp
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.naive_bayes import GaussianNB

from fedruntime.data.handle import Handle
from fedruntime.errors import UnsupportedError
from fedruntime.estimators.registry import family_of
from fedruntime.messages import Array
from fedruntime.metrics.classification import accuracy_score
from fedruntime.operations import row_op
from fedruntime.vertical.aligned import Aligned
from fedruntime.vertical.cohort import AlignedCohort
from fedruntime.vertical.families.linear_models import LinearPredictor
from fedruntime.vertical.loading import label_party
from fedruntime.vertical.registry import Fitted, across_columns
from fedruntime.vertical.scores import Form, gather

Floats = npt.NDArray[np.float64]

_CLASSES = (
    "to the coordinator: means and squares of all columns by class, and how many rows a class has"
)


@dataclass(frozen=True)
class LikelihoodPredictor(Fitted):
    """A fitted ``GaussianNB``, whose likelihoods come together at the label party."""

    model: GaussianNB

    def apply(self, method: str, X: Aligned) -> Handle:
        if method not in _OF_LIKELIHOODS:
            raise UnsupportedError(f"{method} of GaussianNB has no counterpart across columns")
        model = self.model
        likelihoods = gather(
            X,
            label_party(X.federation),
            Form((-0.5 / model.var_).T, model.theta_.T),
            np.log(model.class_prior_) - 0.5 * np.log(2 * np.pi * model.var_).sum(axis=1),
            purpose=f"GaussianNB.{method}",
        )
        return X.federation.map(
            of_likelihoods,
            purpose=f"GaussianNB.{method}",
            likelihoods=likelihoods,
            classes=model.classes_,
            method=method,
        )

    def score(self, X: Aligned, y: Handle) -> float:
        return float(accuracy_score(y, self.apply("predict", X)))


_OF_LIKELIHOODS = (
    "predict",
    "predict_joint_log_proba",
    "predict_log_proba",
    "predict_proba",
)


@row_op("across.of_likelihoods")
def of_likelihoods(likelihoods: Floats, classes: Array, method: str) -> Array:
    """What a classifier says of rows, from the joint log likelihood of each class; as
    ``sklearn.naive_bayes._BaseNB`` has it."""
    if method == "predict":
        return np.asarray(classes[np.argmax(likelihoods, axis=1)])
    if method == "predict_joint_log_proba":
        return likelihoods
    logs = likelihoods - logsumexp(likelihoods, axis=1, keepdims=True)
    return np.asarray(logs if method == "predict_log_proba" else np.exp(logs))


@across_columns(GaussianNB, reveals=_CLASSES)
def fit_naive_bayes(model: GaussianNB, cohort: AlignedCohort) -> Fitted:
    """Fit from sums by class."""
    family_of(model).fit(model, cohort)
    return LikelihoodPredictor(model)


@dataclass(frozen=True)
class DiscriminantPredictor(LinearPredictor):
    """A fitted ``LinearDiscriminantAnalysis``, which also projects."""

    def apply(self, method: str, X: Aligned) -> Handle:
        if method != "transform":
            return super().apply(method, X)
        model = self.model
        if model.solver == "lsqr":
            raise UnsupportedError(
                "transform not implemented for 'lsqr' solver (use 'svd' or 'eigen')."
            )
        scalings = model.scalings_[:, : model._max_components]
        start = -model.xbar_ @ scalings if model.solver == "svd" else np.zeros(scalings.shape[1])
        purpose = "LinearDiscriminantAnalysis.transform"
        return gather(X, label_party(X.federation), Form(scalings), start, purpose=purpose)


@across_columns(
    LinearDiscriminantAnalysis,
    reveals=f"{_CLASSES}; products of all columns",
)
def fit_discriminant(model: Any, cohort: AlignedCohort) -> Fitted:
    """Fit from sums by class and the moments of all columns.

    Raises
    ------
    UnsupportedError
        For classes that are weighed by given priors, and ``shrinkage="auto"``.
    """
    if model.shrinkage == "auto" or (model.priors is not None and model.solver != "svd"):
        raise UnsupportedError(
            "LinearDiscriminantAnalysis across columns takes neither shrinkage='auto' nor priors "
            "beside solver='svd': they need the scatter of single classes"
        )
    family_of(model).fit(model, cohort)
    return DiscriminantPredictor(model)
