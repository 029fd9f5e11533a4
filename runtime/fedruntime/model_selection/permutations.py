"""Permutation tests over handles. Values that are permuted over all rows would cross between
parties, so they are permuted within each: what scikit-learn does for ``groups``, with a party for
a group.
"""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
from sklearn import model_selection
from sklearn.base import clone
from sklearn.utils import check_random_state

from fedruntime.attempts import attempted
from fedruntime.counterpart import assembled, at_parties
from fedruntime.data.handle import Handle
from fedruntime.messages import Array
from fedruntime.model_selection.cross_validation import cross_val_score, local
from fedruntime.operations import Columns, row_op


@attempted
def permutation_test_score(estimator: Any, X: Any, y: Any, **options: Any) -> Any:
    """``sklearn.model_selection.permutation_test_score``, with labels permuted within each party.

    The score itself is that of the pooled data. The scores under permutations are draws from
    the distribution given how labels lie at parties: the test for rows that may be exchanged
    within a party.

    Parameters
    ----------
    estimator : FLModel or scikit-learn estimator
    X, y : handle
        Local data is left to scikit-learn itself.
    **options
        scikit-learn's.

    Returns
    -------
    score : float
    permutation_scores : ndarray of shape (n_permutations,)
    pvalue : float
    """
    X, y = assembled(X), assembled(y)
    signature = inspect.signature(model_selection.permutation_test_score)
    given = signature.bind(estimator, X, y, **options)
    if not at_parties({"X": X, "y": y}):
        return model_selection.permutation_test_score(local(estimator), X, y, **options)
    given.apply_defaults()
    random_state = check_random_state(given.arguments["random_state"])
    crossed = {
        name: value
        for name, value in options.items()
        if name in inspect.signature(model_selection.cross_val_score).parameters
    }

    def score(labels: Handle) -> Any:
        return np.mean(cross_val_score(clone(estimator), X, labels, **crossed))

    observed = score(y)
    count = given.arguments["n_permutations"]
    permuted = np.array([score(permuted_rows(y, random_state)) for _ in range(count)])
    return observed, permuted, (np.sum(permuted >= observed) + 1.0) / (count + 1)


def permuted_rows(rows: Handle, random_state: np.random.RandomState) -> Handle:
    """The same rows in another order at each party."""
    return rows.federation.map(
        reorder,
        layout=rows.layout,
        each=orders(rows, random_state),
        rows=rows,
        purpose="permutation",
    )


def orders(rows: Handle, random_state: np.random.RandomState) -> dict[str, dict[str, Array]]:
    """For each party a random ``order`` of its rows."""
    return {
        party: {"order": random_state.permutation(len(positions))}
        for party, positions in rows.layout.positions.items()
    }


@row_op("model_selection.reorder", selects=True, columns=Columns.KEPT)
def reorder(rows: Any, order: Array) -> Any:
    """A party's rows in another order."""
    return rows.iloc[order] if hasattr(rows, "iloc") else rows[order]
