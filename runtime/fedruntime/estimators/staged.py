"""What boosted models say of rows at the parties after each of their stages."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from fedruntime.data.handle import Handle
from fedruntime.estimators.apply import apply

_BY_STAGE = ("estimators_", "estimator_weights_", "_predictors")


def staged(model: Any, method: str, rows: Handle) -> Iterator[Handle]:
    """The results of a method of a fitted model with its first stage only, its first two, ...

    Parameters
    ----------
    model : estimator
        A boosted one.
    method : str
        Such as ``predict``.
    rows : Handle
    """
    parts = {name: getattr(model, name) for name in _BY_STAGE if hasattr(model, name)}
    for count in range(1, max(map(len, parts.values())) + 1):
        shortened = copy.copy(model)
        for name, part in parts.items():
            setattr(shortened, name, part[:count])
        yield apply(shortened, method, rows)
