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
    scoring : None, str, what ``sklearn.metrics.make_scorer`` gave, or a callable
        A function of the script's own is given handles, and has to make a number of them, or a
        dictionary of numbers by name.

    Raises
    ------
    ValueError
        For an unknown name.
    UnsupportedError
        For a metric of scikit-learn without a federated counterpart.
    """
    if scoring is None:
        return _own_score
    scorer = sklearn.metrics.get_scorer(scoring)
    function = getattr(scorer, "_score_func", None)
    if function is None:
        return lambda model, X, y, sample_weight=None: _figures(scorer(model, X, y))
    measure = _measure(function)
    methods = scorer._response_method
    methods = (methods,) if isinstance(methods, str) else tuple(methods)

    positive = scorer._get_pos_label()
    takes_weights = "sample_weight" in inspect.signature(measure).parameters

    def score(model: Any, X: Any, y: Any, sample_weight: Any = None) -> float:
        output, _ = response(model, lambda name: getattr(model, name)(X), methods, positive)
        weights = {"sample_weight": sample_weight} if takes_weights else {}
        return float(scorer._sign * measure(y, output, **{**weights, **scorer._kwargs}))

    return score


def _figures(score: Any) -> Any:
    """A score, or several by name, as plain numbers."""
    if isinstance(score, Mapping):
        return {name: float(one) for name, one in score.items()}
    return float(score)


def _measure(function: Callable[..., Any]) -> Callable[..., Any]:
    """What a scorer's function is for handles: by its name only if it is scikit-learn's own."""
    if not getattr(function, "__module__", "").startswith("sklearn."):
        return function
    name = getattr(function, "__name__", repr(function))
    if name not in _MEASURES:
        raise UnsupportedError(f"scoring: {name} has no counterpart in fedruntime.metrics")
    return _MEASURES[name]


def _own_score(model: Any, X: Any, y: Any, sample_weight: Any = None) -> float:
    return float(model.score(X, y, sample_weight=sample_weight))


def federated_scorers(scoring: Any) -> Scorer | dict[str, Scorer]:
    """The same for several scores: a list of names, or a mapping of names to scorings."""
    if isinstance(scoring, Mapping):
        return {name: federated_scorer(one) for name, one in scoring.items()}
    if isinstance(scoring, list | tuple | set):
        return {name: federated_scorer(name) for name in scoring}
    return federated_scorer(scoring)
