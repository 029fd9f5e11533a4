"""The ways in which pooled rows may lie at parties, for every preparation estimator."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

_LAYOUTS: dict[str, Callable[[int], Any]] = {
    "one party": lambda n: np.zeros(n, dtype=int),
    "three interleaved": lambda n: np.arange(n) % 3,
    "five parties": lambda n: np.arange(n) * 5 // n,
    "one row and no row": lambda n: np.r_[0, np.full(n - 1, 2)],
}


@pytest.fixture(params=_LAYOUTS)
def dealt(request: Any, deal: Any) -> Callable[[int], Any]:
    """``dealt(n)`` deals tables of n rows over one of the layouts."""
    owners = _LAYOUTS[request.param]
    return lambda n: deal(owners(n))
