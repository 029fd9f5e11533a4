"""scikit-learn's scores of single features against a target, from sums over the parties: analysis
of variance, chi-squared, correlation, and mutual information of discrete features.

The formulas are those of ``sklearn.feature_selection._univariate_selection``, term by term.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import Any

import numpy as np
from scipy import sparse, special, stats
from sklearn.feature_selection._univariate_selection import _chisquare
from sklearn.metrics import mutual_info_score

from fedruntime.cohort import Cohort
from fedruntime.data.handle import Handle
from fedruntime.errors import DataError
from fedruntime.estimators.categories import categories_of
from fedruntime.estimators.design import Floats, classes_of, prepare
from fedruntime.estimators.row_blocks import row_blocks
from fedruntime.messages import Array
from fedruntime.operations import Statistics, party_op, row_op

Scores = tuple[Array, Array]


def variance_ratios(cohort: Cohort) -> Scores:
    """``f_classif``: the F statistic of each feature between the classes, and its p-value."""
    classes = classes_of(cohort)
    rows = prepare(cohort, target="labels", classes=classes, accept_sparse=True)
    totals = rows.sum(class_sums, n_classes=len(classes))
    counts, sums = totals["count"], totals["sum"]
    n_samples = counts.sum()
    square_of_sums = sums.sum(axis=0) ** 2
    total = totals["square"] - square_of_sums / float(n_samples)
    between = (sums**2 / counts[:, np.newaxis]).sum(axis=0) - square_of_sums / float(n_samples)
    degrees = len(classes) - 1, n_samples - len(classes)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean_between = between / float(degrees[0])
        mean_within = (total - between) / float(degrees[1])
        constant = np.flatnonzero(mean_within == 0.0)
        if not mean_between.all() and len(constant):
            warnings.warn(f"Features {constant} are constant.", UserWarning, stacklevel=2)
        ratio = mean_between / mean_within
    return ratio, special.fdtrc(*degrees, ratio)


def chi_squared(cohort: Cohort) -> Scores:
    """``chi2``: the statistic of each non-negative feature against the classes."""
    classes = classes_of(cohort)
    rows = prepare(cohort, target="labels", classes=classes, accept_sparse=True)
    totals = rows.sum(class_sums, n_classes=len(classes))
    if totals["negative"]:
        raise DataError("Input X must be non-negative.")
    observed, share = totals["sum"], totals["count"] / totals["count"].sum()
    if len(classes) == 1:  # scikit-learn adds the class that is not there
        observed, share = np.vstack([observed, np.zeros_like(observed)]), np.append(share, 0.0)
    expected = np.outer(share, totals["sum"].sum(axis=0))
    statistic, p_values = _chisquare(observed.copy(), expected)
    return np.asarray(statistic), np.asarray(p_values)


def correlations(cohort: Cohort, *, center: bool = True, force_finite: bool = True) -> Array:
    """``r_regression``: Pearson's correlation of each feature with the target."""
    rows = prepare(cohort, target="numeric", accept_sparse=True)
    rows = rows.replace(y=_as_vector(rows))
    n_samples = rows.n_samples
    moments = rows.sum(feature_moments)
    shift = moments["y"] / n_samples if center else np.float64(0.0)
    products = rows.sum(target_products, shift=shift)
    squares = moments["square"]
    if center:
        squares = squares - n_samples * (moments["sum"] / n_samples) ** 2
    with np.errstate(divide="ignore", invalid="ignore"):
        correlation = products["product"] / np.sqrt(squares) / np.sqrt(products["square"])
    if force_finite:
        correlation[np.isnan(correlation)] = 0.0
    return np.asarray(correlation)


