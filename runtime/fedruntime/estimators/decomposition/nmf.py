"""``NMF``: the activations ``W`` are rows and stay at the parties, each of which updates its own by
scikit-learn's own code; the components ``H`` are updated from sums over the parties.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.decomposition import NMF
from sklearn.decomposition._cdnmf_fast import _update_cdnmf_fast
from sklearn.decomposition._nmf import _beta_divergence
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state

from fedruntime.cohort import Cohort
from fedruntime.data.handle import Handle
from fedruntime.errors import DataError
from fedruntime.estimators.decomposition.nmf_start import starting_point
from fedruntime.estimators.decomposition.nmf_updates import (
    coordinate_activations,
    coordinate_sums,
    divergence,
    multiplicative_activations,
    multiplicative_sums,
    multiplied,
)
from fedruntime.estimators.design import prepare, record_features
from fedruntime.estimators.precision import precision_of
from fedruntime.estimators.public_fit import refuse_negative
from fedruntime.estimators.registry import Exactness, federated
from fedruntime.operations import Statistics, party_op

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class _Penalty:
    """What is added for the norms of one factor."""

    l1: float
    l2: float


def fit_transform_nmf(model: NMF, cohort: Cohort) -> Handle:
    """Fit, and give the activations that the fit ended with, as scikit-learn does."""
    rows = _checked(model, cohort)
    activations, components = starting_point(model, rows)
    solve = _coordinate_descent if model.solver == "cd" else _multiplicative_updates
    activations, components, n_iter = solve(model, rows, activations, components)
    if n_iter == model.max_iter and model.tol > 0:
        warnings.warn(
            f"Maximum number of iterations {model.max_iter} reached. Increase it to improve "
            "convergence.",
            ConvergenceWarning,
            stacklevel=3,
        )
    record_features(model, cohort["X"])
    precision = precision_of(cohort["X"])
    one = np.ones((1, 1), dtype=precision)
    kind = type(_beta_divergence(one, one, one, model._beta_loss, square_root=True))
    model.reconstruction_err_ = kind(_error(model, rows, activations, components))
    model.n_components_ = len(components)
    model.components_ = components.astype(precision)
    model.n_iter_ = n_iter
    return activations


@federated(
    NMF,
    Exactness.EXACT,
    "scikit-learn's own updates of activations at the parties, components from sums; the same "
    "start, but for more columns than rows, where nndsvd starts take the decomposition that the "
    "pooled fit approximates",
    parameters={"init": (None, "random", "nndsvd", "nndsvda", "nndsvdar")},
    when={
        ("init", "nndsvdar"): (
            Exactness.STATISTICAL,
            "scikit-learn's own updates from another random fill of the zeros in the start, as the "
            "positions of zeros are not revealed",
        )
    },
    fit_transform=fit_transform_nmf,
)
def fit_nmf(model: NMF, cohort: Cohort) -> None:
    """Fit by the solver of ``NMF.fit``, with as many iterations; ``verbose`` has no effect.

    Raises
    ------
    DataError
        For negative values, and in scikit-learn's words for parameters that do not go together.
    """
    fit_transform_nmf(model, cohort)


def _checked(model: NMF, cohort: Cohort) -> Cohort:
    model._validate_params()
    rows = prepare(cohort.only(X=cohort["X"]), accept_sparse=True)
    try:
        model._check_params(np.broadcast_to(0.0, cohort["X"].shape))
    except ValueError as error:
        raise DataError(str(error)) from None
    refuse_negative(model, rows)
    if model._beta_loss <= 0 and rows.sum(count_zeros)["zeros"]:
        raise DataError(
            "When beta_loss <= 0 and X contains zeros, the solver may diverge. Please add small "
            "values to X, or use a positive beta_loss."
        )
    if model._n_components == "auto":
        model._n_components = rows.n_features
    least = min(cohort["X"].shape)
    if model.init not in (None, "random") and model._n_components > least:
        raise DataError(
            f"init = '{model.init}' can only be used when n_components <= min(n_samples, "
            "n_features)"
        )
    return rows


def _penalties(model: NMF, rows: Cohort) -> tuple[_Penalty, _Penalty]:
    """Those of activations and of components."""
    one = np.broadcast_to(0.0, rows["X"].shape)
    l1_w, l1_h, l2_w, l2_h = model._compute_regularization(one)
    return _Penalty(l1_w, l2_w), _Penalty(l1_h, l2_h)


def _coordinate_descent(
    model: NMF, rows: Cohort, activations: Handle, components: Floats
) -> tuple[Handle, Floats, int]:
    """As ``sklearn.decomposition._nmf._fit_coordinate_descent``."""
    of_rows, of_columns = _penalties(model, rows)
    transposed = np.ascontiguousarray(components.T)
    random_state = check_random_state(model.random_state)
    first = 0.0
    for number in range(1, model.max_iter + 1):
        updated = rows.replace(W=activations).derive(
            coordinate_activations,
            components=transposed,
            l1=of_rows.l1,
            l2=of_rows.l2,
            permutation=_permutation(model, transposed, random_state),
        )
        sums = rows.replace(W=updated).sum(coordinate_sums)
        gram = sums["gram"]
        gram.flat[:: len(gram) + 1] += of_columns.l2
        violation = float(sums["violation"]) + _update_cdnmf_fast(
            transposed,
            gram,
            sums["cross"] - of_columns.l1,
            _permutation(model, transposed, random_state),
        )
        activations = updated
        if number == 1:
            first = violation
        if first == 0 or violation / first <= model.tol:
            break
    return rows.replace(W=activations).derive(multiplied), transposed.T, number


def _permutation(
    model: NMF, transposed: Floats, random_state: np.random.RandomState
) -> npt.NDArray[np.intp]:
    count = transposed.shape[1]
    order = random_state.permutation(count) if model.shuffle else np.arange(count)
    return np.asarray(order, dtype=np.intp)


def _multiplicative_updates(
    model: NMF, rows: Cohort, activations: Handle, components: Floats
) -> tuple[Handle, Floats, int]:
    """As ``sklearn.decomposition._nmf._fit_multiplicative_update``."""
    of_rows, of_columns = _penalties(model, rows)
    beta = float(model._beta_loss)
    gamma = 1.0 / (2.0 - beta) if beta < 1 else 1.0 / (beta - 1.0) if beta > 2 else 1.0
    at_start = previous = _error(model, rows, activations, components)
    eps = np.finfo(np.float64).eps
    for number in range(1, model.max_iter + 1):
        activations = rows.replace(W=activations).derive(
            multiplicative_activations,
            components=components,
            beta=beta,
            gamma=gamma,
            l1=of_rows.l1,
            l2=of_rows.l2,
        )
        sums = rows.replace(W=activations).sum(
            multiplicative_sums, components=components, beta=beta
        )
        components = _multiplied(components, sums, beta, gamma, of_columns)
        if beta <= 1:
            components[components < eps] = 0.0
        if model.tol > 0 and number % 10 == 0:
            error = _error(model, rows, activations, components)
            if (previous - error) / at_start < model.tol:
                break
            previous = error
    return activations, components, number


def _multiplied(
    components: Floats, sums: Mapping[str, Floats], beta: float, gamma: float, penalty: _Penalty
) -> Floats:
    """As ``sklearn.decomposition._nmf._multiplicative_update_h``, from summed terms."""
    if beta == 2:
        denominator = sums["denominator"] @ components
    elif beta == 1:
        total = np.where(sums["denominator"] == 0, 1.0, sums["denominator"])
        denominator = np.repeat(total[:, np.newaxis], components.shape[1], axis=1)
    else:
        denominator = sums["denominator"]
    denominator = denominator + penalty.l1 + penalty.l2 * components
    denominator[denominator == 0] = np.finfo(np.float32).eps
    change = sums["numerator"] / denominator
    return np.asarray(components * (change**gamma if gamma != 1 else change))


def _error(model: NMF, rows: Cohort, activations: Handle, components: Floats) -> float:
    """The reconstruction error that scikit-learn reports: the root of twice the divergence."""
    beta = float(model._beta_loss)
    total = rows.replace(W=activations).sum(divergence, components=components, beta=beta)
    return float(np.sqrt(2 * max(float(total["divergence"]), 0.0)))


@party_op("nmf.zeros")
def count_zeros(X: Any) -> Statistics:
    """The number of zeros."""
    stored = X.count_nonzero() if sparse.issparse(X) else np.count_nonzero(X)
    return {"zeros": X.shape[0] * X.shape[1] - int(stored)}
