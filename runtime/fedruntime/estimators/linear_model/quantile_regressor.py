"""``QuantileRegressor``: the optimum of the pinball loss and its l1 penalty, which scikit-learn
finds by a linear program over all rows.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.base import clone
from sklearn.linear_model import QuantileRegressor

from fedruntime.cohort import Cohort
from fedruntime.errors import DataError
from fedruntime.estimators.design import prepare, record_features
from fedruntime.estimators.linear_model.absolute_loss import AbsoluteLoss, Objective, find_optimum
from fedruntime.estimators.linear_model.single_target import single_target
from fedruntime.estimators.registry import Exactness, federated
from fedruntime.operations import Statistics, party_op, row_op

Floats = npt.NDArray[np.float64]


@federated(
    QuantileRegressor,
    Exactness.EQUIVALENT,
    "an interior-point method on sums, and an exact last step: coefficients equal to 1e-9 where "
    "the optimum is unique, else an equal objective; n_iter_ counts its own steps",
)
def fit_quantile(model: QuantileRegressor, cohort: Cohort) -> None:
    """Fit by the same method whatever the ``solver``; ``solver_options`` have no effect.

    Where many coefficients are equally good, as those between the two middle targets are for a
    median without features, scikit-learn's are at an end of them, and these may be anywhere.

    Raises
    ------
    ValueError
        In scikit-learn's words, if the solver does not take the rows.
    """
    model._validate_params()
    row = np.zeros((1, 1))
    is_sparse = cohort["X"].facts.kind == "sparse"
    # scikit-learn's own fit of a public row refuses what it refuses.
    clone(model).fit(sparse.csr_matrix(row) if is_sparse else row, [0.0])
    rows = prepare(cohort, target="numeric", accept_sparse=True)
    rows = rows.replace(y=single_target(rows))
    middle = _mean_target(rows) if model.fit_intercept else 0.0
    rows = rows.replace(y=rows.derive(shifted_targets, middle=middle))
    loss = AbsoluteLoss(rows, fit_intercept=model.fit_intercept)
    width, size = rows.n_features, len(loss.x)
    # pinball(y - z) = abs(z - y) / 2 + (1 / 2 - quantile) * (z - y)
    tilt = 0.5 - model.quantile
    coef, steps = find_optimum(
        loss,
        Objective(
            strength=0.5,
            quadratic=np.zeros(size),
            l1=np.where(np.arange(size) < width, model.alpha * loss.weight, 0.0),
            linear=tilt * loss.x,
            constant=-tilt * loss.y,
            slope=-2 * tilt,
        ),
    )
    record_features(model, cohort["X"])
    model.coef_ = coef[:width]
    model.intercept_ = coef[-1] + middle if model.fit_intercept else 0.0
    model.n_iter_ = steps


def _mean_target(rows: Cohort) -> float:
    sums = rows.sum(target_statistic)
    if not sums["weight"] > 0:
        raise DataError("the sample weights add up to zero over all parties")
    return float(sums["y"] / sums["weight"])


@party_op("quantile_regressor.target")
def target_statistic(y: Floats, sample_weight: Floats | None) -> Statistics:
    """Weight of the rows, and weighted targets."""
    weight = np.ones(len(y)) if sample_weight is None else sample_weight
    return {"weight": weight.sum(), "y": weight @ y}


@row_op("quantile_regressor.shifted")
def shifted_targets(y: Floats, middle: float) -> Floats:
    """Targets less a number near all of them."""
    return y - middle
