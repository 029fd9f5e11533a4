"""Statistics by class: counts are the label party's own, sums of columns are products with the
indicators of the classes.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fedruntime.errors import UnsupportedError
from fedruntime.estimators import class_moments
from fedruntime.estimators.class_weights import class_sums as class_counts
from fedruntime.estimators.scatter_factors import scatter_sums
from fedruntime.messages import Array
from fedruntime.vertical.class_products import about, class_products, column_means
from fedruntime.vertical.cohort import AlignedCohort, across
from fedruntime.vertical.moments import column_moments

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@across(class_moments.class_sums)
def sums_of_classes(cohort: AlignedCohort, n_classes: int) -> dict[str, Array]:
    """As ``class_moments.class_sums``, with all rows in the place of sampled ones."""
    counts = cohort.sum(class_counts, n_classes=n_classes)
    mean, size = column_means(cohort)
    sums = class_products(cohort, about(cohort, mean, 1), n_classes)
    return {
        "count": counts["count"],
        "weight": counts["weight"],
        "sum": (sums + np.outer(counts["count"], mean)).astype(np.float64),
        "size": size,
        "sampled": np.asarray(1.0),
    }


@across(class_moments.squared_deviations)
def squares_of_classes(cohort: AlignedCohort, centres: Floats, unit: Floats) -> dict[str, Array]:
    """As ``class_moments.squared_deviations``."""
    count = cohort.sum(class_counts, n_classes=len(centres))["count"]
    mean, _ = column_means(cohort)
    shift = (centres - mean).astype(np.longdouble)
    first = class_products(cohort, about(cohort, mean, 1), len(centres))
    second = class_products(cohort, about(cohort, mean, 2), len(centres))
    squares = second - 2 * shift * first + count[:, np.newaxis] * shift**2
    return {"square": np.maximum(squares * unit**2, 0).astype(np.float64)}


@across(scatter_sums)
def scatter_of_classes(
    cohort: AlignedCohort,
    centres: Floats,
    factors: Floats,
    groups: Integers,
    bases: list[Floats],
) -> dict[str, Array]:
    """As ``scatter_factors.scatter_sums`` where all classes are one group of equal weight.

    Raises
    ------
    UnsupportedError
        Otherwise: products of two parties' columns over the rows of a class would need a product
        of three.
    """
    if len(bases) != 1 or not np.allclose(factors, factors[0], rtol=1e-12, atol=0.0):
        raise UnsupportedError(
            f"{cohort.purpose} needs the scatter of single classes, or weighs them, which "
            "has no counterpart where columns lie at several parties: leave priors and "
            'shrinkage="auto" out'
        )
    moments = column_moments(cohort.replace(y=None))  # type: ignore[arg-type]
    count = cohort.sum(class_counts, n_classes=len(centres))["count"]
    mean, _ = column_means(cohort)
    sums = class_products(cohort, about(cohort, mean, 1), len(centres))
    shift = (centres - mean).astype(np.longdouble)
    crossed = sums.T @ shift
    own = (shift * count[:, np.newaxis]).T @ shift
    scatter = (moments.about(mean) - crossed - crossed.T + own) * factors[0]
    basis = bases[0] if bases[0].ndim == 2 else np.diag(bases[0])
    wide = basis.astype(np.longdouble)
    gram = wide.T @ scatter @ wide
    return {"group 0": gram[np.triu_indices(basis.shape[1])].astype(np.float64)}
