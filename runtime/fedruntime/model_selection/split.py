"""``train_test_split`` for rows at the parties."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn import model_selection

from fedruntime.attempts import attempted
from fedruntime.counterpart import at_parties, row_count
from fedruntime.data.take import take
from fedruntime.model_selection.strata import Strata


@attempted
def train_test_split(
    *arrays: Any,
    test_size: float | int | None = None,
    train_size: float | int | None = None,
    random_state: Any = None,
    shuffle: bool = True,
    stratify: Any = None,
) -> list[Any]:
    """``sklearn.model_selection.train_test_split``: the rows that it draws from the pooled data.

    Parameters and result are scikit-learn's; the random stream is consumed as there. Without
    ``stratify`` the draw needs the public row counts alone. With it, each party reveals class
    counts of its runs of consecutive rows (see ``fedruntime.model_selection.strata``).

    Raises
    ------
    DataError
        If handles and local arrays are mixed, or rows do not lie at the same places.
    RevealError
        If stratification would reveal class counts of very few rows.
    """
    draw: dict[str, Any] = {
        "test_size": test_size,
        "train_size": train_size,
        "random_state": random_state,
        "shuffle": shuffle,
    }
    given = {f"array {number}": array for number, array in enumerate(arrays, start=1)}
    if not at_parties({**given, "stratify": stratify}):
        return list(model_selection.train_test_split(*arrays, **draw, stratify=stratify))
    positions = np.arange(row_count(arrays))
    if stratify is None or not shuffle:
        # scikit-learn itself refuses to stratify without shuffling; labels need not be asked for.
        labels = None if stratify is None else positions
        chosen = model_selection.train_test_split(positions, **draw, stratify=labels)
    else:
        strata = Strata.of(stratify, joined=True)
        drawn = model_selection.train_test_split(positions, **draw, stratify=strata.labels)
        chosen = [strata.select(part, in_order=False) for part in drawn]
    return [take(array, part) for array in arrays for part in chosen]
