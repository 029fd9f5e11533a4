"""Bootstrap samples as weights of rows: drawn by pooled positions exactly as scikit-learn's forests
draw them. Each party repeats all draws, which are public, and keeps those of its own rows.

Where scikit-learn draws rows by their sample weights (since 1.8), a row's number of draws is drawn
for itself instead, with the same mean: nobody knows the weights of all rows.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import stats
from sklearn.ensemble import _forest

from fedruntime.cohort import Cohort
from fedruntime.data.handle import Handle
from fedruntime.operations import Statistics, party_op, row_op

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

DRAWS_BY_WEIGHT = "sample_weight" in inspect.signature(_forest._generate_sample_indices).parameters


def sample_size(max_samples: Any, n_samples: int, weight: float | None) -> int:
    """How many rows a bootstrap sample draws, of ``n_samples`` with a total weight if any."""
    if not DRAWS_BY_WEIGHT:
        return int(_forest._get_n_samples_bootstrap(n_samples, max_samples))
    weights = None if weight is None else np.array([weight])
    return int(_forest._get_n_samples_bootstrap(n_samples, max_samples, weights))


def draw_samples(cohort: Cohort, seeds: Sequence[int], drawn: int, weight: float | None) -> Handle:
    """One sample a seed, as how often each has each row; shape (rows, seeds).

    Parameters
    ----------
    cohort : Cohort
        With ``sample_weight`` if rows are drawn by weight, or weigh more.
    seeds : sequence of int
    drawn : int
        How many rows a sample has.
    weight : float or None
        The total weight of all rows, if they have weights.
    """
    X = cohort["X"]
    weights = cohort["sample_weight"] if weight is not None else None
    return cohort.federation.map(
        sampled_rows,
        layout=X.layout,
        each={party: {"positions": own} for party, own in X.layout.positions.items()},
        purpose=cohort.purpose,
        sample_weight=weights,
        weight=weight,
        seeds=np.asarray(seeds, dtype=np.int64),
        n_samples=len(X),
        drawn=drawn,
    )


@row_op("bootstrap.samples")
def sampled_rows(
    positions: Integers,
    sample_weight: Floats | None,
    weight: float | None,
    seeds: Integers,
    n_samples: int,
    drawn: int,
) -> npt.NDArray[Any]:
    """How often samples have the rows at given pooled positions, times their weights."""
    whole = sample_weight is None or DRAWS_BY_WEIGHT
    counts = np.empty((len(positions), len(seeds)), dtype=np.int64 if whole else np.float64)
    for number, seed in enumerate(seeds):
        if sample_weight is not None and weight is not None and DRAWS_BY_WEIGHT:
            level = np.random.RandomState(seed).random_sample(n_samples)[positions]
            expected = sample_weight * (drawn / weight)
            counts[:, number] = stats.poisson.ppf(level, expected)
            continue
        indices = np.random.RandomState(seed).randint(0, n_samples, drawn, **_INDEX_TYPE)
        own = np.bincount(indices, minlength=n_samples)[positions]
        counts[:, number] = own if sample_weight is None else own * sample_weight
    return counts


# The type decides which numbers are drawn.
_INDEX_TYPE: dict[str, Any] = {} if DRAWS_BY_WEIGHT else {"dtype": np.int32}


@party_op("bootstrap.class_counts", counts=("counts",))
def sampled_classes(y: Floats, sample: Any, n_classes: int) -> Statistics:
    """How many rows of each class each sample has, shape (samples, classes)."""
    one_hot = np.equal.outer(y, np.arange(n_classes)).astype(np.float64)
    return {"counts": (sample.T @ one_hot).astype(np.int64)}


@row_op("bootstrap.balanced")
def balanced_samples(y: Floats, sample: Any, factors: Floats) -> Floats:
    """Samples whose rows weigh as their class does in each one, shape (samples, classes)."""
    return np.asarray(sample * factors.T[y.astype(np.int64)])
