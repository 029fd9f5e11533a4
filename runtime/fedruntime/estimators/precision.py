"""The floating-point precision in which scikit-learn would keep what it learns from given rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from fedruntime.data.handle import Handle


def precision_of(X: Handle) -> Any:
    """``numpy.float32`` if all columns are of that dtype, else ``numpy.float64``."""
    return np.float32 if set(X.facts.dtypes) == {"float32"} else np.float64
