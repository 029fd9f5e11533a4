"""A target column as counts of its labels, of which scikit-learn's own functions know enough."""

from __future__ import annotations

from typing import Any

import numpy as np

from fedruntime.caller import where
from fedruntime.data.handle import Handle
from fedruntime.data.plain import as_array
from fedruntime.errors import UnsupportedError
from fedruntime.messages import Array


def counted_labels(y: Handle) -> Array:
    """The pooled labels in ascending order: the same as the pooled column up to its order.

    Raises
    ------
    RevealError
        If the labels hardly repeat.
    """
    if y.ndim != 1:
        raise UnsupportedError(f"{where()}labels are a vector, not {y!r}")
    held: Any = as_array(y)
    values, counts = np.unique(held, return_counts=True)
    return np.asarray(np.repeat(values, counts))
