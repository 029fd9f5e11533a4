"""How many rows the metric tests draw, and what they call equal."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

N_ROWS = st.integers(2, 60)


def close(federated: Any, pooled: Any, tolerance: float = 4e-15) -> bool:
    """Equal to a few units in the last place; NaN equals NaN."""
    return bool(np.allclose(federated, pooled, rtol=tolerance, atol=0, equal_nan=True))
