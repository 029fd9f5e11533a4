"""What the parameters of a tree mean, and what a fitted one records besides its nodes."""

from __future__ import annotations

import math
import numbers
from typing import Any

import numpy as np
from sklearn.base import clone

from fedruntime.cohort import Cohort
from fedruntime.errors import UnsupportedError
from fedruntime.estimators.tables import labelled
from fedruntime.estimators.tree.splitting import Rules
from fedruntime.messages import Array

_DEPTH_WITHOUT_BOUND = int(np.iinfo(np.int32).max)


def refuse_parameters(model: Any) -> None:
    """Refuse what cannot be found from sums.

    Raises
    ------
    UnsupportedError
    """
    name = type(model).__name__
    if model.criterion == "absolute_error":
        raise UnsupportedError(
            f"{name}(criterion='absolute_error') has no federated fit: every candidate split needs "
            "two medians, which no sums give; use criterion='squared_error' or 'poisson'"
        )
    for parameter in ("criterion", "splitter"):
        value = getattr(model, parameter, "")
        if not isinstance(value, str):
            raise UnsupportedError(
                f"{name}({parameter}=...) takes the name of scikit-learn's own only, not an "
                f"object of type {type(value).__name__}; supported: a string"
            )


def rules_of(model: Any, n_samples: int) -> Rules:
    """The rules that a tree's parameters give for so many rows, as ``BaseDecisionTree._fit`` reads
    them; ``max_features_`` is known by then.
    """
    leaf, split = model.min_samples_leaf, model.min_samples_split
    if not isinstance(leaf, numbers.Integral):
        leaf = math.ceil(leaf * n_samples)
    if not isinstance(split, numbers.Integral):
        split = max(2, math.ceil(split * n_samples))
    return Rules(
        max_depth=_DEPTH_WITHOUT_BOUND if model.max_depth is None else int(model.max_depth),
        min_samples_split=max(int(split), 2 * int(leaf)),
        min_samples_leaf=int(leaf),
        min_weight_fraction_leaf=float(model.min_weight_fraction_leaf),
        max_features=int(model.max_features_),
        max_leaf_nodes=None if model.max_leaf_nodes is None else int(model.max_leaf_nodes),
        min_impurity_decrease=float(model.min_impurity_decrease),
        at_random=model.splitter == "random",
    )


def allow_missing(tree: Any, cohort: Cohort) -> bool:
    """Whether the installed scikit-learn lets this tree have missing values in these rows."""
    if cohort["X"].facts.kind == "sparse":
        return False
    return bool(tree._support_missing_values(np.zeros((1, 1))))


def fit_example(model: Any, cohort: Cohort, target: Array, **changes: Any) -> None:
    """Let scikit-learn check parameters and record what does not depend on the rows: names of
    features, classes, random states of parts.

    Parameters
    ----------
    model : estimator
    cohort : Cohort
        Of the fit; only the names and number of its columns are looked at.
    target : ndarray
        A public target: the classes, or one number for each output.
    **changes
        Parameters that the example is fitted with instead.
    """
    fitted = clone(model).set_params(**changes)
    if "random_state" in changes or "random_state" in model.get_params(deep=False):
        fitted.random_state = model.random_state  # a generator goes on drawing
    rows = labelled(cohort["X"], np.zeros((len(target), cohort.n_features)))
    fitted.fit(rows, target)
    own = model.get_params(deep=False)
    for name in [name for name in vars(model) if name not in own]:
        delattr(model, name)
    vars(model).update({name: held for name, held in vars(fitted).items() if name not in own})
