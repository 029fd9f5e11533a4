"""scikit-learn's scorers, on models and rows of a federation."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import sklearn.metrics

from fedruntime import metrics
from fedruntime.errors import UnsupportedError
from fedruntime.metrics.response import response

Scorer = Callable[..., float]
"""``(model, X, y, sample_weight=None) -> score``; greater is better."""


def _positive_likelihood_ratio(y_true: Any, y_pred: Any) -> float:
    return float(_likelihood_ratios(y_true, y_pred)[0])


def _negative_likelihood_ratio(y_true: Any, y_pred: Any) -> float:
    return float(_likelihood_ratios(y_true, y_pred)[1])


def _likelihood_ratios(y_true: Any, y_pred: Any) -> tuple[float, float]:
    """As the scorers of both have it: what is undefined is 1, where the version can say so."""
    known = inspect.signature(metrics.class_likelihood_ratios).parameters
    options = {"replace_undefined_by": 1.0} if "replace_undefined_by" in known else {}
    ratios: tuple[float, float] = metrics.class_likelihood_ratios(y_true, y_pred, **options)
    return ratios


# What a scorer's function is for handles, by its name.
_MEASURES: dict[str, Callable[..., Any]] = {
    **{name: getattr(metrics, name) for name in metrics.__all__},
    "negative_likelihood_ratio": _negative_likelihood_ratio,
    "positive_likelihood_ratio": _positive_likelihood_ratio,
}


def federated_scorer(scoring: Any) -> Scorer:
    """What a ``scoring`` argument means for handles.

    Parameters
    ----------
    scoring : None, str, or what ``sklearn.metrics.make_scorer`` gave

    Raises
    ------
    ValueError
        For an unknown name.
    UnsupportedError
        For a function that would see rows, or a metric without a federated counterpart.
    """
    if scoring is None:
        return _own_score
    scorer = sklearn.metrics.get_scorer(scoring)
    function = getattr(scorer, "_score_func", None)
    if function is None:
        raise UnsupportedError(
            f"scoring={scoring!r} would be called with rows of the parties: use a name such as "
            "'accuracy', or make_scorer with a metric of fedruntime.metrics"
        )
    measure = _MEASURES.get(function.__name__)
    if measure is None:
        raise UnsupportedError(
            f"scoring={scoring!r}: {function.__name__} has no counterpart in fedruntime.metrics"
        )
    methods = scorer._response_method
    methods = (methods,) if isinstance(methods, str) else tuple(methods)

    positive = scorer._get_pos_label()
    takes_weights = "sample_weight" in inspect.signature(measure).parameters

    def score(model: Any, X: Any, y: Any, sample_weight: Any = None) -> float:
        output, _ = response(model, lambda name: getattr(model, name)(X), methods, positive)
        weights = {"sample_weight": sample_weight} if takes_weights else {}
        return float(scorer._sign * measure(y, output, **{**weights, **scorer._kwargs}))

    return score


def _own_score(model: Any, X: Any, y: Any, sample_weight: Any = None) -> float:
    return float(model.score(X, y, sample_weight=sample_weight))


def federated_scorers(scoring: Any) -> Scorer | dict[str, Scorer]:
    """The same for several scores: a list of names, or a mapping of names to scorings."""
    if isinstance(scoring, Mapping):
        return {name: federated_scorer(one) for name, one in scoring.items()}
    if isinstance(scoring, list | tuple | set):
        return {name: federated_scorer(name) for name in scoring}
    return federated_scorer(scoring)
