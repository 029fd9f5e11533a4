"""``TruncatedSVD``: leading singular vectors of rows that are not centred, and may be sparse."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from sklearn.decomposition import TruncatedSVD
from sklearn.utils import check_random_state

from fedruntime.cohort import Cohort
from fedruntime.errors import DataError
from fedruntime.estimators.column_sums import column_deviations, column_sums
from fedruntime.estimators.decomposition.row_products import RowProducts
from fedruntime.estimators.decomposition.singular_vectors import leading_svd, randomized_svd
from fedruntime.estimators.design import prepare, record_features
from fedruntime.estimators.precision import precision_of
from fedruntime.estimators.registry import Exactness, Level, federated

Floats = npt.NDArray[np.float64]


def _judge(model: TruncatedSVD) -> Level | None:
    if model.algorithm == "arpack" and model.tol > 0:
        return (
            Exactness.EQUIVALENT,
            "the decomposition to rounding, which arpack approximates within tol",
        )
    return None


@federated(
    TruncatedSVD,
    Exactness.EQUIVALENT,
    "scikit-learn's randomised iteration from the same draws, to rounding; with more columns than "
    "rows the decomposition itself, which the pooled fit approximates, as its draws would reveal "
    "mixtures of rows",
    when={("algorithm", "arpack"): (Exactness.EXACT, "summed products, to rounding")},
    judge=_judge,
)
def fit_truncated_svd(model: TruncatedSVD, cohort: Cohort) -> None:
    """Fit without ever forming a matrix of more than a few columns where rows are long.

    ``power_iteration_normalizer`` has no effect: it changes rounding only.

    Raises
    ------
    DataError
        In scikit-learn's words, where the number of components does not go with the shape.
    """
    model._validate_params()
    _check(model, cohort)
    rows = prepare(cohort.only(X=cohort["X"]), accept_sparse=True)
    products = RowProducts(rows, np.zeros(rows.n_features))
    if model.algorithm == "arpack":
        svd = leading_svd(products, model.n_components)
    else:
        svd = randomized_svd(
            products,
            model.n_components,
            n_oversamples=model.n_oversamples,
            n_iter=model.n_iter,
            random_state=check_random_state(model.random_state),
        )
    svd = svd.flipped()
    explained, total = _variances(rows, products, svd.vectors)
    record_features(model, cohort["X"])
    dtype = precision_of(cohort["X"])
    model.components_ = svd.vectors.astype(dtype)
    model.singular_values_ = svd.values.astype(dtype)
    model.explained_variance_ = explained.astype(dtype)
    model.explained_variance_ratio_ = (explained / total).astype(dtype)


def _check(model: TruncatedSVD, cohort: Cohort) -> None:
    n_samples, n_features = cohort["X"].shape
    if n_features < 2:
        raise DataError(
            f"Found array with {n_features} feature(s) (shape={cohort['X'].shape}) while a minimum "
            "of 2 is required by TruncatedSVD."
        )
    if model.algorithm == "randomized" and model.n_components > n_features:
        raise DataError(f"n_components({model.n_components}) must be <= n_features({n_features}).")
    if model.algorithm == "arpack" and model.n_components >= min(n_samples, n_features):
        raise DataError(
            "`k` must be an integer satisfying `0 < k < min(A.shape)`: "
            f"n_components={model.n_components}, shape={cohort['X'].shape}"
        )


def _variances(rows: Cohort, products: RowProducts, components: Floats) -> tuple[Floats, float]:
    """The variance of each projection, and that of all columns together."""
    count = rows.n_samples
    mean = rows.sum(column_sums)["sum"] / count
    columns = rows.sum(column_deviations, mean=mean)
    projected = rows.only(X=products.project(components.T))
    sums = projected.sum(column_deviations, mean=mean @ components.T)
    each = sums["square"] / count - (sums["deviation"] / count) ** 2
    return each, float((columns["square"] / count).sum())
