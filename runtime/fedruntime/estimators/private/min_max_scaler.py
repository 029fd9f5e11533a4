"""``MinMaxScaler`` and ``MaxAbsScaler``: the declared bounds stand for the extremes, which belong
to single rows and have no private form. Nothing is asked of the parties.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler

from fedruntime.cohort import Cohort
from fedruntime.errors import BudgetError
from fedruntime.estimators.private.bounded_rows import require_numbers
from fedruntime.estimators.private.families import NOTHING, PrivateFit, private
from fedruntime.estimators.private.scales import declared_bounds
from fedruntime.estimators.tables import column_name, labelled, require_table


@private(MaxAbsScaler, "declared bounds stand for the extremes")
@private(MinMaxScaler, "declared bounds stand for the extremes")
def fit(model: Any, cohort: Cohort) -> PrivateFit:
    """Fit on two public rows: the lowest and the highest values that are declared.

    Raises
    ------
    BudgetError
        If a column has no declared bounds; names it.
    """
    model._validate_params()
    X = cohort["X"]
    require_table(X)
    require_numbers(X, "X")
    bounds = declared_bounds(cohort)
    missing = [number for number, pair in enumerate(bounds) if pair is None]
    if missing:
        shown = ", ".join(column_name(X.facts, number) for number in missing)
        raise BudgetError(
            f"{cohort.purpose}: the extremes of column {shown} belong to single rows; declare "
            "them, PrivacyBudget(..., bounds={column: (lowest, highest)}), or use StandardScaler"
        )
    model.fit(labelled(X, np.array(bounds, dtype=np.float64).T))
    model.n_samples_seen_ = cohort.n_samples
    return PrivateFit(0.0, 0.0, NOTHING)
