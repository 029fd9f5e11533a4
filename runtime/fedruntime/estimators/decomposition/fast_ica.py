"""``FastICA``: whitening from the scatter matrix, then the fixed-point iterations of the pooled fit
on summed contrasts of whitened rows, which stay at the parties.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import linalg
from sklearn.decomposition import FastICA
from sklearn.decomposition._fastica import (
    _cube,
    _exp,
    _gs_decorrelation,
    _logcosh,
    _sym_decorrelation,
)
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state

from fedruntime.cohort import Cohort
from fedruntime.errors import DataError, UnsupportedError
from fedruntime.estimators.decomposition.row_products import RowProducts
from fedruntime.estimators.decomposition.singular_vectors import (
    CentredRows,
    centred_rows,
    full_svd,
)
from fedruntime.estimators.design import prepare, record_features
from fedruntime.estimators.precision import precision_of
from fedruntime.estimators.registry import Exactness, Level, federated
from fedruntime.estimators.row_blocks import row_blocks
from fedruntime.operations import Statistics, party_op

Floats = npt.NDArray[np.float64]

_CONTRASTS: Mapping[str, Callable[..., Any]] = {"logcosh": _logcosh, "exp": _exp, "cube": _cube}


def _judge(model: FastICA) -> Level | None:
    if callable(model.fun):
        raise UnsupportedError(
            "FastICA(fun=<function>) has no federated fit: parties run no functions of a model; "
            "use 'logcosh', 'exp' or 'cube'"
        )
    return None


@federated(
    FastICA,
    Exactness.EXACT,
    "whitening from the summed scatter matrix; each iteration from summed contrasts, with "
    "scikit-learn's own start",
    judge=_judge,
)
def fit_fast_ica(model: FastICA, cohort: Cohort) -> None:
    """Fit by the iterations of ``FastICA.fit``, with as many of them.

    Raises
    ------
    DataError
        In scikit-learn's words, for fewer than two rows, a wrong ``alpha`` or start.
    """
    model._validate_params()
    alpha = (model.fun_args or {}).get("alpha", 1.0)
    if not 1 <= alpha <= 2:
        raise DataError("alpha must be in [1,2]")
    rows = prepare(cohort.only(X=cohort["X"]))
    if rows.n_samples < 2:
        raise DataError(
            f"Found array with {rows.n_samples} sample(s) (shape={cohort['X'].shape}) while a "
            "minimum of 2 is required by FastICA."
        )
    n_components = _n_components(model, cohort["X"].shape)
    centred = centred_rows(rows) if model.whiten else None
    whitening = None if centred is None else _whitening(model, centred, n_components)
    fixed_point = _FixedPoint(model, rows, centred, whitening, alpha)
    start = _start(model, n_components)
    solve = _parallel if model.algorithm == "parallel" else _deflation
    unmixing, n_iter = solve(fixed_point, start, model.tol, model.max_iter)
    record_features(model, cohort["X"])
    dtype = precision_of(cohort["X"])
    model.n_iter_ = n_iter
    if centred is None or whitening is None:
        model.components_ = unmixing.astype(dtype)
    else:
        if model.whiten == "unit-variance":
            unmixing = unmixing / _deviations(centred, unmixing @ whitening)[:, np.newaxis]
        model.components_ = (unmixing @ whitening).astype(dtype)
        model.mean_ = centred.products.mean.astype(dtype)
        model.whitening_ = whitening.astype(dtype)
    model.mixing_ = linalg.pinv(model.components_, check_finite=False)
    model._unmixing = unmixing.astype(dtype)


def _n_components(model: FastICA, shape: tuple[int, ...]) -> int:
    least = min(shape)
    if not model.whiten and model.n_components is not None:
        warnings.warn("Ignoring n_components with whiten=False.", stacklevel=4)
        return least
    if model.n_components is None:
        return least
    if model.n_components > least:
        warnings.warn(f"n_components is too large: it will be set to {least}", stacklevel=4)
    return min(int(model.n_components), least)


def _whitening(model: FastICA, centred: CentredRows, n_components: int) -> Floats:
    """The matrix that whitens, up to a factor of ``sqrt(n)``; shape (n_components, p)."""
    if model.whiten_solver == "eigh" and centred.scatter is not None:
        values, vectors = linalg.eigh(centred.scatter)
        eps = 10 * np.finfo(np.float64).eps
        if (values < eps).any():
            warnings.warn(
                "There are some small singular values, using whiten_solver = 'svd' might lead to "
                "more accurate results.",
                stacklevel=4,
            )
        lengths, vectors = np.sqrt(np.maximum(values, eps))[::-1], vectors[:, ::-1]
    else:
        svd = full_svd(centred.products, centred.scatter)
        lengths, vectors = svd.values, svd.vectors.T
    vectors = vectors * np.sign(vectors[0])
    with np.errstate(divide="ignore"):
        return np.asarray((vectors / lengths).T[:n_components])


def _start(model: FastICA, n_components: int) -> Floats:
    shape = (n_components, n_components)
    if model.w_init is None:
        return np.asarray(check_random_state(model.random_state).normal(size=shape))
    start = np.asarray(model.w_init, dtype=np.float64)
    if start.shape != shape:
        raise DataError(f"w_init has invalid shape -- should be {shape}")
    return start


def _deviations(centred: CentredRows, components: Floats) -> Floats:
    """The standard deviation of every source."""
    n = centred.products.shape[0]
    if centred.scatter is not None:
        squares = np.einsum("ij,jk,ik->i", components, centred.scatter, components)
    else:
        squares = np.einsum("ij,ji->i", components, centred.products.normal(components.T))
    return np.asarray(np.sqrt(squares / n))


class _FixedPoint:
    """The fixed-point map over the parties: ``W -> E[g(W x) x.T] - E[g'(W x)] W``."""

    def __init__(
        self,
        model: FastICA,
        rows: Cohort,
        centred: CentredRows | None,
        whitening: Floats | None,
        alpha: float,
    ) -> None:
        self._n_samples = rows.n_samples
        self._fun, self._alpha = model.fun, alpha
        if centred is not None and whitening is not None:
            white = whitening.T * np.sqrt(rows.n_samples)
            self._rows = rows.only(X=centred.products.project(white))
        else:
            products = RowProducts(rows, np.zeros(rows.n_features))
            self._rows = products.cohort

    def __call__(self, directions: Floats) -> Floats:
        """For directions of shape (k, n_components)."""
        sums = self._rows.sum(
            contrast_sums, directions=directions, fun=self._fun, alpha=self._alpha
        )
        slopes = sums["slope"] / self._n_samples
        return np.asarray(sums["product"] / self._n_samples - slopes[:, np.newaxis] * directions)


def _parallel(
    fixed_point: _FixedPoint, start: Floats, tol: float, max_iter: int
) -> tuple[Floats, int]:
    """As ``sklearn.decomposition._fastica._ica_par``."""
    unmixing = _sym_decorrelation(start)
    for n_iter in range(1, max_iter + 1):
        moved = _sym_decorrelation(fixed_point(unmixing))
        change = np.abs(np.abs(np.einsum("ij,ij->i", moved, unmixing)) - 1).max()
        unmixing = moved
        if change < tol:
            return unmixing, n_iter
    warnings.warn(
        "FastICA did not converge. Consider increasing tolerance or the maximum number of "
        "iterations.",
        ConvergenceWarning,
        stacklevel=4,
    )
    return unmixing, max_iter


def _deflation(
    fixed_point: _FixedPoint, start: Floats, tol: float, max_iter: int
) -> tuple[Floats, int]:
    """As ``sklearn.decomposition._fastica._ica_def``."""
    unmixing = np.zeros_like(start)
    most = 0
    for row in range(len(start)):
        direction = start[row] / np.sqrt((start[row] ** 2).sum())
        for n_iter in range(1, max_iter + 1):
            most = max(most, n_iter)
            moved = fixed_point(direction[np.newaxis])[0]
            _gs_decorrelation(moved, unmixing, row)
            moved /= np.sqrt((moved**2).sum())
            change = np.abs(np.abs((moved * direction).sum()) - 1)
            direction = moved
            if change < tol:
                break
        unmixing[row] = direction
    return unmixing, most


@party_op("fast_ica.contrasts")
def contrast_sums(X: Floats, directions: Floats, fun: str, alpha: float) -> Statistics:
    """Sums of ``g(W x) x.T`` and of ``g'(W x)`` over whitened rows; shapes (k, q) and (k,)."""
    product, slope = np.zeros(directions.shape), np.zeros(len(directions))
    for rows in row_blocks(len(X), X.shape[1]):
        x = X[rows]
        contrast, slopes = _CONTRASTS[fun](directions @ x.T, {"alpha": alpha})
        product += contrast @ x
        slope += slopes * len(x)
    return {"product": product, "slope": slope}
