"""What the k-means family shares: its rows with what is found out about them once, the checks of
parameters and initial centres, and the score.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_array, check_random_state
from sklearn.utils._openmp_helpers import _openmp_effective_n_threads
from sklearn.utils.validation import _is_arraylike_not_scalar

from fedruntime.cohort import Cohort
from fedruntime.data.handle import Handle
from fedruntime.errors import DataError, UnsupportedError
from fedruntime.estimators.cluster.lloyd import centred, inertia_of, label, weights_of
from fedruntime.estimators.cluster.seeding import (
    LEAST_ROWS,
    Groups,
    farthest,
    sampled,
    starts_from,
    summarise,
)
from fedruntime.estimators.column_sums import column_deviations, column_sums
from fedruntime.estimators.design import prepare, record_features
from fedruntime.operations import Statistics, party_op

Floats = npt.NDArray[np.float64]


class ClusteredRows:
    """The rows of a clustering about their mean, with what is found out about them once.

    Parameters
    ----------
    model : estimator
        One of scikit-learn's k-means family; only its parameters are looked at.
    cohort : Cohort
    centre : bool
        Whether dense rows are moved to their mean.

    Attributes
    ----------
    cohort : Cohort
        With the rows as the kernels take them, and their sample weights.
    moved_by : ndarray of shape (p,)
        What was subtracted from them.
    mean : ndarray of shape (p,)
        Their mean now.
    weight : float
        Of all rows together.
    random_state : RandomState

    Raises
    ------
    DataError
        If the sample weights add up to zero.
    """

    def __init__(self, model: Any, cohort: Cohort, *, centre: bool) -> None:
        prepared = prepare(cohort, accept_sparse=True)
        dense = prepared["X"].facts.kind != "sparse"
        unweighted = prepared.only(X=prepared["X"])
        mean = unweighted.sum(column_sums)["sum"] / prepared.n_samples
        self.moved_by = mean if dense and centre else np.zeros_like(mean)
        self.mean = mean - self.moved_by
        self.weight = float(prepared.n_samples)
        if prepared.has("sample_weight"):
            self.weight = float(prepared.sum(total_weight)["weight"])
            if not self.weight > 0:
                raise DataError("the sample weights add up to zero over all parties")
        self.cohort = prepared.replace(X=unweighted.derive(centred, mean=self.moved_by))
        self.random_state = check_random_state(model.random_state)
        self._n_clusters = model.n_clusters
        self._exact = has_centers(model)
        self._variance: Floats | None = None
        self._groups: Groups | None = None

    @property
    def variance(self) -> Floats:
        """Of every column, without sample weights."""
        if self._variance is None:
            unweighted = self.cohort.only(X=self.cohort["X"])
            sums = unweighted.sum(column_deviations, mean=self.mean)
            count = self.cohort.n_samples
            self._variance = sums["square"] / count - (sums["deviation"] / count) ** 2
        return self._variance

    @property
    def groups(self) -> Groups:
        """Summaries of at least ten rows each."""
        if self._groups is None:
            few = sampled(self.cohort, self._n_clusters, self.random_state)
            self._groups = self._summarised(few)
            if not len(self._groups.means):  # a sample of rows of weight zero
                self._groups = self._summarised(self.cohort)
        return self._groups

    def _summarised(self, rows: Cohort) -> Groups:
        return summarise(rows, self.mean, self.variance, self._n_clusters, self.random_state)

    def starts(self, init: str, number: int) -> Floats:
        """Initial centres that are no rows, of shape (number, n_clusters, p)."""
        return np.stack(
            [
                starts_from(self.groups, self._n_clusters, init, self.random_state)
                for _ in range(number)
            ]
        )

    def relocate(self, centers: Floats, empty: npt.NDArray[np.bool_]) -> Floats:
        """Move centres without rows to the means of the farthest groups."""
        found = farthest(self.groups, centers[~empty], int(empty.sum()))
        self.tell(
            f"{int(empty.sum())} cluster(s) lost all their rows. scikit-learn moves their centres "
            "onto the farthest rows, which would reveal these; they are moved to the means of the "
            f"farthest groups of at least {LEAST_ROWS} rows instead"
        )
        centers[np.flatnonzero(empty)[: len(found)]] = found
        return centers

    def tell(self, what: str) -> None:
        """Warn where a fit from given centres, which is exact otherwise, leaves the pooled path."""
        if self._exact:
            warnings.warn(
                f"{what}, and the model may differ from the pooled one. Other initial centres may "
                "avoid this",
                ConvergenceWarning,
                stacklevel=2,
            )


def has_centers(model: Any) -> bool:
    """Whether the initial centres are given."""
    return bool(_is_arraylike_not_scalar(model.init))


def refuse_function(model: Any) -> None:
    """Refuse a function for the initial centres.

    Raises
    ------
    UnsupportedError
    """
    if callable(model.init):
        raise UnsupportedError(
            f"{type(model).__name__}(init=<function>) has no federated fit: the function would be "
            "given all rows; use 'k-means++' or an array of centres"
        )


def negative_inertia(model: Any, cohort: Cohort) -> float:
    """The score of scikit-learn's k-means family: the opposite of the objective."""
    rows = prepare(cohort, accept_sparse=True)
    rows = rows.replace(X=rows.derive(centred, mean=np.zeros(rows.n_features)))
    centers = np.asarray(model.cluster_centers_, dtype=np.float64)
    return -float(rows.sum(inertia, centers=centers)["inertia"])


def checked(model: Any, cohort: Cohort) -> Floats | None:
    """Let scikit-learn check parameters against the rows' shape, and set what it derives.

    Returns
    -------
    ndarray or None
        The given initial centres.

    Raises
    ------
    DataError
        In scikit-learn's words.
    """
    shape = np.broadcast_to(0.0, cohort["X"].shape)
    probe = clone(model).set_params(tol=0)
    try:
        # With a tolerance of zero it looks at the shape only.
        probe._check_params_vs_input(shape)
        start = None
        if has_centers(model):
            start = check_array(model.init, dtype=np.float64, copy=True, order="C")
            model._validate_center_shape(shape, start)
    except ValueError as error:
        raise DataError(str(error)) from None
    derived = {name: value for name, value in vars(probe).items() if name.startswith("_")}
    vars(model).update(derived)
    model._n_threads = _openmp_effective_n_threads()
    record_features(model, cohort["X"])
    return start


def dtype_of(X: Handle) -> Any:
    """The precision in which scikit-learn would keep centres of these rows."""
    return np.float32 if set(X.facts.dtypes) == {"float32"} else np.float64


@party_op("cluster.objective")
def inertia(X: Any, centers: Floats, sample_weight: Floats | None = None) -> Statistics:
    """Weighted sum of squared distances to the nearest centre."""
    return {"inertia": inertia_of(X, weights_of(X, sample_weight), centers, label(X, centers))}


@party_op("cluster.weight")
def total_weight(sample_weight: Floats) -> Statistics:
    """The sum of the sample weights."""
    return {"weight": sample_weight.sum()}
