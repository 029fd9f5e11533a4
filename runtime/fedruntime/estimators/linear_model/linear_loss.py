"""Objectives of linear models over parties: losses and derivatives, summed, under the interface of
``sklearn.linear_model._linear_loss.LinearModelLoss`` that the solvers of scikit-learn and scipy
drive. What parties compute is in ``linear_loss_statistics``; which loss a model has, and which
solver is driven, is decided elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.linear_model._linear_loss import LinearModelLoss

from fedruntime.cohort import Cohort
from fedruntime.data.take import take
from fedruntime.estimators.far_sums import sum_far
from fedruntime.estimators.linear_model.linear_loss_statistics import (
    hessian_statistic,
    loss_gradient_statistic,
    product_statistic,
)
from fedruntime.estimators.linear_model.pointwise_loss import Pointwise, pointwise_loss
from fedruntime.messages import Array

Floats = npt.NDArray[np.float64]

# A pointwise Hessian that vanishes for more of the rows than this makes the Newton solver of
# scikit-learn resort to L-BFGS.
_FLAT = 0.25
# Up to this many coefficients a Hessian is summed whole; beyond, its products are.
_WIDEST_HESSIAN = 2000


class SummedLinearLoss(LinearModelLoss):  # type: ignore[misc]
    """The penalised mean loss of the rows of a cohort.

    Its methods take the arguments of ``LinearModelLoss``, so that scikit-learn's solvers can drive
    it, and ignore those that would hold rows (``X``, ``y``, ``sample_weight``) or depend on them
    (``raw_prediction``). A vector of coefficients holds the classes of one feature side by side,
    the intercepts last.

    Parameters
    ----------
    cohort : Cohort
        With ``y`` as the loss takes it: numbers, or class codes.
    pointwise : mapping
    fit_intercept : bool
    total_weight : float
        What the sum of losses is divided by: the sum of all sample weights.
    """

    def __init__(
        self, cohort: Cohort, *, pointwise: Pointwise, fit_intercept: bool, total_weight: float
    ) -> None:
        super().__init__(base_loss=pointwise_loss(pointwise), fit_intercept=fit_intercept)
        self._cohort = cohort
        self._public: dict[str, Any] = {"pointwise": dict(pointwise), "total_weight": total_weight}
        self._latest: tuple[Floats, dict[str, Array]] | None = None
        self._evaluations = 0

    @property
    def n_features(self) -> int:
        return self._cohort.n_features

    @property
    def n_samples(self) -> int:
        return self._cohort.n_samples

    @property
    def n_curves(self) -> int:
        """How many coefficients a feature has."""
        return int(self.base_loss.n_classes) if self.base_loss.is_multiclass else 1

    @property
    def size(self) -> int:
        """How many coefficients there are, intercepts included."""
        return self.n_curves * (self.n_features + int(self.fit_intercept))

    @property
    def is_wide(self) -> bool:
        """Whether the Hessian is too large to be summed whole, or cannot be summed at all."""
        return self.size > _WIDEST_HESSIAN or not self._cohort.has_hessians

    def thinned(self, every: int) -> SummedLinearLoss:
        """About the same mean loss, of one in so many rows."""
        positions = np.arange(0, self.n_samples, every)
        rows = {
            name: None if handle is None else take(handle, positions)
            for name, handle in self._cohort.rows.items()
        }
        return SummedLinearLoss(
            self._cohort.replace(**rows),
            pointwise=self._public["pointwise"],
            fit_intercept=self.fit_intercept,
            total_weight=self._public["total_weight"] * len(positions) / self.n_samples,
        )

    def weight_intercept_raw(self, coef: Floats, X: Any) -> tuple[Floats, Any, Floats]:
        """Coefficients and intercept; a zero in the place of predictions, which stay with rows."""
        weights, intercept = self.weight_intercept(coef)
        return weights, intercept, np.zeros(())

    def loss(self, coef: Floats, *args: Any, **kwargs: Any) -> np.float64:
        """The objective's value."""
        return self.loss_gradient(coef, *args, **kwargs)[0]

    def gradient(self, coef: Floats, *args: Any, **kwargs: Any) -> Floats:
        """The objective's gradient, of the shape of ``coef``."""
        return self.loss_gradient(coef, *args, **kwargs)[1]

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
        weights, _ = self.weight_intercept(coef)
        sums = self._loss_gradient_sums(coef)
        value = sums["loss"] + self.l2_penalty(weights, l2_reg_strength)
        self._evaluations += 1
        self._cohort.federation.progress.step(self._evaluations, loss=value)
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
        features: Array | None = None,
    ) -> tuple[Floats, Floats, bool]:
        """Gradient, Hessian of shape (d, d), and whether it vanishes for a quarter of the rows.

        With ``features``, the Hessian in the coefficients of these features and the intercepts.
        """
        weights, _ = self.weight_intercept(coef)
        sums = self._cohort.sum(
            hessian_statistic, fit_intercept=self.fit_intercept, features=features, **self._at(coef)
        )
        gradient = np.empty_like(coef) if gradient_out is None else gradient_out
        gradient[...] = self._joined(sums, weights, l2_reg_strength).reshape(
            gradient.shape, order="F"
        )
        penalised = self.n_curves * (self.n_features if features is None else len(features))
        size = penalised + self.n_curves * int(self.fit_intercept)
        hessian = np.empty((size, size)) if hessian_out is None else hessian_out
        hessian[np.triu_indices(size)] = sums["hessian"]
        hessian.T[np.triu_indices(size)] = sums["hessian"]
        hessian[np.arange(penalised), np.arange(penalised)] += l2_reg_strength
        return gradient, hessian, bool(sums["flat"] > _FLAT)

    def gradient_hessian_product(
        self,
        coef: Floats,
        X: Any = None,
        y: Any = None,
        sample_weight: Any = None,
        l2_reg_strength: float = 0.0,
        n_threads: int = 1,
    ) -> tuple[Floats, Callable[[Floats], Floats]]:
        """Gradient, and the function that multiplies the Hessian by a vector."""
        if not self.is_wide:
            gradient, hessian, _ = self.gradient_hessian(coef, l2_reg_strength=l2_reg_strength)
            return gradient, lambda vector: hessian @ vector

        def product(vector: Floats) -> Floats:
            weights, intercept = self.weight_intercept(vector)
            sums = self._cohort.sum(
                product_statistic,
                direction=weights,
                intercept_direction=np.asarray(intercept),
                **self._at(coef),
            )
            return self._joined(sums, weights, l2_reg_strength)

        return self.gradient(coef, l2_reg_strength=l2_reg_strength), product

    def _at(self, coef: Floats) -> dict[str, Any]:
        """The public arguments of the statistics at these coefficients."""
        weights, intercept = self.weight_intercept(coef)
        return {"weights": weights, "intercept": np.asarray(intercept), **self._public}

    def _loss_gradient_sums(self, coef: Floats) -> dict[str, Array]:
        # Line searches ask for value and gradient at the same place one after the other.
        if self._latest is None or not np.array_equal(self._latest[0], coef):
            sums = sum_far(self._cohort, loss_gradient_statistic, **self._at(coef))
            self._latest = (coef.copy(), sums)
        return self._latest[1]

    def _joined(self, sums: Mapping[str, Any], weights: Floats, l2_reg_strength: float) -> Floats:
        """The gradient of all coefficients as one vector, in scikit-learn's order."""
        columns = [sums["weights"] + l2_reg_strength * weights]
        if self.fit_intercept:
            columns.append(sums["intercept"][..., np.newaxis])
        joined: Floats = np.concatenate(columns, axis=-1)
        return joined.ravel(order="F")
