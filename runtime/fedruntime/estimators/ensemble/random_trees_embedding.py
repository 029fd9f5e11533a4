"""``RandomTreesEmbedding``: leaves of random trees as features; nobody's target enters."""

from __future__ import annotations

import numpy as np
from sklearn.ensemble import RandomTreesEmbedding
from sklearn.preprocessing import OneHotEncoder
from sklearn.utils import check_random_state

from fedruntime.cohort import Cohort
from fedruntime.errors import UnsupportedError
from fedruntime.estimators.ensemble.growing_forest import MOST_BINS, grow_forest
from fedruntime.estimators.ensemble.public_targets import uniform_target
from fedruntime.estimators.registry import Exactness, federated
from fedruntime.estimators.tree.parameters import allow_missing, fit_example
from fedruntime.estimators.tree.tasks import as_tree_rows, regression_task


@federated(
    RandomTreesEmbedding,
    Exactness.STATISTICAL,
    "random trees grown together on summed histograms; columns and thresholds are other draws",
    parameters={"warm_start": (False,)},
)
def fit(model: RandomTreesEmbedding, cohort: Cohort) -> None:
    """Fit as ``RandomTreesEmbedding.fit`` does."""
    model._validate_params()
    if cohort.has("sample_weight"):
        raise UnsupportedError(
            f"{cohort.purpose} takes no sample_weight over parties: its trees are random; "
            "use RandomTreesEmbedding without sample_weight"
        )
    target = uniform_target(cohort, check_random_state(model.random_state))
    rows = as_tree_rows(
        cohort.replace(y=target),
        "numeric",
        missing=allow_missing(type(model.estimator)(), cohort),
        most=MOST_BINS,
        even_steps=True,
    )
    fit_example(model, cohort, np.zeros(2), n_jobs=None, verbose=0)
    model._n_samples = len(cohort["X"])
    grow_forest(model, model.estimators_, rows, regression_task(rows, "squared_error"), None)
    leaves = [np.flatnonzero(tree.tree_.children_left == -1) for tree in model.estimators_]
    longest = max(map(len, leaves))
    # Every leaf has rows, so each is a category, whatever the encoder is shown.
    shown = np.column_stack([np.resize(found, longest) for found in leaves])
    model.one_hot_encoder_ = OneHotEncoder(sparse_output=model.sparse_output).fit(shown)
    model._n_features_out = int(sum(model.one_hot_encoder_._n_features_outs))
