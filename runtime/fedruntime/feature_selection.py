"""Counterparts of the scores of ``sklearn.feature_selection`` called directly: those that
``SelectKBest`` computes of the pooled rows.

All other names of ``sklearn.feature_selection`` can be imported from here, too.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import sklearn.feature_selection as local

from fedruntime.attempts import attempted
from fedruntime.data.handle import Handle
from fedruntime.model import FLModel

__all__ = ["chi2", "f_classif", "f_regression", "mutual_info_classif", "r_regression"]


def _counterpart(local_score: Any) -> Callable[[Any], Any]:
    """Let ``SelectKBest`` and others know which score of scikit-learn a function stands for."""

    def mark(function: Any) -> Any:
        function.counterpart_of = local_score
        return attempted(function)

    return mark


@_counterpart(local.f_classif)
def f_classif(X: Any, y: Any) -> Any:
    """``sklearn.feature_selection.f_classif``: F statistics and p-values of all features."""
    return _scored(local.f_classif, X, y)


@_counterpart(local.chi2)
def chi2(X: Any, y: Any) -> Any:
    """``sklearn.feature_selection.chi2``: statistics and p-values of all features."""
    return _scored(local.chi2, X, y)


@_counterpart(local.f_regression)
def f_regression(X: Any, y: Any, **options: Any) -> Any:
    """``sklearn.feature_selection.f_regression``: F statistics and p-values of all features."""
    return _scored(local.f_regression, X, y, **options)


@_counterpart(local.r_regression)
def r_regression(X: Any, y: Any, **options: Any) -> Any:
    """``sklearn.feature_selection.r_regression``: the correlation of each feature with ``y``."""
    return _scored(local.r_regression, X, y, **options)


@_counterpart(local.mutual_info_classif)
def mutual_info_classif(X: Any, y: Any, **options: Any) -> Any:
    """``sklearn.feature_selection.mutual_info_classif`` of discrete features.

    Raises
    ------
    UnsupportedError
        Unless ``discrete_features=True``: neighbours are looked for over all rows.
    """
    return _scored(local.mutual_info_classif, X, y, **options)


def _scored(function: Any, X: Any, y: Any, **options: Any) -> Any:
    if not isinstance(X, Handle):
        return function(X, y, **options)
    score = functools.partial(function, **options) if options else function
    model: Any = FLModel(model=local.SelectKBest(score, k="all")).fit(X, y).to_sklearn()
    return model.scores_ if model.pvalues_ is None else (model.scores_, model.pvalues_)


def __getattr__(name: str) -> Any:
    return getattr(local, name)
