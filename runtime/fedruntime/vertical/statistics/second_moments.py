"""Statistics that are sums of squares and products of columns: all follow from one table of moments
(``vertical.moments``), whatever centre and basis a solver asks for.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from fedruntime.estimators.decomposition.row_products import normal_product
from fedruntime.estimators.gram import gram_statistic, pilot_statistic
from fedruntime.estimators.second_moments import moment_sums, pilot_moments
from fedruntime.estimators.surrogate import residual_products, residual_squares
from fedruntime.messages import Array
from fedruntime.vertical.cohort import AlignedCohort, across
from fedruntime.vertical.moments import column_moments

Floats = npt.NDArray[np.float64]


@across(pilot_moments)
def pilot_of_features(cohort: AlignedCohort) -> dict[str, Array]:
    """Means and sizes of all rows stand for those of a few."""
    moments = column_moments(cohort)
    return {"rows": np.asarray(1.0), "x": moments.mean, "size": moments.size}


@across(moment_sums)
def sums_of_features(cohort: AlignedCohort, centre: Floats, unit: Floats) -> dict[str, Array]:
    """As ``second_moments.moment_sums``."""
    moments = column_moments(cohort)
    gram = moments.about(centre) * np.outer(unit, unit)
    return {
        "x": moments.rows * (moments.mean - centre) * unit,
        "xx": gram[np.triu_indices(len(unit))].astype(np.float64),
    }


@across(pilot_statistic)
def pilot(cohort: AlignedCohort) -> dict[str, Array]:
    """Means and sizes of all rows stand for those of a few."""
    moments, p = column_moments(cohort), cohort.n_features
    mean, size = moments.mean, moments.size
    return {
        "rows": np.asarray(1.0),
        "x": mean[:p],
        "x_size": size[:p],
        "y": mean[p:],
        "y_size": size[p:],
    }


@across(gram_statistic)
def gram_sums(
    cohort: AlignedCohort,
    x_centre: Floats,
    y_centre: Floats,
    y_scale: Floats,
    basis: Floats,
) -> dict[str, Array]:
    """As ``gram.gram_statistic``; a basis meets the digits beyond float64 before these are lost."""
    moments, p = column_moments(cohort), cohort.n_features
    about = moments.about(np.concatenate([x_centre, y_centre]))
    wide = basis.astype(np.longdouble)
    shift = moments.rows * (moments.mean - np.concatenate([x_centre, y_centre]))
    gram = wide.T @ about[:p, :p] @ wide
    cross = (wide.T @ about[:p, p:]) * y_scale
    y_gram = about[p:, p:] * np.outer(y_scale, y_scale)
    return {
        "weight": np.asarray(float(moments.rows)),
        "x": shift[:p] @ basis,
        "y": shift[p:] * y_scale,
        "xx": gram[np.triu_indices(basis.shape[1])].astype(np.float64),
        "xy": cross.astype(np.float64),
        "yy": y_gram[np.triu_indices(len(y_scale))].astype(np.float64),
    }


@across(residual_products)
def products_of_residuals(
    cohort: AlignedCohort, coef: Floats, x_mean: Floats, y_mean: Floats, y_scale: Floats
) -> dict[str, Array]:
    """As ``surrogate.residual_products``."""
    left = _residuals(cohort, coef, x_mean, y_mean) * np.outer(y_scale, y_scale)
    return {"products": left.astype(np.float64)}


@across(residual_squares)
def squares_of_residuals(
    cohort: AlignedCohort, coefs: Floats, x_mean: Floats, y_mean: Floats, y_scale: Floats
) -> dict[str, Array]:
    """As ``surrogate.residual_squares``."""
    squares = [_residuals(cohort, coef.T, x_mean, y_mean).diagonal() * y_scale**2 for coef in coefs]
    return {
        "squares": np.array(squares, dtype=np.float64),
        "weight": np.asarray(float(cohort.n_samples)),
    }


def _residuals(cohort: AlignedCohort, coef: Floats, x_mean: Floats, y_mean: Floats) -> Any:
    """The products of what coefficients of shape (p, t) leave of the targets."""
    about = column_moments(cohort).about(np.concatenate([x_mean, y_mean]))
    step = np.concatenate([-coef, np.eye(coef.shape[1])]).astype(np.longdouble)
    return step.T @ about @ step


@across(normal_product)
def product_with_gram(cohort: AlignedCohort, mean: Floats, basis: Floats) -> dict[str, Array]:
    """As ``row_products.normal_product``."""
    gram = column_moments(cohort).about(mean)
    return {"product": (gram @ basis.astype(np.longdouble)).astype(np.float64)}
