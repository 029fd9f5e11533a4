"""``KBinsDiscretizer``: edges of bins from the extremes of the columns, from their quantiles, or
from k-means of each column.
"""

from __future__ import annotations

import inspect
import warnings
from typing import Any

import numpy as np
from sklearn.preprocessing import KBinsDiscretizer, OneHotEncoder
from sklearn.utils import check_array, resample

from fedruntime.cohort import Cohort
from fedruntime.data.take import take
from fedruntime.errors import DataError, UnsupportedError
from fedruntime.estimators.column_extremes import column_extremes
from fedruntime.estimators.design import prepare, record_features
from fedruntime.estimators.preprocessing.columns_k_means import cluster_columns
from fedruntime.estimators.registry import Exactness, federated
from fedruntime.estimators.tables import example, require_table
from fedruntime.messages import Array
from fedruntime.order_statistics import quantiles
from fedruntime.weighted_order_statistics import weighted_quantiles

# With weights in resample, scikit-learn began to draw rows with replacement here.
_REPLACES = "sample_weight" in inspect.signature(resample).parameters


@federated(
    KBinsDiscretizer,
    Exactness.EXACT,
    "quantiles by radix selection over summed counts; each party reveals its columns' extremes",
    when={
        ("strategy", "uniform"): (
            Exactness.EXACT,
            "extremes of every column, revealed by each party",
        ),
        ("strategy", "kmeans"): (
            Exactness.EXACT,
            "k-means of each column by sums; each party reveals its columns' extremes",
        ),
    },
)
def fit(model: KBinsDiscretizer, cohort: Cohort) -> None:
    """Fit as ``KBinsDiscretizer.fit`` does on the pooled rows."""
    model._validate_params()
    X = cohort["X"]
    require_table(X)
    public = check_array(example(X.facts))  # refuses sparse rows in scikit-learn's words
    _check_weights(model, cohort)
    record_features(model, X)
    n_bins = model._validate_n_bins(cohort.n_features)
    rows = _subsampled(model, prepare(cohort))
    whole = model.strategy == "quantile" or not _REPLACES
    extremes = column_extremes(rows.replace(sample_weight=None) if whole else rows)
    lowest, highest = (bound.astype(public.dtype) for bound in extremes)
    found = _EDGES[model.strategy](model, rows, n_bins, lowest, highest)
    for column, edges in enumerate(found):
        if lowest[column] == highest[column]:
            _warn(f"Feature {column} is constant and will be replaced with 0.")
            found[column], n_bins[column] = np.array([-np.inf, np.inf]), 1
        elif model.strategy != "uniform":
            found[column] = edges[np.ediff1d(edges, to_begin=np.inf) > 1e-8]
            if len(found[column]) - 1 != n_bins[column]:
                _warn(
                    "Bins whose width are too small (i.e., <= 1e-8) in feature "
                    f"{column} are removed. Consider decreasing the number of bins."
                )
                n_bins[column] = len(found[column]) - 1
    model.bin_edges_ = np.zeros(cohort.n_features, dtype=object)
    for column, edges in enumerate(found):
        model.bin_edges_[column] = edges
    model.n_bins_ = n_bins
    if "onehot" in model.encode:
        _fit_encoder(model, public.dtype if model.dtype is None else model.dtype)


def _check_weights(model: KBinsDiscretizer, cohort: Cohort) -> None:
    if not cohort.has("sample_weight"):
        return
    if model.strategy == "uniform" and not _REPLACES:
        raise DataError(
            "`sample_weight` was provided but it cannot be used with strategy='uniform'. "
            f"Got strategy={model.strategy!r} instead."
        )
    method = getattr(model, "quantile_method", "inverted_cdf")
    if model.strategy == "quantile" and method not in ("inverted_cdf", "averaged_inverted_cdf"):
        raise DataError(
            "When fitting with strategy='quantile' and sample weights, quantile_method should "
            "either be set to 'averaged_inverted_cdf' or 'inverted_cdf', got "
            f"quantile_method={method!r} instead."
        )
    if model.subsample is not None and cohort.n_samples > model.subsample:
        raise UnsupportedError(
            f"KBinsDiscretizer(subsample={model.subsample}) draws rows by their weights, which has "
            "no federated counterpart; use subsample=None"
        )


def _subsampled(model: KBinsDiscretizer, rows: Cohort) -> Cohort:
    """The rows that scikit-learn would draw."""
    if model.subsample is None or rows.n_samples <= model.subsample:
        return rows
    positions = resample(
        np.arange(rows.n_samples),
        replace=_REPLACES,
        n_samples=model.subsample,
        random_state=model.random_state,
    )
    return rows.only(X=take(rows["X"], positions))


def _uniform(
    model: KBinsDiscretizer, rows: Cohort, n_bins: Array, lowest: Array, highest: Array
) -> list[Array]:
    return [
        np.linspace(low, high, bins + 1)
        for low, high, bins in zip(lowest, highest, n_bins, strict=True)
    ]


def _quantile(
    model: KBinsDiscretizer, rows: Cohort, n_bins: Array, lowest: Array, highest: Array
) -> list[Array]:
    # All columns have all levels searched for; mostly they want the same ones.
    levels = {bins: np.linspace(0, 100, bins + 1) / 100 for bins in np.unique(n_bins).tolist()}
    together = np.concatenate(list(levels.values()))
    method = getattr(model, "quantile_method", None)
    if rows.has("sample_weight"):
        found = weighted_quantiles(rows, together, average=method == "averaged_inverted_cdf")
    else:
        found = quantiles(rows, together, method or "linear")
    starts = dict(zip(levels, np.cumsum([0, *map(len, levels.values())]), strict=False))
    return [
        found[starts[bins] : starts[bins] + bins + 1, column]
        for column, bins in enumerate(n_bins.tolist())
    ]


def _k_means(
    model: KBinsDiscretizer, rows: Cohort, n_bins: Array, lowest: Array, highest: Array
) -> list[Array]:
    edges = _uniform(model, rows, n_bins, lowest, highest)
    starts = {
        column: (edges[column][1:] + edges[column][:-1]) * 0.5
        for column in np.flatnonzero(lowest != highest).tolist()
    }
    for column, centres in cluster_columns(rows, starts).items():
        middles = (centres[1:] + centres[:-1]) * 0.5
        edges[column] = np.r_[lowest[column], middles, highest[column]]
    return edges


_EDGES = {"uniform": _uniform, "quantile": _quantile, "kmeans": _k_means}


def _fit_encoder(model: KBinsDiscretizer, dtype: Any) -> None:
    model._encoder = OneHotEncoder(
        categories=[np.arange(bins) for bins in model.n_bins_],
        sparse_output=model.encode == "onehot",
        dtype=dtype,
    )
    model._encoder.fit(np.zeros((1, len(model.n_bins_))))


def _warn(message: str) -> None:
    warnings.warn(message, stacklevel=3)
