"""Targets of random numbers, for trees that are grown at random: each party keeps those that the
pooled fit would draw for its own rows.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fedruntime.cohort import Cohort
from fedruntime.data.handle import Handle
from fedruntime.messages import Public
from fedruntime.operations import row_op


def uniform_target(cohort: Cohort, random_state: np.random.RandomState) -> Handle:
    """The rows of ``random_state.uniform(size=n_samples)``; the generator goes on behind them."""
    X = cohort["X"]
    drawn = cohort.federation.map(
        own_uniforms,
        layout=X.layout,
        each={party: {"positions": own} for party, own in X.layout.positions.items()},
        purpose=cohort.purpose,
        generator=random_state.get_state(legacy=False),
        n_samples=len(X),
    )
    random_state.uniform(size=len(X))
    return drawn


@row_op("public_targets.uniform")
def own_uniforms(
    positions: npt.NDArray[np.int64], generator: Public, n_samples: int
) -> npt.NDArray[np.float64]:
    """The draws for the rows at given pooled positions."""
    random_state = np.random.RandomState()
    random_state.set_state(generator)
    return random_state.uniform(size=n_samples)[positions]
