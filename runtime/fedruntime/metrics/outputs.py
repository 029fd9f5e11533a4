"""What metrics of numeric predictions share: targets as floats, scikit-learn's own judgement of
options and shapes, and the average over outputs.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from fedruntime.cohort import Cohort
from fedruntime.errors import DataError
from fedruntime.messages import Array


def targets(rows: Any, name: str) -> Array:
    """Finite floats of shape (n_samples, n_outputs).

    Raises
    ------
    DataError
        If entries are no numbers, missing or infinite.
    """
    values = np.asarray(rows)
    if values.dtype.kind != "f":
        try:
            values = values.astype(np.float64)
        except (TypeError, ValueError):
            raise DataError(f"{name} holds values that are no numbers") from None
    if not np.isfinite(values).all():
        raise DataError(f"{name} has missing or infinite entries: drop or fill these rows first")
    return values[:, np.newaxis] if values.ndim == 1 else values


def rehearse(local: Any, cohort: Cohort, options: dict[str, Any]) -> None:
    """Run scikit-learn's function on two rows of the same widths: its errors and warnings are
    ours.
    """
    rows = np.array([1.0, 2.0])
    true, predicted = (
        np.broadcast_to(rows.reshape(2, *[1] * len(tail)), (2, *tail))
        for tail in (cohort["y_true"].facts.tail, cohort["y_pred"].facts.tail)
    )
    local(true, predicted, **options)


def over_outputs(values: Array, options: dict[str, Any]) -> Any:
    """Average one value an output as ``multioutput`` says, as scikit-learn does."""
    multioutput = options.get("multioutput", "uniform_average")
    if isinstance(multioutput, str):
        return values if multioutput == "raw_values" else float(np.average(values))
    return float(np.average(values, weights=multioutput))
