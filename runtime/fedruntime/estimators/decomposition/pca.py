"""``PCA``: the singular values and right vectors of the centred rows, from sums."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.decomposition import PCA
from sklearn.decomposition._pca import _infer_dimension
from sklearn.utils import check_random_state
from sklearn.utils.extmath import svd_flip

from fedruntime.cohort import Cohort
from fedruntime.errors import DataError
from fedruntime.estimators.decomposition.singular_vectors import (
    centred_rows,
    full_svd,
    leading_svd,
    randomized_svd,
)
from fedruntime.estimators.design import prepare, record_features
from fedruntime.estimators.precision import precision_of
from fedruntime.estimators.registry import Exactness, Level, federated
from fedruntime.estimators.second_moments import second_moments

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class _Spectrum:
    """A decomposition with the total variance of all columns."""

    mean: Floats
    values: Floats
    components: Floats
    variance: Floats
    total: float


def _judge(model: PCA) -> Level | None:
    if model.svd_solver == "arpack" and model.tol > 0:
        return (
            Exactness.EQUIVALENT,
            "the decomposition to rounding, which arpack approximates within tol",
        )
    return None


@federated(
    PCA,
    Exactness.EXACT,
    "summed scatter matrix, in an orthogonal basis where the pooled solver is that accurate; large "
    "tables of more columns than rows as with svd_solver='randomized'",
    when={
        ("svd_solver", "randomized"): (
            Exactness.EQUIVALENT,
            "scikit-learn's iteration from the same draws, to rounding; with more columns than "
            "rows the decomposition itself, which the pooled fit approximates, as its draws would "
            "reveal mixtures of rows",
        )
    },
    judge=_judge,
)
def fit_pca(model: PCA, cohort: Cohort) -> None:
    """Fit by the solver that scikit-learn would choose; ``copy`` has no effect.

    ``power_iteration_normalizer`` has none either: it changes rounding only.

    Raises
    ------
    DataError
        In scikit-learn's words, where the number of components does not go with shape and solver.
    """
    model._validate_params()
    sparse_rows = cohort["X"].facts.kind == "sparse"
    if sparse_rows and model.svd_solver not in ("auto", "arpack", "covariance_eigh"):
        raise DataError(
            'PCA only support sparse inputs with the "arpack" and "covariance_eigh" solvers, '
            f'while "{model.svd_solver}" was passed. See TruncatedSVD for a possible alternative.'
        )
    rows = prepare(cohort.only(X=cohort["X"]), accept_sparse=True)
    n_samples, n_features = cohort["X"].shape
    solver, wanted = _negotiate(model, (n_samples, n_features), sparse_rows)
    _check(solver, wanted, (n_samples, n_features))
    found = _decompose(model, rows, solver, wanted)
    kept = _kept(found, wanted, n_samples)
    record_features(model, cohort["X"])
    dtype = precision_of(cohort["X"])
    model._fit_svd_solver = solver
    model.n_samples_ = n_samples
    model.n_components_ = kept
    model.mean_ = found.mean.astype(dtype)
    model.components_ = found.components[:kept].astype(dtype)
    model.explained_variance_ = found.variance[:kept].astype(dtype)
    model.explained_variance_ratio_ = (found.variance[:kept] / found.total).astype(dtype)
    model.singular_values_ = found.values[:kept].astype(dtype)
    model.noise_variance_ = _noise(found, kept, solver, (n_samples, n_features), dtype)


def _negotiate(model: PCA, shape: tuple[int, int], sparse_rows: bool) -> tuple[str, Any]:
    """Solver and number of components as ``PCA._fit`` settles them."""
    solver, wanted = model.svd_solver, model.n_components
    if solver == "auto" and sparse_rows:
        solver = "arpack"
    if wanted is None:
        wanted = min(shape) - (solver == "arpack")
    if solver == "auto":
        if shape[1] <= 1_000 and shape[0] >= 10 * shape[1]:
            solver = "covariance_eigh"
        elif max(shape) <= 500 or wanted == "mle":
            solver = "full"
        elif 1 <= wanted < 0.8 * min(shape):
            solver = "randomized"
        else:
            solver = "full"
    return solver, wanted


def _check(solver: str, wanted: Any, shape: tuple[int, int]) -> None:
    n_samples, n_features = shape
    least = min(shape)
    fractions = solver in ("full", "covariance_eigh")
    if wanted == "mle" and fractions:
        if n_samples < n_features:
            raise DataError("n_components='mle' is only supported if n_samples >= n_features")
    elif isinstance(wanted, str):
        raise DataError(f"n_components={wanted!r} cannot be a string with svd_solver='{solver}'")
    elif not (0 if fractions else 1) <= wanted <= least:
        raise DataError(
            f"n_components={wanted!r} must be between {0 if fractions else 1} and "
            f"min(n_samples, n_features)={least!r} with svd_solver='{solver}'"
        )
    elif solver == "arpack" and wanted == least:
        raise DataError(
            f"n_components={wanted!r} must be strictly less than min(n_samples, n_features)="
            f"{least!r} with svd_solver='{solver}'"
        )


def _decompose(model: PCA, rows: Cohort, solver: str, wanted: Any) -> _Spectrum:
    if solver == "covariance_eigh":
        return _from_covariance(rows)
    centred = centred_rows(rows)
    if solver == "full":
        svd = full_svd(centred.products, centred.scatter)
    elif solver == "arpack":
        svd = leading_svd(centred.products, wanted, centred.scatter)
    else:
        svd = randomized_svd(
            centred.products,
            wanted,
            n_oversamples=model.n_oversamples,
            n_iter=model.iterated_power,
            random_state=check_random_state(model.random_state),
            scatter=centred.scatter,
        )
    svd = svd.flipped()
    divisor = rows.n_samples - 1
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = svd.values**2 / divisor
        total = float(variance.sum()) if solver == "full" else centred.total / divisor
    return _Spectrum(centred.products.mean, svd.values, svd.vectors, variance, total)


def _from_covariance(rows: Cohort) -> _Spectrum:
    divisor = rows.n_samples - 1
    moments = second_moments(rows)
    variance, vectors = np.linalg.eigh(moments.scatter / divisor)
    variance = np.maximum(variance[::-1], 0.0)
    _, components = svd_flip(None, vectors[:, ::-1].T.copy(), u_based_decision=False)
    values = np.sqrt(variance * divisor)
    return _Spectrum(moments.mean, values, np.asarray(components), variance, float(variance.sum()))


def _kept(found: _Spectrum, wanted: Any, n_samples: int) -> Any:
    if wanted == "mle":
        return _infer_dimension(found.variance, n_samples)
    if 0 < wanted < 1.0:
        ratios = np.cumsum(found.variance / found.total)
        return np.searchsorted(ratios, wanted, side="right") + 1
    return wanted


def _noise(found: _Spectrum, kept: int, solver: str, shape: tuple[int, int], dtype: Any) -> Any:
    """The variance that the components leave unexplained, a dimension."""
    if kept >= min(shape):
        return 0.0
    if solver in ("full", "covariance_eigh"):
        return dtype(np.mean(found.variance[kept:]))
    return dtype((found.total - found.variance[:kept].sum()) / (min(shape) - kept))
