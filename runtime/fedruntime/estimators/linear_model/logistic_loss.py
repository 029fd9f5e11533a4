"""The logistic objective over parties: scikit-learn's own pointwise losses, evaluated where the
rows are, summed, and handed to scikit-learn's and scipy's solvers under the interface of
``sklearn.linear_model._linear_loss.LinearModelLoss``. Which solver is driven is decided elsewhere.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn._loss.loss import HalfBinomialLoss, HalfMultinomialLoss
from sklearn.linear_model._linear_loss import LinearModelLoss

from fedruntime.cohort import Cohort
from fedruntime.estimators.row_blocks import row_blocks
from fedruntime.operations import Statistics, party_op

Floats = npt.NDArray[np.float64]

# A pointwise Hessian that vanishes for more of the rows than this makes the Newton solver of
# scikit-learn resort to L-BFGS.
_FLAT = 0.25


class SummedLogisticLoss(LinearModelLoss):  # type: ignore[misc]
    """The penalised mean logistic loss of the rows of a cohort.

    Its methods take the arguments of ``LinearModelLoss``, so that scikit-learn's solvers can drive
    it, and ignore those that would hold rows (``X``, ``y``, ``sample_weight``) or depend on them
    (``raw_prediction``). A vector of coefficients holds the classes of one feature side by side,
    the intercepts last.

    Parameters
    ----------
    cohort : Cohort
        With ``y`` as class codes.
    n_classes : int
        Two is the binomial loss, more the multinomial.
    fit_intercept : bool
    total_weight : float
        What the sum of losses is divided by: the sum of all sample weights.
    """

    def __init__(
        self, cohort: Cohort, *, n_classes: int, fit_intercept: bool, total_weight: float
    ) -> None:
        super().__init__(base_loss=_pointwise_loss(n_classes), fit_intercept=fit_intercept)
        self._cohort = cohort
        self._public = {"n_classes": n_classes, "total_weight": total_weight}

    @property
    def n_features(self) -> int:
        return self._cohort.n_features

    def weight_intercept_raw(self, coef: Floats, X: Any) -> tuple[Floats, Any, Floats]:
        """Coefficients and intercept; a zero in the place of predictions, which stay with rows."""
        weights, intercept = self.weight_intercept(coef)
        return weights, intercept, np.zeros(())

    def loss(self, coef: Floats, *args: Any, **kwargs: Any) -> np.float64:
        """The objective's value."""
        return self.loss_gradient(coef, *args, **kwargs)[0]

    def loss_gradient(
        self,
        coef: Floats,
        X: Any = None,
        y: Any = None,
        sample_weight: Any = None,
        l2_reg_strength: float = 0.0,
        n_threads: int = 1,
        raw_prediction: Any = None,
    ) -> tuple[np.float64, Floats]:
        """The objective's value and its gradient, of the shape of ``coef``."""
        weights, intercept = self.weight_intercept(coef)
        sums = self._cohort.sum(
            loss_gradient_statistic,
            weights=weights,
            intercept=np.asarray(intercept),
            **self._public,
        )
        value = sums["loss"] + self.l2_penalty(weights, l2_reg_strength)
        return np.float64(value), self._joined(sums, weights, l2_reg_strength)

    def gradient_hessian(
        self,
        coef: Floats,
        X: Any = None,
        y: Any = None,
        sample_weight: Any = None,
        l2_reg_strength: float = 0.0,
        n_threads: int = 1,
        gradient_out: Floats | None = None,
        hessian_out: Floats | None = None,
        raw_prediction: Any = None,
    ) -> tuple[Floats, Floats, bool]:
        """Gradient, Hessian of shape (d, d), and whether it vanishes for a quarter of the rows."""
        weights, intercept = self.weight_intercept(coef)
        sums = self._cohort.sum(
            hessian_statistic,
            weights=weights,
            intercept=np.asarray(intercept),
            fit_intercept=self.fit_intercept,
            **self._public,
        )
        gradient = np.empty_like(coef) if gradient_out is None else gradient_out
        gradient[...] = self._joined(sums, weights, l2_reg_strength).reshape(
            gradient.shape, order="F"
        )
        hessian = np.empty((coef.size, coef.size)) if hessian_out is None else hessian_out
        hessian[np.triu_indices(coef.size)] = sums["hessian"]
        hessian.T[np.triu_indices(coef.size)] = sums["hessian"]
        penalised = np.arange(weights.size)
        hessian[penalised, penalised] += l2_reg_strength
        return gradient, hessian, bool(sums["flat"] > _FLAT)

    def _joined(self, sums: dict[str, Any], weights: Floats, l2_reg_strength: float) -> Floats:
        """The gradient of all coefficients as one vector, in scikit-learn's order."""
        columns = [sums["weights"] + l2_reg_strength * weights]
        if self.fit_intercept:
            columns.append(sums["intercept"][..., np.newaxis])
        joined: Floats = np.concatenate(columns, axis=-1)
        return joined.ravel(order="F")


