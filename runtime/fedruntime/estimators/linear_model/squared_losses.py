"""The squared losses of linear support vector machines, with the interface of ``sklearn._loss``."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


class SquaredLoss(ABC):
    """``max(0, excess)**2`` of an excess that changes with the prediction by -1, 0 or 1."""

    is_multiclass = False
    n_classes = 1

    @abstractmethod
    def excess(self, y_true: Floats, raw_prediction: Floats) -> tuple[Floats, Floats]:
        """What predictions exceed the loss-free range by, and how it changes with them."""

    def loss_gradient(
        self,
        y_true: Floats,
        raw_prediction: Floats,
        sample_weight: Floats | None = None,
        n_threads: int = 1,
    ) -> tuple[Floats, Floats]:
        """Losses and their derivatives by the predictions, times the weights."""
        excess, sign = self.excess(y_true, raw_prediction)
        over = np.maximum(excess, 0.0)
        weighed = over if sample_weight is None else over * sample_weight
        return weighed * over, 2 * weighed * sign

    def gradient_hessian(
        self,
        y_true: Floats,
        raw_prediction: Floats,
        sample_weight: Floats | None = None,
        n_threads: int = 1,
    ) -> tuple[Floats, Floats]:
        """First and second derivatives by the predictions, times the weights."""
        excess, sign = self.excess(y_true, raw_prediction)
        weight = np.where(excess > 0, 1.0 if sample_weight is None else sample_weight, 0.0)
        return 2 * weight * excess * sign, 2 * weight


class SquaredHingeLoss(SquaredLoss):
    """``max(0, 1 - t * raw_prediction)**2``, where t is -1 for a ``y_true`` of 0, and 1 for 1."""

    def excess(self, y_true: Floats, raw_prediction: Floats) -> tuple[Floats, Floats]:
        sign = 1 - 2 * y_true
        return 1 + sign * raw_prediction, sign


class SquaredEpsilonInsensitiveLoss(SquaredLoss):
    """``max(0, abs(raw_prediction - y_true) - epsilon)**2``.

    Parameters
    ----------
    epsilon : float
    """

    def __init__(self, epsilon: float) -> None:
        self.epsilon = epsilon

    def excess(self, y_true: Floats, raw_prediction: Floats) -> tuple[Floats, Floats]:
        deviation = raw_prediction - y_true
        return np.abs(deviation) - self.epsilon, np.sign(deviation)
