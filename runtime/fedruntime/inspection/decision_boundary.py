"""What a model says of a grid of points: of the rows it takes only how far they reach."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pandas as pd
import sklearn.inspection

from fedruntime.attempts import attempted
from fedruntime.counterpart import assembled
from fedruntime.data.array import FedArray
from fedruntime.data.frame import FedFrame
from fedruntime.model import FLModel


class DecisionBoundaryDisplay(sklearn.inspection.DecisionBoundaryDisplay):  # type: ignore[misc]
    """``sklearn.inspection.DecisionBoundaryDisplay`` whose constructor also takes handles.

    The minimum and the maximum of both features are then revealed.
    """

    @classmethod
    @attempted
    def from_estimator(cls, *args: Any, **kwargs: Any) -> Any:
        """As scikit-learn's; ``X`` may be a handle, the estimator an ``FLModel``."""
        local = super().from_estimator
        given = inspect.signature(local).bind(*args, **kwargs)
        model, X = given.arguments["estimator"], assembled(given.arguments["X"])
        given.arguments["estimator"] = model.to_sklearn() if type(model) is FLModel else model
        given.arguments["X"] = _corners(X) if isinstance(X, FedArray | FedFrame) else X
        return local(*given.args, **given.kwargs)


def _corners(X: FedArray | FedFrame) -> Any:
    """Two rows that reach as far as all rows do."""
    corners = np.stack([np.asarray(X.min(axis=0)), np.asarray(X.max(axis=0))])
    if isinstance(X, FedFrame):
        return pd.DataFrame(corners, columns=X.columns)
    return corners
