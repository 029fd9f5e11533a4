"""One calibrator: scikit-learn's own optimisers on losses summed over the parties."""

from __future__ import annotations

from math import log
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import optimize
from sklearn import calibration
from sklearn._loss.loss import HalfBinomialLoss, HalfMultinomialLoss

from fedruntime.cohort import Cohort
from fedruntime.operations import Statistics, party_op

Floats = npt.NDArray[np.float64]

_LARGE = 30.0


def fit_sigmoid(rows: Cohort) -> Any:
    """Platt's sigmoid, as ``sklearn.calibration._sigmoid_calibration`` fits it.

    Parameters
    ----------
    rows : Cohort
        With ``X``, one response a row, and ``y`` of zeros and ones.
    """
    sums = rows.sum(prior_weights)
    largest = float(rows.maximum(largest_response)["largest"])
    scale = largest if largest >= _LARGE else 1.0
    negative, positive = float(sums["negative"]), float(sums["positive"])
    public = {
        "scale": scale,
        "targets": np.array([1.0 / (negative + 2.0), (positive + 1.0) / (positive + 2.0)]),
    }

    def loss_gradient(line: Floats) -> tuple[float, Floats]:
        found = rows.sum(sigmoid_loss_gradient, line=line, **public)
        return float(found["loss"]), found["gradient"]

    result = optimize.minimize(
        loss_gradient,
        np.array([0.0, log((negative + 1.0) / (positive + 1.0))]),
        method="L-BFGS-B",
        jac=True,
        options={"gtol": 1e-6, "ftol": 64 * np.finfo(float).eps},
    )
    fitted = calibration._SigmoidCalibration()
    fitted.a_, fitted.b_ = result.x[0] / scale, result.x[1]
    return fitted


def fit_temperature(rows: Cohort) -> Any:
    """One temperature for all classes, as ``sklearn.calibration._TemperatureScaling`` fits it.

    Parameters
    ----------
    rows : Cohort
        With ``X``, responses (n, k), and ``y`` of class numbers.
    """
    are_shares = rows.sum(count_no_shares)["count"] == 0

    def loss(log_beta: float) -> float:
        sums = rows.sum(temperature_loss, beta=float(np.exp(log_beta)), are_shares=bool(are_shares))
        return float(sums["loss"] / sums["weight"])

    result = optimize.minimize_scalar(
        loss, bounds=(-10.0, 10.0), options={"xatol": 64 * np.finfo(np.float64).eps}
    )
    fitted = calibration._TemperatureScaling()
    fitted.beta_ = np.exp(np.asarray(result.x, dtype=np.float64))
    return fitted


@party_op("calibration.priors", counts=("negative", "positive"))
def prior_weights(y: Any, sample_weight: Floats | None) -> Statistics:
    """The weight of rows of the other classes and of the class itself."""
    weight = np.ones(len(y)) if sample_weight is None else np.asarray(sample_weight, dtype=float)
    return {"negative": weight[y <= 0].sum(), "positive": weight[y > 0].sum()}


@party_op("calibration.largest", reveals="the largest magnitude of a classifier's responses")
def largest_response(X: Floats) -> Statistics:
    """The largest magnitude of responses."""
    return {"largest": np.abs(X).max(initial=0.0)}


@party_op("calibration.sigmoid")
def sigmoid_loss_gradient(
    X: Floats, y: Any, sample_weight: Floats | None, line: Floats, scale: float, targets: Floats
) -> Statistics:
    """The logistic loss of a line of responses, and its gradient in slope and intercept."""
    responses = np.asarray(X, dtype=np.float64) / scale
    losses, slopes = HalfBinomialLoss().loss_gradient(
        y_true=targets[(y > 0).astype(np.intp)],
        raw_prediction=-(line[0] * responses + line[1]),
        sample_weight=None if sample_weight is None else np.asarray(sample_weight, dtype=float),
        n_threads=1,
    )
    return {"loss": losses.sum(), "gradient": np.array([-slopes @ responses, -slopes.sum()])}


@party_op("calibration.no_shares")
def count_no_shares(X: Floats) -> Statistics:
    """How many rows are no shares of several classes that add up to one."""
    if X.shape[1] == 1:
        return {"count": len(X)}
    shares = ((X >= 0) & (X <= 1)).all(axis=1) & np.isclose(X.sum(axis=1), 1.0)
    return {"count": np.count_nonzero(~shares)}


@party_op("calibration.temperature")
def temperature_loss(
    X: Floats, y: Any, sample_weight: Floats | None, beta: float, are_shares: bool
) -> Statistics:
    """The multinomial loss of scaled responses, and the weight that it is a mean over."""
    responses = np.asarray(X, dtype=np.float64)
    if responses.shape[1] == 1:
        responses = np.hstack([-responses, responses])
    elif are_shares:
        responses = np.log(responses + 1e-12)
    weight = None if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
    losses = HalfMultinomialLoss(n_classes=responses.shape[1]).loss(
        y_true=np.asarray(y, dtype=np.float64),
        raw_prediction=np.ascontiguousarray(beta * responses),
        sample_weight=weight,
        n_threads=1,
    )
    return {"loss": losses.sum(), "weight": len(X) if weight is None else weight.sum()}
