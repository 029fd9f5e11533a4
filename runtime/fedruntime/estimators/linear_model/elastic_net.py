"""``ElasticNet``, ``Lasso`` and their multi-task kin: scikit-learn's own coordinate descent on the
few rows that stand for the rows of all parties.
"""

from __future__ import annotations

from typing import Any

from sklearn.linear_model import ElasticNet, Lasso, MultiTaskElasticNet, MultiTaskLasso

from fedruntime.cohort import Cohort
from fedruntime.estimators.design import prepare
from fedruntime.estimators.registry import Exactness, federated
from fedruntime.estimators.surrogate import adopt, fit_on, is_sparse, stand_in

HOW = "scikit-learn's own coordinate descent on the factor of the summed Gram matrix"
PRECOMPUTED = {"precompute": (False, True)}


@federated(Lasso, Exactness.EXACT, HOW, parameters=PRECOMPUTED)
@federated(ElasticNet, Exactness.EXACT, HOW, parameters=PRECOMPUTED)
@federated(MultiTaskLasso, Exactness.EXACT, HOW)
@federated(MultiTaskElasticNet, Exactness.EXACT, HOW)
def fit_elastic_net(model: Any, cohort: Cohort) -> None:
    """Fit with an l1 penalty; as many sweeps as on the pooled rows, over the same coordinates.

    A Gram matrix of one's own as ``precompute`` is refused: the parties' is summed anyway.

    Raises
    ------
    ValueError
        In scikit-learn's words, for one target of a multi-task model.
    """
    model._validate_params()
    rows = prepare(cohort, target="numeric", accept_sparse=True)
    surrogate = stand_in(rows, centred=model.fit_intercept).averaged()
    solved = fit_on(model, surrogate, as_sparse=is_sparse(cohort))
    if hasattr(solved, "eps_"):
        # The tolerance that multi-task models keep is not divided by the number of rows.
        solved.eps_ *= cohort.n_samples / len(surrogate.X)
    adopt(model, solved, surrogate, cohort)
