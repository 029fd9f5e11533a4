"""scikit-learn's scorers, on models and rows of a federation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import sklearn.metrics

from fedruntime import metrics
from fedruntime.errors import UnsupportedError

Scorer = Callable[[Any, Any, Any], float]
"""``(model, X, y) -> score``; greater is better."""


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
        return lambda model, X, y: float(model.score(X, y))
    scorer = sklearn.metrics.get_scorer(scoring)
    function = getattr(scorer, "_score_func", None)
    if function is None:
        raise UnsupportedError(
            f"scoring={scoring!r} would be called with rows of the parties: use a name such as "
            "'accuracy', or make_scorer with a metric of fedruntime.metrics"
        )
    if function.__name__ not in metrics.__all__:
        raise UnsupportedError(
            f"scoring={scoring!r}: {function.__name__} has no counterpart in fedruntime.metrics"
        )
    measure = getattr(metrics, function.__name__)
    methods = scorer._response_method
    methods = (methods,) if isinstance(methods, str) else tuple(methods)

    def score(model: Any, X: Any, y: Any) -> float:
        response = _response(model, X, methods, scorer._kwargs.get("pos_label"))
        return float(scorer._sign * measure(y, response, **scorer._kwargs))

    return score


def federated_scorers(scoring: Any) -> Scorer | dict[str, Scorer]:
    """The same for several scores: a list of names, or a mapping of names to scorings."""
    if isinstance(scoring, Mapping):
        return {name: federated_scorer(one) for name, one in scoring.items()}
    if isinstance(scoring, list | tuple | set):
        return {name: federated_scorer(name) for name in scoring}
    return federated_scorer(scoring)


def _response(model: Any, X: Any, methods: tuple[str, ...], positive: Any) -> Any:
    """The first of the methods that the model has, as ``sklearn.utils._response`` picks it.

    Of two columns of probabilities, and of a binary decision function, it is the positive class
    that is scored: the second one unless a scorer says otherwise.
    """
    method = next((name for name in methods if hasattr(model, name)), methods[-1])
    response = getattr(model, method)(X)
    if method == "predict" or len(getattr(model, "classes_", ())) != 2:
        return response
    first = positive is not None and positive == model.classes_[0]
    if method == "predict_proba":
        return response[:, 0 if first else 1]
    return -response if first else response
