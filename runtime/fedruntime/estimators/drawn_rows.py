"""Random numbers of one entry a pooled row, the same as scikit-learn draws for the pooled rows.

The generator is public. Each party repeats all draws and keeps those of its own rows, so that no
message grows with the number of rows.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from fedruntime.cohort import Cohort
from fedruntime.data.handle import Handle
from fedruntime.messages import Array, Public
from fedruntime.operations import row_op

Floats = npt.NDArray[np.float64]

_DRAWN_AT_ONCE = 2**20


def normal_rows(cohort: Cohort, columns: int, random_state: np.random.RandomState) -> Handle:
    """The rows of ``random_state.normal(size=(n_samples, columns))``, where the rows of ``X`` lie.

    The generator goes on behind these draws.
    """
    X = cohort["X"]
    drawn = cohort.federation.map(
        own_normals,
        layout=X.layout,
        each={party: {"positions": own} for party, own in X.layout.positions.items()},
        purpose=cohort.purpose,
        generator=random_state.get_state(legacy=False),
        n_samples=len(X),
        columns=columns,
    )
    for _ in _draws(random_state, len(X), columns):
        pass
    return drawn


@row_op("drawn.normals")
def own_normals(positions: Array, generator: Public, n_samples: int, columns: int) -> Floats:
    """The draws for the rows at ascending pooled positions."""
    random_state = np.random.RandomState()
    random_state.set_state(generator)
    parts = [np.empty((0, columns))]
    for start, drawn in _draws(random_state, n_samples, columns):
        first, last = np.searchsorted(positions, [start, start + len(drawn)])
        parts.append(drawn[positions[first:last] - start])
    return np.concatenate(parts)


def _draws(
    random_state: np.random.RandomState, n_samples: int, columns: int
) -> Iterator[tuple[int, Floats]]:
    """What one draw of shape (n_samples, columns) gives, in blocks of rows."""
    step = max(1, _DRAWN_AT_ONCE // max(columns, 1))
    for start in range(0, n_samples, step):
        yield start, random_state.normal(size=(min(step, n_samples - start), columns))
