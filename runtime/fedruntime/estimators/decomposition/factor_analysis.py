"""``FactorAnalysis``: scikit-learn's iterations on a triangular factor that stands for the centred
rows, as they look at the rows through singular values and right vectors only.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from math import log

import numpy as np
import numpy.typing as npt
from scipy import linalg
from sklearn.decomposition import FactorAnalysis
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils.extmath import randomized_svd, squared_norm

from fedruntime.cohort import Cohort
from fedruntime.errors import DataError
from fedruntime.estimators.decomposition.row_products import RowProducts
from fedruntime.estimators.decomposition.singular_vectors import centred_rows, full_svd
from fedruntime.estimators.design import prepare, record_features
from fedruntime.estimators.registry import Exactness, federated

Floats = npt.NDArray[np.float64]
Step = Callable[[Floats, Floats], tuple[Floats, Floats, float]]

_SMALL = 1e-12


@federated(
    FactorAnalysis,
    Exactness.EXACT,
    "scikit-learn's iterations on a factor of the summed scatter matrix, from the same draws; with "
    "more columns than rows by full decompositions, which the pooled fit approximates",
    when={
        ("svd_method", "lapack"): (
            Exactness.EXACT,
            "scikit-learn's iterations on a factor of the summed scatter matrix; components up to "
            "their signs, which the pooled fit takes from single rows",
        )
    },
)
def fit_factor_analysis(model: FactorAnalysis, cohort: Cohort) -> None:
    """Fit by the iterations of ``FactorAnalysis.fit``; ``copy`` has no effect.

    Raises
    ------
    DataError
        If ``noise_variance_init`` has another length than rows.
    """
    model._validate_params()
    rows = prepare(cohort.only(X=cohort["X"]))
    centred = centred_rows(rows)
    svd = full_svd(centred.products, centred.scatter)
    factor = svd.values[:, np.newaxis] * svd.vectors
    n_components = rows.n_features if model.n_components is None else model.n_components
    if model.svd_method == "lapack" or rows.n_samples < rows.n_features:
        step = _lapack(n_components)
    else:
        step = _randomized(
            n_components, model.iterated_power, check_random_state(model.random_state)
        )
    record_features(model, cohort["X"])
    model.mean_ = centred.products.mean
    _iterate(model, factor, rows.n_samples, n_components, step)
    if model.svd_method == "randomized":
        model.components_ *= _signs(model, centred.products)[:, np.newaxis]
    if model.rotation is not None:
        model.components_ = model._rotate(model.components_)


def _iterate(
    model: FactorAnalysis, factor: Floats, n_samples: int, n_components: int, step: Step
) -> None:
    """The loop of ``FactorAnalysis.fit``; sets what it finds."""
    n_features = factor.shape[1]
    constant = n_features * log(2.0 * np.pi) + n_components
    variance = (factor**2).sum(axis=0) / n_samples
    psi = _initial_noise(model, n_features)
    loglike: list[np.float64] = []
    previous = -np.inf
    for _ in range(model.max_iter):
        root = np.sqrt(psi) + _SMALL
        values, vectors, unexplained = step(factor, root * np.sqrt(n_samples))
        values = values**2
        components = np.sqrt(np.maximum(values - 1.0, 0.0))[:, np.newaxis] * vectors * root
        likelihood = constant + np.sum(np.log(values)) + unexplained + np.sum(np.log(psi))
        loglike.append(likelihood * (-n_samples / 2.0))
        if loglike[-1] - previous < model.tol:
            break
        previous = loglike[-1]
        psi = np.maximum(variance - np.sum(components**2, axis=0), _SMALL)
    else:
        warnings.warn(
            "FactorAnalysis did not converge. You might want to increase the number of iterations.",
            ConvergenceWarning,
            stacklevel=4,
        )
    model.components_ = components
    model.noise_variance_ = psi
    model.loglike_ = loglike
    model.n_iter_ = len(loglike)


def _initial_noise(model: FactorAnalysis, n_features: int) -> Floats:
    if model.noise_variance_init is None:
        return np.ones(n_features)
    if len(model.noise_variance_init) != n_features:
        raise DataError(
            "noise_variance_init dimension does not with number of features : "
            f"{len(model.noise_variance_init)} != {n_features}"
        )
    return np.array(model.noise_variance_init, dtype=np.float64)


def _lapack(n_components: int) -> Step:
    def decompose(factor: Floats, divisor: Floats) -> tuple[Floats, Floats, float]:
        _, values, vectors = linalg.svd(factor / divisor, full_matrices=False)
        rest = float(squared_norm(values[n_components:]))
        return values[:n_components], vectors[:n_components], rest

    return decompose


def _randomized(n_components: int, n_iter: int, random_state: np.random.RandomState) -> Step:
    def decompose(factor: Floats, divisor: Floats) -> tuple[Floats, Floats, float]:
        scaled = factor / divisor
        _, values, vectors = randomized_svd(
            scaled, n_components, n_iter=n_iter, random_state=random_state
        )
        return values, vectors, float(squared_norm(scaled) - squared_norm(values))

    return decompose


def _signs(model: FactorAnalysis, products: RowProducts) -> Floats:
    """scikit-learn makes the largest entry of each left singular vector positive."""
    return products.signs_of_largest(model.components_.T / model.noise_variance_[:, np.newaxis])
