"""``SplineTransformer``: knots from the extremes of the columns, or from their quantiles."""

from __future__ import annotations

import numpy as np
from sklearn.preprocessing import SplineTransformer

from fedruntime.cohort import Cohort
from fedruntime.estimators.column_extremes import column_extremes
from fedruntime.estimators.design import prepare
from fedruntime.estimators.registry import Exactness, federated
from fedruntime.estimators.tables import as_numbers, example, labelled, require_table
from fedruntime.messages import Array
from fedruntime.order_statistics import quantiles
from fedruntime.weighted_order_statistics import weighted_quantiles


@federated(
    SplineTransformer,
    Exactness.EXACT,
    "knots between the extremes of every column, revealed by each party",
    when={
        ("knots", "quantile"): (
            Exactness.EXACT,
            "knots at quantiles, by radix selection over summed counts",
        )
    },
)
def fit(model: SplineTransformer, cohort: Cohort) -> None:
    """Fit scikit-learn's own splines on two public rows, with the pooled knots."""
    model._validate_params()
    X = cohort["X"]
    require_table(X)
    public = example(X.facts, min(2, len(X)))
    if X.facts.kind == "sparse" or len(X) < 2:
        model.fit(public)  # refuses in scikit-learn's words
    rows = prepare(cohort, finite=getattr(model, "handle_missing", "error") == "error")
    if getattr(model, "handle_missing", "error") == "zeros":
        rows = rows.replace(X=cohort.derive(as_numbers, dtypes=X.facts.dtypes))
    if not isinstance(model.knots, str):
        model.fit(public)
    elif model.knots == "uniform":
        model.fit(labelled(X, np.stack(column_extremes(rows))))
    else:
        _fit_with_knots(model, public, _quantile_knots(model, rows))


def _quantile_knots(model: SplineTransformer, rows: Cohort) -> Array:
    levels = 100 * np.linspace(start=0, stop=1, num=model.n_knots, dtype=np.float64) / 100
    if rows.has("sample_weight"):
        return weighted_quantiles(rows, levels, average=False)
    return quantiles(rows, levels)


def _fit_with_knots(model: SplineTransformer, public: Array, knots: Array) -> None:
    """scikit-learn's own fit, to which the knots of the pooled rows are given.

    Knots as a parameter would be refused where a column has equal quantiles.
    """
    model._get_base_knot_positions = lambda *rows, **options: knots
    try:
        model.fit(public)
    finally:
        del model._get_base_knot_positions
