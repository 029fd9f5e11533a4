"""Fitting a scikit-learn estimator where its columns lie at several parties: what ``FLModel`` does
then.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fedruntime.aggregation.aggregator import Aggregator
from fedruntime.data.handle import Handle
from fedruntime.errors import BudgetError, DataError, UnsupportedError
from fedruntime.estimators.registry import require_supported
from fedruntime.vertical.aligned import Aligned, owner_of
from fedruntime.vertical.cohort import AlignedCohort
from fedruntime.vertical.loading import label_party
from fedruntime.vertical.registry import family_across, fit_registered


def fit_across(
    model: Any,
    aggregator: Aggregator,
    rows: Mapping[str, Any],
    purpose: str,
    reveal: str | None = None,
) -> None:
    """Fit a model on columns at several parties.

    Raises
    ------
    UnsupportedError
        If its class, its parameters, or the arguments have no fit across columns. Nothing has
        been sent.
    DataError
        If the label does not lie at the label party, or has another number of rows.
    BudgetError
        Under a privacy budget: there are no private fits across columns.
    """
    family_across(model)
    X = rows["X"]
    given = {name: value for name, value in rows.items() if value is not None}
    for name, value in given.items():
        if name not in ("X", "y"):
            raise UnsupportedError(
                f"{purpose} takes no {name} where columns lie at several parties"
            )
        if len(value) != len(X):
            raise DataError(f"{purpose}: X has {len(X)} rows, {name} has {len(value)}")
    if (y := given.get("y")) is not None:
        _require_label(X, y, purpose)
    if X.federation.budget is not None:
        raise BudgetError(f"{purpose}: a privacy budget allows no fit across columns")
    cohort = AlignedCohort(X.federation, aggregator, {"X": X, "y": y}, purpose)
    require_supported(model, cohort)
    if reveal is not None:
        if not family_across(model).reveal_none:
            raise UnsupportedError(
                f"{purpose}: reveal= chooses for LogisticRegression only what is told of rows"
            )
        cohort.reveal = reveal
    fit_registered(model, cohort)


def _require_label(X: Aligned, y: Any, purpose: str) -> None:
    if not isinstance(y, Handle):
        raise DataError(f"{purpose}: y has to be a column that lies at the label party, not {y!r}")
    owner, label = owner_of(y), label_party(X.federation)
    if owner != label:
        raise DataError(
            f"{purpose}: y lies at {owner}, and the label party is {label}: set label_party, or "
            "say in columns who has it"
        )
