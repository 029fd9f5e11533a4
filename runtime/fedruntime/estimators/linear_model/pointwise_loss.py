"""Pointwise losses as messages, so that a party builds its own: those of ``sklearn._loss``, and the
squared ones of liblinear.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sklearn._loss import loss as losses

from fedruntime.errors import UnsupportedError
from fedruntime.estimators.linear_model import squared_losses

Pointwise = Mapping[str, Any]
"""A loss as a message: its ``name``, and the parameters it is built with."""

_LOSSES: Mapping[str, Callable[..., Any]] = {
    kind.__name__: kind
    for kind in (
        losses.AbsoluteError,
        losses.ExponentialLoss,
        losses.HalfBinomialLoss,
        losses.HalfGammaLoss,
        losses.HalfMultinomialLoss,
        losses.HalfPoissonLoss,
        losses.HalfSquaredError,
        losses.HalfTweedieLoss,
        losses.HalfTweedieLossIdentity,
        losses.HuberLoss,
        losses.PinballLoss,
        squared_losses.SquaredEpsilonInsensitiveLoss,
        squared_losses.SquaredHingeLoss,
    )
}


def pointwise_loss(pointwise: Pointwise) -> Any:
    """The loss that a message names."""
    parameters = {name: value for name, value in pointwise.items() if name != "name"}
    return _LOSSES[pointwise["name"]](**parameters)


def as_message(loss: Any) -> dict[str, Any]:
    """The message that names a loss.

    Raises
    ------
    UnsupportedError
        If it is not on the list of losses that cross to parties.
    """
    name = type(loss).__name__
    if name not in _LOSSES:
        raise UnsupportedError(f"the loss {name} is not on the list of those that parties build")
    if _LOSSES[name] is losses.HalfMultinomialLoss:
        return {"name": name, "n_classes": int(loss.n_classes)}
    parameters = {
        parameter: float(getattr(loss.closs, parameter))
        for parameter in ("power", "quantile", "delta")
        if hasattr(loss.closs, parameter)
    }
    return {"name": name, **parameters}
