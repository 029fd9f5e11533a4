"""The bin edges of histogram-based boosting, as scikit-learn's ``_BinMapper`` finds them.

An edge lies between any two neighbouring values of a column that has at most ``max_bins`` of them,
else at quantiles. Both come from summed counts. The edges are part of the fitted model and are
revealed: of a column with few values they tell all, of a small table most; ``max_bins`` says how
many.
"""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.ensemble._hist_gradient_boosting import binning
from sklearn.utils import check_random_state

from fedruntime.cohort import Cohort
from fedruntime.data.take import take
from fedruntime.errors import UnsupportedError
from fedruntime.estimators.ensemble.boosting_features import chosen_columns
from fedruntime.few_values import few_values
from fedruntime.operations import row_op
from fedruntime.order_statistics import quantiles
from fedruntime.weighted_order_statistics import weighted_quantiles

Floats = npt.NDArray[np.float64]

# scikit-learn 1.9 began to take quantiles by sample weights, and changed their definition.
_WEIGHS = "sample_weight" in inspect.signature(binning._find_binning_thresholds).parameters


def fit_bins(mapper: Any, rows: Cohort) -> None:
    """Fit a ``_BinMapper`` on ``X``, a float array in which NaN are missing values.

    Parameters
    ----------
    mapper : _BinMapper
        As the model builds it.
    rows : Cohort
        The rows that are trained on, with ``sample_weight`` if the fit has them.

    Raises
    ------
    UnsupportedError
        Where scikit-learn draws rows by their weights.
    """
    n_features = rows.n_features
    # On a public row it learns all that does not depend on rows: the bins of categories.
    mapper.fit(np.zeros((1, n_features)))
    counts = mapper.n_bins_non_missing_.copy()
    numeric = np.flatnonzero(mapper.is_categorical_ == 0)
    found = _edges(_values(mapper, rows, numeric), mapper.n_bins - 1)
    for column, edges in zip(numeric, found, strict=True):
        mapper.bin_thresholds_[column] = edges
        counts[column] = len(edges) + 1
    mapper.n_bins_non_missing_ = counts


def _values(mapper: Any, rows: Cohort, columns: npt.NDArray[np.intp]) -> Cohort:
    """The columns and rows that edges are found from."""
    weighted = _WEIGHS and rows.has("sample_weight")
    if mapper.subsample is not None and rows.n_samples > mapper.subsample:
        if weighted:
            raise UnsupportedError(
                f"on more than {mapper.subsample} rows, scikit-learn draws rows by their weights "
                "to find bins, which has no federated counterpart: fit without sample_weight and "
                "class_weight, or use fewer rows"
            )
        positions = check_random_state(mapper.random_state).choice(
            rows.n_samples, mapper.subsample, replace=_WEIGHS
        )
        return _with_columns(rows.only(X=take(rows["X"], positions)), columns)
    if not weighted:
        return _with_columns(rows.only(X=rows["X"]), columns)
    values = rows.derive(values_of_weight)
    return _with_columns(rows.only(X=values, sample_weight=rows["sample_weight"]), columns)


def _with_columns(rows: Cohort, columns: npt.NDArray[np.intp]) -> Cohort:
    return rows.replace(X=rows.derive(chosen_columns, columns=columns))


def _edges(rows: Cohort, max_bins: int) -> list[Floats]:
    """The edges of every column of ``X``."""
    if not rows.n_features:
        return []
    values = few_values(rows, max_bins)
    many = np.flatnonzero([found is None for found in values])
    cuts = iter(_quantiles(rows, many, max_bins))
    return [
        next(cuts) if found is None else binning._find_binning_thresholds(found, max_bins)
        for found in values
    ]


def _quantiles(rows: Cohort, columns: npt.NDArray[np.intp], max_bins: int) -> list[Floats]:
    """What ``_find_binning_thresholds`` makes of columns with many values."""
    if not len(columns):
        return []
    levels = np.linspace(0, 100, num=max_bins + 1)[1:-1] / 100
    chosen = _with_columns(rows, columns)
    if rows.has("sample_weight"):
        found = weighted_quantiles(chosen, levels, average=True)
    else:
        found = quantiles(chosen, levels, "averaged_inverted_cdf" if _WEIGHS else "midpoint")
    columns_found = [np.unique(column) if _WEIGHS else column for column in found.T]
    # Infinite edges are for splits of missing values from all others.
    return [np.clip(column, None, binning.ALMOST_INF) for column in columns_found]


@row_op("boosting.values_of_weight")
def values_of_weight(X: Floats, sample_weight: Floats) -> Floats:
    """The values of rows that have a weight; NaN elsewhere."""
    return np.where(sample_weight[:, np.newaxis] == 0, np.nan, X)
