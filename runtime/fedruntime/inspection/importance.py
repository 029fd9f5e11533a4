"""How much a model's score depends on each feature, found by permuting its values."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pandas as pd
import sklearn.inspection
from sklearn.utils import Bunch, check_random_state

from fedruntime.attempts import attempted
from fedruntime.counterpart import assembled, at_parties
from fedruntime.data.handle import Handle
from fedruntime.data.take import take
from fedruntime.errors import UnsupportedError
from fedruntime.messages import Array
from fedruntime.model import FLModel
from fedruntime.model_selection.permutations import orders
from fedruntime.model_selection.scoring import Scorer, federated_scorers
from fedruntime.operations import row_op


@attempted
def permutation_importance(estimator: Any, X: Any, y: Any, **options: Any) -> Any:
    """``sklearn.inspection.permutation_importance``, with values permuted within each party.

    Permuted over all rows, values would cross between parties; so the draws differ from pooled
    ones, and their expectation does where a feature is distributed differently at the parties.

    Parameters
    ----------
    estimator : FLModel or scikit-learn estimator
        Fitted.
    X, y : handle
        Local data is left to scikit-learn itself.
    **options
        scikit-learn's; ``n_jobs`` has no effect.

    Returns
    -------
    Bunch
        ``importances`` (n_features, n_repeats), ``importances_mean``, ``importances_std``; of
        several scorings a dict of such.

    Raises
    ------
    UnsupportedError
        For ``sample_weight``.
    """
    X, y = assembled(X), assembled(y)
    given = inspect.signature(sklearn.inspection.permutation_importance).bind(
        estimator, X, y, **options
    )
    if not at_parties({"X": X, "y": y}):
        plain = estimator.to_sklearn() if isinstance(estimator, FLModel) else estimator
        return sklearn.inspection.permutation_importance(plain, X, y, **options)
    given.apply_defaults()
    chosen = given.arguments
    if chosen["sample_weight"] is not None:
        raise UnsupportedError(
            "permutation_importance: sample_weight has no federated counterpart; use None"
        )
    model = estimator if isinstance(estimator, FLModel) else FLModel(model=estimator)
    scorers = federated_scorers(chosen["scoring"])
    random_state = check_random_state(chosen["random_state"])
    X, y = _sample(X, y, chosen["max_samples"], random_state)
    several = scorers if isinstance(scorers, dict) else {"score": scorers}
    baseline = _scores(several, model, X, y)
    importances = {name: np.empty((X.shape[1], chosen["n_repeats"])) for name in several}
    for column, repeat in np.ndindex(X.shape[1], chosen["n_repeats"]):
        scores = _scores(several, model, _permuted(X, column, random_state), y)
        for name, score in scores.items():
            importances[name][column, repeat] = baseline[name] - score
    results = {
        name: Bunch(
            importances_mean=values.mean(axis=1),
            importances_std=values.std(axis=1),
            importances=values,
        )
        for name, values in importances.items()
    }
    return results if isinstance(scorers, dict) else results["score"]


def _scores(scorers: dict[str, Scorer], model: FLModel, X: Handle, y: Handle) -> dict[str, float]:
    return {name: scorer(model, X, y) for name, scorer in scorers.items()}


def _sample(
    X: Handle, y: Handle, max_samples: float | int, random_state: np.random.RandomState
) -> tuple[Handle, Handle]:
    rows = len(X)
    count = max_samples if isinstance(max_samples, int) else int(max_samples * rows)
    if count >= rows:
        return X, y
    positions = random_state.choice(rows, size=count, replace=False)
    return take(X, positions), take(y, positions)


def _permuted(X: Handle, column: int, random_state: np.random.RandomState) -> Handle:
    return X.federation.map(
        permute_column,
        layout=X.layout,
        each=orders(X, random_state),
        X=X,
        column=column,
        purpose="permutation_importance",
    )


@row_op("inspection.permute_column")
def permute_column(X: Any, column: int, order: Array) -> Any:
    """A party's rows with the values of one column in another order."""
    X = X.copy()
    if isinstance(X, pd.DataFrame):
        X.isetitem(column, X.iloc[order, column].array)
    else:
        X[:, column] = X[order, column]
    return X
