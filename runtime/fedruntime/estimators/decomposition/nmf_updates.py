"""What a party computes in the iterations of ``NMF``: its own activations by scikit-learn's own
updates, and the terms of the components' updates, which are sums over rows.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.decomposition._cdnmf_fast import _update_cdnmf_fast
from sklearn.decomposition._nmf import (
    EPSILON,
    _beta_divergence,
    _multiplicative_update_w,
    _special_sparse_dot,
)

from fedruntime.operations import Statistics, party_op, row_op

Floats = npt.NDArray[np.float64]


@row_op("nmf.coordinate_activations")
def coordinate_activations(
    X: Any, W: Floats, components: Floats, l1: float, l2: float, permutation: Any
) -> Floats:
    """One sweep over the activations, as scikit-learn's ``_update_coordinate_descent``.

    Parameters
    ----------
    W : ndarray of shape (rows, k) or (rows, k + 1)
    components : ndarray of shape (p, k)

    Returns
    -------
    ndarray of shape (rows, k + 1)
        The last column adds up to how far the party's rows were from the optimality conditions.
    """
    k = components.shape[1]
    updated = np.ascontiguousarray(W[:, :k])
    gram = components.T @ components
    gram.flat[:: k + 1] += l2
    violation = np.zeros(len(updated))
    if len(updated):
        violation[0] = _update_cdnmf_fast(
            updated, gram, np.ascontiguousarray(X @ components - l1), np.asarray(permutation)
        )
    return np.column_stack([updated, violation])


@row_op("nmf.activations")
def multiplied(W: Floats) -> Floats:
    """The activations without the column that ``coordinate_activations`` appends."""
    return np.ascontiguousarray(W[:, :-1])


@party_op("nmf.coordinate_sums")
def coordinate_sums(X: Any, W: Floats) -> Statistics:
    """``W.T @ W`` (k, k), ``X.T @ W`` (p, k), and the violation that came with ``W``."""
    activations = np.ascontiguousarray(W[:, :-1])
    return {
        "gram": activations.T @ activations,
        "cross": X.T @ activations,
        "violation": W[:, -1].sum(),
    }


@row_op("nmf.multiplicative_activations")
def multiplicative_activations(
    X: Any, W: Floats, components: Floats, beta: float, gamma: float, l1: float, l2: float
) -> Floats:
    """One multiplicative update of the activations, by scikit-learn's own function."""
    updated = W.copy()
    if len(updated):
        updated = _multiplicative_update_w(X, updated, components, beta, l1, l2, gamma)[0]
    if beta < 1:
        updated[updated < np.finfo(np.float64).eps] = 0.0
    return np.asarray(updated)


@party_op("nmf.multiplicative_sums")
def multiplicative_sums(X: Any, W: Floats, components: Floats, beta: float) -> Statistics:
    """The terms of scikit-learn's ``_multiplicative_update_h`` that are sums over rows.

    Returns
    -------
    dict
        ``numerator`` (k, p); ``denominator``: for a beta of 2 the Gram matrix of activations
        (k, k), for 1 their sums (k,), else (k, p).
    """
    if beta == 2:
        return {"numerator": np.asarray((X.T @ W).T), "denominator": W.T @ W}
    ratio = _special_sparse_dot(W, components, X)
    values = ratio.data if sparse.issparse(X) else ratio
    denominator = W.sum(axis=0) if beta == 1 else _powered(X, W, components, beta)
    if beta < 2:
        values[values < EPSILON] = EPSILON
    values **= beta - 2
    values *= X.data if sparse.issparse(X) else X
    return {"numerator": np.asarray((ratio.T @ W).T), "denominator": denominator}


def _powered(X: Any, W: Floats, components: Floats, beta: float) -> Floats:
    """``W.T @ (W @ H) ** (beta - 1)``, column by column where rows are sparse and so long."""
    columns = range(components.shape[1]) if sparse.issparse(X) else [slice(None)]
    found = np.empty(components.shape)
    for column in columns:
        product = W @ components[:, column]
        if beta < 1:
            product[product < EPSILON] = EPSILON
        found[:, column] = W.T @ product ** (beta - 1)
    return found


@party_op("nmf.divergence")
def divergence(X: Any, W: Floats, components: Floats, beta: float) -> Statistics:
    """The beta-divergence between a party's rows and their reconstruction."""
    own = _beta_divergence(X, W, components, beta) if len(W) else 0.0
    return {"divergence": np.float64(own)}
