"""Layouts of rows over parties that the tests of the runtime run over."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

SEEDS = st.integers(0, 2**32 - 1)
LAYOUTS = st.tuples(
    st.sampled_from([1, 2, 3, 10]),
    st.sampled_from(["contiguous", "iid", "label skew", "one row"]),
)
"""How many parties there are, and how the rows lie."""


def owners(rng: np.random.Generator, labels: Any, parties: int, split: str) -> Any:
    """For each row the number of its party; some parties may get none, or one."""
    n = len(labels)
    if split == "contiguous":
        return np.sort(rng.integers(0, parties, n))
    if split == "iid":
        return rng.integers(0, parties, n)
    if split == "one row":
        return np.where(np.arange(n) == n // 2, parties - 1, 0)
    assert split == "label skew"
    return np.unique(labels, return_inverse=True)[1] % parties


def examples(count: int) -> settings:
    """The same ``count`` examples in every run; fixtures that hold no state may be used."""
    return settings(
        max_examples=count,
        deadline=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
