"""The rows and columns that bagging draws for its estimators: scikit-learn's own draws on public
positions. Each party repeats them and keeps those of its own rows.
"""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import _bagging

from fedruntime.cohort import Cohort
from fedruntime.data.handle import Handle
from fedruntime.errors import UnsupportedError
from fedruntime.messages import Public
from fedruntime.operations import row_op

Integers = npt.NDArray[np.int64]

DRAWS_BY_WEIGHT = (
    "sample_weight" in inspect.signature(_bagging._generate_bagging_indices).parameters
)


def refuse_weights(cohort: Cohort) -> None:
    """Refuse sample weights where scikit-learn draws rows by them.

    Raises
    ------
    UnsupportedError
    """
    if DRAWS_BY_WEIGHT and cohort.has("sample_weight"):
        raise UnsupportedError(
            f"{cohort.purpose} with sample_weight has no federated counterpart: this scikit-learn "
            "draws rows by the weights of all rows, which nobody knows; use a random forest, or "
            "the estimator itself with sample_weight"
        )


def sampling_of(model: Any) -> dict[str, Public]:
    """How a model whose sampling attributes are set draws, as a message."""
    return {
        "bootstrap_features": bool(model.bootstrap_features),
        "bootstrap_samples": bool(model.bootstrap),
        "n_features": int(model.n_features_in_),
        "n_samples": int(model._n_samples),
        "max_features": int(model._max_features),
        "max_samples": int(model._max_samples),
    }


def drawn_indices(sampling: Public, seed: int) -> tuple[Integers, Integers]:
    """The columns and the pooled rows that one estimator is fitted on."""
    weights = {"sample_weight": None} if DRAWS_BY_WEIGHT else {}
    features, rows = _bagging._generate_bagging_indices(seed, **sampling, **weights)
    return features, rows


def draw_rows(model: Any, cohort: Cohort, seeds: Any) -> Handle:
    """How often each estimator is given each row, shape (rows, seeds)."""
    X = cohort["X"]
    return cohort.federation.map(
        drawn_rows,
        layout=X.layout,
        each={party: {"positions": own} for party, own in X.layout.positions.items()},
        purpose=cohort.purpose,
        sampling=sampling_of(model),
        seeds=np.asarray(seeds, dtype=np.int64),
    )


@row_op("bagging.rows")
def drawn_rows(positions: Integers, sampling: Public, seeds: Integers) -> Integers:
    """How often the rows at given pooled positions are drawn with each seed."""
    counts = np.empty((len(positions), len(seeds)), dtype=np.int64)
    for number, seed in enumerate(seeds):
        _, rows = drawn_indices(sampling, int(seed))
        counts[:, number] = np.bincount(rows, minlength=sampling["n_samples"])[positions]
    return counts


@row_op("bagging.weight")
def drawn_weight(drawn: Integers, number: int, sample_weight: Any = None) -> Any:
    """The weights of rows for one estimator."""
    own = drawn[:, number].astype(np.float64)
    return own if sample_weight is None else own * np.asarray(sample_weight, dtype=np.float64)
