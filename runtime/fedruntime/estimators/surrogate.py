"""A few public rows that stand for the rows of all parties: solvers whose steps depend on inner
products of columns only (coordinate descent, least angles, matching pursuit, Krylov methods, ...)
take the same steps on them, so that scikit-learn's own code can be run on them as it is.

Below the triangular factor of ``gram`` comes what the features do not explain of the targets.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import linalg, sparse
from sklearn.base import clone

from fedruntime.cohort import Cohort
from fedruntime.estimators.design import record_features
from fedruntime.estimators.gram import Reduction, as_columns, dense, reduce_rows
from fedruntime.estimators.row_blocks import row_blocks
from fedruntime.operations import Statistics, party_op

Floats = npt.NDArray[np.float64]

# The share of a target's squares below which what is left of it is measured, not subtracted.
_CANCELS = 0.01
_OF_THE_INPUT = ("n_features_in_", "feature_names_in_", "intercept_")


@dataclass(frozen=True)
class Surrogate:
    """Rows with the Gram matrix of the centred, weighted rows and targets of all parties.

    Their number exceeds the number of features if that of the pooled rows does, and is never
    larger than that.

    Parameters
    ----------
    X : ndarray of shape (m, p)
    y : ndarray of shape (m,) or (m, t)
    x_mean : ndarray of shape (p,)
        What was subtracted from the rows; zeros if they were not centred.
    y_mean : float64 or ndarray of shape (t,)
    weight : float
        The sum of the sample weights; the number of rows if there are none.
    """

    X: Floats
    y: Floats
    x_mean: Floats
    y_mean: Floats
    weight: float

    def averaged(self) -> Surrogate:
        """The same rows, in units in which their mean squares are those of the pooled rows."""
        unit = np.sqrt(len(self.X) / self.weight)
        return Surrogate(self.X * unit, self.y * unit, self.x_mean, self.y_mean, self.weight)

    def intercept(self, coef: Floats) -> Any:
        """The intercept that belongs to coefficients of shape (p,) or (t, p)."""
        return np.asarray(self.y_mean - self.x_mean @ coef.T)[()]


def stand_in(rows: Cohort, *, centred: bool) -> Surrogate:
    """Make a surrogate of prepared rows.

    Parameters
    ----------
    rows : Cohort
        As ``design.prepare(..., target="numeric")`` gives it; ``X`` may be sparse.
    centred : bool
        Whether the weighted means are subtracted, as for a fit with an intercept.

    Raises
    ------
    DataError
        If the sample weights add up to zero.
    """
    reduction = reduce_rows(rows, centred=centred)
    explained = as_columns(reduction.target)
    rank, n_features = reduction.factor.shape
    free = rows.n_samples - rank - int(centred)
    left = (
        _residual_factor(_residual_gram(rows, reduction, explained), free)
        if free > 0
        else np.zeros((0, explained.shape[1]))
    )
    needed = min(rows.n_samples, max(n_features + 1, rank + len(left)))
    X, y = np.zeros((needed, n_features)), np.zeros((needed, explained.shape[1]))
    X[:rank], y[:rank], y[rank : rank + len(left)] = reduction.factor, explained, left
    return Surrogate(
        X,
        y if reduction.target.ndim == 2 else y[:, 0],
        reduction.x_mean,
        reduction.y_mean,
        reduction.weight,
    )


def fit_on(model: Any, surrogate: Surrogate, *, as_sparse: bool = False, **changes: Any) -> Any:
    """A copy of a model, fitted on a surrogate without an intercept.

    Parameters
    ----------
    model : estimator
    surrogate : Surrogate
    as_sparse : bool
        Whether scikit-learn is to take its way for sparse rows.
    **changes
        Other parameters for this fit.
    """
    solved = clone(model).set_params(fit_intercept=False, **changes)
    if "random_state" in model.get_params(deep=False):
        solved.random_state = model.random_state  # a generator goes on drawing
    if getattr(model, "warm_start", False) and hasattr(model, "coef_"):
        solved.coef_ = model.coef_
    return solved.fit(sparse.csr_matrix(surrogate.X) if as_sparse else surrogate.X, surrogate.y)


def adopt(model: Any, solved: Any, surrogate: Surrogate | Reduction, cohort: Cohort) -> None:
    """Set the fitted attributes of a model to those found on a surrogate, and the intercept and
    the features to those of the rows it stands for.
    """
    record_features(model, cohort["X"])
    for name, value in vars(solved).items():
        if name.endswith("_") and not name.startswith("_") and name not in _OF_THE_INPUT:
            setattr(model, name, value)
    model.intercept_ = surrogate.intercept(model.coef_) if model.fit_intercept else 0.0


def is_sparse(cohort: Cohort) -> bool:
    """Whether the features of a fit are sparse."""
    return cohort["X"].facts.kind == "sparse"


def refuse_sparse(cohort: Cohort) -> None:
    """Refuse sparse rows, in scikit-learn's words.

    Raises
    ------
    TypeError
    """
    if is_sparse(cohort):
        raise TypeError(
            "Sparse data was passed for X, but dense data is required. Use '.toarray()' to "
            "convert to a dense numpy array."
        )


def mean_squared_errors(rows: Cohort, coefs: Floats, fitted: Surrogate) -> Floats:
    """Weighted mean squared residuals of given rows, one a set of coefficients and target.

    Parameters
    ----------
    rows : Cohort
        Prepared rows, with one target or several.
    coefs : ndarray of shape (c, t, p)
    fitted : Surrogate
        Of the rows that the coefficients were found on, whose means give the intercepts.

    Returns
    -------
    ndarray of shape (c, t)
    """
    size = np.sqrt((as_columns(fitted.y) ** 2).sum(axis=0) / fitted.weight)
    size[size == 0] = 1.0
    sums = rows.sum(
        residual_squares,
        coefs=coefs,
        x_mean=fitted.x_mean,
        y_mean=np.atleast_1d(fitted.y_mean),
        y_scale=1 / size,
    )
    return np.asarray(sums["squares"] / float(sums["weight"]) * size**2)


def _residual_gram(rows: Cohort, reduction: Reduction, explained: Floats) -> Floats:
    """The Gram matrix of what least squares leaves of the targets."""
    total = reduction.y_gram.diagonal()
    gram: Floats = reduction.y_gram - explained.T @ explained
    if (gram.diagonal() >= _CANCELS * total).all():
        return gram
    coef, *_ = linalg.lstsq(reduction.factor, explained)
    missed = explained - reduction.factor @ coef
    size = np.sqrt(np.where(total > 0, total, 1.0) / reduction.weight)
    sums = rows.sum(
        residual_products,
        coef=coef,
        x_mean=reduction.x_mean,
        y_mean=np.atleast_1d(reduction.y_mean),
        y_scale=1 / size,
    )
    return np.asarray(sums["products"] * np.outer(size, size) - missed.T @ missed)


def _residual_factor(gram: Floats, most: int) -> Floats:
    """At most so many rows with a given Gram matrix."""
    length = np.sqrt(np.maximum(gram.diagonal(), 0.0))
    unit = np.where(length > 0, length, 1.0)
    values, vectors = np.linalg.eigh(gram / np.outer(unit, unit))
    kept = np.flatnonzero(values > 0)[::-1][:most]
    return np.asarray(np.sqrt(values[kept, np.newaxis]) * vectors[:, kept].T * unit)


@party_op("surrogate.residual_products")
def residual_products(
    X: Any,
    y: Floats,
    sample_weight: Floats | None,
    coef: Floats,
    x_mean: Floats,
    y_mean: Floats,
    y_scale: Floats,
) -> Statistics:
    """Weighted products of the residuals of targets, in units of ``1 / y_scale``.

    Returns
    -------
    dict
        ``products`` (t, t).
    """
    targets = as_columns(y)
    products = np.zeros((len(y_mean), len(y_mean)))
    for part in row_blocks(*X.shape):
        rest = (targets[part] - y_mean - (dense(X[part]) - x_mean) @ coef) * y_scale
        weighted = rest if sample_weight is None else rest * sample_weight[part, np.newaxis]
        products += weighted.T @ rest
    return {"products": products}


@party_op("surrogate.residual_squares")
def residual_squares(
    X: Any,
    y: Floats,
    sample_weight: Floats | None,
    coefs: Floats,
    x_mean: Floats,
    y_mean: Floats,
    y_scale: Floats,
) -> Statistics:
    """Weighted squared residuals in units of ``1 / y_scale``, for many coefficients at once.

    Returns
    -------
    dict
        ``squares`` (c, t) and ``weight``.
    """
    targets = as_columns(y)
    count, n_targets, n_features = coefs.shape
    flat = coefs.reshape(-1, n_features).T
    squares = np.zeros((count, n_targets))
    for part in row_blocks(X.shape[0], max(n_features, flat.shape[1])):
        rest = ((dense(X[part]) - x_mean) @ flat).reshape(-1, count, n_targets)
        rest -= (targets[part] - y_mean)[:, np.newaxis]
        rest *= y_scale
        rest *= rest
        squares += (
            rest.sum(axis=0)
            if sample_weight is None
            else np.tensordot(sample_weight[part], rest, axes=1)
        )
    weight = X.shape[0] if sample_weight is None else sample_weight.sum()
    return {"squares": squares, "weight": weight}