def regression_ratios(cohort: Cohort, *, center: bool = True, force_finite: bool = True) -> Scores:
    """``f_regression``: the F statistic of each feature's correlation, and its p-value."""
    squared = correlations(cohort, center=center, force_finite=force_finite) ** 2
    degrees = cohort.n_samples - (2 if center else 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = squared / (1 - squared) * degrees
        p_values = np.asarray(stats.f.sf(ratio, 1, degrees))
    if force_finite:
        ratio[np.isinf(ratio)] = np.finfo(ratio.dtype).max
        undefined = np.isnan(ratio)
        ratio[undefined], p_values[undefined] = 0.0, 1.0
    return ratio, p_values


def discrete_information(cohort: Cohort) -> Array:
    """``mutual_info_classif`` with ``discrete_features=True``.

    The distinct values of every feature are revealed, and the summed contingency tables.
    """
    classes = classes_of(cohort)
    rows = prepare(cohort, target="labels", classes=classes, accept_sparse=True)
    dense = rows.replace(X=rows.derive(as_dense))
    values = [column.values for column in categories_of(dense)]
    tables = dense.sum(contingency, values=values, n_classes=len(classes))
    return np.array(
        [mutual_info_score(None, None, contingency=tables[str(n)]) for n in range(len(values))]
    )


def _as_vector(rows: Cohort) -> Handle:
    y = rows["y"]
    if y.ndim == 1:
        return y
    if y.shape[1:] != (1,):
        raise DataError(f"y should be a 1d array, got an array of shape {y.shape} instead.")
    return rows.derive(as_vector)


# -- at the parties -------------------------------------------------------------------------


@row_op("univariate.vector")
def as_vector(y: Floats) -> Floats:
    """A target of one column as a vector."""
    return np.asarray(y[:, 0])


@row_op("univariate.dense")
def as_dense(X: Any) -> Floats:
    """Features as an array."""
    return np.asarray(X.toarray() if sparse.issparse(X) else X)


@party_op("univariate.class_sums", counts=("count",))
def class_sums(X: Any, y: Floats, n_classes: int) -> Statistics:
    """Rows of each class, the sums of the features over them, and the sums of squares of all."""
    sums = np.zeros((n_classes, X.shape[1]))
    square = np.zeros(X.shape[1])
    negative = 0
    for block in _blocks(X):
        features, codes = X[block], y[block].astype(np.intp)
        places = (codes, np.arange(len(codes)))
        of_class = sparse.csr_matrix((np.ones(len(codes)), places), shape=(n_classes, len(codes)))
        found = of_class @ features
        sums += found.toarray() if sparse.issparse(found) else found
        square += _summed_squares(features)
        negative += int(((features.data if sparse.issparse(features) else features) < 0).sum())
    counts = np.bincount(y.astype(np.intp), minlength=n_classes)
    return {"count": counts, "sum": sums, "square": square, "negative": negative}


@party_op("univariate.moments")
def feature_moments(X: Any, y: Floats) -> Statistics:
    """Sums of the features and of their squares, and the sum of the target."""
    total, square = np.zeros(X.shape[1]), np.zeros(X.shape[1])
    for block in _blocks(X):
        total += np.asarray(X[block].sum(axis=0)).ravel()
        square += _summed_squares(X[block])
    return {"sum": total, "square": square, "y": y.sum()}


@party_op("univariate.products")
def target_products(X: Any, y: Floats, shift: float) -> Statistics:
    """Products of the features with the shifted target, and its square."""
    shifted = y - shift
    return {"product": X.T @ shifted, "square": shifted @ shifted}


@party_op("univariate.contingency", counts=("*",))
def contingency(X: Floats, y: Floats, values: list[Array], n_classes: int) -> Statistics:
    """How many rows have each value of each feature and each class."""
    codes = y.astype(np.intp)
    tables = {}
    for number, known in enumerate(values):
        cells = np.searchsorted(known, X[:, number]) * n_classes + codes
        counts = np.bincount(cells, minlength=len(known) * n_classes)
        tables[str(number)] = counts.reshape(len(known), n_classes)
    return tables


def _blocks(X: Any) -> Iterable[slice]:
    """Rows that are worked on together; sparse ones are few enough to be all of them."""
    return [slice(None)] if sparse.issparse(X) else row_blocks(*X.shape)


def _summed_squares(features: Any) -> Floats:
    if sparse.issparse(features):
        return np.asarray(features.multiply(features).sum(axis=0)).ravel()
    return np.asarray(np.einsum("ij,ij->j", features, features))