def _pointwise_loss(n_classes: int) -> Any:
    return HalfBinomialLoss() if n_classes == 2 else HalfMultinomialLoss(n_classes=n_classes)


@party_op("logistic.loss_gradient")
def loss_gradient_statistic(
    X: Any,
    y: Floats,
    sample_weight: Floats | None,
    weights: Floats,
    intercept: Floats,
    n_classes: int,
    total_weight: float,
) -> Statistics:
    """A party's part of the mean loss and its gradient.

    Parameters
    ----------
    weights : ndarray of shape (p,) for two classes, else (k, p)
    intercept : ndarray of shape () for two classes, else (k,) or ()

    Returns
    -------
    dict
        ``loss``; ``weights``, of the same shape as the argument; ``intercept``, of shape () for two
        classes, else (k,).
    """
    base_loss = _pointwise_loss(n_classes)
    loss = 0.0
    gradient, offset = np.zeros(weights.shape), np.zeros(weights.shape[:-1])
    for rows in _blocks(X):
        x = X[rows]
        losses, slopes = base_loss.loss_gradient(
            y_true=y[rows],
            raw_prediction=x @ weights.T + intercept,
            sample_weight=None if sample_weight is None else sample_weight[rows],
            n_threads=1,
        )
        loss += losses.sum()
        gradient += (x.T @ slopes).T
        offset += slopes.sum(axis=0)
    return {
        "loss": loss / total_weight,
        "weights": gradient / total_weight,
        "intercept": offset / total_weight,
    }


@party_op("logistic.hessian")
def hessian_statistic(
    X: Any,
    y: Floats,
    sample_weight: Floats | None,
    weights: Floats,
    intercept: Floats,
    n_classes: int,
    total_weight: float,
    fit_intercept: bool,
) -> Statistics:
    """A party's part of gradient and Hessian; arguments as for the gradient alone.

    Returns
    -------
    dict
        ``weights`` and ``intercept``, the gradient; ``hessian``, the upper triangle of the matrix
        of shape (d, d), row by row, in scikit-learn's order of coefficients; ``flat``, the share of
        weight on rows whose curvature vanishes.
    """
    base_loss = _pointwise_loss(n_classes)
    curves = 1 if n_classes == 2 else n_classes
    width = X.shape[1] + int(fit_intercept)
    gradient, offset = np.zeros(weights.shape), np.zeros(weights.shape[:-1])
    hessian = np.zeros((width, curves, width, curves))
    flat = 0.0
    for rows in _blocks(X):
        x = X[rows]
        arguments = {
            "y_true": y[rows],
            "raw_prediction": x @ weights.T + intercept,
            "sample_weight": None if sample_weight is None else sample_weight[rows],
            "n_threads": 1,
        }
        weight = np.ones(x.shape[0]) if sample_weight is None else sample_weight[rows]
        if n_classes == 2:
            slopes, curvature = base_loss.gradient_hessian(**arguments)
            flat += weight[curvature <= 0].sum()
            curvatures = {(0, 0): curvature}
        else:
            slopes, shares = base_loss.gradient_proba(**arguments)
            curvatures = {
                (k, j): weight * shares[:, k] * ((k == j) - shares[:, j])
                for k in range(curves)
                for j in range(k, curves)
            }
        gradient += (x.T @ slopes).T
        offset += slopes.sum(axis=0)
        for (k, j), curvature in curvatures.items():
            hessian[:, k, :, j] += _sandwich(x, curvature, fit_intercept)
    for k in range(curves):
        for j in range(k):
            hessian[:, k, :, j] = hessian[:, j, :, k]
    size = width * curves
    return {
        "weights": gradient / total_weight,
        "intercept": offset / total_weight,
        "hessian": hessian.reshape(size, size)[np.triu_indices(size)] / total_weight,
        "flat": flat / total_weight,
    }


def _sandwich(x: Any, curvature: Floats, fit_intercept: bool) -> Floats:
    """``[x, 1].T @ diag(curvature) @ [x, 1]``, without the ones if there is no intercept."""
    if sparse.issparse(x):
        inner = (x.T @ x.multiply(curvature[:, np.newaxis]).tocsr()).toarray()
    else:
        inner = x.T @ (curvature[:, np.newaxis] * x)
    if not fit_intercept:
        return np.asarray(inner)
    border = x.T @ curvature
    return np.block([[inner, border[:, np.newaxis]], [border, curvature.sum()]])


def _blocks(X: Any) -> Any:
    # Slices of sparse rows are copies; they are taken whole.
    if sparse.issparse(X):
        return [slice(None)] if X.shape[0] else []
    return row_blocks(*X.shape)
