"""The losses of generalised linear models, as private gradients need them: the residual of each
row, how long it may be, and the curvature that bounds a step.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import expit, softmax

from fedruntime.estimators.private.bounded_rows import as_numbers

Floats = npt.NDArray[np.float64]

_LARGEST_EXPONENT = 15.0  # of a mean, in units of the target's scale


@dataclass(frozen=True)
class Loss:
    """A loss, as public values.

    Parameters
    ----------
    kind : {"squared", "binomial", "multinomial", "tweedie"}
    outputs : int
        Targets, or classes of a multinomial loss, else 1.
    centre, scale : ndarray
        Of the targets; they are predicted in these units.
    power : float
        Of Tweedie's variance.
    classes : ndarray
        Labels by code.
    """

    kind: str
    outputs: int = 1
    centre: Any = 0.0
    scale: Any = 1.0
    power: float = 0.0
    classes: Any = ()

    @property
    def curvature(self) -> float:
        """A bound on the second derivative, or for Tweedie its size at the mean."""
        return {"binomial": 0.25, "multinomial": 0.5}.get(self.kind, 1.0)

    def limit(self, strong: bool, widening: float) -> float:
        """How long a row's residual may be.

        A weak fit clips the residuals of a classifier to what all rows have at the start, so that
        a row that is far on the wrong side counts no more than one at the boundary.
        """
        if self.kind == "binomial":
            return 1.0 if strong else 0.5
        if self.kind == "multinomial":
            return math.sqrt(2.0) if strong else math.sqrt(1.0 - 1.0 / self.outputs)
        usual = 2.0 if self.kind == "tweedie" else 1.5 if strong else 1.0
        return usual * math.sqrt(self.outputs) * widening

    def public(self) -> dict[str, Any]:
        """As a message has it."""
        return asdict(self)


def residuals(loss: Mapping[str, Any], prediction: Floats, y: Any) -> tuple[Floats, Floats]:
    """The derivative of the loss of every row by its linear prediction.

    Returns
    -------
    residual : ndarray of shape (n, outputs)
    known : ndarray of shape (n,)
        0 for rows whose target is missing or out of range: they contribute nothing.
    """
    if loss["kind"] in ("binomial", "multinomial"):
        codes = pd.Index(loss["classes"]).get_indexer(np.ravel(np.asarray(y)))
        if loss["kind"] == "binomial":
            return expit(prediction) - codes[:, np.newaxis], (codes >= 0).astype(np.float64)
        target = codes[:, np.newaxis] == np.arange(loss["outputs"])
        return softmax(prediction, axis=1) - target, (codes >= 0).astype(np.float64)
    with np.errstate(over="ignore"):
        target = (as_numbers(y, loss["outputs"]) - loss["centre"]) / loss["scale"]
    known = np.isfinite(target).all(axis=1)
    if loss["kind"] == "squared":
        return prediction - np.where(known[:, np.newaxis], target, 0.0), known.astype(np.float64)
    known &= (target >= 0.0).all(axis=1)
    exponent = np.clip(prediction, -_LARGEST_EXPONENT, _LARGEST_EXPONENT)
    mean = np.exp(exponent)
    difference = mean - np.where(known[:, np.newaxis], target, 0.0)
    return difference * mean ** (1.0 - loss["power"]), known.astype(np.float64)
